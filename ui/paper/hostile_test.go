package paper

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"tapedeck/api/journal"
	"tapedeck/api/report"
	"tapedeck/api/text"
)

// everywhere puts s into every text of a report, whatever it is of.
func everywhere(r *report.Report, s string) *report.Report {
	r.Profile = "x"
	r.Source.Intact, r.Source.Problems, r.Source.Remarks = false, []string{"x", "x"}, []string{"x"}
	for _, c := range r.Calls {
		c.Numbers = report.Numbers{From: text.New("x"), To: text.New("x")}
		c.Entries = []journal.Entry{{Seq: 1, Time: began, Event: "x", Who: journal.Who{Actor: "x", SudoUser: "y"}, Recording: text.New("x"), StatusAsked: "x", StatusBefore: "x", Reason: "x", Outcome: "x", Code: "x", PauseBehavior: "x", ID: "x"}}
	}
	for _, u := range r.Updates {
		u.Reason = "x"
	}
	for _, a := range r.Autos {
		a.Why, a.Fate = "x", report.NotDone
	}
	for _, a := range r.Alarms {
		a.Why = "x"
	}
	seen := map[reflect.Value]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() && !seen[v] {
				seen[v] = true
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.String:
			if v.CanSet() && v.String() != "" {
				v.SetString(s)
			}
		case reflect.Struct:
			if txt, ok := v.Addr().Interface().(*text.Text); ok {
				if !txt.IsZero() {
					*txt = text.New(s)
				}
				return
			}
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		}
	}
	walk(reflect.ValueOf(r))
	r.Call = ""
	return r
}

// hostile are texts that want to be more than text.
var hostile = []string{
	`<script>alert(1)</script>`, `</title></desc></svg><script>alert(1)</script>`, `"><img src=http://outside.test/x onerror=alert(1)>`,
	`' onmouseover='alert(1)`, "` onload=alert(1)", `</style><style>@import url(http://outside.test/x)</style>`, `<!-- `, `--><script>`, `]]><script>`,
	`<meta http-equiv=refresh content="0;url=http://outside.test/">`, `<base href=http://outside.test/>`, `javascript:alert(1)`, `{{.}}{{template "left"}}`,
	`<svg onload=alert(1)>`, `<use href="http://outside.test/x#y">`, `&lt;script&gt;&#60;img&#62;`, "\x00<b>\x1b[31m\u202e\u2028", `<plaintext>`, `<textarea>`, `<a href="#x">`,
}

// TestHostile: whatever a text of the API or of a person holds, the page has the
// same elements and attributes, and the text is in it as text.
func TestHostile(t *testing.T) {
	shape := func(all []element) []string {
		var list []string
		for _, e := range all {
			s := e.name
			for _, a := range e.attrs {
				s += " " + a.Name.Local
				if a.Name.Local == "class" || a.Name.Local == "href" || a.Name.Local == "id" {
					s += "=" + a.Value
				}
			}
			list = append(list, s)
		}
		return list
	}
	want := shape(elements(t, pageOf(t, everywhere(night(), "plain"), Options{Version: "plain"})))
	for _, s := range append([]string{strings.Join(hostile, " ")}, hostile[2:5]...) {
		page := pageOf(t, everywhere(night(), s), Options{Version: s})
		list := elements(t, page)
		got := shape(list)
		if !slices.Equal(got, want) {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			t.Errorf("%q changes the page: %d elements instead of %d, the first is %q", s, len(got), len(want), got[min(at, len(got)-1)])
		}
		if strings.ContainsAny(page, "\x00\x1b\u202e\u2028") {
			t.Errorf("%q gets into the page as it is", s)
		}
		if named := slices.ContainsFunc(list, func(e element) bool { return e.text == "Profile" }); !named {
			t.Error("the profile is not on the page")
		}
		said := text.New(s).String()
		if n := len(saying(list, said)); n < 40 {
			t.Errorf("%q is in %d elements as text", said, n)
		}
	}
}

// saying returns the elements whose text has s.
func saying(list []element, s string) (found []element) {
	for _, e := range list {
		if strings.Contains(e.text, s) {
			found = append(found, e)
		}
	}
	return found
}

// FuzzText puts any text into the page.
func FuzzText(f *testing.F) {
	f.Add(hostile[1])
	f.Add(hostile[16])
	want := -1
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		if want < 0 {
			want = len(elements(t, pageOf(t, everywhere(night(), "x"), Options{})))
		}
		if n := len(elements(t, pageOf(t, everywhere(night(), s), Options{}))); n != want {
			t.Errorf("%q: %d elements, want %d", s, n, want)
		}
	})
}
