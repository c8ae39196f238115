package ui

import (
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/left"
)

// TestZone: a session has the times of the day of where its person is, wherever
// they stand on the screen, and whatever the zone of the process, which is UTC here.
func TestZone(t *testing.T) {
	tokyo := Options{Zone: time.FixedZone("JST", 9*60*60)}
	at120(t, "the detail pane", tokyo, func(t *testing.T, s *session) {
		s.press("enter")
		s.want("JST")
		s.wantNot("UTC")
	})
	at120(t, "a question about an auto-resume", tokyo, func(t *testing.T, s *session) {
		snap := change(office(), sidPaused, func(r *deck.Recording) { r.Timer.At = time.Now().Add(time.Minute) })
		s.show(snap)
		s.press("t")
		s.want("It is set for " + time.Now().Add(time.Minute).In(tokyo.Zone).Format("15:04:05 JST"))
	})
	at120(t, "a pause that was left behind", tokyo, func(t *testing.T, s *session) {
		due := time.Now().Add(-time.Minute)
		s.send(left.ChangedMsg{All: []LeftBehind{{SID: text.New(sidPaused), Actor: "cy", Until: due, Why: "hangup"}}})
		s.want("its auto-resume at " + due.In(tokyo.Zone).Format("15:04") + " was not done")
	})
}
