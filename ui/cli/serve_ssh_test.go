//go:build linux || darwin

package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/background"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/sshd"
	"tapedeck/config"
	"tapedeck/ui/remote"
)

// loginKey returns the key with a number, and the line of a key file that has it.
func loginKey(t *testing.T, n byte, comment string) (key gossh.Signer, line string) {
	t.Helper()
	key, err := gossh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize)))
	must(t, err)
	return key, strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key.PublicKey()))) + " " + comment + "\n"
}

// keyFile writes a key file with the keys 1, 2, … of these comments.
func keyFile(t *testing.T, comments ...string) (path string) {
	t.Helper()
	text := ""
	for i, c := range comments {
		_, line := loginKey(t, byte(i+1), c)
		text += line
	}
	path = filepath.Join(t.TempDir(), "keys")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// dialSSH logs in at an address with a key.
func dialSSH(t *testing.T, address string, key byte) *gossh.Client {
	t.Helper()
	k, _ := loginKey(t, key, "")
	c, err := gossh.Dial("tcp", address, &gossh.ClientConfig{
		User: "anybody", Auth: []gossh.AuthMethod{gossh.PublicKeys(k)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: patience,
	})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// runSSH runs a command over a connection.
func runSSH(t *testing.T, c *gossh.Client, line string) (code int, stdout, stderr string) {
	t.Helper()
	se, err := c.NewSession()
	must(t, err)
	defer func() { _ = se.Close() }()
	_ = se.Setenv("LANG", "C.UTF-8")
	var out, errs bytes.Buffer
	se.Stdout, se.Stderr = &out, &errs
	return exitOfSSH(t, se.Run(line)), out.String(), errs.String()
}

func exitOfSSH(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	e, ok := errors.AsType[*gossh.ExitError](err)
	if !ok {
		t.Errorf("no exit status: %v", err)
		return -1
	}
	return e.ExitStatus()
}

// overSSH has a service listen for SSH as tapedeck serve does, with the keys 1, of the
// role lead, and 2, which may look.
func (s *through) overSSH(settings config.Config) (address string) {
	s.t.Helper()
	doors, err := sshd.OpenDoors(sshd.Files{Keys: keyFile(s.t, "lead", "looker")}, nil)
	must(s.t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(s.t, err)
	key, _ := loginKey(s.t, 99, "")
	srv, err := sshd.New(sshd.Options{HostKey: key, Gate: doors.Gate, Handler: remote.New(remote.Options{
		Service: insiders{s.server}, Settings: settings, Run: remoteCommand(settings, "v1"),
	})})
	must(s.t, err)
	ctx, end := context.WithCancelCause(context.Background())
	over := make(chan error, 1)
	go func() { over <- srv.Run(ctx, l) }()
	s.t.Cleanup(func() { end(sshd.ErrEnding); must(s.t, <-over) })
	return l.Addr().String()
}

// hostSettings are those of a service without a settings file.
func hostSettings(t *testing.T) config.Config {
	t.Helper()
	c, err := config.Demo(config.Sources{})
	must(t, err)
	return c
}

// TestCommandsOverSSH: each command over SSH has the output and the exit code that it
// has at home, asks nothing where nobody can answer, and may what its role may.
func TestCommandsOverSSH(t *testing.T) {
	ended := "5e4d3c2b-2222-4eee-8fff-00000000ebd0"
	s := serveThrough(t, spaceWith(
		sim.Begin{SID: sidA, From: "+13105550142", To: "+13105550199"}, sim.Begin{SID: sidC},
		sim.Begin{SID: ended, Status: "completed", StartedAgo: 48 * time.Hour, DateUpdatedAgo: 47 * time.Hour}), deck.Config{Interval: deck.MinInterval})
	address := s.overSSH(hostSettings(t))
	leads, looks := dialSSH(t, address, 1), dialSSH(t, address, 2)
	for _, line := range []string{
		"list --json=sid,status,tapedeck.who", "list --filter status:paused", "list --csv --ended --filter x:y", "list --sort who --reverse --json=sid", "list --sort nothing", "list --reverse", "list x",
		"list --filter 'status:'", "list --timeout 1h", "list --json=", "list --json=nothing", "list --mask-numbers --json=tapedeck.who", "list --ascii --json=tapedeck.who",
		"show 8142 --json=status", "show " + ended + " --json=status", "show 0000", "show", "show 8", "show 8142 c07a --json=sid",
		"status", "status --tmux", "status --json --tmux", "status --timeout 1h",
		"pause 0000", "pause 8142 --silence --skip", "pause 8142 --resume-after 99h", "pause 8142 --if-status paused", "resume 8142 --yes", "resume 8142", "ack", "ack 8142 --for 99h", "ack 8142",
		"list --help", "pause --resume-after",
	} {
		words, err := remote.Split(line)
		must(t, err)
		code, out, errs := call(t, s.app, words...)
		remoteCode, remoteOut, remoteErrs := runSSH(t, leads, line)
		if strings.HasSuffix(line, "--help") {
			out, _, _ = strings.Cut(out, "Flags:")
			remoteOut, _, _ = strings.Cut(remoteOut, "Flags:")
		}
		if code != remoteCode || out != remoteOut || errs != remoteErrs {
			t.Errorf("%s: over SSH %d %q %q\nat home %d %q %q", line, remoteCode, remoteOut, remoteErrs, code, out, errs)
		}
	}
	line := func(cells ...string) string { return strings.Join(cells, "\t") + "\n" }
	for _, step := range []struct {
		by          *gossh.Client
		line        string
		code        int
		out, stderr string
	}{
		{leads, "pause 8142 --skip", 0, line(sidA, "pause", "verified", "0", "paused", ""), ""},
		{leads, "pause c07a --resume-after 90s --json=outcome", 0, `"verified"`, ""},
		{leads, `ack c07a --reason "card is read" --for 2m`, 0, "acknowledged", ""},
		{leads, "resume 8142", 2, "", "cannot ask whether to resume: standard input is no terminal; nothing was sent"},
		{leads, "resume 8142 --yes", 0, line(sidA, "resume", "verified", "0", "in-progress", ""), ""},
		{leads, "list --filter by:me --json=sid", 0, sidC, ""},
		{looks, "list --filter by:me --json=sid", 0, "[]\n", ""},
		{leads, "list --profile us", 2, "", "it does not serve the project of these settings: it has eu\n  hint: name one of these with --profile NAME"},
		{leads, "list --profile eu --json=sid", 0, sidA, ""},
		{looks, "pause 8142", 4, "refused", ""},
		{looks, "ack c07a", 4, "", "watcher"},
	} {
		code, out, errs := runSSH(t, step.by, step.line)
		if code != step.code || !strings.Contains(out, step.out) || !strings.Contains(errs, step.stderr) {
			t.Errorf("%s: %d %q %q, want %d %q %q", step.line, code, out, errs, step.code, step.out, step.stderr)
		}
	}
	var request journal.Entry
	for _, e := range s.entries() {
		if e.Event == journal.Request && e.StatusAsked == "paused" && request.ID == "" {
			request = e
		}
	}
	k, _ := loginKey(t, 1, "")
	if request.Actor != "lead" || request.SSHUser != "anybody" || request.SSHKey != gossh.FingerprintSHA256(k.PublicKey()) || request.SSHClient != "127.0.0.1" || request.UID != "" || request.Claimed {
		t.Errorf("on record is %+v", request.Who)
	}
}

// TestWatchOverSSH: a watch prints what happens as it happens, and ends with its
// client.
func TestWatchOverSSH(t *testing.T) {
	s := serveThrough(t, spaceWith(sim.Begin{SID: sidA}), deck.Config{Interval: deck.MinInterval})
	c := dialSSH(t, s.overSSH(hostSettings(t)), 1)
	se, err := c.NewSession()
	must(t, err)
	out, err := se.StdoutPipe()
	must(t, err)
	must(t, se.Start("watch --json"))
	read := func(want string) {
		t.Helper()
		b := make([]byte, 1<<16)
		for text := ""; !strings.Contains(text, want); {
			n, err := out.Read(b)
			if err != nil {
				t.Fatalf("no %q: %v in %s", want, err, text)
			}
			text += string(b[:n])
		}
	}
	read(`"event":"snapshot"`)
	if code, _, errs := runSSH(t, c, "pause 8142"); code != 0 {
		t.Fatal(errs)
	}
	read(`"outcome":"verified"`)
	must(t, c.Close())
	if !inPatience(func() bool { return len(sessionsOf(t, s)) == 0 }) {
		t.Errorf("its session lasts: %v", sessionsOf(t, s))
	}
}

// sessionsOf returns the commands of the sessions of a service but that which asks.
func sessionsOf(t *testing.T, s *through) (list []string) {
	t.Helper()
	code, out, errs := s.run(lead, "sessions")
	if code != 0 {
		t.Fatal(errs)
	}
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "ID ") && !strings.Contains(line, "(you)") {
			list = append(list, line)
		}
	}
	return list
}

// TestMaskOverSSH: numbers that the service masks are masked in every form of a
// command's output, whatever its flags say.
func TestMaskOverSSH(t *testing.T) {
	s := serveThrough(t, spaceWith(sim.Begin{SID: sidA, From: "+13105550142", To: "+13105550199"}), deck.Config{Interval: deck.MinInterval})
	settings := hostSettings(t)
	settings.MaskNumbers = true
	c := dialSSH(t, s.overSSH(settings), 1)
	for _, line := range []string{"list", "list --json", "list --csv", "list --mask-numbers=false", "show 8142", "show 8142 --json", "list --filter 310 --json"} {
		if _, out, _ := runSSH(t, c, line); strings.Contains(out, "310") || strings.Contains(out, "5550142") {
			t.Errorf("%s: %s", line, out)
		}
	}
}

// TestFlagsOverSSH goes through every flag of every command over SSH: those that are
// there are these, and every other one that the command has at home is refused. A new
// flag is refused until somebody has looked at it.
func TestFlagsOverSSH(t *testing.T) {
	kept := map[string]string{
		"list":   "ascii csv ended filter json mask-numbers profile reverse sort timeout",
		"show":   "ascii json mask-numbers profile timeout",
		"watch":  "ascii json mask-numbers plain profile",
		"pause":  "ascii if-status json local mask-numbers pause-behavior profile resume-after silence skip timeout wait yes",
		"resume": "ascii if-status json mask-numbers profile timeout wait yes",
		"ack":    "ascii for json mask-numbers profile reason timeout",
		"status": "json profile timeout tmux",
	}
	if len(kept) != len(remote.Commands) {
		t.Errorf("there are %q", remote.Commands)
	}
	home := (&runner{}).root()
	for _, name := range remote.Commands {
		over, _, err := (&runner{App: App{remote: &remoteApp{}}}).remoteRoot().Find([]string{name})
		must(t, err)
		var got []string
		over.Flags().VisitAll(func(f *pflag.Flag) { got = append(got, f.Name) })
		if strings.Join(got, " ") != kept[name] {
			t.Errorf("%s has\n%s, want\n%s", name, strings.Join(got, " "), kept[name])
		}
		cmd, _, err := home.Find([]string{name})
		must(t, err)
		cmd.InheritedFlags()
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if slices.Contains(got, f.Name) || f.Name == "help" {
				return
			}
			for _, args := range [][]string{{name, "--" + f.Name + "=/etc/passwd"}, {name, "--" + f.Name, "/etc/passwd"}} {
				var out, errs bytes.Buffer
				code := remoteCommand(config.Config{}, "v1")(t.Context(), remote.Command{Args: args, Stdout: &out, Stderr: &errs, Stdin: strings.NewReader("")})
				if want := "there is no flag \"--" + f.Name + "\" over SSH"; code != 2 || !strings.Contains(errs.String(), want) {
					t.Errorf("%q: %d %s", args, code, errs.String())
				}
			}
		})
	}
	for _, args := range [][]string{{"list", "-h8"}, {"watch", "--exec", "/bin/sh", "--", "-c", "id"}, {"watch", "--", "/bin/sh"}, {"list", "--jq", "."}, {"--config", "/etc/passwd", "list"}} {
		var out, errs bytes.Buffer
		if code := remoteCommand(config.Config{}, "v1")(t.Context(), remote.Command{Args: args, Stdout: &out, Stderr: &errs, Stdin: strings.NewReader("")}); code != 2 {
			t.Errorf("%q: %d %s%s", args, code, out.String(), errs.String())
		}
	}
}

