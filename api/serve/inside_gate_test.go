//go:build unix

package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// refusedBy returns how an act of a session was refused; nil where it was not.
func refusedBy(t *testing.T, err error) *local.Refusal {
	t.Helper()
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*local.RefusalError](err)
	if !ok {
		t.Errorf("%v is no refusal", err)
		return &local.Refusal{Error: err.Error()}
	}
	return &e.Refusal
}

// refused returns how a client was refused; nil where it was not.
func (g got) refused() *local.Refusal {
	if g.status == http.StatusOK {
		return nil
	}
	r := g.refusal()
	return &r
}

// bodyOf returns a body as its route takes it.
func bodyOf(t *testing.T, d deed) any {
	t.Helper()
	for _, r := range routes {
		if r.method != d.method || r.path != d.path || r.body == nil {
			continue
		}
		raw, err := json.Marshal(d.body)
		check(t, err)
		body, err := r.decode(raw)
		check(t, err)
		return body
	}
	return nil
}

// inside returns an act of the session that a client asks for by a deed: by the
// method of the session that does it, where there is one.
func (d deed) inside(t *testing.T, i *Inside, sid string) error {
	t.Helper()
	ctx, of := context.Background(), key(sid)
	var err error
	switch d.name {
	case "acknowledge":
		err = i.Acknowledge(of, deck.Actor{}, "", time.Minute)
	case "timer":
		err = i.SetTimer(of, deck.Actor{}, time.Minute, false)
	case "status":
		_, err = i.Status(ctx)
	case "sessions":
		_, err = i.Sessions(ctx)
	case "end a session":
		err = i.EndSession(ctx, "s999")
	case "actions":
		_, err = i.Actions(ctx, fewActions)
	case "left":
		_, err = i.Left(ctx)
	default:
		_, _, err = i.act(ctx, d.method, d.path, bodyOf(t, d))
	}
	return err
}

// TestInsideRoles: each act, with each word of a role alone, is refused in this
// process exactly as it is over the socket.
func TestInsideRoles(t *testing.T) {
	var roles []Role
	for i, word := range Words {
		name := "user" + string(rune('0'+i))
		roles = append(roles, Role{Name: "only-" + string(word), May: []local.Word{word}, Users: []string{name}, Keys: []string{name}})
		people[name] = Peer{UID: 2000 + i, GID: 2000 + i}
	}
	t.Cleanup(func() {
		for i := range Words {
			delete(people, "user"+string(rune('0'+i)))
		}
	})
	all := []Role{{Name: "all", May: Words}}
	for i := range Words {
		all[0].Keys = append(all[0].Keys, "user"+string(rune('0'+i)))
	}
	w := start(t, setting{roles: all}) // with which all come in
	sid := w.begin("in-progress")
	var insides []*Inside
	for i := range Words {
		name := "user" + string(rune('0'+i))
		insides = append(insides, w.enter(Insider{Fingerprint: "SHA256:" + name, Comment: name}, nil))
	}
	w.server.roles.Store(&roles)
	n := 0
	for i, word := range Words {
		c := w.as("user" + string(rune('0'+i)))
		for _, d := range deeds(sid) {
			want, have := c.do(d.method, d.path, d.body).refused(), refusedBy(t, d.inside(t, insides[i], sid))
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s for one who may only %s (-socket +inside):\n%s", d.name, word, diff)
			}
			if want != nil {
				n++
			}
		}
	}
	if n < 150 || w.spies[0].posts.Load() != 0 {
		t.Errorf("%d acts were refused, and %d updates sent", n, w.spies[0].posts.Load())
	}
}

// beginTwo begins two recordings, which one poll shows.
func (w *world) beginTwo(first, second string) []string {
	w.t.Helper()
	one := w.spaces[0].Begin(beginAs(first))
	two := w.begin(second)
	w.wait("the service has both", func() bool { return w.server.feed.Row(0, text.New(one)) != nil })
	return []string{one, two}
}

