package requests

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

var (
	start = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	ana   = deck.Actor{Actor: "ana"}
)

// fakeDeck answers each request as it is told.
type fakeDeck struct {
	answer func(deck.Request) (deck.Progress, error)
	sent   []deck.Request
}

func (d *fakeDeck) Do(_ context.Context, req deck.Request) (deck.Progress, error) {
	d.sent = append(d.sent, req)
	return d.answer(req)
}

func (d *fakeDeck) DoAll(ctx context.Context, reqs []deck.Request, result func(int, deck.Progress, error)) {
	for i, req := range reqs {
		p, err := d.Do(ctx, req)
		result(i, p, err)
	}
}

func verified(id uint64) func(deck.Request) (deck.Progress, error) {
	return func(req deck.Request) (deck.Progress, error) {
		return deck.Progress{Request: req, ID: id, Outcome: deck.Verified, Settled: true, Asked: start, Done: start.Add(400 * time.Millisecond)}, nil
	}
}

func pause(sid string) Named {
	return Named{deck.Request{SID: text.New(sid), Update: api.Update{Status: api.Paused}, Actor: ana}, sid}
}

// snapshot shows recordings that are paused, each with its last update.
func snapshot(progress ...deck.Progress) *deck.Snapshot {
	s := &deck.Snapshot{Seq: 7}
	for _, p := range progress {
		s.Recordings = append(s.Recordings, &deck.Recording{Recording: api.Recording{SID: p.Request.SID, Status: api.Paused}, Update: &p})
	}
	return s
}

// said joins what there is to say.
func said(news ...News) string {
	var out []string
	for _, n := range news {
		words := n.Words
		if n.OffRecord != "" {
			words = n.OffRecord + " | " + words
		}
		if n.Bad {
			words = "BAD " + words
		}
		if n.Instead != "" {
			words += " (not " + n.Instead + ")"
		}
		if n.Hint != "" {
			words += " [" + n.Hint + "]"
		}
		out = append(out, words)
	}
	return strings.Join(out, "; ")
}

// ends runs commands, and returns the ends that they bring.
func ends(cmd tea.Cmd) (out []DoneMsg) {
	switch msg := cmd().(type) {
	case DoneMsg:
		out = append(out, msg)
	case tea.BatchMsg:
		for _, cmd := range msg {
			out = append(out, ends(cmd)...)
		}
	}
	return out
}

// A request is said at each of its steps; it is under way until a snapshot shows
// what came of it, and a pause that was done is the session's own.
func TestSend(t *testing.T) {
	d := &fakeDeck{answer: verified(3)}
	m := New(context.Background(), d)
	before := snapshot(deck.Progress{Request: pause("a").Request})
	before.Recordings[0].Update = nil
	news, cmd := m.Send(pause("a"), before, start)
	if got := said(news); got != "pausing …a: requested" {
		t.Errorf("sent: %q", got)
	}
	if got := m.UnderWay(before, of("a")); got != "pausing it is under way (requested); one update at a time" {
		t.Errorf("under way: %q", got)
	}
	if got := m.Busy(); got != (Busy{Words: "pausing …a: requested", Said: "pausing …a: requested"}) {
		t.Errorf("busy: %+v", got)
	}
	end := ends(cmd)[0]
	if d.sent[0].Snapshot != 7 {
		t.Errorf("sent %+v, want with the snapshot that was seen", d.sent[0])
	}
	more, well := m.Done(end, before)
	if got := said(more...); got != "paused …a: verified in 0.4 s" || !more[0].Done || !well.IsZero() {
		t.Errorf("done: %q, %v", got, well)
	}
	if got := m.UnderWay(before, of("a")); got != "the result of the last update is not on screen yet" {
		t.Errorf("before a snapshot shows it: %q", got)
	}
	if got := said(m.Follow(snapshot(end.progress), start)...); got != "" || m.UnderWay(before, of("a")) != "" || m.Busy().Words != "" {
		t.Errorf("after it: %q, under way %q", got, m.UnderWay(before, of("a")))
	}
	if !m.Own(of("a")) {
		t.Error("the pause is not the session's own")
	}
	resumed := snapshot(end.progress)
	resumed.Recordings[0].Status = api.InProgress
	if m.Follow(resumed, start.Add(time.Hour)); m.Own(of("a")) {
		t.Error("a pause that is over is the session's own")
	}
}

// What is bad is taken back by the next step of the same request, and what is not
// on record is said beside it.
func TestFollow(t *testing.T) {
	d := &fakeDeck{answer: verified(3)}
	m := New(context.Background(), d)
	_, cmd := m.Send(pause("a"), &deck.Snapshot{Seq: 7}, start)
	p := ends(cmd)[0].progress
	step := func(edit func(p *deck.Progress)) string {
		edit(&p)
		return said(m.Follow(snapshot(p), start)...)
	}
	const unknown = "pause …a: unknown: it may or may not have been done; checking"
	if got := step(func(p *deck.Progress) { p.Outcome, p.Settled = deck.Unknown, false }); got != "BAD "+unknown {
		t.Errorf("unknown: %q", got)
	}
	if got := m.Busy(); !got.Unknown {
		t.Errorf("busy: %+v", got)
	}
	if got := step(func(*deck.Progress) {}); got != "" {
		t.Errorf("the same again: %q", got)
	}
	if got := step(func(p *deck.Progress) { p.OffRecord = errors.New("disk full") }); got != "BAD "+unknown+"; not on record: disk full (not "+unknown+")" {
		t.Errorf("off record: %q", got)
	}
	if got := step(func(p *deck.Progress) { p.Outcome, p.Settled = deck.Verified, true }); !strings.HasPrefix(got, "…a not on record: disk full | paused …a: verified") {
		t.Errorf("verified: %q", got)
	}
}

