package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/config"
)

// project is the one of the settings complete.
const project = "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"

// shared returns a status that a process of this machine which runs, this one,
// shares of the project of complete, two seconds ago.
func shared(edit func(s *sharedStatus)) sharedStatus {
	self := journal.WhoFrom(nil)
	s := sharedStatus{PID: self.PID, Host: self.Host, Started: self.Started, Space: "https://acme.signalwire.com", Project: project,
		Complete: time.Now().Add(-2 * time.Second), Limit: 7000, Running: 3, Paused: 1,
		Longest: time.Now().Add(-30*time.Second - 500*time.Millisecond), AlarmAt: time.Now().Add(time.Minute)}
	if edit != nil {
		edit(&s)
	}
	return s
}

// dead returns the number of a process that has ended.
func dead(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// share writes statuses into a state directory.
func shareStatus(t *testing.T, dir string, list ...sharedStatus) {
	t.Helper()
	for i, s := range list {
		b, err := json.Marshal(s)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "status-"+string(rune('a'+i))+".json"), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestStatusLine(t *testing.T) {
	tests := []struct {
		name string
		edit func(s *sharedStatus)
		want string
		code int
	}{
		{"all is well", nil, "REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 0},
		{"nothing paused", func(s *sharedStatus) { s.Paused, s.Longest, s.AlarmAt = 0, time.Time{}, time.Time{} }, "REC 3 PAUSED 0", 0},
		{"alarm", func(s *sharedStatus) { s.AlarmAt = s.Complete }, "REC 3 #[fg=red,bold]PAUSED 1 !00:30#[default]", 3},
		{"not paused", func(s *sharedStatus) { s.NotPaused = 1 }, "#[fg=red,bold]NOT PAUSED 1#[default] REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 3},
		{"resumed by others", func(s *sharedStatus) { s.NotPaused, s.ResumedByOthers = 1, 2 },
			"#[fg=red,bold]NOT PAUSED 1#[default] #[fg=red,bold]RESUMED BY OTHERS 2#[default] REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 3},
		{"all troubles acknowledged", func(s *sharedStatus) { s.NotPaused, s.Acked = 1, 1 }, "NOT PAUSED 1 REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 0},
		{"one of two acknowledged", func(s *sharedStatus) { s.NotPaused, s.Acked = 2, 1 }, "#[fg=red,bold]NOT PAUSED 2#[default] REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 3},
		{"unknown statuses", func(s *sharedStatus) { s.Other = 2 }, "REC 3 #[fg=yellow]PAUSED 1 00:30#[default] #[fg=yellow]OTHER 2#[default]", 0},
		{"partial", func(s *sharedStatus) { s.Partial = true }, "#[fg=red,bold]PARTIAL#[default] REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 1},
		{"partial, and an alarm", func(s *sharedStatus) { s.Partial, s.AlarmAt = true, s.Complete }, "#[fg=red,bold]PARTIAL#[default] REC 3 #[fg=red,bold]PAUSED 1 !00:30#[default]", 3},
		{"timer", func(s *sharedStatus) { s.Timers, s.Resume = 1, time.Now().Add(90*time.Second+500*time.Millisecond) },
			"REC 3 #[fg=yellow]PAUSED 1 00:30#[default] auto-resume in 01:30", 0},
		{"no screen but no timer", func(s *sharedStatus) { s.NoScreen = true }, "REC 3 #[fg=yellow]PAUSED 1 00:30#[default]", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				shareStatus(t, dir, shared(tt.edit))
				code, stdout, stderr := call(t, App{Environ: complete}, "status", "--tmux", "--state-dir", dir)
				if stdout != tt.want+"\n" || code != tt.code || stderr != "" {
					t.Errorf("printed %q, %q, exit code %d, want %q, %d", stdout, stderr, code, tt.want, tt.code)
				}
			})
		})
	}
}

// Whatever a state directory holds, numbers that may be wrong are not printed.
func TestStatusIsNotBelieved(t *testing.T) {
	gone := dead(t)
	tests := []struct {
		name  string
		edit  func(s *sharedStatus)
		swept bool
	}{
		{"a dead process", func(s *sharedStatus) { s.PID, s.Limit = gone, 600_000 }, true},
		{"another process with its number", func(s *sharedStatus) { s.PID = 1 }, true},
		{"an earlier one with our number", func(s *sharedStatus) { s.Started += "0" }, true},
		{"a date in the future", func(s *sharedStatus) { s.Complete = time.Now().Add(time.Hour) }, false},
		{"old numbers", func(s *sharedStatus) { s.Complete = time.Now().Add(-8 * time.Second) }, false},
		{"polls fail", func(s *sharedStatus) { s.Failing = true }, false},
		{"no poll yet", func(s *sharedStatus) { s.Complete = time.Time{} }, false},
		{"another host, long ago", func(s *sharedStatus) { s.Host, s.Complete = "elsewhere", time.Now().Add(-time.Hour) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				shareStatus(t, dir, shared(tt.edit))
				code, stdout, _ := call(t, App{Environ: []string{"HOME=/nonexistent"}}, "status", "--state-dir", dir)
				if stdout != "NO SETTINGS\n" || code != 2 {
					t.Errorf("printed %q, exit code %d", stdout, code)
				}
				if left, _ := filepath.Glob(dir + "/*"); (len(left) == 0) != tt.swept {
					t.Errorf("left are %v, want them swept: %v", left, tt.swept)
				}
			})
		})
	}
}

func TestStatusOfSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(90*time.Second + 500*time.Millisecond)
		hidden := shared(func(s *sharedStatus) { s.NoScreen, s.Timers, s.Resume, s.NotPaused = true, 1, at, 1 })
		seen := shared(func(s *sharedStatus) { s.Timers, s.Resume = 2, at.Add(time.Minute) })
		lines := map[string]bool{}
		for _, later := range []time.Duration{-time.Second, time.Second} {
			dir := t.TempDir()
			seen.Complete = hidden.Complete.Add(later)
			shareStatus(t, dir, hidden, seen)
			_, stdout, _ := call(t, App{Environ: complete}, "status", "--state-dir", dir)
			lines[stdout] = true
			if !strings.HasPrefix(stdout, "NOT PAUSED 1 REC 3 PAUSED 1 00:30 auto-resume in 01:30 (1 of 3), by a copy of tapedeck without a screen (process ") {
				t.Errorf("printed %q", stdout)
			}
		}
		if len(lines) != 1 {
			t.Errorf("the line depends on which one polled last: %v", lines)
		}
	})
}

