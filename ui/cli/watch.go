package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

const (
	beatEvery   = 10 * time.Second // between two beats
	sayEvery    = time.Minute      // of quiet, after which the plain form says a beat
	lookEvery   = time.Second      // how often it is looked whether an alarm stands by now
	maxUnread   = 4096             // events that wait for a slow reader
	execLimit   = 30 * time.Second // for the command of an alarm, by default
	maxExec     = 10 * time.Minute
	plainWatch  = "15:04:05"
	loggedWatch = time.RFC3339
)

// watchQuery is how the events are wanted.
type watchQuery struct {
	out     output
	plain   bool
	exec    string
	args    []string // of exec
	timeout time.Duration
}

const aboutWatch = `watch prints what changes as it happens, one line an event, until it is stopped.

Without --json, and with --plain, each line is a sentence, for screen readers and
logs. With --json each line is a JSON object with event, at and seq:

  snapshot      the active recordings, first, and after events that were missed
  synced        all recordings are known
  added, ended  a recording has appeared, or is over
  changed       its fields are other ones; was has what they were
  update        a step of an update, whoever asked here for it
  alarm, acknowledged
  stale         what is known is old or not complete: reason says why
  live          it is fresh again
  beat          every 10 s: no line for longer means that watch itself is in trouble

--exec runs a program for each alarm, without a shell, with the event as JSON on its
standard input: one at a time for each recording, for at most --exec-timeout. Its
arguments follow --. It takes the place of the setting alarm_command. tapedeck
schema watch prints the JSON Schema of a line.`

// watchFields are the fields of an event.
var watchFields = []string{"event", "at", "seq", "missed", "recordings", "counts", "freshness", "age", "reason", "sid", "recording", "was", "update"}

// watch returns the command that prints what changes.
func (r *runner) watch() *cobra.Command {
	q := &watchQuery{}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Print what changes, one line an event",
		Long:  aboutWatch,
		Example: `  tapedeck watch
  tapedeck watch --json | jq 'select(.event == "alarm")'
  tapedeck watch --exec /usr/local/bin/page-somebody -- --team recordings`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() == 0 && q.exec != "" {
				q.args = args
				return nil
			}
			return noArguments(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return r.runWatch(cmd, q) },
	}
	addSettings(cmd, append([]string{"interval", "alarm-command"}, linkFlags...)...)
	f := cmd.Flags()
	f.BoolVar(&q.plain, "plain", false, "print one sentence a change (the default without --json)")
	f.StringVar(&q.exec, "exec", "", "program to run for each alarm; its arguments follow --")
	f.DurationVar(&q.timeout, "exec-timeout", execLimit, "how long that program may run, at most 10m")
	keepTyped(f.Lookup("exec-timeout"))
	q.out.fields = watchFields
	q.out.add(cmd, "a JSON object a line")
	return cmd
}

func (r *runner) runWatch(cmd *cobra.Command, q *watchQuery) (err error) {
	switch {
	case q.plain && (q.out.json.on || q.out.jq != ""):
		return usage("cannot use --plain with --json or --jq: there is one form", "leave out one of them")
	case q.timeout <= 0 || q.timeout > maxExec:
		return usage("cannot use " + typed(cmd.Flags().Lookup("exec-timeout")) + " for --exec-timeout: allowed is a time up to 10m, such as 30s")
	}
	if done, err := q.out.check(r.Stdout); done || err != nil {
		return err
	}
	run, err := r.newExecs(q)
	if err != nil {
		return err
	}
	l, err := r.link(cmd, false)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, l.close(time.Now())) }()
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	defer l.run()()
	if run == nil {
		run = r.alarmCommand(l)
	}
	events := &queue{wake: make(chan struct{}, 1)}
	var background sync.WaitGroup
	defer background.Wait()
	defer cancel()
	written := make(chan error, 1)
	background.Go(func() { defer r.hook().Guard(); written <- r.writeEvents(ctx, q, l, events) })
	w := newWatcher(l, func(e *event) {
		events.put(e)
		if e.Event == eventAlarm && run != nil {
			run.Alarm(e.of, append(e.json(), '\n'))
		}
	})
	if run != nil {
		w.over = run.Over
		background.Go(func() { defer r.hook().Guard(); _ = run.Run(ctx) })
	}
	return w.watch(ctx, written)
}

