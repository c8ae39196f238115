package sim

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// checkError1 checks an error of the first shape.
func checkError1(t *testing.T, a answer, status, code int) {
	t.Helper()
	keys := slices.Sorted(maps.Keys(a.json))
	if diff := cmp.Diff([]string{"code", "message", "more_info", "status"}, keys); diff != "" {
		t.Fatalf("keys of error %q (-want +got):\n%s", a.body, diff)
	}
	if a.status != status || a.json["status"] != float64(status) || a.json["code"] != float64(code) {
		t.Errorf("got HTTP %d %s, want HTTP %d, code %d", a.status, a.body, status, code)
	}
	if a.json["message"] == "" || a.json["more_info"] == "" {
		t.Errorf("empty field in %s", a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestAuthentication(t *testing.T) {
	s := New(still())
	c := newServer(t, s)
	basic := func(user, token string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token))
	}
	tests := []struct{ name, header string }{
		{"missing", ""},
		{"garbled", "Basic %%%"},
		{"another scheme", "Bearer " + s.Token()},
		{"wrong user", basic("someone", s.Token())},
		{"wrong token", basic(s.Project(), "PTwrong")},
		{"no token", basic(s.Project(), "")},
	}
	paths := []string{c.account("Recordings"), c.account("Calls.json"), c.account("Nothing"), "/", longPrefix}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range paths {
				for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
					req, _ := http.NewRequestWithContext(t.Context(), method, c.host+path, nil)
					if tt.header != "" {
						req.Header.Set("Authorization", tt.header)
					}
					a, err := c.do(req)
					if err != nil {
						t.Fatal(err)
					}
					checkError1(t, a, 401, 20003)
				}
			}
		})
	}
}

func TestUnknownPaths(t *testing.T) {
	s := New(still())
	c := newServer(t, s)
	other := "6a1f2c3d-0000-4aaa-8bbb-000000000001"
	tests := []struct{ name, path string }{
		{"root", "/"},
		{"prefix alone", longPrefix},
		{"another prefix", "/api/relay/rest/recordings"},
		{"another version", "/api/laml/2008-08-01/Accounts/" + s.Project() + "/Recordings"},
		{"another account", longPrefix + "/Accounts/" + other + "/Recordings.json"},
		{"the account itself", longPrefix + "/Accounts/" + s.Project()},
		{"another list", c.account("Messages.json")},
		{"lower case", c.account("recordings.json")},
		{"slash at the end", c.account("Recordings/")},
		{"unknown recording", c.account("Recordings/" + other + ".json")},
		{"no SID", c.account("Recordings/RE123.json")},
		{"unknown call", c.account("Calls/" + other + ".json")},
		{"recordings of an unknown call", c.account("Calls/" + other + "/Recordings")},
		{"unknown conference", c.account("Conferences/" + other)},
		{"recordings of an unknown conference", c.account("Conferences/" + other + "/Recordings")},
		{"participants of an unknown conference", c.account("Conferences/" + other + "/Participants.json")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkError1(t, c.must("GET", tt.path, nil), 404, 20404)
		})
	}
}

func TestMethods(t *testing.T) {
	s := New(still())
	c := newServer(t, s)
	r := first(t, s, func(r Recording) bool { return r.CallSID != "" })
	tests := []struct{ method, path, allow string }{
		{"POST", "Recordings.json", "GET, HEAD"},
		{"PUT", "Recordings/" + r.SID + ".json", "DELETE, GET, HEAD"},
		{"POST", "Recordings/" + r.SID + ".json", "DELETE, GET, HEAD"},
		{"PATCH", updatePath(r), "GET, HEAD, POST"},
		{"DELETE", updatePath(r), "GET, HEAD, POST"},
		{"POST", "Calls.json", "GET, HEAD"},
		{"DELETE", "Conferences", "GET, HEAD"},
		{"OPTIONS", "Recordings", "GET, HEAD"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			a := c.must(tt.method, c.account(tt.path), nil)
			checkError1(t, a, 405, 20004)
			if got := a.header.Get("Allow"); got != tt.allow {
				t.Errorf("Allow %q, want %q", got, tt.allow)
			}
		})
	}
}

