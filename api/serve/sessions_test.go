//go:build unix

package serve

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

var twoRoles = []Role{
	{Name: "operator", May: []local.Word{"view", "pause", "resume", "acknowledge", "timer"}, Users: []string{"alice", "carol"}},
	{Name: "watcher", May: []local.Word{"view"}, Users: []string{"bob"}},
	{Name: "lead", May: []local.Word{"view", "sessions"}, Users: []string{"dave"}},
}

// TestSessions: who is connected, with role, claims, idle and prompt; without
// the word only one's own.
func TestSessions(t *testing.T) {
	w := start(t, setting{roles: twoRoles})
	sid := w.begin("in-progress")
	alice, bob, dave := w.as("alice"), w.as("bob"), w.as("dave")
	alice.watch("").until("synced")
	bob.watch("").until("synced")
	alice.post(local.PathSession, local.Screen{Command: "dashboard", Idle: 90, Claims: local.Claims{TTY: "/dev/pts/3"}, Prompt: &local.Prompt{SID: sid, Verb: "resume"}})
	list := fetch[local.Sessions](dave, local.PathSessions).Sessions
	if len(list) != 3 || list[0].User != "alice" || list[0].Role != "operator" || list[0].Command != "dashboard" || list[0].PID != 101 || list[0].UID != "1001" ||
		list[0].Idle < 89 || list[0].Idle > 95 || list[0].Prompt == nil || list[0].Prompt.SID != sid || list[0].Claims.TTY != "/dev/pts/3" || list[0].You || !list[2].You {
		t.Errorf("%+v", list)
	}
	if own := fetch[local.Sessions](bob, local.PathSessions).Sessions; len(own) != 1 || own[0].User != "bob" || !own[0].You {
		t.Errorf("one without the word sees %+v", own)
	}
	for _, s := range list {
		if s.ID == alice.session || strings.Contains(s.ID, alice.session) {
			t.Error("the number that a client has chosen is shown to others")
		}
	}
}

// TestPrompt: a question that one has open is on the recording that others see,
// and goes when it is closed, and when its session ends.
func TestPrompt(t *testing.T) { synctest.Test(t, testPrompt) }

func testPrompt(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu"}, pipes: true})
	sid := w.begin("in-progress")
	alice, bob := w.as("alice"), w.as("bob")
	watch := bob.watch("")
	watch.until("synced")
	alice.post(local.PathSession, local.Screen{Prompt: &local.Prompt{SID: sid, Verb: "pause"}})
	watch.until(sid, `"asking":[{`, `"actor":"alice","verb":"pause"`)
	if g := bob.do("GET", local.PathRecordings+"/"+sid, nil); !strings.Contains(string(g.body), `"asking":[{"session":"s`) {
		t.Errorf("the recording by itself: %s", g.body)
	}
	alice.post(local.PathSession, local.Screen{})
	watch.untilNot("asking", `"changed"`, sid) // the question was closed
	alice.post(local.PathSession, local.Screen{Prompt: &local.Prompt{SID: sid, Verb: "stop"}})
	watch.until(sid, `"verb":"stop"`)
	alice.http.CloseIdleConnections()
	watch.untilNot("asking", `"changed"`, sid) // the session has ended
}

// TestPromptsInOrder: of two who open and close questions at the same time, others
// see in the end what is open, not what was open a moment before.
func TestPromptsInOrder(t *testing.T) {
	var mu sync.Mutex
	var shown []local.Asking
	l := &sessions{names: newNames(), of: map[string]*session{}, asking: func(_ string, _ text.Text, list []local.Asking) {
		for range 10 {
			runtime.Gosched() // so that another one comes first, if it can
		}
		mu.Lock()
		shown = list
		mu.Unlock()
	}}
	var two []*session
	for _, id := range []string{"s1", "s2"} {
		s := &session{id: id, user: id}
		l.of[id], two = s, append(two, s)
	}
	for i := range 5000 {
		var both sync.WaitGroup
		for j, s := range two {
			var screen local.Screen
			if i%2 == j {
				screen.Prompt = &local.Prompt{SID: "r", Verb: "pause"}
			}
			both.Go(func() { l.say(s, screen) })
		}
		both.Wait()
		if want := l.questions()[question{sid: "r"}]; !slices.Equal(shown, want) {
			t.Fatalf("in round %d others see %v, want %v", i, shown, want)
		}
	}
}

// TestPromptOfSeveral: a question about several is on each of them, also where one
// that is no more is named, and goes from those that it is about no more.
func TestPromptOfSeveral(t *testing.T) { synctest.Test(t, testPromptOfSeveral) }

