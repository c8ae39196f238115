package doctor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tmux is what the tmux around this session says of itself and of its terminal.
type tmux struct {
	version   string
	terminal  string   // TERM of the terminal that it is attached to
	features  []string // that it knows of that terminal
	utf8      string   // whether that terminal reads UTF-8: 0 or 1
	clipboard string   // the option set-clipboard
	focus     string   // focus-events
	titles    string   // set-titles
	escape    string   // escape-time, in milliseconds
	err       error    // why it says nothing
}

// tmuxFormat asks for the fields of tmux, in their order.
const tmuxFormat = "#{version}\t#{client_termname}\t#{client_termfeatures}\t#{client_utf8}\t#{set-clipboard}\t#{focus-events}\t#{set-titles}\t#{escape-time}"

// tmuxLimit is how long tmux may take to answer.
const tmuxLimit = time.Second

// askTmux asks the tmux around this session. It is told what it needs of the
// environment, and nothing else of it.
func askTmux(ctx context.Context, environ []string) *tmux {
	ctx, cancel := context.WithTimeout(ctx, tmuxLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tmux", "display-message", "-p", tmuxFormat)
	cmd.Env = []string{}
	for _, kv := range environ {
		if name, _, _ := strings.Cut(kv, "="); slices.Contains([]string{"TMUX", "TMUX_PANE", "TMUX_TMPDIR", "TERM", "PATH", "LANG", "LC_ALL", "LC_CTYPE"}, name) {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.WaitDelay = tmuxLimit
	out, err := cmd.Output()
	fields := strings.Split(strings.TrimRight(string(out), "\r\n"), "\t")
	if err == nil && len(fields) != 8 {
		err = errors.New("its answer is of no use")
	}
	if err != nil {
		return &tmux{err: err}
	}
	return &tmux{
		version: fields[0], terminal: fields[1], features: strings.Split(fields[2], ","), utf8: fields[3],
		clipboard: fields[4], focus: fields[5], titles: fields[6], escape: fields[7],
	}
}

// has reports whether tmux knows a feature of its terminal.
func (t *tmux) has(feature string) bool { return slices.Contains(t.features, feature) }

// silent says why it is not known what tmux does with its terminal; empty where
// that is known, or there is no tmux.
func (t *tmux) silent() string {
	switch {
	case t == nil:
		return ""
	case t.err != nil:
		return "tmux does not answer"
	case t.terminal == "":
		return "no terminal is attached to this tmux"
	}
	return ""
}

// slowEscape is an escape-time, in milliseconds, from which Esc is late.
const slowEscape = 100

// multiplexer says which settings of tmux are in the way of the dashboard.
func multiplexer(_ context.Context, o Options, k known) (Finding, known) {
	t := k.tmux
	switch {
	case t == nil && o.variable("STY") != "":
		return note("use tmux, or run tapedeck outside of screen, to have them", "in screen: it passes on neither the title nor when the window has the focus"), k
	case t == nil:
		return ok("not in tmux"), k
	case t.err != nil:
		return note("look whether tmux is in PATH, and whether TMUX is that of this session", "tmux does not answer: %v", t.err), k
	}
	var found, how []string
	if t.focus == "off" || t.focus == "0" {
		found = append(found, "focus-events is off: a key as the window gets the focus is not told from others")
		how = append(how, "set -g focus-events on")
	}
	if n, err := strconv.Atoi(t.escape); err == nil && n >= slowEscape {
		found = append(found, fmt.Sprintf("escape-time is %d ms: Esc is late", n))
		how = append(how, "set -s escape-time 20")
	}
	if len(how) > 0 {
		return note(strings.Join(how, "; ")+" in ~/.tmux.conf", "tmux %s: %s", t.version, strings.Join(found, "; ")), k
	}
	return ok("tmux %s, its settings are well", t.version), k
}
