package share

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// clusterOf starts three servers that are one, on README's accounts, and returns
// a way to their hosts.
func clusterOf(t *testing.T) (servers []*server.Server, options func(host string) Options) {
	t.Helper()
	var ports []int
	var routes, clients []string
	for range 3 {
		ports = append(ports, freePort(t))
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[len(ports)-1]))
	}
	config, creds := readmeConfig(t)
	for i, port := range ports {
		cluster := fmt.Sprintf("\nserver_name: n%d\ncluster { name: c, listen: \"127.0.0.1:%d\", routes: [%s] }\n", i, port, strings.Join(routes, ", "))
		s := beginServer(t, config+cluster, t.TempDir(), -1)
		servers = append(servers, s)
	}
	for _, s := range servers {
		if !s.ReadyForConnections(limit) {
			t.Fatal("a server does not start")
		}
		u, err := url.Parse(s.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, "nats://"+u.Host)
	}
	eventually(t, "a leader with three servers", func() bool {
		for _, s := range servers {
			if s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == 3 {
				return true
			}
		}
		return false
	})
	return servers, func(host string) Options {
		return Options{Servers: strings.Join(clients, ","), Creds: creds(host), Host: host}
	}
}

// TestCluster has two hosts on three servers claim the same auto-resumes, before
// and after the server that decides goes down.
func TestCluster(t *testing.T) {
	servers, options := clusterOf(t)
	one, two := join(t, options("one")), join(t, options("two"))
	one.connected()
	two.connected()
	e, err := two.Engine(t.Context())
	if err != nil || e.Replicas != 3 || e.Cluster != "c" {
		t.Errorf("the servers say %+v, %v", e, err)
	}
	for i := range 10 {
		race(t, keyOf(sid(i)), one, two)
	}
	one.Put(keyOf("RE1"), pauseOf("ann"))
	two.until("a pause", func() bool { return two.told["one RE1 pause"].Pause != nil })

	for _, s := range servers {
		if s.JetStreamIsStreamLeader("TAPEDECK", stateStream) {
			s.Shutdown()
			s.WaitForShutdown()
			break
		}
	}
	one.Put(keyOf("RE2"), pauseOf("ann"))
	two.until("a pause, with one server down", func() bool { return two.told["one RE2 pause"].Pause != nil })
	for i := range 5 {
		race(t, keyOf(sid(100+i)), one, two)
	}
	two.until("what was said before", func() bool { return two.told["one RE1 pause"].Pause != nil })
}

// race has hosts set an auto-resume that is due, and try to fire it all at once,
// as often as the server is away; one of them does.
func race(t *testing.T, key Key, hosts ...*peer) {
	t.Helper()
	now := time.Now()
	var fired atomic.Int64
	setter := hosts[0]
	eventually(t, "it is set", func() bool {
		_, err := setter.SetTimer(t.Context(), key, Setting{Pause: now, At: now, Due: now})
		if err != nil && !errors.Is(err, ErrAway) {
			t.Fatal(err)
		}
		return err == nil
	})
	var group sync.WaitGroup
	for _, h := range hosts {
		group.Go(func() {
			for {
				timer, err := h.Timer(t.Context(), key)
				if err == nil && timer.State == TimerFiring || timer.State.Over() && err == nil {
					return
				}
				if err == nil {
					timer, err = h.Claim(t.Context(), timer, now)
				}
				if err == nil {
					_, err = h.Fire(t.Context(), timer)
				}
				if err == nil {
					fired.Add(1)
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	group.Wait()
	if n := fired.Load(); n != 1 {
		t.Errorf("%d hosts fire %s", n, key.SID)
	}
}
