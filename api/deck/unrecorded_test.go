package deck

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// callNo returns a SID of a call, or of a conference, that ends in a number.
func callNo(n int) string { return fmt.Sprintf("5e4d3c2b-2222-4eee-8fff-%012d", n) }

// lacks returns the numbers of those that the snapshot shows without a recording.
func (tb *table) lacks() (list []int) {
	tb.t.Helper()
	for _, u := range tb.deck.Snapshot().Unrecorded {
		n := 0
		if _, err := fmt.Sscanf(u.SID().String(), "5e4d3c2b-2222-4eee-8fff-%012d", &n); err != nil {
			tb.t.Errorf("a row is about %q", u.SID())
		}
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

func (tb *table) wantLacks(when string, want ...int) {
	tb.t.Helper()
	if diff := cmp.Diff(want, tb.lacks()); diff != "" {
		tb.t.Errorf("%s, without a recording (-want +got):\n%s", when, diff)
	}
}

// line returns the row of a number.
func (tb *table) line(n int) *Unrecorded {
	tb.t.Helper()
	for _, u := range tb.deck.Snapshot().Unrecorded {
		if u.SID() == text.New(callNo(n)) {
			return u
		}
	}
	tb.t.Fatalf("%d is not without a recording", n)
	return nil
}

// TestUnrecorded: which of the calls and conferences in progress have no
// recording, in each way that they can have one.
func TestUnrecorded(t *testing.T) {
	tests := []struct {
		name string
		with func(*sim.Space)
		want []int
	}{
		{"no recording", func(s *sim.Space) { s.Call(sim.Line{SID: callNo(1), Ago: time.Minute}) }, []int{1}},
		{"one of its own", func(s *sim.Space) { s.Begin(sim.Begin{CallSID: callNo(1)}) }, nil},
		{"one that is paused", func(s *sim.Space) { s.Begin(sim.Begin{CallSID: callNo(1), Status: "paused"}) }, nil},
		{"one that nobody knows the status of", func(s *sim.Space) { s.Begin(sim.Begin{CallSID: callNo(1), Status: "buffering"}) }, nil},
		{"one that has ended", func(s *sim.Space) {
			s.Begin(sim.Begin{CallSID: callNo(1), StartedAgo: time.Hour, Status: "completed", DateUpdatedAgo: time.Minute})
		}, []int{1}},
		{"one that is older than the lookback", func(s *sim.Space) { s.Begin(sim.Begin{CallSID: callNo(1), StartedAgo: 30 * time.Hour}) }, nil},
		{"one of its parent", func(s *sim.Space) {
			s.Begin(sim.Begin{CallSID: callNo(1), StartedAgo: time.Minute})
			s.Call(sim.Line{SID: callNo(2), Parent: callNo(1), Ago: time.Minute})
		}, nil},
		{"one of its child", func(s *sim.Space) {
			s.Call(sim.Line{SID: callNo(1), Ago: time.Minute})
			s.Call(sim.Line{SID: callNo(2), Parent: callNo(1), Ago: time.Minute})
			s.Begin(sim.Begin{CallSID: callNo(2)})
		}, []int{1}},
		{"none of it and its child", func(s *sim.Space) {
			s.Call(sim.Line{SID: callNo(1), Ago: time.Minute})
			s.Call(sim.Line{SID: callNo(2), Parent: callNo(1), Ago: time.Minute})
			s.Call(sim.Line{SID: callNo(3), Parent: callNo(2), Ago: time.Minute})
		}, []int{1, 3}},
		{"one of the conference that it is in", func(s *sim.Space) {
			s.Call(sim.Line{SID: callNo(1), Ago: time.Minute})
			s.Call(sim.Line{SID: callNo(2), Ago: time.Minute})
			s.Conference(sim.Line{SID: callNo(9), Ago: time.Minute, People: []string{callNo(1)}})
			s.Begin(sim.Begin{ConferenceSID: callNo(9)})
		}, []int{2}},
		{"none of the conference", func(s *sim.Space) {
			s.Call(sim.Line{SID: callNo(1), Ago: time.Minute})
			s.Conference(sim.Line{SID: callNo(9), Ago: time.Minute, People: []string{callNo(1)}})
		}, []int{1, 9}},
		{"a conference with a participant's call recorded", func(s *sim.Space) {
			s.Begin(sim.Begin{CallSID: callNo(1)})
			s.Call(sim.Line{SID: callNo(2), Ago: time.Minute})
			s.Conference(sim.Line{SID: callNo(9), Ago: time.Minute, People: []string{callNo(1), callNo(2)}})
		}, []int{2}},
		{"a conference with nobody in it", func(s *sim.Space) { s.Conference(sim.Line{SID: callNo(9), Ago: time.Minute}) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				tt.with(space)
				tb := open(t, space, Config{Unrecorded: true})
				tb.run()
				for range 30 {
					after(time.Second)
					for _, n := range tb.lacks() {
						if !slices.Contains(tt.want, n) {
							t.Fatalf("%d is shown without a recording after %v", n, time.Since(tb.deck.coverage.polled))
						}
					}
				}
				tb.wantLacks("after half a minute", tt.want...)
				if s, now := tb.deck.Snapshot(), time.Now(); !s.UnrecordedSure("", now) || !s.UnrecordedKnown("", now) {
					t.Errorf("it is not sure: %+v, %v", s.InProgress, s.Health.Phase(now))
				}
			})
		})
	}
}

