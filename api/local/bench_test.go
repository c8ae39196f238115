//go:build unix

package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
)

// snapshotOf returns what a deck shows of a space with so many active
// recordings, with who is on the line.
func snapshotOf(b *testing.B, active int) *deck.Snapshot {
	b.Helper()
	space := sim.New(sim.Options{Recordings: active, Seed: 7})
	d, err := deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()),
		Transport: space.Transport()}, deck.Config{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	named := func(s *deck.Snapshot) (n int) {
		for _, r := range s.Recordings {
			if r.Call != nil || r.Conference != nil {
				n++
			}
		}
		return n
	}
	for began := time.Now(); named(d.Snapshot()) < active*99/100 && time.Since(began) < 30*time.Second; {
		time.Sleep(50 * time.Millisecond)
	}
	s := d.Snapshot()
	if s.Active < active*9/10 {
		b.Fatalf("%d active, %d named", s.Active, named(s))
	}
	_ = d.Close(ctx)
	cancel()
	running.Wait()
	return s
}

// BenchmarkAttach is what it takes until a client has every recording, from the
// first byte it sends: beside it the decoding alone, and that by encoding/json.
func BenchmarkAttach(b *testing.B) {
	for _, active := range []int{1_000, 10_000} {
		s := snapshotOf(b, active)
		path := socket(b)
		f := begin(b, listen(b, path), "one")
		f.feed.Publish(0, s)
		lines := allLines(f.feed)
		b.Run(fmt.Sprintf("client/%d", active), func(b *testing.B) {
			var took []time.Duration
			var cpu time.Duration
			for b.Loop() {
				began, used := time.Now(), usage()
				c := dialed(b, Options{Path: path})
				took, cpu = append(took, time.Since(began)), cpu+usage()-used
				if n := len(c.Snapshot().Recordings); n != len(s.Recordings) {
					b.Fatalf("%d recordings", n)
				}
				c.Close()
				b.StopTimer()
				runtime.GC()
				b.StartTimer()
			}
			slices.Sort(took)
			b.ReportMetric(ms(took[len(took)/2]), "ms-median")
			b.ReportMetric(ms(cpu)/float64(len(took)), "cpu-ms") // of both ends
			b.ReportMetric(float64(len(lines)), "wire-bytes")
		})
		b.Run(fmt.Sprintf("decode/%d", active), func(b *testing.B) {
			b.SetBytes(int64(len(lines)))
			b.ReportAllocs()
			var cpu time.Duration
			n := 0
			for ; b.Loop(); n++ {
				b.StopTimer()
				own := bytes.Clone(lines)
				runtime.GC()
				used := usage()
				b.StartTimer()
				d := &held{}
				for raw := range bytes.Lines(own) {
					l, err := parseLine(raw)
					if err != nil {
						b.Fatal(err)
					}
					now := time.Now()
					_ = d.apply(l, d.decodeRows(l.rows, now, func(*deck.Recording) {}), now)
				}
				if len(d.list) != len(s.Recordings) {
					b.Fatal(len(d.list))
				}
				cpu += usage() - used
			}
			b.ReportMetric(ms(cpu)/float64(n), "cpu-ms")
		})
		b.Run(fmt.Sprintf("baseline/%d", active), func(b *testing.B) {
			b.SetBytes(int64(len(lines)))
			b.ReportAllocs()
			for b.Loop() {
				for raw := range bytes.Lines(lines) {
					var l map[string]struct{ Recordings []map[string]any }
					_ = json.Unmarshal(raw, &l)
				}
			}
		})
		f.end()
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkClients has one change every 100 ms of 1,000 active recordings reach
// 200 clients in another process, and beside it one client. An operation is one
// change: its time means nothing, the other figures do.
func BenchmarkClients(b *testing.B) {
	s := snapshotOf(b, 1_000)
	for _, clients := range []int{1, 200} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) { benchClients(b, s, clients) })
	}
}

