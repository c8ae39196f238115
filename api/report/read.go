package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// Options says what a report is about.
type Options struct {
	Dir string // the state directory
	// From and To are the period. A zero From is the first entry of the
	// journal, a zero To is Now.
	From, To time.Time
	Now      time.Time     // when the report is made; zero for the present
	Call     string        // the SID of a call or a conference, or at least its last 4 characters; empty for all
	Profile  string        // only entries of this profile; empty for all
	Limit    time.Duration // from which a pause is over the limit; 0 for none
	Sample   int           // how many paused calls to draw, with every entry of each; 0 for all calls and no sample
	Seed     uint64        // by which the sample is drawn: the same journal, period and seed give the same calls
	// Mask, if set, makes a number that is read fit to be shown.
	Mask func(number text.Text) text.Text
	// Runs says whether a process still runs; nil asks this machine.
	Runs func(journal.Who) (runs, known bool)
}

// Read makes the report of o. A directory without a journal gives a report
// without a line. A line that is no entry is in the report; the error is about
// reading.
func Read(o Options) (*Report, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.To.IsZero() || o.To.After(o.Now) {
		o.To = o.Now
	}
	if o.Runs == nil {
		o.Runs = journal.Who.Runs
	}
	b := newBuilder(o)
	found, err := journal.Scan(o.Dir, b.take)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	b.source(found)
	r := b.finish()
	if o.Sample > 0 {
		if err := r.draw(o); err != nil {
			return nil, fmt.Errorf("read the journal for the sample: %w", err)
		}
	}
	return r, nil
}

// keepSettled is how many requests that have an outcome are kept for what a read
// shows of them later.
const keepSettled = 1024

// purgeEvery is after how many lines before the period what is over is let go.
const purgeEvery = 1 << 16

// builder makes a report of the entries of a journal, in its order.
type builder struct {
	o        Options
	from, to Moment
	r        *Report

	calls    index[Call]
	recs     index[Recording]
	persons  map[string]*Person
	requests map[string]*request
	settled  []string // IDs of requests with an outcome, the oldest first
	lines    int      // before the period
	every    int      // after how many of these lines what is over is let go

	early   map[*Recording]*AutoResume // set before the result of their pause came
	stray   map[*Recording]*request    // resumes and stops that ended no pause
	autos   []*AutoResume
	updates []*Update
	clocks  map[string]*clock // of each host
	steps   []uint16          // the hosts whose clock was set back, in order
	watches map[projectKey]*watch
	procs   map[process]*proc
	bare    map[text.Text]*Alarm // the last of each call without a recording
	bares   []*Alarm             // all of them, in order

	sids       arena
	madeCalls  slab[Call]
	recordings slab[Recording]
	pauses     slab[Pause]
	resumes    slab[AutoResume]
}

func newBuilder(o Options) *builder {
	b := &builder{
		o: o, from: MomentOf(o.From), to: MomentOf(o.To), every: purgeEvery,
		r:     &Report{Made: o.Now.UTC(), Limit: o.Limit, Call: o.Call, Profile: o.Profile, Seed: o.Seed, Sampled: o.Sample},
		calls: newIndex((*Call).sid), recs: newIndex((*Recording).sid), persons: map[string]*Person{},
		requests: map[string]*request{}, clocks: map[string]*clock{}, watches: map[projectKey]*watch{}, procs: map[process]*proc{}, bare: map[text.Text]*Alarm{},
		early: map[*Recording]*AutoResume{}, stray: map[*Recording]*request{},
	}
	b.r.Source.Dir = o.Dir
	return b
}

// take takes an entry in.
func (b *builder) take(e *journal.Entry, broken *journal.LineError) {
	if broken != nil {
		b.r.Source.Unreadable++
		b.off(OffRecord{Kind: BrokenLine, What: broken.Error()})
		return
	}
	at := MomentOf(e.Time)
	s := &b.r.Source
	s.First, s.Last = cmp.Or(s.First, at), at
	if b.o.Profile != "" && e.Profile != b.o.Profile {
		return
	}
	b.clock(e, at)
	b.seen(e, at)
	switch {
	case e.Event == journal.Note:
		b.note(e, at)
	case e.Event.AboutWatching():
		b.watched(e, at)
	case b.o.Call != "" && !isSID(e.Call, b.o.Call) && !isSID(e.Conference, b.o.Call):
	default:
		b.about(e, at)
	}
	if at < b.from {
		if b.lines++; b.lines%b.every == 0 {
			b.purge()
		}
	}
}

// about takes in an entry about a recording or a call. What began after the
// period is not of the report.
func (b *builder) about(e *journal.Entry, at Moment) {
	rec, call := b.recording(e, at)
	if call == nil {
		return
	}
	if at < b.to {
		call.Last = max(call.Last, at)
		if rec != nil {
			rec.Last = max(rec.Last, at)
		}
	}
	if b.within(at) {
		call.First = first(call.First, at)
		if rec != nil {
			rec.First = first(rec.First, at)
		}
		if b.o.Call != "" {
			call.Entries = append(call.Entries, b.o.masked(*e))
		}
	}
	b.numbers(call, e)
	switch e.Event {
	case journal.Request, journal.Outcome, journal.Again, journal.Seen:
		if e.Event == journal.Seen && e.Outcome == "" {
			b.others(rec, e, at)
			return
		}
		b.update(rec, call, e, at)
	case journal.Timer:
		b.timer(rec, e, at)
	case journal.Ack:
		b.ack(rec, call, e, at)
	case journal.Unrecorded:
		b.unrecorded(call, e, at)
	case journal.AlarmOver:
		b.alarmOver(call, e, at)
	case journal.Reveal:
		if rec != nil && b.within(at) {
			b.r.Reveals = append(b.r.Reveals, &Reveal{rec, b.person(e), at})
		}
	case journal.Behind:
		b.left(rec, e, at)
	}
}

