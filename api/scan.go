package api

import (
	"errors"
	"fmt"
	"io"
)

// maxValueBytes is the most that one value of a body, such as a row, may have.
const maxValueBytes = 8 << 20

var (
	errEmpty     = errors.New("the body is empty")
	errCut       = errors.New("the JSON is cut off")
	errNotObject = errors.New("not a JSON object")
	errNoList    = errors.New("the list is not an array")
	errBigValue  = fmt.Errorf("a value is over %d MB", maxValueBytes>>20)
)

// scanner takes a JSON document apart while it arrives. It holds one value at
// a time, checks that it is valid, and builds nothing. Unlike encoding/json
// it has no limit on nesting, so that an odd field never costs the page; only
// the size of a value is limited.
type scanner struct {
	r    io.Reader
	buf  []byte // buf[pos:end] was read and not looked at
	pos  int
	end  int
	mark int    // where the value begins that is to be kept in buf; -1 for none
	gone int    // bytes that are no longer in buf
	nest []byte // the brackets that are open in the value
	err  error  // of r; given out when buf is used up
}

func newScanner(r io.Reader, size int) *scanner {
	return &scanner{r: r, buf: make([]byte, size), mark: -1}
}

// object reads an object and calls each at every value of it, with its name.
// The name is valid until each reads the value, which it must do.
func (s *scanner) object(each func(name value) error) error {
	if err := s.isObject(); err != nil {
		return err
	}
	return s.elements('}', func() error {
		s.mark = s.pos
		err := s.str()
		n := s.pos - s.mark
		if err == nil {
			err = s.expect(':')
		}
		if err != nil {
			return err
		}
		name := value(s.buf[s.mark:][:n])
		s.mark = -1
		return each(name.key())
	})
}

// isObject returns an error unless the document begins with an object.
func (s *scanner) isObject() error {
	c, err := s.peek()
	switch {
	case err == errCut:
		return errEmpty
	case err != nil:
		return err
	case c != '{':
		return errNotObject
	}
	return nil
}

// array reads an array and calls each at every value of it, which it must read.
func (s *scanner) array(each func() error) error {
	if c, err := s.peek(); err != nil {
		return err
	} else if c != '[' {
		return errNoList
	}
	return s.elements(']', each)
}

// elements reads what is between two brackets, and the commas.
func (s *scanner) elements(closing byte, each func() error) error {
	s.pos++
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c == closing {
		s.pos++
		return nil
	}
	for {
		if _, err := s.peek(); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c != ',' && c != closing {
			return s.syntax()
		}
		s.pos++
		if c == closing {
			return nil
		}
	}
}

// value reads one value of any type. It is valid until the next read.
func (s *scanner) value() (value, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	s.mark = s.pos
	err := s.skip()
	v := value(s.buf[s.mark:s.pos])
	s.mark = -1
	if err != nil {
		return nil, err
	}
	return v, nil
}

// skip goes over one value.
func (s *scanner) skip() error {
	s.nest = s.nest[:0]
	for {
		opened, err := s.begin()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		if done, err := s.finish(); done || err != nil {
			return err
		}
	}
}

// begin goes over a value that is not a list, or into the first one of a list.
func (s *scanner) begin() (opened bool, err error) {
	c, err := s.peek()
	if err != nil {
		return false, err
	}
	switch c {
	case '{', '[':
		s.pos++
		next, err := s.peek()
		if err != nil {
			return false, err
		}
		if next == c+2 { // in ASCII a bracket closes two after it opens
			s.pos++
			return false, nil
		}
		s.nest = append(s.nest, c)
		if c == '{' {
			return true, s.name()
		}
		return true, nil
	case '"':
		return false, s.str()
	case 't':
		return false, s.literal("true")
	case 'f':
		return false, s.literal("false")
	case 'n':
		return false, s.literal("null")
	}
	return false, s.number(c)
}

// finish goes on after a value: to the next one of the innermost list, or out
// of it; done tells that no list is open.
func (s *scanner) finish() (done bool, err error) {
	for len(s.nest) > 0 {
		open := s.nest[len(s.nest)-1]
		c, err := s.peek()
		if err != nil {
			return false, err
		}
		switch c {
		case ',':
			s.pos++
			if open == '{' {
				return false, s.name()
			}
			return false, nil
		case open + 2:
			s.pos++
			s.nest = s.nest[:len(s.nest)-1]
		default:
			return false, s.syntax()
		}
	}
	return true, nil
}

