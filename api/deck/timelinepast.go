package deck

import (
	"tapedeck/api"
	"tapedeck/api/journal"
)

// recall draws into what is not known of a recording what the journal has of
// it, once the journal has been read. The mutex must be held; Config.Past answers
// from memory.
func (d *Deck) recall(e *entry) {
	if d.config.Past == nil || e.recalled {
		return
	}
	parts, read := d.config.Past(e.view.SID)
	if e.recalled = read; len(parts) == 0 {
		return
	}
	if line := d.remember(e.view.Timeline, parts); line != e.view.Timeline {
		e.change(func(r *Recording) { r.Timeline = line })
	}
}

// remember returns a timeline with parts of the journal where it knows nothing.
func (d *Deck) remember(t Timeline, parts []journal.Part) Timeline {
	old := t.list()
	out := make([]edge, 0, len(old)+2*len(parts))
	for i, e := range old {
		out = then(out, e)
		if e.kind != NotKnown || i+1 == len(old) {
			continue
		}
		ends := old[i+1].at
		for _, p := range parts {
			from, to := d.serverTime(p.From).UnixMilli(), d.serverTime(p.To).UnixMilli()
			if from, to = max(from, e.at), min(to, ends); from >= to {
				continue
			}
			part := edge{from, kindOf(p), looked}
			if p.Exact && from > e.at {
				part.marks = exact
			}
			out = append(out, part, edge{to, NotKnown, looked})
		}
	}
	return encode(merged(out))
}

// merged returns edges without those that begin nothing.
func merged(list []edge) (out []edge) {
	for _, e := range list {
		out = then(out, e)
	}
	return out
}

// kindOf returns what a part of the journal is drawn as.
func kindOf(p journal.Part) EdgeKind {
	if api.Status(p.Status).Running() {
		return Recorded
	}
	return Pause{Behavior: api.PauseBehavior(p.Behavior)}.edge()
}
