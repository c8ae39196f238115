//go:build unix

package serve

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tapedeck/api/local"
)

// deed is something that a client may ask for, with the words that it takes: all
// of them.
type deed struct {
	name, method, path string
	body               any
	words              []local.Word
}

// deeds are one or more of every route.
func deeds(sid string) []deed {
	request := func(update string, n int, after local.Seconds) local.Requests {
		var list []local.Request
		for i := range n {
			// The recording is not paused and has no such update under way: whether it is
			// carried out does not matter here, so it is one of another recording.
			list = append(list, local.Request{ID: update + "-request-" + string(rune('a'+i)), SID: "0a1b2c3d-0000-4000-8000-00000000000" + string(rune('0'+i)), Update: update, ResumeAfter: after})
		}
		return local.Requests{Requests: list}
	}
	w := func(words ...local.Word) []local.Word { return words }
	return []deed{
		{"whoami", "GET", local.PathWhoAmI, nil, w("view")},
		{"recordings", "GET", local.PathRecordings, nil, w("view")},
		{"recording", "GET", local.PathRecordings + "/" + sid, nil, w("view")},
		{"pause", "POST", local.PathRequests, request("pause", 1, 0), w("pause")},
		{"pause for a time", "POST", local.PathRequests, request("pause", 1, 60), w("pause", "timer")},
		{"resume", "POST", local.PathRequests, request("resume", 1, 0), w("resume")},
		{"stop", "POST", local.PathRequests, request("stop", 1, 0), w("stop")},
		{"pause two", "POST", local.PathRequests, request("pause", 2, 0), w("pause", "bulk")},
		{"start", "POST", local.PathStart, local.Start{ID: "start-request-a", CallSID: ".."}, w("start")},
		{"a request", "GET", local.PathRequests + "/unknown-request", nil, w("view")},
		{"acknowledge", "POST", local.PathAcknowledge, local.Acknowledge{SID: sid, Wait: 60}, w("acknowledge")},
		{"timer", "POST", local.PathTimer, local.Timer{SID: sid, After: 60}, w("timer")},
		{"reveal", "POST", local.PathReveal, local.Reveal{SID: sid}, w("reveal")},
		{"refresh", "POST", local.PathRefresh, local.Refresh{}, w("view")},
		{"interval", "POST", local.PathInterval, local.Interval{Every: 2}, w("view")},
		{"look", "POST", local.PathLook, local.Look{SID: sid}, w("view")},
		{"unrecorded", "POST", local.PathUnrecorded, local.LookForUnrecorded{}, w("view")},
		{"session", "POST", local.PathSession, local.Screen{Command: "dashboard"}, w("view")},
		{"status", "GET", local.PathStatus, nil, w("view")},
		{"sessions", "GET", local.PathSessions, nil, nil},
		{"end a session", "DELETE", local.PathSessions + "/s999", nil, w("sessions")},
		{"actions", "GET", local.PathActions, nil, w("view")},
		{"left", "GET", local.PathLeft, nil, w("view")},
	}
}

// TestRoles: each word of a role permits what it is for, and nothing else, on
// every route.
func TestRoles(t *testing.T) {
	var roles []Role
	for i, word := range Words {
		name := "user" + string(rune('0'+i))
		roles = append(roles, Role{Name: "only-" + string(word), May: []local.Word{word}, Users: []string{name}})
		people[name] = Peer{UID: 2000 + i, GID: 2000 + i}
	}
	t.Cleanup(func() {
		for i := range Words {
			delete(people, "user"+string(rune('0'+i)))
		}
	})
	w := start(t, setting{roles: roles})
	sid := w.begin("in-progress")
	for i, word := range Words {
		name := "user" + string(rune('0'+i))
		c := w.as(name)
		for _, d := range deeds(sid) {
			g := c.do(d.method, d.path, d.body)
			refused := g.refusal().Code == local.CodeRole
			if may := !slices.ContainsFunc(d.words, func(need local.Word) bool { return need != word }); refused == may {
				t.Errorf("%s for one who may only %s: %d %s", d.name, word, g.status, g.body)
			}
			if refused && (g.status != http.StatusForbidden || !strings.HasPrefix(g.refusal().Error, "your role, only-"+string(word)+", may not ")) {
				t.Errorf("%s for one who may only %s is refused with %d %q", d.name, word, g.status, g.refusal().Error)
			}
		}
	}
	var known []string // every route has its deed
	for _, d := range deeds(sid) {
		known = append(known, d.method+" "+d.path)
	}
	for _, r := range routes {
		if r.path != local.PathWatch && !slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, r.method+" "+r.path) }) {
			t.Errorf("the test asks for nothing of %s %s", r.method, r.path)
		}
	}
	if n := w.spies[0].posts.Load(); n != 0 {
		t.Errorf("%d updates were sent, want none", n)
	}
}