// TestInsideRefusals: what is refused over the socket for another reason than the
// role is refused in this process for the same.
func TestInsideRefusals(t *testing.T) {
	evidence := setting{policies: []deck.Policy{deck.Evidence}}
	all := slices.DeleteFunc(slices.Clone(Words), func(w local.Word) bool { return w == local.WordStopEvidence })
	stop := deck.Request{Update: api.Update{Status: api.Stopped}}
	pauses := deck.Request{Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}}
	with := func(req deck.Request, change func(*deck.Request)) deck.Request { change(&req); return req }
	for _, tt := range []struct {
		name    string
		setting setting
		status  string
		before  func(*world)
		req     deck.Request
		code    local.Code
	}{
		{name: "done", req: pauses},
		{name: "a stop without the word where the policy is evidence", setting: evidence, req: with(stop, func(r *deck.Request) { r.Reason = "by order" }), code: local.CodeRole},
		{name: "skip where the policy is evidence", setting: evidence, req: with(pauses, func(r *deck.Request) { r.Update.PauseBehavior = api.Skip }), code: local.CodeSkip},
		{name: "read-only", setting: setting{deck: deck.Config{ReadOnly: true}}, req: pauses, code: local.CodeReadOnly},
		{name: "too much of a reason", req: with(stop, func(r *deck.Request) { r.Reason = strings.Repeat("x", deck.MaxReason+1) }), code: local.CodeTooLarge},
		{name: "an update that there is not", req: deck.Request{Update: api.Update{Status: "deleted"}}, code: local.CodeBody},
		{name: "a behavior that there is not", req: with(pauses, func(r *deck.Request) { r.Update.PauseBehavior = "loud" }), code: local.CodeBody},
		{name: "a resume with an auto-resume", req: deck.Request{Update: api.Update{Status: api.InProgress}, ResumeAfter: time.Minute}, status: "paused", code: local.CodeBody},
		{name: "too late an auto-resume", req: with(pauses, func(r *deck.Request) { r.ResumeAfter = deck.MaxResumeAfter + time.Second }), code: local.CodeBody},
		{name: "what was seen is no status", req: with(pauses, func(r *deck.Request) { r.Seen = api.Status(strings.Repeat("x", 100)) }), code: local.CodeBody},
		{name: "too much in a second", before: func(w *world) { w.server.rates.burst = 0 }, req: pauses, code: local.CodeTooMany},
		{name: "the service is ending", before: func(w *world) { w.server.stopped.Do(func() { close(w.server.ending) }) }, req: pauses, code: local.CodeEnding},
		{name: "a role that was taken away", before: func(w *world) { w.server.roles.Store(&[]Role{{Name: "other"}}) }, req: pauses, code: local.CodeUser},
		{name: "a word that was taken away", before: func(w *world) {
			w.server.roles.Store(&[]Role{{Name: "operator", May: []local.Word{"view"}, Users: []string{"alice"}, Keys: []string{"alice"}}})
		}, req: pauses, code: local.CodeRole},
		{name: "a session that was ended", before: func(w *world) {
			for _, s := range w.server.sessions.sorted() {
				w.server.sessions.end(s, "ended by bob", true)
			}
		}, req: pauses, code: local.CodeEnded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.setting.roles = []Role{{Name: "operator", May: all, Users: []string{"alice"}, Keys: []string{"alice"}}}
			w := start(t, tt.setting)
			sids := w.beginTwo(tt.status, tt.status)
			i, c := w.enter(Insider{Fingerprint: "SHA256:alice", Comment: "alice"}, nil), w.as("alice")
			fetch[local.WhoAmI](c, local.PathWhoAmI)
			if tt.before != nil {
				tt.before(w)
			}
			sent := tt.req
			sent.ID, sent.SID = "request-1", text.New(sids[0])
			g := c.do("POST", local.PathRequests, local.Requests{Requests: []local.Request{local.RequestOf(sent)}})
			want := g.refused()
			if want == nil {
				var state local.RequestState
				check(t, json.Unmarshal(g.body[strings.LastIndex(strings.TrimSpace(string(g.body)), "\n")+1:], &state))
				want = state.Refused
			}
			tt.req.SID = text.New(sids[1])
			_, err := i.Do(context.Background(), tt.req)
			have := refusedBy(t, err)
			for _, r := range []*local.Refusal{want, have} {
				if r != nil { // each names its own
					r.Error = strings.NewReplacer(sids[0], "SID", sids[1], "SID").Replace(r.Error)
					if _, after, ok := strings.Cut(r.Error, "request "); ok && tt.code != local.CodeTooMany {
						id, _, _ := strings.Cut(after, " ")
						r.Error = strings.Replace(r.Error, id, "ID", 1)
					}
				}
			}
			// How long to wait is another one a moment later.
			if diff := cmp.Diff(want, have, cmpopts.IgnoreFields(local.Refusal{}, "After")); diff != "" {
				t.Errorf("(-socket +inside):\n%s", diff)
			}
			if have == nil && tt.code != "" || have != nil && have.Code != tt.code {
				t.Errorf("it is refused with %+v, want %q", have, tt.code)
			}
		})
	}
}

