package journal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFields: every field of a line and every event is said to mean something, in
// the order in which they are written.
func TestFields(t *testing.T) {
	var want, got []string
	for f := range reflect.TypeFor[entryJSON]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		want = append(want, name)
	}
	for _, w := range Fields() {
		got = append(got, w.Name)
		if w.Means == "" {
			t.Errorf("nothing is said of %s", w.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the fields of a line (-want +got):\n%s", diff)
	}
	got = nil
	for _, w := range Events() {
		got = append(got, w.Name)
	}
	if diff := cmp.Diff(eventsOfSource(t), got); diff != "" {
		t.Errorf("the events (-want +got):\n%s", diff)
	}
}

// eventsOfSource returns the values of the constants of type Event.
func eventsOfSource(t *testing.T) (names []string) {
	f, err := parser.ParseFile(token.NewFileSet(), "entry.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if id, is := v.Type.(*ast.Ident); is && id.Name == "Event" {
				name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, name)
			}
		}
		return true
	})
	return names
}