// TestWhoHasARole: by user, by group, by several roles; root and the service's
// own user always; nobody else.
func TestWhoHasARole(t *testing.T) {
	roles := []Role{
		{Name: "operator", May: []local.Word{local.WordView, local.WordPause}, Groups: []string{"operators"}},
		{Name: "watcher", May: []local.Word{local.WordView}, Groups: []string{"501", "1003"}, Users: []string{"1009"}},
		{Name: "lead", May: []local.Word{local.WordSessions}, Users: []string{"carol"}},
	}
	numbered := map[int]string{1010: "1001"} // a user whose name is the number of another
	n := testNames()
	known := n.user
	n.user = func(id string) (string, error) {
		for uid, name := range numbered {
			if id == "1010" && uid == 1010 {
				return name, nil
			}
		}
		return known(id)
	}
	view, pause, sessions := local.WordView, local.WordPause, local.WordSessions
	tests := []struct {
		name  string
		peer  Peer
		roles []Role
		want  string
		may   []local.Word
		ok    bool
	}{
		{"a supplementary group", people["alice"], roles, "operator", []local.Word{view, pause}, true},
		{"a group by number", people["bob"], roles, "watcher", []local.Word{view}, true},
		{"the own group, and a user by name", people["carol"], roles, "operator", []local.Word{view, pause, sessions}, true},
		{"a user by number", Peer{UID: 1009}, roles, "watcher", []local.Word{view}, true},
		{"nobody", people["dave"], roles, "", nil, false},
		{"root", people["root"], roles, "owner", Words, true},
		{"the service's own user", Peer{UID: ownUID}, roles, "owner", Words, true},
		{"no roles", people["dave"], nil, "", Words, true},
		{"a name of digits is no number", Peer{UID: 1010}, []Role{{Name: "r", May: Words, Users: []string{"1001"}}}, "", nil, false},
	}
	for _, tt := range tests {
		got, ok := permits{roles: tt.roles, own: ownUID, names: n}.of(tt.peer)
		if ok != tt.ok || got.role != tt.want || !slices.Equal(got.may, tt.may) {
			t.Errorf("%s: role %q may %q, %t; want %q, %q, %t", tt.name, got.role, got.may, ok, tt.want, tt.may, tt.ok)
		}
	}
}

