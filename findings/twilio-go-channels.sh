#!/usr/bin/env bash
# twilio-go 1.31.0 against a body as SignalWire documents it: "channels" is a
# string there and an integer in twilio-go, "duration" an integer there and a
# string in twilio-go. The update is carried out by the server, and the call
# returns an error all the same: its caller takes a pause for failed that holds.
#
# Needs Go. It talks to a server of its own on loopback only.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding >/dev/null 2>&1
go get github.com/twilio/twilio-go@v1.31.0 >/dev/null 2>&1
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

// to sends every request to one server.
type to struct{ host string }

func (t to) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme, r.URL.Host = "http", t.host
	return http.DefaultTransport.RoundTrip(r)
}

func update(channels, duration string) {
	carried := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		carried++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"sid":"0d9c8b7a-1111-4ccc-9ddd-000000000101","status":"paused","channels":%s,"duration":%s}`, channels, duration)
	}))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	c := &client.Client{Credentials: client.NewCredentials("AC00000000000000000000000000000000", "example"),
		HTTPClient: &http.Client{Transport: to{u.Host}}}
	c.SetAccountSid("AC00000000000000000000000000000000")
	api := twilio.NewRestClientWithParams(twilio.ClientParams{Client: c}).Api
	p := &openapi.UpdateCallRecordingParams{}
	p.SetStatus("paused")
	_, err := api.UpdateCallRecording("CA00000000000000000000000000000000", "RE00000000000000000000000000000000", p)
	fmt.Printf("channels %s, duration %s: carried out %d time, error %v\n", channels, duration, carried, err != nil)
}

func main() {
	update(`2`, `"4"`)
	update(`"2"`, `"4"`)
	update(`2`, `4`)
	update(`"2"`, `4`)
}
GO
go mod tidy >/dev/null 2>&1
got=$(go run .)
echo "$got"
want='channels 2, duration "4": carried out 1 time, error false
channels "2", duration "4": carried out 1 time, error true
channels 2, duration 4: carried out 1 time, error true
channels "2", duration 4: carried out 1 time, error true'
[ "$got" = "$want" ] || { echo "changed: was" >&2; echo "$want" >&2; exit 1; }
