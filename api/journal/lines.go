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
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxLine is the longest line that is taken for an entry, in bytes.
const maxLine = 64 << 10

// genesis is what the first line has for the hash of the line before it.
const genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// line is one line of a file. It is good until the next is read.
type line struct {
	data  []byte // without its end; cut at maxLine
	hash  string // SHA-256 of the whole line without its end, in hex
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

// entry returns the line as an entry.
func (l line) entry() (e Entry, err error) {
	if err := l.whole(); err != nil {
		return Entry{}, err
	}
	if err := e.UnmarshalJSON(l.data); err != nil {
		return Entry{}, notJSON(err)
	}
	return e, nil
}

// lineReader reads lines, however long they are, in little memory.
type lineReader struct {
	in  *bufio.Reader
	buf []byte
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, maxLine)}
}

// next returns the next line; io.EOF after the last one.
func (r *lineReader) next() (l line, err error) {
	r.buf = r.buf[:0]
	sum := sha256.New()
	for {
		part, err := r.in.ReadSlice('\n')
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
	}
}

// part is one file of the journal, open for reading.
type part struct {
	name   string // without the directory
	number int    // from 1; the last is the one that is written
	size   int64  // when it was opened
	file   *os.File
}

// lines returns a reader of the part, from an offset to the size it had.
func (p part) lines(from int64) *lineReader {
	return newLineReader(io.NewSectionReader(p.file, from, max(0, p.size-from)))
}

// rotatedName returns the name of the file with a number when it is full.
func rotatedName(number int) string { return fmt.Sprintf("journal-%06d.jsonl", number) }

// rotatedFiles returns the numbers of the full files in dir, ascending.
func rotatedFiles(dir string) ([]int, error) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []int
	for _, e := range names {
		s, ok := strings.CutPrefix(e.Name(), "journal-")
		s, is := strings.CutSuffix(s, ".jsonl")
		if n, err := strconv.Atoi(s); ok && is && err == nil && n > 0 && rotatedName(n) == e.Name() {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list, nil
}

// openParts opens all files of the journal in dir, in their order. A file
// that is renamed meanwhile is there once.
func openParts(dir string) (list []part, err error) {
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
		return nil, problem("read", dir, err)
	}
	last := 0
	for _, n := range numbers {
		p, err := openPart(dir, rotatedName(n), n)
		if err != nil {
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

func openPart(dir, name string, number int) (part, error) {
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return part{}, problem("open", path, err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		_ = f.Close()
		return part{}, problem("open", path, err)
	}
	return part{name: name, number: number, size: st.Size(), file: f}, nil
}

func closeParts(list []part) {
	for _, p := range list {
		_ = p.file.Close()
	}
}

func sameFile(a, b *os.File) bool {
	x, err := a.Stat()
	if err != nil {
		return false
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}
