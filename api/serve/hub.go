package serve

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// keepMerged is how many merged snapshots are known by their number, which says
// what a person saw.
const keepMerged = 1024

// hub merges the snapshots of all decks for the sessions in this process, once for
// all of them: they share its pointers. It does so only while there are any.
type hub struct {
	server *Server

	mu       sync.Mutex
	parts    []*deck.Snapshot // the last one of each deck
	copies   []copies         // of each deck
	asking   []map[text.Text][]deck.Asking
	dirty    bool // last is not of what is known now
	seq      uint64
	last     *deck.Snapshot
	seqs     [keepMerged]merged
	watchers map[*watcher]struct{}
	insides  map[*Inside]struct{} // the sessions
	ended    string               // why all sessions end; empty while they do not
}

// copies are the rows of one deck as they are shown, where that is not as the deck
// has them. Each is made once for each change of a row.
type copies struct {
	of         *deck.Snapshot // whose rows they are
	shown      *deck.Snapshot // with them; nil where it has to be made anew
	recordings map[*deck.Recording]*deck.Recording
	unrecorded map[*deck.Unrecorded]*deck.Unrecorded
}

// merged is which snapshot of each deck a merged one was made of.
type merged struct {
	all uint64
	of  []uint64
}

// watcher is a session that is told of each snapshot. While there is nothing to
// tell it has no goroutine. The mutex of its [hub] guards all that changes.
type watcher struct {
	inside  *Inside
	tell    func(*deck.Snapshot)
	told    *deck.Snapshot // the last one
	running bool           // a goroutine tells it
	over    bool
}

func newHub(s *Server) *hub {
	n := len(s.projects)
	h := &hub{
		server: s, parts: make([]*deck.Snapshot, n), copies: make([]copies, n), asking: make([]map[text.Text][]deck.Asking, n),
		dirty: true, watchers: map[*watcher]struct{}{}, insides: map[*Inside]struct{}{},
	}
	for i, p := range s.projects {
		h.parts[i], h.asking[i] = p.Deck.Snapshot(), map[text.Text][]deck.Asking{}
		h.copies[i] = copies{recordings: map[*deck.Recording]*deck.Recording{}, unrecorded: map[*deck.Unrecorded]*deck.Unrecorded{}}
	}
	return h
}

// follow takes in the snapshots of one project until ctx ends.
func (h *hub) follow(ctx context.Context, p *project) {
	snapshots, cancel := p.Deck.Subscribe()
	defer cancel()
	for {
		select {
		case s := <-snapshots:
			h.mu.Lock()
			h.parts[p.number] = s
			h.changed()
			h.mu.Unlock()
		case <-ctx.Done():
			return
		}
	}
}

// ask shows on a recording of a deck who has a question about it open.
func (h *hub) ask(number int, sid text.Text, list []deck.Asking) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(list) > 0 {
		h.asking[number][sid] = list
	} else {
		delete(h.asking[number], sid)
	}
	h.copies[number].shown = nil
	h.changed()
}

// changed has all who watch be told what is known now. The mutex must be held.
func (h *hub) changed() {
	h.dirty = true
	for w := range h.watchers {
		h.wake(w)
	}
}

// wake has one who watches be told what is known now. The mutex must be held.
func (h *hub) wake(w *watcher) {
	if !w.running && !w.over {
		w.running = true
		go h.run(w)
	}
}

// run tells one who watches until there is nothing new.
func (h *hub) run(w *watcher) {
	defer crash.Guard()
	for {
		h.mu.Lock()
		s := h.shownTo(w.inside)
		if w.over || s == w.told {
			w.running = false
			h.mu.Unlock()
			return
		}
		w.told = s
		h.mu.Unlock()
		if broken := w.give(s); broken != nil {
			h.mu.Lock()
			h.forget(w)
			h.mu.Unlock()
			w.inside.broken(broken)
			return
		}
	}
}

// give tells one who watches of a snapshot. It returns what that panics with: it is
// the end of that session, and of nobody else's.
func (w *watcher) give(s *deck.Snapshot) (broken any) {
	defer func() { broken = recover() }()
	w.tell(s)
	return nil
}

// watch tells a session of each snapshot, but for those that are the same as told;
// see [Inside.Watch].
func (h *hub) watch(i *Inside, told *deck.Snapshot, tell func(*deck.Snapshot)) (cancel func()) {
	w := &watcher{inside: i, tell: tell, told: told}
	h.mu.Lock()
	defer h.mu.Unlock()
	if i.conn.isGone() {
		return func() {}
	}
	h.watchers[w] = struct{}{}
	h.wake(w)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.forget(w)
	}
}

// forget tells one no more. The mutex must be held.
func (h *hub) forget(w *watcher) {
	w.over, w.told = true, nil
	delete(h.watchers, w)
}

// enter notes that there is a session.
func (h *hub) enter(i *Inside) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.insides[i] = struct{}{}
	if h.ended != "" {
		i.over(h.ended)
	}
}

// end tells all sessions that they end, with the reason.
func (h *hub) end(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = why
	for i := range h.insides {
		i.over(why)
	}
}

// leave tells a session no more.
func (h *hub) leave(i *Inside) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.insides, i)
	for w := range h.watchers {
		if w.inside == i {
			h.forget(w)
		}
	}
}

