package api

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// member is a name and a value as encoding/json reads them.
type member struct{ Name, Value string }

// membersByStdlib reads an object with encoding/json.
func membersByStdlib(raw []byte) (out []member, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, false
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, false
		}
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			return nil, false
		}
		out = append(out, member{name.(string), string(v)})
	}
	return out, true
}

// checkMembers compares both walks over a valid object with encoding/json.
func checkMembers(t *testing.T, raw []byte) {
	t.Helper()
	want, ok := membersByStdlib(raw)
	if !ok {
		return
	}
	var got []member
	for name, v := range value(raw).members() {
		got = append(got, member{string(name.key()), string(v)})
	}
	var streamed []member
	s := newScanner(iotest.OneByteReader(bytes.NewReader(raw)), 1)
	err := s.object(func(name value) error {
		m := member{Name: string(name)}
		v, err := s.value()
		m.Value = string(v)
		streamed = append(streamed, m)
		return err
	})
	if err != nil {
		t.Fatalf("scanner on %q: %v", raw, err)
	}
	for walk, got := range map[string][]member{"members": got, "scanner": streamed} {
		for i, g := range got { // bytes that are not UTF-8 are kept here, and replaced one by one there
			if i < len(want) && !utf8.ValidString(g.Name) {
				got[i].Name, want[i].Name = "", ""
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s of %q (-want +got):\n%s", walk, raw, diff)
		}
	}
}

func TestMembers(t *testing.T) {
	for _, raw := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":1,"a":2}`, "{\n\t\"a\" : [1, {\"b\":2}] , \"c\" : \"d\" }", `{"a\"b":"c\\","\u0061":null}`,
		`{"":"","a":{},"b":[],"c":-1.5e+10,"d":true,"e":false}`, "{\"a\xff\":\"\xfe\"}", `{"a":"}","b":"]","c":"{["}`, `{"\\":"\\\""}`,
	} {
		checkMembers(t, []byte(raw))
	}
}

func TestScannerRefusesWhatIsNotJSON(t *testing.T) {
	tests := []struct{ in, err string }{
		{``, "body is empty"}, {" \n", "body is empty"}, {`{`, "cut off"}, {`{"a"`, "cut off"}, {`{"a":`, "cut off"}, {`{"a":1`, "cut off"},
		{`{"a":"x`, "cut off"}, {`{"a":[1,`, "cut off"}, {`{"a":tr`, "cut off"}, {`{"a":"\`, "cut off"}, {`{"a":"\u00`, "cut off"}, {`{"a":-`, "cut off"},
		{`<html>`, "not a JSON object"}, {`[]`, "not a JSON object"}, {`"x"`, "not a JSON object"}, {`null`, "not a JSON object"},
		{`{a:1}`, "byte 2"}, {`{"a" 1}`, "byte 6"}, {`{"a":1,}`, "byte 8"}, {`{"a":01}`, "byte 7"}, {`{"a":1.}`, "byte 8"}, {`{"a":+1}`, "byte 6"},
		{`{"a":nul}`, "byte 9"}, {"{\"a\":\"\n\"}", "byte 7"}, {`{"a":"\x"}`, "byte 8"}, {`{"a":"\u00g0"}`, "byte 11"}, {`{"a":[1}`, "byte 8"},
		{`{"a":{]}`, "byte 7"}, {`{"a":[1 2]}`, "byte 9"}, {`{"a":1 "b":2}`, "byte 8"}, {`{"a":1e}`, "byte 8"}, {`{"a":[,]}`, "byte 7"},
	}
	for _, tt := range tests {
		for size := 1; size < 20; size += 6 {
			var raw value
			checkError(t, readObject(iotest.OneByteReader(strings.NewReader(tt.in)), &raw), tt.err)
			s := newScanner(strings.NewReader(tt.in), size)
			checkError(t, s.object(func(value) error { _, err := s.value(); return err }), tt.err)
		}
	}
}

func TestScannerLimitsAValue(t *testing.T) {
	for _, in := range []string{`{"a":"` + strings.Repeat("x", maxValueBytes+70_000) + `"}`, `{"` + strings.Repeat("x", maxValueBytes+70_000) + `":1}`} {
		s := newScanner(strings.NewReader(in), 1024)
		checkError(t, s.object(func(value) error { _, err := s.value(); return err }), "a value is over 8 MB")
		if len(s.buf) > maxValueBytes+1 {
			t.Errorf("the buffer is %d bytes", len(s.buf))
		}
	}
}

func TestScannerGivesTheErrorOfTheConnection(t *testing.T) {
	whole := testdata(t, "recording.json")
	for i := range strings.TrimSpace(whole) {
		var raw value
		err := readObject(io.MultiReader(strings.NewReader(whole[:i]), iotest.ErrReader(io.ErrUnexpectedEOF)), &raw)
		if err != io.ErrUnexpectedEOF {
			t.Fatalf("cut after %d bytes: %v", i, err)
		}
	}
	s := newScanner(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("12"))), 8)
	if _, err := s.value(); err != iotest.ErrTimeout {
		t.Errorf("a number whose end was not read: %v", err)
	}
	var raw value
	if err := readObject(stuck{}, &raw); err != io.ErrNoProgress {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

// stuck is a reader that neither reads nor fails.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestElements(t *testing.T) {
	var got []string
	for v := range value(` [ 1 , "a,]" , [2,3] , {"b":[4]},null ] `).elements() {
		got = append(got, string(v))
	}
	if want := []string{"1", `"a,]"`, "[2,3]", `{"b":[4]}`, "null"}; !slices.Equal(got, want) {
		t.Errorf("elements are %q, want %q", got, want)
	}
	for _, raw := range []string{"", "[", "[1", "[]", "[ ]", "[,", `["`, "{}", "[]]"} {
		for v := range value(raw).elements() {
			got = append(got, string(v))
		}
	}
}

// The scanner takes what encoding/json takes, and members gives what
// encoding/json gives.
func FuzzJSON(f *testing.F) {
	for _, name := range []string{"recording.json", "odd.json", "odd_rows.json"} {
		f.Add([]byte(testdata(f, name)), uint8(3))
	}
	f.Add([]byte(`{"a\"b":["c\\",-1.5e+10,{"\u0061":null}]}`), uint8(1))
	f.Fuzz(func(t *testing.T, raw []byte, size uint8) {
		s := newScanner(iotest.OneByteReader(bytes.NewReader(raw)), int(size)+1)
		v, err := s.value()
		v = bytes.Clone(v) // valid until the next read
		if err == nil && depth(raw) < 10_000 {
			_, rest := s.peek()
			if valid := rest == errCut; valid != json.Valid(raw) || !json.Valid(v) {
				t.Fatalf("%q: scanner %q, %v; valid for encoding/json %v", raw, v, rest, json.Valid(raw))
			}
		} else if json.Valid(raw) {
			t.Fatalf("%q: %v, but it is valid", raw, err)
		}
		for name, v := range value(raw).members() { // never panics
			_, _, _, _ = name.key(), v.text(), v.time(), v.sid()
			_, _ = v.integer()
		}
		if json.Valid(raw) {
			checkMembers(t, raw)
		}
	})
}
