package list

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// several returns a snapshot of profiles: each recording in the one that it
// names.
func several(profiles []string, recs ...*deck.Recording) *deck.Snapshot {
	parts := make([]deck.Part, len(profiles))
	for i, name := range profiles {
		s := &deck.Snapshot{Health: deck.Health{Complete: clock, Limit: time.Hour}}
		for _, r := range recs {
			if r.Profile == name {
				s.Recordings = append(s.Recordings, r)
			}
		}
		slices.SortFunc(s.Recordings, deck.NewestFirst)
		s.Count()
		parts[i] = deck.Part{Profile: name, Space: "https://" + name + ".example.com", Project: "p-" + name, Snapshot: s}
	}
	return deck.Merge(1, parts, clock)
}

// of a profile.
func in(profile string, r *deck.Recording) *deck.Recording {
	r.Profile = profile
	return r
}

// twoProfiles shows two calls, one of each.
func twoProfiles(w int) Model {
	m := New(theme.Theme{})
	m.SetSize(w, 6)
	m.SetSnapshot(several([]string{"support", "sales"},
		in("support", call(rec("aaaa-0001", api.InProgress, time.Minute), "(310) 555-0142", "(310) 555-0199")),
		in("sales", call(rec("aaaa-0002", api.InProgress, 2*time.Minute), "(415) 555-0123", "(310) 555-0199"))))
	return m
}

// Which project a call is of is said at every width that the list is shown in,
// also where there is no room for the SID; with one profile there is no such column.
func TestProjectColumn(t *testing.T) {
	for w := 44; w <= 200; w++ {
		m := twoProfiles(w)
		lines := strings.Split(ansi.Strip(m.View(clock)), "\n")
		if !strings.Contains(lines[0], "PROJECT") {
			t.Errorf("%d cells: no column in %q", w, lines[0])
		}
		if (w < 50 || w >= 60) && w >= 60 != strings.Contains(lines[0], " SID") {
			t.Errorf("%d cells: %q", w, lines[0])
		}
		for _, name := range []string{"support", "sales"} {
			if !strings.Contains(lines[1]+lines[2], " "+name+" ") {
				t.Errorf("%d cells: %s is not named in %q", w, name, lines[1:3])
			}
		}
	}
	m := New(theme.Theme{})
	m.SetSize(120, 4)
	m.SetSnapshot(several([]string{"support"}, in("support", call(rec("aaaa-0001", api.InProgress, time.Minute), "a", "b"))))
	if view := m.View(clock); strings.Contains(view, "PROJECT") || strings.Contains(view, "support") || slices.Contains(m.Sorts(), ByProject) {
		t.Errorf("one profile:\n%s", view)
	}
}

// Two names are never shown alike, whatever they are and however little room
// there is.
func TestApart(t *testing.T) {
	got := Apart(theme.Theme{}, []string{"support-europe", "support-america"}, 8)
	if want := []string{"…-europe", "…america"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		th := theme.Theme{}
		names := rapid.SliceOfNDistinct(rapid.String(), 2, 64, rapid.ID).Draw(t, "names")
		for i := range names {
			names[i] = th.Plain(text.New(names[i]).String())
		}
		w := rapid.IntRange(4, 20).Draw(t, "cells")
		seen := map[string]bool{}
		for _, s := range Apart(th, names, w) {
			if seen[s] || th.Width(s) > w {
				t.Errorf("%q of %q in %d cells", s, names, w)
			}
			seen[s] = true
		}
	})
}

// Two profiles may have a recording with the same SID: both are shown, and what
// is selected or marked is one of them.
func TestSameSID(t *testing.T) {
	m := New(theme.Theme{})
	m.SetSize(80, 6)
	twins := []*deck.Recording{
		in("support", call(rec("aaaa-0001", api.InProgress, time.Minute), "ann", "bob")), in("sales", call(rec("aaaa-0001", api.InProgress, time.Minute), "cid", "dan")),
	}
	m.SetSnapshot(several([]string{"support", "sales"}, twins...))
	if shown, total := m.Shown(); shown != 2 || total != 2 {
		t.Fatalf("%d of %d shown:\n%s", shown, total, m.View(clock))
	}
	for i, r := range twins {
		m.Select(r.Key())
		if got, _ := m.Selected(); got != r {
			t.Errorf("selected %+v", got.Key())
		}
		m.ToggleMark(r.Key())
		if other := twins[1-i].Key(); i == 0 && (m.Marks()[other] || !m.Marks()[r.Key()]) {
			t.Errorf("marked %v", m.Marks())
		}
		if got := m.ShortSID(r.Key()); got != "0001" {
			t.Errorf("its short SID is %q", got)
		}
		if want := []string{"support", "sales"}[i]; m.Project(r.Key()) != want {
			t.Errorf("its project is %q", m.Project(r.Key()))
		}
	}
	changed := *twins[1]
	changed.Status = api.Paused
	m.SetSnapshot(several([]string{"support", "sales"}, twins[0], &changed))
	if r, _ := m.Selected(); r != &changed {
		t.Errorf("after a change %+v is selected", r)
	}
	if view := ansi.Strip(m.View(clock)); strings.Count(view, "PAUSED ") != 2 || strings.Count(view, "REC") != 1 { // one of them the title
		t.Error(view)
	}
}

