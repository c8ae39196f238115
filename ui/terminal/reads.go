package terminal

import (
	"bytes"
	"sync/atomic"
	"time"
)

// Reads is what a terminal's input tells of keys beyond the keys themselves:
// which of them came in one read, when, and which may be the rest of a control
// sequence that was cut. The zero value has seen nothing. [Input] notes what it
// reads, the model asks; the two may run concurrently.
type Reads struct {
	scan scanner // the reader's own; it also ends a paste that has no end
	last time.Time
	log  atomic.Pointer[[]read] // the latest, newest last; replaced, never changed
}

// read is one read of the terminal.
type read struct {
	at          time.Time
	first, next int64  // its printable keys, counted from the first ever
	events      int    // keys, sequences and pastes in it
	noise       string // why its keys may be none; empty for one that began with a key
	stood       bool   // it may have been typed at a screen that stood still
}

// Why a key may not be meant as it came; see [Reads.Doubtful].
const (
	afterEsc   = "right after an escape"
	afterPaste = "right after a paste"
)

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

// saw takes the bytes of one read. Stood says that they may have been typed long
// before, at a screen that stood still.
func (r *Reads) saw(b []byte, at time.Time, stood bool) {
	if len(b) == 0 {
		return
	}
	noise := ""
	if r.scan.pasteLost(at.Sub(r.last), b) {
		noise = afterPaste
		r.scan.state = ground
	}
	r.scan.expire(at.Sub(r.last), b[0])
	switch r.scan.state {
	case ground:
	case pasting:
		noise = afterPaste
	default:
		noise = afterEsc
	}
	keys, events := r.scan.feed(b)
	r.last = at
	var log []read
	if old := r.log.Load(); old != nil {
		log = append(log, (*old)[max(0, len(*old)+1-keptReads):]...)
	}
	var first int64
	if len(log) > 0 {
		first = log[len(log)-1].next
	}
	if noise != "" { // which of its bytes become keys, nobody can tell
		keys = 0
	}
	log = append(log, read{at: at, first: first, next: first + int64(keys), events: events, noise: noise, stood: stood})
	r.log.Store(&log)
}

// Burst reports whether the printable key of that number, which is handled at
// the time now, came in a burst, or in one read with anything else, and returns
// the number of the next one. Where the counts have come apart, the last read
// is taken for the key's.
func (r *Reads) Burst(number int64, now time.Time) (next int64, yes bool) {
	p := r.log.Load()
	if p == nil {
		return number + 1, false
	}
	log := *p
	at := len(log) - 1
	for i, l := range log {
		if l.noise != "" && now.Sub(l.at) < afterNoise {
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
	return next, l.events > 1 || before >= 2 || l.stood || now.Sub(l.at) > overdue
}

// Typed returns how many printable keys there were so far, which is the number of
// the next one.
func (r *Reads) Typed() int64 {
	p := r.log.Load()
	if p == nil {
		return 0
	}
	return (*p)[len(*p)-1].next
}

// Doubtful says why a key that is handled now may be the rest of a control
// sequence or of a paste; empty where it is none.
func (r *Reads) Doubtful(now time.Time) string {
	if p := r.log.Load(); p != nil {
		for _, l := range *p {
			if l.noise != "" && now.Sub(l.at) < afterNoise {
				return l.noise
			}
		}
	}
	return ""
}

// Crowded reports whether the latest read, which a key that is not printable
// came in, had anything else in it.
func (r *Reads) Crowded(now time.Time) bool {
	p := r.log.Load()
	if p == nil {
		return false
	}
	l := (*p)[len(*p)-1]
	return l.events > 1 && now.Sub(l.at) <= overdue
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

// pasteLimit is how long a paste may be silent. Its end may have been lost, and
// then it would take every key.
const pasteLimit = 2 * time.Second

// pasteLost reports whether the end of the paste was lost: it has been silent
// for too long, or somebody presses ctrl+c and nothing else.
func (s *scanner) pasteLost(silent time.Duration, b []byte) bool {
	return s.state == pasting && (silent > pasteLimit || len(bytes.Trim(b, "\x03")) == 0)
}

// begunEnd returns how many of the last bytes of a paste may be the beginning of
// its end.
func (s *scanner) begunEnd() int {
	for n := min(len(s.args), len(pasteEnd)-1); n > 0; n-- {
		if bytes.HasPrefix(pasteEnd, s.args[len(s.args)-n:]) {
			return n
		}
	}
	return 0
}

// feed takes bytes, and returns how many printable keys they are, and how many
// keys, sequences and pastes in all, one that is not complete too.
func (s *scanner) feed(b []byte) (keys, events int) {
	for _, c := range b {
		before := s.state
		if before == ground && (' ' <= c && c < 0x7f || c >= 0xc0) {
			keys++ // in UTF-8, the first byte of one
		}
		s.step(c)
		switch inUTF8 := c >= 0x80 && c < 0xc0; {
		case before == ground && s.state == ground && !inUTF8, before != ground && s.state == ground:
			events++
		}
	}
	if s.state != ground {
		events++
	}
	return keys, events
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