// sshAddress returns where a service listens for SSH, by what it has said.
func (s *hostService) sshAddress() string {
	s.t.Helper()
	s.serving()
	m := regexp.MustCompile(`listening for SSH on (\S+); host key (SHA256:\S+)\n`).FindStringSubmatch(s.errs.String())
	if m == nil {
		s.t.Fatalf("it does not listen: %s", s.errs)
	}
	return m[1]
}

// TestServeSSH: tapedeck serve --ssh has a dashboard for those of its keys that have a
// role, knows itself by a key that it makes once, counts and says who was refused, and
// tells who is there that it ends.
func TestServeSSH(t *testing.T) {
	keys := keyFile(t, "ana", "stranger")
	s := serveHere(t, "EU\n[roles.operator]\nmay = [\"view\", \"pause\"]\nkeys = [\"ana\"]\n", "--ssh", "127.0.0.1:0", "--ssh-keys", keys)
	address := s.sshAddress()
	c := dialSSH(t, address, 1)
	for _, key := range []byte{2, 3} {
		k, _ := loginKey(t, key, "")
		if _, err := gossh.Dial("tcp", address, &gossh.ClientConfig{User: "x", Auth: []gossh.AuthMethod{gossh.PublicKeys(k)}, HostKeyCallback: gossh.InsecureIgnoreHostKey()}); err == nil {
			t.Errorf("key %d has come in", key)
		}
	}
	for _, want := range []string{`ssh: refused "x" from 127.0.0.1: no role: SHA256:`, `ssh: refused "x" from 127.0.0.1: unknown key: SHA256:`} {
		if !inPatience(func() bool { return strings.Contains(s.errs.String(), want) }) {
			t.Errorf("it does not say %q: %s", want, s.errs)
		}
	}
	se, err := c.NewSession()
	must(t, err)
	must(t, se.RequestPty("xterm-256color", 24, 80, gossh.TerminalModes{}))
	var out, errs buffer
	se.Stdout, se.Stderr = &out, &errs
	keyboard, err := se.StdinPipe()
	must(t, err)
	must(t, se.Shell())
	if !inPatience(func() bool {
		return strings.Contains(out.String(), "as operator") && strings.Contains(out.String(), "live")
	}) {
		t.Fatalf("no dashboard: %q %s", out.String(), s.errs)
	}
	_, err = io.WriteString(keyboard, "r")
	must(t, err)
	if !inPatience(func() bool { return strings.Contains(out.String(), "may not resume") }) {
		t.Errorf("its role may resume: %q", out.String())
	}
	go s.end()
	if code := exitOfSSH(t, se.Wait()); code != 1 || !strings.Contains(errs.String(), "the service is ending") || !strings.Contains(out.String(), "\x1b[?1049l") {
		t.Errorf("at the end: %d, %q", code, errs.String())
	}
	if code := s.end(); code != 0 {
		t.Errorf("it ends with %d: %s", code, s.errs)
	}
}

