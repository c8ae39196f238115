//go:build unix

package serve

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
)

// start asks for a start, and returns its last state.
func (c *client) start(s local.Start) (last local.RequestState) {
	c.w.t.Helper()
	g := c.do(http.MethodPost, local.PathStart, s)
	if g.status != http.StatusOK {
		c.w.t.Fatalf("start: %d %s", g.status, g.body)
	}
	lines := strings.Split(strings.TrimSpace(string(g.body)), "\n")
	check(c.w.t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	return last
}

// callOf returns the call of a recording.
func (w *world) callOf(sid string) string {
	for _, p := range w.server.projects {
		for _, r := range p.Deck.Snapshot().Recordings {
			if r.SID.String() == sid {
				return r.CallSID.String()
			}
		}
	}
	w.t.Fatalf("no deck has %s", sid)
	return ""
}

// TestStart: a start is carried out once for an ID, is on record with who asked,
// and others see the new recording.
func TestStart(t *testing.T) {
	w := start(t, setting{})
	sid := w.begin("in-progress")
	alice, bob := w.as("alice"), w.as("bob")
	alice.post(local.PathSession, local.Screen{Command: "start", Claims: local.Claims{TTY: "/dev/pts/3"}})
	s := local.Start{ID: "start-request-1", CallSID: w.callOf(sid), Channels: "dual"}
	first := alice.start(s)
	if first.Progress == nil || first.Progress.Outcome != "verified" || !first.Progress.Settled || first.Progress.Request.Update != deck.AskedStart ||
		first.Progress.Request.SID == "" || first.Progress.Request.SID == sid || first.Progress.Actor != "alice" || !strings.Contains(string(first.Progress.Answer), first.Progress.Request.SID) {
		t.Fatalf("it ended as %+v", first.Progress)
	}
	for _, again := range []*client{alice, w.as("alice")} {
		if got := again.start(s); got.Progress == nil || got.Progress.JournalID != first.Progress.JournalID {
			t.Errorf("the start once more: %+v", got)
		}
		if got := fetch[local.RequestState](again, local.PathRequests+"/start-request-1"); got.Progress == nil || got.Progress.Outcome != "verified" {
			t.Errorf("asked by its ID: %+v", got)
		}
	}
	if n := w.spies[0].posts.Load(); n != 1 {
		t.Errorf("%d starts were sent, want 1", n)
	}
	w.wait("the others see it", func() bool {
		return strings.Contains(string(bob.do("GET", local.PathRecordings, nil).body), first.Progress.Request.SID)
	})
	var on []journal.Entry
	for _, e := range w.entries() {
		if e.ID == first.Progress.JournalID {
			on = append(on, e)
		}
	}
	if len(on) != 2 || on[0].Actor != "alice" || on[0].TTY != "/dev/pts/3" || !on[0].Claimed || !on[0].Command || on[1].Outcome != "verified" {
		t.Errorf("the journal has %+v", on)
	}
}

// TestStartRefused: what is wrong with a start is said, and nothing is sent.
func TestStartRefused(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu", "us"}})
	sid := w.begin("in-progress")
	call := w.callOf(sid)
	c := w.as("alice")
	for _, tt := range []struct {
		name string
		body any
		code local.Code
	}{
		{"no call", local.Start{ID: "start-request-1"}, local.CodeBody},
		{"channels that there are not", local.Start{ID: "start-request-1", CallSID: call, Channels: "x"}, local.CodeBody},
		{"a short ID", local.Start{ID: "x", CallSID: call}, local.CodeID},
		{"an unknown field", `{"id":"start-request-1","call_sid":"` + call + `","again":true}`, local.CodeBody},
		{"an unknown profile", local.Start{ID: "start-request-1", CallSID: call, Profile: "jp"}, local.CodeProfile},
		{"a call of nobody knows which profile", local.Start{ID: "start-request-1", CallSID: "0a1b2c3d-0000-4000-8000-00000000000c"}, local.CodeAmbiguous},
	} {
		if g := c.do(http.MethodPost, local.PathStart, tt.body); g.refusal().Code != tt.code {
			t.Errorf("%s: %d %s", tt.name, g.status, g.body)
		}
	}
	if n := w.spies[0].posts.Load() + w.spies[1].posts.Load(); n != 0 {
		t.Errorf("%d starts were sent", n)
	}
	if got := c.start(local.Start{ID: "start-request-2", CallSID: call}); got.Progress == nil || got.Progress.Request.Profile != "eu" || w.spies[0].posts.Load() != 1 {
		t.Errorf("a call with a recording in one profile: %+v", got)
	}
	if got := c.start(local.Start{ID: "start-request-3", CallSID: "0a1b2c3d-0000-4000-8000-00000000000c", Profile: "us"}); got.Progress == nil || got.Progress.Outcome != "failed" || w.spies[1].posts.Load() != 1 {
		t.Errorf("a call that there is not: %+v", got)
	}
}

// TestCommandIsNoScreen: what a command has paused outlives it, and is not left
// behind by its end; nor does its end say that somebody looks no longer.
func TestCommandIsNoScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true})
		sid := w.begin("in-progress")
		c := w.as("alice")
		c.post(local.PathSession, local.Screen{Command: "pause"})
		watch := c.watch("")
		watch.until("synced")
		c.request(pause("request-1", sid))
		watch.cancel()
		c.http.CloseIdleConnections()
		w.wait("the session is over", func() bool { return len(w.server.sessions.sorted()) == 0 })
		if left := fetch[local.Left](w.as("root"), local.PathLeft).Left; len(left) != 0 {
			t.Errorf("left are %+v", left)
		}
		for _, e := range w.entries() {
			if e.Event == journal.Behind || !e.Command && e.ID != "" {
				t.Errorf("the journal has %+v", e)
			}
		}
	})
}
