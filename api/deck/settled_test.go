package deck

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// Outcomes that are settled anew, and steps of an update that come late.

// seen returns the lines of the journal that say what was seen later.
func (p *paper) seen() (out []string) {
	for _, l := range p.lines() {
		if strings.HasPrefix(l, "seen") {
			out = append(out, l)
		}
	}
	return out
}

// TestVerifiedLate has updates settled as not done, or as unknown, that were
// done after all: a later read settles them anew, on screen and in the journal.
func TestVerifiedLate(t *testing.T) {
	status := func(code int) func(*http.Request) (*http.Response, error) { return always("POST", "", code, "{}") }
	tests := []struct {
		name   string
		before func(*http.Request) (*http.Response, error)
		fault  string
		wait   time.Duration // until it is done
		first  Outcome
		last   Outcome
	}{
		{name: "reads lag for long", fault: "lag=20s", first: Contradicted, last: Verified},
		{name: "503 and done later", before: status(503), wait: 10 * time.Second, first: Contradicted, last: Verified},
		{name: "408 and done later", before: status(408), wait: 10 * time.Second, first: Failed, last: Verified},
		{name: "409 and done later", before: status(409), wait: 10 * time.Second, first: Failed, last: Verified},
		{name: "425 and done later", before: status(425), wait: 10 * time.Second, first: Failed, last: Verified},
		{name: "499 and done later", before: status(499), wait: 10 * time.Second, first: Failed, last: Verified},
		{name: "refused, and others pause later", before: status(422), wait: 10 * time.Second, first: Failed, last: Failed},
		{name: "too late to be this one", before: status(503), wait: 61 * time.Second, first: Contradicted, last: Contradicted},
		{name: "too late for 409", before: status(409), wait: 61 * time.Second, first: Failed, last: Failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &paper{}
				tb, sid := begun(t, Config{Journal: p})
				tb.space.SetFaults(fault(t, strings.Fields(tt.fault)...)...)
				tb.wire.set(tt.before)
				req := pauseOf(sid)
				req.ResumeAfter, req.Group = 10*time.Minute, 7
				got, err := tb.deck.Do(t.Context(), req)
				if err != nil || got.Outcome != tt.first || got.WasLate {
					t.Fatalf("%s, %v; want %s", got.Outcome, err, tt.first)
				}
				tb.wire.set(nil)
				if tb.find(sid).Trouble.Kind != NotPaused {
					t.Error("it does not alarm")
				}
				after(tt.wait)
				if tt.wait > 0 {
					tb.space.SetStatus(sid, "paused")
				}
				after(25 * time.Second)
				r := tb.find(sid)
				late := tt.last == Verified
				if u := r.Update; u.ID != got.ID || u.JournalID != got.JournalID || u.Outcome != tt.last || u.WasLate != late {
					t.Errorf("the update is %+v, want %s", u, tt.last)
				}
				if r.Trouble.Kind != "" || r.Timer.At.IsZero() == late || (r.Pause.Actor == "alice") != late || (r.Pause.Group == 7) != late {
					t.Errorf("trouble %+v, timer %+v, pause %+v", r.Trouble, r.Timer, r.Pause)
				}
				want := 0
				if late {
					want = 1
				}
				if got := p.seen(); len(got) != want || late && got[0] != "seen i alice in-progress paused skip paused verified verified late" {
					t.Errorf("the journal says %q", got)
				}
				if n := strings.Count(strings.Join(p.lines(), "\n"), "outcome i "); n != 1 {
					t.Errorf("%d outcomes of one request", n)
				}
			})
		})
	}
}

