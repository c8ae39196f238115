package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// TestClientOverASocket: a real socket, and everything that a screen sees.
func TestClientOverASocket(t *testing.T) {
	path := socket(t)
	if _, err := Dial(t.Context(), Options{Path: path}); !isGone(err) || !strings.Contains(err.Error(), path) {
		t.Fatalf("without a service: %v", err)
	}
	f := begin(t, listen(t, path), "one")
	defer f.end()
	first, second := rec("a", api.InProgress, 1), rec("b", api.Paused, 2)
	f.publish(0, first, second)
	c := dialed(t, Options{Path: path})
	defer c.Close()
	snapshots, cancel := c.Subscribe()
	defer cancel()
	s := until(t, snapshots, has(2))
	if s.Active != 2 || s.Paused != 1 || s.Longest == nil || s.Health.Phase(time.Now()) != deck.Live || !s.Recordings[0].SID.Is("b") {
		t.Errorf("it shows %s", describe(s))
	}
	if s.Recordings[0].Profile != "prod" || len(s.Parts) != 1 || s.Parts[0].Space != "acme.signalwire.com" {
		t.Errorf("the profile is %q of %v", s.Recordings[0].Profile, s.Parts)
	}
	same := s.Find(sid("a"))
	third := rec("c", api.InProgress, 3)
	f.publish(0, first, third)
	s = until(t, snapshots, func(s *deck.Snapshot) bool { return s.Find(sid("c")) != nil })
	if s.Find(sid("b")) != nil || s.Find(sid("a")) != same {
		t.Errorf("b stays, or a is another pointer: %s", describe(s))
	}
	if who := c.WhoAmI(); who.Role != "operator" || who.User != "ana" {
		t.Errorf("who am I: %+v", who)
	}
}

// inTime runs a test in simulated time, with a service that comes and goes.
func inTime(t *testing.T, test func(t *testing.T, w *wires, f *fake)) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		f := begin(t, w.listen(), "one")
		test(t, w, f)
	})
}

// TestServiceGone: the snapshot stays and says so, requests are refused, and all
// of it ends within a second of the new service, with the same pointers.
func TestServiceGone(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		list := []*deck.Recording{rec("a", api.InProgress, 1), rec("b", api.Paused, 2)}
		f.publish(0, list...)
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		before := until(t, snapshots, has(2))
		f.end()
		s := until(t, snapshots, func(s *deck.Snapshot) bool { return !s.Health.Away.IsZero() })
		time.Sleep(2 * time.Second)
		if now := time.Now(); s.Health.Phase(now) != deck.Stale || now.Sub(s.Health.Away).Round(time.Second) != 2*time.Second ||
			api.Reason(s.Health.Err) != "service gone" || len(s.Recordings) != 2 || s.Recordings[0] != before.Recordings[0] {
			t.Errorf("2 s after the end: phase %v, away %v, %s", s.Health.Phase(now), s.Health.Away, describe(s))
		}
		if s.Parts[0].Health.Away.IsZero() {
			t.Error("the profile does not say that the service is gone")
		}
		for what, err := range map[string]error{
			"update":      func() error { _, err := c.Do(t.Context(), pause("a")); return err }(),
			"acknowledge": c.Acknowledge(of("b"), deck.Actor{}, "x", time.Minute),
			"timer":       c.SetTimer(of("b"), deck.Actor{}, time.Minute, false),
		} {
			if !isGone(err) {
				t.Errorf("%s while the service is gone: %v", what, err)
			}
		}
		again := begin(t, w.listen(), "two")
		defer again.end()
		again.publish(0, list...)
		back := time.Now()
		s = until(t, snapshots, func(s *deck.Snapshot) bool { return s.Health.Away.IsZero() })
		if took := time.Since(back); took > time.Second {
			t.Errorf("it took %v to be back", took)
		}
		if s.Recordings[0] != before.Recordings[0] || s.Recordings[1] != before.Recordings[1] {
			t.Error("what is the same is another pointer after a restart")
		}
		if p, err := c.Do(t.Context(), pause("a")); err != nil || p.Outcome != deck.Verified {
			t.Errorf("a pause afterwards: %v, %v", p.Outcome, err)
		}
	})
}

func pause(name string) deck.Request {
	return deck.Request{SID: sid(name), Actor: deck.Actor{Actor: "ana", TTY: "/dev/pts/1"}, Seen: api.InProgress, Group: 3,
		Update: api.Update{Status: api.Paused, PauseBehavior: api.Skip}}
}

