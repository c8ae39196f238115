package ui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
)

// The terminal is told that somebody is waited for while an alarm stands, of a
// pause or of a trouble, and at no other time.
func TestProgramStatus(t *testing.T) {
	const at = " (acme / support-eu)"
	onNight(t, "the status of the program", Options{}, func(t *testing.T, s *session) {
		told := func(when, message string) {
			t.Helper()
			want := tea.ProgramStatus{State: tea.ProgramStateIdle}
			if message != "" {
				want = tea.ProgramStatus{State: tea.ProgramStateBlocked, Message: message + at}
			}
			if got := s.m.View().ProgramStatus; got == nil || *got != want {
				t.Errorf("%s it is %+v, want %+v", when, got, want)
			}
		}
		told("at the start", "")
		s.show(pausedFor(100*time.Second, time.Second))
		told("with a warning", "")
		s.wait(81 * time.Second)
		told("with an alarm", "…8142 is still paused")
		s.show(pausedFor(200*time.Second, 190*time.Second))
		told("with two", "2 recordings are still paused")
		snap := troubledOffice(map[string]deck.TroubleKind{sidOld: deck.NotPaused})
		s.show(snap).press("f")
		told("with a trouble, frozen", "NOT PAUSED: …07d1 is still recording (HTTP 422)")
		s.press("f").show(limited(snapshotOf()))
		told("when all is over", "")
	})
}
