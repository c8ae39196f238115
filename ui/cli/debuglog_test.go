package cli

import (
	"context"
	"errors"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/config"
)

// logged returns what is in the debug log after do.
func logged(t *testing.T, do func(l *Log)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	l, err := OpenLog(config.Config{StateDir: dir, Log: "debug"})
	if err != nil {
		t.Fatal(err)
	}
	do(l)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	st, err := os.Stat(filepath.Join(dir, "debug.log"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("the log is %v, %v", st, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "debug.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A line for each request has the reason of an error, and no word of it.
func TestDebugLog(t *testing.T) {
	now := time.Now()
	got := logged(t, func(l *Log) {
		l.Exchange(api.Exchange{Method: "GET", Path: "/api/x.json", StatusCode: 200, Bytes: 17, Began: now, Ended: now.Add(time.Second)})
		l.Exchange(api.Exchange{Method: "POST", Path: "/api/y.json", Began: now, Ended: now, Err: context.DeadlineExceeded})
		l.Exchange(api.Exchange{Method: "GET", Path: "/api/z.json", Began: now, Ended: now, Err: errors.New("secret " + token)})
	})
	for _, want := range []string{
		"msg=request method=GET path=/api/x.json status=200 bytes=17 took=1s\n",
		"path=/api/y.json status=0 bytes=0 took=0s error=timeout\n",
		"path=/api/z.json status=0 bytes=0 took=0s error=\"no connection\"\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "secret") || strings.Contains(got, token) {
		t.Errorf("the log has an error's words:\n%s", got)
	}
}

// Without the setting, and in the demo, nothing is logged or made.
func TestDebugLogOff(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	for _, c := range []config.Config{{StateDir: dir, Log: "off"}, {Log: "debug"}} {
		l, err := OpenLog(c)
		if err != nil {
			t.Fatal(err)
		}
		l.Exchange(api.Exchange{Method: "GET"})
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a state directory was made")
	}
}

// What libraries log has a server's words, which may be a token; the debug log
// has what stands before them, and nothing else has any of it.
func TestStandardLog(t *testing.T) {
	const odd = `Unsolicited response received on idle HTTP channel starting with "X-You-Sent: Basic ` + token + `"; err=<nil>`
	old, flags := log.Writer(), log.Flags()
	got := logged(t, func(l *Log) {
		defer TakeStandardLog(l)()
		log.Print(odd)
		log.Printf("\x1b[2Jhttp2: %s", strings.Repeat("é", 200))
		log.Printf("http2: Transport encoding header %q = %q", "authorization", token)
	})
	if n := strings.Count(got, "msg=library"); n != 3 || strings.Contains(got, token) || strings.Contains(got, "\x1b") || strings.Contains(got, "Basic") {
		t.Errorf("%d lines:\n%s", n, got)
	}
	if !strings.Contains(got, `says="Unsolicited response received on idle HTTP channel starting with"`) || len(got) > 1000 {
		t.Errorf("the log has\n%s", got)
	}
	restore := TakeStandardLog(nil)
	log.Print(odd) // to nowhere
	restore()
	if log.Writer() != old || log.Flags() != flags {
		t.Error("the standard logger is not as it was")
	}
}
