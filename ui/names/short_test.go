package names

import (
	"strings"
	"testing"

	"tapedeck/api/text"
)

func TestParty(t *testing.T) {
	for came, want := range map[string]string{
		"+13105550142": "…0142", "(310) 555-0142": "…0142", "12345": "12345", "sip:agent7@acme": "agent7", "sip:+13105550142@acme": "…0142",
		"client:night-desk": "night-d…", "": "?", "anonymous": "anonymo…",
	} {
		v := View{}
		if got := v.short(text.Text{}, text.New(came), text.New(came), PartyWidth); got != want {
			t.Errorf("party(%q) = %q, want %q", came, got, want)
		}
		v.Mask = true
		if got := v.short(text.Text{}, text.New(came), text.New(came), PartyWidth); strings.ContainsAny(got, "35") && came != "12345" {
			t.Errorf("masked, party(%q) = %q", came, got)
		}
	}
}
