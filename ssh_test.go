//go:build linux

package main

import (
	"testing"
	"time"
)

// TestSSHSessions: at rest a session over SSH holds nine goroutines at most, its
// terminal's, its connection's and all; and one that is cut off with keys that
// nobody has read leaves none.
func TestSSHSessions(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a service and clients")
	}
	const sessions, each, others = 20, 9, 6 // of the service's own, connections to the API come and go
	s := newSSHBench(t, false)
	s.serve("ours")
	s.connect(1)
	before := s.state().Goroutines
	s.connect(sessions)
	s.within("%d goroutines of %d sessions", func() (n int, ok bool) {
		n = s.state().Goroutines - before
		return n, n <= sessions*each+others
	}, sessions)
	s.do(loadOrder{Do: "drop"})
	s.within("%d goroutines are left of %d sessions", func() (n int, ok bool) {
		n = s.state().Goroutines - before + each
		return n, n <= others
	}, sessions+1)
}

// within waits until something is so, and fails with what it is where that takes
// too long.
func (s *sshBench) within(words string, ok func() (n int, ok bool), of int) {
	s.b.Helper()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		n, is := ok()
		if is {
			return
		}
		if time.Now().After(limit) {
			s.b.Errorf(words, n, of)
			return
		}
	}
}
