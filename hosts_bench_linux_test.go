package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/sim"
)

// benchProgram builds the program.
func benchProgram(b *testing.B) program {
	p := program{path: filepath.Join(b.TempDir(), "tapedeck")}
	build(b, "-trimpath", "-o", p.path, ".")
	return p
}

// BenchmarkTenHosts has ten services share, on one space and one NATS server, and
// measures how long a change, asked for at one of them, takes to the screens of
// the nine others: 1,000 changes a minute, of which half are pauses and half
// acknowledgements. No poll brings one: there is one in five minutes. The budgets
// are 50 ms in the median, and 300 ms for 99 of 100.
func BenchmarkTenHosts(b *testing.B) {
	p, space := benchProgram(b), serveSpace(b, sim.Options{Seed: 1})
	var running, paused []string
	for i := range 600 {
		o := sim.Begin{StartedAgo: time.Duration(20+i) * time.Second}
		if i%2 == 0 {
			o.Status = "paused"
			paused = append(paused, space.Begin(o))
		} else {
			running = append(running, space.Begin(o))
		}
	}
	var names []string
	for i := range 10 {
		names = append(names, fmt.Sprintf("h%d", i))
	}
	e := newEngine(b, names...)
	w := &watchers{b: b, asked: map[string]time.Time{}}
	var hosts []*bastion
	for _, name := range names {
		h := newBastion(b, p, space, name, e, 0, "interval = \"5m\"\n")
		hosts = append(hosts, h)
		defer w.watch(h.client)()
	}
	time.Sleep(5 * time.Second) // they know of each other
	n := 0
	var group sync.WaitGroup
	for b.Loop() {
		h, what, sid := hosts[n%len(hosts)], "paused", running[n/2%len(running)]
		path, body := local.PathRequests, fmt.Sprintf(`{"requests":[{"id":"bench-%06d","sid":%q,"update":"pause","seen":"in-progress"}]}`, n, sid)
		if n%2 == 0 {
			what, sid = "acknowledged", paused[n/2%len(paused)]
			path, body = local.PathAcknowledge, fmt.Sprintf(`{"sid":%q,"wait":600,"reason":"r%d"}`, sid, n)
		}
		n++
		if n/2 > len(running) {
			b.Fatal("too many changes: each is of a recording of its own")
		}
		group.Go(func() {
			w.ask(sid + what)
			if got := h.post(b.Context(), path, body); got != done {
				b.Errorf("%s is not %s: %s", sid, what, got)
			}
		})
		time.Sleep(time.Minute / 1000)
	}
	group.Wait()
	took := w.all(9 * n)
	b.ReportMetric(0, "ns/op")
	for _, q := range []struct {
		percent int
		name    string
	}{{50, "ms-median"}, {95, "ms-p95"}, {99, "ms-p99"}} {
		b.ReportMetric(quantile(took, q.percent), q.name)
	}
}

// watchers are the screens of several hosts.
type watchers struct {
	b     *testing.B
	mu    sync.Mutex
	asked map[string]time.Time
	took  []float64 // ms from the request to another screen
}

func (w *watchers) ask(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[what] = time.Now()
}

// watch notes when a screen shows what was asked for. The screen of the host that
// was asked is the first that shows it, and does not count.
func (w *watchers) watch(c *local.Client) (end func()) {
	snapshots, cancel := c.Subscribe()
	ctx, stop := context.WithCancel(w.b.Context())
	var group sync.WaitGroup
	group.Go(func() {
		shown := map[string]bool{}
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-snapshots:
				w.note(s, shown)
			}
		}
	})
	return func() { stop(); cancel(); group.Wait() }
}

func (w *watchers) note(s *deck.Snapshot, shown map[string]bool) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range s.Recordings {
		for what, is := range map[string]bool{"paused": r.Paused(), "acknowledged": !r.Ack.Until.IsZero()} {
			key := r.SID.String() + what
			if at, asked := w.asked[key]; is && asked && !shown[key] {
				shown[key] = true
				w.took = append(w.took, float64(now.Sub(at))/1e6)
			}
		}
	}
}

// all waits until so many changes have come to other screens, and returns how long
// each took in ms.
func (w *watchers) all(n int) []float64 {
	n += n / 9 // those of the host itself
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		w.mu.Lock()
		got := len(w.took)
		w.mu.Unlock()
		if got >= n {
			break
		}
		if time.Since(began) > patience {
			w.b.Fatalf("%d of %d have come", got, n)
		}
	}
	slices.Sort(w.took)
	return w.took[n/10:]
}

