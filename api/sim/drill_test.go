package sim

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var skips = url.Values{"Status": {"paused"}, "PauseBehavior": {"skip"}}

// playDrill opens a space for a drill of a scenario, and makes the first request.
func playDrill(t *testing.T, name Scenario) (*Space, *client) {
	t.Helper()
	o := name.Options()
	o.Drill = true
	s := New(o)
	if d := s.Drill(); !d.Begun.IsZero() || d.Over {
		t.Errorf("it has begun before anybody has looked: %+v", d)
	}
	c := newClient(t, s)
	c.get("Recordings")
	return s, c
}

// at is a time of a task, in seconds from when it was asked for; "-" for none.
func (t Task) at(when time.Time) string {
	if when.IsZero() {
		return "-"
	}
	return fmt.Sprint(when.Sub(t.Due).Seconds())
}

// taskWords are the tasks of a drill, each as its kind and its four times.
func taskWords(d Drill) (out []string) {
	for _, t := range d.Tasks {
		s := string(t.Kind) + " " + t.at(t.Done) + " " + t.at(t.Verified) + " " + t.at(t.Resumed) + " " + t.at(t.Settled)
		if t.Missed {
			s += " missed"
		}
		out = append(out, s)
	}
	return out
}

func wrongWords(d Drill) (out []string) {
	for _, w := range d.Wrong {
		out = append(out, fmt.Sprintf("%g %s: %s", w.Time.Sub(d.Begun).Seconds(), w.Status, w.Why))
	}
	return out
}

