package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// TestAppendSafe: what is printed is the same JSON, on one line, and nothing in
// it can be taken for more than a character.
func TestAppendSafe(t *testing.T) {
	for _, raw := range []string{
		`{"sid":"a","duration":12,"x":null}`,
		"{ \"sid\" : \"a b\" ,\n\t\"subresource_uris\" : { \"k\" : [ 1 , 2 ] } }",
		`{"name":"a \"quoted\\\" one, and \u001b[31m"}`,
		"{\"name\":\"\u009b31m \u202ereversed\u2066 \u200bhidden \U000e0041tag \u2028line é 漢 \U0001f600\"}",
		"{\"name\":\"\x7f\"}",
	} {
		r := decodeRecording(value(raw))
		got := r.AppendSafe([]byte("before"))
		if got = got[len("before"):]; !json.Valid(got) {
			t.Errorf("%q is no JSON", got)
			continue
		}
		var want, is any
		_ = json.Unmarshal([]byte(raw), &want)
		_ = json.Unmarshal(got, &is)
		if !reflect.DeepEqual(want, is) {
			t.Errorf("%s became %s", raw, got)
		}
		if i := strings.IndexFunc(string(got), func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%q has %q in it", got, got[i:])
		}
		var fields []string
		for name, v := range r.SafeMembers() {
			b, _ := json.Marshal(name)
			fields = append(fields, string(b)+":"+string(v))
		}
		if all := "{" + strings.Join(fields, ",") + "}"; all != string(got) {
			t.Errorf("the members are %s, of %s", all, got)
		}
	}
	if got := string(decodeRecording(value("{\"name\":\"\xff\"}")).AppendSafe(nil)); got != "{\"name\":\"\uFFFD\"}" {
		t.Errorf("a byte that is not UTF-8 became %s", got)
	}
}

func TestFieldNames(t *testing.T) {
	if names := FieldNames(); len(names) != 21 || names[0] != "sid" || names[20] != "trim" {
		t.Errorf("%d names: %v", len(names), names)
	}
}
