package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"tapedeck/api/state"
)

const (
	unsentPrefix = "syslog-unsent-" // then the process, then unsentSuffix
	unsentSuffix = ".json"
	maxUnsent    = 1 << 20 // bytes of such a file
	maxSpans     = 2000    // fit into it; more are joined, and some lines sent twice
)

// span is a range of line numbers, both included.
type span struct{ From, To uint64 }

// unsent keeps the numbers of lines that syslog has not taken, in a file of the
// process while there are any: what a process leaves, the next start sends.
type unsent struct {
	dir string

	mu    sync.Mutex // guards what follows
	spans []span     // ascending, not touching
	saved []span     // what the file has
}

// unsentFile is the file. Its process is as in an [Entry].
type unsentFile struct {
	Host    string `json:"host"`
	PID     int    `json:"pid"`
	Started string `json:"started"`
	Spans   []span `json:"spans"`
}

func unsentName() string { return fmt.Sprintf("%s%d%s", unsentPrefix, os.Getpid(), unsentSuffix) }

// openUnsent takes over what processes of this user have left that are gone.
func openUnsent(dir string) *unsent {
	u := &unsent{dir: dir}
	files, err := state.At(dir)
	if err != nil {
		return u
	}
	names, _ := files.Names(unsentPrefix, unsentSuffix)
	host, _ := os.Hostname()
	var taken []string
	for _, name := range names {
		b, err := files.ReadOwn(name, maxUnsent)
		var f unsentFile
		if err != nil || json.Unmarshal(b, &f) != nil {
			continue
		}
		owner := Entry{Who: Who{Host: f.Host, PID: f.PID, Started: f.Started}}
		st, err := os.Lstat(files.Path(name))
		old := err == nil && time.Since(st.ModTime()) > tooOld
		l := owner.lives(host)
		if name != unsentName() && l != gone && !(l == unknown && old) {
			continue
		}
		for _, s := range f.Spans {
			u.addSpan(s)
		}
		taken = append(taken, name)
	}
	u.save()
	for _, name := range taken {
		if name != unsentName() {
			_ = files.Remove(name)
		}
	}
	return u
}

func (u *unsent) empty() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.spans) == 0
}

// count returns how many lines there are.
func (u *unsent) count() (n uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range u.spans {
		n += s.To - s.From + 1
	}
	return n
}

func (u *unsent) add(number uint64) { u.addSpan(span{number, number}) }

func (u *unsent) addSpan(s span) {
	if s.From == 0 || s.To < s.From {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	i, _ := slices.BinarySearchFunc(u.spans, s, func(a, b span) int {
		if a.To+1 < b.From {
			return -1
		}
		return 1
	})
	end := i
	for ; end < len(u.spans) && u.spans[end].From <= s.To+1; end++ {
		s.From, s.To = min(s.From, u.spans[end].From), max(s.To, u.spans[end].To)
	}
	u.spans = slices.Replace(u.spans, i, end, s)
	if len(u.spans) > maxSpans {
		u.spans[0].To = u.spans[1].To
		u.spans = slices.Delete(u.spans, 1, 2)
	}
}

func (u *unsent) remove(number uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, s := range u.spans {
		if number < s.From || number > s.To {
			continue
		}
		var rest []span
		if s.From < number {
			rest = append(rest, span{s.From, number - 1})
		}
		if s.To > number {
			rest = append(rest, span{number + 1, s.To})
		}
		u.spans = slices.Replace(u.spans, i, i+1, rest...)
		return
	}
}

// forget removes all numbers up to last.
func (u *unsent) forget(last uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for len(u.spans) > 0 && u.spans[0].From <= last {
		if u.spans[0].To > last {
			u.spans[0].From = last + 1
			return
		}
		u.spans = u.spans[1:]
	}
}

// save writes the file, if it has something else, or removes it. It is best
// effort: while it fails, the numbers are known to this process alone.
func (u *unsent) save() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if slices.Equal(u.spans, u.saved) {
		return
	}
	files, err := state.At(u.dir)
	if err != nil {
		return
	}
	if len(u.spans) == 0 {
		err = files.Remove(unsentName())
	} else {
		host, _ := os.Hostname()
		b, _ := json.Marshal(unsentFile{host, os.Getpid(), ownStart(), u.spans})
		err = files.Replace(unsentName(), b)
	}
	if err == nil {
		u.saved = slices.Clone(u.spans)
	}
}

// lines yields the lines with these numbers from the journal in dir, ascending,
// until yield returns false. Numbers that the journal does not have are
// forgotten.
func (u *unsent) lines(dir string, yield func(number uint64, line []byte) bool) error {
	u.mu.Lock()
	wanted := slices.Clone(u.spans)
	u.mu.Unlock()
	parts, err := openParts(dir)
	if err != nil {
		return err
	}
	defer closeParts(parts)
	for _, p := range parts[firstWith(parts, wanted[0].From):] {
		in := p.lines(0)
		for {
			l, err := in.next()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
			number, _, err := l.link()
			if err == nil && contains(wanted, number) && !yield(number, l.data) {
				return nil
			}
		}
	}
	u.forget(wanted[len(wanted)-1].To)
	return nil
}

// firstWith returns the last part whose first line is not after a number.
func firstWith(parts []part, number uint64) int {
	for i := len(parts) - 1; i > 0; i-- {
		l, err := parts[i].lines(0).next()
		if err != nil {
			continue
		}
		if first, _, err := l.link(); err == nil && first <= number {
			return i
		}
	}
	return 0
}

func contains(spans []span, number uint64) bool {
	_, found := slices.BinarySearchFunc(spans, number, func(s span, n uint64) int {
		switch {
		case s.To < n:
			return -1
		case s.From > n:
			return 1
		}
		return 0
	})
	return found
}