// TestRefused: every kind of refusal has its code, its status and a sentence.
func TestRefused(t *testing.T) {
	w := start(t, setting{roles: []Role{{Name: "operator", May: Words, Users: []string{"alice"}}}, profiles: []string{"eu", "us"}})
	sid := w.begin("in-progress")
	c := w.as("alice")
	id := "a-request-0"
	request := func(r local.Request) local.Requests { return local.Requests{Requests: []local.Request{r}} }
	many := local.Requests{}
	for i := range local.MaxRequests + 1 {
		many.Requests = append(many.Requests, local.Request{ID: id + strings.Repeat("x", 1+i/10) + string(rune('0'+i%10)), SID: "x"})
	}
	const says = "" // any sentence
	tests := []struct {
		name, method, path string
		body               any
		status             int
		code               local.Code
		says               string
	}{
		{"no such route", "GET", "/v1/nothing", nil, 404, local.CodeRoute, "there is no route"},
		{"a route below one", "GET", "/v1/whoami/x", nil, 404, local.CodeRoute, says},
		{"an empty ID", "GET", "/v1/requests/", nil, 404, local.CodeRoute, says},
		{"the root", "GET", "/", nil, 404, local.CodeRoute, says},
		{"a later version", "GET", "/v2/whoami", nil, 404, local.CodeVersion, "speaks version 1 of the wire, and not 2"},
		{"no version", "GET", "/vx/whoami", nil, 404, local.CodeRoute, says},
		{"another method", "DELETE", "/v1/whoami", nil, 405, local.CodeMethod, `"DELETE" is not allowed here`},
		{"no body", "POST", "/v1/timer", "", 400, local.CodeBody, "EOF"},
		{"no JSON", "POST", "/v1/timer", "sid=x", 400, local.CodeBody, "invalid character"},
		{"another type", "POST", "/v1/timer", `{"sid":1}`, 400, local.CodeBody, "cannot unmarshal"},
		{"an unknown field", "POST", "/v1/timer", `{"sid":"x","aftre":60}`, 400, local.CodeBody, `unknown field "aftre"`},
		{"a second value", "POST", "/v1/timer", `{"sid":"x","after":1}{}`, 400, local.CodeBody, "something follows it"},
		{"a field twice", "POST", "/v1/timer", `{"sid":"x","after":1,"sid":"` + sid + `"}`, 400, local.CodeBody, `it has "sid" twice`},
		{"a field twice, in another case", "POST", "/v1/requests", `{"requests":[{"id":"` + id + `","sid":"` + sid + `","update":"pause","ſid":"x"}]}`, 400, local.CodeBody, `twice`},
		{"a large body", "POST", "/v1/timer", `{"sid":"` + strings.Repeat("x", local.MaxBody) + `"}`, 413, local.CodeTooLarge, "larger than 65536 bytes"},
		{"a large tail", "POST", "/v1/timer", `{"sid":"x"}` + strings.Repeat(" ", local.MaxBody), 413, local.CodeTooLarge, says},
		{"a body for a get", "GET", "/v1/whoami", "{}", 400, local.CodeBody, "takes no body"},
		{"no SID", "POST", "/v1/timer", local.Timer{}, 400, local.CodeBody, "there is no SID"},
		{"a long SID", "POST", "/v1/timer", local.Timer{SID: strings.Repeat("x", 300)}, 400, local.CodeBody, says},
		{"an unknown SID", "POST", "/v1/timer", local.Timer{SID: "0a1b2c3d-0000-4000-8000-000000000009", After: 1}, 404, local.CodeRecording, "there is no recording"},
		{"what is no SID", "POST", "/v1/timer", local.Timer{SID: "../x\x1b[2J", After: 1}, 404, local.CodeRecording, says},
		{"an unknown profile", "POST", "/v1/refresh", local.Refresh{Profile: "jp"}, 404, local.CodeProfile, `does not serve the profile "jp"`},
		{"an unknown profile to watch", "GET", "/v1/watch?profile=jp", nil, 404, local.CodeProfile, says},
		{"the recording of another profile", "POST", "/v1/look", local.Look{SID: sid, Profile: "us"}, 404, local.CodeRecording, says},
		{"a timer in the past", "POST", "/v1/timer", local.Timer{SID: sid, After: -1}, 400, local.CodeBody, "between 0 and 900"},
		{"a long timer", "POST", "/v1/timer", local.Timer{SID: sid, After: 901}, 400, local.CodeBody, says},
		{"a timer without end", "POST", "/v1/timer", `{"sid":"x","after":1e300}`, 400, local.CodeBody, says},
		{"a timer of what is not paused", "POST", "/v1/timer", local.Timer{SID: sid, After: 60}, 409, local.CodeUnfit, "it is not paused"},
		{"a long wait", "POST", "/v1/acknowledge", local.Acknowledge{SID: sid, Wait: 1e9}, 400, local.CodeBody, says},
		{"a long reason", "POST", "/v1/acknowledge", local.Acknowledge{SID: sid, Reason: strings.Repeat("x", 2000)}, 413, local.CodeTooLarge, says},
		{"a short interval", "POST", "/v1/interval", local.Interval{Every: 0.1}, 400, local.CodeBody, "between 500ms and 5m0s"},
		{"a prompt that is none", "POST", "/v1/session", local.Screen{Prompt: &local.Prompt{SID: sid, Verb: "delete"}}, 400, local.CodeBody, "the verb of a prompt"},
		{"a long claim", "POST", "/v1/session", local.Screen{Claims: local.Claims{TTY: strings.Repeat("x", 300)}}, 413, local.CodeTooLarge, says},
		{"no requests", "POST", "/v1/requests", local.Requests{}, 400, local.CodeBody, "there are no requests"},
		{"many requests", "POST", "/v1/requests", many, 429, local.CodeTooMany, "more than 100 requests"},
		{"a bad ID", "POST", "/v1/requests", request(local.Request{ID: "x", SID: sid, Update: "pause"}), 400, local.CodeID, says},
		{"an ID twice", "POST", "/v1/requests", local.Requests{Requests: []local.Request{{ID: id, SID: sid, Update: "pause"}, {ID: id, SID: sid, Update: "pause"}}}, 400, local.CodeID, "two requests have the ID"},
		{"another verb", "POST", "/v1/requests", request(local.Request{ID: id, SID: sid, Update: "delete"}), 400, local.CodeBody, "pause, resume or stop"},
		{"an unknown request", "GET", "/v1/requests/unknown-id", nil, 404, local.CodeRequest, "there is no request"},
		{"a bad ID of a request", "GET", "/v1/requests/x%2Fy", nil, 404, local.CodeRoute, says},
		{"a number that is none", "GET", "/v1/actions?n=0", nil, 400, local.CodeBody, says},
		{"an unknown session", "DELETE", "/v1/sessions/s99", nil, 400, local.CodeID, `there is no session "s99"`},
	}
	for _, tt := range tests {
		g := c.do(tt.method, tt.path, tt.body)
		r := g.refusal()
		if g.status != tt.status || r.Code != tt.code || !strings.Contains(r.Error, tt.says) || r.Error == "" {
			t.Errorf("%s: %d %s, want %d %s %q", tt.name, g.status, g.body, tt.status, tt.code, tt.says)
		}
		if strings.ContainsAny(string(g.body), "\x1b\x00") {
			t.Errorf("%s: the answer holds control characters: %q", tt.name, g.body)
		}
	}
	if r := w.as("bob").do("GET", "/v1/whoami", nil).refusal(); r.Code != local.CodeUser || r.Error != "no role has you, bob" {
		t.Errorf("one without a role: %+v", r)
	}
	odd := w.as("alice")
	odd.session = "xyz"
	if r := odd.do("GET", "/v1/whoami", nil).refusal(); r.Code != local.CodeID {
		t.Errorf("a session that is none: %+v", r)
	}
	other := w.as("root")
	other.session = c.session
	if r := other.do("GET", "/v1/whoami", nil).refusal(); r.Code != local.CodeSession {
		t.Errorf("the session of another user: %+v", r)
	}
	if n := w.spies[0].posts.Load(); n != 0 {
		t.Errorf("%d updates were sent, want none", n)
	}
}

