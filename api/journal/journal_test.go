package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/state"
	"tapedeck/api/text"
)

// texts lets cmp compare texts.
var texts = cmp.Comparer(func(a, b text.Text) bool { return a == b })

func TestAppendAndRead(t *testing.T) {
	who := Who{Actor: "alice", SudoUser: "bob", SSHClient: "192.0.2.7:51122", SSHKey: "SHA256:abc", TTY: "/dev/pts/3", Claimed: true, Session: "s-2"}
	full := Entry{
		Time: time.Date(2026, 3, 1, 3, 2, 11, 204e6, time.FixedZone("", 3600)), Event: Outcome, ID: "id-1", Who: who,
		Recording: rec1, Call: call, Conference: text.New("c\x1b[31m"), StatusBefore: "in-progress", StatusAsked: "paused",
		PauseBehavior: "skip", StatusAnswered: "paused", HTTPStatus: 200, Code: "20404", Latency: 412 * time.Millisecond,
		Outcome: "verified", Reason: "two\nlines", From: text.New("+13105550142"), To: text.New("+13105550199"),
		Until: time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC), ByTimer: true, Late: true, Seq: 77, Prev: "x",
	}
	for _, numbers := range []bool{false, true} {
		dir := t.TempDir()
		j := open(t, Options{Dir: dir, Numbers: numbers, Space: "acme", Project: "p-1", Profile: "eu"})
		appendAll(t, j, full, Entry{Event: Ack, Who: Who{Actor: "carol"}, Space: "other"})
		list := entries(t, dir, Filter{})
		if len(list) != 2 {
			t.Fatalf("%d entries, want 2", len(list))
		}
		want := full
		want.Time = full.Time.UTC()
		want.Seq, want.Prev, want.Late, want.Reason, want.Conference = 1, genesis, list[0].Late, "two lines", text.New("c\uFFFD[31m")
		want.Who, want.Space, want.Project, want.Profile = who.writtenBy(thisProcess()), "acme", "p-1", "eu"
		if !numbers {
			want.From, want.To = text.Text{}, text.Text{}
		}
		if diff := cmp.Diff(want, list[0], texts); diff != "" {
			t.Errorf("with numbers %v (-want +got):\n%s", numbers, diff)
		}
		got := list[1]
		if got.Actor != "carol" || got.PID != os.Getpid() || got.Space != "other" || got.Profile != "" || time.Since(got.Time) > time.Minute {
			t.Errorf("an entry of another person: %+v", got)
		}
		line := bytes.TrimSuffix(fileLines(t, dir, FileName)[0], []byte("\n"))
		if b, err := list[0].MarshalJSON(); err != nil || !bytes.Equal(b, line) {
			t.Errorf("an entry is marshaled as %s, %v, want %s", b, err, line)
		}
	}
}

func TestNoToken(t *testing.T) {
	const token = "PT0123456789abcdef0123456789abcdef0123456789abcdef"
	dir := t.TempDir()
	j := open(t, Options{Dir: dir, Hide: func(s string) string { return strings.ReplaceAll(s, "hunter2", "[hidden]") }})
	for _, s := range []string{token, "Basic cDoxMjM0NTY3OA==", "https://p:" + token + "@acme", "authorization: bearer abcdefgh12", "it is hunter2"} {
		appendAll(t, j, Entry{Event: Note, Reason: s, Code: s, Recording: text.New(s), Who: Who{Actor: s, Session: s}})
	}
	b, err := os.ReadFile(filepath.Join(dir, FileName))
	check(t, err)
	for _, secret := range []string{"0123456789abcdef", "cDoxMjM0", "abcdefgh12", "hunter2"} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("the journal holds %q:\n%s", secret, b)
		}
	}
	intact(t, dir)
}

