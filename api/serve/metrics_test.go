//go:build unix

package serve

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/local"
)

func (w *world) metrics() string {
	r := httptest.NewRecorder()
	w.server.Watchers().ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	return r.Body.String()
}

// TestMetrics: what happens is counted, and what is there is measured; nobody and
// no recording is named.
func TestMetrics(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu"}, roles: twoRoles})
	sid := w.begin("in-progress")
	w.begin("paused")
	alice := w.as("alice")
	alice.request(pause("request-1", sid))
	alice.request(pause("request-2", sid)) // paused already: carried out all the same
	alice.post(local.PathTimer, local.Timer{SID: sid, After: 600})
	w.as("bob").do("POST", local.PathTimer, local.Timer{SID: sid})
	w.as("bob").do("GET", "/v1/none", nil)
	w.server.RefusedLogin("unknown key")
	want := []string{
		`tapedeck_updates_total{outcome="verified",profile="eu",verb="pause"} 2`,
		`tapedeck_update_latency_seconds_count{profile="eu",verb="pause"} 2`,
		`tapedeck_recordings_active{profile="eu"} 2`,
		`tapedeck_recordings_paused{profile="eu"} 2`,
		`tapedeck_auto_resumes{profile="eu"} 1`,
		`tapedeck_auto_resumes_total{profile="eu",what="set"} 1`,
		`tapedeck_alarms{profile="eu"} 0`,
		`tapedeck_stale{profile="eu"} 0`,
		`tapedeck_refused_total{code="may-not"} 1`,
		`tapedeck_refused_total{code="no-route"} 1`,
		`tapedeck_sessions{role="operator"} 1`,
		`tapedeck_sessions{role="watcher"} 1`,
		`tapedeck_ssh_refused_logins_total{reason="unknown key"} 1`,
		`tapedeck_ssh_sessions 0`,
		`tapedeck_build_info{version="1.2.3"} 1`,
		`tapedeck_polls_total{profile="eu",result="ok"} `,
		`tapedeck_data_age_seconds{profile="eu"} `,
		`tapedeck_longest_pause_seconds{profile="eu"} `,
	}
	got := ""
	w.wait("all is counted", func() bool {
		got = w.metrics()
		for _, line := range want {
			if !strings.Contains(got, line) {
				return false
			}
		}
		return true
	})
	for _, never := range []string{sid, "alice", "bob", w.spaces[0].Token()} {
		if strings.Contains(got, never) {
			t.Errorf("the metrics name %q", never)
		}
	}
}

// TestHealthz: 503 while the data is stale, with the project that it is of.
func TestHealthz(t *testing.T) { synctest.Test(t, testHealthz) }

func testHealthz(t *testing.T) {
	w := start(t, setting{pipes: true, profiles: []string{"eu", "us"}})
	health := func() (int, string) {
		r := httptest.NewRecorder()
		w.server.Watchers().ServeHTTP(r, httptest.NewRequest("GET", "/healthz", nil))
		return r.Code, r.Body.String()
	}
	time.Sleep(3 * time.Second)
	if code, body := health(); code != 200 || body != "eu: live\nus: live\n" {
		t.Errorf("%d %q", code, body)
	}
	down := func(*http.Request) (*http.Response, error) { return answer(503, "{}"), nil }
	w.spies[1].before.Store(&down)
	time.Sleep(15 * time.Second)
	if code, body := health(); code != 503 || body != "eu: live\nus: stale\n" {
		t.Errorf("%d %q", code, body)
	}
	if got := w.metrics(); !strings.Contains(got, `tapedeck_stale{profile="us"} 1`) || !strings.Contains(got, `tapedeck_polls_total{profile="us",result="failed"}`) {
		t.Errorf("the metrics:\n%s", got)
	}
	w.spies[1].before.Store(nil)
	time.Sleep(time.Minute)
	if code, _ := health(); code != 200 {
		t.Errorf("healthy again: %d", code)
	}
}

// TestListenMetrics: an address without a host is refused, for it would be every
// one of this machine.
func TestListenMetrics(t *testing.T) {
	for _, tt := range []struct{ address, says string }{
		{":9464", "every machine that reaches this one could read them"},
		{"9464", "it is not an address with a port"},
		{"127.0.0.1:99999", "cannot serve metrics on"},
	} {
		l, err := ListenMetrics(t.Context(), tt.address)
		if err == nil {
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.address, err)
		}
	}
	w := start(t, setting{})
	l, err := ListenMetrics(t.Context(), "127.0.0.1:0")
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.server.RunMetrics(ctx, l) }()
	resp, err := http.Get("http://" + l.Addr().String() + "/metrics")
	check(t, err)
	b, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if !strings.Contains(string(b), "tapedeck_build_info") {
		t.Errorf("%s", b)
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	check(t, <-ended)
}

// TestMetricsOfSSH: sessions over SSH are counted by themselves, too.
func TestMetricsOfSSH(t *testing.T) {
	w := start(t, setting{profiles: []string{"eu"}, roles: insideRoles})
	i := w.enter(contractor, nil)
	if got := w.metrics(); !strings.Contains(got, "tapedeck_ssh_sessions 1\n") || !strings.Contains(got, `tapedeck_sessions{role="operator"} 1`) {
		t.Errorf("while it lasts:\n%s", got)
	}
	i.Leave("quit")
	if got := w.metrics(); !strings.Contains(got, "tapedeck_ssh_sessions 0\n") {
		t.Errorf("after its end:\n%s", got)
	}
}