// TestRefusedAndDone has a 4xx answer an update that was carried out: a read
// shows it at once.
func TestRefusedAndDone(t *testing.T) {
	for _, code := range []int{400, 404, 408, 409, 410, 422, 425, 429, 499} {
		for _, delay := range []time.Duration{0, 500 * time.Millisecond} {
			if delay > 0 && code != 408 && code != 409 && code != 425 && code != 499 {
				continue // a clear refusal is read once
			}
			t.Run(fmt.Sprint(code, " ", delay), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tb, sid := begun(t, Config{})
					tb.wire.set(onPost(func(r *http.Request) (*http.Response, error) {
						time.AfterFunc(delay, func() { tb.space.SetStatus(sid, "paused") })
						synctest.Wait()
						return answer(r, code, "{}", "Retry-After", "30"), nil
					}))
					req := pauseOf(sid)
					req.ResumeAfter = time.Minute
					p, err := tb.deck.Do(t.Context(), req)
					if err != nil || p.Outcome != Verified || p.WasLate {
						t.Errorf("%s (%s), %v; want verified", p.Outcome, p.Note, err)
					}
					if r := tb.find(sid); r.Timer.At.IsZero() || r.Pause.Actor != "alice" || r.Trouble.Kind != "" {
						t.Errorf("timer %+v, pause %+v, trouble %+v", r.Timer, r.Pause, r.Trouble)
					}
				})
			})
		}
	}
}

// TestSettledAnewAsNotDone: an unknown outcome, and an accepted one that could
// not be read again, may turn out to be none.
func TestSettledAnewAsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, sid := begun(t, Config{Journal: p})
		tb.wire.set(func(r *http.Request) (*http.Response, error) { return answer(r, 500, ""), nil })
		if got, err := tb.deck.Do(t.Context(), pauseOf(sid)); err != nil || got.Outcome != Unknown || !got.Settled {
			t.Fatalf("%s, %v", got.Outcome, err)
		}
		tb.wire.set(nil)
		after(35 * time.Second)
		if got := tb.find(sid).Update; got.Outcome != Contradicted || got.WasLate {
			t.Errorf("%s, late: %v", got.Outcome, got.WasLate)
		}
		tb.wantTrouble(sid, NotPaused, "HTTP 500")
		if got := p.seen(); len(got) != 1 || !strings.Contains(got[0], "contradicted") {
			t.Errorf("the journal says %q", got)
		}
	})
}

// TestPausedByOthers: the journal says when others end what a resume has done.
func TestPausedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, sid := begun(t, Config{Journal: p})
		for _, req := range []Request{pauseOf(sid), resumeOf(sid)} {
			if _, err := tb.deck.Do(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			after(5 * time.Second)
		}
		tb.space.SetStatus(sid, "paused")
		after(5 * time.Second)
		if got := p.seen(); len(got) != 1 || got[0] != "seen ii alice paused in-progress paused paused by others; by whom is not known" {
			t.Errorf("the journal says %q", got)
		}
		tb.wantTrouble(sid, "", "")
	})
}

// slowJournal is a journal on a disk whose fsync takes 3 s and then fails.
type slowJournal struct {
	mu  sync.Mutex
	ids int
}

func (s *slowJournal) Enqueue(e journal.Entry) *journal.Pending {
	if e.Event != journal.Outcome {
		return journal.Done(nil)
	}
	return journal.Later(func() error {
		time.Sleep(3 * time.Second)
		return errors.New("sync journal.jsonl: input/output error")
	})
}

func (s *slowJournal) NewID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids++
	return fmt.Sprint(s.ids)
}

func (s *slowJournal) Settle(context.Context, func(journal.Entry) (journal.Entry, bool)) (int, error) {
	return 0, nil
}

// TestLateStepKeepsTheNext: what the disk says of a settled update came over
// the next one, which was under way: two at once, and the quit did not wait.
func TestLateStepKeepsTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{Journal: &slowJournal{}})
		go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
		after(time.Second)
		if p := tb.find(sid).Update; p.Outcome != Verified {
			t.Fatalf("the pause is %+v", p)
		}
		tb.wire.set(onPost(func(*http.Request) (*http.Response, error) {
			time.Sleep(8 * time.Second)
			return nil, nil
		}))
		go func() { _, _ = tb.deck.Do(context.Background(), resumeOf(sid)) }()
		after(3 * time.Second) // the first one's fsync has failed by now
		if got := tb.deck.UnderWay(); len(got) != 1 || got[0].Request.Verb() != "resume" || tb.find(sid).Update.Request.Verb() != "resume" {
			t.Errorf("under way: %+v, shown: %s", got, tb.find(sid).Update.Request.Verb())
		}
		if _, err := tb.deck.Do(t.Context(), stopOf(sid)); err == nil {
			t.Error("a third update was sent beside the second")
		}
		after(15 * time.Second)
	})
}

