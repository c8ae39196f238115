package paper

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api/report"
	"tapedeck/api/text"
)

// began is when the shift of the fixture begins.
var began = time.Date(2026, 11, 29, 6, 0, 0, 0, time.UTC)

// after returns the moment so long after the beginning of the shift.
func after(s string) report.Moment {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return report.MomentOf(began.Add(d))
}

// aShift builds a report of a shift of eight hours.
type aShift struct {
	*report.Report
	persons map[string]*report.Person
}

func newShift() *aShift {
	return &aShift{persons: map[string]*report.Person{}, Report: &report.Report{
		From: after("0"), To: after("8h"), Made: began.Add(8*time.Hour + 12*time.Second), Limit: 3 * time.Minute,
		Source: report.Source{Dir: "/var/lib/tapedeck", Files: []report.File{{Name: "journal.jsonl", Lines: 1204}}, Lines: 1204,
			First: after("-200h"), Last: after("7h58m"), LastSeq: 1204, LastHash: strings.Repeat("3fa1c09d", 8), Intact: true},
	}}
}

func (s *aShift) person(name string) *report.Person {
	if s.persons[name] == nil {
		s.persons[name] = &report.Person{Name: name}
		s.Persons = append(s.Persons, s.persons[name])
	}
	return s.persons[name]
}

// sid returns a SID that ends in four characters.
func sid(end string) text.Text { return text.New("3f1c9d5e-0b7a-4c61-9f0e-8d2a64b7" + end) }

// call adds a call with recordings, by the ends of their SIDs.
func (s *aShift) call(end, first, last string, recordings ...string) *report.Call {
	c := &report.Call{SID: sid(end), Space: "acme.signalwire.com", Project: "6a1f2c3d-0000-4aaa-8bbb-000000000001", First: after(first), Last: after(last)}
	for _, r := range recordings {
		c.Recordings = append(c.Recordings, &report.Recording{SID: sid(r), Call: c, First: c.First, Last: c.Last})
	}
	s.Calls = append(s.Calls, c)
	return c
}

// pause adds a pause of a recording from a time on, for so long; 0 has no end on
// record.
func (s *aShift) pause(rec *report.Recording, who, at, long string, b report.Behavior) *report.Pause {
	p := &report.Pause{Recording: rec, By: s.person(who), Asked: after(at) - 182, Began: after(at), Behavior: b, How: report.Verified, Known: after(at) + 60_000}
	if d, _ := time.ParseDuration(long); d > 0 {
		p.Ended = p.Began + report.Moment(d.Milliseconds())
		p.End, p.EndHow, p.EndedBy, p.EndAsked, p.Known = report.Resumed, report.Verified, p.By, p.Ended-140, p.Ended
	}
	rec.Pauses = append(rec.Pauses, p)
	return p
}

// done sums up.
func (s *aShift) done() *report.Report {
	t := &s.Totals
	for _, c := range s.Calls {
		if c.Paused() > 0 {
			t.Calls++
		}
		for _, rec := range c.Recordings {
			for _, p := range rec.Pauses {
				d, ok := p.For()
				t.Pauses++
				t.Paused += d
				p.By.Pauses++
				p.By.Paused += d
				p.By.Longest = max(p.By.Longest, d)
				if !ok {
					t.Open++
				}
				switch p.End {
				case report.Resumed:
					p.By.Resumes++
				case report.AutoResumed:
					p.By.AutoResumes++
				}
				if p.Behavior == report.Skip {
					t.Skip++
				} else {
					t.Silence++
				}
				if d > s.Limit {
					s.OverLimit = append(s.OverLimit, p)
					t.OverLimit++
					p.By.OverLimit++
				}
				s.Longest = append(s.Longest, p)
			}
		}
	}
	slices.SortStableFunc(s.Longest, func(a, b *report.Pause) int { return int(b.Known - b.Began - a.Known + a.Began) })
	s.Longest = s.Longest[:min(10, len(s.Longest))]
	for _, u := range s.Updates {
		switch u.Outcome {
		case report.OutcomeFailed:
			t.Failed++
		case report.OutcomeUnknown:
			t.Unknown++
		}
		u.By.Trouble++
	}
	for _, a := range s.Acks {
		a.By.Acks++
	}
	for _, u := range s.Stops {
		u.By.Stops++
	}
	for _, w := range s.Watches {
		t.Unwatched += w.Unwatched()
	}
	t.Acks, t.Alarms, t.OffRecord = len(s.Acks), len(s.Alarms), len(s.OffRecord)
	return s.Report
}

