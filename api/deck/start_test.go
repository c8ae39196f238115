package deck

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// TestStart: a recording is started once, read again, and put on record with who
// asked, whatever comes of it.
func TestStart(t *testing.T) {
	tests := []struct {
		name   string
		fault  string
		before func(*http.Request) (*http.Response, error)
		call   string // empty for one that there is
		want   Outcome
		note   string
		lines  []string
		posts  int
	}{
		{name: "done", want: Verified, posts: 1,
			lines: []string{"request i alice start", "outcome i alice start in-progress verified"}},
		{name: "read later", fault: "lag=1s", want: Verified, posts: 1,
			lines: []string{"request i alice start", "outcome i alice start in-progress verified"}},
		{name: "not to be read", want: Accepted, posts: 1, note: "it could not be read again: HTTP 503",
			before: always("GET", "/Recordings/", 503, "{}"),
			lines:  []string{"request i alice start", "outcome i alice start in-progress accepted it could not be read again: HTTP 503"}},
		{name: "no such call", call: "00000000-0000-4000-8000-000000000000", want: Failed, posts: 1,
			lines: []string{"request i alice start", "outcome i alice start failed HTTP 404"}},
		{name: "not authorized", want: Failed, posts: 1, before: always("POST", "", 403, `{"code":20003}`),
			lines: []string{"request i alice start", "outcome i alice start failed HTTP 403"}},
		{name: "lost and done", fault: "drop", want: Unknown, posts: 1, note: "the recordings of the call could not be read: connection dropped",
			lines: []string{"request i alice start", "outcome i alice start unknown connection dropped; the recordings of the call could not be read: connection dropped"}},
		{name: "lost and not done", want: Unknown, posts: 1, note: "no recording of the call has begun since",
			before: always("POST", "", 503, "{}"),
			lines:  []string{"request i alice start", "outcome i alice start unknown HTTP 503; no recording of the call has begun since"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				space.Begin(sim.Begin{CallSID: "5e4d3c2b-2222-4eee-8fff-000000000201", StartedAgo: time.Minute})
				if tt.fault != "" {
					f, err := sim.ParseFault(tt.fault)
					if err != nil {
						t.Fatal(err)
					}
					space.SetFaults(f)
				}
				p := &paper{}
				tb := open(t, space, Config{Journal: p})
				tb.wire.set(tt.before)
				call := text.New("5e4d3c2b-2222-4eee-8fff-000000000201")
				if tt.call != "" {
					call = text.New(tt.call)
				}
				rec, got, err := tb.deck.Start(t.Context(), call, api.StartOptions{Channels: "dual"}, Actor{Actor: "alice"})
				if err != nil || got.Outcome != tt.want || !got.Settled || got.Note != tt.note {
					t.Errorf("%v, %s (%q), want %s (%q)", err, got.Outcome, got.Note, tt.want, tt.note)
				}
				if done := tt.want == Verified || tt.want == Accepted; done && (rec == nil || rec.Channels != 2 || rec.CallSID != call) || !done && rec != nil {
					t.Errorf("the recording is %+v", rec)
				}
				if diff := cmp.Diff(tt.lines, p.lines()); diff != "" {
					t.Errorf("journal (-want +got):\n%s", diff)
				}
				if n := tb.wire.count("POST", ""); n != tt.posts {
					t.Errorf("%d POSTs", n)
				}
			})
		})
	}
}

// TestStartRefused: nothing is sent that may not be, and nothing where it must be
// on record and cannot.
func TestStartRefused(t *testing.T) {
	tests := []struct {
		name string
		c    Config
		is   error
	}{
		{"read-only", Config{ReadOnly: true}, ErrReadOnly},
		{"the journal is required", Config{Journal: &paper{fail: errors.New("disk full")}, JournalRequired: true}, ErrNotOnRecord},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := open(t, spaceOf(1, 0), tt.c)
				_, _, err := tb.deck.Start(t.Context(), text.New("5e4d3c2b-2222-4eee-8fff-000000000201"), api.StartOptions{}, Actor{})
				if !errors.Is(err, tt.is) || tb.wire.count("POST", "") != 0 {
					t.Errorf("%v, %v", err, tb.wire.log)
				}
			})
		})
	}
}