// TestSilentService: a service that hangs is gone too, and so are the requests
// that it has.
func TestSilentService(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		f.publish(0, rec("a", api.InProgress, 1))
		hangs := make(chan struct{})
		f.answer = func(r *http.Request, in Request) *answer { <-hangs; return &answer{state: verified(in)} }
		var mute atomic.Bool
		c := dialed(t, Options{Path: "s", Dial: func(ctx context.Context) (net.Conn, error) {
			conn, err := w.dial(ctx)
			if err != nil || mute.Load() {
				return nil, &net.OpError{Op: "dial", Err: errors.New("nobody answers")}
			}
			return &muteConn{Conn: conn, mute: &mute, closed: make(chan struct{})}, nil
		}})
		snapshots, cancel := c.Subscribe()
		defer cancel()
		until(t, snapshots, has(1))
		time.Sleep(time.Minute) // beats
		if s := c.Snapshot(); !s.Health.Away.IsZero() {
			t.Fatalf("a service with nothing to say is taken for gone: %v", s.Health.Err)
		}
		go func() { _, _ = c.Do(context.Background(), pause("a")) }()
		synctest.Wait()
		mute.Store(true) // all of it hangs
		time.Sleep(SilentFor + BeatEvery)
		s := c.Snapshot()
		if s.Health.Away.IsZero() {
			t.Error("a service that hangs is taken for one that is there")
		}
		if u := s.Find(sid("a")).Update; u == nil || u.Outcome != deck.Unknown {
			t.Errorf("the pause that it has is not unknown: %s", describe(s))
		}
		close(hangs)
		c.Close()
		f.end()
	})
}

// muteConn is a connection on which nothing arrives while mute is set.
type muteConn struct {
	net.Conn
	mute   *atomic.Bool
	once   sync.Once
	closed chan struct{}
}

func (c *muteConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.mute.Load() {
		<-c.closed
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *muteConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// TestUpdateWhoseAnswerIsLost: what the screen learns, by what the service knows
// when it is back. Nothing is ever sent twice.
func TestUpdateWhoseAnswerIsLost(t *testing.T) {
	tests := []struct {
		name    string
		never   bool // it did not reach the service
		restart bool
		open    bool // it is not settled when it is asked for first
		want    deck.Outcome
		gone    bool // the error says that nothing was sent
	}{
		{name: "the service has its result", want: deck.Verified},
		{name: "the service has no result yet", open: true, want: deck.Verified},
		{name: "it never came", never: true, gone: true},
		{name: "another run of the service does not know it", restart: true, want: deck.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *wires, f *fake) {
				a := rec("a", api.InProgress, 1)
				f.publish(0, a)
				f.answer = func(r *http.Request, in Request) *answer {
					state := verified(in)
					if tt.open {
						state.Progress.Settled, state.Progress.Outcome = false, "requested"
						go func() {
							time.Sleep(3 * time.Second)
							f.mu.Lock()
							defer f.mu.Unlock()
							f.requests[in.ID] = verified(in)
						}()
					}
					return &answer{state: state, cut: true, never: tt.never}
				}
				c := dialed(t, Options{Path: "s", Dial: w.dial})
				defer c.Close()
				snapshots, cancel := c.Subscribe()
				defer cancel()
				until(t, snapshots, has(1))
				if tt.restart {
					f.answer = func(r *http.Request, in Request) *answer {
						go f.end()
						return &answer{cut: true}
					}
				}
				var p deck.Progress
				var err error
				done := make(chan struct{})
				req := pause("a")
				go func() { defer close(done); p, err = c.Do(context.Background(), req) }()
				until(t, snapshots, func(s *deck.Snapshot) bool {
					u := s.Find(sid("a")).Update
					return u != nil && u.Outcome == deck.Unknown && u.Request == req && (tt.restart || !u.Settled)
				})
				g := f
				if tt.restart {
					<-f.served
					g = begin(t, w.listen(), "two")
					g.publish(0, a)
				}
				defer g.end()
				<-done
				if isGone(err) != tt.gone || err == nil && (p.Outcome != tt.want || !p.Settled || p.Request != req) {
					t.Errorf("it ended as %v, settled %v, %v", p.Outcome, p.Settled, err)
				}
				if n := len(f.posts) + len(g.posts); f != g && n != 1 || f == g && len(f.posts) != 1 {
					t.Errorf("it was sent %d times", n)
				}
				s := c.Snapshot()
				if u := s.Find(sid("a")).Update; tt.restart && (u == nil || !u.Settled || u.Outcome != deck.Unknown) {
					t.Errorf("after a restart the screen shows %s", describe(s))
				} else if !tt.restart && u != nil {
					t.Errorf("what was unknown is shown for ever: %s", describe(s))
				}
			})
		})
	}
}

