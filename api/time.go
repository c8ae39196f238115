package api

import (
	"fmt"
	"strings"
	"time"
)

// parseTime reads a date of the API and returns it in UTC. It accepts what
// api/CONTRACT.md section 3 lists: RFC 2822, one-digit days, the month Sept,
// GMT, other offsets and ISO 8601. A date without a zone is an error, for
// nothing says which one is meant; so is the name of a zone other than UTC,
// for it depends on who reads it. It builds nothing but errors, as two dates
// of every row are read.
func parseTime[S string | []byte | value](s S) (time.Time, error) {
	if len(s) > 64 {
		return time.Time{}, fmt.Errorf("parse time of %d bytes: too long", len(s))
	}
	var buf [64]byte
	d := dateReader{s: buf[:copy(buf[:], s)]}
	if t, ok := d.read(); ok {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("parse time %q: not a date in a known form with a zone", string(s))
}

// dateReader reads a date from left to right. Once something was missing, bad
// stays true.
type dateReader struct {
	s   []byte
	i   int
	bad bool
}

func (d *dateReader) read() (time.Time, bool) {
	var year, month, day int
	d.spaces()
	if d.i+4 < len(d.s) && d.s[d.i+4] == '-' { // ISO 8601
		year = d.digits(4, 4)
		d.want('-')
		month = d.digits(2, 2)
		d.want('-')
		day = d.digits(2, 2)
		if !d.skip('T') && !d.skip('t') && !d.skip(' ') {
			d.bad = true
		}
	} else {
		if len(d.word()) > 0 {
			d.want(',')
		}
		d.spaces()
		day = d.digits(1, 2)
		d.spaces()
		month = monthOf(d.word())
		d.spaces()
		year = d.digits(4, 4)
	}
	d.spaces()
	hour := d.digits(1, 2)
	d.want(':')
	minute := d.digits(2, 2)
	d.want(':')
	second := d.digits(2, 2)
	nano := d.fraction()
	d.spaces()
	offset := d.zone()
	d.spaces()
	if d.bad || d.i != len(d.s) || month == 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
	if t.Day() != day || t.Month() != time.Month(month) {
		return time.Time{}, false
	}
	return t.Add(-time.Duration(offset) * time.Second), true
}

func (d *dateReader) spaces() {
	for d.skip(' ') || d.skip('\t') {
	}
}

// skip goes over c and reports whether it was there.
func (d *dateReader) skip(c byte) bool {
	if d.i < len(d.s) && d.s[d.i] == c {
		d.i++
		return true
	}
	return false
}

func (d *dateReader) want(c byte) {
	if !d.skip(c) {
		d.bad = true
	}
}

// digits reads a number of least to most digits.
func (d *dateReader) digits(least, most int) (n int) {
	from := d.i
	for d.i < len(d.s) && d.i-from < most && isDigit(d.s[d.i]) {
		n = n*10 + int(d.s[d.i]-'0')
		d.i++
	}
	if d.i-from < least {
		d.bad = true
	}
	return n
}

// fraction reads the fraction of a second, if there is one, in nanoseconds.
func (d *dateReader) fraction() (nano int) {
	if !d.skip('.') && !d.skip(',') {
		return 0
	}
	from := d.i
	for unit := 100_000_000; d.i < len(d.s) && isDigit(d.s[d.i]); unit /= 10 {
		nano += unit * int(d.s[d.i]-'0')
		d.i++
	}
	if d.i == from {
		d.bad = true
	}
	return nano
}

// word reads letters.
func (d *dateReader) word() []byte {
	from := d.i
	for d.i < len(d.s) && ('a' <= d.s[d.i]|0x20 && d.s[d.i]|0x20 <= 'z') {
		d.i++
	}
	return d.s[from:d.i]
}

// zone reads an offset or a name of UTC, and returns seconds east of it.
func (d *dateReader) zone() (offset int) {
	sign := 1
	switch {
	case d.skip('+'):
	case d.skip('-'):
		sign = -1
	default:
		switch string(d.word()) {
		case "Z", "z", "GMT", "UTC", "UT":
		default:
			d.bad = true
		}
		return 0
	}
	hours := d.digits(2, 2)
	d.skip(':')
	minutes := d.digits(2, 2)
	if hours > 23 || minutes > 59 {
		d.bad = true
	}
	return sign * (hours*3600 + minutes*60)
}

// monthOf returns the month whose name begins with w, which has three letters
// or more: Sep, Sept, September. It is 0 for none.
func monthOf(w []byte) int {
	if len(w) < 3 || len(w) > len("September") {
		return 0
	}
	for m := time.January; m <= time.December; m++ {
		if name := m.String(); len(w) <= len(name) && strings.EqualFold(name[:len(w)], string(w)) {
			return int(m)
		}
	}
	return 0
}