// BenchmarkShared measures a service with 2,000 active recordings, of which 100
// are paused, that shares with another one, beside one that shares nothing: its
// memory, and what goes over the connection to the server while nothing happens.
// The collector of garbage is busy (GOGC=10), so that what is kept is what is
// measured. The budgets are 2 MB more, and 1 kB a second.
func BenchmarkShared(b *testing.B) {
	p := benchProgram(b)
	b.Setenv("GOGC", "10")
	e := newEngine(b, "one", "two")
	spaces, paused := [2]*space{}, [2][]string{}
	for k := range spaces {
		s := serveSpace(b, sim.Options{Seed: 1})
		for i := range 2000 {
			sid := s.Begin(sim.Begin{StartedAgo: time.Minute + time.Duration(i)*time.Second})
			if i >= 1900 {
				paused[k] = append(paused[k], sid)
			}
		}
		spaces[k] = s
	}
	one, two := newBastion(b, p, spaces[0], "one", e, 0, ""), newBastion(b, p, spaces[0], "two", e, 0, "")
	alone := startBastion(b, p, spaces[1], "alone", "", 0, "")
	for i := range 100 {
		pause := func(h *bastion, sid string) {
			if got := h.post(b.Context(), local.PathRequests, fmt.Sprintf(`{"requests":[{"id":"bench-%06d","sid":%q,"update":"pause","seen":"in-progress"}]}`, i, sid)); got != done {
				b.Fatal(got)
			}
		}
		pause([]*bastion{one, two}[i%2], paused[0][i])
		if i%2 == 0 {
			pause(alone, paused[1][i])
		} else {
			spaces[1].SetStatus(paused[1][i], "paused") // as the other host does
		}
	}
	time.Sleep(20 * time.Second) // the journals are sent
	var shared, plain, rate []float64
	for b.Loop() {
		before, began := one.way.carried()+two.way.carried(), time.Now()
		for range 30 {
			time.Sleep(time.Second)
			for _, h := range []*bastion{one, two} {
				shared = append(shared, h.resident())
			}
			plain = append(plain, alone.resident())
		}
		rate = append(rate, float64(one.way.carried()+two.way.carried()-before)/2/time.Since(began).Seconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(quantile(shared, 50), "MB-shared")
	b.ReportMetric(quantile(plain, 50), "MB-alone")
	b.ReportMetric(quantile(rate, 50), "B/s-idle")
}

// resident returns the memory of the host in MB that is not of files.
func (h *bastion) resident() float64 {
	return field(fmt.Sprintf("/proc/%d/status", h.cmd.Process.Pid), "RssAnon:") / 1000
}

// BenchmarkKeyToPostShared measures the time from the key p, typed into the
// pseudo-terminal of a dashboard that shares, to the POST at the space, and by
// turns that of one that shares nothing, each with 1,000 recordings on a space of
// its own, and a journal. The budget is 1.1 times.
func BenchmarkKeyToPostShared(b *testing.B) {
	p, e := benchProgram(b), newEngine(b, "one", "two")
	creds := filepath.Join(b.TempDir(), "creds")
	if err := os.WriteFile(creds, []byte("one:"+enginePassword+"one\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	shared := newTypist(b, p, "TAPEDECK_SHARE=nats://"+e.addr, "TAPEDECK_SHARE_CREDS="+creds, "TAPEDECK_SHARE_HOST=one")
	newBastion(b, p, shared.space, "two", e, 0, "")
	alone := newTypist(b, p)
	time.Sleep(3 * time.Second)
	var with, without []float64
	for b.Loop() {
		with = append(with, shared.pause())
		without = append(without, alone.pause())
	}
	report(b, with, without)
}

// typist is a dashboard in a pseudo-terminal on a space of its own.
type typist struct {
	b      *testing.B
	space  *space
	master *os.File
	out    chan written
}

func newTypist(b *testing.B, p program, env ...string) *typist {
	b.Helper()
	space := serveSpace(b, sim.Options{History: 100, Seed: 5})
	for i := range 1000 {
		space.Begin(sim.Begin{StartedAgo: time.Minute + time.Duration(i)*time.Second})
	}
	cmd := exec.Command(p.path)
	cmd.Env = clean(b.TempDir(), append(space.env(), env...)...)
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); _ = master.Close() })
	t := &typist{b: b, space: space, master: master, out: make(chan written, 10_000)}
	go follow(master, t.out)
	go func() {
		for range t.out { // nobody looks
			continue
		}
	}()
	time.Sleep(3 * time.Second)
	t.types("\x1b[3;2Rg")
	time.Sleep(500 * time.Millisecond)
	return t
}

func (t *typist) types(keys string) {
	t.b.Helper()
	if _, err := t.master.WriteString(keys); err != nil {
		t.b.Fatal(err)
	}
}

// pause presses p, and returns how many ms it takes to the POST. Then it goes to
// the next recording.
func (t *typist) pause() float64 {
	t.b.Helper()
	time.Sleep(400 * time.Millisecond) // it is no burst
	n := len(t.space.updates())
	pressed := time.Now()
	t.types("p")
	t.space.waitUpdates(n + 1)
	_, came := t.space.history()
	time.Sleep(500 * time.Millisecond)
	t.types("j") // from the last of those paused to the first that is not
	return float64(came[n].Sub(pressed)) / 1e6
}
