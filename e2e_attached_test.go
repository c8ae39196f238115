//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tapedeck/api/local"
	"tapedeck/api/sim"
)

// hosted is tapedeck serve, as a process of its own.
type hosted struct {
	t    testing.TB
	p    program
	dir  string // of the socket, which others may enter
	env  []string
	args []string
	cmd  *exec.Cmd
}

// serve starts tapedeck serve for a space, with a settings file of the host.
func (p program) serve(t testing.TB, space *space, file string) *hosted {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "config.toml")
	if err := errorsOf(os.Chmod(dir, 0o755), os.WriteFile(path, []byte(file), 0o600)); err != nil {
		t.Fatal(err)
	}
	h := &hosted{t: t, p: p, dir: dir, args: []string{"serve", "--config", path, "--socket", socketIn(dir)}, env: clean(t.TempDir(), space.env()...)}
	h.up()
	t.Cleanup(func() { h.down(syscall.SIGKILL) })
	return h
}

// socketIn returns where the socket in a folder is.
func socketIn(dir string) string { return filepath.Join(dir, "s") }

// socket returns the path of its socket.
func (h *hosted) socket() string { return socketIn(h.dir) }

func errorsOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// up starts it, and waits until it serves.
func (h *hosted) up() {
	h.t.Helper()
	h.cmd = exec.Command(h.p.path, h.args...)
	h.cmd.Env = h.env
	errs, err := h.cmd.StderrPipe()
	if err == nil {
		err = h.cmd.Start()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	lines := bufio.NewScanner(errs)
	var said strings.Builder
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "serving ") {
			go func() {
				for lines.Scan() {
				}
			}()
			return
		}
	}
	h.t.Fatalf("it does not serve:\n%s", &said)
}

// down ends it by a signal.
func (h *hosted) down(sig syscall.Signal) {
	_ = h.cmd.Process.Signal(sig)
	_ = h.cmd.Wait()
}

// client is the environment of who has no settings but where the socket is.
func (h *hosted) client(more ...string) []string {
	return append([]string{"TAPEDECK_SOCKET=" + h.socket()}, more...)
}

