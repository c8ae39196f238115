#!/usr/bin/env bash
# nats.go 1.55.0 with its defaults, nats-server 2.15.2: a KV Put while the server
# is away waits, returns an error when its context ends, and is applied all the
# same once the connection is back. With nats.ReconnectBufSize(-1) it fails at
# once, and nothing is applied later.
#
# Needs Go. The server runs inside the test program, on loopback, in a folder
# that is removed.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get github.com/nats-io/nats.go@v1.55.0 github.com/nats-io/nats-server/v2@v2.15.2 >/dev/null 2>&1
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

func start(store string, port int) *server.Server {
	s := must(server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: store}))
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		panic("not ready")
	}
	return s
}

func main() {
	for _, c := range []struct {
		name string
		opts []nats.Option
	}{{"defaults", nil}, {"no reconnect buffer", []nats.Option{nats.ReconnectBufSize(-1)}}} {
		store := must(os.MkdirTemp("", ""))
		s := start(store, -1)
		var port int
		fmt.Sscanf(s.Addr().String(), "127.0.0.1:%d", &port)
		opts := append(c.opts, nats.ReconnectWait(200*time.Millisecond), nats.MaxReconnects(-1))
		nc := must(nats.Connect(s.ClientURL(), opts...))
		kv := must(must(jetstream.New(nc)).CreateKeyValue(context.Background(), jetstream.KeyValueConfig{Bucket: "b"}))
		must(kv.Put(context.Background(), "k", []byte("before")))
		s.Shutdown()
		s.WaitForShutdown()
		for nc.Status() != nats.RECONNECTING {
			time.Sleep(10 * time.Millisecond)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		began := time.Now()
		_, err := kv.Put(ctx, "k", []byte("while away"))
		cancel()
		waited := time.Since(began) > 900*time.Millisecond
		s = start(store, port)
		for nc.Status() != nats.CONNECTED {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		e := must(kv.Get(context.Background(), "k"))
		fmt.Printf("%s: error %v, waited %v, the value is %q\n", c.name, err != nil, waited, e.Value())
		nc.Close()
		s.Shutdown()
		os.RemoveAll(store)
	}
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='defaults: error true, waited true, the value is "while away"
no reconnect buffer: error true, waited false, the value is "before"'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
