package local

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// postStart answers a start as the fake answers a request for a recording "new".
func (f *fake) postStart(w http.ResponseWriter, r *http.Request) {
	var in Start
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		f.t.Errorf("the client sent a start that cannot be read: %v", err)
	}
	if _, err := in.Options(); err != nil {
		f.t.Errorf("the client sent %+v: %v", in, err)
	}
	f.mu.Lock()
	f.starts = append(f.starts, in)
	decide := f.answer
	f.mu.Unlock()
	as := Request{ID: in.ID, SID: "new", Update: "start"}
	a := &answer{state: started(as, deck.Verified)}
	if decide != nil {
		a = decide(r, as)
	}
	f.mu.Lock()
	if !a.never {
		f.requests[in.ID] = a.state
	}
	f.mu.Unlock()
	if a.cut {
		panic(http.ErrAbortHandler)
	}
	_ = json.NewEncoder(w).Encode(a.state)
}

// started is the end of a start.
func started(in Request, outcome deck.Outcome) RequestState {
	made := rec("new", api.InProgress, 2).Recording
	p := ProgressOf(deck.Progress{ID: 6, Outcome: outcome, Settled: true, Asked: time.Now(), Done: time.Now(), Answer: &made,
		Request: deck.Request{ID: in.ID, SID: made.SID, Update: api.Update{Status: deck.AskedStart}}})
	return RequestState{ID: in.ID, Progress: p}
}

// TestStart: a start is sent once, whatever becomes of its answer, and the
// recording that it has begun is returned.
func TestStart(t *testing.T) {
	tests := []struct {
		name    string
		cut     bool // the answer is lost
		never   bool // and the service does not know of it
		restart bool
		refused *Refusal
		want    deck.Outcome
		err     error
	}{
		{name: "it is answered", want: deck.Verified},
		{name: "its answer is lost", cut: true, want: deck.Verified},
		{name: "it never came", cut: true, never: true, err: ErrGone},
		{name: "another run of the service does not know it", cut: true, restart: true, want: deck.Unknown},
		{name: "the role may not", refused: &Refusal{Code: CodeRole, Error: "your role, watcher, may not start"}, err: ErrMayNot},
		{name: "the deck refuses", refused: &Refusal{Code: CodeReadOnly, Error: "read-only"}, err: deck.ErrReadOnly},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *wires, f *fake) {
				f.publish(0, rec("a", api.InProgress, 1))
				f.answer = func(_ *http.Request, in Request) *answer {
					a := &answer{state: started(in, deck.Verified), cut: tt.cut, never: tt.never}
					if tt.refused != nil {
						a.state = RequestState{ID: in.ID, Refused: tt.refused}
					}
					if tt.restart {
						go func() {
							f.end()
							g := begin(t, w.listen(), "two")
							t.Cleanup(g.end)
							g.publish(0, rec("a", api.InProgress, 1))
						}()
					}
					return a
				}
				c := dialed(t, Options{Path: "s", Profiles: []string{"prod"}, Dial: w.dial})
				defer c.Close()
				who := deck.Actor{Actor: "ana"}
				r, p, err := c.Start(context.Background(), sid("call"), api.StartOptions{Channels: "dual"}, who)
				if !errors.Is(err, tt.err) || err == nil && (p.Outcome != tt.want || !p.Settled || p.Request.Update.Status != deck.AskedStart || p.Request.Actor != who) {
					t.Errorf("it ended as %+v, %v", p, err)
				}
				if there := err == nil && tt.want == deck.Verified; there != (r != nil) || there && (r.SID != sid("new") || p.Request.SID != r.SID || r.Profile != "prod") {
					t.Errorf("the recording is %+v, the request %+v", r, p.Request)
				}
				if len(f.starts) != 1 || f.starts[0].CallSID != "call" || f.starts[0].Channels != "dual" || f.starts[0].Profile != "prod" {
					t.Errorf("what was sent is %+v", f.starts)
				}
				if p.Outcome == deck.Unknown && p.Note != startLost {
					t.Errorf("the note of an unknown start is %q", p.Note)
				}
				f.end()
			})
		})
	}
}

