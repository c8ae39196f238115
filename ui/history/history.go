// Package history is the view of the last actions of everybody: those of the
// journal, and those of this deck where there is none.
package history

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"time"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// kept is how many actions the history shows.
const kept = 20

// Action is something that somebody did, as the history shows it.
type Action struct {
	Time      time.Time // local time when it was asked for
	Actor     string    // who asked for it
	Profile   string    // whose recording; empty where there is one profile
	Recording text.Text // its SID
	// What is pause, resume or stop; acknowledge; auto-resume; seen, for what
	// others did without tapedeck; or alarm, of a call without a recording.
	What     string
	Behavior string    // silence or skip, of a pause
	Outcome  string    // of an update; empty while none is on record
	Reason   string    // why it failed, or the reason of an acknowledgement
	Given    string    // why the person asked for an update; empty where none was asked
	Until    time.Time // of an acknowledgement or an auto-resume; zero for none
	ByTimer  bool      // an auto-resume that the actor had asked for did it
}

// Options say where actions are read, and whose session it is.
type Options struct {
	// Read returns the last n actions of everybody, the newest first, by the
	// journal; nil for no journal. It runs beside the event loop.
	Read  func(n int) ([]Action, error)
	Actor string // who "you" is
	Demo  bool   // the space is simulated
}

// Model is the history.
type Model struct {
	th      theme.Theme
	o       Options
	view    viewport.Model
	w, h    int
	reading bool     // the journal is being read
	read    bool     // it has been
	list    []Action // what it said, the newest first
	err     error    // why it could not be read

	gone map[string]uint64       // by profile the highest ID of an update that is in own no more
	own  []ownAction             // of this deck, for where there is no journal; the oldest first
	acks map[deck.Key]deck.Ack   // the last that was noted of each pause
	auto map[deck.Key]deck.Timer // the same of auto-resumes
}

// Key names the recording.
func (a Action) Key() deck.Key { return deck.Key{Profile: a.Profile, SID: a.Recording} }

// ownAction is an action of this deck, with the ID of its update; 0 for none.
type ownAction struct {
	Action
	id uint64
}

// ReadMsg brings the last actions of everybody.
type ReadMsg struct {
	list []Action
	err  error
}

// New returns a history that has read nothing yet.
func New(t theme.Theme, o Options) Model { return Model{th: t, o: o, view: viewport.New()} }

// SetTheme sets how the history looks.
func (m *Model) SetTheme(t theme.Theme) { m.th = t }

// Open shows the history from its beginning, and has the journal read.
func (m *Model) Open() tea.Cmd {
	m.view = viewport.New()
	m.view.KeyMap.Left.SetEnabled(false)
	m.view.KeyMap.Right.SetEnabled(false)
	return m.Read()
}

// Read has the journal read beside the event loop, unless it is being read.
func (m *Model) Read() tea.Cmd {
	read := m.o.Read
	if read == nil || m.reading {
		return nil
	}
	m.reading = true
	return func() tea.Msg {
		list, err := read(kept)
		return ReadMsg{list, err}
	}
}

// Take takes what the journal said. What it said before stays where it could not
// be read.
func (m *Model) Take(msg ReadMsg) {
	m.reading, m.read, m.err = false, true, msg.err
	if msg.err == nil || len(msg.list) > 0 {
		m.list = msg.list
	}
}

// Closes reports whether a key closes the history.
func Closes(key string) bool { return slices.Contains([]string{"esc", "h", "enter"}, key) }

// Update takes a key that scrolls.
func (m Model) Update(k tea.KeyPressMsg) (Model, tea.Cmd) {
	var cmd tea.Cmd
	switch k.String() {
	case "home", "g":
		m.view.GotoTop()
	case "end", "G":
		m.view.GotoBottom()
	default:
		m.view, cmd = m.view.Update(k)
	}
	return m, cmd
}

// Follow notes what a snapshot shows of this deck's own actions.
func (m *Model) Follow(s *deck.Snapshot, now time.Time) {
	acks, auto := map[deck.Key]deck.Ack{}, map[deck.Key]deck.Timer{}
	for _, r := range s.Recordings {
		if p := r.Update; p != nil {
			m.note(ownAction{id: p.ID, Action: Action{
				Time: p.Asked, Actor: p.Request.Actor.Name(), Profile: r.Profile, Recording: r.SID, What: p.Request.Verb(),
				Behavior: string(p.Request.Update.PauseBehavior), Outcome: string(p.Outcome), Reason: p.Note, Given: p.Request.Reason, ByTimer: p.Request.ByTimer,
			}}, p.Err)
		}
		if a := r.Ack; a != (deck.Ack{}) {
			if acks[r.Key()] = a; m.acks[r.Key()] != a {
				m.Note(Action{Time: now, Actor: a.Actor, Profile: r.Profile, Recording: r.SID, What: "acknowledge",
					Reason: a.Reason, Until: a.Until.Add(-s.Of(r).Offset)})
			}
		}
		if t := r.Timer; !t.IsZero() {
			if auto[r.Key()] = t; m.auto[r.Key()] != t {
				m.Note(Action{Time: now, Actor: t.Actor, Profile: r.Profile, Recording: r.SID, What: "auto-resume",
					Reason: t.Err, Until: t.At})
			}
		}
	}
	m.acks, m.auto = acks, auto
}

// Note keeps an action of this deck that no snapshot shows.
func (m *Model) Note(a Action) { m.note(ownAction{Action: a}, nil) }

// note keeps an action, in the place of what was known of the same update.
func (m *Model) note(a ownAction, err error) {
	if err != nil {
		a.Reason = api.Reason(err)
	}
	if a.id != 0 {
		for i := len(m.own) - 1; i >= 0; i-- {
			if m.own[i].id == a.id && m.own[i].Profile == a.Profile {
				m.own[i] = a
				return
			}
		}
		if a.id <= m.gone[a.Profile] {
			return
		}
	}
	m.own = append(m.own, a)
	if len(m.own) > kept {
		gone := maps.Clone(m.gone)
		if gone == nil {
			gone = map[string]uint64{}
		}
		gone[m.own[0].Profile] = max(gone[m.own[0].Profile], m.own[0].id)
		m.gone = gone
		m.own = append(m.own[:0:0], m.own[1:]...)
	}
}

// Own returns the actions of this deck, the newest first.
func (m Model) Own() (list []Action) {
	for _, a := range slices.Backward(m.own) {
		list = append(list, a.Action)
	}
	return list
}

// shown returns the actions to show, the newest first, and what is to be said
// about where they are from.
func (m Model) shown() (list []Action, from string) {
	switch {
	case m.o.Read != nil && m.err == nil && m.read:
		return m.list, "the last " + strconv.Itoa(kept) + " actions of everybody, by the journal"
	case m.o.Read != nil && m.reading && !m.read:
		return nil, "reading the journal"
	case len(m.list) > 0:
		return m.list, "the journal cannot be read now: " + m.th.Plain(text.New(m.err.Error()).String())
	case errors.Is(m.err, fs.ErrNotExist):
		from = "there is no journal; these are this session's actions"
	case m.err != nil:
		from = "no journal: " + m.th.Plain(text.New(m.err.Error()).String()) + "; these are this session's actions"
	case m.o.Demo:
		from = "the demo keeps no journal; these are this session's actions"
	default:
		from = "no journal is kept; these are this session's actions"
	}
	return m.Own(), from
}
