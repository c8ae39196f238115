package api

import (
	"slices"
	"strings"
	"testing"
)

// TestAppendValues holds the values against those of the fields.
func TestAppendValues(t *testing.T) {
	for _, raw := range []string{
		`{"sid":"a-1","channels":2,"price":null,"source":"Ümläut \u001b[31m","x":"tab\there","trim":"",
		  "subresource_uris":{"a":"b\"c"},"end":true,"long":"` + strings.Repeat("x", 20000) + `","bad":"\xff"}`,
		`{}`, `null`, `{"sid":`,
	} {
		r := DecodeRecording([]byte(raw))
		var want []string
		for _, f := range r.Fields() {
			if !f.Absent && !f.Null {
				want = append(want, f.Value.String())
			}
		}
		got := strings.Split(strings.TrimSuffix(string(r.AppendValues(nil)), "\n"), "\n")
		if len(want) == 0 && string(r.AppendValues(nil)) == "" {
			continue
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}

// TestAppendValuesAllocates nothing for text as nearly all is.
func TestAppendValuesAllocates(t *testing.T) {
	r := DecodeRecording([]byte(`{"sid":"a-1","channels":2,"price":null,"source":"RecordVerb","subresource_uris":{"a":"b"}}`))
	b := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { b = r.AppendValues(b[:0]) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
