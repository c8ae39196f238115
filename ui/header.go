package ui

import (
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/header"
)

// place names the space and the profile.
func (m *Model) place() string { return m.header.Place() }

// headerState is what the header says beside the counts.
func (m *Model) headerState() header.State {
	return header.State{
		Live: m.live, Now: m.now, Frozen: m.frozen, Stale: m.stale, StaleProfiles: m.staleProfiles,
		Alarms: m.alarms.Pauses(), NotPaused: m.alarms.Troubles(deck.NotPaused), ResumedByOthers: m.alarms.Troubles(deck.ResumedByOthers),
		Left: m.left.Count(), Marked: len(m.list.Marks()), ReadOnly: m.readOnly(),
	}
}

// windowTitle is the title of the terminal's window: what alarms, the place, the
// counts. It changes only when these and the freshness do.
func (m *Model) windowTitle() string {
	step := titleStep
	if m.o.LowBandwidth {
		step = time.Minute
	}
	name := func(of deck.Key) string { return m.th.Symbols().Ellipsis + m.called(of) }
	return m.alarms.Title(name, m.now, step) + m.header.Title(m.headerState())
}

// titleStep is the step in which the clock in the window title moves.
const titleStep = 10 * time.Second