// The filter finds a project by its profile's name, and rows are ordered by it.
func TestProjectFilterAndSort(t *testing.T) {
	m := twoProfiles(80)
	for typed, want := range map[string]int{"project:sales": 1, "project:sup": 1, "project:s": 2, "!project:sales": 1, "project:nobody": 0, "sales": 1} {
		f, err := ParseFilter(typed)
		if err != nil {
			t.Fatal(err)
		}
		m.SetFilter(f)
		if shown, _ := m.Shown(); shown != want {
			t.Errorf("%s: %d shown, want %d", typed, shown, want)
		}
	}
	m.SetFilter(Filter{})
	if !m.ChooseSort(ByProject.Key()) {
		t.Fatal("there is no such order")
	}
	order := func() string { return m.rows[0].rec.Profile + " " + m.rows[1].rec.Profile }
	if got := order(); got != "sales support" {
		t.Errorf("by project: %s", got)
	}
	if m.Reverse(); order() != "support sales" || !strings.Contains(m.View(clock), "PROJECT↑") {
		t.Errorf("reversed: %s\n%s", order(), m.View(clock))
	}
	one := New(theme.Theme{})
	if one.ChooseSort(ByProject.Key()) {
		t.Error("one profile is sorted by project")
	}
}

// The rows of a profile whose data is old say so, and those of the others do not.
func TestStaleProfile(t *testing.T) {
	m := twoProfiles(80)
	m.SetStaleProfiles([]string{"sales"})
	for _, line := range strings.Split(ansi.Strip(m.View(clock)), "\n")[1:3] {
		if strings.Contains(line, "REC?") != strings.Contains(line, "sales") {
			t.Errorf("%q", line)
		}
	}
	m.SetStaleProfiles(nil)
	if m.SetStale(true); strings.Count(m.View(clock), "REC?") != 2 {
		t.Errorf("all are stale:\n%s", m.View(clock))
	}
}

// Each row counts by the clock of its own space.
func TestClockOfItsSpace(t *testing.T) {
	s := several([]string{"fast", "right"}, in("fast", rec("aaaa-0001", api.InProgress, time.Minute)), in("right", rec("aaaa-0002", api.InProgress, time.Minute)))
	s.Parts[0].Offset = time.Hour
	m := New(theme.Theme{})
	m.SetSize(80, 6)
	m.SetSnapshot(s)
	for _, line := range strings.Split(ansi.Strip(m.View(clock)), "\n")[1:3] {
		if want := map[bool]string{true: "1:01:00", false: " 01:00"}[strings.Contains(line, "fast")]; !strings.Contains(line, want) {
			t.Errorf("%q has no %q", line, want)
		}
	}
}

// Who else is at work on a recording is said where there is room, in place of
// nothing, whatever their name is.
func TestOthers(t *testing.T) {
	work := func(f func(r *deck.Recording)) *deck.Recording {
		r := call(rec("aaaa-0001", api.InProgress, time.Minute), "(310) 555-0142", "(310) 555-0199")
		f(r)
		return r
	}
	underWay := func(by string) func(r *deck.Recording) {
		return func(r *deck.Recording) {
			r.Update = &deck.Progress{Outcome: deck.Requested, Request: deck.Request{Actor: deck.Actor{Actor: by}, Update: api.Update{Status: api.InProgress}}}
		}
	}
	asks := func(list ...deck.Asking) func(r *deck.Recording) { return func(r *deck.Recording) { r.Asking = list } }
	for _, tt := range []struct {
		name string
		edit func(r *deck.Recording)
		want string
	}{
		{"a question", asks(deck.Asking{Actor: "alice", Verb: "pause"}), "alice is pausing"},
		{"two questions", asks(deck.Asking{Actor: "alice", Verb: "stop"}, deck.Asking{Actor: "bob", Verb: "pause"}), "alice is stopping +1"},
		{"another screen of one's own", asks(deck.Asking{Actor: "me", Verb: "resume"}), "resuming elsewhere"},
		{"an update of another", underWay("bob"), "bob is resuming"},
		{"an update of one's own", underWay("me"), ""},
		{"a hostile name", asks(deck.Asking{Actor: "\x1b[2Jeve\n\u202e", Verb: "pause"}), "�[2Jeve"},
		{"a long name", asks(deck.Asking{Actor: strings.Repeat("eve", 99), Verb: "pause"}), "eveeveeveev… is pausing"},
	} {
		for w := 60; w <= 160; w++ {
			m := New(theme.Theme{})
			m.SetActor("me")
			m.SetSize(w, 3)
			m.SetSnapshot(&deck.Snapshot{Recordings: []*deck.Recording{work(tt.edit)}})
			view := m.View(clock)
			if strings.ContainsAny(view, "\x1b\r\u202e") || strings.Count(view, "\n") != 2 {
				t.Fatalf("%s, %d cells: %q", tt.name, w, view)
			}
			row := strings.Split(view, "\n")[1]
			if !strings.Contains(row, "REC") || !strings.Contains(row, "01:00") || th(row) != w || !strings.Contains(row, "0142 → ") {
				t.Errorf("%s, %d cells: %q", tt.name, w, row)
			}
			if said := tt.want != "" && strings.Contains(row, tt.want); w == 160 && said != (tt.want != "") || tt.want == "" && strings.Contains(row, " is ") {
				t.Errorf("%s, %d cells: %q", tt.name, w, row)
			}
		}
	}
}

func th(s string) int { return theme.Theme{}.Width(s) }