// run runs a command of a client, and returns what it prints.
func (h *hosted) run(args ...string) string {
	h.t.Helper()
	cmd := exec.Command(h.p.path, args...)
	cmd.Env = clean(h.t.TempDir(), h.client()...)
	out, err := cmd.Output()
	if err != nil {
		h.t.Errorf("tapedeck %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// testAttached: a dashboard without settings shows the deck of the service, and
// what one does the others see. A restart of the service costs nothing: marks,
// selection and the pause are there again. Who quits is said to have quit, a
// session is ended by its ID, and a terminal that is lost ends its dashboard.
func testAttached(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	first, second := space.begin(10), space.begin(11)
	host := p.serve(t, space, "")
	ana := p.start(t, launch{env: host.client()})
	ana.selects(first, "REC")
	bo := p.start(t, launch{env: host.client()})
	bo.selects(first, "REC")
	ana.keys("p")
	ana.see("paused …a00a with silence: verified")
	bo.see("PAUSED 1")
	if got := space.updates(); len(got) != 1 {
		t.Errorf("updates: %q", got)
	}
	bo.keys("h")
	bo.see("pause …a00a with silence: verified")
	bo.keys("\x1b")

	ana.keys("j")
	ana.selects(second, "REC")
	ana.keys(" ")
	ana.see("* 1 marked")
	host.down(syscall.SIGTERM)
	ana.see("service gone", "reconnecting", "REC?")
	ana.keys("X")
	ana.see("cannot stop: the service is gone; this screen reconnects by itself")
	host.up()
	ana.see("live", "* 1 marked", "PAUSED 1")
	ana.gone("service gone", "the service is gone")
	ana.see("▌*REC", "…a00b  REC")

	bo.keys("\x1b")
	bo.see("live")
	ana.keys("q")
	ana.see("Quit? 1 recording that you paused is still paused")
	guard()
	ana.keys("y")
	ana.exit(0, patience)
	ana.restored()
	if _, err := os.Stat(filepath.Join(ana.home, "state")); err == nil {
		t.Error("a dashboard on a service has written into a state directory of its own")
	}

	host.endOther(bo)
	lost := p.start(t, launch{env: host.client()})
	lost.selects(first, "PAUSED")
	lost.signal(syscall.SIGHUP)
	lost.exit(129, soon)
	if got := space.updates(); len(got) != 1 {
		t.Errorf("updates: %q", got)
	}
}

// endOther ends the session of a dashboard, which says so.
func (h *hosted) endOther(s *terminal) {
	h.t.Helper()
	var list []local.Session
	if err := json.Unmarshal([]byte(h.run("sessions", "--json")), &list); err != nil {
		h.t.Fatal(err)
	}
	for _, session := range list {
		if session.PID == s.cmd.Process.Pid {
			if session.Command != "dashboard" || session.Claims.TTY == "" {
				h.t.Errorf("it is listed as %+v", session)
			}
			h.run("sessions", "end", session.ID)
			s.see("tapedeck: the dashboard ends: this session was ended by ", "hint: start tapedeck again")
			s.exit(1, patience)
			return
		}
	}
	h.t.Errorf("process %d is not listed: %+v", s.cmd.Process.Pid, list)
}

// testAttachedRole: the role is beside the space, a key that it has not says so
// at once, and what it may is done.
func testAttachedRole(t *testing.T, p program) {
	setpriv, err := exec.LookPath("setpriv")
	if os.Getuid() != 0 || err != nil {
		t.Skip("takes root, and setpriv, to be somebody else")
	}
	const uid = 65534
	space := serveSpace(t, sim.Options{})
	first := space.begin(10)
	host := p.serve(t, space, fmt.Sprintf("socket_group = \"%d\"\n[roles.operator]\nmay = [\"view\", \"pause\"]\nusers = [\"%d\"]\n", uid, uid))
	binary := filepath.Join(host.dir, "tapedeck")
	if err := errorsOf(os.Link(p.path, binary)); err != nil {
		t.Skip(err)
	}
	as := fmt.Sprintf("exec %s --reuid=%d --regid=%d --clear-groups %s", setpriv, uid, uid, binary)
	s := p.start(t, launch{env: host.client("HOME=/", "XDG_CONFIG_HOME=/none", "XDG_STATE_HOME=/none", "XDG_RUNTIME_DIR=/none"), shell: as})
	s.selects(first, "REC")
	s.see("as operator")
	for key, may := range map[string]string{"X": "stop", "r": "resume", " ": "change several at once", "t": "set an auto-resume"} {
		s.keys(key)
		s.see("your role, operator, may not " + may)
	}
	s.keys("p")
	s.see("paused …a00a with silence: verified", "PAUSED 1")
	if got := space.updates(); len(got) != 1 {
		t.Errorf("updates: %q", got)
	}
}

// testNoService: a service that has to be there and is not is said, and nothing
// goes on with the token that is there.
func testNoService(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	s := p.start(t, launch{env: space.env("TAPEDECK_SERVER=/no/such/socket")})
	s.see("cannot use the service at /no/such/socket: none runs there", "hint: or use your own settings and token with --server off")
	s.exit(6, patience)
	s = p.start(t, launch{env: space.env("TAPEDECK_SOCKET=/no/such/socket")})
	s.see("live", "no service runs at /no/such/socket: this dashboard uses the token of your settings", "systemctl status tapedeck")
	s = p.start(t, launch{env: space.env("TAPEDECK_SERVER=off", "TAPEDECK_SOCKET=/no/such/socket")})
	if screen := s.see("live"); strings.Contains(screen, "no service") {
		t.Errorf("a service that is not wanted is missed\n%s", screen)
	}
}
