//go:build unix

package journal

import (
	"errors"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

func init() { helpers["limit"] = helpLimit }

// helpLimit appends under a file size limit until that is met, and prints
// what Append says.
func helpLimit() int {
	j, err := Open(Options{Dir: os.Getenv("JOURNAL_DIR")})
	if err != nil {
		return helperError(err)
	}
	limit := syscall.Rlimit{Cur: 2000, Max: 2000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return helperError(err)
	}
	for range 20 {
		err := j.Append(request(j.NewID()))
		if e, ok := errors.AsType[*Error](err); ok && errors.Is(err, syscall.EFBIG) {
			os.Stdout.WriteString(e.Error() + "\n" + e.Hint() + "\n")
			return 0
		}
	}
	return helperError(errors.New("there was no limit"))
}

func TestFileSizeLimit(t *testing.T) {
	dir := t.TempDir()
	out, err := helper(t, "limit", dir).Output()
	check(t, err)
	if s := string(out); !strings.Contains(s, "write "+dir+"/journal.jsonl: file too large") || !strings.Contains(s, "ulimit -f") {
		t.Errorf("Append says %q", s)
	}
	if r := intact(t, dir); r.Lines == 0 || len(r.Remarks) > 1 {
		t.Errorf("%+v", r)
	}
	staysIntact(t, dir, intact(t, dir).Lines+2)
}

func TestPermissions(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	tests := []struct {
		name string
		make os.FileMode // 0 for a directory that does not exist
		dir  os.FileMode
		file os.FileMode
	}{
		{"new", 0, os.ModeDir | 0o700, 0o600},
		{"own", 0o700, os.ModeDir | 0o700, 0o600},
		{"readable by others", 0o755, os.ModeDir | 0o755, 0o600},
		{"writable by the group, not setgid", 0o770, os.ModeDir | 0o770, 0o600},
		{"shared", os.ModeSetgid | 0o770, os.ModeDir | os.ModeSetgid | 0o770, 0o660},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a", "state")
			if tt.make != 0 {
				check(t, os.MkdirAll(dir, 0o700))
				check(t, os.Chmod(dir, tt.make))
				check(t, os.WriteFile(filepath.Join(dir, FileName), nil, 0o644))
			}
			j, err := Open(Options{Dir: dir, MaxSize: 300})
			check(t, err)
			appendAll(t, j, request("w-1"), outcome("w-1"))
			check(t, j.Close())
			got := map[string]os.FileMode{}
			want := map[string]os.FileMode{"state": tt.dir}
			for _, name := range []string{"", FileName, HeadName, LockName, rotatedName(1)} {
				st, err := os.Lstat(filepath.Join(dir, name))
				check(t, err)
				got[st.Name()] = st.Mode()
				if name != "" {
					want[name] = tt.file
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("modes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	tests := []struct {
		name string
		make func(dir string) error
		err  string
	}{
		{"a link", func(dir string) error { return os.Symlink("/dev/null", filepath.Join(dir, FileName)) }, "journal.jsonl: "},
		{"a pipe", func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, FileName), 0o600) }, "it is not a regular file"},
		{"a folder", func(dir string) error { return os.Mkdir(filepath.Join(dir, FileName), 0o700) }, "is a directory"},
		{"a lock that is a link", func(dir string) error { return os.Symlink("x", filepath.Join(dir, LockName)) }, "journal.lock: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			check(t, tt.make(dir))
			j, err := Open(Options{Dir: dir})
			if err == nil {
				_ = j.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Open: %v, want %q", err, tt.err)
			}
		})
	}
	if _, err := Open(Options{}); err == nil {
		t.Error("Open without a directory succeeds")
	}
}

