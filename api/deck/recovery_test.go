package deck

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// TestFaultIsForgotten has faults end that once left something unknown for a
// minute, or until the next full scan: all is known again two intervals later.
func TestFaultIsForgotten(t *testing.T) {
	const (
		old     = "a0000000-0000-4000-8000-00000000d0d4" // a call that began before the lookback
		deep    = "a0000000-0000-4000-8000-00000000e0e5" // a call far down the list
		room    = "a0000000-0000-4000-8000-00000000f0f6" // a conference
		two     = 2*DefaultInterval + time.Second
		notHere = `{"code":20404,"message":"not found","status":404}`
	)
	nobody := func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.RawQuery, "StartTime") {
			return nil, nil // it is the names that are missing
		}
		return always("GET", "/Calls", 200, `{"calls":[],"sid":"x","from":null,"to":null}`)(r)
	}
	known := map[string]func(r *Recording) bool{
		"it":           (*Recording).Active,
		"its call":     func(r *Recording) bool { return r.Call != nil && !r.Call.From.IsZero() },
		"its name":     func(r *Recording) bool { return r.Conference != nil },
		"participants": func(r *Recording) bool { return len(r.Participants) > 0 },
	}
	tests := []struct {
		name       string
		fault      func(*http.Request) (*http.Response, error)
		from       time.Duration // when it begins
		sid, knows string
	}{
		{"no old calls are listed", always("GET", "StartTime", 503, ""), 0, old, "it"},
		{"the old call's recordings are not", always("GET", "CallSid=", 500, ""), 0, old, "it"},
		{"a recording is not found", always("GET", deep, 404, notHere), 3 * time.Second, deep, "it"},
		{"a call is not found", always("GET", "/Calls", 404, notHere), 0, deep, "its call"},
		{"a conference is not found", always("GET", "/Conferences", 404, notHere), 0, room, "its name"},
		{"a call says nobody", nobody, 0, deep, "its call"},
		{"no participants are found", always("GET", "/Participants", 404, notHere), 0, room, "participants"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 100)
				space.Begin(sim.Begin{SID: old, StartedAgo: 30 * time.Hour})
				space.Begin(sim.Begin{SID: deep, StartedAgo: 23 * time.Hour})
				space.Begin(sim.Begin{SID: room, StartedAgo: time.Minute, Conference: true})
				tb := open(t, space, Config{})
				if tt.from == 0 {
					tb.wire.set(tt.fault)
				}
				tb.run()
				after(3 * time.Second)
				tb.wire.set(tt.fault)
				after(9 * time.Second)
				if r := tb.deck.Snapshot().Find(text.New(tt.sid)); r != nil && known[tt.knows](r) {
					t.Errorf("%s is known in spite of the fault", tt.knows)
				}
				tb.wire.set(nil)
				after(two)
				if r := tb.deck.Snapshot().Find(text.New(tt.sid)); r == nil || !known[tt.knows](r) {
					t.Errorf("%s is not known %s after the fault: %+v", tt.knows, two, r)
				}
				tb.wantTruth()
			})
		})
	}
}

// garble has answers to paths with a suffix say something else, until it is
// ended.
func (tb *table) garble(suffix, old, now string) (end func()) {
	tb.wire.mu.Lock()
	defer tb.wire.mu.Unlock()
	tb.wire.after = func(r *http.Request, resp *http.Response) {
		if strings.HasSuffix(r.URL.Path, suffix) {
			b, _ := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(b), old, now)))
			resp.ContentLength = -1
		}
	}
	return func() {
		tb.wire.mu.Lock()
		defer tb.wire.mu.Unlock()
		tb.wire.after = nil
	}
}

// TestUnreadableRowsAreScannedAgain has a first scan meet rows that cannot be
// read. The polls after it read the newest only, and said "live" while a
// recording was missing.
func TestUnreadableRowsAreScannedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 100)
		sid := space.Begin(sim.Begin{StartedAgo: 23 * time.Hour})
		tb := open(t, space, Config{})
		end := tb.garble("/Recordings.json", `"`+sid+`"`, "null")
		tb.run()
		after(8 * time.Second)
		tb.wantPhase(Partial)
		end()
		after(2*DefaultInterval + time.Second)
		tb.wantPhase(Live)
		tb.wantTruth()
	})
}

