// Package header is the line or two above the list: where this is, how many
// record and are paused, what alarms, what else holds, and what the data is
// worth. The last two pieces of these that ever drop are the pauses and what the
// data is worth.
package header

import (
	"fmt"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// Wide is from which width on the header is one line.
const Wide = 100

// Options say where this is.
type Options struct {
	Space   string // the space's name
	Profile string // the profile's name; empty for none
	Demo    bool   // the space is simulated
	Drill   bool   // the same, and what is done in it is a drill
	Clocks  times.Clocks
	Zone    *time.Location // of the times of the day; nil for that of this host
}

// Model is the header of a session.
type Model struct {
	th     theme.Theme
	o      Options
	role   string // what the service calls who uses the screen; empty for none
	shown  *deck.Snapshot
	counts counts // of shown
}

// counts are the numbers of a snapshot.
type counts struct{ recording, starting, other int }

// State is what the header says beside the counts.
type State struct {
	Live   *deck.Snapshot // the latest; never nil
	Now    time.Time
	Frozen time.Time // since when the display is frozen; zero when it is not
	Stale  bool      // what is shown is old
	// StaleProfiles are those of several whose data is old, by name.
	StaleProfiles []string

	Alarms          int // pauses that alarm
	NotPaused       int // recordings with that trouble
	ResumedByOthers int // and with that
	Left            int // pauses that were left behind
	Marked          int // recordings
	// Lacking is how many calls without a recording alarm.
	Lacking int
	// Unrecorded is whether it is said how many calls have no recording.
	Unrecorded bool
	ReadOnly   bool
}

// at is the time that the recordings are shown at.
func (s State) at() time.Time {
	if !s.Frozen.IsZero() {
		return s.Frozen
	}
	return s.Now
}

// New returns a header that knows nothing yet.
func New(t theme.Theme, o Options) Model { return Model{th: t, o: o, shown: &deck.Snapshot{}} }

// SetTheme sets how the header looks.
func (m *Model) SetTheme(t theme.Theme) { m.th = t }

// SetRole sets the role that the service gives who uses the screen; empty for
// none.
func (m *Model) SetRole(name string) { m.role = name }

// SetSnapshot sets what is counted: what the screen shows.
func (m *Model) SetSnapshot(s *deck.Snapshot) {
	m.shown, m.counts = s, counts{}
	for _, r := range s.Recordings {
		switch {
		case !r.Active() || r.Status == api.Paused:
		case r.Status == api.Queued:
			m.counts.starting++
		case !r.Status.Running(): // nobody knows whether it records
			m.counts.other++
		}
	}
	m.counts.recording = max(0, s.Active-s.Paused-m.counts.starting-m.counts.other)
}

// Place names the space and the profile, or the profiles where there are several.
func (m Model) Place() string {
	switch {
	case m.o.Drill:
		return "DRILL"
	case m.o.Demo:
		return "DEMO"
	}
	if m.shown.Several() {
		return m.profiles()
	}
	space := m.th.Plain(text.New(m.o.Space).String())
	if m.o.Profile == "" {
		return space
	}
	return space + " / " + m.th.Plain(text.New(m.o.Profile).String())
}

// View returns the header as lines of w cells: one from [Wide] on, else two.
func (m Model) View(w int, s State) []string {
	where, counts, badges := append(m.where(), m.local(s)...), m.numbers(s, w), m.badges(s)
	fresh := m.freshness(s)
	if w >= Wide {
		return []string{m.line(w, where, m.withGone(w, where, append(counts, badges...), fresh[len(fresh)-1], s), fresh)}
	}
	return []string{
		m.line(w, where, nil, fresh),
		m.line(w, counts, m.withGone(w, counts, badges, segment{}, s), nil),
	}
}

// Title is the title of the terminal's window. It changes only when the counts
// and the freshness do.
func (m Model) Title(s State) string {
	title, stale := "tapedeck "+m.Place(), s.Stale
	switch {
	case !m.shown.Known():
		return title
	case stale:
		return title + ": STALE"
	case len(s.StaleProfiles) > 0:
		title += ": " + m.named(s.StaleProfiles) + " STALE"
	case m.shown.Health.Partial:
		title += ": PARTIAL"
	}
	title += fmt.Sprintf(": REC %d PAUSED %d", m.counts.recording, m.shown.Paused)
	if n := m.counts.other; n > 0 {
		title += fmt.Sprintf(" OTHER %d", n)
	}
	return title
}
