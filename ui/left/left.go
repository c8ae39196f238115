// Package left is the pauses that sessions left behind which have ended, and the
// words for them: each is asked about once by itself, and again on demand, until
// it is over or somebody answers for it.
//
// [Model.Next] and [Model.Again] return what is to be asked. Nothing here knows
// the screen, and nothing is done about a pause.
package left

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
)

const (
	// namedWithin is how long a question waits for the names on the line.
	namedWithin = 3 * time.Second
	// lateWithin is for how long a pause may not have been seen yet: the journal
	// has it before the API carries it out, and a poll comes after that.
	lateWithin = 30 * time.Second
	// quietFor is how long no key was pressed before a question about a pause that
	// was left while the screen is open: it must not take a key that is on its way
	// to something else.
	quietFor = 3 * time.Second
)

// Pause is a pause whose session has ended.
type Pause struct {
	Profile  string // whose recording; empty where that is clear
	SID      text.Text
	Actor    string    // who paused, or acknowledged it last
	PausedAt time.Time // zero when it is not known
	Since    time.Time // since when Actor looked after it; zero when it is not known
	EndedAt  time.Time // when the session ended; zero when it is not known
	Why      string    // how the session ended, in a line, or [Quit]; may be empty
	Until    time.Time // when its auto-resume was due; zero for none
}

// same reports whether both are of one pause, left by one session.
func (p Pause) same(o Pause) bool {
	return p.SID == o.SID && p.Profile == o.Profile && p.Actor == o.Actor && p.PausedAt.Equal(o.PausedAt) && p.Since.Equal(o.Since)
}

// Wait waits until the pauses whose session has ended are others than it returned
// last, and returns all of them; ok is false when no more are to come.
type Wait func(ctx context.Context) (all []Pause, ok bool)

// ChangedMsg brings all pauses whose session has ended, whenever they change.
type ChangedMsg struct{ All []Pause }

// Model is the pauses that were left behind, as one session knows them.
type Model struct {
	ctx    context.Context
	wait   Wait
	list   []offer // in the order in which they are asked about
	opened bool    // what was left before this session is in it
	asked  Pause   // what was asked about last
}

// offer is a pause that was left behind, and how far it has come.
type offer struct {
	Pause
	found time.Time
	later bool // it was left while this session ran
	seen  bool // it has been seen to be paused
	asked bool // a question about it was opened
	over  bool // it has ended, or is this session's to answer for
}

// New returns the pauses of a session that lasts until ctx ends; wait is nil where
// nothing is ever left behind.
func New(ctx context.Context, wait Wait) Model { return Model{ctx: ctx, wait: wait} }

// Wait brings a [ChangedMsg] once the pauses that were left behind are others;
// nil where nothing is ever left behind.
func (m *Model) Wait() tea.Cmd {
	wait, ctx := m.wait, m.ctx
	if wait == nil {
		return nil
	}
	return func() tea.Msg {
		if all, ok := wait(ctx); ok {
			return ChangedMsg{all}
		}
		return nil
	}
}

// Take takes the pauses that are left behind by now. What is known of those that
// were among them before stays.
func (m *Model) Take(msg ChangedMsg, now time.Time) {
	var list []offer
	add := func(o offer) {
		if !slices.ContainsFunc(list, func(have offer) bool { return have.same(o.Pause) }) {
			list = append(list, o)
		}
	}
	for _, o := range m.list {
		if i := slices.IndexFunc(msg.All, o.same); i >= 0 {
			o.Pause = msg.All[i]
			add(o)
		}
	}
	for _, p := range msg.All {
		add(offer{Pause: p, found: now, later: m.opened})
	}
	m.list, m.opened = list, true
}

// Around is what a session knows when it looks at them.
type Around struct {
	Live *deck.Snapshot // the latest
	Now  time.Time
	Own  func(of deck.Key) bool // whether a pause is this session's to answer for
	Key  time.Time              // when a key was pressed last; zero for never
	Busy bool                   // the session awaits the result of an update
	Full bool                   // there is no place for a question now
}

// atWork reports whether somebody has just pressed a key, or awaits a result.
func (a Around) atWork() bool {
	return a.Busy || !a.Key.IsZero() && a.Now.Sub(a.Key) < quietFor
}

// current reports whether what the snapshot says of a pause holds now.
func (a Around) current(p Pause) bool {
	return a.Live.Of(&deck.Recording{Profile: p.Profile}).Health.Phase(a.Now) == deck.Live
}

// find returns the recording of a pause; nil where the snapshot has none.
func (a Around) find(p Pause) *deck.Recording {
	if p.Profile == "" {
		return a.Live.Find(p.SID)
	}
	return a.Live.Lookup(deck.Key{Profile: p.Profile, SID: p.SID})
}

// own reports whether a pause is this session's to answer for.
func (a Around) own(p Pause, r *deck.Recording) bool {
	if r != nil {
		return a.Own(r.Key())
	}
	return a.Own(deck.Key{Profile: p.Profile, SID: p.SID})
}

// Ask is a question about a pause that was left behind.
type Ask struct {
	Pause
	Recording *deck.Recording
	Leads     bool // the selection goes to it: it is nobody's who is at work
}

// Next returns the pause that is to be asked about now, once: when the recordings
// are known and there is a place for it. Those that are no longer paused are
// passed over, and those that were left only now wait for a quiet moment.
func (m *Model) Next(a Around) (ask Ask, ok bool) {
	m.Follow(a)
	if a.Full {
		return Ask{}, false
	}
	for i := range m.list {
		o := &m.list[i]
		r := a.find(o.Pause)
		if o.asked || !a.current(o.Pause) || o.over || r == nil || !r.Paused() {
			continue
		}
		if r.Call == nil && r.Conference == nil && a.Now.Sub(o.found) < namedWithin {
			return Ask{}, false // until it is known who is on the line
		}
		if o.later && a.atWork() {
			return Ask{}, false
		}
		return m.ask(o, r, !o.later), true
	}
	return Ask{}, false
}

// Again returns the pause that is to be asked about on demand: each time another
// one, while none has been answered; ok is false where none is left behind.
func (m *Model) Again(a Around) (ask Ask, ok bool) {
	m.Follow(a)
	for range m.list {
		o := m.list[0]
		m.list = append(m.list[1:], o)
		if r := a.find(o.Pause); !o.over && r != nil && r.Paused() {
			return m.ask(&m.list[len(m.list)-1], r, true), true
		}
	}
	return Ask{}, false
}

func (m *Model) ask(o *offer, r *deck.Recording, leads bool) Ask {
	o.asked, m.asked = true, o.Pause
	return Ask{o.Pause, r, leads}
}

// Follow notes which of them are over, or are this session's to answer for.
func (m *Model) Follow(a Around) {
	for i := range m.list {
		o := &m.list[i]
		if !a.current(o.Pause) {
			continue
		}
		r := a.find(o.Pause)
		paused := r != nil && r.Paused()
		o.over = o.over || a.own(o.Pause, r) || !paused && (o.seen || a.Now.Sub(o.found) >= lateWithin)
		o.seen = o.seen || paused
	}
}

// Holds reports whether what was asked about last is still left behind: another
// session may have answered it.
func (m *Model) Holds() bool {
	return slices.ContainsFunc(m.list, func(o offer) bool { return o.SID == m.asked.SID && o.Profile == m.asked.Profile })
}

// Count returns how many were left behind that nobody has taken over or resumed
// yet.
func (m *Model) Count() (n int) {
	for _, o := range m.list {
		if o.seen && !o.over {
			n++
		}
	}
	return n
}
