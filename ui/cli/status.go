package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/state"
	"tapedeck/config"
)

const (
	codeAlarm   = 3                // of tapedeck status, while an alarm stands
	askLimit    = 10 * time.Second // for tapedeck status to ask the API itself
	shareAtMost = time.Second      // between two writings of a status file
	statusKept  = 24 * time.Hour   // how long the status file of a killed process is kept
	maxStatus   = 64 << 10         // more than a status file has, in bytes
)

// exitCode ends a command with a code and nothing to say.
type exitCode int

func (e exitCode) Error() string { return "exit code " + strconv.Itoa(int(e)) }

// sharedStatus is what a running tapedeck tells tapedeck status, in a file of
// its own in the state directory. Times are of the local clock.
type sharedStatus struct {
	PID      int       `json:"pid"`
	Space    string    `json:"space"`
	Project  string    `json:"project"`
	Complete time.Time `json:"complete"` // when the last complete poll ended
	Limit    int64     `json:"limit_ms"` // the age at which that is stale
	Failing  bool      `json:"failing"`
	Running  int       `json:"rec"`
	Paused   int       `json:"paused"`
	Longest  time.Time `json:"longest"`  // since when the longest pause lasts; zero without one
	AlarmAt  time.Time `json:"alarm_at"` // when the first alarm stands, or stood; zero without a pause
	Timers   int       `json:"timers"`   // auto-resumes that run
	Resume   time.Time `json:"resume"`   // when the first of them is due
	NoScreen bool      `json:"no_screen"`
}

// statusOf puts a snapshot into a status.
func statusOf(s *deck.Snapshot, now time.Time) sharedStatus {
	out := sharedStatus{
		PID: os.Getpid(), Complete: s.Health.Complete, Limit: s.Health.Limit.Milliseconds(),
		Failing: !s.Health.Failing.IsZero(), Paused: s.Paused,
	}
	first := func(at *time.Time, t time.Time) {
		if at.IsZero() || t.Before(*at) {
			*at = t
		}
	}
	for _, r := range s.Recordings {
		if r.Active() && r.Status != api.Paused && r.Status != api.Queued {
			out.Running++
		}
		if !r.Paused() {
			continue
		}
		since := r.Pause.Since.Add(-s.Offset)
		first(&out.Longest, since)
		switch {
		case s.ServerTime(now).Before(r.Ack.Until):
			first(&out.AlarmAt, r.Ack.Until.Add(-s.Offset))
		case r.Timer.Err != "":
			first(&out.AlarmAt, now)
		default:
			first(&out.AlarmAt, since.Add(s.PauseAlarm))
		}
		if !r.Timer.At.IsZero() {
			out.Timers++
			first(&out.Resume, r.Timer.At)
		}
	}
	return out
}

// line returns the status for a prompt, and its exit code.
func (s sharedStatus) line(now time.Time) (string, int) {
	if s.stale(now) {
		return "STALE", codeFailed
	}
	line, code := fmt.Sprintf("REC %d PAUSED %d", s.Running, s.Paused), 0
	if !s.Longest.IsZero() {
		mark := ""
		if !s.AlarmAt.IsZero() && !now.Before(s.AlarmAt) {
			mark, code = "!", codeAlarm
		}
		line += " " + mark + clock(now.Sub(s.Longest))
	}
	if s.Timers > 0 {
		line += " auto-resume in " + clock(s.Resume.Sub(now))
		if s.NoScreen {
			line += ", by a tapedeck without a screen (process " + strconv.Itoa(s.PID) + ")"
		}
	}
	return line, code
}

func (s sharedStatus) stale(now time.Time) bool {
	return s.Complete.IsZero() || s.Failing || now.Sub(s.Complete) > time.Duration(s.Limit)*time.Millisecond
}

