#!/usr/bin/env bash
# github.com/charmbracelet/x/vt 0.1.0, the terminal emulator: REP (CSI n b) is to
# repeat the character before it. After a wide character it repeats the last
# narrow one instead. A test that judges a renderer by this emulator has to do
# without REP there.
#
# Needs Go.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get github.com/charmbracelet/x/vt@v0.1.0 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/vt"
)

func main() {
	for _, s := range []string{"ab\x1b[2b", "ab東\x1b[2b"} {
		e := vt.NewEmulator(20, 1)
		e.WriteString(s)
		fmt.Printf("%q shows %q\n", s, strings.TrimRight(e.String(), " \n\r"))
	}
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='"ab\x1b[2b" shows "abbb"
"ab東\x1b[2b" shows "ab東bb"'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
