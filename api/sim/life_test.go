package sim

import (
	"math"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLifecycle pauses with skip and with silence, resumes and stops, and looks
// at what comes of it.
func TestLifecycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		c := newClient(t, s)
		sid := s.Begin(Begin{})
		r := find(t, s, sid)
		begun := time.Now().UTC()
		for _, form := range []url.Values{
			{"Status": {"paused"}, "PauseBehavior": {"skip"}},
			{"Status": {"in-progress"}},
			{"Status": {"paused"}, "PauseBehavior": {"silence"}},
			{"Status": {"in-progress"}},
			{"Status": {"stopped"}},
		} {
			time.Sleep(20 * time.Second)
			if a := c.update(r, form); a.status != 200 || a.json["duration"] != 0.0 || a.json["end_time"] != nil {
				t.Fatalf("%v: %d %s", form, a.status, a.body)
			}
		}
		time.Sleep(time.Second)
		if got := c.get("Recordings/" + sid + ".json"); got["status"] != "stopped" || got["end_time"] != nil {
			t.Errorf("a second after the stop: %v", got)
		}
		time.Sleep(time.Second)
		got := c.get("Recordings/" + sid + ".json")
		checkRecording(t, got)
		want := map[string]any{
			"status":       "completed",
			"start_time":   begun.Format(time.RFC1123Z),
			"end_time":     begun.Add(100 * time.Second).Format(time.RFC1123Z),
			"date_updated": begun.Add(102 * time.Second).Format(time.RFC1123Z),
			"duration":     80.0, // 100 s without the 20 s that were skipped
			"price":        "-0.0050",
		}
		for key, value := range want {
			if got[key] != value {
				t.Errorf("%s is %v, want %v", key, got[key], value)
			}
		}
		if call := c.get("Calls/" + r.CallSID); call["status"] != "in-progress" {
			t.Errorf("the call is %v after its recording was stopped", call["status"])
		}
	})
}

func TestEndings(t *testing.T) {
	tests := []struct {
		name  string
		begin Begin
		end   func(s *Space, r Recording)
		want  string
		owner string // status of the call or conference
	}{
		{"call ends", Begin{}, func(s *Space, r Recording) { s.EndCall(r.CallSID) }, "completed", "completed"},
		{"call ends in a pause", Begin{Status: "paused"}, func(s *Space, r Recording) { s.EndCall(r.CallSID) }, "completed", "completed"},
		{"call ends while queued", Begin{Status: "queued"}, func(s *Space, r Recording) { s.EndCall(r.CallSID) }, "absent", "completed"},
		{"conference ends", Begin{Conference: true}, func(s *Space, r Recording) { s.EndConference(r.ConferenceSID) }, "completed", "completed"},
		{"recording ends", Begin{}, func(s *Space, r Recording) { s.EndRecording(r.SID) }, "completed", "in-progress"},
		{"another has stopped it", Begin{}, func(s *Space, r Recording) { s.SetStatus(r.SID, "stopped") }, "stopped", "in-progress"},
		{"another says failed", Begin{}, func(s *Space, r Recording) { s.SetStatus(r.SID, "failed") }, "failed", "in-progress"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Options{})
				c := newClient(t, s)
				tt.begin.StartedAgo = time.Minute
				r := find(t, s, s.Begin(tt.begin))
				time.Sleep(3 * time.Second)
				tt.end(s, r)
				got := find(t, s, r.SID)
				if got.Status != tt.want || !got.Updated.Equal(time.Now()) || !got.End.Equal(time.Now()) {
					t.Errorf("got %+v", got)
				}
				path := "Calls/" + r.CallSID
				if r.ConferenceSID != "" {
					path = "Conferences/" + r.ConferenceSID
				}
				if owner := c.get(path); owner["status"] != tt.owner {
					t.Errorf("%s is %v, want %s", path, owner["status"], tt.owner)
				}
			})
		})
	}
}

func TestBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		now := time.Now().UTC()
		const sid, call = "0d9c8b7a-1111-4ccc-9ddd-000000008142", "5e4d3c2b-2222-4eee-8fff-000000000201"
		s.Begin(Begin{SID: sid, CallSID: call, Status: "paused", PauseBehavior: "skip", StartedAgo: time.Hour, DateUpdatedAgo: time.Minute, Channels: 2, From: "+13105550142", To: "+13105550199"})
		want := Recording{
			SID: sid, CallSID: call, Channels: "2", Source: "DialVerb", Status: "paused", PauseBehavior: "skip",
			Created: now.Add(-time.Hour), Updated: now.Add(-time.Minute), Start: now.Add(-time.Hour),
		}
		if diff := cmp.Diff([]Recording{want}, s.Recordings()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		second := s.Begin(Begin{CallSID: call})
		if got := find(t, s, second); got.CallSID != call || got.Status != "in-progress" {
			t.Errorf("second recording: %+v", got)
		}
		got := newClient(t, s).get("Calls/" + call)
		if got["formatted_from"] != "(310) 555-0142" || got["to"] != "+13105550199" {
			t.Errorf("call: %v", got)
		}
		conf := find(t, s, s.Begin(Begin{Conference: true, FriendlyName: "A & B", Status: "queued"}))
		if conf.Status != "queued" || !conf.Start.IsZero() || conf.Source != "Conference" {
			t.Errorf("conference recording: %+v", conf)
		}
		if got := newClient(t, s).get("Conferences/" + conf.ConferenceSID); got["friendly_name"] != "A & B" {
			t.Errorf("conference: %v", got)
		}
	})
}

func TestBeginTimes(t *testing.T) {
	tests := []struct {
		status     string
		updatedAgo time.Duration
		want       time.Duration // since date_updated
	}{
		{"", 0, time.Hour},
		{"in-progress", time.Minute, time.Minute},
		{"paused", 0, 0},
		{"paused", time.Minute, time.Minute},
		{"paused", 2 * time.Hour, time.Hour}, // not before it began
		{"completed", 0, 0},
		{"queued", 0, time.Hour},
		{"queued", time.Minute, time.Minute},
		{"odd", 0, time.Hour},
		{"odd", time.Minute, time.Minute},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := New(Options{})
			r := find(t, s, s.Begin(Begin{Status: tt.status, StartedAgo: time.Hour, DateUpdatedAgo: tt.updatedAgo}))
			if got := time.Since(r.Updated); got != tt.want || time.Since(r.Created) != time.Hour {
				t.Errorf("%q, %v: updated %v ago, want %v", tt.status, tt.updatedAgo, got, tt.want)
			}
		})
	}
}

// TestChurn looks at a space for an hour, often and rarely: what happens in it
// does not depend on who looks.
func TestChurn(t *testing.T) {
	look := func(seed uint64, every time.Duration) (all []Recording) {
		synctest.Test(t, func(t *testing.T) {
			o := DefaultOptions()
			o.Seed = seed
			s := New(o)
			c := newClient(t, s)
			started := time.Now()
			for time.Since(started) < time.Hour {
				time.Sleep(every)
				if page := c.get("Recordings?PageSize=1"); len(rows(t, page, "recordings")) != 1 {
					t.Errorf("page %v", page)
				}
			}
			all = s.Recordings()
		})
		return all
	}
	often, rarely := look(7, time.Second), look(7, time.Hour)
	if diff := cmp.Diff(often, rarely); diff != "" {
		t.Errorf("same seed (-often +rarely):\n%s", diff)
	}
	if slices.Equal(often, look(8, time.Hour)) {
		t.Error("another seed makes the same space")
	}
	begun := len(often) - 224
	if begun < 250 || begun > 500 {
		t.Errorf("%d recordings began in an hour, want about 360", begun)
	}
	active := 0
	for _, r := range often {
		if r.End.IsZero() {
			active++
		}
		if r.Status == "queued" && often[0].Created.Sub(r.Created) > time.Minute {
			t.Errorf("still queued: %+v", r)
		}
	}
	if active < 15 || active > 30 {
		t.Errorf("%d are active after an hour, 24 were", active)
	}
}

func TestChurnEndsUnrecordedCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(DefaultOptions())
		c := newClient(t, s)
		r := first(t, s, func(r Recording) bool { return r.Status == "in-progress" && r.CallSID != "" })
		c.update(r, url.Values{"Status": {"stopped"}})
		time.Sleep(30 * time.Second)
		if call := c.get("Calls/" + r.CallSID); call["status"] != "in-progress" {
			t.Errorf("the call is %v soon after the stop", call["status"])
		}
		time.Sleep(10 * time.Minute)
		if call := c.get("Calls/" + r.CallSID); call["status"] != "completed" {
			t.Errorf("the call is %v long after the stop", call["status"])
		}
	})
}