// TestRecoverOfAStart: of one that was under way when its process ended nobody
// knows which recording it began.
func TestRecoverOfAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{unfinished: []journal.Entry{{Event: journal.Request, ID: "i", StatusAsked: AskedStart}}}
		tb := open(t, spaceOf(1, 0), Config{Journal: p})
		began := time.Now()
		if n, err := tb.deck.Recover(t.Context()); n != 1 || err != nil || time.Since(began) != 0 || len(tb.wire.log) != 0 {
			t.Errorf("%d, %v after %v, %v", n, err, time.Since(began), tb.wire.log)
		}
		if got := strings.Join(p.lines(), "\n"); !strings.HasPrefix(got, "outcome i start unknown tapedeck ended") {
			t.Errorf("journal: %s", got)
		}
	})
}

// TestStartWhereThereIsNone: who saw no recording gets no second one, whatever
// happened meanwhile, and however often and by however many it is asked for.
func TestStartWhereThereIsNone(t *testing.T) {
	const call = "5e4d3c2b-2222-4eee-8fff-000000000201"
	tests := []struct {
		name   string
		fault  string
		before func(*sim.Space)
		drop   bool // the answers to POSTs are lost
		starts int  // at the same time
		want   Outcome
		note   string
		is     error // of those that were refused
		posts  int
	}{
		{name: "once", starts: 1, want: Verified, posts: 1},
		{name: "five sessions at the same time", starts: 5, want: Verified, is: ErrStarting, posts: 1},
		{name: "recorded meanwhile, as no poll has seen yet", starts: 1, is: ErrRecorded,
			before: func(s *sim.Space) { s.Begin(sim.Begin{CallSID: call}) }},
		{name: "the answer is lost", drop: true, starts: 3, want: Verified, is: ErrStarting, posts: 1,
			note: "its answer was lost; the recordings of the call show it"},
		{name: "lost, and the recordings show it late", drop: true, fault: "lag=1s", starts: 1, want: Verified, posts: 1,
			note: "its answer was lost; the recordings of the call show it"},
		{name: "lost, and not done", fault: "503@start", starts: 1, want: Unknown, posts: 1, note: "no recording of the call has begun since"},
		{name: "silent", fault: "silent@start", starts: 2, want: Verified, is: ErrStarting, posts: 1,
			note: "its answer was lost; the recordings of the call show it"},
		{name: "the call is over", starts: 1, want: Failed, posts: 1, before: func(s *sim.Space) { s.EndCall(call) }},
		{name: "its recordings cannot be read", fault: "403", starts: 1, is: api.ErrUnauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				space.Call(sim.Line{SID: call, Ago: time.Minute})
				tb := open(t, space, Config{Unrecorded: true})
				tb.run()
				after(15 * time.Second)
				if n := len(tb.deck.Snapshot().Unrecorded); n != 1 {
					t.Fatalf("%d calls have no recording", n)
				}
				if tt.before != nil {
					tt.before(space)
				}
				if tt.fault != "" {
					space.SetFaults(fault(t, tt.fault)...)
				}
				if tt.drop {
					tb.wire.mu.Lock()
					tb.wire.after = func(r *http.Request, resp *http.Response) {
						if r.Method == http.MethodPost {
							*resp = *answer(r, 502, "<html>")
						}
					}
					tb.wire.mu.Unlock()
				}
				type end struct {
					rec *Recording
					p   Progress
					err error
				}
				ends := make(chan end)
				for range tt.starts {
					go func() {
						req := Request{Actor: Actor{Actor: "alice"}, Seen: NoRecording}
						rec, p, err := tb.deck.StartFor(t.Context(), text.New(call), api.StartOptions{}, req)
						ends <- end{rec, p, err}
					}()
				}
				done := 0
				for range tt.starts {
					e := <-ends
					switch {
					case e.err != nil && !errors.Is(e.err, tt.is):
						t.Errorf("refused with %v, want %v", e.err, tt.is)
					case e.err == nil && (e.p.Outcome != tt.want || e.p.Note != tt.note || !e.p.Settled):
						t.Errorf("it ended as %s (%q, %v), want %s (%q)", e.p.Outcome, e.p.Note, e.p.Err, tt.want, tt.note)
					case e.err == nil && (e.rec != nil) != (tt.want == Verified):
						t.Errorf("the recording is %+v", e.rec)
					case e.err == nil:
						done++
					}
				}
				if posts := tb.wire.count("POST", ""); posts != tt.posts || done != min(1, tt.posts) {
					t.Errorf("%d POSTs, %d of the starts were sent", posts, done)
				}
				n := 0
				for _, r := range space.Recordings() {
					if r.CallSID == call {
						n++
					}
				}
				if want := min(1, tt.posts+len(space.Recordings())); n > want {
					t.Errorf("the call has %d recordings", n)
				}
				if tt.want == Verified && len(tb.deck.Snapshot().Unrecorded) != 0 {
					t.Error("the call is still shown without a recording")
				}
			})
		})
	}
}

