package detail

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

func TestMarksLastTenSeconds(t *testing.T) {
	m := show(theme.Theme{}, 80, 40, paused(deck.Accepted))
	for late, want := range map[time.Duration]bool{0: true, 8900 * time.Millisecond: true, 9 * time.Second: false, time.Hour: false} {
		if got := strings.Contains(m.View(clock.Add(late)), "was in-progress"); got != want {
			t.Errorf("%v after: marked %v, want %v", late, got, want)
		}
	}
}

func TestWhatChangedBackIsNotMarked(t *testing.T) {
	r := paused(deck.Contradicted)
	r.Recording = resource("in-progress", lately) // a later read
	v := show(theme.Theme{}, 80, 40, r).View(clock)
	if strings.Contains(v, "was in-progress") || !strings.Contains(v, "was "+then) {
		t.Errorf("want date_updated marked and status not:\n%s", v)
	}
}

func TestAFieldThatAppearedWasAbsent(t *testing.T) {
	r := paused(deck.Accepted)
	r.Update.Changed = []deck.Change{
		{Name: text.New("trim"), Old: api.Field{Name: text.New("trim"), Absent: true}},
		{Name: text.New("duration"), Old: api.Field{Name: text.New("duration"), Null: true}},
	}
	v := show(theme.Theme{}, 80, 40, r).View(clock)
	for _, want := range []string{"do-not-trim  was absent", "751  was null"} {
		if !strings.Contains(v, want) {
			t.Errorf("want %q in\n%s", want, v)
		}
	}
}

// Two recordings that are updated at the same time: each shows its own.
func TestTwoUpdatesDoNotMix(t *testing.T) {
	one, two := paused(deck.Verified), failed()
	m := show(theme.Theme{}, 80, 40, one)
	for range 2 {
		m.SetRecording(one, 0, "8142", "")
		if v := m.View(clock); !strings.Contains(v, "verified") || strings.Contains(v, "failed") {
			t.Errorf("the first shows:\n%s", v)
		}
		m.SetRecording(two, 0, "8142", "")
		if v := m.View(clock); strings.Contains(v, "verified") || strings.Contains(v, "was ") || !strings.Contains(v, "failed") {
			t.Errorf("the second shows:\n%s", v)
		}
	}
}

func TestAnAnswerScrollsToTheTop(t *testing.T) {
	m := show(theme.Theme{}, 48, 12, running())
	m.SetFocus(true)
	m = press(m, "G")
	m.SetRecording(running(), 0, "8142", "") // as a poll brings it
	if m.top == 0 {
		t.Error("a poll scrolled")
	}
	m.SetRecording(paused(deck.Accepted), 0, "8142", "")
	if m.top != 0 {
		t.Error("the answer is out of sight")
	}
	m = press(m, "G")
	m.SetRecording(paused(deck.Verified), 0, "8142", "")
	if m.top == 0 {
		t.Error("the next step of the same update scrolled")
	}
	other := running()
	other.SID = text.New("another")
	if m.SetRecording(other, 0, "ther", ""); m.top != 0 {
		t.Error("another recording is shown from its middle")
	}
}

func TestScrollsOnlyWithFocus(t *testing.T) {
	m := press(show(theme.Theme{}, 48, 12, running()), "j", "G", "pgdown")
	if m.top != 0 {
		t.Error("it scrolled without the focus")
	}
	m.SetFocus(true)
	if m = press(m, "G", "j", "j", "g", "k", "j", "j", "ctrl+u"); m.top != 0 {
		t.Errorf("scrolled to %d", m.top)
	}
}

func TestRawKeepsTheTitle(t *testing.T) {
	m := show(theme.Theme{}, 48, 12, running())
	m.SetRaw(true)
	if v := m.View(clock); !m.Raw() || !strings.Contains(v, "raw JSON") || !strings.Contains(v, `"status"`) && !strings.Contains(v, `"sid"`) {
		t.Errorf("raw shows:\n%s", v)
	}
}

// Each documented field is there once, with the API's own name, in order.
func TestEveryFieldIsThereInOrder(t *testing.T) {
	names := []string{"sid", "account_sid", "api_version", "call_sid", "conference_sid", "channel", "channels", "date_created",
		"date_updated", "start_time", "end_time", "duration", "price", "price_unit", "source", "status", "error_code", "uri",
		"subresource_uris", "encryption_details", "trim"}
	r := &deck.Recording{Recording: api.DecodeRecording([]byte("{}"))}
	v, at := show(theme.Theme{}, 80, 40, r).View(clock), 0
	for _, name := range names {
		i := strings.Index(v[at:], "\n "+name+" ")
		if i < 0 {
			t.Fatalf("%s is not there, or not in its place:\n%s", name, v)
		}
		at += i
		if line, _, _ := strings.Cut(v[at+1:], "\n"); !strings.Contains(line, " absent") {
			t.Errorf("%s is not shown as absent: %q", name, line)
		}
	}
}

