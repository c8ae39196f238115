//go:build linux || darwin

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What the test's own program is when it is started with one of these in its
// environment.
const (
	engineEnv = "TEST_NATS_TAPEDECK"  // a NATS server with the configuration of this file
	clockEnv  = "TEST_CLOCK_TAPEDECK" // what says what time it is
)

func init() {
	instead = append(instead, func() bool {
		file := os.Getenv(engineEnv)
		if file != "" {
			os.Exit(runEngine(file))
		}
		return false
	}, func() bool {
		asked := os.Getenv(clockEnv) != ""
		if asked {
			fmt.Println(time.Now().UTC().Format(time.RFC3339Nano))
		}
		return asked
	})
}

// runEngine is a NATS server, until it is killed.
func runEngine(file string) int {
	o, err := server.ProcessConfigFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	o.NoLog, o.NoSigs = true, true
	s, err := server.NewServer(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	s.Start()
	s.WaitForShutdown()
	return 0
}

// engine is a NATS server in a process of its own, with its streams in files.
type engine struct {
	t     testing.TB
	file  string
	addr  string
	log   *said
	cmd   *exec.Cmd
	ended chan struct{}
}

// The password of each user of the servers of a test, and the user that is in the
// account of the streams.
const (
	enginePassword = "a long secret of host "
	observer       = "observer"
)

// engineConfig returns the configuration that README has for hosts one and two,
// with these hosts instead, and a user that sees everything.
func engineConfig(t testing.TB, hosts []string) string {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, config, ok := strings.Cut(string(b), "### The server, with a user for each host\n")
	if ok {
		_, config, ok = strings.Cut(config, "```conf\n")
	}
	config, _, _ = strings.Cut(config, "```")
	replace := func(from, to string) {
		if !strings.Contains(config, from) {
			t.Fatalf("README's configuration of a server has no %q", from)
		}
		config = strings.ReplaceAll(config, from, to)
	}
	if !ok {
		t.Fatal("README has no configuration of a server")
	}
	replace("listen: \"0.0.0.0:4222\"\n", "")
	_, account, _ := strings.Cut(config, "  ONE {\n")
	account, _, _ = strings.Cut(account, "\n  }\n")
	export := "      {service: \"tapedeck.one.>\", accounts: [ONE]}\n"
	var exports, accounts strings.Builder
	for _, host := range hosts {
		as := strings.NewReplacer("tapedeck.one.", "tapedeck."+host+".", "ONE", strings.ToUpper(host), "host one", "host "+host, "user: one", "user: "+host)
		exports.WriteString(as.Replace(export))
		accounts.WriteString(as.Replace("  ONE {\n" + account + "\n  }\n"))
	}
	replace("      {service: \"tapedeck.two.>\", accounts: [TWO]}\n", "")
	replace(export, exports.String())
	from := strings.Index(config, "  ONE {\n")
	config = config[:from] + accounts.String() + "}\n"
	replace("    jetstream: enabled\n", fmt.Sprintf("    jetstream: enabled\n    users: [{user: %s, password: %q}]\n", observer, enginePassword+observer))
	return config
}

// newEngine starts a server for these hosts.
func newEngine(t testing.TB, hosts ...string) *engine {
	t.Helper()
	return startEngine(t, engineConfig(t, hosts), freeAddr(t))
}

// newCluster starts three servers that are one, and waits until they are.
func newCluster(t testing.TB, hosts ...string) (list []*engine) {
	t.Helper()
	config := engineConfig(t, hosts)
	var ports, routes []string
	for range 3 {
		ports = append(ports, freeAddr(t))
		routes = append(routes, "nats://"+ports[len(ports)-1])
	}
	for i, port := range ports {
		own := fmt.Sprintf("server_name: n%d\ncluster { name: c, listen: %q, routes: [%s], no_advertise: true }\n", i, port, strings.Join(routes, ", "))
		list = append(list, startEngine(t, own+config, freeAddr(t)))
	}
	js, err := jetstream.New(list[0].connect())
	if err != nil {
		t.Fatal(err)
	}
	try := jetstream.StreamConfig{Name: "TRY", Subjects: []string{"try"}, Replicas: 3}
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := js.CreateStream(ctx, try)
		cancel()
		if err == nil {
			return list
		}
		if time.Since(began) > patience {
			t.Fatalf("the three servers are not one: %v", err)
		}
	}
}

