//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"tapedeck/api/sim"
)

// oddSpace is a space that sends more after each body: a line feed, or what the
// request had for a token.
func oddSpace(space *sim.Space, echo bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		answer := httptest.NewRecorder()
		space.ServeHTTP(answer, r)
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(rw, "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", answer.Code, answer.Body.Len(), answer.Body)
		_ = rw.Flush()
		time.Sleep(20 * time.Millisecond) // the answer is read, and the connection idle
		more := "\n"
		if echo {
			more = "X-You-Sent: " + r.Header.Get("Authorization") + " \x1b[2J\r\n"
		}
		_, _ = rw.WriteString(more)
		_ = rw.Flush()
		time.Sleep(20 * time.Millisecond)
	})
}

// testNothingElseWrites: whatever a server sends, nothing but the screen is
// written to the terminal, with a debug log or without.
func testNothingElseWrites(t *testing.T, p program) {
	for _, echo := range []bool{false, true} {
		for _, log := range []string{"off", "debug"} {
			space := sim.New(sim.Options{Recordings: 3})
			server := httptest.NewServer(oddSpace(space, echo))
			defer server.Close()
			master, slave, err := pty.Open()
			if err != nil {
				t.Skip(err)
			}
			defer master.Close()
			beside := readAll(master)
			s := p.start(t, launch{shell: `exec "$@" 2>` + slave.Name(), env: []string{
				"SIGNALWIRE_SPACE=" + server.URL, "SIGNALWIRE_PROJECT_ID=" + space.Project(), "SIGNALWIRE_API_TOKEN=" + space.Token(),
				"TAPEDECK_INTERVAL=500ms", "TAPEDECK_LOG=" + log,
			}})
			s.see("live")
			for range 3 { // polls
				s.keys("R")
				time.Sleep(200 * time.Millisecond)
			}
			s.keys("q")
			s.exit(0, patience)
			select {
			case got := <-beside:
				t.Errorf("beside the screen came %q", got)
			case <-time.After(50 * time.Millisecond):
			}
			if out := s.output(); strings.Contains(out, "nsolicited") || strings.Contains(out, "X-You-Sent") {
				t.Errorf("the screen has the words of a library:\n%s", s.text())
			}
			_ = slave.Close()
		}
	}
}
