package ui

import (
	"fmt"

	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
)

// called names a recording in words, after …: the end of its SID, and its project
// where several are shown.
func (m *Model) called(of deck.Key) string {
	short := m.list.ShortSID(of)
	if project := m.project(of); project != "" {
		short += " (" + project + ")"
	}
	return short
}

// longestProject is how many cells the name of a project takes at most in words.
const longestProject = 20

// project names the project of a recording where several are shown; empty where
// it is clear.
func (m *Model) project(of deck.Key) string { return m.th.Truncate(m.list.Project(of), longestProject) }

// placeOf names the project of a recording, and its space, for a question.
func (m *Model) placeOf(profile string) string { return m.header.Of(profile) }

// placeOfSelected does the same for the detail pane.
func (m *Model) placeOfSelected(r *deck.Recording) string {
	if r == nil {
		return m.place()
	}
	return m.placeOf(r.Profile)
}

// placeOfAll names the project of several recordings; of several projects it says
// how many they are, for each of them is named with its recording.
func (m *Model) placeOfAll(many []prompt.One) string {
	profiles := map[string]bool{}
	for _, o := range many {
		profiles[o.Request.Profile] = true
	}
	if len(profiles) == 1 {
		return m.placeOf(many[0].Request.Profile)
	}
	return fmt.Sprintf("of %d projects", len(profiles))
}

// readOnlyOf reports whether updates of a recording are refused: each project has
// a setting of its own.
func (m *Model) readOnlyOf(r *deck.Recording) bool { return m.readOnly() || m.live.Of(r).ReadOnly }

// followStale tells the parts of the screen whose data is old.
func (m *Model) followStale() {
	profiles, all := m.live.StaleProfiles(m.now)
	if all != m.stale {
		m.stale = all
		m.list.SetStale(all)
	}
	m.staleProfiles = profiles
	m.list.SetStaleProfiles(profiles)
	r, ok := m.selected()
	m.detail.SetStale(all || ok && m.live.Several() && m.live.Of(r).Health.Phase(m.now) == deck.Stale)
}

// snapshotOf is the snapshot that the screen shows a recording of; r may be nil.
func (m *Model) snapshotOf(r *deck.Recording) *deck.Snapshot {
	if r == nil {
		return m.shown
	}
	return m.shown.Of(r)
}

// projectOf names the project of a recording, nil for none, where several are
// shown.
func (m *Model) projectOf(r *deck.Recording) string {
	if r == nil {
		if _, ok := m.list.Unrecorded(); ok {
			return m.list.Project(m.list.Place())
		}
		return ""
	}
	return m.list.Project(r.Key())
}

// unnamed is why calls and conferences of a recording's project are not known.
func (m *Model) unnamed(r *deck.Recording) (calls, conferences deck.Unnamed) {
	s := m.snapshotOf(r)
	return s.Calls, s.Conferences
}

// fewCells is how many cells the name of a project takes on a small screen.
const fewCells = 8

// calledShort does what [Model.called] does, in few cells.
func (m *Model) calledShort(of deck.Key) string {
	short := m.list.ShortSID(of)
	if project := m.list.ProjectIn(of, fewCells); project != "" {
		short += " " + project
	}
	return short
}
