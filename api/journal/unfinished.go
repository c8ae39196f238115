package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"tapedeck/api/state"
)

// tooOld is the age from which a request without an outcome will not get one
// from its writer, of which nobody can tell whether it lives: an update takes
// 10 s.
const tooOld = 15 * time.Minute

// maxSettlePause is the longest time between two tries to settle.
const maxSettlePause = 250 * time.Millisecond

// settleName is the file that is locked by who settles.
const settleName = "settle.lock"

// Settle gives each request that has no outcome, and whose writer is gone for
// it crashed, was killed or lost its power, to settle, and appends the outcome
// that this returns, unless it returns false. It returns how many it appended.
//
// A writer of which nobody can tell whether it lives counts as gone when the
// request is 15 minutes old. The last two files are read. One process settles
// at a time, and until its outcomes are in the file, so that no request gets
// two: others wait for it, until ctx ends. Call it in the background.
func (j *Journal) Settle(ctx context.Context, settle func(request Entry) (Entry, bool)) (n int, err error) {
	release, err := j.lockSettling(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	requests, err := unfinished(j.o.Dir, time.Now())
	if err != nil {
		return 0, err
	}
	for _, w := range requests {
		e, ok := settle(w)
		if !ok {
			continue
		}
		if err := j.land(ctx, e); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// land appends an entry and waits until it is in the file, however long that
// takes.
func (j *Journal) land(ctx context.Context, e Entry) error {
	p := j.Enqueue(e)
	err := p.Wait()
	if err == nil || p.err != nil {
		return err
	}
	select {
	case <-p.landed:
		return nil
	case <-ctx.Done():
	case <-j.ended:
	}
	return err
}

// lockSettling waits for its turn to settle.
func (j *Journal) lockSettling(ctx context.Context) (release func(), err error) {
	path := j.store.path(settleName)
	files, err := state.Make(j.o.Dir)
	if err != nil {
		return nil, problem("open", j.o.Dir, err)
	}
	f, err := files.Open(settleName, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, problem("open", path, err)
	}
	for wait := maxPause; ; wait = min(2*wait, maxSettlePause) {
		ok, err := state.TryLock(f)
		if ok {
			return func() { state.Unlock(f); _ = f.Close() }, nil
		}
		if err == nil {
			select {
			case <-time.After(wait):
				continue
			case <-ctx.Done():
				err = ErrLocked
			}
		}
		_ = f.Close()
		return nil, problem("lock", path, err)
	}
}

func unfinished(dir string, now time.Time) (list []Entry, err error) {
	parts, err := openParts(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer closeParts(parts)
	host, _ := os.Hostname()
	open := map[string]int{} // index in list, from 1
	for _, p := range parts[max(0, len(parts)-2):] {
		p.entries(Filter{}, func(e Entry, broken error) bool {
			if _, bad := errors.AsType[*LineError](broken); broken != nil && !bad {
				err = broken
				return false
			}
			switch i := open[e.ID]; {
			case broken != nil || e.ID == "":
			case e.Event == Request:
				list = append(list, e)
				open[e.ID] = len(list)
			case e.Event == Outcome && e.Outcome != "requested" && i > 0:
				list[i-1].ID = ""
			}
			return true
		})
	}
	kept := list[:0]
	for _, e := range list {
		if e.ID == "" {
			continue
		}
		if l := e.lives(host); l == gone || l == unknown && now.Sub(e.Time) > tooOld {
			kept = append(kept, e)
		}
	}
	return kept, err
}
