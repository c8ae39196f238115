package terminal

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"tapedeck/api/crash"
)

// Input reads what a terminal sends and makes messages of it: a control sequence
// that comes in pieces is put together first, and the time of each read is noted.
// One goroutine reads, and it reads on only when its last message was taken.
type Input struct {
	r       cancelable
	console bool // r is a console of Windows, which is read by its own means
	reads   *Reads
	hook    *crash.Hook
	send    func(tea.Msg)
	stopped atomic.Bool
	limit   time.Duration // how long the end of a read that was broken off is waited for

	mu     sync.Mutex // guards what follows, between the reader and the timer
	pieces pieces
	keys   decoder
	timer  *time.Timer   // takes what is held for what it is; nil before it is needed
	due    time.Time     // when it does so
	slow   time.Duration // how long what was read last waited to be taken
}

// cancelable is a reader with a read that can be broken off.
type cancelable interface {
	io.ReadCloser
	// Cancel breaks a read off, and all to come. It reports false where one that
	// waits goes on.
	Cancel() bool
}

const (
	// escapeWait is how long an escape is waited for to be more than a key.
	escapeWait = 50 * time.Millisecond
	// readRoom is how much is read at once, in bytes: keys and answers are short.
	readRoom = 1024
	// stopLimit is how long the end of a read that was broken off is waited for, so
	// that nothing holds up the end of a session.
	stopLimit = 500 * time.Millisecond
)

// NewInput returns the input of a terminal, which notes its reads in reads. A
// panic of its goroutine is the hook's. The error is that the system cannot wait
// for what r has: it is a file on a disk.
func NewInput(r io.Reader, reads *Reads, hook *crash.Hook) (*Input, error) {
	c, err := uv.NewCancelReader(r)
	if err != nil {
		return nil, err
	}
	return &Input{r: c, console: isConsole(r), reads: reads, hook: hook, limit: stopLimit}, nil
}

// Start gives send each message that the terminal's input makes, one after the
// other, until there is nothing more to come, when it calls ended, or stop is
// called, and with it send returns. Send may wait until then: nothing is read
// meanwhile. Stop breaks off a read that waits where the terminal is a file.
// Elsewhere that read goes on until its other end is closed, and what it brings
// is dropped.
func (in *Input) Start(send func(tea.Msg), ended func()) (stop func()) {
	in.send = send
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer in.hook.Guard()
		in.read()
		if !in.stopped.Load() {
			ended()
		}
	}()
	return func() {
		in.stopped.Store(true)
		if in.r.Cancel() {
			select {
			case <-done:
			case <-time.After(in.limit):
			}
		}
		_ = in.r.Close()
	}
}

// read reads until there is nothing more to come.
func (in *Input) read() {
	if in.console {
		in.readConsole()
		return
	}
	b := make([]byte, readRoom)
	for {
		began := time.Now()
		n, err := in.r.Read(b)
		now := time.Now()
		if n > 0 {
			in.reads.saw(b[:n], now, in.stood(now.Sub(began)))
			in.take(b[:n], now)
		}
		if err != nil || n == 0 {
			return
		}
	}
}

// stood reports whether what was read after so long a wait may have been typed at
// a screen that stood still: what was read before it waited for long to be taken.
func (in *Input) stood(waited time.Duration) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.slow > overdue && waited < together
}

// take sends the messages that the bytes of a read make, and keeps what may be
// the beginning of one for a moment. It returns when all were taken.
func (in *Input) take(b []byte, now time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	begun := in.pieces.lone && b[0] != 0x1b
	out := in.pieces.pass(b, now)
	if begun && len(out) > 0 && out[0] == 0x1b {
		in.keys.rest = bytes.TrimSuffix(in.keys.rest, out[:1]) // it was no key: here is all that it began
	}
	in.keys.rest = append(in.keys.rest, out...)
	in.deliver(false)
	in.slow = time.Since(now)
	if len(in.keys.rest) == 0 {
		in.keys.rest = nil
		return
	}
	in.due = time.Now().Add(escapeWait)
	if in.timer == nil {
		in.timer = time.AfterFunc(escapeWait, in.expire)
	} else {
		in.timer.Reset(escapeWait)
	}
}

// expire takes what is kept for what it is: the rest of it has not come. While
// the reader sends it does nothing, for the reader sets the time anew.
func (in *Input) expire() {
	defer in.hook.Guard()
	if !in.mu.TryLock() {
		return
	}
	defer in.mu.Unlock()
	if !time.Now().Before(in.due) {
		in.deliver(true)
	}
}

// deliver sends the messages of what was read; all says that no rest of the last
// one is to come.
func (in *Input) deliver(all bool) {
	for {
		msg, ok := in.keys.next(all)
		if !ok {
			return
		}
		if msg != nil && !in.stopped.Load() {
			in.send(msg)
		}
	}
}
