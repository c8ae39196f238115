package journal

import (
	"io"
	"time"

	"tapedeck/api/crash"
)

const (
	syslogRetry = 10 * time.Second // after a syslog that could not be reached
	syslogClose = 200 * time.Millisecond
)

// syslogger sends lines to the local syslog, beside the journal. Whatever goes
// wrong there costs the journal nothing: lines that it does not take are left
// out.
type syslogger struct {
	lines chan []byte
	done  chan struct{}
}

// startSyslog starts a syslogger, which dials when it has a line.
func startSyslog(dial func() (io.WriteCloser, error)) *syslogger {
	s := &syslogger{lines: make(chan []byte, 2*maxBatch), done: make(chan struct{})}
	go s.run(dial)
	return s
}

// send takes lines and never waits.
func (s *syslogger) send(lines [][]byte) {
	for _, l := range lines {
		select {
		case s.lines <- l[:len(l)-1]:
		default:
		}
	}
}

func (s *syslogger) run(dial func() (io.WriteCloser, error)) {
	defer crash.Guard()
	defer close(s.done)
	var w io.WriteCloser
	var tried time.Time
	for l := range s.lines {
		if w == nil && (tried.IsZero() || time.Since(tried) > syslogRetry) {
			tried = time.Now()
			w, _ = dial()
		}
		if w == nil {
			continue
		}
		if _, err := w.Write(l); err != nil {
			_ = w.Close()
			w = nil
		}
	}
	if w != nil {
		_ = w.Close()
	}
}

// close sends what is left, for a moment: a syslog that hangs is left behind.
func (s *syslogger) close() {
	close(s.lines)
	select {
	case <-s.done:
	case <-time.After(syslogClose):
	}
}
