package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/alarm"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// The events of tapedeck watch.
const (
	eventSnapshot     = "snapshot"
	eventSynced       = "synced"
	eventAdded        = "added"
	eventChanged      = "changed"
	eventEnded        = "ended"
	eventUpdate       = "update"
	eventAlarm        = "alarm"
	eventAcknowledged = "acknowledged"
	eventStale        = "stale"
	eventLive         = "live"
	eventBeat         = "beat"
)

// event is a line of tapedeck watch; schema/watch.json describes it.
type event struct {
	Event      string                     `json:"event"`
	At         time.Time                  `json:"at"`
	Seq        uint64                     `json:"seq"`
	Missed     bool                       `json:"missed,omitempty"`
	Recordings *[]json.RawMessage         `json:"recordings,omitempty"`
	Counts     *countsJSON                `json:"counts,omitempty"`
	Freshness  string                     `json:"freshness,omitempty"`
	Age        *seconds                   `json:"age,omitempty"`
	Reason     string                     `json:"reason,omitempty"`
	SID        string                     `json:"sid,omitempty"`
	Now        json.RawMessage            `json:"recording,omitempty"`
	Was        map[string]json.RawMessage `json:"was,omitempty"`
	Update     *updateJSON                `json:"update,omitempty"`
	Call       *unrecordedRow             `json:"unrecorded,omitempty"`

	of       deck.Key // what alarms, of an alarm
	row      row      // of the recording that it is about
	wasOrder []string // the names in Was, in their order
}

// json returns the event on one line.
func (e *event) json() []byte { return marshal(e) }

// countsJSON is how many there are.
type countsJSON struct {
	Active int `json:"active"`
	Paused int `json:"paused"`
	Alarms int `json:"alarms"`
}

// watcher finds out what has changed between two snapshots.
type watcher struct {
	l    *link
	emit func(*event)

	over func(of deck.Key) // called when a recording alarms no more

	last     *deck.Snapshot
	seen     map[text.Text]*deck.Recording // the active ones, as they were told of
	standing alarm.Standing
	told     map[text.Text]*deck.Progress // the last step of an update that was told of
	synced   bool
	worth    deck.Phase
}

func newWatcher(l *link, emit func(*event)) *watcher {
	return &watcher{
		l: l, emit: emit, over: func(deck.Key) {}, seen: map[text.Text]*deck.Recording{}, told: map[text.Text]*deck.Progress{},
	}
}

// take tells of what is different in a snapshot.
func (w *watcher) take(s *deck.Snapshot, now time.Time) {
	first := w.last == nil
	w.last = s
	if first {
		w.begin(s, now)
	} else {
		w.compare(s, now)
	}
	w.look(now)
}

// begin tells of the first snapshot.
func (w *watcher) begin(s *deck.Snapshot, now time.Time) {
	w.worth = s.Health.Phase(now)
	w.emit(snapshotEvent(w.l, s, now, false))
	if w.worth == deck.Stale || w.worth == deck.Partial { // nobody has to look into the snapshot for it
		w.say(eventStale, now)
	}
	for _, r := range s.Recordings {
		if r.Active() {
			w.seen[r.SID] = r
		}
		if r.Update != nil {
			w.told[r.SID] = r.Update
		}
	}
}

// snapshotEvent returns the event that has all active recordings of a snapshot.
func snapshotEvent(l *link, s *deck.Snapshot, now time.Time, missed bool) *event {
	e := &event{Event: eventSnapshot, Missed: missed, Recordings: &[]json.RawMessage{}}
	e.state(s, now)
	for _, r := range s.Recordings {
		if r.Active() {
			*e.Recordings = append(*e.Recordings, shownIn(l, s, r).appendJSON(nil))
		}
	}
	return e
}

// state puts into an event what the data is worth.
func (e *event) state(s *deck.Snapshot, now time.Time) {
	e.At = *utc(now)
	e.Counts = &countsJSON{s.Active, s.Paused, len(s.Alarming(now))}
	e.Freshness = freshness(s.Health.Phase(now))
	if !s.Health.Complete.IsZero() {
		age := seconds(s.Health.Age(now))
		e.Age = &age
	}
}