// TestStartEndsWithItsContext: who does not wait any longer is told that the
// result is unknown, and nothing is sent again.
func TestStartEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		f := begin(t, w.listen(), "one")
		defer f.end()
		f.publish(0, rec("a", api.InProgress, 1))
		f.answer = func(r *http.Request, in Request) *answer {
			<-r.Context().Done()
			return &answer{state: started(in, deck.Verified)}
		}
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		_, p, err := c.Start(ctx, sid("call"), api.StartOptions{}, deck.Actor{})
		took := time.Since(began)
		synctest.Wait() // the service has noticed it
		if took != 3*time.Second || err != nil || p.Outcome != deck.Unknown || p.Settled || len(f.starts) != 1 {
			t.Errorf("after %v: %+v, %v; sent %d times", took, p, err, len(f.starts))
		}
	})
}

// TestStartChecked: what is no start is refused, with what is wrong with it.
func TestStartChecked(t *testing.T) {
	good := Start{ID: "start-12", CallSID: "5e29", Channels: "dual", Track: "both"}
	if o, err := good.Options(); err != nil || o != (api.StartOptions{Channels: "dual", Track: "both"}) {
		t.Errorf("%+v, %v", o, err)
	}
	for _, tt := range []struct {
		code   Code
		change func(*Start)
	}{
		{CodeID, func(s *Start) { s.ID = "short" }},
		{CodeBody, func(s *Start) { s.CallSID = "" }},
		{CodeBody, func(s *Start) { s.CallSID = "../x" }},
		{CodeBody, func(s *Start) { s.Channels = "three" }},
		{CodeBody, func(s *Start) { s.Track = "in" }},
	} {
		s := good
		tt.change(&s)
		_, err := s.Options()
		if r, ok := errors.AsType[*RefusalError](err); !ok || r.Code != tt.code || r.Refusal.Error == "" {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// TestLoad: a recording that is not shown is asked for, and one that there is
// not is told from a service that cannot say.
func TestLoad(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		f.rows = map[string]any{"old": json.RawMessage(`{"tapedeck":{"profile":"prod"},"sid":"old","status":"completed"}`)}
		if r, err := c.Load(t.Context(), sid("a")); err != nil || r != c.Snapshot().Find(sid("a")) {
			t.Errorf("one that is shown: %+v, %v", r, err)
		}
		if r, err := c.Load(t.Context(), sid("old")); err != nil || r.SID != sid("old") || r.Status != api.Completed || r.Profile != "prod" {
			t.Errorf("one that is not: %+v, %v", r, err)
		}
		if _, err := c.Load(t.Context(), sid("none")); !errors.Is(err, deck.ErrNotFound) {
			t.Errorf("one that there is not: %v", err)
		}
		if _, err := c.Load(t.Context(), sid("../x")); !errors.Is(err, api.ErrSID) {
			t.Errorf("what is none: %v", err)
		}
		f.refusing(func(string) *Refusal {
			return &Refusal{Code: CodeAPI, Error: "cannot look", Fault: FaultOf(&api.Error{StatusCode: 401})}
		})
		_, err := c.Load(t.Context(), sid("old"))
		if errors.Is(err, deck.ErrNotFound) || !errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("one that cannot be looked for: %v", err)
		}
	})
}

// TestStartOfOneOfSeveral: of several profiles that are shown, the new recording is
// that of the one that the service names.
func TestStartOfOneOfSeveral(t *testing.T) {
	c := &Client{}
	w := &wanted{start: &Start{}, last: &deck.Progress{}}
	state := RequestState{ID: "x", Progress: &Progress{Request: Request{SID: "new", Profile: "us", Update: "start"}, Outcome: "requested"}}
	c.hear(w, state, func(int, deck.Progress, error) { t.Error("it is not settled") })
	if want := (deck.Key{Profile: "us", SID: sid("new")}); w.req.Key() != want || w.last.Request.Key() != want {
		t.Errorf("it is %+v, want %+v", w.req.Key(), want)
	}
	state.Progress.Request.Profile = "" // an answer that names none
	c.hear(w, state, nil)
	if w.req.Profile != "us" {
		t.Errorf("then its profile is %q", w.req.Profile)
	}
}
