#!/usr/bin/env bash
# nats-server 2.15.3: an account that imports a subject of JetStream's API from
# the account that has the streams, under its own name ($JS.API.STREAM.INFO.S),
# gets its answers from itself: "JetStream not enabled for account" (10039). The
# same import under another name (to: "other.STREAM.INFO.S") is answered by the
# account that has the streams. Nothing says at the start that the first import
# has no effect.
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
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const config = `
jetstream { store_dir: %q }
accounts {
  STREAMS {
    jetstream: enabled
    users: [{user: streams, password: p}]
    exports: [{service: "$JS.API.STREAM.INFO.S"}]
  }
  SAME {
    users: [{user: same, password: p}]
    imports: [{service: {account: STREAMS, subject: "$JS.API.STREAM.INFO.S"}}]
  }
  OTHER {
    users: [{user: other, password: p}]
    imports: [{service: {account: STREAMS, subject: "$JS.API.STREAM.INFO.S"}, to: "other.STREAM.INFO.S"}]
  }
}`

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	store := must(os.MkdirTemp("", ""))
	defer os.RemoveAll(store)
	file := store + "/nats.conf"
	if err := os.WriteFile(file, fmt.Appendf(nil, config, store), 0o600); err != nil {
		panic(err)
	}
	o := must(server.ProcessConfigFile(file))
	o.Host, o.Port, o.NoLog, o.NoSigs = "127.0.0.1", -1, true, true
	s := must(server.NewServer(o))
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		panic("not ready")
	}
	defer s.Shutdown()
	ask := func(user, subject, body string) string {
		nc := must(nats.Connect(s.ClientURL(), nats.UserInfo(user, "p")))
		defer nc.Close()
		var answer struct {
			Config struct{ Name string }
			Error  struct {
				Code int `json:"err_code"`
			}
		}
		if err := json.Unmarshal(must(nc.Request(subject, []byte(body), 5*time.Second)).Data, &answer); err != nil {
			panic(err)
		}
		return fmt.Sprintf("stream %q, error %d", answer.Config.Name, answer.Error.Code)
	}
	ask("streams", "$JS.API.STREAM.CREATE.S", `{"name":"S","subjects":["s"]}`)
	fmt.Println("imported under its own name:", ask("same", "$JS.API.STREAM.INFO.S", ""))
	fmt.Println("imported under another name:", ask("other", "other.STREAM.INFO.S", ""))
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='imported under its own name: stream "", error 10039
imported under another name: stream "S", error 0'
[ "$got" = "$want" ] || { echo "changed: was '$want'" >&2; exit 1; }
