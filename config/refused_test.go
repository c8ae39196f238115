package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// hintsOf returns the next steps of all errors that are joined in err.
func hintsOf(err error) (hints []string) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			hints = append(hints, hintsOf(e)...)
		}
		return hints
	}
	if e, ok := errors.AsType[*Error](err); ok {
		hints = e.Hints
	}
	return hints
}

// TestNextStep: what is nearly right is answered with what was meant.
func TestNextStep(t *testing.T) {
	eu := "[profile.eu-night]\n" + three("eu-space")
	tests := []struct {
		name string
		setup
		err, hint string
	}{
		{"misspelled profile", setup{file: eu, flags: map[string]string{"profile": "eu-nigth"}}, "has eu-night", "did you mean eu-night?"},
		{"misspelled setting", setup{env: complete, file: "intervall = 3"}, `cannot use "intervall"`, "did you mean interval?"},
		{"misspelled setting of a profile", setup{env: complete, file: "[profile.eu]\nread-only = true"}, "there is no such setting in a profile", "did you mean read_only?"},
		{"misspelled variable", setup{env: append([]string{"TAPEDECK_READONLY=1"}, complete...)}, "cannot use the variable", "did you mean TAPEDECK_READ_ONLY?"},
		{"a variable like no setting", setup{env: append([]string{"TAPEDECK_QUUX=1"}, complete...)}, "cannot use the variable", "else unset it; tapedeck config lists the settings"},
		{"a project without a space", setup{env: []string{"PROJECT_ID=p"}}, "cannot reach a project", "PROJECT_ID is set, but counts only beside a space such as SIGNALWIRE_SPACE"},
		{"a token without a space", setup{env: []string{"REST_API_TOKEN=" + tokenValue}}, "cannot reach a project", "REST_API_TOKEN is set, but counts only beside a space such as SIGNALWIRE_SPACE"},
		{"nothing is set", setup{}, "cannot reach a project", "tapedeck --demo shows it on a simulated space, without settings"},
		{"only profiles", setup{file: eu}, "has only profiles (eu-night), and none is chosen", "choose one with --profile eu-night or TAPEDECK_PROFILE=eu-night"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.setup)
			checkError(t, err, tt.err)
			if hints := hintsOf(err); !slices.Contains(hints, tt.hint) {
				t.Errorf("hints %q, want %q", hints, tt.hint)
			}
		})
	}
}

// TestTooLong: nothing that is read has no bound, and an error does not repeat
// what is too long.
func TestTooLong(t *testing.T) {
	long := strings.Repeat("x", 500)
	with := func(name, value string) []string {
		env := slices.DeleteFunc(slices.Clone(complete), func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
		return append(env, name+"="+value)
	}
	tests := []struct {
		name string
		setup
		err string
	}{
		{"project", setup{env: with("SIGNALWIRE_PROJECT_ID", long)}, "a project's ID is shorter"},
		{"longest project", setup{env: with("SIGNALWIRE_PROJECT_ID", long[:128])}, ""},
		{"token", setup{env: with("SIGNALWIRE_API_TOKEN", strings.Repeat("x", maxToken+1))}, "it is longer than any token"},
		{"longest token", setup{env: with("SIGNALWIRE_API_TOKEN", strings.Repeat("x", maxToken))}, ""},
		{"label of a host", setup{env: with("SIGNALWIRE_SPACE", long[:64])}, "its host is not a name"},
		{"host", setup{env: with("SIGNALWIRE_SPACE", strings.Repeat("x.", 127)+"example")}, "its host is longer than a host's name can be"},
		{"profile's name", setup{env: complete, file: "[profile." + long[:65] + "]\n"}, "a profile's name has only letters, digits"},
		{"theme", setup{env: append([]string{"TAPEDECK_THEME=" + long}, complete...)}, "…\" for theme"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.setup)
			checkError(t, err, tt.err)
			if err != nil && strings.Contains(err.Error(), long[:129]) {
				t.Errorf("all of it is in the error: %v", err)
			}
		})
	}
}

