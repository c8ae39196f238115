package deck

import (
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// samePauseAs reports whether a pause that somebody tells of is the one that a
// recording is in: by date_updated where both have it, else by its time. The mutex
// must be held.
func (s *shared) samePauseAs(r *Recording, updated, since time.Time) bool {
	if !r.Paused() {
		return false
	}
	if !updated.IsZero() && !r.Updated.IsZero() {
		return updated.Equal(r.Updated)
	}
	_, same := s.deck.lasting(r.Recording, r.Pause, since)
	return same
}

// takePause takes in what a host knows of the pause that an entry is in: the
// earliest exact time, and who made it. Of two that say that they made it, the
// earlier one did, and of two at the same moment the host with the first name: so
// every host comes to the same. The mutex must be held.
func (s *shared) takePause(e *entry, t share.Told) {
	p, old := t.Pause, e.view.Pause
	if !s.samePauseAs(e.view, p.Updated, p.Since) {
		return
	}
	next := old
	exact := !p.AtLeast && s.possible(e.view.Recording, p.Since)
	if exact && (old.AtLeast || p.Since.Before(old.Since)) {
		next.Since, next.AtLeast, next.looked = p.Since.UTC(), false, p.Looked
	}
	who := s.whoOf(p.Actor, t.Host)
	mine := e.known().from
	if mine == "" {
		mine = s.store.Host()
	}
	first := old.Actor == "" || exact && t.Host != mine && (p.Since.Before(e.known().madeAt) || p.Since.Equal(e.known().madeAt) && t.Host < mine)
	if name := who.Name(); name != "" && first && !(t.Own && old.Actor != "") {
		next.Actor, next.Behavior, next.Group, next.Recorded = name, api.PauseBehavior(clean(p.Behavior)), p.Group, true
		w := e.whose()
		w.paused, w.madeAt, w.from = who, p.Since, s.other(t)
	}
	if next != old {
		e.change(func(r *Recording) { r.Pause = next })
	}
}

// possible reports whether a pause of a recording may have begun then: not before
// the recording did, not in the future, and where the API dates the last change, at
// about that time. The mutex must be held.
func (s *shared) possible(r api.Recording, since time.Time) bool {
	now := s.deck.serverTime(time.Now())
	switch dated := !r.Created.IsZero() && r.Updated.After(r.Created.Add(time.Second)); {
	case since.IsZero() || since.After(now.Add(time.Second)):
		return false
	case dated:
		return since.Sub(r.Updated).Abs() <= samePause
	}
	return r.Created.IsZero() || !since.Before(r.Created.Add(-samePause))
}

// maxAck is for how long another host can have an alarm silent.
const maxAck = 24 * time.Hour

// takeAck takes in an acknowledgement that is later than the one that is known. The
// mutex must be held.
func (s *shared) takeAck(e *entry, t share.Told) {
	a := t.Ack
	ack, who := s.ackOf(t)
	switch trouble := e.view.Trouble; {
	case a.About == aboutTrouble:
		if since := trouble.Since.Add(s.deck.clock.offset); trouble.Standing() && a.At.After(since) {
			e.change(func(r *Recording) { r.Trouble.Acked = true })
		}
	case a.About != "" && a.About != aboutPause, !a.At.After(e.known().ackedAt):
	case s.samePauseAs(e.view, a.Updated, e.view.Pause.Since) && !a.At.Before(e.view.Pause.Since.Add(-samePause)):
		e.ackedBy(who, a.At)
		e.who.ackFrom = s.other(t)
		e.change(func(r *Recording) { r.Ack = ack })
	}
}

// ackOf returns an acknowledgement as it is shown, and who gave it. The mutex must
// be held.
func (s *shared) ackOf(t share.Told) (Ack, Actor) {
	a, who := t.Ack, s.whoOf(t.Ack.Actor, t.Host)
	until := a.Until
	if latest := s.deck.serverTime(time.Now()).Add(maxAck); until.After(latest) {
		until = latest
	}
	return Ack{Actor: who.Name(), Reason: clean(a.Reason), Until: until.UTC()}, who
}

// What an acknowledgement is about.
const (
	aboutPause      = "pause"
	aboutTrouble    = "trouble"
	aboutUnrecorded = "unrecorded"
)

// takeAckUnrecorded silences the alarm of a call or a conference without a recording
// that another host has acknowledged. The mutex must be held.
func (d *Deck) takeAckUnrecorded(sid text.Text) {
	one := d.coverage.open[sid]
	if d.sh == nil || one == nil || one.row == nil {
		return
	}
	for who, t := range d.sh.told[sid] {
		if who.kind != factAck || t.Ack.About != aboutUnrecorded || !t.Ack.At.After(one.ackedAt) || !t.Ack.At.After(one.since) {
			continue
		}
		one.ackedAt = t.Ack.At
		ack, _ := d.sh.ackOf(t)
		d.setAckUnrecorded(one, ack)
	}
}

// setAckUnrecorded shows an acknowledgement of a call or a conference without a
// recording. The mutex must be held.
func (d *Deck) setAckUnrecorded(one *candidate, ack Ack) {
	row := *one.row
	row.Ack = ack
	d.coverage.rows = slices.Clone(d.coverage.rows) // snapshots share the other
	if i := slices.Index(d.coverage.rows, one.row); i >= 0 {
		d.coverage.rows[i] = &row
	}
	one.ack, one.row = ack, &row
}

// ackTime returns when an acknowledgement is given now: after all that were known.
// The mutex must be held.
func (d *Deck) ackTime(before time.Time) time.Time {
	now := d.serverTime(time.Now())
	if !now.After(before) {
		now = before.Add(time.Millisecond)
	}
	return now
}

// sayAll tells the others what has changed of what this deck knows. It waits for
// nothing. The mutex must be held.
func (s *shared) sayAll() {
	if s.deck.closed {
		return // what lasts is said to last
	}
	for _, e := range s.deck.order {
		if e.view != e.sayed {
			e.sayed = e.view
			s.say(e.view.SID, factPause, s.pauseOf(e))
			s.say(e.view.SID, factAck, s.ackFactOf(e))
		}
	}
}

// say tells the others a fact of a kind, if it is not what was said last; one
// without any is taken back. The mutex must be held.
func (s *shared) say(sid text.Text, kind string, f share.Fact) {
	last, was := s.said[sid][kind]
	if factKind(f) == "" {
		if was {
			delete(s.said[sid], kind)
			if len(s.said[sid]) == 0 {
				delete(s.said, sid)
			}
			s.store.Put(s.key(sid), overOf(kind))
		}
		return
	}
	if was && sameFact(last, f) {
		return
	}
	if s.said[sid] == nil {
		s.said[sid] = map[string]share.Fact{}
	}
	s.said[sid][kind] = f
	s.store.Put(s.key(sid), f)
}

func sameFact(a, b share.Fact) bool {
	switch {
	case a.Pause != nil && b.Pause != nil:
		return *a.Pause == *b.Pause
	case a.Ack != nil && b.Ack != nil:
		return *a.Ack == *b.Ack
	case a.Left != nil && b.Left != nil:
		return *a.Left == *b.Left
	}
	return false
}

// pauseOf returns what this deck knows of a pause by itself: who made it, or at
// least when it was seen to begin, where the API does not date it.
func (s *shared) pauseOf(e *entry) (f share.Fact) {
	p := e.view.Pause
	if !e.view.Paused() || e.known().from != "" || p.Actor == "" && (p.AtLeast || !p.looked) {
		return f
	}
	out := share.Pause{
		Updated: plain(e.view.Updated), Since: plain(p.Since), AtLeast: p.AtLeast, Looked: p.looked,
		Behavior: string(p.Behavior), Group: p.Group,
	}
	if p.Actor != "" {
		w := e.whose()
		if w.madeAt.IsZero() {
			w.madeAt = p.Since
		}
		out.Actor, out.Since = w.paused, plain(w.madeAt)
	}
	if e.own != nil && !p.Recorded {
		out.Request = e.own.p.JournalID
	}
	for who, t := range s.told[e.view.SID] {
		if p.Actor == "" && who.kind == factPause && s.samePauseAs(e.view, t.Pause.Updated, t.Pause.Since) {
			return f // somebody knows as much
		}
	}
	f.Pause = &out
	return f
}

func (s *shared) ackFactOf(e *entry) (f share.Fact) {
	w := e.known()
	a := share.Ack{Updated: plain(e.view.Updated), About: aboutPause, At: plain(w.ackedAt), Actor: w.acked}
	switch {
	case w.ackFrom != "" || w.ackedAt.IsZero():
		return f
	case e.view.Ack != (Ack{}):
		a.Until, a.Reason = plain(e.view.Ack.Until), e.view.Ack.Reason
	case e.view.Trouble.Acked:
		a.About = aboutTrouble
	default:
		return f
	}
	f.Ack = &a
	return f
}

// ackedBy notes who has acknowledged, on this host, and when by the server's clock.
func (e *entry) ackedBy(who Actor, at time.Time) {
	w := e.whose()
	w.acked, w.ackFrom, w.ackedAt = who, "", at
}

// other returns the host that says something; empty for this one.
func (s *shared) other(t share.Told) string {
	if t.Host == s.store.Host() {
		return ""
	}
	return t.Host
}

// plain returns a time as it is shared.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }

// tidy takes back what this deck, or an earlier process of this host, said of what
// is over. The mutex must be held, after a complete poll.
func (s *shared) tidy() {
	for sid, facts := range s.told {
		for who, t := range facts {
			if t.Own && s.deck.find(sid) == nil && !s.sought[sid] && t.Pause != nil {
				s.sought[sid] = true // it may be older than the polls look back
				s.look(sid)
			} else if t.Own && s.isOver(sid, t) {
				delete(facts, who)
				s.store.Put(s.key(sid), overOf(who.kind))
			}
		}
		if len(facts) == 0 {
			delete(s.told, sid)
			delete(s.sought, sid)
		}
	}
	for sid, facts := range s.said {
		for kind, f := range facts {
			if s.deck.find(sid) == nil && s.isOver(sid, share.Told{Fact: f}) {
				s.say(sid, kind, share.Fact{})
			}
		}
	}
	now := time.Now()
	for sid, st := range s.timers {
		if e := s.deck.find(sid); st.over() && !st.busy && (e == nil || !e.view.Paused()) && now.Sub(st.heard) > time.Minute {
			delete(s.timers, sid)
		}
	}
}

// isOver reports whether what was said does not hold any more. The mutex must be
// held.
func (s *shared) isOver(sid text.Text, t share.Told) bool {
	e := s.deck.find(sid)
	switch {
	case t.Ack != nil && t.Ack.About == aboutUnrecorded:
		one := s.deck.coverage.open[sid]
		return s.deck.coverage.on && (one == nil || one.row == nil)
	case e == nil:
		return true
	case t.Ack != nil && t.Ack.About == aboutTrouble:
		return e.view.Trouble.Kind == ""
	case t.Pause != nil:
		return !s.samePauseAs(e.view, t.Pause.Updated, t.Pause.Since)
	case t.Ack != nil:
		return !e.view.Paused() || !t.Ack.Updated.IsZero() && !t.Ack.Updated.Equal(e.view.Updated)
	case t.Left != nil:
		return !e.view.Paused() || !t.Left.Updated.IsZero() && !t.Left.Updated.Equal(e.view.Updated)
	}
	return false
}

// polled takes in that a poll has ended, which was complete or not. The mutex must
// be held.
func (s *shared) polled(complete bool) {
	for sid := range s.told {
		if s.deck.find(sid) == nil {
			s.deck.takeAckUnrecorded(sid)
		}
	}
	if complete && s.state.Connected {
		s.tidy()
	}
}
