package deck

import (
	"context"
	"time"

	"tapedeck/api"
)

const (
	// pollFloor is the least time from the end of a poll to the next, whatever
	// asks for it.
	pollFloor = MinInterval
	// emptyFloor is the least time from a page that brought nothing to the next:
	// a list that leads on for ever must not cost hundreds of requests a second.
	emptyFloor = 250 * time.Millisecond
)

// pace waits after a page that brought no row and leads on, unless ctx ends.
func pace(ctx context.Context, info api.PageInfo, more bool) {
	if !more || info.Rows > info.Unreadable {
		return
	}
	select {
	case <-time.After(emptyFloor):
	case <-ctx.Done():
	}
}

// hold keeps what is read beside the polls from being asked for until then: the
// API wants to be left alone.
func (d *Deck) hold(until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.labels.hold = until
}

// held reports whether the API wants to be left alone still.
func (d *Deck) held() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Before(d.labels.hold)
}
