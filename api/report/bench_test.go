package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
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

// night writes a journal of lines lines, over some months: calls that three people
// pause, with an auto-resume, resume by hand, and pause once more.
func night(t testing.TB, dir string, lines int) {
	w := newWriter(t, dir, 10<<20)
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	people := []journal.Who{
		{Actor: "alice", UID: "1001", SSHClient: "10.0.0.7:52144", TTY: "/dev/pts/3", Host: "recorder-1", PID: 4711, Started: "8c1f:1a2b3c4d:4026531836:88213"},
		{Actor: "bob", UID: "1002", SSHClient: "10.0.0.8:52191", TTY: "/dev/pts/4", Host: "recorder-1", PID: 4755, Started: "8c1f:1a2b3c4d:4026531836:90021"},
		{Actor: "root", UID: "0", SudoUser: "carol", TTY: "/dev/pts/9", Host: "recorder-1", PID: 5012, Started: "8c1f:1a2b3c4d:4026531836:91777"},
	}
	ids := 0
	for call := 0; w.seq < uint64(lines); call++ {
		at = at.Add(4 * time.Minute)
		base := journal.Entry{
			Who: people[call%3], Space: "https://acme.signalwire.com", Project: "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f", Profile: "night",
			Recording: text.New(fmt.Sprintf("5c32a01f-a4a9-4f26-806e-%012x", call)), Call: text.New(fmt.Sprintf("2cd276a2-0f64-4b5b-968f-%012x", call)),
		}
		update := func(after time.Duration, before, asked, behavior string, byTimer bool) {
			ids++
			e := base
			e.Time, e.Event, e.ID = at.Add(after), journal.Request, fmt.Sprintf("d1x9k2m3p4-4711-%d", ids)
			e.StatusBefore, e.StatusAsked, e.PauseBehavior, e.ByTimer = before, asked, behavior, byTimer
			w.add(e)
			if asked == "paused" && !byTimer {
				timer := base
				timer.Time, timer.Event, timer.Reason, timer.Until = e.Time.Add(100*time.Millisecond), journal.Timer, "auto-resume set", e.Time.Add(time.Minute)
				w.add(timer)
			}
			e.Time, e.Event, e.Outcome, e.StatusAnswered, e.HTTPStatus, e.Latency = e.Time.Add(time.Second), journal.Outcome, "verified", asked, 200, 153*time.Millisecond
			w.add(e)
		}
		update(0, "in-progress", "paused", "silence", false)
		update(time.Minute, "paused", "in-progress", "", true)
		update(2*time.Minute, "in-progress", "paused", "skip", false)
		update(150*time.Second, "paused", "in-progress", "", false)
	}
	w.close()
}

// BenchmarkReport reads a journal of a million lines and makes a report of all of it.
func BenchmarkReport(b *testing.B) {
	dir := os.Getenv("TAPEDECK_JOURNAL")
	if dir == "" {
		dir = b.TempDir()
	}
	if _, err := os.Stat(filepath.Join(dir, journal.HeadName)); err != nil {
		night(b, dir, 1_000_000)
	}
	for b.Loop() {
		r, err := Read(Options{Dir: dir, Limit: 3 * time.Minute})
		if err != nil || !r.Source.Intact || r.Totals.Pauses != 2*r.Totals.Calls {
			b.Fatal(err, r.Source.Problems, r.Totals)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB-kept")
		runtime.KeepAlive(r)
	}
}
