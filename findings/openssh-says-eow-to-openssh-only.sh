#!/usr/bin/env bash
# OpenSSH's client (seen with 9.2p1 and 10.0p2) tells a server that nobody reads a
# command's output any more, as in "ssh host watch | head -1", by a request that
# it sends to servers alone whose version begins with OpenSSH (eow@openssh.com).
# Of any other server it goes on taking the output and throws it away, without
# a word and without an end: such a command ends when the server ends it.
#
# Needs Go, and OpenSSH's ssh as it is installed; its version is printed. The
# server is a program of golang.org/x/crypto 0.58.0, on loopback, under two names.
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
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
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

// try has ssh read one line of a command that writes one every 100 ms, and says
// what the server is told of the end of that.
func try(version string) {
	config := &ssh.ServerConfig{ServerVersion: version, PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}
	config.AddHostKey(must(ssh.NewSignerFromKey(newKey())))
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	_, port, _ := net.SplitHostPort(l.Addr().String())
	cmd := exec.Command("ssh", "-F", "none", "-i", "id", "-n", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-p", port, "x@127.0.0.1", "watch")
	out := must(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	_, channels, requests, err := ssh.NewServerConn(must(l.Accept()), config)
	if err != nil {
		panic(err)
	}
	go ssh.DiscardRequests(requests)
	ch, rs, err := (<-channels).Accept()
	if err != nil {
		panic(err)
	}
	told := make(chan string, 9)
	begun := make(chan bool)
	go func() {
		for r := range rs {
			_ = r.Reply(true, nil)
			if r.Type == "exec" {
				close(begun)
			} else {
				told <- r.Type
			}
		}
		told <- "the end"
	}()
	<-begun
	go func() {
		for {
			if _, err := io.WriteString(ch, "line\n"); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	must(bufio.NewReader(out).ReadString('\n'))
	_ = out.Close() // as head does
	select {
	case what := <-told:
		fmt.Println(version+":", what)
	case <-time.After(5 * time.Second):
		fmt.Println(version+": nothing in 5 s, and ssh is still there:", cmd.Process.Signal(syscall.Signal(0)) == nil)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

func main() {
	if err := os.WriteFile("id", pem.EncodeToMemory(must(ssh.MarshalPrivateKey(newKey(), ""))), 0o600); err != nil {
		panic(err)
	}
	try("SSH-2.0-example_1.0")
	try("SSH-2.0-OpenSSH_example")
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='SSH-2.0-example_1.0: nothing in 5 s, and ssh is still there: true
SSH-2.0-OpenSSH_example: eow@openssh.com'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
