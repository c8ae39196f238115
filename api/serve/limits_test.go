//go:build unix

package serve

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/local"
)

// TestCrowd: a thousand connections of one user do not keep another one out, nor
// that user for good.
func TestCrowd(t *testing.T) {
	w := start(t, setting{})
	var crowd []net.Conn
	refused := 0
	for range 1000 {
		c, err := w.dial("alice")
		check(t, err)
		crowd = append(crowd, c)
	}
	for _, c := range crowd[maxConnsPerUser:] {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		line, err := bufio.NewReader(c).ReadString('\n')
		if err == nil && strings.HasPrefix(line, "HTTP/1.1 429 ") {
			refused++
		}
		_ = c.Close() // the service waits for the requests of some
	}
	if want := 1000 - maxConnsPerUser; refused < want {
		t.Errorf("%d of 1000 connections were refused, want %d", refused, want)
	}
	w.wait("another user is let in while the crowd is there", func() bool {
		bob := w.as("bob")
		fetch[local.WhoAmI](bob, local.PathWhoAmI)
		bob.watch("").until(`"hello"`)
		w.server.conns.mu.Lock()
		there := w.server.conns.of[1001] // alice
		w.server.conns.mu.Unlock()
		for range maxConnsPerUser - there { // who says nothing is let go after headerTime, which may be over
			c, err := w.dial("alice")
			check(t, err)
			crowd = append(crowd, c)
		}
		return there == maxConnsPerUser
	})
	w.wait("one more of the first user is refused, and told why", func() bool {
		resp, err := w.as("alice").open(t.Context(), "GET", local.PathWhoAmI, nil)
		if err != nil {
			return false // it was answered before it asked: the service still waits for others
		}
		defer func() { _ = resp.Body.Close() }()
		var r local.Refusal
		return json.NewDecoder(resp.Body).Decode(&r) == nil && r.Code == local.CodeTooMany && r.Hint != ""
	})
	for _, c := range crowd {
		_ = c.Close()
	}
	w.wait("the first user is let in again", func() bool { return w.as("alice").do("GET", local.PathWhoAmI, nil).status == 200 })
}

// TestManyWhoTakeNothing: those who ask for all recordings and take none cost next
// to nothing, however much there is, while somebody who takes them gets them whole.
func TestManyWhoTakeNothing(t *testing.T) {
	w := start(t, setting{})
	for range 500 {
		w.spaces[0].Begin(beginAs("in-progress"))
	}
	w.server.projects[0].Deck.Refresh()
	w.wait("all are there", func() bool { return len(w.server.feed.Rows(0)) == 500 })
	size := len(w.as("bob").do("GET", local.PathRecordings, nil).body)
	if rows := fetch[[]json.RawMessage](w.as("bob"), local.PathRecordings); len(rows) != 500 {
		t.Fatalf("%d rows came", len(rows))
	}
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	const crowd = 60
	for range crowd {
		c, err := w.dial("alice")
		check(t, err)
		defer func() { _ = c.Close() }()
		_, err = io.WriteString(c, "GET "+local.PathRecordings+" HTTP/1.1\r\nHost: tapedeck\r\n\r\n")
		check(t, err)
		_, err = io.ReadFull(c, make([]byte, 1000)) // it is being answered
		check(t, err)
	}
	if each := (int64(used()) - int64(before)) / crowd; each > int64(size)/4 {
		t.Errorf("each costs %d bytes, of an answer of %d", each, size)
	}
	for _, rows := range []int{0, 1} {
		empty := start(t, setting{})
		for range rows {
			empty.begin("in-progress")
		}
		if got := fetch[[]json.RawMessage](empty.as("bob"), local.PathRecordings); len(got) != rows {
			t.Errorf("%d rows came, want %d", len(got), rows)
		}
	}
}

