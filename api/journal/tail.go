package journal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"tapedeck/api/state"
)

// RawLine is a line of a journal, as it is in the file.
type RawLine struct {
	Seq  uint64 // its number
	Prev string // SHA-256 of the line before it, in hex, as the line says
	Hash string // SHA-256 of the line
	Data []byte // without its end
}

// Tail reads the lines of a journal as they are, over all its files, and what is
// appended later. It needs no lock and changes nothing. It is for one goroutine.
type Tail struct {
	dir    string
	chain  string // the hash of the first line
	after  uint64 // lines with this number and below are not returned
	file   os.FileInfo
	offset int64 // in the file
}

// NewTail returns a Tail of the journal in dir, from its first line on.
func NewTail(dir string) *Tail { return &Tail{dir: dir} }

// Chain returns the hash of the first line of the journal, by which it is known
// from others; empty until a line was read.
func (t *Tail) Chain() string { return t.chain }

// After passes over the lines up to the one with this number, at the next look.
func (t *Tail) After(seq uint64) { t.after, t.file = seq, nil }

// Next returns the next lines, n at most; none when there are no more for now.
// What is no line of a journal is passed over.
func (t *Tail) Next(n int) (lines []RawLine, err error) {
	if t.unchanged() {
		return nil, nil
	}
	parts, err := openParts(t.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer closeParts(parts)
	from := slices.IndexFunc(parts, func(p part) bool {
		st, err := p.stat()
		return err == nil && t.file != nil && os.SameFile(st, t.file)
	})
	if from < 0 {
		t.file, t.offset = nil, 0
		if from, err = t.start(parts); err != nil || t.chain == "" {
			return nil, err
		}
	}
	for _, p := range parts[max(0, from):] {
		if p.bad != nil {
			continue
		}
		if lines, err = t.read(p, lines, n); err != nil || len(lines) >= n {
			return lines, err
		}
	}
	return lines, nil
}

// unchanged reports whether nothing was appended since the last look.
func (t *Tail) unchanged() bool {
	if t.file == nil {
		return false
	}
	dir, err := state.At(t.dir)
	if err != nil {
		return false
	}
	st, err := os.Lstat(dir.Path(FileName))
	return err == nil && os.SameFile(st, t.file) && st.Size() == t.offset
}

// start notes the first line of the journal, and returns in which part the next
// line is.
func (t *Tail) start(parts []part) (from int, err error) {
	t.chain = ""
	for i, p := range parts {
		if p.bad != nil {
			continue
		}
		l, err := p.lines(0).next()
		if errors.Is(err, io.EOF) || err == nil && !l.ended {
			continue
		} else if err != nil {
			return 0, problem("read", p.name, err)
		}
		if t.chain == "" {
			t.chain = l.hash
		}
		if seq, _, err := l.link(); err == nil && seq <= t.after {
			from = i
		}
	}
	return from, nil
}

// read appends the whole lines of a part to lines, up to n.
func (t *Tail) read(p part, lines []RawLine, n int) ([]RawLine, error) {
	st, err := p.stat()
	if err != nil {
		return lines, problem("read", p.name, err)
	}
	if t.file == nil || !os.SameFile(st, t.file) {
		t.file, t.offset = st, 0
	}
	in := p.lines(t.offset)
	for len(lines) < n {
		l, err := in.next()
		if errors.Is(err, io.EOF) || err == nil && !l.ended {
			return lines, nil
		} else if err != nil {
			return lines, problem("read", p.name, err)
		}
		t.offset += l.size
		seq, prev, err := l.link()
		if err != nil || seq <= t.after {
			continue
		}
		t.after = seq
		lines = append(lines, RawLine{Seq: seq, Prev: prev, Hash: l.hash, Data: slices.Clone(l.data)})
	}
	return lines, nil
}