// TestOwnUpdateIsKnownAgain: the screen finds its own request in the row, as it
// made it, and the number of an update grows over a restart of the service.
func TestOwnUpdateIsKnownAgain(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		show := func(f *fake, in Request, id uint64) {
			req, _ := in.Deck()
			r := rec("a", api.Paused, 1)
			r.Update = &deck.Progress{ID: id, Request: req, Outcome: deck.Verified, Settled: true, Asked: time.Now()}
			f.publish(0, r)
		}
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		s := until(t, snapshots, has(1))
		f.answer = func(_ *http.Request, in Request) *answer { show(f, in, 57); return &answer{state: verified(in)} }
		req := pause("a")
		req.Snapshot = s.Seq
		if _, err := c.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		s = until(t, snapshots, func(s *deck.Snapshot) bool { return s.Find(sid("a")).Update != nil })
		if u := s.Find(sid("a")).Update; u.Request != req || u.ID != 57 {
			t.Errorf("the row has %+v, and the request was %+v", u.Request, req)
		}
		if f.posts[0].Seq != 1 || f.posts[0].Profile != "prod" {
			t.Errorf("it was sent as %+v", f.posts[0])
		}
		f.end()
		g := begin(t, w.listen(), "two")
		defer g.end()
		show(g, Request{ID: "somebody-elses", SID: "a", Update: "stop"}, 1)
		s = until(t, snapshots, func(s *deck.Snapshot) bool { return s.Health.Away.IsZero() && s.Find(sid("a")).Update.Request != req })
		if u := s.Find(sid("a")).Update; u.ID != 58 {
			t.Errorf("the first update of another run has the number %d", u.ID)
		}
	})
}

// TestRefusals: what the service refuses is what the deck says of the same.
func TestRefusals(t *testing.T) {
	busy := ProgressOf(deck.Progress{ID: 9, Request: pause("a"), Outcome: deck.Requested, Asked: time.Now()})
	tests := []struct {
		refusal Refusal
		is      error
	}{
		{Refusal{Code: CodeReadOnly, Error: "read-only"}, deck.ErrReadOnly},
		{Refusal{Code: CodeRecording, Error: "no such"}, deck.ErrNotFound},
		{Refusal{Code: CodeEnding, Error: "ending"}, deck.ErrClosed},
		{Refusal{Code: CodeOffRecord, Error: "off"}, deck.ErrNotOnRecord},
		{Refusal{Code: CodeRole, Error: "your role, operator, may not stop", Hint: "ask"}, ErrMayNot},
		{Refusal{Code: CodeBusy, Error: "busy", Busy: busy}, nil},
	}
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		for _, whole := range []bool{true, false} {
			for _, tt := range tests {
				f.refusing(nil)
				f.mu.Lock()
				f.answer = func(_ *http.Request, in Request) *answer {
					return &answer{state: RequestState{ID: in.ID, Refused: &tt.refusal}}
				}
				f.mu.Unlock()
				if whole {
					f.refusing(func(path string) *Refusal {
						if path == PathRequests {
							return &tt.refusal
						}
						return nil
					})
				}
				_, err := c.Do(t.Context(), pause("a"))
				b, isBusy := errors.AsType[*deck.BusyError](err)
				if err == nil || tt.is != nil && !errors.Is(err, tt.is) || isBusy != (tt.is == nil) || err.Error() != tt.refusal.Error ||
					api.Hint(err) != tt.refusal.Hint {
					t.Errorf("%s: %v", tt.refusal.Code, err)
				}
				if isBusy && (b.Progress.ID != 9 || b.Progress.Request.Verb() != "pause") {
					t.Errorf("busy with %+v", b.Progress)
				}
				back := RefusalOf(err)
				if diff := cmp.Diff(tt.refusal, back); diff != "" {
					t.Errorf("on its way back: %s", diff)
				}
			}
		}
	})
}