var (
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	dateForm = regexp.MustCompile(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000$`)
)

// recordingFields are the fields of a recording and what each may be.
var recordingFields = map[string]func(v any) bool{
	"sid":            isUUID,
	"account_sid":    isUUID,
	"api_version":    is("2010-04-01"),
	"call_sid":       orNull(isUUID),
	"conference_sid": orNull(isUUID),
	"channel":        is("1", "2"),
	"channels":       is("1", "2"),
	"date_created":   isDate,
	"date_updated":   isDate,
	"start_time":     orNull(isDate),
	"end_time":       orNull(isDate),
	"duration":       func(v any) bool { n, ok := v.(float64); return ok && n >= 0 && n == float64(int(n)) },
	"price":          orNull(matches(regexp.MustCompile(`^-\d+\.\d{4}$`))),
	"price_unit":     is("USD"),
	"source":         is("DialVerb", "Conference", "OutBoundApi", "Trunking", "RecordVerb", "StartCallRecordingApi", "StartConferenceRecording"),
	"status":         is("queued", "in-progress", "resumed", "paused", "stopped", "completed", "absent"),
	"error_code":     orNull(nil),
	"uri":            matches(regexp.MustCompile(`^/.*/Recordings/[0-9a-f-]{36}\.json$`)),
	"subresource_uris": func(v any) bool {
		m, ok := v.(map[string]any)
		_, ok2 := m["transcriptions"].(string)
		return ok && ok2 && len(m) == 1
	},
	"encryption_details": orNull(nil),
	"trim":               is("trim-silence", "do-not-trim"),
}

func matches(re *regexp.Regexp) func(any) bool {
	return func(v any) bool { s, ok := v.(string); return ok && re.MatchString(s) }
}

func isUUID(v any) bool { return matches(uuidForm)(v) }
func isDate(v any) bool { return matches(dateForm)(v) }

func is(values ...string) func(any) bool {
	return func(v any) bool { s, ok := v.(string); return ok && slices.Contains(values, s) }
}

func orNull(or func(any) bool) func(any) bool {
	return func(v any) bool { return v == nil || or != nil && or(v) }
}

// checkRecording checks a recording by the documented schema, which is sealed.
func checkRecording(t *testing.T, r map[string]any) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(recordingFields)), slices.Sorted(maps.Keys(r))); diff != "" {
		t.Fatalf("fields of a recording (-want +got):\n%s", diff)
	}
	for name, fits := range recordingFields {
		if !fits(r[name]) {
			t.Errorf("%s is %#v", name, r[name])
		}
	}
	active := is("queued", "in-progress", "resumed", "paused")(r["status"])
	switch {
	case r["channel"] != r["channels"]:
		t.Errorf("channel %v, channels %v", r["channel"], r["channels"])
	case (r["call_sid"] == nil) == (r["conference_sid"] == nil):
		t.Errorf("call_sid %v, conference_sid %v", r["call_sid"], r["conference_sid"])
	case r["conference_sid"] != nil && !is("Conference", "StartConferenceRecording")(r["source"]):
		t.Errorf("conference recording with source %v", r["source"])
	case active && (r["end_time"] != nil || r["price"] != nil):
		t.Errorf("%v recording with end_time %v, price %v", r["status"], r["end_time"], r["price"])
	case r["status"] == "completed" && (r["end_time"] == nil || r["price"] == nil || r["start_time"] == nil):
		t.Errorf("completed recording lacks something: %v", r)
	}
}

func TestRecordingShape(t *testing.T) {
	for _, prefix := range []string{longPrefix, shortPrefix} {
		s := New(still())
		c := newServer(t, s)
		c.prefix = prefix
		all := c.all("Recordings.json?PageSize=100", "recordings")
		if len(all) != 224 {
			t.Fatalf("%d recordings, want 224", len(all))
		}
		seen := map[any]bool{}
		for _, r := range all {
			checkRecording(t, r)
			seen[r["sid"]] = true
		}
		if len(seen) != 224 {
			t.Errorf("%d different SIDs, want 224", len(seen))
		}
		if !slices.IsSortedFunc(all, func(a, b map[string]any) int { return date(t, b).Compare(date(t, a)) }) {
			t.Error("not newest first")
		}
		for _, r := range all[:20] {
			uri := r["uri"].(string)
			if !strings.HasPrefix(uri, prefix+"/Accounts/"+s.Project()+"/") {
				t.Errorf("uri %s is not under %s", uri, prefix)
			}
			if diff := cmp.Diff(r, c.ok(uri)); diff != "" {
				t.Errorf("row and %s (-row +resource):\n%s", uri, diff)
			}
			if diff := cmp.Diff(r, c.get("Recordings/"+r["sid"].(string)+".json")); diff != "" {
				t.Errorf("row and resource (-row +resource):\n%s", diff)
			}
			if got := c.ok(r["subresource_uris"].(map[string]any)["transcriptions"].(string)); len(rows(t, got, "transcriptions")) != 0 {
				t.Errorf("transcriptions: %v", got)
			}
		}
	}
}

func date(t *testing.T, r map[string]any) time.Time {
	t.Helper()
	d, err := time.Parse(time.RFC1123Z, r["date_created"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var callFields = strings.Fields(`sid account_sid date_created date_updated parent_call_sid to formatted_to
	to_formatted from formatted_from from_formatted phone_number_sid status start_time end_time duration price
	price_unit direction answered_by api_version forwarded_from caller_name uri subresource_uris annotation
	group_sid audio_in_mos sip_result_code audio_rtt_avg audio_rtt_min audio_rtt_max audio_out_jitter_min
	audio_out_jitter_max audio_out_jitter_avg audio_out_lost`)

var conferenceFields = strings.Fields(`sid account_sid date_created date_updated friendly_name status api_version
	region uri subresource_uris`)

func TestCallsAndConferences(t *testing.T) {
	s := New(still())
	c := newServer(t, s)
	calls := map[any]map[string]any{}
	for _, call := range c.all("Calls?Status=in-progress", "calls") {
		if diff := cmp.Diff(slices.Sorted(slices.Values(callFields)), slices.Sorted(maps.Keys(call))); diff != "" {
			t.Fatalf("fields of a call (-want +got):\n%s", diff)
		}
		if call["end_time"] != nil || !is("inbound", "outbound")(call["direction"]) || call["formatted_to"] != call["to_formatted"] {
			t.Errorf("call %v", call)
		}
		calls[call["sid"]] = call
	}
	conferences := map[any]map[string]any{}
	for _, conf := range c.all("Conferences?Status=in-progress", "conferences") {
		if diff := cmp.Diff(slices.Sorted(slices.Values(conferenceFields)), slices.Sorted(maps.Keys(conf))); diff != "" {
			t.Fatalf("fields of a conference (-want +got):\n%s", diff)
		}
		conferences[conf["sid"]] = conf
	}
	for _, r := range s.Recordings() {
		if r.Status == "completed" || r.Status == "absent" {
			continue
		}
		if r.CallSID != "" {
			call := calls[r.CallSID]
			if call == nil {
				t.Errorf("no call in progress for %+v", r)
				continue
			}
			checkLinks(t, c, call, r, "Calls/"+r.CallSID)
			continue
		}
		conf := conferences[r.ConferenceSID]
		if conf == nil {
			t.Errorf("no conference in progress for %+v", r)
			continue
		}
		checkLinks(t, c, conf, r, "Conferences/"+r.ConferenceSID)
		members := c.ok(conf["subresource_uris"].(map[string]any)["participants"].(string))
		if n := len(rows(t, members, "participants")); n < 2 || n > 5 {
			t.Errorf("%d participants", n)
		}
		for _, m := range rows(t, members, "participants") {
			if calls[m["call_sid"]] == nil || m["conference_sid"] != r.ConferenceSID {
				t.Errorf("participant %v", m)
			}
			if diff := cmp.Diff(m, c.ok(m["uri"].(string))); diff != "" {
				t.Errorf("row and resource (-row +resource):\n%s", diff)
			}
		}
	}
}

// checkLinks follows the URIs of a call or conference that r is a recording of.
func checkLinks(t *testing.T, c *client, owner map[string]any, r Recording, path string) {
	t.Helper()
	if diff := cmp.Diff(owner, c.ok(owner["uri"].(string))); diff != "" {
		t.Errorf("row and resource (-row +resource):\n%s", diff)
	}
	if diff := cmp.Diff(owner, c.get(path)); diff != "" {
		t.Errorf("row and resource (-row +resource):\n%s", diff)
	}
	recs := c.ok(owner["subresource_uris"].(map[string]any)["recordings"].(string))
	if !slices.Contains(sids(t, recs, "recordings", "sid"), r.SID) {
		t.Errorf("%s is not among the recordings of %s", r.SID, path)
	}
	if got := c.get(path + "/Recordings/" + r.SID); got["sid"] != r.SID {
		t.Errorf("got %v", got)
	}
}

func TestHeaders(t *testing.T) {
	s := New(still())
	c := newServer(t, s)
	for _, path := range []string{c.account("Recordings?PageSize=100"), c.account("Recordings?PageSize=x"), "/"} {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", c.host+path, nil)
		req.SetBasicAuth(s.Project(), s.Token())
		req.Header.Set("Accept-Encoding", "gzip") // keeps the client from decompressing
		a, err := c.do(req)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := http.ParseTime(a.header.Get("Date")); err != nil || time.Since(d).Abs() > time.Minute {
			t.Errorf("%s: Date %q", path, a.header.Get("Date"))
		}
		compressed := strings.Contains(path, "PageSize=100")
		if got := a.header.Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("%s: compressed is %v", path, got)
		}
		if a.header.Get("Content-Length") == "" {
			t.Errorf("%s: no Content-Length", path)
		}
		plain := c.must("GET", path, nil)
		if compressed && len(plain.body) < 5*len(a.body) {
			t.Errorf("%d bytes were compressed to %d", len(plain.body), len(a.body))
		}
	}
}

func TestAudio(t *testing.T) {
	s := New(still())
	c := newServer(t, s)
	c.user = "" // no credentials
	done := first(t, s, func(r Recording) bool { return r.Status == "completed" && r.Channels == "2" })
	live := first(t, s, func(r Recording) bool { return r.Status == "in-progress" })
	tests := []struct {
		name, path, media, magic string
		status                   int
	}{
		{"no suffix", done.SID, "audio/x-wav", "RIFF", 200},
		{"wav", done.SID + ".wav", "audio/x-wav", "RIFF", 200},
		{"mp3", done.SID + ".mp3", "audio/mpeg", "\xff\xf3", 200},
		{"still recording", live.SID, "application/json", "{", 404},
		{"unknown", "6a1f2c3d-0000-4aaa-8bbb-000000000001", "application/json", "{", 404},
		{"metadata needs credentials", done.SID + ".json", "application/json", "{", 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := c.must("GET", c.account("Recordings/"+tt.path), nil)
			if a.status != tt.status || a.header.Get("Content-Type") != tt.media || !strings.HasPrefix(a.body, tt.magic) {
				t.Errorf("got %d, %s, %.20q", a.status, a.header.Get("Content-Type"), a.body)
			}
		})
	}
}

func TestDeleteAndStart(t *testing.T) {
	s := New(Options{})
	c := newServer(t, s)
	r := find(t, s, s.Begin(Begin{}))
	a := c.must("POST", c.account("Calls/"+r.CallSID+"/Recordings.json"), url.Values{"RecordingChannels": {"dual"}})
	if a.status != 200 || a.json["source"] != "StartCallRecordingApi" || a.json["channels"] != "2" || a.json["call_sid"] != r.CallSID {
		t.Errorf("start: %d %s", a.status, a.body)
	}
	checkRecording(t, a.json)
	path := c.account("Recordings/" + r.SID + ".json")
	if a := c.must("DELETE", path, nil); a.status != 204 || a.body != "" {
		t.Errorf("DELETE: %d %s", a.status, a.body)
	}
	checkError1(t, c.must("DELETE", path, nil), 404, 20404)
	checkError1(t, c.must("GET", path, nil), 404, 20404)
	checkError1(t, c.update(r, url.Values{"Status": {"paused"}}), 404, 20404)
	if got := sids(t, c.get("Recordings"), "recordings", "sid"); !slices.Equal(got, []string{a.json["sid"].(string)}) {
		t.Errorf("listed after the deletion: %v", got)
	}
	s.EndCall(r.CallSID)
	checkError1(t, c.must("POST", c.account("Calls/"+r.CallSID+"/Recordings"), url.Values{}), 422, 21220)
}
