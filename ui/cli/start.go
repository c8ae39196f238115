package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// start returns the command that starts a recording of a call.
func (r *runner) start() *cobra.Command {
	a := &act{verb: "start"}
	var o api.StartOptions
	cmd := &cobra.Command{
		Use:   "start CALLSID",
		Short: "Start a recording of a call",
		Long: `start begins one more recording of a call that is in progress. It takes the whole
SID of the call. It is never sent twice, for each request begins a recording: after
exit code 9 look at the call's recordings before you try again.

A conference's recording cannot be started in this API.`,
		Example: `  tapedeck start 5e2982b9-4d2e-4023-9913-218666fafb91
  tapedeck start 5e2982b9-4d2e-4023-9913-218666fafb91 --channels dual --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(cmd.CommandPath()+" needs the SID of one call", "tapedeck list --json=call_sid has those of recordings")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return r.runStart(cmd, a, o, args[0]) },
	}
	addSettings(cmd, actFlags...)
	f := cmd.Flags()
	f.StringVar(&o.Channels, "channels", "", "mono or dual (default: the setting start_channels)")
	f.StringVar(&o.Track, "track", "", "inbound, outbound or both (default: the setting start_track)")
	f.DurationVar(&a.timeout, "timeout", waitLimit, "how long to wait for the outcome, at most 10m")
	keepTyped(f.Lookup("timeout"))
	a.wait, a.out.fields = waitVerified, resultFields
	a.out.add(cmd, "a JSON array of the result")
	return cmd
}

func (r *runner) runStart(cmd *cobra.Command, a *act, o api.StartOptions, arg string) (err error) {
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{{"channels", o.Channels, []string{"", "mono", "dual"}}, {"track", o.Track, []string{"", "inbound", "outbound", "both"}}} {
		if !slices.Contains(f.allowed, f.value) {
			return usage("cannot use " + strconv.Quote(f.value) + " for --" + f.name + ": it is none of those that the API takes")
		}
	}
	if done, err := a.check(cmd, r.Stdout); done || err != nil {
		return err
	}
	callSID := text.New(arg)
	if _, ok := callSID.PathSegment(); !ok || !isWhole(arg) {
		return usage(strconv.Quote(callSID.String())+" is not the whole SID of a call", "start takes no end of a SID; tapedeck unrecorded lists the calls without a recording")
	}
	l, err := r.link(cmd, true)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, l.close(time.Now().Add(finishLimit))) }()
	o.Channels, o.Track = cmp.Or(o.Channels, l.config.StartChannels), cmp.Or(o.Track, l.config.StartTrack)
	by, ok := l.Service.(starter)
	if !ok {
		return usage("cannot start a recording: the running service does not start any", "update tapedeck serve")
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), a.timeout)
	defer cancel()
	rec, p, err := by.Start(ctx, callSID, o, l.actor)
	res := result{target: target{typed: "of call " + arg, rec: rec}, verb: a.verb, p: p}
	if rec != nil {
		if l.attached != nil {
			rec = l.await(ctx, rec, func(*deck.Recording) bool { return true })
		}
		res.final = l.shown(rec)
	}
	res.outcome, res.code, res.reason = string(p.Outcome), codeOfUpdate(p, a.wait), reasonFor(p)
	if err != nil {
		res.outcome, res.code, res.reason = outcomeRefused, codeFor(err), deckWords(err)
	}
	if p.Outcome == deck.Failed && errors.Is(p.Err, api.ErrNotFound) {
		res.reason = "there is no such call: " + res.reason
	}
	print := r.results(cmd.Context(), a, l)
	print.add(res)
	if err := print.end(); err != nil {
		return err
	}
	if print.worst != 0 {
		return exitCode(print.worst)
	}
	return nil
}
