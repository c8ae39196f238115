//go:build unix

package serve

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/local"
)

// again starts the service anew on the state and the spaces of w, which has
// ended.
func (w *world) again(t testing.TB, o setting) *world {
	t.Helper()
	o.dir, o.spaces, o.keep = w.dir, w.spaces, true
	next := start(t, o)
	next.wait("the deck has seen its recordings", func() bool { return !next.server.projects[0].Deck.Snapshot().Health.Complete.IsZero() })
	return next
}

// TestRestart: who paused what, acknowledgements and auto-resumes outlive the
// service; an auto-resume whose time passed while nobody ran alarms, and does not
// resume.
func TestRestart(t *testing.T) { synctest.Test(t, testRestart) }

func testRestart(t *testing.T) {
	w := start(t, setting{pipes: true, keep: true})
	acked, timed, late := w.begin("in-progress"), w.begin("in-progress"), w.begin("in-progress")
	c := w.as("alice")
	for i, sid := range []string{acked, timed, late} {
		c.request(local.Request{ID: "request-" + string(rune('0'+i)), SID: sid, Update: "pause", Behavior: "skip"})
	}
	c.post(local.PathAcknowledge, local.Acknowledge{SID: acked, Wait: 3600, Reason: "on the phone"})
	c.post(local.PathTimer, local.Timer{SID: timed, After: 300})
	c.post(local.PathTimer, local.Timer{SID: late, After: 60})
	check(t, w.stop())

	time.Sleep(2 * time.Minute)
	w = w.again(t, setting{pipes: true})
	posts := &w.spies[0].posts
	row := func(sid string) string { return string(w.as("bob").do("GET", local.PathRecordings+"/"+sid, nil).body) }
	for _, sid := range []string{acked, timed, late} {
		if got := row(sid); !strings.Contains(got, `"behavior":"skip","actor":"alice"`) {
			t.Errorf("who paused it is lost: %s", got)
		}
	}
	if got := row(acked); !strings.Contains(got, `"reason":"on the phone"`) {
		t.Errorf("the acknowledgement is lost: %s", got)
	}
	if got := row(timed); !strings.Contains(got, `"timer":{"at":`) {
		t.Errorf("the auto-resume is lost: %s", got)
	}
	if got := row(late); !strings.Contains(got, `"err":"its time came `) || !strings.Contains(got, `"status":"paused"`) {
		t.Errorf("the auto-resume that is late: %s", got)
	}
	if posts.Load() != 0 {
		t.Errorf("%d updates were sent at the start", posts.Load())
	}
	time.Sleep(3*time.Minute + 10*time.Second)
	if got := row(timed); !strings.Contains(got, `"status":"in-progress"`) || posts.Load() != 1 {
		t.Errorf("%d updates were sent when the time had come: %s", posts.Load(), got)
	}
}

// TestKeptAtOnce: what was acknowledged or set is on disk before its asker is
// told, so that a crash loses none of it.
func TestKeptAtOnce(t *testing.T) {
	w := start(t, setting{keep: true})
	sid := w.begin("in-progress")
	c := w.as("alice")
	c.request(pause("request-1", sid))
	kept := func() string {
		b, err := os.ReadFile(filepath.Join(w.dir, keptName))
		check(t, err)
		return string(b)
	}
	c.post(local.PathTimer, local.Timer{SID: sid, After: 300})
	if got := kept(); !strings.Contains(got, `"timer":{"actor":{"actor":"alice"`) {
		t.Errorf("the auto-resume is not kept: %s", got)
	}
	c.post(local.PathAcknowledge, local.Acknowledge{SID: sid, Wait: 300, Reason: "known"})
	if got := kept(); !strings.Contains(got, `"reason":"known"`) {
		t.Errorf("the acknowledgement is not kept: %s", got)
	}
	st, err := os.Stat(filepath.Join(w.dir, keptName))
	check(t, err)
	if st.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %o", st.Mode().Perm())
	}
}

// TestKeptOnChange: a poll in which nothing changed writes nothing.
func TestKeptOnChange(t *testing.T) { synctest.Test(t, testKeptOnChange) }

func testKeptOnChange(t *testing.T) {
	w := start(t, setting{pipes: true, keep: true})
	w.begin("paused")
	time.Sleep(5 * time.Second)
	synctest.Wait()
	path := filepath.Join(w.dir, keptName)
	before, err := os.Stat(path)
	check(t, err)
	time.Sleep(time.Minute)
	synctest.Wait()
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was written again though nothing changed (%v)", err)
	}
}

