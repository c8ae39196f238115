//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
)

// longRun is how long testLong goes on: five seconds, or what TAPEDECK_LONG
// says, such as 10m. Then the program has the race detector in it.
func longRun(t *testing.T, p program) (time.Duration, program) {
	v := os.Getenv("TAPEDECK_LONG")
	if v == "" {
		return 5 * time.Second, p
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		t.Fatalf("TAPEDECK_LONG: %v", err)
	}
	p.path = filepath.Join(t.TempDir(), "tapedeck")
	build(t, "-race", "-o", p.path, ".")
	return d, p
}

// nights is a run of many sessions, one after the other, in one state
// directory. Each is used at random, and ends in a random way.
type nights struct {
	space *space
	p     program
	env   []string
	dir   string
	rng   *rand.Rand
	count map[string]int
	past  []*night
}

// night is what is known of one session.
type night struct {
	name    string
	pid     int
	ready   time.Time // its first keys come later
	fault   string
	limited bool      // no file may grow: nothing can be written
	locked  bool      // another process had the journal locked to the end
	killed  time.Time // with SIGKILL
	output  string
}

// testLong starts sessions, types, stops and continues them, takes the disk
// away from the journal, and kills them, at random times. The journal is intact
// after each, and no request is without an outcome after the next start.
func testLong(t *testing.T, p program) {
	long, p := longRun(t, p)
	space := serveSpace(t, sim.Options{Recordings: 12, Churn: 20, Seed: 1})
	seed := uint64(time.Now().UnixNano())
	n := &nights{space: space, p: p, dir: filepath.Join(t.TempDir(), "state"), rng: rand.New(rand.NewPCG(seed, 0)), count: map[string]int{}}
	n.env = space.env("TAPEDECK_STATE_DIR="+n.dir, "GORACE=atexit_sleep_ms=0")
	for end, i := time.Now().Add(long), 1; time.Now().Before(end) && !t.Failed(); i++ {
		t.Run(fmt.Sprint(i), n.session)
	}
	t.Run("last", func(t *testing.T) {
		space.fault()
		s := n.p.start(t, launch{env: n.env})
		s.see("live")
		n.settled(t)
		s.signal(syscall.SIGTERM)
		s.exit(143, patience)
		n.intact(t)
	})
	requests, _ := n.read(t)
	t.Logf("seed %d: %v; %d updates reached the space, %d requests are on record", seed, n.count, len(space.updates()), len(requests))
	t.Logf("the updates: %v", n.trace(t, requests))
}

// trace matches each update that reached the space with a request of the session
// that sent it, and returns how many there were of each kind. One that has no
// request must be of a session that could not write any.
func (n *nights) trace(t *testing.T, requests map[string]journal.Entry) map[string]int {
	t.Helper()
	kinds := map[string]int{}
	posts, came := n.space.history()
	free := map[string][]string{} // IDs, by process and what is asked
	for id, w := range requests {
		key := asks(w.PID, w.Recording.String(), w.StatusAsked)
		free[key] = append(free[key], id)
	}
	used := map[string]bool{}
	for i, post := range posts {
		s := n.past[0]
		for _, next := range n.past {
			if !next.ready.After(came[i]) {
				s = next
			}
		}
		path, form, _ := strings.Cut(post, " ")
		asked, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		key := asks(s.pid, path[strings.LastIndexByte(path, '/')+1:], asked.Get("Status"))
		switch {
		case len(free[key]) > 0:
			free[key] = free[key][1:]
			used[key] = true
			kinds["on record"]++
		case used[key] && strings.HasPrefix(s.fault, "429"):
			kinds["sent again after HTTP 429"]++
		case s.limited && !s.killed.IsZero():
			kinds["not on record: no file may grow, killed"]++
		case s.limited:
			kinds["not on record: no file may grow"]++
			if strings.Contains(s.output, "\x1b[?1049l") && !strings.Contains(s.output, "never written") && !strings.Contains(s.output, "not on record") {
				t.Errorf("session %s does not say that %s is not on record:\n%q", s.name, post, s.output)
			}
		case s.locked:
			kinds["not on record: the journal was locked to the end"]++
		case s.killed.Sub(came[i]) < time.Second && !s.killed.IsZero():
			// The journal waits for 50 ms at most: where the machine, or a lock, held
			// it up for longer, the entry was to follow.
			kinds["not on record: killed within a second"]++
		default:
			t.Errorf("session %s, with %q, killed at %s: %s, at %s, is not on record", s.name, s.fault, s.killed, post, came[i])
		}
	}
	for key, ids := range free {
		if len(ids) > 0 {
			kinds["only on record"] += len(ids)
			pid, _, _ := strings.Cut(key, " ")
			if i := slices.IndexFunc(n.past, func(s *night) bool { return fmt.Sprint(s.pid) == pid }); i < 0 || n.past[i].killed.IsZero() {
				t.Errorf("%s was never sent, and its session was not killed", key)
			}
		}
	}
	return kinds
}

func asks(pid int, recording, status string) string {
	return fmt.Sprint(pid, " ", recording, " ", status)
}

// lock locks the journal as another process would, until it is called again.
func (n *nights) lock(t *testing.T) (unlock func()) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(n.dir, journal.LockName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() { _ = f.Close() }
}

