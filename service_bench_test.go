//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/secret"
	host "tapedeck/api/serve"
	"tapedeck/api/sim"
	"tapedeck/ui"
)

// BenchmarkKeyToPostServed measures the time from the byte of the key p in the
// terminal's input to the POST at the server, of a screen on a service's deck,
// and, key by key in the same run, of one on a deck of its own. The budgets are
// 1.3 times, and 2 ms in the median. Each deck has a journal and 1,000
// recordings, and everything is in this process: the socket is a real one.
func BenchmarkKeyToPostServed(b *testing.B) {
	served, own := newPoster(b, true), newPoster(b, false)
	var through, alone []float64
	for b.Loop() {
		alone = append(alone, own.pause())
		through = append(through, served.pause())
	}
	report(b, through, alone)
}

// poster is a screen and its space.
type poster struct {
	b      *testing.B
	deck   *deck.Deck
	typed  io.Writer
	posted atomic.Int64 // when the last POST came, in ns since start; 0 for none yet
	start  time.Time
}

// newPoster starts a screen on a deck of its own, or on that of a service. It ends
// with the benchmark.
func newPoster(b *testing.B, served bool) *poster {
	b.Helper()
	p := &poster{b: b, start: time.Now()}
	space := sim.New(sim.Options{History: 100, Seed: 5})
	for i := range 1000 {
		space.Begin(sim.Begin{StartedAgo: time.Minute + time.Duration(i)*time.Second})
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			p.posted.Store(int64(time.Since(p.start)))
		}
		space.ServeHTTP(w, r)
	}))
	b.Cleanup(srv.Close)
	j, err := journal.Open(journal.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = j.Close() })
	p.deck, err = deck.Open(api.Config{Space: srv.URL, Project: space.Project(), Token: secret.New(space.Token())}, deck.Config{Journal: j})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var shown ui.Deck = p.deck
	ended := make(chan struct{}, 2)
	if served {
		shown = p.serve(ctx, ended)
	} else {
		go func() { p.deck.Run(ctx); ended <- struct{}{} }()
	}
	keys, typed := io.Pipe()
	p.typed = typed
	program := tea.NewProgram(
		ui.New(ctx, ui.Options{Deck: shown, Space: "bench", PauseBehavior: api.Silence, Theme: "dark", Actor: deck.Actor{Actor: "bench"}}),
		tea.WithContext(ctx), tea.WithInput(keys), tea.WithOutput(io.Discard), tea.WithoutSignalHandler(),
		tea.WithWindowSize(120, 40), tea.WithColorProfile(colorprofile.ANSI256))
	go func() { _, _ = program.Run(); ended <- struct{}{} }()
	b.Cleanup(func() {
		cancel()
		_ = typed.Close()
		<-ended
		<-ended
	})
	waitSnapshot(b, p.deck, func(s *deck.Snapshot) bool { return s.Health.Phase(time.Now()) == deck.Live && s.Active == 1000 })
	time.Sleep(300 * time.Millisecond)
	fmt.Fprint(typed, "g")
	time.Sleep(100 * time.Millisecond)
	return p
}

// serve has a service serve the deck, and returns a client of it.
func (p *poster) serve(ctx context.Context, ended chan<- struct{}) *local.Client {
	p.b.Helper()
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		p.b.Fatal(err)
	}
	p.b.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		p.b.Fatal(err)
	}
	server := host.New(host.Options{Projects: []*host.Project{{Space: "bench", ID: "bench", Deck: p.deck}}, Version: "bench"})
	go func() { _ = server.Run(ctx, l); ended <- struct{}{} }()
	c, err := local.Dial(ctx, local.Options{Path: path, Version: "bench", Command: "dashboard"})
	if err != nil {
		p.b.Fatal(err)
	}
	p.b.Cleanup(c.Close)
	return c
}

// pause presses p, and returns how many ms it takes to the POST. Then it goes to
// the next recording.
func (p *poster) pause() float64 {
	p.b.Helper()
	time.Sleep(400 * time.Millisecond) // the screen has drawn what was before, and it is no burst
	p.posted.Store(0)
	pressed := time.Since(p.start)
	fmt.Fprint(p.typed, "p")
	for p.posted.Load() == 0 {
		if time.Sleep(20 * time.Microsecond); time.Since(p.start)-pressed > 10*time.Second {
			p.b.Fatal("no POST comes of the key")
		}
	}
	took := float64(p.posted.Load()-int64(pressed)) / 1e6
	waitSnapshot(p.b, p.deck, func(*deck.Snapshot) bool { return len(p.deck.UnderWay()) == 0 })
	time.Sleep(100 * time.Millisecond)
	fmt.Fprint(p.typed, "j") // from the last of those paused to the first that is not
	return took
}
