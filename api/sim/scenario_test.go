package sim

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	pause  = url.Values{"Status": {"paused"}, "PauseBehavior": {"silence"}}
	resume = url.Values{"Status": {"in-progress"}}
	stop   = url.Values{"Status": {"stopped"}}
)

// play opens a space for a scenario, and checks that its story begins with what
// the scenario is.
func play(t *testing.T, name Scenario) (*Space, *client) {
	t.Helper()
	s := New(name.Options())
	if story := s.Story(); len(story) == 0 || !strings.Contains(ScenarioHelp(), strings.TrimPrefix(story[0], string(name)+": ")+"\n") {
		t.Errorf("the story begins with %q", story)
	}
	return s, newClient(t, s)
}

// checkStory compares the story to the lines wanted, after the first, which is
// what the scenario is. A * stands for the end of a SID.
func checkStory(t *testing.T, s *Space, want ...string) {
	t.Helper()
	var got []string
	for _, line := range s.Story()[1:] {
		if i := strings.Index(line, "…"); i >= 0 {
			for _, r := range s.Recordings() {
				line = strings.ReplaceAll(line, "…"+r.SID[32:], "*")
			}
		}
		got = append(got, line)
	}
	for i := range want {
		want[i] = string(s.scene.kind.name) + ": " + want[i]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
}

// casted returns the recordings that the scenario is about, newest first.
func casted(s *Space) []Recording {
	var out []Recording
	for _, r := range s.Recordings() {
		if rec, _ := s.recording(r.SID); rec.cast {
			out = append(out, r)
		}
	}
	return out
}

func TestParseScenario(t *testing.T) {
	for _, sc := range Scenarios() {
		if got, err := ParseScenario(string(sc)); err != nil || got != sc {
			t.Errorf("%s is read as %q, %v", sc, got, err)
		}
		if !strings.Contains(ScenarioHelp(), "\n  "+string(sc)+"  ") {
			t.Errorf("help lacks %s", sc)
		}
	}
	for _, name := range []string{"", "crad", "help", "Card"} {
		if _, err := ParseScenario(name); err == nil || !strings.Contains(err.Error(), "one of card, refused, lie, silent, left-behind, siblings") {
			t.Errorf("%q: error %v", name, err)
		}
	}
	if story := New(Options{Recordings: 3}).Story(); len(story) != 0 {
		t.Errorf("a space without a scenario has the story %q", story)
	}
	defer func() {
		if recover() == nil {
			t.Error("New takes any scenario")
		}
	}()
	New(Options{Scenario: "nonesuch"})
}

// Apart from what a scenario is about, nothing in it calls for attention.
func TestScenarioIsCalm(t *testing.T) {
	for _, sc := range Scenarios() {
		synctest.Test(t, func(t *testing.T) {
			s, c := play(t, sc)
			same := New(sc.Options())
			if diff := cmp.Diff(s.Recordings(), same.Recordings()); diff != "" {
				t.Errorf("%s: the same seed makes another space:\n%s", sc, diff)
			}
			owners, active := map[string]bool{}, 0
			mine := casted(s)
			for _, r := range s.Recordings() {
				if !r.End.IsZero() || slices.Contains(mine, r) {
					continue
				}
				active++
				if owner := r.CallSID + r.ConferenceSID; r.Status != "in-progress" || owners[owner] {
					t.Errorf("%s: %+v", sc, r)
				} else {
					owners[owner] = true
				}
			}
			if active != 8 {
				t.Errorf("%s: %d calm recordings, want 8", sc, active)
			}
			for _, r := range c.all("Recordings", "recordings") {
				checkRecording(t, r)
			}
			if sc == "card" {
				return
			}
			before := s.Recordings()
			time.Sleep(time.Hour)
			c.get("Recordings")
			if diff := cmp.Diff(before, s.Recordings()); diff != "" {
				t.Errorf("%s: something happens by itself (-before +after):\n%s", sc, diff)
			}
		})
	}
}

// Churn ends recordings, but never one that the scenario is about.
func TestScenarioWithChurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Scenario("left-behind").Options()
		o.Churn = 60
		s := New(o)
		time.Sleep(time.Hour)
		if left := casted(s); len(left) != 1 || left[0].Status != "paused" {
			t.Errorf("left behind: %+v", left)
		}
		if len(s.Recordings()) < 1000 {
			t.Error("there is no churn")
		}
	})
}

