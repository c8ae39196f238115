package serve

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/local"
)

// Inside is a session of an [Insider] in the process of the service: a screen uses
// it as it uses a deck of its own, or a [local.Client]. Each thing that it does goes
// through the gate as a request over the socket does, and the service knows its
// requests and its session as those of a client. At rest it has no goroutine. Make
// one with [Server.Enter], and end it with [Inside.Leave].
type Inside struct {
	server  *Server
	conn    *conn // without a socket: it is closed when the session is over
	key     string
	command string
	session *session
	ctx     context.Context  // until the session is over
	done    func()           // of being told that it was ended
	over    func(why string) // tells its screen, once, that it is over
	aside   insideAside

	// The mutex of the [hub] guards what follows.
	asks   bool                                // it has a question open
	view   *deck.Snapshot                      // as it is shown to it; nil for as to all
	copies map[*deck.Recording]*deck.Recording // of that
}

// Enter begins a session of an insider. Of the screen its command and its idle time
// count. end is called once, in the background, when somebody or the service ends
// the session, with why, a sentence; it is not called for [Inside.Leave]. The error
// is a [*local.RefusalError].
func (s *Server) Enter(who Insider, screen local.Screen, end func(why string)) (*Inside, error) {
	ctx, cancel := context.WithCancel(context.Background())
	i := &Inside{
		server: s, key: newKey(), command: screen.Command, ctx: ctx,
		conn: &conn{peer: Peer{UID: who.uid(), GID: -1}, insider: &who, leave: func() {}},
	}
	i.conn.whenGone(func() { cancel(); s.hub.leave(i) })
	screen.Claims = local.Claims{}
	c, _, err := i.act(ctx, http.MethodPost, local.PathSession, &screen)
	if i.session = c.session; err != nil {
		i.drop("it was refused")
		return nil, err
	}
	var once sync.Once
	i.over = func(why string) {
		once.Do(func() {
			go func() { defer crash.Guard(); end(why) }()
		})
	}
	s.hub.enter(i)
	done, ok := s.sessions.watch(i.session, func(why string) { i.over("this session was " + why) })
	if !ok {
		i.drop("it was refused")
		return nil, refusalError(refuse(local.CodeEnded, "this session was ended", "log in again"))
	}
	i.done = done
	s.onRecord.began(i.session, s.projects, s.sessions)
	return i, nil
}

// newKey returns a number for a session: 32 hexadecimal digits.
func newKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return fmt.Sprintf("%x", b)
}

// Leave ends the session, because its user quits or is gone; why is for the
// journal. While the service ends, the session is one that may come back to the
// next run of it.
func (i *Inside) Leave(why string) {
	i.done()
	i.drop(why)
}

// drop gives the session up.
func (i *Inside) drop(why string) {
	if i.session != nil && !i.server.endingNow() {
		i.server.sessions.quit(i.session, why)
	}
	_ = i.conn.Close()
}

// broken ends the session because a part of it has panicked.
func (i *Inside) broken(why any) {
	i.server.o.Say("a fault in the session %s: %v\n%s", i.session.id, why, debug.Stack())
	i.server.sessions.end(i.session, "ended by a fault", true)
}

// Actor returns who asks here, as the journal has it.
func (i *Inside) Actor() deck.Actor { return i.server.sessions.who(i.session) }

// call returns a request of the session.
func (i *Inside) call(ctx context.Context, method, path string) *call {
	r := &http.Request{Method: method, URL: &url.URL{Path: path}, Header: http.Header{}}
	return &call{server: i.server, w: nowhere{}, r: r.WithContext(ctx), inside: true}
}

// run takes a request of the session through the gate, and has it handled. It is
// [call.pass] for one whose body, nil for none, was not sent and is what the route
// takes.
func (i *Inside) run(c *call, body any) (answer any, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			answer, err = nil, c.refused(c.fault(broken))
		}
	}()
	route, refusal := c.route()
	if refusal == nil {
		refusal = c.admit(i.conn, i.key)
	}
	if refusal == nil {
		answer, refusal = c.handle(route, body)
	}
	if refusal != nil {
		return nil, c.refused(refusal)
	}
	return answer, nil
}

// act does one thing through the gate, and returns the answer of its route.
func (i *Inside) act(ctx context.Context, method, path string, body any) (*call, any, error) {
	c := i.call(ctx, method, path)
	answer, err := i.run(c, body)
	return c, answer, err
}

// refused counts a refusal, and returns it as the error that a client has.
func (c *call) refused(r *local.Refusal) error {
	c.server.metrics.refused(r.Code)
	return refusalError(r)
}

func refusalError(r *local.Refusal) error { return &local.RefusalError{Refusal: *r} }

// nowhere is where a handler writes that has nobody to write to.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) WriteHeader(int)             {}
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// insideAside does what nobody waits for, in the order in which it was asked for.
// While there is nothing to do it has no goroutine.
type insideAside struct {
	mu      sync.Mutex
	todo    []func()
	running bool
}

// maxTodo is how many things wait to be done, at most: a session whose service does
// nothing any more asks for no more.
const maxTodo = 1000

// put has something done soon.
func (a *insideAside) put(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.todo) == maxTodo {
		return
	}
	if a.todo = append(a.todo, f); !a.running {
		a.running = true
		go a.run()
	}
}

func (a *insideAside) run() {
	defer crash.Guard()
	for {
		a.mu.Lock()
		todo := a.todo
		if a.todo = nil; len(todo) == 0 {
			a.running = false
			a.mu.Unlock()
			return
		}
		a.mu.Unlock()
		for _, f := range todo {
			f()
		}
	}
}

// idleSince returns how long ago a key was pressed; 0 for never.
func idleSince(key time.Time) local.Seconds {
	if key.IsZero() {
		return 0
	}
	return local.SecondsOf(max(0, time.Since(key)))
}
