//go:build linux || darwin

package main

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/sshd/clients"
)

// keyed is a host whose service people reach by SSH.
type keyed struct {
	*team
	address string
	hostKey ssh.PublicKey
}

// listening matches where the service says that it listens for SSH.
var listening = regexp.MustCompile(`listening for SSH on (\S+); host key`)

// privateKey returns the private key of a person, which is always the same.
func privateKey(person string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(fmt.Appendf(nil, "%-32s", person)[:ed25519.SeedSize])
}

// publicKey returns the key of a person as a key file has it.
func publicKey(t testing.TB, person string) string {
	t.Helper()
	key, err := ssh.NewPublicKey(privateKey(person).Public())
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + " " + person
}

// newKeyed makes a host with operators and viewers, by their names, whose service
// listens for SSH.
func newKeyed(t testing.TB, p program, space *space, operators, viewers []string, settings string) *keyed {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys")
	var lines []string
	for _, person := range slices.Concat(operators, viewers) {
		lines = append(lines, publicKey(t, person))
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	quoted := func(list []string) string { return strings.ReplaceAll(fmt.Sprintf("%q", list), " ", ", ") }
	h := &keyed{team: newTeam(t, p, space, fmt.Sprintf(
		"ssh_listen = \"127.0.0.1:0\"\nssh_keys = %q\n%s\n[roles.operator]\nmay = [\"all\"]\nkeys = %s\n[roles.viewer]\nmay = [\"view\"]\nkeys = %s\n",
		file, settings, quoted(operators), quoted(viewers)))}
	h.listens()
	return h
}

// listens takes where the service listens, which is another port after a restart.
func (h *keyed) listens() {
	h.t.Helper()
	m := listening.FindStringSubmatch(h.log.String())
	b, err := os.ReadFile(filepath.Join(h.dir, "state", "ssh_host_ed25519_key"))
	if m == nil || err != nil {
		h.t.Fatalf("it does not listen for SSH: %v\n%s", err, h.log)
	}
	key, err := ssh.ParsePrivateKey(b)
	if err != nil {
		h.t.Fatal(err)
	}
	h.address, h.hostKey = m[1], key.PublicKey()
}

// client prepares a client of a person, or skips the test by the client's name.
func (h *keyed) client(t testing.TB, name, person string) *clients.Client {
	t.Helper()
	c, err := clients.New(name, t.TempDir(), privateKey(person))
	if err != nil {
		t.Skip(err)
	}
	return c
}

// login opens a dashboard over SSH.
func (h *keyed) login(t testing.TB, c *clients.Client, options ...string) *terminal {
	t.Helper()
	args, err := c.Args(clients.Login{Address: h.address, HostKey: h.hostKey, User: "tapedeck", Terminal: true, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	return program{c.Path()}.start(t, launch{args: args, env: c.Environ()})
}

// command runs a command over SSH, without a terminal.
func (h *keyed) command(t *testing.T, c *clients.Client, command string) (out, errs string, code int) {
	t.Helper()
	args, err := c.Args(clients.Login{Address: h.address, HostKey: h.hostKey, User: "tapedeck", Command: command})
	if err != nil {
		t.Fatal(err)
	}
	var o, e said
	cmd := exec.Command(c.Path(), args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = c.Environ(), &o, &e
	_ = cmd.Run()
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// alone waits until no session is there any more.
func (h *keyed) alone(t *testing.T) {
	t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		cmd := exec.Command(h.p.path, "sessions", "--socket", h.socket)
		cmd.Env = clean(h.dir)
		out, err := cmd.CombinedOutput()
		if err == nil && !strings.Contains(string(out), "SHA256:") && !strings.Contains(string(out), "ana") {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("sessions are left: %v\n%s", err, out)
		}
	}
}

// testSSH has each real client work at the dashboard of a service: it pauses with
// one update, of which the journal has who it was, and leaves in each way.
func testSSH(t *testing.T, p program) {
	for _, name := range clients.Names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			space := serveSpace(t, sim.Options{})
			first := space.begin(10)
			space.begin(20)
			h := newKeyed(t, p, space, []string{"ana"}, []string{"ben"}, "")
			c := h.client(t, name, "ana")
			var options []string
			recording := "..a00a" // ASCII: what the client does not say is not known
			if name == "ssh" {
				options, recording = []string{"-o", "SendEnv=LANG"}, "…a00a"
			}
			s := h.login(t, c, options...)
			s.see("REC 2", "live", "as operator")
			s.selects(first, "REC")
			s.keys("p")
			s.see("PAUSED 1", "by you", recording) // which last, as the status line does not
			s.resize(100, 30)
			s.see("PAUSED 1", "REC 1")
			s.keys("?")
			s.see("Keys that change a recording")
			s.keys("?")
			s.keys("q")
			s.see("Quit? 1 recording that you paused is still paused")
			guard()
			s.keys("y")
			s.exit(0, soon)
			s.restored()
			h.record(t, 1)
			for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
				s = h.login(t, c)
				s.see("live", "PAUSED 1")
				s.signal(sig)
				<-s.ended
			}
			h.alone(t)
			h.record(t, 1)
			h.commands(t, name, first)
		})
	}
}

