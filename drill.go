package main

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/charmbracelet/x/term"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/ui/cli"
	"tapedeck/ui/drill"
	tty "tapedeck/ui/terminal"
)

// drilled drills on the terminal of the process, and returns how it went.
func drilled(ctx context.Context, start cli.Start, plan drill.Plan) (result drill.Result, err error) {
	out, closeOut, err := drillTerminal()
	if err != nil {
		return result, err
	}
	defer closeOut()
	c := start.Config
	screen := screenBy(start)
	screen.Actor = journal.WhoFrom(start.Environ)
	screen.Terminal = tty.NewLocal(os.Stdin, out).Terminal(start.Environ)
	err = show(func() error {
		result, err = drill.Run(ctx, drill.Options{
			Plan: plan, Screen: screen, Agent: "tapedeck/" + start.Version,
			Deck: deck.Config{Interval: c.Interval, Lookback: c.Lookback, PauseWarn: c.PauseWarn, PauseAlarm: c.PauseAlarm},
		})
		return err
	})
	return result, err
}

// drillTerminal returns the terminal to draw on: standard output, or the one that
// the process has where that is a file.
func drillTerminal() (out *os.File, done func(), err error) {
	if term.IsTerminal(os.Stdout.Fd()) {
		return os.Stdout, func() {}, nil
	}
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONOUT$"
	}
	if out, err = os.OpenFile(name, os.O_RDWR, 0); err != nil {
		return nil, nil, &cli.Error{
			Code: 2, What: fmt.Sprintf("cannot show the drill: standard output is not a terminal, and this process has none: %v", err),
			Hints: []string{"run tapedeck drill in a terminal, over SSH with ssh -t"},
		}
	}
	return out, func() { _ = out.Close() }, nil
}
