//go:build unix

package doctor

import (
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// ask asks a terminal what it is, and gives it back as it was. What it answers
// after the limit is thrown away with what was typed meanwhile.
func ask(in, out *os.File, limit time.Duration) *answers {
	before, err := term.MakeRaw(in.Fd())
	if err != nil {
		return &answers{err: err}
	}
	defer func() { _ = term.Restore(in.Fd(), before) }()
	defer write(out, afterQuestions)
	write(out, questions)
	var sent []byte
	buf := make([]byte, 1024)
	for end := time.Now().Add(limit); ; {
		left := time.Until(end)
		if left <= 0 {
			break
		}
		fds := []unix.PollFd{{Fd: int32(in.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, int(left.Milliseconds())+1)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 || fds[0].Revents&unix.POLLIN == 0 {
			break
		}
		n, err = unix.Read(int(in.Fd()), buf)
		if n <= 0 || err != nil {
			break
		}
		if sent = append(sent, buf[:n]...); featuresAnswer().Match(sent) || len(sent) > 64<<10 {
			break
		}
	}
	return readAnswers(string(sent))
}