// clock returns a duration as 03:12 or 2:41:55.
func clock(d time.Duration) string {
	n := int(max(d, 0) / time.Second)
	if n < 3600 {
		return fmt.Sprintf("%02d:%02d", n/60, n%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
}

// ShareStatus keeps a file in the state directory from which tapedeck status
// reads, until ctx ends; then it removes the file. It is best effort: without
// the file, tapedeck status asks the API.
func ShareStatus(ctx context.Context, c config.Config, d *deck.Deck, noScreen func() bool) {
	if c.StateDir == "" {
		return
	}
	dir, err := state.Make(c.StateDir)
	if err != nil {
		return
	}
	dir.Sweep("status-", ".json", statusKept)
	name := fmt.Sprintf("status-%d.json", os.Getpid())
	defer func() { _ = dir.Remove(name) }()
	snapshots, cancel := d.Subscribe()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-snapshots:
			status := statusOf(s, time.Now())
			status.Space, status.Project, status.NoScreen = c.Space, c.Project, noScreen()
			if b, err := json.Marshal(status); err == nil {
				_ = dir.Replace(name, b) // a reader never sees half of it
			}
		}
		select { // not more often than this
		case <-ctx.Done():
			return
		case <-time.After(shareAtMost):
		}
	}
}

// readStatus returns the freshest status that a running tapedeck shares of
// this project; ok is false when there is none that is not stale.
func readStatus(c config.Config, now time.Time) (best sharedStatus, ok bool) {
	dir, err := state.At(c.StateDir)
	if err != nil {
		return best, false
	}
	names, _ := dir.Names("status-", ".json")
	for _, name := range names {
		b, err := dir.ReadOwn(name, maxStatus)
		var s sharedStatus
		if err != nil || json.Unmarshal(b, &s) != nil || s.Space != c.Space || s.Project != c.Project || s.stale(now) {
			continue
		}
		if s.NoScreen && !ok || s.Complete.After(best.Complete) {
			best, ok = s, true
		}
	}
	return best, ok
}

// status is the command that prints one line for tmux or a prompt.
func (r *runner) status() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Print one line for tmux or a prompt: REC 14 PAUSED 2 !03:12",
		Long: `status prints how many recordings record and how many are paused, and how long
the longest pause lasts, with ! while it alarms. It takes what another tapedeck
of this user and this project knows, and asks the API when there is none.

Exit codes: 0 all is well; 1 it cannot see, and prints STALE; 3 an alarm stands.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A token_command may be slow, and need not be run for a file.
			in := r.sources(cmd)
			in.NoCommand = true
			if c, err := config.Load(cmd.Context(), in); err == nil {
				if s, ok := readStatus(c, time.Now()); ok {
					return r.printStatus(s)
				}
			}
			c, err := config.Load(cmd.Context(), r.sources(cmd))
			if err != nil {
				return err
			}
			return r.askStatus(cmd.Context(), c)
		},
	}
	addSettings(cmd)
	return cmd
}

func (r *runner) printStatus(s sharedStatus) error {
	line, code := s.line(time.Now())
	if _, err := fmt.Fprintln(r.Stdout, line); err != nil {
		return fmt.Errorf("print the status: %w", err)
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// askStatus asks the API itself, with one poll.
func (r *runner) askStatus(ctx context.Context, c config.Config) error {
	d, err := deck.Open(api.Config{
		Space: c.Space, Project: c.Project, Token: c.Token, UserAgent: "tapedeck/" + r.version(),
	}, deck.Config{Interval: c.Interval, Lookback: c.Lookback, ReadOnly: true, PauseWarn: c.PauseWarn, PauseAlarm: c.PauseAlarm})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	perr := d.Poll(ctx)
	if err := r.printStatus(statusOf(d.Snapshot(), time.Now())); perr == nil || err == nil {
		return err
	}
	if hint := api.Hint(perr); hint != "" {
		return &Error{What: "cannot see the recordings: " + strings.TrimSpace(perr.Error()), Hints: []string{hint}}
	}
	return errors.Join(fmt.Errorf("see the recordings: %w", perr))
}
