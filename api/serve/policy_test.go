//go:build unix

package serve

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/sim"
)

// TestPolicy: each project of a service keeps its own policy: what it refuses, of
// whom it wants a word of its own, and that it says so.
func TestPolicy(t *testing.T) {
	all := slices.DeleteFunc(slices.Clone(Words), func(w local.Word) bool { return w == local.WordStopEvidence })
	w := start(t, setting{
		profiles: []string{"eu", "us"}, policies: []deck.Policy{deck.Evidence, deck.Privacy},
		roles: []Role{
			{Name: "operator", May: all, Users: []string{"alice"}},
			{Name: "lead", May: append(all, local.WordStopEvidence), Users: []string{"bob"}},
		},
	})
	const reason = "by order"
	// Each is a recording of its own, by its project and its number.
	sids := map[string]string{}
	for i, profile := range []string{"eu", "us"} {
		for n := range "12345" {
			sids[profile+string("12345"[n])] = w.spaces[i].Begin(beginAs(""))
		}
	}
	w.wait("the recordings", func() bool {
		return w.server.projects[0].Deck.Snapshot().Active >= 5 && w.server.projects[1].Deck.Snapshot().Active >= 5
	})
	for _, tt := range []struct {
		name, user, of string
		req            local.Request
		code           local.Code // refused so; empty for done
	}{
		{name: "skip is refused", user: "bob", of: "eu1", req: local.Request{Update: "pause", Behavior: "skip"}, code: local.CodeSkip},
		{name: "silence is not", user: "alice", of: "eu1", req: local.Request{Update: "pause"}},
		{name: "nor is skip elsewhere", user: "alice", of: "us1", req: local.Request{Update: "pause", Behavior: "skip"}},
		{name: "a stop without a reason", user: "bob", of: "eu2", req: local.Request{Update: "stop"}, code: local.CodeNoReason},
		{name: "a stop without the word", user: "alice", of: "eu2", req: local.Request{Update: "stop", Reason: reason}, code: local.CodeRole},
		{name: "a stop elsewhere", user: "alice", of: "us2", req: local.Request{Update: "stop"}},
		{name: "a stop with both", user: "bob", of: "eu2", req: local.Request{Update: "stop", Reason: reason}},
		{name: "the owner may all, with a reason", user: "root", of: "eu3", req: local.Request{Update: "stop", Reason: reason}},
		{name: "too much of a reason", user: "bob", of: "eu4", req: local.Request{Update: "stop", Reason: strings.Repeat("x", deck.MaxReason+1)}, code: local.CodeTooLarge},
	} {
		id := "request-" + strings.ReplaceAll(strings.ReplaceAll(tt.name, " ", "-"), ",", "")
		tt.req.ID, tt.req.SID, tt.req.Profile = id, sids[tt.of], tt.of[:2]
		c := w.as(tt.user)
		g := c.do("POST", local.PathRequests, local.Requests{Requests: []local.Request{tt.req}})
		code := g.refusal().Code
		var p *local.Progress
		if g.status == 200 {
			last := fetch[local.RequestState](c, local.PathRequests+"/"+id)
			if p = last.Progress; last.Refused != nil {
				code = last.Refused.Code
			}
		}
		if code != tt.code || tt.code == "" && (p == nil || p.Outcome != "verified") {
			t.Errorf("%s: %d %s", tt.name, g.status, g.body)
		}
	}
	who := fetch[local.WhoAmI](w.as("alice"), local.PathWhoAmI)
	if len(who.Profiles) != 2 || who.Profiles[0].Policy != "evidence" || who.Profiles[1].Policy != "privacy" {
		t.Errorf("it says of its profiles %+v", who.Profiles)
	}
	var stops []string
	for _, e := range w.entries() {
		if e.Event == journal.Request && e.StatusAsked == "stopped" {
			stops = append(stops, e.Actor+": "+e.Reason)
		}
	}
	if got := strings.Join(stops, "; "); got != "alice: ; bob: by order; root: by order" {
		t.Errorf("the stops on record are %q", got)
	}
}

// TestAcknowledgeUnrecorded: the alarm of a call without a recording is silenced
// through the service by who may acknowledge, and is that of one profile.
func TestAcknowledgeUnrecorded(t *testing.T) {
	const call = "5e4d3c2b-2222-4eee-8fff-000000000201"
	synctest.Test(t, func(t *testing.T) {
		spaces := []*sim.Space{sim.New(sim.Options{Seed: 1}), sim.New(sim.Options{Seed: 2})}
		for _, space := range spaces {
			space.Call(sim.Line{SID: call, Ago: time.Hour})
		}
		w := start(t, setting{pipes: true, spaces: spaces, profiles: []string{"eu", "us"}, deck: deck.Config{UnrecordedAlarm: time.Minute},
			roles: []Role{{Name: "operator", May: []local.Word{local.WordView, local.WordAcknowledge}, Users: []string{"alice"}}, {Name: "watcher", May: []local.Word{local.WordView}, Users: []string{"bob"}}}})
		alarms := func(i int) int { return len(w.server.projects[i].Deck.Snapshot().UnrecordedAlarms(time.Now())) }
		time.Sleep(30 * time.Second)
		if alarms(0) != 1 || alarms(1) != 1 {
			t.Fatalf("%d and %d alarm", alarms(0), alarms(1))
		}
		ack := local.Acknowledge{SID: call, Reason: "no consent", Wait: 300}
		if g := w.as("bob").do("POST", local.PathAcknowledge, ack); g.refusal().Code != local.CodeRole {
			t.Errorf("a watcher: %d %s", g.status, g.body)
		}
		if g := w.as("alice").do("POST", local.PathAcknowledge, ack); g.refusal().Code != local.CodeAmbiguous {
			t.Errorf("of two profiles: %d %s", g.status, g.body)
		}
		ack.Profile = "us"
		w.as("alice").post(local.PathAcknowledge, ack)
		if alarms(0) != 1 || alarms(1) != 0 {
			t.Errorf("%d and %d alarm", alarms(0), alarms(1))
		}
		watch := w.as("bob").watch("")
		watch.until("unrecorded", "no consent", `"actor":"alice"`)
		watch.cancel()
		var found []string
		for _, e := range w.entries() {
			if e.Event == journal.Ack {
				found = append(found, e.Actor+" "+e.Call.String()+" "+e.Reason)
			}
		}
		if got := strings.Join(found, "; "); got != "alice "+call+" no consent" {
			t.Errorf("on record: %q", got)
		}
	})
}
