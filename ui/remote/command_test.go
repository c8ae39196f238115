package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/config"
)

// TestCommand: a command has the words of its line, the streams and the environment
// of the session, and nothing of the process; its exit code is the session's.
func TestCommand(t *testing.T) {
	t.Setenv("NO_COLOR", "of the process")
	within(t, config.Config{}, func(t *testing.T, h *host) {
		var got Command
		h.run = func(_ context.Context, c Command) int {
			got = c
			_, _ = io.WriteString(c.Stdout, "out\n")
			_, _ = io.WriteString(c.Stderr, "err\n")
			return 9
		}
		c := h.open(1, "", "LANG", "C.UTF-8", "TZ", "Asia/Tokyo", "TAPEDECK_CONFIG", "/x", "HOME", "/x", "PATH", "/x")
		if err := c.Start(`list --filter 'status:paused paused>1m'`); err != nil {
			t.Fatal(err)
		}
		if code := c.exit(); code != 9 || c.out.String() != "out\n" || c.err.String() != "err\n" {
			t.Errorf("exit status %d, %q, %q", code, c.out, c.err)
		}
		if !slices.Equal(got.Args, []string{"list", "--filter", "status:paused paused>1m"}) || !slices.Equal(got.Environ, []string{"LANG=C.UTF-8", "TZ=Asia/Tokyo"}) ||
			got.Terminal || got.Zone.String() != "Asia/Tokyo" || got.Transport == nil || got.Hook == nil {
			t.Errorf("%+v", got)
		}
		if h.screens[0].Command != "list" || h.inside().why() != "its command ended" {
			t.Errorf("%+v, %q", h.screens, h.inside().why())
		}
	})
}

// TestRefusedCommands: what is none of the commands is refused with the list, before
// a session begins.
func TestRefusedCommands(t *testing.T) {
	within(t, config.Config{}, func(t *testing.T, h *host) {
		h.run = func(context.Context, Command) int { t.Error("it was run"); return 0 }
		for _, line := range []string{"bash", "sh -c id", "/bin/sh", "scp -t /tmp", "rsync --server", "sftp", "internal-sftp", "LIST", "stop 8142", "start x", "serve", "simulate",
			"config", "doctor", "journal", "report", "login", "sessions", "unrecorded", "schema list", "help", "--help", "--version", "--config x list", "-h", "completion bash", "__complete list", "generate x", "tapedeck list", "''", " "} {
			c := h.open(1, "")
			if err := c.Start(line); err != nil {
				t.Fatal(err)
			}
			if code := c.exit(); code != 2 || !strings.Contains(c.err.String(), "list, show, watch, pause, resume, ack, status") || c.out.String() != "" {
				t.Errorf("%q: exit status %d, %q, %q", line, code, c.err, c.out)
			}
		}
		c := h.open(1, "")
		if err := c.Start("list 'x"); err != nil {
			t.Fatal(err)
		}
		if code := c.exit(); code != 2 || !strings.Contains(c.err.String(), "cannot read the command: the command has a ' without its other one\n  hint: quote") {
			t.Errorf("exit status %d, %q", code, c.err)
		}
		if len(h.entered) > 0 {
			t.Error("a session has begun")
		}
	})
}

// TestCommandOnTerminal: with a terminal a command may ask, lines end as a terminal
// has them, and ctrl+c interrupts it.
func TestCommandOnTerminal(t *testing.T) {
	within(t, config.Config{}, func(t *testing.T, h *host) {
		h.run = func(ctx context.Context, c Command) int {
			_, _ = fmt.Fprintf(c.Stdout, "%d columns\nSure? ", c.Width)
			in := bufio.NewScanner(c.Stdin)
			in.Scan()
			_, _ = fmt.Fprintf(c.Stderr, "%q\n", in.Text())
			<-ctx.Done()
			if errors.Is(context.Cause(ctx), ErrInterrupted) {
				return 130
			}
			return 0
		}
		c := h.open(1, "xterm")
		if err := c.Start("resume 8142"); err != nil {
			t.Fatal(err)
		}
		c.settle()
		c.press("y", "\r", "\x03")
		if code := c.exit(); code != 130 || c.out.String() != "80 columns\r\nSure? y\r\n^C\r\n" || c.err.String() != "\"y\"\r\n" {
			t.Errorf("exit status %d, %q, %q", code, c.out, c.err)
		}
	})
}

// TestCommandGoesOn: a command is not ended because no key is pressed, and ends with
// its client.
func TestCommandGoesOn(t *testing.T) {
	within(t, config.Config{}, func(t *testing.T, h *host) {
		over := make(chan error, 1)
		h.run = func(ctx context.Context, c Command) int {
			<-ctx.Done()
			over <- context.Cause(ctx)
			return 1
		}
		c := h.open(1, "")
		if err := c.Start("watch --json"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Hour)
		select {
		case err := <-over:
			t.Fatalf("it has ended: %v", err)
		default:
		}
		_ = c.conn.Close()
		<-over
	})
}

// TestCommandPanics: a panic of a command, in whatever goroutine, ends its session
// with exit status 1, and nothing else.
func TestCommandPanics(t *testing.T) {
	within(t, config.Config{}, func(t *testing.T, h *host) {
		for name, run := range map[string]func(ctx context.Context, c Command) int{
			"in itself": func(context.Context, Command) int { panic("broken") },
			"beside it": func(ctx context.Context, c Command) int {
				go func() {
					defer c.Hook.Guard()
					panic("broken")
				}()
				<-ctx.Done()
				return 0
			},
		} {
			h.run = run
			c := h.open(1, "")
			if err := c.Start("watch"); err != nil {
				t.Fatal(err)
			}
			if code := c.exit(); code != 1 {
				t.Errorf("%s: exit status %d", name, code)
			}
			if h.inside().why() != "its command ended" || !strings.Contains(h.words(), "broken") {
				t.Errorf("%s: %q, %q", name, h.inside().why(), h.words())
			}
		}
	})
}
