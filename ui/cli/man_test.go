package cli

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tapedeck/api/journal"
	"tapedeck/config"
)

// generateIn runs tapedeck generate and returns the folder.
func generateIn(t *testing.T, environ ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "build")
	if code, out, errs := call(t, App{Environ: environ}, "generate", dir); code != 0 || out != "" || errs != "" {
		t.Fatalf("generate: %d %q %q", code, out, errs)
	}
	return dir
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// tree returns all commands that --help shows.
func tree() []*cobra.Command {
	r := &runner{App: App{Stdout: io.Discard, Stderr: io.Discard}}
	root := r.root()
	initCompletion(root)
	var all []*cobra.Command
	var add func(c *cobra.Command)
	add = func(c *cobra.Command) {
		all = append(all, c)
		for _, sub := range c.Commands() {
			if isShown(sub) {
				add(sub)
			}
		}
	}
	add(root)
	return all
}

// TestManual: each command has a page with all of its flags, what it says in
// --help and its examples; there is no page beside these and the two of the files.
func TestManual(t *testing.T) {
	dir := filepath.Join(generateIn(t), "man")
	want := []string{"tapedeck.toml.5", "tapedeck-journal.5"}
	for _, cmd := range tree() {
		name, section := pageName(cmd)
		want = append(want, name+"."+section)
		text := plain(t, read(t, dir, name+"."+section))
		cmd.InitDefaultHelpFlag()
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if section == manCommands && !f.Hidden && !strings.Contains(text, "\n.TP\n--"+f.Name) && !strings.Contains(text, ", --"+f.Name+"\n") {
				t.Errorf("the page of %s has no --%s", name, f.Name)
			}
		})
		flat := words(text)
		for line := range strings.Lines(strings.ReplaceAll(cmd.Long, "#### ", "") + "\n" + cmd.Example) {
			if !strings.Contains(flat, words(line)) {
				t.Errorf("the page of %s has not:\n%s", name, line)
			}
		}
	}
	var got []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if !slices.Equal(want, got) {
		t.Errorf("the pages are\n%q, want\n%q", got, want)
	}
}

