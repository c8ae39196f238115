package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
	"tapedeck/ui/times"
)

// Quit is why a session ended whose user quit it.
const Quit = "quit"

const (
	// namedWithin is how long a question about a pause that was left behind waits
	// for the names on the line.
	namedWithin = 3 * time.Second
	// lateWithin is for how long such a pause may not have been seen yet: the
	// journal has it before the API carries it out, and a poll comes after that.
	lateWithin = 30 * time.Second
	// quietFor is how long no key was pressed before a question about a pause that
	// was left behind while the screen is open: it must not take a key that is on
	// its way to something else.
	quietFor = 3 * time.Second
)

// LeftBehind is a pause whose session has ended.
type LeftBehind struct {
	SID      text.Text
	Actor    string    // who paused, or acknowledged it last
	PausedAt time.Time // zero when it is not known
	Since    time.Time // since when Actor looked after it; zero when it is not known
	EndedAt  time.Time // when the session ended; zero when it is not known
	Why      string    // how the session ended, in a line, or [Quit]; may be empty
	Until    time.Time // when its auto-resume was due; zero for none
}

// same reports whether both are of one pause, left by one session.
func (l LeftBehind) same(o LeftBehind) bool {
	return l.SID == o.SID && l.Actor == o.Actor && l.PausedAt.Equal(o.PausedAt) && l.Since.Equal(o.Since)
}

// offers are the pauses that ended sessions have left behind.
type offers struct {
	list   []offer   // in the order in which they are asked about
	opened bool      // what was left before this session is in it
	by     string    // who left what is asked about
	of     text.Text // which recording that is
}

// offer is a pause that was left behind, and how far it has come.
type offer struct {
	LeftBehind
	found time.Time
	later bool // it was left while this session ran
	seen  bool // it has been seen to be paused
	asked bool // a question about it was opened
	over  bool // it has ended, or is this session's to answer for
}

// openedMsg brings what is wrong with the record of updates when the session
// opens.
type openedMsg struct{ err error }

// leftMsg brings all pauses whose session has ended, whenever they change.
type leftMsg struct{ left []LeftBehind }

func (m *Model) opened(msg openedMsg, now time.Time) {
	if msg.err != nil {
		m.complain(text.New(msg.err.Error()).String(), "updates go out all the same, unless journal_required is set", now)
	}
}

// waitLeft brings the pauses that were left behind once they are others.
func (m *Model) waitLeft() tea.Cmd {
	wait, ctx := m.o.LeftBehind, m.ctx
	if wait == nil {
		return nil
	}
	return func() tea.Msg {
		if left, ok := wait(ctx); ok {
			return leftMsg{left}
		}
		return nil
	}
}

// leftChanged takes the pauses that are left behind by now. What is known of
// those that were among them before stays; a question about one that is no
// longer among them closes.
func (m *Model) leftChanged(msg leftMsg, now time.Time) tea.Cmd {
	var list []offer
	add := func(o offer) {
		if !slices.ContainsFunc(list, func(have offer) bool { return have.same(o.LeftBehind) }) {
			list = append(list, o)
		}
	}
	for _, o := range m.left.list {
		if i := slices.IndexFunc(msg.left, o.same); i >= 0 {
			o.LeftBehind = msg.left[i]
			add(o)
		}
	}
	for _, l := range msg.left {
		add(offer{LeftBehind: l, found: now, later: m.left.opened})
	}
	m.left.list, m.left.opened = list, true
	if m.prompt != nil && m.prompt.Question().Kind == prompt.Behind && !slices.ContainsFunc(list, m.asksAbout) {
		m.closeUnasked(m.prompt.Canceled("another session has answered it"), now)
	}
	m.offerLeft(now)
	return m.waitLeft()
}

func (m *Model) asksAbout(o offer) bool { return o.SID == m.left.of }

// offerLeft asks about the next pause that was left behind, once the recordings
// are known and nothing else is open. Those that are no longer paused are
// passed over, and those that were left only now wait for a quiet moment.
func (m *Model) offerLeft(now time.Time) (opened bool) {
	m.followLeft(now)
	if m.prompt != nil || m.mode != normal || m.small() || m.live.Health.Phase(now) != deck.Live {
		return false
	}
	for i := range m.left.list {
		o := &m.left.list[i]
		r := m.live.Find(o.SID)
		if o.asked || o.over || r == nil || !r.Paused() {
			continue
		}
		if r.Call == nil && r.Conference == nil && now.Sub(o.found) < namedWithin {
			return false // until it is known who is on the line
		}
		if o.later && m.atWork(now) {
			return false
		}
		o.asked = true
		m.openLeft(*o, r, "", now)
		return true
	}
	return false
}

