package journal

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func init() {
	helpers["who"] = func() int {
		os.Stdout.WriteString(strconv.Itoa(os.Getpid()) + " " + ownStart() + "\n")
		_, _ = os.Stdin.Read(make([]byte, 1))
		return 0
	}
}

// other starts another process, and returns its number, what it says of its
// start, and how to end it.
func other(t *testing.T, namespace bool) (pid int, started string, end func()) {
	t.Helper()
	cmd := helper(t, "who", t.TempDir())
	if namespace {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	}
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	if err := cmd.Start(); err != nil {
		t.Skip(err) // only root, and not in every container
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	check(t, err)
	number, started, _ := strings.Cut(strings.TrimSpace(said), " ")
	pid, err = strconv.Atoi(number)
	check(t, err)
	return pid, started, func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

// Whether a process lives is known where its number means something: in this
// run of this machine, and in this namespace. Else nobody knows.
func TestLives(t *testing.T) {
	host, err := os.Hostname()
	check(t, err)
	pid, started, end := other(t, false)
	f := strings.Split(started, ":")
	with := func(i int, s string) string {
		g := append([]string{}, f...)
		g[i] = s
		return strings.Join(g, ":")
	}
	lives := func(pid int, host, started string) life {
		return Entry{Who: Who{PID: pid, Host: host, Started: started}}.lives(mustHost(t))
	}
	reboot := unknown
	if here().machine != "" {
		reboot = gone
	}
	tests := []struct {
		name    string
		pid     int
		host    string
		started string
		want    life
	}{
		{"it lives", pid, host, started, alive},
		{"it lives, and the host has another name by now", pid, "before", started, alive},
		{"this process", os.Getpid(), host, ownStart(), alive},
		{"its number is another's by now", pid, host, with(3, "1"), gone},
		{"its number is nobody's", 1 << 22, host, started, gone},
		{"another run of this machine", pid, host, with(1, "00000000"), reboot},
		{"another machine of the same name", pid, host, "00000000:00000000:" + f[2] + ":1", unknown},
		{"another namespace", pid, host, with(2, "1"), unknown},
		{"a namespace that is not known", pid, host, with(2, ""), unknown},
		{"a run that is not known", pid, host, with(1, ""), unknown},
		{"a start that it could not tell", pid, host, with(3, "t1abc"), unknown},
		{"a start that it could not tell, and its number is nobody's", 1 << 22, host, with(3, "t1abc"), gone},
		{"an older file", pid, host, f[1] + ":" + f[3], unknown},
		{"an older file, and its number is nobody's", 1 << 22, host, f[1] + ":" + f[3], unknown},
		{"nothing is said", pid, host, "", unknown},
		{"no number", 0, host, started, unknown},
	}
	for _, tt := range tests {
		if got := lives(tt.pid, tt.host, tt.started); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	end()
	if got := lives(pid, host, started); got != gone {
		t.Errorf("after its end: %d", got)
	}
}

func mustHost(t *testing.T) string {
	host, err := os.Hostname()
	check(t, err)
	return host
}

// A session in another namespace of process numbers, on the same host, is not
// taken for dead.
func TestOtherNamespace(t *testing.T) {
	pid, started, end := other(t, true)
	defer end()
	dir := t.TempDir()
	s := newStore(Options{Dir: dir})
	_, err := s.tryLock()
	check(t, err)
	w := request("there")
	w.Host, w.PID, w.Started, w.Space, w.Project = mustHost(t), pid, started, "s", "p"
	o := outcome("there")
	o.Who, o.Time, o.Space, o.Project = w.Who, w.Time, "s", "p"
	_, err = s.append([]Entry{w, o, w})
	check(t, err)
	s.close()
	if list, err := leftBehind(t.Context(), dir, "s", "p"); err != nil || len(list) != 0 {
		t.Errorf("left behind: %+v, %v", list, err)
	}
	if list, err := unfinished(dir, time.Now()); err != nil || len(list) != 0 {
		t.Errorf("unfinished: %+v, %v", list, err)
	}
}

// TestRuns: a process is said to run, or not, where that can be known.
func TestRuns(t *testing.T) {
	host := mustHost(t)
	pid, started, end := other(t, false)
	tests := []struct {
		name        string
		who         Who
		runs, known bool
	}{
		{"this process", Who{PID: os.Getpid(), Started: ownStart(), Host: host}, true, true},
		{"another one", Who{PID: pid, Started: started, Host: host}, true, true},
		{"a number that is nobody's", Who{PID: 1 << 22, Started: started, Host: host}, false, true},
		{"another machine's", Who{PID: pid, Started: "m:b:n:1", Host: "elsewhere"}, false, false},
		{"nobody", Who{}, false, false},
	}
	for _, tt := range tests {
		if runs, known := tt.who.Runs(); runs != tt.runs || known != tt.known {
			t.Errorf("%s: runs %t, known %t", tt.name, runs, known)
		}
	}
	end()
	if runs, known := tests[1].who.Runs(); runs || !known {
		t.Errorf("after its end: runs %t, known %t", runs, known)
	}
}
