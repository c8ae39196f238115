package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ofTheProcess are what only the process has one of: a session is given it as a
// value instead.
var ofTheProcess = map[string]bool{
	"os.Stdin": true, "os.Stdout": true, "os.Stderr": true, "os.Getpid": true, "os.Getppid": true, "os.Getuid": true, "os.Getenv": true,
	"os.LookupEnv": true, "os.Environ": true, "os.Hostname": true, "os.Exit": true, "user.Current": true, "signal.Notify": true,
	"term.GetSize": true, "term.MakeRaw": true, "exec.Command": true, "exec.CommandContext": true, "unix.Kill": true, "unix.Getsid": true,
}

// TestSessionIsGivenValues: no part of a session looks at the process that it
// runs in. The terminal that the process was started on does, in files of its
// own.
func TestSessionIsGivenValues(t *testing.T) {
	for _, dir := range []string{".", "terminal", "list", "detail", "prompt", "names", "theme"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			base := filepath.Base(file)
			if strings.HasSuffix(base, "_test.go") || dir == "terminal" && (strings.HasPrefix(base, "local") || strings.HasPrefix(base, "stderr")) {
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, file, b, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && ofTheProcess[x.Name+"."+s.Sel.Name] {
						t.Errorf("%s uses %s.%s: a session is given it as a value", fset.Position(n.Pos()), x.Name, s.Sel.Name)
					}
				}
				return true
			})
		}
	}
}
