package sshd

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/crash"
)

const (
	maxCommand  = 4 << 10 // bytes
	maxVariable = 256     // bytes of a variable with its name
	maxEnviron  = 32      // variables
	maxSide     = 1000    // cells of a window, across and down
	stuckTime   = 60 * time.Second
	endTime     = 3 * time.Second // that a session has to restore its terminal
)

// Why a session ends by itself.
var (
	ErrClosed = errors.New("the client has closed the session")
	ErrStuck  = errors.New("the client has taken nothing for a minute")
	ErrIdle   = errors.New("no key was pressed for too long")
)

// PTY is a terminal that a client has asked for.
type PTY struct {
	Term          string
	Width, Height int // cells, at the start
}

// Session is one session of a connection: a screen or a command.
//
// Its Read returns what the client sends, and its Write what it is to show; both
// fail when the session is over. What a client takes slowly holds a Write, for at
// most a minute.
type Session struct {
	Identity Identity
	// Command is what was asked for, as one text; Exec is false for a plain login.
	Command string
	Exec    bool
	Environ []string // what of the client's environment counts, and TERM; see the package's limits
	PTY     *PTY     // nil without

	conn   *conn
	ch     gossh.Channel
	ctx    context.Context
	cancel context.CancelCauseFunc
	over   chan struct{} // closed when it is over
	gone   chan struct{} // closed when the client has closed it, too
	read   atomic.Int64  // when the client has sent something last, in nanoseconds
	// pressed is when a key was last pressed, in nanoseconds; 0 where nobody tells.
	pressed atomic.Int64

	mu      sync.Mutex
	size    PTY
	resized func(w, h int) // nil while nobody wants to know
	telling bool           // of a size, to resized
}

// session is called for each session that a connection opens, and handles its
// requests until it is over.
func (s *Server) session(_ *ssh.Server, sc *gossh.ServerConn, opened gossh.NewChannel, ctx ssh.Context) {
	c := connOf(ctx)
	c.established(sc)
	id, key := c.who()
	if why := s.again(id, key); why != nil {
		_ = opened.Reject(gossh.Prohibited, "your key does not let you in any more")
		c.shut(id, why)
		return
	}
	se := &Session{Identity: id, conn: c, over: make(chan struct{}), gone: make(chan struct{})}
	se.ctx, se.cancel = context.WithCancelCause(context.Background())
	if err := c.add(se); err != nil {
		_ = opened.Reject(gossh.ResourceShortage, err.Error())
		return
	}
	defer s.running.Done()
	ch, requests, err := opened.Accept()
	if err != nil {
		c.remove(se)
		return
	}
	se.ch = ch
	se.read.Store(time.Now().UnixNano())
	started := false
	for r := range requests {
		ok := false
		if !started {
			if started = se.starts(r); started {
				_ = r.Reply(true, nil)
				go se.run()
				continue
			}
			ok = se.prepares(r)
		}
		if !ok {
			ok = se.takes(r)
		}
		_ = r.Reply(ok, nil)
	}
	close(se.gone)
	se.End(ErrClosed)
	if !started {
		se.finish()
	}
}

// starts reports whether a request is the one that the session begins with.
func (se *Session) starts(r *gossh.Request) bool {
	switch r.Type {
	case "shell":
		return len(r.Payload) == 0
	case "exec":
		var p struct{ Command string }
		if gossh.Unmarshal(r.Payload, &p) != nil || len(p.Command) > maxCommand || p.Command == "" {
			return false
		}
		se.Command, se.Exec = p.Command, true
		return true
	}
	return false
}

// prepares takes what a client may ask for before the session begins.
func (se *Session) prepares(r *gossh.Request) bool {
	switch r.Type {
	case "pty-req":
		var p struct {
			Term                         string
			Columns, Rows, Width, Height uint32
			Modes                        string
		}
		if se.PTY != nil || se.Identity.NoPTY || gossh.Unmarshal(r.Payload, &p) != nil || len(p.Term) > maxVariable || !safe(p.Term) {
			return false
		}
		se.PTY = &PTY{Term: p.Term, Width: side(p.Columns), Height: side(p.Rows)}
		se.size = *se.PTY
		se.Environ = append(se.Environ, "TERM="+p.Term)
		return true
	case "env":
		var p struct{ Name, Value string }
		if gossh.Unmarshal(r.Payload, &p) != nil || !wanted(p.Name) || !safe(p.Value) ||
			len(p.Name)+len(p.Value) > maxVariable || len(se.Environ) >= maxEnviron {
			return false
		}
		se.Environ = append(se.Environ, p.Name+"="+p.Value)
		return true
	}
	return false
}

// wanted reports whether a variable of the client counts here.
func wanted(name string) bool {
	if kind, ok := strings.CutPrefix(name, "LC_"); ok {
		return kind != "" && !strings.ContainsFunc(kind, func(r rune) bool { return r < 'A' || r > 'Z' })
	}
	return slices.Contains([]string{"TERM", "COLORTERM", "LANG", "TZ", "NO_COLOR"}, name)
}

