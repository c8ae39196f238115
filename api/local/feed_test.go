package local

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// reader takes lines as a client does, without a connection.
type reader struct {
	t testing.TB
	s *sub
	d *held
}

func newReader(t testing.TB, f *Feed) *reader {
	return &reader{t: t, s: &sub{wake: make(chan struct{}, 1), decks: []bool{true}}, d: &held{Profile: f.decks[0].Profile}}
}

// read takes in what is new, and returns how many bytes that was.
func (r *reader) read(f *Feed) (size int) {
	for n := r.readLine(f); n > 0; n = r.readLine(f) {
		size += n
	}
	return size
}

// readLine takes in one line of what is new, and returns how many bytes that was.
func (r *reader) readLine(f *Feed) (size int) {
	for raw := range bytes.Lines(bytes.Clone(f.news(r.s))) {
		size += len(raw)
		l, err := parseLine(raw)
		if err != nil {
			r.t.Fatalf("%v: %.200q", err, raw)
		}
		now := time.Now()
		if err := r.d.apply(l, r.d.decodeRows(l.rows, now, func(*deck.Recording) {}), now); err != nil {
			r.t.Fatal(err)
		}
	}
	return size
}

// allLines returns all that is new to somebody who was told nothing.
func allLines(f *Feed) (all []byte) {
	s := &sub{decks: []bool{true}}
	for line := f.news(s); line != nil; line = f.news(s) {
		all = append(all, line...)
	}
	return all
}

// TestFeed: whatever a deck publishes, and whenever a client comes to read, it
// has what the deck has, and the same pointers where nothing changed.
func TestFeed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := NewFeed(people)
		early, slow := newReader(t, f), newReader(t, f)
		now := map[string]*deck.Recording{}
		var s *deck.Snapshot
		for step := range rapid.IntRange(1, 25).Draw(rt, "steps") {
			for range rapid.IntRange(0, 3).Draw(rt, "changes") {
				name := fmt.Sprint("r", rapid.IntRange(0, 12).Draw(rt, "which"))
				switch rapid.IntRange(0, 4).Draw(rt, "what") {
				case 0:
					delete(now, name)
				case 1:
					r := randomRecording(rt)
					r.SID, r.Profile, r.Asking = text.New(name), "prod", nil
					now[name] = r
				default:
					now[name] = rec(name, rapid.SampledFrom([]api.Status{api.InProgress, api.Paused}).Draw(rt, "status"), rapid.IntRange(0, 3).Draw(rt, "minute"))
					now[name].Profile = "prod"
				}
			}
			s = &deck.Snapshot{Seq: uint64(step + 1), Interval: time.Second, ReadOnly: rapid.Bool().Draw(rt, "read-only"),
				Health: deck.Health{Complete: time.Now(), Err: randomError(rt)}, Heard: time.Now(), Calls: deck.Unnamed{Err: randomError(rt)}}
			for _, r := range now {
				s.Recordings = append(s.Recordings, r)
			}
			s.Recordings = sorted(s.Recordings)
			s.Count()
			f.Publish(0, s)
			early.read(f)
			if rapid.IntRange(0, 4).Draw(rt, "slow") == 0 {
				slow.read(f)
			}
		}
		last := early.d.part(time.Time{}, nil, nil).Snapshot
		slow.read(f)
		for name, r := range map[string]*reader{"quick": early, "slow": slow} {
			got := r.d.part(time.Time{}, nil, nil).Snapshot
			got.Seq = s.Seq // what changes nothing is not told
			if d := s.Heard.Sub(got.Heard).Abs(); d > time.Millisecond {
				rt.Errorf("heard %v off", d)
			}
			got.Heard = s.Heard
			if diff := cmp.Diff(s, got, shown); diff != "" {
				rt.Fatalf("%s (-deck +client):\n%s", name, diff)
			}
		}
		f.Publish(0, s)
		early.read(f)
		for i, r := range early.d.part(time.Time{}, nil, nil).Recordings {
			if r != last.Recordings[i] {
				rt.Error("a recording that did not change is another pointer")
			}
		}
	})
}

func sorted(list []*deck.Recording) []*deck.Recording {
	out := &held{rows: map[text.Text]*heldRow{}}
	for _, r := range list {
		out.rows[r.SID] = &heldRow{rec: r}
	}
	out.sort()
	return out.list
}

// TestQuietPoll: a poll in which nothing changed costs a client at most 100
// bytes on the socket, with what HTTP adds to it.
func TestQuietPoll(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		space := sim.New(sim.Options{Recordings: 60, History: 300, Seed: 7})
		d, err := deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()),
			Transport: space.Transport()}, deck.Config{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		running.Go(func() { f.feed.Follow(ctx, 0, d) })
		time.Sleep(10 * time.Minute) // names and participants are read
		conn, err := w.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", PathWatch)
		var got quiet
		running.Go(func() { _, _ = io.Copy(&got, conn) })
		time.Sleep(10 * time.Second)
		seq := d.Snapshot().Seq
		before := got.size.Load()
		time.Sleep(time.Minute)
		polls := int64(d.Snapshot().Seq - seq)
		t.Logf("%d bytes a poll, %d polls in a minute", (got.size.Load()-before)/polls, polls)
		if each := (got.size.Load() - before) / polls; polls < 25 || each > 100 {
			t.Errorf("%d bytes a poll, of %d polls, want 100 at most", each, polls)
		}
		_ = conn.Close()
		cancel()
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	long := appendPoll(nil, 63, &deck.Snapshot{Seq: 1 << 32, Heard: time.Now(), Health: deck.Health{Complete: time.Now().Add(12345 * time.Millisecond)}})
	if len(long)+len("64\r\n\r\n") > 100 {
		t.Errorf("%d bytes: %s", len(long), long)
	}
}