func benchClients(b *testing.B, s *deck.Snapshot, clients int) {
	path := socket(b)
	f := begin(b, listen(b, path), "one")
	defer f.end()
	f.feed.Publish(0, s)
	runtime.GC()
	before := memory()
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run", "^TestWatchers$", "-test.v", "-test.timeout", "10m")
	cmd.Env = append(os.Environ(), "TAPEDECK_WATCH="+path, "TAPEDECK_WATCHERS="+strconv.Itoa(clients))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	for f.feed.Watchers() < clients {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(2 * time.Second) // they have their snapshots
	next := *s
	list := slices.Clone(s.Recordings)
	cpu, began := usage(), time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	n := 0
	for b.Loop() {
		<-tick.C
		as := *list[n%len(list)]
		list[n%len(list)] = &as
		next.Seq++
		changed := next
		changed.Recordings = slices.Clone(list)
		as.Ack = deck.Ack{Actor: "sent", Reason: strconv.FormatInt(time.Now().UnixNano(), 10)}
		f.feed.Publish(0, &changed)
		n++
	}
	cores := (usage() - cpu).Seconds() / time.Since(began).Seconds()
	time.Sleep(200 * time.Millisecond)
	runtime.GC()
	each := max(0, float64(memory())-float64(before)) / float64(clients) / 1000
	f.feed.End(Refusal{Code: CodeEnding, Error: "over"})
	var late []time.Duration
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var d int64
		if _, err := fmt.Sscanf(lines.Text(), "late %d", &d); err == nil {
			late = append(late, time.Duration(d))
		}
	}
	if err := cmd.Wait(); err != nil {
		b.Error(err)
	}
	if len(late) < n*clients*9/10 {
		b.Errorf("%d of %d changes came", len(late), n*clients)
	}
	slices.Sort(late)
	b.ReportMetric(ms(late[len(late)/2]), "ms-median")
	b.ReportMetric(ms(late[len(late)*99/100]), "ms-p99")
	b.ReportMetric(cores, "cores")
	b.ReportMetric(each, "kB/client")
}

func usage() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestWatchers is the other process of [BenchmarkClients]: clients that say how
// late each change came. Every twentieth, and the first, is a [Client]; the others
// read lines, so that their memory does not count.
func TestWatchers(t *testing.T) {
	path := os.Getenv("TAPEDECK_WATCH")
	if path == "" {
		t.Skip("it is a part of BenchmarkClients")
	}
	n, err := strconv.Atoi(os.Getenv("TAPEDECK_WATCHERS"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var late []int64
	note := func(sent string) {
		if at, err := strconv.ParseInt(sent, 10, 64); err == nil {
			mu.Lock()
			late = append(late, time.Now().UnixNano()-at)
			mu.Unlock()
		}
	}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if i%20 == 0 {
				watchWhole(t, path, note)
			} else {
				watchLines(t, path, note)
			}
		})
	}
	all.Wait()
	for _, d := range late {
		fmt.Println("late", d)
	}
}

// watchWhole is a client as a screen has it.
func watchWhole(t *testing.T, path string, note func(string)) {
	c := dialed(t, Options{Path: path})
	defer c.Close()
	snapshots, cancel := c.Subscribe()
	defer cancel()
	seen := ""
	for s := range snapshots {
		if !s.Health.Away.IsZero() {
			return
		}
		for _, r := range s.Recordings {
			if r.Ack.Actor == "sent" && r.Ack.Reason > seen {
				seen = r.Ack.Reason
			}
		}
		note(seen)
	}
}

// watchLines is one that decodes nothing.
func watchLines(t *testing.T, path string, note func(string)) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", PathWatch)
	in := bufio.NewReaderSize(conn, 32<<10)
	for {
		raw, err := in.ReadSlice('\n')
		if bytes.HasPrefix(raw, []byte(`{"bye"`)) || err != nil && err != bufio.ErrBufferFull {
			return
		}
		if _, rest, ok := bytes.Cut(raw, []byte(`"sent","reason":"`)); ok && bytes.HasPrefix(raw, []byte(`{"changed"`)) {
			sent, _, _ := bytes.Cut(rest, []byte(`"`))
			note(string(sent))
		}
	}
}