// name goes over a member's name and its colon.
func (s *scanner) name() error {
	if _, err := s.peek(); err != nil {
		return err
	}
	if err := s.str(); err != nil {
		return err
	}
	return s.expect(':')
}

func (s *scanner) expect(want byte) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != want {
		return s.syntax()
	}
	s.pos++
	return nil
}

// str goes over a string, which must begin here.
func (s *scanner) str() error {
	if s.buf[s.pos] != '"' {
		return s.syntax()
	}
	s.pos++
	for {
		i, buf := s.pos, s.buf[:s.end]
		for i < len(buf) && buf[i] != '"' && buf[i] != '\\' && buf[i] >= ' ' {
			i++
		}
		s.pos = i
		c, err := s.byte()
		switch {
		case err != nil:
			return err
		case c == '"':
			s.pos++
			return nil
		case c == '\\':
			s.pos++
			err = s.escape()
		case c < ' ':
			err = s.syntax()
		}
		if err != nil {
			return err
		}
	}
}

// escape goes over what follows a backslash.
func (s *scanner) escape() error {
	c, err := s.byte()
	if err != nil {
		return err
	}
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return nil
	case 'u':
		s.pos++
		for range 4 {
			if c, err := s.byte(); err != nil {
				return err
			} else if !isHex(c) {
				return s.syntax()
			}
			s.pos++
		}
		return nil
	}
	return s.syntax()
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (s *scanner) literal(word string) error {
	for i := range len(word) {
		if c, err := s.byte(); err != nil {
			return err
		} else if c != word[i] {
			return s.syntax()
		}
		s.pos++
	}
	return nil
}

// number goes over a number that begins with c. Where the document ends, it
// may end too.
func (s *scanner) number(c byte) error {
	if c == '-' {
		s.pos++
	}
	if c, err := s.byte(); err != nil {
		return err
	} else if c == '0' {
		s.pos++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.at() == '.' {
		s.pos++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if c := s.at(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.at(); c == '+' || c == '-' {
			s.pos++
		}
		return s.digits()
	}
	return s.failed()
}

// digits goes over one digit or more.
func (s *scanner) digits() error {
	if c, err := s.byte(); err != nil {
		return err
	} else if !isDigit(c) {
		return s.syntax()
	}
	for isDigit(s.at()) {
		s.pos++
	}
	return s.failed()
}

// at returns the next byte, 0 where there is none.
func (s *scanner) at() byte {
	if s.pos == s.end && s.fill() != nil {
		return 0
	}
	return s.buf[s.pos]
}

// failed returns the error that at has met, unless it is the document's end.
func (s *scanner) failed() error {
	if s.pos < s.end || s.err == nil || s.err == io.EOF {
		return nil
	}
	return s.err
}

// peek returns the next byte that is not space, and leaves it there.
func (s *scanner) peek() (byte, error) {
	for {
		for ; s.pos < s.end; s.pos++ {
			if c := s.buf[s.pos]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				return c, nil
			}
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// byte returns the next byte and leaves it there.
func (s *scanner) byte() (byte, error) {
	if s.pos == s.end {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	return s.buf[s.pos], nil
}

// more reads more where the document cannot end.
func (s *scanner) more() error {
	if err := s.fill(); err != io.EOF {
		return err
	}
	return errCut
}

// fill reads more into buf, which is used up but for what mark keeps.
func (s *scanner) fill() error {
	if s.err != nil {
		return s.err
	}
	keep := s.pos
	if s.mark >= 0 {
		keep = s.mark
	}
	if s.end-keep > maxValueBytes {
		s.err = errBigValue
		return s.err
	}
	s.mark = min(s.mark, 0)
	to := s.buf
	if s.end-keep > len(s.buf)/2 && len(s.buf) <= maxValueBytes {
		to = make([]byte, min(2*len(s.buf), maxValueBytes+1))
	}
	s.end = copy(to, s.buf[keep:s.end])
	s.buf, s.pos = to, s.end
	s.gone += keep
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

func (s *scanner) syntax() error {
	return fmt.Errorf("not JSON at byte %d", s.gone+s.pos+1)
}
