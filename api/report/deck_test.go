package report

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// line is a connection to a simulated space that can be made to answer 503.
type line struct {
	next   http.RoundTripper
	broken atomic.Bool // the reads
	refuse atomic.Bool // the updates
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.broken.Load() && r.Method == http.MethodGet || l.refuse.Load() && r.Method == http.MethodPost {
		return &http.Response{
			StatusCode: http.StatusServiceUnavailable, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: http.NoBody,
		}, nil
	}
	return l.next.RoundTrip(r)
}

// paused is when a recording was paused in truth, to a tenth of a second.
type paused struct{ from, to time.Duration }

// TestWhatHappened: a night with a deck on a simulated space, with its journal:
// the report has each pause when it was, who made and who ended it, what went
// wrong, and when nobody could see.
func TestWhatHappened(t *testing.T) { synctest.Test(t, testWhatHappened) }

func testWhatHappened(t *testing.T) {
	began, dir := time.Now(), t.TempDir()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	space := sim.New(sim.Options{Seed: 7})
	sids := map[string]string{} // by what they are for
	for _, name := range []string{"timed", "others", "long", "refused", "stopped"} {
		sids[name] = space.Begin(sim.Begin{StartedAgo: time.Minute})
	}
	j, err := journal.Open(journal.Options{Dir: dir, Space: "https://acme.example", Project: space.Project()})
	check(err)
	wire := &line{next: space.Transport()}
	d, err := deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()), Transport: wire},
		deck.Config{Journal: j, Watched: true, Space: "https://acme.example", Project: space.Project()})
	check(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()

	truth := map[string][]paused{}
	watch := func(until time.Duration) { // looks at the space ten times a second
		for time.Since(began) < until {
			time.Sleep(100 * time.Millisecond)
			for _, r := range space.Recordings() {
				list := truth[r.SID]
				now := time.Since(began)
				open := len(list) > 0 && list[len(list)-1].to == 0
				switch is := r.Status == "paused"; {
				case is && !open:
					truth[r.SID] = append(list, paused{from: now})
				case !is && open:
					list[len(list)-1].to = now
				}
			}
		}
	}
	ana := journal.Who{Actor: "ana", Host: "h", PID: 1, Started: "s"}
	do := func(name string, u api.Update, resumeAfter time.Duration) {
		t.Helper()
		_, err := d.Do(t.Context(), deck.Request{SID: text.New(sids[name]), Actor: ana, Update: u, ResumeAfter: resumeAfter})
		check(err)
	}
	pause := api.Update{Status: api.Paused, PauseBehavior: api.Silence}
	j.Enqueue(journal.Entry{Event: journal.SessionBegan, Who: ana})
	watch(5 * time.Second)
	do("timed", api.Update{Status: api.Paused, PauseBehavior: api.Skip}, 30*time.Second)
	watch(10 * time.Second)
	do("others", pause, 0)
	watch(20 * time.Second)
	space.SetStatus(sids["others"], "in-progress")
	watch(25 * time.Second)
	do("long", pause, 0)
	watch(40 * time.Second)
	wire.refuse.Store(true)
	do("refused", pause, 0)
	wire.refuse.Store(false)
	do("stopped", api.Update{Status: api.Stopped}, 0)
	watch(60 * time.Second)
	wire.broken.Store(true)
	watch(100 * time.Second)
	wire.broken.Store(false)
	watch(160 * time.Second)
	check(d.Acknowledge(deck.Key{SID: text.New(sids["long"])}, ana, "card number", time.Minute))
	watch(300 * time.Second)
	do("long", api.Update{Status: api.InProgress}, 0)
	watch(310 * time.Second)
	_, _, err = d.Start(t.Context(), text.New(space.Recordings()[0].CallSID), api.StartOptions{}, ana)
	check(err)
	watch(320 * time.Second)
	j.Enqueue(journal.Entry{Event: journal.SessionEnded, Who: ana, Reason: "quit"})
	cancel()
	check(<-ended)
	check(j.Close())
	time.Sleep(40 * time.Second)

	r, err := Read(Options{Dir: dir, From: began, Limit: 3 * time.Minute})
	check(err)
	n := 0
	for _, c := range r.Calls {
		for _, rec := range c.Recordings {
			n += len(rec.Pauses)
			checkPauses(t, began, rec, truth[rec.SID.String()])
		}
	}
	if n != 3 || r.Totals.Pauses != 3 || r.Totals.AutoResumes != 1 || r.Totals.Resumes != 1 || r.Totals.Stops != 1 || r.Totals.Starts != 1 || r.Totals.Failed+r.Totals.Unknown+r.Totals.Contradicted != 1 {
		t.Errorf("%d pauses; %+v", n, r.Totals)
	}
	checkNight(t, began, r, sids)
}