// With settings the status is that of their project, without the freshest one.
func TestStatusFindsTheDashboard(t *testing.T) {
	bad := append([]string{"TAPEDECK_INTERVAL=soon"}, complete...)
	tests := []struct {
		name     string
		environ  []string
		rec      int
		settings bool
		others   string
	}{
		{"settings", complete, 1, true, "https://other.signalwire.com"},
		{"none", []string{"HOME=/nonexistent"}, 2, false, "https://acme.signalwire.com"},
		{"wrong ones", bad, 2, false, "https://acme.signalwire.com"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				mine := shared(func(s *sharedStatus) { s.Running = 1 })
				other := shared(func(s *sharedStatus) {
					s.Space, s.Project, s.Running, s.Complete = "https://other.signalwire.com", "p", 2, time.Now()
				})
				shareStatus(t, dir, mine, other)
				code, stdout, stderr := call(t, App{Environ: tt.environ}, "status", "--json", "--state-dir", dir)
				got := decoded[statusOutput](t, stdout)
				if code != 0 || stderr != "" || got.Running != tt.rec || got.Settings != tt.settings || strings.Join(got.Others, " ") != tt.others {
					t.Errorf("exit code %d, stderr %q, printed %s", code, stderr, stdout)
				}
				if got.From != "dashboard" || got.Paused != 1 || got.Longest == nil || got.Alarm || !strings.HasPrefix(got.Line, "REC ") {
					t.Errorf("printed %s", stdout)
				}
			})
		})
	}
}

