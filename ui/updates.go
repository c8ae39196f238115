package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/status"
	"tapedeck/ui/times"
)

// update is a request of this session that is under way.
type update struct {
	req      deck.Request
	short    string
	pressed  time.Time
	progress deck.Progress // as last seen
	bad      string        // what was said last of it that must not be overlooked; empty for nothing
	done     bool          // it is over, and kept until a snapshot shows what came of it
	batch    *batch        // that it is one of; nil for none
}

// do sends a request.
func (m *Model) do(req deck.Request, short string, now time.Time) tea.Cmd {
	req = m.register(req, short, nil, now)
	ctx, d := m.ctx, m.deck
	return func() tea.Msg {
		p, err := d.Do(ctx, req)
		return doneMsg{req: req, progress: p, err: err}
	}
}

// register notes a request that is about to be sent, perhaps one of a batch,
// and returns it as it is to be sent. It thaws the display, so that its result
// is seen.
func (m *Model) register(req deck.Request, short string, b *batch, now time.Time) deck.Request {
	req.Snapshot = m.live.Seq
	u := update{req: req, short: short, pressed: now, batch: b}
	u.progress = deck.Progress{Request: req, Outcome: deck.Requested, Asked: now}
	m.updates = append(m.updates, u)
	m.thaw()
	m.announce(&u, now)
	return req
}

// doBatch sends several requests, which the deck then owns, and brings the end
// of each.
func (m *Model) doBatch(reqs []deck.Request) tea.Cmd {
	ctx, d := m.ctx, m.deck
	ends := make([]chan doneMsg, len(reqs))
	cmds := []tea.Cmd{func() tea.Msg {
		d.DoAll(ctx, reqs, func(i int, p deck.Progress, err error) {
			ends[i] <- doneMsg{req: reqs[i], progress: p, err: err}
		})
		return nil
	}}
	for i := range reqs {
		ends[i] = make(chan doneMsg, 1)
		cmds = append(cmds, func() tea.Msg {
			select {
			case end := <-ends[i]:
				return end
			case <-ctx.Done():
				return nil
			}
		})
	}
	return tea.Batch(cmds...)
}

// underWay returns what is being done to a recording already, by whomever;
// empty for nothing.
func (m *Model) underWay(sid text.Text) string {
	for _, u := range m.updates {
		if u.req.SID == sid && u.done {
			return "the result of the last update is not on screen yet"
		}
		if u.req.SID == sid && !u.progress.Settled {
			return doing(u.req) + " it is under way (" + string(u.progress.Outcome) + "); one update at a time"
		}
	}
	if r := m.live.Find(sid); r != nil && r.Update != nil && !r.Update.Settled {
		return doing(r.Update.Request) + " it is under way (" + string(r.Update.Outcome) + "); one update at a time"
	}
	return ""
}

// follow says how this session's requests have come on, by a snapshot, and
// forgets the pauses that are over.
func (m *Model) follow(s *deck.Snapshot, now time.Time) {
	for i := range m.updates {
		u := &m.updates[i]
		r := s.Find(u.req.SID)
		if r == nil || r.Update == nil || r.Update.Request != u.req || r.Update.Asked.Before(u.pressed) || u.done {
			continue
		}
		m.step(u, *r.Update, now)
	}
	m.outdated(s, now)
	m.updates = slices.DeleteFunc(m.updates, func(u update) bool { return u.done && shows(s, &u) })
	for sid, id := range m.ownPauses {
		// A snapshot from before the pause says nothing about it.
		if r := s.Find(sid); r == nil || !r.Paused() && r.Update != nil && r.Update.ID >= id && !pending(r.Update) && !r.Update.Late(now) {
			delete(m.ownPauses, sid)
		}
	}
}

// pending reports whether nobody can tell yet what became of an update.
func pending(p *deck.Progress) bool {
	return p != nil && (!p.Settled || p.Outcome == deck.Unknown)
}

// step takes the next step of a request, and announces it.
func (m *Model) step(u *update, p deck.Progress, now time.Time) {
	old := u.progress
	u.progress = p
	if p.Request.Update.Status == api.Paused && p.Outcome != deck.Failed {
		m.ownPauses[u.req.SID] = p.ID
	}
	if old.Outcome != p.Outcome || old.Settled != p.Settled || old.Tries != p.Tries || old.Note != p.Note || offRecord(old) != offRecord(p) {
		m.announce(u, now)
	}
}

// done takes the end of a request of this session.
func (m *Model) done(msg doneMsg, now time.Time) {
	for i := range m.updates {
		u := &m.updates[i]
		if u.req != msg.req || u.progress.ID != 0 && msg.progress.ID != 0 && u.progress.ID != msg.progress.ID {
			continue
		}
		switch {
		case errors.Is(msg.err, m.ctx.Err()) && m.ctx.Err() != nil:
			// The session ends; the deck finishes the update by itself.
		case msg.err != nil && u.batch != nil:
			m.ended(u, msg.err, now)
		case msg.err != nil:
			m.complain("cannot "+u.req.Verb()+" …"+u.short+": "+m.whyNot(msg.err), "", now)
		default:
			m.step(u, msg.progress, now)
			if u.batch != nil {
				m.ended(u, nil, now)
			}
			if u.done = true; !shows(m.live, u) {
				return // until a snapshot does, the screen is from before it
			}
		}
		m.updates = append(m.updates[:i:i], m.updates[i+1:]...)
		return
	}
}

// shows reports whether a snapshot has what an update that is settled led to.
func shows(s *deck.Snapshot, u *update) bool {
	r := s.Find(u.req.SID)
	return r == nil || r.Update != nil && r.Update.ID >= u.progress.ID && (r.Update.ID > u.progress.ID || r.Update.Settled)
}

