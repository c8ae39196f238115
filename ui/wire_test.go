//go:build linux || darwin

package ui

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/google/go-cmp/cmp"
	"github.com/hinshun/vt10x"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/terminal"
)

// wireOf runs the program for some seconds, and returns what a second writes
// and the floor of that, on average.
func wireOf(t *testing.T, o Options, snap *deck.Snapshot, seconds int) (bytes, floor float64) {
	t.Helper()
	p := startProgramWith(t, 120, 40, snap, o)
	p.rest(3*time.Second + 500*time.Millisecond)
	p.out.taken()
	f := newFloor(120, 40)
	before := grid(p.m.View().Content, 120, 40)
	for range seconds {
		p.rest(time.Second)
		after := grid(p.m.View().Content, 120, 40)
		bytes, floor = bytes+float64(len(p.out.taken())), floor+float64(f.cost(before, after))
		before = after
	}
	return bytes / float64(seconds), floor / float64(seconds)
}

// wireMost is by how much a tick may be over the floor.
const wireMost = 1.2

// ticks are the screens of which the bytes of a tick are counted: one in so
// many recordings is paused, and so has two clocks. most is what a tick took
// when this was written, on average.
var ticks = []struct {
	term      string
	onePaused int
	most      float64
}{
	{"xterm-256color", 0, 157}, {"xterm-256color", 20, 193}, {"xterm-256color", 9, 207}, {"xterm-256color", 8, 211},
	{"xterm-256color", 3, 250}, {"xterm-256color", 1, 303},
	{"tmux-256color", 8, 211}, {"screen-256color", 8, 211}, {"linux", 8, 211}, {"vt100", 8, 211},
}

// TestTickOnWire runs the program with a list full of rows that tick.
func TestTickOnWire(t *testing.T) {
	for i, tt := range ticks {
		t.Run(fmt.Sprintf("%s, paused 1 in %d", tt.term, tt.onePaused), func(t *testing.T) {
			if raceEnabled && i > 0 {
				t.Skip("the bytes are the same with the race detector, and take ten times as long")
			}
			synctest.Test(t, func(t *testing.T) {
				o := Options{Terminal: terminal.Terminal{Environ: []string{"TERM=" + tt.term, "SSH_TTY=/dev/pts/1"}}}
				bytes, floor := wireOf(t, o, full(60, tt.onePaused), 20)
				t.Logf("%.1f bytes a tick, %.2f times the floor of %.1f", bytes, bytes/floor, floor)
				if bytes > wireMost*floor || bytes > tt.most+0.5 {
					t.Errorf("%.1f bytes a tick, want at most %.1f, and %g times the floor of %.1f", bytes, tt.most, wireMost, floor)
				}
			})
		})
	}
}

// wireSteps are what the bytes are counted of, beside a tick; most is what
// each took when this was written. The floor is without styles.
var wireSteps = []struct {
	name string
	do   func(p *program)
	most int
}{
	{"a poll that changes nothing", func(p *program) { p.poll(func(*deck.Snapshot) {}) }, 9},
	{"a poll that pauses one", func(p *program) {
		p.poll(func(s *deck.Snapshot) {
			r := *s.Recordings[30]
			r.Status = api.Paused
			paused(&r, 0, deck.Pause{})
			s.Recordings[30] = &r
		})
	}, 627},
	{"a poll with a new one", func(p *program) {
		p.poll(func(s *deck.Snapshot) {
			r := call(recording(sidRec, api.InProgress, 0), "(415) 555-0123", "sip:agent7@acme")
			s.Recordings = append([]*deck.Recording{r}, s.Recordings...)
			s.Active++
		})
	}, 655},
	{"j", func(p *program) { p.typeKeys("j") }, 354},
	{"k", func(p *program) { p.typeKeys("k") }, 365},
	{"a prompt opens", func(p *program) { p.typeKeys("r") }, 711},
	{"a prompt closes", func(p *program) { p.typeKeys("\x1b"); p.rest(200 * time.Millisecond) }, 676},
	{"the filter opens", func(p *program) { p.typeKeys("/") }, 176},
	{"the filter closes", func(p *program) { p.typeKeys("\r") }, 262},
	{"the sort menu opens", func(p *program) { p.typeKeys("o") }, 796},
	{"the sort menu closes", func(p *program) { p.typeKeys("x") }, 806},
	{"scroll by one", func(p *program) {
		p.typeKeys(strings.Repeat("j", 33))
		p.rest(300 * time.Millisecond)
		p.out.taken()
		p.typeKeys("j")
	}, 293},
	{"a page", func(p *program) { p.typeKeys("\x04") }, 1444},
}

