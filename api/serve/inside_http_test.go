//go:build unix

package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/sim"
)

// TestTransportAnswers: what a client asks over the transport has the answer that it
// has over the socket, on every route, also of more than fits into any buffer.
func TestTransportAnswers(t *testing.T) {
	roles := []Role{{Name: "lead", May: Words, Users: []string{"alice"}, Keys: []string{"alice"}}}
	w := start(t, setting{roles: roles, deck: deck.Config{Interval: time.Hour}})
	for range 200 {
		w.spaces[0].Begin(sim.Begin{Status: "in-progress"})
	}
	sid := w.begin("in-progress")
	w.wait("the names of all are known", func() bool {
		rows := w.server.feed.Rows(0)
		return len(rows) == 201 && !slices.ContainsFunc(rows, func(row []byte) bool { return !bytes.Contains(row, []byte(`"call":`)) })
	})
	alice := Insider{Fingerprint: "SHA256:alice", Comment: "alice"}
	i, c := w.enter(alice, nil), w.as("alice")
	over := &client{w: w, http: &http.Client{Transport: i.Transport()}, session: c.session} // whose session is not his
	list := append(deeds(sid), deed{name: "no route", method: "GET", path: "/v1/nothing"}, deed{name: "no method", method: "PUT", path: local.PathLook},
		deed{name: "no JSON", method: "POST", path: local.PathLook, body: "{"}, deed{name: "too much", method: "POST", path: local.PathLook, body: strings.Repeat("x", local.MaxBody+1)})
	for _, d := range list {
		switch d.name {
		case "session", "sessions", "status", "whoami", "interval":
			continue // of another session
		}
		a, b := c.do(d.method, d.path, d.body), over.do(d.method, d.path, d.body)
		if a.status != b.status || a.header.Get("Content-Type") != b.header.Get("Content-Type") || a.header.Get(local.HeaderInstance) != b.header.Get(local.HeaderInstance) {
			t.Errorf("%s: %d %v, over the socket %d %v", d.name, b.status, b.header, a.status, a.header)
		}
		if !bytes.Equal(a.body, b.body) {
			t.Errorf("%s: %.300s\nover the socket %.300s", d.name, b.body, a.body)
		}
	}
	if got := fetch[local.WhoAmI](over, local.PathWhoAmI); got.Session != i.session.id {
		t.Errorf("it is another session: %+v", got)
	}
	if n := len(w.server.sessions.sorted()); n != 2 {
		t.Errorf("there are %d sessions, want 2", n)
	}
}

// TestTransportEnds: an answer ends for its client, and the handler with it, however
// that comes about: nobody is left waiting.
func TestTransportEnds(t *testing.T) {
	gone := errors.New("the client is gone")
	for _, tt := range []struct {
		name string
		end  func(i *Inside, body io.Closer, cancel context.CancelCauseFunc)
		want string // in what is read, or in why it is cut; of two by |, whichever comes first
	}{
		{"its context ends", func(_ *Inside, _ io.Closer, cancel context.CancelCauseFunc) { cancel(gone) }, gone.Error()},
		{"it closes the body", func(_ *Inside, body io.Closer, _ context.CancelCauseFunc) { _ = body.Close() }, "closed pipe"},
		{"its session leaves", func(i *Inside, _ io.Closer, _ context.CancelCauseFunc) { i.Leave("quit") }, "the session is over|this session was quit"},
		{"somebody ends the session", func(i *Inside, _ io.Closer, _ context.CancelCauseFunc) {
			i.server.sessions.end(i.session, "ended by dave", true)
		}, `{"bye":{"code":"session-ended","error":"this session was ended by dave"`},
		{"the service ends", func(i *Inside, _ io.Closer, _ context.CancelCauseFunc) {
			i.server.feed.End(*refuse(local.CodeEnding, "the service is ending", ""))
		}, `{"bye":{"code":"ending"`},
		{"it takes nothing", func(*Inside, io.Closer, context.CancelCauseFunc) { time.Sleep(writeTime + time.Second) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, setting{pipes: true, dir: t.TempDir(), roles: insideRoles, deck: deck.Config{Interval: time.Hour}})
				w.begin("in-progress")
				i := w.enter(contractor, nil)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				r, err := http.NewRequestWithContext(ctx, "GET", "http://tapedeck"+local.PathWatch, nil)
				check(t, err)
				resp, err := i.Transport().RoundTrip(r)
				check(t, err)
				if tt.want != "" {
					go tt.end(i, resp.Body, cancel)
				} else {
					tt.end(i, resp.Body, cancel)
				}
				got, err := io.ReadAll(resp.Body)
				all := fmt.Sprintf("%s %v", got, err)
				if first, second, _ := strings.Cut(tt.want, "|"); !strings.Contains(all, first) && (second == "" || !strings.Contains(all, second)) {
					t.Errorf("it ends with %q", all)
				}
				_ = resp.Body.Close()
				synctest.Wait()
				if n := w.server.feed.Watchers(); n != 0 {
					t.Errorf("%d still watch", n)
				}
				_ = w.stop()
			})
		})
	}
}

// TestTransportFaults: a handler that panics is told as a fault, and cuts an answer
// that has begun; a body that cannot be read, a client that is gone before it asks.
func TestTransportFaults(t *testing.T) {
	before := routes
	t.Cleanup(func() { routes = before })
	routes = append(append([]route{}, routes...),
		get("/v1/early", nothing, func(*call) (any, *local.Refusal) { panic("early") }),
		get("/v1/late", nothing, func(c *call) (any, *local.Refusal) {
			_, _ = c.w.Write([]byte("begun"))
			panic(http.ErrAbortHandler)
		}),
		get("/v1/nothing", nothing, func(*call) (any, *local.Refusal) { return nil, nil }))
	w := start(t, setting{roles: insideRoles})
	i := w.enter(contractor, nil)
	ask := func(ctx context.Context, path string, body io.Reader) (got string, err error) {
		r, err := http.NewRequestWithContext(ctx, "GET", "http://tapedeck"+path, body)
		check(t, err)
		resp, err := i.Transport().RoundTrip(r)
		if err != nil {
			return "", err
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		return resp.Status + " " + string(b), err
	}
	if got, err := ask(t.Context(), "/v1/early", nil); err != nil || !strings.Contains(got, `"code":"internal"`) {
		t.Errorf("early: %s %v", got, err)
	}
	if got, err := ask(t.Context(), "/v1/late", nil); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasSuffix(got, "begun") {
		t.Errorf("late: %s %v", got, err)
	}
	if _, err := ask(t.Context(), "/v1/nothing", nil); !errors.Is(err, errNoAnswer) {
		t.Errorf("nothing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ask(ctx, local.PathWhoAmI, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("gone before: %v", err)
	}
	if got, err := ask(t.Context(), local.PathWhoAmI, io.MultiReader(failing{})); err != nil || !strings.HasPrefix(got, "OK") {
		t.Errorf("a body that cannot be read, where none is taken: %s %v", got, err)
	}
	i.Leave("quit")
	if got, err := ask(t.Context(), local.PathWhoAmI, nil); err != nil || !strings.Contains(got, `"code":"session-ended"`) {
		t.Errorf("after the end: %s %v", got, err)
	}
}

// failing cannot be read.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("it cannot be read") }
