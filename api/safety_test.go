package api

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/secret"
	"tapedeck/api/text"
)

func TestNew(t *testing.T) {
	tests := []struct {
		space, err string
		host       string
	}{
		{"https://acme.signalwire.com", "", "acme.signalwire.com"},
		{"https://ACME.signalwire.com/", "", "acme.signalwire.com"},
		{"HTTPS://acme.example:8443", "", "acme.example:8443"},
		{"http://127.0.0.1:8910", "", "127.0.0.1:8910"},
		{"http://127.8.9.1", "", "127.8.9.1"},
		{"http://localhost:1", "", "localhost:1"},
		{"http://[::1]:1", "", "[::1]:1"},
		{"http://acme.signalwire.com", "https only", ""},
		{"http://127.0.0.1.evil.example", "https only", ""},
		{"http://localhost.evil.example", "https only", ""},
		{"http://0.0.0.0", "https only", ""},
		{"http://[::1%25eth0]", "https only", ""},
		{"ftp://acme.signalwire.com", "https only", ""},
		{"acme.signalwire.com", "want https://HOST", ""},
		{"", "want https://HOST", ""},
		{"https://", "want https://HOST", ""},
		{"https://:443", "want https://HOST", ""},
		{"https:acme", "want https://HOST", ""},
		{"//acme.signalwire.com", "https only", ""},
		{"https://acme.signalwire.com/api", "want https://HOST", ""},
		{"https://acme.signalwire.com?x", "want https://HOST", ""},
		{"https://acme.signalwire.com?", "want https://HOST", ""},
		{"https://acme.signalwire.com#x", "want https://HOST", ""},
		{"https://p:" + testToken + "@acme.signalwire.com", "want https://HOST", ""},
		{"https://acme\x1b.example", "want https://HOST", ""},
	}
	for _, tt := range tests {
		c, err := New(Config{Space: tt.space, Project: testProject, Token: secret.New(testToken)})
		t.Run(tt.space, func(t *testing.T) {
			checkError(t, err, tt.err)
			if err == nil && c.Space() != tt.host {
				t.Errorf("host %q, want %q", c.Space(), tt.host)
			}
			checkNoToken(t, fmt.Sprint(err))
		})
	}
	for _, project := range []string{"", "a/b", "..", "a b", "a:b", "a?b", "\x1b"} {
		if _, err := New(Config{Space: "https://a.example", Project: project}); err == nil {
			t.Errorf("project %q is taken", project)
		}
	}
}

// tokenForms are the ways in which the token could come out.
func tokenForms() []string {
	basic := []byte(testProject + ":" + testToken)
	return []string{testToken, url.QueryEscape(testToken), url.PathEscape(testToken), base64.StdEncoding.EncodeToString(basic),
		base64.URLEncoding.EncodeToString(basic), base64.RawStdEncoding.EncodeToString(basic)}
}

func checkNoToken(t *testing.T, s string) {
	t.Helper()
	for _, form := range tokenForms() {
		if strings.Contains(s, form) {
			t.Errorf("the token is in %.200q", s)
		}
	}
}

func TestRequest(t *testing.T) {
	client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		user, password, ok := r.BasicAuth()
		if !ok || user != testProject || password != testToken {
			t.Errorf("credentials %q, %q, %v", user, password, ok)
		}
		if got := r.URL.String(); got != "https://acme.signalwire.example"+basePath+testProject+"/Recordings/"+testRec+".json" {
			t.Errorf("asked %s", got)
		}
		if r.Header.Get("User-Agent") != "tapedeck" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("headers %v", r.Header)
		}
		return answer(r, 200, strings.NewReader(testdata(t, "recording.json"))), nil
	}))
	rec, x, err := client.Recording(t.Context(), sid(testRec))
	checkError(t, err, "")
	if !rec.SID.Is(testRec) || x.StatusCode != 200 || x.Method != "GET" || x.Bytes == 0 || x.HeaderBytes < 300 || x.HeaderBytes > 600 || x.Answered.Before(x.Began) || x.Ended.Before(x.Answered) {
		t.Errorf("exchange %+v", x)
	}
}

