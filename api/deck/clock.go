package deck

import (
	"time"

	"tapedeck/api"
)

const (
	// maxDrift is how far two clocks may be apart that are taken to agree.
	maxDrift = 2 * time.Second
	// jumpAgree is how many answers in a row have to agree on another time of
	// the server before it is believed: one node, or one proxy, may be wrong.
	jumpAgree = 3
	// maxTimerLate is how late an auto-resume may be and still be done.
	maxTimerLate = 10 * time.Second
)

// wall returns a time without its monotonic reading, which stands still while
// the machine sleeps: for times of the server's clock, and for those of the
// local one that are to come.
func wall(t time.Time) time.Time { return t.Round(0) }

// stepped returns by how much more the wall clock has moved than the monotonic
// one between two local times: for so long the machine was asleep, or by so
// much its clock was set.
func stepped(from, to time.Time) time.Duration { return wall(to).Sub(wall(from)) - to.Sub(from) }

// serverClock is what answers have told of the server's clock.
type serverClock struct {
	offset time.Duration // to add to the local clock
	at     time.Time     // when an answer last agreed with it; zero before the first
	jump   time.Duration // another offset, which the last answers speak for
	agree  int           // how many
}

// observe takes in the Date of an answer that arrived at the time now. The
// Date has whole seconds, and was written between the request and its arrival:
// an offset within these bounds stays, one that is a little off moves to the
// nearer bound, so that the clock on the screen does not jitter. It returns by
// how much the server's clock was mistaken until now.
//
// Only what the API itself has answered counts: HTTP 2xx with a body that could
// be read, and no request during which the local clock was set.
func (c *serverClock) observe(x api.Exchange, now time.Time) (mistaken time.Duration) {
	date, began, answered, ok := x.ServerTime()
	if !ok || x.Err != nil || x.StatusCode < 200 || x.StatusCode > 299 || stepped(began, answered).Abs() > maxDrift {
		return 0
	}
	lo, hi := date.Sub(wall(answered)), date.Add(time.Second).Sub(wall(began))
	bound := func(offset time.Duration) time.Duration { return min(max(offset, lo), hi) }
	near := func(offset time.Duration) bool { return (bound(offset) - offset).Abs() <= maxDrift }
	switch own := c.offset - stepped(c.at, now); {
	case c.at.IsZero():
		c.offset = bound(0)
	case near(c.offset):
		c.offset = bound(c.offset)
	case near(own): // it is the local clock that was set
		c.offset = bound(own)
	case c.agree > 0 && near(c.jump) && c.agree+1 >= jumpAgree:
		mistaken = bound(c.jump) - c.offset
		c.offset = bound(c.jump)
	case c.agree > 0 && near(c.jump):
		c.jump = bound(c.jump)
		c.agree++
		return 0
	default:
		c.jump, c.agree = lo+(hi-lo)/2, 1
		return 0
	}
	c.at, c.agree = now, 0
	return mistaken
}

// correct puts right what was reckoned by a clock of the server's that was
// mistaken. The mutex must be held.
func (d *Deck) correct(mistaken time.Duration, now time.Time) {
	for _, e := range d.order {
		if e.auto != nil {
			e.auto.server = e.auto.server.Add(mistaken)
		}
		e.looked = max(e.looked+mistaken.Milliseconds(), 1)
		if line := e.view.Timeline.shift(mistaken); line != e.view.Timeline {
			e.change(func(r *Recording) { r.Timeline = line })
		}
		r := e.view
		if r.Pause.Since.IsZero() {
			continue
		}
		pause, ack := r.Pause, r.Ack
		if pause.looked {
			pause.Since = pause.Since.Add(mistaken)
		}
		if seen := wall(now).Add(d.clock.offset).Add(-now.Sub(e.pausedAt)); pause.Since.After(seen) {
			pause.Since = seen // it is at least as old as it has been seen
		}
		if !ack.Until.IsZero() {
			ack.Until = ack.Until.Add(mistaken)
		}
		e.change(func(r *Recording) { r.Pause, r.Ack = pause, ack })
	}
}
