//go:build linux || darwin

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
)

// guest is somebody with a dashboard over SSH, who looks at nothing that it shows.
type guest struct {
	wire   *stallable
	client *ssh.Client
	in     io.Writer
	ended  chan struct{} // closed when the session is over
}

// stallable is a connection that reads nothing while it is stalled.
type stallable struct {
	net.Conn
	mu      sync.Mutex
	waiting chan struct{} // nil while it is not stalled
}

func (s *stallable) Read(p []byte) (int, error) {
	s.mu.Lock()
	waiting := s.waiting
	s.mu.Unlock()
	if waiting != nil {
		<-waiting
	}
	return s.Conn.Read(p)
}

// stall has it read nothing, or go on.
func (s *stallable) stall(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case on && s.waiting == nil:
		s.waiting = make(chan struct{})
	case !on && s.waiting != nil:
		close(s.waiting)
		s.waiting = nil
	}
}

// visit opens a dashboard of a person.
func (h *keyed) visit(person string) (*guest, error) {
	nc, err := net.DialTimeout("tcp", h.address, patience)
	if err != nil {
		return nil, err
	}
	g := &guest{wire: &stallable{Conn: nc}, ended: make(chan struct{})}
	signer, err := ssh.NewSignerFromKey(privateKey(person))
	if err == nil {
		err = g.begin(&ssh.ClientConfig{User: "tapedeck", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.FixedHostKey(h.hostKey)})
	}
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	return g, nil
}

func (g *guest) begin(config *ssh.ClientConfig) error {
	c, channels, requests, err := ssh.NewClientConn(g.wire, "host", config)
	if err != nil {
		return err
	}
	g.client = ssh.NewClient(c, channels, requests)
	s, err := g.client.NewSession()
	if err != nil {
		return err
	}
	s.Stdout = io.Discard
	if g.in, err = s.StdinPipe(); err == nil {
		err = s.RequestPty("xterm-256color", 24, 80, nil)
	}
	if err == nil {
		err = s.Shell()
	}
	if err == nil {
		go func() {
			_ = s.Wait()
			close(g.ended)
		}()
	}
	return err
}

// party is a service with many guests, of which somebody is lost again and again.
type party struct {
	*keyed
	rng    *rand.Rand
	people []string
	guests []*guest
	count  map[string]int
}

// testSSHLong has many dashboards over SSH work on one service while they are cut
// off, stalled and closed at random: at the end each update of the space is one
// request on record, and each request on record is one update. It is 30 sessions
// for two seconds, or 200 for what TAPEDECK_LONG says.
func testSSHLong(t *testing.T, p program) {
	long, sessions := 2*time.Second, 30
	if v := os.Getenv("TAPEDECK_LONG"); v != "" { // without the race detector: so many would starve
		var err error
		if long, err = time.ParseDuration(v); err != nil {
			t.Fatalf("TAPEDECK_LONG: %v", err)
		}
		sessions = 200
	}
	seed := uint64(time.Now().UnixNano())
	space := serveSpace(t, sim.Options{Recordings: 40, Seed: 1})
	people := []string{"ana", "ben", "cem", "dan", "eva", "fay", "gil", "hal"}
	s := &party{newKeyed(t, p, space, people, nil, ""), rand.New(rand.NewPCG(seed, 0)), people, make([]*guest, sessions), map[string]int{}}
	for i := range s.guests {
		s.enter(i)
	}
	for end, next := time.Now().Add(long), time.Now(); time.Now().Before(end) && !t.Failed(); {
		s.act()
		if time.Now().After(next) {
			s.trouble()
			next = time.Now().Add(time.Duration(20+s.rng.IntN(60)) * time.Millisecond)
		}
	}
	for _, g := range s.guests {
		g.wire.stall(false)
		_ = g.client.Close()
		<-g.ended
	}
	s.matched(t, fmt.Sprintf("seed %d: %v", seed, s.count))
}