// TestDrillMeasures: what a drill measures is when the space was asked, did it and
// said so, whatever a client believes, and each kind of update that was not asked
// for is told from those that were.
func TestDrillMeasures(t *testing.T) {
	const second = time.Second
	tests := []struct {
		name      string
		scenario  Scenario
		do        func(c *client, mine, other Recording)
		tasks     []string
		wrong     []string
		forgotten int
		over      bool
	}{
		{name: "a pause is verified by the first read after it", scenario: "silent", do: func(c *client, mine, _ Recording) {
			c.space.scene.faults = nil // the answers come here
			time.Sleep(2 * second)
			c.update(mine, pause)
			time.Sleep(3 * second)
			c.get("Recordings/" + mine.SID + ".json")
			time.Sleep(second)
			c.update(mine, resume)
			time.Sleep(second)
			c.get("Recordings")
		}, tasks: []string{"pause 2 5 6 7"}, over: true},
		{name: "an answer to the update itself verifies nothing", scenario: "silent", do: func(c *client, mine, _ Recording) {
			c.space.scene.faults = nil
			c.update(mine, pause)
			c.update(mine, pause)
		}, tasks: []string{"pause 0 - - -"}, forgotten: 1},
		{name: "a read that shows the past verifies nothing", scenario: "silent", do: func(c *client, mine, _ Recording) {
			c.space.scene.faults = nil
			c.space.SetFaults(mustFaults(c.t, "lag=4s")...)
			time.Sleep(second)
			c.update(mine, pause)
			c.get("Recordings")
			time.Sleep(5 * second)
			c.get("Recordings")
		}, tasks: []string{"pause 1 6 - -"}, forgotten: 1},
		{name: "resumed before anything verified it", scenario: "silent", do: func(c *client, mine, _ Recording) {
			c.space.scene.faults = nil
			c.update(mine, pause)
			c.update(mine, resume)
			c.get("Recordings")
		}, tasks: []string{"pause 0 - 0 0"}, over: true},
		{name: "the wrong recording, put right", scenario: "silent", do: func(c *client, mine, other Recording) {
			c.space.scene.faults = nil
			c.update(other, pause)
			c.update(other, resume)
			c.update(mine, pause)
			c.get("Recordings")
			c.update(mine, resume)
			c.get("Recordings")
		}, tasks: []string{"pause 0 0 0 0"}, wrong: []string{"0 paused: another recording"}, over: true},
		{name: "the wrong recording, forgotten", scenario: "left-behind", do: func(c *client, mine, other Recording) {
			c.update(other, pause)
			c.update(mine, resume)
			c.get("Recordings")
		}, tasks: []string{"resume - - 0 0"}, wrong: []string{"0 paused: another recording"}, forgotten: 1},
		{name: "stopped", scenario: "left-behind", do: func(c *client, mine, other Recording) {
			c.update(mine, stop)
			c.update(other, stop)
		}, tasks: []string{"resume - - - - missed"}, wrong: []string{"0 stopped: stopped", "0 stopped: stopped"}, forgotten: 1, over: true},
		{name: "paused again", scenario: "left-behind", do: func(c *client, mine, _ Recording) {
			c.update(mine, resume)
			time.Sleep(second)
			c.update(mine, pause)
		}, tasks: []string{"resume - - - -"}, wrong: []string{"1 paused: paused again"}, forgotten: 1},
		{name: "refused, and tried again", scenario: "refused", do: func(c *client, mine, _ Recording) {
			c.update(mine, pause)
			time.Sleep(21 * second)
			c.update(mine, pause)
			c.get("Recordings")
		}, tasks: []string{"pause 21 21 - -"}, forgotten: 1},
		{name: "the lie ends in a drill", scenario: "lie", do: func(c *client, mine, _ Recording) {
			c.update(mine, pause)
			c.get("Recordings")
			time.Sleep(21 * second)
			c.update(mine, pause)
			c.get("Recordings")
			c.update(mine, resume)
			c.get("Recordings")
		}, tasks: []string{"pause 21 21 21 21"}, over: true},
		{name: "skip where all is to be kept", scenario: "mandated", do: func(c *client, mine, _ Recording) {
			c.update(mine, skips)
			c.get("Recordings")
			c.update(mine, resume)
			c.get("Recordings")
		}, tasks: []string{"pause 0 0 0 0", "start - - - -"}, wrong: []string{"0 paused: skipped"}},
		{name: "skip elsewhere", scenario: "refused", do: func(c *client, mine, _ Recording) {
			c.update(mine, skips)
		}, tasks: []string{"pause - - - -"}},
		{name: "a call without a recording", scenario: "mandated", do: func(c *client, mine, other Recording) {
			call := unrecorded(c)
			time.Sleep(4 * second)
			c.must("POST", c.account("Calls/"+call+"/Recordings"), url.Values{})
			time.Sleep(second)
			c.get("Recordings")
			c.must("POST", c.account("Calls/"+other.CallSID+"/Recordings"), url.Values{})
			c.update(mine, pause)
			c.get("Recordings")
			c.update(mine, resume)
			c.get("Recordings")
		}, tasks: []string{"pause 5 5 5 5", "start 4 5 - -"}, wrong: []string{"5 in-progress: another recording"}, over: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := playDrill(t, tt.scenario)
				mine := casted(s)
				other := first(t, s, func(r Recording) bool {
					return r.CallSID != "" && r.End.IsZero() && !slices.ContainsFunc(mine, func(m Recording) bool { return m.SID == r.SID })
				})
				tt.do(c, mine[0], other)
				d := s.Drill()
				if diff := cmp.Diff(tt.tasks, taskWords(d)); diff != "" {
					t.Errorf("tasks (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.wrong, wrongWords(d)); diff != "" {
					t.Errorf("wrong updates (-want +got):\n%s", diff)
				}
				if d.Forgotten != tt.forgotten || d.Over != tt.over {
					t.Errorf("forgotten %d, over %v, want %d and %v", d.Forgotten, d.Over, tt.forgotten, tt.over)
				}
			})
		})
	}
}

// unrecorded returns the SID of the call of the scenario mandated that nobody
// records.
func unrecorded(c *client) string {
	c.t.Helper()
	for _, call := range c.all("Calls", "calls") {
		if call["from"] == "client:not-recorded" && call["status"] == "in-progress" {
			return call["sid"].(string)
		}
	}
	c.t.Fatal("every call is recorded")
	return ""
}

