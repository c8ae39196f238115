package deck

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// withOld is a table with an active recording that no scan meets: it is older
// than the lookback, and the calls cannot be listed.
func withOld(t *testing.T, status string) (tb *table, sid string) {
	t.Helper()
	space := spaceOf(3, 0)
	sid = space.Begin(sim.Begin{StartedAgo: 30 * time.Hour, Status: status})
	tb = open(t, space, Config{Lookback: time.Hour})
	tb.wire.set(always("GET", "/Calls", 503, ""))
	tb.run()
	after(5 * time.Second)
	if tb.deck.Snapshot().Find(text.New(sid)) != nil {
		t.Fatal("a scan has met it")
	}
	return tb, sid
}

// TestLoad: a recording that no scan has met is loaded, once, is followed by the
// polls from then on, and takes requests.
func TestLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := withOld(t, "")
		if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); !errors.Is(err, ErrNotFound) {
			t.Errorf("before it is loaded: %v", err)
		}
		n := len(tb.deck.Snapshot().Recordings)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if r, err := tb.deck.Load(t.Context(), text.New(sid)); err != nil || r.SID.String() != sid || !r.Active() {
					t.Errorf("%+v, %v", r, err)
				}
			})
		}
		all.Wait()
		reads := tb.wire.count("GET", sid)
		r, err := tb.deck.Load(t.Context(), text.New(sid))
		if err != nil || r != tb.find(sid) || tb.wire.count("GET", sid) != reads {
			t.Errorf("one that is known is read again, or is another: %v", err)
		}
		if p, err := tb.deck.Do(t.Context(), pauseOf(sid)); err != nil || p.Outcome != Verified {
			t.Errorf("the pause is %s, %v", p.Outcome, err)
		}
		tb.space.SetStatus(sid, "in-progress")
		after(5 * time.Second)
		if got := tb.find(sid); got.Status != api.InProgress || got.Trouble.Kind != ResumedByOthers {
			t.Errorf("it is %s, trouble %q: the polls do not follow it", got.Status, got.Trouble.Kind)
		}
		tb.wire.set(nil) // now the scans meet it, too
		after(6 * time.Minute)
		if got := len(tb.deck.Snapshot().Recordings); got != n+1 {
			t.Errorf("%d recordings, want %d", got, n+1)
		}
	})
}

// TestLoadRefused: what cannot be loaded says why, and nothing is added.
func TestLoadRefused(t *testing.T) {
	tests := []struct {
		name   string
		sid    string // empty for that of the recording
		status string
		answer func(*http.Request) (*http.Response, error)
		want   error
	}{
		{name: "no such one", sid: "5e4d3c2b-2222-4eee-8fff-000000000999", want: api.ErrNotFound},
		{name: "no SID", sid: "../Calls", want: api.ErrSID},
		{name: "HTTP 404 without a body", answer: always("GET", "/Recordings/", 404, ""), want: api.ErrNotFound},
		{name: "HTTP 429", answer: always("GET", "/Recordings/", 429, "{}"), want: api.ErrRateLimited},
		{name: "the API says another one", answer: always("GET", "/Recordings/", 200, `{"sid":"5e4d3c2b-2222-4eee-8fff-000000000999","status":"paused"}`), want: api.ErrUnreadable},
		{name: "it has ended", status: "completed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				sid := space.Begin(sim.Begin{StartedAgo: time.Hour, Status: tt.status})
				if tt.sid != "" {
					sid = tt.sid
				}
				tb := open(t, space, Config{})
				tb.wire.set(tt.answer)
				r, err := tb.deck.Load(t.Context(), text.New(sid))
				if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
					t.Errorf("%v, want %v", err, tt.want)
				}
				if err != nil && !strings.HasPrefix(err.Error(), "load ") {
					t.Errorf("it does not say what was tried: %v", err)
				}
				if err == nil && (r.Active() || r.SID.String() != sid) {
					t.Errorf("it is %+v", r)
				}
				if n := len(tb.deck.Snapshot().Recordings); n != 0 {
					t.Errorf("%d recordings were added", n)
				}
			})
		})
	}
}

// TestLoadIsOlder: a read that began before a later look says nothing of a
// recording, whichever comes first.
func TestLoadIsOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		tb := open(t, space, Config{})
		held, free := make(chan struct{}), make(chan struct{})
		tb.wire.mu.Lock()
		tb.wire.after = func(r *http.Request, _ *http.Response) {
			if strings.Contains(r.URL.Path, sid) {
				close(held)
				<-free // the answer says in-progress
			}
		}
		tb.wire.mu.Unlock()
		var loaded *Recording
		done := make(chan struct{})
		go func() { defer close(done); loaded, _ = tb.deck.Load(context.Background(), text.New(sid)) }()
		<-held
		time.Sleep(time.Second)
		tb.space.SetStatus(sid, "paused")
		if err := tb.deck.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		close(free)
		<-done
		if got := tb.find(sid); got.Status != api.Paused || loaded != got {
			t.Errorf("it is %s, loaded %+v", got.Status, loaded)
		}
	})
}
