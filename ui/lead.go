package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/text"
)

const (
	// leadFor is how long after a change that no move key has made an updating
	// key asks: an eye needs as long to see what has become selected.
	leadFor = 300 * time.Millisecond
	// drawnAfter is how long after its frame was composed a move may not have
	// been drawn yet, at that many frames a second.
	drawnAfter = 20 * time.Millisecond
)

// Why an updating key asks, after "Asked because".
const (
	becauseSelected = "the selection had just moved to it"
	becauseMoved    = "its row had just moved on the screen"
	becauseUndrawn  = "the screen had not shown the selection yet"
	becauseUnlocked = "tapedeck was read-only until just now"
)

// spot is what an updating key would act on, and where the eye finds it.
type spot struct {
	sid      text.Text // the selected recording; zero for none
	line     int       // the line of its row on the screen; -1 where it is not on it
	readOnly bool
}

// lead is what has led the eye lately: the selection, or the line of its row,
// changed in a way that the user may not have seen yet.
type lead struct {
	at      time.Time // the last change that no move key has made
	because string    // what it was
	moved   time.Time // the last change by a move key
}

// spot returns what an updating key would act on now.
func (m *Model) spot() spot {
	s := spot{line: -1, readOnly: m.readOnly()}
	r, ok := m.selected()
	if !ok {
		return s
	}
	s.sid = r.SID
	if a := m.arrange(); m.mode != helping && a.pane != paneFull && !m.small() {
		s.line = a.header + m.list.Line()
	}
	return s
}

// readOnly reports whether updates are refused.
func (m *Model) readOnly() bool { return m.o.ReadOnly || m.live.ReadOnly }

// watchSpot takes note when a message has changed what an updating key acts
// on. It is the one place that knows what the eye was led to. Rows that a
// snapshot or a tick moves lead to nothing new: the recording is the same, and
// the user has changed nothing.
func (m *Model) watchSpot(msg tea.Msg, before spot) {
	after, byUser, moved := m.spot(), false, false
	switch msg.(type) {
	case tea.KeyPressMsg:
		byUser, moved = true, m.moved
	case tea.PasteMsg, tea.WindowSizeMsg:
		byUser = true
	}
	l, now := &m.lead, time.Now()
	note := func(because string) { l.at, l.because = now, because }
	switch {
	case moved:
		if before != after {
			l.moved = now
		}
	case after.sid != before.sid:
		note(becauseSelected)
	case byUser && after.line != before.line:
		note(becauseMoved)
	}
	if before.readOnly && !after.readOnly {
		note(becauseUnlocked)
	}
}

// leadWhy says why the user may not have seen yet what an updating key acts on;
// empty when it was seen.
func (m *Model) leadWhy(now time.Time) string {
	l := &m.lead
	within := func(t time.Time, d time.Duration) bool { return !t.IsZero() && now.Sub(t) >= 0 && now.Sub(t) < d }
	switch {
	case within(l.at, leadFor):
		return l.because
	case m.late, within(l.moved, drawnAfter):
		return becauseUndrawn
	}
	return ""
}

// askWhy says why an updating key asks first, as a sentence; empty for one that
// acts at once.
func (m *Model) askWhy(key string, now time.Time) string {
	if m.ambiguous != "" {
		return "Asked because " + key + " arrived " + m.ambiguous + "."
	}
	if why := m.leadWhy(now); why != "" {
		return "Asked because " + why + "."
	}
	return ""
}
