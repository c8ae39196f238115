package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tapedeck/ui/doctor"
)

// doctorFields are the fields of a check, as --json has them.
var doctorFields = []string{"check", "status", "found", "mend", "seconds", "settings"}

// doctorCommand returns the command that looks at all that tapedeck needs.
func (r *runner) doctorCommand() *cobra.Command {
	out := output{fields: doctorFields}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check settings, network, login, journal, service and terminal, and say how to mend them",
		Long: `doctor checks all that tapedeck needs, and prints one line a check: what it found,
and how to mend it. It changes nothing, sends nothing but reads (to a server that
hosts share a sign of life, and makes its streams where there are none), and prints no
secret. Each check has a time limit; one that makes no sense after another has
failed says so.

  ok      it is well
  note    it works, and could be better
  MEND    it has to be mended
  -       not checked

A token_command of the settings is run, as the dashboard would. The terminal is
asked what it can do, where standard input and output are one: in tmux that is
what tmux makes of it.

Exits 0, or 1 when something has to be mended.`,
		Example: `  tapedeck doctor
  tapedeck doctor --profile eu
  tapedeck doctor --jq '.[] | select(.status == "mend") | .check'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if done, err := out.check(r.Stdout); done || err != nil {
				return err
			}
			return r.doctor(cmd, &out)
		},
	}
	out.add(cmd, "a JSON array, one object a check")
	addSettings(cmd)
	return cmd
}

// doctor makes the checks, and prints each as it comes.
func (r *runner) doctor(cmd *cobra.Command, out *output) error {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	o := doctor.Options{Sources: r.sources(cmd), Version: r.release()}
	if in, ok := r.Stdin.(*os.File); ok && r.Keyboard && r.Terminal {
		if stdout, ok := r.Stdout.(*os.File); ok {
			o.In, o.Out = in, stdout
		}
	}
	lines := r.checkLines()
	list := r.objects(ctx, out, r.Stdout)
	var failed error
	well := doctor.Run(ctx, o, func(f doctor.Finding) {
		var err error
		if out.json.on {
			var b []byte
			if b, err = json.Marshal(f); err == nil {
				err = list.add(b)
			}
		} else {
			_, err = fmt.Fprintln(r.Stdout, lines.line(f))
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("print what was found: %w", err)
			cancel() // nobody reads the rest
		}
	})
	switch {
	case failed != nil:
		return failed
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	if out.json.on {
		if err := list.end(); err != nil {
			return err
		}
	} else if sum := lines.sum(); sum != "" {
		if _, err := fmt.Fprintln(r.Stdout, sum); err != nil {
			return fmt.Errorf("print what was found: %w", err)
		}
	}
	if !well {
		return exitCode(codeFailed)
	}
	return nil
}

// checkLines prints checks: for people on a terminal, else with tabs between.
type checkLines struct {
	terminal, color, ascii bool
	width                  int // of the longest name of a check
	count                  map[doctor.Status]int
}

func (r *runner) checkLines() *checkLines {
	l := &checkLines{terminal: r.Terminal, color: r.Terminal && r.variable("NO_COLOR") == "" && r.variable("TERM") != "dumb", count: map[doctor.Status]int{}}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(r.variable(name)); v != "" {
			l.ascii = !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
			break
		}
		l.ascii = true
	}
	for _, name := range doctor.Names() {
		l.width = max(l.width, len(name))
	}
	return l
}

// statusWords are how the ways in which a check ends are printed for people.
var statusWords = map[doctor.Status]string{doctor.OK: "ok", doctor.Note: "note", doctor.Mend: "MEND", doctor.Skipped: "-"}

// line returns a check as a line.
func (l *checkLines) line(f doctor.Finding) string {
	l.count[f.Status]++
	if !l.terminal {
		return strings.Join([]string{string(f.Status), f.Check, f.Found, f.Mend}, "\t")
	}
	words := f.Found
	if f.Mend != "" {
		arrow := " → "
		if l.ascii {
			arrow = " -> "
		}
		words += arrow + f.Mend
	}
	line := fmt.Sprintf("%-4s  %-*s  %s", statusWords[f.Status], l.width, f.Check, words)
	color := map[doctor.Status]string{doctor.Note: colorPaused, doctor.Mend: colorAlarm, doctor.Skipped: colorDim}[f.Status]
	if !l.color || color == "" {
		return line
	}
	return color + line[:4] + colorEnd + line[4:]
}

// sum returns what there is to do, for people.
func (l *checkLines) sum() string {
	switch mend, notes := l.count[doctor.Mend], l.count[doctor.Note]; {
	case !l.terminal:
		return ""
	case mend > 0:
		return fmt.Sprintf("\n%d to mend, %d to note, %d ok", mend, notes, l.count[doctor.OK])
	case notes > 0:
		return fmt.Sprintf("\nall is well; %d to note", notes)
	}
	return "\nall is well"
}
