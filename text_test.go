package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// textPath is the package of text that came from the API.
const textPath = "tapedeck/api/text"

// unsafePath is the package that asks the kernel what no other package has a
// call for. It imports none of ours and is given nothing of the API.
const unsafePath = "tapedeck/api/peer"

// TestTextLeavesByOneWay fails when code gets at text from the API otherwise
// than by the methods of text.Text, which make it safe: by reflection, or by
// printing a value that has a Text in a field which is not exported, for fmt
// and the like print such a field as it is and ask no method of it.
func TestTextLeavesByOneWay(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find here, and takes ten times as long")
	}
	pkgs := goPackages(t)
	for _, p := range pkgs {
		if p.path != textPath && strings.HasPrefix(p.path, "tapedeck") {
			for _, problem := range p.check(t, pkgs) {
				t.Error(problem)
			}
		}
	}
}

// TestTextLeavesByOneWayFinds makes sure that the check finds what it is for.
func TestTextLeavesByOneWayFinds(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has nothing to find here, and takes ten times as long")
	}
	tests := []struct{ code, want string }{
		{`func f(v text.Text) string { return fmt.Sprint(v) }`, ""},
		{`type s struct { V text.Text }; func f(v s) string { return fmt.Sprintf("%v", v) }`, ""},
		{`type s struct { v text.Text }; func f(v s) string { return v.v.String() }`, ""},
		{`type s struct { v text.Text }; func f(v s) string { return fmt.Sprintf("%v", v) }`, "fmt.Sprintf"},
		{`type s struct { v text.Text }; func f(v *s) error { return fmt.Errorf("%v", v) }`, "fmt.Errorf"},
		{`type s struct { v map[int][]text.Text }; func f(v ...s) string { return fmt.Sprint(v) }`, "fmt.Sprint"},
		{`type s struct { v text.Text }; type o struct { V s }; func f(v o) string { return fmt.Sprint(1, v) }`, "fmt.Sprint"},
		{`type raw text.Text; func f(v text.Text) string { return fmt.Sprint(raw(v)) }`, "converts"},
		{`func f(v text.Text) any { return any(v) }`, ""},
		{`type s struct { v text.Text }; func (s) String() string { return "" }; func f(v s) string { return fmt.Sprint(v) }`, ""},
	}
	pkgs := goPackages(t)
	for _, tt := range tests {
		name := filepath.Join(t.TempDir(), "x.go")
		src := "package x\nimport (\"fmt\"; \"tapedeck/api/text\")\nvar _ = fmt.Sprint\n" + tt.code
		if err := os.WriteFile(name, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(goPackage{path: "tapedeck/x", files: []string{name}}.check(t, pkgs), "\n")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s\nfound %q, want %q", tt.code, got, tt.want)
		}
	}
}

// goPackage is a package: its files without the tests, and what it exports as
// the compiler wrote it.
type goPackage struct {
	path   string
	files  []string
	export string
}

// goPackages returns the packages of the program and all they import, by path.
func goPackages(t *testing.T) map[string]goPackage {
	t.Helper()
	const form = `{{.ImportPath}}{{"\t"}}{{.Export}}{{"\t"}}{{.Dir}}{{range .GoFiles}}{{"\t"}}{{.}}{{end}}`
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", form, "./...").Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("list the packages: %v\n%s", err, e.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	pkgs := map[string]goPackage{}
	for line := range strings.Lines(string(out)) {
		part := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		p := goPackage{path: part[0], export: part[1]}
		for _, name := range part[3:] {
			p.files = append(p.files, filepath.Join(part[2], name))
		}
		pkgs[p.path] = p
	}
	return pkgs
}

// check returns where the package gets at text by a way that is not safe.
func (p goPackage) check(t *testing.T, pkgs map[string]goPackage) (problems []string) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.files {
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if spec.Path.Value == `"reflect"` || spec.Path.Value == `"unsafe"` && p.path != unsafePath {
				problems = append(problems, fmt.Sprintf("%s imports %s, which gets at text as it came", name, spec.Path.Value))
			}
		}
		files = append(files, f)
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(pkgs[path].export) }
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", open)}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	if _, err := conf.Check(p.path, fset, files, info); err != nil {
		t.Fatalf("check the types of %s: %v", p.path, err)
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				problems = append(problems, convertsText(fset, info, call)...)
				problems = append(problems, printsText(fset, info, call)...)
			}
			return true
		})
	}
	return problems
}

// printers are the packages whose functions print a value of any type.
var printers = map[string]bool{"fmt": true, "log": true, "log/slog": true, "text/template": true, "html/template": true}

// printsText returns what a call prints that hides a Text.
func printsText(fset *token.FileSet, info *types.Info, call *ast.CallExpr) (problems []string) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	f, ok := info.Uses[sel.Sel].(*types.Func)
	if !ok || f.Pkg() == nil || !printers[f.Pkg().Path()] {
		return nil
	}
	for _, arg := range call.Args {
		if typ := info.Types[arg].Type; typ != nil && hidesText(typ, false, map[typeShown]bool{}) {
			problems = append(problems, fmt.Sprintf("%s: %s.%s prints a %s, which has text from the API in a field that is not exported",
				fset.Position(arg.Pos()), f.Pkg().Name(), f.Name(), typ))
		}
	}
	return problems
}

// convertsText returns whether a call converts a Text to a type without its
// methods.
func convertsText(fset *token.FileSet, info *types.Info, call *ast.CallExpr) []string {
	to := info.Types[call.Fun]
	if !to.IsType() || len(call.Args) != 1 || !isText(info.Types[call.Args[0]].Type) || isText(to.Type) || types.IsInterface(to.Type) {
		return nil
	}
	return []string{fmt.Sprintf("%s: it converts text from the API to %s, which is not made safe", fset.Position(call.Pos()), to.Type)}
}

// isText reports whether a type is text.Text.
func isText(typ types.Type) bool {
	named, ok := types.Unalias(typ).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == textPath && named.Obj().Name() == "Text"
}

// typeShown is a type, and whether it is in a field which is not exported.
type typeShown struct {
	typ    types.Type
	hidden bool
}

// hidesText reports whether a printed value of a type shows a Text as it came:
// hidden says that it is in a field which is not exported.
func hidesText(typ types.Type, hidden bool, seen map[typeShown]bool) bool {
	if isText(typ) {
		return hidden
	}
	if seen[typeShown{typ, hidden}] || !hidden && printsItself(typ) {
		return false
	}
	seen[typeShown{typ, hidden}] = true
	switch u := typ.Underlying().(type) {
	case *types.Pointer:
		return hidesText(u.Elem(), hidden, seen)
	case *types.Slice:
		return hidesText(u.Elem(), hidden, seen)
	case *types.Array:
		return hidesText(u.Elem(), hidden, seen)
	case *types.Map:
		return hidesText(u.Key(), hidden, seen) || hidesText(u.Elem(), hidden, seen)
	case *types.Struct:
		for f := range u.Fields() {
			if hidesText(f.Type(), hidden || !f.Exported(), seen) {
				return true
			}
		}
	}
	return false
}

// printsItself reports whether a type has a method that printing calls.
func printsItself(typ types.Type) bool {
	for _, name := range []string{"Format", "Error", "String"} {
		if o, _, _ := types.LookupFieldOrMethod(typ, false, nil, name); o != nil {
			if _, ok := o.(*types.Func); ok {
				return true
			}
		}
	}
	return false
}
