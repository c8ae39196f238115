package journal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tapedeck/api/text"
)

// TestPast: a part lasts for as long as the session that made it looks on, and
// ends with whatever is on record after it.
func TestPast(t *testing.T) {
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
	after := func(seconds int) time.Time { return at.Add(time.Duration(seconds) * time.Second) }
	ana, bob, command := Who{Actor: "ana", PID: 1}, Who{Actor: "bob", PID: 2}, Who{Actor: "eve", PID: 3, Command: true}
	says := func(event Event, who Who, seconds int) []Entry {
		return []Entry{{Event: event, Who: who, Time: after(seconds)}}
	}
	isStale := func(who Who, since, seconds int) []Entry {
		return []Entry{{Event: Stale, Who: who, Time: after(seconds), Since: after(since)}}
	}
	update := func(who Who, status, outcomeIs string, seconds int) []Entry {
		id := fmt.Sprint(who.Actor, seconds)
		w, o := request(id), outcome(id)
		for _, e := range []*Entry{&w, &o} {
			e.Who, e.StatusAsked, e.Time, e.PauseBehavior = who, status, after(seconds), ""
			if e.StatusBefore = "paused"; status == "paused" {
				e.StatusBefore, e.PauseBehavior = "in-progress", "skip"
			}
		}
		o.Outcome, o.Latency = outcomeIs, 100*time.Millisecond
		return []Entry{w, o}
	}
	already := func(list []Entry) []Entry {
		for i := range list {
			list[i].StatusBefore = list[i].StatusAsked
		}
		return list
	}
	seen := func(who Who, outcomeIs, status string, of, seconds int) []Entry {
		e := outcome(fmt.Sprint(who.Actor, of))
		e.Event, e.Who, e.Outcome, e.StatusAnswered, e.Time, e.StatusAsked = Seen, who, outcomeIs, status, after(seconds), "paused"
		return []Entry{e}
	}
	all := func(lists ...[]Entry) (out []Entry) {
		for _, l := range lists {
			out = append(out, l...)
		}
		return out
	}
	tests := []struct {
		name    string
		entries []Entry
		want    string
	}{
		{"nothing", nil, ""},
		{"paused and resumed", all(says(Live, ana, 0), update(ana, "paused", "verified", 10), update(ana, "in-progress", "verified", 20), says(Reveal, ana, 50)),
			"skip 10-20, in-progress 20-50"},
		{"until its last word", all(says(Live, ana, 0), update(ana, "paused", "verified", 10), says(Ack, ana, 40)), "skip 10-40"},
		{"until it is stale", all(says(Live, ana, 0), update(ana, "paused", "verified", 10), says(Ack, ana, 40), isStale(ana, 30, 90), says(Live, ana, 95), says(Ack, ana, 99)),
			"skip 10-30"},
		{"nobody says that it looks on", all(update(ana, "paused", "verified", 10), update(ana, "in-progress", "verified", 20), says(Ack, ana, 40)), ""},
		{"by a command", all(says(Live, ana, 0), update(command, "paused", "verified", 10), says(Ack, ana, 40)), ""},
		{"a command ends it", all(says(Live, ana, 0), update(ana, "paused", "verified", 10), update(command, "in-progress", "verified", 30), says(Ack, ana, 40)), "skip 10-30"},
		{"somebody else does", all(says(Live, ana, 0), says(Live, bob, 5), update(ana, "paused", "verified", 10), update(bob, "in-progress", "accepted", 30), says(Ack, ana, 40), says(Ack, bob, 35)),
			"skip 10-30, in-progress 30-35"},
		{"others resume it", all(says(Live, ana, 0), update(ana, "paused", "verified", 10), seen(ana, "", "in-progress", 10, 60), says(Ack, ana, 90)), "skip 10-50"},
		{"it failed", all(says(Live, ana, 0), update(ana, "paused", "failed", 10), says(Ack, ana, 40)), ""},
		{"it was taken for done", all(says(Live, ana, 0), update(ana, "paused", "accepted", 10), says(Ack, ana, 20), seen(ana, "contradicted", "in-progress", 10, 22), says(Ack, ana, 40)), ""},
		{"found done later", all(says(Live, ana, 0), update(ana, "paused", "unknown", 10), says(Ack, ana, 20), seen(ana, "verified", "paused", 10, 22), says(Ack, ana, 40)), "skip 22-40"},
		{"paused already", all(says(Live, ana, 0), already(update(ana, "paused", "verified", 10)), says(Ack, ana, 40)), ""},
		{"stopped", all(says(Live, ana, 0), update(ana, "paused", "verified", 10), update(ana, "stopped", "verified", 30), says(Ack, ana, 40)), "skip 10-30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			past, err := PastOf("", "", func(yield func(Entry, error) bool) {
				for _, e := range tt.entries {
					if !yield(e, nil) {
						return
					}
				}
			})
			check(t, err)
			var out []string
			for _, p := range past(rec1) {
				what := p.Status
				if p.Behavior != "" {
					what = p.Behavior
				}
				out = append(out, fmt.Sprintf("%s %.0f-%.0f", what, p.From.Sub(at).Seconds(), p.To.Sub(at).Seconds()))
			}
			if got := strings.Join(out, ", "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestPastIsBounded: a recording has so many parts, and of many recordings those
// of which nothing was on record lately are let go.
func TestPastIsBounded(t *testing.T) {
	p, who := newPast(), Who{PID: 1}
	now := time.Now()
	p.entry(Entry{Event: Live, Who: who, Time: now.Add(-10 * followWindow)})
	done := func(sid text.Text, at time.Time) {
		p.update(&Action{Entry: Entry{Event: Request, ID: at.String(), Who: who, Recording: sid, StatusBefore: "in-progress", StatusAsked: "paused", Outcome: "verified"}, Answered: at}, Entry{Event: Outcome, Time: at})
	}
	for i := range 10 * maxParts {
		done(rec1, now.Add(time.Duration(i-100*maxParts)*time.Second))
	}
	if n := len(p.parts[rec1]); n > maxParts {
		t.Errorf("%d parts", n)
	}
	for i := range 2 * maxPauses {
		done(text.New(fmt.Sprint("old ", i)), now.Add(-2*followWindow))
	}
	p.forget(now.Add(-followWindow))
	if n := len(p.parts); n != 1 {
		t.Errorf("%d recordings, want the one that is not old", n)
	}
}

// TestPastIsReadFirst: before the journal has been read nothing is known, and that
// is said.
func TestPastIsReadFirst(t *testing.T) {
	f := Follow(t.TempDir(), "", "")
	if parts, read := f.Past(rec1); parts != nil || read {
		t.Errorf("%v, %v", parts, read)
	}
	close(f.ready)
	if _, read := f.Past(rec1); !read {
		t.Error("it was read")
	}
}