// A space is the same one with its default port, and in capitals.
func TestStatusOfOneSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		shareStatus(t, dir, shared(func(s *sharedStatus) { s.Space = "https://ACME.signalwire.com:443/" }),
			shared(func(s *sharedStatus) { s.Timers, s.Resume = 1, time.Now().Add(time.Minute) }))
		_, stdout, _ := call(t, App{Environ: complete}, "status", "--json", "--state-dir", dir)
		var got statusOutput
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.From != "dashboard" || got.Timers != 1 || len(got.Others) != 0 {
			t.Errorf("printed %s, %v", stdout, err)
		}
	})
}

// served serves a handler as a space, and returns the settings to reach it.
func served(t *testing.T, h http.Handler, project, token string) []string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return []string{"HOME=" + t.TempDir(), "SIGNALWIRE_SPACE=" + s.URL, "SIGNALWIRE_PROJECT_ID=" + project, "SIGNALWIRE_API_TOKEN=" + token}
}

func TestStatusAsksTheAPI(t *testing.T) {
	space := sim.New(sim.Options{Recordings: 3})
	full := served(t, space, space.Project(), space.Token())
	silent := served(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), "p", token)
	refused := served(t, http.NotFoundHandler(), "p", token)
	denied := served(t, space, space.Project(), token)
	page := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>log in</html>")) }), "p", token)
	partial := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.ToLower(strings.TrimSuffix(filepath.Base(r.URL.Path), ".json"))
		_, _ = w.Write([]byte(`{"` + key + `":[],"next_page_uri":"https://elsewhere.example/"}`))
	}), "p", token)
	tests := []struct {
		name    string
		environ []string
		args    string
		stdout  string
		stderr  string
		code    int
	}{
		{"a space", full, "--timeout 1m", "REC ", "", 0},
		{"a token that is refused", denied, "--timeout 1m", "STALE\n", "tapedeck: cannot see the recordings: HTTP 401\n  hint: check SIGNALWIRE_", 4},
		{"no answer", silent, "--timeout 50ms", "STALE\n", "cannot see the recordings: timeout\n  hint: ", 6},
		{"another server", refused, "--timeout 1m", "STALE\n", "cannot see the recordings: HTTP 404\n  hint: ", 6},
		{"a web page", page, "--timeout 1m", "STALE\n", "cannot see the recordings: ", 6},
		{"a page refused", partial, "--timeout 1m", "PARTIAL REC 0 PAUSED 0\n", "cannot see all recordings: page refused\n  hint: ", 1},
		{"no settings", []string{"HOME=/nonexistent"}, "", "NO SETTINGS\n", "space, project and token are not set\n  hint: ", 2},
		{"no settings, no home", nil, "", "NO SETTINGS\n", "space, project and token are not set\n  hint: ", 2},
		{"half of the settings", []string{"HOME=/nonexistent", "SIGNALWIRE_SPACE=acme"}, "", "STALE\n", "no project", 2},
		{"wrong settings", append([]string{"TAPEDECK_LOOKBACK=soon"}, full...), "", "STALE\n", `cannot use "soon" for lookback`, 2},
		{"in color", silent, "--tmux --timeout 50ms", "#[fg=red,bold]STALE#[default]\n", "timeout", 6},
		{"as JSON", silent, "--json --timeout 50ms", `{"word":"STALE","exit_code":6,"reason":"timeout",`, "timeout", 6},
		{"no settings as JSON", nil, "--json", `{"word":"NO SETTINGS","exit_code":2,"reason":"cannot reach a project`, "not set", 2},
		{"unknown flag", full, "--intervall 3", "STALE\n", "there is no flag --intervall", 2},
		{"argument", full, "now", "STALE\n", "takes no arguments", 2},
		{"timeout 0", full, "--timeout 0s", "STALE\n", `cannot use "0s" for --timeout`, 2},
		{"timeout too long", full, "--timeout 90m", "STALE\n", `cannot use "90m" for --timeout`, 2},
		{"timeout unreadable", full, "--timeout soon", "STALE\n", `cannot use "soon" for --timeout: it must be a time, such as 1s`, 2},
		{"two forms", full, "--json --tmux", "STALE\n", "cannot use --json with --tmux", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := call(t, App{Environ: tt.environ}, append([]string{"status"}, strings.Fields(tt.args)...)...)
			if code != tt.code || !strings.HasPrefix(stdout, tt.stdout) || strings.Count(stdout, "\n") != 1 {
				t.Errorf("exit code %d, printed %q, want %d, %q", code, stdout, tt.code, tt.stdout)
			}
			if !strings.Contains(stderr, tt.stderr) || tt.stderr == "" && stderr != "" {
				t.Errorf("stderr %q, want %q", stderr, tt.stderr)
			}
		})
	}
}