// TestInsideOfSeveral: of several requests each that is refused is, and no other.
func TestInsideOfSeveral(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu", "us"}, roles: insideRoles})
	us := w.spaces[1].Begin(beginAs("in-progress"))
	two := w.beginTwo("in-progress", "paused")
	a, b := two[0], two[1]
	w.server.projects[1].Deck.Refresh()
	w.wait("the other deck has its recording", func() bool { return len(w.server.projects[1].Deck.Snapshot().Recordings) == 1 })
	i := w.enter(contractor, nil)
	w.wait("the session is shown all", func() bool { return len(i.Snapshot().Recordings) == 3 })
	var list []deck.Request
	for n, of := range []deck.Key{{SID: text.New(a), Profile: "eu"}, {SID: text.New(b), Profile: "eu"}, {SID: text.New("0a1b2c3d-0000-4000-8000-000000000001"), Profile: "eu"},
		{SID: text.New(us), Profile: "us"}, {SID: text.New(us), Profile: "eu"}, {SID: text.New(a)}, {SID: text.New(a), Profile: "jp"}} {
		list = append(list, deck.Request{SID: of.SID, Profile: of.Profile, Group: uint64(n), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}, Snapshot: i.Snapshot().Seq})
	}
	errs, done := make([]error, len(list)), make([]deck.Progress, len(list))
	i.DoAll(context.Background(), list, func(n int, p deck.Progress, err error) { done[n], errs[n] = p, err })
	for n, want := range []error{nil, nil, deck.ErrNotFound, nil, deck.ErrNotFound, nil, errProfile} {
		code := local.Code("")
		if errs[n] != nil {
			code = local.RefusalOf(errs[n]).Code
		}
		switch {
		case want == nil && (errs[n] != nil && code != local.CodeBusy || errs[n] == nil && (done[n].Outcome != deck.Verified || done[n].Request != list[n])),
			want == errProfile && code != local.CodeProfile,
			want == deck.ErrNotFound && !errors.Is(errs[n], want):
			t.Errorf("%d: %+v, %v", n, done[n], errs[n])
		}
	}
	for n, of := range []deck.Key{list[0].Key(), list[3].Key()} {
		w.wait("the screen knows its request again", func() bool {
			r := i.Snapshot().Lookup(of)
			return r != nil && r.Paused() && r.Update != nil && (r.Update.Request == list[3*n] || n == 0 && errs[0] != nil)
		})
	}
}

var errProfile = errors.New("no profile")

// asker is who asks a service for something: a client, or a session in its process.
type asker interface {
	Do(ctx context.Context, req deck.Request) (deck.Progress, error)
	Acknowledge(of deck.Key, actor deck.Actor, reason string, wait time.Duration) error
	SetTimer(of deck.Key, actor deck.Actor, after time.Duration, alone bool) error
	StartFor(ctx context.Context, callSID text.Text, o api.StartOptions, req deck.Request) (*deck.Recording, deck.Progress, error)
	Reveal(of deck.Key, actor deck.Actor)
}

// askAll asks for one of everything that is put on record, and returns how each was
// refused; empty where it was not.
func askAll(by asker, sid, call string) (refusals []string) {
	ctx, of := context.Background(), key(sid)
	do := func(req deck.Request) error { _, err := by.Do(ctx, req); return err }
	pause := deck.Request{SID: of.SID, Seen: api.InProgress, Group: 7, Update: api.Update{Status: api.Paused, PauseBehavior: api.Skip}, ResumeAfter: time.Minute}
	resume := deck.Request{SID: of.SID, Seen: api.Paused, Update: api.Update{Status: api.InProgress}}
	stop := deck.Request{SID: of.SID, Seen: api.InProgress, Update: api.Update{Status: api.Stopped}, Reason: "by  order\n"}
	by.Reveal(of, deck.Actor{})
	for _, err := range []error{
		do(pause), by.Acknowledge(of, deck.Actor{}, "card\x1b details", time.Hour), by.SetTimer(of, deck.Actor{}, 2*time.Minute, false), by.SetTimer(of, deck.Actor{}, 0, false),
		do(resume), do(stop), do(stop), // the second one is refused
		func() error {
			_, _, err := by.StartFor(ctx, text.New(call), api.StartOptions{Channels: "dual"}, deck.Request{})
			return err
		}(),
	} {
		why := ""
		if err != nil {
			why = strings.ReplaceAll(local.RefusalOf(err).Error, sid, "SID")
		}
		refusals = append(refusals, why)
	}
	return refusals
}

