package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// fakeService is a service that gives a role, and notes what it is told.
type fakeService struct {
	role Role
	told []string // questions, and how long ago a key was pressed
}

func (f *fakeService) Role() Role { return Role{f.role.Name, slices.Clone(f.role.May)} }

func (f *fakeService) Show(q Question, key time.Time) {
	sid := "none"
	if !q.Key.IsZero() {
		sid = q.Verb + " " + tail(q.Key)
		for _, of := range q.More {
			sid += "," + tail(of)
		}
	}
	idle := "never"
	if !key.IsZero() {
		idle = time.Since(key).Round(time.Second).String()
	}
	f.told = append(f.told, sid+" "+idle)
}

var allWords = []string{"view", "pause", "resume", "stop", "start", "acknowledge", "timer", "reveal", "bulk", "sessions"}

// lacking returns a role that lacks words.
func lacking(words ...string) *fakeService {
	may := slices.DeleteFunc(slices.Clone(allWords), func(w string) bool { return slices.Contains(words, w) })
	return &fakeService{role: Role{Name: "operator", May: may}}
}

// gone returns a snapshot whose service is gone since then.
func gone(s *deck.Snapshot, since time.Time) *deck.Snapshot {
	s.Health.Away, s.Health.Err = since, errors.New("the service is gone: connection refused")
	return s
}

// TestRole: what a role may not is said at once for each key, is sent by none,
// and is no hint; the help says it in the place of what the key does.
func TestRole(t *testing.T) {
	for _, tt := range []struct{ word, key, says, hint string }{
		{"pause", "p", "pause", "p pause·silence"},
		{"pause", "P", "pause", "P choose"},
		{"resume", "r", "resume", "r resume"},
		{"stop", "X", "stop", "X stop"},
		{"acknowledge", "a", "acknowledge", "a acknowledge"},
		{"timer", "t", "set an auto-resume", ""},
		{"reveal", "v", "reveal numbers", ""},
		{"bulk", "space", "change several at once", "Space mark"},
	} {
		says := "your role, operator, may not " + tt.says
		onNight(t, tt.key+" without "+tt.word, Options{Service: lacking(tt.word), MaskNumbers: true}, func(t *testing.T, s *session) {
			s.show(pausedFor(192*time.Second, 41*time.Second)).wait(time.Second)
			s.want("as operator")
			if tt.hint != "" {
				s.wantNot(tt.hint)
			}
			s.pick(sidPaused).press(tt.key)
			if s.m.said() != says {
				t.Errorf("it says %q, want %q", s.m.said(), says)
			}
			s.wantVerbs("")
			s.wantNotes("")
			if s.m.prompt != nil {
				t.Error("a question is open")
			}
			s.press("?")
			s.want(says)
		})
		onNight(t, tt.key+" with "+tt.word, Options{Service: lacking(), MaskNumbers: true}, func(t *testing.T, s *session) {
			s.show(pausedFor(192*time.Second, 41*time.Second)).wait(time.Second)
			if tt.hint != "" {
				s.send(tea.WindowSizeMsg{Width: 250, Height: 40})
				s.want(tt.hint)
			}
			if s.pick(sidPaused).press(tt.key); strings.Contains(s.m.said(), "role") {
				t.Errorf("it says %q", s.m.said())
			}
		})
	}
}

// TestRoleChanges: what a role may is what the service said last.
func TestRoleChanges(t *testing.T) {
	svc := lacking("stop")
	onNight(t, "", Options{Service: svc}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidRec).press("X")
		s.want("your role, operator, may not stop", "as operator")
		svc.role = Role{Name: "lead", May: allWords}
		s.show(office()).pick(sidRec).wait(time.Second).press("X")
		s.want("Stop …91be: this cannot be undone", "as lead")
	})
}

// TestRoleWithoutTimer: the auto-resume of the settings goes with no pause, for
// the service would refuse it, and that is said.
func TestRoleWithoutTimer(t *testing.T) {
	onNight(t, "p", Options{Service: lacking("timer"), AutoResume: time.Minute}, func(t *testing.T, s *session) {
		s.show(office())
		s.want("pauses made here have no auto-resume: your role, operator, may not set an auto-resume")
		s.wantNot("resumes in 01:00")
		s.pick(sidRec).press("p")
		s.wantVerbs("pause 91be silence")
		s.wantAfter(0)
	})
	onNight(t, "t of P", Options{Service: lacking("timer")}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidRec).press("P").wait(time.Second).press("t")
		s.want("your role, operator, may not set an auto-resume")
		s.press("1")
		s.wantVerbs("pause 91be silence")
	})
}

