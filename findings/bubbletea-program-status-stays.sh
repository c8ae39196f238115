#!/usr/bin/env bash
# Bubble Tea 2.1.1: what a view says by View.ProgramStatus (OSC 7501) is told to
# the terminal, and is not taken back when the program ends, by Quit or by Kill:
# the tab of a terminal that knows the protocol says "blocked" of a program that
# is no longer there. A view without it, drawn before the end, takes it back. So a
# program has to show such a view first, and a Kill cannot.
#
# Needs Go.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get charm.land/bubbletea/v2@v2.1.1 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// model says that it is blocked until it is told to be silent.
type model struct{ silent bool }

type silence struct{}

func (m model) Init() tea.Cmd { return nil }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(silence); ok {
		m.silent = true
	}
	return m, nil
}

func (m model) View() tea.View {
	v := tea.NewView("x")
	if !m.silent {
		v.ProgramStatus = &tea.ProgramStatus{ID: "finding", State: tea.ProgramStateBlocked}
	}
	return v
}

// output is what the terminal is sent.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// told returns the messages of the protocol.
func (o *output) told() (list []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, part := range strings.Split(o.b.String(), "\x1b]7501;")[1:] {
		end := strings.IndexAny(part, "\a\x1b")
		list = append(list, part[:end])
	}
	return list
}

func run(name string, end func(*tea.Program)) {
	out := &output{}
	p := tea.NewProgram(model{}, tea.WithInput(nil), tea.WithOutput(out), tea.WithWindowSize(20, 5), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
	go func() {
		time.Sleep(300 * time.Millisecond)
		end(p)
	}()
	_, _ = p.Run()
	fmt.Printf("%s: %q\n", name, out.told())
}

func main() {
	run("quit", func(p *tea.Program) { p.Quit() })
	run("kill", func(p *tea.Program) { p.Kill() })
	run("silent, then quit", func(p *tea.Program) {
		p.Send(silence{})
		time.Sleep(300 * time.Millisecond)
		p.Quit()
	})
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='quit: ["state=blocked:id=finding"]
kill: ["state=blocked:id=finding"]
silent, then quit: ["state=blocked:id=finding" "state=clear:id=finding"]'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
