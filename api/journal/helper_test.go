package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapedeck/api/text"
)

// TestMain runs as another process when JOURNAL_HELPER names one of helpers.
func TestMain(m *testing.M) {
	if name := os.Getenv("JOURNAL_HELPER"); name != "" {
		os.Exit(helpers[name]())
	}
	goleak.VerifyTestMain(m)
}

// helpers are what another process does, in JOURNAL_DIR.
var helpers = map[string]func() int{
	"append": helpAppend, "hold": helpHold, "wish": helpWish, "die": helpDie,
}

func helperError(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// helpAppend appends JOURNAL_LINES requests with rotation at JOURNAL_MAX.
func helpAppend() int {
	lines, _ := strconv.Atoi(os.Getenv("JOURNAL_LINES"))
	size, _ := strconv.ParseInt(os.Getenv("JOURNAL_MAX"), 10, 64)
	j, err := Open(Options{Dir: os.Getenv("JOURNAL_DIR"), MaxSize: size})
	if err != nil {
		return helperError(err)
	}
	var last *Pending
	for range lines {
		last = j.Enqueue(request(j.NewID()))
		if err := last.Wait(); err != nil && !errors.Is(err, ErrLocked) && !errors.Is(err, ErrSlow) {
			return helperError(err)
		}
	}
	if last != nil {
		<-last.landed // a busy machine may need longer than one Close
	}
	if err := j.Close(); err != nil {
		return helperError(err)
	}
	return 0
}

// helpHold locks the journal, says so, and holds it until its input ends.
func helpHold() int {
	s := newStore(Options{Dir: os.Getenv("JOURNAL_DIR")})
	if ok, err := s.tryLock(); !ok || err != nil {
		return helperError(fmt.Errorf("not locked: %w", err))
	}
	fmt.Println("locked")
	_, _ = os.Stdin.Read(make([]byte, 1))
	s.close()
	return 0
}

// helpWish appends a request, says so, and waits to be killed.
func helpWish() int {
	j, err := Open(Options{Dir: os.Getenv("JOURNAL_DIR")})
	if err == nil {
		err = j.Append(request("w-1"))
	}
	if err != nil {
		return helperError(err)
	}
	fmt.Println("requested")
	_, _ = os.Stdin.Read(make([]byte, 1))
	return 0
}

// helpDie appends half a line and dies.
func helpDie() int {
	s := newStore(Options{Dir: os.Getenv("JOURNAL_DIR")})
	s.write = func(f *os.File, b []byte) (int, error) {
		_, _ = f.Write(b[:len(b)/2])
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill()
		select {}
	}
	if ok, err := s.tryLock(); !ok || err != nil {
		return helperError(err)
	}
	_, err := s.append([]Entry{request("w-torn")})
	return helperError(err)
}

// helper returns another process that does what name says.
func helper(t *testing.T, name, dir string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), append(env, "JOURNAL_HELPER="+name, "JOURNAL_DIR="+dir, "GORACE=atexit_sleep_ms=0")...)
	cmd.Stderr = os.Stderr
	return cmd
}

// startHelper starts a helper that says a word and then waits; end lets it end.
func startHelper(t *testing.T, name, dir, word string) (cmd *exec.Cmd, end func()) {
	t.Helper()
	cmd = helper(t, name, dir)
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	check(t, err)
	if said != word+"\n" {
		t.Fatalf("the helper says %q, want %q", said, word)
	}
	return cmd, func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	rec1 = text.New("5b2f0c1e-7d1a-4c7e-9d2b-0a1b2c3d8142")
	call = text.New("0a1b2c3d-1111-4222-8333-444455556666")
)

func request(id string) Entry {
	return Entry{Time: time.Now(), Event: Request, ID: id, Who: Who{Actor: "alice"}, Recording: rec1, Call: call, StatusBefore: "in-progress",
		StatusAsked: "paused", PauseBehavior: "silence"}
}

func outcome(id string) Entry {
	return Entry{Event: Outcome, ID: id, Who: Who{Actor: "alice"}, Recording: rec1, Call: call, StatusAsked: "paused", StatusAnswered: "paused",
		HTTPStatus: 200, Latency: 120 * time.Millisecond, Outcome: "verified"}
}

// open opens a journal that the test closes.
func open(t testing.TB, o Options) *Journal {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	j, err := Open(o)
	check(t, err)
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return j
}

// appendAll appends entries; a machine so busy that 50 ms are too short is no
// failure of most tests.
func appendAll(t testing.TB, j *Journal, list ...Entry) {
	t.Helper()
	for _, e := range list {
		check(t, appended(j, e))
	}
}

// appended appends an entry, and waits on when it is written later.
func appended(j *Journal, e Entry) error {
	p := j.Enqueue(e)
	err := p.Wait()
	if errors.Is(err, ErrLocked) || errors.Is(err, ErrSlow) {
		<-p.landed
		return nil
	}
	return err
}

// filled returns a closed journal of n requests in a new directory.
func filled(t testing.TB, n int, size int64) (dir string) {
	t.Helper()
	dir = t.TempDir()
	j, err := Open(Options{Dir: dir, MaxSize: size})
	check(t, err)
	for i := range n {
		appendAll(t, j, request("w-"+strconv.Itoa(i+1)))
		if size > 0 {
			check(t, j.Wait()) // rotation comes after
			rotated(t, j, size)
		}
	}
	check(t, j.Close())
	return dir
}

// rotated waits until the file that is written is not full.
func rotated(t testing.TB, j *Journal, size int64) {
	t.Helper()
	for {
		j.disk.Lock()
		full := j.store.known && j.store.tail.Size >= size
		j.disk.Unlock()
		if !full {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// entries returns what Read yields, which must be without an error.
func entries(t testing.TB, dir string, f Filter) (list []Entry) {
	t.Helper()
	for e, err := range Read(dir, f) {
		check(t, err)
		list = append(list, e)
	}
	return list
}

// intact fails unless Verify finds nothing.
func intact(t testing.TB, dir string) Report {
	t.Helper()
	r, err := Verify(dir)
	check(t, err)
	for _, p := range r.Problems {
		t.Errorf("Verify: %s", p)
	}
	return r
}

// fileLines returns the lines of a file of a journal.
func fileLines(t testing.TB, dir, name string) [][]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	check(t, err)
	return slices.Collect(bytes.Lines(b))
}

func writeLines(t testing.TB, dir, name string, lines [][]byte) {
	t.Helper()
	check(t, os.WriteFile(filepath.Join(dir, name), bytes.Join(lines, nil), 0o600))
}

// reasons returns the reasons of the notes in a journal.
func notes(t testing.TB, dir string) string {
	t.Helper()
	var list []string
	for e, err := range Read(dir, Filter{}) {
		if err == nil && e.Event == Note {
			list = append(list, e.Reason)
		}
	}
	return strings.Join(list, "\n")
}
