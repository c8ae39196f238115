package terminal

import (
	"strconv"
	"strings"
)

// look is what a style does to a character.
type look struct {
	fg, bg string // the parameters of SGR that make the colors; empty for the terminal's own
	attrs  uint16 // bit 1 for bold, and so on, as SGR numbers them
	odd    bool   // there is more to it, which is not known here
}

// The attributes that have a number of their own, and those that change what a
// space looks like.
const (
	knownAttrs = 0x3fe
	spaceAttrs = 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<9
)

// attrsOff are the parameters that end attributes, and what each of them ends.
var attrsOff = []struct {
	param string
	attrs uint16
}{{"22", 1<<1 | 1<<2}, {"23", 1 << 3}, {"24", 1 << 4}, {"25", 1<<5 | 1<<6}, {"27", 1 << 7}, {"28", 1 << 8}, {"29", 1 << 9}}

// lookOf returns the look that sequences of SGR make.
func lookOf(sgr string) (l look) {
	for len(sgr) > 0 {
		n := sgrLen(sgr)
		if n == 0 {
			return look{odd: true}
		}
		params := strings.Split(sgr[2:n-1], ";")
		for len(params) > 0 {
			params = params[l.take(params):]
		}
		sgr = sgr[n:]
	}
	return l
}

// take applies the first of some parameters, and returns how many that were.
func (l *look) take(params []string) int {
	p := params[0]
	n, err := strconv.Atoi(p)
	switch {
	case p == "" || err == nil && n == 0:
		*l = look{}
	case err != nil:
		l.odd = true
	case n <= 9:
		l.attrs |= 1 << n
	case 30 <= n && n <= 37, 90 <= n && n <= 97:
		l.fg = p
	case 40 <= n && n <= 47, 100 <= n && n <= 107:
		l.bg = p
	case n == 39:
		l.fg = ""
	case n == 49:
		l.bg = ""
	case (n == 38 || n == 48) && len(params) >= 3 && params[1] == "5":
		return l.color(n, params[:3])
	case (n == 38 || n == 48) && len(params) >= 5 && params[1] == "2":
		return l.color(n, params[:5])
	default:
		for _, off := range attrsOff {
			if p == off.param {
				l.attrs &^= off.attrs
				return 1
			}
		}
		l.odd = true
	}
	return 1
}

func (l *look) color(ground int, params []string) int {
	if s := strings.Join(params, ";"); ground == 38 {
		l.fg = s
	} else {
		l.bg = s
	}
	return len(params)
}

// ground is the look of a space: neither its color nor its weight is seen.
func (l look) ground() look {
	if l.odd || l.attrs&spaceAttrs != 0 {
		return l
	}
	return look{bg: l.bg}
}

// params appends the parameters that make a look of one that has none.
func (l look) params(b []byte) []byte { return l.since(b, look{}, false) }

// since appends the parameters that make a look of another one, which has
// nothing that this one has not, unless off says that each attribute may be
// ended by itself.
func (l look) since(b []byte, was look, off bool) []byte {
	gone := was.attrs &^ l.attrs
	for _, o := range attrsOff {
		if off && gone&o.attrs != 0 {
			b = append(append(b, o.param...), ';')
			was.attrs &^= o.attrs
		}
	}
	for n := 1; n <= 9; n++ {
		if l.attrs&^was.attrs&(1<<n) != 0 {
			b = append(strconv.AppendInt(b, int64(n), 10), ';')
		}
	}
	b = color(b, l.fg, was.fg, "39;")
	return color(b, l.bg, was.bg, "49;")
}

func color(b []byte, now, was, none string) []byte {
	switch {
	case now == was:
		return b
	case now == "":
		return append(b, none...)
	}
	return append(append(b, now...), ';')
}

// change returns the shortest sequence that makes one look of another. Attributes
// and colors are ended one by one only where off says that the terminal knows
// that.
func change(was, now look, off bool) string {
	if now == (look{}) {
		return "\x1b[m"
	}
	anew := []byte("\x1b[")
	if was != (look{}) {
		anew = append(anew, "0;"...)
	}
	anew = now.params(anew)
	if off || was.attrs&^now.attrs == 0 && (was.fg == "" || now.fg != "") && (was.bg == "" || now.bg != "") {
		if b := now.since([]byte("\x1b["), was, off); len(b) < len(anew) {
			anew = b
		}
	}
	anew[len(anew)-1] = 'm' // in place of the last semicolon
	return string(anew)
}