// TestServeSSHRefused: where nobody could come in, or the host key is not ours alone,
// nothing begins, and it is said what to do.
func TestServeSSHRefused(t *testing.T) {
	keys, empty, open := keyFile(t, "ana"), keyFile(t), keyFile(t, "ana")
	must(t, os.Chmod(open, 0o666))
	state := t.TempDir()
	must(t, os.WriteFile(filepath.Join(state, sshd.HostKeyName), []byte("x"), 0o644))
	must(t, os.Chmod(state, 0o700))
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no key and no authority", []string{"--ssh", "127.0.0.1:0"}, 1, "cannot listen for SSH: nobody could come in\n  hint: name a key file in ssh_keys"},
		{"an empty key file", []string{"--ssh", "127.0.0.1:0", "--ssh-keys", empty}, 1, "that lets anybody in\n  hint: add one"},
		{"no such file", []string{"--ssh", "127.0.0.1:0", "--ssh-keys", empty + "x"}, 1, "x cannot be used: no such file or directory\n  hint: "},
		{"a file that others may write", []string{"--ssh", "127.0.0.1:0", "--ssh-keys", open}, 1, "others may write it (mode 0666)\n  hint: "},
		{"a revocation list that is none", []string{"--ssh", "127.0.0.1:0", "--ssh-keys", keys, "--ssh-revoked", keys}, 1, "cannot listen for SSH: " + keys + " cannot be used"},
		{"a host key that others may read", []string{"--ssh", "127.0.0.1:0", "--ssh-keys", keys, "--state-dir", state}, 1, "others may read it (mode 0644)\n  hint: "},
		{"every address", []string{"--ssh", ":2222", "--ssh-keys", keys}, 2, "without a host it would be every address of this machine\n  hint: write 127.0.0.1:2222"},
		{"no address", []string{"--ssh", "2222", "--ssh-keys", keys}, 2, "it is not an address with a port"},
		{"an address of another machine", []string{"--ssh", "192.0.2.1:2222", "--ssh-keys", keys}, 1, "cannot listen for SSH on 192.0.2.1:2222: "},
	} {
		s := serveHere(t, "EU\n", tt.args...)
		inPatience(func() bool { return strings.Contains(s.errs.String(), tt.says) })
		if got := s.end(); got != tt.code || !strings.Contains(s.errs.String(), tt.says) || strings.Contains(s.errs.String(), "serving") {
			t.Errorf("%s: %d %s, want %d %q", tt.name, got, s.errs, tt.code, tt.says)
		}
		if _, err := os.Lstat(s.socket); err == nil {
			t.Errorf("%s: the socket is there", tt.name)
		}
	}
}