// poll brings the next snapshot: the last one, changed.
func (p *program) poll(change func(*deck.Snapshot)) {
	s := *p.m.live
	s.Seq++
	s.Recordings = append([]*deck.Recording(nil), s.Recordings...)
	s.Health.Complete = time.Now()
	change(&s)
	p.d.feed <- &s
	p.rest(100 * time.Millisecond)
}

// midSecond rests until all that a tick leads to is written.
func (p *program) midSecond() {
	p.rest(time.Until(time.Now().Truncate(time.Second).Add(1200 * time.Millisecond)))
}

// TestStepsOnWire counts the bytes of polls, keys and prompts, and shows that
// none of them repaints the screen.
func TestStepsOnWire(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find here, and takes ten times as long")
	}
	synctest.Test(t, func(t *testing.T) {
		p := startProgramWith(t, 120, 40, full(60, 8), Options{})
		t.Logf("the first frame: %d bytes", len(p.out.taken()))
		f := newFloor(120, 40)
		for _, tt := range wireSteps {
			p.midSecond() // between two ticks, so that none is counted
			p.out.taken()
			before := grid(p.m.View().Content, 120, 40)
			tt.do(p)
			out := p.out.taken()
			least := f.cost(before, grid(p.m.View().Content, 120, 40))
			t.Logf("%s: %d bytes, floor %d", tt.name, len(out), least)
			if len(out) > tt.most+tt.most/50 || strings.Contains(out, "\x1b[2J") {
				t.Errorf("%s: %d bytes, want at most %d: %q", tt.name, len(out), tt.most, out)
			}
		}
	})
}

// TestLowBandwidth counts a minute's bytes where each one counts: clocks move
// every ten seconds, those of old recordings once a minute, and the age of the
// data not at all while polls come.
func TestLowBandwidth(t *testing.T) {
	minute := func(t *testing.T, o Options) (bytes, quiet int) {
		snap := full(60, 8)
		for _, r := range snap.Recordings {
			r.Created, r.Start = r.Created.Add(-time.Hour), r.Start.Add(-time.Hour)
			if r.Paused() {
				r.Pause.Since = r.Pause.Since.Add(-time.Hour)
			}
		}
		p := startProgramWith(t, 120, 40, snap, o)
		p.rest(3*time.Second + 500*time.Millisecond)
		p.out.taken()
		for i := range 60 {
			if i%2 == 0 {
				p.poll(func(*deck.Snapshot) {})
			}
			p.midSecond()
			n := len(p.out.taken())
			if bytes += n; n == 0 {
				quiet++
			}
		}
		return bytes, quiet
	}
	tests := []struct {
		name        string
		o           Options
		most, quiet int
	}{
		{"plain", Options{}, 15200, 0},
		{"low bandwidth", Options{LowBandwidth: true}, 296, 54},
		{"a tick of ten seconds", Options{Tick: 10 * time.Second}, 1740, 45},
		{"both", Options{LowBandwidth: true, Tick: 10 * time.Second}, 296, 50},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bytes, quiet := minute(t, tt.o)
				t.Logf("%d bytes a minute, %d seconds without any", bytes, quiet)
				if bytes > tt.most || quiet < tt.quiet {
					t.Errorf("%d bytes and %d seconds without any, want at most %d and at least %d", bytes, quiet, tt.most, tt.quiet)
				}
			})
		})
	}
}

