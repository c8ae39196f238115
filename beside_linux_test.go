package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"tapedeck/api/sim"
)

// BenchmarkBeside measures the built program beside another build of it, whose
// path is TAPEDECK_BESIDE, in pseudo-terminals, at the same time, on one simulated
// space. Its figures come in pairs: of this one, of the other one, and how many
// times as much this one takes.
func BenchmarkBeside(b *testing.B) {
	other := os.Getenv("TAPEDECK_BESIDE")
	if other == "" {
		b.Skip("TAPEDECK_BESIDE names no program")
	}
	this := filepath.Join(b.TempDir(), "tapedeck")
	build(b, "-trimpath", "-o", this, ".")
	paths := [2]string{this, other}
	b.Run("keys/100", func(b *testing.B) { besideKeys(b, paths, sim.Options{Recordings: 100, Churn: 60}) })
	b.Run("keys/10000", func(b *testing.B) { besideKeys(b, paths, sim.Options{Recordings: 10_000, History: 100_000, Churn: 60}) })
	b.Run("idle/100", func(b *testing.B) { besideIdle(b, paths) })
	b.Run("start", func(b *testing.B) { besideStart(b, paths) })
	for _, kind := range []struct {
		name      string
		wide      int // one in so many rows has a wide name; 0 for none
		allPaused bool
	}{{"none wide", 0, false}, {"some wide", 8, false}, {"all wide", 1, false}, {"all paused", 0, true}} {
		b.Run("bytes/"+kind.name, func(b *testing.B) { besideBytes(b, paths, kind.wide, kind.allPaused) })
	}
}

// sitting is a program in a pseudo-terminal.
type sitting struct {
	*exec.Cmd
	master *os.File
	out    chan written
}

// sitBeside starts both programs on a space, and waits until they show it.
func sitBeside(b *testing.B, paths [2]string, space *sim.Space, env ...string) (both [2]*sitting) {
	b.Helper()
	server := httptest.NewServer(space)
	b.Cleanup(server.Close)
	for i, path := range paths {
		s := &sitting{Cmd: exec.Command(path), out: make(chan written, 10_000)}
		s.Env = append(env[:len(env):len(env)],
			"PATH="+os.Getenv("PATH"), "HOME="+b.TempDir(), "TERM=xterm-256color", "LANG=C.UTF-8",
			"SIGNALWIRE_SPACE="+server.URL, "SIGNALWIRE_PROJECT_ID="+space.Project(), "SIGNALWIRE_API_TOKEN="+space.Token(),
		)
		var err error
		if s.master, err = pty.StartWithSize(s.Cmd, &pty.Winsize{Rows: 40, Cols: 120}); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Process.Kill(); _ = s.Wait(); _ = s.master.Close() })
		go follow(s.master, s.out)
		var seen []byte
		for !bytes.Contains(seen, []byte("live")) {
			w, ok := <-s.out
			if seen = append(seen, w.text...); !ok {
				b.Fatalf("it ends with %q", seen)
			}
		}
		_, _ = s.master.WriteString("\x1b[3;2R") // as a terminal answers that agrees on how wide text is
		both[i] = s
	}
	time.Sleep(4 * time.Second)
	return both
}

// taken returns how many bytes have come since it was last called.
func (s *sitting) taken() (n int) {
	for len(s.out) > 0 {
		n += len((<-s.out).text)
	}
	return n
}

