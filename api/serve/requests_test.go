//go:build unix

package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
)

func pause(id, sid string) local.Request { return local.Request{ID: id, SID: sid, Update: "pause"} }

// TestRequest: a pause by one is told step by step, is on record with who asked
// by the kernel and what the client claims, and others see it.
func TestRequest(t *testing.T) {
	w := start(t, setting{})
	sid := w.begin("in-progress")
	alice, bob := w.as("alice"), w.as("bob")
	alice.post(local.PathSession, local.Screen{Command: "dashboard", Claims: local.Claims{SSHClient: "192.0.2.7:50522", SSHKey: "SHA256:abc", TTY: "/dev/pts/3"}})
	watch := bob.watch("")
	watch.until("synced")
	held := make(chan struct{})
	hold := func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			<-held
		}
		return nil, nil
	}
	w.spies[0].before.Store(&hold)
	resp, err := alice.open(t.Context(), "POST", local.PathRequests, local.Requests{Requests: []local.Request{pause("request-1", sid)}})
	check(t, err)
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewReader(resp.Body)
	begun, err := lines.ReadString('\n')
	check(t, err)
	close(held)
	rest, err := io.ReadAll(lines)
	check(t, err)
	steps := strings.Split(strings.TrimSpace(begun+string(rest)), "\n")
	var first, last local.RequestState
	check(t, json.Unmarshal([]byte(steps[0]), &first))
	check(t, json.Unmarshal([]byte(steps[len(steps)-1]), &last))
	if len(steps) < 2 || first.Progress == nil || first.Progress.Settled || last.ID != "request-1" ||
		last.Progress.Outcome != "verified" || !last.Progress.Settled || last.Progress.Actor != "alice" || last.Progress.Request.ID != "request-1" {
		t.Errorf("the steps are:\n%s", steps)
	}
	watch.until(sid, `"status":"paused"`, `"actor":"alice"`)
	var found []journal.Entry
	for _, e := range w.entries() {
		if e.Event == journal.Request || e.Event == journal.Outcome {
			found = append(found, e)
		}
	}
	if len(found) != 2 {
		t.Fatalf("%d lines in the journal, want 2", len(found))
	}
	for _, e := range found {
		if e.Actor != "alice" || e.UID != "1001" || e.SSHClient != "192.0.2.7:50522" || e.SSHKey != "SHA256:abc" || e.TTY != "/dev/pts/3" || !e.Claimed || e.Session == "" {
			t.Errorf("the journal has %+v", e.Who)
		}
	}
}

// TestNotTwice: a request whose ID is known is not carried out again, by whatever
// connection or session of its user it comes; the IDs of another user are theirs.
func TestNotTwice(t *testing.T) {
	w := start(t, setting{})
	sid, other := w.begin("in-progress"), w.begin("in-progress")
	c := w.as("alice")
	first := c.request(pause("request-1", sid))["request-1"]
	for _, again := range []*client{c, w.as("alice")} {
		for _, r := range []local.Request{pause("request-1", sid), pause("request-1", other), {ID: "request-1", SID: sid, Update: "stop"}} {
			got := again.request(r)["request-1"]
			if got.Progress == nil || got.Progress.JournalID != first.Progress.JournalID || got.Progress.Request.SID != sid {
				t.Errorf("the request once more: %+v", got)
			}
		}
		if got := fetch[local.RequestState](again, local.PathRequests+"/request-1"); got.Progress == nil || got.Progress.Outcome != "verified" {
			t.Errorf("asked by its ID: %+v", got)
		}
	}
	if n := w.spies[0].posts.Load(); n != 1 {
		t.Errorf("%d updates were sent, want 1", n)
	}
	bob := w.as("bob")
	if g := bob.do("GET", local.PathRequests+"/request-1", nil); g.refusal().Code != local.CodeRequest {
		t.Errorf("another user is told: %d %s", g.status, g.body)
	}
	if got := bob.request(pause("request-1", other))["request-1"]; got.Progress == nil || got.Progress.Request.SID != other {
		t.Errorf("another user's request with the same ID: %+v", got)
	}
}

