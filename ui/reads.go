package ui

import (
	"bytes"
	"sync/atomic"
	"time"
)

// reads is what a terminal's input tells of keys beyond the keys themselves:
// which of them came in one read, when, and which may be the rest of a control
// sequence that was cut. Whoever reads calls saw, the model asks burst; the two
// may run beside each other.
type reads struct {
	scan scanner // the reader's own
	last time.Time
	log  atomic.Pointer[[]read] // the latest, newest last; replaced, never changed
}

// read is one read of the terminal.
type read struct {
	at          time.Time
	first, next int64 // its printable keys, counted from the first ever
	noise       bool  // it began inside of a control sequence
}

const (
	keptReads = 8
	// together is how near three printable keys are that nobody typed.
	together = 30 * time.Millisecond
	// afterNoise is how long a cut control sequence makes keys doubtful. A bare
	// escape does so for as long.
	afterNoise = 300 * time.Millisecond
	// overdue is how late a key is handled that was typed at a screen that
	// stood still, by somebody who could not see what it would do.
	overdue = 250 * time.Millisecond
	// unfinished is how long the rest of a cut control sequence is waited for.
	unfinished = 5 * time.Second
)

// saw takes the bytes of one read.
func (r *reads) saw(b []byte, at time.Time) {
	if len(b) == 0 {
		return
	}
	r.scan.expire(at.Sub(r.last), b[0])
	noise := r.scan.state != ground
	keys := r.scan.feed(b)
	r.last = at
	var log []read
	if old := r.log.Load(); old != nil {
		log = append(log, (*old)[max(0, len(*old)+1-keptReads):]...)
	}
	var first int64
	if len(log) > 0 {
		first = log[len(log)-1].next
	}
	if noise { // which of its bytes become keys, nobody can tell
		keys = 0
	}
	log = append(log, read{at: at, first: first, next: first + int64(keys), noise: noise})
	r.log.Store(&log)
}

// burst reports whether the printable key of that number, which is handled at
// the time now, came in a burst, and returns the number of the next one. Where
// the counts have come apart, the last read is taken for the key's.
func (r *reads) burst(number int64, now time.Time) (next int64, yes bool) {
	p := r.log.Load()
	if p == nil {
		return number + 1, false
	}
	log := *p
	at := len(log) - 1
	for i, l := range log {
		if l.noise && now.Sub(l.at) < afterNoise {
			return log[at].next, true
		}
		if l.first <= number && number < l.next {
			at = i
		}
	}
	l, last := log[at], log[len(log)-1]
	next = number + 1
	if number < l.first || number >= l.next || at < len(log)-1 && now.Sub(l.at) > overdue {
		next = last.next
	}
	before := int64(0) // printable keys in the time before
	for _, b := range log[:at] {
		if l.at.Sub(b.at) <= together {
			before += b.next - b.first
		}
	}
	return next, l.next-l.first > 1 || before >= 2 || now.Sub(l.at) > overdue
}

// doubtful reports whether a key that is handled now may be the rest of a
// control sequence.
func (r *reads) doubtful(now time.Time) bool {
	if p := r.log.Load(); p != nil {
		for _, l := range *p {
			if l.noise && now.Sub(l.at) < afterNoise {
				return true
			}
		}
	}
	return false
}

// scanner follows the control sequences in what a terminal sends, as far as is
// needed to tell keys from what is none.
type scanner struct {
	state scanState
	left  int    // bytes of a mouse report
	args  []byte // of a CSI sequence
}

type scanState int

const (
	ground    scanState = iota
	escape              // after ESC
	control             // after ESC [
	single              // one more byte
	mouse               // so many more bytes
	str                 // up to BEL or ST
	strEscape           // ESC in it
	pasting             // up to the end of the paste
)

var pasteEnd = []byte("\x1b[201~")

// expire gives up a sequence whose rest has not come for so long. A bare escape
// is a key, unless what follows begins a sequence and nothing else.
func (s *scanner) expire(silent time.Duration, next byte) {
	limit := unfinished
	if s.state == escape && next != '[' && next != ']' && next != '_' {
		limit = afterNoise
	}
	if silent > limit {
		s.state = ground
	}
}

// feed takes bytes, and returns how many printable keys they are.
func (s *scanner) feed(b []byte) (keys int) {
	for _, c := range b {
		if s.state == ground && (' ' <= c && c < 0x7f || c >= 0xc0) {
			keys++ // in UTF-8, the first byte of one
		}
		s.step(c)
	}
	return keys
}

func (s *scanner) step(c byte) {
	switch s.state {
	case ground:
		if c == 0x1b {
			s.state = escape
		}
	case escape:
		s.escaped(c)
	case control:
		s.csi(c)
	case single:
		s.state = ground
	case mouse:
		if s.left--; s.left == 0 {
			s.state = ground
		}
	case str:
		switch c {
		case 0x07, 0x18, 0x1a:
			s.state = ground
		case 0x1b:
			s.state = strEscape
		}
	case strEscape:
		if s.state = ground; c != '\\' {
			s.escaped(c)
		}
	case pasting:
		s.args = append(s.args, c)
		s.args = s.args[max(0, len(s.args)-len(pasteEnd)):]
		if bytes.Equal(s.args, pasteEnd) {
			s.state = ground
		}
	}
}

// escaped takes the byte after ESC.
func (s *scanner) escaped(c byte) {
	s.args = s.args[:0]
	switch c {
	case '[':
		s.state = control
	case 'O':
		s.state = single
	case ']', 'P', '_':
		s.state = str
	case 0x1b:
		s.state = escape
	default: // a key with Alt
		s.state = ground
	}
}

// csi takes a byte after ESC [.
func (s *scanner) csi(c byte) {
	switch {
	case c == 0x1b:
		s.state = escape
	case c < 0x40 && c >= 0x20 && len(s.args) < 64:
		s.args = append(s.args, c)
	case c == 'M' && len(s.args) == 0: // the mouse, in the oldest form
		s.state, s.left = mouse, 3
	case c == '[' && len(s.args) == 0: // a function key of the Linux console
		s.state = single
	case c == '~' && string(s.args) == "200":
		s.state, s.args = pasting, s.args[:0]
	default:
		s.state = ground
	}
}