// TestOtherVersion: whoever is to be updated is named.
func TestOtherVersion(t *testing.T) {
	for wire, want := range map[string]string{"2.0": "update this tapedeck", "0.9": "update the service", "x": "update the service"} {
		inTime(t, func(t *testing.T, w *wires, f *fake) {
			defer f.end()
			defer f.end()
			f.who.Wire = wire
			f.publish(0, rec("a", api.InProgress, 1))
			_, err := Dial(t.Context(), Options{Path: "s", Version: "1.2", Dial: w.dial})
			if !strings.Contains(api.Hint(err), want) || !strings.Contains(api.Hint(err), "1.2") || !strings.Contains(api.Hint(err), "9.9") {
				t.Errorf("wire %s: %v, hint %q", wire, err, api.Hint(err))
			}
		})
	}
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		f.refusing(func(string) *Refusal { return &Refusal{} }) // as a server that is none of ours
		if _, err := Dial(t.Context(), Options{Path: "s", Dial: w.dial}); err == nil || !strings.Contains(err.Error(), "does not speak /v1") {
			t.Errorf("another server: %v", err)
		}
	})
}

// TestNothingBlocks: what a screen does in its event loop returns at once,
// whatever the service does, and what is to be on record is sent later.
func TestNothingBlocks(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Command: "dashboard", Claims: Claims{TTY: "/dev/pts/3"}, Dial: w.dial})
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		until(t, snapshots, has(1))
		synctest.Wait()
		want := []string{`POST /v1/session {"claims":{"tty":"/dev/pts/3"},"command":"dashboard"}`}
		if diff := cmp.Diff(want, f.asked()); diff != "" {
			t.Errorf("at first (-want +got):\n%s", diff)
		}
		f.end()
		until(t, snapshots, func(s *deck.Snapshot) bool { return !s.Health.Away.IsZero() })
		began := time.Now()
		for range 2000 {
			c.Look(of("a"))
			c.Reveal(of("a"), deck.Actor{})
			c.Refresh()
			c.SetInterval(3 * time.Second)
			c.Show(&Prompt{SID: "a", Verb: "stop"}, time.Now())
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v while the service was gone", took)
		}
		g := begin(t, w.listen(), "two")
		defer g.end()
		g.publish(0, rec("a", api.InProgress, 1))
		until(t, snapshots, func(s *deck.Snapshot) bool { return s.Health.Away.IsZero() })
		synctest.Wait()
		want = []string{
			`POST /v1/session {"claims":{"tty":"/dev/pts/3"},"command":"dashboard"}`,
			`POST /v1/session {"claims":{"tty":"/dev/pts/3"},"command":"dashboard","prompt":{"sid":"a","verb":"stop"},"idle":0.05}`, // since the last key
			`POST /v1/reveal {"sid":"a","profile":"prod"}`, `POST /v1/look {"sid":"a","profile":"prod"}`,
			`POST /v1/interval {"every":3}`, `POST /v1/refresh {}`,
		}
		if diff := cmp.Diff(want, g.asked()); diff != "" {
			t.Errorf("when it was back (-want +got):\n%s", diff)
		}
	})
}

// TestPromptOfAnotherRun: a question that is open is told to the next run of the
// service too, one that was closed is not.
func TestPromptOfAnotherRun(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		again := func() []string {
			synctest.Wait()
			f.end()
			until(t, snapshots, func(s *deck.Snapshot) bool { return !s.Health.Away.IsZero() })
			f = begin(t, w.listen(), "next")
			f.publish(0, rec("a", api.InProgress, 1))
			until(t, snapshots, func(s *deck.Snapshot) bool { return s.Health.Away.IsZero() })
			synctest.Wait()
			return f.asked()
		}
		const session = `POST /v1/session {"claims":{}}`
		c.Show(&Prompt{SID: "a", Verb: "stop"}, time.Time{})
		if diff := cmp.Diff([]string{session, `POST /v1/session {"claims":{},"prompt":{"sid":"a","verb":"stop"}}`}, again()); diff != "" {
			t.Errorf("while it is open (-want +got):\n%s", diff)
		}
		c.Show(nil, time.Time{})
		if diff := cmp.Diff([]string{session}, again()); diff != "" {
			t.Errorf("after it was closed (-want +got):\n%s", diff)
		}
		f.end()
	})
}

