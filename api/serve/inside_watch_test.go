//go:build unix

package serve

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// insiders returns n sessions, each of a key of its own, that may look and pause.
func (w *world) insiders(n int) (list []*Inside) {
	w.t.Helper()
	role := Role{Name: "operator", May: []local.Word{"view", "pause", "resume"}}
	for k := range n {
		role.Keys = append(role.Keys, fmt.Sprintf("SHA256:%d", k))
	}
	w.server.SetRoles([]Role{role})
	for k := range n {
		list = append(list, w.enter(Insider{User: "u", Fingerprint: role.Keys[k], Address: "192.0.2.1:1"}, nil))
	}
	return list
}

// telling returns how many goroutines tell those who watch.
func telling() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "serve.(*hub).run(")
}

// TestInsideWatch: each who watches is told of the first snapshot and of the newest,
// never twice of one and never of an older one after it, one call at a time; one who
// takes its time is in nobody's way, and at rest nobody has a goroutine. All are
// given the same rows.
func TestInsideWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, dir: t.TempDir(), deck: deck.Config{Interval: time.Hour}})
		list := w.insiders(50)
		type seen struct {
			busy atomic.Bool
			mu   sync.Mutex
			all  []*deck.Snapshot
		}
		told := make([]seen, len(list))
		slow := make(chan struct{})
		for n, i := range list {
			cancel := i.Watch(func(s *deck.Snapshot) {
				if told[n].busy.Swap(true) {
					t.Error("two calls at one time")
				}
				if n == 0 {
					<-slow
				}
				told[n].mu.Lock()
				told[n].all = append(told[n].all, s)
				told[n].mu.Unlock()
				told[n].busy.Store(false)
			})
			defer cancel()
		}
		synctest.Wait()
		for k := range 20 {
			w.spaces[0].Begin(sim.Begin{Status: "in-progress"})
			w.server.projects[0].Deck.Refresh()
			time.Sleep(time.Second)
			synctest.Wait()
			for n := range told[1:] {
				told[n+1].mu.Lock()
				if all := told[n+1].all; len(all) == 0 || len(all[len(all)-1].Recordings) != k+1 {
					t.Fatalf("after %d recordings one who is quick was not told of the last", k+1)
				}
				told[n+1].mu.Unlock()
			}
		}
		if n := telling(); n != 1 {
			t.Errorf("with nothing to tell %d goroutines tell, want that of the slow one", n)
		}
		close(slow)
		synctest.Wait()
		if n := telling(); n != 0 {
			t.Errorf("at rest %d goroutines tell", n)
		}
		if all := told[0].all; len(all) != 2 || len(all[0].Recordings) != 0 || len(all[1].Recordings) != 20 {
			t.Errorf("the slow one was told of %d snapshots", len(all))
		}
		for n := range told {
			for k, s := range told[n].all[1:] {
				if s.Seq <= told[n].all[k].Seq {
					t.Fatalf("session %d was told of %d after %d", n, s.Seq, told[n].all[k].Seq)
				}
			}
			if last := told[n].all[len(told[n].all)-1]; last != told[1].all[len(told[1].all)-1] {
				t.Errorf("session %d was given a snapshot of its own", n)
			}
		}
		_ = w.stop()
	})
}

// TestInsideWatchEnds: nobody is told of anything after cancel or after the session
// is over, nor told who begins to watch by then; a panic ends the session, and no
// other.
func TestInsideWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, dir: t.TempDir(), deck: deck.Config{Interval: time.Hour}})
		list := w.insiders(4)
		var n [5]atomic.Int64
		count := func(k int) func(*deck.Snapshot) { return func(*deck.Snapshot) { n[k].Add(1) } }
		cancel := list[0].Watch(count(0))
		list[1].Watch(count(1))
		list[2].Watch(func(*deck.Snapshot) {
			if n[2].Add(1) == 2 {
				panic("a part of the screen broke")
			}
		})
		list[3].Watch(count(3))
		synctest.Wait()
		before := [2]int64{n[0].Load(), n[1].Load()}
		cancel()
		cancel()
		list[1].Leave(quit)
		list[1].Watch(count(4))
		ch, done := list[1].Subscribe()
		defer done()
		if s := <-ch; s == nil {
			t.Error("a session that is over has no snapshot")
		}
		for range 3 {
			w.spaces[0].Begin(sim.Begin{Status: "in-progress"})
			w.server.projects[0].Deck.Refresh()
			time.Sleep(5 * time.Second)
			synctest.Wait()
		}
		if a, b, c, d, e := n[0].Load(), n[1].Load(), n[2].Load(), n[3].Load(), n[4].Load(); a != before[0] || b != before[1] || c != 2 || d < 4 || e != 0 {
			t.Errorf("they were told %d, %d, %d, %d and %d times", a, b, c, d, e)
		}
		if _, err := list[2].Status(context.Background()); err == nil || err.Error() != "this session was ended" {
			t.Errorf("the session that broke: %v", err)
		}
		if !strings.Contains(w.said.String(), "a part of the screen broke") || len(w.server.sessions.sorted()) != 2 {
			t.Errorf("%d sessions, and it says %q", len(w.server.sessions.sorted()), w.said.String())
		}
		_ = w.stop()
	})
}

