#!/usr/bin/env bash
# wish 2.0.5 with charm.land/ssh 0.4.3: wish.WithIdleTimeout counts what the
# server writes as well as what the client sends. A session whose program draws
# something each second, such as a clock or a dashboard, is never idle, however
# long nobody has pressed a key; one that shows the same all the time is ended.
# Who wants to end sessions without keys has to count these.
#
# Needs Go. Server and client are one program, on loopback.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get charm.land/wish/v2@v2.0.5 charm.land/ssh@v0.4.3 golang.org/x/crypto@v0.58.0 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"
)

const idle = 2 * time.Second

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// serve serves a program that writes something every so often; 0 is never.
func serve(every time.Duration) string {
	s := must(wish.NewServer(wish.WithIdleTimeout(idle), wish.WithPublicKeyAuth(func(ssh.Context, ssh.PublicKey) bool { return true }),
		wish.WithPasswordAuth(func(ssh.Context, string) bool { return true }),
		wish.WithMiddleware(func(ssh.Handler) ssh.Handler {
			return func(s ssh.Session) {
				for every > 0 && s.Context().Err() == nil {
					if _, err := io.WriteString(s, "."); err != nil {
						return
					}
					time.Sleep(every)
				}
				<-s.Context().Done()
			}
		})))
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	go func() { _ = s.Serve(l) }()
	return l.Addr().String()
}

func main() {
	for name, every := range map[string]time.Duration{"writes": idle / 8, "silent": 0} {
		c := must(gossh.Dial("tcp", serve(every), &gossh.ClientConfig{
			User: "x", Auth: []gossh.AuthMethod{gossh.Password("x")}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
		}))
		s := must(c.NewSession())
		s.Stdout = io.Discard
		if err := s.Shell(); err != nil {
			panic(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Wait() }()
		select {
		case <-ended:
			fmt.Println(name+": ended, no key for", idle)
		case <-time.After(4 * idle):
			fmt.Println(name+": still there, no key for", 4*idle)
		}
		_ = c.Close()
	}
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run . | LC_ALL=C sort)
echo "$got"
want='silent: ended, no key for 2s
writes: still there, no key for 8s'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