func TestStatusOfASnapshot(t *testing.T) {
	now := time.Now()
	record := func(status api.Status, edit func(r *deck.Recording)) *deck.Recording {
		r := &deck.Recording{Recording: api.Recording{Status: status}}
		if edit != nil {
			edit(r)
		}
		return r
	}
	s := &deck.Snapshot{
		Health: deck.Health{Complete: now, Limit: 7 * time.Second, Partial: true, Err: api.ErrPage},
		Paused: 1, NotPaused: 1, ResumedByOthers: 1, PauseAlarm: 3 * time.Minute, Offset: time.Hour,
		Recordings: []*deck.Recording{
			record(api.InProgress, func(r *deck.Recording) { r.Trouble = deck.Trouble{Kind: deck.NotPaused} }),
			record(api.Resumed, func(r *deck.Recording) { r.Trouble = deck.Trouble{Kind: deck.ResumedByOthers, Acked: true} }),
			record(api.Queued, nil), record("x-new", nil), record("", nil),
			record(api.Completed, func(r *deck.Recording) { r.Ended = now }),
			record(api.Paused, func(r *deck.Recording) {
				r.Pause.Since, r.Timer.At = now.Add(time.Hour-time.Minute), now.Add(time.Minute)
			}),
		},
	}
	got := statusOf(s, now)
	want := sharedStatus{PID: os.Getpid(), Complete: now, Limit: 7000, Partial: true, Running: 2, Paused: 1, Other: 2,
		NotPaused: 1, ResumedByOthers: 1, Acked: 1, Longest: now.Add(-time.Minute), AlarmAt: now.Add(2 * time.Minute), Timers: 1, Resume: now.Add(time.Minute)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What cannot wait is shared by the poll that finds it: a pause, a trouble, data
// that is not to be believed.
func TestShareStatusAtOnce(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		space := sim.New(sim.Options{})
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		d, err := deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()), Transport: space.Transport()},
			deck.Config{Interval: 500 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go d.Run(ctx)
		go ShareStatus(ctx, config.Config{StateDir: dir}, d, func() bool { return false })
		time.Sleep(2 * time.Second)
		for i := range 6 {
			status := []string{"paused", "in-progress"}[i%2]
			space.SetStatus(sid, status)
			time.Sleep(600 * time.Millisecond) // a poll and what it takes
			all := readStatuses(dir, time.Now())
			if len(all) != 1 || all[0].Paused != 1-i%2 {
				t.Errorf("%s a while ago, shared is %+v", status, all)
			}
		}
		cancel()
		synctest.Wait()
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// A session shares what it knows, sweeps what others left, and takes
// its file away when it ends.
func TestShareStatus(t *testing.T) {
	dir := t.TempDir()
	gone := dead(t)
	synctest.Test(t, func(t *testing.T) {
		shareStatus(t, dir, shared(func(s *sharedStatus) { s.PID = gone }))
		space := sim.New(sim.Options{Recordings: 2})
		d, err := deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()), Transport: space.Transport()},
			deck.Config{Interval: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go d.Run(ctx)
		ended := make(chan struct{})
		go func() {
			ShareStatus(ctx, config.Config{StateDir: dir, Space: "s", Project: "p"}, d, func() bool { return true })
			close(ended)
		}()
		time.Sleep(5 * time.Second)
		all := readStatuses(dir, time.Now())
		if len(all) != 1 || all[0].Space != "s" || all[0].Running+all[0].Paused == 0 || !all[0].NoScreen || all[0].stale(time.Now()) {
			t.Errorf("shared is %+v", all)
		}
		cancel()
		<-ended
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if left, _ := filepath.Glob(dir + "/status-*.json"); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}
