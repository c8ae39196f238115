package main

import (
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/text"
	"tapedeck/ui"
)

// firstLook is how long the history waits for the journal to be read for the
// first time.
const firstLook = 5 * time.Second

// whoPaused returns what answers the deck who paused a recording; nil where no
// journal is kept.
func (s *session) whoPaused() func(sid text.Text) (journal.Paused, bool) {
	if s.follower == nil {
		return nil
	}
	return s.follower.Paused
}

// history returns what answers the screen what was done last, by the journal;
// nil where none is kept.
func (s *session) history() func(n int) ([]ui.Action, error) {
	if s.follower == nil {
		return nil
	}
	return func(n int) ([]ui.Action, error) {
		select {
		case <-s.follower.Ready():
		case <-time.After(firstLook):
		}
		list, err := s.follower.Actions(n)
		out := make([]ui.Action, 0, len(list))
		for _, a := range list {
			out = append(out, actionOf(a))
		}
		return out, err
	}
}

// actionOf returns an action of the journal as the screen shows it.
func actionOf(a journal.Action) ui.Action {
	out := ui.Action{
		Time: a.Time, Actor: a.Name(), Recording: a.Recording, Behavior: a.PauseBehavior,
		Outcome: a.Outcome, Reason: a.Reason, Until: a.Until, ByTimer: a.ByTimer,
	}
	switch a.Event {
	case journal.Ack:
		out.What = "acknowledge"
	case journal.Timer:
		out.What = "auto-resume"
	case journal.Request, journal.Outcome:
		out.What = deck.Request{Update: api.Update{Status: api.Status(a.StatusAsked)}}.Verb()
	default:
		out.What, out.Actor, out.Outcome = "seen", "", "" // the actor is who had asked for what others have ended
	}
	return out
}
