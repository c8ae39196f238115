package api

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/text"
)

const (
	// maxText is how many bytes of one text are kept. Less are ever shown; a
	// server that sends megabytes does not get to fill the memory.
	maxText = 9 << 10
	// maxKept is the size of a resource over which its long values are cut.
	maxKept = 64 << 10
	// maxLines and maxIndent are the limits of JSON written for people.
	maxLines  = 4096
	maxIndent = 32
)

// value is one JSON value as it came: syntactically valid, of any type. Of one
// that is not valid the methods give something or nothing, and never panic.
type value []byte

// members yields the names and values of a JSON object, in their order; for
// any other value it yields nothing. A name is a string with its quotes. It
// builds nothing, so that a row that nobody wants costs one look at its bytes.
func (v value) members() iter.Seq2[value, value] {
	return func(yield func(name, val value) bool) {
		i := skipSpace(v, 0)
		if i >= len(v) || v[i] != '{' {
			return
		}
		i = skipSpace(v, i+1)
		for i < len(v) && v[i] == '"' {
			end := skipString(v, i)
			name := v[i:end]
			i = skipSpace(v, end)
			if i >= len(v) || v[i] != ':' || len(name) < 2 {
				return
			}
			i = skipSpace(v, i+1)
			end = skipValue(v, i)
			if end == i || !yield(name, v[i:end]) {
				return
			}
			i = skipSpace(v, end)
			if i >= len(v) || v[i] != ',' {
				return
			}
			i = skipSpace(v, i+1)
		}
	}
}

// elements yields the values of a JSON array; nothing for any other value.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		i := skipSpace(v, 0)
		if i >= len(v) || v[i] != '[' {
			return
		}
		for i < len(v) && v[i] != ']' {
			i = skipSpace(v, i+1)
			end := skipValue(v, i)
			if end == i || !yield(v[i:end]) {
				return
			}
			i = skipSpace(v, end)
		}
	}
}

func skipSpace(v value, i int) int {
	for i < len(v) && (v[i] == ' ' || v[i] == '\n' || v[i] == '\t' || v[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the index after the value that begins at i.
func skipValue(v value, i int) int {
	depth := 0
	for i < len(v) {
		switch v[i] {
		case '"':
			i = skipString(v, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			} else if depth < 0 {
				return i
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

func skipString(v value, i int) int {
	for i++; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(v)
}

// isNull reports whether the value is null or was absent.
func (v value) isNull() bool { return len(v) == 0 || string(v) == "null" }

// isString reports whether the value is a string.
func (v value) isString() bool { return len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' }

// key returns a member's name without its quotes and escapes. It shares v's
// bytes where it can.
func (v value) key() value {
	if bytes.IndexByte(v, '\\') < 0 && v.isString() {
		return v[1 : len(v)-1]
	}
	return value(v.str())
}

// str returns the string that the value holds; a value of another type as its
// JSON, so that nothing is lost; and nothing for null.
func (v value) str() string {
	if v.isNull() {
		return ""
	}
	if !v.isString() {
		return string(v)
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1]) // bytes that are not UTF-8 are text's to show
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		return string(v)
	}
	return s
}

// text returns what str does as a text, of a very long one the beginning.
func (v value) text() text.Text { return text.New(v.start()) }

func (v value) start() string {
	s := v.str()
	if len(s) > maxText {
		// A replacement of one byte, so that what was cut is not cut again.
		s = strings.Clone(strings.ToValidUTF8(s[:maxText], "?"))
	}
	return s
}

// sid returns the SID of another resource; nothing for a value of a type that
// no SID can have.
func (v value) sid() text.Text {
	if !v.isString() && (len(v) == 0 || v[0] != '-' && !isDigit(v[0])) {
		return text.Text{}
	}
	return v.text()
}

// integer returns the whole number that the value holds, as a number or as a
// string; ok is false for anything else.
func (v value) integer() (n int64, ok bool) {
	if len(v) > 40 {
		return 0, false
	}
	s := strings.TrimSpace(v.str())
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f || f < -1e15 || f > 1e15 {
		return 0, false
	}
	return int64(f), true
}

// seconds returns a number of seconds; ok is false where there is none.
func (v value) seconds() (d time.Duration, ok bool) {
	n, ok := v.integer()
	const most = int64(1<<63-1) / int64(time.Second)
	if !ok || n < 0 || n > most {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}

// time returns the time that the value holds in UTC, the zero time for null
// and for one that cannot be read.
func (v value) time() time.Time {
	if !v.isString() {
		return time.Time{}
	}
	t, err := parseTime(v.key())
	if err != nil {
		return time.Time{}
	}
	return t
}

// jsonLines indents a resource, for people to read. Of one that is very deep
// or long, which only a fault can be, it gives one line a field.
func jsonLines(raw value) []text.Text {
	var lines []text.Text
	var b bytes.Buffer
	if len(raw) > maxKept || depth(raw) > maxIndent || json.Indent(&b, raw, "", "  ") != nil {
		for name, v := range raw.members() {
			if len(lines) == maxLines {
				break
			}
			lines = append(lines, text.New("  "+string(clip(name))+": "+string(clip(v))))
		}
		return lines
	}
	for line := range bytes.Lines(b.Bytes()) {
		lines = append(lines, text.New(string(bytes.TrimRight(line, "\n"))))
	}
	return lines
}

func clip(v value) value { return v[:min(len(v), maxText)] }

// depth returns how deep the lists in v are nested.
func depth(v value) int {
	now, most := 0, 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			i = skipString(v, i) - 1
		case '{', '[':
			now++
			most = max(most, now)
		case '}', ']':
			now--
		}
	}
	return most
}