// watch looks at each snapshot, and each second, until ctx ends or the reader
// has left.
func (w *watcher) watch(ctx context.Context, written <-chan error) error {
	snapshots, stop := w.l.Subscribe()
	defer stop()
	look, beat := time.NewTicker(lookEvery), time.NewTicker(beatEvery)
	defer look.Stop()
	defer beat.Stop()
	for {
		select {
		case s := <-snapshots:
			if err := s.Health.Err; errors.Is(err, api.ErrUnauthorized) && !s.Known() {
				return unreachable(s)
			}
			if refusal := asRefusal(s.Health.Err); refusal != nil && refusal.Code == local.CodeEnded {
				return &Error{Code: codeUnauthorized, What: "the watch is over: " + refusal.Error(), Hints: hints(refusal)}
			}
			w.take(s, time.Now())
		case <-look.C:
			w.look(time.Now())
		case <-beat.C:
			w.beat(time.Now())
		case err := <-written:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// writeEvents writes the events as they come, until ctx ends or the reader has
// left. A reader that is too slow gets a snapshot instead of what it has missed.
func (r *runner) writeEvents(ctx context.Context, q *watchQuery, l *link, events *queue) error {
	var said time.Time
	for {
		batch, missed := events.take()
		if missed {
			instead := snapshotEvent(l, l.Snapshot(), time.Now(), true)
			events.number(instead)
			batch = []*event{instead}
		}
		for _, e := range batch {
			var err error
			switch {
			case q.out.query != nil:
				err = q.out.filter(ctx, r.Stdout, r.Terminal, e.json())
			case q.out.json.on:
				_, err = fmt.Fprintf(r.Stdout, "%s\n", q.out.pick(e.json()))
			case e.Event != eventBeat || e.At.Sub(said) >= sayEvery:
				said = e.At
				err = r.say(r.Stdout, e)
			}
			if err != nil && isPipe(err) {
				return nil
			} else if err != nil {
				return fmt.Errorf("print an event: %w", err)
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-events.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// say writes an event as a sentence, with the time: as a clock on a terminal,
// else by RFC 3339 in UTC.
func (r *runner) say(w io.Writer, e *event) error {
	at := e.At.UTC().Format(loggedWatch)
	if r.Terminal {
		at = e.At.In(r.zone()).Format(plainWatch)
	}
	for _, s := range e.sentences() {
		if _, err := fmt.Fprintf(w, "%s %s\n", at, text.New(s).String()); err != nil {
			return err
		}
	}
	return nil
}

// queue holds events that are not written yet.
type queue struct {
	mu     sync.Mutex
	list   []*event
	missed bool // the reader was too slow: what waited was let go
	seq    uint64
	wake   chan struct{}
}

// number gives an event the next number.
func (q *queue) number(e *event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.numberLocked(e)
}

func (q *queue) numberLocked(e *event) {
	q.seq++
	e.Seq = q.seq
}

// put gives an event the next number and has it wait for the reader. From then
// on it does not change: the program of an alarm has it at the same time.
func (q *queue) put(e *event) {
	q.mu.Lock()
	q.numberLocked(e)
	if len(q.list) >= maxUnread {
		q.list, q.missed = nil, true
	}
	if !q.missed { // the snapshot that comes instead has it
		q.list = append(q.list, e)
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns what waits, and whether the reader has missed some.
func (q *queue) take() (list []*event, missed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list, missed = q.list, q.missed
	q.list, q.missed = nil, false
	return list, missed
}

// sentences says an event to a person.
func (e *event) sentences() []string {
	name := ""
	if e.row.Recording != nil {
		name = "…" + e.row.short() + ", " + e.row.who()
	}
	if e.Call != nil {
		name = e.Call.name()
	}
	switch e.Event {
	case eventSnapshot:
		out := []string{fmt.Sprintf("%s: %s", e.Freshness, e.Counts.words())}
		if e.Missed {
			out[0] = "changes were missed; " + out[0]
		}
		return out
	case eventSynced, eventLive, eventBeat:
		return []string{fmt.Sprintf("%s: %s", e.Freshness, e.Counts.words())}
	case eventStale:
		return []string{e.Freshness + ": " + e.Reason}
	case eventAdded:
		return []string{name + ": new, " + e.row.word()}
	case eventEnded:
		return []string{name + ": ended, " + e.row.word()}
	case eventChanged:
		if what := e.differs(); what != "" {
			return []string{name + ": " + what}
		}
		return nil
	case eventUpdate:
		return []string{name + ": " + e.Update.sentence()}
	case eventAlarm:
		return []string{"ALARM " + name + ": " + e.Reason}
	}
	return []string{name + ": " + e.Event + " " + e.Reason}
}

// unsaid are fields whose change is nothing to say to a person.
var unsaid = []string{"date_updated", "duration", "tapedeck.word", "tapedeck.who", "tapedeck.from", "tapedeck.to", "tapedeck.conference"}

// differs says what has changed of a recording: its status, or which fields;
// nothing where it is only known better who is on the line.
func (e *event) differs() string {
	if was, ok := e.Was["status"]; ok {
		return fmt.Sprintf("%s, was %s", e.row.word(), strings.Trim(string(was), `"`))
	}
	var names []string
	for _, name := range e.wasOrder {
		if !slices.Contains(unsaid, name) {
			names = append(names, strings.TrimPrefix(name, "tapedeck."))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "changed " + strings.Join(names, ", ")
}

func (u *updateJSON) sentence() string {
	s := u.Verb
	if u.Behavior != "" {
		s += " with " + u.Behavior
	}
	if u.Actor != "" {
		s += " by " + u.Actor
	}
	if s += ": " + u.Outcome; u.Reason != "" {
		s += ", " + u.Reason
	}
	return s
}

func (c *countsJSON) words() string {
	s := fmt.Sprintf("%d active, %d paused", c.Active, c.Paused)
	if c.Alarms > 0 {
		s += fmt.Sprintf(", %d alarm", c.Alarms)
	}
	return s
}

// alarmWords says why a recording alarms.
func alarmWords(s row) string {
	switch t := s.Trouble; {
	case t.Standing() && t.Why != "":
		return string(t.Kind) + ": " + t.Why
	case t.Standing():
		return string(t.Kind)
	case s.Recording.Timer.Err != "":
		return "its auto-resume did not happen: " + s.Recording.Timer.Err
	}
	d, _ := s.pausedFor()
	return "paused for " + times.Clock(d)
}
