package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"tapedeck/api/state"
)

// Report is what Verify found.
type Report struct {
	Files    int
	Lines    int
	Names    []FileLines // the files that were read, the oldest first
	LastSeq  uint64      // the number that the last line gives itself; 0 when there is none, or it is no entry
	LastHash string      // SHA-256 of the last line, in hex; empty without one
	From, To time.Time   // of the first and the last entry; zero without
	// Problems is what is wrong, in the order of the files; at most 100.
	Problems []Problem
	// Remarks is what is no damage by itself and worth knowing, such as a note
	// that tapedeck made of a line that a crash had cut off.
	Remarks []string
}

// Intact reports whether nothing is wrong.
func (r Report) Intact() bool { return len(r.Problems) == 0 }

// FileLines is how many lines a file of a journal has.
type FileLines struct {
	Name  string // without the directory
	Lines int
}

// Problem is one thing that is wrong with a journal.
type Problem struct {
	File string // without the directory
	Line int    // from 1; 0 for the file as a whole
	What string
}

// String returns the place and what is wrong there.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.What
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What)
}

const (
	maxProblems = 100
	verifyWait  = 500 * time.Millisecond // for the lock
)

// Verify checks every line of the journal in dir against the next one, and the
// end against the head. It names each line that was changed, is missing, is out
// of order or was cut off. It changes nothing, and needs to read only. The
// error is about reading, never about what was read.
//
// A head that is behind the lines is no problem when they continue the chain: a
// tapedeck writes it last. What an intact journal proves, and what not, is in
// the package's documentation.
func Verify(dir string) (Report, error) { return Scan(dir, nil) }

// Scan is [Verify], and gives take, unless it is nil, each entry on its way, the
// oldest first, over all files. A line that is no entry is given as its error,
// with an entry that says nothing. The entry is good until take returns; its
// texts stay as they are.
func Scan(dir string, take func(e *Entry, broken *LineError)) (Report, error) {
	v := verifier{before: look{hash: genesis}, early: map[uint64]bool{}, take: take}
	head, headErr, parts, err := v.open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Report{Remarks: []string{"there is no journal in " + dir}}, nil
	} else if err != nil {
		return Report{}, err
	}
	defer closeParts(parts)
	v.head, v.headErr = head, headErr
	v.Files = len(parts)
	for i, p := range parts {
		v.number(parts, i)
		if err := v.file(p); err != nil {
			return v.Report, err
		}
	}
	v.end()
	v.LastSeq, v.LastHash = v.held.seq, v.held.hash
	return v.Report, nil
}

// verifier checks line after line. What is wrong with one is known when the
// next has been read, so the last is held back.
type verifier struct {
	Report
	head    mark
	headErr error
	take    func(*Entry, *LineError) // may be nil
	decoder decoder
	entry   Entry // the last that was read

	held     look            // the last line read
	any      bool            // there is a held line
	before   look            // the line before the held one
	count    uint64          // the number of that line
	blamed   bool            // that line is a problem already
	early    map[uint64]bool // numbers of lines that were met too early
	headSeen bool            // the line of the head was met, with its hash
}

// look is a line as the verifier keeps it.
type look struct {
	file string
	line int
	seq  uint64
	prev string
	hash string
	err  error
	torn bool
}

// open opens the files and reads the head, while nobody appends.
func (v *verifier) open(dir string) (head mark, headErr error, parts []part, err error) {
	if _, err := os.Stat(dir); err != nil {
		return mark{}, nil, nil, problem("read", dir, err)
	}
	defer v.lock(dir)()
	if parts, err = openParts(dir); err != nil {
		return mark{}, nil, nil, err
	}
	head, headErr = readHead(dir)
	if len(parts) == 0 && errors.Is(headErr, fs.ErrNotExist) {
		return mark{}, nil, nil, fs.ErrNotExist
	}
	return head, headErr, parts, nil
}

// lock locks the journal if that can be done, and returns how to unlock it.
func (v *verifier) lock(dir string) (unlockIt func()) {
	files, err := state.At(dir)
	if err != nil {
		return func() {}
	}
	f, err := files.Open(LockName, os.O_RDONLY)
	if err != nil {
		return func() {}
	}
	for deadline := time.Now().Add(verifyWait); ; time.Sleep(lockPause) {
		ok, err := state.TryLock(f)
		if ok {
			return func() { state.Unlock(f); _ = f.Close() }
		}
		if err != nil || time.Now().After(deadline) {
			v.remark("the journal is locked by another process; a line that it writes now may look cut off")
			return func() { _ = f.Close() }
		}
	}
}

func (v *verifier) problem(file string, line int, format string, args ...any) {
	if len(v.Problems) < maxProblems {
		v.Problems = append(v.Problems, Problem{file, line, fmt.Sprintf(format, args...)})
	}
}

// number finds full files that are missing before a part.
func (v *verifier) number(parts []part, i int) {
	due := 1
	if i > 0 {
		due = parts[i-1].number + 1
	}
	n := parts[i].number
	if i == len(parts)-1 && parts[i].name == FileName && v.headErr == nil && v.head.File > n && v.head.File-n < maxProblems {
		n = v.head.File
	}
	for ; due < n && len(v.Problems) < maxProblems; due++ {
		v.problem(rotatedName(due), 0, "the file is missing")
	}
}