// A hostile answer repeats what was sent; nothing that may be written has it.
func TestTokenIsNeverShown(t *testing.T) {
	var seen strings.Builder
	var mu sync.Mutex
	show := func(vs ...any) {
		mu.Lock()
		defer mu.Unlock()
		for _, v := range vs {
			fmt.Fprintf(&seen, "%v\n%+v\n%#v\n%s\n%q\n", v, v, v, v, v)
		}
	}
	kinds := map[string]func(w http.ResponseWriter, leak string){
		"message": func(w http.ResponseWriter, s string) { w.WriteHeader(400); fmt.Fprintf(w, `{"message":%q}`, s) },
		"list":    func(w http.ResponseWriter, s string) { w.WriteHeader(422); fmt.Fprintf(w, `{"errors":[%q]}`, s) },
		"redirect": func(w http.ResponseWriter, s string) {
			w.Header().Set("Location", "https://"+s+".example/")
			w.WriteHeader(302)
		},
		"location": func(w http.ResponseWriter, s string) { w.Header().Set("Location", "http://[%zz"+s); w.WriteHeader(302) },
		"page":     func(w http.ResponseWriter, s string) { fmt.Fprintf(w, `{"recordings":[],"next_page_uri":"//%s"}`, s) },
		"sid":      func(w http.ResponseWriter, s string) { fmt.Fprintf(w, `{"sid":%q,"status":"paused"}`, s) },
		"body":     func(w http.ResponseWriter, s string) { fmt.Fprint(w, s) },
		"protocol": func(w http.ResponseWriter, s string) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", s)
			_ = conn.Close()
		},
	}
	for name, give := range kinds {
		for _, form := range tokenForms() {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { give(w, form) }))
			config := Config{Space: srv.URL, Project: testProject, Token: secret.New(testToken), Observe: func(x Exchange) { show(x) }}
			client := newClient(t, config)
			p := client.Recordings(RecordingQuery{})
			_, err1 := p.Next(t.Context(), func(Row) {})
			_, x2, err2 := client.Recording(t.Context(), sid("s1"))
			_, x3, err3 := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
			show(config, client, *client, p, x2, x3, err1, err2, err3, Reason(err2), Hint(err2))
			for err := err2; err != nil; err = errors.Unwrap(err) {
				if e, ok := err.(*Error); ok {
					show(e.Message, *e)
				}
			}
			srv.Close()
			client.Close()
			if err1 == nil || err3 == nil {
				t.Errorf("%s: errors %v, %v", name, err1, err3)
			}
		}
	}
	checkNoToken(t, seen.String())
	if !strings.Contains(seen.String(), "[token hidden]") {
		t.Error("nothing was hidden: the test does not test")
	}
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked: %s, Authorization %q", r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	ok := `{"sid":"s1","status":"paused","recordings":[]}`
	tests := []struct {
		name   string
		code   int
		to     string // {host} is this server's
		hops   int
		gets   int // requests of a GET
		get    string
		reason string
	}{
		{"same host, path", 302, "/there", 1, 2, "", ""},
		{"same host, absolute", 307, "http://{host}/there", 1, 2, "", ""},
		{"same host, three times", 308, "/there", 3, 4, "", ""},
		{"same host, four times", 301, "/there", 4, 4, "more than 3", "redirect refused"},
		{"loop", 302, "/loop", 1000, 4, "more than 3", "redirect refused"},
		{"other host", 302, other.URL + "/there", 1, 1, "another host", "redirect refused"},
		{"other host without scheme", 302, strings.TrimPrefix(other.URL, "http:"), 1, 1, "another host", "redirect refused"},
		{"other port", 302, "http://127.0.0.1:1/", 1, 1, "another host", "redirect refused"},
		{"other name of the same host", 302, "http://localhost:1/", 1, 1, "another host", "redirect refused"},
		{"other scheme", 302, "https://{host}/there", 1, 1, "another host", "redirect refused"},
		{"user information", 302, "http://a:b@{host}/there", 1, 1, "another host", "redirect refused"},
		{"no address", 302, "", 1, 1, "HTTP 302", "redirect refused"},
		{"not a redirect to follow", 300, "/there", 1, 1, "HTTP 300", "redirect refused"},
		{"not modified", 304, "", 1, 1, "HTTP 304", "redirect refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			got := map[string]int{}
			client, l := served(t, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				got[r.Method]++
				n := got[r.Method]
				mu.Unlock()
				if user, _, _ := r.BasicAuth(); user != testProject {
					t.Errorf("%s has no credentials", r.URL)
				}
				if n <= tt.hops {
					if tt.to != "" {
						w.Header().Set("Location", strings.ReplaceAll(tt.to, "{host}", r.Host))
					}
					w.WriteHeader(tt.code)
					return
				}
				_, _ = io.WriteString(w, ok)
			})
			_, x, err := client.Recording(t.Context(), sid("s1"))
			checkError(t, err, tt.get)
			if err != nil && (Reason(err) != tt.reason || !errors.Is(err, ErrRedirect) || Hint(err) == "" || x.StatusCode != tt.code) {
				t.Errorf("GET: reason %q, exchange %+v", Reason(err), x)
			}
			_, x, err = client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
			if !errors.Is(err, ErrRedirect) || Reason(err) != "redirect refused" || x.StatusCode != tt.code {
				t.Errorf("POST: error %v, exchange %+v", err, x)
			}
			if diff := cmp.Diff(map[string]int{"GET": tt.gets, "POST": 1}, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if len(l.all()) != 2 {
				t.Errorf("%d exchanges", len(l.all()))
			}
		})
	}
}

