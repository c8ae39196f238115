package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/config"
	"tapedeck/ui/times"
)

const (
	codeAlarm = 3           // of tapedeck status, while an alarm stands
	askLimit  = time.Second // for tapedeck status to ask the API itself, by default
	maxAsk    = time.Minute
)

// exitCode ends a command with a code and nothing to say.
type exitCode int

func (e exitCode) Error() string { return "exit code " + strconv.Itoa(int(e)) }

// The words that tapedeck status prints instead of numbers.
const (
	wordStale      = "STALE"
	wordNoSettings = "NO SETTINGS"
)

// statusFlags are the settings that matter to tapedeck status.
var statusFlags = []string{"config", "profile", "server", "socket", "lookback", "policy", "pause-alarm", "unrecorded-alarm", "state-dir"}

const aboutStatus = `status prints how many recordings run and how many are paused, and how long
the longest pause lasts, with ! while it alarms. It begins with NOT PAUSED or
RESUMED BY OTHERS while a recording runs that was to be paused. Where calls without
a recording alarm (unrecorded_alarm), it says how many there are: NO REC 2, at the
beginning while one alarms; NO REC ? while nobody knows. It takes what the
service of this host knows (tapedeck serve), else what a running copy of tapedeck of
this user knows, for both of which it needs no settings, and asks the API when there
is none of the project. Where several hosts share (setting share), LOCAL ONLY says
since when they are not heard, and HOST b GONE which one is gone with pauses or
auto-resumes of its users; --json lists them.

Exit codes: 0 all is well; 1 it cannot see all (PARTIAL); 2 the settings are
missing or wrong (NO SETTINGS, STALE); 3 an alarm stands; 4 not authorized, and 6
it cannot see (STALE).`

// statusQuery is how the status is asked for.
type statusQuery struct {
	timeout    time.Duration
	json, tmux bool
}

// status is the command that prints one line for tmux or a prompt.
func (r *runner) status() *cobra.Command {
	q := statusQuery{}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Print one line for tmux or a prompt: REC 14 PAUSED 2 !03:12",
		Long:  aboutStatus,
		Example: `  tapedeck status
  tmux set -g status-right '#(tapedeck status --tmux) %H:%M'`,
		Args: func(cmd *cobra.Command, args []string) error {
			return r.blind(q, noArguments(cmd, args))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return r.runStatus(cmd, q) },
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return r.blind(q, r.flagError(cmd, err)) })
	addSettings(cmd, statusFlags...)
	cmd.Flags().DurationVar(&q.timeout, "timeout", askLimit, "how long to wait for a token_command and the API, at most 1m")
	keepTyped(cmd.Flags().Lookup("timeout"))
	cmd.Flags().BoolVar(&q.json, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&q.tmux, "tmux", false, "print tmux's color markup around what needs attention")
	return cmd
}

// blind prints that nothing can be seen for err, and returns err.
func (r *runner) blind(q statusQuery, err error) error {
	if err == nil {
		return nil
	}
	out := statusOutput{Word: wordStale, Code: codeUsage, Reason: reasonOf(err)}
	if e, ok := errors.AsType[*Error](err); ok && e.Code != 0 {
		out.Code = e.Code
	}
	if errors.Is(err, config.ErrNotSet) {
		out.Word = wordNoSettings
	}
	return errors.Join(r.print(out, q), err)
}