// TestRetryAfterIsHonored has everything that is read beside the polls answered
// with HTTP 429 and a time: none of it is asked for again before.
func TestRetryAfterIsHonored(t *testing.T) {
	const sid = "a0000000-0000-4000-8000-00000000f0f6"
	for _, part := range []string{"/Participants", "/Calls", "/Conferences.json", "/Recordings/" + sid} {
		t.Run(part, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 10)
				space.Begin(sim.Begin{SID: sid, StartedAgo: time.Minute, Conference: true})
				space.Begin(sim.Begin{StartedAgo: time.Minute})
				tb := open(t, space, Config{})
				tb.wire.set(always("GET", part, 429, "", "Retry-After", "7"))
				tb.run()
				after(time.Second)
				_, _ = tb.deck.Do(t.Context(), pauseOf(sid))
				for range 10 { // somebody moves about
					tb.deck.Look(Key{SID: text.New(sid)})
					after(500 * time.Millisecond)
				}
				if n := tb.wire.count("GET", part); n != 1 {
					t.Errorf("it was asked for %d times within the time", n)
				}
				after(6 * time.Second)
				if n := tb.wire.count("GET", part); n < 2 && part != "/Recordings/"+sid {
					t.Error("it was not asked for again after it")
				}
			})
		})
	}
}

// TestPauseIsDatedLater has a recording first seen paused in an answer without
// date_updated: its pause was counted from there, also when it was dated later.
func TestPauseIsDatedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: 20 * time.Minute})
		tb := open(t, space, Config{})
		end := tb.garble("", "date_updated", "x")
		since := func() time.Duration { return time.Since(tb.find(sid).Pause.Since).Round(time.Second) }
		tb.run()
		after(5 * time.Second)
		if got := since(); got > 6*time.Second {
			t.Errorf("paused for %s, and nobody has said since when", got)
		}
		end()
		after(2 * DefaultInterval)
		if got := since(); (got-20*time.Minute).Abs() > 15*time.Second || !tb.find(sid).Pause.AtLeast {
			t.Errorf("paused for %s, want 20 minutes at least", got)
		}
	})
}

// TestPagesWithoutEnd has each page of calls lead to another with the same
// rows: their names were never known, and the requests never ended.
func TestPagesWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(3, 0)
		tb := open(t, space, Config{})
		n := 0
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			if !strings.Contains(r.URL.Path, "/Calls") || strings.Contains(r.URL.Path, "/Calls/") {
				return nil, nil
			}
			n++
			return answer(r, 200, fmt.Sprintf(`{"calls":[{"sid":"a"},{"sid":"b"}],"next_page_uri":"%s?n=%d"}`, r.URL.Path, n)), nil
		})
		tb.run()
		after(10 * time.Second)
		if n > 50 {
			t.Errorf("%d pages of calls in 10 s", n)
		}
		for _, r := range tb.deck.Snapshot().Recordings {
			if !r.IsConference() && r.Call == nil {
				t.Errorf("the call of %s is not known", r.SID)
			}
		}
	})
}

// TestPauseAfterAnUnknownStatus has a recording come back paused from a status
// that nobody knows: it was taken to have been paused just then.
func TestPauseAfterAnUnknownStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: 20 * time.Minute})
		tb := open(t, space, Config{})
		end := tb.garble("", `"paused"`, `"x-new"`)
		tb.run()
		after(5 * time.Second)
		end()
		after(2 * DefaultInterval)
		p := tb.find(sid).Pause
		if got := time.Since(p.Since); (got-20*time.Minute).Abs() > 15*time.Second || !p.AtLeast {
			t.Errorf("paused for %s, at least: %v; want 20 minutes at least", got, p.AtLeast)
		}
	})
}
