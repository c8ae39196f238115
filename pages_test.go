package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	pageName = regexp.MustCompile(`[A-Za-z0-9_./-]*[A-Za-z0-9_-]\.md\b`)
	pageSkip = regexp.MustCompile(`https?://\S+`)
)

// TestPages finds pages that a comment or another page names and that are not in
// the repository: neither under that path, nor beside the file that names it.
func TestPages(t *testing.T) {
	err := filepath.WalkDir(".", func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == ".git" || e.Name() == "testdata"):
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(file) != ".md" && (filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go")):
			return nil
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, page := range pageName.FindAllString(pageSkip.ReplaceAllString(string(b), ""), -1) {
			if !exists(page) && !exists(filepath.Join(filepath.Dir(file), page)) {
				t.Errorf("%s names %s, which is not in the repository", file, page)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