// atWork reports whether somebody has just pressed a key, or awaits the result of
// an update.
func (m *Model) atWork(now time.Time) bool {
	return m.requests.First() != "" || !m.drawn.IsZero() && now.Sub(m.drawn) < quietFor
}

// followLeft notes which of the pauses that were left behind are over, or are
// this session's to answer for.
func (m *Model) followLeft(now time.Time) {
	if len(m.left.list) == 0 || m.live.Health.Phase(now) != deck.Live {
		return
	}
	for i := range m.left.list {
		o := &m.left.list[i]
		r := m.live.Find(o.SID)
		paused := r != nil && r.Paused()
		o.over = o.over || m.requests.Own(o.SID) || !paused && (o.seen || now.Sub(o.found) >= lateWithin)
		o.seen = o.seen || paused
	}
}

// askLeft opens the question about a pause that was left behind again: each time
// about another one, while none has been answered.
func (m *Model) askLeft(now time.Time) tea.Cmd {
	m.followLeft(now)
	for range m.left.list {
		o := m.left.list[0]
		r := m.live.Find(o.SID)
		ask := !o.over && r != nil && r.Paused()
		o.asked = o.asked || ask
		m.left.list = append(m.left.list[1:], o)
		if ask {
			m.openLeft(o, r, "L", now)
			return nil
		}
	}
	m.refuse("no pause was left behind", now)
	return nil
}

// leftCount returns how many pauses were left behind that nobody has taken over
// or resumed yet.
func (m *Model) leftCount() (n int) {
	for _, o := range m.left.list {
		if o.seen && !o.over {
			n++
		}
	}
	return n
}

// openLeft opens the question about a pause that was left behind. It leads the
// eye to its row, unless that would move the selection of somebody at work.
func (m *Model) openLeft(l offer, r *deck.Recording, opener string, now time.Time) {
	short := m.list.ShortSID(r.SID)
	q := prompt.Question{
		Kind: prompt.Behind, Opener: opener, Unasked: opener == "", Request: deck.Request{SID: r.SID, Actor: m.o.Actor}, Short: short,
		Who: m.who(r), Profile: m.place(), State: prompt.State(r), Title: l.words(short, now),
	}
	if why := strings.TrimPrefix(strings.TrimPrefix(l.Why, Quit), "; "); why != "" {
		q.Left = append(q.Left, text.New(why).String())
	}
	if !l.Until.IsZero() && !strings.Contains(l.Why, "auto-resume") {
		done := " was not done"
		if l.Until.After(now) {
			done = " will not be done"
		}
		q.Left = append(q.Left, "its auto-resume at "+times.Minute(l.Until, now)+done)
	}
	m.open(q, now)
	m.left.by, m.left.of = cmp.Or(text.New(l.Actor).String(), "somebody"), r.SID
	if opener != "" || !l.later {
		m.list.Select(r.SID)
	}
}

// words says what happened.
func (l LeftBehind) words(short string, now time.Time) string {
	actor := text.New(l.Actor).String()
	if actor == "" {
		actor = "somebody"
	}
	s := actor + " paused …" + short
	if !l.PausedAt.IsZero() {
		s += " at " + times.Minute(l.PausedAt, now)
	}
	if strings.HasPrefix(l.Why, Quit) {
		s += " and quit"
	} else {
		s += " and lost the session"
	}
	if !l.EndedAt.IsZero() {
		s += " at " + times.Minute(l.EndedAt, now)
	}
	return s + "; still paused"
}

// takeOver does what was answered about a pause that was left behind.
func (m *Model) takeOver(q prompt.Question, a prompt.Answer, now time.Time) tea.Cmd {
	r := m.live.Find(q.Request.SID)
	if r == nil || !r.Paused() {
		m.refuse("…"+q.Short+" is no longer paused", now)
		return nil
	}
	m.list.Select(r.SID)
	if a.Key == "r" {
		i := slices.IndexFunc(m.keys.list, func(a action) bool { return a.update.Status == api.InProgress })
		return m.request(&m.keys.list[i], now)
	}
	d, of, actor, reason := m.deck, r.Key(), m.o.Actor, fmt.Sprintf("taken over from %s", m.left.by)
	m.requests.TakeOver(of.SID) // from now on this session's to answer for
	m.followLeft(now)
	return m.note("took over …"+q.Short+", paused; q asks about it", "take over …"+q.Short, func() error {
		return d.Acknowledge(of, actor, reason, prompt.DefaultWait)
	})
}
