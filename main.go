// Command tapedeck is a terminal dashboard for the call and conference
// recordings of a SignalWire project: it lists, pauses, resumes and stops them.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/user"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/ui"
	"tapedeck/ui/cli"
)

// version is set at build time: -ldflags "-X main.version=v1.2.3".
var version string

// finishLimit is how long an update that is under way keeps the process, after
// its screen is gone: as long as its answer may take.
const finishLimit = 10*time.Second + 500*time.Millisecond

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ()))
}

// run runs tapedeck with these arguments and this environment, and returns its
// exit code. A second signal ends the process at once.
func run(ctx context.Context, args, env []string) int {
	ctx, stop := cli.NotifyContext(ctx, os.Exit)
	defer stop()
	return cli.Execute(ctx, cli.App{
		Args:      args,
		Environ:   env,
		Stdout:    os.Stdout,
		Stderr:    patient{os.Stderr},
		Terminal:  term.IsTerminal(os.Stdout.Fd()),
		Keyboard:  term.IsTerminal(os.Stdin.Fd()),
		Version:   version,
		Dashboard: dashboard,
	})
}

// dashboard shows the dashboard of a project, or of the demo's space, until
// the user quits or ctx ends. The first poll is under way before the first
// frame, and an update that is under way at the end is answered first.
func dashboard(ctx context.Context, start cli.Start) error {
	log, err := cli.OpenLog(start.Config)
	if err != nil {
		return err
	}
	defer log.Close()
	d, space, err := openDeck(start, log)
	if err != nil {
		return err
	}
	polls, stop := context.WithCancel(context.WithoutCancel(ctx))
	polled := make(chan struct{})
	go func() { defer close(polled); d.Run(polls) }()

	err = ui.Run(ctx, uiOptions(start, d, space))
	if errors.Is(err, ui.ErrHangup) {
		err = &cli.SignalError{Signal: syscall.SIGHUP}
	}
	unfinished := finish(d)
	stop()
	<-polled
	if unfinished == nil {
		return err
	}
	return errors.Join(err, unfinished)
}

// openDeck opens the deck of the configured project, or of the demo.
func openDeck(start cli.Start, log *cli.Log) (d *deck.Deck, space string, err error) {
	c := start.Config
	client := api.Config{
		Space: c.Space, Project: c.Project, Token: c.Token,
		UserAgent: "tapedeck/" + start.Version, Observe: log.Exchange,
	}
	if start.Demo != nil {
		client.Space, client.Project = "http://localhost", start.Demo.Project()
		client.Token, client.Transport = secret.New(start.Demo.Token()), start.Demo.Transport()
	}
	d, err = deck.Open(client, deck.Config{Interval: c.Interval, Lookback: c.Lookback, ReadOnly: c.ReadOnly})
	if u, perr := url.Parse(c.Space); perr == nil {
		space = u.Host
	}
	return d, space, err
}

func uiOptions(start cli.Start, d *deck.Deck, space string) ui.Options {
	c := start.Config
	return ui.Options{
		Deck: d, Space: space, Profile: c.Profile, Demo: start.Demo != nil,
		PauseBehavior: api.PauseBehavior(c.PauseBehavior), ReadOnly: c.ReadOnly,
		Theme: c.Theme, ASCII: c.ASCII, NoColor: c.NoColor, Actor: actor(),
		In: os.Stdin, Out: os.Stdout, Environ: start.Environ, Interval: c.Interval,
		Tick: c.Tick, LowBandwidth: c.LowBandwidth,
	}
}

// actor returns who asks for updates: the user who is logged in.
func actor() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// writeLimit is how long a message may take to be written.
const writeLimit = 500 * time.Millisecond

// patient writes to a terminal that may not take any more bytes: it gives up
// after a while, for nothing is worth to hang on a line that is dead.
type patient struct{ w io.Writer }

func (p patient) Write(b []byte) (int, error) {
	done := make(chan error, 1)
	go func(b []byte) {
		_, err := p.w.Write(b)
		done <- err
	}(bytes.Clone(b))
	select {
	case err := <-done:
		return len(b), err
	case <-time.After(writeLimit):
		return 0, os.ErrDeadlineExceeded
	}
}

// finish waits for updates that are under way, and says what became of them:
// their screen is gone.
func finish(d *deck.Deck) error {
	for _, p := range d.UnderWay() {
		fmt.Fprintf(patient{os.Stderr}, "tapedeck: %s %s is %s; waiting for its answer\n", p.Request.Verb(), p.Request.SID, p.Outcome)
	}
	ctx, cancel := context.WithTimeout(context.Background(), finishLimit)
	defer cancel()
	return d.Close(ctx)
}
