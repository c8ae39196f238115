// Package detail shows one recording: every field of the resource as the API
// gave it, then what tapedeck knows beside it, then the call or the conference.
//
// It shows what it was given and asks for nothing, so two recordings that are
// updated at the same time cannot mix.
package detail

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
)

// Model is the detail pane.
type Model struct {
	KeyMap KeyMap

	th      theme.Theme
	w, h    int
	focused bool
	stale   bool           // the data is old
	known   time.Time      // local time up to which the data is known, where that is not now
	raw     bool           // the JSON instead of the fields
	minutes bool           // the clock of an old recording shows whole minutes
	zone    *time.Location // of the times of the day; nil for that of this host

	mask     bool     // numbers are hidden, but for those of
	revealed deck.Key // this recording

	names names.Names // see SetNames

	calls, conferences deck.Unnamed // why those are not known that are not

	rec     *deck.Recording // nil for none
	lack    lacked          // what is shown where there is no recording
	offset  time.Duration   // from local time to the server's
	short   string          // the recording's short SID
	profile string
	project string // which of several it is of; empty where there is one
	actor   string // who "you" is

	top  int // the first line of the body that is visible
	memo *memo
}

// memo is what was rendered of the recording. It is replaced, never emptied,
// when what is shown changes, so a copy of a model keeps its own.
type memo struct {
	bodies [2][]line.Open // without and with the marks of an update
	built  [2]bool
	ages   [2]ages // what they say of the time
	bars   [2]int  // the line of the timeline, which is made for each frame; -1 for none
	bar    drawn   // the timeline as it was drawn last

	now  time.Time
	view string
	made bool
}

// New returns an empty pane.
func New(t theme.Theme) Model {
	return Model{KeyMap: DefaultKeyMap(), th: t, memo: &memo{}}
}

// SetTheme changes how the pane looks.
func (m *Model) SetTheme(t theme.Theme) {
	m.th = t
	m.touch()
}

// SetSize sets the size in cells.
func (m *Model) SetSize(w, h int) {
	if w, h = max(0, w), max(0, h); w != m.w || h != m.h {
		m.w, m.h = w, h
		m.touch()
	}
}

// SetFocus tells whether keys go to the pane; its title shows it.
func (m *Model) SetFocus(on bool) {
	if m.focused != on {
		m.focused = on
		m.touch()
	}
}

// SetStale tells whether the data is old: then no status stands out.
func (m *Model) SetStale(on bool) {
	if m.stale != on {
		m.stale = on
		m.touch()
	}
}

// SetKnown tells up to which local time the data is known, where it is stale;
// zero for now.
func (m *Model) SetKnown(t time.Time) {
	if !m.known.Equal(t) {
		m.known = t
		m.touch()
	}
}

// SetZone sets the zone of the times of the day; nil is that of this host.
func (m *Model) SetZone(zone *time.Location) { m.zone = zone }

// SetMinutes tells whether the clock of an old recording shows whole minutes.
func (m *Model) SetMinutes(on bool) {
	if m.minutes != on {
		m.minutes = on
		m.touch()
	}
}

// SetMask hides all but the last digits of numbers, but for those of the
// recording that is revealed.
func (m *Model) SetMask(on bool, revealed deck.Key) {
	if m.mask != on || m.revealed != revealed {
		m.mask, m.revealed = on, revealed
		m.touch()
	}
}

// SetActor sets whose updates are shown as "by you".
func (m *Model) SetActor(actor string) {
	if m.actor != actor {
		m.actor = actor
		m.touch()
	}
}

// SetRaw shows the JSON of the last answer, or the fields again.
func (m *Model) SetRaw(on bool) {
	if m.raw != on {
		m.raw, m.top = on, 0
		m.touch()
	}
}

// Raw reports whether the JSON is shown.
func (m Model) Raw() bool { return m.raw }

