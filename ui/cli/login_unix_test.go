//go:build unix

package cli

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"

	"tapedeck/api/sim"
)

// TestLoginHidesTheToken: on a real terminal the token is not shown, and the
// terminal is given back as it was, also when the login is stopped.
func TestLoginHidesTheToken(t *testing.T) {
	space := sim.New(sim.Options{Token: token})
	server := httptest.NewServer(space)
	defer server.Close()
	for _, stopped := range []bool{false, true} {
		keyboard, tty, err := pty.Open()
		if err != nil {
			t.Skipf("no pseudo-terminal: %v", err)
		}
		before, err := term.GetState(tty.Fd())
		if err != nil {
			t.Fatal(err)
		}
		shown, said := &notes{}, &notes{}
		go func() { _, _ = io.Copy(shown, keyboard) }()
		environ, file := loginHome(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		code := make(chan int, 1)
		var stdout bytes.Buffer
		go func() {
			code <- Execute(ctx, App{Args: []string{"login"}, Environ: environ, Keyboard: true, Stdin: tty, Stdout: &stdout, Stderr: said})
		}()
		for _, step := range []struct{ prompt, answer string }{
			{"acme.signalwire.com: ", server.URL}, {"its ID: ", space.Project()}, {"(it is not shown): ", token},
		} {
			waitFor(t, said, step.prompt)
			if step.answer == token {
				hidden(t, tty.Fd(), before)
				if stopped {
					cancel(&SignalError{Signal: syscall.SIGINT})
					break
				}
			}
			_, _ = keyboard.WriteString(step.answer + "\n")
		}
		want := 0
		if stopped {
			want = 130
		}
		if got := <-code; got != want || strings.Contains(content(t, file), token) == stopped {
			t.Errorf("exit code %d, want %d; the file %q; said %s", got, want, content(t, file), said)
		}
		if after, err := term.GetState(tty.Fd()); err != nil || *after != *before {
			t.Errorf("the terminal is left as %+v, was %+v; %v", after, before, err)
		}
		if all := shown.String() + said.String() + stdout.String(); strings.Contains(all, token) {
			t.Errorf("the token is shown:\n%s", all)
		}
		has(t, "the terminal", shown.String(), space.Project())
		cancel(nil)
		_, _ = keyboard.WriteString("\n") // for the one who still reads
		if !stopped {
			_ = keyboard.Close()
			_ = tty.Close()
		} else { // the one who still reads has it open until the line comes
			t.Cleanup(func() { runtime.KeepAlive(tty); runtime.KeepAlive(keyboard) })
		}
	}
}

// waitFor waits until something was said.
func waitFor(t *testing.T, said *notes, text string) {
	t.Helper()
	if !inPatience(func() bool { return strings.HasSuffix(said.String(), text) }) {
		t.Fatalf("never said %q:\n%s", text, said)
	}
}

// hidden waits until a terminal no longer shows what is typed.
func hidden(t *testing.T, fd uintptr, before *term.State) {
	t.Helper()
	if !inPatience(func() bool { now, err := term.GetState(fd); return err == nil && *now != *before }) {
		t.Fatal("the terminal still shows what is typed")
	}
}