// TestAtOnce: the same request by many connections at one time is carried out
// once, and all are told the same.
func TestAtOnce(t *testing.T) {
	w := start(t, setting{})
	sid := w.begin("in-progress")
	var all sync.WaitGroup
	for range 20 {
		c := w.as("alice")
		all.Go(func() {
			if got := c.request(pause("request-1", sid))["request-1"]; got.Progress == nil || !got.Progress.Settled {
				t.Errorf("%+v", got)
			}
		})
	}
	all.Wait()
	if n := w.spies[0].posts.Load(); n != 1 {
		t.Errorf("%d updates were sent, want 1", n)
	}
}

// TestForgotten: a request that was looked up as known, and forgotten before it
// was begun, is not carried out.
func TestForgotten(t *testing.T) {
	l := newRequests()
	a := &asked{id: "request-1", done: make(chan struct{}), more: make(chan struct{})}
	if _, fresh := l.begin(1, []*asked{a}); len(fresh) != 1 {
		t.Fatal("a new request is not carried out")
	}
	l.mu.Lock()
	clear(l.of)
	l.mu.Unlock()
	if all, fresh := l.begin(1, []*asked{a}); len(fresh) != 0 || len(all) != 1 {
		t.Error("a known request is carried out again")
	}
}

// TestForget: what was settled long ago goes, and the oldest of one who has asked
// for a lot; what is under way stays.
func TestForget(t *testing.T) {
	l := newRequests()
	now := time.Now()
	l.of[requestKey{1, "old"}] = &asked{settledAt: now.Add(-keepSettled - time.Second)}
	l.of[requestKey{1, "new"}] = &asked{settledAt: now.Add(-time.Second)}
	l.of[requestKey{1, "under way"}] = &asked{}
	l.forget(2, now)
	if l.find(1, "old") != nil || l.find(1, "new") == nil || l.find(1, "under way") == nil {
		t.Errorf("left are %d", len(l.of))
	}
	for i := range maxRemembered {
		l.of[requestKey{3, time.Duration(i).String()}] = &asked{settledAt: now.Add(-time.Minute + time.Duration(i))}
	}
	l.forget(3, now)
	if l.find(3, time.Duration(0).String()) != nil || l.find(3, time.Duration(maxRemembered-1).String()) == nil || len(l.of) > maxRemembered {
		t.Errorf("left are %d", len(l.of))
	}
}

// TestClientGone: a request whose client goes away goes on, and its result can be
// asked for.
func TestClientGone(t *testing.T) {
	w := start(t, setting{})
	sid := w.begin("in-progress")
	held := make(chan struct{})
	hold := func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			<-held
		}
		return nil, nil
	}
	w.spies[0].before.Store(&hold)
	c := w.as("alice")
	ctx, cancel := context.WithCancel(t.Context())
	resp, err := c.open(ctx, "POST", local.PathRequests, local.Requests{Requests: []local.Request{pause("request-1", sid)}})
	check(t, err)
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || !strings.Contains(line, `"requested"`) {
		t.Errorf("%q, %v", line, err)
	}
	w.wait("the update is sent", func() bool { return w.spies[0].posts.Load() == 1 })
	cancel()
	_ = resp.Body.Close()
	if got := fetch[local.RequestState](c, local.PathRequests+"/request-1"); got.Progress == nil || got.Progress.Settled || got.Progress.Outcome != "requested" {
		t.Errorf("under way it is %+v", got)
	}
	close(held)
	w.wait("the request is settled", func() bool {
		got := fetch[local.RequestState](c, local.PathRequests+"/request-1")
		return got.Progress != nil && got.Progress.Settled && got.Progress.Outcome == "verified"
	})
	if n := w.spies[0].posts.Load(); n != 1 {
		t.Errorf("%d updates were sent, want 1", n)
	}
}

