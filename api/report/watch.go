package report

import (
	"cmp"
	"slices"

	"tapedeck/api/journal"
)

// projectKey names a project.
type projectKey struct{ space, project string }

// process names a process that wrote entries.
type process struct {
	host, started string
	pid           int
}

// proc is what a process that has screens says of itself.
type proc struct {
	who  journal.Who
	last Moment // of its entries
	gone Moment // when another session found out that it was gone; zero for never
	of   map[projectKey]*data
}

// data is when a process had current data of a project.
type data struct {
	spans []stretch // that are over
	since Moment    // of the one that lasts; zero for none
}

// stretch is a time between two moments.
type stretch struct{ from, to Moment }

// watch is what is known of who watched a project.
type watch struct {
	Watch
	open map[sessionKey]*session
	all  []*session
}

// sessionKey names a session of a project.
type sessionKey struct {
	process
	session string
}

// session is a session and its process.
type session struct {
	Session
	proc *proc
}

// seen notes that a process lives.
func (b *builder) seen(e *journal.Entry, at Moment) {
	if len(b.procs) == 0 {
		return
	}
	if p := b.procs[process{e.Host, e.Started, e.PID}]; p != nil {
		p.last = max(p.last, at)
	}
}

// gone notes that another session has found out that a process was gone.
func (b *builder) gone(id process, at Moment) {
	if p := b.procs[id]; p != nil && p.gone == 0 {
		p.gone = at
	}
}

// longestSession is for how long after its last word a session without an end on
// record may have gone on.
const longestSession = Moment(24 * 3600 * 1000)

// watched takes in that a session began or ended, or that data went stale or is
// live again.
func (b *builder) watched(e *journal.Entry, at Moment) {
	key := projectKey{e.Space, e.Project}
	w := b.watches[key]
	if w == nil {
		w = &watch{Watch: Watch{Space: e.Space, Project: e.Project}, open: map[sessionKey]*session{}}
		b.watches[key] = w
		b.r.Watches = append(b.r.Watches, &w.Watch)
	}
	w.Known = cmp.Or(w.Known, at)
	id := process{e.Host, e.Started, e.PID}
	p := b.procs[id]
	if p == nil {
		p = &proc{who: e.Who, last: at, of: map[projectKey]*data{}}
		b.procs[id] = p
	}
	d := p.of[key]
	if d == nil {
		d = &data{}
		p.of[key] = d
	}
	of := sessionKey{id, e.Session}
	switch e.Event {
	case journal.SessionBegan:
		s := &session{Session: Session{By: e.Name(), Host: e.Host, PID: e.PID, ID: e.Session, Began: at, From: at}, proc: p}
		w.open[of] = s
		w.all = append(w.all, s)
	case journal.SessionEnded:
		s := w.open[of]
		if s == nil {
			return
		}
		s.Ended, s.To, s.Reason = at, at, e.Reason
		delete(w.open, of)
	case journal.Live:
		d.since = cmp.Or(d.since, at)
	case journal.Stale:
		if d.since != 0 {
			d.spans = append(d.spans, stretch{d.since, max(d.since, cmp.Or(MomentOf(e.Since), at))})
			d.since = 0
		}
	}
}

// endWatches says of each project when nobody watched it.
func (b *builder) endWatches() {
	for _, w := range b.watches {
		for _, s := range w.all {
			if s.Ended != 0 {
				continue
			}
			s.To = max(s.From, s.proc.last)
			if runs, known := b.o.Runs(s.proc.who); runs && known {
				s.Runs, s.To = true, max(s.To, b.to)
			}
		}
		for _, s := range w.all {
			if s.From < b.to && max(s.To, b.perhaps(s)) >= b.from {
				w.Sessions = append(w.Sessions, &s.Session)
			}
		}
		w.Gaps = b.gaps(w)
		b.r.Totals.Unwatched += w.Unwatched()
	}
}

// perhaps returns until when a session without an end on record may have gone
// on; zero for one that has an end, or that runs.
func (b *builder) perhaps(s *session) Moment {
	if s.Ended != 0 || s.Runs {
		return 0
	}
	return min(s.To+longestSession, cmp.Or(s.proc.gone, b.to))
}

// edge is a moment at which something that counts begins or ends.
type edge struct {
	at    Moment
	kind  int
	delta int
}

// What counts at a moment: sessions with current data, sessions, and those of
// which nobody knows whether they had ended.
const (
	sees = iota
	opened
	perhaps
	kinds
)

// gaps returns when nobody watched a project, in the period.
func (b *builder) gaps(w *watch) (gaps []Gap) {
	key := projectKey{w.Space, w.Project}
	var edges []edge
	add := func(kind int, from, to Moment) {
		from, to = max(from, b.from), min(to, b.to)
		if from < to {
			edges = append(edges, edge{from, kind, 1}, edge{to, kind, -1})
		}
	}
	for _, s := range w.all {
		add(opened, s.From, s.To)
		if s.Ended == 0 && !s.Runs {
			add(perhaps, s.To, b.perhaps(s))
		}
		d := s.proc.of[key]
		for _, span := range d.spans {
			add(sees, max(span.from, s.From), min(span.to, s.To))
		}
		if d.since != 0 {
			add(sees, max(d.since, s.From), s.To)
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	edges = append(edges, edge{b.to, sees, 0})
	var n [kinds]int
	at := b.from
	for _, e := range edges {
		if e.at > at {
			gaps = addGap(gaps, at, e.at, n, w.Known)
			at = e.at
		}
		n[e.kind] += e.delta
	}
	return gaps
}

// addGap adds the time between two moments to the gaps, unless somebody watched.
func addGap(gaps []Gap, from, to Moment, n [kinds]int, known Moment) []Gap {
	why := NoSession
	switch {
	case n[sees] > 0:
		return gaps
	case n[opened] > 0:
		why = StaleData
	case n[perhaps] > 0:
		why = EndNotOnRecord
	case from < known && known < to:
		return addGap(addGap(gaps, from, known, n, known), known, to, n, known)
	case to <= known:
		why = NotRecorded
	}
	if last := len(gaps) - 1; last >= 0 && gaps[last].Why == why && gaps[last].To == from {
		gaps[last].To = to
		return gaps
	}
	return append(gaps, Gap{from, to, why})
}
