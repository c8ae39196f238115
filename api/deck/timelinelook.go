package deck

import (
	"time"

	"tapedeck/api"
)

// What looks at a recording draw into its timeline. A recorded part is drawn
// only between looks that agree and are no further apart than data may be old
// before it is stale; a pause is drawn from when the API dates it, as its clock
// counts.

// doing returns what a recording does by its view; ok is false before it runs.
func (r *Recording) doing() (kind EdgeKind, ok bool) {
	switch {
	case r.Gone:
		return NotKnown, true
	case !r.Status.Active():
		return Over, true
	case r.Status.Running():
		return Recorded, true
	case r.Status == api.Paused:
		return r.Pause.edge(), true
	}
	return NotKnown, r.Status != api.Queued
}

// edge returns what a pause is drawn as.
func (p Pause) edge() EdgeKind {
	switch p.Behavior {
	case api.Silence:
		return WithSilence
	case api.Skip:
		return WithSkip
	}
	return PausedSomehow
}

// marks says where the time is from at which a pause began.
func (p Pause) marks() (m marks) {
	if !p.AtLeast && !p.looked {
		m |= exact
	}
	if p.looked {
		m |= looked
	}
	return m
}

// trace is one look at a recording: what is drawn of it.
type trace struct {
	old, now *Recording // before the look, nil for the first, and after it
	from, at int64      // of the look before, 0 for none, and of this one, in ms by the server's clock
	limit    int64      // how far apart two looks may be to speak for the time between them, in ms
}

// traceLook draws what a look that began at read shows into the timeline of an
// entry, whose view was old before it. The mutex must be held.
func (d *Deck) traceLook(e *entry, old *Recording, read time.Time) {
	at := max(d.serverTime(read).UnixMilli(), e.looked)
	t := trace{old: old, now: e.view, from: e.looked, at: at, limit: staleAfter(d.interval).Milliseconds()}
	e.looked = at
	if old == e.view && !t.gap() {
		return // as it was
	}
	if line := t.draw(); line != e.view.Timeline {
		e.change(func(r *Recording) { r.Timeline = line })
	}
}

// gap reports whether the look before was too long ago to speak for what was
// since.
func (t trace) gap() bool { return t.from == 0 || t.at-t.from > t.limit }

// draw returns the timeline after the look.
func (t trace) draw() Timeline {
	if t.old != nil && !t.gap() && t.old.Status == t.now.Status && t.old.Updated.Equal(t.now.Updated) && t.old.Gone == t.now.Gone {
		return t.now.Timeline
	}
	list := t.now.Timeline.list()
	kind, runs := t.now.doing()
	n := len(list)
	switch {
	case !runs && n == 0:
		return ""
	case n == 0:
		return encode(t.first(kind))
	case kind == Over && list[n-1].kind == Over:
		return t.now.Timeline
	case kind == Over:
		return encode(t.ended(list))
	case kind == NotKnown:
		return encode(then(list, edge{t.from, kind, looked}))
	case list[n-1].kind == Over: // it had not ended after all
		list[n-1].kind = NotKnown
		return encode(then(list, edge{t.at, kind, looked}))
	}
	if t.old != nil {
		if was, _ := t.old.doing(); was == kind || was.Pauses() && kind.Pauses() {
			return encode(t.same(list, kind))
		}
	}
	if t.gap() {
		list = then(list, edge{t.from, NotKnown, looked})
	}
	if kind.Pauses() {
		return encode(t.paused(list, kind))
	}
	if at, dated := t.dated(); dated && !t.gap() {
		return encode(thenDated(list, edge{at, kind, exact}))
	}
	return encode(then(list, edge{t.at, kind, looked}))
}

// first returns the first edges: a recording that began a moment ago is known
// from its beginning on, unless the API dates a change since.
func (t trace) first(kind EdgeKind) (list []edge) {
	began := min(t.now.Began().UnixMilli(), t.at)
	if t.now.Began().IsZero() {
		began = t.at
	}
	changed := t.now.Updated.UnixMilli()
	fresh := t.at-began <= t.limit || t.from > 0 && !t.gap() && t.from <= began
	switch {
	case kind == Over:
		end, m := t.end()
		return then(then(list, edge{at: began, marks: exact}), edge{end, Over, m})
	case kind.Pauses():
		return t.paused(then(list, edge{at: began, marks: exact}), kind)
	case kind == Recorded && fresh && changed <= began+1000:
		return then(list, edge{began, kind, exact})
	case kind == Recorded && fresh && changed <= t.at:
		return then(then(list, edge{at: began, marks: exact}), edge{changed, kind, exact})
	}
	return then(then(list, edge{at: began, marks: exact}), edge{t.at, kind, looked})
}

