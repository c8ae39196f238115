//go:build linux || darwin

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
)

// team is a host with a service and several people.
type team struct {
	t      testing.TB
	p      program // where everybody may start it
	dir    string
	space  *space
	socket string
	log    *said
	serve  *exec.Cmd
	ended  chan struct{} // closed when that has ended
}

// said is what a program writes.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// member is somebody of a team: the zero value is who runs the test.
type member struct {
	uid  int
	name string
}

// otherUser returns another user of this system, by number.
func otherUser(t *testing.T, uid int) member {
	t.Helper()
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		t.Skipf("there is no user %d here: %v", uid, err)
	}
	return member{uid, u.Username}
}

// nogroup is a group for the people of a team that has other users.
const nogroup = 65534

// newTeam makes a host with these settings of the service, beside those of its
// project. All may enter its folder.
func newTeam(t testing.TB, p program, space *space, settings string) *team {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	h := &team{t: t, p: program{filepath.Join(dir, "tapedeck")}, dir: dir, space: space, socket: filepath.Join(dir, "s")}
	// It is never written by this process: a program that another test starts at
	// that moment would have it open for writing, and then it cannot be run.
	if err == nil && os.Link(p.path, h.p.path) != nil {
		err = exec.Command("cp", p.path, h.p.path).Run()
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "config.toml"), fmt.Appendf(nil,
			"space = %q\nproject = %q\ntoken = %q\ninterval = \"500ms\"\nstate_dir = %q\n%s",
			"http://"+space.addr, space.Project(), space.Token(), filepath.Join(dir, "state"), settings), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.kill()
		_ = os.RemoveAll(dir)
		if strings.Contains(h.log.String(), space.Token()) {
			t.Error("the service has written the token")
		}
	})
	h.start()
	return h
}

// start starts the service, and waits until it serves.
func (h *team) start() {
	h.t.Helper()
	h.log = &said{}
	h.serve = exec.Command(h.p.path, "serve", "--config", filepath.Join(h.dir, "config.toml"), "--socket", h.socket)
	h.serve.Env = clean(h.dir)
	h.serve.Stderr = h.log
	if err := h.serve.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(h.serve, h.ended)
	for began := time.Now(); !strings.Contains(h.log.String(), "serving "); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			h.t.Fatalf("it does not serve: %s", h.log)
		}
	}
}

// kill kills the service.
func (h *team) kill() {
	if h.serve.Process == nil {
		return // it was never started
	}
	_ = h.serve.Process.Kill()
	<-h.ended
}

// screen opens a dashboard of somebody, without any settings of its own.
func (h *team) screen(who member, args ...string) *terminal {
	h.t.Helper()
	return h.p.start(h.t, launch{args: args, env: []string{"TAPEDECK_SOCKET=" + h.socket}, uid: who.uid})
}