func freshness(p deck.Phase) string {
	switch p {
	case deck.Loading:
		return "loading"
	case deck.Stale:
		return "stale"
	case deck.Partial:
		return "partial"
	}
	return "live"
}

// about returns an event about a recording.
func (w *watcher) about(kind string, r *deck.Recording, now time.Time) *event {
	return eventAbout(w.l, w.last, kind, r, now)
}

// eventAbout returns an event about a recording of a snapshot.
func eventAbout(l *link, snap *deck.Snapshot, kind string, r *deck.Recording, now time.Time) *event {
	s := shownIn(l, snap, r)
	s.now = now
	return &event{Event: kind, At: *utc(now), SID: r.SID.String(), Now: s.appendJSON(nil), row: s}
}

// compare tells of the recordings that are different.
func (w *watcher) compare(s *deck.Snapshot, now time.Time) {
	there := make(map[text.Text]bool, len(s.Recordings))
	for _, r := range s.Recordings {
		there[r.SID] = true
		was := w.seen[r.SID]
		if was == r {
			continue
		}
		switch {
		case was == nil && r.Active():
			w.seen[r.SID] = r
			w.emit(w.about(eventAdded, r, now))
		case was != nil && !r.Active():
			delete(w.seen, r.SID)
			w.differ(eventEnded, was, r, now)
		case was != nil:
			w.seen[r.SID] = r
			w.differ(eventChanged, was, r, now)
			w.acknowledged(was, r, now)
		}
		w.steps(r, now)
	}
	for sid, was := range w.seen {
		if !there[sid] { // it has ended, and was let go before it was seen
			delete(w.seen, sid)
			w.emit(w.about(eventEnded, was, now))
		}
	}
	for sid := range w.told {
		if !there[sid] {
			delete(w.told, sid)
		}
	}
}

// differ tells what a recording has become, with what it was. One that has not
// changed in anything that is shown is told of only where it has ended.
func (w *watcher) differ(kind string, was, r *deck.Recording, now time.Time) {
	e := w.about(kind, r, now)
	e.Was = map[string]json.RawMessage{}
	old, new := w.fields(was, now), w.fields(r, now)
	for _, name := range slices.Concat(new.order, old.order) {
		if _, put := e.Was[name]; put || bytes.Equal(old.by[name], new.by[name]) {
			continue
		}
		v := old.by[name]
		if v == nil {
			v = json.RawMessage("null")
		}
		e.Was[name], e.wasOrder = v, append(e.wasOrder, name)
	}
	if kind == eventEnded || len(e.Was) > 0 {
		w.emit(e)
	}
}

// fieldsOf are the fields of a recording by name.
type fieldsOf struct {
	by    map[string]json.RawMessage
	order []string
}

// fields returns the fields of a recording that change by more than the time,
// those of tapedeck with its name before them.
func (w *watcher) fields(r *deck.Recording, now time.Time) fieldsOf {
	f := fieldsOf{by: map[string]json.RawMessage{}}
	for name, v := range r.SafeMembers() {
		f.by[name] = v
		f.order = append(f.order, name)
	}
	s := shownIn(w.l, w.last, r)
	s.now = now
	b := s.beside()
	b.Running, b.Level, b.Ack, b.Update, b.Ended, b.Began = nil, "", nil, nil, nil, nil
	if b.Pause != nil {
		b.Pause.For = 0
	}
	beside := members(marshal(b))
	for _, name := range besideNames {
		if v, ok := beside[name]; ok {
			f.by["tapedeck."+name] = v
			f.order = append(f.order, "tapedeck."+name)
		}
	}
	return f
}

