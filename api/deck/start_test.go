package deck

import (
	"errors"
	"net/http"
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