// TestInsideSubscribe: the channel has the current snapshot at once, and then the
// latest.
func TestInsideSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, dir: t.TempDir(), deck: deck.Config{Interval: time.Hour}})
		i := w.insiders(1)[0]
		synctest.Wait()
		ch, cancel := i.Subscribe()
		select {
		case s := <-ch:
			if s != i.Snapshot() {
				t.Error("it is not the current one")
			}
		default:
			t.Fatal("it has none at once")
		}
		for range 3 {
			w.spaces[0].Begin(sim.Begin{Status: "in-progress"})
			w.server.projects[0].Deck.Refresh()
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if s := <-ch; len(s.Recordings) != 3 || s != i.Snapshot() {
			t.Errorf("the latest has %d recordings", len(s.Recordings))
		}
		select {
		case s := <-ch:
			t.Errorf("there is another one, %d", s.Seq)
		default:
		}
		cancel()
		_ = w.stop()
	})
}

// TestInsideShared: a session with a question open is not shown it, and all others
// are; the rows beside it are everybody's, and so is everything when it is closed.
func TestInsideShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, dir: t.TempDir(), profiles: []string{"eu"}, deck: deck.Config{Interval: time.Hour}})
		list := w.insiders(3)
		sids := w.beginTwo("in-progress", "paused")
		of := func(n int) deck.Key { return deck.Key{SID: text.New(sids[n]), Profile: "eu"} }
		asking := func(i *Inside) (names []string) {
			for _, a := range i.Snapshot().Lookup(of(1)).Asking {
				names = append(names, a.Actor+" "+a.Verb)
			}
			return names
		}
		show := func(i *Inside, p *local.Prompt) { i.Show(p, time.Now()); synctest.Wait() }
		show(list[0], &local.Prompt{SID: sids[1], Profile: "eu", Verb: "resume"})
		show(list[1], &local.Prompt{SID: sids[1], Profile: "eu", Verb: "stop"})
		if a, b, c := asking(list[0]), asking(list[1]), asking(list[2]); !slices.Equal(a, []string{"SHA256:1 stop"}) || !slices.Equal(b, []string{"SHA256:0 resume"}) ||
			!slices.Equal(c, []string{"SHA256:0 resume", "SHA256:1 stop"}) {
			t.Errorf("they are shown %q, %q and %q", a, b, c)
		}
		a, c := list[0].Snapshot(), list[2].Snapshot()
		if a.Lookup(of(0)) != c.Lookup(of(0)) || a.Longest != a.Lookup(of(1)) || c.Longest != c.Lookup(of(1)) || a.Paused != 1 || a.Lookup(of(1)).Profile != "eu" {
			t.Error("a row that nobody asks about is not shared, or the longest pause is another row")
		}
		if s := list[0].Snapshot(); s != a {
			t.Error("the same is put together twice")
		}
		w.spaces[0].Begin(sim.Begin{Status: "in-progress"})
		w.server.projects[0].Deck.Refresh()
		time.Sleep(time.Second)
		synctest.Wait()
		if b := list[0].Snapshot(); b == a || b.Lookup(of(1)) != a.Lookup(of(1)) || b.Lookup(of(0)) != a.Lookup(of(0)) || list[2].Snapshot().Lookup(of(0)) != c.Lookup(of(0)) {
			t.Error("rows that are as they were are other ones")
		}
		show(list[0], nil)
		show(list[1], nil)
		if s := list[0].Snapshot(); s != list[2].Snapshot() || len(s.Lookup(of(1)).Asking) > 0 {
			t.Error("with no question open they are shown different things")
		}
		show(list[0], &local.Prompt{SID: sids[1], Profile: "eu", Verb: "resume"})
		list[0].Leave(quit)
		if synctest.Wait(); len(list[2].Snapshot().Lookup(of(1)).Asking) > 0 {
			t.Error("the question of a session that is over is still open")
		}
		_ = w.stop()
	})
}

