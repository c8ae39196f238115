package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/policy"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
	"tapedeck/ui/slips"
)

// mandated is the office where recording is mandated.
func mandated() *deck.Snapshot {
	s := limited(office())
	s.Policy, s.UnrecordedAlarm = deck.Evidence, time.Minute
	return s
}

// mixed is two projects, of which recording is mandated in that of sales.
func mixed() *deck.Snapshot {
	s := projects(0)
	for i := range s.Parts {
		if s.Parts[i].Profile == "sales" {
			s.Parts[i].Policy = deck.Evidence
		}
	}
	return deck.Merge(1, s.Parts, time.Now())
}

// ripe is after everything that makes a key ask by itself.
func (s *session) ripe() *session { return s.wait(2 * slips.LeadFor) }

// TestEvidenceKeys: what each key does where recording is mandated.
func TestEvidenceKeys(t *testing.T) {
	skip := Options{PauseBehavior: api.Skip}
	for _, tt := range []struct {
		name, sid string
		o         Options
		keys      []string
		verbs     string
		says      string // on the screen
	}{
		{name: "pausing asks", sid: sidRec, keys: []string{"p"}, says: "Pause …91be with silence?"},
		{name: "and its question says why", sid: sidRec, keys: []string{"p"}, says: "The policy is evidence: until it is resumed, nothing is recorded."},
		{name: "y pauses", sid: sidRec, keys: []string{"p", "wait", "y"}, verbs: "pause 91be silence"},
		{name: "another key does not", sid: sidRec, keys: []string{"p", "wait", "n"}, says: "pause …91be: canceled, nothing was sent"},
		{name: "p alone does not", sid: sidRec, keys: []string{"p", "wait", "p", "wait", "p"}, says: "Pause …91be with silence?"},
		{name: "the setting skip is silence", sid: sidRec, o: skip, keys: []string{"p", "wait", "y"}, verbs: "pause 91be silence"},
		{name: "P has no skip", sid: sidRec, keys: []string{"P"}, says: "skip is refused: the policy is evidence"},
		{name: "2 is refused and asks on", sid: sidRec, keys: []string{"P", "wait", "2", "1"}, verbs: "pause 91be silence"},
		{name: "2 says why", sid: sidRec, keys: []string{"P", "wait", "2"}, says: "skip is refused: the policy is evidence, and silence keeps the timeline"},
		{name: "resuming is one key", sid: sidPaused, keys: []string{"r"}, verbs: "resume 8142"},
		{name: "stop asks why", sid: sidRec, keys: []string{"X"}, says: "Why is it stopped?"},
		{name: "the SID is no reason", sid: sidRec, keys: []string{"X", "wait", "9", "1", "b", "e", "enter"}, says: "nothing was stopped: type why first, then the end of the SID"},
		{name: "no reason is none", sid: sidRec, keys: []string{"X", "wait", "enter"}, says: "type why it is stopped, in a line; Esc cancels"},
		{name: "a reason is not enough", sid: sidRec, keys: []string{"X", "wait", "o", "d", "enter", "enter"}, says: `nothing was stopped: "" is not 91be`},
		{name: "then the SID", sid: sidRec, keys: []string{"X", "wait", "o", "d", "enter"}, says: "Reason: od"},
		{name: "both stop", sid: sidRec, keys: []string{"X", "wait", "o", "d", "enter", "9", "1", "b", "e", "enter"}, verbs: "stop 91be"},
	} {
		onNight(t, tt.name, tt.o, func(t *testing.T, s *session) {
			s.show(mandated()).pick(tt.sid).ripe()
			for _, k := range tt.keys {
				if k == "wait" {
					s.wait(400 * time.Millisecond)
					continue
				}
				s.press(k)
			}
			s.wantVerbs(tt.verbs)
			if tt.says != "" {
				s.want(tt.says)
			}
			if strings.HasPrefix(tt.verbs, "stop") && s.d.requests[0].Reason != "od" {
				t.Errorf("the reason is %q", s.d.requests[0].Reason)
			}
		})
	}
}

// TestEvidenceResumeAsks: one key resumes only what was meant: a key that came in
// an odd way asks, and so do marks.
func TestEvidenceResumeAsks(t *testing.T) {
	onNight(t, "in a burst", Options{}, func(t *testing.T, s *session) {
		s.show(mandated()).pick(sidPaused).ripe().hit("j", "k", "r")
		s.wantVerbs("")
		if s.m.prompt == nil {
			t.Error("it does not ask")
		}
	})
	onNight(t, "right after the selection moved", Options{}, func(t *testing.T, s *session) {
		s.show(mandated()).ripe()
		s.m.list.Select(of("", sidPaused))
		s.m.slips.Watch(slips.Spot{}, s.m.spot(), slips.ByItself, time.Now())
		s.press("r")
		s.wantVerbs("")
	})
	onNight(t, "marks", Options{}, func(t *testing.T, s *session) {
		s.show(mandated()).pick(sidPaused).press("space").pick(sidPaused2).press("space").ripe().press("r")
		s.wantVerbs("")
		s.want("Resume 2 recordings?")
	})
	onNight(t, "held down", Options{}, func(t *testing.T, s *session) {
		s.show(mandated()).pick(sidPaused).ripe().press("r").wait(200*time.Millisecond).press("r", "r", "r")
		s.wantVerbs("resume 8142")
	})
}