// TestUnrecordedRow: what a row says of its call.
func TestUnrecordedRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		began := time.Now()
		space.Call(sim.Line{SID: callNo(1), Ago: 100 * time.Second, From: "+13105550142"})
		space.Call(sim.Line{SID: callNo(2), Ago: 90 * time.Second, Parent: callNo(1)})
		space.Call(sim.Line{SID: callNo(3), Ago: 80 * time.Second})
		space.Conference(sim.Line{SID: callNo(9), Ago: 70 * time.Second, Name: "Sales", People: []string{callNo(3)}})
		space.Begin(sim.Begin{CallSID: callNo(4), StartedAgo: time.Hour, Status: "completed", DateUpdatedAgo: 50 * time.Second})
		tb := open(t, space, Config{Unrecorded: true})
		tb.run()
		after(20 * time.Second)
		near := func(u *Unrecorded, ago time.Duration) bool {
			return u.Since.Sub(began.Add(-ago)).Abs() <= time.Second && !u.AtLeast
		}
		if u := tb.line(1); u.Legs != 1 || u.Call.From != text.New("+13105550142") || !near(u, 100*time.Second) || u.Before || u.IsConference() {
			t.Errorf("a call with a leg: %+v", u)
		}
		if u := tb.line(3); u.Conference == nil || u.Conference.FriendlyName != text.New("Sales") || !near(u, 80*time.Second) || u.IsConference() {
			t.Errorf("a participant: %+v", u)
		}
		if u := tb.line(9); u.People != 1 || !u.IsConference() || !near(u, 70*time.Second) {
			t.Errorf("a conference: %+v", u)
		}
		if u := tb.line(4); !u.Before || !near(u, 50*time.Second) {
			t.Errorf("one that was recorded until 50 s ago: %+v", u)
		}
		order := []string{callNo(1), callNo(3), callNo(9), callNo(4)}
		for i, u := range tb.deck.Snapshot().Unrecorded {
			if u.SID().String() != order[i] {
				t.Errorf("row %d is %s, want %s", i, u.SID(), order[i])
			}
		}
		before := tb.line(1)
		after(20 * time.Second)
		if tb.line(1) != before {
			t.Error("a row that did not change is another one")
		}
	})
}