// TestLeftOverRestart: pauses left behind are offered by the next run, too; and
// one whose screen does not come back after a restart has left hers.
func TestLeftOverRestart(t *testing.T) { synctest.Test(t, testLeftOverRestart) }

func testLeftOverRestart(t *testing.T) {
	w := start(t, setting{pipes: true, keep: true, roles: twoRoles})
	hers, his := w.begin("in-progress"), w.begin("in-progress")
	alice, carol := w.as("alice"), w.as("carol")
	watch := alice.watch("")
	watch.until("synced")
	carol.watch("").until("synced")
	alice.request(pause("request-1", hers))
	carol.request(pause("request-2", his))
	watch.cancel()
	alice.http.CloseIdleConnections()
	time.Sleep(sessionGrace + time.Second)
	left := func() (list []string) {
		for _, l := range fetch[local.Left](w.as("carol"), local.PathLeft).Left {
			list = append(list, l.Actor+" "+l.SID)
		}
		return list
	}
	if got := left(); len(got) != 1 || got[0] != "alice "+hers {
		t.Fatalf("left are %q", got)
	}
	check(t, w.stop())
	w = w.again(t, setting{pipes: true, roles: twoRoles})
	if got := left(); len(got) != 1 || got[0] != "alice "+hers {
		t.Errorf("after a restart, left are %q", got)
	}
	time.Sleep(returnGrace + time.Second)
	if got := left(); len(got) != 2 {
		t.Errorf("after a minute, left are %q", got)
	}
	why := ""
	for _, e := range w.entries() {
		if e.Event == journal.Behind && e.Actor == "carol" {
			why = e.Reason
		}
	}
	if !strings.Contains(why, "did not come back after a restart") {
		t.Errorf("the journal says %q", why)
	}
}

// TestComesBack: one whose screen comes back after a restart has left nothing.
func TestComesBack(t *testing.T) { synctest.Test(t, testComesBack) }

func testComesBack(t *testing.T) {
	w := start(t, setting{pipes: true, keep: true})
	sid := w.begin("in-progress")
	c := w.as("alice")
	c.watch("").until("synced")
	c.request(pause("request-1", sid))
	check(t, w.stop())
	w = w.again(t, setting{pipes: true})
	w.as("alice").watch("").until("synced")
	time.Sleep(returnGrace + time.Second)
	if got := fetch[local.Left](w.as("alice"), local.PathLeft).Left; len(got) != 0 {
		t.Errorf("left are %+v", got)
	}
}

// TestOddKept: a file that cannot be read is said, and costs what is in it only.
func TestOddKept(t *testing.T) {
	tests := []struct {
		name string
		make func(path string) error
		says string
	}{
		{"no JSON", func(p string) error { return os.WriteFile(p, []byte("{"), 0o600) }, "unexpected end of JSON"},
		{"another version", func(p string) error { return os.WriteFile(p, []byte(`{"version":9}`), 0o600) }, "it is of version 9"},
		{"a link", func(p string) error { return os.Symlink("/etc/passwd", p) }, "symbolic link"},
		{"a folder", func(p string) error { return os.Mkdir(p, 0o700) }, ""},
		{"others may write it", func(p string) error {
			if err := os.WriteFile(p, []byte(`{"version":1}`), 0o600); err != nil {
				return err
			}
			return os.Chmod(p, 0o666)
		}, "others may write it"},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		check(t, os.Chmod(dir, 0o700))
		check(t, tt.make(filepath.Join(dir, keptName)))
		kept, err := OpenKept(dir)
		if kept == nil || err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "are lost") {
			t.Errorf("%s: %v, %v", tt.name, kept != nil, err)
			continue
		}
		if got := kept.Deck("x", "y"); len(got.Recordings) != 0 {
			t.Errorf("%s: something is kept: %+v", tt.name, got)
		}
	}
}

// TestOneServiceKeeps: a state directory is that of one service, and of the next
// one as soon as that has ended.
func TestOneServiceKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "state")
		first, err := LockKept(dir)
		check(t, err)
		began := time.Now()
		_, err = LockKept(dir)
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.What, dir+": another tapedeck serve keeps") || e.Next == "" {
			t.Errorf("a second one: %v", err)
		}
		if took := time.Since(began); took < lockTime {
			t.Errorf("it was refused after %v, while the first may have been ending", took)
		}
		time.AfterFunc(lockTime/20, first)
		second, err := LockKept(dir)
		if err != nil {
			t.Fatalf("after the first: %v", err)
		}
		second()
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LockKept(filepath.Join(dir, "file")); err == nil || !strings.Contains(err.Error(), "not a folder") {
			t.Errorf("a file: %v", err)
		}
	})
}
