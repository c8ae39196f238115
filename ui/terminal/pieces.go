package terminal

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// keptFor is how long the rest of a control sequence is waited for, from its
	// latest piece on. A bad link makes that of one answer.
	keptFor = 2 * time.Second
	// maxKept is the longest sequence that is put together; answers have less
	// than 100 bytes.
	maxKept = 1024
)

// pieces puts control sequences together that a terminal's answers, and its
// special keys, come as in more than one read, so that no piece is taken for
// keys. What cannot be a piece is a key and waits for nothing, and so is a bare
// escape: where it proves to have begun a sequence, that follows whole.
type pieces struct {
	scan scanner
	cur  []byte // the sequence that is not complete, from its ESC on
	lone bool   // its ESC has been let through as a key
	last time.Time
	end  []byte // what may be the beginning of the end of a paste
}

// pass returns what is to be taken for input when in has been read.
func (p *pieces) pass(in []byte, now time.Time) (out []byte) {
	if p.scan.state == ground && bytes.IndexByte(in, 0x1b) < 0 {
		return in // keys only
	}
	if p.inside() && (now.Sub(p.last) > keptFor || p.lone && p.scan.state == escape && !continues(in)) {
		p.drop()
	}
	out, p.end = p.end, nil
	if p.scan.pasteLost(now.Sub(p.last), in) {
		out, p.scan.state = bytes.Clone(pasteEnd), ground // for the decoder, which waits for it
	}
	p.last = now
	for _, c := range in {
		if !p.inside() {
			was := p.scan.state
			p.scan.step(c)
			if was == ground && p.scan.state == escape {
				p.cur = []byte{c}
			} else {
				out = append(out, c)
			}
			continue
		}
		if p.isKey(c, in) {
			p.drop()
			out = append(out, c)
			continue
		}
		was := p.scan.state
		if c == 0x1b && was != str {
			if was == escape && !p.lone {
				out = append(out, c) // the one before was a key
			}
			p.drop()
			p.scan.state, p.cur = escape, []byte{c}
			continue
		}
		if was == strEscape && c != '\\' { // the string had no end
			p.cur = []byte{0x1b}
		}
		p.scan.step(c)
		if len(p.cur) < maxKept {
			p.cur = append(p.cur, c)
		}
		switch {
		case p.scan.state == ground || p.scan.state == pasting:
			if len(p.cur) < maxKept {
				out = append(out, commonForm(p.cur)...)
			}
			p.cur, p.lone = nil, false
		case p.scan.state == strEscape && len(in) == 1 && !colorReply().Match(p.cur):
			p.drop() // somebody has pressed it after waiting
			p.scan.state, p.cur = escape, []byte{c}
		}
	}
	if p.scan.state == escape && len(p.cur) == 1 && !p.lone {
		p.lone = true
		out = append(out, 0x1b)
	}
	if p.scan.state == pasting {
		at := len(out) - p.scan.begunEnd()
		p.end, out = bytes.Clone(out[at:]), out[:at]
	}
	return out
}

func (p *pieces) inside() bool { return p.scan.state != ground && p.scan.state != pasting }

// drop forgets the sequence, whose rest does not come any more.
func (p *pieces) drop() { p.scan.state, p.cur, p.lone = ground, nil, false }

// continues reports whether what comes after a bare escape is the rest of a
// sequence. P, O and their like are keys too, by themselves.
func continues(in []byte) bool {
	if len(in) == 0 {
		return false
	}
	switch in[0] {
	case '[', ']', '_':
		return true
	case 'P':
		return len(in) > 1 && strings.IndexByte("0123456789$+>!|", in[1]) >= 0
	case 'O':
		return len(in) == 2
	}
	return false
}

// colorReply is the answer to a question for a color, but for its end.
var colorReply = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\x1b\](4;\d+|1\d);rgba?:[0-9a-fA-F]+(/[0-9a-fA-F]+){2,3}\x1b?$`)
})

// colored is how one begins.
var colored = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\x1b\](4|1|$)`)
})

// isKey reports whether a byte within a sequence is a key that somebody has
// pressed: a control character that no sequence has, or one that came alone and
// that no answer has in this place.
func (p *pieces) isKey(c byte, in []byte) bool {
	switch {
	case p.scan.state == mouse, isBackTab(p.cur, c) && !p.lone:
		return false
	case c == 0x1b, c == 0x07, c == 0x18, c == 0x1a:
		return false
	case c < ' ' || c == 0x7f:
		return true
	case len(in) > 1:
		return false
	}
	switch p.scan.state {
	case control:
		return strings.IndexByte("prXq/ ", c) >= 0 ||
			c == 'y' && !bytes.Contains(p.cur, []byte("$")) || c == 'P' && !bytes.Contains(p.cur, []byte("1;"))
	case strEscape:
		return strings.IndexByte(`\[]P_^O`, c) < 0
	case str:
		switch {
		case !colored().Match(p.cur):
			return true
		case c == 'r':
			return !bytes.HasSuffix(p.cur, []byte(";"))
		case c == 'g':
			return !bytes.HasSuffix(p.cur, []byte("r"))
		}
		return strings.IndexByte("0123456789abcdefABCDEF:/;", c) < 0
	}
	return false
}