// TestUnrecordedGrace: a call that was just answered, or whose recording just
// ended, may get one: it does not count at once, and not at all when it gets one.
func TestUnrecordedGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		tb := open(t, space, Config{Unrecorded: true})
		tb.run()
		after(30 * time.Second)
		space.Call(sim.Line{SID: callNo(1)})
		space.Call(sim.Line{SID: callNo(2)})
		after(9 * time.Second)
		tb.wantLacks("right after they were answered")
		space.Begin(sim.Begin{CallSID: callNo(2)})
		after(20 * time.Second)
		tb.wantLacks("one of them with a recording since", 1)

		sid := space.Begin(sim.Begin{CallSID: callNo(1)})
		after(3 * time.Second)
		tb.wantLacks("with a recording")
		ended := time.Now()
		space.EndRecording(sid)
		after(9 * time.Second)
		tb.wantLacks("right after its recording has ended")
		after(10 * time.Second)
		tb.wantLacks("and a while later", 1)
		if u := tb.line(1); u.Since.Sub(ended).Abs() > time.Second || !u.Before {
			t.Errorf("it says since %v, want %v: %+v", u.Since, ended, u)
		}
		for range 20 {
			sid = space.Begin(sim.Begin{CallSID: callNo(1)})
			after(5 * time.Second)
			space.EndRecording(sid)
			for range 6 {
				after(time.Second)
				tb.wantLacks("between two recordings")
			}
		}
	})
}

// TestUnrecordedEnds: a call that has ended is no longer shown, nor one that has
// got a recording, come into a recorded conference, or left one.
func TestUnrecordedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		for n := range 4 {
			space.Call(sim.Line{SID: callNo(n), Ago: time.Minute})
		}
		space.Call(sim.Line{SID: callNo(8), Ago: time.Minute})
		space.Conference(sim.Line{SID: callNo(9), Ago: time.Minute, People: []string{callNo(8)}})
		space.Begin(sim.Begin{ConferenceSID: callNo(9)})
		tb := open(t, space, Config{Unrecorded: true})
		tb.run()
		after(20 * time.Second)
		tb.wantLacks("at first", 0, 1, 2, 3)
		space.Begin(sim.Begin{CallSID: callNo(1)})
		after(3 * time.Second)
		tb.wantLacks("after a poll", 0, 2, 3)
		space.EndCall(callNo(0))
		after(13 * time.Second)
		tb.wantLacks("after a listing", 2, 3)
		space.Join(callNo(9), callNo(2))
		after(35 * time.Second)
		tb.wantLacks("after one has come into a recorded conference", 3)
	})
}

// TestUnrecordedBlind: what is stale or was not read completely is no reason to say
// that a call has no recording.
func TestUnrecordedBlind(t *testing.T) {
	tests := []struct {
		name   string
		part   string // of the requests that fail
		status int
		sure   bool // of what was known before
		known  bool // after a while
	}{
		{"the recordings are stale", "/Recordings", 503, false, false},
		{"the calls cannot be listed", "/Calls", 503, false, false},
		{"the conferences cannot be listed", "/Conferences.json", 503, false, false},
		{"nobody knows who is in a recorded conference", "/Participants", 503, true, false},
		{"the recordings of a call cannot be read", "Recordings.json?CallSid=", 503, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				space.Call(sim.Line{SID: callNo(1), Ago: time.Minute})
				space.Call(sim.Line{SID: callNo(8), Ago: time.Minute})
				space.Conference(sim.Line{SID: callNo(9), Ago: time.Minute, People: []string{callNo(8)}})
				space.Begin(sim.Begin{ConferenceSID: callNo(9)})
				tb := open(t, space, Config{Unrecorded: true})
				tb.run()
				after(20 * time.Second)
				tb.wantLacks("at first", 1)
				row := tb.line(1)
				tb.wire.set(always("GET", tt.part, tt.status, `{"message":"no"}`))
				space.Call(sim.Line{SID: callNo(2)})
				after(3 * time.Minute)
				tb.wantLacks("while it fails", 1)
				s, now := tb.deck.Snapshot(), time.Now()
				if sure, known := s.UnrecordedSure("", now), s.UnrecordedKnown("", now); sure != tt.sure || known != tt.known || tb.line(1) != row {
					t.Errorf("sure %t, known %t: %+v, %v", sure, known, s.InProgress, s.Health)
				}
				tb.wire.set(nil)
				after(90 * time.Second)
				tb.wantLacks("afterwards", 1, 2)
				if s, now := tb.deck.Snapshot(), time.Now(); !s.UnrecordedKnown("", now) {
					t.Errorf("it is not known: %+v", s.InProgress)
				}
			})
		})
	}
}