// night is a shift with something of everything.
func night() *report.Report {
	s := newShift()
	a := s.call("5e2c", "10m", "55m", "8142")
	s.pause(a.Recordings[0], "alice", "14m3.112s", "41.3s", report.Silence)
	s.pause(a.Recordings[0], "alice", "32m10.5s", "1m52.871s", report.Silence)

	b := s.call("a42b", "1h2m", "2h31m", "9b0d", "9b0e")
	b.Numbers = report.Numbers{From: text.New("***-0142"), To: text.New("Claims intake")}
	long := s.pause(b.Recordings[0], "bob", "1h20m", "6m12.04s", report.Silence)
	long.End, long.How = report.AutoResumed, report.VerifiedLate
	s.pause(b.Recordings[1], "bob", "1h20m1s", "6m14s", report.Silence)
	s.pause(b.Recordings[0], "carol as root", "2h2m", "48.2s", report.Skip)
	s.Autos = append(s.Autos, &report.AutoResume{Recording: b.Recordings[0], By: s.person("bob"), Set: after("1h20m"), Due: after("1h26m"), Fate: report.Done, At: after("1h26m12s")})
	ack := &report.Ack{Recording: b.Recordings[0], By: s.person("dana"), At: after("1h23m40s"), Until: after("1h33m40s"), Reason: "caller is still reading out the card"}
	s.Acks = append(s.Acks, ack)
	s.Alarms = append(s.Alarms, &report.Alarm{Kind: report.TooLong, Recording: b.Recordings[0], Call: b, At: after("1h23m"), Until: after("1h26m12s"), Acks: []*report.Ack{ack}})

	c := s.call("aad3", "2h40m", "4h10m", "c52d")
	c.Conference = true
	s.pause(c.Recordings[0], "carol as root", "2h55m", "2m11s", report.Skip)
	others := s.pause(c.Recordings[0], "alice", "3h31m", "1m2s", report.Skip)
	others.End, others.EndHow, others.EndedBy, others.EndAsked = report.ByOthers, report.SeenByRead, nil, 0 // at a time before
	c.Recordings[0].Seen = append(c.Recordings[0].Seen, report.Seen{At: others.Ended})
	s.Alarms = append(s.Alarms, &report.Alarm{Kind: report.OthersResumed, Recording: c.Recordings[0], Call: c, At: others.Ended, Until: after("3h36m")})

	d := s.call("6f49", "4h30m", "5h2m", "22f8")
	s.Updates = append(s.Updates, &report.Update{Recording: d.Recordings[0], Call: d, By: s.person("bob"), Verb: report.DoPause, Behavior: report.Silence, Asked: after("4h44m"), Outcome: report.OutcomeFailed, Reason: "HTTP 503, service unavailable", HTTPStatus: 503})
	s.pause(d.Recordings[0], "bob", "4h44m4s", "1m31s", report.Silence)

	e := s.call("7e03", "6h5m", "6h44m", "617c")
	s.pause(e.Recordings[0], "alice", "6h30m", "0", report.Silence).Known = after("6h38m")
	s.OverLimit = append(s.OverLimit, e.Recordings[0].Pauses[0])
	s.Totals.OverLimit++

	f := s.call("b9db", "7h1m", "7h50m", "0e32")
	s.pause(f.Recordings[0], "alice", "7h20m", "1m4.75s", report.Silence)
	f.Recordings[0].Stopped = &report.Update{Recording: f.Recordings[0], Call: f, By: s.person("dana"), Verb: report.DoStop, Asked: after("7h49m59s"), Answered: after("7h49m59.2s"), Outcome: report.OutcomeVerified}
	s.Stops = append(s.Stops, f.Recordings[0].Stopped)

	s.Watches = []*report.Watch{{Space: "acme.signalwire.com", Project: "6a1f2c3d-0000-4aaa-8bbb-000000000001",
		Sessions: []*report.Session{
			{By: "alice", Host: "desk-3", PID: 4102, Began: after("-20m"), From: after("-20m"), Ended: after("5h10m"), To: after("5h10m"), Reason: "quit"},
			{By: "bob", Host: "desk-4", PID: 771, Began: after("5h53m"), From: after("5h53m"), To: after("8h"), Runs: true},
			{By: "carol", Host: "desk-1", PID: 919, From: after("2h30m"), To: after("3h40m")},
		},
		Gaps: []report.Gap{{From: after("3h42m"), To: after("3h51m30s"), Why: report.StaleData}, {From: after("5h10m"), To: after("5h53m"), Why: report.NoSession}}}}
	s.OffRecord = append(s.OffRecord, report.OffRecord{At: after("4h44m30s"), Kind: report.LostEntries, By: s.person("bob"), What: "2 entries could not be written: no space left on device"})
	return s.done()
}

// busy is a shift with so many calls of two pauses each.
func busy(calls int) *report.Report {
	s := newShift()
	for i := range calls {
		from := 7 * time.Hour * time.Duration(i) / time.Duration(calls)
		c := s.call(fmt.Sprintf("%06x", i*7919), from.String(), (from + 40*time.Minute).String(), fmt.Sprintf("%06x", i*7919+1))
		p := s.pause(c.Recordings[0], []string{"alice", "bob", "carol"}[i%3], (from + 9*time.Minute).String(), "1m10s", report.Silence)
		s.pause(c.Recordings[0], "bob", (from + 19*time.Minute).String(), "25s", report.Skip)
		if i%50 == 7 {
			p.Ended += 300_000
			p.Known = p.Ended
		}
	}
	s.Watches = []*report.Watch{{Space: "acme.signalwire.com", Project: "6a1f2c3d-0000-4aaa-8bbb-000000000001",
		Sessions: []*report.Session{{By: "alice", Host: "desk-3", PID: 4102, Began: after("0"), From: after("0"), To: after("8h"), Runs: true}}}}
	return s.done()
}

// pageOf returns the page of a report.
func pageOf(t *testing.T, r *report.Report, o Options) string {
	t.Helper()
	b, err := Page(r, o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
