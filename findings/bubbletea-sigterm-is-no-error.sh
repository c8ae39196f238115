#!/usr/bin/env bash
# Bubble Tea 2.1.1: a program that is ended by SIGTERM returns a nil error from
# Run, as one whose user has quit does; SIGINT returns ErrInterrupted. Who needs
# to tell a shutdown from a quit (an exit code of 143, say) has to handle
# SIGTERM by itself.
#
# Needs Go, and a system with signals.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get charm.land/bubbletea/v2@v2.1.1 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	tea "charm.land/bubbletea/v2"
)

type model struct{ signal syscall.Signal }

func (m model) Init() tea.Cmd {
	return func() tea.Msg {
		if m.signal == 0 {
			return tea.QuitMsg{}
		}
		_ = syscall.Kill(syscall.Getpid(), m.signal)
		return nil
	}
}
func (m model) Update(tea.Msg) (tea.Model, tea.Cmd) { return m, nil }
func (m model) View() tea.View                      { return tea.NewView("x") }

func main() {
	for _, c := range []struct {
		name   string
		signal syscall.Signal
	}{{"quit", 0}, {"SIGTERM", syscall.SIGTERM}, {"SIGINT", syscall.SIGINT}} {
		_, err := tea.NewProgram(model{c.signal}, tea.WithInput(nil), tea.WithOutput(io.Discard)).Run()
		fmt.Printf("%s: nil %v, ErrInterrupted %v\n", c.name, err == nil, errors.Is(err, tea.ErrInterrupted))
	}
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='quit: nil true, ErrInterrupted false
SIGTERM: nil true, ErrInterrupted false
SIGINT: nil false, ErrInterrupted true'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
