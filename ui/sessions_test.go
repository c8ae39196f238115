package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hinshun/vt10x"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/ui/terminal"
)

// deckOf opens a deck on a space of n recordings that nothing happens to by
// itself, and polls until stop is called.
func deckOf(t testing.TB, n int) (d *deck.Deck, stop func()) {
	t.Helper()
	space := sim.New(sim.Options{Recordings: n, Seed: 1})
	d, err := deck.Open(api.Config{
		Space: "https://sim.example", Project: space.Project(), Token: secret.New(space.Token()), Transport: space.Transport(),
	}, deck.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	return d, func() {
		_ = d.Close(context.Background())
		cancel()
		<-done
	}
}

// seat is a session that [Run] shows on a terminal of its own, and who sits at
// it.
type seat struct {
	out    *seatOut
	keys   *io.PipeWriter
	sizes  chan [2]int
	cancel context.CancelCauseFunc
	done   chan error
}

// seatOut is a terminal's screen, and all that it was sent.
type seatOut struct {
	mu     sync.Mutex
	screen vt10x.Terminal
	raw    bytes.Buffer
	broken bool // a write panics
}

func (o *seatOut) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken {
		panic("the terminal's writer is broken")
	}
	if o.screen != nil {
		_, _ = o.screen.Write(b)
	}
	return o.raw.Write(b)
}

func (o *seatOut) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.screen.String()
}

func (o *seatOut) sent() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.raw.String()
}

// brokenInput panics once it has read an "!".
type brokenInput struct{ io.Reader }

func (in brokenInput) Read(b []byte) (int, error) {
	n, err := in.Reader.Read(b)
	if bytes.IndexByte(b[:n], '!') >= 0 {
		panic("the terminal's reader is broken")
	}
	return n, err
}

// sit starts a session of w columns and h lines.
func sit(t testing.TB, w, h int, o Options) *seat {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	in, keys := io.Pipe()
	s := &seat{
		out: &seatOut{screen: vt10x.New(vt10x.WithSize(w, h))}, keys: keys, sizes: make(chan [2]int), cancel: cancel, done: make(chan error, 1),
	}
	at := &o.Terminal
	at.In, at.Out, at.Width, at.Height, at.Raw = brokenInput{in}, s.out, w, h, true
	at.Sizes = func(changed func(w, h int)) (stop func()) {
		end := make(chan struct{})
		go func() {
			for {
				select {
				case size := <-s.sizes:
					changed(size[0], size[1])
				case <-end:
					return
				}
			}
		}()
		return func() { close(end) }
	}
	go func() {
		s.done <- Run(ctx, o)
		_ = in.Close() // as a server closes the channel
	}()
	return s
}

func (s *seat) press(keys ...string) {
	for _, k := range keys {
		_, _ = io.WriteString(s.keys, k)
		time.Sleep(time.Second)
		synctest.Wait()
	}
}

// leave ends a session that goes on.
func (s *seat) leave() error {
	s.cancel(context.Canceled)
	_ = s.keys.Close()
	return <-s.done
}

// brittleDeck is a session's view of a deck, which breaks at the key R.
type brittleDeck struct{ *deck.Deck }

func (brittleDeck) Refresh() { panic("broken in an update") }

// Look is called by a command, once the selection rests on another recording.
func (d brittleDeck) Look(of deck.Key) {
	if seen := d.Snapshot().Lookup(of); seen != nil && seen.Status != api.Paused {
		panic("broken in a command")
	}
}