// TestUnrecordedUnwanted: while nobody wants to know, nothing is asked for, and
// nothing is said; half a minute after somebody did, neither.
func TestUnrecordedUnwanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Call(sim.Line{SID: callNo(1), Ago: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		listings := func() int { // but those that look for old recordings
			return tb.wire.count("GET", "/Calls.json") - tb.wire.count("GET", "StartTime%3C")
		}
		after(5 * time.Minute)
		if s := tb.deck.Snapshot(); s.InProgress.Wanted || s.Unrecorded != nil || listings() != 0 {
			t.Errorf("%+v, %v; %d listings", s.InProgress, s.Unrecorded, listings())
		}
		for range 3 {
			tb.deck.LookForUnrecorded()
			after(20 * time.Second)
		}
		tb.wantLacks("while it is asked for", 1)
		after(20 * time.Second)
		if s := tb.deck.Snapshot(); s.InProgress.Wanted || s.Unrecorded != nil {
			t.Errorf("and when nobody asks any longer: %+v, %v", s.InProgress, s.Unrecorded)
		}
		tb.wire.forget()
		after(30 * time.Second)
		if n := listings(); n != 0 {
			t.Errorf("%d listings", n)
		}
	})
}

// TestUnrecordedParents: calls that say they were dialed from each other, or from
// themselves, are not lost.
func TestUnrecordedParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := open(t, spaceOf(0, 0), Config{Unrecorded: true})
		row := func(n, parent int) string {
			return fmt.Sprintf(`{"sid":%q,"parent_call_sid":%q,"status":"in-progress","from":"a","to":"b"}`, callNo(n), callNo(parent))
		}
		body := `{"calls":[` + strings.Join([]string{row(1, 1), row(2, 3), row(3, 2), row(4, 9), `{"sid":"x","status":"completed"}`}, ",") + `],"next_page_uri":null}`
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/Calls.json"):
				return answer(r, 200, body), nil
			case strings.HasSuffix(r.URL.Path, "/Conferences.json"):
				return answer(r, 200, fmt.Sprintf(`{"conferences":[{"sid":%q,"status":"in-progress"}],"next_page_uri":null}`, callNo(9))), nil
			}
			return nil, nil
		})
		tb.run()
		after(30 * time.Second)
		tb.wantLacks("with odd parents", 1, 2, 3, 4)
		if u := tb.line(1); !u.AtLeast || u.Since.IsZero() {
			t.Errorf("one that does not say when it began: %+v", u)
		}
	})
}

// TestUnrecordedNever: through minutes of calls that come and go, no row was ever
// shown for a call with a recording that had begun some seconds before.
func TestUnrecordedNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := sim.New(sim.Options{Recordings: 20, History: 20, Unrecorded: 6, Seed: 5, Churn: 60})
		tb := open(t, space, Config{Unrecorded: true})
		tb.run()
		rows := 0
		for range 150 {
			after(time.Second)
			of := map[string]bool{}
			for _, r := range space.Recordings() {
				if api.Status(r.Status).Active() && time.Since(r.Created) > 4*time.Second {
					of[r.CallSID], of[r.ConferenceSID] = true, true
				}
			}
			delete(of, "")
			for _, u := range tb.deck.Snapshot().Unrecorded {
				rows++
				sids := []string{u.SID().String()}
				if u.Conference != nil {
					sids = append(sids, u.Conference.SID.String())
				}
				if u.Call != nil {
					sids = append(sids, u.Call.ParentCallSID.String())
				}
				for _, sid := range sids {
					if of[sid] {
						t.Fatalf("%+v is shown without a recording, and %s has one", u, sid)
					}
				}
			}
		}
		if rows < 150 {
			t.Errorf("%d rows were looked at", rows)
		}
	})
}