// TestHostKeyOfServe: the key of the host is made once, for the service's user alone.
func TestHostKeyOfServe(t *testing.T) {
	keys, state := keyFile(t, "ana"), filepath.Join(t.TempDir(), "state")
	var said []string
	for range 2 {
		s := serveHere(t, "EU\n", "--ssh", "127.0.0.1:0", "--ssh-keys", keys, "--state-dir", state)
		s.sshAddress()
		_, key, _ := strings.Cut(s.errs.String(), "host key ")
		said = append(said, strings.Fields(key)[0])
		s.end()
	}
	st, err := os.Stat(filepath.Join(state, sshd.HostKeyName))
	if err != nil || st.Mode().Perm() != 0o600 || said[0] != said[1] {
		t.Errorf("%v, %v, %q", st, err, said)
	}
}

// TestCommandsOnATerminalOverSSH: with ssh -t a command asks as at home, and ctrl+c
// ends it as SIGINT does.
func TestCommandsOnATerminalOverSSH(t *testing.T) {
	s := serveThrough(t, spaceWith(sim.Begin{SID: sidA, Status: "paused", From: "+13105550142", To: "+13105550199"}), deck.Config{Interval: deck.MinInterval})
	c := dialSSH(t, s.overSSH(hostSettings(t)), 1)
	start := func(line string) (se *gossh.Session, out *buffer, keys io.Writer) {
		t.Helper()
		se, err := c.NewSession()
		must(t, err)
		must(t, se.Setenv("LANG", "C.UTF-8"))
		must(t, se.RequestPty("xterm", 24, 80, gossh.TerminalModes{}))
		out = &buffer{}
		se.Stdout, se.Stderr = out, out
		keys, err = se.StdinPipe()
		must(t, err)
		must(t, se.Start(line))
		return se, out, keys
	}
	see := func(out *buffer, want string) {
		t.Helper()
		if !inPatience(func() bool { return strings.Contains(out.String(), want) }) {
			t.Fatalf("no %q: %q", want, out.String())
		}
	}
	se, out, keys := start("resume 8142")
	see(out, "resume …8142  PAUSED  (310) 555-0142 → (310) 555-0199")
	see(out, "y and Enter resumes, anything else cancels: ")
	time.Sleep(askGuard)
	_, err := io.WriteString(keys, "y\r")
	must(t, err)
	if code := exitOfSSH(t, se.Wait()); code != 0 || !strings.Contains(out.String(), "cancels: y\r\nresumed …8142: verified") {
		t.Errorf("resume: %d %q", code, out.String())
	}
	se, out, keys = start("watch")
	see(out, "1 active, 0 paused\r\n")
	_, err = io.WriteString(keys, "\x03")
	must(t, err)
	if code := exitOfSSH(t, se.Wait()); code != 130 || !strings.HasSuffix(out.String(), "^C\r\n") {
		t.Errorf("watch: %d %q", code, out.String())
	}
}

