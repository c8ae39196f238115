//go:build unix

package main

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// filterSpace is a space with two calls with one number, and a conference.
func filterSpace(t *testing.T) *space {
	s := serveSpace(t, sim.Options{})
	for _, m := range []int{10, 20} {
		s.Begin(sim.Begin{SID: sidOf(m), StartedAgo: time.Duration(m) * time.Minute, From: "+13105550142"})
	}
	s.Begin(sim.Begin{SID: sidOf(30), StartedAgo: 30 * time.Minute, Conference: true, FriendlyName: "Billing escalation"})
	s.Begin(sim.Begin{SID: sidOf(40), StartedAgo: 40 * time.Minute, From: "+12125550144", Status: "paused"})
	return s
}

// testFilter: words, fields, no match, Enter keeps, Esc clears.
func testFilter(t *testing.T, p program) {
	space := filterSpace(t)
	s := p.start(t, launch{env: space.env(), w: 80, h: 24})
	s.see("REC 3", "PAUSED 1", "Billing escalation", "live")
	s.keys("/")
	s.see("Enter keep", "4 of 4")
	s.keys("billing")
	s.see("/ billing", "1 of 4")
	s.gone("…a014", "a00a\n")
	s.keys("\r")
	s.see("/ billing", "1 of 4", "p pause·silence")
	s.keys("\x1b")
	s.gone("/ billing", "1 of 4")
	s.see("a00a", "a014", "a01e", "a028")

	s.keys("/status:paused\r")
	s.see("1 of 4")
	s.keys("g")
	s.selects(sidOf(40), "PAUSED")
	s.keys("/") // what was kept can be changed
	s.see("/ status:paused", "Enter keep")
	s.keys("\x15!5550142 age>25m\r")
	s.see("2 of 4", "Billing")
	s.keys("/\x15nobody\r")
	s.see("/ nobody", "0 of 4")
	s.keys("\x1b")
	s.gone("nobody")
	s.keys("/pXry\r") // letters of a filter do nothing else
	s.see("/ pXry")
	s.keys("\x03")
	s.keys("\x1b")
	s.gone("/ pXry")
	s.barrier()
	space.wantUpdates()
}

// testResize: selection, filter and prompt are the same in every size.
func testResize(t *testing.T, p program) {
	space := filterSpace(t)
	s := p.start(t, launch{env: space.env()})
	s.see("REC 3", "live")
	s.keys("/5550142\r")
	s.see("2 of 4")
	s.keys("G")
	s.selects(sidOf(20), "REC")
	s.keys("X")
	s.see("Stop …a014: this cannot be undone")
	s.types("a0")
	s.see("then Enter: a0")

	sizes := []struct{ w, h int }{{80, 24}, {60, 15}, {120, 40}, {250, 60}, {60, 15}}
	for _, z := range sizes {
		s.resize(z.w, z.h)
		s.straight(z.h, "Stop …a014: this cannot be undone", "then Enter: a0", "a00a", "tapedeck")
	}
	s.resize(50, 10)
	s.see("the question needs 60x15; Esc")
	s.types("14")
	s.see("not answered: that needs 60x15")
	guard()
	s.keys("\r")
	s.barrierPaste("pasted text answers nothing")
	s.resize(120, 40)
	s.straight(40, "Stop …a014: this cannot be undone", "then Enter: a0", "a00a", "tapedeck")
	space.wantUpdates()
	s.types("14\r")
	s.see("stopped …a014: verified", "/ 5550142", "2 of 4")
	for _, z := range sizes {
		s.resize(z.w, z.h)
		s.see("/ 5550142", "2 of 4", "a00a")
		s.selects(sidOf(20), "")
	}
	s.selects(sidOf(20), "")
	space.wantUpdates("Calls/" + space.find(sidOf(20)).CallSID + "/Recordings/" + sidOf(20) + " Status=stopped")
}

// straight waits until the screen has these words, and its frame is right for
// the size: the hints in the last line, one header, one pointer at most.
func (s *terminal) straight(h int, words ...string) {
	s.t.Helper()
	s.see(words...)
	s.wait("see the hints in the last line, and nothing twice", func(screen string) bool {
		lines := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
		return len(lines) == h && strings.Contains(lines[h-1], "Enter stop") &&
			!strings.Contains(screen, "Billing") && // It does not match the filter.
			strings.Count(screen, "STATUS") == 1 && strings.Count(screen, "▌") <= 1 && strings.Count(screen, "Stop …") == 1
	})
}

// testTooSmall: below 60x15 only p updates anything, below 30x3 nothing does, and
// nothing is forgotten.
func testTooSmall(t *testing.T, p program) {
	space := filterSpace(t)
	s := p.start(t, launch{env: space.env(), w: 50, h: 10})
	s.see("PAUSED 1", "60x15 shows the", "live")
	for _, z := range []struct{ w, h int }{{50, 10}, {59, 40}, {120, 14}} {
		s.resize(z.w, z.h)
		s.see("60x15")
		s.keys("P2ryXa028\r")
		s.see("needs 60x15")
		s.barrierPaste("pasted text does nothing here")
	}
	s.resize(29, 10)
	s.see("tapedeck needs 30x3")
	s.keys("pP2ryXa028\r")
	s.see("no key but q works")
	s.barrierPaste("pasted text does") // else the last keys may be taken on the next screen
	s.resize(60, 15)
	s.see("STATUS", "p pause·silence")
	s.selects(sidOf(40), "PAUSED")
	s.barrier()
	space.wantUpdates()

	s.keys("j")
	s.selects(sidOf(10), "REC")
	s.resize(1, 1)
	s.resize(20, 3)
	s.see("tapedeck needs")
	s.resize(80, 24)
	s.selects(sidOf(10), "REC")
	s.resize(30, 3)
	s.see("PAUSED 1", "REC …a00a", "live")
	s.keys("q")
	s.exit(0, patience)
	s.restored()
}
