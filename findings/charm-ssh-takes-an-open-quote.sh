#!/usr/bin/env bash
# charm.land/ssh 0.4.3: Session.Command splits what the client asked for by the
# rules of POSIX, as it says, but takes what a shell refuses or waits for more of:
# a quote that is not closed ends with the text, and a backslash at its end is
# dropped, both without a word. "say I don't" is three words, the last is "dont".
# Who wants to refuse a command that was cut off, or quoted for another shell,
# has to split RawCommand.
#
# Needs Go. Server and client are one program, on loopback.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get charm.land/ssh@v0.4.3 golang.org/x/crypto@v0.58.0 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	s := &ssh.Server{PasswordHandler: func(ssh.Context, string) bool { return true }, Handler: func(s ssh.Session) {
		fmt.Fprintf(s, "%q is %d words: %q", s.RawCommand(), len(s.Command()), s.Command())
	}}
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	go func() { _ = s.Serve(l) }()
	c := must(gossh.Dial("tcp", l.Addr().String(), &gossh.ClientConfig{
		User: "x", Auth: []gossh.AuthMethod{gossh.Password("x")}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
	}))
	for _, command := range []string{`say 'I do not'`, `say I don't`, `say "so`, `say so\`, `say #5 of 7`} {
		fmt.Println(string(must(must(c.NewSession()).Output(command))))
	}
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='"say '"'I do not'"'" is 2 words: ["say" "I do not"]
"say I don'"'"'t" is 3 words: ["say" "I" "dont"]
"say \"so" is 2 words: ["say" "so"]
"say so\\" is 2 words: ["say" "so"]
"say #5 of 7" is 4 words: ["say" "#5" "of" "7"]'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