// A request that the deck refuses is over, and why is said.
func TestRefused(t *testing.T) {
	d := &fakeDeck{answer: func(deck.Request) (deck.Progress, error) {
		return deck.Progress{}, fmt.Errorf("pause: %w", deck.ErrNotFound)
	}}
	m := New(context.Background(), d)
	s := &deck.Snapshot{}
	_, cmd := m.Send(pause("a"), s, start)
	news, _ := m.Done(ends(cmd)[0], s)
	if got := said(news...); got != "BAD cannot pause …a: it is no longer known" {
		t.Errorf("%q", got)
	}
	if m.UnderWay(s, of("a")) != "" || m.Own(of("a")) {
		t.Error("it is under way, or the session's own")
	}
}

// Of several, only the end of all is said, with what did not go well and why.
func TestSendAll(t *testing.T) {
	tests := []struct {
		name   string
		answer func(deck.Request) (deck.Progress, error)
		marked bool
		want   string
		well   int
	}{
		{name: "all go well", answer: verified(3), want: "paused 2 of 2: done", well: 2},
		{name: "one does not", marked: true, well: 1,
			answer: func(req deck.Request) (deck.Progress, error) {
				p, err := verified(3)(req)
				if req.SID == text.New("b") {
					p.Outcome, p.Note = deck.Contradicted, "it is in-progress"
				}
				return p, err
			}, want: "BAD paused 1 of 2; not …b (contradicted: it is in-progress) [those that failed are still marked]"},
		{name: "refused", answer: func(deck.Request) (deck.Progress, error) { return deck.Progress{}, deck.ErrClosed },
			want: "BAD paused 0 of 2; not …a (tapedeck is ending), not …b (tapedeck is ending)"},
		{name: "not on record", well: 2,
			answer: func(req deck.Request) (deck.Progress, error) {
				p, err := verified(3)(req)
				p.OffRecord = errors.New("disk full")
				return p, err
			}, want: "BAD paused 2 of 2; not on record: …a, …b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(context.Background(), &fakeDeck{answer: tt.answer})
			s := &deck.Snapshot{}
			news, cmd := m.SendAll([]Named{pause("a"), pause("b")}, tt.marked, s, start)
			if got := said(news...); got != "pausing 2 recordings" {
				t.Errorf("sent: %q", got)
			}
			var last []News
			well := 0
			for _, end := range ends(cmd) {
				if len(last) > 0 {
					t.Errorf("said before the end: %q", said(last...))
				}
				var good deck.Key
				if last, good = m.Done(end, s); !good.IsZero() {
					well++
				}
			}
			if got := said(last...); got != tt.want || well != tt.well {
				t.Errorf("%q, %d well\nwant %q, %d", got, well, tt.want, tt.well)
			}
		})
	}
	m := New(context.Background(), &fakeDeck{answer: verified(3)})
	s := &deck.Snapshot{}
	m.Send(pause("a"), s, start)
	if news, _ := m.SendAll([]Named{pause("a")}, false, s, start); said(news...) !=
		"BAD paused 0 of 1; not …a: pausing it is under way (requested); one update at a time" {
		t.Errorf("one that is under way: %q", said(news...))
	}
}

// An auto-resume is said when it is done, or is not, but not what was so when the
// session began.
func TestFollowTimers(t *testing.T) {
	m := New(context.Background(), nil)
	short := func(k deck.Key) string { return k.SID.String() }
	resume := deck.Progress{ID: 1, Outcome: deck.Verified, Settled: true, Asked: start, Done: start.Add(time.Second), Request: deck.Request{
		SID: text.New("a"), Update: api.Update{Status: api.InProgress}, Actor: ana, ByTimer: true}}
	if got := said(m.FollowTimers(snapshot(resume), short)...); got != "" {
		t.Errorf("at the beginning: %q", got)
	}
	resume.ID = 2
	s := snapshot(resume)
	if got := said(m.FollowTimers(s, short)...); got != "resumed …a by the auto-resume of ana: verified in 1.0 s" {
		t.Errorf("done: %q", got)
	}
	if got := said(m.FollowTimers(s, short)...); got != "" {
		t.Errorf("the same again: %q", got)
	}
	s.Recordings[0].Timer = deck.Timer{Actor: "bo", Err: "too late"}
	if got := said(m.FollowTimers(s, short)...); got != "BAD auto-resume of …a, set by bo, not done: too late" {
		t.Errorf("not done: %q", got)
	}
}

// What a question about siblings says.
func TestSiblingWords(t *testing.T) {
	resume := pause("a")
	resume.Request.Update.Status = api.InProgress
	tests := []struct {
		first      []Named
		reached    bool
		n, unknown int
		want       string
	}{
		{[]Named{pause("a")}, false, 1, 0, "Pausing …a. 1 other recording of this conversation is still running."},
		{[]Named{pause("a")}, true, 2, 0, "…a is paused. 2 other recordings of this conversation are still running."},
		{[]Named{pause("a"), pause("b")}, true, 2, 3, "Pausing 2 recordings. 2 other recordings of this conversation are still running. It has 3 more, not listed here: look at them afterwards."},
		{[]Named{resume}, true, 1, 0, "Resuming …a. 1 other recording of this conversation is still paused."},
	}
	for _, tt := range tests {
		if got := SiblingWords(tt.first, tt.reached, tt.n, tt.unknown); got != tt.want {
			t.Errorf("%q\nwant %q", got, tt.want)
		}
	}
}

// of names a recording where there is one profile.
func of(sid string) deck.Key { return deck.Key{SID: text.New(sid)} }