// commands runs commands by a client, as an operator and as a viewer: all of them by
// OpenSSH, two by each other one.
func (h *keyed) commands(t *testing.T, name, sid string) {
	ana, ben := h.client(t, name, "ana"), h.client(t, name, "ben")
	tests := []struct {
		by            *clients.Client
		command       string
		out, errs     string
		code, updates int
	}{
		{ana, "list --json --filter 'paused>0s'", sid, "", 0, 1},
		{ben, "resume " + sid + " --yes", "your role, viewer, may not resume", "", 4, 1},
		{ben, "show " + sid, "paused", "", 0, 1},
		{ana, "resume " + sid + " --yes", "", "", 0, 2},
		{ana, "sh -c 'echo hello'", "", "there are list, show, watch, pause, resume, ack, status", 2, 2},
		{ana, "show 00000000-0000-0000-0000-000000000000", "", "hint: tapedeck list has those that are", 5, 2},
	}
	if name != "ssh" {
		tests = tests[:2]
	}
	for _, tt := range tests {
		out, errs, code := h.command(t, tt.by, tt.command)
		if code != tt.code || !strings.Contains(out, tt.out) || !strings.Contains(errs, tt.errs) {
			t.Errorf("%s: exit code %d, %q, %q; want %d, %q, %q", tt.command, code, out, errs, tt.code, tt.out, tt.errs)
		}
		if n := len(h.space.updates()); n != tt.updates {
			t.Errorf("%s: %d updates, want %d", tt.command, n, tt.updates)
		}
	}
	h.record(t, tests[len(tests)-1].updates)
}

// testSSHMaster has three dashboards over one connection: each is on its own, and
// what one does the others see.
func testSSHMaster(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	first := space.begin(10)
	h := newKeyed(t, p, space, []string{"ana"}, nil, "")
	c := h.client(t, "ssh", "ana")
	path := filepath.Join(c.Dir(), "master")
	over := []string{"-o", "SendEnv=LANG", "-o", "ControlPath=" + path}
	screens := []*terminal{h.login(t, c, append(over, "-o", "ControlMaster=yes")...)}
	screens[0].see("live")
	for range 2 {
		screens = append(screens, h.login(t, c, over...))
	}
	for _, s := range screens {
		s.see("live", "REC 1")
	}
	screens[1].selects(first, "REC")
	screens[1].keys("p")
	for _, s := range screens {
		s.see("PAUSED 1")
	}
	screens[1].signal(syscall.SIGKILL)
	screens[2].keys("q")
	screens[2].exit(0, soon)
	screens[2].restored()
	screens[0].keys("q")
	screens[0].exit(0, soon)
	screens[0].restored()
	h.alone(t)
	next := h.login(t, c, over...)
	next.see("live", "1 left behind", "ana paused …a00a")
	h.record(t, 1)
}

// record checks that the updates of the space are those on record, and are ana's by
// the key that was proven.
func (h *keyed) record(t *testing.T, want int) {
	t.Helper()
	key, err := ssh.NewPublicKey(privateKey("ana").Public())
	if err != nil {
		t.Fatal(err)
	}
	(&shift{team: h.team}).settled()
	people := make([]string, want)
	for i := range people {
		people[i] = "ana " // no user of this host
	}
	h.matches(people...)
	for _, e := range h.entries() {
		if e.Event == journal.Request && (e.SSHKey != ssh.FingerprintSHA256(key) || e.SSHUser != "tapedeck" || e.Claimed || !strings.HasPrefix(e.SSHClient, "127.0.0.1")) {
			t.Errorf("on record is %+v", e.Who)
		}
	}
}

// testSSHRestart: who is there when the service is restarted is told so, has their
// terminal back, and finds what they have paused when they come again, to a host
// that has the same key.
func testSSHRestart(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	first := space.begin(10)
	h := newKeyed(t, p, space, []string{"ana"}, nil, "")
	c := h.client(t, "ssh", "ana")
	s := h.login(t, c, "-o", "SendEnv=LANG")
	s.see("live")
	s.selects(first, "REC")
	s.keys("p")
	s.see("PAUSED 1", "by you")
	before := h.hostKey
	if err := h.serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.exit(1, soon)
	s.see("the service is ending", "log in again")
	s.restored()
	<-h.ended
	h.start()
	h.listens()
	if string(h.hostKey.Marshal()) != string(before.Marshal()) {
		t.Error("the host has another key")
	}
	s = h.login(t, c, "-o", "SendEnv=LANG")
	s.see("live", "PAUSED 1", "by you") // who comes back has left nothing behind
	h.record(t, 1)
}
