package deck

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// Answers that come late, and what they must not bring back.

func TestOlderPollNeverUndoesAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		// The poll's list is taken now and arrives 5 s later, when the lag of
		// an accepted update is no excuse any more.
		var once bool
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			if r.Method != "GET" || once || !strings.HasSuffix(r.URL.Path, "/Recordings.json") {
				return nil, nil
			}
			once = true
			resp, err := tb.wire.next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			b, _ := io.ReadAll(resp.Body)
			time.Sleep(5 * time.Second)
			resp.Body = io.NopCloser(strings.NewReader(string(b)))
			return resp, nil
		})
		after(2 * time.Second) // the next poll is under way
		if !once {
			t.Fatal("no poll is under way")
		}
		if p, _ := tb.deck.Do(t.Context(), pauseOf(sid)); p.Outcome != Verified {
			t.Fatalf("outcome %s", p.Outcome)
		}
		for range 60 {
			after(100 * time.Millisecond)
			if got := tb.find(sid).Status; got != api.Paused {
				t.Fatalf("the old poll brought %s back", got)
			}
		}
	})
}

// An answer that came after a poll had shown what others did next, within the
// same second, brought the status in between back.
func TestLateAnswerNeverUndoesAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{Status: "queued"})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			if r.Method != "POST" {
				return nil, nil
			}
			resp, err := tb.wire.next.RoundTrip(r)
			space.SetStatus(sid, "paused") // somebody else, at once
			time.Sleep(5 * time.Second)
			return resp, err
		})
		go func() { _, _ = tb.deck.Do(context.Background(), resumeOf(sid)) }()
		after(3 * time.Second)
		for range 60 {
			if got := tb.find(sid).Status; got != api.Paused {
				t.Fatalf("the late answer brought %s back", got)
			}
			after(100 * time.Millisecond)
		}
		after(10 * time.Second)
		if got := tb.find(sid).Update.Outcome; got != Contradicted {
			t.Errorf("outcome %s, want contradicted: it is paused", got)
		}
	})
}

// A read that was repeated after a dropped connection counted from its first
// try, so that an older answer, which came later, took its place.
func TestRepeatedReadIsAsNewAsItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{Interval: MaxInterval})
		tb.run()
		after(10 * time.Second)
		var reads atomic.Int32
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			n := reads.Add(1)
			if n == 1 { // the first try is dropped late
				time.Sleep(2 * time.Second)
				return nil, io.ErrUnexpectedEOF
			}
			resp, err := tb.wire.next.RoundTrip(r)
			if n == 2 { // the read that began in between has its answer later still
				time.Sleep(3 * time.Second)
			}
			return resp, err
		})
		read := func() {
			if err := tb.deck.poller.readOne(t.Context(), text.New(sid)); err != nil {
				t.Error(err)
			}
		}
		status := func() api.Status {
			tb.deck.mu.Lock()
			defer tb.deck.mu.Unlock()
			return tb.deck.find(text.New(sid)).view.Status
		}
		go read()
		after(time.Second)
		go read()
		after(500 * time.Millisecond)
		space.SetStatus(sid, "paused")
		after(time.Second)
		if got := status(); got != api.Paused {
			t.Errorf("%s, want the repeated read's answer", got)
		}
		after(5 * time.Second)
		if got := status(); got != api.Paused {
			t.Errorf("the older answer brought %s back", got)
		}
	})
}

// What a slow read said of an update whose answer was lost was shown, although
// the polls had a later look by then.
func TestSlowReadNeverUndoesAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		space.SetStatus(sid, "stopped") // completed in a moment
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.Method == "POST":
				return nil, io.ErrUnexpectedEOF
			case strings.HasSuffix(r.URL.Path, sid+".json"):
				resp, err := tb.wire.next.RoundTrip(r)
				time.Sleep(4900 * time.Millisecond)
				return resp, err
			}
			return nil, nil
		})
		go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
		after(4 * time.Second)
		for range 40 {
			if got := tb.find(sid).Status; got != api.Completed {
				t.Fatalf("%s, want completed", got)
			}
			after(100 * time.Millisecond)
		}
		if u := tb.find(sid).Update; u.Outcome != Contradicted || u.Note != itIs(api.Completed) {
			t.Errorf("%s: %s", u.Outcome, u.Note)
		}
	})
}