// checkPauses holds the pauses of a recording against the truth.
func checkPauses(t *testing.T, began time.Time, rec *Recording, truth []paused) {
	t.Helper()
	if len(truth) != len(rec.Pauses) {
		t.Fatalf("%s: %d pauses, in truth %v", rec.SID, len(rec.Pauses), truth)
	}
	near := func(m Moment, d time.Duration, by time.Duration) bool {
		return (m.Time().Sub(began) - d).Abs() <= by
	}
	for i, p := range rec.Pauses {
		end := 200 * time.Millisecond
		if p.End == ByOthers {
			end = 3 * time.Second // a read shows it
		}
		if !near(p.Began, truth[i].from, 200*time.Millisecond) || !near(p.Ended, truth[i].to, end) {
			t.Errorf("%s: paused from %s to %s, in truth %v", rec.SID, p.Began.Time().Sub(began), p.Ended.Time().Sub(began), truth[i])
		}
	}
}

// checkNight holds the rest of the report against what was done.
func checkNight(t *testing.T, began time.Time, r *Report, sids map[string]string) {
	t.Helper()
	is := func(rec *Recording, name string) bool { return rec != nil && rec.SID.Is(sids[name]) }
	for _, p := range append(r.Longest, r.OverLimit...) {
		want := map[string]End{"timed": AutoResumed, "others": ByOthers, "long": Resumed}
		for name, end := range want {
			if is(p.Recording, name) && (p.End != end || p.How != Verified || p.By.Name != "ana") {
				t.Errorf("%s: %s, %s, by %s", name, p.End, p.How, p.By.Name)
			}
		}
	}
	if len(r.OverLimit) != 1 || !is(r.OverLimit[0].Recording, "long") {
		t.Errorf("over the limit: %d", len(r.OverLimit))
	}
	if len(r.Autos) != 1 || r.Autos[0].Fate != Done || !is(r.Autos[0].Recording, "timed") {
		t.Errorf("auto-resumes: %+v", r.Autos)
	}
	kinds := map[AlarmKind]string{}
	for _, a := range r.Alarms {
		for name, sid := range sids {
			if a.Recording.SID.Is(sid) {
				kinds[a.Kind] += name
			}
		}
		// The pause began at 25 s and was acknowledged at 160 s for a minute.
		if at := a.At.Time().Sub(began).Round(time.Second); a.Kind == TooLong && at != 220*time.Second {
			t.Errorf("it alarmed at %s", at)
		}
	}
	if len(r.Alarms) != 3 || kinds[TooLong] != "long" || kinds[NotPaused] != "refused" || kinds[OthersResumed] != "others" {
		t.Errorf("alarms: %v", kinds)
	}
	if len(r.Acks) != 1 || r.Acks[0].Reason != "card number" {
		t.Errorf("acks: %+v", r.Acks)
	}
	gaps := r.Watches[0].Gaps
	if len(gaps) > 1 && gaps[0].To.Sub(gaps[0].From) < time.Second { // the first scan, if it takes any time
		gaps = gaps[1:]
	}
	if len(gaps) != 2 || gaps[0].Why != StaleData || gaps[1].Why != NoSession {
		t.Fatalf("gaps: %+v", gaps)
	}
	from, to := gaps[0].From.Time().Sub(began), gaps[0].To.Time().Sub(began)
	if from < 55*time.Second || from > 61*time.Second || to < 100*time.Second || to > 135*time.Second {
		t.Errorf("stale from %s to %s", from, to)
	}
	if !r.Source.Intact || strings.Contains(r.Source.LastHash, " ") || r.Source.LastHash == "" {
		t.Errorf("%+v", r.Source)
	}
}
