//go:build unix

package doctor

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
)

// fakeTerminal is a pseudo-terminal that answers all questions at once; what it is
// sent goes to a channel.
func fakeTerminal(t *testing.T, w, h uint16, answers string) (tty *os.File, sent <-chan string) {
	t.Helper()
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _ = keyboard.Close(); _ = tty.Close() })
	if err := pty.Setsize(keyboard, &pty.Winsize{Cols: w, Rows: h}); err != nil {
		t.Fatal(err)
	}
	all := make(chan string, 1)
	go func() {
		var s strings.Builder
		buf := make([]byte, 4096)
		asked := false
		for !strings.HasSuffix(s.String(), afterQuestions) {
			n, err := keyboard.Read(buf)
			if err != nil {
				break
			}
			if s.Write(buf[:n]); !asked && strings.HasSuffix(s.String(), "\x1b[c") {
				asked = true
				for _, piece := range []string{answers[:len(answers)/2], answers[len(answers)/2:]} {
					_, _ = io.WriteString(keyboard, piece)
				}
			}
		}
		all <- s.String()
	}()
	return tty, all
}

// TestAsk: a terminal is asked on its other screen, and given back as it was; one
// that says nothing is not waited for.
func TestAsk(t *testing.T) {
	for _, answers := range []string{xtermAnswers, ""} {
		tty, sent := fakeTerminal(t, 80, 24, answers)
		before, err := term.GetState(tty.Fd())
		if err != nil {
			t.Fatal(err)
		}
		limit := 4 * time.Minute
		if answers == "" {
			limit = 20 * time.Millisecond
		}
		began := time.Now()
		a := ask(tty, tty, limit)
		if took := time.Since(began); a.err != nil || a.all != (answers != "") || took > 2*time.Minute {
			t.Errorf("%q: %+v in %v", answers, a, took)
		}
		if after, err := term.GetState(tty.Fd()); err != nil || *after != *before {
			t.Errorf("the terminal is left as %+v, %v", after, err)
		}
		if got := <-sent; got != questions+afterQuestions {
			t.Errorf("sent %q", got)
		}
	}
}

// TestTerminalOfARun: doctor asks the terminal that it is on, and the tmux around
// it, which is told nothing that it needs not know.
func TestTerminalOfARun(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\n[ \"$1\" = display-message ] || exit 1\nenv > " + dir + "/env\nprintf '3.4\\txterm\\ttitle\\t1\\toff\\toff\\ton\\t500\\n'\n"
	if err := os.WriteFile(filepath.Join(dir, "tmux"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for _, tt := range []struct {
		w, h    uint16
		env     string
		answers string
		want    map[string]string
	}{
		{80, 24, "TMUX=/tmp/x,1,0", xtermAnswers, map[string]string{
			"terminal": "XTerm(390), TERM xterm-256color, 80x24", "utf-8": "the terminal reads UTF-8", "title": "tmux passes it on",
			"clipboard": "set-clipboard is off", "tmux": "focus-events is off",
		}},
		{50, 10, "", latinAnswers, map[string]string{"terminal": "50x10: only three lines are shown", "utf-8": "does not read UTF-8"}},
		{20, 2, "", xtermAnswers, map[string]string{"terminal": "20x2: the dashboard needs 30x3"}},
		{80, 24, "TERM=dumb", xtermAnswers, map[string]string{"terminal": `TERM is "dumb": the dashboard does not start`}},
	} {
		found, _ := examined(t, func(p *patient) {
			tty, _ := fakeTerminal(t, tt.w, tt.h, tt.answers)
			p.o.In, p.o.Out = tty, tty
			p.env = append(p.env, "PATH="+os.Getenv("PATH"), tt.env)
		})
		for check, want := range tt.want {
			if !strings.Contains(found[check].Found, want) {
				t.Errorf("%+v: %s: %+v, want %q", tt.want, check, found[check], want)
			}
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil || strings.Contains(string(b), token) || !strings.Contains(string(b), "TMUX=/tmp/x,1,0") {
		t.Errorf("tmux was told %s, %v", b, err)
	}
}

// TestRealTmux: a real tmux says what is asked.
func TestRealTmux(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("there is no tmux")
	}
	socket := filepath.Join(t.TempDir(), "s")
	run := func(args ...string) string {
		cmd := exec.Command("tmux", append([]string{"-S", socket, "-f", "/dev/null"}, args...)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Skipf("tmux %q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("new-session", "-d", "cat")
	defer run("kill-server")
	run("set", "-s", "set-clipboard", "off")
	run("set", "-s", "escape-time", "123")
	pid := run("display-message", "-p", "#{pid}")
	got := askTmux(t.Context(), []string{"TMUX=" + socket + "," + pid + ",0", "TERM=xterm-256color"})
	if got.err != nil || got.version == "" || got.clipboard != "off" || got.escape != "123" || got.focus == "" || got.titles == "" || got.silent() != "no terminal is attached to this tmux" {
		t.Errorf("%+v", got)
	}
}

// TestForeign: what another user could lead elsewhere is not taken for a state
// directory.
func TestForeign(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make another user's files")
	}
	found, _ := examined(t, func(p *patient) {
		p.check(os.Mkdir(p.state+".real", 0o700))
		p.check(os.Symlink(p.state+".real", p.state))
		p.check(os.Lchown(p.state, 4321, -1))
	})
	if f := found["state-dir"]; f.Status != Mend || !strings.Contains(f.Found, "it is a symbolic link of another user (uid 4321)") {
		t.Errorf("%+v", f)
	}
	found, _ = examined(t, func(p *patient) { p.check(os.Mkdir(p.state, 0o700)); p.check(os.Chown(p.state, 4321, -1)) })
	if f := found["state-dir"]; f.Status != Note || !strings.Contains(f.Found, "belongs to another user (uid 4321)") {
		t.Errorf("%+v", f)
	}
}