func testPromptOfSeveral(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu"}, pipes: true})
	one, two, three := w.begin("in-progress"), w.begin("in-progress"), w.begin("in-progress")
	alice, bob := w.as("alice"), w.as("bob")
	watch := bob.watch("")
	watch.until("synced")
	ask := func(verb, first string, more ...string) got {
		q := &local.Prompt{SID: first, Verb: verb}
		for _, sid := range more {
			q.More = append(q.More, local.PromptOf{SID: sid, Profile: "eu"})
		}
		return alice.do("POST", local.PathSession, local.Screen{Prompt: q})
	}
	asked := func(when string, want map[string]string) {
		t.Helper()
		for _, sid := range []string{one, two, three} {
			is := fetch[struct{ Tapedeck local.Known }](bob, local.PathRecordings+"/"+sid).Tapedeck.Asking
			switch verb := want[sid]; {
			case verb == "" && len(is) > 0, verb != "" && (len(is) != 1 || is[0].Verb != verb || is[0].Actor != "alice"):
				t.Errorf("%s %+v is asked of %s, want %q", when, is, sid, verb)
			}
		}
	}
	if r := ask("pause", one, two, "0a1b2c3d-0000-4000-8000-00000000gone", three); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	watch.until(three, `"verb":"pause"`)
	asked("at first", map[string]string{one: "pause", two: "pause", three: "pause"})
	list := fetch[local.Sessions](alice, local.PathSessions).Sessions
	if i := slices.IndexFunc(list, func(s local.Session) bool { return s.You }); i < 0 || list[i].Prompt == nil || len(list[i].Prompt.More) != 2 {
		t.Errorf("the sessions are %+v", list)
	}
	ask("pause", two)
	asked("when others are left out", map[string]string{two: "pause"})
	ask("resume", two, one)
	asked("when it is another", map[string]string{one: "resume", two: "resume"})
	if r := ask("pause", one, slices.Repeat([]string{two}, local.MaxPrompt+1)...); r.status == 200 || r.refusal().Code != local.CodeTooMany {
		t.Errorf("of too many: %d %s", r.status, r.body)
	}
	alice.post(local.PathSession, local.Screen{})
	asked("when it is closed", nil)
}

// TestEndSession: with the word anybody's session can be ended, without it one's
// own; its screen is told, and it does not come back.
func TestEndSession(t *testing.T) {
	w := start(t, setting{roles: twoRoles})
	alice, bob, dave := w.as("alice"), w.as("bob"), w.as("dave")
	watch := alice.watch("")
	watch.until("synced")
	list := fetch[local.Sessions](dave, local.PathSessions).Sessions
	id := list[slices.IndexFunc(list, func(s local.Session) bool { return s.User == "alice" })].ID
	for _, try := range []string{id, "s999"} { // who may not list them does not learn which there are
		if r := bob.do("DELETE", local.PathSessions+"/"+try, nil).refusal(); r.Code != local.CodeRole {
			t.Errorf("one without the word, %s: %+v", try, r)
		}
	}
	if g := dave.do("DELETE", local.PathSessions+"/"+id, nil); g.status != 200 {
		t.Fatalf("%d %s", g.status, g.body)
	}
	watch.until(`"bye"`, `"session-ended"`, "this session was ended by dave")
	if r := alice.do("GET", local.PathWhoAmI, nil).refusal(); r.Code != local.CodeEnded || r.Hint == "" {
		t.Errorf("the ended session comes back: %+v", r)
	}
	fetch[local.WhoAmI](w.as("alice"), local.PathWhoAmI) // a new one may
	own := fetch[local.WhoAmI](bob, local.PathWhoAmI).Session
	if g := w.as("bob").do("DELETE", local.PathSessions+"/"+own, nil); g.status != 200 {
		t.Errorf("one's own: %d %s", g.status, g.body)
	}
	var notes []string
	for _, e := range w.entries() {
		if e.Event == journal.Note {
			notes = append(notes, e.Actor+" "+e.Reason)
		}
	}
	if want := []string{"dave ended the session " + id + " of alice", "bob ended the session " + own + " of bob"}; !slices.Equal(notes, want) {
		t.Errorf("the journal has %q, want %q", notes, want)
	}
}

// TestLeftBehind: a person whose last screen ends with pauses open has left them:
// once, on record, and offered to those of the same role.
func TestLeftBehind(t *testing.T) { synctest.Test(t, testLeftBehind) }