// TestShowSeveral: of a question about several a service is told as many as it
// takes, and one that knows of one only is told the first.
func TestShowSeveral(t *testing.T) {
	for wire, want := range map[string]int{"1.0": 0, "1.1": 2, "1.12": 2, "1": 0, "1.x": 0} {
		inTime(t, func(t *testing.T, w *wires, f *fake) {
			defer f.end()
			f.who.Wire = wire
			f.publish(0, rec("a", api.InProgress, 1))
			c := dialed(t, Options{Path: "s", Dial: w.dial})
			defer c.Close()
			synctest.Wait()
			before := len(f.asked())
			q := &Prompt{SID: "a", Verb: "pause", More: []PromptOf{{SID: "b"}, {SID: "c", Profile: "eu"}}}
			c.Show(q, time.Time{})
			synctest.Wait()
			told := `POST /v1/session {"claims":{},"prompt":{"sid":"a","verb":"pause"}}`
			if want > 0 {
				told = `POST /v1/session {"claims":{},"prompt":{"sid":"a","verb":"pause","more":[{"sid":"b"},{"sid":"c","profile":"eu"}]}}`
			}
			if diff := cmp.Diff([]string{told}, f.asked()[before:]); diff != "" {
				t.Errorf("version %s (-want +got):\n%s", wire, diff)
			}
			q.More = make([]PromptOf, MaxPrompt+5)
			c.Show(q, time.Time{})
			synctest.Wait()
			if got := strings.Count(strings.Join(f.asked(), ""), `{"sid":""}`); got != min(want, 1)*MaxPrompt || len(q.More) != MaxPrompt+5 {
				t.Errorf("version %s: %d are told, %d kept", wire, got, len(q.More))
			}
		})
	}
}

// TestSeveralProfiles: one snapshot of all, each recording with its own limits,
// and each request to its own deck.
func TestSeveralProfiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		f := begin(t, w.listen(), "one", Profile{Profile: "prod", Space: "x", Project: "1"}, Profile{Profile: "test", Space: "x", Project: "2"})
		defer f.end()
		f.publish(0, rec("a", api.InProgress, 1), rec("both", api.InProgress, 9))
		f.publish(1, rec("b", api.InProgress, 2), rec("both", api.InProgress, 9))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		s := until(t, snapshots, has(4))
		if s.Active != 4 || len(s.Parts) != 2 || s.Find(sid("a")).Profile != "prod" || s.Find(sid("b")).Profile != "test" {
			t.Errorf("%s in %d profiles", describe(s), len(s.Parts))
		}
		for i, want := range []string{"prod", "test"} {
			if s.Of(s.Find(sid(string(rune('a'+i))))) != s.Parts[i].Snapshot || s.Parts[i].Active != 2 {
				t.Errorf("%s has %d active", want, s.Parts[i].Active)
			}
		}
		for _, name := range []string{"b", "a"} {
			if _, err := c.Do(t.Context(), pause(name)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Do(t.Context(), pause("both")); RefusalOf(err).Code != CodeAmbiguous {
			t.Errorf("a recording of two projects: %v", err)
		}
		named := pause("both")
		named.Profile = "test"
		if _, err := c.Do(t.Context(), named); err != nil {
			t.Error(err)
		}
		var got []string
		for _, r := range f.posts {
			got = append(got, r.Profile+" "+r.SID)
		}
		if diff := cmp.Diff([]string{"test b", "prod a", "test both"}, got); diff != "" {
			t.Error(diff)
		}
		one := dialed(t, Options{Path: "s", Profiles: []string{"test"}, Dial: w.dial})
		defer one.Close()
		if s := one.Snapshot(); len(s.Recordings) != 2 || s.Recordings[1].Profile != "test" {
			t.Errorf("of one profile: %s", describe(s))
		}
	})
}

// TestManyRequests: more than fit into a body, each with its own result.
func TestManyRequests(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		var list []*deck.Recording
		var reqs []deck.Request
		for i := range 250 {
			name := fmt.Sprint("r", i)
			list = append(list, rec(name, api.InProgress, i))
			reqs = append(reqs, pause(name))
		}
		reqs = append(reqs, pause("nobody"))
		f.publish(0, list...)
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		done := map[int]bool{}
		c.DoAll(t.Context(), reqs, func(i int, p deck.Progress, err error) {
			if done[i] || (i == 250) != errors.Is(err, deck.ErrNotFound) || i < 250 && (p.Request != reqs[i] || p.Outcome != deck.Verified) {
				t.Errorf("%d: %v, %v", i, p.Outcome, err)
			}
			done[i] = true
		})
		if len(done) != 251 || len(f.posts) != 250 {
			t.Errorf("%d results of %d requests", len(done), len(f.posts))
		}
	})
}

// TestSessionEnded: nobody comes back whose session was ended.
func TestSessionEnded(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		f.feed.End(Refusal{Code: CodeEnded, Error: "bob has ended your session"})
		s := until(t, snapshots, func(s *deck.Snapshot) bool { return !s.Health.Away.IsZero() })
		if !strings.Contains(s.Health.Err.Error(), "bob has ended") {
			t.Errorf("it says %v", s.Health.Err)
		}
		time.Sleep(time.Minute)
		if f.feed.Watchers() != 0 {
			t.Error("it came back")
		}
	})
}
