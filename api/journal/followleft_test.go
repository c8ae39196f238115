package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/text"
)

// add appends entries to the journal in dir, by whoever they say.
func add(t *testing.T, dir string, list ...Entry) {
	t.Helper()
	s := newStore(Options{Dir: dir})
	ok, err := s.tryLock()
	if check(t, err); !ok {
		t.Fatal("the journal is locked")
	}
	defer s.close()
	for i := range list {
		list[i].Time = time.Now()
		if list[i].Project == "" {
			list[i].Space, list[i].Project = "s", "p"
		}
	}
	_, err = s.append(list)
	check(t, err)
}

// found looks at the journal, and returns what is left behind: who, and why.
func (f *Follower) found(t *testing.T) string {
	t.Helper()
	f.noteLeft(f.look(t.Context()))
	var out []string
	for _, l := range f.left.list {
		out = append(out, strings.TrimSpace(l.Actor+" …"+l.Recording.String()[max(0, len(l.Recording.String())-4):]+" "+l.Why))
	}
	return strings.Join(out, ", ")
}

// One session looks on while others pause, take over, quit and die.
func TestFollowLeftBehind(t *testing.T) {
	dir := t.TempDir()
	host := mustHostname(t)
	first, endFirst := startWho(t)
	second, endSecond := startWho(t)
	first.Actor, first.Host, second.Actor, second.Host = "alice", host, "bob", host
	other := func(w Who, sid, id string) []Entry {
		a, b := request(id).by(w), outcome(id).by(w)
		a.Recording, b.Recording = text.New(sid), text.New(sid)
		return []Entry{a, b}
	}
	about := func(e Entry, sid string) Entry { e.Recording = text.New(sid); return e }
	elsewhere := other(first, "rec-far0", "far")
	for i := range elsewhere {
		elsewhere[i].Space, elsewhere[i].Project = "s", "q"
	}
	resumed := outcome("r").by(second)
	resumed.Recording, resumed.StatusAsked, resumed.StatusAnswered = text.New("rec-0003"), "in-progress", "in-progress"
	f := Follow(dir, "s", "p")
	steps := []struct {
		name string
		do   func()
		want string
	}{
		{"there is no journal", func() {}, ""},
		{"two live sessions have paused", func() {
			add(t, dir, append(append(other(first, "rec-0001", "1"), other(second, "rec-0002", "2")...), elsewhere...)...)
		}, ""},
		{"one quits knowingly", func() { add(t, dir, about(Entry{Event: Behind, Reason: "quit"}.by(second), "rec-0002")) }, "bob …0002 quit"},
		{"the other takes it over", func() { add(t, dir, about(Entry{Event: Ack, Reason: "taken over"}.by(first), "rec-0002")) }, ""},
		{"it pauses another, in a file that is rotated", func() {
			add(t, dir, other(first, "rec-0003", "3")...)
			check(t, os.Rename(filepath.Join(dir, FileName), filepath.Join(dir, rotatedName(1))))
			add(t, dir, Entry{Event: Note}.by(second))
		}, ""},
		{"it is killed", func() { endFirst() }, "alice …0001, alice …0002, alice …0003"},
		{"one of them is resumed by somebody else", func() { add(t, dir, resumed) }, "alice …0001, alice …0002"},
		{"nothing happens", func() {}, "alice …0001, alice …0002"},
		{"one is acknowledged, which makes it somebody's", func() { add(t, dir, about(Entry{Event: Ack, Reason: "card"}.by(second), "rec-0001")) }, "alice …0002"},
		{"who then dies as well", func() { endSecond() }, "bob …0001, alice …0002"},
	}
	versions := map[int]bool{}
	for _, s := range steps {
		s.do()
		if got := f.found(t); got != s.want {
			t.Errorf("%s: left behind is %q, want %q", s.name, got, s.want)
		}
		versions[f.left.version] = true
		fresh := Follow(dir, "s", "p")
		if got := fresh.found(t); got != s.want {
			t.Errorf("%s: who looks for the first time finds %q, want %q", s.name, got, s.want)
		}
	}
	if len(versions) != 7 {
		t.Errorf("%d versions, want one for each change, and the first", len(versions))
	}
	l := f.left.list[0]
	if l.Since.Sub(l.Paused) <= 0 || !l.Ended.IsZero() {
		t.Errorf("since %s, paused %s, ended %s: want it since it was acknowledged", l.Since, l.Paused, l.Ended)
	}
}

// startWho starts another process, which kill ends without a word.
func startWho(t *testing.T) (w Who, kill func()) {
	t.Helper()
	cmd := helper(t, "run", t.TempDir())
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	b := make([]byte, 200)
	n, err := out.Read(b)
	check(t, err)
	pid, started, _ := strings.Cut(strings.TrimSpace(string(b[:n])), " ")
	number, err := strconv.Atoi(pid)
	check(t, err)
	kill = sync.OnceFunc(func() { endProcess(t, cmd); _ = in.Close() })
	t.Cleanup(kill)
	return Who{PID: number, Started: started}, kill
}

