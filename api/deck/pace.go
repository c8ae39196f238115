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

// places are for requests that are in flight at one time.
type places chan struct{}

// take waits for a place; free gives it back.
func (p places) take(ctx context.Context) error {
	select {
	case p <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p places) free() { <-p }
