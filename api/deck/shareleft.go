package deck

import (
	"cmp"
	"slices"
	"time"

	"tapedeck/api/share"
)

// LeftElsewhere is a pause that lasts and was left behind on another host: its
// session has ended there, or the host is gone.
type LeftElsewhere struct {
	Recording *Recording
	Host      string
	Actor     string // who paused it, or acknowledged it last, with the host
	Role      string // that the actor had there; empty for none
	Paused    time.Time
	Ended     time.Time // local: when the session ended, or the host was heard of last; zero when that is not known
	Why       string
}

// SayLeft tells the other hosts that a pause is left behind here. Paused and ended are
// the server's and the local time.
func (d *Deck) SayLeft(of Key, actor Actor, role, why string, paused, ended time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.find(of.SID)
	if d.sh == nil || e == nil || !e.view.Paused() {
		return
	}
	l := &share.Left{Updated: plain(e.view.Updated), Paused: plain(paused), Actor: actor, Role: role, Why: why}
	if !ended.IsZero() {
		l.Ended = plain(d.serverTime(ended))
	}
	if at := e.view.Timer.At; !at.IsZero() {
		l.Until = plain(d.serverTime(at))
	}
	d.sh.say(of.SID, factLeft, share.Fact{Left: l})
}

// SayTaken tells the other hosts that somebody looks after a pause again that was
// left behind here.
func (d *Deck) SayTaken(of Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sh != nil {
		d.sh.say(of.SID, factLeft, share.Fact{})
	}
}

// AckedElsewhere reports whether somebody on another host has acknowledged a pause
// since a local time.
func (d *Deck) AckedElsewhere(of Key, since time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.find(of.SID)
	return d.sh != nil && e != nil && e.view.Paused() && e.known().ackFrom != "" && !e.known().ackedAt.Before(d.serverTime(since))
}

// LeftElsewhere returns the pauses that were left behind on other hosts, and those
// of hosts that are gone, and that nobody looks after: without an auto-resume, and
// not acknowledged since. The oldest pause is the first.
func (d *Deck) LeftElsewhere() (list []LeftElsewhere) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sh == nil {
		return nil
	}
	for sid, facts := range d.sh.told {
		e := d.find(sid)
		if e == nil || !e.view.Paused() || !e.view.Timer.At.IsZero() {
			continue
		}
		if l, ok := d.sh.leftOf(e, facts); ok && (e.known().ackedAt.IsZero() || e.known().ackedAt.Before(d.serverTime(l.Ended))) {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b LeftElsewhere) int {
		return cmp.Or(a.Paused.Compare(b.Paused), cmp.Compare(a.Recording.SID.String(), b.Recording.SID.String()))
	})
	return list
}

// leftOf returns how the pause of an entry was left behind, by what the other hosts
// say; ok is false where it was not. The mutex must be held.
func (s *shared) leftOf(e *entry, facts map[teller]share.Told) (out LeftElsewhere, ok bool) {
	for who, t := range facts {
		host := s.hosts[who.host]
		one := LeftElsewhere{Recording: e.view, Host: clean(who.host), Paused: e.view.Pause.Since}
		switch {
		case who.kind == factLeft && s.samePauseAs(e.view, t.Left.Updated, t.Left.Paused):
			one.Actor, one.Role, one.Why = s.whoOf(t.Left.Actor, who.host).Name(), clean(t.Left.Role), clean(t.Left.Why)
			if !t.Left.Ended.IsZero() {
				one.Ended = t.Left.Ended.Add(-s.deck.clock.offset).Local()
			}
		case who.kind == factPause && host.Gone && !t.Pause.Actor.Command && e.known().from == who.host &&
			s.samePauseAs(e.view, t.Pause.Updated, t.Pause.Since):
			one.Actor, one.Ended, one.Why = s.whoOf(t.Pause.Actor, who.host).Name(), host.Heard, "host "+clean(who.host)+" is gone"
		default:
			continue
		}
		if one.Actor != "" && (!ok || one.Ended.After(out.Ended)) {
			out, ok = one, true
		}
	}
	return out, ok
}
