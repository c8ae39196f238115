package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which packages of tapedeck each package may import, in its
// code. "*" is every one. A package that is not here fails the test: it needs a
// line, and a reason.
var mayImport = map[string][]string{
	"":            {"*"},
	"config":      {"api/secret", "api/state"},
	"api":         {"api/text", "api/secret"},
	"api/text":    {},
	"api/secret":  {},
	"api/crash":   {},
	"api/state":   {},
	"api/sim":     {},
	"api/journal": {"api/text", "api/crash", "api/state"},
	"api/deck":    {"api", "api/text", "api/journal", "api/crash"},
	"ui/theme":    {},
	"ui/list":     {"api", "api/text", "api/deck", "ui/theme"},
	"ui/detail":   {"api", "api/text", "api/deck", "ui/theme"},
	"ui/prompt":   {"api", "api/text", "api/deck", "ui/theme"},
	"ui":          {"api", "api/text", "api/deck", "api/crash", "ui/theme", "ui/list", "ui/detail", "ui/prompt"},
	"ui/cli":      {"config", "api", "api/text", "api/secret", "api/deck", "api/journal", "api/sim", "api/state"},
}

func TestImports(t *testing.T) {
	err := filepath.WalkDir(".", func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (strings.HasPrefix(e.Name(), ".") && file != "." || e.Name() == "testdata") {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		pkg := strings.TrimPrefix(path.Dir(filepath.ToSlash(file)), ".")
		allowed, ok := mayImport[pkg]
		if !ok {
			t.Errorf("package %s has no line in mayImport", pkg)
		}
		checkImports(t, file, pkg, allowed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, file, pkg string, allowed []string) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		ours, is := strings.CutPrefix(imp, "tapedeck/")
		if is && !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
			t.Errorf("%s: package %q may not import %q", file, pkg, ours)
		}
	}
}
