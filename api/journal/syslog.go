package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"tapedeck/api/crash"
)

const (
	syslogRetry    = time.Second // until lines are sent again; doubles up to maxSyslogRetry
	maxSyslogRetry = 10 * time.Second
	syslogClose    = 200 * time.Millisecond // for which the end waits for syslog
	maxSyslogQueue = 2 * maxBatch           // lines that wait; those after them are read from the journal
)

// syslogger sends lines to the local syslog, after they are in the journal. A
// line that syslog does not take is sent again from the journal, by its number:
// before later ones, and by the next start if need be.
type syslogger struct {
	dir    string // of the journal
	dial   func() (io.WriteCloser, error)
	unsent *unsent
	conn   io.WriteCloser // nil while not connected; only sendAll uses it
	wake   chan struct{}

	mu     sync.Mutex // guards what follows
	queue  []syslogLine
	failed error // why lines are not taken; nil while they are
}

// syslogLine is a line to be sent.
type syslogLine struct {
	number uint64
	data   []byte   // nil where it has to be read from the journal
	entry  *Pending // nil for a note
}

// newSyslog returns a syslogger of the journal in dir, which sends while it
// [syslogger.Run]s. It connects now, so that it is known at the start when that
// cannot be done.
func newSyslog(dir string, dial func() (io.WriteCloser, error)) *syslogger {
	s := &syslogger{dir: dir, dial: dial, unsent: openUnsent(dir), wake: make(chan struct{}, 1)}
	s.connect()
	return s
}

// Run sends what it is given until ctx ends, and what is left then, for a
// moment. The error says how many lines are left for the next start.
func (s *syslogger) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer crash.Guard()
		defer close(done)
		s.sendAll(ctx)
	}()
	<-ctx.Done()
	select {
	case <-done:
	case <-time.After(syslogClose): // a write that hangs
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.queue {
		s.unsent.add(l.number)
	}
	s.unsent.save()
	if n := s.unsent.count(); n > 0 {
		return fmt.Errorf("%d of its lines are left for the next start to send: %w", n, cmp.Or(syslogError(s.failed), ErrSyslog))
	}
	return nil
}

// send takes lines that were written, and never waits.
func (s *syslogger) send(first uint64, lines [][]byte, batch []*Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	notes := len(lines) - len(batch) // they come first
	for i, l := range lines {
		line := syslogLine{number: first + uint64(i)}
		if i >= notes {
			line.entry = batch[i-notes]
		}
		if len(s.queue) < maxSyslogQueue {
			line.data = l[:len(l)-1]
		}
		s.queue = append(s.queue, line)
	}
	signal(s.wake)
}

// wait waits until p was sent, within the time that its line has.
func (s *syslogger) wait(p *Pending) error {
	timer := time.NewTimer(max(time.Until(p.at.Add(appendLimit)), time.Millisecond))
	defer timer.Stop()
	select {
	case err := <-p.sent:
		return err
	case <-timer.C:
		return syslogError(errors.New("it does not answer"))
	}
}

func syslogError(why error) error {
	if why == nil {
		return nil
	}
	if e, ok := errors.AsType[*net.OpError](why); ok {
		why = e.Err
	}
	return &Error{Op: "send to", Path: "syslog", Err: fmt.Errorf("%w (%w)", ErrSyslog, why)}
}

// trouble returns why lines are not taken; nil while they are.
func (s *syslogger) trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return syslogError(s.failed)
}

// sendAll sends what is queued, and again what was not taken, until ctx ends, and
// then once more.
func (s *syslogger) sendAll(ctx context.Context) {
	wait := syslogRetry
	for {
		last := ctx.Err() != nil
		ok := s.resend()
		for _, l := range s.take() {
			ok = s.sendLine(l, ok)
		}
		s.unsent.save()
		if last {
			s.disconnect()
			return
		}
		var retry <-chan time.Time
		if !s.unsent.empty() {
			retry = time.After(wait)
			wait = min(2*wait, maxSyslogRetry)
		} else {
			wait = syslogRetry
		}
		select {
		case <-s.wake:
		case <-retry:
		case <-ctx.Done():
		}
	}
}

// take returns what is queued, which is not sent until it is.
func (s *syslogger) take() (lines []syslogLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, s.queue = s.queue, nil
	for _, l := range lines {
		s.unsent.add(l.number)
	}
	return lines
}

// sendLine sends one line, unless one before it was not taken, and reports
// whether it was.
func (s *syslogger) sendLine(l syslogLine, ok bool) bool {
	if l.data == nil {
		ok = false // it is sent from the journal
	} else if ok {
		ok = s.write(l.data)
	}
	if ok {
		s.unsent.remove(l.number)
	}
	if l.entry != nil {
		l.entry.sent <- s.trouble()
	}
	return ok
}

// write sends a line, and notes whether syslog takes lines.
func (s *syslogger) write(line []byte) bool {
	if s.conn == nil && !s.connect() {
		return false
	}
	_, err := s.conn.Write(line)
	if err != nil && !os.IsTimeout(err) { // it may have been restarted
		s.disconnect()
		if !s.connect() {
			return false
		}
		_, err = s.conn.Write(line)
	}
	if err != nil {
		s.disconnect()
	}
	s.note(err)
	return err == nil
}

func (s *syslogger) connect() bool {
	conn, err := s.dial()
	if err != nil {
		s.note(err)
		return false
	}
	s.conn = conn
	return true
}

func (s *syslogger) disconnect() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}

func (s *syslogger) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = err
}

// resend sends the lines that were not taken, and reports whether none is left.
func (s *syslogger) resend() bool {
	if s.unsent.empty() {
		return true
	}
	if s.conn == nil && !s.connect() {
		return false
	}
	ok := true
	err := s.unsent.lines(s.dir, func(number uint64, line []byte) bool {
		if ok = s.write(line); ok {
			s.unsent.remove(number)
		}
		return ok
	})
	return ok && err == nil && s.unsent.empty()
}
