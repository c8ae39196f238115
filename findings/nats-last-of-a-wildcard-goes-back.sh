#!/usr/bin/env bash
# nats-server 2.15.3 with nats.go 1.55.0: the expected last sequence of a write
# may be that of all subjects of a wildcard (WithExpectLastSequenceForSubject),
# which makes a compare-and-set over the subjects of several writers. When the
# last of these messages ends by a TTL of its own, the last one is an older one of
# another subject again: a write that expects that is stored, as if what was
# last had never been, and one that expects none (0) is not. Who relies on it gives
# all messages the same TTL, so that an older one never outlives a newer one.
#
# Needs Go. The server runs inside the test program, on loopback, in a folder
# that is removed.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get github.com/nats-io/nats.go@v1.55.0 github.com/nats-io/nats-server/v2@v2.15.3 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	store := must(os.MkdirTemp("", ""))
	defer os.RemoveAll(store)
	s := must(server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: store}))
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		panic("not ready")
	}
	defer s.Shutdown()
	js := must(jetstream.New(must(nats.Connect(s.ClientURL()))))
	ctx := context.Background()
	must(js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"job.*"}, MaxMsgsPerSubject: 1, AllowMsgTTL: true}))
	after := func(seq uint64, subject string, o ...jetstream.PublishOpt) string {
		ack, err := js.Publish(ctx, subject, nil, append(o, jetstream.WithExpectLastSequenceForSubject(seq, "job.*"))...)
		if err != nil {
			return "refused"
		}
		return fmt.Sprint("stored as ", ack.Sequence)
	}
	fmt.Println("a, after none:", after(0, "job.a"))
	fmt.Println("b, after 1, for a second:", after(1, "job.b", jetstream.WithMsgTTL(time.Second)))
	fmt.Println("c, after 1:", after(1, "job.c"))
	time.Sleep(4 * time.Second)
	fmt.Println("c, after none, when b has ended:", after(0, "job.c"))
	fmt.Println("c, after 1, when b has ended:", after(1, "job.c"))
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='a, after none: stored as 1
b, after 1, for a second: stored as 2
c, after 1: refused
c, after none, when b has ended: refused
c, after 1, when b has ended: stored as 3'
[ "$got" = "$want" ] || { echo "changed: was '$want'" >&2; exit 1; }
