// Package serve is the service of a host: one deck for each project, and a Unix
// socket by which the screens and commands of everybody there use it. The wire
// is package local's.
//
// Who asks is what the kernel says of the other end of the socket, and nothing
// else is; of an [Insider], who came in by SSH, it is the key that was proven. A
// [Role] says what either may do. Every request, by whatever way it comes, also
// that of an [Inside], goes through one gate (gate.go): who, how many, which
// session, which word of the role, how large, and only then the handler. A handler
// that is not in the table of routes cannot be reached.
//
// The service holds the tokens, inside its decks, and no handler has any way to
// one. It knows nothing of settings and of screens.
package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/peer"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

const (
	headerTime  = 5 * time.Second  // for which a client may take to send its headers
	bodyTime    = 10 * time.Second // and its body
	idleTime    = 2 * time.Minute  // after which a connection without a request is closed
	maxHeader   = 16 << 10         // bytes of headers
	answerTime  = 10*time.Second + 500*time.Millisecond
	partingTime = time.Second // for which what is being written may take at the end
)

// Project is one of the projects that are served, with its deck.
type Project struct {
	// Profile is its name in the settings; empty for the one without a name.
	Profile   string
	Space, ID string // of the project
	ReadOnly  bool
	Deck      *deck.Deck
	// Journal is where what the service does is put on record; nil for nowhere.
	Journal deck.Journal
	// Actions returns the last n actions of everybody, by the journal; nil where
	// none is kept.
	Actions func(n int) ([]journal.Action, error)
	// Recorded returns what its journal has, for the requests that the last run of
	// the service was asked for; nil where none is kept.
	Recorded Recorded
	// Background is what runs beside the deck for as long as it polls, such as a
	// follower of the journal; nil for nothing.
	Background func(ctx context.Context)
}

// Options say what is served, to whom.
type Options struct {
	Projects []*Project
	Roles    []Role // none: the socket's mode is the gate, and who comes through may do all
	Version  string // of this build
	// Notify tells systemd how the service is; nil for nobody.
	Notify *Notifier
	// Kept is what outlives the service; nil for nothing.
	Kept *Kept
	// PeerOf says who is at the other end of a connection; nil asks the kernel.
	PeerOf func(net.Conn) (Peer, error)
	// Share is what the hosts share, which the decks have too; nil for a host alone.
	Share share.Store
	// AlarmCommand is whether the service runs a command for each alarm.
	AlarmCommand bool
	// Say writes a line about the service for its administrator; nil for nowhere.
	Say func(format string, args ...any)
}

// Server is the service. Make one with [New], and run it once with [Server.Run].
type Server struct {
	o        Options
	instance string
	since    time.Time
	own      int // the service's user

	projects  []*project
	sessions  *sessions
	permits   permits
	roles     atomic.Pointer[[]Role]
	requests  *requests
	recalled  recalled
	intervals *intervals
	conns     conns
	rates     rates // of requests
	loads     rates // of recordings that the API is asked for
	feed      *local.Feed
	hub       *hub
	left      *left
	onRecord  onRecord
	metrics   *metrics

	until   atomic.Pointer[<-chan struct{}] // closed when the service is to end; nil before it runs
	ending  chan struct{}                   // closed when it begins to
	stopped sync.Once
}

// project is a project that is served.
type project struct {
	*Project
	number int
}

// New returns a service.
func New(o Options) *Server {
	if o.PeerOf == nil {
		o.PeerOf = peer.Of
	}
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	s := &Server{
		o: o, instance: rand.Text()[:16], since: time.Now(), own: os.Geteuid(),
		rates: rates{rate: maxRate, burst: maxBurst}, loads: rates{rate: maxLoads, burst: maxLoadBurst},
		requests: newRequests(), recalled: recalled{done: make(chan struct{}), open: map[*project]map[string]*asked{}}, ending: make(chan struct{}),
	}
	for i, p := range o.Projects {
		s.projects = append(s.projects, &project{Project: p, number: i})
	}
	s.intervals = newIntervals(s.projects)
	n := newNames()
	s.permits = permits{own: s.own, names: n}
	s.roles.Store(&o.Roles)
	s.sessions = &sessions{names: n, of: map[string]*session{}, over: s.sessionOver, asking: s.promptChanged}
	if o.Share != nil {
		s.sessions.counted = o.Share.SetSessions
	}
	s.left = newLeft(s)
	s.feed = local.NewFeed(profilesOf(s.projects))
	s.hub = newHub(s)
	s.metrics = newMetrics(s)
	return s
}

// Run serves on l until ctx ends, and polls meanwhile. Then it lets go of the
// clients, with the reason, and waits until updates under way are answered; the
// error names those that were not sent. It closes l.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	var background sync.WaitGroup
	done := ctx.Done()
	s.until.Store(&done)
	polls, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer background.Wait()
	defer stop()
	s.startProjects(polls, &background)
	background.Go(func() { defer crash.Guard(); s.notify(polls) })

	gate := &gated{Listener: l, peerOf: s.o.PeerOf, conns: &s.conns, own: s.own, refused: s.metrics.refused}
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ConnContext: withConn, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog: nil, // the standard one, which main has taken
	}
	served := make(chan error, 1)
	go func() { defer crash.Guard(); served <- server.Serve(gate) }()
	select {
	case err := <-served:
		s.end(server)
		return &Error{What: "serve on the socket: " + err.Error(), Err: err}
	case <-ctx.Done():
	}
	err := s.end(server)
	<-served
	return err
}