func endProcess(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	check(t, cmd.Process.Kill())
	_ = cmd.Wait()
}

func init() {
	helpers["run"] = func() int {
		fmt.Println(os.Getpid(), ownStart())
		_, _ = os.Stdin.Read(make([]byte, 1))
		return 0
	}
}

// Whoever waits is told of each change once, and of none where nothing changes.
func TestFollowLeftBehindWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		dir := t.TempDir()
		f := Follow(dir, "s", "p")
		var ended sync.WaitGroup
		ended.Go(func() { f.Run(ctx) })
		list, version, err := f.LeftBehind(ctx, 0)
		if len(list) != 0 || version != 1 || err != nil {
			t.Errorf("at first %+v, version %d, %v", list, version, err)
		}
		self := Who{Actor: "ana"}.writtenBy(thisProcess())
		add(t, dir, request("w").by(self), outcome("w").by(self))
		go func() {
			time.Sleep(10500 * time.Millisecond)
			add(t, dir, Entry{Event: Behind, Recording: rec1, Reason: "its terminal was lost"}.by(self))
		}()
		began := time.Now()
		list, version, err = f.LeftBehind(ctx, version)
		if took := time.Since(began); len(list) != 1 || version != 2 || err != nil || took < 10*time.Second || took > 12*time.Second {
			t.Errorf("after %s %+v, version %d, %v", took, list, version, err)
		}
		if again, v, err := f.LeftBehind(ctx, 0); len(again) != 1 || v != version || err != nil {
			t.Errorf("another one is told %+v, version %d, %v", again, v, err)
		}
		time.AfterFunc(time.Minute, cancel)
		if _, v, err := f.LeftBehind(ctx, version); !errors.Is(err, context.Canceled) || v != version {
			t.Errorf("nothing has changed: version %d, %v", v, err)
		}
		ended.Wait()
	})
}

// The looks are at full seconds, as the ticks of screens are.
func TestFollowWithTheClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		dir := t.TempDir()
		f := Follow(dir, "s", "p")
		time.Sleep(300 * time.Millisecond)
		var ended sync.WaitGroup
		ended.Go(func() { f.Run(ctx) })
		_, version, _ := f.LeftBehind(ctx, 0)
		time.Sleep(400 * time.Millisecond)
		self := Who{Actor: "ana"}.writtenBy(thisProcess())
		add(t, dir, request("w").by(self), outcome("w").by(self), Entry{Event: Behind, Recording: rec1, Reason: "its terminal was lost"}.by(self))
		limit, stop := context.WithTimeout(ctx, time.Minute)
		defer stop()
		if _, _, err := f.LeftBehind(limit, version); err != nil || !time.Now().Equal(time.Now().Truncate(time.Second)) {
			t.Errorf("it looks at %s: %v", time.Now().Format("05.000"), err)
		}
		cancel()
		ended.Wait()
	})
}

// What cannot be read takes nothing away; what is found again is no change.
func TestFollowLeftBehindUnreadable(t *testing.T) {
	dir := t.TempDir()
	self := Who{Actor: "ana"}.writtenBy(thisProcess())
	add(t, dir, request("w").by(self), outcome("w").by(self), Entry{Event: Behind, Recording: rec1, Reason: "quit"}.by(self))
	f := Follow(dir, "s", "p")
	const want = "ana …8142 quit"
	name := filepath.Join(dir, FileName)
	for _, step := range []func(){
		func() {},
		func() { check(t, os.Rename(name, name+".away")); check(t, os.Mkdir(name, 0o700)) },
		func() { check(t, os.Remove(name)) },
		func() { check(t, os.Rename(name+".away", name)) },
		func() { f.file = nil }, // as after lines were cut off
	} {
		step()
		if got := f.found(t); got != want || f.left.version != 1 {
			t.Errorf("left behind is %q, version %d, want %q, 1", got, f.left.version, want)
		}
	}
}

// What is kept for the pauses that may be left behind is bounded.
func TestFollowLeftBehindIsBounded(t *testing.T) {
	f := Follow(t.TempDir(), "s", "p")
	self := Who{Actor: "ana"}.writtenBy(thisProcess())
	old := time.Now().Add(-followWindow - time.Hour)
	for i := range 3 * maxRequests {
		sid := text.New("rec-" + strconv.Itoa(i))
		a, b := request(strconv.Itoa(i)).by(self), outcome(strconv.Itoa(i)).by(self)
		timer := Entry{Event: Timer, Until: old}.by(self)
		list := []Entry{a, timer, b}
		for j := range list {
			list[j].Time, list[j].Recording, list[j].Space, list[j].Project = old, sid, "s", "p"
		}
		f.take(list)
	}
	b := f.behind
	if len(b.requests) > maxRequests || len(b.order) > maxRequests || len(b.held) > maxPauses || len(b.until) > maxPauses {
		t.Errorf("%d requests, %d IDs, %d pauses, %d timers are kept", len(b.requests), len(b.order), len(b.held), len(b.until))
	}
}
