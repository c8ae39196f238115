package ui

import (
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/header"
	"tapedeck/ui/names"
	"tapedeck/ui/times"
)

// place names the space and the profile.
func (m *Model) place() string { return m.header.Place() }

// headerState is what the header says beside the counts.
func (m *Model) headerState() header.State {
	return header.State{
		Live: m.live, Now: m.now, Frozen: m.frozen, Stale: m.stale,
		Alarms: m.alarms.Pauses(), NotPaused: m.alarms.Troubles(deck.NotPaused), ResumedByOthers: m.alarms.Troubles(deck.ResumedByOthers),
		Left: m.leftCount(), Marked: len(m.list.Marks()), ReadOnly: m.readOnly(),
	}
}

// windowTitle is the title of the terminal's window: what alarms, the place, the
// counts. It changes only when these and the freshness do.
func (m *Model) windowTitle() string {
	step := titleStep
	if m.o.LowBandwidth {
		step = time.Minute
	}
	name := func(sid text.Text) string { return m.th.Symbols().Ellipsis + m.list.ShortSID(sid) }
	return m.alarms.Title(name, m.now, step) + m.header.Title(m.stale)
}

// titleStep is the step in which the clock in the window title moves.
const titleStep = 10 * time.Second

// people is how who is on the line is shown.
func (m *Model) people() names.View { return m.numbers.view(m.th) }

// who names who is on the line of a recording: from and to, the conference's
// name, or the SID while nothing else is known.
func (m *Model) who(r *deck.Recording) string { return m.people().Who(r) }

// clocks is how durations that change are shown.
func (m *Model) clocks() times.Clocks { return times.Clocks{Slow: m.o.LowBandwidth} }

// darkBy reports whether the terminal's background is dark, as far as the
// environment tells before the terminal does: COLORFGBG ends in the number of a
// color. Most are.
func darkBy(environ []string) bool {
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, "COLORFGBG="); ok {
			bg := v[strings.LastIndexByte(v, ';')+1:]
			return bg != "7" && bg != "15"
		}
	}
	return true
}
