package detail

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// TestPauseThatLasts: who looks after a pause, until when, and what is to
// happen to it by itself.
func TestPauseThatLasts(t *testing.T) {
	tests := []struct {
		name      string
		edit      func(r *deck.Recording)
		want, not []string
	}{
		{name: "nothing is known of it", edit: func(r *deck.Recording) { r.Pause, r.Update = deck.Pause{Since: r.Pause.Since, AtLeast: true}, nil },
			want: []string{"paused since 09:41:08 CET or longer", "silence or skip is not known"}, not: []string{"by ", "auto-resume"}},
		{name: "an auto-resume", edit: func(r *deck.Recording) { r.Timer = deck.Timer{Actor: "ann", At: clock.Add(83 * time.Second)} },
			want: []string{"resumes in 01:23", "auto-resume at 09:45:43 CET", "at 09:45:43 CET, by ann (t changes it)"}},
		{name: "one that is due", edit: func(r *deck.Recording) { r.Timer = deck.Timer{Actor: "ann", At: clock.Add(-time.Second)} },
			want: []string{"resumes in 00:00"}},
		{name: "one that was not done", edit: func(r *deck.Recording) {
			r.Timer = deck.Timer{Actor: "ann", Err: "the data was \x1b[31mstale"}
		}, want: []string{"auto-resume not done: the data was ", "asked for by ann"}, not: []string{"resumes in", "\x1b[31mstale"}},
		{name: "acknowledged", edit: func(r *deck.Recording) {
			r.Ack = deck.Ack{Actor: "bo", Reason: "the card is looked for", Until: clock.Add(2 * time.Minute)}
		}, want: []string{"acknowledged by bo, silent until 09:46:20 CET", "by bo, silent until 09:46:20 CET: the card is looked for"}},
		{name: "paused by another session", edit: func(r *deck.Recording) { r.Pause.Recorded, r.Pause.Actor = true, "alice" },
			want: []string{"by alice, 3 min ago"}, not: []string{"by you, 3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := paused(deck.Verified)
			tt.edit(r)
			view := strings.Join(linesOf(show(theme.Theme{}, 100, 60, r), clock), "\n")
			for _, want := range tt.want {
				if !strings.Contains(view, want) {
					t.Errorf("%q is not in\n%s", want, view)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(view, not) {
					t.Errorf("%q is in\n%s", not, view)
				}
			}
		})
	}
}

// TestSiblingsAreNamed: those that are listed with the link, and how many more
// there are; while one of them records it is a warning.
func TestSiblingsAreNamed(t *testing.T) {
	th := theme.New(theme.Options{Mode: "dark"})
	r := paused(deck.Verified)
	r.Siblings = deck.Siblings{Recording: 2, Paused: 1, More: 7, List: []deck.Sibling{
		{SID: text.New("aaaa-0001"), Why: "the same call"}, {SID: text.New("aaaa-0002"), Why: "a participant's call"}}}
	m := show(th, 100, 60, r)
	view := strings.Join(linesOf(m, clock), "\n")
	for _, want := range []string{"2 of 10 still recording: …0001 …0002", "aaaa-0001 · the same call", "aaaa-0002 · a participant's call", "and 7 more"} {
		if !strings.Contains(view, want) {
			t.Errorf("%q is not in\n%s", want, view)
		}
	}
	if !strings.Contains(m.View(clock), th.Paint(theme.Warn, "2 of 10 still recording")) {
		t.Errorf("no warning in\n%s", m.View(clock))
	}
	r.Siblings.Recording, r.Siblings.Paused = 0, 10
	if view := strings.Join(linesOf(show(th, 100, 60, r), clock), "\n"); !strings.Contains(view, "10 active recordings of this conversation") || strings.Contains(view, "still recording") {
		t.Errorf("all are paused:\n%s", view)
	}
	r.Siblings = deck.Siblings{}
	if view := strings.Join(linesOf(show(th, 100, 60, r), clock), "\n"); strings.Contains(view, "conversation") {
		t.Errorf("it is the only one:\n%s", view)
	}
}

// TestTroubleIsFirst: what was to be paused and is not, with the reason, until
// it is acknowledged, and no longer than the recording lasts.
func TestTroubleIsFirst(t *testing.T) {
	tests := []struct {
		trouble deck.Trouble
		ended   bool
		want    string
		role    theme.Role
	}{
		{trouble: deck.Trouble{Kind: deck.NotPaused, Actor: "ann", Why: "no answer"}, want: "NOT PAUSED: still recording (no answer)", role: theme.Bad},
		{trouble: deck.Trouble{Kind: deck.NotPaused, Actor: "ann", Acked: true}, want: "NOT PAUSED: still recording, acknowledged", role: theme.Warn},
		{trouble: deck.Trouble{Kind: deck.ResumedByOthers, Actor: "ann"}, want: "RESUMED BY OTHERS: recording again", role: theme.Bad},
		{trouble: deck.Trouble{Kind: deck.NotPaused, Why: "\x1b[2Jx"}, want: "NOT PAUSED: still recording (", role: theme.Bad},
		{trouble: deck.Trouble{Kind: deck.NotPaused}, ended: true},
		{},
	}
	th := theme.New(theme.Options{Mode: "dark"})
	for _, tt := range tests {
		r := running()
		if r.Trouble = tt.trouble; tt.ended {
			r.Status, r.Ended = api.Completed, clock
		}
		m := show(th, 120, 30, r)
		view := strings.Join(linesOf(m, clock), "\n")
		if tt.want == "" {
			if strings.Contains(view, "NOT PAUSED") {
				t.Errorf("%+v: no trouble, but\n%s", tt, view)
			}
			continue
		}
		if !strings.Contains(view, tt.want) || !strings.Contains(m.View(clock), th.Begin(tt.role)) || strings.Contains(m.View(clock), "\x1b[2J") {
			t.Errorf("want %q as %v in\n%s", tt.want, tt.role, view)
		}
		if by := "the pause was asked for by " + map[bool]string{true: "tapedeck", false: "ann"}[tt.trouble.Actor == ""]; !strings.Contains(view, by) {
			t.Errorf("want %q in\n%s", by, view)
		}
	}
}

// TestMaskedPane hides the numbers but for the recording whose are shown, also
// in the raw fields and in the caller's name.
func TestMaskedPane(t *testing.T) {
	r := running()
	r.Call.CallerName = text.New("Doe 310 555 0177")
	m := show(theme.Theme{}, 100, 60, r)
	m.SetMask(true, text.Text{})
	m.SetRecording(r, 0, "8142", "")
	view := strings.Join(linesOf(m, clock), "\n")
	if strings.Contains(view, "310") || !strings.Contains(view, "***-0142") || !strings.Contains(view, "***-0177") {
		t.Errorf("masked:\n%s", view)
	}
	m.SetMask(true, r.SID)
	m.SetRecording(r, 0, "8142", "")
	if view := strings.Join(linesOf(m, clock), "\n"); !strings.Contains(view, "(310) 555-0142") {
		t.Errorf("revealed:\n%s", view)
	}
}
