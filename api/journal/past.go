package journal

import (
	"iter"
	"slices"
	"time"

	"tapedeck/api/text"
)

// maxParts is how many parts of a recording's past a [Follower] keeps.
const maxParts = 60

// seenSlack is how long before an entry that says what was seen later of a
// request that may have begun: a poll, and the time between two.
const seenSlack = 10 * time.Second

// Part is what a recording did for some time, by the journal: what an update of
// a session left it in, for as long as that session looked on.
type Part struct {
	From, To time.Time // by the clock of the machine that asked
	Status   string    // in-progress or paused
	Behavior string    // silence or skip, of a pause
	Exact    bool      // From is when the API answered; else when it was found done
}

// process is what wrote an entry.
type process struct {
	host    string
	pid     int
	started string
}

// watch is a time in which a process had current data: from when it says so to
// when it says that it has not, or to its last entry before that.
type watch struct{ until time.Time }

// held is a part that lasts for as long as its session looks on, or until
// something else is on record.
type held struct {
	Part         // To is when it ended; zero while that is open
	id    string // of the request that made it
	watch *watch
}

// past is what the journal knows of what recordings did. It claims no more than
// somebody saw: an update says what a recording does from then on, and for as
// long as the process that made it looks on, which notes when others end it.
type past struct {
	watches map[process]*watch // those that go on
	parts   map[text.Text][]held
}

func newPast() *past { return &past{map[process]*watch{}, map[text.Text][]held{}} }

// entry takes in when a process looked on, by an entry of it.
func (p *past) entry(e Entry) {
	who := process{e.Host, e.PID, e.Started}
	w := p.watches[who]
	switch {
	case e.Event == Live && w == nil:
		p.watches[who] = &watch{until: e.Time}
	case w == nil:
	case e.Event == Stale:
		if e.Since.Before(w.until) { // what it wrote since was not of what it saw
			w.until = e.Since
		}
		delete(p.watches, who)
	case e.Time.After(w.until):
		w.until = e.Time
	}
}

// update takes in the outcome of an update as an entry has put it on record. Where
// the API did not answer that it was done, it was done at some time until then.
func (p *past) update(a *Action, by Entry) {
	at, exact := by.Time, false
	if by.Event != Seen && a.Event == Request && a.Latency > 0 && a.HTTPStatus/100 == 2 {
		at, exact = a.Answered, true
	}
	parts := p.parts[a.Recording]
	n := len(parts)
	switch {
	case n > 0 && parts[n-1].id == a.ID && a.Done():
		return // it is there already
	case n > 0 && parts[n-1].id == a.ID: // it was taken for done
		p.parts[a.Recording] = parts[:n-1]
		return
	case !a.Done():
		return
	}
	p.end(a.Recording, at)
	if a.StatusBefore == "" || a.StatusBefore == a.StatusAsked || a.StatusBefore == "resumed" && a.StatusAsked == "in-progress" {
		return // it may have been so before: then nobody notes that others end it
	}
	part := held{id: a.ID, Part: Part{From: at, Status: a.StatusAsked, Behavior: a.PauseBehavior, Exact: exact}}
	if part.watch = p.watches[process{a.Host, a.PID, a.Started}]; part.watch == nil || a.StatusAsked == "stopped" {
		return // nobody looked on
	}
	if parts = append(parts, part); len(parts) > maxParts {
		parts = slices.Clone(parts[len(parts)-maxParts/2:])
	}
	p.parts[a.Recording] = parts
}

// end ends the part of a recording that goes on.
func (p *past) end(of text.Text, at time.Time) {
	parts := p.parts[of]
	if n := len(parts); n > 0 && parts[n-1].To.IsZero() {
		parts[n-1].To = laterOf(at, parts[n-1].From)
	}
}

func laterOf(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// of returns what is known of a recording, the oldest first.
func (p *past) of(sid text.Text) (out []Part) {
	for _, h := range p.parts[sid] {
		part := h.Part
		if part.To.IsZero() || part.To.After(h.watch.until) {
			part.To = h.watch.until
		}
		if part.To.After(part.From) {
			out = append(out, part)
		}
	}
	return out
}

// forget lets go of recordings of which nothing has been on record since then.
func (p *past) forget(since time.Time) {
	if len(p.parts) <= maxPauses {
		return
	}
	for sid, parts := range p.parts {
		if last := parts[len(parts)-1]; last.From.Before(since) || !last.To.IsZero() && last.To.Before(since) {
			delete(p.parts, sid)
		}
	}
}

// Past returns what a recording did, by the journal, the oldest first, and
// whether the journal has been read: before, nothing is known. It never waits for
// the disk.
func (f *Follower) Past(sid text.Text) (parts []Part, read bool) {
	select {
	case <-f.ready:
	default:
		return nil, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.past.of(sid), true
}

// PastOf returns what answers as [Follower.Past] does, by the entries of a journal
// in their order, for the recordings of one project.
func PastOf(space, project string, entries iter.Seq2[Entry, error]) (func(sid text.Text) []Part, error) {
	f := Follow("", space, project)
	for e, err := range entries {
		if err != nil {
			return f.past.of, err
		}
		f.take([]Entry{e})
	}
	return f.past.of, nil
}
