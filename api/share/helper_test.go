package share

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// limit is how long a test waits for what comes in milliseconds on a machine
// that has time.
const limit = 60 * time.Second

// serverOf starts a server with a configuration, in which STORE is a folder of
// the test's.
func serverOf(t testing.TB, config, store string, port int) *server.Server {
	t.Helper()
	s := beginServer(t, config, store, port)
	if !s.ReadyForConnections(limit) {
		t.Fatal("the server does not start")
	}
	return s
}

// beginServer does not wait until the server is ready.
func beginServer(t testing.TB, config, store string, port int) *server.Server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nats.conf")
	config = strings.ReplaceAll(config, "STORE", store)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o.NoSigs, o.NoLog, o.Host, o.Port = true, true, "127.0.0.1", port
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// plain is a server that tells nobody apart.
const plain = `jetstream { store_dir: "STORE" }`

// freePort returns a port of this machine that nobody listens to.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// peer is a host in a test, with all that it was told.
type peer struct {
	*NATS
	t      testing.TB
	stop   func()
	mu     sync.Mutex
	events []Event
	told   map[string]Told // by host, SID and kind; not those that are over
	timers map[string]Timer
	hosts  map[string]Host
}

func join(t testing.TB, o Options, change ...func(*NATS)) *peer {
	t.Helper()
	if o.Version == "" {
		o.Version = "v1.test"
	}
	n, err := NewNATS(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(n)
	}
	return runs(t, n)
}

// runs has a host keep in touch until the test ends.
func runs(t testing.TB, n *NATS) *peer {
	p := &peer{NATS: n, t: t, told: map[string]Told{}, timers: map[string]Timer{}, hosts: map[string]Host{}}
	n.Watch(p.take)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = n.Run(ctx) }()
	p.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(p.stop)
	return p
}

// together returns hosts that are connected to a server.
func together(t testing.TB, s *server.Server, names ...string) (list []*peer) {
	t.Helper()
	for _, name := range names {
		list = append(list, join(t, Options{Servers: s.ClientURL(), Host: name}))
	}
	for _, p := range list {
		p.connected()
	}
	return list
}

func (p *peer) connected() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := p.Wait(ctx); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) take(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	switch {
	case e.Told != nil:
		kind, _ := e.Told.kind()
		key := e.Told.Host + " " + e.Told.SID + " " + kind
		if e.Told.Over {
			delete(p.told, key)
		} else {
			p.told[key] = *e.Told
		}
	case e.Timer != nil:
		p.timers[e.Timer.SID] = *e.Timer
	case e.Host != nil:
		p.hosts[e.Host.Name] = *e.Host
	}
}

// timer returns the auto-resume of a recording, as it was told.
func (p *peer) timer(sid string) Timer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.timers[sid]
}

// until waits until what is true of a host.
func (p *peer) until(what string, is func() bool) {
	p.t.Helper()
	eventually(p.t, p.o.Host+": "+what, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return is()
	})
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in %s: %s", limit, what)
		}
	}
}

func keyOf(sid string) Key {
	return Key{Space: "example.signalwire.com", Project: "11111111-2222-3333-4444-555555555555", SID: sid}
}

// odd returns what was said of what is odd.
func (p *peer) odds() (list []string) {
	for _, e := range p.events {
		if e.Odd != "" {
			list = append(list, e.Odd)
		}
	}
	return list
}

func pauseOf(name string) Fact {
	at := time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
	p := &Pause{Updated: at, Since: at.Add(-time.Second), Behavior: "silence"}
	p.Actor.Actor = name
	return Fact{Pause: p}
}

func sid(n int) string { return fmt.Sprintf("RE%030d", n) }
