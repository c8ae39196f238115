package journal

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"time"

	"tapedeck/api/text"
)

// maxRequests is how many requests are kept for the outcomes that are to come.
const maxRequests = 1000

// LeftPause is a pause whose session has ended: the journal has no later resume
// or stop of the recording. Whether it is still paused, the API knows.
type LeftPause struct {
	Recording text.Text
	Actor     string    // the name of who paused it, or who acknowledged it last
	Since     time.Time // since when Actor looked after it
	Paused    time.Time // when
	Ended     time.Time // when the session ended; zero when it ended without a word
	Why       string    // why it ended; empty when it is not known
	Until     time.Time // when that session was to resume it; zero for never
}

// behind finds out which pauses were left behind, by the entries of one project
// in the order of the file. One that somebody else has acknowledged since is
// theirs. One whose outcome is not known is among them, for it may have been done.
type behind struct {
	held     map[text.Text]*heldPause
	requests map[string]*askedFor
	order    []string                // of requests, by ID
	until    map[text.Text]time.Time // of the timers
}

func newBehind() *behind {
	return &behind{held: map[text.Text]*heldPause{}, requests: map[string]*askedFor{}, until: map[text.Text]time.Time{}}
}

// heldPause is a pause, and who is to look after it.
type heldPause struct {
	id    string // of its request
	owner Entry
	out   LeftPause
	done  bool // it is known to have been carried out
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
		b.ask(e)
		if e.StatusAsked == "paused" && p == nil {
			b.hold(e, e.ID)
		}
	case Timer: // it stands before the outcome of its pause
		b.until[e.Recording] = e.Until
	case Outcome, Seen:
		b.outcome(e, p)
	case Ack:
		if p != nil {
			p.owner, p.out.Actor, p.out.Since, p.out.Ended, p.out.Why = e, e.Name(), e.Time, time.Time{}, ""
		}
	case Behind:
		if p != nil && e.Name() == p.owner.Name() && e.Session == p.owner.Session && !e.GuessOf(p.owner) { // else another session looks after it
			p.out.Ended, p.out.Why = e.Time, e.Reason
		}
	}
}

// ask keeps a request, and forgets the oldest of too many.
func (b *behind) ask(e Entry) {
	if b.requests[e.ID] == nil {
		b.order = append(b.order, e.ID)
	}
	b.requests[e.ID] = &askedFor{Entry: e}
	if over := len(b.order) - maxRequests; over > 0 {
		for _, id := range b.order[:over] {
			delete(b.requests, id)
		}
		b.order = slices.Delete(b.order, 0, over)
	}
}

// forget lets go of what began before a time, where there is too much.
func (b *behind) forget(before time.Time) {
	if len(b.held) > maxPauses {
		maps.DeleteFunc(b.held, func(_ text.Text, p *heldPause) bool { return p.out.Since.Before(before) })
	}
	if len(b.until) > maxPauses {
		maps.DeleteFunc(b.until, func(sid text.Text, _ time.Time) bool { return b.held[sid] == nil })
	}
}

func (b *behind) hold(owner Entry, id string) {
	b.held[owner.Recording] = &heldPause{
		id: id, owner: owner,
		out: LeftPause{Recording: owner.Recording, Actor: owner.Name(), Paused: owner.Time, Since: owner.Time},
	}
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
		b.held[owner.Recording].done = true
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

// list returns the pauses that nobody looks after, the oldest first. It asks the
// system which of the sessions still run.
func (b *behind) list() (list []LeftPause) {
	if len(b.held) == 0 {
		return nil
	}
	host, _ := os.Hostname()
	type process struct {
		pid           int
		started, host string
	}
	known := map[process]life{}
	lives := func(e Entry) life {
		id := process{e.PID, e.Started, e.Host}
		l, ok := known[id]
		if !ok {
			l = e.lives(host)
			known[id] = l
		}
		return l
	}
	for _, p := range b.held {
		if p.owner.Command && p.done && p.out.Ended.IsZero() {
			continue // it was to outlive the command, and did
		}
		if !p.out.Ended.IsZero() || lives(p.owner) == gone {
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
