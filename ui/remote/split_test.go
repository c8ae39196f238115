package remote

import (
	"slices"
	"strings"
	"testing"
)

// TestSplit: a command line has the words that its quotes say, and there is no shell
// whose signs mean anything else.
func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		line string
		want []string
		err  string
	}{
		{line: "list", want: []string{"list"}},
		{line: " \tlist  --json\t ", want: []string{"list", "--json"}},
		{line: "list --filter 'status:paused paused>1m'", want: []string{"list", "--filter", "status:paused paused>1m"}},
		{line: `list --filter "who's on"`, want: []string{"list", "--filter", "who's on"}},
		{line: `list --filter who\ is\ \"on\"`, want: []string{"list", "--filter", `who is "on"`}},
		{line: `ack 8142 --reason "a \"b\" \\ \n"`, want: []string{"ack", "8142", "--reason", `a "b" \ \n`}},
		{line: `ack 8142 --reason 'a\'`, want: []string{"ack", "8142", "--reason", `a\`}},
		{line: `list ''`, want: []string{"list", ""}},
		{line: `li"st"'x'`, want: []string{"listx"}},
		{line: "list | rm -rf $HOME; `id` > /tmp/x && $(id) *?~#", want: []string{"list", "|", "rm", "-rf", "$HOME;", "`id`", ">", "/tmp/x", "&&", "$(id)", "*?~#"}},
		{line: "list --filter Müller", want: []string{"list", "--filter", "Müller"}},
		{line: ""},
		{line: "  "},
		{line: "list 'x", err: "the command has a ' without its other one"},
		{line: `list "x`, err: `the command has a " without its other one`},
		{line: `list "x\"`, err: `the command has a " without its other one`},
		{line: `list \`, err: `ends with a \`},
		{line: "list\nshow", err: "more than one line"},
		{line: "list\x00", err: "characters that are not text"},
		{line: "list \x1b[2J", err: "characters that are not text"},
		{line: "list \xff", err: "characters that are not text"},
		{line: strings.Repeat("a ", maxWords), want: slices.Repeat([]string{"a"}, maxWords)},
		{line: strings.Repeat("a ", maxWords+1), err: "257 words: 256 are allowed"},
	} {
		got, err := Split(tt.line)
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) || !slices.Equal(got, tt.want) && tt.err == "" {
			t.Errorf("%q: %q, %v, want %q, %q", tt.line, got, err, tt.want, tt.err)
		}
	}
}

// FuzzSplit: no line makes it fail, or has more words than it may, and words in
// quotes are themselves.
func FuzzSplit(f *testing.F) {
	f.Add(`list --filter 'a "b' "c\" d" \ e`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Split(line)
		if err != nil {
			return
		}
		var quoted []string
		for _, w := range words {
			quoted = append(quoted, "'"+strings.ReplaceAll(w, "'", `'"'"'`)+"'")
		}
		if again, err := Split(strings.Join(quoted, " ")); err != nil || !slices.Equal(again, words) || len(words) > maxWords {
			t.Errorf("%q: %q, and in quotes %q, %v", line, words, again, err)
		}
	})
}