// A tick may change only digits of the title and of the timeline.
func TestTickChangesOnlyTheClock(t *testing.T) {
	m := show(theme.New(theme.Options{Mode: "dark"}), 48, 36, paused(deck.Accepted))
	a, b := strings.Split(m.View(clock), "\n"), strings.Split(m.View(clock.Add(time.Second)), "\n")
	for i := range a {
		now := strings.NewReplacer("03:12", "03:13", "12:31", "12:32").Replace(a[i])
		if a[i] != b[i] && (i > 1 || now != b[i]) {
			t.Errorf("line %d changed from %q to %q", i, a[i], b[i])
		}
	}
	if !strings.Contains(a[0], " 03:12\x1b") && !strings.Contains(a[0], "m 03:12") {
		t.Errorf("the clock is styled: %q", a[0])
	}
}

func FuzzView(f *testing.F) {
	f.Add(80, 24, `{"sid":"a","status":"paused"}`, "name", 0)
	f.Add(41, 36, `{"sid":"\u001b[2J","status":"\u202e会議","x":{"\u001b]0;t\u0007":null}}`, "会議室 👨‍👩‍👧 e\u0301 नमस्ते", 3)
	f.Add(0, 0, `[]`, strings.Repeat("long ", 80), 7)
	f.Add(7, 3, `{"date_created":"Sun, 22 Nov 2026 08:31:48 +0000","uri":"ééééééééééééééééééé"}`, "שיחה", 9)
	themes := []theme.Theme{{}, theme.New(theme.Options{Mode: "dark"}), theme.New(theme.Options{ASCII: true}), theme.New(theme.Options{Graphemes: true})}
	f.Fuzz(func(t *testing.T, w, h int, js, name string, flags int) {
		if w < 0 || h < 0 || w > 300 || h > 100 || flags < 0 {
			return
		}
		r := []*deck.Recording{running(), paused(deck.Accepted), failed(), unknown(), conference(), ended(true)}[flags%6]
		r.Recording = api.DecodeRecording([]byte(js))
		r.Pause.Actor = name
		if r.Call != nil {
			r.Call.FromFormatted, r.Call.Status = text.New(name), api.Status(text.New(name).String())
		}
		if r.Conference != nil {
			r.Conference.FriendlyName = text.New(name)
		}
		if r.Update != nil {
			r.Update.Note, r.Update.Err = name, fmt.Errorf("%s", name)
		}
		th := themes[flags/6%4]
		m := show(th, w, h, r)
		m.SetFocus(flags/24%2 == 0)
		m.SetRaw(flags/48%2 == 1)
		for range 3 {
			if view := m.View(clock); w > 0 || h > 0 {
				checkBox(t, th, w, h, view)
				_ = ansi.Strip(view)
			}
			m = press(m, "pgdown", "j")
		}
	})
}

func BenchmarkView(b *testing.B) {
	m := show(theme.New(theme.Options{Mode: "dark"}), 48, 36, paused(deck.Verified))
	b.Run("tick", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			m.View(clock.Add(time.Duration(i) * time.Second))
		}
	})
	b.Run("another recording", func(b *testing.B) {
		recs := []*deck.Recording{paused(deck.Verified), running()}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			m.SetRecording(recs[i%2], 0, "8142", "support-eu")
			m.View(clock)
		}
	})
	b.Run("nothing new", func(b *testing.B) {
		r := running()
		b.ReportAllocs()
		for b.Loop() {
			m.SetRecording(r, 0, "8142", "support-eu")
			m.View(clock)
		}
	})
}

func TestWhyTheCallIsNotKnown(t *testing.T) {
	r := paused(deck.Accepted)
	r.Call = nil
	m := show(theme.Theme{}, 100, 60, r)
	next := clock.Add(40 * time.Second)
	for _, tt := range []struct {
		why  deck.Unnamed
		want string
	}{
		{deck.Unnamed{}, "call not known"},
		{deck.Unnamed{Err: &api.Error{StatusCode: 503}}, "call not known: HTTP 503"},
		{deck.Unnamed{Err: &api.Error{StatusCode: 429}, Next: next}, "call not known: HTTP 429, asked again at " + times.Time(next, nil)},
	} {
		m.SetUnnamed(tt.why, deck.Unnamed{Err: &api.Error{StatusCode: 500}})
		if v := strings.Join(strings.Fields(ansi.Strip(m.View(clock))), " "); !strings.Contains(v, tt.want) {
			t.Errorf("want %q in %s", tt.want, v)
		}
	}
}
