//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// space is a simulated space that a test controls and listens in on, served
// over HTTP.
type space struct {
	*sim.Space
	t    testing.TB
	addr string

	mu      sync.Mutex
	server  *http.Server
	changed chan struct{}               // closed and replaced with each update
	posts   []string                    // updates that came: path below the account and form
	came    []time.Time                 // when
	held    chan struct{}               // updates wait for it, if there is one
	rewrite func(string, []byte) []byte // changes the body of the answer for a path
}

// serve serves a space with these options. It ends with the test.
func serveSpace(t testing.TB, o sim.Options) *space {
	t.Helper()
	s := &space{Space: sim.New(o), t: t, addr: "127.0.0.1:0", changed: make(chan struct{})}
	s.up()
	t.Cleanup(func() {
		s.release()
		s.down()
	})
	return s
}

// up begins to listen, always on the same port.
func (s *space) up() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = l.Addr().String()
	s.server = &http.Server{Handler: s}
	go func(server *http.Server) { _ = server.Serve(l) }(s.server)
}

// down closes the port and every connection.
func (s *space) down() { _ = s.server.Close() }

// env returns the settings for the space, with short polls.
func (s *space) env(more ...string) []string {
	return append([]string{
		"SIGNALWIRE_SPACE=http://" + s.addr, "SIGNALWIRE_PROJECT_ID=" + s.Project(),
		"SIGNALWIRE_API_TOKEN=" + s.Token(), "TAPEDECK_INTERVAL=500ms",
	}, more...)
}

// ServeHTTP answers as the space does, notes updates, and holds them up or
// changes answers where that was asked for.
func (s *space) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if held := s.note(r.URL.Path, string(body)); held != nil {
			select {
			case <-held:
			case <-r.Context().Done():
			}
		}
	}
	s.mu.Lock()
	rewrite := s.rewrite
	s.mu.Unlock()
	if rewrite == nil {
		s.Space.ServeHTTP(w, r)
		return
	}
	r.Header.Del("Accept-Encoding")
	answer := &recorder{header: http.Header{}}
	s.Space.ServeHTTP(answer, r)
	body := rewrite(r.URL.Path, answer.body.Bytes())
	answer.header.Del("Content-Length")
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(body)
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// note notes an update, and returns what it has to wait for.
func (s *space) note(path, form string) chan struct{} {
	_, path, _ = strings.Cut(path, "/Accounts/"+s.Project()+"/")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts, s.came = append(s.posts, strings.TrimSuffix(path, ".json")+" "+form), append(s.came, time.Now())
	close(s.changed)
	s.changed = make(chan struct{})
	return s.held
}

// hold lets updates wait, as if the space were slow, until release.
func (s *space) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = make(chan struct{})
}

// release lets the updates go on that were held.
func (s *space) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil {
		close(s.held)
		s.held = nil
	}
}

// updates returns the updates that have come, as path and form.
func (s *space) updates() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.posts...)
}

// history returns the updates that have come, and when each came.
func (s *space) history() (posts []string, came []time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posts), slices.Clone(s.came)
}

// waitUpdates waits until n updates have come.
func (s *space) waitUpdates(n int) {
	s.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		s.mu.Lock()
		got, changed := len(s.posts), s.changed
		s.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			s.t.Fatalf("%d updates within %v, want %d", got, patience, n)
		}
	}
}

// wantUpdates checks which updates have come.
func (s *space) wantUpdates(want ...string) {
	s.t.Helper()
	got := s.updates()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		s.t.Errorf("updates:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// fault sets what goes wrong in the space; none ends it.
func (s *space) fault(names ...string) {
	s.t.Helper()
	var faults []sim.Fault
	for _, name := range names {
		f, err := sim.ParseFault(name)
		if err != nil {
			s.t.Fatal(err)
		}
		faults = append(faults, f)
	}
	s.SetFaults(faults...)
}

// find returns a recording as it truly is.
func (s *space) find(sid string) sim.Recording {
	s.t.Helper()
	for _, r := range s.Recordings() {
		if r.SID == sid {
			return r
		}
	}
	s.t.Fatalf("the space has no recording %s", sid)
	return sim.Recording{}
}

// SIDs of recordings, by the number of minutes for which they have run.
func sidOf(minutes int) string {
	return fmt.Sprintf("7c1d90aa-2b3c-4d5e-9f60-5e2f61b0%04x", 0xa000+minutes)
}

// begin adds a recording in-progress that began some minutes ago.
func (s *space) begin(minutes int) (sid string) {
	return s.Begin(sim.Begin{SID: sidOf(minutes), StartedAgo: time.Duration(minutes) * time.Minute})
}

// startSimulator starts tapedeck simulate, and returns the settings to reach it.
func (p program) startSimulator(t testing.TB, args ...string) (env []string) {
	t.Helper()
	cmd := exec.Command(p.path, append([]string{"simulate", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = clean(t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for range 3 {
		if !lines.Scan() {
			t.Fatal("the simulator has ended")
		}
		env = append(env, lines.Text())
	}
	return env
}
