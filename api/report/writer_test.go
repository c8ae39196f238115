package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tapedeck/api/journal"
)

// writer writes a journal without waiting for a disk: the lines are those of
// package journal, chained, in files of the size that it has.
type writer struct {
	t     testing.TB
	dir   string
	out   *bufio.Writer
	file  *os.File
	seq   uint64
	prev  string
	size  int64
	files int
	max   int64
}

func newWriter(t testing.TB, dir string, max int64) *writer {
	return &writer{t: t, dir: dir, prev: strings.Repeat("0", 64), max: max}
}

func (w *writer) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// add appends an entry.
func (w *writer) add(e journal.Entry) {
	if w.file == nil {
		f, err := os.OpenFile(filepath.Join(w.dir, journal.FileName), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
		w.check(err)
		w.file, w.out, w.size, w.files = f, bufio.NewWriterSize(f, 1<<20), 0, w.files+1
	}
	w.seq++
	e.Seq, e.Prev = w.seq, w.prev
	line, err := e.MarshalJSON()
	w.check(err)
	sum := sha256.Sum256(line)
	w.prev = hex.EncodeToString(sum[:])
	_, err = w.out.Write(append(line, '\n'))
	w.check(err)
	if w.size += int64(len(line)) + 1; w.max > 0 && w.size >= w.max {
		w.flush()
		w.check(os.Rename(filepath.Join(w.dir, journal.FileName), filepath.Join(w.dir, fmt.Sprintf("journal-%06d.jsonl", w.files))))
	}
}

func (w *writer) flush() {
	if w.file == nil {
		return
	}
	w.check(w.out.Flush())
	w.check(w.file.Close())
	w.file = nil
}

// close writes the head.
func (w *writer) close() {
	w.flush()
	head, err := json.Marshal(map[string]any{"count": w.seq, "hash": w.prev, "file": max(1, w.files), "size": w.size})
	w.check(err)
	w.check(os.WriteFile(filepath.Join(w.dir, journal.HeadName), append(head, '\n'), 0o600))
}