// TestTerminals draws what the program writes on terminals of several kinds,
// and compares them with the frame: also where concealed text is unknown.
func TestTerminals(t *testing.T) {
	for _, kind := range []string{"xterm-256color", "linux", "vt100", "screen-256color"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := startProgramWith(t, 120, 40, full(60, 8), Options{Terminal: terminal.Terminal{Environ: []string{"TERM=" + kind, "SSH_TTY=/dev/pts/1"}}})
				screen := vt10x.New(vt10x.WithSize(120, 40))
				for _, tt := range wireSteps {
					tt.do(p)
					p.midSecond()
					p.out.draw(screen)
					lines := strings.Split(screen.String(), "\n")
					for i := range lines {
						lines[i] = strings.TrimRight(lines[i], " ")
					}
					if diff := cmp.Diff(screenText(p.m.View(), 120, 40), strings.Join(lines[:40], "\n")); diff != "" {
						t.Fatalf("after %s (-frame +terminal):\n%s", tt.name, diff)
					}
				}
			})
		})
	}
}

// wideSnapshot returns a snapshot of 60 recordings, one in so many of them of a
// conference with a name in wide characters.
func wideSnapshot(oneWide int) *deck.Snapshot {
	snap := full(60, 8)
	for i, r := range snap.Recordings {
		if i%oneWide == 0 {
			r.CallSID, r.ConferenceSID = text.Text{}, text.New("c")
			r.Call, r.Conference = nil, &api.Conference{SID: text.New("c"), FriendlyName: text.New("会議室")}
		}
	}
	return snap
}

// TestWideOnWire counts the bytes of a tick where rows have wide characters,
// and of the keys that move about in them.
func TestWideOnWire(t *testing.T) {
	for i, tt := range []struct{ oneWide, most, j int }{{15, 211, 373}, {3, 211, 590}, {1, 211, 353}} {
		t.Run(fmt.Sprintf("1 in %d", tt.oneWide), func(t *testing.T) {
			if raceEnabled && i > 0 {
				t.Skip("the bytes are the same with the race detector, and take ten times as long")
			}
			synctest.Test(t, func(t *testing.T) {
				bytes, floor := wireOf(t, Options{}, wideSnapshot(tt.oneWide), 20)
				t.Logf("%.1f bytes a tick, %.2f times the floor of %.1f", bytes, bytes/floor, floor)
				if bytes > wireMost*floor || bytes > float64(tt.most)+0.5 {
					t.Errorf("%.1f bytes a tick, want at most %d, and %g times the floor of %.1f", bytes, tt.most, wireMost, floor)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				p := startProgramWith(t, 120, 40, wideSnapshot(tt.oneWide), Options{})
				p.midSecond()
				for _, key := range []string{"j", "k"} {
					p.out.taken()
					p.typeKeys(key)
					p.rest(100 * time.Millisecond)
					n := len(p.out.taken())
					t.Logf("%s: %d bytes", key, n)
					if n > tt.j {
						t.Errorf("%s: %d bytes, want at most %d", key, n, tt.j)
					}
				}
			})
		})
	}
}

// newScreen returns a terminal that knows wide characters and does not wrap
// lines, as the painter's does not.
func newScreen(t *testing.T, w, h int) *vt.Emulator {
	e := vt.NewEmulator(w, h)
	done := make(chan struct{})
	go func() { defer close(done); _, _ = io.Copy(io.Discard, e) }()
	t.Cleanup(func() {
		_ = e.InputPipe().(io.Closer).Close() // its own Close races with a read
		<-done
	})
	return e
}

// TestWideRowsOnTerminal draws what the program writes of wide rows, and
// compares it with the frame.
func TestWideRowsOnTerminal(t *testing.T) {
	for i, oneWide := range []int{1, 2, 7} {
		t.Run(fmt.Sprintf("1 in %d", oneWide), func(t *testing.T) {
			if raceEnabled && i > 0 {
				t.Skip("takes ten times as long with the race detector")
			}
			screen := newScreen(t, 120, 40)
			synctest.Test(t, func(t *testing.T) {
				p := startProgramWith(t, 120, 40, wideSnapshot(oneWide), Options{})
				for _, tt := range wireSteps {
					tt.do(p)
					for range 3 {
						p.midSecond()
						p.out.draw(screen)
						lines := strings.Split(screen.String(), "\n")
						for i := range lines {
							lines[i] = strings.TrimRight(lines[i], " ")
						}
						if diff := cmp.Diff(screenText(p.m.View(), 120, 40), strings.Join(lines, "\n")); diff != "" {
							t.Fatalf("after %s (-frame +terminal):\n%s", tt.name, diff)
						}
					}
				}
			})
		})
	}
}
