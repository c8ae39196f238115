package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"time"

	"tapedeck/api/text"
)

// Filter chooses entries. Its zero value chooses all.
type Filter struct {
	Since     time.Time
	Recording string // a SID, or at least the last 4 characters of one
	Call      string // the same, of the call or the conference
	Actor     string // the login name, or the one before sudo
}

// LineError says which line of a journal cannot be read as an entry.
type LineError struct {
	File string // without the directory
	Line int    // from 1; 0 for the file as a whole, which is not used
	Err  error
}

// Error returns the place and what is wrong there.
func (e *LineError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// Read returns the entries of the journal in dir that f chooses, the oldest
// first, over all its files. It needs no lock and changes nothing. A directory
// without a journal has none.
//
// A line that is no entry is yielded as a [*LineError], and reading goes on
// after it; any other error is the last. Read does not check the chain; see
// [Verify].
func Read(dir string, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		parts, err := openParts(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return
		} else if err != nil {
			yield(Entry{}, err)
			return
		}
		defer closeParts(parts)
		for _, p := range parts {
			if st, err := p.stat(); err == nil && p.name != FileName && st.ModTime().Before(f.Since) {
				continue // written to for the last time before
			}
			if !p.entries(f, yield) {
				return
			}
		}
	}
}

// entries yields the entries of one file; false to end.
func (p part) entries(f Filter, yield func(Entry, error) bool) bool {
	if p.bad != nil {
		return yield(Entry{}, &LineError{p.name, 0, reason(p.bad)})
	}
	in := p.lines(0)
	in.noHash = true
	var d decoder
	var e Entry
	for n := 1; ; n++ {
		l, err := in.next()
		if errors.Is(err, io.EOF) {
			return true
		} else if err != nil {
			yield(Entry{}, problem("read", p.file.Name(), err))
			return false
		}
		if err := l.entry(&d, &e); err != nil {
			if !yield(Entry{}, &LineError{p.name, n, err}) {
				return false
			}
		} else if f.chooses(e) && !yield(e, nil) {
			return false
		}
	}
}

func (f Filter) chooses(e Entry) bool {
	return !e.Time.Before(f.Since) &&
		(f.Recording == "" || isSID(e.Recording, f.Recording)) &&
		(f.Call == "" || isSID(e.Call, f.Call) || isSID(e.Conference, f.Call)) &&
		(f.Actor == "" || e.Actor == f.Actor || e.SudoUser == f.Actor)
}

// isSID reports whether want is the SID, or enough of its end.
func isSID(sid text.Text, want string) bool {
	return sid.Is(want) || len(want) >= 4 && strings.HasSuffix(sid.String(), want)
}
