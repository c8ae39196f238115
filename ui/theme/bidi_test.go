package theme

import "testing"

// A name that is written from the right has something Latin between itself and
// the digits that follow, and the others stay as they are.
func TestRightToLeft(t *testing.T) {
	th := New(Options{})
	for _, tt := range []struct{ name, guarded, to, led string }{
		{"Front desk", "Front desk", " → ", "Front desk"},
		{"(310) 555-0142", "(310) 555-0142", " → ", "(310) 555-0142"},
		{"東京 ☎ é", "東京 ☎ é", " → ", "東京 ☎ é"},
		{"client:مرحبا", "client:مرحبا (name)", " to ", "client:مرحبا"},
		{"שירות לקוחות", "שירות לקוחות (name)", " to ", "name: שירות לקוחות"},
		{"24 שירות", "24 שירות (name)", " to ", "name: 24 שירות"},
		{"", "", " → ", ""},
	} {
		if got := Guard(tt.name); got != tt.guarded {
			t.Errorf("%q is guarded as %q, want %q", tt.name, got, tt.guarded)
		}
		if got := Lead(tt.name); got != tt.led {
			t.Errorf("%q begins a line as %q, want %q", tt.name, got, tt.led)
		}
		if got := th.To(tt.name); got != tt.to {
			t.Errorf("%q is followed by %q, want %q", tt.name, got, tt.to)
		}
	}
}
