package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a service with the wire's half of a real one: the feed, and what a
// client asks for. It changes snapshots as a test wants.
type fake struct {
	t        testing.TB
	feed     *Feed
	who      WhoAmI
	instance string
	server   *http.Server
	served   chan struct{}
	seq      uint64

	mu       sync.Mutex
	requests map[string]RequestState
	posts    []Request
	starts   []Start
	rows     map[string]any                            // of recordings that are not shown, by SID
	got      []string                                  // the other routes that were asked for, with their bodies
	answer   func(r *http.Request, in Request) *answer // what becomes of a request; nil for verified at once
	refuse   func(path string) *Refusal
}

// refusing has the service refuse what why is given for; nil for nothing.
func (f *fake) refusing(why func(path string) *Refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = why
}

// answer is what becomes of a request.
type answer struct {
	state RequestState
	cut   bool // the connection is closed in the place of an answer
	never bool // and the service does not know of the request
}

var people = []Profile{{Profile: "prod", Space: "acme.signalwire.com", Project: "p1"}}

// begin starts a service on l.
func begin(t testing.TB, l net.Listener, instance string, profiles ...Profile) *fake {
	if profiles == nil {
		profiles = people
	}
	f := &fake{t: t, feed: NewFeed(profiles), instance: instance, requests: map[string]RequestState{}, served: make(chan struct{})}
	f.who = WhoAmI{Wire: "1.0", Version: "9.9", Instance: instance, User: "ana", Role: "operator", May: []Word{WordView, WordPause}}
	for i, p := range profiles {
		p.Deck = i
		f.who.Profiles = append(f.who.Profiles, p)
	}
	f.server = &http.Server{Handler: f}
	go func() { defer close(f.served); _ = f.server.Serve(l) }()
	return f
}

// end ends it as a kill does.
func (f *fake) end() {
	_ = f.server.Close()
	<-f.served
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(HeaderInstance, f.instance)
	f.mu.Lock()
	refuse := f.refuse
	f.mu.Unlock()
	if refuse != nil {
		if why := refuse(r.URL.Path); why != nil {
			reply(w, why.HTTPStatus(), why)
			return
		}
	}
	switch {
	case r.URL.Path == PathWatch:
		who := f.who
		var decks []int
		if want := r.URL.Query()["profile"]; want != nil {
			who.Profiles = nil
			for i, p := range f.who.Profiles {
				if slices.Contains(want, p.Profile) {
					who.Profiles, decks = append(who.Profiles, p), append(decks, i)
				}
			}
		}
		_ = f.feed.Watch(w, r, Watching{Hello: Hello{who}, Decks: decks})
	case r.URL.Path == PathWhoAmI:
		reply(w, 200, f.who)
	case r.URL.Path == PathRequests:
		f.postRequests(w, r)
	case r.URL.Path == PathStart:
		f.postStart(w, r)
	case strings.HasPrefix(r.URL.Path, PathRequests+"/"):
		f.mu.Lock()
		state, ok := f.requests[strings.TrimPrefix(r.URL.Path, PathRequests+"/")]
		f.mu.Unlock()
		if !ok {
			reply(w, 404, Refusal{Code: CodeRequest, Error: "there is no such request"})
			return
		}
		reply(w, 200, state)
	case strings.HasPrefix(r.URL.Path, PathRecordings+"/"):
		if row, ok := f.rows[strings.TrimPrefix(r.URL.Path, PathRecordings+"/")]; ok {
			reply(w, 200, row)
			return
		}
		reply(w, 404, Refusal{Code: CodeRecording, Error: "there is no such recording"})
	default:
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		f.mu.Lock()
		f.got = append(f.got, r.Method+" "+r.URL.Path+" "+string(body))
		f.mu.Unlock()
		reply(w, 200, Done{})
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) postRequests(w http.ResponseWriter, r *http.Request) {
	var body Requests
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&body); err != nil {
		reply(w, 400, Refusal{Code: CodeBody, Error: err.Error()})
		return
	}
	for _, in := range body.Requests {
		if _, err := in.Deck(); err != nil {
			f.t.Errorf("the client sent %+v: %v", in, err)
		}
		f.mu.Lock()
		f.posts = append(f.posts, in)
		decide := f.answer
		f.mu.Unlock()
		a := &answer{state: verified(in)}
		if decide != nil {
			a = decide(r, in)
		}
		f.mu.Lock()
		if !a.never {
			f.requests[in.ID] = a.state
		}
		f.mu.Unlock()
		if a.cut {
			panic(http.ErrAbortHandler)
		}
		_ = json.NewEncoder(w).Encode(a.state)
	}
}

