package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

const (
	ackDefault = 5 * time.Minute // for which an acknowledged alarm is silent, by default
	ackMost    = 24 * time.Hour
)

// ack returns the command that acknowledges an alarm.
func (r *runner) ack() *cobra.Command {
	a := &act{verb: "acknowledge"}
	var reason string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "ack SID",
		Short: "Acknowledge the alarm of a pause",
		Long: `ack silences the alarm of a pause for a time, with the reason why it goes on, as a
does in the dashboard. A recording that alarms because it records though it was to
be paused is acknowledged for good.

It takes tapedeck serve, which keeps the acknowledgement.`,
		Example:           `  tapedeck ack 8142 --reason "card is being read" --for 5m`,
		Args:              oneSID,
		ValidArgsFunction: r.completeSIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if wait < time.Second || wait > ackMost {
				return usage("cannot use "+typed(cmd.Flags().Lookup("for"))+" for --for: allowed is a time from 1s to 24h", "such as 5m")
			}
			return r.runAck(cmd, a, args[0], reason, wait)
		},
	}
	addSettings(cmd, linkFlags...)
	f := cmd.Flags()
	f.StringVar(&reason, "reason", "", "why the pause goes on; it is journaled")
	f.DurationVar(&wait, "for", ackDefault, "for how long the alarm is silent")
	keepTyped(f.Lookup("for"))
	f.DurationVar(&a.timeout, "timeout", waitLimit, "how long to wait for the service, at most 10m")
	keepTyped(f.Lookup("timeout"))
	a.wait, a.out.fields = waitVerified, resultFields
	a.out.add(cmd, "a JSON array of the result")
	return cmd
}

func (r *runner) runAck(cmd *cobra.Command, a *act, arg, reason string, wait time.Duration) (err error) {
	if done, err := a.check(cmd, r.Stdout); done || err != nil {
		return err
	}
	sids, err := cleanSIDs([]string{arg})
	if err != nil {
		return err
	}
	l, err := r.link(cmd, false)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, l.close(time.Now())) }()
	if l.attached == nil {
		return usage("cannot acknowledge …"+ending(text.New(sids[0]), leastSID)+": nothing that this command uses here would keep it, and this command ends",
			"use tapedeck serve, which keeps it, or acknowledge it in the dashboard, with the key a")
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), a.timeout)
	defer cancel()
	targets, err := l.resolve(ctx, sids)
	if err != nil {
		return err
	}
	t := targets[0]
	if t.err != nil {
		return t.err
	}
	name := "…" + ending(t.rec.SID, leastSID)
	if err := l.Acknowledge(t.rec.Key(), l.actor, reason, wait); err != nil {
		code := codeFor(err)
		if code == codeUnreachable && !errors.Is(err, local.ErrGone) {
			code = codeFailed // the service has answered
		}
		return &Error{Code: code, What: "cannot acknowledge " + name + ": " + whyNotAcknowledged(code, err, t.rec), Hints: hints(err)}
	}
	print := r.results(cmd.Context(), a, l)
	print.add(result{target: t, verb: a.verb, outcome: "acknowledged", final: l.shown(l.await(ctx, t.rec, func(r *deck.Recording) bool { return r.Ack != t.rec.Ack || r.Trouble.Acked })), reason: fmt.Sprintf("for %s", wait)})
	return print.end()
}

func whyNotAcknowledged(code int, err error, rec *deck.Recording) string {
	if code == codeFailed && !rec.Paused() && rec.Trouble.Kind == "" {
		return "it is not paused: it is " + text.New(string(rec.Status)).String()
	}
	return deckWords(err)
}
