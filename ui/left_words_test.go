package ui

import (
	"errors"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/left"
	"tapedeck/ui/times"
)

// TestLeftQuestion: the question names the auto-resume that was not done, waits
// for the names for three seconds, and passes over what is over.
func TestLeftQuestion(t *testing.T) {
	behind := func(l LeftBehind) left.ChangedMsg {
		l.SID = text.New(sidPaused)
		return left.ChangedMsg{All: []LeftBehind{l}}
	}
	at120(t, "the auto-resume that was due", Options{}, func(t *testing.T, s *session) {
		s.send(behind(LeftBehind{Actor: "cy", Until: time.Now().Add(-time.Minute), Why: "hangup"}))
		s.want("cy paused …8142 and lost the session", "hangup", "its auto-resume at "+times.Minute(time.Now().Add(-time.Minute), time.Now())+" was not done")
	})
	at120(t, "the auto-resume that is not due yet", Options{}, func(t *testing.T, s *session) {
		s.send(behind(LeftBehind{Actor: "cy", Until: time.Now().Add(time.Minute)}))
		s.want("its auto-resume at " + times.Minute(time.Now().Add(time.Minute), time.Now()) + " will not be done")
	})
	at120(t, "the reason says it already", Options{}, func(t *testing.T, s *session) {
		s.send(behind(LeftBehind{Actor: "cy", Until: time.Now().Add(-time.Minute), Why: Quit + "; its auto-resume was not done"}))
		s.want("cy paused …8142 and quit", "its auto-resume was not done")
		s.wantNot("its auto-resume at")
	})
	at120(t, "a journal that cannot be read", Options{}, func(t *testing.T, s *session) {
		s.send(openedMsg{err: errors.New("open /x: denied")})
		s.want("open /x: denied", "updates go out all the same, unless journal_required is set")
	})
	onNight(t, "it waits for the names, and not for ever", Options{}, func(t *testing.T, s *session) {
		nameless := func() *deck.Snapshot {
			return change(office(), sidPaused, func(r *deck.Recording) { r.Call = nil })
		}
		s.show(nameless())
		s.send(behind(LeftBehind{Actor: "cy"}))
		s.wait(2 * time.Second).show(nameless())
		if s.m.prompt != nil {
			t.Error("it asks before it is known who is on the line")
		}
		s.wait(1500 * time.Millisecond).show(nameless())
		s.want("cy paused …8142")
	})
	at120(t, "one that is over by now is not resumed", Options{}, func(t *testing.T, s *session) {
		s.send(behind(LeftBehind{Actor: "cy"}))
		s.want("cy paused …8142", "L 1 left behind")
		s.show(change(office(), sidPaused, func(r *deck.Recording) { r.Status, r.Pause = "in-progress", deck.Pause{} }))
		s.wait(time.Second).press("r")
		s.wantVerbs("")
		s.want("nothing was sent: the question had closed")
		s.wait(5 * time.Second).show(change(office(), sidPaused, func(r *deck.Recording) { r.Status, r.Pause = "in-progress", deck.Pause{} }))
		s.press("L")
		s.want("no pause was left behind")
	})
}
