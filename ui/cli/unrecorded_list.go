package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

const aboutUnrecorded = `unrecorded prints the calls and conferences in progress that no active recording is
of, those without for the longest first: neither of itself, nor of the call that it was
dialed from, nor of the conference that it is in. On a terminal it prints for how long,
who is on the line and the SID, in a pipe a line for each with tabs between the cells:
SID, kind, seconds, who, SID of the conference that a call is in.

A call counts 10 s after it was answered or its last recording ended. What is printed is
complete, or the command says what is not known (exit code 1, or 6 where nothing can be
seen). tapedeck start starts a recording of a call; a conference has no start in the API.`

// unrecordedQuery is how the calls without a recording are asked for.
type unrecordedQuery struct {
	timeout time.Duration
	out     output
}

// unrecordedLooker is a deck that looks for calls without a recording.
type unrecordedLooker interface{ LookForUnrecorded() }

// quickPoll is the time between two polls of a deck that only looks for them.
const quickPoll = deck.MinInterval

// unrecordedFields are the names of the fields of a call without a recording.
var unrecordedFields = []string{"sid", "kind", "call_sid", "conference_sid", "profile", "who", "from", "to", "conference", "since", "at_least", "for", "before", "legs", "people"}

// unrecordedRow is a call without a recording; schema/unrecorded.json describes it.
type unrecordedRow struct {
	SID           string    `json:"sid"`
	Kind          string    `json:"kind"`
	CallSID       *string   `json:"call_sid"`
	ConferenceSID *string   `json:"conference_sid"`
	Profile       string    `json:"profile,omitempty"`
	Who           string    `json:"who"`
	From          *string   `json:"from"`
	To            *string   `json:"to"`
	Conference    *string   `json:"conference"`
	Since         time.Time `json:"since"`
	AtLeast       bool      `json:"at_least"`
	For           seconds   `json:"for"`
	Before        bool      `json:"before"`
	Legs          int       `json:"legs"`
	People        int       `json:"people"`
}

