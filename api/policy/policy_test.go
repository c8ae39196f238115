package policy

import (
	"reflect"
	"testing"
)

// TestTable: the words of the table follow its values, each value has its row, and
// what is not known is taken as the stricter one.
func TestTable(t *testing.T) {
	for _, word := range Words() {
		if _, ok := table[Policy(word)]; !ok {
			t.Errorf("the table has no policy %s", word)
		}
	}
	if len(table) != len(Words()) {
		t.Errorf("the table has %d policies, and %d have a word", len(table), len(Words()))
	}
	privacy, evidence := Privacy.Rows(), Evidence.Rows()
	for i, row := range privacy {
		if row.Name != evidence[i].Name || row.Is == evidence[i].Is {
			t.Errorf("row %d is %+v and %+v: it moves nothing", i, row, evidence[i])
		}
	}
	if n := reflect.TypeFor[Defaults]().NumField(); n != len(privacy) {
		t.Errorf("%d things are moved, and %d have a row", n, len(privacy))
	}
	if Policy("").Defaults() != Privacy.Defaults() || Policy("").Name() != "privacy" {
		t.Error("no policy is not privacy")
	}
	if Policy("new").Defaults() != Evidence.Defaults() {
		t.Error("a policy of a later version allows more than evidence")
	}
}

func TestStrictest(t *testing.T) {
	for _, tt := range []struct{ a, b, want Policy }{
		{"", "", ""}, {Privacy, Evidence, Evidence}, {Evidence, "", Evidence}, {Evidence, Evidence, Evidence}, {"new", Privacy, "new"},
	} {
		if got := Strictest(tt.a, tt.b); got != tt.want {
			t.Errorf("the strictest of %q and %q is %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}
