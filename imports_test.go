package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// inQuotes is a package in a cell of the table.
var inQuotes = regexp.MustCompile("`([^`]+)`")

// readImports reads the table of packages in CONTRIBUTING.md: which packages of
// tapedeck each may import, in its code. "*" is every one.
func readImports(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "| package | holds | may import of ours |\n| --- | --- | --- |\n")
	if !ok {
		t.Fatal("CONTRIBUTING.md has no table of packages")
	}
	may := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 {
			break
		}
		var allowed []string
		switch last := strings.TrimSpace(cells[2]); last {
		case "everything":
			allowed = []string{"*"}
		case "–":
		default:
			for _, m := range inQuotes.FindAllStringSubmatch(last, -1) {
				allowed = append(allowed, m[1])
			}
			if len(allowed) == 0 || strings.Trim(inQuotes.ReplaceAllString(last, ""), ", ") != "" {
				t.Errorf("CONTRIBUTING.md: %q is neither packages, everything nor –", last)
			}
		}
		for _, m := range inQuotes.FindAllStringSubmatch(cells[0], -1) {
			may[strings.TrimPrefix(m[1], "main")] = allowed
		}
	}
	return may
}

// TestImports holds the imports against the table in CONTRIBUTING.md. A package
// that has no line there fails: it needs one, and a reason.
func TestImports(t *testing.T) {
	mayImport := readImports(t)
	seen := map[string]bool{}
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
			t.Errorf("package %s has no line in the table of CONTRIBUTING.md", pkg)
		}
		seen[pkg] = true
		checkImports(t, file, pkg, allowed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("CONTRIBUTING.md has a line for %s, which is no package", pkg)
		}
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

// TestTopLevel: the program's own files at the top level are one.
func TestTopLevel(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file != "main.go" && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s is at the top level: it belongs into main.go, or below ui, api or config", file)
		}
	}
}
