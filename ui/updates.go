package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/requests"
	"tapedeck/ui/status"
)

// openedMsg brings what is wrong with the record of updates when the session
// opens.
type openedMsg struct{ err error }

// opened says what is wrong with the record of updates.
func (m *Model) opened(msg openedMsg, now time.Time) {
	if msg.err != nil {
		m.complain(text.New(msg.err.Error()).String(), "updates go out all the same, unless journal_required is set", now)
	}
}

// tell says what there is to say of requests.
func (m *Model) tell(news []requests.News, now time.Time) {
	for _, n := range news {
		m.status.Withdraw(n.Instead)
		if n.Bad {
			m.status.Complain(status.Said{Request: n.Request, Short: n.Short, Words: n.Words}, n.Hint, now)
			continue
		}
		if n.OffRecord != "" {
			m.status.WithdrawAll(n.OffRecord) // of the step before
			m.complain(n.OffRecord, "", now)
		}
		if m.say(n.Words, now); n.Done {
			m.status.Done(n.Request)
		}
	}
}

// do sends a request. It thaws the display, so that its result is seen.
func (m *Model) do(req deck.Request, short string, now time.Time) tea.Cmd {
	m.thaw()
	news, cmd := m.requests.Send(requests.Named{Request: req, Short: short}, m.live, now)
	m.tell([]requests.News{news}, now)
	return cmd
}

// doMany sends several requests, some at a time, and asks for those that still
// record the same conversations.
func (m *Model) doMany(reqs []deck.Request, key string, now time.Time) tea.Cmd {
	named := make([]requests.Named, len(reqs))
	for i, req := range reqs {
		named[i] = requests.Named{Request: req, Short: m.called(req.Key())}
	}
	if slices.ContainsFunc(reqs, func(r deck.Request) bool { return m.underWay(r.Key()) == "" }) {
		m.thaw()
	}
	news, cmd := m.requests.SendAll(named, m.list.Marks()[reqs[0].Key()], m.live, now)
	m.tell(news, now)
	m.askSiblings(reqs, key, now)
	return cmd
}

// done takes the end of a request of this session. One of several that went well
// loses its mark.
func (m *Model) done(msg requests.DoneMsg, now time.Time) {
	news, well := m.requests.Done(msg, m.live)
	if !well.IsZero() {
		m.list.Unmark(func(of deck.Key) bool { return of == well })
	}
	m.tell(news, now)
}

// follow says how this session's requests have come on, by a snapshot.
func (m *Model) follow(s *deck.Snapshot, now time.Time) {
	m.tell(m.requests.Follow(s, now), now)
	m.outdated(s, now)
}

// outdated takes back what was said of a pause or resume that is over, and of an
// update that proved to be done after all.
func (m *Model) outdated(s *deck.Snapshot, now time.Time) {
	for _, said := range m.status.Requests() {
		r := s.Lookup(said.Request.Key())
		if r != nil && r.Update != nil && r.Update.Request == said.Request && r.Update.Outcome == deck.Verified {
			m.status.Withdraw(said.Words)
			words, _, _ := requests.Words(*r.Update, said.Short)
			m.say(words, now)
			m.status.Done(said.Request)
		}
	}
	m.status.Follow(s)
}

// underWay returns what is being done to a recording already, by whomever;
// empty for nothing.
func (m *Model) underWay(of deck.Key) string { return m.requests.UnderWay(m.live, of) }

// pausedHere returns the recordings that this session has paused and that are
// paused still, or may be, for the question before quitting.
func (m *Model) pausedHere() []string {
	return m.requests.Paused(m.live, m.o.Zone, func(r *deck.Recording) (short, who string) { return m.called(r.Key()), m.who(r) })
}
