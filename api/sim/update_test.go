package sim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestUpdate(t *testing.T) {
	tests := []struct {
		name   string
		before string // status
		form   string
		want   string // status in the answer, and afterwards
		moved  bool   // whether date_updated is newer
	}{
		{"pause", "in-progress", "Status=paused&PauseBehavior=skip", "paused", true},
		{"pause without a behavior", "in-progress", "Status=paused", "paused", true},
		{"resume", "paused", "Status=in-progress", "in-progress", true},
		{"resume from resumed", "resumed", "Status=in-progress", "resumed", false},
		{"stop", "in-progress", "Status=stopped", "stopped", true},
		{"stop when paused", "paused", "Status=stopped", "stopped", true},
		{"stop when queued", "queued", "Status=stopped", "stopped", true},
		{"pause again", "paused", "Status=paused&PauseBehavior=silence", "paused", false},
		{"pause again otherwise", "paused", "Status=paused&PauseBehavior=skip", "paused", false},
		{"resume a running one", "in-progress", "Status=in-progress", "in-progress", false},
		{"behavior is ignored when resuming", "paused", "Status=in-progress&PauseBehavior=skip", "in-progress", true},
		{"unknown status before", "odd", "Status=paused", "paused", true},
	}
	for _, tt := range tests {
		for _, conf := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := New(Options{})
					c := newClient(t, s)
					r := find(t, s, s.Begin(Begin{Conference: conf, Status: tt.before, StartedAgo: time.Hour, DateUpdatedAgo: time.Minute}))
					form, _ := url.ParseQuery(tt.form)
					a := c.update(r, form)
					if a.status != 200 || a.json["status"] != tt.want {
						t.Fatalf("got %d %s", a.status, a.body)
					}
					checkRecordingStatus(t, a, tt.want)
					if diff := cmp.Diff(a.json, c.get("Recordings/"+r.SID+".json")); diff != "" {
						t.Errorf("answer and read afterwards (-answer +read):\n%s", diff)
					}
					want := r.Updated
					if tt.moved {
						want = time.Now()
					}
					if got := a.json["date_updated"]; got != want.UTC().Format(time.RFC1123Z) {
						t.Errorf("date_updated %v, want %v", got, want)
					}
					u := s.Updates()
					if len(u) != 1 || !u[0].Applied || u[0].HTTPStatus != 200 || u[0].SID != r.SID ||
						u[0].Conference != conf || u[0].Status != form.Get("Status") || u[0].PauseBehavior != form.Get("PauseBehavior") {
						t.Errorf("recorded: %+v", u)
					}
				})
			})
		}
	}
}

func checkRecordingStatus(t *testing.T, a answer, status string) {
	t.Helper()
	if a.json["status"] != status {
		t.Errorf("status %v, want %s", a.json["status"], status)
	}
	checkRecording(t, a.json)
}

func TestUpdateRefused(t *testing.T) {
	s := New(Options{})
	c := newServer(t, s)
	tests := []struct{ name, before, form string }{
		{"no body", "in-progress", ""},
		{"no status", "in-progress", "PauseBehavior=skip"},
		{"empty status", "in-progress", "Status="},
		{"unknown status", "in-progress", "Status=completed"},
		{"resumed", "paused", "Status=resumed"},
		{"capitals in the value", "in-progress", "Status=Paused"},
		{"small letters in the name", "in-progress", "status=paused"},
		{"unknown behavior", "in-progress", "Status=paused&PauseBehavior=loud"},
		{"unknown behavior when stopping", "in-progress", "Status=stopped&PauseBehavior=loud"},
		{"capitals in the behavior", "in-progress", "Status=paused&PauseBehavior=Skip"},
		{"ended: stopped", "stopped", "Status=stopped"},
		{"ended: completed", "completed", "Status=paused"},
		{"ended: absent", "absent", "Status=in-progress"},
	}
	for _, tt := range tests {
		for _, conf := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				r := find(t, s, s.Begin(Begin{Conference: conf, Status: tt.before, StartedAgo: time.Hour}))
				before := c.get("Recordings/" + r.SID + ".json")
				form, _ := url.ParseQuery(tt.form)
				a := c.update(r, form)
				if conf {
					errs, ok := a.json["errors"].([]any)
					if a.status != 422 || !ok || len(errs) != 1 || len(a.json) != 1 {
						t.Fatalf("got %d %s", a.status, a.body)
					}
					if msg, ok := errs[0].(string); !ok || msg == "" {
						t.Errorf("message %v", errs[0])
					}
				} else {
					checkError1(t, a, 422, 10000)
				}
				if diff := cmp.Diff(before, c.get("Recordings/"+r.SID+".json")); diff != "" {
					t.Errorf("it changed (-before +after):\n%s", diff)
				}
				u := s.Updates()
				if last := u[len(u)-1]; last.Applied || last.HTTPStatus != 422 {
					t.Errorf("recorded: %+v", last)
				}
			})
		}
	}
}