// SetRecording shows r, or nothing when it is nil. offset leads from the local
// to the server's clock, short is the recording's short SID. The pane stays
// where it was scrolled to, until r is another recording or an update of it
// was answered. It costs nothing when nothing has changed.
func (m *Model) SetRecording(r *deck.Recording, offset time.Duration, short, profile string) {
	if r == m.rec && profile == m.profile && (offset == m.offset && short == m.short || r == nil) {
		return
	}
	if r == nil || m.rec == nil || r.Key() != m.rec.Key() || answered(r) != answered(m.rec) {
		m.top = 0
	}
	m.rec, m.offset, m.short, m.profile = r, offset, short, profile
	m.touch()
}

// SetProject names the project of the recording, where several are shown; empty
// where there is one.
func (m *Model) SetProject(name string) {
	if name = text.New(name).String(); m.project != name {
		m.project = name
		m.touch()
	}
}

// SetUnnamed tells why calls and conferences are not known that are not.
func (m *Model) SetUnnamed(calls, conferences deck.Unnamed) {
	if !calls.Same(m.calls) || !conferences.Same(m.conferences) {
		m.calls, m.conferences = calls, conferences
		m.touch()
	}
}

// answered returns the last update of r that was answered; 0 for none.
func answered(r *deck.Recording) uint64 {
	if r.Update == nil || r.Update.Answer == nil {
		return 0
	}
	return r.Update.ID
}

// touch forgets what was rendered.
func (m *Model) touch() { m.memo = &memo{} }

// KeyMap is the keys that scroll.
type KeyMap struct {
	Up, Down, PageUp, PageDown, HalfUp, HalfDown, Top, Bottom key.Binding
}

// DefaultKeyMap returns the keys of ui/DESIGN.md.
func DefaultKeyMap() KeyMap {
	bind := func(help, desc string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, desc))
	}
	return KeyMap{
		Up:       bind("k/up", "up", "k", "up"),
		Down:     bind("j/down", "down", "j", "down"),
		PageUp:   bind("pgup", "page up", "pgup"),
		PageDown: bind("pgdn", "page down", "pgdown"),
		HalfUp:   bind("ctrl+u", "half a page up", "ctrl+u"),
		HalfDown: bind("ctrl+d", "half a page down", "ctrl+d"),
		Top:      bind("g/home", "top", "g", "home"),
		Bottom:   bind("G/end", "bottom", "G", "end"),
	}
}

// Update scrolls by key while the pane has the focus. Every other message is
// not for it.
func (m Model) Update(msg tea.Msg) (Model, tea.Cmd) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok || !m.focused {
		return m, nil
	}
	page, all := max(1, m.window()-1), m.lines()
	switch {
	case key.Matches(press, m.KeyMap.Up):
		m.scroll(-1)
	case key.Matches(press, m.KeyMap.Down):
		m.scroll(1)
	case key.Matches(press, m.KeyMap.PageUp):
		m.scroll(-page)
	case key.Matches(press, m.KeyMap.PageDown):
		m.scroll(page)
	case key.Matches(press, m.KeyMap.HalfUp):
		m.scroll(-max(1, page/2))
	case key.Matches(press, m.KeyMap.HalfDown):
		m.scroll(max(1, page/2))
	case key.Matches(press, m.KeyMap.Top):
		m.scroll(-all)
	case key.Matches(press, m.KeyMap.Bottom):
		m.scroll(all)
	}
	return m, nil
}

// scroll moves the body by so many lines, as far as it goes.
func (m *Model) scroll(by int) {
	last := max(0, m.lines()-m.window())
	m.top = min(max(0, min(m.top, last)+by), last)
	m.memo = &memo{bodies: m.memo.bodies, built: m.memo.built, ages: m.memo.ages, bars: m.memo.bars, bar: m.memo.bar}
}

// lines returns how many lines the body has.
func (m Model) lines() int {
	if m.memo != nil && m.memo.built[0] {
		return len(m.memo.bodies[0])
	}
	return len(m.body(false, ages{}))
}

// window returns how many lines of the body are visible: all but the title.
func (m Model) window() int { return max(0, m.h-1) }
