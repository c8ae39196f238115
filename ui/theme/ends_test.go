package theme

import "testing"

func TestEnds(t *testing.T) {
	for _, tt := range []struct {
		in   string
		w    int
		want string
	}{
		{"(310) 555-0142 → (310) 555-0199", 40, "(310) 555-0142 → (310) 555-0199"},
		{"sip:a.very.long.name@example.com → (310) 555-0199", 33, "sip:a.very.long… → (310) 555-0199"},
		{"(310) 555-0142 → sip:a.very.long.name@example.com", 33, "(310) 555-0142 → sip:a.very.long…"},
		{"sip:a.very.long.name@example.com → sip:another.name@example.com", 33, "sip:a.very.lon… → sip:another.na…"},
		{"北京客户服务中心 → 台北客户服务中心", 19, "北京客… → 台北客… "},
		{"Billing escalation (conference)", 12, "Billing esc…"},
		{"a → b", 2, "a…"},
	} {
		th := New(Options{Mode: "dark"})
		got := th.Ends(tt.in, tt.w)
		if th.Width(got) > tt.w {
			t.Errorf("%q in %d cells is %d: %q", tt.in, tt.w, th.Width(got), got)
		}
		if trim := len(got) > 0 && got != tt.want && got+" " != tt.want; trim {
			t.Errorf("%q in %d cells is %q, want %q", tt.in, tt.w, got, tt.want)
		}
	}
}
