// Package requests is what one session has asked of the deck, and what came of
// it.
//
// What is to be said is a return value: [News] of each step of a request, of the
// end of several that one answer asked for, and of the auto-resumes that the deck
// does. Nothing here knows the screen.
package requests

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// Deck is what carries requests out.
type Deck interface {
	// Do carries a request out and returns when its outcome is settled. The
	// error is why nothing was sent.
	Do(ctx context.Context, req deck.Request) (deck.Progress, error)
	// DoAll carries several requests out, and calls result for each that is
	// settled or refused.
	DoAll(ctx context.Context, reqs []deck.Request, result func(i int, p deck.Progress, err error))
}

// DoneMsg brings the end of a request that this session made.
type DoneMsg struct {
	req      deck.Request
	progress deck.Progress
	err      error // why nothing was sent
}

// Named is a request, and the end of its recording's SID that tells it apart.
type Named struct {
	Request deck.Request
	Short   string
}

// News is what there is to say of a request.
type News struct {
	Named          // zero for several requests
	Words   string // how far it has come, or why nothing was sent
	Hint    string // the next step; empty for none
	Bad     bool   // it must not be overlooked
	Instead string // what was said of it and does not hold any more; empty for nothing
	// OffRecord says that it is not in the journal, and why; empty when it is,
	// and when Words say so.
	OffRecord string
	Done      bool // it says that the request was done
}

// Model is the requests of one session.
type Model struct {
	ctx        context.Context
	deck       Deck
	updates    []update              // under way
	own        map[deck.Key]uint64   // paused by this session, and the ID of the request
	timersLast bool                  // beyond the session
	timers     map[deck.Key]autoStep // the last of each auto-resume that was said; nil before the first snapshot
}

// update is a request that is under way.
type update struct {
	Named
	pressed  time.Time
	progress deck.Progress // as last seen
	bad      string        // what was said last of it that must not be overlooked; empty for nothing
	done     bool          // it is over, and kept until a snapshot shows what came of it
	batch    *batch        // that it is one of; nil for none
}

// New returns the requests of a session that lasts until ctx ends.
func New(ctx context.Context, d Deck) Model {
	return Model{ctx: ctx, deck: d, own: map[deck.Key]uint64{}}
}

// Send sends a request, of what a snapshot showed.
func (m *Model) Send(n Named, s *deck.Snapshot, now time.Time) (News, tea.Cmd) {
	u := m.register(n, s, nil, now)
	ctx, d, req := m.ctx, m.deck, u.Request
	return u.announce(), func() tea.Msg {
		p, err := d.Do(ctx, req)
		return DoneMsg{req: req, progress: p, err: err}
	}
}

// register notes a request that is about to be sent, perhaps one of a batch.
func (m *Model) register(n Named, s *deck.Snapshot, b *batch, now time.Time) *update {
	n.Request.Snapshot = s.Seq
	u := update{Named: n, pressed: now, batch: b}
	u.progress = deck.Progress{Request: n.Request, Outcome: deck.Requested, Asked: now}
	m.updates = append(m.updates, u)
	return &m.updates[len(m.updates)-1]
}

// Insist tells the deck that a pause under way has been asked for again: it is
// sent once more should its connection be one that the network forgot.
func (m *Model) Insist(of deck.Key, by deck.Actor) tea.Cmd {
	ctx, d := m.ctx, m.deck
	req := deck.Request{SID: of.SID, Profile: of.Profile, Update: api.Update{Status: api.Paused}, Actor: by, Insist: true}
	return func() tea.Msg {
		_, _ = d.Do(ctx, req) // what is under way is on the screen
		return nil
	}
}

// Follow takes a snapshot: how the requests have come on. It forgets the pauses
// that are over.
func (m *Model) Follow(s *deck.Snapshot, now time.Time) (news []News) {
	for i := range m.updates {
		u := &m.updates[i]
		r := s.Lookup(u.Request.Key())
		if r == nil || r.Update == nil || r.Update.Request != u.Request || r.Update.Asked.Before(u.pressed) || u.done {
			continue
		}
		news = append(news, m.step(u, *r.Update)...)
	}
	m.updates = slices.DeleteFunc(m.updates, func(u update) bool { return u.done && shows(s, &u) })
	m.forget(s, now)
	return news
}

// step takes the next step of a request, and says it.
func (m *Model) step(u *update, p deck.Progress) []News {
	old := u.progress
	u.progress = p
	if p.Request.Update.Status == api.Paused && p.Outcome != deck.Failed {
		m.own[u.Request.Key()] = p.ID
	}
	same := old.Outcome == p.Outcome && old.Settled == p.Settled && old.Tries == p.Tries && old.Note == p.Note && offRecord(old) == offRecord(p)
	if same || u.batch != nil { // of a batch only the end is said, with all others
		return nil
	}
	return []News{u.announce()}
}

// announce says how far a request has come.
func (u *update) announce() News {
	n := News{Named: u.Named, Instead: u.bad, Done: u.progress.Outcome == deck.Verified}
	n.Words, n.Hint, n.Bad = Words(u.progress, u.Short)
	switch why := offRecord(u.progress); {
	case why != "" && n.Bad:
		n.Words += "; " + why
	case why != "":
		n.OffRecord, n.Done = "…"+u.Short+" "+why, false
	}
	if u.bad = ""; n.Bad {
		u.bad = n.Words
	}
	return n
}

// Done takes the end of a request, of which the latest snapshot may not know
// yet. Well is a recording whose update was one of several and went well; zero
// for none.
func (m *Model) Done(msg DoneMsg, s *deck.Snapshot) (news []News, well deck.Key) {
	for i := range m.updates {
		u := &m.updates[i]
		if u.Request != msg.req || u.progress.ID != 0 && msg.progress.ID != 0 && u.progress.ID != msg.progress.ID {
			continue
		}
		switch {
		case errors.Is(msg.err, m.ctx.Err()) && m.ctx.Err() != nil:
			// The session ends; the deck finishes the update by itself.
		case msg.err != nil && u.batch != nil:
			news, well = u.ended(msg.err)
		case msg.err != nil:
			news = []News{{Words: "cannot " + u.Request.Verb() + " …" + u.Short + ": " + WhyNot(msg.err), Bad: true}}
		default:
			news = m.step(u, msg.progress)
			if u.batch != nil {
				news, well = u.ended(nil)
			}
			if u.done = true; !shows(s, u) {
				return news, well // until a snapshot does, the screen is from before it
			}
		}
		m.updates = append(m.updates[:i:i], m.updates[i+1:]...)
		return news, well
	}
	return nil, well
}

// shows reports whether a snapshot has what an update that is settled led to.
func shows(s *deck.Snapshot, u *update) bool {
	r := s.Lookup(u.Request.Key())
	return r == nil || r.Update != nil && r.Update.ID >= u.progress.ID && (r.Update.ID > u.progress.ID || r.Update.Settled)
}
