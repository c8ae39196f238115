package terminal

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestTmuxLoader: tmux is given the text on its input, and nothing of the
// environment but what it needs; what it answers is told, and it is not waited
// for without an end.
func TestTmuxLoader(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no tmux")
	}
	const sid = "5e2982b9-4d2e-4023-9913-21866691be"
	dir := t.TempDir()
	script := func(s string) {
		if err := os.WriteFile(filepath.Join(dir, "tmux"), []byte("#!/bin/sh\n"+s+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	env := []string{"PATH=" + os.Getenv("PATH"), "TMUX=/tmp/tmux-1/default,1,0", "TERM=tmux-256color", "SIGNALWIRE_API_TOKEN=PTsecret"}
	load := tmuxLoader(env)
	out := filepath.Join(dir, "out")
	script(`{ echo "$@"; cat; echo; env; } > ` + out)
	if err := load(t.Context(), sid); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if said := string(b); !strings.HasPrefix(said, "load-buffer -w -\n"+sid+"\n") || !strings.Contains(said, "TMUX=/tmp/tmux-1/default,1,0") || strings.Contains(said, "PTsecret") {
		t.Errorf("tmux was given %q", said)
	}
	script("exit 1")
	if err := load(t.Context(), sid); err == nil {
		t.Error("what tmux refuses is taken for done")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := load(ctx, sid); err == nil {
		t.Error("it goes on after the session's end")
	}
}

// A text goes to the clipboard as the program wants it that the terminal is in.
func TestClipboard(t *testing.T) {
	const osc = "\x1b]52;c;eA==\a"
	for _, tt := range []struct {
		env    []string
		seq    string
		passed bool
	}{
		{[]string{"TERM=xterm-256color"}, osc, true},
		{[]string{"TERM=tmux-256color", "TMUX=/tmp/tmux-1/default,1,0"}, osc, false},
		{[]string{"TERM=screen-256color"}, osc, false},
		{[]string{"TERM=screen", "STY=1.pts"}, "\x1bP" + osc + "\x1b\\", true},
		{nil, osc, true},
	} {
		if seq, passed := (Terminal{Environ: tt.env}).Clipboard("x"); seq != tt.seq || passed != tt.passed {
			t.Errorf("%q: %q, %t, want %q, %t", tt.env, seq, passed, tt.seq, tt.passed)
		}
	}
}
