//go:build linux || darwin

package cli

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/share"
)

// TestTellShare: what cannot be understood is told, and that the others are not heard
// once that has lasted, and that they are heard again; what passes is not.
func TestTellShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &toldStore{}
		var told []string
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		tell := func(words string) { told = append(told, words) }
		go func() { _ = TellShare(ctx, store, tell, tell) }()
		synctest.Wait()
		steps := []struct {
			e    share.Event
			wait time.Duration
			want string // what is told by then; empty for nothing
		}{
			{share.Event{State: &share.State{Shared: true, Why: "not yet"}}, time.Second, ""},
			{share.Event{State: &share.State{Shared: true, Connected: true}}, time.Hour, "the hosts that share are heard"},
			{share.Event{State: &share.State{Shared: true, Why: "lost"}}, time.Second, ""},
			{share.Event{State: &share.State{Shared: true, Connected: true}}, time.Hour, ""},
			{share.Event{State: &share.State{Shared: true, Why: "lost"}}, 3 * time.Second, "the hosts that share are not heard (LOCAL ONLY): lost"},
			{share.Event{State: &share.State{Shared: true, Why: "still lost"}}, time.Hour, ""},
			{share.Event{State: &share.State{Shared: true, Connected: true}}, time.Hour, "the hosts that share are heard"},
			{share.Event{Odd: "host b speaks version 9"}, 0, "host b speaks version 9"},
			{share.Event{Host: &share.Host{Name: "b"}}, 0, ""},
		}
		for i, step := range steps {
			told = nil
			store.hear(step.e)
			time.Sleep(step.wait)
			synctest.Wait()
			if got := strings.Join(told, "; "); got != step.want {
				t.Errorf("step %d: told %q, want %q", i+1, got, step.want)
			}
		}
	})
}

// toldStore is a Store of which only what it tells is used.
type toldStore struct {
	share.Store
	hear func(share.Event)
}

func (s *toldStore) Watch(f func(share.Event)) func() { s.hear = f; return func() {} }

// TestServeShared: a server of hosts that share which is away keeps no service from
// serving, which says so, and so does its status; settings that cannot be used do.
func TestServeShared(t *testing.T) {
	s := serveHere(t, "EU\nshare = \"nats://alice:Corr3ctHorse@127.0.0.1:1\"\nshare_host = \"a\"\n")
	s.serving()
	var out struct {
		LocalOnly *time.Time   `json:"local_only_since"`
		Hosts     []sharedHost `json:"hosts"`
		Line      string       `json:"line"`
	}
	if !inPatience(func() bool {
		code, stdout, _ := call(t, App{Environ: s.env, Attach: AttachService}, "status", "--json")
		return code == 0 && json.Unmarshal([]byte(stdout), &out) == nil && out.LocalOnly != nil && strings.Contains(out.Line, "LOCAL ONLY ")
	}) {
		t.Errorf("the status is %+v", out)
	}
	code, _, stderr := call(t, App{Environ: s.env, Attach: AttachService}, "pause", "--resume-after", "90s", "--yes", "0000")
	if code != 1 || !strings.Contains(stderr, "the service does not hear the other hosts (LOCAL ONLY ") || !strings.Contains(stderr, "--local has this host alone resume it") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if s.end(); strings.Contains(s.errs.String(), "Corr3ctHorse") {
		t.Errorf("the password is shown: %s", s.errs)
	}
	bad := serveHere(t, "EU\nshare = \"nats://127.0.0.1:1\"\nshare_creds = \""+filepath.Join(t.TempDir(), "none")+"\"\n")
	if !inPatience(func() bool {
		return strings.Contains(bad.errs.String(), "cannot share with other hosts: read the credentials")
	}) {
		t.Errorf("it says %s", bad.errs)
	}
	if code := bad.end(); code != 2 {
		t.Errorf("exit code %d", code)
	}
}