// startProjects lets the decks poll, and finds out what a crash has left open.
func (s *Server) startProjects(ctx context.Context, background *sync.WaitGroup) {
	s.restore(ctx, background)
	for _, p := range s.projects {
		background.Go(func() { defer crash.Guard(); p.Deck.Run(ctx) })
		if p.Background != nil {
			background.Go(func() { defer crash.Guard(); p.Background(ctx) })
		}
		s.follow(ctx, p, background)
		background.Go(func() { defer crash.Guard(); s.feed.Follow(ctx, p.number, p.Deck) })
		background.Go(func() { defer crash.Guard(); s.hub.follow(ctx, p) })
		background.Go(func() { s.recover(ctx, p) })
	}
	background.Go(func() { defer crash.Guard(); s.recall(ctx) })
}

// end ends the service: no new requests, then those under way, then the clients.
func (s *Server) end(server *http.Server) error {
	s.stopped.Do(func() { close(s.ending) })
	s.o.Notify.Stopping()
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	errs := make([]error, len(s.projects))
	var closing sync.WaitGroup
	for i, p := range s.projects {
		closing.Go(func() { defer crash.Guard(); errs[i] = p.Deck.Close(ctx) })
	}
	closing.Wait()
	s.feed.End(*refuse(local.CodeEnding, "the service is ending", "it is back in a moment where it is being restarted"))
	s.hub.end("the service is ending")
	parting, enough := context.WithTimeout(context.Background(), partingTime)
	defer enough()
	if server.Shutdown(parting) != nil {
		_ = server.Close()
	}
	s.onRecord.allEnded("the service ended")
	s.saveKept()
	s.saveTimelines()
	return errors.Join(errs...)
}

// endingNow reports whether the service is ending. It is from the moment on that it
// is to end: what ends at the same time, such as a session, may come first.
func (s *Server) endingNow() bool {
	var until <-chan struct{} // which is nil for a context without an end
	if done := s.until.Load(); done != nil {
		until = *done
	}
	select {
	case <-s.ending:
		return true
	case <-until:
		return true
	default:
		return false
	}
}

// named returns the projects with these profiles, or all for none.
func (s *Server) named(profiles []string) ([]*project, *local.Refusal) {
	if len(profiles) == 0 {
		return s.projects, nil
	}
	var list []*project
	for _, name := range profiles {
		i := slices.IndexFunc(s.projects, func(p *project) bool { return p.Profile == name })
		if i < 0 {
			return nil, refuse(local.CodeProfile, "the service does not serve the profile "+quoted(name), "it serves "+s.profileNames())
		}
		if !slices.Contains(list, s.projects[i]) {
			list = append(list, s.projects[i])
		}
	}
	return list, nil
}

// holding returns the one project of a list whose deck has a recording, and the
// recording; nil where none has it.
func holding(list []*project, sid text.Text) (found *project, rec *deck.Recording, refusal *local.Refusal) {
	for _, p := range list {
		r := p.Deck.Find(sid)
		switch {
		case r == nil:
		case found != nil:
			return nil, nil, severalHave(sid)
		default:
			found, rec = p, r
		}
	}
	return found, rec, nil
}

// find returns the project that has a recording, and the recording. The API is
// asked for one that no deck has, such as one from before the lookback.
func (c *call) find(profile, sid string) (*project, *deck.Recording, *local.Refusal) {
	s := c.server
	if sid == "" || len(sid) > maxSID {
		return nil, nil, refuse(local.CodeBody, "there is no SID", "give the recording's SID")
	}
	list, refusal := c.chosenBy(profile)
	if refusal != nil {
		return nil, nil, refusal
	}
	p, r, refusal := holding(list, text.New(sid))
	if p != nil || refusal != nil {
		return p, r, refusal
	}
	if wait := s.loads.take(c.session.peer.UID, time.Now()); wait > 0 {
		refusal := refuse(local.CodeTooMany, "you ask for too many recordings that are not active", "")
		refusal.After = local.SecondsOf(wait)
		return nil, nil, refusal
	}
	return c.load(list, sid)
}

// load asks the API for a recording that no deck has. One that several projects
// have is refused, as [holding] does; a project that cannot be asked is in the way
// only where no other one has it.
func (c *call) load(list []*project, sid string) (found *project, rec *deck.Recording, refusal *local.Refusal) {
	for _, p := range list {
		r, err := p.Deck.Load(c.r.Context(), text.New(sid))
		switch {
		case err == nil && found != nil:
			return nil, nil, severalHave(text.New(sid))
		case err == nil:
			found, rec = p, r
		case !errors.Is(err, api.ErrNotFound) && !errors.Is(err, api.ErrSID):
			refusal = refuse(local.CodeAPI, "cannot look for the recording "+quoted(sid)+": "+api.Reason(err), api.Hint(err))
			refusal.Fault = local.FaultOf(err)
		}
	}
	switch {
	case found != nil:
		return found, rec, nil
	case refusal == nil:
		refusal = refuse(local.CodeRecording, "there is no recording "+quoted(sid), "")
	}
	return nil, nil, refusal
}

// severalHave refuses a SID that stands for a recording of several projects.
func severalHave(sid text.Text) *local.Refusal {
	return refuse(local.CodeAmbiguous, "several profiles have the recording "+quoted(sid.String()), "name the profile")
}

// shown is find for a recording that is on a screen: a deck has it.
func (c *call) shown(profile, sid string) (*project, *deck.Recording, *local.Refusal) {
	list, refusal := c.chosenBy(profile)
	if refusal != nil {
		return nil, nil, refusal
	}
	p, r, refusal := holding(list, text.New(sid))
	if p == nil && refusal == nil {
		refusal = refuse(local.CodeRecording, "no deck has the recording "+quoted(sid), "")
	}
	return p, r, refusal
}
