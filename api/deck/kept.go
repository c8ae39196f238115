package deck

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// Kept is what a deck knows and the API does not: who paused what, what was
// acknowledged, which auto-resumes are to come, what alarms. A service writes it
// down, as JSON, and gives it to its next run by [Config.Kept]. The zero value
// is nothing.
type Kept struct {
	Recordings []KeptRecording `json:"recordings,omitempty"`
}

// KeptRecording is what is kept of one recording. It counts for the pause, or
// the trouble, during which it was written: as long as the API says that the
// recording has the same status and was not changed since.
type KeptRecording struct {
	SID     string       `json:"sid"`
	Updated time.Time    `json:"updated,omitzero"` // its date_updated; zero where the API has none
	Pause   *KeptPause   `json:"pause,omitempty"`  // nil while it is not paused
	Ack     *KeptAck     `json:"ack,omitempty"`
	Timer   *KeptTimer   `json:"timer,omitempty"`
	Trouble *KeptTrouble `json:"trouble,omitempty"`
}

// KeptPause is a [Pause].
type KeptPause struct {
	Since    time.Time         `json:"since"` // server's clock
	AtLeast  bool              `json:"at_least,omitempty"`
	Looked   bool              `json:"looked,omitempty"` // Since is when it was seen, and not dated by the API
	Recorded bool              `json:"recorded,omitempty"`
	Behavior api.PauseBehavior `json:"behavior,omitempty"`
	Actor    Actor             `json:"actor,omitzero"` // zero where nobody knows
	Group    uint64            `json:"group,omitempty"`
	From     string            `json:"from,omitempty"`    // the host that has made it; empty for this one
	Request  string            `json:"request,omitempty"` // its ID in the journal; empty unless this deck made the pause
}

// KeptAck is an [Ack].
type KeptAck struct {
	Actor  Actor     `json:"actor"`
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until"` // server's clock
}

// KeptTimer is a [Timer].
type KeptTimer struct {
	Actor Actor     `json:"actor"`
	At    time.Time `json:"at,omitzero"` // server's clock; zero for one that has failed
	Err   string    `json:"err,omitempty"`
}

// KeptTrouble is a [Trouble].
type KeptTrouble struct {
	Kind  TroubleKind `json:"kind"`
	Since time.Time   `json:"since"` // local
	Actor string      `json:"actor,omitempty"`
	Why   string      `json:"why,omitempty"`
	Acked bool        `json:"acked,omitempty"`
}

// leftover is what was kept of a recording that has not been seen yet.
type leftover struct {
	KeptRecording
	misses int // reads in a row that did not find it
}

func leftovers(k Kept) map[text.Text]*leftover {
	out := map[text.Text]*leftover{}
	for _, r := range k.Recordings {
		out[text.New(r.SID)] = &leftover{KeptRecording: r}
	}
	return out
}

// Kept returns what the next run of the deck has to know, also after
// [Deck.Close], which ends the auto-resumes of this one. What the last run knew
// of a recording that has not been seen yet is in it.
func (d *Deck) Kept() Kept {
	d.mu.Lock()
	defer d.mu.Unlock()
	var k Kept
	for _, e := range d.order {
		if r, ok := d.keep(e); ok {
			k.Recordings = append(k.Recordings, r)
		}
	}
	var unseen []KeptRecording
	for _, l := range d.kept {
		unseen = append(unseen, l.KeptRecording)
	}
	slices.SortFunc(unseen, func(a, b KeptRecording) int { return cmp.Compare(a.SID, b.SID) })
	k.Recordings = append(k.Recordings, unseen...)
	return k
}

// Whose returns who has paused a recording, and who has acknowledged that it goes
// on; zero for nobody, or nobody who is known.
func (d *Deck) Whose(of Key) (paused, acked Actor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.find(of.SID)
	if e == nil || e.who == nil || !e.view.Paused() {
		return paused, acked
	}
	if e.view.Pause.Actor != "" && e.who.from == "" {
		paused = e.who.paused
	}
	if e.view.Ack != (Ack{}) && e.who.ackFrom == "" {
		acked = e.who.acked
	}
	return paused, acked
}

// keep returns what is kept of an entry; ok is false for nothing. The mutex
// must be held.
func (d *Deck) keep(e *entry) (k KeptRecording, ok bool) {
	r := e.view
	k = KeptRecording{SID: r.SID.String(), Updated: r.Updated}
	switch t := r.Trouble; {
	case !r.Active():
		return k, false
	case t.Kind != "":
		k.Trouble = &KeptTrouble{t.Kind, t.Since, t.Actor, t.Why, t.Acked}
	}
	if !r.Paused() {
		return k, k.Trouble != nil
	}
	p := r.Pause
	k.Pause = &KeptPause{Since: p.Since, AtLeast: p.AtLeast, Looked: p.looked, Recorded: p.Recorded, Behavior: p.Behavior, Group: p.Group, From: e.known().from}
	if p.Actor != "" {
		k.Pause.Actor = e.whose().paused
	}
	if e.own != nil && !p.Recorded {
		k.Pause.Request = e.own.p.JournalID
	}
	if r.Ack != (Ack{}) {
		k.Ack = &KeptAck{e.whose().acked, r.Ack.Reason, r.Ack.Until}
	}
	switch t := r.Timer; {
	case t.Err != "":
		k.Timer = &KeptTimer{Actor: e.whose().timed, Err: t.Err}
	case d.sh != nil && !t.At.IsZero() && !t.Local:
		// The other hosts have it.
	case !t.At.IsZero():
		k.Timer = &KeptTimer{Actor: e.whose().timed, At: d.serverTime(t.At)}
	default:
		k.Timer = e.dropped
	}
	return k, true
}