// Two sessions with terminals, sizes, environments and people of their own run in
// one process, on one deck. One pauses, and the other sees who did it.
func TestTwoSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := deckOf(t, 10)
		ana := sit(t, 120, 40, Options{Deck: d, Space: "acme", Actor: deck.Actor{Actor: "ana"}, Theme: "dark", Terminal: terminal.Terminal{Environ: []string{"TERM=xterm-256color"}}})
		bo := sit(t, 60, 15, Options{Deck: d, Space: "acme", Actor: deck.Actor{Actor: "bo"}, Theme: "mono", ASCII: true, Terminal: terminal.Terminal{Environ: []string{"TERM=vt100"}}})
		time.Sleep(5 * time.Second)
		synctest.Wait()
		ana.press("g", "j", "p")
		bo.press("g", "j", "\r")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := ana.out.text(); !strings.Contains(got, "by you") || strings.Contains(got, "by ana") {
			t.Errorf("ana sees\n%s", got)
		}
		if got := bo.out.text(); !strings.Contains(got, "by ana") || strings.Contains(got, "by you") {
			t.Errorf("bo sees\n%s", got)
		}
		if a, b := ana.out.sent(), bo.out.sent(); !strings.Contains(a, "38;5;") || strings.Contains(b, "38;5;") {
			t.Errorf("colors of 256 at ana's: %t, at bo's: %t", strings.Contains(a, "38;5;"), strings.Contains(b, "38;5;"))
		} else if strings.ContainsFunc(strings.TrimPrefix(b, "\x1b"), func(r rune) bool { return r > '~' }) {
			t.Error("bo's screen has more than ASCII")
		}
		bo.out.screen.Resize(80, 24)
		bo.sizes <- [2]int{80, 24}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := strings.Count(strings.TrimRight(bo.out.text(), "\n "), "\n"); got < 20 {
			t.Errorf("bo's screen has %d lines after it has grown\n%s", got, bo.out.text())
		}
		bo.press("\x1a") // ctrl+z: its process is not bo's to stop
		if got := bo.out.text(); !strings.Contains(got, "cannot suspend: no shell could bring tapedeck back") {
			t.Errorf("bo suspends\n%s", got)
		}
		bo.press("q")
		if err := <-bo.done; err != nil {
			t.Errorf("bo quits: %v", err)
		}
		if err := ana.leave(); !errors.Is(err, context.Canceled) {
			t.Errorf("ana's end: %v", err)
		}
		stop()
		time.Sleep(5 * time.Second) // the last ticks
	})
}

// A panic in a part of a session ends that session, with its terminal given back,
// and the other goes on.
func TestPanicEndsOneSession(t *testing.T) {
	for _, tt := range []struct {
		part  string
		play  func(s *seat)
		panic string // in the error
		quiet bool   // its terminal takes nothing any more
	}{
		{"the reader", func(s *seat) { s.press("!") }, "the terminal's reader is broken", false},
		{"an update", func(s *seat) { s.press("R") }, "broken in an update", false},
		{"a command", func(s *seat) { s.press("j") }, "broken in a command", false},
		{"the painter", func(s *seat) {
			s.out.mu.Lock()
			s.out.broken = true
			s.out.mu.Unlock()
			s.press("j")
		}, "the terminal's writer is broken", true},
	} {
		t.Run(tt.part, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, stop := deckOf(t, 10)
				bad := sit(t, 80, 24, Options{Deck: brittleDeck{d}, Space: "acme", Actor: deck.Actor{Actor: "ana"}, Theme: "dark", Terminal: terminal.Terminal{Environ: []string{"TERM=xterm-256color"}}})
				good := sit(t, 80, 24, Options{Deck: d, Space: "acme", Actor: deck.Actor{Actor: "bo"}, Theme: "dark", Terminal: terminal.Terminal{Environ: []string{"TERM=xterm-256color"}}})
				time.Sleep(3 * time.Second)
				tt.play(bad)
				err := <-bad.done
				if err == nil || !strings.Contains(err.Error(), "the screen failed; the terminal is restored") || !strings.Contains(err.Error(), tt.panic) {
					t.Errorf("it ends with %v", err)
				}
				if broken, ok := errors.AsType[*crash.Error](err); !ok || len(broken.Stack) == 0 {
					t.Errorf("there is no stack in %v", err)
				}
				if got := bad.out.sent(); !tt.quiet && !strings.HasSuffix(got, "\x1b[23;2t") {
					t.Errorf("its terminal is not given back: %q", got[max(0, len(got)-100):])
				}
				_ = bad.keys.Close()
				good.press("j", "p")
				time.Sleep(3 * time.Second)
				if got := good.out.text(); !strings.Contains(got, "PAUSED 2") {
					t.Errorf("the other session does not go on\n%s", got)
				}
				if got := good.out.sent(); strings.Contains(got, "\x1b[?1049l") {
					t.Error("the other session's terminal is given back")
				}
				if err := good.leave(); !errors.Is(err, context.Canceled) {
					t.Errorf("the other session: %v", err)
				}
				stop()
				time.Sleep(5 * time.Second)
			})
		})
	}
}

