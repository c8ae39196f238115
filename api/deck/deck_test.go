package deck

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tapedeck/api"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

func TestMain(m *testing.M) {
	// Random histories are long: fewer of them by default. -rapid.checks has more.
	checks := "25"
	if raceEnabled {
		checks = "8"
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// latency is how long a request takes to reach the space.
const latency = 5 * time.Millisecond

// wire carries requests to a simulated space, and lets a test step in: before
// may answer in its place (a response, or an error), after may change what it
// answered.
type wire struct {
	next http.RoundTripper

	mu     sync.Mutex
	before func(*http.Request) (*http.Response, error)
	after  func(*http.Request, *http.Response)
	log    []string // METHOD path?query
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	before, after := w.before, w.after
	w.log = append(w.log, r.Method+" "+r.URL.RequestURI())
	w.mu.Unlock()
	time.Sleep(latency)
	if r.Method == http.MethodPost {
		time.Sleep(appearAfter) // so that it is seen under way
	}
	if before != nil {
		if resp, err := before(r); resp != nil || err != nil {
			return resp, err
		}
	}
	resp, err := w.next.RoundTrip(r)
	if err == nil && after != nil {
		after(r, resp)
	}
	return resp, err
}

func (w *wire) set(before func(*http.Request) (*http.Response, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = before
}

// count returns how many requests of a method had part in their address.
func (w *wire) count(method, part string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.log {
		if strings.HasPrefix(l, method+" ") && strings.Contains(l, part) {
			n++
		}
	}
	return n
}

func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = nil
}

// answer makes a response for a test's before.
func answer(r *http.Request, status int, body string, header ...string) *http.Response {
	resp := &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
	for i := 0; i+1 < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp
}

// always answers every request that has part in its address in the same way.
func always(method, part string, status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method == method && strings.Contains(r.URL.RequestURI(), part) {
			return answer(r, status, body, header...), nil
		}
		return nil, nil
	}
}

// table is a deck on a simulated space, in a synctest bubble.
type table struct {
	t     *testing.T
	space *sim.Space
	wire  *wire
	deck  *Deck
}

// open makes a deck on a space and lets it poll until the test ends.
func open(t *testing.T, space *sim.Space, c Config) *table {
	t.Helper()
	tb := &table{t: t, space: space, wire: &wire{next: space.Transport()}}
	d, err := Open(api.Config{
		Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()), Transport: tb.wire,
	}, c)
	if err != nil {
		t.Fatal(err)
	}
	tb.deck = d
	return tb
}

func (tb *table) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); tb.deck.Run(ctx) }()
	tb.t.Cleanup(func() {
		if err := tb.deck.Close(context.Background()); err != nil {
			tb.t.Error(err)
		}
		cancel()
		<-done
	})
	synctest.Wait()
}

// after lets time pass, and everything that it brings settle.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (tb *table) find(sid string) *Recording {
	tb.t.Helper()
	r := tb.deck.Snapshot().Find(text.New(sid))
	if r == nil {
		tb.t.Fatalf("the snapshot has no recording %s", sid)
	}
	return r
}

func (tb *table) wantPhase(p Phase) {
	tb.t.Helper()
	s := tb.deck.Snapshot()
	if got := s.Health.Phase(time.Now()); got != p {
		tb.t.Errorf("phase = %v, want %v; health %+v", got, p, s.Health)
	}
}

// wantTruth checks that the active recordings of the snapshot are those of the
// space, each with its status.
func (tb *table) wantTruth() {
	tb.t.Helper()
	want := map[string]string{}
	for _, r := range tb.space.Recordings() {
		if api.Status(r.Status).Active() {
			want[r.SID] = r.Status
		}
	}
	for _, r := range tb.deck.Snapshot().Recordings {
		if !r.Active() {
			continue
		}
		sid := r.SID.String()
		if want[sid] != string(r.Status) {
			tb.t.Errorf("%s is %q in the snapshot and %q in truth", sid, r.Status, want[sid])
		}
		delete(want, sid)
	}
	for sid, status := range want {
		tb.t.Errorf("%s (%s) is missing in the snapshot", sid, status)
	}
}

