package journal

import (
	"context"
	"slices"
)

// leftPauses is what a [Follower] last found to be left behind. It is replaced,
// never changed.
type leftPauses struct {
	list    []LeftPause
	version int           // 0 before the first look; one more with each change
	changed chan struct{} // closed with the next change
}

// LeftBehind waits until the pauses whose session has ended are others than in
// a version that it returned before, and returns all of them, the oldest first;
// version 0 is none, and it waits for the first look then. A session that ended
// without a word is noticed as well, by its process, within a second or two.
//
// What cannot be read now takes nothing away of what was known. The error is
// that of ctx.
func (f *Follower) LeftBehind(ctx context.Context, version int) ([]LeftPause, int, error) {
	for {
		f.mu.Lock()
		now := f.left
		f.mu.Unlock()
		if now.version != version {
			return slices.Clone(now.list), now.version, nil
		}
		select {
		case <-ctx.Done():
			return nil, version, ctx.Err()
		case <-now.changed:
		}
	}
}

// noteLeft keeps what is left behind after a look that ended with err.
func (f *Follower) noteLeft(err error) {
	list := f.behind.list()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left.version > 0 && (err != nil || slices.Equal(list, f.left.list)) {
		return
	}
	close(f.left.changed)
	f.left = leftPauses{list, f.left.version + 1, make(chan struct{})}
}
