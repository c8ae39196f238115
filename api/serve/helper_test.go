//go:build unix

package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/peer"
	"tapedeck/api/secret"
	"tapedeck/api/share"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// people are the users of a test, by name. Nobody else is known.
var people = map[string]Peer{
	"root":  {UID: 0, GID: 0, PID: 100},
	"alice": {UID: 1001, GID: 1001, PID: 101, Groups: []int{500}},
	"bob":   {UID: 1002, GID: 1002, PID: 102, Groups: []int{501}},
	"carol": {UID: 1003, GID: 1003, PID: 103, Groups: []int{500}},
	"dave":  {UID: 1004, GID: 1004, PID: 104},
}

var groups = map[string]string{"500": "operators", "501": "watchers"}

// ownUID is the service's own user in a test: nobody of the people.
const ownUID = 999

// testNames knows the people and groups of a test.
func testNames() *names {
	n := newNames()
	n.user = func(id string) (string, error) {
		for name, p := range people {
			if strconv.Itoa(p.UID) == id {
				return name, nil
			}
		}
		return "", errors.New("no such user")
	}
	n.group = func(id string) (string, error) {
		if g, ok := groups[id]; ok {
			return g, nil
		}
		return "", errors.New("no such group")
	}
	return n
}

// spy carries requests to a simulated space, counts the updates, and may hold
// them up or answer in place of the space.
type spy struct {
	next   http.RoundTripper
	posts  atomic.Int64
	before atomic.Pointer[func(*http.Request) (*http.Response, error)]
}

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		s.posts.Add(1)
	}
	if f := s.before.Load(); f != nil {
		if resp, err := (*f)(r); resp != nil || err != nil {
			return resp, err
		}
	}
	return s.next.RoundTrip(r)
}

// answer is what a test answers in place of the space.
func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// world is a service of a test, with its spaces.
type world struct {
	t       testing.TB
	dir     string
	spaces  []*sim.Space
	spies   []*spy
	journal *journal.Journal
	server  *Server
	dial    func(user string) (net.Conn, error)
	stop    func() error // ends the service, once
	said    lines
	used    atomic.Int64
}

// lines are lines that were written.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, fmt.Sprintf(format, args...))
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// setting is what a test wants of its world.
type setting struct {
	profiles []string // one without a name when nil
	roles    []Role
	space    sim.Options
	deck     deck.Config
	policies []deck.Policy // of each profile, where they differ
	notify   *Notifier
	dir      string // of the state; one of its own when empty
	keep     bool   // with what is kept over restarts
	pipes    bool   // without real sockets, for time that does not pass
	spaces   []*sim.Space
	journal  func(*journal.Journal) deck.Journal // in its place; nil for itself
	share    share.Store
}

// shortDir returns a folder whose path leaves room for a socket.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	check(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start starts a service. It ends with the test.
func start(t testing.TB, o setting) *world {
	t.Helper()
	w := &world{t: t, dir: o.dir, spaces: o.spaces}
	if w.dir == "" {
		w.dir = shortDir(t)
	}
	w.journal = journal.Begin(journal.Options{Dir: w.dir})
	options := Options{Roles: o.roles, Version: "1.2.3", Notify: o.notify, Say: w.said.add, PeerOf: w.peerOf, Share: o.share}
	if o.keep {
		kept, err := OpenKept(w.dir)
		check(t, err)
		options.Kept = kept
	}
	if o.profiles == nil {
		o.profiles = []string{""}
	}
	for i, profile := range o.profiles {
		options.Projects = append(options.Projects, w.project(o, i, profile, options.Kept))
	}
	w.server = New(options)
	w.server.permits.names, w.server.sessions.names = testNames(), testNames()
	w.server.own, w.server.permits.own = ownUID, ownUID
	var l net.Listener
	if o.pipes {
		pipes := newPipes()
		l, w.dial = pipes, pipes.dial
	} else {
		l, w.dial = w.listen()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.server.Run(ctx, l) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		err := <-ended
		check(t, w.journal.Close())
		return err
	})
	t.Cleanup(func() { _ = w.stop() })
	return w
}