// TestMixedPolicies: in one list each recording goes by the policy of its project.
func TestMixedPolicies(t *testing.T) {
	pick := func(s *session, profile, sid string) *session {
		s.m.list.Select(of(profile, sid))
		return s.ripe()
	}
	skip := Options{PauseBehavior: api.Skip}
	onNight(t, "keys", skip, func(t *testing.T, s *session) {
		s.show(mixed()).want(" EVIDENCE sales ")
		pick(s, "support-eu", sidRec).press("p")
		s.wantVerbs("pause 91be skip")
		pick(s, "sales", sidRec).press("p")
		s.wantVerbs("pause 91be skip")
		s.want("Pause …91be (sales) with silence?")
		s.press("esc").ripe()
		pick(s, "sales", "5a1e0001-0000-4000-8000-00000000aa02").press("r")
		s.wantVerbs("pause 91be skip, resume aa02")
		s.press("esc").ripe()
		pick(s, "support-eu", sidPaused).press("r")
		s.want("Resume …8142 (support-eu)?")
		s.wantVerbs("pause 91be skip, resume aa02")
	})
	onNight(t, "marks of both", skip, func(t *testing.T, s *session) {
		s.show(mixed())
		for _, profile := range []string{"sales", "support-eu"} {
			pick(s, profile, sidRec).press("space")
		}
		s.ripe().press("p")
		s.want("Pause 2 recordings?", "The policy is evidence")
		s.wait(400 * time.Millisecond).press("y")
		got := map[string]api.PauseBehavior{}
		for _, r := range s.d.requests {
			got[r.Profile] = r.Update.PauseBehavior
		}
		if len(got) != 2 || got["sales"] != api.Silence || got["support-eu"] != api.Skip {
			t.Errorf("sent %v", got)
		}
	})
	onNight(t, "P with marks of both", Options{}, func(t *testing.T, s *session) {
		s.show(mixed())
		for _, profile := range []string{"sales", "support-eu"} {
			pick(s, profile, sidRec).press("space")
		}
		s.ripe().press("P").wait(400 * time.Millisecond).press("2")
		s.wantVerbs("")
		s.want("skip is refused")
	})
}

// TestEvidenceRole: where there are roles, one needs a word of its own to stop what
// has to be recorded, and no other project is any stricter for that.
func TestEvidenceRole(t *testing.T) {
	refused := "your role, operator, may not stop where the policy is evidence"
	onNight(t, "without the word", Options{Service: lacking()}, func(t *testing.T, s *session) {
		s.show(mandated()).pick(sidRec).ripe().press("X")
		if s.m.said() != refused || s.m.prompt != nil {
			t.Errorf("it says %q", s.m.said())
		}
		s.wantNot("X stop")
	})
	onNight(t, "with it", Options{Service: &fakeService{role: Role{Name: "lead", May: append(slices.Clone(allWords), policy.StopWord)}}}, func(t *testing.T, s *session) {
		s.show(mandated()).pick(sidRec).ripe().press("X")
		s.want("Why is it stopped?")
	})
	onNight(t, "of another project", Options{Service: lacking()}, func(t *testing.T, s *session) {
		s.show(mixed())
		s.m.list.Select(of("support-eu", sidRec))
		s.ripe().want("X stop")
		s.press("X")
		s.want("Type the last 4 of its SID")
		s.press("esc").ripe()
		s.m.list.Select(of("sales", sidRec))
		s.ripe().press("X")
		if s.m.said() != refused {
			t.Errorf("it says %q", s.m.said())
		}
	})
}

// TestEvidenceBehind: a pause that was left behind is resumed at once.
func TestEvidenceBehind(t *testing.T) {
	onNight(t, "r", Options{}, func(t *testing.T, s *session) {
		s.show(mandated()).leftBehind().leftBehind(LeftBehind{SID: text.New(sidPaused), Actor: "alice", PausedAt: time.Now().Add(-time.Minute), EndedAt: time.Now()}).wait(4 * time.Second)
		if s.m.prompt == nil || s.m.prompt.Question().Kind != prompt.Behind {
			t.Fatalf("no question is open: %s", s.text())
		}
		s.want("r resume it   any other")
		s.press("r")
		s.wantVerbs("resume 8142")
	})
}

// TestEvidenceScreens are the screens where recording is mandated.
func TestEvidenceScreens(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"120x40", 120, 40}, {"80x24", 80, 24}, {"60x15", 60, 15}, {"40x3", 40, 3}} {
		screenCase(t, "list "+size.name, size.w, size.h, Options{}, func(s *session) { s.show(mandated()).pick(sidRec) })
		screenCase(t, "pause "+size.name, size.w, size.h, Options{}, func(s *session) { s.show(mandated()).pick(sidRec).ripe().press("p") })
		if size.h > 3 {
			screenCase(t, "stop "+size.name, size.w, size.h, Options{}, func(s *session) {
				s.show(mandated()).pick(sidRec).ripe().press("X").wait(time.Second).press("o", "r", "d", "e", "r")
			})
			screenCase(t, "stop, then the SID "+size.name, size.w, size.h, Options{}, func(s *session) {
				s.show(mandated()).pick(sidRec).ripe().press("X").wait(time.Second).press("o", "r", "d", "e", "r", "enter", "9")
			})
			screenCase(t, "mixed "+size.name, size.w, size.h, Options{}, func(s *session) { s.show(mixed()) })
		}
	}
	screenCase(t, "choose", 80, 24, Options{}, func(s *session) { s.show(mandated()).pick(sidRec).ripe().press("P") })
	screenCase(t, "help", 100, 60, Options{}, func(s *session) { s.show(mandated()).press("?") })
	screenCase(t, "help of both", 100, 60, Options{}, func(s *session) { s.show(mixed()).press("?") })
	screenCase(t, "resume in a line", 40, 3, Options{}, func(s *session) { s.show(mandated()).pick(sidPaused).ripe().press("r") })
}
