package journal

import (
	"slices"
	"strings"
	"time"

	"tapedeck/api/text"
)

// maxPauses is how many recordings a [Follower] knows the last pause of before
// it forgets those that are older than its window.
const maxPauses = 1000

// Action is something that somebody asked for, with its outcome as it is on
// record so far. A request and its outcome are one action: the Entry is that of
// the request, with the outcome's Outcome, Reason, StatusAnswered, HTTPStatus,
// Code and Latency.
type Action struct {
	Entry
	// Given is why the person asked for it, in the person's words; Reason is the
	// outcome's. It is empty for what has no request and an outcome.
	Given    string
	Answered time.Time // when the API answered, by the clock of the machine that asked; zero without an answer

	own bool // the outcome is of the session that asked: no guess replaces it
}

// Paused is the last pause of a recording that was carried out, by the journal.
type Paused struct {
	Who
	ID       string    // of the request
	At       time.Time // when the API answered, by the clock of the machine that asked
	Behavior string    // silence or skip
	Ended    time.Time // when it was resumed or stopped, as far as that is on record; else zero
}

// Name returns who that is as a person reads it: alice, or alice as root. What a
// client claims of sudo names nobody: it could be anybody's name.
func (w Who) Name() string {
	if w.SudoUser != "" && w.SudoUser != w.Actor && !w.Claimed {
		return w.SudoUser + " as " + w.Actor
	}
	return w.Actor
}

// take takes in entries, in the order of the file.
func (f *Follower) take(list []Entry) {
	if len(list) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range list {
		if e.Project != f.project || !SameSpace(e.Space, f.space) {
			continue
		}
		f.behind.take(e)
		f.past.entry(e)
		switch e.Event {
		case Request, Outcome:
			f.update(e)
		case Seen:
			f.correct(e)
		case Ack, Timer:
			f.add(e)
		case Unrecorded:
			f.alarm(e)
		}
	}
	f.forget()
	f.behind.forget(time.Now().Add(-followWindow))
	f.past.forget(time.Now().Add(-followWindow))
}

// alarm takes in that a call without a recording alarms, once for all processes that
// say so. The mutex must be held.
func (f *Follower) alarm(e Entry) {
	same := func(a *Action) bool {
		return a.Event == Unrecorded && a.Call == e.Call && a.Conference == e.Conference && !e.Since.After(a.Time)
	}
	if !slices.ContainsFunc(f.actions, same) {
		f.add(e)
	}
}

// correct takes in what was seen later of a request. The mutex must be held.
func (f *Follower) correct(e Entry) {
	if e.Outcome == "" {
		f.add(e)
		f.past.end(e.Recording, e.Time.Add(-seenSlack))
		if p := f.pauses[e.Recording]; p != nil && p.Ended.IsZero() && !e.Time.Before(p.At) && e.StatusAnswered != "paused" {
			p.Ended = e.Time
		}
		return
	}
	a := f.byID[e.ID]
	if a == nil || e.ID == "" {
		e.Event = Outcome
		f.update(e)
		return
	}
	a.Outcome, a.Reason, a.StatusAnswered = e.Outcome, e.Reason, e.StatusAnswered
	f.pause(a)
	f.past.update(a, e)
}

// add keeps an action. The mutex must be held.
func (f *Follower) add(e Entry) *Action {
	a := &Action{Entry: e}
	if e.Event == Request {
		a.Given, a.Reason = e.Reason, ""
	}
	f.actions = append(f.actions, a)
	if e.ID != "" && (e.Event == Request || e.Event == Outcome) {
		f.byID[e.ID] = a
	}
	return a
}

// forget lets go of all but the last actions, and of pauses that are too old.
// The mutex must be held.
func (f *Follower) forget() {
	if over := len(f.actions) - maxActions; over > 0 {
		for _, a := range f.actions[:over] {
			if f.byID[a.ID] == a {
				delete(f.byID, a.ID)
			}
		}
		f.actions = append([]*Action(nil), f.actions[over:]...)
	}
	if len(f.pauses) > maxPauses {
		since := time.Now().Add(-followWindow)
		for sid, p := range f.pauses {
			if !p.Ended.IsZero() || p.At.Before(since) {
				delete(f.pauses, sid)
			}
		}
	}
}

// update takes in a request, or the outcome of one. Either may be missing, and
// a request that was written late stands after its outcome. The mutex must be
// held.
func (f *Follower) update(e Entry) {
	a := f.byID[e.ID]
	switch {
	case a == nil || e.ID == "":
		a = f.add(e)
	case e.Event == Request:
		outcome := a.Entry
		a.Entry, a.Given = e, e.Reason
		a.settle(outcome)
	case a.own && e.GuessOf(a.Entry):
		return
	default:
		if own := a.Event == Request && !e.GuessOf(a.Entry); own && !a.own {
			a.own, a.Answered = true, time.Time{} // what a guess said of it is over
		}
		a.settle(e)
	}
	if a.Outcome == "" {
		return
	}
	if a.Answered.IsZero() {
		a.Answered = a.Time
		if a.Event == Request {
			a.Answered = a.Time.Add(a.Latency)
		}
		if a.Event == Request && a.Latency == 0 { // nothing was answered; a read has found it done
			a.Answered = e.Time
		}
	}
	f.pause(a)
	f.past.update(a, e)
}

// settle takes an outcome into an action.
func (a *Action) settle(e Entry) {
	a.Outcome, a.Reason, a.StatusAnswered = e.Outcome, e.Reason, e.StatusAnswered
	a.HTTPStatus, a.Code, a.Latency, a.Late = e.HTTPStatus, e.Code, e.Latency, a.Late || e.Late
}

// Subject returns the SID of what the action is about: the recording, else the call
// or the conference.
func (a *Action) Subject() text.Text {
	for _, sid := range []text.Text{a.Recording, a.Call, a.Conference} {
		if !sid.IsZero() {
			return sid
		}
	}
	return text.Text{}
}

// Done reports whether the update of the action was carried out.
func (a *Action) Done() bool {
	return a.Outcome == "accepted" || strings.HasPrefix(a.Outcome, "verified")
}

// pause notes what the outcome of an update means for the pause of its
// recording. The mutex must be held.
func (f *Follower) pause(a *Action) {
	p := f.pauses[a.Recording]
	switch {
	case a.StatusAsked != "paused":
		if p != nil && a.Done() && !a.Answered.Before(p.At) && (p.Ended.IsZero() || a.Answered.Before(p.Ended)) {
			p.Ended = a.Answered
		}
	case !a.Done():
		if p != nil && p.ID == a.ID { // it was taken for done
			delete(f.pauses, a.Recording)
		}
	case p != nil && (p.ID == a.ID || a.Answered.Before(p.At)):
	case p != nil && p.Ended.IsZero() && a.StatusBefore == "paused": // paused already
	default:
		f.pauses[a.Recording] = &Paused{Who: a.Who, ID: a.ID, At: a.Answered, Behavior: a.PauseBehavior}
	}
}
