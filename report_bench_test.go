//go:build unix

package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// journalLines is how many lines the journal of BenchmarkReport has.
const journalLines = 1_000_000

// BenchmarkReport measures the built program on a journal of a million lines in
// 60 files, by turns, and reports medians: report beside jq, where that is
// installed, which groups the same lines by call, and takes 3 GB for that; the most
// memory that a report takes; and journal --call of one call. TAPEDECK_JOURNAL keeps the
// journal, which takes some seconds to write, for the next time.
func BenchmarkReport(b *testing.B) {
	dir := os.Getenv("TAPEDECK_JOURNAL")
	if dir == "" {
		dir = b.TempDir()
	}
	if _, err := os.Stat(filepath.Join(dir, journal.HeadName)); err != nil {
		writeCalls(b, dir, journalLines)
	}
	tapedeck := filepath.Join(b.TempDir(), "tapedeck")
	build(b, "-trimpath", "-ldflags", "-s -w", "-o", tapedeck, ".")
	files, err := filepath.Glob(filepath.Join(dir, "journal*.jsonl"))
	if err != nil || len(files) < 50 {
		b.Fatalf("%d files, %v", len(files), err)
	}
	jq, err := exec.LookPath("jq")
	if err != nil {
		b.Log("jq is not installed: not measured beside it")
	}
	var m medians
	for b.Loop() {
		for _, form := range []string{"text", "json", "csv"} {
			args := []string{"report", "--state-dir", dir, "--from", "2024-01-01"}
			if form != "text" {
				args = append(args, "--"+form)
			}
			wall, cpu, most := measured(b, tapedeck, args...)
			m.add("report-"+form+"-ms", wall)
			m.add("report-"+form+"-cpu-ms", cpu)
			m.add("report-"+form+"-MB", most)
		}
		wall, cpu, _ := measured(b, tapedeck, "journal", "--state-dir", dir, "--call", callSID(50_000))
		m.add("journal-call-ms", wall)
		m.add("journal-call-cpu-ms", cpu)
		if jq != "" {
			wall, cpu, _ := measured(b, jq, append([]string{"-n", "[inputs] | group_by(.call) | length"}, files...)...)
			m.add("jq-ms", wall)
			m.add("jq-cpu-ms", cpu)
		}
	}
	m.report(b)
}

// measured runs a program to its end, and returns the time by the clock and that
// of the processors, in ms, and the most memory that it had, in MB.
func measured(b *testing.B, program string, args ...string) (wall, cpu, most float64) {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"HOME=/nonexistent"}
	began := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s: %v", cmd.Path, err)
	}
	wall = ms(time.Since(began))
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		most = float64(usage.Maxrss) * 1024 / 1e6 // kB on Linux
	}
	return wall, ms(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()), most
}

func callSID(n int) string { return fmt.Sprintf("2cd276a2-0f64-4b5b-968f-%012x", n) }

// writeCalls writes a journal of some months, as package journal writes it but
// without its waiting for the disk: each call is paused twice by one of three
// people, and resumed by an auto-resume and by hand.
func writeCalls(b *testing.B, dir string, lines int) {
	w := &journalWriter{b: b, dir: dir, prev: strings.Repeat("0", 2*sha256.Size)}
	people := []journal.Who{
		{Actor: "alice", UID: "1001", SSHClient: "10.0.0.7:52144", TTY: "/dev/pts/3", Host: "recorder-1", PID: 4711, Started: "8c1f:1a2b3c4d:4026531836:88213"},
		{Actor: "bob", UID: "1002", SSHClient: "10.0.0.8:52191", TTY: "/dev/pts/4", Host: "recorder-1", PID: 4755, Started: "8c1f:1a2b3c4d:4026531836:90021"},
		{Actor: "root", UID: "0", SudoUser: "carol", TTY: "/dev/pts/9", Host: "recorder-1", PID: 5012, Started: "8c1f:1a2b3c4d:4026531836:91777"},
	}
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for call := 0; w.seq < uint64(lines); call++ {
		at = at.Add(4 * time.Minute)
		base := journal.Entry{
			Who: people[call%3], Space: "https://acme.signalwire.com", Project: "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f", Profile: "night",
			Recording: text.New(fmt.Sprintf("5c32a01f-a4a9-4f26-806e-%012x", call)), Call: text.New(callSID(call)),
		}
		for i, u := range []struct {
			after                   time.Duration
			before, asked, behavior string
		}{
			{0, "in-progress", "paused", "silence"}, {time.Minute, "paused", "in-progress", ""},
			{2 * time.Minute, "in-progress", "paused", "skip"}, {150 * time.Second, "paused", "in-progress", ""},
		} {
			e := base
			e.Time, e.Event, e.ID = at.Add(u.after), journal.Request, fmt.Sprintf("d1x9k2m3p4-4711-%d", 4*call+i)
			e.StatusBefore, e.StatusAsked, e.PauseBehavior, e.ByTimer = u.before, u.asked, u.behavior, i == 1
			w.add(e)
			if u.asked == "paused" {
				timer := base
				timer.Time, timer.Event, timer.Reason, timer.Until = e.Time.Add(100*time.Millisecond), journal.Timer, "auto-resume set", e.Time.Add(time.Minute)
				w.add(timer)
			}
			e.Time, e.Event, e.Outcome, e.StatusAnswered, e.HTTPStatus, e.Latency = e.Time.Add(time.Second), journal.Outcome, "verified", u.asked, 200, 153*time.Millisecond
			w.add(e)
		}
	}
	w.close()
}

// journalWriter writes lines that continue each other, and a head.
type journalWriter struct {
	b     *testing.B
	dir   string
	file  *os.File
	out   *bufio.Writer
	files int
	seq   uint64
	prev  string
	size  int64
}

func (w *journalWriter) check(err error) {
	w.b.Helper()
	if err != nil {
		w.b.Fatal(err)
	}
}

func (w *journalWriter) add(e journal.Entry) {
	if w.file == nil {
		var err error
		w.file, err = os.OpenFile(filepath.Join(w.dir, journal.FileName), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
		w.check(err)
		w.out, w.size, w.files = bufio.NewWriterSize(w.file, 1<<20), 0, w.files+1
	}
	w.seq++
	e.Seq, e.Prev = w.seq, w.prev
	line, err := e.MarshalJSON()
	w.check(err)
	sum := sha256.Sum256(line)
	w.prev = hex.EncodeToString(sum[:])
	_, err = w.out.Write(append(line, '\n'))
	w.check(err)
	if w.size += int64(len(line)) + 1; w.size >= 10<<20 {
		w.end()
		w.check(os.Rename(filepath.Join(w.dir, journal.FileName), filepath.Join(w.dir, fmt.Sprintf("journal-%06d.jsonl", w.files))))
	}
}

func (w *journalWriter) end() {
	if w.file != nil {
		w.check(w.out.Flush())
		w.check(w.file.Close())
		w.file = nil
	}
}

func (w *journalWriter) close() {
	w.end()
	head, err := json.Marshal(map[string]any{"count": w.seq, "hash": w.prev, "file": w.files, "size": w.size})
	w.check(err)
	w.check(os.WriteFile(filepath.Join(w.dir, journal.HeadName), head, 0o600))
}
