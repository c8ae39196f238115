package prompt

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// Where several projects are shown, every question names the one it is about in
// its title, and of several recordings each with its own.
func TestQuestionNamesItsProject(t *testing.T) {
	of := func(status api.Status) deck.Request {
		return deck.Request{SID: text.New("a-8142"), Profile: "sales", Update: api.Update{Status: status}}
	}
	now := time.Now()
	for kind, req := range map[Kind]deck.Request{Choose: of(api.Paused), Confirm: of(api.InProgress), Typed: of(api.Stopped), Ack: of(""), Timer: of("")} {
		q := Question{Kind: kind, Request: req, Short: "8142", Project: "sales", Profile: "project sales at acme", Who: "(310) 555-0142 → (310) 555-0199"}
		m := New(theme.Theme{}, q, now)
		if view := strings.Join(m.View(60, 12), "\n"); !strings.Contains(view, "project sales") {
			t.Errorf("kind %d:\n%s", kind, view)
		}
		if a := m.Canceled("why"); kind != Ack && kind != Timer && !strings.Contains(a.Say, "…8142 (sales)") {
			t.Errorf("kind %d: %s", kind, a.Say)
		}
	}
	two := of(api.Paused)
	two.Profile = "eu"
	many := []One{{Request: of(api.Paused), Short: "8142", Project: "sales", Who: "ann"}, {Request: two, Short: "8142", Project: "eu", Who: "bob"}}
	m := New(theme.Theme{}, Question{Kind: Confirm, Request: many[0].Request, Short: "8142", Many: many, Profile: "of 2 projects"}, now)
	recs := map[deck.Key]*deck.Recording{many[1].Request.Key(): {Recording: api.Recording{Status: api.InProgress}}}
	for _, want := range []string{"…8142  sales  ann", "…8142  eu  bob", "of 2 projects"} {
		if view := strings.Join(m.View(60, 12), "\n"); !strings.Contains(view, want) {
			t.Errorf("%q is not in\n%s", want, view)
		}
	}
	m.q.Many[0].State, m.q.Many[1].State = "REC", State(recs[many[1].Request.Key()])
	m, _ = m.WatchAll(func(of deck.Key) *deck.Recording { return recs[of] })
	if view := strings.Join(m.View(60, 12), "\n"); !strings.Contains(view, "…8142  sales  is no longer there: left out") || !strings.Contains(view, "…8142  eu  bob") {
		t.Errorf("what one project lacks is left out of both:\n%s", view)
	}
}
