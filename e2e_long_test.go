//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
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
	if out, err := exec.Command("go", "build", "-race", "-o", p.path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
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
}

// testLong starts sessions, types, stops and continues them, takes the disk
// away from the journal, and kills them, at random times. The journal is intact
// after each, and no wish is without an outcome after the next start.
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
	wishes, _ := n.read(t)
	t.Logf("seed %d: %v; %d updates reached the space, %d wishes are on record", seed, n.count, len(space.updates()), len(wishes))
}

// session is one session.
func (n *nights) session(t *testing.T) {
	faults := []string{"", "", "", "slow=300ms@update", "503@update", "drop@update", "429=1@update", "lie@update"}
	if f := faults[n.rng.IntN(len(faults))]; f != "" {
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
	if !limited {
		n.settled(t)
	}
	for end := time.Now().Add(time.Duration(n.rng.IntN(2500)) * time.Millisecond); time.Now().Before(end) && !t.Failed(); {
		n.act(s)
	}
	n.end(t, s)
	n.unbroken(t, s.output())
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
func (n *nights) act(s *terminal) {
	switch n.rng.IntN(8) {
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
func (n *nights) end(t *testing.T, s *terminal) {
	if n.rng.IntN(2) == 0 {
		s.keys("p") // so that something is under way
		n.count["in an update"]++
	}
	switch n.rng.IntN(5) {
	case 0, 1:
		n.count["kill -9"]++
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

// read returns the wishes on record and those of them that have no outcome, by
// their ID.
func (n *nights) read(t *testing.T) (wishes, open map[string]journal.Entry) {
	t.Helper()
	wishes, open = map[string]journal.Entry{}, map[string]journal.Entry{}
	for e, err := range journal.Read(n.dir, journal.Filter{}) {
		switch {
		case err != nil:
			t.Errorf("read the journal: %v", err)
		case e.Event == journal.Wish:
			wishes[e.ID], open[e.ID] = e, e
		case e.Event == journal.Outcome:
			delete(open, e.ID)
		}
	}
	return wishes, open
}

// settled waits until every wish has an outcome, which the session that runs
// sees to.
func (n *nights) settled(t *testing.T) {
	t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		_, open := n.read(t)
		if len(open) == 0 || t.Failed() {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("wishes without an outcome: %+v", open)
		}
	}
}