// startEngine starts a server with a configuration at an address.
func startEngine(t testing.TB, config, addr string) *engine {
	t.Helper()
	e := &engine{t: t, file: filepath.Join(t.TempDir(), "nats.conf"), addr: addr}
	config = strings.ReplaceAll(config, `"/var/lib/nats", sync_interval: always`, fmt.Sprintf("%q", t.TempDir()))
	if err := os.WriteFile(e.file, fmt.Appendf(nil, "listen: %q\n%s", addr, config), 0o600); err != nil {
		t.Fatal(err)
	}
	e.start()
	t.Cleanup(e.kill)
	return e
}

// freeAddr returns an address of this machine that nobody listens to.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// start starts the server, and waits until it listens.
func (e *engine) start() {
	e.t.Helper()
	self, err := os.Executable()
	if err != nil {
		e.t.Fatal(err)
	}
	e.log = &said{}
	e.cmd = exec.Command(self)
	e.cmd.Env = []string{engineEnv + "=" + e.file, "GORACE=atexit_sleep_ms=0"}
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	if err := e.cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(e.cmd, e.ended)
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", e.addr)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-e.ended:
			e.t.Fatalf("the NATS server has ended: %s", e.log)
		default:
		}
		if time.Since(began) > patience {
			e.t.Fatalf("the NATS server does not listen: %v %s", err, e.log)
		}
	}
}

// kill kills the server; start starts it again with what is in its files.
func (e *engine) kill() {
	_ = e.cmd.Process.Kill()
	<-e.ended
}

// connect returns a connection of the observer, who sees everything.
func (e *engine) connect() *nats.Conn {
	e.t.Helper()
	nc, err := nats.Connect("nats://"+e.addr, nats.UserInfo(observer, enginePassword+observer),
		nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.RetryOnFailedConnect(true))
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(nc.Close)
	return nc
}

// wayTo is the way between a host and a server, which may forget what it is given,
// or be slow.
type wayTo struct {
	to   string
	addr string

	mu      sync.Mutex
	changed chan struct{} // closed and replaced with each change of what follows
	forgets bool          // what comes is dropped, and nobody is told
	delay   time.Duration // of each piece, either way
	closed  bool          // nobody gets a connection
	conns   map[net.Conn]bool
	bytes   int // that were carried, either way
}

// newWay starts the way to an address.
func newWay(t testing.TB, to string) *wayTo {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &wayTo{to: to, addr: l.Addr().String(), changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { r.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		r.set(func() { r.closed, r.delay = true, 0 })
		r.cut()
		group.Wait()
	})
	return r
}

// set changes what it does.
func (r *wayTo) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

// pass has it carry everything at once again.
func (r *wayTo) pass() { r.set(func() { r.forgets, r.delay, r.closed = false, 0, false }) }

// cut closes all connections.
func (r *wayTo) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		_ = c.Close()
	}
}

// carried returns how many bytes were carried, either way.
func (r *wayTo) carried() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

func (r *wayTo) carry(a net.Conn) {
	defer func() { _ = a.Close() }()
	b, err := net.Dial("tcp", r.to)
	if err != nil {
		return
	}
	defer func() { _ = b.Close() }()
	r.mu.Lock()
	closed := r.closed
	if !closed {
		r.conns[a], r.conns[b] = true, true
	}
	r.mu.Unlock()
	if closed {
		return
	}
	var group sync.WaitGroup
	group.Go(func() { r.copy(a, b) })
	r.copy(b, a)
	group.Wait()
	r.mu.Lock()
	delete(r.conns, a)
	delete(r.conns, b)
	r.mu.Unlock()
}

// piece is what was read at once, and when it is to go on.
type piece struct {
	data []byte
	at   time.Time
}

// copy carries what comes from one connection to the other. A connection of which
// something was forgotten stays useless: what comes later is forgotten too.
func (r *wayTo) copy(to, from net.Conn) {
	defer func() { _ = to.Close(); _ = from.Close() }()
	pieces := make(chan piece, 1000)
	var group sync.WaitGroup
	defer group.Wait()
	defer close(pieces)
	group.Go(func() {
		for p := range pieces {
			r.wait(p.at)
			if _, err := to.Write(p.data); err != nil {
				_ = from.Close()
			}
		}
	})
	b, lost := make([]byte, 64<<10), false
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		r.mu.Lock()
		lost = lost || r.forgets
		delay := r.delay
		if !lost {
			r.bytes += n
		}
		r.mu.Unlock()
		if !lost {
			pieces <- piece{bytes.Clone(b[:n]), time.Now().Add(delay)}
		}
	}
}

// wait waits until a time, or until it is not slow any more.
func (r *wayTo) wait(until time.Time) {
	for {
		r.mu.Lock()
		changed, slow := r.changed, r.delay > 0
		r.mu.Unlock()
		left := time.Until(until)
		if left <= 0 || !slow {
			return
		}
		select {
		case <-changed:
		case <-time.After(left):
		}
	}
}
