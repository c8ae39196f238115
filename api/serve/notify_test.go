//go:build unix

package serve

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listenNotify is the end of systemd.
func listenNotify(t *testing.T) (address string, next func() string) {
	t.Helper()
	address = filepath.Join(shortDir(t), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	check(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return address, func() string {
		t.Helper()
		b := make([]byte, 4096)
		_ = c.SetReadDeadline(time.Now().Add(patience))
		n, err := c.Read(b)
		check(t, err)
		return string(b[:n])
	}
}

// TestNotify: systemd is told when the service is there, how it is, that it goes
// on, and that it is ending.
func TestNotify(t *testing.T) {
	address, next := listenNotify(t)
	n := NotifierFrom([]string{"NOTIFY_SOCKET=" + address, "WATCHDOG_USEC=90000", "WATCHDOG_PID=" + strconv.Itoa(os.Getpid())})
	w := start(t, setting{notify: n, profiles: []string{"eu", "us"}})
	if got := next(); !strings.HasPrefix(got, "READY=1\nSTATUS=eu: ") || !strings.Contains(got, "; us: ") || !strings.HasSuffix(got, "; 0 sessions") {
		t.Errorf("at the start: %q", got)
	}
	for range 3 {
		if got := next(); got != "WATCHDOG=1" {
			t.Errorf("then: %q", got)
		}
	}
	go func() { _ = w.stop() }()
	for got := ""; !strings.HasPrefix(got, "STOPPING=1\nSTATUS=ending"); {
		if got = next(); got != "WATCHDOG=1" && !strings.HasPrefix(got, "STOPPING") {
			t.Errorf("at the end: %q", got)
		}
	}
	_ = w.stop()
}

// TestNotifierFrom: without systemd nobody is told; a watchdog of another process
// is not this one's.
func TestNotifierFrom(t *testing.T) {
	for _, tt := range []struct {
		environ  []string
		is       bool
		watchdog time.Duration
	}{
		{nil, false, 0},
		{[]string{"NOTIFY_SOCKET="}, false, 0},
		{[]string{"NOTIFY_SOCKET=vsock:2:1"}, false, 0},
		{[]string{"NOTIFY_SOCKET=/run/x"}, true, 0},
		{[]string{"NOTIFY_SOCKET=@x", "WATCHDOG_USEC=30000000"}, true, 30 * time.Second},
		{[]string{"NOTIFY_SOCKET=/run/x", "WATCHDOG_USEC=1", "WATCHDOG_PID=1"}, true, 0},
		{[]string{"NOTIFY_SOCKET=/run/x", "WATCHDOG_USEC=-1"}, true, 0},
	} {
		n := NotifierFrom(tt.environ)
		if (n != nil) != tt.is || n.Watchdog() != tt.watchdog {
			t.Errorf("%q: %+v", tt.environ, n)
		}
	}
	var nobody *Notifier
	nobody.Ready("x")
	(&Notifier{address: &net.UnixAddr{Name: "/nonexistent/x", Net: "unixgram"}}).Ready("x") // nobody listens
}

// TestStatusLine: what systemctl status shows.
func TestStatusLine(t *testing.T) {
	w := start(t, setting{})
	w.begin("in-progress")
	w.begin("paused")
	w.wait("the deck is live", func() bool { return strings.HasPrefix(w.server.statusLine(), "live, ") })
	if got := w.server.statusLine(); got != "live, REC 1, PAUSED 1; 0 sessions" {
		t.Errorf("%q", got)
	}
}