// first returns the earlier of two moments; zero is none.
func first(a, b Moment) Moment {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// within reports whether a moment is in the period.
func (b *builder) within(at Moment) bool { return at >= b.from && at < b.to }

// recording returns the recording and the call of an entry, which are made
// where they are new and the period is not over.
func (b *builder) recording(e *journal.Entry, at Moment) (*Recording, *Call) {
	rec := b.recs.get(e.Recording)
	if rec != nil {
		return rec, rec.Call
	}
	sid := e.Call
	if sid.IsZero() {
		sid = e.Conference
	}
	call := b.calls.get(sid)
	if at >= b.to && (call == nil || !e.Recording.IsZero()) {
		return nil, nil
	}
	if call == nil {
		sid = b.sids.keep(sid)
		call = b.madeCalls.new()
		*call = Call{SID: sid, Conference: e.Call.IsZero() && !e.Conference.IsZero(), Space: e.Space, Project: e.Project, Profile: e.Profile}
		b.calls.put(call)
		b.r.Calls = append(b.r.Calls, call)
	}
	if e.Recording.IsZero() {
		return nil, call
	}
	rec = b.recordings.new()
	*rec = Recording{SID: b.sids.keep(e.Recording), Call: call}
	b.recs.put(rec)
	call.Recordings = append(call.Recordings, rec)
	return rec, call
}

// numbers takes in who calls whom, masked.
func (b *builder) numbers(c *Call, e *journal.Entry) {
	if e.From.IsZero() && e.To.IsZero() || !c.Numbers.From.IsZero() || !c.Numbers.To.IsZero() {
		return
	}
	c.Numbers = Numbers{e.From, e.To}
	if b.o.Mask != nil {
		c.Numbers = Numbers{b.o.Mask(e.From), b.o.Mask(e.To)}
	}
}

// masked returns an entry as it is shown.
func (o *Options) masked(e journal.Entry) journal.Entry {
	if o.Mask != nil {
		e.From, e.To = o.Mask(e.From), o.Mask(e.To)
	}
	return e
}

// person returns who an entry names.
func (b *builder) person(e *journal.Entry) *Person {
	name := e.Name()
	p := b.persons[name]
	if p == nil {
		p = &Person{Name: name}
		b.persons[name] = p
	}
	return p
}

// leastStep is what a clock may be behind without having been set back: entries
// of several processes are not written in the order of their times.
const leastStep = 2000

// clock is that of a machine, by its entries.
type clock struct {
	number uint16 // of the machine
	last   Moment
}

// clock notices that the clock of a machine was set back.
func (b *builder) clock(e *journal.Entry, at Moment) {
	c := b.host(e)
	if e.Late || e.ID != "" && e.Event != journal.Request {
		return
	}
	if c.last-at > leastStep && len(b.steps) < math.MaxUint16 {
		b.steps = append(b.steps, c.number)
	}
	c.last = at
}

// host returns the clock of the machine that wrote an entry.
func (b *builder) host(e *journal.Entry) *clock {
	c := b.clocks[e.Host]
	if c == nil {
		c = &clock{number: uint16(min(len(b.clocks), math.MaxUint16))}
		b.clocks[e.Host] = c
	}
	return c
}

// clockSet reports whether the clock of a machine that began or ended a pause
// was set back while it lasted: nobody can say then how long that was.
func (b *builder) clockSet(p *Pause, host uint16) bool {
	return slices.ContainsFunc(b.steps[p.steps:], func(h uint16) bool { return h == p.host || h == host })
}

// lost is what a note says of entries that could not be kept.
const lost = "could not be kept while the journal could not be written"

// note takes in what the journal says of itself.
func (b *builder) note(e *journal.Entry, at Moment) {
	if strings.Contains(e.Reason, lost) && b.within(at) {
		b.off(OffRecord{At: at, Kind: LostEntries, What: e.Reason})
	}
}

func (b *builder) off(o OffRecord) { b.r.OffRecord = append(b.r.OffRecord, o) }

// source takes in what the verification found.
func (b *builder) source(found journal.Report) {
	s := &b.r.Source
	s.Lines, s.LastSeq, s.LastHash, s.Intact = found.Lines, found.LastSeq, found.LastHash, found.Intact()
	for _, f := range found.Names {
		s.Files = append(s.Files, File(f))
	}
	for _, p := range found.Problems {
		s.Problems = append(s.Problems, p.String())
		if strings.Contains(p.What, "missing") {
			b.off(OffRecord{Kind: MissingLines, What: p.String()})
		}
	}
	s.Remarks = found.Remarks
}

// isSID reports whether want is the SID, or its end, in upper or lower case.
func isSID(sid text.Text, want string) bool {
	return strings.HasSuffix(strings.ToLower(sid.String()), strings.ToLower(want))
}
