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

// Abandoned is a pause that a session made and left: the journal has no later
// resume or stop of the recording. Whether it is still paused, the API knows.
type Abandoned struct {
	Recording text.Text
	Actor     string    // who paused it, or who acknowledged it last
	Paused    time.Time // when
	Lost      time.Time // when the session ended; zero when it ended without a word
	Why       string    // why it ended; empty when it is not known
	Until     time.Time // when it was to be resumed by itself, by the session that is gone; zero for never
}

// LeftBehind returns the pauses of a project that sessions left which are gone,
// the oldest first. One that somebody else has acknowledged since is theirs.
func LeftBehind(dir, space, project string, now time.Time) ([]Abandoned, error) {
	type pause struct {
		owner Entry
		out   Abandoned
	}
	held := map[text.Text]*pause{}
	wishes := map[string]Entry{} // an outcome may be written by another tapedeck, after a crash
	until := map[text.Text]time.Time{}
	var failed error
	for e, err := range Read(dir, Filter{Since: now.Add(-leftWindow)}) {
		if _, bad := errors.AsType[*LineError](err); bad {
			continue
		} else if err != nil {
			failed = err
			break
		}
		if e.Space != space || e.Project != project {
			continue
		}
		if e.Event == Wish {
			wishes[e.ID] = e
			continue
		}
		p := held[e.Recording]
		if e.Event == Timer { // it stands before the outcome of its pause
			until[e.Recording] = e.Until
		}
		done := e.Event == Outcome && (e.Outcome == "accepted" || e.Outcome == "verified")
		switch {
		case done && e.StatusAsked == "paused" && (p == nil || p.owner.ID != e.ID):
			owner := e
			if w, ok := wishes[e.ID]; ok {
				owner = w
			}
			held[e.Recording] = &pause{owner, Abandoned{Recording: e.Recording, Actor: owner.Actor, Paused: owner.Time}}
		case done && e.StatusAsked != "paused":
			delete(held, e.Recording)
			delete(until, e.Recording)
		case p != nil && e.Event == Ack:
			p.owner, p.out.Actor, p.out.Lost, p.out.Why = e, e.Actor, time.Time{}, ""
		case p != nil && e.Event == Left:
			p.out.Lost, p.out.Why = e.Time, e.Reason
		}
	}
	host, _ := os.Hostname()
	var list []Abandoned
	for _, p := range held {
		if !p.out.Lost.IsZero() || p.owner.lives(host) == gone {
			p.out.Until = until[p.out.Recording]
			list = append(list, p.out)
		}
	}
	slices.SortFunc(list, func(a, b Abandoned) int {
		return cmp.Or(a.Paused.Compare(b.Paused), cmp.Compare(a.Recording.String(), b.Recording.String()))
	})
	return list, failed
}
