package journal

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"time"

	"tapedeck/api/text"
)

// leftWindow is how far back [LeftBehind] looks.
const leftWindow = 48 * time.Hour

// LeftPause is a pause whose session has ended: the journal has no later resume
// or stop of the recording. Whether it is still paused, the API knows.
type LeftPause struct {
	Recording text.Text
	Actor     string    // the name of who paused it, or who acknowledged it last
	Paused    time.Time // when
	Ended     time.Time // when the session ended; zero when it ended without a word
	Why       string    // why it ended; empty when it is not known
	Until     time.Time // when that session was to resume it; zero for never
}

// LeftBehind returns the pauses of a project whose session has ended, the
// oldest first. One that somebody else has acknowledged since is theirs. One
// whose outcome is not known is among them, for it may have been done.
func LeftBehind(dir, space, project string, now time.Time) ([]LeftPause, error) {
	b := behind{held: map[text.Text]*heldPause{}, requests: map[string]*askedFor{}, until: map[text.Text]time.Time{}}
	var failed error
	for e, err := range Read(dir, Filter{Since: now.Add(-leftWindow)}) {
		if _, bad := errors.AsType[*LineError](err); bad {
			continue
		} else if err != nil {
			failed = err
			break
		}
		if e.Project == project && SameSpace(e.Space, space) {
			b.take(e)
		}
	}
	return b.list(), failed
}

// behind is what [LeftBehind] knows after some entries.
type behind struct {
	held     map[text.Text]*heldPause
	requests map[string]*askedFor
	until    map[text.Text]time.Time // of the timers
}

// heldPause is a pause, and who is to look after it.
type heldPause struct {
	id    string // of its request
	owner Entry
	out   LeftPause
}

// askedFor is a request.
type askedFor struct {
	Entry
	own bool // its outcome is its writer's: no guess replaces it
}

func (b *behind) take(e Entry) {
	p := b.held[e.Recording]
	switch e.Event {
	case Request:
		b.requests[e.ID] = &askedFor{Entry: e}
		if e.StatusAsked == "paused" && p == nil {
			b.hold(e, e.ID)
		}
	case Timer: // it stands before the outcome of its pause
		b.until[e.Recording] = e.Until
	case Outcome, Seen:
		b.outcome(e, p)
	case Ack:
		if p != nil {
			p.owner, p.out.Actor, p.out.Ended, p.out.Why = e, e.Name(), time.Time{}, ""
		}
	case Behind:
		if p != nil {
			p.out.Ended, p.out.Why = e.Time, e.Reason
		}
	}
}

func (b *behind) hold(owner Entry, id string) {
	b.held[owner.Recording] = &heldPause{id, owner, LeftPause{Recording: owner.Recording, Actor: owner.Name(), Paused: owner.Time}}
}

// outcome takes in what became of a request, which may be said more than once:
// by its writer, and as a guess of another session.
func (b *behind) outcome(e Entry, p *heldPause) {
	if e.Event == Seen && e.Outcome == "" && e.StatusAnswered != "paused" && p != nil && !e.Time.Before(p.out.Paused) {
		b.end(e.Recording) // others have ended it
	}
	if e.Outcome == "" || e.Outcome == "requested" {
		return
	}
	owner := e
	if r := b.requests[e.ID]; r != nil {
		guess := e.Event == Outcome && e.GuessOf(r.Entry)
		if r.own && guess {
			return
		}
		r.own, owner = !guess, r.Entry
	}
	done := e.Outcome == "accepted" || e.Outcome == "verified"
	switch {
	case e.StatusAsked == "paused" && done:
		if p == nil || p.id != e.ID {
			b.hold(owner, e.ID)
		}
	case e.StatusAsked == "paused":
		if p != nil && p.id == e.ID && e.Outcome != "unknown" {
			delete(b.held, e.Recording)
		}
	case done:
		b.end(e.Recording)
	}
}

// end notes that a recording is not paused any more.
func (b *behind) end(recording text.Text) {
	delete(b.held, recording)
	delete(b.until, recording)
}

// list returns the pauses that nobody looks after, the oldest first.
func (b *behind) list() (list []LeftPause) {
	host, _ := os.Hostname()
	for _, p := range b.held {
		if !p.out.Ended.IsZero() || p.owner.lives(host) == gone {
			p.out.Until = b.until[p.out.Recording]
			list = append(list, p.out)
		}
	}
	slices.SortFunc(list, func(a, b LeftPause) int {
		return cmp.Or(a.Paused.Compare(b.Paused), cmp.Compare(a.Recording.String(), b.Recording.String()))
	})
	return list
}

// GuessOf reports whether e, an outcome, is not by the process that made the
// request: then it says what was found later, and the writer's own outcome,
// also one that comes later, is the true one.
func (e Entry) GuessOf(request Entry) bool {
	return e.PID != request.PID || e.Started != request.Started || e.Host != request.Host
}
