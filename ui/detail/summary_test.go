package detail

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// linesOf returns the lines of a pane, without styles.
func linesOf(m Model, now time.Time) []string {
	lines := strings.Split(ansi.Strip(m.View(now)), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// What somebody on the phone needs is in four lines at 80 columns, without
// scrolling.
func TestSummaryInFourLines(t *testing.T) {
	full := paused(deck.Verified)
	full.Timer = deck.Timer{Actor: "jo", At: clock.Add(time.Minute)}
	siblings := paused(deck.Verified)
	siblings.Siblings = deck.Siblings{Recording: 1, Paused: 1, List: []deck.Sibling{{SID: text.New("aaaa-91be"), Recording: true}}}
	mixed := running()
	mixed.Siblings = deck.Siblings{Recording: 5, Paused: 1, List: []deck.Sibling{
		{SID: text.New("aaaa-91be")}, {SID: text.New("aaaa-c07a"), Recording: true}, {SID: text.New("aaaa-07d1"), Recording: true},
	}, More: 2}
	long := paused(deck.Verified)
	long.Call.From, long.Call.FromFormatted = text.New("sip:a.very.long.user.name.of.an.agent@support.department.example.com"), text.Text{}
	long.Call.To = text.New("sip:other.long.agent@support.department.example.com;transport=tls")
	long.Call.CallerName = text.New("Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine the Third")
	trouble := failed()
	trouble.Trouble = deck.Trouble{Kind: deck.NotPaused, Actor: "ann", Why: "HTTP 401"}
	for name, tt := range map[string]struct {
		rec  *deck.Recording
		want []string
	}{
		"paused": {full, []string{"…8142", "PAUSED 03:12", "resumes in 01:00", "(310) 555-0142 → sip:agent7@acme", "Doe, Jane", "inbound",
			"paused since 09:41:08 CET", "silence", "by you", "auto-resume at 09:45:20 CET"}},
		"siblings":   {siblings, []string{"1 of 2 still recording: …91be"}},
		"mixed":      {mixed, []string{"5 of 6 still recording: this one …c07a …07d1 and 2 more"}},
		"long names": {long, []string{"sip:a.very.long", "→ sip:other.long", "Wolfeschlegelsteinhausenbergerdor…", "inbound", "since 09:31:20", "paused since 09:41:08 CET", "silence", "by you"}},
		"trouble":    {trouble, []string{"!REC", "NOT PAUSED: still recording (HTTP 401)", "asked for by ann"}},
		"conference": {conference(), []string{"Billing escalation (conference)", "paused since 09:43:39 CET or longer", "with (310) 555-0142 → sip:agent7@acme, Supervisor"}},
	} {
		m := show(theme.New(theme.Options{Mode: "dark"}), 80, 4, tt.rec)
		view := strings.Join(linesOf(m, clock), "\n")
		for _, want := range tt.want {
			if !strings.Contains(view, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, view)
			}
		}
	}
	idle := running()
	lines := linesOf(show(theme.Theme{}, 100, 4, idle), clock)
	if want := sid + " call " + idle.CallSID.String(); strings.TrimSpace(lines[2]) != want {
		t.Errorf("the SIDs are %q, want %q", lines[2], want)
	}
}

// First what is, then what was: the result of an update stands below the state,
// gray, and only as long as it is so.
func TestWhatIsBeforeWhatWas(t *testing.T) {
	th := theme.New(theme.Options{Mode: "dark"})
	r := paused(deck.Verified)
	late := clock.Add(45 * time.Second)
	view := show(th, 80, 30, r).View(late)
	if !strings.Contains(view, th.Paint(theme.Ended, "pause verified 45 s ago")) {
		t.Errorf("no gray word about the verified pause in\n%s", view)
	}
	if strings.Contains(view, th.Begin(theme.Good)) {
		t.Errorf("green in\n%s", view)
	}
	lines := linesOf(show(th, 80, 30, r), late)
	if !strings.Contains(lines[0], "PAUSED 03:57") || strings.Contains(lines[0], "verified") || !strings.Contains(strings.Join(lines[2:5], ""), "verified 45 s ago") {
		t.Errorf("%q", lines[:5])
	}
	for name, change := range map[string]func(*deck.Recording){
		"resumed": func(r *deck.Recording) { r.Recording = resource("in-progress", lately); r.Pause = deck.Pause{} },
		"resumed by others": func(r *deck.Recording) {
			r.Recording = resource("resumed", lately)
			r.Trouble.Kind = deck.ResumedByOthers
		},
		"ended": func(r *deck.Recording) { r.Recording = resource("completed", lately); r.Ended = clock },
		"gone":  func(r *deck.Recording) { r.Gone, r.Ended = true, clock },
	} {
		r := *paused(deck.Verified)
		change(&r)
		if view := ansi.Strip(show(th, 80, 30, &r).View(late)); strings.Contains(view, "verified") {
			t.Errorf("%s: verified is said still:\n%s", name, view)
		}
	}
	// A failure that the truth has overtaken is not said any more.
	was := *failed()
	was.Recording, was.Pause = resource("paused", lately), deck.Pause{Since: clock}
	if view := ansi.Strip(show(th, 80, 30, &was).View(late)); strings.Contains(view, "failed") {
		t.Errorf("the failed pause of a paused recording is said:\n%s", view)
	}
	for _, o := range []deck.Outcome{deck.Requested, deck.Accepted, deck.Contradicted, deck.Failed, deck.Unknown} {
		r := *running()
		r.Update = &deck.Progress{ID: 1, Outcome: o, Asked: clock, Request: deck.Request{Actor: deck.Actor{Actor: "jo"}, Update: api.Update{Status: api.Paused}}}
		if view := ansi.Strip(show(th, 80, 30, &r).View(late)); !strings.Contains(view, "pause: "+string(o)) {
			t.Errorf("%s is not said:\n%s", o, view)
		}
	}
}

// SIDs are whole where the pane is as wide as on a screen of 120 columns.
func TestSIDsAreWhole(t *testing.T) {
	for w, names := range map[int][]string{49: {"sid", "account_sid", "call_sid"}, 52: {"sid", "account_sid", "call_sid", "conference_sid"}} {
		r := running()
		r.Recording = api.DecodeRecording([]byte(`{"sid":"` + sid + `","account_sid":"` + account + `","call_sid":"0ca11000-1111-4222-8333-44445555b111",
			"conference_sid":"c0ffee00-1111-4222-8333-44445555b111","status":"in-progress"}`))
		r.ConferenceSID = text.Text{}
		lines := strings.Join(linesOf(show(theme.Theme{}, w, 40, r), clock), "\n")
		for _, name := range names {
			_, after, _ := strings.Cut(lines, "\n "+name+" ")
			if value, _, _ := strings.Cut(strings.TrimSpace(after), "\n"); len(strings.Fields(value)[0]) != 36 {
				t.Errorf("%d columns: %s is %q", w, name, value)
			}
		}
	}
}

// The state has its trouble and its age in words, also where the data is old.
func TestTitleOfStale(t *testing.T) {
	m := show(theme.Theme{}, 80, 4, running())
	m.SetStale(true)
	if got := linesOf(m, clock)[0]; !strings.Contains(got, "REC? 12:31") {
		t.Errorf("%q", got)
	}
}
