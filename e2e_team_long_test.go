//go:build linux || darwin

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
)

// shift is a service with three dashboards, in which something is killed again
// and again.
type shift struct {
	*team
	rng     *rand.Rand
	screens []*terminal
	killed  []time.Time // when the service was
	count   map[string]int
}

// testTeamLong has three dashboards work on one service while screens and the
// service are killed, stopped and restarted at random: at the end no update was
// sent that is not on record, none twice, each has its outcome, and the screens
// show the truth. It takes three seconds, or what TAPEDECK_LONG says.
func testTeamLong(t *testing.T, p program) {
	long, p := longRun(t, p)
	if long == 5*time.Second {
		long = 3 * time.Second
	}
	seed := uint64(time.Now().UnixNano())
	space := serveSpace(t, sim.Options{Recordings: 20, Seed: 1})
	s := &shift{team: newTeam(t, p, space, ""), rng: rand.New(rand.NewPCG(seed, 0)), count: map[string]int{}}
	for range 3 {
		s.screens = append(s.screens, s.screen(member{}))
	}
	for _, screen := range s.screens { // one that is starting ends where its service is killed
		screen.see("live")
	}
	for end := time.Now().Add(long); time.Now().Before(end) && !t.Failed(); {
		s.act()
		if s.rng.IntN(6) == 0 {
			s.trouble()
		}
	}
	for _, screen := range s.screens {
		screen.see("live")
	}
	s.truth() // what was typed last has an outcome before it is on every screen
	s.settled()
	t.Logf("seed %d: %v; %d updates have come, %v", seed, s.count, len(space.updates()), s.trace())
	s.truth()
}

// act does something at one of the screens.
func (s *shift) act() {
	screen := s.screens[s.rng.IntN(len(s.screens))]
	switch s.rng.IntN(6) {
	case 0, 1, 2:
		screen.keys("p")
	case 3:
		screen.keys("r")
		guard()
		screen.keys("y")
	default:
		screen.types(string("jkgG"[s.rng.IntN(4)]) + "j")
	}
}

// trouble kills something, or stops it, and starts it anew.
func (s *shift) trouble() {
	switch s.rng.IntN(5) {
	case 0:
		s.count["screens killed"]++
		i := s.rng.IntN(len(s.screens))
		s.screens[i].signal(syscall.SIGKILL)
		<-s.screens[i].ended
		s.screens[i] = s.screen(member{})
		s.screens[i].see("live")
	case 1, 2:
		s.count["service killed"]++
		s.screens[s.rng.IntN(len(s.screens))].keys("p") // so that something is under way
		s.killed = append(s.killed, time.Now())
		s.kill()
		s.start()
	case 3:
		s.count["service restarted"]++
		_ = s.serve.Process.Signal(syscall.SIGTERM)
		<-s.ended
		s.start()
	default:
		s.count["service stopped"]++
		_ = s.serve.Process.Signal(syscall.SIGSTOP)
		time.Sleep(time.Duration(s.rng.IntN(800)) * time.Millisecond)
		_ = s.serve.Process.Signal(syscall.SIGCONT)
	}
}

// settled waits until every request on record has an outcome.
func (s *shift) settled() {
	s.t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		open := map[string]bool{}
		for _, e := range s.entries() {
			switch e.Event {
			case journal.Request:
				open[e.ID] = true
			case journal.Outcome:
				delete(open, e.ID)
			}
		}
		if len(open) == 0 {
			return
		}
		if time.Now().After(limit) {
			s.t.Fatalf("requests without an outcome: %v", open)
		}
	}
}

// trace matches each update that has come with a request on record, and returns
// how many there were of each kind.
func (s *shift) trace() map[string]int {
	s.t.Helper()
	kinds := map[string]int{}
	free := map[string][]time.Time{} // when each was asked for
	for _, e := range s.entries() {
		if e.Event == journal.Request {
			key := e.Recording.String() + " " + e.StatusAsked
			free[key] = append(free[key], e.Time)
		}
	}
	for _, u := range s.space.Updates() {
		key := u.SID + " " + u.Status
		i := slices.IndexFunc(free[key], func(at time.Time) bool { return !at.After(u.Time.Add(time.Second)) })
		switch {
		case i >= 0:
			free[key] = slices.Delete(free[key], i, i+1)
			kinds["on record"]++
		case slices.ContainsFunc(s.killed, func(at time.Time) bool { return at.Sub(u.Time).Abs() < time.Second }):
			kinds["not on record: killed within a second"]++ // the entry was late, and was to follow
		default:
			s.t.Errorf("%s, at %s, is not on record, or was sent twice", key, u.Time)
		}
	}
	for _, list := range free {
		kinds["only on record"] += len(list) // refused, or killed before it was sent
	}
	return kinds
}

// truth waits until every screen shows how many recordings are paused, and run,
// at the space at that moment: what was typed last may still be under way.
func (s *shift) truth() {
	s.t.Helper()
	for _, screen := range s.screens {
		screen.keys("\x1b")
		screen.wait("show what the space has", func(text string) bool {
			count := map[string]int{}
			for _, r := range s.space.Recordings() {
				count[r.Status]++
			}
			return strings.Contains(text, fmt.Sprintf("REC %d ", count["in-progress"])) && strings.Contains(text, fmt.Sprintf("PAUSED %d", count["paused"]))
		})
	}
}