// TestInsideEnds: who ends the session, the service, or a role that lets it look no
// more, tells the screen once, with the reason; its own end tells it nothing.
func TestInsideEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, dir: t.TempDir(), roles: insideRoles})
		var mu sync.Mutex
		told := map[string][]string{}
		enter := func(name string, who Insider) *Inside {
			i, err := w.server.Enter(who, local.Screen{Command: local.Dashboard}, func(why string) {
				mu.Lock()
				defer mu.Unlock()
				told[name] = append(told[name], why)
			})
			check(t, err)
			return i
		}
		boss := enter("boss", lead)
		own, others := enter("own", contractor), enter("others", contractor)
		if err := own.EndSession(t.Context(), own.session.id); err != nil {
			t.Error(err)
		}
		if err := own.EndSession(t.Context(), others.session.id); err == nil {
			t.Error("a session that was ended ends others")
		}
		check(t, boss.EndSession(t.Context(), others.session.id))
		quits := enter("quits", contractor)
		quits.Leave(quit)
		quits.Leave(quit)
		role, waits := enter("role", contractor), enter("waits", contractor)
		waits.Leave("its connection broke")
		w.server.SetRoles([]Role{insideRoles[1], {Name: "operator", May: []local.Word{"pause"}, Keys: insideRoles[0].Keys}})
		if _, err := role.Status(t.Context()); err == nil {
			t.Error("one that may not look any more is told the status")
		}
		synctest.Wait()
		check(t, w.stop())
		synctest.Wait()
		if _, err := w.server.Enter(lead, local.Screen{}, nil); !errors.Is(err, deck.ErrClosed) {
			t.Errorf("at the end one enters with %v", err)
		}
		want := map[string][]string{
			"own": {"this session was quit"}, "others": {"this session was ended by max"}, "role": {"this session was ended: no role lets you look any more"},
			"boss": {"the service is ending"},
		}
		mu.Lock()
		defer mu.Unlock()
		if fmt.Sprint(told) != fmt.Sprint(want) {
			t.Errorf("they were told %q, want %q", told, want)
		}
		var ended []string
		for _, e := range w.entries() {
			if e.Event == journal.SessionEnded {
				ended = append(ended, e.Actor+" "+e.Reason)
			}
		}
		if got := strings.Join(ended, "; "); got != "jo@acme quit; jo@acme ended by max; jo@acme quit; jo@acme its connection broke; "+
			"jo@acme ended: no role lets you look any more; max the service ended" {
			t.Errorf("on record is %s", got)
		}
		boss.Leave("the service ended")
	})
}

// TestInsideLeftBehind: what somebody has paused is left behind with the last of
// their screens, also where somebody else has the same name; it is offered to their
// role, and over a restart their screens may come back.
func TestInsideLeftBehind(t *testing.T) { synctest.Test(t, testInsideLeftBehind) }

func testInsideLeftBehind(t *testing.T) {
	roles := slices.Clone(insideRoles)
	namesake := Insider{Fingerprint: "SHA256:alice", Comment: "alice"}
	roles[0].Keys = append(roles[0].Keys, "alice")
	w := start(t, setting{pipes: true, keep: true, roles: roles})
	hers, his := w.begin("in-progress"), w.begin("in-progress")
	alice := w.as("alice") // of the host: another one
	watch := alice.watch("")
	watch.until("synced")
	pause := func(i *Inside, sid string) {
		_, err := i.Do(t.Context(), deck.Request{SID: text.New(sid), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}})
		check(t, err)
	}
	first, second, other := w.enter(namesake, nil), w.enter(namesake, nil), w.enter(contractor, nil)
	pause(first, hers)
	pause(other, his)
	left := func(i *Inside) (list []string) {
		all, err := i.Left(t.Context())
		check(t, err)
		for _, l := range all {
			list = append(list, l.Actor+" "+l.SID+" "+l.Why)
		}
		return list
	}
	first.Leave(quit)
	if got := left(other); len(got) != 0 {
		t.Errorf("with a screen still open, left are %q", got)
	}
	second.Leave("its connection broke")
	if got := left(other); !slices.Equal(got, []string{"alice " + hers + " its connection broke"}) {
		t.Errorf("left are %q", got)
	}
	watch.cancel()
	alice.http.CloseIdleConnections()
	check(t, w.stop())
	other.Leave("the service ended")
	w = w.again(t, setting{pipes: true, roles: roles})
	mate := w.enter(Insider{Fingerprint: "SHA256:mate", Comment: "jo@acme"}, nil) // of the same name and role, by another key
	if got := left(mate); len(got) != 1 {
		t.Errorf("after a restart, left are %q", got)
	}
	time.Sleep(returnGrace + time.Second)
	if got := left(mate); len(got) != 2 || !strings.HasPrefix(got[1], "jo@acme "+his+" its session did not come back") && !strings.HasPrefix(got[0], "jo@acme "+his+" its session did not come back") {
		t.Errorf("after a minute, left are %q", got)
	}
	for _, e := range w.entries() {
		if e.Event == journal.Behind && e.Actor == "jo@acme" && e.SSHKey != contractor.Fingerprint {
			t.Errorf("left behind by %+v", e.Who)
		}
	}
}