func TestSameHost(t *testing.T) {
	base := &url.URL{Scheme: "https", Host: "acme.example"}
	for s, want := range map[string]bool{
		"https://acme.example/x": true, "https://ACME.example/x": true, "https://acme.example:443/x": true,
		"https://acme.example:8443/x": false, "http://acme.example/x": false, "https://sub.acme.example/x": false,
		"https://acme.example.evil.example/x": false, "https://a:b@acme.example/": false, "https://acme.example./": false,
	} {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		if sameHost(u, base) != want {
			t.Errorf("sameHost(%s) is %v", s, !want)
		}
	}
}

func TestUpdateRecording(t *testing.T) {
	tests := []struct {
		name   string
		rec    Recording
		update Update
		path   string
		form   url.Values
	}{
		{"pause with skip", Recording{SID: sid(testRec), CallSID: sid(testCall)}, Update{Paused, Skip},
			"/Calls/" + testCall, url.Values{"Status": {"paused"}, "PauseBehavior": {"skip"}}},
		{"pause with silence", Recording{SID: sid(testRec), CallSID: sid(testCall)}, Update{Paused, Silence},
			"/Calls/" + testCall, url.Values{"Status": {"paused"}, "PauseBehavior": {"silence"}}},
		{"resume", Recording{SID: sid(testRec), CallSID: sid(testCall)}, Update{Status: InProgress}, "/Calls/" + testCall, url.Values{"Status": {"in-progress"}}},
		{"stop a conference's", Recording{SID: sid(testRec), ConferenceSID: sid(testConf)}, Update{Status: Stopped},
			"/Conferences/" + testConf, url.Values{"Status": {"stopped"}}},
		{"both SIDs: the conference", Recording{SID: sid(testRec), ConferenceSID: sid(testConf), CallSID: sid(testCall)}, Update{Status: Stopped},
			"/Conferences/" + testConf, url.Values{"Status": {"stopped"}}},
		{"a behavior without a pause is not sent", Recording{SID: sid(testRec), CallSID: sid(testCall)}, Update{InProgress, Skip},
			"/Calls/" + testCall, url.Values{"Status": {"in-progress"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method != "POST" || r.URL.Path != basePath+testProject+tt.path+"/Recordings/"+testRec+".json" || r.URL.RawQuery != "" {
					t.Errorf("asked %s %s", r.Method, r.URL)
				}
				if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.ContentLength <= 0 || r.GetBody != nil {
					t.Errorf("headers %v, length %d", r.Header, r.ContentLength)
				}
				if diff := cmp.Diff(tt.form, form(t, r)); diff != "" {
					t.Errorf("form (-want +got):\n%s", diff)
				}
				return answer(r, 201, strings.NewReader(`{"sid":"`+testRec+`","status":"resumed"}`)), nil
			}))
			got, x, err := client.UpdateRecording(t.Context(), tt.rec, tt.update)
			checkError(t, err, "")
			if got.Status != Resumed || got.SID != tt.rec.SID || x.StatusCode != 201 || x.Method != "POST" {
				t.Errorf("got %+v, exchange %+v", got, x)
			}
		})
	}
}