func TestCard(t *testing.T) {
	tests := []struct {
		name string
		do   func(c *client, r Recording) // from the beginning of the recording
		want []string
	}{
		{"in time", func(c *client, r Recording) {
			time.Sleep(6800 * time.Millisecond)
			c.update(r, pause)
			time.Sleep(15 * time.Second)
			c.update(r, resume)
		}, []string{"paused 1.2 s before the card", "nothing of the card was recorded", "resumed 1.8 s after the card"}},
		{"late", func(c *client, r Recording) {
			time.Sleep(11400 * time.Millisecond)
			c.update(r, pause)
			time.Sleep(10 * time.Second)
			c.update(r, resume)
		}, []string{"paused 3.4 s into the card", "recorded 3.4 s of the card", "resumed 1.4 s after the card"}},
		{"resumed too early", func(c *client, r Recording) {
			time.Sleep(5 * time.Second)
			c.update(r, pause)
			time.Sleep(13 * time.Second)
			c.update(r, resume)
		}, []string{"paused 3.0 s before the card", "resumed 2.0 s too early", "recorded 2.0 s of the card"}},
		{"twice", func(c *client, r Recording) {
			for _, form := range []url.Values{pause, resume, pause, resume} {
				time.Sleep(4 * time.Second)
				c.update(r, form)
			}
		}, []string{"paused 4.0 s before the card", "resumed 12.0 s too early", "paused 4.0 s into the card", "resumed 4.0 s too early", "recorded 8.0 s of the card"}},
		{"never", func(*client, Recording) {}, []string{"recorded 12.0 s of the card, all of it"}},
		{"never resumed", func(c *client, r Recording) { c.update(r, pause) }, []string{
			"paused 8.0 s before the card", "nothing of the card was recorded", "still paused when the call ended, 30.0 s after the card"}},
		{"stopped", func(c *client, r Recording) {
			time.Sleep(2 * time.Second)
			c.update(r, stop)
		}, []string{"stopped 6.0 s before the card: the rest of the call is lost", "nothing of the card was recorded"}},
		{"stopped while it is read", func(c *client, r Recording) {
			time.Sleep(9 * time.Second)
			c.update(r, stop)
		}, []string{"stopped 1.0 s into the card: the rest of the call is lost", "recorded 1.0 s of the card"}},
		{"refused by a fault", func(c *client, r Recording) {
			c.space.SetFaults(mustFaults(c.t, "503@update")...)
			c.update(r, pause)
		}, []string{"recorded 12.0 s of the card, all of it"}},
		{"the wrong call", func(c *client, _ Recording) {
			other := first(c.t, c.space, isConference)
			c.update(other, pause)
			time.Sleep(30 * time.Second)
			c.update(other, resume)
		}, []string{"* is paused, which is of another call", "recorded 12.0 s of the card, all of it", "* is in-progress, which is of another call"}},
		{"paused again and again", func(c *client, r Recording) {
			for range 3 {
				c.update(r, pause)
				time.Sleep(9 * time.Second)
			}
			c.update(r, resume)
		}, []string{"paused 8.0 s before the card", "nothing of the card was recorded", "resumed 7.0 s after the card"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := play(t, "card")
				time.Sleep(time.Hour) // nobody has looked yet
				c.get("Recordings")
				time.Sleep(8 * time.Second)
				r := first(t, s, isActiveRecording)
				if age := time.Since(r.Created); age != 0 || r.Status != "in-progress" {
					t.Fatalf("no call has begun: %+v", r)
				}
				call := c.get("Calls/" + r.CallSID)
				if call["caller_name"] != "Reads a card in 8 s" || call["from"] != "client:card-in-8-s" {
					t.Errorf("caller_name %v, from %v", call["caller_name"], call["from"])
				}
				began := time.Now()
				tt.do(c, r)
				time.Sleep(time.Until(began.Add(55 * time.Second)))
				if got := c.get("Calls/" + r.CallSID); got["status"] != "completed" || got["caller_name"] != "Has read a card" {
					t.Errorf("the call in the end: %v, %v", got["status"], got["caller_name"])
				}
				checkStory(t, s, append([]string{"a call begins, its caller reads out a card in 8 s (*)"}, tt.want...)...)
			})
		})
	}
}

func isActiveRecording(r Recording) bool { return r.End.IsZero() }

