package ui

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/alarms"
	"tapedeck/ui/header"
	"tapedeck/ui/names"
)

// TestNothingIsSelected: a key that needs a recording says that there is none,
// and does nothing else.
func TestNothingIsSelected(t *testing.T) {
	tests := []struct{ key, want string }{
		{"p", "cannot pause: "}, {"P", "cannot pause: "}, {"r", "cannot resume: "}, {"X", "cannot stop: "},
		{"space", "cannot mark: "}, {"a", "cannot acknowledge: "}, {"t", "cannot set an auto-resume: "},
	}
	for _, tt := range tests {
		onNight(t, tt.key, Options{}, func(t *testing.T, s *session) {
			s.show(nothing(nil)).press(tt.key)
			s.want(tt.want)
			s.wantVerbs("")
			s.wantNotes("")
			if s.m.prompt != nil || len(s.m.list.Marks()) > 0 {
				t.Error("something is open, or marked")
			}
		})
	}
	for _, key := range []string{"c", "C", "J", "enter"} {
		onNight(t, key, Options{}, func(t *testing.T, s *session) {
			s.show(nothing(nil))
			s.others = nil
			s.press(key)
			if s.m.said() == "" || len(s.others) > 0 || s.m.full {
				t.Errorf("it says %q, sends %q, full %t", s.m.said(), s.others, s.m.full)
			}
		})
	}
}

// TestSelectedKeys: what a key says of the recording that is selected.
func TestSelectedKeys(t *testing.T) {
	at120(t, "C of one that names no call", Options{}, func(t *testing.T, s *session) {
		s.show(snapshotOf(recording(sidRec, api.InProgress, time.Minute, "call_sid=null"))).pick(sidRec)
		s.others = nil
		s.press("C")
		s.want("…91be names no call and no conference")
		if len(s.others) > 0 {
			t.Errorf("sent %q", s.others)
		}
	})
	at120(t, "space twice", Options{}, func(t *testing.T, s *session) {
		s.pick(sidRec).press("space")
		s.want("marked …91be; p P r act on the 1 marked")
		s.pick(sidRec).press("space")
		s.want("unmarked …91be")
		s.pick(sidEnded).press("space")
		s.want("cannot mark …5b6d: it has ended")
		if len(s.m.list.Marks()) > 0 {
			t.Error("something is marked")
		}
	})
	at120(t, "an auto-resume of somebody else", Options{}, func(t *testing.T, s *session) {
		at := time.Now().Add(time.Minute)
		s.show(change(office(), sidPaused, func(r *deck.Recording) { r.Timer = deck.Timer{At: at, Actor: "bo"} })).pick(sidPaused).press("t")
		s.want("It is set for "+at.Local().Format("15:04:05"), ", by bo.")
		s.press("esc")
		s.show(change(office(), sidPaused, func(r *deck.Recording) { r.Timer = deck.Timer{At: at, Actor: "ana"} })).wait(time.Second).pick(sidPaused).press("t")
		s.wantNot(", by ana")
	})
	at120(t, "R that brings nothing new", Options{}, func(t *testing.T, s *session) {
		s.press("R")
		s.want("refreshing")
		s.wait(100 * time.Millisecond).show(office())
		s.want("refreshed")
		if s.d.refreshed != 1 {
			t.Errorf("refreshed %d times", s.d.refreshed)
		}
	})
	at120(t, "+ to the end", Options{}, func(t *testing.T, s *session) {
		for range 30 {
			s.press("+")
		}
		s.want("the longest")
		last := s.d.intervals[len(s.d.intervals)-1]
		s.press("+")
		if n := len(s.d.intervals); s.d.intervals[n-1] != last || last > deck.MaxInterval {
			t.Errorf("intervals %v", s.d.intervals)
		}
	})
}

// TestManyTroubles: three are named, and how many more there are.
func TestManyTroubles(t *testing.T) {
	tests := []struct {
		sids []string
		kind deck.TroubleKind
		want string
	}{
		{[]string{sidRec}, deck.NotPaused, "NOT PAUSED: …91be is still recording (HTTP 422)"},
		{[]string{sidRec}, deck.ResumedByOthers, "RESUMED BY OTHERS: …91be is recording again (HTTP 422)"},
		{[]string{sidRec, sidOld}, deck.NotPaused, " are still recording"},
		{[]string{sidRec, sidOld, sidQueued, sidPaused}, deck.NotPaused, " and 1 more are still recording"},
	}
	for _, tt := range tests {
		at120(t, tt.want, Options{}, func(t *testing.T, s *session) {
			kinds := map[string]deck.TroubleKind{}
			for _, sid := range tt.sids {
				kinds[sid] = tt.kind
			}
			s.show(troubledOffice(kinds))
			s.want(tt.want)
			if words := s.m.troubleWords(); strings.Count(words, "…") != min(len(tt.sids), alarms.MostNamed) {
				t.Errorf("it says %q", words)
			}
			title := s.m.windowTitle()
			if many := len(tt.sids) > 1; strings.Contains(title, "…") == many || !strings.HasPrefix(title, "!"+header.Loud(tt.kind)+" ") {
				t.Errorf("the title is %q", title)
			}
		})
	}
	at120(t, "read-only", Options{ReadOnly: true}, func(t *testing.T, s *session) {
		s.show(troubledOffice(map[string]deck.TroubleKind{sidRec: deck.NotPaused}))
		s.want("a acknowledges")
		s.wantNot("p pauses")
	})
}

// TestOneLineWords: the smallest screen says the same of a recording, in its few
// cells.
func TestOneLineWords(t *testing.T) {
	oneLine(t, "others have resumed it", Options{}, func(t *testing.T, s *session) {
		s.show(troubledOffice(map[string]deck.TroubleKind{sidRec: deck.ResumedByOthers}))
		s.want("RESUMED BY OTHERS 1")
	})
	oneLine(t, "Esc clears what hides it", Options{}, func(t *testing.T, s *session) {
		s.m.full, s.m.right, s.m.mode = true, true, telling
		s.press("esc")
		if s.m.full || s.m.right || s.m.mode != normal {
			t.Error("something is open still")
		}
	})
	oneLine(t, "who is on the line", Options{}, func(t *testing.T, s *session) {
		room := func(name string) *deck.Recording {
			r := recording(sidRec, api.InProgress, time.Minute, "call_sid=null", `conference_sid="conf-1"`)
			if name != "" {
				r.Conference = &api.Conference{SID: text.New("conf-1"), FriendlyName: text.New(name)}
			}
			return r
		}
		line := func(from, to string) *deck.Recording {
			return call(recording(sidRec, api.InProgress, time.Minute), from, to)
		}
		tests := []struct {
			r    *deck.Recording
			want string
		}{
			{room(""), "conference"},
			{room("Claims"), "Claims (confere…"},
			{recording(sidRec, api.InProgress, time.Minute), "call"},
			{line("+13105550142", "+13105550199"), "…0142 → …0199"},
			{line("sip:agent7@acme", "client:ana"), "agent7 → ana"},
			{line("sips:longername@acme", "tel:+13105550199"), "longern… → …0199"},
			{line("", "911"), "? → 911"},
			{line("anonymous", "12345"), "anonymo… → 12345"},
		}
		for _, tt := range tests {
			if got := s.m.people(tt.r).Short(tt.r, " ", names.PartyWidth); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		}
	})
}