// current returns the snapshot of all that is known now. The mutex must be held.
func (h *hub) current() *deck.Snapshot {
	if !h.dirty {
		return h.last
	}
	h.seq++
	parts, at := make([]deck.Part, len(h.parts)), merged{all: h.seq, of: make([]uint64, len(h.parts))}
	for i, s := range h.parts {
		p := h.server.projects[i]
		parts[i] = deck.Part{Profile: p.Profile, Space: p.Space, Project: p.ID, Snapshot: h.shown(p, s)}
		at.of[i] = s.Seq
	}
	h.seqs[h.seq%keepMerged] = at
	h.last, h.dirty = deck.Merge(h.seq, parts, time.Now()), false
	return h.last
}

// shown returns the snapshot of a deck with the profile and the open questions of
// each recording, and with each request as the screen has it that has made it. A
// row that is as it was is the same pointer as before.
func (h *hub) shown(p *project, s *deck.Snapshot) *deck.Snapshot {
	c := &h.copies[p.number]
	if c.of == s && c.shown != nil {
		return c.shown
	}
	out, cloned := *s, false
	for n, r := range s.Recordings {
		as, copied := h.recording(p, r, c.recordings[r])
		if !copied {
			delete(c.recordings, r)
			continue
		}
		if !cloned {
			out.Recordings, cloned = slices.Clone(s.Recordings), true
		}
		c.recordings[r], out.Recordings[n] = as, as
		if out.Longest == r {
			out.Longest = as
		}
	}
	forgetOld(c.recordings, s.Recordings)
	if p.Profile != "" && len(s.Unrecorded) > 0 {
		out.Unrecorded = slices.Clone(s.Unrecorded)
		for n, u := range s.Unrecorded {
			as := c.unrecorded[u]
			if as == nil {
				one := *u
				one.Profile, as = p.Profile, &one
			}
			c.unrecorded[u], out.Unrecorded[n] = as, as
		}
	}
	forgetOld(c.unrecorded, s.Unrecorded)
	c.of, c.shown = s, &out
	return &out
}

// forgetOld lets go of the copies of rows that are no more, when they are many.
func forgetOld[T any](known map[*T]*T, rows []*T) {
	if len(known) <= 2*len(rows)+64 {
		return
	}
	here := make(map[*T]bool, len(rows))
	for _, r := range rows {
		here[r] = true
	}
	for r := range known {
		if !here[r] {
			delete(known, r)
		}
	}
}

// recording returns a recording as it is shown: before, if that is the same, or
// another copy; copied is false where it is as the deck has it.
func (h *hub) recording(p *project, r, before *deck.Recording) (as *deck.Recording, copied bool) {
	asking := h.asking[p.number][r.SID]
	if before != nil && slices.Equal(before.Asking, asking) {
		return before, true
	}
	req, ours := h.server.requests.onScreen(r.Update)
	if p.Profile == "" && len(asking) == 0 && !ours {
		return r, false
	}
	one := *r
	one.Profile, one.Asking = p.Profile, asking
	if ours {
		update := *r.Update
		update.Request, one.Update = req, &update
	} else if r.Update != nil && p.Profile != "" {
		update := *r.Update
		update.Request.Profile, one.Update = p.Profile, &update
	}
	return &one, true
}

// onScreen returns the request of an update as the screen in this process has it
// that has made it; ok is false for those of others.
func (l *requests) onScreen(p *deck.Progress) (req deck.Request, ok bool) {
	if p == nil || !strings.HasPrefix(p.Request.Ref, "-") { // the number of an insider is below 0
		return req, false
	}
	user, id, _ := strings.Cut(p.Request.Ref, " ")
	uid, err := strconv.Atoi(user)
	if err != nil {
		return req, false
	}
	a := l.find(uid, id)
	if a == nil || a.screen == nil {
		return req, false
	}
	return *a.screen, true
}

// shownTo returns the current snapshot as one session is shown it: of the questions
// that are open, its own are left out. Only one that has any open gets a list of its
// own. The mutex must be held.
func (h *hub) shownTo(i *Inside) *deck.Snapshot {
	s := h.current()
	if !i.asks {
		i.view, i.copies = nil, nil
		return s
	}
	if i.view != nil && i.view.Seq == s.Seq {
		return i.view
	}
	out, now := *s, map[*deck.Recording]*deck.Recording{}
	own := func(a deck.Asking) bool { return a.Session == i.session.id }
	for n, r := range s.Recordings {
		if !slices.ContainsFunc(r.Asking, own) {
			continue
		}
		as := i.copies[r]
		if as == nil {
			one := *r
			one.Asking = slices.DeleteFunc(slices.Clone(r.Asking), own)
			as = &one
		}
		if len(now) == 0 {
			out.Recordings = slices.Clone(s.Recordings)
		}
		now[r], out.Recordings[n] = as, as
		if out.Longest == r {
			out.Longest = as
		}
	}
	i.view, i.copies = &out, now
	return &out
}

// setAsks notes whether a session has a question open.
func (h *hub) setAsks(i *Inside, asks bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i.asks = asks
}

// snapshot returns the current snapshot as a session is shown it.
func (h *hub) snapshot(i *Inside) *deck.Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.shownTo(i)
}

// seqOf returns the number of a deck's snapshot in a merged one: 0 for none, and 1
// for one that is so old that nobody remembers it.
func (h *hub) seqOf(all uint64, p *project) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch at := h.seqs[all%keepMerged]; {
	case all == 0 || p == nil:
		return 0
	case at.all == all:
		return at.of[p.number]
	}
	return 1
}