// TestInsideCosts: a session costs some kilobytes and no goroutine, to be told of a
// snapshot costs it one allocation, and sessions that have come and gone leave
// nothing.
func TestInsideCosts(t *testing.T) {
	const n = 400
	w := start(t, setting{deck: deck.Config{Interval: deck.MaxInterval}})
	w.begin("in-progress")
	role := Role{Name: "watcher", May: []local.Word{"view"}}
	for k := range n {
		role.Keys = append(role.Keys, fmt.Sprintf("SHA256:%d", k))
	}
	w.server.SetRoles([]Role{role})
	var told, kept atomic.Int64 // snapshots, and sessions that something has
	enter := func() (list []*Inside) {
		for k := range n {
			i, err := w.server.Enter(Insider{Fingerprint: role.Keys[k]}, local.Screen{Command: local.Dashboard}, func(string) {})
			check(t, err)
			kept.Add(1)
			runtime.AddCleanup(i, func(int64) { kept.Add(-1) }, 0)
			i.Watch(func(*deck.Snapshot) { told.Add(1) })
			list = append(list, i)
		}
		w.wait("all were told", func() bool { return telling() == 0 })
		return list
	}
	leave := func(list []*Inside) {
		for _, i := range list {
			i.Leave(quit)
		}
		w.entries() // which are written
	}
	leave(enter())
	heap, goroutines := heapNow(), runtime.NumGoroutine()
	list := enter()
	if each := (heapNow() - heap) / n; each > 8<<10 {
		t.Errorf("a session costs %d bytes of heap", each)
	}
	if more := runtime.NumGoroutine() - goroutines; more > 20 {
		t.Errorf("%d sessions have %d goroutines", n, more)
	}
	h := w.server.hub
	allocated := testing.AllocsPerRun(10, func() {
		want := told.Load() + n
		h.mu.Lock()
		s := *h.parts[0]
		s.Seq++
		h.parts[0] = &s
		h.changed()
		h.mu.Unlock()
		for limit := time.Now().Add(patience); told.Load() < want && time.Now().Before(limit); {
			runtime.Gosched()
		}
	})
	if each := allocated / n; each > 2 {
		t.Errorf("to be told of a snapshot takes %.2f allocations", each)
	}
	leave(list)
	for range 2 {
		leave(enter())
	}
	list = nil
	w.wait("nothing has a session that is over", func() bool { runtime.GC(); return kept.Load() == 0 })
	if len(w.server.sessions.of) != 0 || len(h.watchers) != 0 || len(h.insides) != 0 {
		t.Errorf("there are %d sessions, %d who watch, %d who are to be told of the end", len(w.server.sessions.of), len(h.watchers), len(h.insides))
	}
}

// TestInsideLeavesAtTheEnd: a session that ends because the service is to end, even
// before that has begun to, has left nothing: it may come back.
func TestInsideLeavesAtTheEnd(t *testing.T) {
	w := start(t, setting{roles: insideRoles})
	sid := w.begin("in-progress")
	i := w.enter(contractor, nil)
	_, err := i.Do(t.Context(), deck.Request{SID: text.New(sid), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}})
	check(t, err)
	ended := make(chan struct{})
	close(ended)
	var done <-chan struct{} = ended
	w.server.until.Store(&done)
	i.Leave("the service ended")
	want := []person{{Name: "jo@acme", Role: "operator", Key: contractor.Fingerprint}}
	if got := w.server.sessions.people(); !slices.Equal(got, want) || len(w.server.left.all()) != 0 {
		t.Errorf("%+v may come back, left are %+v", got, w.server.left.all())
	}
	if err := i.SetTimer(key(sid), deck.Actor{}, time.Minute, false); !errors.Is(err, deck.ErrClosed) {
		t.Errorf("it is refused with %v", err)
	}
}