func TestUpdateIsNotSent(t *testing.T) {
	client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("asked %s %s", r.Method, r.URL)
		return nil, io.EOF
	}))
	long := text.New(strings.Repeat("a", 129))
	for _, rec := range []Recording{
		{}, {SID: sid(testRec)}, {CallSID: sid(testCall)}, {SID: sid("../x"), CallSID: sid(testCall)}, {SID: sid(testRec), CallSID: sid("a/b")},
		{SID: sid(testRec), CallSID: sid(testCall), ConferenceSID: sid("..")}, {SID: long, CallSID: sid(testCall)}, {SID: sid("a?b"), CallSID: sid("c")},
	} {
		_, x, err := client.UpdateRecording(t.Context(), rec, Update{Status: Paused})
		if !errors.Is(err, ErrSID) || !NotSent(err) || !x.Began.IsZero() {
			t.Errorf("%v: error %v, exchange %+v", rec, err, x)
		}
	}
	_, _, err1 := client.Recording(t.Context(), sid(".."))
	_, err2 := client.Call(t.Context(), sid("a/b"))
	_, err3 := client.Conference(t.Context(), text.Text{})
	for _, err := range []error{err1, err2, err3} {
		if !NotSent(err) || Reason(err) != "unusable SID" {
			t.Errorf("error %v", err)
		}
	}
}

func TestUnreadableAnswer(t *testing.T) {
	tests := []struct{ name, body, err string }{
		{"another SID", `{"sid":"s2","status":"paused"}`, `it is about "s2"`},
		{"not JSON", `<html>`, "not a JSON object"},
		{"empty", ``, "empty"},
		{"a list", `[{"sid":"s1","status":"paused"}]`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"cut off", `{"sid":"s1","status":"paused"`, "cut off"},
		{"too long", `{"sid":"s1","x":"` + strings.Repeat("x", maxOneBytes) + `"}`, "over 8 MB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := answering(t, 200, tt.body)
			_, _, err1 := client.Recording(t.Context(), sid("s1"))
			_, _, err2 := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
			_, err3 := client.Call(t.Context(), sid("s1"))
			_, err4 := client.Conference(t.Context(), sid("s1"))
			for i, err := range []error{err1, err2, err3, err4} {
				checkError(t, err, tt.err)
				if !errors.Is(err, ErrUnreadable) {
					t.Errorf("%d: error %v", i+1, err)
				}
			}
		})
	}
	client := answering(t, 200, `{"x":1}`)
	rec, _, err := client.Recording(t.Context(), sid("s1"))
	checkError(t, err, "")
	_, err = client.Call(t.Context(), sid("s1"))
	checkError(t, err, "it says nothing")
	_, err = client.Conference(t.Context(), sid("s1"))
	checkError(t, err, "it says nothing")
	call, err := answering(t, 200, `{"status":"in-progress"}`).Call(t.Context(), sid("s1"))
	checkError(t, err, "")
	if !rec.SID.Is("s1") || !call.SID.Is("s1") {
		t.Errorf("an answer without a SID is about %q and %q", rec.SID, call.SID)
	}
	_, _, err = client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, Update{Status: Paused})
	checkError(t, err, "it has no status")
	if !errors.Is(err, ErrUnreadable) {
		t.Errorf("error %v", err)
	}
}
