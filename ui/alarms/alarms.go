// Package alarms is what alarms on the screen of a session, and its words: the
// recordings that were to be paused and are not, the pauses that last too long, and
// the calls that have been without a recording for too long. They are those of the latest snapshot, also while the display is frozen.
package alarms

import (
	"slices"
	"time"

	"tapedeck/api/deck"
)

// bellEvery is how often the bell rings at most.
const bellEvery = time.Minute

// Model is what is known of them.
type Model struct {
	live     *deck.Snapshot
	troubled []*deck.Recording  // all with a trouble that stands, the newest recording first
	paused   []*deck.Recording  // all that are paused
	standing int                // how many of them alarm
	lacking  []*deck.Unrecorded // calls without a recording, where those may alarm
	alarmed  []*deck.Unrecorded // those of them that alarm
	longest  *deck.Recording    // the one of those that is paused for longest; nil for none
	lastBell time.Time          // when the bell rang; zero for never
	looked   time.Time          // when they were last looked at; zero for never
	next     time.Time          // when the next of them changes by itself; zero for never
}

// Watch takes the next snapshot. It keeps the paused recordings, so that a tick
// looks at those only.
func (m *Model) Watch(s *deck.Snapshot) {
	m.live, m.looked, m.troubled, m.lacking = s, time.Time{}, troubled(s), nil
	if s.UnrecordedWanted() {
		m.lacking = s.Unrecorded
	}
	if s.Paused == 0 {
		m.paused = nil
		return
	}
	m.paused = make([]*deck.Recording, 0, s.Paused)
	for _, r := range s.Recordings {
		if r.Paused() {
			m.paused = append(m.paused, r)
		}
	}
}

// troubled returns the recordings of a snapshot whose trouble stands.
func troubled(s *deck.Snapshot) (out []*deck.Recording) {
	if s.NotPaused+s.ResumedByOthers == 0 {
		return nil
	}
	for _, r := range s.Recordings {
		if r.Active() && r.Trouble.Standing() {
			out = append(out, r)
		}
	}
	return out
}

// Due reports whether anything may have changed since the last look: most ticks
// need none, however many are paused. A call without a recording alarms as long as
// that is sure, which may be over at any time.
func (m *Model) Due(now time.Time) bool {
	return m.live != nil && (m.looked.IsZero() || now.Before(m.looked) || !m.next.IsZero() && !now.Before(m.next) || len(m.alarmed) > 0)
}

// Look finds out which of the paused alarm at the time now, and reports whether
// that has changed.
func (m *Model) Look(now time.Time) (changed bool) {
	standing, longest := m.standing, m.longest
	m.standing, m.longest, m.looked, m.next = 0, nil, now, time.Time{}
	for _, r := range m.paused {
		if t := m.live.LevelChanges(r, now); !t.IsZero() && (m.next.IsZero() || t.Before(m.next)) {
			m.next = t
		}
		if m.live.Level(r, now) != deck.Alarm {
			continue
		}
		m.standing++
		if m.longest == nil || r.Pause.Since.Before(m.longest.Pause.Since) {
			m.longest = r
		}
	}
	return m.lookLacking(now) || m.standing != standing || m.longest != longest
}

// lookLacking finds out which calls without a recording alarm at the time now, and
// reports whether that has changed.
func (m *Model) lookLacking(now time.Time) (changed bool) {
	before := m.alarmed
	m.alarmed = nil
	for _, u := range m.lacking {
		if t := m.live.UnrecordedLevelChanges(u, now); !t.IsZero() && (m.next.IsZero() || t.Before(m.next)) {
			m.next = t
		}
		if m.live.UnrecordedLevel(u, now) == deck.Alarm {
			m.alarmed = append(m.alarmed, u)
		}
	}
	return !slices.Equal(before, m.alarmed)
}

// Rings reports whether the bell is to ring: while anything alarms, once a
// minute, however often alarms come and go.
func (m *Model) Rings(now time.Time) bool {
	quiet := !m.lastBell.IsZero() && now.Sub(m.lastBell) < bellEvery && !now.Before(m.lastBell)
	if m.standing+len(m.troubled)+len(m.alarmed) == 0 || quiet {
		return false
	}
	m.lastBell = now
	return true
}

// Pauses returns how many pauses alarm.
func (m Model) Pauses() int { return m.standing }

// Unrecorded returns how many calls without a recording alarm.
func (m Model) Unrecorded() int { return len(m.alarmed) }

// Troubles returns how many recordings have a trouble of a kind that stands.
func (m Model) Troubles(kind deck.TroubleKind) int { return len(m.of(kind)) }

// Troubled reports whether a trouble of the recording stands now.
func (m Model) Troubled(of deck.Key) bool {
	for _, t := range m.troubled {
		if t.Key() == of {
			return true
		}
	}
	return false
}

// of returns the recordings whose trouble is of a kind.
func (m Model) of(kind deck.TroubleKind) (out []*deck.Recording) {
	for _, r := range m.troubled {
		if r.Trouble.Kind == kind {
			out = append(out, r)
		}
	}
	return out
}