// onRecordOf is what there is of what somebody asked for, but for who it was and when.
type onRecordOf struct {
	Entries  []journal.Entry
	Refusals []string
	Requests int
}

// recordOf asks for one of everything, and returns what there is of it.
func recordOf(t *testing.T, inside bool) (out onRecordOf) {
	w := start(t, setting{roles: []Role{{Name: "lead", May: Words, Users: []string{"alice"}, Keys: []string{"alice"}}}, space: sim.Options{Seed: 1}})
	sid := w.begin("in-progress")
	call := w.server.projects[0].Deck.Find(text.New(sid)).CallSID.String()
	has := func(event journal.Event) func() bool {
		return func() bool {
			return slices.ContainsFunc(w.entries(), func(e journal.Entry) bool { return e.Event == event })
		}
	}
	if inside {
		i := w.enter(Insider{Fingerprint: "SHA256:alice", Comment: "alice", User: "a"}, nil)
		out.Refusals = askAll(i, sid, call)
		i.Leave(quit)
	} else {
		c, err := local.Dial(context.Background(), local.Options{Version: "1.2.3", Command: local.Dashboard, Dial: w.dialAs("alice")})
		check(t, err)
		out.Refusals = askAll(c, sid, call)
		w.wait("the reveal is on record", has(journal.Reveal))
		check(t, c.Leave(context.Background()))
		c.Close()
	}
	w.wait("the session's end is on record", has(journal.SessionEnded))
	out.Requests = len(w.server.requests.of)
	ids := map[string]string{"": ""}
	for _, e := range w.entries() {
		if e.Event == journal.Seen || e.Event == journal.Live {
			continue // when a poll shows something
		}
		bySSH, byUser := e.SSHKey == "SHA256:alice" && e.SSHUser == "a" && e.UID == "", e.SSHKey == "" && e.UID == "1001"
		if e.Actor != "alice" || inside && !bySSH || !inside && !byUser || e.Claimed {
			t.Errorf("inside %v: %s is of %+v", inside, e.Event, e.Who)
		}
		if _, known := ids[e.ID]; !known {
			ids[e.ID] = "request " + string(rune('0'+len(ids)))
		}
		if e.Ref != "" {
			e.Ref = "a name of the asker's"
		}
		e.Who, e.ID, e.Seq, e.Prev, e.Time, e.Latency, e.Late = journal.Who{}, ids[e.ID], 0, "", time.Time{}, 0, false
		if e.Project = ""; !e.Until.IsZero() {
			e.Until = time.Time{}.Add(time.Hour)
		}
		if e.Recording == text.New(sid) {
			e.Recording = text.New("SID")
		} else if !e.Recording.IsZero() {
			e.Recording = text.New("the one that was started")
		}
		e.Call = text.New(strings.ReplaceAll(e.Call.String(), call, "CALL"))
		out.Entries = append(out.Entries, e)
	}
	// A client's reveal is sent beside the rest.
	slices.SortStableFunc(out.Entries, func(a, b journal.Entry) int {
		return cmpBool(a.Event == journal.Reveal, b.Event == journal.Reveal)
	})
	return out
}

// cmpBool compares so that true is first.
func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// TestInsideOnRecord: what is asked for by a session in this process has the same
// entries in the journal, and is remembered and refused the same, as over the socket,
// but for who asked.
func TestInsideOnRecord(t *testing.T) {
	socket, inside := recordOf(t, false), recordOf(t, true)
	if diff := cmp.Diff(socket, inside, cmp.Comparer(func(a, b text.Text) bool { return a == b })); diff != "" {
		t.Errorf("(-socket +inside):\n%s", diff)
	}
	if len(socket.Entries) < 12 || socket.Requests != 5 {
		t.Errorf("there are %d entries of %d requests: %+v", len(socket.Entries), socket.Requests, socket.Refusals)
	}
}