// TestStartFaults: whatever the API answers, and whether or not it has begun the
// recording, one POST is sent, and what is shown afterwards is what there is.
func TestStartFaults(t *testing.T) {
	const call = "5e4d3c2b-2222-4eee-8fff-000000000201"
	type reply struct {
		name   string
		unsure bool // nobody can tell from it whether it was done
		of     func(*http.Request) (*http.Response, error)
	}
	var replies []reply
	for _, status := range []int{400, 401, 403, 404, 408, 409, 422, 425, 429, 499, 500, 502, 503, 504} {
		unsure := status >= 500 || slices.Contains([]int{408, 409, 425, 499}, status)
		replies = append(replies, reply{fmt.Sprint(status), unsure, func(r *http.Request) (*http.Response, error) {
			return answer(r, status, `{"code":1,"message":"no"}`), nil
		}})
	}
	for name, body := range map[string]string{"nothing": "", "html": "<html>", "half": `{"sid":"`, "no SID": `{"status":"in-progress"}`, "an array": `[]`} {
		replies = append(replies, reply{"200 with " + name, true, func(r *http.Request) (*http.Response, error) { return answer(r, 200, body), nil }})
	}
	replies = append(replies, reply{"dropped", true, func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }},
		reply{"silent", true, func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }})
	for _, re := range replies {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, done %t", re.name, done), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					space := spaceOf(0, 0)
					space.Call(sim.Line{SID: call, Ago: time.Minute})
					tb := open(t, space, Config{Unrecorded: true})
					tb.run()
					after(15 * time.Second)
					tb.wire.set(func(r *http.Request) (*http.Response, error) {
						if r.Method != http.MethodPost {
							return nil, nil
						}
						if done {
							if _, err := tb.wire.next.RoundTrip(r); err != nil {
								t.Error(err)
							}
						}
						return re.of(r)
					})
					_, p, err := tb.deck.StartFor(t.Context(), text.New(call), api.StartOptions{}, Request{Seen: NoRecording})
					want := Failed
					switch {
					case re.unsure && done:
						want = Verified
					case re.unsure:
						want = Unknown
					}
					if err != nil || p.Outcome != want || !p.Settled {
						t.Errorf("it ended as %s (%q, %v), %v, want %s", p.Outcome, p.Note, p.Err, err, want)
					}
					after(30 * time.Second)
					if n := tb.wire.count("POST", ""); n != 1 {
						t.Errorf("%d POSTs", n)
					}
					s := tb.deck.Snapshot()
					if lacks := len(s.Unrecorded) == 1; lacks == done || s.Active != len(space.Recordings()) || len(space.Recordings()) > 1 {
						t.Errorf("without a recording: %d, active: %d, in truth: %d", len(s.Unrecorded), s.Active, len(space.Recordings()))
					}
				})
			})
		}
	}
}
