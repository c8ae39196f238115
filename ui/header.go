package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

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
		Lacking: m.alarms.Unrecorded(), Unrecorded: m.list.ShowsUnrecorded() || m.shown.UnrecordedAlarm > 0,
	}
}

// windowTitle is the title of the terminal's window: what alarms, the place, the
// counts. It changes only when these and the freshness do.
func (m *Model) windowTitle() string {
	step := titleStep
	if m.o.LowBandwidth {
		step = time.Minute
	}
	return m.alarms.Title(m.shortName, m.now, step) + m.header.Title(m.headerState())
}

// shortName names a recording outside of the screen.
func (m *Model) shortName(of deck.Key) string { return m.th.Symbols().Ellipsis + m.called(of) }

// programStatus is what the terminal is told beside the title: that somebody is
// waited for while anything alarms, with what alarms and where.
func (m *Model) programStatus() *tea.ProgramStatus {
	s := &tea.ProgramStatus{State: tea.ProgramStateIdle}
	if words := m.alarms.Standing(m.shortName); words != "" {
		s.State, s.Message = tea.ProgramStateBlocked, words+" ("+m.place()+")"
	}
	return s
}

// titleStep is the step in which the clock in the window title moves.
const titleStep = 10 * time.Second
