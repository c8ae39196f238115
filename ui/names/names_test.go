package names

import (
	"testing"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

func TestLookup(t *testing.T) {
	n := New(map[string]string{
		"+15125550128": "Front desk", "(310) 555-0199": "Billing", "0044 20 7946 0018": "London",
		"sip:Agent7@acme": "Agent seven", "101": "Reception", "+1 212 555 0144": "with a plus",
		"2125550144": "without", "": "nobody", "+49 30 1234567": "   ", "+13035550100": "tab\there\x1b[31m",
	})
	tests := []struct{ number, want string }{
		{"+15125550128", "Front desk"},
		{"(512) 555-0128", "Front desk"},
		{"512.555.0128", "Front desk"},
		{"1-512-555-0128", "Front desk"},
		{"011 1 512 555 0128", "Front desk"},
		{"sip:+15125550128@acme;transport=tls", "Front desk"},
		{"tel:+15125550128", "Front desk"},
		{"+5125550128", ""}, // another country's
		{"5550128", ""},
		{"+13105550199", "Billing"},
		{"+44 20 7946 0018", "London"},
		{"+442079460018", "London"},
		{"SIP:agent7@ACME", "Agent seven"},
		{"sip:agent7@other", ""},
		{"101", "Reception"},
		{"+12125550144", "with a plus"},
		{"+49301234567", ""},
		{"(303) 555-0100", "tab here�[31m"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := n.Lookup(tt.number); got != tt.want {
			t.Errorf("%q is %q, want %q", tt.number, got, tt.want)
		}
	}
	if got := (Names{}).Lookup("+15125550128"); got != "" || !(Names{}).IsZero() || n.IsZero() {
		t.Errorf("no names at all have %q", got)
	}
}

func TestWho(t *testing.T) {
	call := func(from, to string) *deck.Recording {
		r := &deck.Recording{Call: &api.Call{From: text.New(from), To: text.New(to)}}
		r.SID, r.CallSID = text.New("rec-1"), text.New("call-1")
		return r
	}
	room := func(name string) *deck.Recording {
		r := &deck.Recording{Conference: &api.Conference{FriendlyName: text.New(name)}}
		r.SID, r.ConferenceSID = text.New("rec-2"), text.New("conf-2")
		return r
	}
	formatted := call("+15125550128", "+13105550199")
	formatted.Call.FromFormatted, formatted.Call.ToFormatted = text.New("(512) 555-0128"), text.New("(310) 555-0199")
	unknown := &deck.Recording{}
	named := New(map[string]string{"+15125550128": "Front desk"})
	tests := []struct {
		name string
		v    View
		r    *deck.Recording
		want string
	}{
		{"name for the formatted number", View{Names: named}, formatted, "Front desk → (310) 555-0199"},
		{"name though numbers are masked", View{Names: named, Mask: true}, formatted, "Front desk → ***-0199"},
		{"revealed", View{Names: named, Mask: true, Revealed: text.New("rec-1")}, formatted, "Front desk → (310) 555-0199"},
		{"no names", View{Mask: true}, formatted, "***-0128 → ***-0199"},
		{"one side", View{}, call("", "+13105550199"), "? → +13105550199"},
		{"neither side", View{}, call("", ""), "call call-1"},
		{"conference", View{}, room("Claims"), "Claims (conference)"},
		{"written from the right", View{}, call("client:مرحبا", "שלום"), "client:مرحبا to שלום (name)"},
		{"conference without a name", View{}, room(""), "conference conf-2"},
		{"nothing at all", View{}, unknown, "unknown call"},
	}
	for _, tt := range tests {
		tt.v.Theme = theme.New(theme.Options{})
		if got := tt.v.Who(tt.r); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
