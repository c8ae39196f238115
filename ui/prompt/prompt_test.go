package prompt

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

var opened = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func question(k Kind) Question {
	q := Question{
		Kind: k, Short: "8142", Who: "(310) 555-0142 → (310) 555-0199", Profile: "acme / support-eu", State: "REC",
		Request: deck.Request{SID: text.New("5e2f61b08142"), Actor: deck.Actor{Actor: "ana"}},
	}
	switch k {
	case Choose:
		q.Opener, q.Request.Update.Status = "P", api.Paused
	case Confirm:
		q.Opener, q.Request.Update.Status = "r", api.InProgress
	case Typed:
		q.Opener, q.Request.Update.Status = "X", api.Stopped
	case Quit:
		q.Opener, q.Request, q.Left = "q", deck.Request{}, []string{"…8142  somebody"}
	}
	return q
}

func press(k string) tea.KeyPressMsg {
	switch k {
	case "enter":
		return tea.KeyPressMsg{Code: tea.KeyEnter}
	case "esc":
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	case "backspace":
		return tea.KeyPressMsg{Code: tea.KeyBackspace}
	}
	return tea.KeyPressMsg{Code: []rune(strings.ToLower(k))[0], Text: k}
}

func TestUpdate(t *testing.T) {
	const soon, later = 200 * time.Millisecond, time.Second
	tests := []struct {
		kind  Kind
		keys  string
		after time.Duration
		want  string // open, canceled or go
	}{
		{Confirm, "y", later, "go"},
		{Confirm, "y", soon, "open"},
		{Confirm, "enter", soon, "open"},
		{Confirm, "enter", later, "canceled"},
		{Confirm, "r r r", soon, "open"},
		{Confirm, "r r r", later, "open"},
		{Confirm, "esc", soon, "canceled"},
		{Confirm, "Y", later, "canceled"},
		{Confirm, "y", lifetime, "canceled"},
		{Choose, "1", soon, "go"},
		{Choose, "2", soon, "go"},
		{Choose, "P", later, "open"},
		{Choose, "y", soon, "open"},
		{Choose, "y", later, "canceled"},
		{Choose, "p", later, "canceled"},
		{Typed, "8 1 4 2 enter", later, "go"},
		{Typed, "8 1 4 2 enter", soon, "open"},
		{Typed, "8 1 4 enter", later, "open"},
		{Typed, "enter", later, "open"},
		{Typed, "y", later, "open"},
		{Typed, "X 8 X 1 4 2 enter", later, "go"},
		{Typed, "8 1 4 3 backspace 2 enter", later, "go"},
		{Typed, "8 1 4 2 esc", later, "canceled"},
		{Quit, "y", later, "go"},
		{Quit, "y", soon, "open"},
		{Quit, "q q", later, "open"},
		{Quit, "n", later, "canceled"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.kind, tt.keys, tt.after), func(t *testing.T) {
			m := New(theme.New(theme.Options{}), question(tt.kind), opened)
			var a Answer
			for _, k := range strings.Fields(tt.keys) {
				m, a = m.Update(press(k), opened.Add(tt.after))
			}
			got := "open"
			switch {
			case a.Closed && a.Go:
				got = "go"
			case a.Closed:
				got = "canceled"
			case a.Go:
				got = "go without closing"
			}
			if got != tt.want {
				t.Errorf("%s, want %s (%+v)", got, tt.want, a)
			}
			if a.Go && a.Request.SID != question(tt.kind).Request.SID {
				t.Errorf("request %+v", a.Request)
			}
		})
	}
}

func TestPaste(t *testing.T) {
	for _, k := range []Kind{Choose, Confirm, Typed, Quit} {
		m := New(theme.Theme{}, question(k), opened)
		m, a := m.Update(tea.PasteMsg{Content: "y1\n8142\r"}, opened.Add(time.Second))
		if a.Closed || a.Go {
			t.Errorf("kind %d: a paste answered: %+v", k, a)
		}
		if _, a = m.Update(press("enter"), opened.Add(time.Second)); a.Go {
			t.Errorf("kind %d: what was pasted counted", k)
		}
	}
}

