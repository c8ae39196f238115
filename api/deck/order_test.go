package deck

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// What is noted of a recording is in the journal in the order in which it
// happened, also what is noted while the deck is being closed.
func TestNotesReachTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute, Status: "paused"})
		dir := t.TempDir()
		j, err := journal.Open(journal.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		tb := open(t, space, Config{Journal: j})
		tb.run()
		after(time.Second)
		var want []string
		for i := range 200 {
			after, reason := time.Duration(0), "auto-resume canceled"
			if i%2 == 0 {
				after, reason = time.Minute, "auto-resume set"
			}
			if err := tb.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "alice"}, after, false); err != nil {
				t.Fatal(err)
			}
			want = append(want, reason)
		}
		if err := tb.deck.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := tb.deck.Acknowledge(Key{SID: text.New(sid)}, Actor{Actor: "alice"}, "after the end", time.Minute); err != nil {
			t.Error(err)
		}
		want = append(want, "after the end")
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		var got []string
		for e, err := range journal.Read(dir, journal.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Reason)
		}
		if !slices.Equal(got, want) {
			t.Errorf("the journal has %q", got)
		}
	})
}

// Faults at the start, while the result of a crashed request is looked for: it
// is read again for half a minute, and unknown only then.
func TestRecoverReadsAgain(t *testing.T) {
	tests := []struct {
		name string
		fail func(n int) (status int, err error) // of the nth read; 0 for none
		want string
	}{
		{"one HTTP 503", func(n int) (int, error) { return map[int]int{1: 503}[n], nil }, "verified"},
		{"drops for 20 s", func(n int) (int, error) {
			if n <= 12 {
				return 0, io.ErrUnexpectedEOF
			}
			return 0, nil
		}, "verified"},
		{"HTTP 503 for ever", func(int) (int, error) { return 503, nil }, "unknown"},
		{"no connection for ever", func(int) (int, error) { return 0, io.ErrUnexpectedEOF }, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				sid := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Minute})
				var crashed []journal.Entry
				for i := range 5 {
					crashed = append(crashed, journal.Entry{Event: journal.Request, ID: fmt.Sprint(i), Recording: text.New(sid),
						StatusAsked: "paused", Project: "p", Space: "https://acme.example:443"})
				}
				p := &paper{unfinished: crashed}
				tb := open(t, space, Config{Journal: p, Project: "p", Space: "https://acme.example"})
				n := 0
				tb.wire.set(func(r *http.Request) (*http.Response, error) {
					n++
					switch status, err := tt.fail(n); {
					case err != nil:
						return nil, err
					case status != 0:
						return answer(r, status, ""), nil
					}
					return nil, nil
				})
				began := time.Now()
				if n, err := tb.deck.Recover(context.Background()); n != 5 || err != nil {
					t.Errorf("%d recovered, %v", n, err)
				}
				if took := time.Since(began); took > givenUp+5*verifyRead {
					t.Errorf("it took %s", took)
				}
				for _, line := range p.lines() {
					if !strings.Contains(line, " "+tt.want+" ") {
						t.Errorf("the journal has %q, want %s", line, tt.want)
					}
				}
			})
		})
	}
}