// restore gives a recording that is seen for the first time what was kept of
// it, if it is as it was. The mutex must be held.
func (d *Deck) restore(e *entry, now time.Time) {
	k := d.kept[e.view.SID]
	if k == nil {
		return
	}
	delete(d.kept, e.view.SID)
	r := e.view
	same := r.Updated.Equal(k.Updated)
	switch dated := !r.Updated.IsZero(); {
	case !same || r.Paused() != (k.Pause != nil):
	case !r.Paused():
		d.restoreTrouble(e, k.Trouble)
	case dated:
		d.restorePause(e, k.Pause, now)
		d.restoreAck(e, k.Ack)
		d.restoreTimer(e, k.Timer, now)
	case k.Timer != nil:
		d.timerLost(e, k.Timer.Actor, "whether it is still the same pause could not be told after a restart of tapedeck")
	}
}

func (d *Deck) restoreTrouble(e *entry, t *KeptTrouble) {
	if t == nil || !e.view.Status.Running() {
		return
	}
	e.change(func(r *Recording) {
		r.Trouble = Trouble{Kind: t.Kind, Since: t.Since.Local(), Actor: t.Actor, Why: text.New(t.Why).String(), Acked: t.Acked}
	})
}

// restorePause makes the pause of an entry the one that was kept, and its
// request one that was done by this deck, so that it is noticed when others end
// it.
func (d *Deck) restorePause(e *entry, p *KeptPause, now time.Time) {
	if p.Since.IsZero() || p.Since.After(d.serverTime(now)) {
		return
	}
	e.whose().paused, e.whose().from = p.Actor, p.From
	e.change(func(r *Recording) {
		r.Pause = Pause{Since: p.Since.UTC(), AtLeast: p.AtLeast, looked: p.Looked, Recorded: p.Recorded,
			Behavior: p.Behavior, Actor: p.Actor.Name(), Group: p.Group}
	})
	if p.Recorded || p.Actor == (Actor{}) {
		return
	}
	req := Request{SID: e.view.SID, Actor: p.Actor, Group: p.Group, Update: api.Update{Status: api.Paused, PauseBehavior: p.Behavior}}
	since := p.Since.Add(-d.clock.offset)
	u := &update{d: d, e: e, req: req, rec: e.view.Recording, asked: since, from: since, done: make(chan struct{})}
	close(u.done)
	u.p = &Progress{Request: req, Outcome: Verified, Settled: true, Asked: since, Done: since, JournalID: p.Request}
	e.own = u
}

func (d *Deck) restoreAck(e *entry, a *KeptAck) {
	if a == nil {
		return
	}
	e.whose().acked = a.Actor
	e.change(func(r *Recording) {
		r.Ack = Ack{Actor: a.Actor.Name(), Reason: text.New(a.Reason).String(), Until: a.Until}
	})
}

// restoreTimer has an auto-resume go on, or says why it cannot: one whose time
// has come while nobody looked after it is not done, so it alarms.
func (d *Deck) restoreTimer(e *entry, t *KeptTimer, now time.Time) {
	if t == nil {
		return
	}
	left := t.At.Sub(d.serverTime(now))
	switch {
	case t.Err != "":
		e.whose().timed = t.Actor
		e.change(func(r *Recording) { r.Timer = Timer{Actor: t.Actor.Name(), Err: text.New(t.Err).String()} })
	case left <= 0:
		d.timerLost(e, t.Actor, fmt.Sprintf("its time came %.0f s ago, while tapedeck was not running", -left.Seconds()))
	case left > MaxResumeAfter:
		d.timerLost(e, t.Actor, "its time is not known any more: a clock was set while tapedeck was not running")
	default:
		d.setTimer(e, t.Actor, left)
	}
}

// keptMissing notes that a recording of the last run is not to be found; twice
// in a row means that it is gone. The mutex must be held.
func (d *Deck) keptMissing(sid text.Text) {
	if l := d.kept[sid]; l != nil {
		if l.misses++; l.misses >= 2 {
			delete(d.kept, sid)
		}
	}
}

// unseen returns the recordings of the last run that have not been seen yet:
// they are read one by one. The mutex must be held.
func (d *Deck) unseen() (sids []text.Text) {
	for sid := range d.kept {
		sids = append(sids, sid)
	}
	return sids
}
