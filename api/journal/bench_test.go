package journal

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"tapedeck/api/text"
)

// BenchmarkAppend appends requests one after the other, each with its fsync
// beside it; the p50 and p99 are what an update waits for.
func BenchmarkAppend(b *testing.B) {
	j := open(b, Options{Space: "https://acme.signalwire.com", Project: "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"})
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		began := time.Now()
		_ = j.Append(request("w"))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkAppendIdle appends a request when the fsync of the last one is done,
// as a person does who presses a key now and then.
func BenchmarkAppendIdle(b *testing.B) {
	j := open(b, Options{})
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		began := time.Now()
		_ = j.Append(request("w"))
		took = append(took, time.Since(began))
		_ = j.Wait()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

func BenchmarkVerify(b *testing.B) {
	dir := b.TempDir()
	s := newStore(Options{Dir: dir})
	if ok, err := s.tryLock(); !ok {
		b.Fatal(err)
	}
	for range 100 {
		_, err := s.append(slices.Repeat([]Entry{request("w")}, 100))
		check(b, err)
	}
	check(b, s.firstHead())
	b.SetBytes(s.tail.Size)
	s.close()
	for b.Loop() {
		intact(b, dir)
	}
}

// BenchmarkLeftBehind finds out what is left behind of 100 pauses of 4 sessions
// that run, as a follower does once a second.
func BenchmarkLeftBehind(b *testing.B) {
	f := Follow(b.TempDir(), "", "")
	for i := range 100 {
		w := Who{Actor: "ana"}.writtenBy(thisProcess())
		w.PID = []int{os.Getpid(), os.Getppid(), 1, 2}[i%4]
		e := request(strconv.Itoa(i)).by(w)
		e.Recording = text.New(e.ID)
		f.take([]Entry{e})
	}
	for b.Loop() {
		f.noteLeft(nil)
	}
}