// TestRoleIsNotLedAstray: nothing on the screen points to a key that the role has
// not, and nothing says of an auto-resume what does not hold on a service.
func TestRoleIsNotLedAstray(t *testing.T) {
	for _, k := range []string{"s", "x", "delete"} {
		onNight(t, k+" without stop", Options{Service: lacking("stop")}, func(t *testing.T, s *session) {
			s.show(office()).pick(sidRec).press(k)
			if want := "your role, operator, may not stop"; s.m.said() != want {
				t.Errorf("it says %q, want %q", s.m.said(), want)
			}
			s.press("?")
			s.wantNot("do nothing: stop is X")
		})
		onNight(t, k+" with stop", Options{Service: lacking()}, func(t *testing.T, s *session) {
			s.show(office()).pick(sidRec).press(k)
			s.want("stop is X, it asks first")
		})
	}
	help := func(m *Model) string { return fmt.Sprint(m.keySections()) }
	onNight(t, "P without timer", Options{Service: lacking("timer")}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidRec).press("P")
		s.want("1 silence", "2 skip")
		s.wantNot("auto-resume: asks for the time first", "t auto-resume")
		if strings.Contains(help(s.m), "t first sets an auto-resume") {
			t.Error("the help has t of P")
		}
	})
	onNight(t, "P with timer", Options{Service: lacking()}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidRec).press("P")
		s.want("auto-resume: asks for the time first", "t auto-resume")
		if !strings.Contains(help(s.m), "t first sets an auto-resume") {
			t.Error("the help has no t of P")
		}
		if strings.Contains(help(s.m), "refuses with an auto-resume") || !strings.Contains(help(s.m), "refuses with an update under way") {
			t.Error("the help has ctrl+z refuse what the service does")
		}
	})
	onNight(t, "ctrl+z of an own deck", Options{}, func(t *testing.T, s *session) {
		s.show(office())
		if !strings.Contains(help(s.m), "refuses with an auto-resume or an update under way") {
			t.Error("the help does not say that ctrl+z refuses with an auto-resume")
		}
	})
	left := LeftBehind{SID: text.New(sidPaused), Actor: "alice"}
	for _, tt := range []struct{ lacks, has, not string }{
		{"acknowledge", "r resume it, asks   any other key leaves it", "t take it over"},
		{"resume", "t take it over   any other key leaves it", "r resume"},
	} {
		onNight(t, "left behind without "+tt.lacks, Options{Service: lacking(tt.lacks)}, func(t *testing.T, s *session) {
			s.show(office()).leftBehind(left).wait(4 * time.Second).show(office())
			s.want("alice paused …8142", tt.has)
			s.wantNot(tt.not)
		})
	}
	onNight(t, "left behind with nothing to answer", Options{Service: lacking("acknowledge", "resume")}, func(t *testing.T, s *session) {
		s.show(office()).leftBehind(left).wait(4 * time.Second).show(office()).press("L")
		if want := "your role, operator, may not acknowledge"; s.m.said() != want || s.m.prompt != nil {
			t.Errorf("it says %q, want %q", s.m.said(), want)
		}
	})
}

// TestRoleWithoutBulk: of several siblings it is asked about one after the other,
// so that no answer is about several.
func TestRoleWithoutBulk(t *testing.T) {
	onNight(t, "", Options{Service: lacking("bulk")}, func(t *testing.T, s *session) {
		s.d.settle = func(req deck.Request) (deck.Progress, error) {
			return deck.Progress{Request: req, Outcome: deck.Verified, Settled: true}, nil
		}
		snap := change(office(), sidRec, func(r *deck.Recording) {
			r.Siblings = deck.Siblings{Recording: 2, List: []deck.Sibling{{SID: text.New(sidOld), Recording: true}, {SID: text.New(sidQueued), Recording: true}}}
		})
		s.show(snap).pick(sidRec).press("p").wait(time.Second)
		s.want("Pause", "1 more")
		if n := len(s.m.prompt.Question().Many); n != 1 {
			t.Errorf("the question is about %d", n)
		}
		s.press("y")
		if s.d.batches > 0 && len(s.d.requests) > 2 {
			t.Errorf("several at once: %s", s.verbs())
		}
	})
}

// TestServiceGone: the header says since when, the rows are dim, the open
// question closes and says why, nothing is asked of a service that is gone, and
// what was selected, marked, filtered and sorted is so when it is back.
func TestServiceGone(t *testing.T) {
	onNight(t, "", Options{Service: lacking()}, func(t *testing.T, s *session) {
		s.show(office()).pick(sidOld).press("space").pick(sidRec).press("space", "o", "3", "/", "5", "5", "5", "enter")
		rows, marks, order := s.rows(), len(s.m.list.Marks()), s.m.list.SortWords()
		s.press("r").wait(time.Second) // what is marked: none is paused
		s.pick(sidRec).press("X").wait(time.Second)
		s.want("Stop …91be: this cannot be undone")
		began := time.Now()
		s.show(gone(office(), began)).wait(3 * time.Second)
		s.want("service gone 2s, reconnecting", "canceled: the service is gone")
		s.wantNot("Stop …91be: this cannot be undone")
		if !s.m.stale {
			t.Error("the rows are not dim")
		}
		for _, k := range []string{"p", "P", "X", "a", "t"} {
			s.pick(sidPaused).press(k)
			if s.m.prompt != nil || !strings.HasSuffix(s.m.said(), "the service is gone; this screen reconnects by itself") {
				t.Errorf("%s: it says %q", k, s.m.said())
			}
		}
		s.wantVerbs("")
		s.wantNotes("")
		s.show(office())
		s.wantNot("service gone", "the service is gone")
		if r, _ := s.m.selected(); tail(r.Key()) != "8142" || s.rows() != rows || len(s.m.list.Marks()) != marks || s.m.list.SortWords() != order {
			t.Errorf("rows %q, want %q; %d marks, want %d; %s, want %s", s.rows(), rows, len(s.m.list.Marks()), marks, s.m.list.SortWords(), order)
		}
	})
}