// entries returns what the journal has, which must be intact.
func (h *team) entries() (list []journal.Entry) {
	h.t.Helper()
	dir := filepath.Join(h.dir, "state")
	if r, err := journal.Verify(dir); err != nil || !r.Intact() {
		h.t.Errorf("the journal is not intact: %v, %v", r.Problems, err)
	}
	for e, err := range journal.Read(dir, journal.Filter{}) {
		if err != nil {
			h.t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// matches checks that each update of the space is a request of these people in
// the journal, in this order, with an outcome.
func (h *team) matches(people ...string) {
	h.t.Helper()
	var asked []string
	outcomes := map[string]string{}
	for _, e := range h.entries() {
		switch e.Event {
		case journal.Request:
			asked = append(asked, e.Actor+" "+e.UID+" "+e.Recording.String()+" "+e.StatusAsked+" "+e.ID)
		case journal.Outcome, journal.Seen:
			if e.Outcome != "" {
				outcomes[e.ID] = e.Outcome
			}
		}
	}
	updates := h.space.Updates()
	if len(asked) != len(people) || len(updates) != len(people) {
		h.t.Fatalf("%d requests are on record, and %d updates have come, want %d:\n%s\n%+v", len(asked), len(updates), len(people), strings.Join(asked, "\n"), updates)
	}
	for i, u := range updates {
		if want := people[i] + " " + u.SID + " " + u.Status + " "; !strings.HasPrefix(asked[i], want) {
			h.t.Errorf("on record is %q, want %q", asked[i], want)
		}
		id := asked[i][strings.LastIndexByte(asked[i], ' ')+1:]
		if got := outcomes[id]; got != "verified" && got != "accepted" {
			h.t.Errorf("the outcome of %q is %q", asked[i], got)
		}
	}
}

// testService has three dashboards on one service: what one does the others see,
// and nothing is lost or sent twice, whatever is killed.
func testService(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	sids := []string{space.begin(1), space.begin(2), space.begin(3), space.begin(4)}
	h := newTeam(t, p, space, "")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	by := me.Username + " " + me.Uid
	ana, ben, cem := h.screen(member{}), h.screen(member{}), h.screen(member{})
	for _, s := range []*terminal{ana, ben, cem} {
		s.see("live", "REC 4")
	}

	ana.selects(sids[0], "REC")
	ana.keys("p")
	ana.see("paused …a001 with silence: verified")
	began := time.Now()
	for _, s := range []*terminal{ben, cem} {
		s.see("PAUSED 1", "REC 3")
	}
	if took := time.Since(began); took > 500*time.Millisecond+soon {
		t.Errorf("the others see it %s later", took)
	}

	// A screen is killed in the middle of its update.
	space.hold()
	ana.keys("j")
	ana.selects(sids[1], "REC")
	ana.keys("p")
	space.waitUpdates(2)
	ana.signal(syscall.SIGKILL)
	<-ana.ended
	space.release()
	ben.see("PAUSED 2")

	testServiceKilled(h, ben, cem, sids)
	testServiceRestarted(h, ben, cem, sids[3])
	h.matches(by, by, by)
	ben.keys("p")
	ben.see("paused …a004 with silence: verified")
	h.matches(by, by, by, by)
}

// testServiceKilled kills the service in the middle of an update, which the space
// has.
func testServiceKilled(h *team, ben, cem *terminal, sids []string) {
	h.t.Helper()
	space := h.space
	space.hold()
	ben.keys("/status:in-progress\r")
	ben.see("2 of 4")
	ben.selects(sids[2], "REC")
	ben.typed = time.Now() // on a slow machine it is selected long after the filter was typed
	ben.keys("p")
	space.waitUpdates(3)
	ben.see("requested")
	h.kill()
	space.release()
	ben.see("service gone", "unknown")
	cem.see("service gone", "PAUSED 2")
	h.start()
	ben.see("paused …a003 with silence: verified", "live", "/ status:in-progress")
	ben.keys("j")
	cem.see("live", "PAUSED 3", "REC 1")
}

// testServiceRestarted restarts the service, and the screens go on as they were.
func testServiceRestarted(h *team, ben, cem *terminal, selects string) {
	t := h.t
	t.Helper()
	ben.selects(selects, "REC")
	if err := h.serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-h.ended
	if code := h.serve.ProcessState.ExitCode(); code != 143 {
		t.Errorf("the service ended with %d: %s", code, h.log)
	}
	cem.see("service gone")
	began := time.Now()
	h.start()
	for _, s := range []*terminal{ben, cem} {
		s.see("live")
		s.gone("service gone")
	}
	if took := time.Since(began); took > time.Second+soon {
		t.Errorf("the screens are back %s later", took)
	}
	ben.selects(selects, "REC")
	ben.see("/ status:in-progress")
}

// testTeam has people with different roles on one service: the kernel says who
// each is, the role what that may do, and the journal who did it.
func testTeam(t *testing.T, p program) {
	if os.Geteuid() != 0 {
		t.Skip("other users can be had by root only; package serve tests the roles with users that it invents")
	}
	operator, watcher := otherUser(t, 1), otherUser(t, 2)
	group, err := user.LookupGroupId(strconv.Itoa(nogroup))
	if err != nil {
		t.Skipf("there is no group %d here: %v", nogroup, err)
	}
	space := serveSpace(t, sim.Options{})
	sids := []string{space.begin(1), space.begin(2)}
	h := newTeam(t, p, space, fmt.Sprintf("socket_group = %q\n[roles.operator]\nmay = [\"view\", \"pause\", \"resume\"]\nusers = [%q]\n[roles.watcher]\nmay = [\"view\"]\nusers = [%q]\n",
		group.Name, operator.name, watcher.name))
	one, two, lead := h.screen(operator), h.screen(watcher), h.screen(member{})
	for _, s := range []*terminal{one, two, lead} {
		s.see("live", "REC 2")
	}
	one.see("operator")
	two.see("watcher")

	one.selects(sids[0], "REC")
	one.keys("p")
	one.see("paused …a001 with silence: verified")
	two.see("PAUSED 1", "REC 1")
	two.selects(sids[0], "PAUSED")
	two.see(operator.name)
	for key, verb := range map[string]string{"r": "resume", "X": "stop"} {
		two.keys(key)
		two.see("your role, watcher, may not " + verb)
	}
	one.keys("X")
	one.see("your role, operator, may not stop")

	lead.keys("G")
	lead.selects(sids[1], "REC")
	lead.keys("X")
	lead.see("Stop …a002: this cannot be undone")
	guard()
	lead.types("a002\r")
	lead.see("stopped …a002: verified")
	for _, s := range []*terminal{one, two} {
		s.gone("REC 1")
	}
	h.matches(operator.name+" 1", "root 0")
	if out := h.sessions(); !strings.Contains(out, operator.name) || !strings.Contains(out, watcher.name) {
		t.Errorf("tapedeck sessions:\n%s", out)
	}

	// Who leaves with a pause of their own open is said to have left it.
	one.signal(syscall.SIGKILL)
	<-one.ended
	for began := time.Now(); strings.Contains(h.sessions(), operator.name); time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("its session does not end:\n%s", h.sessions())
		}
	}
	next := h.screen(operator)
	next.see("live", "1 left behind", operator.name+" paused …a001", "its session ended", "r resume it, asks")
}

// sessions returns what tapedeck sessions says.
func (h *team) sessions() string {
	h.t.Helper()
	out, err := exec.Command(h.p.path, "sessions", "--socket", h.socket).CombinedOutput()
	if err != nil {
		h.t.Fatalf("tapedeck sessions: %v\n%s", err, out)
	}
	return string(out)
}