func verified(in Request) RequestState {
	req, _ := in.Deck()
	p := ProgressOf(deck.Progress{ID: 5, Request: req, Outcome: deck.Verified, Settled: true, Asked: time.Now(), Done: time.Now()})
	return RequestState{ID: in.ID, Progress: p}
}

// asked returns what was asked for, other than requests.
func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

// publish has a deck publish recordings.
func (f *fake) publish(number int, list ...*deck.Recording) {
	f.seq++
	s := &deck.Snapshot{Seq: f.seq, Recordings: list, Interval: 2 * time.Second, PauseWarn: 90 * time.Second, PauseAlarm: 3 * time.Minute,
		Offset: time.Second, Heard: time.Now(), Health: deck.Health{Complete: time.Now(), Limit: 7 * time.Second}}
	slices.SortFunc(s.Recordings, deck.NewestFirst)
	s.Count()
	f.feed.Publish(number, s)
}

// rec makes a recording.
func rec(sid string, status api.Status, minute int) *deck.Recording {
	raw := fmt.Sprintf(`{"sid":%q,"account_sid":"p1","call_sid":"c-%s","status":%q,"date_created":"2026-11-22T08:%02d:01Z"}`, sid, sid, status, minute%60)
	r := &deck.Recording{Recording: api.DecodeRecording([]byte(raw))}
	if status == api.Paused {
		r.Pause = deck.Pause{Since: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	}
	return r
}

// socket returns the path of a socket in a folder with a short name.
func socket(t testing.TB) string {
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func listen(t testing.TB, path string) net.Listener {
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// pipes is a listener without a system: what is written waits until it is read,
// in simulated time too.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	over  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), over: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.over) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// wires are the listeners of a service that comes and goes.
type wires struct {
	mu  sync.Mutex
	now *pipes
}

func (w *wires) listen() *pipes {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = newPipes()
	return w.now
}

func (w *wires) dial(ctx context.Context) (net.Conn, error) {
	w.mu.Lock()
	p := w.now
	w.mu.Unlock()
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.over:
	case <-ctx.Done():
	}
	return nil, &net.OpError{Op: "dial", Net: "unix", Err: syscall.ECONNREFUSED}
}

// dialed returns a client of a service.
func dialed(t testing.TB, o Options) *Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := Dial(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// until returns the next snapshot that is as wanted.
func until(t testing.TB, snapshots <-chan *deck.Snapshot, want func(*deck.Snapshot) bool) *deck.Snapshot {
	t.Helper()
	late := time.After(2 * time.Minute) // a machine may be busy
	var last *deck.Snapshot
	for {
		select {
		case s := <-snapshots:
			if last = s; want(s) {
				return s
			}
		case <-late:
			t.Fatalf("no such snapshot came; the last one was %s", describe(last))
		}
	}
}

func describe(s *deck.Snapshot) string {
	if s == nil {
		return "none"
	}
	out := fmt.Sprintf("%d recordings, %d paused, away %v, err %v:", len(s.Recordings), s.Paused, s.Health.Away, s.Health.Err)
	for _, r := range s.Recordings {
		out += fmt.Sprintf(" %s %s", r.SID, r.Status)
		if r.Update != nil {
			out += fmt.Sprintf(" (%s, settled %v)", r.Update.Outcome, r.Update.Settled)
		}
	}
	return out
}

func has(n int) func(*deck.Snapshot) bool {
	return func(s *deck.Snapshot) bool { return len(s.Recordings) == n }
}

func isGone(err error) bool { return errors.Is(err, ErrGone) }

func sid(s string) text.Text { return text.New(s) }

// of names a recording of whichever profile has it.
func of(s string) deck.Key { return deck.Key{SID: sid(s)} }
