package sim

import (
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseFault(t *testing.T) {
	tests := []struct {
		in   string
		want string // String of the fault
		err  string // in the error; empty for none
	}{
		{in: "resumed", want: "resumed"},
		{in: "400@update", want: "400@update"},
		{in: "lag=2s", want: "lag=2s"},
		{in: "slow=1500ms@update", want: "slow=1.5s@update"},
		{in: "429", want: "429=2"},
		{in: "429=7", want: "429=7"},
		{in: "429=0@update", want: "429=0@update"},
		{in: "429-bare", want: "429-bare"},
		{in: "drop@update", want: "drop@update"},
		{in: "lie", want: "lie"},
		{in: "silent@update", want: "silent@update"},
		{in: "silent-lost@update", want: "silent-lost@update"},
		{in: "nonsense", err: "unknown fault \"nonsense\": one of resumed, 400, lag, duration-string"},
		{in: "", err: "unknown fault"},
		{in: "drop@read", err: "only @update"},
		{in: "drop=1", err: "takes no value"},
		{in: "lag", err: "needs a value: lag=DURATION"},
		{in: "slow=", err: "not a duration"},
		{in: "slow=5", err: "not a duration"},
		{in: "lag=-1s", err: "more than 0"},
		{in: "429=1.5", err: "whole number of seconds"},
		{in: "429=-1", err: "whole number of seconds"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseFault(tt.in)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || got.String() != tt.want {
				t.Fatalf("got %v, %v, want %s", got, err, tt.want)
			}
			if again, err := ParseFault(got.String()); err != nil || again != got {
				t.Errorf("%s is read as %v, %v", got, again, err)
			}
		})
	}
	for _, name := range faultNames() {
		if !strings.Contains(FaultHelp(), "  "+name) {
			t.Errorf("help lacks %s", name)
		}
	}
}

// TestRefusingFaults tries faults that refuse requests, on reads and updates.
func TestRefusingFaults(t *testing.T) {
	tests := []struct {
		fault        string
		status, code int
		retryAfter   string
	}{
		{"429", 429, 20429, "2"},
		{"429=30", 429, 20429, "30"},
		{"429-bare", 429, 20429, ""},
		{"503", 503, 20504, ""},
		{"403", 403, 10003, ""},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			s := New(Options{})
			c := newServer(t, s)
			r := find(t, s, s.Begin(Begin{}))
			pause := url.Values{"Status": {"paused"}}
			s.SetFaults(mustFaults(t, tt.fault)...)
			for _, a := range []answer{c.must("GET", c.account("Recordings"), nil), c.update(r, pause)} {
				checkError1(t, a, tt.status, tt.code)
				if got := a.header.Get("Retry-After"); got != tt.retryAfter {
					t.Errorf("Retry-After %q, want %q", got, tt.retryAfter)
				}
			}
			s.SetFaults(mustFaults(t, tt.fault+"@update")...)
			checkError1(t, c.update(r, pause), tt.status, tt.code)
			if got := c.get("Recordings/" + r.SID + ".json"); got["status"] != "in-progress" {
				t.Errorf("the update was applied: %v", got)
			}
			for _, u := range s.Updates() {
				if u.Applied || u.HTTPStatus != tt.status || u.Status != "paused" {
					t.Errorf("recorded: %+v", u)
				}
			}
			c.token = "wrong"
			checkError1(t, c.update(r, pause), 401, 20003)
		})
	}
}

func TestHTMLFault(t *testing.T) {
	s := New(Options{Faults: mustFaults(t, "html")})
	c := newServer(t, s)
	a := c.must("GET", c.account("Recordings"), nil)
	if a.status != 502 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "<html>") {
		t.Errorf("got %d %s %s", a.status, a.header.Get("Content-Type"), a.body)
	}
	s.SetFaults()
	c.get("Recordings")
}

func TestResumedFault(t *testing.T) {
	s := New(Options{Faults: mustFaults(t, "resumed")})
	c := newServer(t, s)
	r := find(t, s, s.Begin(Begin{Status: "paused"}))
	for range 2 { // the second is to the status that it has
		if a := c.update(r, url.Values{"Status": {"in-progress"}}); a.status != 200 || a.json["status"] != "resumed" {
			t.Errorf("got %d %s", a.status, a.body)
		}
	}
	if got := c.get("Recordings/" + r.SID + ".json"); got["status"] != "resumed" {
		t.Errorf("read: %v", got["status"])
	}
}

func TestFault400(t *testing.T) {
	s := New(Options{Faults: mustFaults(t, "400")})
	c := newServer(t, s)
	call, conf := find(t, s, s.Begin(Begin{})), find(t, s, s.Begin(Begin{Conference: true}))
	checkError1(t, c.update(call, url.Values{}), 400, 10000)
	checkError1(t, c.update(conf, url.Values{}), 400, 10000)
	checkError1(t, c.must("GET", c.account("Recordings?PageSize=0"), nil), 400, 54454)
	s.SetFaults(mustFaults(t, "400@update")...)
	checkError1(t, c.update(call, url.Values{}), 400, 10000)
	checkError1(t, c.must("GET", c.account("Recordings?PageSize=0"), nil), 422, 54454)
}

func TestLagFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Faults: mustFaults(t, "lag=3s")})
		c := newClient(t, s)
		r := find(t, s, s.Begin(Begin{StartedAgo: time.Minute}))
		time.Sleep(time.Second)
		status := func() [2]any {
			one := c.get("Recordings/" + r.SID + ".json")
			list := rows(t, c.get("Recordings"), "recordings")[0]
			return [2]any{one["status"], list["status"]}
		}
		if a := c.update(r, url.Values{"Status": {"paused"}}); a.json["status"] != "paused" {
			t.Errorf("answer %s", a.body)
		}
		time.Sleep(2 * time.Second)
		c.update(r, url.Values{"Status": {"stopped"}})
		want := []string{"in-progress", "paused", "paused", "stopped", "stopped", "completed", "completed"}
		var got []string
		for range want {
			st := status()
			if st[0] != st[1] {
				t.Errorf("one is %v, in the list %v", st[0], st[1])
			}
			got = append(got, st[0].(string))
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("statuses read, second by second (-want +got):\n%s", diff)
		}
		if find(t, s, r.SID).Status != "completed" {
			t.Error("the truth lags")
		}
	})
}

func TestLagOfUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Faults: mustFaults(t, "lag=3s@update")})
		c := newClient(t, s)
		r := find(t, s, s.Begin(Begin{}))
		if a := c.update(r, url.Values{"Status": {"paused"}}); a.status != 200 || a.json["status"] != "in-progress" {
			t.Errorf("answer: %d %s", a.status, a.body)
		}
		if got := c.get("Recordings/" + r.SID + ".json"); got["status"] != "paused" {
			t.Errorf("read: %v", got["status"])
		}
	})
}

// TestFormFaults tries faults that change how a recording is written.
func TestFormFaults(t *testing.T) {
	type fields struct{ Running, Done map[string]any }
	tests := []struct {
		fault string
		want  fields
	}{
		{"duration-string", fields{map[string]any{"duration": "0"}, map[string]any{"duration": "60"}}},
		{"duration-null", fields{map[string]any{"duration": nil}, map[string]any{"duration": 60.0}}},
		{"channels-number", fields{map[string]any{"channel": 2.0, "channels": 2.0}, map[string]any{"channel": 2.0, "channels": 2.0}}},
		{"price-number", fields{map[string]any{"price": 0.0}, map[string]any{"price": -0.0025}}},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Options{Faults: mustFaults(t, tt.fault)})
				c := newClient(t, s)
				sid := s.Begin(Begin{Channels: 2, StartedAgo: time.Minute})
				check := func(got, want map[string]any) {
					t.Helper()
					for key, value := range want {
						if got[key] != value {
							t.Errorf("%s is %#v, want %#v", key, got[key], value)
						}
					}
				}
				check(rows(t, c.get("Recordings"), "recordings")[0], tt.want.Running)
				if name, _, _ := strings.Cut(tt.fault, "-"); name == "duration" {
					want := map[string]any{"duration": 0.0}
					if tt.fault == "duration-string" {
						want["duration"] = "0"
					}
					check(rows(t, c.get("Calls"), "calls")[0], want)
				}
				check(c.update(find(t, s, sid), url.Values{"Status": {"paused"}}).json, tt.want.Running)
				s.EndRecording(sid)
				check(c.get("Recordings/"+sid+".json"), tt.want.Done)
				s.SetFaults(mustFaults(t, tt.fault+"@update")...)
				checkRecording(t, c.get("Recordings/"+sid+".json"))
			})
		})
	}
}

func TestSeptFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Faults: mustFaults(t, "sept")})
		c := newClient(t, s)
		september := time.Date(1999, time.September, 5, 0, 0, 0, 0, time.UTC)
		sid := s.Begin(Begin{StartedAgo: time.Since(september)})
		s.Begin(Begin{})
		got := c.get("Recordings/" + sid + ".json")
		if got["date_created"] != "Sun, 05 Sept 1999 00:00:00 +0000" || got["start_time"] != got["date_created"] {
			t.Errorf("date_created %v, start_time %v", got["date_created"], got["start_time"])
		}
		if got := rows(t, c.get("Recordings"), "recordings")[0]["date_created"]; got != "Sat, 01 Jan 2000 00:00:00 +0000" {
			t.Errorf("date_created %v", got)
		}
		query := url.Values{"DateCreated": {"Sun, 05 Sept 1999 00:00:00 +0000"}}.Encode()
		if got := sids(t, c.get("Recordings?"+query), "recordings", "sid"); !slices.Equal(got, []string{sid}) {
			t.Errorf("found by its own date: %v", got)
		}
	})
}

func TestDropFault(t *testing.T) {
	s := New(Options{Faults: mustFaults(t, "drop@update")})
	for name, c := range map[string]*client{"socket": newServer(t, s), "process": newClient(t, s)} {
		t.Run(name, func(t *testing.T) {
			r := find(t, s, s.Begin(Begin{}))
			_, err := c.send("POST", c.account(updatePath(r)), url.Values{"Status": {"paused"}})
			if err == nil || name == "process" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error %v", err)
			}
			if got := c.get("Recordings/" + r.SID + ".json"); got["status"] != "paused" {
				t.Errorf("the update was not applied: %v", got["status"])
			}
			u := s.Updates()
			if last := u[len(u)-1]; last.HTTPStatus != 0 || !last.Applied {
				t.Errorf("recorded: %+v", last)
			}
		})
	}
	s.SetFaults(mustFaults(t, "drop")...)
	if _, err := newClient(t, s).send("GET", "/", nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
}

func TestSeveralFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Faults: mustFaults(t, "slow=2s", "503@update", "429")})
		c := newClient(t, s)
		r := find(t, s, s.Begin(Begin{}))
		started := time.Now()
		checkError1(t, c.update(r, url.Values{"Status": {"paused"}}), 503, 20504)
		checkError1(t, c.must("GET", c.account("Calls"), nil), 429, 20429)
		if took := time.Since(started); took != 4*time.Second {
			t.Errorf("two slow answers took %v", took)
		}
	})
}
