package journal

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"tapedeck/api/state"
)

// maxLine is the longest line that is taken for an entry, in bytes.
const maxLine = 64 << 10

// genesis is what the first line has for the hash of the line before it.
const genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// line is one line of a file. It is good until the next is read.
type line struct {
	data  []byte // without its end; cut at maxLine
	hash  string // SHA-256 of the whole line without its end, in hex; empty from a reader that makes none
	size  int64  // in the file, with its end
	ended bool   // with a line feed
}

// whole returns why the line cannot be an entry.
func (l line) whole() error {
	switch {
	case !l.ended:
		return errors.New("it is cut off within the line")
	case l.size > maxLine:
		return fmt.Errorf("it is longer than %d bytes", maxLine)
	}
	return nil
}

// link returns what chains the line to the one before it.
func (l line) link() (seq uint64, prev string, err error) {
	var w struct {
		Seq  uint64 `json:"seq"`
		Prev string `json:"prev"`
	}
	if err := l.whole(); err != nil {
		return 0, "", err
	}
	if err := json.Unmarshal(l.data, &w); err != nil {
		return 0, "", notJSON(err)
	}
	return w.Seq, w.Prev, nil
}

func notJSON(err error) error {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is not JSON at byte %d", e.Offset)
	}
	return fmt.Errorf("it is not an entry: %s", clean(err.Error()))
}

// entry reads the line into e.
func (l line) entry(d *decoder, e *Entry) error {
	if err := l.whole(); err != nil {
		return err
	}
	if err := d.entry(l.data, e); err != nil {
		return notJSON(err)
	}
	return nil
}

// lineReader reads lines, however long they are, in little memory.
type lineReader struct {
	in     *bufio.Reader
	buf    []byte
	noHash bool // the lines get no hash
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, maxLine)}
}

// next returns the next line; io.EOF after the last one.
func (r *lineReader) next() (l line, err error) {
	part, err := r.in.ReadSlice('\n')
	if err != nil {
		return r.inParts(part, err)
	}
	l.size, l.ended, l.data = int64(len(part)), true, part[:len(part)-1]
	if !r.noHash {
		l.hash = hexOf(sha256.Sum256(l.data))
	}
	return l, nil
}

func hexOf(sum [sha256.Size]byte) string {
	var b [2 * sha256.Size]byte
	hex.Encode(b[:], sum[:])
	return string(b[:])
}

// inParts returns a line that is longer than the buffer, or the last one, which
// has no end. It begins with a part that was read with an error.
func (r *lineReader) inParts(part []byte, err error) (l line, _ error) {
	r.buf = r.buf[:0]
	sum := sha256.New()
	for {
		l.size += int64(len(part))
		if n := len(part); err == nil {
			l.ended, part = true, part[:n-1]
		}
		sum.Write(part)
		if room := maxLine - len(r.buf); len(part) > room {
			part = part[:room]
		}
		r.buf = append(r.buf, part...)
		switch {
		case err == nil, errors.Is(err, io.EOF) && l.size > 0:
			l.data, l.hash = r.buf, hex.EncodeToString(sum.Sum(nil))
			return l, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line{}, err
		}
		part, err = r.in.ReadSlice('\n')
	}
}

// part is one file of the journal, open for reading.
type part struct {
	name   string // without the directory
	number int    // from 1; the last is the one that is written
	size   int64  // when it was opened
	file   *os.File
	bad    error // why it is not used; its file is nil then
}

// lines returns a reader of the part, from an offset to the size it had.
func (p part) lines(from int64) *lineReader {
	if p.bad != nil {
		return newLineReader(strings.NewReader(""))
	}
	return newLineReader(io.NewSectionReader(p.file, from, max(0, p.size-from)))
}

// rotatedName returns the name of the file with a number when it is full.
func rotatedName(number int) string { return fmt.Sprintf("journal-%06d.jsonl", number) }

// rotatedFiles returns the numbers of the full files in dir, ascending.
func rotatedFiles(dir state.Dir) ([]int, error) {
	const before, after = "journal-", ".jsonl"
	names, err := dir.Names(before, after)
	if err != nil {
		return nil, err
	}
	var list []int
	for _, name := range names {
		if n, err := strconv.Atoi(name[len(before) : len(name)-len(after)]); err == nil && n > 0 && rotatedName(n) == name {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list, nil
}

// openParts opens all files of the journal in dir, in their order. A file
// that is renamed meanwhile is there once. A full file that must not be used is
// a part that is bad.
func openParts(path string) (list []part, err error) {
	dir, err := state.At(path)
	if err != nil {
		return nil, problem("open", path, err)
	}
	defer func() {
		if err != nil {
			closeParts(list)
			list = nil
		}
	}()
	current, err := openPart(dir, FileName, 0)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if current.file != nil {
		defer func() {
			if err != nil || current.number == 0 {
				_ = current.file.Close()
			}
		}()
	}
	numbers, err := rotatedFiles(dir)
	if err != nil {
		return nil, problem("read", path, err)
	}
	last := 0
	for _, n := range numbers {
		p, err := openPart(dir, rotatedName(n), n)
		if _, unsafe := errors.AsType[*state.UnsafeError](err); unsafe {
			p = part{name: rotatedName(n), number: n, bad: err}
		} else if err != nil {
			return list, err
		}
		list, last = append(list, p), n
	}
	if current.file == nil || len(list) > 0 && sameFile(current.file, list[len(list)-1].file) {
		return list, nil
	}
	current.number = last + 1
	return append(list, current), nil
}

func openPart(dir state.Dir, name string, number int) (part, error) {
	path := dir.Path(name)
	f, err := dir.Open(name, os.O_RDONLY)
	if err != nil {
		return part{}, problem("open", path, err)
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return part{}, problem("open", path, err)
	}
	return part{name: name, number: number, size: st.Size(), file: f}, nil
}

func (p part) stat() (os.FileInfo, error) {
	if p.bad != nil {
		return nil, p.bad
	}
	return p.file.Stat()
}

func closeParts(list []part) {
	for _, p := range list {
		if p.file != nil {
			_ = p.file.Close()
		}
	}
}

func sameFile(a, b *os.File) bool {
	if a == nil || b == nil {
		return false
	}
	x, err := a.Stat()
	if err != nil {
		return false
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}