func TestFilter(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	appendAll(t, j,
		Entry{ID: "1", Who: Who{Actor: "alice"}, Time: at, Recording: rec1, Call: call},
		Entry{ID: "2", Who: Who{Actor: "alice"}, Time: at.Add(time.Hour), Recording: text.New("other-0000"), Conference: text.New("conference-1")},
		Entry{ID: "3", Time: at.Add(2 * time.Hour), Who: Who{Actor: "root", SudoUser: "bob"}})
	tests := []struct {
		name string
		f    Filter
		want string
	}{
		{"all", Filter{}, "123"},
		{"since", Filter{Since: at.Add(time.Hour)}, "23"},
		{"recording", Filter{Recording: rec1.String()}, "1"},
		{"the end of a recording", Filter{Recording: "8142"}, "1"},
		{"too little of a recording", Filter{Recording: "142"}, ""},
		{"call", Filter{Call: call.String()}, "1"},
		{"conference", Filter{Call: "conference-1"}, "2"},
		{"actor", Filter{Actor: "alice"}, "12"},
		{"actor before sudo", Filter{Actor: "bob"}, "3"},
		{"both", Filter{Actor: "bob", Recording: "8142"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for _, e := range entries(t, dir, tt.f) {
				got += e.ID
			}
			if got != tt.want {
				t.Errorf("chooses %q, want %q", got, tt.want)
			}
		})
	}
}

// Reading goes on after a bad line, and names it.
func TestReadBadLine(t *testing.T) {
	dir := filled(t, 4, 0)
	l := fileLines(t, dir, FileName)
	l[1] = []byte("{\x1b]0;title\x07\n")
	l[2] = []byte(`{"seq":3,"time":"never"}` + "\n")
	writeLines(t, dir, FileName, append(l, []byte(strings.Repeat("x", 3*maxLine)+"\n"), []byte(`{"half`)))
	var got []string
	for e, err := range Read(dir, Filter{}) {
		if err == nil {
			got = append(got, e.ID)
			continue
		}
		if _, ok := errors.AsType[*LineError](err); !ok || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("error %q", err)
		}
		place, _, _ := strings.Cut(err.Error(), ": ")
		got = append(got, place)
	}
	want := []string{"w-1", "journal.jsonl:2", "journal.jsonl:3", "w-4", "journal.jsonl:5", "journal.jsonl:6"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
}

func TestConcurrentGoroutines(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 25 {
				_ = j.Append(request(fmt.Sprintf("%d-%d", i, n))) // late ones follow
			}
		})
	}
	wg.Wait()
	check(t, j.Close())
	if r := intact(t, dir); r.Lines != 200 {
		t.Errorf("%d lines, want 200", r.Lines)
	}
	last := map[string]int{} // each goroutine's entries are in its order
	for _, e := range entries(t, dir, Filter{}) {
		var i, n int
		_, err := fmt.Sscanf(e.ID, "%d-%d", &i, &n)
		check(t, err)
		if k := fmt.Sprint(i); last[k] != n {
			t.Errorf("entry %s after %d", e.ID, last[k])
		}
		last[fmt.Sprint(i)] = n + 1
	}
}

// Many processes, one journal, which is rotated meanwhile.
func TestConcurrentProcesses(t *testing.T) {
	dir := t.TempDir()
	const processes, lines = 5, 200
	var wg sync.WaitGroup
	for range processes {
		cmd := helper(t, "append", dir, fmt.Sprintf("JOURNAL_LINES=%d", lines), "JOURNAL_MAX=100000")
		wg.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Errorf("a process that appends: %v", err)
			}
		})
	}
	wg.Wait()
	r := intact(t, dir)
	if r.Lines != processes*lines || r.Files < 2 || len(r.Remarks) > 0 {
		t.Errorf("%d lines in %d files, %q, want %d", r.Lines, r.Files, r.Remarks, processes*lines)
	}
	ids := map[string]bool{}
	for _, e := range entries(t, dir, Filter{}) {
		ids[e.ID] = true
	}
	if len(ids) != processes*lines {
		t.Errorf("%d different IDs, want %d", len(ids), processes*lines)
	}
}