// TestNobodyKnown: where the system does not tell who is there, nothing is
// answered.
func TestNobodyKnown(t *testing.T) {
	w := start(t, setting{})
	c := w.as("stranger")
	if g := c.do("GET", "/v1/recordings", nil); g.status != 403 || g.refusal().Code != local.CodeUser {
		t.Errorf("%d %s", g.status, g.body)
	}
}

// TestPanic: a fault of one request is that request's alone.
func TestPanic(t *testing.T) {
	w := start(t, setting{})
	old := routes
	routes = append(slices.Clone(routes), get("/v1/broken", nothing, func(*call) (any, *local.Refusal) { panic("broken") }))
	t.Cleanup(func() { _ = w.stop(); routes = old })
	c := w.as("alice")
	if g := c.do("GET", "/v1/broken", nil); g.status != 500 || g.refusal().Code != local.CodeInternal || strings.Contains(string(g.body), "broken") {
		t.Errorf("%d %s", g.status, g.body)
	}
	if !strings.Contains(w.said.String(), "a fault in GET \"/v1/broken\": broken") {
		t.Errorf("the administrator is told %q", w.said.String())
	}
	fetch[local.WhoAmI](c, local.PathWhoAmI)
}

// TestWhoAmI: what one is told of oneself and the service.
func TestWhoAmI(t *testing.T) {
	w := start(t, setting{roles: []Role{{Name: "operator", May: []local.Word{local.WordView, local.WordPause}, Groups: []string{"operators"}}}, profiles: []string{"eu", "us"}})
	got := fetch[local.WhoAmI](w.as("alice"), local.PathWhoAmI)
	if got.User != "alice" || got.UID != "1001" || got.Role != "operator" || !slices.Equal(got.May, []local.Word{"view", "pause"}) ||
		got.Version != "1.2.3" || got.Wire != "1.1" || got.Instance == "" || got.Session == "" || len(got.Profiles) != 2 ||
		got.Profiles[1].Profile != "us" || got.Profiles[1].Deck != 1 || got.Profiles[1].Project != w.spaces[1].Project() {
		t.Errorf("%+v", got)
	}
	rows := fetch[[]json.RawMessage](w.as("alice"), local.PathRecordings+"?profile=us")
	if len(rows) != 0 {
		t.Errorf("%d recordings, want none", len(rows))
	}
}

// TestRepeated: a name that stands twice in one object is found, however deep, in
// every case that the decoder takes for the same; in two objects it may stand.
func TestRepeated(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: "", `[]`: "", `1`: "", `{"a":1,"b":2}`: "", `{"a":"a","b":"a"}`: "", `[{"a":1},{"a":{"a":[{"a":1}]}}]`: "",
		`{"a":1,"a":2}`: "a", `{"a":{},"b":[],"A":1}`: "A", `{"x":[1,{"sid":[],"ſid":0}]}`: "ſid", `[[{"k":null,"K":null}]]`: "K",
		`{"a":["b","b"],"b":{"c":1},"c":2}`: "", `{"a":{"b":1},"c":{"b":1},"a":1}`: "a", `{"a":`: "",
	} {
		if got := repeated([]byte(in)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
