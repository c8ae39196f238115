#!/usr/bin/env bash
# nats.go 1.55.0 with nats-server 2.15.2: a key that was made with a TTL of its
# own (jetstream.KeyTTL, a lease say) loses it with the first Update or Put, so
# that a lease which is renewed that way never ends when its holder dies. A
# publish to the key's subject with the expected revision and WithMsgTTL keeps it.
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
	kv := must(js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "b", LimitMarkerTTL: time.Minute}))
	there := func(key string) bool { _, err := kv.Get(ctx, key); return err == nil }

	must(kv.Create(ctx, "untouched", []byte("1"), jetstream.KeyTTL(2*time.Second)))
	rev := must(kv.Create(ctx, "updated", []byte("1"), jetstream.KeyTTL(2*time.Second)))
	must(kv.Update(ctx, "updated", []byte("2"), rev))
	rev = must(kv.Create(ctx, "published", []byte("1"), jetstream.KeyTTL(2*time.Second)))
	must(js.Publish(ctx, "$KV.b.published", []byte("2"), jetstream.WithExpectLastSequencePerSubject(rev), jetstream.WithMsgTTL(2*time.Second)))
	time.Sleep(5 * time.Second)
	fmt.Printf("after 5 s of a TTL of 2 s: untouched %v, updated %v, published %v\n", there("untouched"), there("updated"), there("published"))
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='after 5 s of a TTL of 2 s: untouched false, updated true, published false'
[ "$got" = "$want" ] || { echo "changed: was '$want'" >&2; exit 1; }
