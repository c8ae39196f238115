package sim

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEnvelope(t *testing.T) {
	s := New(still())
	c := newServer(t, s)
	for _, name := range []string{"Recordings", "Calls", "Conferences"} {
		for _, prefix := range []string{longPrefix, shortPrefix} {
			for _, suffix := range []string{"", ".json"} {
				c.prefix = prefix
				page := c.get(name + suffix + "?PageSize=2")
				want := []string{"first_page_uri", strings.ToLower(name), "next_page_uri", "page", "page_size", "previous_page_uri", "uri"}
				slices.Sort(want)
				if diff := cmp.Diff(want, slices.Sorted(maps.Keys(page))); diff != "" {
					t.Fatalf("keys of %s (-want +got):\n%s", name, diff)
				}
				base := prefix + "/Accounts/" + s.Project() + "/" + name
				last := sids(t, page, strings.ToLower(name), "sid")[1]
				delete(page, strings.ToLower(name))
				wantPage := map[string]any{
					"uri":               base + "?Page=0&PageSize=2",
					"first_page_uri":    base + "?Page=0&PageSize=2",
					"next_page_uri":     base + "?Page=1&PageSize=2&PageToken=PA" + last,
					"previous_page_uri": nil,
					"page":              0.0,
					"page_size":         2.0,
				}
				if diff := cmp.Diff(wantPage, page); diff != "" {
					t.Errorf("%s%s (-want +got):\n%s", name, suffix, diff)
				}
			}
		}
	}
	if page := c.get("Recordings"); page["page_size"] != 50.0 || len(rows(t, page, "recordings")) != 50 {
		t.Errorf("default page size: %v", page["page_size"])
	}
	if page := c.get("Recordings?PageSize=1000"); page["next_page_uri"] != nil || len(rows(t, page, "recordings")) != 224 {
		t.Errorf("largest page: next %v", page["next_page_uri"])
	}
	if page := newClient(t, New(Options{})).get("Recordings"); len(rows(t, page, "recordings")) != 0 {
		t.Errorf("empty space: %v", page)
	}
}

func TestPagingErrors(t *testing.T) {
	s := New(still())
	c := newClient(t, s)
	tests := []struct {
		query string
		code  int
	}{
		{"Page=1", 54453},
		{"Page=1&PageToken=", 54453},
		{"Page=1&PageToken=garbage", 54453},
		{"Page=1&PageToken=PA", 54453},
		{"Page=1&PageToken=PA6a1f2c3d-0000-4aaa-8bbb-000000000001", 54453},
		{"Page=1&PageToken=PA00000000-0000-0000-0000-000000000000", 54453},
		{"Page=1&PageToken=PX" + s.Recordings()[0].SID, 54453},
		{"PageSize=0", 54454},
		{"PageSize=-1", 54454},
		{"PageSize=1001", 54454},
		{"PageSize=ten", 54454},
		{"PageSize=", 54454},
		{"Page=-1", 90000},
		{"Page=one", 90000},
		{"DateCreated=yesterday", 90000},
		{"DateCreated%3E=", 90000},
		{"DateCreated%3C=2026-13-01", 90000},
		{"DateCreated%3E=Sun, 22 Nov 2026 08:41:07", 90000},
		{"DateCreated%3E=Sun, 22 Nov 2026 08:41:07 EST", 90000},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			path := c.account("Recordings.json?" + strings.ReplaceAll(tt.query, " ", "%20"))
			checkError1(t, c.must("GET", path, nil), 422, tt.code)
		})
	}
	a := c.must("GET", c.account("Conferences?DateUpdated%3E=x"), nil)
	checkError1(t, a, 422, 90000)
}

