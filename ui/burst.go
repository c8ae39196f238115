package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
)

// Why a key may not be meant as it came.
const (
	inBurst      = "in a burst of keys"
	afterEsc     = "right after an escape"
	afterFocusIn = "right as the window got the focus"
)

const (
	// together is how near three printable keys are that nobody typed.
	together = 30 * time.Millisecond
	// afterEscape is how long a bare escape makes keys doubtful.
	afterEscape = 300 * time.Millisecond
	// afterFocus is how long a key may be one that was meant for another
	// window.
	afterFocus = 150 * time.Millisecond
	// A key that is pressed again within so long of its first press may be held:
	// a keyboard begins to repeat then. From its second press on it is held only
	// while it repeats, so that who presses it again and again gets through.
	heldFirst = 700 * time.Millisecond
	heldNext  = 250 * time.Millisecond
)

// slips is what tells a slip and line noise from a key that is meant.
type slips struct {
	count   int64        // of the next printable key, as [terminal.Reads] counts them
	before  [2]time.Time // of the two printable keys before, the later one first
	escaped time.Time    // the last bare escape
	focused time.Time    // when the focus came back last
	held    held
}

// held is the updating key that was pressed last, while nothing else was.
type held struct {
	key   string
	sid   text.Text // what it sent an update of; empty for nothing
	asked time.Time // when it did
	last  time.Time // of the last press
	count int       // presses, the first one too
}

// doubt says why a key may not be meant as it came: in a burst, right after a
// bare escape, or right after the focus came back. It is empty for a key like
// any other. It is to be asked once for each key, in their order.
func (m *Model) doubt(k tea.KeyPressMsg, now time.Time) string {
	s := &m.slips
	printable, burst, noise := k.Text != "", false, ""
	r := m.o.reads
	if r != nil {
		noise = r.Doubtful(now)
	}
	switch {
	case printable && r != nil:
		for range k.Text {
			var yes bool
			s.count, yes = r.Burst(s.count, now)
			burst = burst || yes
		}
	case r != nil:
		burst = r.Crowded(now)
	case printable:
		burst = !s.before[1].IsZero() && now.Sub(s.before[1]) <= together
		s.before[0], s.before[1] = now, s.before[0]
	}
	recent := func(t time.Time, d time.Duration) bool { return !t.IsZero() && now.Sub(t) < d }
	switch {
	case noise != "":
		return noise
	case burst:
		return inBurst
	case k.Mod.Contains(tea.ModAlt), recent(s.escaped, afterEscape):
		return afterEsc // Alt and a key are an escape and that key, where they come close together
	case recent(s.focused, afterFocus):
		return afterFocusIn
	}
	return ""
}

// pressed takes note of a key that was handled.
func (m *Model) pressed(key string, now time.Time) {
	if key == "esc" {
		m.slips.escaped = now
	}
	if h := &m.slips.held; h.key == key {
		h.last = now
		h.count++
	} else {
		*h = held{}
	}
}

// sends notes that a key has sent an update by itself.
func (m *Model) sends(key string, sid text.Text, now time.Time) {
	m.slips.held = held{key: key, sid: sid, asked: now, last: now}
}

// repeats reports whether a key has sent an update just now, and may be held
// down still. What it has led to stays on the screen then.
func (m *Model) repeats(key string, now time.Time) bool {
	h, within := m.slips.held, heldNext
	if h.count == 1 {
		within = heldFirst
	}
	return h.key == key && !h.sid.IsZero() && now.Sub(h.last) < within
}

// again reports whether a key would send the same again of a recording because
// it is held down, and says so beside what the first one has led to.
func (m *Model) again(key string, r *deck.Recording, cannot, why string, now time.Time) bool {
	h := m.slips.held
	if h.sid != r.SID || !m.repeats(key, now) {
		return false
	}
	p := deck.Progress{Settled: true}
	if l := m.live.Find(r.SID); l != nil && l.Update != nil && !l.Update.Asked.Before(h.asked) {
		p = *l.Update
	}
	for _, u := range m.updates {
		if u.req.SID == r.SID {
			p = u.progress
		}
	}
	switch good := p.Outcome == deck.Accepted || p.Outcome == deck.Verified; {
	case !p.Settled:
		return false // it is under way, which is said elsewhere
	case good && why != "":
		words, _, _ := progressWords(p, m.list.ShortSID(r.SID))
		m.refuse(cannot+why+" ("+words+")", now)
	default:
		m.refuse(key+" is being held down: release it, then press again", now)
	}
	return true
}

// question is what a prompt asks about an update of a recording.
func (m *Model) question(a *action, req deck.Request, r *deck.Recording) prompt.Question {
	return prompt.Question{
		Kind: a.prompt, Opener: a.key.Keys()[0], Request: req, Short: m.list.ShortSID(r.SID),
		Who: m.who(r), Profile: m.place(), State: prompt.State(m.live.Find(r.SID)),
	}
}

// ignored reports whether a key does not count in the open prompt, because of
// how it came, and says so. Esc and ctrl+c always cancel.
func (m *Model) ignored(k tea.KeyPressMsg, now time.Time) bool {
	s := k.String()
	switch {
	case m.ambiguous == "" || s == "esc" || s == "ctrl+c":
		return false
	case s == m.prompt.Question().Opener:
		return false // it does nothing anyway
	case m.prompt.Typing() && k.Text != "":
		return false // a line of text updates nothing before its Enter
	case !m.prompt.Answers(s):
		return false // it cancels, which harms nobody
	}
	words := s + " ignored: it arrived " + m.ambiguous
	if m.prompt.Question().Kind == prompt.Typed && k.Text != "" {
		words = "what arrived " + m.ambiguous + " is ignored: type it again, key by key"
		m.prompt.Clear()
	}
	m.refuse(words, now)
	return true
}