// While another process has the lock, Append says so within its limit, and the
// entries follow, marked late, in their order.
func TestLockHeld(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	appendAll(t, j, request("w-1"))
	_, end := startHelper(t, "hold", dir, "locked")
	began := time.Now()
	err := j.Append(request("w-2"))
	took := time.Since(began)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), LockName) || took < appendLimit || took > 10*time.Second { // the lock is held until the end of the test
		t.Errorf("Append: %v after %v, want ErrLocked after 50 ms", err, took)
	}
	if err := j.Append(outcome("w-2")); !errors.Is(err, ErrLocked) {
		t.Errorf("Append: %v, want ErrLocked", err)
	}
	if n, why := j.Pending(); n != 2 || !errors.Is(why, ErrLocked) {
		t.Errorf("%d pending, %v, want 2", n, why)
	}
	end()
	check(t, j.Close())
	var got []string
	for _, e := range entries(t, dir, Filter{}) {
		got = append(got, fmt.Sprintf("%s %s %v", e.Event, e.ID, e.Late))
	}
	if want := []string{"request w-1 false", "request w-2 true", "outcome w-2 true"}; !slices.Equal(got, want) {
		t.Errorf("the journal has %q, want %q", got, want)
	}
	intact(t, dir)
}

// A process that dies while it writes leaves half a line.
func TestTornLine(t *testing.T) {
	dir := filled(t, 3, 0)
	err := helper(t, "die", dir).Run()
	if err == nil {
		t.Fatal("the process did not die")
	}
	if r := intact(t, dir); r.Lines != 4 || len(r.Remarks) != 1 || !strings.Contains(r.Remarks[0], "the next start repairs it") {
		t.Errorf("before the repair: %+v", r)
	}
	staysIntact(t, dir, 6)
	if n := notes(t, dir); !strings.Contains(n, "cut off by a crash after line 3") || !strings.Contains(n, `"seq":4`) {
		t.Errorf("the note says %q", n)
	}
}

// A line that has lost nothing but its end is kept.
func TestLineWithoutEnd(t *testing.T) {
	dir := filled(t, 3, 0)
	l := fileLines(t, dir, FileName)
	l[2] = bytes.TrimSuffix(l[2], []byte("\n"))
	writeLines(t, dir, FileName, l)
	b, err := mark{2, hashOf(l[1][:len(l[1])-1]), 1, int64(len(l[0]) + len(l[1]))}.line()
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, HeadName), b, 0o600))
	staysIntact(t, dir, 6)
	if n := notes(t, dir); n != "line 3 had lost its end, which was put back" {
		t.Errorf("the note says %q", n)
	}
}

// Others may delete, replace or add to the files while a journal is open.
func TestFilesChangeMeanwhile(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	appendAll(t, j, request("w-1"), outcome("w-1"))
	for _, name := range []string{LockName, HeadName, FileName} {
		// The head is written after an outcome is on disk, beside who waits for that.
		for errors.Is(statError(filepath.Join(dir, HeadName)), os.ErrNotExist) {
			runtime.Gosched()
		}
		check(t, os.Remove(filepath.Join(dir, name)))
		appendAll(t, j, request("w-"+name), outcome("w-"+name))
	}
	f, err := os.OpenFile(filepath.Join(dir, FileName), os.O_APPEND|os.O_WRONLY, 0)
	check(t, err)
	_, err = f.WriteString("not an entry\n")
	check(t, errors.Join(err, f.Close()))
	appendAll(t, j, request("w-2"), outcome("w-2"))
	check(t, j.Close())
	n := notes(t, dir)
	for _, want := range []string{"lines are missing", "1 lines were found that do not continue the chain"} {
		if !strings.Contains(n, want) {
			t.Errorf("the notes are %q, want %q in them", n, want)
		}
	}
}

func statError(name string) error {
	_, err := os.Stat(name)
	return err
}

