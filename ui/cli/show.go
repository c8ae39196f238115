package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/config"
)

// show returns the command that shows all that is known of recordings.
func (r *runner) show() *cobra.Command {
	a := &act{verb: "show"}
	cmd := &cobra.Command{
		Use:   "show SID...",
		Short: "Show all fields of recordings",
		Long: `show prints every field of a recording by the API's own name, as it came, and what
tapedeck knows beside it: a line for each field, in a pipe with a tab between name
and value. An ended recording is shown too, by its whole SID.

A SID may be its end, 4 characters or more, where that is the end of one active
recording only.`,
		Example: `  tapedeck show 8142
  tapedeck show 8142 --json=status,tapedeck.pause`,
		Args:              someSIDs,
		ValidArgsFunction: r.completeSIDs,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.runShow(cmd, a, args) },
	}
	addSettings(cmd, linkFlags...)
	f := cmd.Flags()
	f.DurationVar(&a.timeout, "timeout", waitLimit, "how long to wait for the answer, at most 10m")
	keepTyped(f.Lookup("timeout"))
	a.wait, a.out.fields = waitVerified, recordingNames()
	a.out.add(cmd, "a JSON array")
	return cmd
}

func (r *runner) runShow(cmd *cobra.Command, a *act, args []string) (err error) {
	if done, err := a.check(cmd, r.Stdout); done || err != nil {
		return err
	}
	sids, err := cleanSIDs(args)
	if err != nil {
		return err
	}
	l, err := r.link(cmd, false)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, l.close(time.Now())) }()
	ctx, cancel := context.WithTimeout(cmd.Context(), a.timeout)
	defer cancel()
	targets, err := l.resolve(ctx, sids)
	if err != nil {
		return err
	}
	if l.own != nil {
		l.describe(ctx, r, targets)
	}
	out := r.objects(cmd.Context(), &a.out, r.Stdout)
	worst, printed := 0, error(nil)
	var missing []error
	for i, t := range targets {
		switch {
		case t.err != nil:
			worst = worse(worst, codeFor(t.err))
			missing = append(missing, whyMissing(t))
		case a.out.json.on:
			printed = errors.Join(printed, out.add(l.shown(t.rec).appendJSON(nil)))
		default:
			_, err := fmt.Fprint(r.Stdout, r.describe(l.shown(t.rec), i > 0))
			printed = errors.Join(printed, err)
		}
	}
	if a.out.json.on {
		printed = errors.Join(printed, out.end())
	}
	if err := notPrinted("the recordings", printed); err != nil {
		return err
	}
	for _, err := range missing {
		r.report(err)
	}
	if worst != 0 {
		return exitCode(worst)
	}
	return nil
}

// whyMissing returns the error for a recording that cannot be shown.
func whyMissing(t target) error {
	if own, ok := errors.AsType[*Error](t.err); ok {
		return own
	}
	return &Error{Code: codeFor(t.err), What: "cannot show " + t.typed + ": " + api.Words(t.err), Hints: hints(t.err)}
}

// describe reads who is on the line of each recording.
func (l *link) describe(ctx context.Context, r *runner, targets []target) {
	failed := make([]error, len(targets))
	each(l.hook, len(targets), func(i int) {
		if t := &targets[i]; t.err == nil {
			var named *deck.Recording
			if named, failed[i] = l.own.Describe(ctx, t.rec); named != nil {
				t.rec = named
			}
		}
	})
	if err := errors.Join(failed...); err != nil && !errors.Is(err, api.ErrNotFound) {
		r.warn(config.Config{Warnings: []string{"it is not known of all who is on the line: " + api.Reason(err)}})
	}
}

// describe returns the recording as lines of names and values.
func (r *runner) describe(s row, more bool) string {
	var b strings.Builder
	line := func(name, value string) {
		value = text.New(value).String()
		if r.Terminal {
			_, _ = fmt.Fprintf(&b, "%s %s\n", column(name, 20), value)
			return
		}
		_, _ = fmt.Fprintf(&b, "%s\t%s\n", name, value)
	}
	if more {
		b.WriteString("\n")
	}
	for _, f := range s.Fields() {
		switch value := f.Value.String(); {
		case f.Absent:
			line(f.Name.String(), "absent")
		case f.Null:
			line(f.Name.String(), "null")
		default:
			line(f.Name.String(), value)
		}
	}
	for _, c := range besideCells {
		if v := c.cell(s); v != "" {
			line("tapedeck."+c.name, v)
		}
	}
	for i, p := range s.Participants {
		who := p.CallSID.String()
		if p.Call != nil {
			who = s.view.Call(s.SID, p.Call)
		}
		line("tapedeck.participant."+strconv.Itoa(i+1), who)
	}
	return b.String()
}