// same returns the edges after a look that shows the same as the one before.
// What is dated anew was another in between, for a moment that nobody saw.
func (t trace) same(list []edge, kind EdgeKind) []edge {
	changed, dated := t.dated()
	last := &list[len(list)-1]
	switch {
	case dated && changed <= last.at:
		dated = false // that change is drawn
	case dated && last.has(looked) && !last.has(goesOn) && last.kind == kind && changed <= last.at+1000:
		last.marks |= exact // only now does the API date what was seen
		dated = false
	}
	if dated && changed <= t.from { // later in that second
		changed = min(changed+999, t.at)
	}
	switch {
	case dated && kind.Pauses():
		return then(then(list, edge{t.from, NotKnown, looked}), edge{changed, PausedSomehow, exact})
	case dated && !t.gap():
		return then(then(list, edge{t.from, NotKnown, looked}), edge{changed, kind, exact})
	case !t.gap():
		return list
	}
	for _, e := range list[max(0, len(list)-2):] {
		if e.kind.Pauses() && kind.Pauses() {
			kind = e.kind
		}
	}
	return then(then(list, edge{t.from, NotKnown, looked}), edge{t.at, kind, looked | goesOn})
}

// paused returns the edges with the pause that is shown, from when its clock
// counts. One that began before the gap in which nobody looked goes on, and so
// does one that an older look had shown as ended.
func (t trace) paused(list []edge, kind EdgeKind) []edge {
	p := t.now.Pause
	began := edge{p.Since.UnixMilli(), kind, p.marks()}
	if at, dated := t.dated(); dated && p.looked && !p.AtLeast && !t.gap() {
		began = edge{at, kind, exact}
	}
	n := len(list)
	for ; !p.AtLeast && n > 0 && list[n-1].kind == Recorded && list[n-1].at >= began.at; n-- {
	}
	switch list = list[:n]; {
	case n == 0 || list[n-1].at < began.at:
		return then(list, began)
	case list[n-1].kind.Pauses():
		return list
	}
	return then(list, edge{t.at, kind, looked | goesOn})
}

// dated returns when the API says that the last change was, if it was since the
// look before. Dates have whole seconds: another status with the same date came
// in the same second.
func (t trace) dated() (at int64, ok bool) {
	if t.old == nil || t.old.Updated.IsZero() {
		return 0, false
	}
	at = t.now.Updated.UnixMilli()
	switch again := t.now.Updated.Equal(t.old.Updated); {
	case again && t.now.Status != t.old.Status && at+1000 > t.from:
		at += 999
	case again, t.now.Updated.Before(t.old.Updated):
		return 0, false
	}
	return at, at <= t.at+1000 && at > t.from-t.limit
}

// ended returns the edges after a look that shows the end.
func (t trace) ended(list []edge) []edge {
	if t.gap() {
		list = then(list, edge{t.from, NotKnown, looked})
	}
	at, m := t.end()
	return thenDated(list, edge{at, Over, m})
}

// end returns when the recording has ended.
func (t trace) end() (at int64, m marks) {
	began := t.now.Began()
	if end := t.now.End; !end.IsZero() && !end.Before(began) && end.UnixMilli() <= t.at+1000 {
		return end.UnixMilli(), exact
	}
	if at, ok := t.dated(); ok {
		return at, exact
	}
	return t.at, looked
}

// traceUnread draws of what polls have not met for too long, though they go on,
// that nobody knows what it does. The mutex must be held.
func (d *Deck) traceUnread(now time.Time) {
	since := d.serverTime(now).Add(-staleAfter(d.interval)).UnixMilli()
	for _, e := range d.order {
		if e.looked < since && e.looked > 0 && e.view.Active() {
			e.unknownFrom(e.looked)
		}
	}
}

// unknownFrom draws that nobody knows what a recording does from then on.
func (e *entry) unknownFrom(at int64) {
	if line := e.view.Timeline; line != "" && line.last().kind != NotKnown {
		e.change(func(r *Recording) { r.Timeline = line.unknownFrom(at) })
	}
}

// unknownFrom returns a timeline that knows nothing from then on.
func (t Timeline) unknownFrom(at int64) Timeline {
	if t == "" || t.last().kind == Over {
		return t
	}
	return encode(then(t.list(), edge{at, NotKnown, looked}))
}

// answered notes that the last edge is the answer to an update of this deck.
func (t Timeline) answered() Timeline {
	list := t.list()
	if n := len(list); n > 0 {
		list[n-1].marks |= exact
	}
	return encode(list)
}

// since returns a timeline whose open pause is as is known of it now: with what,
// and since when where the API dates it.
func (t Timeline) since(old, p Pause) Timeline {
	list := t.list()
	i := len(list) - 1
	if i < 0 || !list[i].kind.Pauses() {
		return t
	}
	kind := list[i].kind
	if p.Behavior != old.Behavior {
		kind = p.edge()
	}
	for ; i >= 2 && list[i].has(goesOn) && list[i-2].kind.Pauses(); i -= 2 {
		list[i].kind = kind
	}
	list[i].kind = kind
	at, free := p.Since.UnixMilli(), !p.looked && (!p.Since.Equal(old.Since) || p.AtLeast != old.AtLeast || old.looked)
	if free && (i == 0 || at > list[i-1].at) && (i+1 == len(list) || at < list[i+1].at) {
		list[i].at, list[i].marks = at, p.marks()
	}
	return encode(list)
}

// shift returns a timeline whose edges that were looked are later by so much:
// the server's clock was mistaken.
func (t Timeline) shift(by time.Duration) Timeline {
	list, ms := t.list(), by.Milliseconds()
	for i := range list {
		if list[i].has(looked) {
			list[i].at = max(list[i].at+ms, 0)
		}
		if i > 0 {
			list[i].at = max(list[i].at, list[i-1].at)
		}
	}
	return encode(list)
}