// TestKeyTakenAway: a key that is no more in the key file ends its sessions, with
// words, and nobody else's.
func TestKeyTakenAway(t *testing.T) {
	s := serveThrough(t, spaceWith(sim.Begin{SID: sidA}), deck.Config{Interval: deck.MinInterval})
	keys := keyFile(t, "lead", "looker")
	doors, err := sshd.OpenDoors(sshd.Files{Keys: keys, Every: 5 * time.Millisecond}, nil)
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	hostKey, _ := loginKey(t, 99, "")
	said := &buffer{}
	d := &door{listener: l, key: hostKey, doors: doors}
	must(t, d.prepare(&runner{App: App{Stderr: said, Version: "v1"}}, &service{host: hostSettings(t)}, s.server))
	ctx, end := context.WithCancel(context.Background())
	var parts background.Group
	d.run(ctx, &parts)
	defer func() { end(); must(t, parts.Stop()) }()
	watch := func(key byte) (*gossh.Session, *buffer) {
		se, err := dialSSH(t, l.Addr().String(), key).NewSession()
		must(t, err)
		out := &buffer{}
		se.Stdout, se.Stderr = out, out
		must(t, se.Start("watch"))
		if !inPatience(func() bool { return strings.Contains(out.String(), "1 active") }) {
			t.Fatalf("nothing to watch: %s", out.String())
		}
		return se, out
	}
	gone, words := watch(2)
	stays, _ := watch(1)
	_, line := loginKey(t, 1, "lead")
	must(t, os.WriteFile(keys+"2", []byte(line), 0o600))
	must(t, os.Rename(keys+"2", keys))
	if code := exitOfSSH(t, gone.Wait()); code != 1 || !strings.Contains(words.String(), "your key does not let you in any more: unknown key") {
		t.Errorf("%d, %s", code, words.String())
	}
	if !strings.Contains(said.String(), "ssh: ended the connection of \"anybody\" from 127.0.0.1: unknown key") {
		t.Errorf("the administrator is told %s", said.String())
	}
	must(t, stays.Signal(gossh.SIGTERM)) // it is there to be ended
	if code := exitOfSSH(t, stays.Wait()); code != 1 {
		t.Errorf("the other one has ended with %d", code)
	}
}
