package deck

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"tapedeck/api/share"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// natsHost runs a deck that shares on a real server, and returns what stops both.
func natsHost(t *testing.T, space *sim.Space, url, name, named string) (tb *table, stop func()) {
	t.Helper()
	store, err := share.NewNATS(share.Options{Servers: url, Host: name, Version: "v1.test"})
	if err != nil {
		t.Fatal(err)
	}
	tb = open(t, space, Config{Share: store, Space: named, Project: space.Project(), Interval: time.Minute})
	ctx, cancel := context.WithCancel(context.Background())
	polls, end := context.WithCancel(context.Background())
	done, ended := make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); _ = store.Run(ctx) }()
	go func() { defer close(done); _ = tb.deck.Run(polls) }()
	var stopped bool
	stop = func() {
		if !stopped {
			stopped = true
			end()
			<-done
			cancel()
			<-ended
		}
	}
	t.Cleanup(stop)
	return tb, stop
}

// TestSharedByNATS: on a real server two hosts, which name the space differently, see
// each other's pauses, and the one that is left carries out what the other has set.
func TestSharedByNATS(t *testing.T) {
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: t.TempDir(), Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	space := spaceOf(0, 0)
	sid := space.Begin(sim.Begin{Status: "in-progress"})
	a, stopA := natsHost(t, space, s.ClientURL(), "host-a", "https://Example.signalwire.com")
	b, _ := natsHost(t, space, s.ClientURL(), "host-b", "example.signalwire.com")
	until := func(what string, is func() bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !is(); time.Sleep(2 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("never: %s; %+v", what, b.deck.Snapshot())
			}
		}
	}
	for _, tb := range []*table{a, b} {
		until("it hears the other host", func() bool {
			s := tb.deck.Snapshot()
			return s.Share.Connected && len(s.Hosts) == 2 && s.Find(text.New(sid)) != nil
		})
	}
	req := pauseOf(sid)
	req.ResumeAfter = 1500 * time.Millisecond
	go func() { _, _ = a.deck.Do(context.Background(), req) }()
	until("the pause and its auto-resume are on host-b", func() bool {
		r := b.find(sid)
		return r.Pause.Actor == "alice (host-a)" && r.Timer.Actor == "alice (host-a)"
	})
	stopA()
	until("it is resumed", func() bool { return !b.find(sid).Paused() })
	// By host-b, unless this machine took longer than that to stop host-a.
	if n := a.wire.count("POST", sid) + b.wire.count("POST", sid); n != 2 {
		t.Errorf("%d updates were sent, want the pause and one resume", n)
	}
	if r := b.find(sid); r.Timer.Err != "" || r.Trouble.Kind != "" {
		t.Errorf("it is %+v, %+v", r.Timer, r.Trouble)
	}
	until("host-a is said to be gone, with nothing left to do", func() bool {
		h := b.deck.Snapshot().Hosts[0]
		return h.Name == "host-a" && h.Gone && h.Left && h.Pauses == 0 && h.Timers == 0
	})
}