func pauseOf(sid string) Request {
	return Request{SID: text.New(sid), Actor: Actor{Actor: "alice"}, Seen: api.InProgress,
		Update: api.Update{Status: api.Paused, PauseBehavior: api.Skip}}
}

func resumeOf(sid string) Request {
	return Request{SID: text.New(sid), Actor: Actor{Actor: "alice"}, Seen: api.Paused, Update: api.Update{Status: api.InProgress}}
}

func stopOf(sid string) Request {
	return Request{SID: text.New(sid), Actor: Actor{Actor: "alice"}, Seen: api.InProgress, Update: api.Update{Status: api.Stopped}}
}

// spaceOf makes a quiet space.
func spaceOf(active, history int) *sim.Space {
	return sim.New(sim.Options{Recordings: active, History: history, Seed: 7})
}

func TestFirstScanFindsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := open(t, spaceOf(30, 3000), Config{})
		tb.run()
		after(time.Second)
		tb.wantPhase(Live)
		tb.wantTruth()
		s := tb.deck.Snapshot()
		if s.Active != 30 || s.Longest == nil || s.Paused == 0 {
			t.Errorf("active %d, paused %d, longest %v", s.Active, s.Paused, s.Longest)
		}
		if !slices.IsSortedFunc(s.Recordings, func(a, b *Recording) int { return b.Created.Compare(a.Created) }) {
			t.Error("the recordings are not newest first")
		}
		for _, r := range s.Recordings {
			if r.IsConference() && (r.Conference == nil || r.Conference.FriendlyName.IsZero()) {
				t.Errorf("%s: the conference has no name", r.SID)
			}
			if !r.IsConference() && (r.Call == nil || r.Call.FromShown().IsZero()) {
				t.Errorf("%s: nobody is on the line", r.SID)
			}
		}
	})
}

func TestPollFollowsTheWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(10, 500)
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		paused := space.Begin(sim.Begin{})
		ends := space.Begin(sim.Begin{})
		late := space.Begin(sim.Begin{StartedAgo: 20 * time.Second})
		after(3 * time.Second)
		tb.wantTruth()
		space.SetStatus(paused, "paused")
		space.EndRecording(ends)
		after(3 * time.Second)
		tb.wantTruth()
		if p := tb.find(paused).Pause; p.AtLeast || p.Since.IsZero() || p.Actor != "" {
			t.Errorf("a pause that was seen to begin: %+v", p)
		}
		r := tb.find(ends)
		if r.Active() || r.Status != api.Completed || r.End.IsZero() {
			t.Errorf("the ended one: active %v, %s, end %v", r.Active(), r.Status, r.End)
		}
		if got := tb.find(late); got.Call == nil {
			t.Error("the late one has no call")
		}
		after(time.Minute + 2*time.Second)
		if tb.deck.Snapshot().Find(text.New(ends)) != nil {
			t.Error("an ended recording stays longer than a minute")
		}
	})
}

func TestPauseFirstSeenIsAtLeast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		long := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: 10 * time.Minute})
		undated := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: time.Hour})
		tb := open(t, space, Config{})
		tb.run()
		after(5 * time.Second)
		now := tb.deck.Snapshot().ServerTime(time.Now())
		if p := tb.find(long).Pause; !p.AtLeast || p.For(now).Round(time.Minute) != 10*time.Minute {
			t.Errorf("paused for at least %v (%v), want ≥10m", p.For(now), p.AtLeast)
		}
		if p := tb.find(undated).Pause; !p.AtLeast || p.For(now) > 10*time.Second {
			t.Errorf("paused for at least %v (%v), want since it was first seen", p.For(now), p.AtLeast)
		}
		if l := tb.deck.Snapshot().Longest; l == nil || l.SID.String() != long {
			t.Errorf("the longest pause is %v", l)
		}
	})
}

func TestOldRecordingsAreFoundByTheirCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(3, 100)
		call := space.Begin(sim.Begin{StartedAgo: 30 * time.Hour})
		conf := space.Begin(sim.Begin{StartedAgo: 50 * time.Hour, Conference: true})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		tb.find(call)
		tb.find(conf)
		space.SetStatus(call, "paused")
		after(3 * time.Second)
		tb.wantTruth()
	})
}

func TestGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(5, 100)
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		sid := tb.deck.Snapshot().Recordings[2].SID.String()
		space.Delete(sid)
		after(2 * time.Second)
		if !tb.find(sid).Active() {
			t.Error("gone after one poll, want two")
		}
		after(2 * time.Second)
		if r := tb.find(sid); r.Active() || !r.Gone {
			t.Errorf("active %v, gone %v after two polls", r.Active(), r.Gone)
		}
		tb.wantPhase(Live)
	})
}

func TestFailedPollKeepsTheListAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(12, 100)
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		tb.wire.set(always("GET", "", 503, "<html>busy</html>", "Retry-After", "8"))
		after(2 * time.Second)
		s := tb.deck.Snapshot()
		tb.wantPhase(Stale)
		if s.Active != 12 || api.Reason(s.Health.Err) != "HTTP 503" || time.Until(s.Health.Next) > 8*time.Second {
			t.Errorf("active %d, reason %q, next in %v", s.Active, api.Reason(s.Health.Err), time.Until(s.Health.Next))
		}
		tb.wire.set(nil)
		tb.wire.forget()
		tb.deck.Refresh()
		after(5 * time.Second)
		if n := tb.wire.count("GET", "/Recordings.json"); n != 0 {
			t.Errorf("%d requests before the time that Retry-After names", n)
		}
		after(4 * time.Second)
		tb.wantPhase(Live)
		tb.wantTruth()
	})
}

func TestNothingKnownYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := open(t, spaceOf(12, 100), Config{})
		tb.wire.set(always("GET", "", 401, `{"code":20003,"message":"Authentication failed","status":401}`))
		tb.run()
		after(time.Second)
		s := tb.deck.Snapshot()
		tb.wantPhase(Stale)
		if s.Known() || !errors.Is(s.Health.Err, api.ErrUnauthorized) {
			t.Errorf("known %v, error %v", s.Known(), s.Health.Err)
		}
		tb.wire.set(nil)
		after(35 * time.Second)
		tb.wantPhase(Live)
		tb.wantTruth()
	})
}

func TestPartial(t *testing.T) {
	tests := []struct{ name, next string }{
		{"another host", `"https://evil.example/api/laml/2010-04-01/Recordings"`},
		{"no scheme, another host", `"//evil.example/x"`},
		{"a number", `7`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := open(t, spaceOf(20, 1500), Config{})
				tb.wire.after = func(r *http.Request, resp *http.Response) {
					b, _ := io.ReadAll(resp.Body)
					s := string(b)
					if i := strings.Index(s, `"next_page_uri":"`); i >= 0 && strings.Contains(r.URL.Path, "/Recordings") {
						end := i + len(`"next_page_uri":"`) + strings.Index(s[i+len(`"next_page_uri":"`):], `"`) + 1
						s = s[:i] + `"next_page_uri":` + tt.next + s[end:]
					}
					resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(s)), int64(len(s))
				}
				tb.run()
				after(10 * time.Second)
				tb.wantPhase(Partial)
				s := tb.deck.Snapshot()
				if !errors.Is(s.Health.Err, api.ErrPage) || s.Active == 0 {
					t.Errorf("error %v, %d active", s.Health.Err, s.Active)
				}
				tb.wire.mu.Lock()
				tb.wire.after = nil
				tb.wire.mu.Unlock()
				after(5 * time.Second)
				tb.wantPhase(Live)
				tb.wantTruth()
			})
		})
	}
}

func TestServerClock(t *testing.T) {
	for _, off := range []time.Duration{-24 * time.Hour, 24 * time.Hour, 0, 90 * time.Second} {
		t.Run(off.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := open(t, spaceOf(0, 0), Config{})
				tb.wire.after = func(_ *http.Request, resp *http.Response) {
					resp.Header.Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
				}
				tb.run()
				after(3 * time.Second)
				if got := tb.deck.Snapshot().Offset; (got - off).Abs() > time.Second {
					t.Errorf("offset = %v, want about %v", got, off)
				}
				tb.wantPhase(Live)
			})
		})
	}
}

func TestOddRowsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(3, 0)
		tb := open(t, space, Config{})
		const odd = `{"sid": "0d9c8b7a-1111-4ccc-9ddd-000000000102", "call_sid": "5e4d3c2b-2222-4eee-8fff-000000000202",
			"channels": 1, "date_created": "Tue, 1 Sept 2026 23:00:00 +0000", "duration": null, "status": "dreaming"}`
		tb.wire.after = func(r *http.Request, resp *http.Response) {
			if !strings.HasSuffix(r.URL.Path, "/Recordings.json") {
				return
			}
			b, _ := io.ReadAll(resp.Body)
			s := strings.Replace(string(b), `"recordings":[`, `"recordings":[null, 7, {"sid":null}, `+odd+`, `, 1)
			resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(s)), int64(len(s))
		}
		tb.run()
		after(3 * time.Second)
		r := tb.find("0d9c8b7a-1111-4ccc-9ddd-000000000102")
		if !r.Active() || r.Status != "dreaming" || tb.deck.Snapshot().Active != 4 {
			t.Errorf("active %v, status %q, %d active in all", r.Active(), r.Status, tb.deck.Snapshot().Active)
		}
		tb.wantPhase(Partial) // three rows could not be read, and that is said
	})
}

func TestLabelsNeverCostThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := open(t, spaceOf(8, 10), Config{})
		tb.wire.set(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "/Calls") || strings.Contains(r.URL.Path, "/Conferences") {
				<-r.Context().Done() // never answers
				return nil, r.Context().Err()
			}
			return nil, nil
		})
		tb.run()
		after(30 * time.Second)
		tb.wantPhase(Live)
		tb.wantTruth()
		if n := tb.wire.count("GET", "/Recordings.json"); n < 10 {
			t.Errorf("%d polls in 30 s", n)
		}
	})
}

func TestSlowSubscriberSeesTheLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(2, 0)
		tb := open(t, space, Config{})
		slow, cancel := tb.deck.Subscribe()
		defer cancel()
		tb.run()
		after(20 * time.Second)
		space.Begin(sim.Begin{})
		after(3 * time.Second)
		if s := <-slow; s.Active != 3 || s.Seq != tb.deck.Snapshot().Seq {
			t.Errorf("the slow one sees snapshot %d with %d active", s.Seq, s.Active)
		}
	})
}

func TestInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := open(t, spaceOf(2, 0), Config{Interval: time.Millisecond})
		if got := tb.deck.Snapshot().Interval; got != MinInterval {
			t.Errorf("interval = %v", got)
		}
		tb.run()
		tb.deck.SetInterval(time.Minute)
		after(2 * time.Second)
		tb.wire.forget()
		after(50 * time.Second)
		if n := tb.wire.count("GET", "/Recordings.json"); n != 0 {
			t.Errorf("%d polls in 50 s at an interval of a minute", n)
		}
		tb.deck.Refresh()
		after(time.Second)
		if n := tb.wire.count("GET", "/Recordings.json"); n != 1 {
			t.Errorf("%d polls after a refresh", n)
		}
		tb.wantPhase(Live)
	})
}

func TestParticipants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{Conference: true})
		tb := open(t, space, Config{})
		tb.run()
		after(time.Second)
		tb.wire.forget()
		after(50 * time.Second)
		if n := tb.wire.count("GET", "/Participants"); n != 0 {
			t.Errorf("%d participant lists that nobody looks at", n)
		}
		tb.deck.Look(Key{SID: text.New(sid)})
		after(15 * time.Second)
		if n := tb.wire.count("GET", "/Participants"); n != 1 {
			t.Errorf("%d participant lists in a minute of looking", n)
		}
		people := tb.find(sid).Participants
		if len(people) == 0 {
			t.Fatal("no participants")
		}
		for _, p := range people {
			if p.Call == nil {
				t.Errorf("participant %s has no call", p.CallSID)
			}
		}
	})
}