// TestQuote: whatever stands in a setting, an error about it is one short line.
func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"": `""`, "a\nb": `"a\nb"`, "\x1b[2J": `"\x1b[2J"`, "é": `"é"`,
		strings.Repeat("é", 60): `"` + strings.Repeat("é", 60) + `"`,
		strings.Repeat("é", 61): `"` + strings.Repeat("é", 60) + `…"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("%q is quoted as %s, want %s", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if q := quote(rapid.String().Draw(t, "s")); strings.ContainsAny(q, "\n\r\x1b\x00\u202e") || len([]rune(q)) > 10*60+3 {
			t.Errorf("quoted as %q", q)
		}
	})
}

// TestList joins as a sentence does.
func TestList(t *testing.T) {
	for want, names := range map[string][]string{"": nil, "space": {"space"}, "space and token": {"space", "token"}, "a, b and c": {"a", "b", "c"}} {
		if got := list(names); got != want {
			t.Errorf("%q is listed as %q", names, got)
		}
	}
}

// TestTooManyNames: names are bounded in all, wherever they come from.
func TestTooManyNames(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "names.txt")
	for n, want := range map[int]string{maxNames: "", maxNames + 1: fmt.Sprintf("cannot use %d names: at most 20000 are allowed", maxNames+1)} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "+1%010d Desk %d\n", i, i)
		}
		write(t, path, b.String())
		_, err := load(t, setup{env: complete, flags: map[string]string{"names-file": path}})
		checkError(t, err, want)
	}
}

// TestCommandOf: a token_command is an array of words, the first of which names
// a program.
func TestCommandOf(t *testing.T) {
	const wrong = `it must be an array of words, such as ["pass", "show", "signalwire"]`
	tests := []struct {
		in   any
		want string // the words, with a bar between them
		err  string
	}{
		{[]any{"pass"}, "pass", ""},
		{[]any{"pass", "show", "signal wire", ""}, "pass|show|signal wire|", ""},
		{"pass show signalwire", "", wrong},
		{[]any{}, "", wrong},
		{nil, "", wrong},
		{[]any{""}, "", wrong},
		{[]any{"", "show"}, "", wrong},
		{[]any{"pass", int64(3)}, "", wrong},
		{[]any{"pass", []any{"show"}}, "", wrong},
		{[]any{"pa\x00ss"}, "", wrong},
		{map[string]any{"pass": "show"}, "", wrong},
	}
	for _, tt := range tests {
		got, err := commandOf(tt.in)
		if (err != nil) != (tt.err != "") || err != nil && err.Error() != tt.err {
			t.Errorf("%#v: error %v, want %q", tt.in, err, tt.err)
		}
		if words := strings.Join(got, "|"); words != tt.want {
			t.Errorf("%#v is %q, want %q", tt.in, words, tt.want)
		}
	}
}

// TestSpaceIsSettled: what a space was read as is read as itself, and never has
// what a space has not.
func TestSpaceIsSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringMatching(`(https?://|HTTP://|ftp://)?(user@)?[a-zA-Z0-9.\-]{0,12}(localhost|127\.0\.0\.1|\[::1\])?(:[0-9]{1,5})?(/[a-z?#]*)?`).Draw(t, "space")
		space, err := parseSpace(in)
		if err != nil {
			return
		}
		if again, err := parseSpace(space); err != nil || again != space {
			t.Errorf("%q is %q, and that is %q, %v", in, space, again, err)
		}
		_, host, _ := strings.Cut(space, "://")
		if host == "" || strings.ContainsAny(host, "/?#@ ") || host != strings.ToLower(host) {
			t.Errorf("%q is %q", in, space)
		}
		if strings.HasPrefix(space, "http://") && !strings.Contains(host, "localhost") && !strings.Contains(host, "127.") && !strings.Contains(host, "[::1]") {
			t.Errorf("%q is %q, which sends the token unencrypted", in, space)
		}
	})
}
