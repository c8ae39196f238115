package deck

import (
	"context"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/journal"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// shared is what the deck tells the other hosts and hears of them. A deck whose
// Store says that there can be no others has none.
//
// What another host says of a recording counts only where the API's own word fits:
// it is paused, and was not changed since. What is newer than the last look at the
// recording has it read at once; until then the screen stays with what the API
// said last.
type shared struct {
	deck           *Deck
	store          share.Store
	space, project string
	wake           chan struct{} // the auto-resumes are to be looked at

	// The deck's mutex guards what follows.
	state  share.State
	hosts  map[string]share.Host
	told   map[text.Text]map[teller]share.Told // by others, and not over
	said   map[text.Text]map[string]share.Fact // by this deck, and not over; by kind
	timers map[text.Text]*sharedTimer
	looks  map[text.Text]*look
	sought map[text.Text]bool // read by themselves, for an earlier process of this host has told of them
	due    bool               // a snapshot is about to be published
	ctx    context.Context
	group  sync.WaitGroup // the reads that others have asked for by what they said
}

// teller is who says something, and what kind of thing.
type teller struct{ host, kind string }

// The kinds of facts.
const (
	factPause = "pause"
	factAck   = "ack"
	factLeft  = "left"
)

func factKind(f share.Fact) string {
	switch {
	case f.Pause != nil:
		return factPause
	case f.Ack != nil:
		return factAck
	case f.Left != nil:
		return factLeft
	}
	return ""
}

// overOf returns the fact that takes back one of a kind.
func overOf(kind string) share.Fact {
	f := share.Fact{Over: true}
	switch kind {
	case factPause:
		f.Pause = &share.Pause{}
	case factAck:
		f.Ack = &share.Ack{}
	case factLeft:
		f.Left = &share.Left{}
	}
	return f
}

// newShared returns what a deck shares by its Store; nil for nothing.
func newShared(d *Deck) *shared {
	store := d.config.Share
	if store == nil || !store.State().Shared {
		return nil
	}
	of := share.Key{Space: d.config.Space, Project: d.config.Project}.Normal()
	return &shared{
		deck: d, store: store, space: of.Space, project: of.Project,
		wake: make(chan struct{}, 1), state: store.State(),
		hosts: map[string]share.Host{}, told: map[text.Text]map[teller]share.Told{}, said: map[text.Text]map[string]share.Fact{},
		timers: map[text.Text]*sharedTimer{}, looks: map[text.Text]*look{}, sought: map[text.Text]bool{},
	}
}

// key names a recording, a call or a conference among all hosts.
func (s *shared) key(sid text.Text) share.Key {
	return share.Key{Space: s.space, Project: s.project, SID: sid.String()}
}

// ours reports whether something is about the deck's project.
func (s *shared) ours(k share.Key) bool { return k.Space == s.space && k.Project == s.project }

// run hears the other hosts and looks after the auto-resumes until ctx ends.
func (s *shared) run(ctx context.Context) {
	s.deck.mu.Lock()
	s.ctx = ctx
	s.deck.mu.Unlock()
	cancel := s.store.Watch(s.hear)
	s.attend(ctx)
	cancel()
	s.deck.mu.Lock()
	s.ctx = nil // nothing is begun any more
	s.deck.mu.Unlock()
	s.group.Wait()
}

// hear takes in one event.
func (s *shared) hear(e share.Event) {
	s.deck.mu.Lock()
	defer s.deck.mu.Unlock()
	switch {
	case e.Told != nil && s.ours(e.Told.Key):
		s.hearFact(*e.Told)
	case e.Timer != nil && s.ours(e.Timer.Key) && !e.Timer.Local:
		s.hearTimer(*e.Timer)
	case e.Host != nil:
		h := *e.Host
		h.Name, h.Version = clean(h.Name), clean(h.Version)
		s.hosts[e.Host.Name] = h
		s.nudge() // who is gone sets nothing off
	case e.State != nil:
		s.state = *e.State
		s.nudge()
	default:
		return
	}
	s.publishSoon()
}

func clean(s string) string { return text.New(s).String() }

// nudge has the auto-resumes looked at.
func (s *shared) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// gathers is for how long events are gathered that one snapshot is published for.
const gathers = 2 * time.Millisecond

// publishSoon publishes a snapshot in a moment. The mutex must be held.
func (s *shared) publishSoon() {
	if s.due {
		return
	}
	s.due = true
	time.AfterFunc(gathers, func() {
		defer crash.Guard()
		s.deck.mu.Lock()
		defer s.deck.mu.Unlock()
		s.due = false
		s.deck.publish()
	})
}

// hearFact takes in what another host, or another process of this one, says. The
// mutex must be held.
func (s *shared) hearFact(t share.Told) {
	sid, who := text.New(t.SID), teller{t.Host, factKind(t.Fact)}
	if t.Over {
		delete(s.told[sid], who)
		if len(s.told[sid]) == 0 {
			delete(s.told, sid)
		}
	} else {
		if s.told[sid] == nil {
			s.told[sid] = map[teller]share.Told{}
		}
		s.told[sid][who] = t
	}
	e := s.deck.find(sid)
	switch {
	case t.Ack != nil && e == nil:
		s.deck.takeAckUnrecorded(sid)
	case e != nil:
		s.deck.takeShared(e)
	}
	if t.Pause != nil && s.news(e, t) {
		s.look(sid)
	}
}

// news reports whether a pause that somebody tells of, or its end, is newer than
// what is known of the recording, if it is known at all. The mutex must be held.
func (s *shared) news(e *entry, t share.Told) bool {
	p := t.Pause
	switch {
	case e == nil:
		now, sure := s.deck.spaceNow(time.Now())
		return sure && !t.Over && !s.deck.health.Complete.IsZero() && now.Sub(p.Since) < lookBackAtOnce
	case !e.view.Active():
		return false
	case t.Over:
		return e.view.Paused() && (p.Updated.IsZero() || p.Updated.Equal(e.view.Updated))
	case p.Updated.IsZero() || e.view.Updated.IsZero():
		return !e.view.Paused() && p.Since.After(s.deck.serverTime(e.read))
	}
	return p.Updated.After(e.view.Updated) || p.Updated.Equal(e.view.Updated) && !e.view.Paused() // in the same second
}

// lookBackAtOnce is how old the pause of a recording may be that nobody here knows
// for it to be read at once. An older one is for the polls.
const lookBackAtOnce = time.Minute

// whoOf returns who is behind what a host says. The user's number means nothing on
// this host, and all of it is that host's word.
func (s *shared) whoOf(who journal.Who, host string) Actor {
	name := who.Name()
	if host == s.store.Host() || name == "" {
		return who
	}
	return Actor{Actor: clean(name) + " (" + clean(host) + ")", SSHKey: who.SSHKey, Claimed: true}
}

// spaceNow returns the time by the clock of the space at a local time; sure is false
// while it is not known: before the first answer, and after the local clock was set
// or the machine has slept, until the next one. The mutex must be held.
func (d *Deck) spaceNow(now time.Time) (space time.Time, sure bool) {
	sure = !d.clock.at.IsZero() && stepped(d.clock.at, now).Abs() <= maxDrift
	return d.serverTime(now), sure
}

// takeShared gives an entry what other hosts know of the pause that it is in. The
// mutex must be held.
func (d *Deck) takeShared(e *entry) {
	if d.sh == nil || d.closed {
		return
	}
	for _, t := range d.sh.told[e.view.SID] {
		switch {
		case t.Pause != nil:
			d.sh.takePause(e, t)
		case t.Ack != nil:
			d.sh.takeAck(e, t)
		}
	}
	d.sh.showTimer(e)
}