func TestNoChurn(t *testing.T) {
	for _, churn := range []float64{0, -1, math.NaN()} {
		synctest.Test(t, func(t *testing.T) {
			o := DefaultOptions()
			o.Churn = churn
			s := New(o)
			before := s.Recordings()
			time.Sleep(24 * time.Hour)
			if diff := cmp.Diff(before, s.Recordings()); diff != "" {
				t.Errorf("churn %v, after a day (-before +after):\n%s", churn, diff)
			}
		})
	}
}

func TestHighChurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Recordings: 50, Churn: math.Inf(1)})
		time.Sleep(10 * time.Second)
		if n := len(s.Recordings()); n < 500 || n > 2000 {
			t.Errorf("%d recordings after ten seconds", n)
		}
	})
}

func TestPopulation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 3, 4, 8, 12, 20, 24, 500} {
			s := New(Options{Recordings: n, Seed: uint64(n)})
			all := s.Recordings()
			count := map[string]int{}
			owners := map[string]int{}
			for _, r := range all {
				count[r.Status]++
				age := time.Since(r.Created)
				switch {
				case age > 24*time.Hour:
					count["day"]++
				case age > 2*time.Hour && age < 6*time.Hour:
					count["hours"]++
				case age > time.Hour || age < 0:
					t.Errorf("%d: age %v", n, age)
				}
				if r.ConferenceSID != "" {
					count["conference"]++
				}
				if owners[r.CallSID+r.ConferenceSID]++; owners[r.CallSID+r.ConferenceSID] == 2 {
					count["double"]++
				}
				if r.Status == "paused" && !r.Updated.After(r.Start) {
					t.Errorf("%d: paused when it began: %+v", n, r)
				}
			}
			want := map[string]bool{
				"size":        len(all) == n,
				"conferences": n < 4 || math.Abs(float64(count["conference"])-float64(n)/5) <= 1,
				"paused":      n < 4 || math.Abs(float64(count["paused"])-float64(n)/8) <= 1,
				"queued":      (count["queued"] == 1) == (n >= 12),
				"double":      (count["double"] == 1) == (n >= 4),
				"hours":       n < 8 || n > 24 || count["hours"] == 2 || count["hours"] == 3,
				"day":         (count["day"] == 1) == (n >= 20),
			}
			for what, ok := range want {
				if !ok {
					t.Errorf("%d recordings: %s: %v", n, what, count)
				}
			}
		}
	})
}

func TestHistory(t *testing.T) {
	s := New(Options{History: 2000})
	count := map[string]int{}
	for _, r := range s.Recordings() {
		count[r.Status]++
		if age := time.Since(r.Created); age < 0 || age > 24*time.Hour+time.Minute {
			t.Errorf("age %v", age)
		}
		if r.End.After(time.Now()) || r.End.Before(r.Start) {
			t.Errorf("ends in the future, or before it began: %+v", r)
		}
	}
	if count["completed"]+count["absent"] != 2000 || count["absent"] == 0 || count["absent"] > 300 {
		t.Errorf("%v", count)
	}
	if calls := newClient(t, s).all("Calls?Status=in-progress", "calls"); len(calls) != 0 {
		t.Errorf("%d calls in progress", len(calls))
	}
}

func TestSeed(t *testing.T) {
	a, b, other := New(Options{Seed: 3}), New(Options{Seed: 3, Recordings: 5}), New(Options{Seed: 4})
	if a.Project() != b.Project() || a.Token() != b.Token() {
		t.Error("the same seed gives other credentials")
	}
	if a.Project() == other.Project() || a.Token() == other.Token() {
		t.Error("another seed gives the same credentials")
	}
	if !isUUID(a.Project()) || a.Token()[:2] != "PT" || len(a.Token()) != 42 {
		t.Errorf("project %s, token %s", a.Project(), a.Token())
	}
	named := New(Options{Project: "p", Token: "t"})
	if named.Project() != "p" || named.Token() != "t" {
		t.Errorf("project %s, token %s", named.Project(), named.Token())
	}
}

// BenchmarkPage measures a page of 1000 rows deep in a large space.
func BenchmarkPage(b *testing.B) {
	s := New(Options{Recordings: 10_000, History: 100_000})
	sid := s.Recordings()[50_000].SID
	req := newRequest(b, s, "Recordings?Page=50&PageSize=1000&PageToken=PA"+sid)
	for b.Loop() {
		resp, err := s.Transport().RoundTrip(req)
		if err != nil || resp.StatusCode != 200 {
			b.Fatal(err, resp)
		}
	}
}

// BenchmarkNew measures the making of a large space.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(Options{Recordings: 10_000, History: 100_000})
	}
}