func TestUpdateNotFound(t *testing.T) {
	s := New(still())
	c := newServer(t, s)
	call := first(t, s, func(r Recording) bool { return r.Status == "in-progress" && !isConference(r) })
	other := first(t, s, func(r Recording) bool { return r.CallSID != "" && r.CallSID != call.CallSID })
	conf := first(t, s, func(r Recording) bool { return r.Status == "in-progress" && isConference(r) })
	paths := []string{
		"Calls/" + other.CallSID + "/Recordings/" + call.SID,
		"Calls/" + conf.ConferenceSID + "/Recordings/" + conf.SID,
		"Conferences/" + conf.ConferenceSID + "/Recordings/" + call.SID,
		"Conferences/" + call.CallSID + "/Recordings/" + call.SID,
		"Calls/" + call.CallSID + "/Recordings/" + call.CallSID,
		"Calls/" + call.CallSID + "/Recordings/Twilio.CURRENT",
	}
	for _, path := range paths {
		for _, suffix := range []string{"", ".json"} {
			checkError1(t, c.must("POST", c.account(path+suffix), url.Values{"Status": {"paused"}}), 404, 20404)
			checkError1(t, c.must("GET", c.account(path+suffix), nil), 404, 20404)
		}
	}
	for _, r := range s.Recordings() {
		if r.SID == call.SID && r.Status != "in-progress" || r.SID == conf.SID && r.Status != "in-progress" {
			t.Errorf("changed: %+v", r)
		}
	}
}

func TestUpdateBodies(t *testing.T) {
	s := New(Options{})
	c := newServer(t, s)
	tests := []struct {
		name, media, body string
		status            int
	}{
		{"form", "application/x-www-form-urlencoded", "Status=paused", 200},
		{"form with a charset", "application/x-www-form-urlencoded; charset=utf-8", "Status=paused", 200},
		{"no type", "", "Status=paused", 200},
		{"JSON", "application/json", `{"Status": "paused", "PauseBehavior": "skip"}`, 200},
		{"multipart, as curl -F sends it", "multipart/form-data; boundary=b", multipartBody("b", `name="Status"`, "paused", `name="PauseBehavior"`, "skip"), 200},
		{"multipart without a boundary", "multipart/form-data", multipartBody("b", `name="Status"`, "paused"), 400},
		{"multipart that is cut off", "multipart/form-data; boundary=b", multipartBody("b", `name="Status"`, "paused")[:60], 400},
		{"multipart with a file for the field", "multipart/form-data; boundary=b", multipartBody("b", `name="Status"; filename="x"`, "paused"), 422},
		{"multipart without fields", "multipart/form-data; boundary=b", "--b--\r\n", 422},
		{"broken JSON", "application/json", `{"Status": `, 400},
		{"broken form", "application/x-www-form-urlencoded", "Status=%zz", 400},
		{"too long", "application/x-www-form-urlencoded", "Status=paused&x=" + strings.Repeat("x", 70_000), 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := find(t, s, s.Begin(Begin{}))
			path := strings.TrimSuffix(updatePath(r), ".json") // optional
			req, _ := http.NewRequestWithContext(t.Context(), "POST", c.host+c.account(path), strings.NewReader(tt.body))
			req.SetBasicAuth(s.Project(), s.Token())
			if tt.media != "" {
				req.Header.Set("Content-Type", tt.media)
			}
			a, err := c.do(req)
			if err != nil || a.status != tt.status {
				t.Errorf("got %v %d %s", err, a.status, a.body)
			}
			if paused := find(t, s, r.SID).Status == "paused"; paused != (tt.status == 200) {
				t.Errorf("paused is %t after %d", paused, a.status)
			}
		})
	}
}

// multipartBody returns a multipart body of dispositions and values in turn.
func multipartBody(boundary string, parts ...string) string {
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; " + parts[i] + "\r\n\r\n" + parts[i+1] + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func TestStartRecordingFields(t *testing.T) {
	s := New(Options{})
	c := newClient(t, s)
	running, gone := find(t, s, s.Begin(Begin{})).CallSID, find(t, s, s.Begin(Begin{})).CallSID
	s.EndCall(gone)
	tests := []struct {
		name, call, form string
		status, code     int
	}{
		{"no fields", running, "", 200, 0},
		{"all fields", running, "RecordingChannels=dual&RecordingTrack=both&Trim=trim-silence&RecordingStatusCallback=https://x.example" +
			"&RecordingStatusCallbackEvent=in-progress+completed&RecordingStatusCallbackMethod=GET", 200, 0},
		{"channels", running, "RecordingChannels=2", 422, 10000},
		{"track", running, "RecordingTrack=left", 422, 10000},
		{"trim", running, "Trim=yes", 422, 13699},
		{"event", running, "RecordingStatusCallbackEvent=completed+started", 422, 13621},
		{"method", running, "RecordingStatusCallbackMethod=PUT", 422, 10000},
		{"ended call", gone, "", 422, 21220},
		{"no such call", c.space.Project(), "", 404, 20404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form, _ := url.ParseQuery(tt.form)
			before := len(s.Recordings())
			a := c.must("POST", c.account("Calls/"+tt.call+"/Recordings.json"), form)
			if started := len(s.Recordings()) - before; started != map[bool]int{true: 1}[tt.status == 200] {
				t.Errorf("%d recordings began", started)
			}
			if tt.status != 200 {
				checkError1(t, a, tt.status, tt.code)
				return
			}
			checkRecording(t, a.json)
		})
	}
}