func (r *runner) runStatus(cmd *cobra.Command, q statusQuery) error {
	switch {
	case q.json && q.tmux:
		return r.blind(statusQuery{}, usage("cannot use --json with --tmux: the status has one form", "leave out one of them"))
	case q.timeout <= 0 || q.timeout > maxAsk:
		return r.blind(q, usage("cannot use "+strconv.Quote(typed(cmd.Flags().Lookup("timeout")))+" for --timeout: allowed is a time up to 1m, such as 1s"))
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), q.timeout)
	defer cancel()
	if done, err := r.serviceStatus(ctx, cmd, q); done {
		return err
	}
	// A token_command may be slow, and need not be run for a file.
	in := r.sources(cmd)
	in.NoCommand = true
	c, err := r.load(ctx, in)
	if r.remote != nil {
		return r.blind(q, cmp.Or(err, error(errNoOwn)))
	}
	now := time.Now()
	running := readStatuses(c.StateDir, now)
	if s, ok := find(running, c, err == nil, now); ok {
		return r.printStatus(s, q, statusOutput{From: "dashboard", Settings: err == nil, Others: others(running, s)})
	}
	if err == nil {
		c, err = r.load(ctx, r.sources(cmd))
	}
	if err != nil {
		return r.blind(q, err)
	}
	s, perr := r.askStatus(ctx, c)
	s = merged(s, same(running, c.Space, c.Project), now)
	err = r.printStatus(s, q, statusOutput{From: "api", Settings: true, Others: others(running, s), Reason: reasonOf(perr), Code: codeForList(perr)})
	if perr == nil || err == nil {
		return err
	}
	what := "cannot see the recordings: "
	if s.Partial && !s.stale(now) {
		what = "cannot see all recordings: "
	}
	return &Error{Code: codeOf(err), What: what + api.Reason(perr), Hints: hints(perr)}
}

// serviceStatus prints what the service knows, if one is to be used; done is
// false where there is none.
func (r *runner) serviceStatus(ctx context.Context, cmd *cobra.Command, q statusQuery) (done bool, err error) {
	service, c, err := r.attach(ctx, cmd, cmd.Name(), nil)
	if err != nil {
		return true, r.blind(q, err)
	}
	if service == nil {
		return false, nil
	}
	defer func() { _ = service.Close() }()
	l := r.attachedLink(service, c)
	snap, err := l.synced(ctx)
	if err != nil {
		return true, r.blind(q, err)
	}
	now := time.Now()
	s := statusOf(snap, now)
	s.Space, s.Project = c.Space, c.Project
	if len(snap.Parts) == 1 {
		s.Space, s.Project = snap.Parts[0].Space, snap.Parts[0].Project
	}
	// A dashboard without the service knows of auto-resumes of its own.
	running := readStatuses(c.StateDir, now)
	if of, ok := service.(serviceClient); ok {
		own := of.WhoAmI().PID
		running = slices.DeleteFunc(running, func(o sharedStatus) bool { return o.PID == own })
	}
	s = merged(s, same(running, s.Space, s.Project), now)
	out := statusOutput{From: "service", Settings: c.Space != "" || c.Profile != "", Others: others(running, s)}
	if s.stale(now) || s.Partial {
		out.Reason = reasonOf(snap.Health.Err)
	}
	if s.stale(now) && errors.Is(snap.Health.Err, api.ErrUnauthorized) {
		out.Code = codeUnauthorized
	}
	return true, r.printStatus(s, q, out)
}

// codeOf returns the exit code that err stands for.
func codeOf(err error) int {
	if code, ok := err.(exitCode); ok {
		return int(code)
	}
	return codeFailed
}

// hints returns the next step after err, if there is one.
func hints(err error) []string {
	if hint := api.Hint(err); hint != "" {
		return []string{hint}
	}
	return nil
}

// reasonOf says in a few words why nothing could be seen; empty for no error.
func reasonOf(err error) string {
	var wrong *config.Error
	var used *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &wrong):
		return wrong.What
	case errors.As(err, &used):
		return used.What
	}
	return api.Reason(err)
}

// same returns those of one project.
func same(all []sharedStatus, space, project string) (list []sharedStatus) {
	for _, s := range all {
		if s.Project == project && journal.SameSpace(s.Space, space) {
			list = append(list, s)
		}
	}
	return list
}

// others returns the spaces of the running sessions that s is not of.
func others(all []sharedStatus, s sharedStatus) (spaces []string) {
	for _, o := range all {
		known := func(space string) bool { return journal.SameSpace(space, o.Space) }
		if !known(s.Space) && !slices.ContainsFunc(spaces, known) {
			spaces = append(spaces, o.Space)
		}
	}
	return spaces
}

