package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"tapedeck/api/state"
)

// tooOld is the age from which a wish without an outcome will not get one from
// its writer, of which nobody can tell whether it lives: an update takes 10 s.
const tooOld = 15 * time.Minute

// settleName is the file that is locked by who settles.
const settleName = "settle.lock"

// Settle gives each wish that has no outcome, and whose writer is gone for it
// crashed, was killed or lost its power, to settle, and appends the outcome
// that this returns, unless it returns false. It returns how many it appended.
//
// A writer on another machine, or on a system that does not tell, counts as
// gone when the wish is 15 minutes old. The last two files are read. One
// process settles at a time, so that no wish gets two outcomes: others wait
// for it, until ctx ends.
func (j *Journal) Settle(ctx context.Context, settle func(wish Entry) (Entry, bool)) (n int, err error) {
	release, err := j.lockSettling(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	wishes, err := unfinished(j.o.Dir, time.Now())
	if err != nil {
		return 0, err
	}
	for _, w := range wishes {
		e, ok := settle(w)
		if !ok {
			continue
		}
		if err := j.Append(e); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
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
	for {
		ok, err := state.TryLock(f)
		if ok {
			return func() { state.Unlock(f); _ = f.Close() }, nil
		}
		if err == nil {
			select {
			case <-time.After(maxPause):
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
			case e.Event == Wish:
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
