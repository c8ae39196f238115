package theme

import (
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"(310) 555-0142", "***-0142"},
		{"+13105550142", "***-0142"},
		{"+44 20 7946 0018", "***-0018"},
		{"+1 (310) 555-0142", "***-0142"},
		{"sip:+13105550142@acme.example", "sip:***-0142@acme.example"},
		{"sip:agent7@acme", "sip:agent7@acme"},
		{"911", "911"},
		{"4711", "4711"},
		{"47110", "***-10"},
		{"123456", "***-56"},
		{"Billing 310 555 0142 (urgent)", "Billing ***-0142 (urgent)"},
		{"agent (7)", "agent (7)"},
		{"日本 03-1234-5678 です", "日本 ***-5678 です"},
		{"+", "+"},
	}
	for _, tt := range tests {
		if got := Mask(tt.in); got != tt.want {
			t.Errorf("Mask(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// FuzzMask looks for a number that is not masked.
func FuzzMask(f *testing.F) {
	f.Add("+1 (310) 555-0142")
	f.Add("a1b2c3d4e5f6")
	f.Fuzz(func(t *testing.T, s string) {
		got := Mask(s)
		n := 0
		for _, c := range got {
			if n++; c < '0' || c > '9' {
				n = 0
			}
			if n > maskFrom-1 {
				t.Fatalf("Mask(%q) = %q shows %d digits in a row", s, got, n)
			}
		}
		if strings.Count(s, "\n") != strings.Count(got, "\n") {
			t.Fatalf("Mask(%q) = %q", s, got)
		}
	})
}