// TestBusy: while an update is under way another one of the recording is refused,
// with the one that is in its way.
func TestBusy(t *testing.T) {
	w := start(t, setting{})
	sid := w.begin("in-progress")
	held := make(chan struct{})
	hold := func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			<-held
		}
		return nil, nil
	}
	w.spies[0].before.Store(&hold)
	var alice sync.WaitGroup
	c := w.as("alice")
	alice.Go(func() { c.request(pause("request-1", sid)) })
	w.wait("the update is sent", func() bool { return w.spies[0].posts.Load() == 1 })
	got := w.as("bob").request(local.Request{ID: "request-2", SID: sid, Update: "stop"})["request-2"]
	if got.Refused == nil || got.Refused.Code != local.CodeBusy || got.Refused.Busy == nil || got.Refused.Busy.Actor != "alice" {
		t.Errorf("%+v", got)
	}
	close(held)
	alice.Wait()
}

// TestBulk: several requests, of two projects, are all carried out, each by its
// own deck.
func TestBulk(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu", "us"}})
	a, b := w.begin("in-progress"), w.begin("in-progress")
	us := w.spaces[1].Begin(beginAs("in-progress"))
	w.server.projects[1].Deck.Refresh()
	w.wait("the other deck has its recording", func() bool { return len(w.server.projects[1].Deck.Snapshot().Recordings) == 1 })
	got := w.as("alice").request(pause("request-1", a), pause("request-2", b), pause("request-3", us),
		local.Request{ID: "request-4", SID: us, Profile: "us", Update: "stop"})
	for _, id := range []string{"request-1", "request-2", "request-3"} {
		if s := got[id]; s.Progress == nil || s.Progress.Outcome != "verified" {
			t.Errorf("%s: %+v", id, s)
		}
	}
	if s := got["request-4"]; s.Refused == nil || s.Refused.Code != local.CodeBusy {
		t.Errorf("two requests of one recording: %+v", s)
	}
	if got["request-3"].Progress.Request.Profile != "us" || got["request-1"].Progress.Request.Profile != "eu" {
		t.Error("the requests do not name their profiles")
	}
	if n, m := w.spies[0].posts.Load(), w.spies[1].posts.Load(); n != 2 || m != 1 {
		t.Errorf("%d and %d updates were sent, want 2 and 1", n, m)
	}
}

// TestAmbiguous: the same recording in two profiles has to be named with one.
func TestAmbiguous(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu", "us"}})
	sid := w.begin("in-progress")
	both := beginAs("in-progress")
	both.SID = sid
	w.spaces[1].Begin(both)
	w.server.projects[1].Deck.Refresh()
	w.wait("both have it", func() bool { return len(w.server.projects[1].Deck.Snapshot().Recordings) == 1 })
	c := w.as("alice")
	if g := c.do("GET", local.PathRecordings+"/"+sid, nil); g.refusal().Code != local.CodeAmbiguous {
		t.Errorf("%d %s", g.status, g.body)
	}
	if g := c.do("GET", local.PathRecordings+"/"+sid+"?profile=us", nil); g.status != 200 || !strings.Contains(string(g.body), `"profile":"us"`) {
		t.Errorf("%d %s", g.status, g.body)
	}
}

// TestReadOnly: the deck's own refusals come through with their codes.
func TestReadOnly(t *testing.T) {
	w := start(t, setting{deck: deck.Config{ReadOnly: true}})
	sid := w.begin("in-progress")
	got := w.as("alice").request(pause("request-1", sid))["request-1"]
	if got.Refused == nil || got.Refused.Code != local.CodeReadOnly {
		t.Errorf("%+v", got)
	}
}

// TestOlderThanTheLookback: a recording that no deck has is asked of the API, and
// can be paused.
func TestOlderThanTheLookback(t *testing.T) {
	w := start(t, setting{deck: deck.Config{Lookback: time.Hour}})
	w.begin("in-progress")
	old := beginAs("in-progress")
	old.StartedAgo = 5 * time.Hour
	sid := w.spaces[0].Begin(old)
	if got := w.as("alice").request(pause("request-1", sid))["request-1"]; got.Progress == nil || got.Progress.Outcome != "verified" {
		t.Errorf("%+v", got)
	}
}

