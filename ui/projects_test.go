package ui

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/slips"
)

// projects returns a snapshot of two profiles: the office's calls, and those of
// sales, whose data is so old; 0 for live.
func projects(stale time.Duration) *deck.Snapshot {
	sales := snapshotOf(
		call(recording("5a1e0001-0000-4000-8000-00000000aa01", api.InProgress, 4*time.Minute), "(646) 555-0107", "(310) 555-0150"),
		paused(call(recording("5a1e0001-0000-4000-8000-00000000aa02", api.Paused, 9*time.Minute), "(503) 555-0177", "(310) 555-0150"), 20*time.Second, deck.Pause{Actor: "bob"}),
		// the SID of a call of the office
		call(recording(sidRec, api.InProgress, 3*time.Minute), "(718) 555-0188", "(310) 555-0150"),
	)
	if stale > 0 {
		sales = failed(sales, httpError(503, ""), stale)
	}
	return ofProfiles(deck.Part{Profile: "support-eu", Space: "https://acme.example.com", Snapshot: office()},
		deck.Part{Profile: "sales", Space: "https://acme.example.com", Snapshot: sales})
}

// ofProfiles merges profiles.
func ofProfiles(parts ...deck.Part) *deck.Snapshot {
	for _, p := range parts {
		for _, r := range p.Recordings {
			r.Profile = p.Profile
		}
		slices.SortFunc(p.Recordings, deck.NewestFirst)
	}
	return deck.Merge(1, parts, time.Now())
}

// of names a recording of a profile.
func of(profile, sid string) deck.Key { return deck.Key{Profile: profile, SID: text.New(sid)} }

// Two projects in one list: each row names its own, and the header says of which
// one the data is old.
func TestProjectsScreen(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"120x40", 120, 40}, {"80x24", 80, 24}, {"60x15", 60, 15}} {
		screenCase(t, "stale "+size.name, size.w, size.h, Options{}, func(s *session) { s.show(projects(42 * time.Second)) })
		screenCase(t, "live "+size.name, size.w, size.h, Options{}, func(s *session) { s.show(projects(0)) })
		screenCase(t, "stop asks "+size.name, size.w, size.h, Options{}, func(s *session) {
			s.show(projects(0))
			s.m.list.Select(of("sales", sidRec))
			s.wait(slips.LeadFor).press("X")
		})
		screenCase(t, "marked "+size.name, size.w, size.h, Options{}, func(s *session) {
			s.show(projects(0))
			for _, profile := range []string{"sales", "support-eu"} {
				s.m.list.Select(of(profile, sidRec))
				s.press("space")
			}
			s.press("p")
		})
	}
	screenCase(t, "one line 44x5", 44, 5, Options{}, func(s *session) { s.show(projects(42 * time.Second)) })
}

// What a key asks for goes to the project of the recording that is selected, and
// names it, though another project has a recording of the same SID.
func TestRequestGoesToItsProject(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := rapid.SampledFrom(projectKeys).Draw(rt, "recording")
		key := rapid.SampledFrom([]string{"p", "P", "r", "X", "a", "t", "v", "space"}).Draw(rt, "key")
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, 120, 40, Options{MaskNumbers: true})
			s.show(projects(0))
			s.m.list.Select(at)
			s.wait(slips.LeadFor).press(key)
			if q := s.m.prompt; q != nil {
				name := "project " + at.Profile + " at acme.example.com"
				if got := q.Question(); got.Request.Key() != at || got.Profile != name || !strings.Contains(s.text(), name) {
					rt.Errorf("%s asks about %+v of %q:\n%s", key, got.Request.Key(), got.Profile, s.text())
				}
			}
			s.wait(400 * time.Millisecond)
			short := at.SID.String()[len(at.SID.String())-4:]
			switch key {
			case "P":
				s.press("1")
			case "r":
				s.press("y")
			case "X":
				s.press(strings.Split(short, "")...).press("enter")
			case "a":
				s.press("o", "k", "enter", "5", "enter")
			case "t":
				s.press("9", "0", "enter")
			case "space":
				s.press("p").wait(400 * time.Millisecond).press("y")
			}
			for _, r := range s.d.requests {
				if r.Key() != at {
					rt.Errorf("%s at %v asks for %v", key, at, r.Key())
				}
			}
			for _, note := range s.d.notes {
				if !strings.Contains(note, at.Profile+"/"+short) {
					rt.Errorf("%s at %v: %s", key, at, note)
				}
			}
			if n := len(s.d.requests) + len(s.d.notes); n == 0 && key != "r" && key != "t" && key != "a" && s.m.prompt == nil && !strings.Contains(s.m.said(), "cannot") {
				rt.Errorf("%s at %v does nothing: %s\n%s", key, at, s.m.said(), s.text())
			}
		})
	})
}