// besideKeys measures a key until the first byte of its frame, and 200 at once
// until the last frame of more than a tick, by turns.
func besideKeys(b *testing.B, paths [2]string, o sim.Options) {
	both := sitBeside(b, paths, sim.New(o))
	var keys, bursts [2][]float64
	for b.Loop() {
		for i := range 200 {
			for k, s := range both {
				keys[k] = append(keys[k], typed(b, s.master, s.out, "jk"[i%2:i%2+1], 0))
				time.Sleep(time.Duration(25000+i*6180%33000) * time.Microsecond) // at any point of a frame, and of a poll
			}
		}
		for i := range 20 {
			for k, s := range both {
				bursts[k] = append(bursts[k], typed(b, s.master, s.out, strings.Repeat("jk"[i%2:i%2+1], 200), 60*time.Millisecond))
				time.Sleep(time.Duration(100000+i*61800%200000) * time.Microsecond)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	pair(b, "ms-median", quantile(keys[0], 50), quantile(keys[1], 50))
	pair(b, "ms-p95", quantile(keys[0], 95), quantile(keys[1], 95))
	pair(b, "burst-ms-median", quantile(bursts[0], 50), quantile(bursts[1], 50))
	pair(b, "MB-peak", both[0].peak(b), both[1].peak(b))
}

// besideIdle measures what both do while nobody types, for half a minute.
func besideIdle(b *testing.B, paths [2]string) {
	both := sitBeside(b, paths, sim.New(sim.Options{Recordings: 100}))
	var wakes, cpu [2]float64
	for b.Loop() {
		const seconds = 30
		var before [2][2]float64
		for i, s := range both {
			before[i][0], before[i][1] = s.used(b)
		}
		time.Sleep(seconds * time.Second)
		for i, s := range both {
			w, c := s.used(b)
			wakes[i], cpu[i] = wakes[i]+(w-before[i][0])/seconds, cpu[i]+(c-before[i][1])/seconds
		}
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op")
	pair(b, "wakes/s", wakes[0]/n, wakes[1]/n)
	pair(b, "cpu-ms/s", cpu[0]/n, cpu[1]/n)
	pair(b, "MB-peak", both[0].peak(b), both[1].peak(b))
}

// besideStart measures both from exec to their first line, by turns.
func besideStart(b *testing.B, paths [2]string) {
	var took [2][]float64
	for b.Loop() {
		for i, path := range paths {
			took[i] = append(took[i], firstFrame(b, b.TempDir(), path, "LOADING", "STALE"))
		}
	}
	b.ReportMetric(0, "ns/op")
	pair(b, "ms-median", quantile(took[0], 50), quantile(took[1], 50))
}

// besideBytes counts the bytes of a second in which nobody types, and those of a
// j, where one name in so many is wide.
func besideBytes(b *testing.B, paths [2]string, wide int, allPaused bool) {
	space := sim.New(sim.Options{})
	var names strings.Builder
	for i := range 60 {
		o := sim.Begin{StartedAgo: 10*time.Minute + time.Duration(i)*time.Second, From: fmt.Sprintf("+1415555%04d", i), To: "+13035550178"}
		if wide > 0 && i%wide == 0 {
			fmt.Fprintf(&names, "%s 会議室 %d\n", o.From, i)
		}
		if allPaused {
			o.Status, o.DateUpdatedAgo = "paused", 5*time.Minute+time.Duration(i)*time.Second
		}
		space.Begin(o)
	}
	file := filepath.Join(b.TempDir(), "names")
	if err := os.WriteFile(file, []byte(names.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	both := sitBeside(b, paths, space, "TAPEDECK_NAMES_FILE="+file)
	var tick, down [2][]float64
	for b.Loop() {
		midSecond()
		for range 20 {
			midSecond()
			for i, s := range both {
				tick[i] = append(tick[i], float64(s.taken()))
			}
		}
		for range 20 {
			midSecond()
			for i, s := range both {
				s.taken()
				_, _ = s.master.WriteString("j")
				time.Sleep(100 * time.Millisecond)
				down[i] = append(down[i], float64(s.taken()))
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	pair(b, "B/tick", quantile(tick[0], 50), quantile(tick[1], 50))
	pair(b, "B/j", quantile(down[0], 50), quantile(down[1], 50))
}

// midSecond waits until the middle of the next second: clocks tick at its end.
func midSecond() {
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1400 * time.Millisecond)))
}

// used returns how often the program has gone to sleep or was put to it, and its
// processor time in ms.
func (s *sitting) used(b *testing.B) (wakes, cpu float64) {
	b.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", s.Process.Pid))
	if err != nil || len(tasks) == 0 {
		b.Fatal("the program has ended")
	}
	for _, task := range tasks {
		wakes += field(task+"/status", "voluntary_ctxt_switches:")
		if ran, err := os.ReadFile(task + "/schedstat"); err == nil {
			ns, _ := strconv.ParseFloat(strings.Fields(string(ran))[0], 64)
			cpu += ns / 1e6
		}
	}
	return wakes, cpu
}

// peak returns the most memory that the program had, in MB.
func (s *sitting) peak(b *testing.B) float64 {
	b.Helper()
	return field(fmt.Sprintf("/proc/%d/status", s.Process.Pid), "VmHWM:") / 1000
}

// field returns a number in a file of lines that begin with its name; 0 for none.
func field(path, name string) float64 {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return n
		}
	}
	return 0
}

func quantile(list []float64, percent int) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)*percent/100]
}

// pair reports a figure of both programs.
func pair(b *testing.B, unit string, this, other float64) {
	b.ReportMetric(this, unit)
	b.ReportMetric(other, "other-"+unit)
	b.ReportMetric(this/other, "x-"+unit)
}