// find returns what the running sessions say of the project of c, or, where
// that is not known, of the project with the freshest numbers.
func find(running []sharedStatus, c config.Config, known bool, now time.Time) (sharedStatus, bool) {
	for i, s := range running {
		if s.stale(now) || known && !s.of(c) {
			continue
		}
		rest := slices.Delete(slices.Clone(running), i, i+1)
		return merged(s, same(rest, s.Space, s.Project), now), true
	}
	return sharedStatus{}, false
}

// askStatus asks the API itself, with one poll.
func (r *runner) askStatus(ctx context.Context, c config.Config) (sharedStatus, error) {
	d, err := deck.Open(api.Config{
		Space: c.Space, Project: c.Project, Token: c.Token, UserAgent: "tapedeck/" + r.release(), Transport: r.Transport,
	}, deck.Config{Interval: c.Interval, Lookback: c.Lookback, ReadOnly: true, PauseWarn: c.PauseWarn, PauseAlarm: c.PauseAlarm, Policy: c.Policy, UnrecordedAlarm: c.UnrecordedAlarm})
	if err != nil {
		return sharedStatus{}, err
	}
	err = d.Poll(ctx)
	snapshot := d.Snapshot()
	s := statusOf(snapshot, time.Now())
	s.Space, s.Project = c.Space, c.Project
	if err == nil && s.Partial {
		err = snapshot.Health.Err
	}
	return s, err
}

// statusOutput is what tapedeck status says, in the form of --json.
type statusOutput struct {
	Word            string     `json:"word,omitempty"` // STALE, PARTIAL or NO SETTINGS; empty when all is seen
	Code            int        `json:"exit_code"`
	Reason          string     `json:"reason,omitempty"`
	Space           string     `json:"space,omitempty"`
	Project         string     `json:"project,omitempty"`
	From            string     `json:"from,omitempty"`         // service, dashboard or api
	Settings        bool       `json:"settings"`               // the space is that of the settings
	Others          []string   `json:"other_spaces,omitempty"` // of other running dashboards
	Complete        *time.Time `json:"complete,omitempty"`
	Running         int        `json:"rec"`
	Paused          int        `json:"paused"`
	Other           int        `json:"other"`
	NotPaused       int        `json:"not_paused"`
	ResumedByOthers int        `json:"resumed_by_others"`
	Unrecorded      *int       `json:"unrecorded,omitempty"` // calls without a recording, where they alarm and are known
	Alarm           bool       `json:"alarm"`
	Longest         *time.Time `json:"longest_since,omitempty"`
	Timers          int        `json:"auto_resumes"`
	Resume          *time.Time `json:"auto_resume_at,omitempty"`
	NoScreen        int        `json:"process_without_screen,omitempty"`
	Line            string     `json:"line"`
	// LocalOnly is since when the other hosts that share are not heard; absent while
	// they are.
	LocalOnly *time.Time   `json:"local_only_since,omitempty"`
	Hosts     []sharedHost `json:"hosts,omitempty"` // that share

	spans []statusSpan
}

// statusSpan is a piece of the line, and tmux's style for it.
type statusSpan struct{ text, style string }

// The styles of tmux for what needs attention.
const (
	styleBad  = "fg=red,bold"
	styleWarn = "fg=yellow"
)

// printStatus prints s; out has what is known beside it.
func (r *runner) printStatus(s sharedStatus, q statusQuery, out statusOutput) error {
	now := time.Now()
	out.Space, out.Project = s.Space, s.Project
	if s.stale(now) {
		out.Word, out.Code = wordStale, cmp.Or(out.Code, codeUnreachable)
	} else {
		out.fill(s, now)
	}
	if err := r.print(out, q); err != nil {
		return err
	}
	if out.Code != 0 {
		return exitCode(out.Code)
	}
	return nil
}

