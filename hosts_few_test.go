//go:build linux || darwin

package main

import (
	"debug/buildinfo"
	"fmt"
	"strings"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// testHostsCluster kills one of three servers that are one, and then the host that
// has set an auto-resume: the other host carries it out, once.
func testHostsCluster(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	sid := space.Begin(sim.Begin{StartedAgo: time.Minute, Status: "paused"})
	servers := newCluster(t, "one", "two")
	var urls []string
	for _, e := range servers {
		urls = append(urls, "nats://"+e.addr)
	}
	var hosts []*bastion
	for _, name := range []string{"one", "two"} {
		hosts = append(hosts, startBastion(t, p, space, name, strings.Join(urls, ","), 0, "interval = \"500ms\"\n"))
	}
	servers[time.Now().UnixNano()%3].kill()
	set := func() string {
		return hosts[0].post(t.Context(), "/v1/timer", fmt.Sprintf(`{"sid":%q,"after":3}`, sid))
	}
	got := set()
	for began := time.Now(); got != done && time.Since(began) < patience; got = set() {
		time.Sleep(100 * time.Millisecond)
	}
	if got != done {
		t.Fatalf("no auto-resume is set: %s", got)
	}
	hosts[0].kill()
	space.waitUpdates(1)
	time.Sleep(time.Second) // for a second one
	space.wantUpdates("Calls/" + space.find(sid).CallSID + "/Recordings/" + sid + " Status=in-progress")
}

// testLinked: the program has the client of NATS in it, and nothing of the server.
func testLinked(t *testing.T, p program) {
	info, err := buildinfo.ReadFile(p.path) // what go version -m prints
	if err != nil {
		t.Fatal(err)
	}
	client := false
	for _, dep := range info.Deps {
		client = client || dep.Path == "github.com/nats-io/nats.go"
		if strings.Contains(dep.Path, "nats-server") {
			t.Errorf("%s %s is linked into the program", dep.Path, dep.Version)
		}
	}
	if !client {
		t.Error("the client of NATS is not linked into the program")
	}
}