// words returns a text with one blank between its words.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// plain returns a page with what is marked up and escaped as it is read.
func plain(t *testing.T, page string) string {
	t.Helper()
	page = strings.NewReplacer(`\fB`, "", `\fI`, "", `\fR`, "", `\-`, "-", `\(aq`, "'", `\(ga`, "`", `\(ti`, "~", `\(ha`, "^", `\e`, `\`, `\&`, "",
		`\[u2026]`, "…").Replace(page)
	if i := strings.Index(page, `\[u`); i >= 0 {
		t.Fatalf("a character that the test does not know: %q", page[i:min(i+12, len(page))])
	}
	return page
}

// TestManualOfSettings: the page and the example have every setting, with its
// variable, its range and its default, and the journal's page every field.
func TestManualOfSettings(t *testing.T) {
	dir := generateIn(t)
	text := plain(t, read(t, dir, "man", "tapedeck.toml.5"))
	main := plain(t, read(t, dir, "man", "tapedeck.1"))
	for _, k := range config.Keys() {
		_, about, ok := strings.Cut(text, "\n.TP\n"+k.Name+"\n")
		if k.TopOnly {
			_, about, ok = strings.Cut(text, "\n.TP\n"+k.Name+" (top)\n")
		}
		about, _, _ = strings.Cut(about, "\n.TP\n")
		if !ok {
			t.Errorf("the page has no %s", k.Name)
		}
		for _, part := range append([]string{k.Usage[1:], k.Allowed, k.Default}, k.Variables...) {
			if !strings.Contains(words(about), words(part)) {
				t.Errorf("the page of %s has no %q:\n%s", k.Name, part, about)
			}
		}
		for _, v := range k.Variables {
			if !strings.Contains(main, v) {
				t.Errorf("tapedeck.1 has no %s", v)
			}
		}
	}
	lines := plain(t, read(t, dir, "man", "tapedeck-journal.5"))
	for _, w := range append(journal.Fields(), journal.Events()...) {
		if !strings.Contains(words(lines), ".TP "+w.Name+" "+w.Means) {
			t.Errorf("the page of the journal has no %s", w.Name)
		}
	}
}

// TestExampleSettings: the example can be used as it is, and with every # taken
// away, and has every setting of the host and of a project.
func TestExampleSettings(t *testing.T) {
	example := read(t, generateIn(t), "config.toml")
	all := regexp.MustCompile(`(?m)^#([a-z_]+ = |\[|")`).ReplaceAllString(example, "$1")
	for _, text := range []string{example, all} {
		dir := t.TempDir()
		for name, content := range map[string]string{"config.toml": text, "names.toml": "", "token": token + "\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := config.Load(context.Background(), config.Sources{
			Flags: map[string]string{"config": filepath.Join(dir, "config.toml")}, Environ: complete[:3],
		})
		if text == all && err != nil || err != nil && !strings.Contains(err.Error(), "not set") {
			t.Errorf("the example cannot be used: %v\n%s", err, text)
		}
	}
	for _, f := range config.Flags() {
		if key := strings.ReplaceAll(f.Name, "-", "_"); key != "config" && key != "profile" && !strings.Contains(all, "\n"+key+" = ") {
			t.Errorf("the example has no %s", key)
		}
	}
}

// knownMacros are those that the pages are made of.
var knownMacros = []string{"TH", "SH", "TP", "PP", "RS", "RE", "nf", "fi", "br", "sp", "nh", "ad"}

// TestManualIsClean: mandoc finds nothing in the pages but matters of style; where
// it is not installed, every line is at least a known macro or text.
func TestManualIsClean(t *testing.T) {
	dir := filepath.Join(generateIn(t, "SOURCE_DATE_EPOCH=1772334131"), "man")
	pages, err := filepath.Glob(filepath.Join(dir, "*.[1-8]"))
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, p := range pages {
		text := read(t, p)
		if !strings.HasPrefix(text, ".TH ") || !strings.Contains(strings.SplitN(text, "\n", 2)[0], ` "2026-03-01" `) {
			t.Errorf("%s begins with %.80q", filepath.Base(p), text)
		}
		nested := 0
		for line := range strings.Lines(text) {
			name, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, ".")), " ")
			switch {
			case !strings.HasPrefix(line, ".") && !strings.HasPrefix(line, "'"):
				continue
			case !slices.Contains(knownMacros, name):
				t.Errorf("%s has the macro %q", filepath.Base(p), line)
			case name == "RS":
				nested++
			case name == "RE":
				nested--
			}
		}
		if nested != 0 {
			t.Errorf("%s: %d RS without RE", filepath.Base(p), nested)
		}
	}
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("mandoc is not installed: only the macros were checked")
	}
	if out, err := exec.Command(mandoc, append([]string{"-Tlint", "-Wwarning"}, pages...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("mandoc -Tlint: %v\n%s", err, out)
	}
}

// TestEscaped: what a text has is printed as it is, whatever it is to roff.
func TestEscaped(t *testing.T) {
	var p roff
	p.prose("--json isn't `x` ~/a\\b ^ …\n.TH is no macro\n\n\ta\tb\n\t.b\n\nend")
	want := `\-\-json isn\(aqt \(gax\(ga \(ti/a\eb \(ha \[u2026] .TH is no macro
.sp
.RS "4"
.nf
a    b
\&.b
.fi
.RE
.PP
end
`
	if p.String() != want {
		t.Errorf("got\n%s\nwant\n%s", p.String(), want)
	}
}

// TestGenerateSays: what is wrong with the folder or the date is said.
func TestGenerateSays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		env  string
		code int
		want string
	}{
		{args: nil, code: 2, want: "needs the folder to write to"},
		{args: []string{"a", "b"}, code: 2, want: "needs the folder to write to"},
		{args: []string{file}, code: 1, want: "generate the files of a package: "},
		{args: []string{file}, env: "SOURCE_DATE_EPOCH=now", code: 2, want: "cannot use SOURCE_DATE_EPOCH"},
	}
	for _, tt := range tests {
		code, _, errs := call(t, App{Environ: []string{tt.env}}, append([]string{"generate"}, tt.args...)...)
		if code != tt.code || !strings.Contains(errs, tt.want) {
			t.Errorf("generate %q: %d %q, want %d %q", tt.args, code, errs, tt.code, tt.want)
		}
	}
	if _, out, _ := call(t, App{}, "--help"); strings.Contains(out, "generate") {
		t.Error("--help shows generate, which is for those who build packages")
	}
}
