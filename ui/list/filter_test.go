package list

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/names"
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
	const all = "8142 c07a e3f0 91be 0d0d 07d1 nodt 5b6d 9999"
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
		{"inbound 0199 !555-0142", "e3f0 07d1 5b6d 9999"},
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
		"by:": "by: needs a value", "sid:…": "sid: needs a value", "kind:letter": "call or conference", "kind:c": "call or conference",
		"paused>": "needs a duration", "paused:1m": "paused needs > or <", "paused>soon": "paused>soon is not a duration", "status>5": "status needs a colon", "status=rec": "status needs a colon",
		"stauts:paused": "stauts: is not a filter term: did you mean status:?", "!form:0142": "did you mean from:?", "Pused>1m": "pused> is not a filter term: did you mean paused>?",
		"aeg>10m": "did you mean age>?", "conferencename:x": `"quotes" make it a word`, "foo:bar": `"quotes" make it a word`,
		"age>ten": "not a duration", "age>": "age> needs a duration", "age<5": "not a duration", "age>-3m": "not a duration", "age:3m": "age needs > or <", "a age=3m": "age needs > or <",
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
	for _, s := range []string{
		"by:me", "!by:al", "paused>1m paused<=2h", "sid:…8142", "from:+1(310)", "to:agent7", "kind:conf", "project:5b1d", "sip:a@b", "12:04", "foo:bar",
		"\u212aind:call", "sid:\xff", `from:"a b"`, "from:\u0130", "status:paused", "age>10m", `!"a b" age<2h`, "(310) 555", "\x1b[31m\x00", "!", `"`, "İSTATUS:ſ", "age>1d",
	} {
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

// persons is [some] with who paused and who asked, and a project.
func persons() *deck.Snapshot {
	s := some()
	s.Offset = time.Until(clock)
	for _, r := range s.Recordings {
		switch lastRunes(r.SID.String(), 4) {
		case "8142":
			r.Pause.Actor = "ana"
		case "c07a":
			r.Pause.Actor = "alice@night"
			r.Participants = []deck.Participant{{Call: &api.Call{From: text.New("+13125550188"), To: text.New("sip:desk@acme")}}}
		case "91be":
			r.Update.Request.Actor.Actor = "Alice"
		case "07d1":
			r.Update.Request.Actor.Actor = "ana"
		case "e3f0":
			r.AccountSID = text.New("6a1f2c3d-0000-4aaa-8bbb-000000000001")
			r.Call.CallerName = text.New("Doe, Jane")
		}
	}
	return s
}

func TestFilterTerms(t *testing.T) {
	tests := []struct{ filter, want string }{
		{"by:me", "8142 07d1"},
		{"by:ana", "8142 07d1"},
		{"by:al", "c07a 91be"},
		{"by:ALICE@", "c07a"},
		{"by:mallory", ""},
		{"!by:me status:paused", "c07a"},
		{"paused>1m", "8142"},
		{"paused>=1m", "8142"},
		{"paused<1m", "c07a"},
		{"PAUSED<1d", "8142 c07a"},
		{"sid:8142", "8142"},
		{"sid:…8142", "8142"},
		{"sid:..8142", "8142"},
		{"sid:814", ""}, // neither end
		{"sid:AAAA-91", "91be"},
		{"sid:0ca11000-0000-4000-8000-000aaaa-8142", "8142"}, // the call's
		{"sid:b111", "c07a nodt"},                            // the conference's
		{"from:0142", "8142"},
		{"from:(310)555", "8142"},
		{"from:0199", ""},
		{"from:jane", "e3f0"},
		{"to:0199 !to:agent7", "8142 e3f0 07d1 5b6d 9999"},
		{"to:AGENT7", "91be"},
		{"from:3125550188", "c07a"}, // of a participant
		{"to:sip:desk", "c07a"},
		{"kind:conf", "c07a nodt"},
		{"kind:call status:paused", "8142"},
		{"project:6a1f2c3d", "e3f0"},
		{"project:0001", "e3f0"},
		{"sip:agent7", "91be"},     // an address
		{`"status:paused"`, ""},    // a word
		{`"foo:bar"`, ""},          // a word
		{"08:3", "8142 0d0d 5b6d"}, // a time
	}
	for _, tt := range tests {
		m := sized(theme.Theme{}, 80, 20, nil)
		m.SetActor("ana")
		m.SetFilter(parse(t, tt.filter))
		m.SetSnapshot(persons())
		if got := order(m); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.filter, got, tt.want)
		}
	}
	m := sized(theme.Theme{}, 80, 20, persons())
	m.SetFilter(parse(t, "by:me")) // of nobody in particular
	if shown, _ := m.Shown(); shown != 0 {
		t.Errorf("by:me without an actor matches %d", shown)
	}
	m.SetActor("ana")
	if shown, _ := m.Shown(); shown != 2 {
		t.Errorf("by:me of ana matches %d", shown)
	}
}

func TestFilterTermsHelp(t *testing.T) {
	help := FilterTerms()
	if len(help) != len(terms) {
		t.Errorf("%d terms in the help, %d known", len(help), len(terms))
	}
	for _, h := range help {
		if _, err := ParseFilter(h.Example); err != nil || h.Does == "" {
			t.Errorf("%s: %v", h.Example, err)
		}
	}
}

