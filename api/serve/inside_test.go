//go:build unix

package serve

import (
	"context"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

// contractor and lead are people of a test who come in by SSH.
var (
	contractor = Insider{User: "guest", Fingerprint: "SHA256:contractor", Comment: "jo@acme", Address: "192.0.2.7:51122"}
	lead       = Insider{User: "root", Fingerprint: "SHA256:lead", Certificate: "max", Authority: "SHA256:ca", Principals: []string{"leads"}, Address: "192.0.2.8:4000"}
)

// insideRoles have both, and alice.
var insideRoles = []Role{
	{Name: "operator", May: []local.Word{"view", "pause", "resume", "bulk", "timer", "acknowledge"}, Keys: []string{"jo@acme"}, Users: []string{"alice"}},
	{Name: "lead", May: []local.Word{"view", "sessions"}, Principals: []string{"leads"}, Users: []string{"dave"}},
}

// enter begins a session that ends with the test.
func (w *world) enter(who Insider, end func(string)) *Inside {
	w.t.Helper()
	if end == nil {
		end = func(string) {}
	}
	i, err := w.server.Enter(who, local.Screen{Command: local.Dashboard}, end)
	check(w.t, err)
	w.t.Cleanup(func() { i.Leave("quit") })
	return i
}

// key returns the key of a recording.
func key(sid string) deck.Key { return deck.Key{SID: text.New(sid)} }

// TestInside: a session by SSH pauses a recording; the journal says who it was, the
// list of sessions has it, others see its question, and who ends it says why.
func TestInside(t *testing.T) {
	w := start(t, setting{roles: insideRoles})
	sid := w.begin("in-progress")
	ended := make(chan string, 1)
	i := w.enter(contractor, func(why string) { ended <- why })
	seen := make(chan *deck.Snapshot, 100)
	defer i.Watch(func(s *deck.Snapshot) { seen <- s })()
	req := deck.Request{SID: text.New(sid), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}, Actor: i.Actor(), Seen: api.InProgress, Snapshot: (<-seen).Seq}
	p, err := i.Do(context.Background(), req)
	if err != nil || !p.Settled || p.Outcome != deck.Verified || p.Request != req {
		t.Fatalf("%+v, %v", p, err)
	}
	for s := range seen {
		if r := s.Lookup(key(sid)); r.Paused() && r.Update.Settled {
			if r.Update.Request != req || r.Pause.Actor != "jo@acme" {
				t.Errorf("the screen does not know its request again: %+v", r.Update)
			}
			break
		}
	}
	alice, dave := w.as("alice"), w.as("dave")
	watch := alice.watch("")
	watch.until("synced")
	i.Show(&local.Prompt{SID: sid, Verb: "resume"}, time.Now())
	watch.until(sid, `"asking":[{`, `"actor":"jo@acme","verb":"resume"`)
	if a := i.Snapshot().Lookup(key(sid)).Asking; len(a) > 0 {
		t.Errorf("it is shown its own question: %+v", a)
	}
	var id string
	for _, s := range fetch[local.Sessions](dave, local.PathSessions).Sessions {
		if s.SSH == nil {
			continue
		}
		id = s.ID
		want := local.SSH{User: "guest", Client: "192.0.2.7:51122", Key: "SHA256:contractor"}
		if *s.SSH != want || s.User != "jo@acme" || s.UID != "" || s.PID != 0 || s.Role != "operator" || s.Prompt == nil || s.Command != "dashboard" {
			t.Errorf("%+v", s)
		}
	}
	if g := dave.do("DELETE", local.PathSessions+"/"+id, nil); g.status != 200 {
		t.Fatalf("end: %d %s", g.status, g.body)
	}
	if why := <-ended; why != "this session was ended by dave" {
		t.Errorf("it ended for %q", why)
	}
	if _, err := i.Do(context.Background(), req); err == nil || err.Error() != "this session was ended" {
		t.Errorf("after its end: %v", err)
	}
	var events []string
	for _, e := range w.entries() {
		if e.SSHKey == "" {
			continue
		}
		events = append(events, string(e.Event)+" "+e.Reason)
		who := journal.Who{Actor: "jo@acme", SSHUser: "guest", SSHClient: "192.0.2.7:51122", SSHKey: "SHA256:contractor", Session: id, Host: e.Host, PID: e.PID, Started: e.Started}
		if e.Who != who {
			t.Errorf("%s is of %+v", e.Event, e.Who)
		}
	}
	if got := strings.Join(events, "; "); got != "session-began ; request ; outcome ; session-ended ended by dave; left-behind ended by dave" {
		t.Errorf("on record: %s", got)
	}
}

// TestInsideTransport: a client of a session uses the service without a socket, as
// that session, and is told when it is ended.
func TestInsideTransport(t *testing.T) {
	w := start(t, setting{roles: insideRoles})
	sid := w.begin("in-progress")
	i := w.enter(contractor, nil)
	c, err := local.Dial(context.Background(), local.Options{Version: "1.2.3", Command: "pause", Transport: i.Transport(), Claims: local.Claims{TTY: "/dev/pts/9"}})
	check(t, err)
	defer c.Close()
	if who := c.WhoAmI(); who.User != "jo@acme" || who.UID != "" || who.Role != "operator" {
		t.Errorf("%+v", who)
	}
	p, err := c.Do(context.Background(), deck.Request{SID: text.New(sid), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}})
	if err != nil || p.Outcome != deck.Verified {
		t.Errorf("%+v, %v", p, err)
	}
	list, err := c.Sessions(context.Background())
	if err != nil || len(list) != 1 || list[0].Command != "pause" || list[0].Claims != (local.Claims{}) || !list[0].You {
		t.Errorf("%+v, %v", list, err)
	}
	if g := w.as("dave").do("DELETE", local.PathSessions+"/"+list[0].ID, nil); g.status != 200 {
		t.Fatalf("end: %d %s", g.status, g.body)
	}
	w.wait("the client is told", func() bool { return !c.Snapshot().Health.Away.IsZero() })
	if err := c.Snapshot().Health.Err; !strings.Contains(err.Error(), "this session was ended by dave") {
		t.Errorf("it is told %v", err)
	}
}
