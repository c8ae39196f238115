#!/usr/bin/env bash
# Bubble Tea 2.1.1 (ultraviolet v0.0.0-20261008173134-6b8d4baf91b4): a program
# that ends before it has taken every key of a read leaves the goroutine of its
# reader behind, waiting to hand over the next key, with the 140 kB or so of its
# table of keys, also when the input is closed then. Where the input is a file
# Run returns half a second late. A server of many sessions grows by that; its
# programs can be given no input, and be sent the keys (Program.Send returns when
# the program ends).
#
# Needs Go.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get charm.land/bubbletea/v2@v2.1.1 github.com/charmbracelet/ultraviolet@v0.0.0-20261008173134-6b8d4baf91b4 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

type model struct{}

func (m model) Init() tea.Cmd                       { return nil }
func (m model) Update(tea.Msg) (tea.Model, tea.Cmd) { return m, nil }
func (m model) View() tea.View                      { return tea.NewView("x") }

// quit ends the program with the key q, before it takes another message.
func quit(_ tea.Model, msg tea.Msg) tea.Msg {
	if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == "q" {
		return tea.QuitMsg{}
	}
	return msg
}

func readers() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "StreamEvents(")
}

// run types keys in one write, closes the input once the program has ended, and
// says what is left of it.
func run(name, keys string, r io.ReadCloser, w io.WriteCloser) {
	before := readers()
	go io.WriteString(w, keys)
	began := time.Now()
	if _, err := tea.NewProgram(model{}, tea.WithInput(r), tea.WithOutput(io.Discard), tea.WithFilter(quit)).Run(); err != nil {
		panic(err)
	}
	late := time.Since(began) >= 500*time.Millisecond
	w.Close()
	r.Close()
	time.Sleep(2 * time.Second)
	fmt.Printf("%s, %q: readers left %d, Run late %v\n", name, keys, readers()-before, late)
}

func main() {
	for _, keys := range []string{"q", "qj"} {
		r, w := io.Pipe()
		run("a pipe", keys, r, w)
		file, to, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		run("a file", keys, file, to)
	}
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='a pipe, "q": readers left 0, Run late false
a file, "q": readers left 0, Run late false
a pipe, "qj": readers left 1, Run late false
a file, "qj": readers left 1, Run late true'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
