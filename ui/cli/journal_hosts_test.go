package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"tapedeck/api/share"
)

// natsServer starts a server by which hosts share, and returns its address.
func natsServer(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	return "nats://" + s.Addr().String()
}

// sent has a host send the journal in a folder, and returns when the others have
// so many lines of it.
func sent(t *testing.T, servers, host, dir string, lines int) {
	t.Helper()
	store, err := share.NewNATS(share.Options{Servers: servers, Host: host, Version: "v1.test"})
	if err != nil {
		t.Fatal(err)
	}
	store.Journal(dir)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = store.Run(ctx) }()
	defer func() { cancel(); <-done }()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		store.JournalChanged()
		n := 0
		_ = store.ReadJournals(ctx, func(l share.JournalLine) bool {
			if l.Host == host {
				n++
			}
			return true
		})
		if n >= lines {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("host %s has sent %d of %d lines", host, n, lines)
		}
	}
}

// TestJournalAllHosts: the journals of all hosts are listed together, each entry with
// the host that sent it, and what a host says of a request is of its own.
func TestJournalAllHosts(t *testing.T) {
	servers, dir := natsServer(t), journalOf(t)
	sent(t, servers, "a", dir, 10)
	sent(t, servers, "b", journalOf(t), 10)
	list := func(args ...string) (int, string, string) {
		return call(t, App{Environ: append([]string{"TAPEDECK_SHARE=" + servers, "TAPEDECK_SHARE_HOST=a", "TAPEDECK_STATE_DIR=" + dir}, complete...)}, append([]string{"journal", "--all-hosts"}, args...)...)
	}
	code, stdout, stderr := list()
	if code != 0 || stderr != "" || strings.Count(stdout, "\n") != 11 {
		t.Errorf("exit code %d, %q\n%s", code, stderr, stdout)
	}
	for _, want := range []string{"03:02:16 a alice        pause silence", "03:02:16 b alice        pause silence", "03:03:16 b bob", "verified"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	code, stdout, _ = list("--json", "--actor", "bob")
	var e struct {
		Host  string `json:"share_host"`
		Actor string `json:"sudo_user"`
	}
	hosts := ""
	for line := range strings.Lines(stdout) {
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Actor != "bob" {
			t.Errorf("%v: %s", err, line)
		}
		hosts += e.Host
	}
	if code != 0 || hosts != "abab" {
		t.Errorf("exit code %d, hosts %s", code, hosts)
	}
	code, stdout, _ = list("--csv")
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if code != 0 || err != nil || len(rows) != 21 || rows[0][0] != "share_host" || rows[0][1] != "seq" || rows[1][0] != "a" || rows[1][1] != "1" {
		t.Errorf("exit code %d, %v, %d rows", code, err, len(rows))
	}
	if code, _, stderr = list("--actor", "nobody"); code != 1 || !strings.Contains(stderr, "nothing in the journals of all hosts matches") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// TestJournalAllHostsRefused: what all hosts have is not read where nothing is shared,
// or nobody answers, and it is said.
func TestJournalAllHostsRefused(t *testing.T) {
	env := append([]string{"TAPEDECK_STATE_DIR=" + t.TempDir()}, complete...)
	for _, args := range []string{"journal --all-hosts", "journal verify --all-hosts"} {
		if code, _, stderr := call(t, App{Environ: env}, strings.Fields(args)...); code != 2 || !strings.Contains(stderr, "this host shares with no other") {
			t.Errorf("%s: exit code %d, %s", args, code, stderr)
		}
	}
	if code, _, stderr := call(t, App{Environ: env}, "journal", "verify", "--json"); code != 2 || !strings.Contains(stderr, "--all-hosts") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// TestVerifyAllHosts: what is missing in the file or in what was sent of it, and what
// was changed in either, is found; what was not sent yet is no damage.
func TestVerifyAllHosts(t *testing.T) {
	servers, dir := natsServer(t), journalOf(t)
	sent(t, servers, "a", dir, 10)
	sent(t, servers, "b", journalOf(t), 10)
	file := filepath.Join(dir, "journal.jsonl")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, err := os.ReadFile(filepath.Join(dir, "journal.head"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	changed := bytes.Join(append(append(append([][]byte{}, lines[:5]...), bytes.Replace(lines[5], []byte("verified"), []byte("falsified"), 1)), lines[6:]...), nil)
	tests := []struct {
		name string
		file []byte
		host string
		code int
		want []string
	}{
		{"as it was sent", whole, "a", 0, []string{"intact: host a (this one), 10 lines from 2026-03-01 03:02:11.000", "intact: host b, 10 lines"}},
		{"cut off", bytes.Join(lines[:8], nil), "a", 1, []string{"host a (this one): lines 9 to 10 are not in the file, and the others have it", "intact: host b"}},
		{"changed", changed, "a", 1, []string{"host a (this one): line 6 is not as it was sent", "intact: host b"}},
		{"another host's", whole, "c", 0, []string{"(host c (this one): nothing of it was sent to the others yet", "intact: host a, 10 lines", "intact: host b, 10 lines"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			own := t.TempDir()
			for name, b := range map[string][]byte{"journal.jsonl": tt.file, "journal.head": head} {
				if err := os.WriteFile(filepath.Join(own, name), b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			app := App{Environ: append([]string{"TAPEDECK_SHARE=" + servers, "TAPEDECK_SHARE_HOST=" + tt.host, "TAPEDECK_STATE_DIR=" + own}, complete...)}
			code, stdout, stderr := call(t, app, "journal", "verify", "--all-hosts")
			if code != tt.code || (stderr != "") != (code != 0) {
				t.Errorf("exit code %d, %s", code, stderr)
			}
			for _, want := range tt.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("no %q in\n%s", want, stdout)
				}
			}
			code, stdout, _ = call(t, app, "journal", "verify", "--all-hosts", "--json")
			broken := false
			for line := range strings.Lines(stdout) {
				var c chainOf
				if err := json.Unmarshal([]byte(line), &c); err != nil || c.Host == "" || c.Lines == 0 || c.Intact != (len(c.Problems) == 0) {
					t.Errorf("%v: %s", err, line)
				}
				broken = broken || !c.Intact
			}
			if code != tt.code || broken != (tt.code != 0) {
				t.Errorf("exit code %d, broken %v", code, broken)
			}
		})
	}
}

// TestVerifySent: what is wrong with a journal that was sent is found.
func TestVerifySent(t *testing.T) {
	line := func(seq uint64, prev, hash string) share.JournalLine {
		return share.JournalLine{Host: "b", Chain: "1", Seq: seq, Hash: hash, Line: []byte(`{"seq":1,"prev":"` + prev + `","time":"2026-03-01T03:02:11.000Z","event":"note"}`)}
	}
	for _, tt := range []struct {
		name  string
		lines []share.JournalLine
		want  string // the first problem
	}{
		{"intact", []share.JournalLine{line(1, "0", "h1"), line(2, "h1", "h2")}, ""},
		{"a gap", []share.JournalLine{line(1, "0", "h1"), line(4, "h3", "h4")}, "lines 2 to 3 are missing"},
		{"changed", []share.JournalLine{line(1, "0", "h1"), line(2, "hx", "h2")}, "line 2 does not continue line 1: one of them was changed"},
		{"repeated", []share.JournalLine{line(1, "0", "h1"), line(1, "0", "h1")}, "line 1 comes after line 1"},
		{"no entry", []share.JournalLine{{Host: "b", Chain: "1", Seq: 1, Hash: "h1", Line: []byte("\x1b[2J")}}, "line 1 cannot be read"},
	} {
		c := &chainOf{Intact: true}
		for _, l := range tt.lines {
			c.take(l)
		}
		got := strings.Join(c.Problems, "; ")
		if c.Intact != (tt.want == "") || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: intact %v, %q", tt.name, c.Intact, got)
		}
	}
}
