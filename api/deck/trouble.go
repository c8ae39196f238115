package deck

import (
	"errors"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/journal"
)

// AgainAfter is how long an update has to be without an answer before a person
// may have it sent once more; see [Request.Again].
const AgainAfter = 1500 * time.Millisecond

// TroubleKind is what is wrong with a recording that was to be paused.
type TroubleKind string

// The kinds. The empty one is that nothing is wrong.
const (
	// NotPaused: a pause failed, was contradicted, or nobody knows after 3 s
	// whether it was done.
	NotPaused TroubleKind = "not paused"
	// ResumedByOthers: a pause that this deck had made was ended, and not by it.
	ResumedByOthers TroubleKind = "resumed by others"
)

// Trouble is that a recording still records, or again, though somebody here had
// it paused. It alarms until a later read shows it paused, a pause of it is
// accepted, somebody acknowledges it, or the recording ends. The zero value is
// none.
type Trouble struct {
	Kind  TroubleKind
	Since time.Time // local time when it began, without a monotonic reading
	Actor string    // the name of who had asked for the pause
	// Why is the reason in a few words, as an operator says it; it may be empty.
	Why string
	// Acked: somebody has acknowledged it, so that it alarms no more.
	Acked bool
}

// Standing reports whether the trouble alarms.
func (t Trouble) Standing() bool { return t.Kind != "" && !t.Acked }

// troubleAfter is how long after its request a pause without a known result
// alarms.
const troubleAfter = 3 * time.Second

// watch has a pause alarm that has no known result after a time, and takes a
// trouble away when a person resumes or stops the recording. The mutex must be
// held.
func (u *update) watch() {
	if u.req.Update.Status != api.Paused {
		u.e.noTrouble()
		return
	}
	u.overdue = time.AfterFunc(troubleAfter, func() {
		defer crash.Guard()
		u.d.mu.Lock()
		defer u.d.mu.Unlock()
		if before := u.e.view; u.checkPaused() && u.e.view != before {
			u.d.publish()
		}
	})
}

// checkPaused makes a recording alarm whose pause was not done, or has no known
// result for too long, and takes the alarm away when it was done. It reports
// whether it has looked: it does for the last update of a recording only. The
// mutex must be held.
func (u *update) checkPaused() bool {
	e, p := u.e, u.p
	if u.req.Update.Status != api.Paused || e.update != u {
		return false
	}
	if p.Settled {
		u.overdue.Stop()
	}
	overdue := time.Since(u.asked) >= troubleAfter
	switch {
	case e.view.Paused() || !e.view.Active():
		e.noTrouble()
	case u.undone: // it alarms for that
	case p.Outcome == Accepted || p.Outcome == Verified:
		e.noTrouble()
	case p.Settled, overdue:
		t := Trouble{Kind: NotPaused, Since: wall(time.Now()), Actor: u.req.Actor.Name(), Why: u.whyNotPaused()}
		if old := e.view.Trouble; old.Kind == NotPaused {
			t.Since, t.Acked = old.Since, old.Acked && e.troubled == u
		}
		e.troubled = u
		if t != e.view.Trouble {
			e.change(func(r *Recording) { r.Trouble = t })
		}
	}
	return true
}

// noTrouble takes the trouble of an entry away.
func (e *entry) noTrouble() {
	if e.view.Trouble != (Trouble{}) {
		e.change(func(r *Recording) { r.Trouble = Trouble{} })
	}
}

// whyNotPaused says in an operator's words why a pause was not done, or is not
// known to be. The mutex must be held.
func (u *update) whyNotPaused() string {
	p, status := u.p, u.e.view.Status
	switch {
	case errors.Is(p.Err, ErrNotOnRecord):
		return strings.TrimPrefix(p.Err.Error(), "not sent: ")
	case errors.Is(p.Err, ErrNotSent):
		return "it was not sent"
	case p.Err != nil && !isTimeout(p.Err):
		return api.Reason(p.Err)
	case p.Outcome == Contradicted && status.Running():
		return "the API says it still records"
	case p.Outcome == Contradicted && status != "":
		return "the API says it is " + string(status)
	case p.Outcome == Requested && u.race == nil:
		return "not sent yet"
	case p.Settled || p.Outcome == Unknown:
		return "no answer"
	}
	return "no answer yet"
}