// TestPagingIsStable walks forward while recordings arrive, and back again.
func TestPagingIsStable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(DefaultOptions())
		c := newClient(t, s)
		before := s.Recordings()
		var forward [][]string
		var previous []string
		next := c.account("Recordings?PageSize=30")
		for next != "" {
			page := c.ok(next)
			forward = append(forward, sids(t, page, "recordings", "sid"))
			if page["page"] != float64(len(forward)-1) {
				t.Errorf("page %v, want %d", page["page"], len(forward)-1)
			}
			if p, ok := page["previous_page_uri"].(string); ok {
				previous = append(previous, p)
			}
			next, _ = page["next_page_uri"].(string)
			s.Begin(Begin{})
			time.Sleep(30 * time.Second) // about three more by churn
		}
		var want []string
		for r := range slices.Chunk(before, 30) {
			for _, r := range r {
				want = append(want, r.SID)
			}
		}
		if diff := cmp.Diff(want, slices.Concat(forward...)); diff != "" {
			t.Errorf("rows met while paging (-want +got):\n%s", diff)
		}
		if len(previous) != len(forward)-1 {
			t.Fatalf("%d previous pages for %d pages", len(previous), len(forward))
		}
		for i, uri := range previous {
			page := c.ok(uri)
			if diff := cmp.Diff(forward[i], sids(t, page, "recordings", "sid")); diff != "" {
				t.Errorf("back to page %d (-first time +now):\n%s", i, diff)
			}
			if again := c.ok(page["next_page_uri"].(string)); !slices.Equal(forward[i+1], sids(t, again, "recordings", "sid")) {
				t.Errorf("forward again from page %d: other rows", i)
			}
		}
		s.Delete(forward[0][29]) // the row that the token names
		if got := c.ok(previous[0]); !slices.Equal(sids(t, got, "recordings", "sid")[1:], forward[0][:29]) {
			t.Error("previous page after a deletion has other rows")
		}
		page := c.get("Recordings?Page=1&PageSize=30&PageToken=PA" + forward[0][29])
		if !slices.Equal(forward[1], sids(t, page, "recordings", "sid")) {
			t.Error("next page after the deletion of the token's row has other rows")
		}
	})
}

func TestPreviousOfEmptyPage(t *testing.T) {
	s := New(still())
	c := newClient(t, s)
	all := s.Recordings()
	page := c.get("Recordings?Page=9&PageSize=5&PageToken=PA" + all[len(all)-1].SID)
	if len(rows(t, page, "recordings")) != 0 || page["next_page_uri"] != nil {
		t.Fatalf("page behind the end: %v", page)
	}
	var want []string
	for _, r := range all[len(all)-5:] {
		want = append(want, r.SID)
	}
	got := sids(t, c.ok(page["previous_page_uri"].(string)), "recordings", "sid")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("previous page (-want +got):\n%s", diff)
	}
}

func TestPageURIsKeepFilters(t *testing.T) {
	c := newClient(t, New(still()))
	page := c.get("Calls.json?Status=completed&StartTime%3E=2000-01-01&PageSize=3&Unknown=1")
	next := page["next_page_uri"].(string)
	u, err := url.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("Status") != "completed" || q.Get("StartTime>") != "2000-01-01" || q.Get("PageSize") != "3" || q.Has("Unknown") {
		t.Errorf("next_page_uri %s", next)
	}
	if strings.Contains(next, ".json") || strings.Contains(next, "://") {
		t.Errorf("next_page_uri %s is not a path as the API writes it", next)
	}
	if !strings.Contains(next, "StartTime%3E=") {
		t.Errorf("next_page_uri %s: operator is not encoded", next)
	}
}