func TestWhoFrom(t *testing.T) {
	u, err := user.Current()
	check(t, err)
	auth := filepath.Join(t.TempDir(), "auth")
	check(t, os.WriteFile(auth, []byte("password\npublickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0HZ2rXSPHqc8b5j3b3vJx1yhYp1J9bQ6xv1mYp3F0a\n"), 0o600))
	ssh := []string{"SSH_CONNECTION=192.0.2.7 51122 198.51.100.1 22", "SSH_CLIENT=x", "SSH_TTY=/dev/pts/3", "SSH_USER_AUTH=" + auth}
	const key, addr = "SHA256:uDnGBSOvqMn5OEhRja8smzH1SkPwKjZMuNjCeceoL4U", "192.0.2.7:51122"
	tests := []struct {
		name   string
		env    []string
		device string
		want   Who
	}{
		{"local", nil, "/dev/tty1", Who{TTY: "/dev/tty1"}},
		{"no terminal", nil, "", Who{}},
		{"ssh", ssh, "/dev/pts/3", Who{SSHClient: addr, TTY: "/dev/pts/3", SSHKey: key}},
		{"ssh, the terminal is not known", ssh, "", Who{SSHClient: addr, TTY: "/dev/pts/3", SSHKey: key}},
		{"ssh by IPv6, sudo", []string{"SSH_CLIENT=2001:db8::1 51122 22", "SUDO_USER=bob", "SSH_USER_AUTH=/nonexistent"}, "/dev/pts/4",
			Who{SSHClient: "[2001:db8::1]:51122", SudoUser: "bob", TTY: "/dev/pts/4"}},
		{"odd", []string{"SSH_CONNECTION=x", "SSH_USER_AUTH=/dev/zero"}, "", Who{}},
		{"tmux that was started over ssh", append(ssh, "TMUX=/tmp/tmux-0/default,1,0"), "/dev/pts/9",
			Who{SSHClient: addr, TTY: "/dev/pts/9", SSHKey: key, Inherited: true}},
		{"screen, the terminal is not known", append(ssh, "STY=1.pts-3.host"), "",
			Who{SSHClient: addr, TTY: "/dev/pts/3", SSHKey: key, Inherited: true}},
		{"another multiplexer", ssh, "/dev/pts/9", Who{SSHClient: addr, TTY: "/dev/pts/9", SSHKey: key, Inherited: true}},
		{"tmux on the console", []string{"TMUX=x"}, "/dev/pts/9", Who{TTY: "/dev/pts/9"}},
		{"a name in the environment", []string{"USER=mallory", "LOGNAME=mallory"}, "", Who{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Actor, tt.want.UID = u.Username, u.Uid
			if diff := cmp.Diff(tt.want.writtenBy(thisProcess()), whoFrom(tt.env, tt.device)); diff != "" {
				t.Errorf("whoFrom (-want +got):\n%s", diff)
			}
		})
	}
	if got := nameOf(userByUID("3987654321")); got != "uid 3987654321" {
		t.Errorf("a user without a name is %q", got)
	}
}

// The terminal is found by its device, whatever the environment says.
func TestTerminalsDevice(t *testing.T) {
	_, end, err := pty.Open()
	check(t, err)
	defer end.Close()
	if got := deviceOf(end); got != end.Name() {
		t.Errorf("the terminal %s is %q", end.Name(), got)
	}
	for _, name := range []string{os.DevNull, "."} {
		f, err := os.Open(name)
		check(t, err)
		if got := deviceOf(f); got != "" {
			t.Errorf("%s is the terminal %q", name, got)
		}
		check(t, f.Close())
	}
}

// The lines have the form that a local daemon takes, on either kind of socket;
// one that takes nothing is found out within a second or so.
func TestDialSyslog(t *testing.T) {
	defer func(s []string) { syslogSockets = s }(syslogSockets)
	at := filepath.Join(t.TempDir(), "log")
	syslogSockets = []string{filepath.Join(t.TempDir(), "none"), at}
	if _, err := dialSyslog(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a daemon: %v", err)
	}
	in, err := net.ListenPacket("unixgram", at)
	check(t, err)
	out, err := dialSyslog()
	check(t, err)
	_, err = out.Write([]byte(`{"seq":1}`))
	check(t, err)
	b := make([]byte, 1000)
	n, _, err := in.ReadFrom(b)
	check(t, err)
	if ok, err := regexp.Match(`^<85>[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d tapedeck\[\d+\]: {"seq":1}$`, b[:n]); !ok || err != nil {
		t.Errorf("the daemon gets %q", b[:n])
	}
	check(t, in.Close())
	if _, err := out.Write([]byte("x")); err == nil {
		t.Error("a daemon that has gone takes lines")
	}
	check(t, out.Close())
}