// project opens the deck of one profile.
func (w *world) project(o setting, i int, profile string, kept *Kept) *Project {
	if len(w.spaces) <= i {
		so := o.space
		so.Seed += uint64(i)
		w.spaces = append(w.spaces, sim.New(so))
	}
	space := w.spaces[i]
	s := &spy{next: space.Transport()}
	w.spies = append(w.spies, s)
	c := o.deck
	c.Space, c.Project, c.Share = "https://acme.example", space.Project(), o.share
	if len(o.policies) > i {
		c.Policy = o.policies[i]
	}
	var j deck.Journal = w.journal
	if o.journal != nil {
		j = o.journal(w.journal)
	}
	c.Journal = journalOf{j, c.Space, c.Project}
	if kept != nil {
		c.Kept, c.Timelines = kept.Deck(c.Space, c.Project), kept.Timelines(c.Space, c.Project)
	}
	d, err := deck.Open(api.Config{Space: "http://localhost", Project: space.Project(), Token: secret.New(space.Token()), Transport: s}, c)
	check(w.t, err)
	return &Project{Profile: profile, Space: c.Space, ID: c.Project, ReadOnly: c.ReadOnly, Deck: d, Journal: w.journal,
		Recorded: func(since time.Time) iter.Seq2[journal.Entry, error] {
			return journal.Read(w.dir, journal.Filter{Since: since})
		}}
}

// journalOf is the journal of a project: each has its own in a service.
type journalOf struct {
	deck.Journal
	space, project string
}

func (j journalOf) Enqueue(e journal.Entry) *journal.Pending {
	e.Space, e.Project = j.space, j.project
	return j.Journal.Enqueue(e)
}

// peerOf tells who connects, by the name of the client's end.
func (w *world) peerOf(c net.Conn) (Peer, error) {
	name, _, _ := strings.Cut(filepath.Base(c.RemoteAddr().String()), "-")
	p, ok := people[name]
	if !ok {
		return p, peer.ErrUnknown
	}
	return p, nil
}

// listen listens on a real socket.
func (w *world) listen() (net.Listener, func(string) (net.Conn, error)) {
	dir := shortDir(w.t)
	l, err := Listen(Socket{Paths: []string{filepath.Join(dir, "s")}})
	check(w.t, err)
	return l, func(user string) (net.Conn, error) {
		own := filepath.Join(dir, user+"-"+strconv.FormatInt(w.used.Add(1), 10))
		return net.DialUnix("unix", &net.UnixAddr{Name: own, Net: "unix"}, &net.UnixAddr{Name: l.Path(), Net: "unix"})
	}
}

// pipes is a listener without sockets: time does not pass while it waits.
type pipes struct {
	next   chan net.Conn
	closed chan struct{}
	once   sync.Once
	n      atomic.Int64
}

func newPipes() *pipes { return &pipes{next: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.next:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return pipeAddr("service") }

func (p *pipes) dial(user string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.next <- pipe{server, pipeAddr(user + "-" + strconv.FormatInt(p.n.Add(1), 10))}:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

type pipe struct {
	net.Conn
	from pipeAddr
}

func (p pipe) RemoteAddr() net.Addr { return p.from }

// client is one screen or command of a user.
type client struct {
	w       *world
	http    *http.Client
	session string
}

// as returns a client of a user, with a session of its own.
func (w *world) as(user string) *client {
	c := &client{w: w, session: fmt.Sprintf("%032x", w.used.Add(1))}
	c.http = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return w.dial(user) }}}
	w.t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// dialAs connects as a user.
func (w *world) dialAs(user string) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) { return w.dial(user) }
}

// got is an answer.
type got struct {
	status int
	body   []byte
	header http.Header
}

// refusal returns the refusal that it is; the zero value for none.
func (g got) refusal() (r local.Refusal) {
	_ = json.Unmarshal(g.body, &r)
	return r
}

