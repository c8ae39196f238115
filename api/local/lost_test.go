package local

import (
	"context"
	"net/http"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// TestAnotherRunAnswers: a run of the service that does not know a request does not
// say that the one before it has not sent it, also while the client does not know
// yet that it is another one.
func TestAnotherRunAnswers(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		f.publish(0, rec("a", api.InProgress, 1))
		f.server.SetKeepAlivesEnabled(false)
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		var g *fake
		f.answer = func(*http.Request, Request) *answer {
			g = begin(t, w.listen(), "two")
			return &answer{cut: true}
		}
		p, err := c.Do(t.Context(), pause("a"))
		if err != nil || p.Outcome != deck.Unknown || !p.Settled {
			t.Errorf("it ended as %s, settled %v, %v", p.Outcome, p.Settled, err)
		}
		c.Close()
		f.end()
		g.end()
	})
}

// TestLateArrival: a request that is still on its way to the service when it is
// asked for is not said to have been lost.
func TestLateArrival(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		f.publish(0, rec("a", api.InProgress, 1))
		f.answer = func(_ *http.Request, in Request) *answer {
			time.AfterFunc(150*time.Millisecond, func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.requests[in.ID] = verified(in)
			})
			return &answer{cut: true, never: true}
		}
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer f.end()
		defer c.Close()
		if p, err := c.Do(t.Context(), pause("a")); err != nil || p.Outcome != deck.Verified {
			t.Errorf("it ended as %s, %v", p.Outcome, err)
		}
	})
}

// TestGivenUp: an update whose asker waits no more is shown as the service tells
// it: no connection has broken, and nothing is unknown.
func TestGivenUp(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		f.publish(0, rec("a", api.InProgress, 1))
		f.answer = func(r *http.Request, _ Request) *answer {
			<-r.Context().Done() // the service tells nothing as long as somebody listens
			return &answer{cut: true, never: true}
		}
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer f.end()
		defer c.Close()
		snapshots, cancel := c.Subscribe()
		defer cancel()
		seen := make(chan struct{})
		go func() {
			defer close(seen)
			for limit := time.After(3 * time.Second); ; {
				select {
				case s := <-snapshots:
					for _, r := range s.Recordings {
						if r.Update != nil {
							t.Errorf("it is shown as %s: %s", r.Update.Outcome, r.Update.Note)
						}
					}
				case <-limit:
					return
				}
			}
		}()
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
		defer stop()
		_, _ = c.Do(ctx, pause("a"))
		<-seen
	})
}