// TestManyWhoWatchAndTakeNothing: those who watch and stall in their first
// snapshot cost next to nothing, however much there is and however often it
// changes, while somebody who takes it gets it whole.
func TestManyWhoWatchAndTakeNothing(t *testing.T) {
	const rows = 2000
	w := start(t, setting{})
	for range rows {
		w.spaces[0].Begin(beginAs("in-progress"))
	}
	w.server.projects[0].Deck.Refresh()
	w.wait("all are there", func() bool { return len(w.server.feed.Rows(0)) == rows })
	size := 0
	for _, row := range w.server.feed.Rows(0) {
		size += len(row)
	}
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	asked := w.server.projects[0].Deck.Snapshot().Recordings[0].SID
	before := used()
	const crowd = 40
	for i := range crowd {
		c, err := w.dial("alice")
		check(t, err)
		defer func() { _ = c.Close() }()
		_, err = io.WriteString(c, "GET "+local.PathWatch+" HTTP/1.1\r\nHost: tapedeck\r\n\r\n")
		check(t, err)
		_, err = io.ReadFull(c, make([]byte, 20_000)) // its snapshot has begun
		check(t, err)
		w.server.feed.Ask(0, asked, []deck.Asking{{Session: "s" + strconv.Itoa(i), Actor: "alice", Verb: "pause"}})
	}
	if each := (int64(used()) - int64(before)) / crowd; each > int64(size)/4 {
		t.Errorf("each costs %d bytes, of a snapshot of %d", each, size)
	}
	watch, got := w.as("bob").watch(""), 0
	for line := ""; !strings.HasPrefix(line, `{"synced"`); line = watch.until() {
		var l struct {
			Snapshot struct{ Recordings []json.RawMessage }
		}
		if line != "" {
			check(t, json.Unmarshal([]byte(line), &l))
		}
		got += len(l.Snapshot.Recordings)
	}
	if got != rows {
		t.Errorf("%d rows came, want %d", got, rows)
	}
}

// TestConns: the total leaves room for those who have to look.
func TestConns(t *testing.T) {
	var c conns
	for uid := range maxConns / maxConnsPerUser {
		for range maxConnsPerUser {
			if !c.enter(uid+10, false) {
				t.Fatal("a connection within the limits was refused")
			}
		}
	}
	if c.enter(5, false) {
		t.Error("one connection too many was taken")
	}
	if !c.enter(0, true) {
		t.Error("root was kept out")
	}
	c.leave(10)
	c.leave(0)
	if !c.enter(5, false) || len(c.of) != maxConns/maxConnsPerUser+1 {
		t.Errorf("a place that became free was not given away: %d users", len(c.of))
	}
}

// TestRate: a user may ask for a lot at once, and then so much a second, whatever
// the others do.
func TestRate(t *testing.T) {
	r := rates{rate: maxRate, burst: maxBurst}
	now := time.Now()
	for i := range maxBurst {
		if wait := r.take(1, now); wait != 0 {
			t.Fatalf("request %d waits %v", i, wait)
		}
	}
	if wait := r.take(1, now); wait != time.Second/maxRate {
		t.Errorf("the next one waits %v, want %v", wait, time.Second/maxRate)
	}
	if wait := r.take(2, now); wait != 0 {
		t.Errorf("another user waits %v", wait)
	}
	now = now.Add(time.Second)
	for i := range maxRate {
		if wait := r.take(1, now); wait != 0 {
			t.Fatalf("a second later request %d waits %v", i, wait)
		}
	}
	if r.take(1, now) == 0 {
		t.Error("a second gave more than its rate")
	}
	if wait := r.take(1, now.Add(-time.Hour)); wait == 0 {
		t.Error("a clock that was set back gave something")
	}
}

// TestRateOverHTTP: the refusal says how long to wait.
func TestRateOverHTTP(t *testing.T) {
	w := start(t, setting{})
	w.server.rates.rate, w.server.rates.burst = 0.5, 1
	c := w.as("alice")
	fetch[local.WhoAmI](c, local.PathWhoAmI)
	g := c.do("GET", local.PathWhoAmI, nil)
	if g.status != 429 || g.refusal().Code != local.CodeTooMany || g.refusal().After <= 1 || g.header.Get("Retry-After") == "" {
		t.Errorf("%d %s, Retry-After %q", g.status, g.body, g.header.Get("Retry-After"))
	}
	fetch[local.WhoAmI](w.as("bob"), local.PathWhoAmI)
}