// TestToldService: the service is told of a question when it opens and closes,
// and of keys at most every ten seconds.
func TestToldService(t *testing.T) {
	svc := lacking()
	onNight(t, "", Options{Service: svc}, func(t *testing.T, s *session) {
		s.show(office()).wait(30 * time.Second)
		wantTold := func(want ...string) {
			t.Helper()
			if fmt.Sprint(svc.told) != fmt.Sprint(want) {
				t.Errorf("it was told %q, want %q", svc.told, want)
			}
			svc.told = nil
		}
		wantTold()
		s.pick(sidRec).press("X")
		wantTold("stop 91be 0s")
		s.press("esc")
		wantTold("none 0s")
		for range 100 {
			s.press("j").wait(100 * time.Millisecond)
		}
		if n := len(svc.told); n < 1 || n > 2 {
			t.Errorf("in twelve seconds of keys it was told %q", svc.told)
		}
		svc.told = nil
		s.wait(30 * time.Second)
		if n := len(svc.told); n > 1 {
			t.Errorf("without keys it was told %q", svc.told)
		}
		svc.told = nil
		s.pick(sidPaused).press("a").wait(time.Second).press("esc")
		s.wait(11 * time.Second)
		for _, told := range svc.told { // an acknowledgement is no update
			if !strings.HasPrefix(told, "none ") {
				t.Errorf("it was told %q", svc.told)
			}
		}
	})
}

// TestToldServiceOfSeveral: the service is told of every recording that a question
// is about, also when one is left out of it.
func TestToldServiceOfSeveral(t *testing.T) {
	svc := lacking()
	onNight(t, "", Options{Service: svc}, func(t *testing.T, s *session) {
		s.show(pausedFor(20*time.Second, 20*time.Second))
		s.pick(sidRec).press("space").pick(sidOld).press("space").pick(sidPaused).wait(time.Second)
		told := func(when, want string) {
			t.Helper()
			if len(svc.told) == 0 || svc.told[len(svc.told)-1] != want {
				t.Errorf("%s it was told %q, want %q", when, svc.told, want)
			}
			svc.told = nil
		}
		s.press("p")
		told("of a question", "pause 91be,07d1 0s")
		s.show(change(pausedFor(20*time.Second, 20*time.Second), sidRec, func(r *deck.Recording) { r.Status = "stopped" }))
		told("when one is over", "pause 07d1 0s")
		s.wait(time.Second).press("n")
		told("when it is closed", "none 0s")
	})
}

// TestFirstFrameOfService: the recordings that the service knows are in the first
// frame, before any message.
func TestFirstFrameOfService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDeck()
		d.feed <- office()
		m := New(t.Context(), Options{Deck: d, Service: lacking("stop"), Space: "acme"})
		m.w, m.h = 120, 40
		m.compose()
		if shown := screenText(m.View(), 120, 40); !strings.Contains(shown, "91be") || strings.Contains(shown, "LOADING") || !strings.Contains(shown, "as operator") {
			t.Errorf("the first frame is\n%s", shown)
		}
	})
}

// TestTimersOfService: leaving says that an auto-resume goes on, and it keeps
// nobody from suspending.
func TestTimersOfService(t *testing.T) {
	play := func(service Service) func(t *testing.T, s *session) {
		return func(t *testing.T, s *session) {
			s.d.settle = func(req deck.Request) (deck.Progress, error) {
				return deck.Progress{Request: req, Outcome: deck.Verified, Settled: true}, nil
			}
			s.show(office()).pick(sidRec).press("p")
			at := time.Now().Add(time.Minute)
			s.show(change(office(), sidRec, func(r *deck.Recording) {
				r.Status, r.Pause = api.Paused, deck.Pause{Since: time.Now(), Actor: "ana"}
				r.Timer = deck.Timer{At: at, Actor: "ana"}
			})).press("q").wait(time.Second)
			if words := "it is resumed at " + at.UTC().Format("15:04:05"); service != nil {
				s.want(words)
				s.wantNot("will not be done")
			} else {
				s.want("its auto-resume will not be done")
			}
			s.press("esc")
			if why := s.m.timerWords(); (why == "") != (service != nil) {
				t.Errorf("cannot suspend: %q", why)
			}
		}
	}
	svc := lacking()
	onNight(t, "of a service", Options{Service: svc}, play(svc))
	onNight(t, "of an own deck", Options{}, play(nil))
}
