package journal

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"tapedeck/api/state"
	"tapedeck/api/text"
)

const (
	followWindow = 48 * time.Hour // how far back a [Follower] reads at the start
	followEvery  = time.Second    // between two looks at the journal's files
	maxActions   = 200            // how many actions a Follower keeps
	followBatch  = 32             // lines that are read before other goroutines have a turn
)

// Follower knows the last actions of one project, who paused what, and which
// pauses were left behind, by the journal of a state directory. It reads what was written in the last 48 hours
// once, and from then on only the lines that are appended, by this process and
// by others, across rotations.
//
// [Follower.Run] does the reading. Everything else answers from memory, and is
// safe for concurrent use.
type Follower struct {
	dir, space, project string
	ready               chan struct{} // closed after the first look

	// Only Run uses these: which file was read last, up to where, and the size
	// that it had then.
	file         os.FileInfo // nil before the first
	offset, size int64
	behind       *behind

	mu      sync.Mutex // guards what follows; never held during I/O
	err     error      // of the last look
	actions []*Action  // in the order in which they came
	byID    map[string]*Action
	pauses  map[text.Text]*Paused
	past    *past
	left    leftPauses
}

// Follow returns a Follower of the journal in dir, for the recordings of one
// project. It reads nothing before [Follower.Run].
func Follow(dir, space, project string) *Follower {
	return &Follower{
		dir: dir, space: space, project: project, ready: make(chan struct{}),
		byID: map[string]*Action{}, pauses: map[text.Text]*Paused{}, past: newPast(),
		behind: newBehind(), left: leftPauses{changed: make(chan struct{})},
	}
}

// Run follows the journal until ctx ends. What cannot be read now is tried
// again at the next look, so there is no error.
func (f *Follower) Run(ctx context.Context) error {
	for first := true; ; first = false {
		err := f.look(ctx)
		f.noteLeft(err)
		f.mu.Lock()
		f.err = err
		f.mu.Unlock()
		if first {
			close(f.ready)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(time.Now().Truncate(followEvery).Add(followEvery))): // as the clocks of screens tick: one wake-up for both
		}
	}
}

// Ready returns a channel that is closed after the first look at the journal.
func (f *Follower) Ready() <-chan struct{} { return f.ready }

// Actions returns the last n actions, the newest first. The error says why the
// journal could not be read; it wraps [fs.ErrNotExist] where there is none. The
// actions known before are returned all the same.
func (f *Follower) Actions(n int) ([]Action, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]Action, 0, len(f.actions))
	for _, a := range f.actions {
		list = append(list, *a)
	}
	slices.SortStableFunc(list, func(a, b Action) int { return a.Time.Compare(b.Time) })
	slices.Reverse(list)
	return list[:min(max(0, n), len(list))], f.err
}

// Paused returns the last pause of a recording that is on record, also when it
// has ended. ok is false where there is none. It never waits for the disk.
func (f *Follower) Paused(sid text.Text) (p Paused, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if have := f.pauses[sid]; have != nil {
		return *have, true
	}
	return Paused{}, false
}

// look reads what was appended since the last look.
func (f *Follower) look(ctx context.Context) error {
	path := filepath.Join(f.dir, FileName)
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.file != nil:
		return nil // it is being rotated
	case err != nil:
		return problem("open", path, err)
	case !st.Mode().IsRegular():
		return problem("open", path, &state.UnsafeError{Why: "it is not a regular file"})
	case f.file == nil || !os.SameFile(f.file, st):
		return f.lookAtAll(ctx)
	case st.Size() == f.size:
		return nil
	case st.Size() < f.offset: // lines were cut off, or it is another file
		f.file = nil
		return f.lookAtAll(ctx)
	}
	dir, err := state.At(f.dir)
	if err != nil {
		return problem("open", f.dir, err)
	}
	p, err := openPart(dir, FileName, 0)
	if err != nil {
		return err
	}
	defer closeParts([]part{p})
	if now, err := p.file.Stat(); err != nil || !os.SameFile(now, f.file) {
		return nil // rotated in this moment: the next look finds it
	}
	return f.read(ctx, p, f.offset)
}

// lookAtAll goes on in the files from the one that was read last. Without one
// it begins anew, with the first that was written to in the last 48 hours.
func (f *Follower) lookAtAll(ctx context.Context) error {
	parts, err := openParts(f.dir)
	if err != nil {
		return err
	}
	defer closeParts(parts)
	since := time.Now().Add(-followWindow)
	from := slices.IndexFunc(parts, func(p part) bool {
		st, err := p.stat()
		return err == nil && f.file != nil && os.SameFile(st, f.file)
	})
	known := from >= 0
	if !known {
		f.reset()
	}
	for i, p := range parts[max(0, from):] {
		if p.bad != nil {
			continue // not a file of the journal's
		}
		st, err := p.stat()
		if err != nil {
			return problem("read", p.name, err)
		}
		if !known && p.name != FileName && st.ModTime().Before(since) {
			continue
		}
		offset := int64(0)
		if known && i == 0 {
			offset = f.offset
		}
		f.file = st
		if err := f.read(ctx, p, offset); err != nil {
			return err
		}
	}
	return nil
}

// reset forgets everything.
func (f *Follower) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.actions = nil
	clear(f.byID)
	clear(f.pauses)
	f.behind = newBehind()
}

// read takes in the whole lines of a file from an offset on. What is no entry
// is passed over.
func (f *Follower) read(ctx context.Context, p part, from int64) error {
	in, since := p.lines(from), time.Now().Add(-followWindow)
	in.noHash = true
	f.offset, f.size = from, p.size
	var batch []Entry
	var d decoder
	for n := 1; ; n++ {
		l, err := in.next()
		if errors.Is(err, io.EOF) || err == nil && !l.ended {
			break
		} else if err != nil {
			f.take(batch)
			return problem("read", p.file.Name(), err)
		}
		f.offset += l.size
		var e Entry
		if err := l.entry(&d, &e); err == nil && !e.Time.Before(since) {
			batch = append(batch, e)
		}
		if n%followBatch == 0 {
			if f.take(batch); ctx.Err() != nil {
				return ctx.Err()
			}
			batch = batch[:0]
			runtime.Gosched()
		}
	}
	f.take(batch)
	return nil
}