// session is one session.
func (n *nights) session(t *testing.T) {
	faults := []string{"", "", "", "slow=300ms@update", "503@update", "drop@update", "429=1@update", "lie@update"}
	f := faults[n.rng.IntN(len(faults))]
	if f != "" {
		n.space.fault(f)
	} else {
		n.space.fault()
	}
	l := launch{env: n.env, w: 100, h: 30}
	limited := n.rng.IntN(4) == 0
	if limited { // The shell counts in blocks of 512 bytes.
		n.count["file size limits"]++
		l.shell = fmt.Sprintf(`ulimit -f %d; exec "$@"`, n.size()/512+int64(n.rng.IntN(3)))
	}
	s := n.p.start(t, l)
	s.see("REC ")
	night := &night{name: t.Name(), pid: s.cmd.Process.Pid, ready: time.Now(), fault: f, limited: limited}
	n.past = append(n.past, night)
	if !limited {
		n.settled(t)
	}
	for end := time.Now().Add(time.Duration(n.rng.IntN(2500)) * time.Millisecond); time.Now().Before(end) && !t.Failed(); {
		n.act(t, s)
	}
	n.end(t, s, night)
	night.output = s.output()
	n.unbroken(t, night.output)
	n.intact(t)
}

// unbroken checks that a program has not broken down, and that the race detector
// has found nothing. One race is known and counted: Bubble Tea closes its reader
// of a terminal while that is being read, when it is ended by its context
// (charmbracelet/bubbletea#1599). The process ends then anyway.
func (n *nights) unbroken(t *testing.T, output string) {
	t.Helper()
	if strings.Contains(output, "panic: ") {
		t.Errorf("the program has broken down:\n%s", output)
	}
	for _, race := range strings.Split(output, "WARNING: DATA RACE")[1:] {
		if strings.Contains(race, "cancelreader.(*epollCancelReader).Close()") {
			n.count["known races at the end"]++
			continue
		}
		t.Errorf("a data race:\n%s", race)
	}
}

// act does something that a person, or a machine, may do.
func (n *nights) act(t *testing.T, s *terminal) {
	switch n.rng.IntN(9) {
	case 8:
		n.count["journal locked"]++
		defer n.lock(t)()
		s.keys("p")
		time.Sleep(time.Duration(n.rng.IntN(400)) * time.Millisecond)
	case 0:
		n.count["SIGSTOP"]++
		s.signal(syscall.SIGSTOP)
		time.Sleep(time.Duration(n.rng.IntN(400)) * time.Millisecond)
		s.signal(syscall.SIGCONT)
	case 1:
		s.resize(60+n.rng.IntN(100), 15+n.rng.IntN(30))
	case 2:
		if short, _ := selected(s.text()); short != "" {
			s.keys("X")
			guard()
			s.types(short + "\r")
		}
	case 3:
		s.keys("r")
		guard()
		s.keys("y")
	case 4, 5:
		s.keys("p")
	default:
		s.types(string("jkgG"[n.rng.IntN(4)]) + "j")
	}
}

// end ends a session in one of the ways in which sessions end.
func (n *nights) end(t *testing.T, s *terminal, night *night) {
	if night.locked = n.rng.IntN(8) == 0; night.locked {
		n.count["journal locked to the end"]++
		defer n.lock(t)()
	}
	if n.rng.IntN(2) == 0 {
		s.keys("p") // so that something is under way
		n.count["in an update"]++
	}
	switch n.rng.IntN(5) {
	case 0, 1:
		n.count["kill -9"]++
		night.killed = time.Now()
		s.signal(syscall.SIGKILL)
	case 2:
		n.count["SIGHUP"]++
		s.signal(syscall.SIGHUP)
	case 3:
		n.count["terminals closed"]++
		s.check(s.master.Close())
	default:
		n.count["SIGTERM"]++
		s.signal(syscall.SIGTERM)
	}
	select {
	case <-s.ended:
	case <-time.After(updateLimit + soon):
		t.Fatalf("the program has not ended\n%s", s.text())
	}
}

// size returns the size of the journal's file.
func (n *nights) size() int64 {
	st, err := os.Stat(filepath.Join(n.dir, journal.FileName))
	if err != nil {
		return 0
	}
	return st.Size()
}

// intact checks that the journal verifies.
func (n *nights) intact(t *testing.T) {
	t.Helper()
	if out, code := n.p.command(t, clean(t.TempDir(), n.env...), "journal", "verify"); code != 0 {
		t.Errorf("verify: exit code %d\n%s", code, out)
	}
}

// read returns the requests on record and those of them that have no outcome, by
// their ID.
func (n *nights) read(t *testing.T) (requests, open map[string]journal.Entry) {
	t.Helper()
	requests, open = map[string]journal.Entry{}, map[string]journal.Entry{}
	for e, err := range journal.Read(n.dir, journal.Filter{}) {
		switch {
		case err != nil:
			t.Errorf("read the journal: %v", err)
		case e.Event == journal.Request:
			requests[e.ID], open[e.ID] = e, e
		case e.Event == journal.Outcome:
			delete(open, e.ID)
		}
	}
	return requests, open
}

// settled waits until every request has an outcome, which the session that runs
// sees to.
func (n *nights) settled(t *testing.T) {
	t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		_, open := n.read(t)
		if len(open) == 0 || t.Failed() {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("requests without an outcome: %+v", open)
		}
	}
}