// TestOffRecordKeepsTheOutcome: what the disk says of an accepted update turned
// "verified" back, which a poll had found meanwhile.
func TestOffRecordKeepsTheOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{Journal: &slowJournal{}})
		tb.wire.set(always("GET", "", 500, ""))
		go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
		after(3500 * time.Millisecond)
		if p := tb.find(sid).Update; !p.Settled || p.Outcome != Accepted {
			t.Fatalf("the pause is %+v", p)
		}
		tb.wire.set(nil)
		tb.deck.Refresh()
		after(2 * time.Second)
		if p := tb.find(sid).Update; p.Outcome != Verified || p.OffRecord != nil {
			t.Fatalf("%s, %v; want it verified before the disk fails", p.Outcome, p.OffRecord)
		}
		after(2 * time.Second)
		if p := tb.find(sid).Update; p.Outcome != Verified || p.OffRecord == nil {
			t.Errorf("%s, off record: %v; want both", p.Outcome, p.OffRecord)
		}
	})
}

// TestAutoResumeMeetsResume: a resume by hand in the moment of the auto-resume
// made that one alarm, and say in the journal that it was not done.
func TestAutoResumeMeetsResume(t *testing.T) {
	for name, tt := range map[string]struct {
		lead    time.Duration // of the resume by hand
		refused bool
		err     string
	}{
		"it is under way":             {lead: 10 * time.Millisecond},
		"it begins during the read":   {lead: -2 * time.Millisecond},
		"it is refused in the moment": {lead: 10 * time.Millisecond, refused: true, err: "a resume was under way when its time came, and is failed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &paper{}
				tb, sid := begun(t, Config{Journal: p})
				req := pauseOf(sid)
				req.ResumeAfter = 30 * time.Second
				if _, err := tb.deck.Do(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				if tt.refused {
					tb.space.SetFaults(fault(t, "403@update")...)
				}
				time.Sleep(time.Until(tb.find(sid).Timer.At) - tt.lead)
				go func() { _, _ = tb.deck.Do(context.Background(), resumeOf(sid)) }()
				for range 50 {
					after(100 * time.Millisecond)
					if r := tb.find(sid); r.Timer.Err != tt.err && r.Timer.Err != "" || tt.err == "" && tb.level(sid) == Alarm {
						t.Fatalf("the pause alarms (%q) while it is being resumed by hand", r.Timer.Err)
					}
				}
				if got := tb.find(sid).Timer.Err; got != tt.err {
					t.Errorf("the auto-resume says %q, want %q", got, tt.err)
				}
				if got := strings.Join(p.lines(), "\n"); strings.Contains(got, "not done") != (tt.err != "") {
					t.Errorf("the journal says\n%s", got)
				}
			})
		})
	}
}

// slowNotes is a journal that takes its time for a note.
type slowNotes struct{ paper }

func (s *slowNotes) Append(e journal.Entry) error {
	if e.Event == journal.Timer {
		time.Sleep(time.Second)
	}
	return s.paper.Append(e)
}

// TestNotesComeBeforeTheOutcome that follows them.
func TestNotesComeBeforeTheOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &slowNotes{}
		tb, sid := begun(t, Config{Journal: p})
		req := pauseOf(sid)
		req.ResumeAfter = time.Minute
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if got := p.lines(); len(got) != 3 || !strings.HasPrefix(got[1], "timer") || !strings.HasPrefix(got[2], "outcome") {
			t.Errorf("the journal says %q", got)
		}
	})
}

// TestNotesKeepTheirOrder: notes about a recording came into the journal in any
// order.
func TestNotesKeepTheirOrder(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			p := &paper{}
			tb, sid := begun(t, Config{Journal: p})
			tb.space.SetStatus(sid, "paused")
			after(5 * time.Second)
			for _, wait := range []time.Duration{10 * time.Minute, 0, 5 * time.Minute, 0} {
				if err := tb.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "alice"}, wait, false); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			if got := strings.Join(p.lines(), ", "); got != "timer alice auto-resume set, timer alice auto-resume canceled (timer), "+
				"timer alice auto-resume set, timer alice auto-resume canceled (timer)" {
				t.Errorf("the journal says %q", got)
			}
		})
		if t.Failed() {
			return
		}
	}
}
