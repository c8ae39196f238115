//go:build unix

package terminal

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// readAll sends what comes from a terminal, piece by piece.
func readAll(master *os.File) <-chan string {
	out := make(chan string, 100)
	go func() {
		defer close(out)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			if err != nil {
				return
			}
			out <- string(b[:n])
		}
	}()
	return out
}

// What anything writes to standard error while a screen is up comes after it,
// and a flood of it holds up nobody.
func TestHoldStderr(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	out := readAll(master)
	release := HoldStderr(slave)
	for range 100 {
		_, _ = syscall.Write(int(slave.Fd()), []byte(strings.Repeat("x", 1<<12)+"\n"))
	}
	select {
	case s := <-out:
		t.Errorf("the terminal got %.40q", s)
	case <-time.After(20 * time.Millisecond):
	}
	release()
	release()
	if s := <-out; !strings.HasPrefix(s, "xxx") {
		t.Errorf("afterwards came %.40q", s)
	}
	_, _ = slave.WriteString("end\n")
	_ = slave.Close()
	all := ""
	for s := range out {
		all += s
	}
	if !strings.HasSuffix(strings.TrimSpace(all), "end") || len(all) > 2*maxHeld {
		t.Errorf("%d bytes came, at last %.40q", len(all), all[max(0, len(all)-40):])
	}
}

// Standard error that is no terminal is whoever's it is.
func TestHoldStderrOfAFile(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	release := HoldStderr(w)
	_, _ = w.WriteString("now")
	b := make([]byte, 10)
	if n, err := r.Read(b); string(b[:n]) != "now" {
		t.Errorf("read %q, %v", b[:n], err)
	}
	release()
}