// isTimeout reports whether err is that no answer came in time.
func isTimeout(err error) bool { return api.Reason(err) == "timeout" }

// noticeOthers takes in that what an update of ours had done is over, by the
// view that a read has just made, and whose doing that is. The mutex must be
// held.
func (d *Deck) noticeOthers(e *entry, now time.Time) {
	r, u := e.view, e.own
	if !r.Active() || r.Status == api.Paused {
		e.noTrouble()
	}
	switch {
	case u == nil:
		return
	case !r.Active():
		e.own = nil
		return
	case u.req.Update.Reached(r.Status), r.Status != api.Paused && !r.Status.Running():
		return // as it was, or a status that says nothing about it
	}
	e.own = nil
	if e.update != u && e.update != nil && e.update.maybeDid(r.Status, now) {
		return
	}
	if u.p.Outcome != Verified && !changedSince(u.p, r.Recording) {
		return // it never was as the answer said: the update is contradicted
	}
	u.undone = true
	seen := d.requestEntry(r, journal.Seen, u.p)
	seen.StatusAnswered, seen.Reason = string(r.Status), "paused by others; by whom is not known"
	switch {
	case u.req.Update.Status == api.Paused && d.sh != nil && d.sh.endedBy(e):
		seen.Reason = "auto-resumed by " + clean(d.sh.timers[r.SID].Host)
	case u.req.Update.Status == api.Paused:
		seen.Reason = "resumed by others; by whom is not known"
		e.troubled = u
		e.change(func(r *Recording) {
			r.Trouble = Trouble{Kind: ResumedByOthers, Since: wall(now), Actor: u.req.Actor.Name()}
		})
	}
	u.noteLater(seen)
}

// maybeDid reports whether an update may be why its recording has a status at
// the time now: it asked for that, and was not clearly refused long ago. The
// mutex must be held.
func (u *update) maybeDid(s api.Status, now time.Time) bool {
	return u.req.Update.Reached(s) &&
		(u.p.Outcome != Failed && u.p.Outcome != Contradicted || age(u.asked, now) < lateFor)
}

// settleByPoll settles the outcome of an update anew by what a read shows that
// began after it: it was done after all, or not. The mutex must be held.
func (d *Deck) settleByPoll(e *entry, now time.Time) {
	u := e.update
	if u == nil || !u.p.Settled || u.undone || e.read.Before(u.p.Answered) || e.read.Before(u.asked) {
		return
	}
	open := u.p.Outcome == Accepted || u.p.Outcome == Unknown
	status, note := e.view.Status, ""
	reached := u.req.Update.Reached(status)
	switch {
	case !open && (!u.p.Late(now) || !reached || u.p.Outcome == Failed && u.req.Update.Reached(u.rec.Status)):
		return
	case reached:
		if u.p.Outcome != Accepted {
			e.own = nil // its auto-resume has ended with the pause that was not to be seen
			u.noteDone()
		}
		u.stepLocked(func(p *Progress) { p.Outcome, p.Note, p.Done, p.WasLate = Verified, "", now, true })
		note = "verified late"
	case !e.view.Active():
		if note = endedSince(status); note == u.p.Note {
			return
		}
		u.stepLocked(func(p *Progress) { p.Note, p.Done = note, now })
	default:
		note = itIs(status)
		u.stepLocked(func(p *Progress) { p.Outcome, p.Note, p.Done = Contradicted, note, now })
	}
	seen := d.requestEntry(e.view, journal.Seen, u.p)
	seen.StatusAnswered, seen.Outcome, seen.Reason = string(status), string(u.p.Outcome), note
	u.noteLater(seen)
}