type quiet struct{ size atomic.Int64 }

func (q *quiet) Write(b []byte) (int, error) { q.size.Add(int64(len(b))); return len(b), nil }

// TestClientThatTakesNothing: it is let go after 30 s, and delays nobody; one
// that is slow stays, and gets the latest and no backlog.
func TestClientThatTakesNothing(t *testing.T) {
	inTime(t, func(t *testing.T, w *wires, f *fake) {
		defer f.end()
		f.publish(0, rec("a", api.InProgress, 1))
		c := dialed(t, Options{Path: "s", Dial: w.dial})
		defer c.Close()
		conn, err := w.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", PathWatch)
		slow, err := w.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		fmt.Fprintf(slow, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", PathWatch)
		var taken bytes.Buffer
		take := func() {
			for {
				_ = slow.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
				if n, err := io.CopyN(&taken, slow, 4096); n == 0 || err != nil {
					return
				}
			}
		}
		began := time.Now()
		for i := range 400 {
			f.publish(0, rec("a", api.InProgress, i))
			time.Sleep(100 * time.Millisecond)
			if got := c.Snapshot().Recordings[0].Created.Minute(); got != i%60 {
				t.Fatalf("a client that is quick waits for another one: it has %d, not %d", got, i%60)
			}
			if i%100 == 99 {
				take()
			}
			if time.Since(began) > LetGoAfter+time.Second && f.feed.Watchers() != 2 {
				t.Fatalf("%d watch after %v", f.feed.Watchers(), time.Since(began))
			}
		}
		take()
		if n := bytes.Count(taken.Bytes(), []byte(`"changed"`)); n > 12 || !bytes.Contains(taken.Bytes(), []byte("08:39:01")) {
			t.Errorf("a slow client got %d changes: %s", n, taken.Bytes()[max(0, taken.Len()-300):])
		}
	})
}

// TestUrgentFirst: the first rows of a snapshot are those that want attention.
func TestUrgentFirst(t *testing.T) {
	f := NewFeed(people)
	var list []*deck.Recording
	for i := range 500 {
		list = append(list, rec(fmt.Sprint("r", i), api.InProgress, i))
	}
	calm, alarm, bad := rec("calm", api.Paused, 0), rec("alarm", api.Paused, 0), rec("bad", api.InProgress, 0)
	calm.Pause.Since = time.Now()
	bad.Trouble = deck.Trouble{Kind: deck.NotPaused, Since: time.Now()}
	s := &deck.Snapshot{Recordings: sorted(append(list, calm, alarm, bad)), PauseWarn: 90 * time.Second, PauseAlarm: 3 * time.Minute}
	s.Count()
	f.Publish(0, s)
	lines := bytes.SplitAfter(allLines(f), []byte("\n"))
	l, err := parseLine(lines[0])
	if err != nil || len(l.rows) != firstRows || len(lines) < 4 {
		t.Fatalf("%d rows in the first of %d lines, %v", len(l.rows), len(lines), err)
	}
	var got []string
	for _, raw := range l.rows[:3] {
		got = append(got, DecodeRow(raw, time.Now()).SID.String())
	}
	if got[2] != "calm" || got[0] == got[1] || got[0] == "calm" || got[1] == "calm" {
		t.Errorf("first are %q", got)
	}
}

// TestQuestionsOnARow: a question that opens is on the row, whatever the deck
// publishes, until it closes.
func TestQuestionsOnARow(t *testing.T) {
	f := NewFeed(people)
	r := newReader(t, f)
	asking := []deck.Asking{{Session: "s1", Actor: "alice", Verb: "pause"}}
	a := rec("a", api.InProgress, 1)
	publish := func(a *deck.Recording) {
		f.Publish(0, &deck.Snapshot{Recordings: []*deck.Recording{a}})
		r.read(f)
	}
	check := func(when string, want []deck.Asking) {
		t.Helper()
		if diff := cmp.Diff(want, r.d.list[0].Asking); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	publish(a)
	f.Ask(0, sid("a"), asking)
	r.read(f)
	check("open", asking)
	publish(rec("a", api.Paused, 1))
	check("after a change", asking)
	f.Ask(0, sid("a"), nil)
	if r.read(f) == 0 {
		t.Error("that it is closed is not told")
	}
	check("closed", nil)
	if f.Ask(0, sid("a"), nil); r.read(f) != 0 {
		t.Error("nothing changed, and it was told")
	}
	if !bytes.Contains(f.Row(0, sid("a")), []byte(`"paused"`)) || len(f.Rows(0)) != 1 || f.Row(0, sid("b")) != nil {
		t.Error("the rows are others")
	}
}

// TestDepartures: who has missed more of them than are remembered gets a new
// snapshot.
func TestDepartures(t *testing.T) {
	f := NewFeed(people)
	r := newReader(t, f)
	var list []*deck.Recording
	for i := range maxLeft + 10 {
		list = append(list, rec(fmt.Sprint("r", i), api.InProgress, i))
	}
	f.Publish(0, &deck.Snapshot{Recordings: sorted(list)})
	r.read(f)
	f.Publish(0, &deck.Snapshot{Recordings: sorted(list[:5])})
	f.Publish(0, &deck.Snapshot{Recordings: sorted(list[:4])})
	r.read(f)
	if len(r.d.list) != 4 {
		t.Errorf("%d are left", len(r.d.list))
	}
}