// projectKeys are recordings of two projects that share a SID, and a paused one.
var projectKeys = []deck.Key{
	of("support-eu", sidRec), of("sales", sidRec), of("sales", "5a1e0001-0000-4000-8000-00000000aa02"), of("sales", "5a1e0001-0000-4000-8000-00000000aa01"),
}

// The result of an update names its project, and so does a trouble.
func TestResultNamesItsProject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, 120, 40, Options{})
		s.d.settle = func(r deck.Request) (deck.Progress, error) { return verified(r), nil }
		s.show(projects(0))
		s.m.list.Select(of("sales", sidRec))
		s.wait(slips.LeadFor).press("p")
		s.want("paused …" + sidRec[len(sidRec)-4:] + " (sales) with silence: verified in 0.4 s")
		snap := projects(0)
		for _, r := range snap.Recordings {
			if r.Key() == of("sales", sidRec) {
				r.Trouble = deck.Trouble{Kind: deck.NotPaused, Why: "HTTP 422"}
			}
		}
		snap.Parts[1].Count()
		s.show(deck.Merge(1, snap.Parts, time.Now()))
		s.want("(sales) is still recording (HTTP 422)")
	})
}

// A refusal for what a status is holds for a live project, and not for a stale one
// beside it; a project that is read-only refuses for itself.
func TestDoubtOfOneProject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, 120, 40, Options{})
		s.d.settle = func(r deck.Request) (deck.Progress, error) { return verified(r), nil }
		s.show(projects(42 * time.Second))
		s.m.list.Select(of("sales", "5a1e0001-0000-4000-8000-00000000aa02"))
		s.wait(slips.LeadFor).press("p")
		if s.wantVerbs("pause aa02 silence"); s.d.requests[0].Profile != "sales" {
			t.Errorf("of %q", s.d.requests[0].Profile)
		}
		s.m.list.Select(of("support-eu", sidPaused))
		s.wait(2 * time.Second).press("p")
		s.wantVerbs("pause aa02 silence")
		s.want("it is paused already")
		snap := projects(0)
		snap.Parts[1].ReadOnly = true
		s.show(snap)
		s.m.list.Select(of("sales", "5a1e0001-0000-4000-8000-00000000aa01"))
		s.wait(2 * time.Second).press("p")
		s.wantVerbs("pause aa02 silence")
		s.want("(sales): its project is read-only here")
	})
}

// What several profiles, and people elsewhere, call themselves changes nothing
// but their own cells.
func TestHostileProjectNames(t *testing.T) {
	for _, name := range []string{"\x1b[2J\x1b[31mevil", "a\nb\tc", "\u202eabc", strings.Repeat("very-long-", 30), "東京プロジェクト", ""} {
		for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 15}, {30, 3}} {
			synctest.Test(t, func(t *testing.T) {
				s := newSession(t, size[0], size[1], Options{})
				sales := snapshotOf(call(recording(sidRec, api.InProgress, time.Minute), "(718) 555-0188", "(310) 555-0150"))
				sales.Recordings[0].Asking = []deck.Asking{{Actor: name, Verb: "pause"}}
				s.show(ofProfiles(deck.Part{Profile: "support-eu", Space: "acme", Snapshot: office()}, deck.Part{Profile: name, Space: name, Snapshot: failed(sales, httpError(503, ""), 40*time.Second)}))
				s.m.list.Select(of(name, sidRec))
				s.wait(slips.LeadFor).press("X") // each frame is checked
				if strings.Contains(s.m.frame.Content, "\x1b[2J") || strings.Contains(s.m.windowTitle(), "\x1b") || strings.ContainsAny(s.m.frame.Content, "\u202e\t") {
					t.Errorf("%q, %d cells: %q", name, size[0], s.m.frame.Content)
				}
			})
		}
	}
}

// The help explains what several projects and a service add, and only there.
func TestHelpOfProjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, 250, 140, Options{})
		s.show(projects(0)).press("?")
		s.want("Shared with others", "PROJECT", "project:eu", "eu STALE 00:42", "alice is pausing")
		s.press("esc").show(office()).press("?")
		s.wantNot("Shared with others", "PROJECT")
	})
}