// Another call comes each minute while somebody looks; after that, only when
// somebody looks again.
func TestCardRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := play(t, "card")
		look := func(d time.Duration) {
			for range d / (2 * time.Second) {
				c.get("Recordings")
				time.Sleep(2 * time.Second)
			}
		}
		look(4 * time.Minute)
		calls := casted(s)
		if len(calls) != 4 {
			t.Fatalf("%d calls in 4 minutes, want 4", len(calls))
		}
		for i := range calls[1:] {
			if d := calls[i].Created.Sub(calls[i+1].Created); d != time.Minute {
				t.Errorf("%v between two calls", d)
			}
		}
		time.Sleep(24 * time.Hour)
		if got := len(casted(s)); got != 5 {
			t.Errorf("%d calls after a day without anybody, want 5", got)
		}
		look(10 * time.Second)
		again := first(t, s, isActiveRecording)
		if len(casted(s)) != 6 || time.Since(again.Created) != 2*time.Second {
			t.Errorf("no call 8 s after somebody looked again: %+v", again)
		}
	})
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := play(t, "refused")
		r := first(t, s, func(r Recording) bool { return r.Status == "in-progress" && !isConference(r) })
		other := first(t, s, func(o Recording) bool { return isActiveRecording(o) && isConference(o) })
		checkError1(t, c.update(r, pause), 503, 20504)
		time.Sleep(19 * time.Second)
		checkError1(t, c.update(r, pause), 503, 20504)
		if got := c.get("Recordings/" + r.SID + ".json"); got["status"] != "in-progress" {
			t.Errorf("a refused pause was done: %v", got["status"])
		}
		time.Sleep(time.Second)
		checkError1(t, c.update(other, pause), 503, 20504)
		for _, form := range []url.Values{pause, pause, resume, pause, stop} {
			if a := c.update(r, form); a.status != 200 || a.json["status"] != form.Get("Status") {
				t.Errorf("%v: %d %s", form, a.status, a.body)
			}
		}
		if a := c.update(r, pause); a.status != 422 {
			t.Errorf("pause of a stopped one: %d %s", a.status, a.body)
		}
		checkStory(t, s,
			"* is not paused, answered 503, 0.0 s after the first attempt",
			"* is not paused, answered 503, 19.0 s after the first attempt",
			"* is not paused, answered 503, 0.0 s after the first attempt",
			"* is paused, 20.0 s after the first attempt")
	})
}

func TestLie(t *testing.T) {
	for name, o := range map[string]Options{
		"scenario": Scenario("lie").Options(),
		"fault":    {Recordings: 8, Faults: mustFaults(t, "lie")},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(o)
			c := newServer(t, s)
			for _, conf := range []bool{false, true} {
				r := first(t, s, func(r Recording) bool { return r.Status == "in-progress" && isConference(r) == conf })
				for _, form := range []url.Values{pause, stop, resume} {
					if a := c.update(r, form); a.status != 200 || a.json["status"] != "in-progress" {
						t.Errorf("%v: %d %s", form, a.status, a.body)
					}
					u := s.Updates()
					if last := u[len(u)-1]; last.HTTPStatus != 200 || last.Applied != (form.Get("Status") == "in-progress") {
						t.Errorf("recorded: %+v", last)
					}
				}
				if got := find(t, s, r.SID); got != r {
					t.Errorf("it was done: %+v", got)
				}
			}
			if a := c.update(first(t, s, isConference), url.Values{}); a.status != 422 {
				t.Errorf("without a status: %d %s", a.status, a.body)
			}
			if name == "scenario" {
				said := "* is still in-progress, though paused was asked for and answered 200"
				stopped := "* is still in-progress, though stopped was asked for and answered 200"
				checkStory(t, s, said, stopped, said, stopped)
			}
		})
	}
}

func TestSilent(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string // status afterwards
	}{
		{"scenario", Scenario("silent").Options(), "paused"},
		{"fault", Options{Faults: mustFaults(t, "silent@update")}, "paused"},
		{"not done", Options{Faults: mustFaults(t, "silent-lost@update")}, "in-progress"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(tt.o)
				c := newClient(t, s)
				c.http.Timeout = 10 * time.Second
				r := find(t, s, s.Begin(Begin{StartedAgo: time.Minute}))
				began := time.Now()
				_, err := c.send("POST", c.account(updatePath(r)), pause)
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second {
					t.Errorf("error %v after %v", err, time.Since(began))
				}
				if got := c.get("Recordings/" + r.SID + ".json"); got["status"] != tt.want {
					t.Errorf("afterwards: %v", got["status"])
				}
				want := UpdateRecord{Time: began.UTC(), SID: r.SID, Parent: r.CallSID, Status: "paused", PauseBehavior: "silence", Applied: tt.want == "paused"}
				if diff := cmp.Diff([]UpdateRecord{want}, s.Updates()); diff != "" {
					t.Errorf("recorded (-want +got):\n%s", diff)
				}
				if tt.name == "scenario" {
					checkStory(t, s, "* is paused, and nobody is told: the answer never comes")
				}
			})
		})
	}
}

