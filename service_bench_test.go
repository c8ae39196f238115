//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/creack/pty"

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

// BenchmarkAttachedFirstFrame measures the time from the start of the built
// program in a terminal to its first line, and to its first row, attached to a
// service, and the first line of one with a deck of its own, in turns. The budgets
// are 1.0 times, no LOADING, and with 10,000 active recordings rows within 150 ms.
func BenchmarkAttachedFirstFrame(b *testing.B) {
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p := program{filepath.Join(dir, "tapedeck")}
	build(b, "-o", p.path, ".")
	for _, active := range []int{24, 10_000} {
		b.Run(fmt.Sprint(active), func(b *testing.B) { benchAttached(b, p, active) })
	}
}

// firstLine is in the first frame only: it begins the title.
const firstLine = "\x1b]2;tapedeck "

func benchAttached(b *testing.B, p program, active int) {
	env := p.startSimulator(b, "--recordings", fmt.Sprint(active))
	home := b.TempDir()
	socket := filepath.Join(filepath.Dir(p.path), fmt.Sprint("s", active))
	cmd := exec.Command(p.path, "serve", "--socket", socket)
	cmd.Env = clean(home, env...)
	log := &said{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	attached := []string{"TAPEDECK_SOCKET=" + socket}
	for began := time.Now(); !bytes.Contains([]byte(log.String()), []byte("serving ")); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patience {
			b.Fatalf("it does not serve: %s", log)
		}
	}
	startAndSee(b, p, attached, "live") // it has all of it
	var first, rows, own, cpu, ownCPU []float64
	for b.Loop() {
		at, _, used := startAndSee(b, p, append(env, "TAPEDECK_SERVER=off"), firstLine)
		own, ownCPU = append(own, at[0]), append(ownCPU, used)
		at, seen, used := startAndSee(b, p, attached, firstLine, "▌") // the row that is selected
		if bytes.Contains(seen, []byte("LOADING")) {
			b.Errorf("it says LOADING: %q", seen)
		}
		first, rows, cpu = append(first, at[0]), append(rows, at[1]), append(cpu, used)
	}
	for _, list := range [][]float64{rows, cpu, ownCPU} {
		slices.Sort(list)
	}
	report(b, first, own)
	b.ReportMetric(cpu[len(cpu)/2], "cpu-ms") // of the dashboard, until its first row
	b.ReportMetric(ownCPU[len(ownCPU)/2], "plain-cpu-ms")
	b.ReportMetric(rows[len(rows)/2], "rows-ms-median")
	b.ReportMetric(rows[len(rows)*95/100], "rows-ms-p95")
}

// startAndSee starts the program in a terminal, and returns after how many ms each
// of the texts was there, what was written until all were, and how many ms of a
// processor that took.
func startAndSee(b *testing.B, p program, env []string, texts ...string) (at []float64, seen []byte, cpu float64) {
	b.Helper()
	cmd := exec.Command(p.path)
	cmd.Env = clean(b.TempDir(), env...)
	began := time.Now()
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer func() {
		late.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = master.Close()
		cpu = float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / 1e6
	}()
	buf := make([]byte, 64<<10)
	for len(at) < len(texts) {
		n, err := master.Read(buf)
		if err != nil {
			b.Fatalf("%v: %q", err, seen)
		}
		seen = append(seen, buf[:n]...)
		for len(at) < len(texts) && bytes.Contains(seen, []byte(texts[len(at)])) {
			at = append(at, float64(time.Since(began))/1e6)
		}
	}
	return at, seen, 0
}
