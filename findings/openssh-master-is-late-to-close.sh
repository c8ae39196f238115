#!/usr/bin/env bash
# OpenSSH's client as a master of several sessions (ControlMaster; seen with
# 9.2p1 and 10.0p2): when the ssh of one of the sessions is killed, the master
# notes it at once and tells the server only when something else happens on the
# connection: a key in another session, or a packet of the server. On a quiet
# connection without keepalives the server has a session whose user is gone.
#
# Needs Go, and OpenSSH's ssh as it is installed; its version is printed. The
# server is a program of golang.org/x/crypto 0.58.0, on loopback.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
ssh -V
go mod init finding >/dev/null 2>&1
go get golang.org/x/crypto@v0.58.0 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"golang.org/x/crypto/ssh"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newKey() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)
}

func main() {
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}
	config.AddHostKey(must(ssh.NewSignerFromKey(newKey())))
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	if err := os.WriteFile("id", pem.EncodeToMemory(must(ssh.MarshalPrivateKey(newKey(), ""))), 0o600); err != nil {
		panic(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	login := func(more ...string) *exec.Cmd {
		cmd := exec.Command("ssh", append(append([]string{"-F", "none", "-i", "id", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
			"-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ControlPath=./s", "-T", "-p", port}, more...), "x@127.0.0.1")...)
		must(cmd.StdinPipe())
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		return cmd
	}
	master := login("-o", "ControlMaster=yes")
	conn, channels, requests, err := ssh.NewServerConn(must(l.Accept()), config)
	if err != nil {
		panic(err)
	}
	go ssh.DiscardRequests(requests)
	session := func() (closed chan bool) {
		began := make(chan bool, 1)
		closed = make(chan bool)
		_, rs, err := (<-channels).Accept()
		if err != nil {
			panic(err)
		}
		go func() {
			for r := range rs {
				_ = r.Reply(true, nil)
				if r.Type == "shell" {
					began <- true
				}
			}
			close(closed)
		}()
		<-began
		return closed
	}
	session()
	second := login()
	closed := session()
	time.Sleep(time.Second)
	_ = second.Process.Kill()
	_, _ = second.Process.Wait() // its standard input stays open
	select {
	case <-closed:
		fmt.Println("the server knows at once")
	case <-time.After(5 * time.Second):
		fmt.Println("5 s later the server does not know that the second session is gone")
	}
	_, _, _ = conn.SendRequest("keepalive@openssh.com", true, nil)
	select {
	case <-closed:
		fmt.Println("after a packet of the server it knows")
	case <-time.After(5 * time.Second):
		fmt.Println("after a packet of the server it does not know either")
	}
	_ = master.Process.Kill()
	_, _ = master.Process.Wait()
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='5 s later the server does not know that the second session is gone
after a packet of the server it knows'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
