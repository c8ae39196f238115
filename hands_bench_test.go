//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// BenchmarkHands measures what fingers feel: the built program in a
// pseudo-terminal, polling a simulator of its own every two seconds, from a key
// to the first byte that comes back, with 24 active recordings and, in the same
// run, with 10,000 of 110,000. A burst is 200 presses of a key at once, until
// the last frame of more than a tick. The simulators share the processors.
func BenchmarkHands(b *testing.B) {
	path := filepath.Join(b.TempDir(), "tapedeck")
	build(b, "-o", path, ".")
	var few, many, bursts []float64
	for b.Loop() {
		few = append(few, hands(b, path, "24", "200", nil)...)
		many = append(many, hands(b, path, "10000", "100000", &bursts)...)
	}
	late := 0
	for _, ms := range many {
		if ms > 25 {
			late++
		}
	}
	slices.Sort(few)
	slices.Sort(many)
	slices.Sort(bursts)
	b.ReportMetric(0, "ns/op")
	for _, p := range []int{50, 95, 99} {
		b.ReportMetric(few[len(few)*p/100], fmt.Sprintf("few-ms-p%d", p))
		b.ReportMetric(many[len(many)*p/100], fmt.Sprintf("many-ms-p%d", p))
		b.ReportMetric(bursts[len(bursts)*p/100], fmt.Sprintf("burst-ms-p%d", p))
	}
	b.ReportMetric(100*float64(late)/float64(len(many)), "%-many-over-25ms")
}

// hands runs a simulator and the program, and returns how long each of 300 keys
// took; and where bursts is not nil, 20 bursts.
func hands(b *testing.B, path, active, ended string, bursts *[]float64) (took []float64) {
	b.Helper()
	home := b.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TERM=xterm-256color", "LANG=C.UTF-8"}
	space := exec.Command(path, "simulate", "--listen", "127.0.0.1:0", "--recordings", active, "--history", ended, "--churn", "60")
	space.Env = env
	lines, err := space.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := space.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = space.Process.Kill(); _ = space.Wait() }()
	in := bufio.NewReader(lines)
	for range 3 {
		line, err := in.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		env = append(env, strings.TrimSpace(line))
	}
	deck := exec.Command(path)
	deck.Env = env
	master, err := pty.StartWithSize(deck, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = deck.Process.Kill(); _ = deck.Wait(); _ = master.Close() }()
	out := make(chan written, 1000)
	go follow(master, out)
	var seen []byte
	for !bytes.Contains(seen, []byte("live")) {
		seen = append(seen, (<-out).text...)
	}
	time.Sleep(3 * time.Second)
	for i := range 300 {
		took = append(took, typed(b, master, out, "jk"[i%2:i%2+1], 0))
		time.Sleep(time.Duration(40000+i*6180%60000) * time.Microsecond) // at any point of a frame, and of a poll
	}
	if bursts != nil {
		for i := range 20 {
			*bursts = append(*bursts, typed(b, master, out, strings.Repeat("jk"[i%2:i%2+1], 200), 60*time.Millisecond))
			time.Sleep(time.Duration(200000+i*61800%300000) * time.Microsecond)
		}
	}
	return took
}

// written is what a program wrote, and when.
type written struct {
	at   time.Time
	text []byte
}

func follow(r io.Reader, out chan<- written) {
	defer close(out)
	for {
		buf := make([]byte, 64<<10)
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		out <- written{time.Now(), buf[:n]}
	}
}

// typed types keys, and returns the milliseconds until the first output, or
// until the last of more than a tick where it is waited for more.
func typed(b *testing.B, w io.Writer, out <-chan written, keys string, quiet time.Duration) float64 {
	b.Helper()
	for len(out) > 0 {
		<-out
	}
	began := time.Now()
	_, _ = io.WriteString(w, keys)
	last := time.Time{}
	for {
		wait := quiet
		if last.IsZero() {
			wait = 10 * time.Second
		}
		select {
		case c, ok := <-out:
			if !ok {
				b.Fatal("the program has ended")
			}
			if quiet == 0 {
				return float64(c.at.Sub(began)) / 1e6
			}
			if len(c.text) > 500 {
				last = c.at
			}
		case <-time.After(wait):
			if last.IsZero() {
				b.Fatal("no frame comes of the keys")
			}
			return float64(last.Sub(began)) / 1e6
		}
	}
}