// A server lets go of the request when the client has gone.
func TestSilentServer(t *testing.T) {
	s := New(Options{Recordings: 1, Faults: mustFaults(t, "silent")})
	c := newServer(t, s)
	c.http.Timeout = 50 * time.Millisecond
	r := first(t, s, isActiveRecording)
	if _, err := c.send("POST", c.account(updatePath(r)), pause); err == nil {
		t.Error("the update was answered")
	}
	if _, err := c.send("GET", c.account("Recordings"), nil); err == nil {
		t.Error("the list was answered")
	}
	if got := find(t, s, r.SID); got.Status != "paused" {
		t.Errorf("the update was not done: %+v", got)
	}
}

func TestLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := play(t, "left-behind")
		r := first(t, s, func(r Recording) bool { return r.Status == "paused" })
		if ago := time.Since(r.Updated); ago != 47*time.Minute || len(casted(s)) != 1 {
			t.Errorf("paused for %v: %+v", ago, r)
		}
		time.Sleep(75 * time.Second)
		c.update(r, resume)
		time.Sleep(5 * time.Second)
		c.update(r, pause)
		time.Sleep(10 * time.Second)
		c.update(r, stop)
		checkStory(t, s, "* has been paused for 47:00", "* is resumed, after 48:15", "* is stopped and was never resumed, after 00:10")
	})
}

func TestSiblings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := play(t, "siblings")
		all := casted(s)
		if len(all) != 4 {
			t.Fatalf("%d recordings, want 4", len(all))
		}
		own, second, room, one := all[0], all[1], all[2], all[3]
		if second.CallSID != one.CallSID || room.ConferenceSID == "" || own.CallSID == one.CallSID {
			t.Errorf("own %+v\nsecond %+v\nroom %+v\none %+v", own, second, room, one)
		}
		people := sids(t, c.get("Conferences/"+room.ConferenceSID+"/Participants"), "participants", "call_sid")
		if !slices.Contains(people, own.CallSID) {
			t.Errorf("%s is not among the participants %v", own.CallSID, people)
		}
		c.update(one, pause)
		c.update(second, pause)
		c.update(room, pause)
		c.update(second, resume)
		s.EndConference(room.ConferenceSID)
		checkStory(t, s,
			"* and * are of one call", "* is of a conference, * of the call of a participant",
			"* is paused: 1 of 2 recording", "* is paused: 0 of 2 recording", "* is paused: 1 of 2 recording",
			"* is in-progress: 1 of 2 recording", "* is completed: 0 of 2 recording", "* is completed: 0 of 2 recording")
	})
}

func TestScenarioBesideFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Scenario("silent").Options()
		o.Faults = mustFaults(t, "slow=2s", "duration-string")
		s := New(o)
		c := newClient(t, s)
		c.http.Timeout = 10 * time.Second
		began := time.Now()
		if got := rows(t, c.get("Recordings"), "recordings")[0]; got["duration"] != "0" || time.Since(began) != 2*time.Second {
			t.Errorf("after %v: %v", time.Since(began), got)
		}
		s.SetFaults()
		r := first(t, s, isActiveRecording)
		if _, err := c.send("POST", c.account(updatePath(r)), pause); err == nil {
			t.Error("without faults the scenario is over")
		}
	})
}

// The dashboard of the demo has no journal that could tell of the last shift.
func TestLeftBehindIsTold(t *testing.T) {
	o := DefaultOptions()
	if list := New(o).LeftBehind(); len(list) != 0 {
		t.Errorf("without the scenario: %v", list)
	}
	o.Scenario = "left-behind"
	s := New(o)
	list := s.LeftBehind()
	if len(list) != 1 || !list[0].Lost.After(list[0].Paused) || list[0].Actor == "" {
		t.Fatalf("left: %v", list)
	}
	left := first(t, s, func(r Recording) bool { return r.SID == list[0].SID })
	if left.Status != "paused" || time.Since(list[0].Paused).Round(time.Minute) != leftFor {
		t.Errorf("%s is %s, and was left at %s", left.SID, left.Status, list[0].Paused)
	}
}