// A panic of what all sessions share gives every terminal back, before it ends
// the process.
func TestPanicOfTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := deckOf(t, 3)
		var seats []*seat
		for range 3 {
			seats = append(seats, sit(t, 80, 24, Options{Deck: d, Space: "acme", Actor: deck.Actor{Actor: "ana"}, Theme: "dark", Terminal: terminal.Terminal{Environ: []string{"TERM=xterm-256color"}}}))
		}
		time.Sleep(3 * time.Second)
		func() {
			defer func() { _ = recover() }()
			defer crash.Guard()
			panic("the deck is broken")
		}()
		for i, s := range seats {
			if got := s.out.sent(); !strings.HasSuffix(got, "\x1b[23;2t") {
				t.Errorf("terminal %d is not given back: %q", i, got[max(0, len(got)-100):])
			}
			_ = s.leave()
		}
		stop()
		time.Sleep(5 * time.Second)
	})
}

// A session that ends while keys come in leaves nothing behind, whichever of them
// its program has still taken.
func TestEndAmongKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, stop := deckOf(t, 3)
		for _, keys := range []string{"q", "qjjjj", "jjq\x1b[A\x1b[B\x1b", "q\x1b[200~x\x1b[201~"} {
			s := sit(t, 80, 24, Options{Deck: d, Space: "acme", Actor: deck.Actor{Actor: "ana"}, Theme: "dark", Terminal: terminal.Terminal{Environ: []string{"TERM=xterm-256color"}}})
			time.Sleep(3 * time.Second)
			s.press(keys)
			if err := <-s.done; err != nil {
				t.Errorf("%q: %v", keys, err)
			}
		}
		stop()
		time.Sleep(5 * time.Second) // the last ticks; a goroutine that is left fails the test
	})
}

// manySeats is how many sessions a process has when one of them is measured.
const manySeats = 50

// keptBySession returns what each of many sessions in one process keeps: its heap
// in kB and its goroutines, of 80x24 cells, 100 recordings, after a key.
func keptBySession(t testing.TB) (kB, goroutines float64) {
	d, stop := deckOf(t, 100)
	defer stop()
	time.Sleep(time.Second) // the first look
	heap, running := inUse()
	var seats []*seat
	for i := range manySeats {
		s := sit(t, 80, 24, Options{
			Deck: d, Space: "acme", Actor: deck.Actor{Actor: fmt.Sprint("ana", i)}, Theme: "auto", Terminal: terminal.Terminal{Environ: []string{"TERM=xterm-256color"}},
		})
		s.out.screen = nil
		seats = append(seats, s)
	}
	time.Sleep(time.Second)
	for _, s := range seats {
		_, _ = io.WriteString(s.keys, "j")
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(5*time.Second + 500*time.Millisecond) // between two ticks
	for _, s := range seats {
		s.out.mu.Lock()
		s.out.raw = bytes.Buffer{}
		s.out.mu.Unlock()
	}
	h, g := inUse()
	for _, s := range seats {
		_ = s.leave()
	}
	time.Sleep(2 * time.Second) // the last ticks
	// One goroutine is the seat's own: who watches its sizes.
	return float64(h-heap) / manySeats / 1000, float64(g-running)/manySeats - 1
}

func BenchmarkSession(b *testing.B) {
	for b.Loop() {
		kB, goroutines := keptBySession(b)
		b.ReportMetric(kB, "kB/session")
		b.ReportMetric(goroutines, "goroutines/session")
	}
}

// A session keeps at most 200 kB and 3 goroutines: the two of Bubble Tea, and the
// one that reads its keys.
func TestSessionKeeps(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector keeps more")
	}
	synctest.Test(t, func(t *testing.T) {
		kB, goroutines := keptBySession(t)
		t.Logf("%.0f kB, %.1f goroutines", kB, goroutines)
		if kB > 200 || goroutines > 3 {
			t.Errorf("a session keeps %.0f kB and %.1f goroutines", kB, goroutines)
		}
	})
}

// inUse returns how much of the heap is in use, and how many goroutines there
// are.
func inUse() (heap, goroutines int) {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc), runtime.NumGoroutine()
}

var _ Deck = brittleDeck{}