// safe reports whether a text has nothing in it but printable ASCII.
func safe(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func side(n uint32) int { return int(min(n, maxSide)) }

// takes takes what a client may send at any time.
func (se *Session) takes(r *gossh.Request) bool {
	switch r.Type {
	case "window-change":
		var p struct{ Columns, Rows, Width, Height uint32 }
		if se.PTY == nil || gossh.Unmarshal(r.Payload, &p) != nil {
			return false
		}
		se.resize(side(p.Columns), side(p.Rows))
		return true
	case "signal":
		var p struct{ Signal string }
		if gossh.Unmarshal(r.Payload, &p) == nil && slices.Contains([]string{"HUP", "INT", "TERM", "KILL", "QUIT"}, p.Signal) {
			se.End(fmt.Errorf("%w: signal %s", ErrClosed, p.Signal))
			return true
		}
	}
	return false
}

// resize notes a size, and tells it, in the background. Sizes that come meanwhile
// are one.
func (se *Session) resize(w, h int) {
	se.mu.Lock()
	defer se.mu.Unlock()
	se.size.Width, se.size.Height = w, h
	se.tellSize()
}

// tellSize tells the size in the background, where somebody wants to know. The
// mutex must be held.
func (se *Session) tellSize() {
	if se.resized == nil || se.telling {
		return
	}
	se.telling = true
	go func() {
		defer crash.Guard()
		for told := (PTY{}); ; {
			se.mu.Lock()
			size, tell := se.size, se.resized
			if se.telling = size != told && tell != nil; !se.telling {
				se.mu.Unlock()
				return
			}
			se.mu.Unlock()
			tell(size.Width, size.Height)
			told = size
		}
	}()
}

// Resized calls changed after each change of the window's size, until what it
// returns is called, and at first where the size is not that of the PTY any more. A
// call may wait: what comes meanwhile is told after it, once.
func (se *Session) Resized(changed func(w, h int)) (stop func()) {
	se.mu.Lock()
	defer se.mu.Unlock()
	se.resized = changed
	if se.PTY != nil && se.size != *se.PTY {
		se.tellSize()
	}
	return func() {
		se.mu.Lock()
		defer se.mu.Unlock()
		se.resized = nil
	}
}

// run serves the session, and says how it has ended.
func (se *Session) run() {
	defer se.finish()
	code := se.serve()
	_, _ = se.ch.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(code)})) // #nosec G115 -- 0 to 255
}

// serve returns the exit status: 1 after a panic.
func (se *Session) serve() (code int) {
	srv := se.conn.server
	defer func() {
		if broken := recover(); broken != nil {
			srv.o.Say("ssh: a session of %s has failed: %v\n%s", se.Identity.Fingerprint, broken, debug.Stack())
			code = 1
		}
	}()
	return srv.o.Handler.Serve(se.ctx, se) & 0xff
}

// finish closes the session. A client that does not close it, too, would keep what
// it has sent in memory: it loses its connection.
func (se *Session) finish() {
	_ = se.ch.Close()
	se.cancel(ErrClosed)
	se.conn.remove(se)
	close(se.over)
	se.closeUnless(se.gone)
}

// closeUnless closes the connection unless something happens within some seconds.
func (se *Session) closeUnless(happened <-chan struct{}) {
	select {
	case <-happened:
		return
	default:
	}
	time.AfterFunc(endTime, func() {
		select {
		case <-happened:
		default:
			_ = se.conn.net.Close()
		}
	})
}

// End ends the session with the reason, which is the cause of its context. What
// has not ended after some seconds loses its connection.
func (se *Session) End(why error) {
	if se.ctx.Err() != nil {
		return
	}
	se.cancel(why)
	se.closeUnless(se.over)
}

// Read reads what the client sends.
func (se *Session) Read(p []byte) (int, error) {
	n, err := se.ch.Read(p)
	se.read.Store(time.Now().UnixNano())
	return n, err
}

// Write writes to the client.
func (se *Session) Write(p []byte) (int, error) { return se.write(se.ch.Write, p) }

// WriteError writes to the client's standard error.
func (se *Session) WriteError(p []byte) (int, error) { return se.write(se.ch.Stderr().Write, p) }

// write writes, and ends the session of a client that takes nothing.
func (se *Session) write(to func([]byte) (int, error), p []byte) (int, error) {
	stuck := time.AfterFunc(stuckTime, func() { se.End(ErrStuck) })
	defer stuck.Stop()
	return to(p)
}

// Pressed says when a key was last pressed, by whoever tells keys from what else a
// client sends, such as the answers of its terminal. From then on [Session.Idle] is
// counted from the last one that was told.
func (se *Session) Pressed(at time.Time) { se.pressed.Store(at.UnixNano()) }

// Idle returns for how long no key was pressed: where nobody tells when one was, for
// how long the client has sent nothing.
func (se *Session) Idle() time.Duration {
	last := se.pressed.Load()
	if last == 0 {
		last = se.read.Load()
	}
	return time.Since(time.Unix(0, last))
}

// EndIdle ends the session, with [ErrIdle], when no key was pressed for a time, see
// [Session.Idle]. It calls warn that long before, in the background, and again when a key
// was pressed after all, with 0. What it returns ends that.
func (se *Session) EndIdle(after, before time.Duration, warn func(left time.Duration)) (stop func()) {
	var mu sync.Mutex
	var timer *time.Timer
	stopped, warned := false, false
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		idle := se.Idle()
		switch {
		case idle >= after:
			se.End(ErrIdle)
			return
		case idle >= after-before:
			if !warned {
				warned = true
				go warn(after - idle)
			}
			timer.Reset(min(after-idle, time.Second))
			return
		case warned:
			warned = false
			go warn(0)
		}
		timer.Reset(after - before - idle)
	}
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(after-before, look)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}