// TestUnrecordedMany: of thousands a thousand are rows, those without for the longest
// first, the others are counted, and what it takes stays within bounds.
func TestUnrecordedMany(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector finds the same in fewer, and takes ten times as long")
	}
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		const n = maxUnrecorded + 200
		for i := range n {
			space.Call(sim.Line{SID: callNo(i), Ago: time.Hour - time.Duration(i)*time.Second})
		}
		tb := open(t, space, Config{Unrecorded: true, Interval: 5 * time.Second})
		tb.run()
		after(90 * time.Second)
		s := tb.deck.Snapshot()
		if len(s.Unrecorded) != maxUnrecorded || s.UnrecordedMore != n-maxUnrecorded || !s.UnrecordedKnown("", time.Now()) {
			t.Fatalf("%d rows and %d more, want %d and %d; %+v", len(s.Unrecorded), s.UnrecordedMore, maxUnrecorded, n-maxUnrecorded, s.InProgress)
		}
		if first, last := s.Unrecorded[0].SID(), s.Unrecorded[maxUnrecorded-1].SID(); first != text.New(callNo(0)) || last != text.New(callNo(maxUnrecorded-1)) {
			t.Errorf("the rows are from %s to %s", first, last)
		}
		if checks := tb.wire.count("GET", "CallSid="); checks > maxUnrecorded+maxChecks {
			t.Errorf("the recordings of %d calls were read", checks)
		}
		space.ResetStats()
		after(time.Minute)
		stats := space.Stats()
		// Every 10 s two pages of calls and one of conferences; a poll every 5 s.
		if most := 6*3 + 12 + 3; stats.Requests() > most || stats.MaxInFlight > maxInFlight {
			t.Errorf("%d requests in a minute, want %d at most; %d at one time", stats.Requests(), most, stats.MaxInFlight)
		}
		if tb.deck.Snapshot().Unrecorded[0] != s.Unrecorded[0] {
			t.Error("a row that did not change is another one")
		}
	})
}

// BenchmarkCover looks which of 10,000 calls in progress have no recording, while
// 2,000 have.
func BenchmarkCover(b *testing.B) {
	space := spaceOf(0, 0)
	for i := range 2000 {
		space.Begin(sim.Begin{CallSID: callNo(100_000 + i), StartedAgo: time.Minute})
	}
	for i := range 8000 {
		space.Call(sim.Line{SID: callNo(i), Ago: time.Hour - time.Duration(i)*time.Second})
	}
	d, err := Open(clientOf(space), Config{Unrecorded: true})
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	for range 3 {
		if err := d.Poll(ctx); err != nil {
			b.Fatal(err)
		}
		d.directory.read(ctx)
		d.readUncovered(ctx)
	}
	if n := len(d.coverage.open); n != 8000 {
		b.Fatalf("%d have no recording", n)
	}
	for b.Loop() {
		d.mu.Lock()
		d.directory.news++
		d.cover(time.Now())
		d.mu.Unlock()
	}
}

// TestUnrecordedSlowPolls: where polls are seldom, who asks with each snapshot is
// shown them all the same, and they stay.
func TestUnrecordedSlowPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Call(sim.Line{SID: callNo(1), Ago: time.Minute})
		tb := open(t, space, Config{Interval: 2 * time.Minute})
		snapshots, cancel := tb.deck.Subscribe()
		defer cancel()
		go func() {
			for {
				select {
				case <-snapshots:
					tb.deck.LookForUnrecorded()
				case <-t.Context().Done():
					return
				}
			}
		}()
		tb.run()
		after(5 * time.Minute)
		for range 60 {
			after(10 * time.Second)
			tb.wantLacks("polled every two minutes", 1)
		}
	})
}