func (v *verifier) file(p part) error {
	if p.bad != nil {
		v.problem(p.name, 0, "%v", reason(p.bad))
		v.give(&LineError{p.name, 0, reason(p.bad)})
		return nil
	}
	in := p.lines(0)
	for n := 1; ; n++ {
		l, err := in.next()
		if errors.Is(err, io.EOF) {
			v.Names = append(v.Names, FileLines{p.name, n - 1})
			return nil
		} else if err != nil {
			return problem("read", p.file.Name(), err)
		}
		v.Lines++
		next := look{file: p.name, line: n, hash: l.hash, torn: !l.ended}
		v.decoder.prev = v.held.hash
		if next.err = l.entry(&v.decoder, &v.entry); next.err == nil {
			next.seq, next.prev = v.entry.Seq, v.entry.Prev
			v.period(&v.entry, next)
			v.give(nil)
		} else {
			v.give(&LineError{p.name, n, next.err})
		}
		v.check(&next)
		v.held, v.any = next, true
	}
}

// give gives who scans the entry that was read, or why there is none.
func (v *verifier) give(broken *LineError) {
	if v.take == nil {
		return
	}
	if broken != nil {
		v.entry = Entry{}
	}
	v.take(&v.entry, broken)
}

// period keeps the time of the first and the last entry, and the notes.
func (v *verifier) period(e *Entry, at look) {
	if v.From.IsZero() {
		v.From = e.Time
	}
	v.To = e.Time
	if e.Event == Note {
		v.remark("%s:%d: note: %s", at.file, at.line, e.Reason)
	}
}

// check decides about the held line, now that the next one is known; nil for
// none.
func (v *verifier) check(next *look) {
	if !v.any {
		return
	}
	l := v.held
	v.skipEarly()
	if l.err == nil {
		v.blamed = v.checkEntry(l, next)
	} else {
		v.checkBroken(l, next)
		v.blamed = true
	}
	if l.err == nil && l.seq == v.head.Count {
		v.headSeen = v.headSeen || v.head.Hash == l.hash
	}
	v.before = l
}

// skipEarly counts the lines that are due and were met, and reported, before.
func (v *verifier) skipEarly() {
	for v.early[v.count+1] {
		v.count, v.blamed = v.count+1, true
	}
}

// checkBroken is for a line that is no entry. It was one before, unless the
// next one has its number.
func (v *verifier) checkBroken(l look, next *look) {
	due := v.count + 1
	if next == nil || next.err != nil || next.seq != due {
		v.count = due
	}
	if l.torn && next == nil && v.headErr == nil && v.head.Count < due {
		v.remark("%s:%d: %v, as a crash leaves it; the next start repairs it", l.file, l.line, l.err)
		return
	}
	v.problem(l.file, l.line, "%v", l.err)
}

// checkEntry is for a line that is an entry. It reports whether what follows
// it cannot be held against it any more.
func (v *verifier) checkEntry(l look, next *look) (blamed bool) {
	due := v.count + 1
	last := next == nil || next.err != nil
	attested := !last && next.prev == l.hash || v.headErr == nil && v.head.Count == l.seq && v.head.Hash == l.hash
	switch {
	case l.seq < due:
		v.problem(l.file, l.line, "it is line %d and stands where line %d is due: lines were swapped, repeated or added", l.seq, due)
		return true
	case l.seq > due && !last && next.seq < l.seq:
		v.problem(l.file, l.line, "it is line %d and stands where line %d is due: lines were swapped, repeated or added", l.seq, due)
		if len(v.early) < maxProblems {
			v.early[l.seq] = true
		}
		return true
	}
	v.count = l.seq
	switch {
	case l.seq > due:
		v.problem(l.file, l.line, "%s before it", missing(due, l.seq-1))
	case l.prev == v.before.hash || v.blamed:
	case !attested:
		v.problem(l.file, l.line, "it was changed: it does not continue the line before it, nor does the next one continue it")
		return true
	case v.before.file == "":
		v.problem(l.file, l.line, "it was changed: it is the first line, and continues another one")
	default: // the next line, or the head, vouches for this one
		v.problem(v.before.file, v.before.line, "it was changed: the next line continues another one")
	}
	return false
}

func (v *verifier) remark(format string, args ...any) {
	if len(v.Remarks) < maxProblems {
		v.Remarks = append(v.Remarks, fmt.Sprintf(format, args...))
	}
}

// missing names the lines that are not there.
func missing(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("line %d is missing", from)
	}
	return fmt.Sprintf("lines %d to %d are missing", from, to)
}

// end checks the last line, and the end against the head.
func (v *verifier) end() {
	v.check(nil)
	v.skipEarly()
	file, line := FileName, 0
	if v.any {
		file, line = v.held.file, v.held.line
	}
	last := v.count
	switch {
	case errors.Is(v.headErr, fs.ErrNotExist):
		if v.any {
			v.problem(HeadName, 0, "the file is missing or empty: whether lines were cut off at the end cannot be told")
		}
	case v.headErr != nil:
		v.problem(HeadName, 0, "it is not readable: whether lines were cut off at the end cannot be told")
	case v.head.Count > last:
		v.problem(file, line, "cut off after this line: %s, by %s", missing(last+1, v.head.Count), HeadName)
	case !v.Intact() || v.head.Count == 0:
	case !v.headSeen && v.head.Count == last:
		v.problem(file, line, "it was changed, or %s was, which has another hash for it", HeadName)
	case !v.headSeen:
		v.problem(HeadName, 0, "it was changed: it has another hash for line %d, which the next line continues", v.head.Count)
	case v.head.Count < last && !v.held.torn:
		v.remark("%s is behind by %d, as a crash leaves it; the lines continue the chain", HeadName, last-v.head.Count)
	}
}