func TestParticipantPages(t *testing.T) {
	s := New(Options{})
	c := newClient(t, s)
	r := find(t, s, s.Begin(Begin{Conference: true}))
	path := "Conferences/" + r.ConferenceSID + "/Participants"
	all := c.all(path+"?PageSize=1", "participants")
	whole := rows(t, c.get(path), "participants")
	if diff := cmp.Diff(whole, all); diff != "" {
		t.Errorf("page by page (-at once +by one):\n%s", diff)
	}
	s.EndCall(all[0]["call_sid"].(string))
	if got := rows(t, c.get(path), "participants"); len(got) != len(all)-1 {
		t.Errorf("%d participants after one of %d left", len(got), len(all))
	}
	s.EndConference(r.ConferenceSID)
	if got := rows(t, c.get(path), "participants"); len(got) != 0 {
		t.Errorf("%d participants after the end", len(got))
	}
}

// TestParticipantFilters: Muted and Hold are documented, and were ignored.
func TestParticipantFilters(t *testing.T) {
	s := New(Options{Recordings: 400, Seed: 7})
	c := newClient(t, s)
	seen := map[string]int{}
	for _, r := range s.Recordings() {
		if r.ConferenceSID == "" {
			continue
		}
		path := "Conferences/" + r.ConferenceSID + "/Participants"
		everybody := c.all(path, "participants")
		for _, query := range []string{"Muted=true", "Muted=false", "Hold=true", "Hold=false", "Muted=true&Hold=false"} {
			var want []map[string]any
			for _, m := range everybody {
				fits := true
				for part := range strings.SplitSeq(strings.ToLower(query), "&") {
					name, value, _ := strings.Cut(part, "=")
					fits = fits && fmt.Sprint(m[name]) == value
				}
				if fits {
					want = append(want, m)
				}
			}
			seen[query] += len(want)
			if diff := cmp.Diff(want, c.all(path+".json?PageSize=1&"+query, "participants")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", query, diff)
			}
		}
		checkError1(t, c.must("GET", c.account(path+"?Muted=maybe"), nil), 422, 90000)
	}
	for query, n := range seen {
		if n == 0 {
			t.Errorf("nobody is %s", query)
		}
	}
}

// TestDateFilters runs in a bubble, where it is 2000-01-01 00:00 UTC.
func TestDateFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		c := newClient(t, s)
		ages := map[string]string{}
		for _, age := range []time.Duration{0, time.Minute, time.Hour, 24 * time.Hour, 25 * time.Hour} {
			ages[s.Begin(Begin{StartedAgo: age})] = fmt.Sprint(age)
		}
		tests := []struct{ query, want string }{
			{"", "0s 1m0s 1h0m0s 24h0m0s 25h0m0s"},
			{"DateCreated>=1999-12-31", "0s 1m0s 1h0m0s 24h0m0s"},
			{"DateCreated>=2000-01-01", "0s"},
			{"DateCreated<=1999-12-31", "1m0s 1h0m0s 24h0m0s 25h0m0s"},
			{"DateCreated=1999-12-31", "1m0s 1h0m0s 24h0m0s"},
			{"DateCreated>=1999-12-31T23:00:00Z", "0s 1m0s 1h0m0s"},
			{"DateCreated>=1999-12-31T23:00:00.500Z", "0s 1m0s 1h0m0s"},
			{"DateCreated>=1999-12-31T23:00:01Z", "0s 1m0s"},
			{"DateCreated>=1999-12-31T23:00:01+00:00", "0s 1m0s"},
			{"DateCreated<=1999-12-31T23:00:00Z", "1h0m0s 24h0m0s 25h0m0s"},
			{"DateCreated=1999-12-31T23:00:00Z", "1h0m0s"},
			{"DateCreated>=Sat, 01 Jan 2000 00:30:00 +0100", "0s 1m0s"},
			{"DateCreated>=Fri, 31 Dec 1999 23:30:00 GMT", "0s 1m0s"},
			{"DateCreated>=31 Dec 1999 23:30:00 +0000", "0s 1m0s"},
			{"DateCreated>=1999-12-31T00:00:00Z&DateCreated<=1999-12-31T23:30:00Z", "1h0m0s 24h0m0s"},
			{"Status=paused", "0s 1m0s 1h0m0s 24h0m0s 25h0m0s"}, // no such parameter
		}
		for _, tt := range tests {
			path := c.account("Recordings.json?" + encodeQuery(tt.query))
			var got []string
			for _, sid := range sids(t, c.ok(path), "recordings", "sid") {
				got = append(got, ages[sid])
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.query, diff)
			}
		}
	})
}

