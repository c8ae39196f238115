package ui

import (
	"fmt"
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/status"
	"tapedeck/ui/theme"
)

// say puts a message in the status line.
func (m *Model) say(s string, now time.Time) { m.status.Say(s, m.named(s), now) }

// refuse says why a key does nothing now.
func (m *Model) refuse(s string, now time.Time) { m.status.Refuse(s, m.named(s), now) }

// complain puts a message in the status line that must not be overlooked, with
// the next step.
func (m *Model) complain(s, hint string, now time.Time) {
	m.status.Complain(status.Said{Words: s}, hint, now)
}

// named returns the selected recording where a message names it; else the zero
// text.
func (m *Model) named(s string) text.Text {
	if r, ok := m.selected(); ok && strings.Contains(s, "…"+m.list.ShortSID(r.SID)) {
		return r.SID
	}
	return text.Text{}
}

// outdated takes back what was said of a pause or resume that is over, and of an
// update that proved to be done after all.
func (m *Model) outdated(s *deck.Snapshot, now time.Time) {
	for _, said := range m.status.Requests() {
		r := s.Find(said.Request.SID)
		if r != nil && r.Update != nil && r.Update.Request == said.Request && r.Update.Outcome == deck.Verified {
			m.status.Withdraw(said.Words)
			words, _, _ := progressWords(*r.Update, said.Short)
			m.say(words, now)
			m.status.Done(said.Request)
		}
	}
	m.status.Follow(s)
}

// underWayWords says what this session has under way, for the right end of the
// status line; empty when there is nothing, or when the message says so.
func (m *Model) underWayWords() line.Span {
	n, unknown := 0, 0
	var last update
	for _, u := range m.updates {
		if u.progress.Settled {
			continue
		}
		n, last = n+1, u
		if u.progress.Outcome == deck.Unknown {
			unknown++
		}
	}
	role := theme.Plain
	if unknown > 0 {
		role = theme.Bad
	}
	switch {
	case n == 0:
		return line.Span{}
	case n == 1:
		if said, _, _ := progressWords(last.progress, last.short); m.status.Says(said) {
			return line.Span{}
		}
		return line.Of(role, doing(last.req)+" …"+last.short+": "+string(last.progress.Outcome))
	case unknown > 0:
		return line.Of(role, fmt.Sprintf("%d updates under way, %d unknown", n, unknown))
	}
	return line.Of(role, fmt.Sprintf("%d updates under way", n))
}

// statusLines are the line above the hints, and more of them for what does not
// fit into it.
func (m *Model) statusLines(w int) []string {
	return m.status.View(w, status.Around{
		Trouble: m.troubleWords(), Idle: status.Health(m.live, m.now), Busy: m.underWayWords(), More: m.moreLines(),
	})
}

// moreLines is how many lines a message may have below its first one: a low
// screen needs its rows for the list.
func (m *Model) moreLines() int {
	if m.h >= 20 {
		return 2
	}
	return 1
}