// TestLoadsAreFew: recordings that no deck has cost the API's requests, so that a
// user may not ask for many.
func TestLoadsAreFew(t *testing.T) {
	w := start(t, setting{})
	c := w.as("alice")
	last := got{}
	for i := range maxLoadBurst + 1 {
		last = c.do("GET", fmt.Sprintf("%s/0a1b2c3d-0000-4000-8000-%012d", local.PathRecordings, i), nil)
		if i < maxLoadBurst && last.refusal().Code != local.CodeRecording {
			t.Fatalf("recording %d: %d %s", i, last.status, last.body)
		}
	}
	if last.refusal().Code != local.CodeTooMany {
		t.Errorf("one too many: %d %s", last.status, last.body)
	}
}

// TestSlowClients: who sends a byte now and then is let go: of headers, of a
// body, and of nothing.
func TestSlowClients(t *testing.T) {
	const line = "POST /v1/timer HTTP/1.1\r\nHost: t\r\n"
	tests := []struct {
		name, first, then string
		within            time.Duration
	}{
		{"headers", "GET /v1/whoami HTTP/1.1\r\nHost: t\r\n", "X: y\r\n", headerTime},
		{"a body", line + "Content-Length: 1000\r\n\r\n{", " ", bodyTime},
		{"nothing", "", "", headerTime},
		{"large headers", "GET /v1/whoami HTTP/1.1\r\nHost: t\r\nX: " + strings.Repeat("x", 2*maxHeader), "x", headerTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := start(t, setting{pipes: true, dir: t.TempDir()})
				c, err := w.dial("alice")
				check(t, err)
				began := time.Now()
				ended := make(chan string, 1)
				go func() {
					b, _ := io.ReadAll(c)
					ended <- string(b)
				}()
				_, _ = c.Write([]byte(tt.first))
				for tt.then != "" && time.Since(began) < 2*tt.within {
					if _, err := c.Write([]byte(tt.then)); err != nil {
						break
					}
					time.Sleep(500 * time.Millisecond)
				}
				got := <-ended
				if took := time.Since(began); took > tt.within+time.Second {
					t.Errorf("it was let go after %v, want %v: %q", took, tt.within, got)
				}
				if tt.name == "a body" && !strings.Contains(got, `"code":"slow"`) {
					t.Errorf("it is told %q", got)
				}
				_ = c.Close()
				_ = w.stop()
			})
		})
	}
}

// TestStuckWatch: a watch that takes nothing for 30 s is let go, and is in
// nobody's way meanwhile.
func TestStuckWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, dir: t.TempDir()})
		c, err := w.dial("alice")
		check(t, err)
		_, err = c.Write([]byte("GET " + local.PathWatch + " HTTP/1.1\r\nHost: t\r\n\r\n"))
		check(t, err)
		began := time.Now()
		time.Sleep(local.LetGoAfter / 2)
		fetch[local.WhoAmI](w.as("bob"), local.PathWhoAmI)
		time.Sleep(local.LetGoAfter)
		synctest.Wait()
		for _, s := range w.server.sessions.sorted() {
			if s.user == "alice" {
				t.Errorf("after %v the watch is still there", time.Since(began))
			}
		}
		_ = c.Close()
		_ = w.stop()
	})
}

// TestIdle: a connection without a request is closed after a while, and its
// client does not notice.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, setting{pipes: true, dir: t.TempDir()})
		c := w.as("alice")
		fetch[local.WhoAmI](c, local.PathWhoAmI)
		time.Sleep(idleTime + sessionGrace + time.Second)
		w.server.conns.mu.Lock()
		if n := w.server.conns.total; n != 0 {
			t.Errorf("%d connections are still open", n)
		}
		w.server.conns.mu.Unlock()
		if resp, err := c.open(t.Context(), http.MethodGet, local.PathWhoAmI, nil); err != nil {
			t.Error(err)
		} else {
			_ = resp.Body.Close()
		}
		c.http.CloseIdleConnections()
		_ = w.stop()
	})
}
