//go:build unix

package serve

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api/local"
)

// direct asks the gate without a connection, as a user.
func (w *world) direct(c *conn, method, path, session string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://tapedeck/", bytes.NewReader(body))
	r.Method = method
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	if session != "" {
		r.Header.Set(local.HeaderSession, session)
	}
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), connKey{}, c), 50*time.Millisecond)
	defer cancel()
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r.WithContext(ctx))
	return rec
}

// FuzzGate sends anything to the handlers: nothing breaks, every refusal has its
// status, a code and a sentence, no answer has a token, nothing is sent to the API
// by one who may only look, and nobody is in another's session.
func FuzzGate(f *testing.F) {
	const sid = "0a1b2c3d-0000-4000-8000-000000000001"
	for _, d := range deeds(sid) {
		b, _ := json.Marshal(d.body)
		if d.body == nil {
			b = nil
		}
		f.Add(d.method, d.path, "", b, uint8(0))
		f.Add(d.method, d.path, strings.Repeat("ab", 16), b, uint8(1))
	}
	f.Add("GET", local.PathWatch, "", []byte(nil), uint8(1))
	f.Add("GET", local.PathWatch+"?profile=eu&profile=x", "", []byte(nil), uint8(1))
	f.Add("GET", "/v9999999999999999999/x", "zz", []byte(nil), uint8(2))
	f.Add("POST", local.PathTimer, "", []byte(`{"sid":"x","after":1e999}`), uint8(0))
	f.Add("POST", local.PathSession, "", []byte(`{"claims":{"tty":"\u001b[2J"},"prompt":{"sid":"`+sid+`","verb":"stop"}}`), uint8(1))
	f.Add("POST", local.PathRequests, "", []byte(`{"requests":[{"id":"abcdefgh","sid":"`+sid+`","update":"stop","resume_after":-1}]}`), uint8(0))
	f.Add("POST", local.PathStart, "", []byte(`{"id":"start-request","call_sid":"`+sid+`","channels":"dual"}`), uint8(0))
	f.Add("POST", local.PathStart, "", []byte(`{"id":"start-request","call_sid":"`+sid+`","track":"both"}`), uint8(1))
	f.Add("POST", local.PathStart, "", []byte(`{"id":"start-request","call_sid":"x/../y","profile":"\u001b[2J"}`), uint8(0))
	roles := []Role{
		{Name: "lead", May: Words, Users: []string{"alice"}},
		{Name: "watcher", May: []local.Word{local.WordView}, Users: []string{"bob"}},
	}
	w := start(f, setting{roles: roles, profiles: []string{"eu"}})
	at := beginAs("in-progress")
	at.SID = sid
	w.spaces[0].Begin(at)
	w.server.rates.rate, w.server.rates.burst = 1e9, 1e9
	users := []string{"alice", "bob", "dave"}
	token := []byte(w.spaces[0].Token())
	f.Fuzz(func(t *testing.T, method, path, session string, body []byte, who uint8) {
		user := users[int(who)%len(users)]
		c := &conn{Conn: deaf{}, peer: people[user], number: 1, leave: func() {}}
		defer func() { _ = c.Close() }()
		posts := w.spies[0].posts.Load()
		rec := w.direct(c, method, path, session, body)
		answer := rec.Body.Bytes()
		if bytes.Contains(answer, token) {
			t.Errorf("the answer holds the token: %s", answer)
		}
		if user != "alice" && w.spies[0].posts.Load() != posts {
			t.Error("one who may only look has sent an update")
		}
		if rec.Code == http.StatusOK {
			if user == "dave" {
				t.Errorf("one without a role is answered: %s", answer)
			}
			return
		}
		var r local.Refusal
		if err := json.Unmarshal(answer, &r); err != nil || r.Code == "" || r.Error == "" || rec.Code != r.HTTPStatus() || r.Code == local.CodeInternal {
			t.Errorf("%d %s", rec.Code, answer)
		}
		if bytes.ContainsFunc(answer, func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("the answer holds control characters: %q", answer)
		}
	})
}

// FuzzQuick: what the gate reads without a decoder is what the decoder makes of
// it, which refuses nothing of it.
func FuzzQuick(f *testing.F) {
	f.Add([]byte(`{"requests":[{"id":"aaaaaaaa","sid":"s","profile":"p","update":"pause","behavior":"skip","seen":"paused","resume_after":90.5,"group":7,"again":true,"insist":false,"seq":9}]}`))
	f.Add([]byte(`{"requests":[{"id":"a"},{"sid":"b"}]}`))
	f.Add([]byte(`{"requests":[{"id":"a","id":"b"}]}`))
	f.Add([]byte(`{"requests":[{"id":"a","Sid":"b","sid":"c"}]}`))
	f.Add([]byte(`{"requests":[{"group":01,"resume_after":1e9,"sid":"\u0061"}]}{}`))
	var made route
	for _, r := range routes {
		if r.path == local.PathRequests {
			made = r
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		quick, ok := made.quick(raw)
		if !ok {
			return
		}
		slow := made
		slow.quick = nil
		if want, err := slow.decode(raw); err != nil || !reflect.DeepEqual(quick, want) {
			t.Errorf("%s\nquick %+v\nslow  %+v, %v", raw, quick, want, err)
		}
	})
}

// deaf is a connection that nobody reads.
type deaf struct{ net.Conn }

func (deaf) Close() error { return nil }

// TestNoToken: no route gives a token, nor does the state, the journal or what
// the administrator is told: also where the API sends it back in an error.
func TestNoToken(t *testing.T) {
	w := start(t, setting{keep: true})
	sid := w.begin("in-progress")
	token := w.spaces[0].Token()
	echo := func(r *http.Request) (*http.Response, error) {
		return answer(401, `{"code":20003,"message":"bad token `+token+` of `+r.Header.Get("Authorization")+`","status":401}`), nil
	}
	w.spies[0].before.Store(&echo)
	w.server.projects[0].Deck.Refresh()
	c := w.as("root")
	w.wait("the poll has failed", func() bool { return !w.server.projects[0].Deck.Snapshot().Health.Failing.IsZero() })
	var said []string
	for _, d := range deeds(sid) {
		said = append(said, string(c.do(d.method, d.path, d.body).body))
	}
	said = append(said, string(c.do("POST", local.PathRequests, local.Requests{Requests: []local.Request{pause("request-1", sid)}}).body))
	said = append(said, c.watch("").until("synced"), w.metrics(), w.server.statusLine())
	check(t, w.stop())
	said = append(said, w.said.String())
	names, err := filepath.Glob(filepath.Join(w.dir, "*"))
	check(t, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		check(t, err)
		said = append(said, string(b))
	}
	basic := base64.StdEncoding.EncodeToString([]byte(w.spaces[0].Project() + ":" + token))
	if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "20003") || strings.Contains(s, "401") }) {
		t.Error("the error of the API is nowhere: the test shows nothing")
	}
	for _, s := range said {
		if strings.Contains(s, token) || strings.Contains(s, basic) {
			t.Errorf("the token is in %s", s)
		}
	}
}
