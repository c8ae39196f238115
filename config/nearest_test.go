package config

import (
	"testing"

	"pgregory.net/rapid"
)

// TestNearest: a hint is given for a slip of the finger, and never for a word
// that only happens to share letters.
func TestNearest(t *testing.T) {
	names := []string{"interval", "lookback", "theme", "tick", "log", "state-dir"}
	tests := []struct{ in, want string }{
		{"interval", "interval"},
		{"intervall", "interval"},
		{"intreval", "interval"},
		{"nterval", "interval"},
		{"them", "theme"},
		{"thmee", "theme"},
		{"tik", "tick"},
		{"lgo", "log"},
		{"state_dir", "state-dir"},
		{"l", ""},
		{"x", ""},
		{"", ""},
		{"zebra", ""},
		{"completely different", ""},
	}
	for _, tt := range tests {
		if got := Nearest(tt.in, names); got != tt.want {
			t.Errorf("%q is near %q, want %q", tt.in, got, tt.want)
		}
	}
	if got := Nearest("tick", nil); got != "" {
		t.Errorf("of no names %q is near", got)
	}
	if got := Nearest("ab", []string{"ac", "ad"}); got != "ac" {
		t.Errorf("of two that are as near it is %q, want the first", got)
	}
}

// TestDistance holds what a distance is: none to itself, the same both ways, and
// no way is shorter over a third word.
func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abd", 1}, {"abc", "ab", 1}, {"ab", "cab", 1}, {"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("from %q to %q it is %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abc]{0,6}`)
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		ab, ba := distance(a, b), distance(b, a)
		if ab != ba || (ab == 0) != (a == b) {
			t.Errorf("%q to %q is %d, back %d", a, b, ab, ba)
		}
		if longer, differ := max(len(a), len(b)), max(len(a)-len(b), len(b)-len(a)); ab > longer || ab < differ {
			t.Errorf("%q to %q is %d", a, b, ab)
		}
		if over := distance(a, c) + distance(c, b); ab > over {
			t.Errorf("%q to %q is %d, over %q it is %d", a, b, ab, c, over)
		}
	})
}