// A disk that is full: the entry is kept, nothing of it is in the file, and it
// follows when there is room.
func TestDiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		j := open(t, Options{Dir: dir})
		appendAll(t, j, request("w-1"))
		check(t, j.Wait())
		j.disk.Lock()
		write := j.store.write
		j.store.write = func(f *os.File, b []byte) (int, error) {
			n, _ := f.Write(b[:len(b)/3])
			return n, &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
		}
		j.disk.Unlock()
		began := time.Now()
		err := j.Append(request("w-2"))
		e, ok := errors.AsType[*Error](err)
		if !ok || !errors.Is(err, syscall.ENOSPC) || !e.Kept || e.Path != filepath.Join(dir, FileName) ||
			!strings.Contains(e.Hint(), "make room") || time.Since(began) > 0 {
			t.Errorf("Append: %v", err)
		}
		if want := "write " + dir + "/journal.jsonl: no space left on device; the entry follows by itself, marked late"; err.Error() != want {
			t.Errorf("Append: %v, want %s", err, want)
		}
		time.Sleep(time.Minute)
		if err := j.Append(outcome("w-2")); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Append: %v, want no space", err)
		}
		if r := intact(t, dir); r.Lines != 1 {
			t.Errorf("%d lines, want 1", r.Lines)
		}
		j.disk.Lock()
		j.store.write = write
		j.disk.Unlock()
		time.Sleep(maxRetry)
		synctest.Wait()
		if n, why := j.Pending(); n != 0 || why != nil {
			t.Errorf("%d pending, %v, want none", n, why)
		}
		appendAll(t, j, request("w-3"))
		check(t, j.Close())
		late := 0
		for _, e := range entries(t, dir, Filter{}) {
			if e.Late {
				late++
			}
		}
		if r := intact(t, dir); r.Lines != 4 || late != 2 {
			t.Errorf("%d lines, %d of them late, want 4 and 2", r.Lines, late)
		}
	})
}

// A dashboard that asked for nothing ends at once and without an error where the
// journal cannot be written: that it watched is not missed. What it asked for is.
func TestWatchingIsNotMissed(t *testing.T) {
	for name, tt := range map[string]struct {
		why  error
		also []Entry
		took time.Duration
		err  string
	}{
		"only watched":                    {syscall.EROFS, nil, closeGrace, ""},
		"asked for something":             {syscall.EROFS, []Entry{request("w")}, closeLimit, "1 of its entries were never written: "},
		"only watched, another has it":    {ErrLocked, nil, closeGrace, ""},
		"asked, and another has it still": {ErrLocked, []Entry{request("w")}, closeLimit + closeLocked, "1 of its entries were never written: "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, err := Open(Options{Dir: t.TempDir()})
				check(t, err)
				j.disk.Lock()
				j.store.write = func(*os.File, []byte) (int, error) { return 0, tt.why }
				j.disk.Unlock()
				_ = j.Append(Entry{Event: SessionBegan})
				for _, e := range tt.also {
					_ = j.Append(e)
				}
				_ = j.Append(Entry{Event: SessionEnded})
				began := time.Now()
				err = j.Close()
				if (err == nil) != (tt.err == "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
					t.Errorf("Close: %v, want %q", err, tt.err)
				}
				if took := time.Since(began); took > tt.took+closeGrace+firstRetry {
					t.Errorf("Close took %s, want %s at most", took, tt.took)
				}
			})
		})
	}
}

// A journal that cannot be written to the end says how much is lost, and does
// not hold up the end.
func TestNeverWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, err := Open(Options{Dir: t.TempDir()})
		check(t, err)
		j.disk.Lock()
		j.store.write = func(*os.File, []byte) (int, error) { return 0, syscall.EROFS }
		j.disk.Unlock()
		for range maxQueue {
			check(t, j.Enqueue(request("w")).err)
		}
		if err := j.Append(request("w")); !errors.Is(err, ErrFull) {
			t.Errorf("Append: %v, want ErrFull", err)
		}
		began := time.Now()
		err = j.Close()
		if err == nil || !errors.Is(err, syscall.EROFS) || !strings.HasPrefix(err.Error(), "10000 of its entries were never written: ") {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(began); took > closeLimit+time.Second {
			t.Errorf("Close took %v", took)
		}
		if err := j.Append(request("w")); !errors.Is(err, ErrClosed) {
			t.Errorf("Append: %v, want ErrClosed", err)
		}
	})
}