func testLeftBehind(t *testing.T) {
	w := start(t, setting{roles: twoRoles, pipes: true})
	timed, plain, resumed := w.begin("in-progress"), w.begin("in-progress"), w.begin("in-progress")
	theirs := w.begin("paused")        // by somebody else, elsewhere
	outlives := w.begin("in-progress") // by a command of hers, which is to outlive it
	alice, second, carol := w.as("alice"), w.as("alice"), w.as("carol")
	one, two := alice.watch(""), second.watch("")
	one.until("synced")
	two.until("synced")
	for i, sid := range []string{timed, plain, resumed} {
		alice.request(pause("request-"+string(rune('0'+i)), sid))
	}
	alice.post(local.PathTimer, local.Timer{SID: timed, After: 600})
	command := w.as("alice")
	command.post(local.PathSession, local.Screen{Command: "pause"})
	command.request(pause("request-8", outlives))
	end := func(c *client, v *watching) {
		v.cancel()
		c.http.CloseIdleConnections()
		w.wait("the session is over", func() bool {
			return !slices.ContainsFunc(w.server.sessions.sorted(), func(s *session) bool { return s.key == c.session })
		})
		synctest.Wait() // and what it left is noted
	}
	end(alice, one)
	if left := fetch[local.Left](carol, local.PathLeft).Left; len(left) != 0 {
		t.Errorf("with a screen still open, left are %+v", left)
	}
	end(second, two)
	left := fetch[local.Left](carol, local.PathLeft).Left
	if len(left) != 2 || left[0].Actor != "alice" || left[0].Ended.IsZero() || left[0].Why != "its session ended" {
		t.Fatalf("left are %+v", left)
	}
	for _, l := range left {
		if l.SID == timed || l.SID == theirs || l.SID == outlives {
			t.Errorf("%s was not left by her", l.SID)
		}
	}
	if got := fetch[local.Left](w.as("bob"), local.PathLeft).Left; len(got) != 0 {
		t.Errorf("one of another role is offered %+v", got)
	}
	if got := fetch[local.Left](w.as("root"), local.PathLeft).Left; len(got) != 2 {
		t.Errorf("root is offered %+v", got)
	}
	var behind []string
	for _, e := range w.entries() {
		if e.Event == journal.Behind {
			behind = append(behind, e.Actor)
		}
	}
	if !slices.Equal(behind, []string{"alice", "alice"}) {
		t.Errorf("the journal has %q", behind)
	}
	carol.post(local.PathAcknowledge, local.Acknowledge{SID: plain, Wait: 60, Reason: "mine now"})
	carol.request(local.Request{ID: "request-9", SID: resumed, Update: "resume"})
	if got := fetch[local.Left](carol, local.PathLeft).Left; len(got) != 0 {
		t.Errorf("taken over, left are %+v", got)
	}
}

// TestSessionLasts: a session without a connection lasts for a moment, in which
// its client may come again; that of a lone connection ends with it.
func TestSessionLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, dir: t.TempDir()})
		has := func(key string) bool {
			synctest.Wait()
			for _, s := range w.server.sessions.sorted() {
				if s.key == key {
					return true
				}
			}
			return false
		}
		c := w.as("alice")
		id := fetch[local.WhoAmI](c, local.PathWhoAmI).Session
		c.http.CloseIdleConnections()
		time.Sleep(sessionGrace - 10*time.Millisecond)
		if got := fetch[local.WhoAmI](c, local.PathWhoAmI).Session; got != id || !has(c.session) {
			t.Errorf("after a moment it is session %s, was %s", got, id)
		}
		c.http.CloseIdleConnections()
		time.Sleep(sessionGrace + 10*time.Millisecond)
		if has(c.session) {
			t.Error("the session is still there")
		}
		lone := w.as("alice")
		lone.session = ""
		fetch[local.WhoAmI](lone, local.PathWhoAmI)
		lone.http.CloseIdleConnections()
		time.Sleep(time.Millisecond)
		if synctest.Wait(); len(w.server.sessions.sorted()) != 0 {
			t.Error("the session of one connection outlives it")
		}
		_ = w.stop()
	})
}

// TestManySessions: one user cannot have sessions without end.
func TestManySessions(t *testing.T) {
	w := start(t, setting{})
	w.server.rates.rate, w.server.rates.burst = 1e6, 1e6
	for i := range maxSessionsPerUser + 1 {
		c := w.as("alice")
		g := c.do("GET", local.PathWhoAmI, nil)
		if refused := g.refusal().Code == local.CodeTooMany; refused != (i == maxSessionsPerUser) {
			t.Fatalf("session %d: %d %s", i, g.status, g.body)
		}
	}
	fetch[local.WhoAmI](w.as("bob"), local.PathWhoAmI)
}

// TestQuit: who quits is said to have quit, and what is left behind is offered at
// once.
func TestQuit(t *testing.T) { synctest.Test(t, testQuit) }

func testQuit(t *testing.T) {
	w := start(t, setting{roles: twoRoles, pipes: true})
	sid := w.begin("in-progress")
	alice, carol := w.as("alice"), w.as("carol")
	alice.watch("").until("synced")
	alice.request(pause("request-1", sid))
	own := fetch[local.WhoAmI](alice, local.PathWhoAmI).Session
	if g := alice.do("DELETE", local.PathSessions+"/"+own, nil); g.status != 200 {
		t.Fatalf("%d %s", g.status, g.body)
	}
	left := fetch[local.Left](carol, local.PathLeft).Left
	if len(left) != 1 || left[0].Actor != "alice" || left[0].Why != "quit" || time.Since(left[0].Ended) > time.Second {
		t.Errorf("left are %+v", left)
	}
}
