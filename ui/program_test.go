//go:build linux || darwin

package ui

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/terminal"
)

// wire is what a program writes to its terminal.
type wire struct {
	mu  sync.Mutex
	b   bytes.Buffer
	all bytes.Buffer // not yet drawn
	n   int          // writes so far
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	_, _ = w.all.Write(p)
	return w.b.Write(p)
}

// draw draws on a terminal what was not yet drawn.
func (w *wire) draw(terminal io.Writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.all.WriteTo(terminal)
}

// taken returns what was written since it was last called.
func (w *wire) taken() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.b.Reset()
	return w.b.String()
}

// program is a whole program in the bubble of a synctest.
type program struct {
	mu   sync.Mutex // orders what a test has read of the model before the next update
	d    *fakeDeck
	out  *wire
	in   *io.PipeWriter
	stop context.CancelCauseFunc
	done chan error
	m    *Model
}

// ordered is the model of a program, which a test looks at while it rests.
type ordered struct {
	painted
	p *program
}

func (o ordered) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	o.p.sync()
	_, cmd := o.painted.Update(msg)
	return o, cmd
}

func (p *program) sync() {
	p.mu.Lock()
	defer p.mu.Unlock()
}

func startProgram(t *testing.T, w, h int, snap *deck.Snapshot) *program {
	t.Helper()
	return startProgramWith(t, w, h, snap, Options{})
}

// startProgramWith starts a program with some options of its own.
func startProgramWith(t *testing.T, w, h int, snap *deck.Snapshot, o Options) *program {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	in, typing := io.Pipe()
	p := &program{d: newFakeDeck(), out: &wire{}, in: typing, stop: cancel, done: make(chan error, 1)}
	o.Deck, o.Theme = p.d, "dark"
	o.Space, o.Profile, o.Actor.Actor = cmp.Or(o.Space, "acme"), cmp.Or(o.Profile, "support-eu"), cmp.Or(o.Actor.Actor, "ana")
	at := &o.Terminal
	if at.Environ == nil {
		at.Environ = []string{"TERM=xterm-256color", "SSH_TTY=/dev/pts/1"}
	}
	at.Out, at.Raw, at.Width, at.Height = p.out, true, w, h
	o.reads = &terminal.Reads{}
	on := o.screen(nil)
	on.Profile = colorprofile.ANSI256
	screen, err := terminal.Open(on)
	if err != nil {
		t.Fatal(err)
	}
	input, err := terminal.NewInput(in, o.reads, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.m = New(ctx, o)
	snap.Seq = 1
	p.d.feed <- snap
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer p.m.Close()
		m := ordered{painted{Model: p.m, screen: screen}, p}
		m.paint()
		running := tea.NewProgram(m, programOptions(ctx, m.painted)...)
		defer input.Start(running.Send, func() {})()
		_, err := running.Run()
		err = errors.Join(result(ctx, err), screen.Close())
		cancel(nil)
		p.done <- err
	}()
	t.Cleanup(func() {
		cancel(nil)
		_ = typing.Close()
		<-ended                     // before its terminal is closed
		time.Sleep(5 * time.Second) // the last tick and the renderer's clock run out
	})
	p.typeKeys("\x1b[3;2R") // the terminal's answer: it takes a line of the frame for one cell
	p.rest(time.Second)
	return p
}

func (p *program) rest(d time.Duration) {
	p.sync()
	time.Sleep(d)
	synctest.Wait()
}

func (p *program) typeKeys(s string) {
	_, _ = io.WriteString(p.in, s)
	p.rest(100 * time.Millisecond)
}

func TestProgram(t *testing.T) {
	t.Run("keys in one read, quit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := startProgram(t, 120, 40, office())
			p.typeKeys("jjp") // a burst: it asks
			if len(p.d.requests) != 0 || p.m.prompt == nil {
				t.Errorf("requests %+v, prompt %v", p.d.requests, p.m.prompt)
			}
			p.rest(300 * time.Millisecond)
			p.typeKeys("y")
			if len(p.d.requests) != 1 || p.d.requests[0].SID != text.New(sidQueued) {
				t.Errorf("requests %+v", p.d.requests)
			}
			p.typeKeys("q")
			p.rest(300 * time.Millisecond)
			p.typeKeys("y")
			p.rest(time.Second)
			if err := <-p.done; err != nil {
				t.Errorf("quit: %v", err)
			}
			if !p.d.ended {
				t.Error("the subscription was not ended")
			}
			if out := p.out.taken(); !strings.HasSuffix(strings.TrimRight(out, "\r\n"), "h") && !strings.Contains(out, "\x1b[?1049l") {
				t.Errorf("the terminal was not restored: %q", out[max(0, len(out)-80):])
			}
		})
	})
	t.Run("the end of the context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := startProgram(t, 80, 24, office())
			cause := errors.New("SIGTERM")
			p.stop(cause)
			if err := <-p.done; !errors.Is(err, cause) {
				t.Errorf("%v", err)
			}
		})
	})
	t.Run("late answers of the terminal are no keys", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := startProgram(t, 80, 24, office())
			p.typeKeys("\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?2027;2$y\x1b[?2026;2$y\x1b[?0u\x1b[?62;22c\x1bP>|term(1)\x1b\\")
			if len(p.d.requests) != 0 || p.m.prompt != nil || p.m.mode != normal {
				t.Errorf("something happened: %v", p.d.requests)
			}
			if p.m.themeOf.Dark || !p.m.themeOf.Graphemes {
				t.Errorf("answers not taken: %+v", p.m.themeOf)
			}
		})
	})
}

// TestWire counts the bytes of a second on the wire.
func TestWire(t *testing.T) {
	t.Run("a tick changes only digits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			snap := many(38)
			snap.Health.Limit = time.Hour
			p := startProgram(t, 120, 40, snap)
			p.rest(3 * time.Second)
			p.out.taken()
			const seconds = 40
			p.rest(seconds * time.Second)
			out := p.out.taken()
			per := len(out) / seconds
			t.Logf("%d bytes a tick %q", per, out[:300])
			if per > 400 {
				t.Errorf("%d bytes a tick: %q", per, out[:min(len(out), 2000)])
			}
		})
	})
	t.Run("nothing in a second in which nothing changes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := startProgram(t, 120, 40, nothing(nil))
			p.out.taken()
			p.rest(10 * time.Second)
			if out := p.out.taken(); out != "" {
				t.Errorf("%q", out)
			}
		})
	})
	t.Run("a prompt does not repaint the screen", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := startProgram(t, 120, 40, office())
			p.out.taken()
			p.typeKeys("r")
			if n := len(p.out.taken()); n > 1200 {
				t.Errorf("%d bytes", n)
			}
			if p.m.prompt == nil {
				t.Error("no prompt")
			}
		})
	})
}