// do asks for something. A body that is no string is sent as JSON.
func (c *client) do(method, path string, body any) got {
	c.w.t.Helper()
	resp, err := c.open(context.Background(), method, path, body)
	check(c.w.t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	check(c.w.t, err)
	return got{resp.StatusCode, b, resp.Header}
}

func (c *client) open(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var send io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		send = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		check(c.w.t, err)
		send = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://tapedeck"+path, send)
	check(c.w.t, err)
	if c.session != "" {
		req.Header.Set(local.HeaderSession, c.session)
	}
	return c.http.Do(req)
}

// fetch reads an answer that must be one.
func fetch[T any](c *client, path string) (v T) {
	c.w.t.Helper()
	g := c.do(http.MethodGet, path, nil)
	if g.status != http.StatusOK {
		c.w.t.Fatalf("GET %s: %d %s", path, g.status, g.body)
	}
	check(c.w.t, json.Unmarshal(g.body, &v))
	return v
}

// post asks for something that must be done.
func (c *client) post(path string, body any) {
	c.w.t.Helper()
	if g := c.do(http.MethodPost, path, body); g.status != http.StatusOK {
		c.w.t.Fatalf("POST %s: %d %s", path, g.status, g.body)
	}
}

// request makes requests, and returns their last states.
func (c *client) request(list ...local.Request) map[string]local.RequestState {
	c.w.t.Helper()
	g := c.do(http.MethodPost, local.PathRequests, local.Requests{Requests: list})
	if g.status != http.StatusOK {
		c.w.t.Fatalf("requests: %d %s", g.status, g.body)
	}
	last := map[string]local.RequestState{}
	for line := range bytes.Lines(g.body) {
		var s local.RequestState
		check(c.w.t, json.Unmarshal(line, &s))
		last[s.ID] = s
	}
	return last
}

// watching is a watch that is open.
type watching struct {
	t      testing.TB
	lines  chan string // closed at its end
	cancel func()
}

// watch opens a watch, and reads it to the end.
func (c *client) watch(query string) *watching {
	c.w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	resp, err := c.open(ctx, http.MethodGet, local.PathWatch+query, nil)
	check(c.w.t, err)
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		c.w.t.Fatalf("watch: %d %s", resp.StatusCode, b)
	}
	w := &watching{t: c.w.t, lines: make(chan string, 1000)}
	ended := make(chan struct{})
	w.cancel = func() { cancel(); <-ended }
	go func() {
		defer close(ended)
		defer close(w.lines)
		defer func() { _ = resp.Body.Close() }()
		r := bufio.NewReader(resp.Body)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			select {
			case w.lines <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
	c.w.t.Cleanup(w.cancel)
	return w
}

// until returns the first line that has all these texts.
func (w *watching) until(texts ...string) string {
	w.t.Helper()
	return w.untilNot("\x00", texts...)
}

// untilNot returns the first line that has all these texts, and one not.
func (w *watching) untilNot(not string, texts ...string) string {
	w.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case line, ok := <-w.lines:
			if !ok {
				w.t.Fatalf("the watch ended before a line with %q", texts)
			}
			if !strings.Contains(line, not) && !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(line, s) }) {
				return line
			}
		case <-limit:
			w.t.Fatalf("no line with %q, and without %q", texts, not)
		}
	}
}

// begin begins a recording in the first space, and waits until clients are given it.
func (w *world) begin(status string) string {
	w.t.Helper()
	sid := w.spaces[0].Begin(sim.Begin{Status: status})
	w.server.projects[0].Deck.Refresh()
	w.wait("the service has the recording", func() bool { return w.server.feed.Row(0, text.New(sid)) != nil })
	return sid
}

// patience is how long a test waits for what must come, on a machine that is busy
// with other things.
const patience = 2 * time.Minute

// wait waits for something.
func (w *world) wait(what string, is func() bool) {
	w.t.Helper()
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	w.t.Fatalf("never: %s", what)
}

// entries returns the journal's lines so far.
func (w *world) entries() (list []journal.Entry) {
	w.t.Helper()
	w.wait("the journal is written", func() bool { n, _ := w.journal.Pending(); return n == 0 })
	check(w.t, w.journal.Wait())
	for e, err := range journal.Read(w.dir, journal.Filter{}) {
		check(w.t, err)
		list = append(list, e)
	}
	return list
}

func beginAs(status string) sim.Begin { return sim.Begin{Status: status} }