// unrecorded returns the command that lists calls without a recording.
func (r *runner) unrecorded() *cobra.Command {
	q := &unrecordedQuery{}
	cmd := &cobra.Command{
		Use:   "unrecorded",
		Short: "List the calls in progress without a recording",
		Long:  aboutUnrecorded,
		Example: `  tapedeck unrecorded
  tapedeck unrecorded --jq '.[] | select(.kind == "call" and .for > 60) | .call_sid'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.runUnrecorded(cmd, q) },
	}
	addSettings(cmd, linkFlags...)
	cmd.Flags().DurationVar(&q.timeout, "timeout", waitLimit, "how long to wait until all is known, at most 10m")
	keepTyped(cmd.Flags().Lookup("timeout"))
	q.out.fields = unrecordedFields
	q.out.add(cmd, "a JSON array")
	return cmd
}

func (r *runner) runUnrecorded(cmd *cobra.Command, q *unrecordedQuery) (err error) {
	if q.timeout <= 0 || q.timeout > maxWait {
		return usage("cannot use " + strconv.Quote(typed(cmd.Flags().Lookup("timeout"))) + " for --timeout: allowed is a time up to 10m, such as 30s")
	}
	if done, err := q.out.check(r.Stdout); done || err != nil {
		return err
	}
	l, err := r.link(cmd, false)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, l.close(time.Now())) }()
	look, ok := l.Service.(unrecordedLooker)
	if !ok {
		return usage("cannot list calls without a recording: the running service does not look for them", "update tapedeck serve")
	}
	if l.own != nil {
		l.own.SetInterval(quickPoll)
	}
	defer l.run()()
	ctx, cancel := context.WithTimeout(cmd.Context(), q.timeout)
	defer cancel()
	s, wrong := l.allUnrecorded(ctx, look)
	if s == nil {
		return wrong
	}
	return errors.Join(notPrinted("the list", r.printUnrecorded(cmd.Context(), q, l, s)), wrong)
}

// allUnrecorded waits until it is known which calls have no recording. The error is
// why it is not known of all; the snapshot is nil where it is known of none.
func (l *link) allUnrecorded(ctx context.Context, look unrecordedLooker) (*deck.Snapshot, error) {
	snapshots, cancel := l.Subscribe()
	defer cancel()
	again := time.NewTicker(10 * time.Second)
	defer again.Stop()
	look.LookForUnrecorded()
	var last *deck.Snapshot
	for {
		select {
		case s := <-snapshots:
			if last = s; s.Health.Phase(time.Now()) == deck.Stale && s.Health.Err != nil {
				return nil, unreachable(s)
			}
			if s.InProgress.Pending == 0 && s.AllUnrecordedKnown(time.Now()) {
				return s, nil
			}
		case <-again.C:
			look.LookForUnrecorded()
		case <-ctx.Done():
			return l.notAllUnrecorded(last)
		}
	}
}

// notAllUnrecorded says what is not known after the time that there was.
func (l *link) notAllUnrecorded(s *deck.Snapshot) (*deck.Snapshot, error) {
	const cannot = "cannot see which calls have no recording: "
	if s == nil || s.InProgress.Listed.IsZero() {
		e := &Error{Code: codeUnreachable, What: cannot + "those in progress have not been listed yet"}
		if s != nil && s.InProgress.Err != nil {
			e.What, e.Hints = cannot+api.Reason(s.InProgress.Err), hints(s.InProgress.Err)
		}
		return nil, e
	}
	why := "of " + strconv.Itoa(s.InProgress.Pending) + " it is not known yet"
	if err := s.InProgress.Err; err != nil {
		why = api.Reason(err)
	}
	return s, &Error{What: "the list is not complete: " + why}
}

func (r *runner) printUnrecorded(ctx context.Context, q *unrecordedQuery, l *link, s *deck.Snapshot) error {
	w := bufio.NewWriter(r.Stdout)
	now := time.Now()
	out := r.objects(ctx, &q.out, w)
	for i, u := range s.Unrecorded {
		line := l.unrecordedRow(s, u, now)
		var err error
		switch {
		case q.out.json.on:
			var b []byte
			if b, err = json.Marshal(line); err == nil {
				err = out.add(b)
			}
		case r.Terminal:
			if i == 0 {
				_, _ = fmt.Fprintf(w, "%8s  %-36s  %s\n", "NO REC", "SID", "WHO")
			}
			clock := times.Clock(u.For(s.PartOf(u.Profile).ServerTime(now)))
			_, err = fmt.Fprintf(w, "%8s  %-36s  %s\n", clock, text.New(line.SID), line.Who)
		default:
			room := ""
			if line.Kind == "call" && line.ConferenceSID != nil {
				room = *line.ConferenceSID
			}
			_, err = fmt.Fprintln(w, tabbed(line.SID, line.Kind, secondsOf(time.Duration(line.For), true), line.Who, room))
		}
		if err != nil {
			return err
		}
	}
	if q.out.json.on {
		if err := out.end(); err != nil {
			return err
		}
	}
	if n := s.UnrecordedMore; n > 0 {
		_, _ = fmt.Fprintf(r.Stderr, "tapedeck: %d more have no recording; those without for the longest are listed\n", n)
	}
	if r.Terminal && len(s.Unrecorded) == 0 && !q.out.json.on {
		_, _ = fmt.Fprintln(r.Stderr, "every call in progress has a recording")
	}
	return w.Flush()
}

// unrecordedRow returns a call without a recording as it is printed.
func (l *link) unrecordedRow(s *deck.Snapshot, u *deck.Unrecorded, now time.Time) unrecordedRow {
	part := s.PartOf(u.Profile)
	out := unrecordedRow{SID: u.SID().String(), Kind: "call", Profile: u.Profile, Since: u.Since.UTC(), AtLeast: u.AtLeast,
		For: seconds(u.For(part.ServerTime(now)).Truncate(time.Second)), Before: u.Before, Legs: u.Legs, People: u.People}
	if out.Profile == "" {
		out.Profile = l.config.Profile
	}
	rec := &deck.Recording{Profile: u.Profile, Call: u.Call}
	sid := func(t text.Text) *string { s := t.String(); return &s }
	if u.Conference != nil {
		out.ConferenceSID, out.Conference = sid(u.Conference.SID), sid(u.Conference.FriendlyName)
	}
	if c := u.Call; c != nil {
		out.CallSID, rec.CallSID = sid(c.SID), c.SID
		from, to := l.view.Party(c.SID, c.From, c.FromShown()), l.view.Party(c.SID, c.To, c.ToShown())
		out.From, out.To = &from, &to
	} else {
		out.Kind, rec.Conference, rec.ConferenceSID = "conference", u.Conference, u.SID()
	}
	out.Who = text.New(l.view.Who(rec)).String()
	return out
}
