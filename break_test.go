package main

import (
	"context"
	"os"

	"github.com/charmbracelet/x/term"

	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/ui"
	"tapedeck/ui/cli"
)

// breakEnv says where the test's own program, a dashboard, breaks down at the
// key R.
const breakEnv = "TEST_BREAK_TAPEDECK"

// runBroken runs a dashboard that breaks down, and returns its exit code.
func runBroken(where string) int {
	return cli.Execute(context.Background(), cli.App{
		Args: os.Args[1:], Environ: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: term.IsTerminal(os.Stdout.Fd()), Keyboard: term.IsTerminal(os.Stdin.Fd()),
		Dashboard: func(ctx context.Context, start cli.Start) error {
			log, err := cli.OpenLog(start.Config)
			if err != nil {
				return err
			}
			defer log.Close()
			s := &session{start: start, record: cli.OpenJournal(start.Config)}
			if err := s.open(log); err != nil {
				return err
			}
			go s.deck.Run(ctx)
			o := s.options()
			ready := make(chan struct{})
			o.Deck = breakingDeck{s.deck, where, ready}
			if where == "command" {
				o.LeftBehind = func(context.Context) ([]ui.LeftBehind, bool) { // is called by a command
					<-ready
					panic("broken in a command")
				}
			}
			return ui.Run(ctx, o)
		},
	})
}

// breakingDeck is a deck that panics.
type breakingDeck struct {
	*deck.Deck
	where string
	ready chan struct{} // closed by the key
}

func (d breakingDeck) Refresh() {
	switch d.where {
	case "goroutine":
		go func() {
			defer crash.Guard()
			panic("broken in a goroutine")
		}()
		select {}
	case "update":
		panic("broken in an update")
	}
	close(d.ready)
}
