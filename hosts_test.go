//go:build linux || darwin

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/local"
)

// bastion is a host of several that share: a tapedeck serve with a state directory,
// a clock and a user of the NATS server of its own.
type bastion struct {
	t      testing.TB
	p      program
	name   string
	dir    string
	socket string
	shift  time.Duration // how far its clock is ahead
	way    *wayTo        // between it and the server; nil for none
	log    *said         // of all its processes
	cmd    *exec.Cmd
	ended  chan struct{}
	client *local.Client // of a screen that outlives its processes
}

// newBastion starts a host with these settings beside those of its project.
func newBastion(t testing.TB, p program, space *space, name string, e *engine, shift time.Duration, settings string) *bastion {
	t.Helper()
	r := newWay(t, e.addr)
	h := startBastion(t, p, space, name, "nats://"+r.addr, shift, settings)
	h.way = r
	return h
}

// startBastion starts a host with these servers; it shares nothing where there
// are none.
func startBastion(t testing.TB, p program, space *space, name, servers string, shift time.Duration, settings string) *bastion {
	t.Helper()
	dir, err := os.MkdirTemp("", "td") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	h := &bastion{t: t, p: p, name: name, dir: dir, socket: filepath.Join(dir, "s"), shift: shift, log: &said{}}
	creds := filepath.Join(dir, "creds")
	config := fmt.Sprintf("space = %q\nproject = %q\ntoken = %q\nstate_dir = %q\n", "http://"+space.addr, space.Project(), space.Token(), h.state())
	if servers != "" {
		config += fmt.Sprintf("share = %q\nshare_creds = %q\nshare_host = %q\n", servers, creds, name)
	}
	for file, text := range map[string]string{creds: name + ":" + enginePassword + name + "\n", filepath.Join(dir, "config.toml"): config + settings} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if h.client != nil {
			h.client.Close()
		}
		h.signal(syscall.SIGCONT)
		h.kill()
		_ = os.RemoveAll(dir)
		for _, secret := range []string{space.Token(), enginePassword + name} {
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("host %s has written a secret", name)
			}
		}
		if strings.Contains(h.log.String(), "DATA RACE") || strings.Contains(h.log.String(), "panic: ") {
			t.Errorf("host %s:\n%s", name, h.log)
		}
	})
	h.start()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if h.client, err = local.Dial(ctx, local.Options{Path: h.socket, Version: "test", Command: "dashboard"}); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *bastion) state() string { return filepath.Join(h.dir, "state") }

// start starts the host, and waits until it serves.
func (h *bastion) start() {
	h.t.Helper()
	log := &said{}
	h.cmd = exec.Command(h.p.path, "serve", "--config", filepath.Join(h.dir, "config.toml"), "--socket", h.socket)
	h.cmd.Env = clean(h.dir, "GORACE=atexit_sleep_ms=0")
	h.cmd.Stderr = both{log, h.log}
	err := startShifted(h.cmd, h.shift)
	if h.shift != 0 && clockFixed(err) {
		h.t.Logf("the clock of host %s is right: %v", h.name, err)
		h.shift = 0
		h.start()
		return
	} else if err != nil {
		h.t.Fatalf("host %s: %v", h.name, err)
	}
	h.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(h.cmd, h.ended)
	for began := time.Now(); !strings.Contains(log.String(), "serving "); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			h.t.Fatalf("host %s does not serve: %s", h.name, log)
		}
	}
}

// both is what is written twice.
type both struct{ a, b *said }

func (w both) Write(b []byte) (int, error) {
	_, _ = w.a.Write(b)
	return w.b.Write(b)
}

func (h *bastion) signal(s syscall.Signal) { _ = h.cmd.Process.Signal(s) }

// kill kills the host.
func (h *bastion) kill() {
	h.signal(syscall.SIGKILL)
	<-h.ended
}

// stop stops the host as systemd does.
func (h *bastion) stop() {
	h.t.Helper()
	h.signal(syscall.SIGTERM)
	select {
	case <-h.ended:
	case <-time.After(patience):
		h.t.Fatalf("host %s does not end: %s", h.name, h.log)
	}
}

// entries returns what the journal of the host has, which must be intact.
func (h *bastion) entries() (list []journal.Entry) {
	h.t.Helper()
	if r, err := journal.Verify(h.state()); err != nil || !r.Intact() {
		h.t.Errorf("the journal of host %s is not intact: %v, %v", h.name, r.Problems, err)
	}
	for e, err := range journal.Read(h.state(), journal.Filter{}) {
		if err != nil {
			h.t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}
