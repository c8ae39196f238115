package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurity checks that each promise of SECURITY.md names tests, and that
// there are these tests.
func TestSecurity(t *testing.T) {
	b, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "| --- | --- |\n")
	if !ok {
		t.Fatal("SECURITY.md has no table")
	}
	rows := 0
	for line := range strings.Lines(table) {
		promise, tests, ok := strings.Cut(strings.Trim(line, "| \n"), " | ")
		if !ok {
			break
		}
		rows++
		if !strings.Contains(tests, "`") {
			t.Errorf("no test of the promise %q", promise)
		}
		dir := "."
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(tests, -1) {
			switch name := m[1]; {
			case strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz"):
				if !hasTest(t, dir, name) && !hasTest(t, ".", name) {
					t.Errorf("there is no test %s in %s", name, dir)
				}
			default:
				if st, err := os.Stat(name); err != nil || !st.IsDir() {
					t.Errorf("there is no directory %s", name)
				}
				dir = name
			}
		}
	}
	if rows < 20 {
		t.Errorf("only %d promises were found", rows)
	}
}

// hasTest reports whether a directory has a test; with Test/case also, whether
// its table has the case.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	name, sub, _ := strings.Cut(name, "/")
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		row := `{"` + strings.ReplaceAll(sub, "_", " ") + `",`
		if strings.Contains(string(b), "\nfunc "+name+"(") && (sub == "" || strings.Contains(string(b), row)) {
			return true
		}
	}
	return false
}