// encodeQuery encodes NAME=VALUE&NAME=VALUE, where a name may end in < or >.
func encodeQuery(query string) string {
	var parts []string
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	return strings.Join(parts, "&")
}

func TestOtherFilters(t *testing.T) {
	s := New(still())
	c := newClient(t, s)
	var double Recording
	owners := map[string]int{}
	for _, r := range s.Recordings() {
		if r.CallSID == "" {
			continue
		}
		if owners[r.CallSID]++; owners[r.CallSID] == 2 {
			double = r
		}
	}
	conf := first(t, s, isConference)
	call := c.get("Calls/" + double.CallSID)
	child := firstRow(t, c.all("Calls?Status=in-progress", "calls"), func(m map[string]any) bool { return m["parent_call_sid"] != nil })
	room := c.get("Conferences/" + conf.ConferenceSID)
	tests := []struct {
		list, query string
		fits        func(map[string]any) bool
	}{
		{"Recordings", "CallSid=" + double.CallSID, has("call_sid", double.CallSID)},
		{"Recordings", "ConferenceSid=" + conf.ConferenceSID, has("conference_sid", conf.ConferenceSID)},
		{"Recordings", "CallSid=nonsense", has("call_sid", "nonsense")},
		{"Recordings", "CallSid=" + double.CallSID + "&ConferenceSid=" + conf.ConferenceSID, has("call_sid", "none")},
		{"Calls", "Status=in-progress", has("status", "in-progress")},
		{"Calls", "Status=busy", has("status", "busy")},
		{"Calls", "From=" + call["from"].(string), has("from", call["from"])},
		{"Calls", "To=" + call["to"].(string), has("to", call["to"])},
		{"Calls", "ParentCallSid=" + child["parent_call_sid"].(string), has("parent_call_sid", child["parent_call_sid"])},
		{"Calls", "StartTime=" + call["start_time"].(string), has("start_time", call["start_time"])},
		{"Calls", "EndTime>=2000-01-01", func(m map[string]any) bool { return m["end_time"] != nil }},
		{"Conferences", "Status=in-progress", has("status", "in-progress")},
		{"Conferences", "FriendlyName=" + strings.ReplaceAll(room["friendly_name"].(string), "&", "%26"), has("friendly_name", room["friendly_name"])},
		{"Conferences", "DateUpdated=" + room["date_updated"].(string), has("date_updated", room["date_updated"])},
		{"Conferences", "DateCreated<=1990-01-01", has("sid", "none")},
	}
	for _, tt := range tests {
		t.Run(tt.list+"?"+tt.query, func(t *testing.T) {
			name := strings.ToLower(tt.list)
			var want []map[string]any
			for _, m := range c.all(tt.list+"?PageSize=500", name) {
				if tt.fits(m) {
					want = append(want, m)
				}
			}
			query := strings.ReplaceAll(encodeQuery(tt.query), "%2526", "%26")
			got := c.all(tt.list+".json?PageSize=7&"+query, name)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if n := len(c.all("Recordings?CallSid="+double.CallSID, "recordings")); n != 2 {
		t.Errorf("%d recordings of the call with two", n)
	}
}

// has fits rows that have a value.
func has(key string, value any) func(map[string]any) bool {
	return func(m map[string]any) bool { return m[key] == value }
}

// firstRow returns the first row that fits.
func firstRow(t *testing.T, list []map[string]any, fits func(map[string]any) bool) map[string]any {
	t.Helper()
	i := slices.IndexFunc(list, fits)
	if i < 0 {
		t.Fatal("no such row")
	}
	return list[i]
}
