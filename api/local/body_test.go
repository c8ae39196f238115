package local

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// full returns a request with a value in every field.
func full(t *testing.T) (r Request) {
	v := reflect.ValueOf(&r).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("v" + v.Type().Field(i).Name)
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Uint64:
			f.SetUint(1<<63 + uint64(i))
		case reflect.Float64:
			f.SetFloat(90.25)
		default:
			t.Fatalf("a field of kind %s", f.Kind())
		}
	}
	return r
}

// TestRequestsBody: what is written without reflection is what a decoder reads,
// and what is read without one is what was written, field by field.
func TestRequestsBody(t *testing.T) {
	all := full(t)
	bodies := map[string]Requests{
		"nothing":  {},
		"one":      {Requests: []Request{{ID: "aaaaaaaa", SID: "s", Update: "pause"}}},
		"every":    {Requests: []Request{all, {}, all}},
		"no ASCII": {Requests: []Request{{ID: "\x00\"\\é<\xff", Seen: "\u2028"}}},
		"short":    {Requests: []Request{{ResumeAfter: 1e-9}}},
	}
	v := reflect.ValueOf(all)
	for i := range v.NumField() {
		var r Request
		reflect.ValueOf(&r).Elem().Field(i).Set(v.Field(i))
		bodies[v.Type().Field(i).Name] = Requests{Requests: []Request{r}}
	}
	for name, in := range bodies {
		raw, err := encodeBody(in)
		want, _ := json.Marshal(in)
		var got, meant Requests
		if err != nil || json.Unmarshal(raw, &got) != nil || json.Unmarshal(want, &meant) != nil || !reflect.DeepEqual(got, meant) {
			t.Errorf("%s: %s, %v; want %s", name, raw, err, want)
		}
		read, ok := ParseRequests(raw)
		if quick := name != "nothing" && name != "no ASCII" && name != "short"; ok != quick || ok && !cmp.Equal(read, got) {
			t.Errorf("%s: it reads %+v, %v of %s", name, read, ok, raw)
		}
	}
	if b, err := encodeBody(nil); b != nil || err != nil {
		t.Errorf("no body is %q, %v", b, err)
	}
}

// TestParseRequests: what is not as a client of this package writes it is left to
// the decoder, above all what that refuses.
func TestParseRequests(t *testing.T) {
	good := `{"requests":[{"id":"aaaaaaaa","sid":"s","update":"pause","resume_after":90.5,"group":7,"again":true,"insist":false}]}`
	if _, ok := ParseRequests([]byte(good)); !ok {
		t.Errorf("it does not read %s", good)
	}
	for i := range good {
		if _, ok := ParseRequests([]byte(good[:i])); ok {
			t.Errorf("it reads %s", good[:i])
		}
	}
	for _, change := range [][2]string{
		{`"group":7`, `"group":07`}, {`"group":7`, `"group":-7`}, {`"group":7`, `"group":7.0`}, {`"group":7`, `"group":18446744073709551616`}, {`"group":7`, `"group":null`},
		{`90.5`, `90.`}, {`90.5`, `.5`}, {`90.5`, `090`}, {`90.5`, `1e3`}, {`90.5`, `-1`}, {`90.5`, `"1"`}, {`90.5`, strings.Repeat("9", 400)},
		{`true`, `True`}, {`true`, `1`}, {`"again"`, `"Again"`}, {`"again"`, `"sid"`}, {`"again"`, `"actor"`}, {`"sid":"s"`, `"sid":"s\u0061"`}, {`"sid":"s"`, `"sid":"é"`},
		{`"sid":"s"`, `"sid":s`}, {`"sid":"s",`, `"sid":"s",,`}, {`"sid":`, `"sid" :`}, {`false}`, `false,}`}, {`}]}`, `},]}`}, {`}]}`, `}]}{}`}, {`}]}`, `}]} `}, {`}]}`, `}],"requests":[]}`},
		{`{"id"`, `{},{"id"`}, {`"requests"`, `"Requests"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if _, ok := ParseRequests([]byte(bad)); ok || bad == good {
			t.Errorf("it reads %s", bad)
		}
	}
}