// fill puts numbers that are fresh into out.
func (out *statusOutput) fill(s sharedStatus, now time.Time) {
	out.Complete, out.Longest, out.Resume = moment(s.Complete), moment(s.Longest), moment(s.Resume)
	out.Running, out.Paused, out.Other, out.Timers = s.Running, s.Paused, s.Other, s.Timers
	out.NotPaused, out.ResumedByOthers, out.Alarm = s.NotPaused, s.ResumedByOthers, s.alarms(now)
	if n := s.Unrecorded; n > 0 {
		out.Unrecorded = &n
	}
	out.LocalOnly, out.Hosts = moment(s.Alone), s.Hosts
	if s.NoScreen && s.Timers > 0 {
		out.NoScreen = s.PID
	}
	if s.Partial {
		out.Word, out.Code = "PARTIAL", codeFailed
	}
	if out.Alarm {
		out.Code = codeAlarm
	}
	out.spans = s.line(now)
}

// moment returns a time for JSON; nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// line returns the numbers as they are printed.
func (s sharedStatus) line(now time.Time) (line []statusSpan) {
	add := func(style, format string, args ...any) {
		line = append(line, statusSpan{fmt.Sprintf(format, args...), style})
	}
	bad := ""
	if s.troubled() {
		bad = styleBad
	}
	if s.NotPaused > 0 {
		add(bad, "NOT PAUSED %d", s.NotPaused)
	}
	if s.ResumedByOthers > 0 {
		add(bad, "RESUMED BY OTHERS %d", s.ResumedByOthers)
	}
	if s.lacks(now) {
		add(styleBad, "%s", s.unrecorded())
	}
	add("", "REC %d", s.Running)
	style := ""
	switch {
	case s.Paused > 0 && !s.AlarmAt.IsZero() && !now.Before(s.AlarmAt):
		style = styleBad
	case s.Paused > 0:
		style = styleWarn
	}
	paused := "PAUSED " + strconv.Itoa(s.Paused)
	if !s.Longest.IsZero() {
		mark := ""
		if style == styleBad {
			mark = "!"
		}
		paused += " " + mark + times.Hours(now.Sub(s.Longest))
	}
	add(style, "%s", paused)
	if s.Other > 0 {
		add(styleWarn, "OTHER %d", s.Other)
	}
	if s.Unrecorded != 0 && !s.lacks(now) {
		add(styleWarn, "%s", s.unrecorded())
	}
	if !s.Alone.IsZero() {
		add(styleWarn, "LOCAL ONLY %s", times.Hours(now.Sub(s.Alone)))
	}
	for _, words := range s.goneHosts(now) {
		add(styleWarn, "%s", words)
	}
	if s.Timers > 0 {
		more := ""
		if s.Timers > 1 {
			more = fmt.Sprintf(" (1 of %d)", s.Timers)
		}
		if s.NoScreen {
			more += ", by a copy of tapedeck without a screen (process " + strconv.Itoa(s.PID) + ")"
		}
		add("", "auto-resume in %s%s", times.Hours(s.Resume.Sub(now)), more)
	}
	return line
}

// unrecorded says how many calls have no recording.
func (s sharedStatus) unrecorded() string {
	if s.Unrecorded < 0 {
		return "NO REC ?"
	}
	return "NO REC " + strconv.Itoa(s.Unrecorded)
}

// print writes out in the form that was asked for.
func (r *runner) print(out statusOutput, q statusQuery) error {
	spans := out.spans
	if out.Word != "" {
		spans = append([]statusSpan{{out.Word, styleBad}}, spans...)
	}
	var plain, marked []string
	for _, s := range spans {
		plain = append(plain, s.text)
		if s.style != "" {
			s.text = "#[" + s.style + "]" + s.text + "#[default]"
		}
		marked = append(marked, s.text)
	}
	line := strings.Join(plain, " ")
	switch {
	case q.tmux:
		line = strings.Join(marked, " ")
	case q.json:
		out.Line = line
		b, err := json.Marshal(out)
		if err != nil {
			return fmt.Errorf("print the status: %w", err)
		}
		line = string(b)
	}
	if _, err := fmt.Fprintln(r.Stdout, line); err != nil {
		return fmt.Errorf("print the status: %w", err)
	}
	return nil
}
