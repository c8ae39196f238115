package text

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestString(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain stays", "+13105550142", "+13105550142"},
		{"accents and wide characters stay", "Zoë 会議", "Zoë 会議"},
		{"combining marks stay", "e\u0301", "e\u0301"},
		{"escape sequences lose their escape", "a\x1b[31mb", "a\ufffd[31mb"},
		{"8-bit CSI", "a\u009b31mb", "a\ufffd31mb"},
		{"title", "\x1b]0;owned\x07", "\ufffd]0;owned\ufffd"},
		{"clipboard", "\x1b]52;c;cHduZWQ=\x1b\\", "\ufffd]52;c;cHduZWQ=\ufffd\\"},
		{"line ends and tabs are spaces", "a\r\n\tb", "a   b"},
		{"bidi override is dropped", "a\u202eb\u2066c", "abc"},
		{"zero width is dropped", "a\u200bb\ufeffc\u200dd", "abcd"},
		{"variation selector is dropped", "\u2764\ufe0f", "\u2764"},
		{"skin tone is dropped", "👍🏽", "👍"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"no-break space is a space", "a\u00a0b", "a b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := New(tt.in).String(); got != tt.want {
				t.Errorf("New(%q).String() = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestLongTextIsCut(t *testing.T) {
	got := New(strings.Repeat("会", 1<<20)).String()
	if len(got) > maxShown+len("…") || !utf8.ValidString(got) || !strings.HasSuffix(got, "会…") {
		t.Errorf("a megabyte is shown as %d bytes, valid %v, ending in %q",
			len(got), utf8.ValidString(got), got[len(got)-6:])
	}
}

func TestEveryWayOutIsSafe(t *testing.T) {
	hostile := New("\x1b[2J\u202e")
	js, err := json.Marshal(map[string]any{"v": hostile})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		fmt.Sprint(hostile), fmt.Sprintf("%v %+v %#v %s %q %x", hostile, hostile, hostile, hostile, hostile, hostile),
		fmt.Errorf("read %s: %w", hostile, fmt.Errorf("%v", hostile)).Error(), string(js),
	} {
		if strings.ContainsAny(s, "\x1b\u202e") {
			t.Errorf("%q has a control character", s)
		}
	}
}

func TestPathSegment(t *testing.T) {
	for _, ok := range []string{"0d9c8b7a-1111-4ccc-9ddd-000000000101", "RE0123_4", "a.b"} {
		if got, is := New(ok).PathSegment(); !is || got != ok {
			t.Errorf("PathSegment(%q) = %q, %v", ok, got, is)
		}
	}
	for _, bad := range []string{"", ".", "..", "a/b", "a?b", "a%2fb", "a b", "é", "\x1b", strings.Repeat("a", 129)} {
		if got, is := New(bad).PathSegment(); is {
			t.Errorf("PathSegment(%q) = %q, want it refused", bad, got)
		}
	}
}

// What is shown of a text is bounded whatever its bytes become, and is not
// nothing because none of them begins a character.
func TestStringIsBounded(t *testing.T) {
	cut := func(s string, n int) string { return strings.Repeat(s, n) + "…" }
	for name, tt := range map[string]struct{ in, want string }{
		"it fits":                        {strings.Repeat("é", maxShown/2), strings.Repeat("é", maxShown/2)},
		"one byte more":                  {strings.Repeat("a", maxShown+1), cut("a", maxShown)},
		"a character across the end":     {"a" + strings.Repeat("é", maxShown/2), "a" + cut("é", maxShown/2-1)},
		"not UTF-8, and shorter":         {strings.Repeat("\xa4", maxShown/2), cut("\ufffd", maxShown/3)},
		"not UTF-8, and a megabyte":      {strings.Repeat("\xa4", 1<<20), cut("\ufffd", maxShown/3)},
		"controls":                       {strings.Repeat("\x01", maxShown), cut("\ufffd", maxShown/3)},
		"a megabyte that is not visible": {strings.Repeat("\u200b", 1<<20), "…"},
	} {
		if got := New(tt.in).String(); got != tt.want {
			t.Errorf("%s: %d bytes give %d, want %d", name, len(tt.in), len(got), len(tt.want))
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("a\x1b[31m\u202e\xff会")
	f.Add(strings.Repeat("\xa4", maxShown/2))
	f.Add("\u200b" + strings.Repeat("\x01é", maxShown))
	f.Fuzz(func(t *testing.T, in string) {
		out := New(in).String()
		if !utf8.ValidString(out) {
			t.Fatalf("%q gives %q, which is not UTF-8", in, out)
		}
		for _, r := range out {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
				t.Fatalf("%q gives %q, with %U", in, out, r)
			}
		}
		if len(out) > maxShown+len("…") {
			t.Fatalf("%d bytes give %d", len(in), len(out))
		}
		if again := New(out).String(); again != out {
			t.Fatalf("%q gives %q, then %q", in, out, again)
		}
	})
}

// A Text has no way out but its methods, and these are all: a new one has to
// be added here, and to the test that every way out is safe. The text as it
// came is touched by them alone.
func TestWaysOut(t *testing.T) {
	var methods []string
	for _, typ := range []reflect.Type{reflect.TypeFor[Text](), reflect.TypeFor[*Text]()} {
		for m := range typ.Methods() {
			methods = append(methods, m.Name)
		}
		if typ.Kind() == reflect.Struct {
			for f := range typ.Fields() {
				if f.IsExported() {
					t.Errorf("the field %s is exported", f.Name)
				}
			}
		}
	}
	slices.Sort(methods)
	if got := strings.Join(slices.Compact(methods), " "); got != "Format Is IsZero Len MarshalText PathSegment SID String" {
		t.Errorf("a Text has the methods %s", got)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "text.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if ok && fn.Recv == nil && fn.Name.IsExported() && fn.Name.Name != "New" {
			t.Errorf("the package has a function %s", fn.Name.Name)
		}
	}
}

func TestSID(t *testing.T) {
	long := strings.Repeat("a", maxSID)
	for _, s := range []string{"", "a", "0d9c8b7a-1111-4ccc-9ddd-000000000101", "REab12", long} {
		if got := New(s).SID(); got != s {
			t.Errorf("%q is shown as %q", s, got)
		}
	}
	seen := map[string]string{}
	huge := strings.Repeat("x", 8<<10)
	for _, s := range []string{long + "a", "b" + huge, "c" + huge, "a b", "a_b", "a.b", "\x1b[31m", "é", "a\u200bb", "…8142", "a/b"} {
		got := New(s).SID()
		if len(got) != len("odd-12345678") || !strings.HasPrefix(got, "odd-") || New(got).SID() != got {
			t.Errorf("%.20q is shown as %q", s, got)
		}
		if other, twice := seen[got]; twice {
			t.Errorf("%.20q and %.20q look alike", s, other)
		}
		seen[got] = s
	}
}