func TestFilterFindsNames(t *testing.T) {
	m := sized(theme.New(theme.Options{}), 100, 12, some())
	for _, filter := range []string{"billing desk", "to:billing", "to:0199", "billing", "3105550199"} {
		m.SetNames(names.New(map[string]string{"+13105550199": "Billing desk"}))
		m.SetFilter(parse(t, filter))
		if got := order(m); !strings.Contains(got, "8142 e3f0") && !strings.Contains(got, "8142 c07a e3f0") {
			t.Errorf("%s: %s", filter, got)
		}
		m.SetNames(names.Names{})
		if got, _ := m.Shown(); strings.Contains(filter, "illing") && got > 1 {
			t.Errorf("%s without names: %d", filter, got)
		}
	}
}

func TestListShowsNames(t *testing.T) {
	m := sized(theme.New(theme.Options{}), 100, 12, nil)
	m.SetNames(names.New(map[string]string{"+1 310 555 0142": "Front desk", "4420 7946 0018": "Astley"}))
	m.SetMask(true, deck.Key{})
	m.SetSnapshot(some())
	m.SetSort(ByWho, false)
	view := m.View(clock)
	for _, want := range []string{"Front desk → ***-0199", "Astley → ***-0199", "***-0144"} {
		if !strings.Contains(view, want) {
			t.Errorf("no %q in\n%s", want, view)
		}
	}
	if got := order(m); strings.Index(got, "07d1") > strings.Index(got, "8142") || strings.Index(got, "e3f0") > strings.Index(got, "07d1") {
		t.Errorf("sorted by who, names are not among the numbers: %s", got)
	}
}

func TestFound(t *testing.T) {
	tests := []struct {
		filter, sid, field string
		hidden             bool
	}{
		{"0ca11000", "8142", "call_sid", true},
		{"agent7", "91be", "to", false},
		{"paused", "8142", "status", false},
		{"inbound", "8142", "direction", true},
		{"inbound 0142", "8142", "direction", true},
		{"0142 inbound", "8142", "direction", true},
		{"!inbound 0142", "8142", "from", false},
		{"3125550188", "c07a", "participants", true},
		{"alice", "c07a", "paused by", true},
		{"status:paused", "8142", "", false},
		{"", "8142", "", false},
		{"zebra", "8142", "", false},
		{"inbound zebra", "8142", "", false},  // not shown: it does not match
		{"3105550142", "8142", "from", false}, // shown with other punctuation
		{"DialVerb", "8142", "source", true},  // no column for it at this width
	}
	for _, tt := range tests {
		m := sized(theme.New(theme.Options{}), 80, 20, persons())
		m.SetFilter(parse(t, tt.filter))
		field, hidden := m.Found(of("aaaa-" + tt.sid))
		if field != tt.field || hidden != tt.hidden {
			t.Errorf("%s in %s: %q %v, want %q %v", tt.filter, tt.sid, field, hidden, tt.field, tt.hidden)
		}
		m.SetSize(250, 20)
		view := ansi.Strip(m.View(clock))
		if _, hidden = m.Found(of("aaaa-" + tt.sid)); hidden && !strings.Contains(view, "found in "+tt.field) {
			t.Errorf("%s is found in %s, which no row says:\n%s", tt.filter, tt.field, view)
		} else if !hidden && strings.Contains(view, "found in ") {
			t.Errorf("%s is shown, and yet:\n%s", tt.filter, view)
		}
		checkBox(t, m.th, 250, 20, view)
		m.SetSize(80, 20) // too narrow to say it without cutting who
		if view := ansi.Strip(m.View(clock)); tt.sid == "8142" && !m.Excluded(of("aaaa-8142")) && !strings.Contains(view, "(310) 555-0142 → (310) 555-0199") {
			t.Errorf("%s cuts who:\n%s", tt.filter, view)
		}
	}
	if field, _ := (Model{}).Found(of("x")); field != "" {
		t.Errorf("found %s in no list", field)
	}
}

// A masked number is hidden, and so is one whose name is shown.
func TestFoundInWhatIsNotShown(t *testing.T) {
	m := sized(theme.New(theme.Options{}), 120, 20, some())
	m.SetFilter(parse(t, "3105550142"))
	m.SetMask(true, deck.Key{})
	if view := ansi.Strip(m.View(clock)); !strings.Contains(view, " in from") {
		t.Errorf("a masked number is found, and no row says where:\n%s", view)
	}
	m.SetMask(true, of("aaaa-8142"))
	if view := ansi.Strip(m.View(clock)); strings.Contains(view, " in ") {
		t.Errorf("a number that is revealed is said to be hidden:\n%s", view)
	}
	m.SetMask(false, deck.Key{})
	m.SetNames(names.New(map[string]string{"+13105550142": "Front desk"}))
	if view := ansi.Strip(m.View(clock)); !strings.Contains(view, "Front desk") || !strings.Contains(view, " in from") {
		t.Errorf("a number behind a name is found, and no row says where:\n%s", view)
	}
}

// Making the text of a row for the filter costs that text, and nothing else.
func TestHaystackAllocates(t *testing.T) {
	r := bench(1)[0]
	for _, n := range []names.Names{{}, names.New(map[string]string{"+13105550142": "Front desk"})} {
		h := hay{names: n}
		h.of(r)
		if got := testing.AllocsPerRun(50, func() { h.of(r) }); got > 10 && !n.IsZero() || got > 2 && n.IsZero() {
			t.Errorf("%v allocations a row, with names %v", got, !n.IsZero())
		}
	}
}