// enter opens the dashboard of a guest.
func (s *party) enter(i int) {
	s.t.Helper()
	began := time.Now()
	g, err := s.visit(s.people[i%len(s.people)])
	for err != nil && time.Since(began) < patience { // on a busy machine a handshake may take too long
		s.count["logins again"]++
		s.t.Logf("guest %d cannot log in after %v: %v", i, time.Since(began), err)
		g, err = s.visit(s.people[i%len(s.people)])
	}
	if err != nil {
		s.t.Fatalf("guest %d cannot log in: %v\n%s", i, err, s.log)
	}
	s.guests[i] = g
	s.count["logins"]++
}

// act types a key at one of the dashboards.
func (s *party) act() {
	g := s.guests[s.rng.IntN(len(s.guests))]
	const keys = "jjkkgGpppprrryyyyy\x1b"
	_, _ = io.WriteString(g.in, string(keys[s.rng.IntN(len(keys))])) // it may be over
	s.count["keys"]++
	time.Sleep(time.Duration(s.rng.IntN(8)) * time.Millisecond)
}

// trouble has something happen to one of the guests, who comes again where that is
// the end.
func (s *party) trouble() {
	i := s.rng.IntN(len(s.guests))
	g := s.guests[i]
	select {
	case <-g.ended: // it has quit
		s.enter(i)
		return
	default:
	}
	switch s.rng.IntN(6) {
	case 0: // as when its process is killed
		s.count["cut off"]++
		if tcp, ok := g.wire.Conn.(*net.TCPConn); ok && s.rng.IntN(2) == 0 {
			_ = tcp.SetLinger(0)
		}
		_, _ = io.WriteString(g.in, "p") // so that something is under way
		g.wire.stall(false)
		_ = g.wire.Close()
	case 1:
		s.count["closed"]++
		g.wire.stall(false)
		_ = g.client.Close()
	case 2:
		s.count["quit"]++
		g.wire.stall(false)
		_, _ = io.WriteString(g.in, "\x03")
		time.Sleep(5 * time.Millisecond)
		_, _ = io.WriteString(g.in, "\x03")
		return // it may have a question open: then it stays
	case 3, 4:
		s.count["stalled"]++
		g.wire.stall(true)
		return
	default:
		g.wire.stall(false)
		return
	}
	<-g.ended
	s.enter(i)
}

// matched checks that the journal and the space agree one to one: each request on
// record that was answered is one update, each update is one such request, and
// nothing else is.
func (s *party) matched(t *testing.T, what string) {
	t.Helper()
	s.alone(t)
	(&shift{team: s.team}).settled()
	asked, outcomes := map[string]journal.Entry{}, map[string]int{}
	sent := map[string]int{} // by recording and status
	for _, e := range s.entries() {
		switch e.Event {
		case journal.Request:
			if _, twice := asked[e.ID]; twice || !slices.Contains(s.people, e.Actor) || e.SSHKey == "" {
				t.Errorf("on record is %+v", e)
			}
			asked[e.ID] = e
		case journal.Outcome:
			r, ok := asked[e.ID]
			if outcomes[e.ID]++; !ok || outcomes[e.ID] > 1 || e.Outcome == "unknown" {
				t.Errorf("on record is %+v", e)
			}
			if e.HTTPStatus != 0 || e.Outcome != "failed" { // else it was not sent
				sent[r.Recording.String()+" "+r.StatusAsked]++
			}
		}
	}
	updates := s.space.Updates()
	for _, u := range updates {
		sent[u.SID+" "+u.Status]--
	}
	for key, n := range sent {
		if n != 0 {
			t.Errorf("%s: %d more on record than at the space", key, n)
		}
	}
	t.Logf("%s; %d requests on record, %d updates", what, len(asked), len(updates))
	_ = s.serve.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(patience):
		t.Error("the service does not end")
	}
	if code := s.serve.ProcessState.ExitCode(); code != 143 && code != 0 || strings.Contains(s.log.String(), "failed") || strings.Contains(s.log.String(), "DATA RACE") {
		t.Errorf("exit code %d\n%s", code, s.log)
	}
}