// whyNot says why the deck sent nothing.
func (m *Model) whyNot(err error) string {
	if busy, ok := errors.AsType[*deck.BusyError](err); ok {
		return doing(busy.Progress.Request) + " it is under way (" + string(busy.Progress.Outcome) + "); one update at a time"
	}
	switch {
	case errors.Is(err, deck.ErrReadOnly):
		return "tapedeck is read-only here"
	case errors.Is(err, deck.ErrNotFound):
		return "it is no longer known"
	case errors.Is(err, deck.ErrClosed):
		return "tapedeck is ending"
	}
	return text.New(err.Error()).String()
}

// announce says in the status line how far a request has come, in the place of
// what was said of it before; of a batch only its end is said, with all others.
func (m *Model) announce(u *update, now time.Time) {
	if u.batch != nil {
		return
	}
	words, hint, bad := progressWords(u.progress, u.short)
	m.status.Withdraw(u.bad)
	if u.bad = ""; bad {
		u.bad = words
	}
	if why := offRecord(u.progress); why != "" {
		if bad {
			u.bad = words + "; " + why
			m.status.Complain(status.Said{Request: u.req, Short: u.short, Words: u.bad}, hint, now)
			return
		}
		why = "…" + u.short + " " + why
		m.status.WithdrawAll(why) // of the step before
		m.complain(why, "", now)
		m.say(words, now)
		return
	}
	if bad {
		m.status.Complain(status.Said{Request: u.req, Short: u.short, Words: words}, hint, now)
		return
	}
	m.say(words, now)
	if u.progress.Outcome == deck.Verified {
		m.status.Done(u.req)
	}
}

// offRecord says that an update is not in the journal, and why; empty when it
// is.
func offRecord(p deck.Progress) string {
	if p.OffRecord == nil || errors.Is(p.Err, deck.ErrNotOnRecord) { // which says it
		return ""
	}
	return "not on record: " + text.New(p.OffRecord.Error()).String()
}

// progressWords says how far a request has come, with the next step where
// there is one, and whether it must not be overlooked.
func progressWords(p deck.Progress, short string) (words, hint string, bad bool) {
	req, name := p.Request, " …"+short
	if req.ByTimer {
		name += " by the auto-resume of " + text.New(req.Actor.Name()).String()
	}
	with := ""
	if b := req.Update.PauseBehavior; b != "" {
		with = " with " + string(b)
	}
	switch p.Outcome {
	case deck.Verified:
		words = did(req) + name + with + ": verified in " + times.Seconds(p.Done.Sub(p.Asked))
		if p.WasLate {
			words = did(req) + name + with + ": verified late, after " + times.Seconds(p.Done.Sub(p.Asked))
		}
	case deck.Accepted:
		words = doing(req) + name + with + ": accepted, checking"
		if p.Settled {
			words = did(req) + name + with + ": accepted"
		}
	case deck.Contradicted:
		words, bad = req.Verb()+name+with+": contradicted", true
	case deck.Failed:
		words, bad = req.Verb()+name+": failed: "+cause(p.Err), true
		hint = nextStep(p.Err)
	case deck.Unknown:
		words, bad = req.Verb()+name+": unknown: it may or may not have been done; checking", true
		if p.Settled {
			words = req.Verb() + name + ": unknown: it may or may not have been done; look at its status"
		}
		if p.Err != nil {
			words += " (" + api.Reason(p.Err) + ")"
		}
	default:
		words = doing(req) + name + with + ": " + string(p.Outcome)
		if req.Again {
			words = req.Verb() + name + with + " sent once more: " + string(p.Outcome)
		}
	}
	if n := p.Tries - p.ByHand; n > 1 {
		words += fmt.Sprintf(", sent %d times after HTTP 429", n)
	}
	switch {
	case p.ByHand == 1:
		words += ", sent once more by hand"
	case p.ByHand > 1:
		words += fmt.Sprintf(", sent %d more times by hand", p.ByHand)
	}
	words += resumesIn(p)
	if p.Note != "" && (p.Outcome != deck.Unknown || p.Settled) {
		words += ": " + text.New(p.Note).String()
	}
	return words, hint, bad
}

// cause says why a request failed: the API's words where it answered, else the
// reason in short.
func cause(err error) string {
	if err == nil {
		return "no reason known"
	}
	if words, ok := notOnRecord(err); ok {
		return words
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.Error()
	}
	return deck.Reason(err)
}

// doing and did return the verb of a request as what goes on and what is done.
func doing(req deck.Request) string { return inflect(req, "ing") }
func did(req deck.Request) string   { return inflect(req, "ed") }

func inflect(req deck.Request, ending string) string {
	switch v := req.Verb(); v {
	case "stop":
		return "stopp" + ending
	case "pause", "resume":
		return strings.TrimSuffix(v, "e") + ending
	default:
		return "updat" + ending
	}
}

// pausedHere returns the recordings that this session has paused and that are
// paused still, or may be, for the question before quitting.
func (m *Model) pausedHere() []string {
	var out []string
	seen := map[text.Text]bool{}
	for _, u := range m.updates {
		if u.req.Update.Status == api.Paused && !u.progress.Settled && !seen[u.req.SID] {
			seen[u.req.SID] = true
			out = append(out, "…"+u.short+"  the pause is under way")
		}
	}
	for _, r := range m.live.Recordings {
		if _, mine := m.ownPauses[r.SID]; mine && !seen[r.SID] && (r.Paused() || r.Active() && pending(r.Update)) {
			dropped := ""
			if !r.Timer.At.IsZero() {
				dropped = "its auto-resume will not be done  "
			}
			out = append(out, "…"+m.list.ShortSID(r.SID)+"  "+dropped+m.who(r))
		}
	}
	return out
}
