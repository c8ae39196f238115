package deck

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/journal"
)

// freshness returns the entries that say when screens had current data.
func (p *paper) freshness(began time.Time) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		if !e.Event.AboutWatching() {
			continue
		}
		line := string(e.Event)
		if len(out) == 0 || e.Event == journal.Stale { // else as the backoff, which is random, has it
			line = fmt.Sprintf("%s at %s", e.Event, e.Time.Sub(began).Round(time.Second))
		}
		if !e.Since.IsZero() {
			line += fmt.Sprintf(" since %s", e.Since.Sub(began).Round(time.Second))
		}
		if e.Reason != "" {
			line += ": " + e.Reason
		}
		out = append(out, line)
	}
	return out
}

// TestFreshnessIsOnRecord: a deck that screens show puts on record when its data
// is live, when it is not any more, with why and since when, and when it is again:
// after failed polls, and after polls that did not end.
func TestFreshnessIsOnRecord(t *testing.T) {
	broken := always("GET", "/Recordings", 503, `{}`)
	slow := func(r *http.Request) (*http.Response, error) {
		if r.Method == "GET" {
			time.Sleep(8 * time.Second) // a poll that ends well, but late
		}
		return nil, nil
	}
	for name, tt := range map[string]struct {
		watched bool
		before  func(*http.Request) (*http.Response, error)
		first   bool // from the start
		want    []string
	}{
		"polls fail": {true, broken, false, []string{
			"live at 0s", "stale at 12s since 10s: HTTP 503", "live",
		}},
		"polls fail from the start": {true, broken, true, []string{"stale at 0s: HTTP 503", "live"}},
		"no screen":                 {false, broken, false, nil},
		"a poll takes too long": {true, slow, false, []string{
			"live at 0s", "stale at 20s since 10s: no poll has ended for 10 s", "live",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, began := &paper{}, time.Now()
				tb := open(t, spaceOf(3, 3), Config{Journal: p, Watched: tt.watched})
				if tt.first {
					tb.wire.set(tt.before)
				}
				tb.run()
				after(11 * time.Second)
				tb.wire.set(tt.before)
				if tt.first {
					tb.wire.set(nil)
				}
				after(10 * time.Second)
				tb.wire.set(nil)
				after(40 * time.Second)
				if diff := cmp.Diff(tt.want, p.freshness(began)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				for _, e := range p.entries {
					if e.Event == journal.Stale && e.Since.After(e.Time) {
						t.Errorf("stale since %v, at %v", e.Since, e.Time)
					}
				}
			})
		})
	}
}