// TestInsiderRoles: a key has the roles that name it, by its fingerprint or its
// comment; a certificate those that name a principal of it; nobody else any.
func TestInsiderRoles(t *testing.T) {
	view, pause := local.WordView, local.WordPause
	roles := []Role{
		{Name: "watcher", May: []local.Word{view, local.WordReveal}, Keys: []string{"SHA256:a", "jo@acme"}},
		{Name: "operator", May: []local.Word{view, pause}, Keys: []string{"jo@acme"}, Principals: []string{"ops"}, Users: []string{"guest", "0", "root"}, Groups: []string{"guest"}},
		{Name: "empty", May: Words, Keys: []string{""}, Principals: []string{""}},
	}
	for _, tt := range []struct {
		name  string
		who   Insider
		want  Admission
		ok    bool
		roles []Role
	}{
		{"a fingerprint", Insider{Fingerprint: "SHA256:a"}, Admission{"watcher", true}, true, roles},
		{"a comment, of two roles", Insider{Fingerprint: "SHA256:b", Comment: "jo@acme"}, Admission{"watcher", false}, true, roles},
		{"a comment that looks like the fingerprint of another", Insider{Fingerprint: "SHA256:b", Comment: "SHA256:a"}, Admission{}, false, roles},
		{"a principal", Insider{Fingerprint: "SHA256:b", Certificate: "max", Authority: "SHA256:ca", Principals: []string{"x", "ops"}}, Admission{"operator", false}, true, roles},
		{"a certificate of a key that has a role", Insider{Fingerprint: "SHA256:a", Certificate: "max", Authority: "SHA256:ca", Principals: []string{"x"}}, Admission{}, false, roles},
		{"a certificate with the comment of a key", Insider{Fingerprint: "SHA256:b", Comment: "jo@acme", Authority: "SHA256:ca", Principals: []string{"jo@acme"}}, Admission{}, false, roles},
		{"a key with the principal of a certificate", Insider{Fingerprint: "SHA256:b", Comment: "ops", Principals: []string{"ops"}}, Admission{}, false, roles},
		{"the name of a user proves nothing", Insider{User: "guest", Fingerprint: "SHA256:b"}, Admission{}, false, roles},
		{"nor does root's", Insider{User: "root", Fingerprint: "SHA256:b"}, Admission{}, false, roles},
		{"an empty one", Insider{Principals: []string{""}, Authority: "SHA256:ca"}, Admission{}, false, roles},
		{"nothing at all", Insider{}, Admission{}, false, roles},
		{"without roles", Insider{Fingerprint: "SHA256:a"}, Admission{}, false, nil},
	} {
		s := New(Options{Roles: tt.roles})
		s.own = tt.who.uid()
		s.permits.own = tt.who.uid() // whatever number it has
		if got, ok := s.Admits(tt.who); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %+v, %v", tt.name, got, ok)
		}
		_, err := s.Enter(tt.who, local.Screen{}, func(string) {})
		if r, _ := errors.AsType[*local.RefusalError](err); !tt.ok && (r == nil || r.Code != local.CodeUser) {
			t.Errorf("%s: it enters with %v", tt.name, err)
		}
		if n := len(s.sessions.sorted()); !tt.ok && n != 0 {
			t.Errorf("%s: it leaves %d sessions", tt.name, n)
		}
	}
}

// TestInsiderName: somebody is called as the certificate or the key file calls them,
// and by the fingerprint where that cannot be seen, or looks like that of another key.
func TestInsiderName(t *testing.T) {
	const fingerprint = "SHA256:a"
	for _, tt := range []struct{ comment, certificate, want string }{
		{"", "", fingerprint},
		{"jo@acme", "", "jo@acme"},
		{"", "max", "max"},
		{"SHA256:b", "", fingerprint},
		{"", "SHA256:b", fingerprint},
		{"", " SHA256:b", fingerprint},
		{"", "\u200bSHA256:b", fingerprint},
		{" ", "", fingerprint},
		{"", " ", fingerprint},
		{"", "\u200b", fingerprint},
		{"jo@acme", "SHA256:b", "jo@acme"},
		{"", "max\x1b[2J\n", "max\ufffd[2J "},
		{"", strings.Repeat("é", 200), strings.Repeat("é", 128) + "…"},
	} {
		who := Insider{Fingerprint: fingerprint, Comment: tt.comment, Certificate: tt.certificate}
		if got := who.Name(); got != tt.want {
			t.Errorf("comment %q, certificate %q: %q, want %q", tt.comment, tt.certificate, got, tt.want)
		}
	}
}

// TestInsiderNumber: the number of a key is below that of every user, and its own.
func TestInsiderNumber(t *testing.T) {
	seen := map[int]bool{}
	for n := range 10_000 {
		uid := (&Insider{Fingerprint: "SHA256:" + string(rune(n+0x4e00))}).uid()
		if uid >= 0 || seen[uid] {
			t.Fatalf("the number of key %d is %d", n, uid)
		}
		seen[uid] = true
	}
}