func TestWatch(t *testing.T) {
	rec := func(s api.Status) *deck.Recording {
		return &deck.Recording{Recording: api.DecodeRecording([]byte(`{"sid":"5e2f61b08142","status":"` + string(s) + `"}`))}
	}
	q := question(Typed)
	q.State = State(rec(api.InProgress))
	m := New(theme.Theme{}, q, opened)
	if a := m.Watch(rec(api.Resumed)); a.Closed {
		t.Error("resumed is not in-progress")
	}
	for _, r := range []*deck.Recording{rec(api.Paused), rec(api.Completed), nil, {Gone: true}} {
		if a := m.Watch(r); !a.Closed || a.Go || a.Say == "" {
			t.Errorf("%+v: %+v", r, a)
		}
	}
}

func TestView(t *testing.T) {
	q := question(Typed)
	q.Who = strings.Repeat("日本語 long name ", 30)
	for _, k := range []Kind{Choose, Confirm, Typed, Quit} {
		q.Kind = k
		for _, ascii := range []bool{false, true} {
			th := theme.New(theme.Options{ASCII: ascii})
			m := New(th, q, opened)
			for w := range 130 {
				for h := range 9 {
					lines := m.View(w, h)
					if len(lines) > h {
						t.Fatalf("%d lines in %d", len(lines), h)
					}
					for _, l := range lines {
						if th.Width(l) != w {
							t.Fatalf("kind %d: %d cells in %d: %q", k, th.Width(l), w, l)
						}
					}
					if x, y, ok := m.Cursor(w, h); ok && (x < 0 || y < 0 || x >= w || y >= h) {
						t.Fatalf("cursor at %d,%d in %dx%d", x, y, w, h)
					}
				}
			}
		}
	}
}

// Both ends of a call are in the question, and the profile, however long they are.
func TestBothEndsAreNamed(t *testing.T) {
	q := question(Confirm)
	q.Who = "sip:a.very.long.user@support.department.example.com → sip:other.long.agent@support.example.com"
	for _, w := range []int{60, 80, 120} {
		view := strings.Join(New(theme.New(theme.Options{Mode: "mono"}), q, opened).View(w, 9), "\n")
		for _, want := range []string{"sip:a.very", "→ sip:other", "acme"} {
			if !strings.Contains(view, want) {
				t.Errorf("%q is not in %d cells:\n%s", want, w, view)
			}
		}
	}
}

// A prompt about several names them all: those that there is no room for are a
// key away, and no name is in the place of what answers it.
func TestManyAreAllNamed(t *testing.T) {
	for _, kind := range []Kind{Confirm, Choose} {
		for _, h := range []int{7, 11, 20, 40} {
			q := question(kind)
			q.Why = "Left out: …0000."
			for i := range 25 {
				q.Many = append(q.Many, One{Short: fmt.Sprintf("a%03d", i), Who: "somebody"})
			}
			m, now := New(theme.Theme{}, q, opened), opened.Add(time.Second)
			seen := map[string]bool{}
			for range 30 {
				lines := m.View(60, h)
				view := strings.Join(lines, "\n")
				for _, o := range q.Many {
					seen[o.Short] = seen[o.Short] || strings.Contains(view, "…"+o.Short)
				}
				if len(lines) > h || h > 7 && !strings.Contains(view, "acme / support-eu") || !strings.Contains(view, "any other key cancels") {
					t.Fatalf("%d lines of %d:\n%s", len(lines), h, view)
				}
				if h < 25 && !strings.Contains(view, " of 25; ") {
					t.Fatalf("it does not say that there are more:\n%s", view)
				}
				var a Answer
				if m, a = m.Update(tea.KeyPressMsg{Code: tea.KeyDown}, now); a.Closed {
					t.Fatal("an arrow closes it")
				}
			}
			if len(seen) != 25 || slices.Contains(slices.Collect(maps.Values(seen)), false) {
				t.Errorf("kind %v in %d lines: not all were named: %v", kind, h, seen)
			}
		}
	}
}