// acknowledged tells that somebody knows of a pause, or of a trouble.
func (w *watcher) acknowledged(was, r *deck.Recording, now time.Time) {
	pause := r.Ack != was.Ack && !r.Ack.Until.IsZero()
	if !pause && !(r.Trouble.Acked && !was.Trouble.Acked) {
		return
	}
	e := w.about(eventAcknowledged, r, now)
	if pause {
		e.Reason = "by " + r.Ack.Actor
		if r.Ack.Reason != "" {
			e.Reason += ": " + r.Ack.Reason
		}
	}
	w.emit(e)
}

// steps tells of the steps of an update that were not told of. Steps may follow
// each other faster than snapshots are seen: what must have come between two is
// told all the same.
func (w *watcher) steps(r *deck.Recording, now time.Time) {
	p, told := r.Update, w.told[r.SID]
	if p == nil || p == told {
		return
	}
	w.told[r.SID] = p
	step := func(at time.Time, change func(*deck.Progress)) {
		q := *p
		change(&q)
		e := w.about(eventUpdate, r, now)
		e.Update = updateOf(q)
		if !at.IsZero() {
			e.At = *utc(at)
		}
		w.emit(e)
	}
	isNew := told == nil || told.ID != p.ID
	if isNew && p.Outcome != deck.Requested {
		step(p.Asked, func(q *deck.Progress) {
			q.Outcome, q.Settled, q.Err, q.Note = deck.Requested, false, nil, ""
		})
	}
	wasAccepted := p.Answer != nil && p.HTTPStatus/100 == 2 && p.Request.Update.Reached(p.Answer.Status)
	later := p.Outcome == deck.Verified || p.Outcome == deck.Contradicted
	if wasAccepted && later && (isNew || told.Outcome == deck.Requested) {
		step(p.Answered, func(q *deck.Progress) {
			q.Outcome, q.Settled, q.Err, q.Note = deck.Accepted, false, nil, ""
		})
	}
	if isNew || told.Outcome != p.Outcome || told.Settled != p.Settled {
		step(p.Done, func(*deck.Progress) {})
	}
}

// look tells of what comes with time alone: alarms, and data that grows old.
func (w *watcher) look(now time.Time) {
	if w.last == nil {
		return
	}
	w.lookAlarms(now)
	phase := w.last.Health.Phase(now)
	if !w.synced && phase != deck.Loading && !w.last.Health.Complete.IsZero() {
		w.synced = true
		w.say(eventSynced, now)
	}
	if phase == w.worth {
		return
	}
	loaded := w.worth == deck.Loading && phase == deck.Live
	w.worth = phase
	switch {
	case phase == deck.Stale, phase == deck.Partial:
		w.say(eventStale, now)
	case phase == deck.Live && !loaded:
		w.say(eventLive, now)
	}
}

// lookAlarms tells of the alarms that stand now and did not before, or not for
// the same reason.
func (w *watcher) lookAlarms(now time.Time) {
	begun, over := w.standing.Look(w.last, now)
	for _, key := range over {
		w.over(key)
	}
	for _, what := range begun {
		e := alarmEvent(w.l, w.last, what, now)
		e.of = what.Key
		w.emit(e)
	}
}

// alarmEvent returns the event of what alarms in a snapshot.
func alarmEvent(l *link, s *deck.Snapshot, what deck.Alarming, now time.Time) *event {
	if what.Unrecorded != nil {
		return unrecordedEvent(l, s, what.Unrecorded, now)
	}
	e := eventAbout(l, s, eventAlarm, what.Recording, now)
	e.Reason = alarmWords(e.row)
	return e
}

// say tells what the data is worth.
func (w *watcher) say(kind string, now time.Time) {
	e := &event{Event: kind}
	e.state(w.last, now)
	if kind == eventStale {
		e.Reason = "no poll has ended for too long"
		if err := w.last.Health.Err; err != nil {
			e.Reason = api.Reason(err)
		}
	}
	w.emit(e)
}

// beat tells that the watch goes on, and what it sees.
func (w *watcher) beat(now time.Time) {
	if w.last != nil {
		w.say(eventBeat, now)
	}
}
