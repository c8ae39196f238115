package api

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"tapedeck/api/secret"
)

// TestFreshConnection: such a request has a connection of its own, leaves that
// of the others alone, and keeps the rule for redirects.
func TestFreshConnection(t *testing.T) {
	var conns atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return
		}
		_, _ = w.Write([]byte(`{"sid":"a"}`))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c, err := New(Config{Space: s.URL, Project: "p", Token: secret.New("PTx")})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, rec := t.Context(), DecodeRecording([]byte(`{"sid":"a","call_sid":"b"}`))
	for i, want := range []int32{1, 1, 2, 3, 3} {
		use := ctx
		if i == 2 || i == 3 {
			use = FreshConnection(ctx)
		}
		if _, _, err := c.Recording(use, rec.SID); err != nil {
			t.Fatal(err)
		}
		if got := conns.Load(); got != want {
			t.Errorf("%d connections after request %d, want %d", got, i+1, want)
		}
	}
	if _, _, err := c.UpdateRecording(FreshConnection(ctx), rec, Update{Status: Paused}); !errors.Is(err, ErrRedirect) {
		t.Errorf("a redirect of an update: %v", err)
	}
}