// TestDrillCard: what counts in the scenario card is asked for when the call
// begins, a resume before the card has been read is too early, and a pause that
// lasts until the call ends was forgotten.
func TestDrillCard(t *testing.T) {
	tests := []struct {
		name      string
		do        func(c *client, r Recording)
		task      string
		wrong     []string
		forgotten int
		recorded  time.Duration
	}{
		{"in time", func(c *client, r Recording) {
			time.Sleep(3 * time.Second)
			c.update(r, pause)
			c.get("Recordings")
			time.Sleep(18 * time.Second)
			c.update(r, resume)
			c.get("Recordings")
		}, "pause 3 3 21 21", nil, 0, 0},
		{"too early", func(c *client, r Recording) {
			c.update(r, pause)
			c.get("Recordings")
			time.Sleep(10 * time.Second)
			c.update(r, resume)
			c.get("Recordings")
		}, "pause 0 0 - - missed", []string{"18 in-progress: resumed too early"}, 0, 10 * time.Second},
		{"forgotten", func(c *client, r Recording) {
			c.update(r, pause)
			c.get("Recordings")
		}, "pause 0 0 - - missed", nil, 1, 0},
		{"nothing", func(*client, Recording) {}, "pause - - - - missed", nil, 0, 12 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := playDrill(t, "card")
				time.Sleep(cardLead)
				if d := s.Drill(); len(d.Tasks) != 1 || d.Over {
					t.Fatalf("as the call begins: %+v", d)
				}
				tt.do(c, casted(s)[0])
				time.Sleep(2 * time.Minute) // no second call begins
				d := s.Drill()
				if diff := cmp.Diff([]string{tt.task}, taskWords(d)); diff != "" {
					t.Errorf("tasks (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.wrong, wrongWords(d)); diff != "" {
					t.Errorf("wrong updates (-want +got):\n%s", diff)
				}
				if d.Forgotten != tt.forgotten || d.Recorded != tt.recorded || !d.Over {
					t.Errorf("forgotten %d, recorded %s, over %v, want %d and %s", d.Forgotten, d.Recorded, d.Over, tt.forgotten, tt.recorded)
				}
			})
		})
	}
}

// A drill of the same seed is the same, whatever was asked meanwhile, and every
// scenario asks for something in it.
func TestDrillIsReproducible(t *testing.T) {
	for _, name := range Scenarios() {
		synctest.Test(t, func(t *testing.T) {
			one, c := playDrill(t, name)
			two, _ := playDrill(t, name)
			c.get("Calls")
			time.Sleep(cardLead)
			if diff := cmp.Diff(one.Recordings(), two.Recordings()); diff != "" {
				t.Errorf("%s: the same seed makes another space:\n%s", name, diff)
			}
			if a, b := one.Drill(), two.Drill(); len(a.Tasks) == 0 || a.Over || !cmp.Equal(a, b) {
				t.Errorf("%s: %+v, and again %+v", name, a, b)
			}
			if d := New(name.Options()).Drill(); len(d.Tasks) != 0 || d.Over {
				t.Errorf("%s: outside of a drill it asks for %+v", name, d)
			}
		})
	}
}

// TestHandover: the pauses of a shift that ends are told with the auto-resume that
// the API does not show, and the story has what becomes of them.
func TestHandover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := playDrill(t, "handover")
		list := s.HandedOver()
		var got []string
		for _, h := range list {
			words := time.Since(h.Paused).String()
			if !h.Resumes.IsZero() {
				words += ", resumes in " + time.Until(h.Resumes).String()
			}
			got = append(got, words)
		}
		if diff := cmp.Diff([]string{"6m0s", "2m0s", "30s, resumes in 20s"}, got); diff != "" {
			t.Errorf("handed over (-want +got):\n%s", diff)
		}
		for _, r := range casted(s) {
			c.update(r, resume)
		}
		c.get("Recordings")
		if d := s.Drill(); !d.Over || d.Forgotten != 0 {
			t.Errorf("all are resumed: %+v", d)
		}
		if left := s.HandedOver(); len(left) != 0 {
			t.Errorf("all are resumed, and %+v is handed over", left)
		}
		checkStory(t, s, "* has been paused for 06:00, and nothing resumes it", "* has been paused for 02:00, and nothing resumes it",
			"* has been paused for 00:30, its auto-resume is to come in 00:20",
			"* is resumed, after 00:30", "* is resumed, after 02:00", "* is resumed, after 06:00")
		if New(Scenario("card").Options()).HandedOver() != nil {
			t.Error("another scenario hands something over")
		}
	})
}

func TestMandated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := play(t, "mandated")
		r := casted(s)[0]
		call := unrecorded(c)
		c.update(r, pause)
		time.Sleep(10 * time.Second)
		started := c.must("POST", c.account("Calls/"+call+"/Recordings"), url.Values{})
		if started.status != 200 {
			t.Errorf("a start is answered %d", started.status)
		}
		c.update(r, resume)
		c.update(r, stop)
		checkStory(t, s, "the caller of * asks for a pause; the call of client:not-recorded is not recorded",
			"* is paused", "the call of client:not-recorded is recorded by *, 00:30 after it began", "* is resumed, after 00:10", "* is stopped: the rest of the call is lost")
	})
}