// A torn write that could not be taken back is mended by the next one.
func TestTornWriteMended(t *testing.T) {
	dir := t.TempDir()
	s := newStore(Options{Dir: dir})
	ok, err := s.tryLock()
	if !ok {
		t.Fatal(err)
	}
	defer s.close()
	s.write = func(f *os.File, b []byte) (int, error) {
		_, _ = f.Write(b[:50])
		_ = f.Close() // so that it cannot be cut either
		return 50, syscall.EIO
	}
	if _, err := s.append([]Entry{request("w-1")}); !errors.Is(err, syscall.EIO) {
		t.Errorf("append: %v", err)
	}
	s.write = (*os.File).Write
	_, err = s.append([]Entry{request("w-1")})
	check(t, err)
	check(t, s.firstHead())
	s.close()
	if r := intact(t, dir); r.Lines != 3 || !strings.Contains(notes(t, dir), "50 bytes of it were left") {
		t.Errorf("%+v", r)
	}
}

func TestRotation(t *testing.T) {
	dir := filled(t, 25, 1200)
	r := intact(t, dir)
	if r.Lines != 25 || r.Files < 5 {
		t.Errorf("%d lines in %d files", r.Lines, r.Files)
	}
	for i, e := range entries(t, dir, Filter{}) {
		if e.ID != fmt.Sprintf("w-%d", i+1) {
			t.Errorf("entry %d is %s", i+1, e.ID)
		}
	}
	staysIntact(t, dir, 27)
	// A crash after the rename and before the head.
	check(t, os.Rename(filepath.Join(dir, FileName), filepath.Join(dir, rotatedName(r.Files))))
	intact(t, dir)
	staysIntact(t, dir, 29)
	if n := notes(t, dir); n != "" {
		t.Errorf("the journal notes %q", n)
	}
}

func TestUnfinished(t *testing.T) {
	dir := t.TempDir()
	cmd, end := startHelper(t, "wish", dir, "requested")
	j := open(t, Options{Dir: dir})
	appendAll(t, j, request("own"))
	if list, err := unfinished(dir, time.Now()); err != nil || len(list) != 0 {
		t.Errorf("while its writer lives: %v, %v", list, err)
	}
	check(t, cmd.Process.Kill())
	end()
	list, err := unfinished(dir, time.Now())
	check(t, err)
	if len(list) != 1 || list[0].ID != "w-1" || list[0].Recording != rec1 || list[0].Actor != "alice" {
		t.Errorf("after its writer was killed: %+v", list)
	}
	appendAll(t, j, Entry{Event: Outcome, ID: "w-1", Outcome: "requested"})
	if list, err = unfinished(dir, time.Now()); err != nil || len(list) != 1 {
		t.Errorf("after %q: %v, %v", "requested", list, err)
	}
	appendAll(t, j, outcome("w-1"))
	if list, err = unfinished(dir, time.Now()); err != nil || len(list) != 0 {
		t.Errorf("with an outcome: %v, %v", list, err)
	}
}