// TestOldOfSeveralProjects: a recording that no deck has is that of the project
// that has it, also while another one does not answer; one that two have is
// refused without a profile.
func TestOldOfSeveralProjects(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu", "us"}, deck: deck.Config{Lookback: time.Hour, Interval: time.Hour}})
	w.wait("the only poll of both", func() bool {
		return !slices.ContainsFunc(w.server.projects, func(p *project) bool { return p.Deck.Snapshot().Health.Complete.IsZero() })
	})
	old := beginAs("in-progress")
	old.StartedAgo = 5 * time.Hour
	alone := w.spaces[1].Begin(old)
	old = beginAs("in-progress")
	old.StartedAgo = 5 * time.Hour
	old.SID = w.spaces[0].Begin(old)
	both := w.spaces[1].Begin(old)
	c := w.as("alice")
	if g := c.do("POST", local.PathRequests, local.Requests{Requests: []local.Request{pause("request-1", both)}}); g.refusal().Code != local.CodeAmbiguous {
		t.Errorf("of two: %d %s", g.status, g.body)
	}
	if n := w.spies[0].posts.Load() + w.spies[1].posts.Load(); n != 0 {
		t.Errorf("%d updates were sent", n)
	}
	down := func(*http.Request) (*http.Response, error) { return answer(500, "{}"), nil }
	w.spies[0].before.Store(&down)
	if got := c.request(pause("request-2", alone))["request-2"]; got.Progress == nil || got.Progress.Outcome != "verified" || got.Progress.Request.Profile != "us" {
		t.Errorf("of one, while the other does not answer: %+v", got)
	}
	if g := c.do("GET", local.PathRecordings+"/"+strings.Replace(alone, "-", "0", 1)[:35]+"x", nil); g.refusal().Code != local.CodeAPI {
		t.Errorf("of none, while one does not answer: %d %s", g.status, g.body)
	}
}

// TestEnd: at the end an update under way is answered first, its client is told,
// a new one is refused, and who watches is told why.
func TestEnd(t *testing.T) {
	w := start(t, setting{})
	sid := w.begin("in-progress")
	held := make(chan struct{})
	hold := func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			<-held
		}
		return nil, nil
	}
	w.spies[0].before.Store(&hold)
	alice, bob := w.as("alice"), w.as("bob")
	watch := bob.watch("")
	watch.until("synced")
	var asking sync.WaitGroup
	asking.Go(func() {
		if got := alice.request(pause("request-1", sid))["request-1"]; got.Progress == nil || !got.Progress.Settled || got.Progress.Outcome == "unknown" {
			t.Errorf("the update under way: %+v", got)
		}
	})
	w.wait("the update is sent", func() bool { return w.spies[0].posts.Load() == 1 })
	ended := make(chan error, 1)
	go func() { ended <- w.stop() }()
	w.wait("the service is ending", w.server.endingNow)
	if g := bob.do("POST", local.PathRequests, local.Requests{Requests: []local.Request{pause("request-2", sid)}}); g.refusal().Code != local.CodeEnding || g.status != 503 {
		t.Errorf("a new request: %d %s", g.status, g.body)
	}
	select {
	case err := <-ended:
		t.Errorf("it has ended before the update was answered: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(held)
	asking.Wait()
	watch.until(`"bye"`, `"ending"`)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := w.dial("alice"); err == nil {
		t.Error("the socket is still there")
	}
}

// TestJournalRequired: what cannot be put on record is refused where that is set.
func TestJournalRequired(t *testing.T) {
	w := start(t, setting{deck: deck.Config{JournalRequired: true}})
	sid := w.begin("in-progress")
	check(t, w.journal.Close()) // nothing is written any more
	got := w.as("alice").request(pause("request-1", sid))["request-1"]
	if got.Progress == nil || got.Progress.Outcome != "failed" || !errors.Is(got.Progress.Err.Err(), deck.ErrNotOnRecord) {
		t.Errorf("%+v", got.Progress)
	}
	if n := w.spies[0].posts.Load(); n != 0 {
		t.Errorf("%d updates were sent", n)
	}
}
