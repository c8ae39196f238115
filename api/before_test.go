package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"tapedeck/api/secret"
)

// TestSentBefore: an update whose time is over when its connection is there does
// not leave this process, whatever took the time, on a new connection and on one
// that was kept, over HTTP/1.1 and HTTP/2; and one in time does.
func TestSentBefore(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		var done atomic.Int32
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if (r.ProtoMajor == 2) != h2 {
				t.Errorf("it is %s", r.Proto)
			}
			if r.Method == http.MethodPost && r.FormValue("Status") != "" { // all of it has come
				done.Add(1)
			}
			_, _ = w.Write([]byte(`{"sid":"a","status":"in-progress"}`))
		}))
		if s.EnableHTTP2 = h2; h2 {
			s.StartTLS()
		} else {
			s.Start()
		}
		defer s.Close()
		slow := make(chan time.Time, 1) // until when the next connection waits
		transport := newTransport()
		transport.Proxy, transport.TLSClientConfig = nil, s.Client().Transport.(*http.Transport).TLSClientConfig
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			select {
			case until := <-slow:
				time.Sleep(time.Until(until) + time.Millisecond)
			default:
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		c, err := New(Config{Space: s.URL, Project: "p", Token: secret.New("PTx"), Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		rec := DecodeRecording([]byte(`{"sid":"a","call_sid":"b"}`))
		update := func(before time.Time, sent bool) {
			t.Helper()
			had := done.Load()
			_, _, err := c.UpdateRecording(SentBefore(t.Context(), before), rec, Update{Status: Resumed})
			if sent && err != nil || !sent && (!errors.Is(err, ErrTooLate) || !NotSent(err) || Reason(err) != "too late") {
				t.Errorf("HTTP/2 %t: not sent %t, %q: %v", h2, NotSent(err), Reason(err), err)
			}
			if got := done.Load() - had; (got == 1) != sent || got > 1 {
				t.Errorf("HTTP/2 %t: %d have come; sent: %t", h2, got, sent)
			}
		}
		before := time.Now().Add(20 * time.Millisecond)
		slow <- before
		update(before, false) // it was in time until it had a connection
		update(time.Now().Add(time.Hour), true)
		update(time.Now(), false)
		update(time.Now().Add(time.Hour), true)
	}
}