// Two sessions that start at once after a crash: each request gets one outcome.
func TestSettle(t *testing.T) {
	dir := t.TempDir()
	cmd, end := startHelper(t, "wish", dir, "requested")
	check(t, cmd.Process.Kill())
	end()
	var all sync.WaitGroup
	var settled atomic.Int64
	for range 4 {
		j := open(t, Options{Dir: dir})
		all.Go(func() {
			n, err := j.Settle(t.Context(), func(request Entry) (Entry, bool) {
				e := outcome(request.ID)
				e.Recording = request.Recording
				return e, true
			})
			if err != nil {
				t.Error(err)
			}
			settled.Add(int64(n))
		})
	}
	all.Wait()
	if n := settled.Load(); n != 1 {
		t.Errorf("%d outcomes of one request", n)
	}
	if list, err := unfinished(dir, time.Now()); err != nil || len(list) != 0 {
		t.Errorf("left: %v, %v", list, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	j := open(t, Options{Dir: dir})
	release, err := j.lockSettling(ctx)
	check(t, err)
	cancel()
	if _, err := j.Settle(ctx, nil); !errors.Is(err, ErrLocked) {
		t.Errorf("while another one settles: %v", err)
	}
	release()
}

// A crash takes an auto-resume with it: who is told of the pause is told of it.
func TestLeftWithTimer(t *testing.T) {
	dir, until := t.TempDir(), time.Now().Add(time.Minute).UTC().Truncate(time.Millisecond)
	j := open(t, Options{Dir: dir, Space: "s", Project: "p"})
	timer := Entry{Event: Timer, Recording: rec1, Call: call, Until: until, Reason: "auto-resume set"}
	appendAll(t, j, request("w"), timer, outcome("w"), Entry{Event: Behind, Who: Who{Actor: "alice"}, Recording: rec1, Reason: "its terminal was lost"})
	list, err := leftBehind(t.Context(), dir, "s", "p")
	check(t, err)
	if len(list) != 1 || !list[0].Until.Equal(until) {
		t.Errorf("left: %+v, want it until %s", list, until)
	}
	resumed := outcome("r")
	resumed.StatusAsked, resumed.StatusAnswered = "in-progress", "in-progress"
	appendAll(t, j, resumed, request("again"), outcome("again"), Entry{Event: Behind, Who: Who{Actor: "alice"}, Recording: rec1, Reason: "quit"})
	list, err = leftBehind(t.Context(), dir, "s", "p")
	check(t, err)
	if len(list) != 1 || !list[0].Until.IsZero() {
		t.Errorf("left: %+v, want it without a timer", list)
	}
}

// Nobody can tell whether a process on another machine lives; its age tells.
func TestUnfinishedElsewhere(t *testing.T) {
	dir := t.TempDir()
	s := newStore(Options{Dir: dir})
	_, err := s.tryLock()
	check(t, err)
	e := request("far")
	e.Time, e.Host, e.PID = time.Now(), "elsewhere.example", 1
	_, err = s.append([]Entry{e})
	check(t, err)
	s.close()
	for age, want := range map[time.Duration]int{time.Minute: 0, time.Hour: 1} {
		if list, err := unfinished(dir, time.Now().Add(age)); err != nil || len(list) != want {
			t.Errorf("after %v: %d unfinished, %v, want %d", age, len(list), err, want)
		}
	}
}

// A full file whose new name is taken grows on, and one note says why.
func TestRotationFails(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir, MaxSize: 500})
	check(t, os.Mkdir(filepath.Join(dir, rotatedName(1)), 0o700))
	for range 5 {
		appendAll(t, j, request("w"))
		check(t, j.Wait())
	}
	check(t, j.Close())
	if n := notes(t, dir); strings.Count(n, "rename") > 1 {
		t.Errorf("the journal notes %q", n)
	}
	if err := os.Remove(filepath.Join(dir, rotatedName(1))); err != nil {
		t.Fatal(err)
	}
	if r := intact(t, dir); r.Files != 1 || r.Lines < 5 {
		t.Errorf("%+v", r)
	}
}

func TestHints(t *testing.T) {
	for _, err := range []error{ErrLocked, syscall.ENOSPC, syscall.EFBIG, syscall.EROFS, os.ErrPermission, &state.UnsafeError{}} {
		if e := asError(problem("write", "/x", err), ""); e.Hint() == "" || !errors.Is(e, err) {
			t.Errorf("%v has no hint", e)
		}
	}
}
