// Command tapedeck is a terminal dashboard for the call and conference
// recordings of a SignalWire project: it lists, pauses, resumes and stops them.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"tapedeck/api"
	"tapedeck/api/background"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/secret"
	"tapedeck/api/share"
	"tapedeck/api/text"
	"tapedeck/ui"
	"tapedeck/ui/attached"
	"tapedeck/ui/cli"
	"tapedeck/ui/drill"
	tty "tapedeck/ui/terminal"
)

// version is set at build time: -ldflags "-X main.version=v1.2.3".
var version string

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ()))
}

// run runs tapedeck with these arguments and this environment, and returns its
// exit code. A second signal ends the process at once.
func run(ctx context.Context, args, env []string) int {
	// net/http and others report what they find odd, with a server's own words.
	defer cli.TakeStandardLog(nil)()
	ctx, stop := cli.NotifyContext(ctx, os.Exit)
	defer stop()
	return cli.Execute(ctx, cli.App{
		Args:      args,
		Environ:   env,
		Stdout:    os.Stdout,
		Stderr:    tty.TimeoutWriter{W: os.Stderr, Limit: writeLimit},
		Terminal:  term.IsTerminal(os.Stdout.Fd()),
		Keyboard:  term.IsTerminal(os.Stdin.Fd()),
		Width:     width(os.Stdout),
		Version:   version,
		Dashboard: dashboard,
		Drill:     drilled,
		Stdin:     os.Stdin,
		Attach:    cli.AttachService,
	})
}

// width returns how many columns a terminal has; 0 for what is none.
func width(f *os.File) int {
	w, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return w
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
	defer cli.TakeStandardLog(log)()
	if start.Service != nil {
		return onService(ctx, start)
	}
	s := &session{start: start, notices: newNotices(), who: journal.WhoFrom(start.Environ), record: cli.OpenJournal(start.Config)}
	if start.Unused != "" {
		s.notices.say(start.Unused+": this dashboard uses the token of your settings", "systemctl status tapedeck says why; server = \"off\" if that is meant")
	}
	if s.shared, err = cli.OpenShare(start.Config, start.Version); err != nil {
		return err
	}
	if s.shared != nil {
		s.shared.SetSessions(1)
		s.parts.Go(s.shared.Run)
		s.parts.Go(func(ctx context.Context) error {
			return cli.TellShare(ctx, s.shared, func(odd string) { s.notices.say(odd, "tapedeck doctor looks at the server that hosts share") }, nil)
		})
	}
	s.parts.Go(s.record.Run)
	if err = s.open(log); err == nil {
		err = s.run(ctx)
	}
	return joined(err, s.parts.Stop())
}

// session is one run of the dashboard.
type session struct {
	start    cli.Start
	who      deck.Actor
	record   *cli.Record
	shared   share.Store // what other hosts are told; nil where nothing is shared
	deck     *deck.Deck
	space    string            // its name, for the header
	follower *journal.Follower // of the journal; nil where none is kept
	noScreen atomic.Bool
	notices  notices          // for the screen
	parts    background.Group // what runs in the background: the journal first, then what uses it
	own      []deck.Key       // pauses of before that are of who uses the screen: of the demo

	// Why the session ends, the recordings that have an auto-resume of it, and whether
	// others carry these out; set before the deck is stopped.
	why    string
	timed  []*deck.Recording
	goesOn bool
}

// open opens the deck of the configured project, or of the demo.
func (s *session) open(log *cli.Log) (err error) {
	c := s.start.Config
	client := api.Config{
		Space: c.Space, Project: c.Project, Token: c.Token,
		UserAgent: "tapedeck/" + s.start.Version, Observe: log.Exchange,
	}
	if demo := s.start.Demo; demo != nil {
		client.Space, client.Project = "http://localhost", demo.Project()
		client.Token, client.Transport = secret.New(demo.Token()), demo.Transport()
	}
	if u, perr := url.Parse(c.Space); perr == nil {
		s.space = u.Host
	}
	if c.StateDir != "" && s.start.Demo == nil {
		s.follower = journal.Follow(c.StateDir, c.Space, c.Project)
		s.parts.Go(s.follower.Run)
	}
	var kept deck.Kept
	if s.start.Demo != nil {
		kept, s.own = drill.HandedOver(s.start.Demo, s.who)
	}
	s.deck, err = deck.Open(client, deck.Config{
		Interval: c.Interval, Lookback: c.Lookback, ReadOnly: c.ReadOnly, Policy: c.Policy, UnrecordedAlarm: c.UnrecordedAlarm,
		PauseWarn: c.PauseWarn, PauseAlarm: c.PauseAlarm,
		Journal: s.record.Journal(), JournalRequired: c.JournalRequired, Watched: true,
		Space: c.Space, Project: c.Project, WhoPaused: s.whoPaused(), Past: s.past(), Kept: kept, Share: s.shared,
	})
	return err
}

// run polls and shows the screen, and then does what is still to be done: an
// auto-resume after a lost terminal, an answer that is under way, and what the
// session leaves paused.
func (s *session) run(ctx context.Context) error {
	s.parts.Go(func(ctx context.Context) error {
		return cli.ShareStatus(ctx, s.start.Config, s.deck, s.noScreen.Load)
	})
	s.parts.Go(func(ctx context.Context) error { return cli.ShareSIDs(ctx, s.start.Config, s.deck) })
	s.parts.Go(s.runDeck)
	runAlarms(&s.parts, s.start, s.notices, s.deck)

	s.record.SessionBegan(s.who)
	err := show(func() error { return ui.Run(ctx, s.options()) })
	s.why = ui.Quit
	sig, ok := errors.AsType[*cli.SignalError](err)
	switch {
	case ok && sig.Signal == syscall.SIGHUP:
		s.why = "its terminal was lost"
	case ok:
		s.why = sig.Error()
	case err != nil:
		s.why = "its screen failed"
	}
	s.record.SessionEnded(s.who, s.why)
	s.onItsOwn().LeaveBehind(s.why)
	if ok && sig.Signal == syscall.SIGHUP {
		// From now on nobody looks after the pauses that have no timer.
		s.record.RecordLeftBehind(s.deck.Snapshot(), s.who, s.why, s.deck.Timers(), true)
		s.outlive(cli.Terminated(ctx))
	}
	s.timed, s.goesOn = s.deck.Timers(), s.deck.Snapshot().OthersThere()
	sayUnderWay(s.deck)
	return err
}

// show runs a screen with standard error held, and returns what ended it.
func show(run func() error) error {
	release := tty.HoldStderr(os.Stderr)
	err := run()
	release()
	if broken, ok := errors.AsType[*crash.Error](err); ok {
		fmt.Fprintf(tty.TimeoutWriter{W: os.Stderr, Limit: writeLimit}, "%v\n\n%s\n", broken, broken.Stack)
	}
	if errors.Is(err, ui.ErrHangup) {
		err = &cli.SignalError{Signal: syscall.SIGHUP}
	}
	return err
}

// runDeck runs the deck, and puts on record which pauses the session leaves
// behind.
func (s *session) runDeck(ctx context.Context) error {
	err := s.deck.Run(ctx)
	s.record.RecordLeftBehind(s.deck.Snapshot(), s.who, s.why, s.timed, s.goesOn)
	return err
}

// joined returns both errors, and the first one as it is when it is the only
// one.
func joined(err, more error) error {
	if more == nil {
		return err
	}
	return errors.Join(err, more)
}

// outlive lives on without a screen as long as an auto-resume is to come, for
// nobody else would do it; at most until the longest one is over.
func (s *session) outlive(terminated <-chan struct{}) {
	snapshots, cancel := s.deck.Subscribe()
	defer cancel()
	limit := time.NewTimer(deck.MaxResumeAfter + deck.CloseLimit)
	defer limit.Stop()
	for len(s.deck.Timers()) > 0 {
		if !s.noScreen.Swap(true) {
			s.deck.Refresh() // so that it is shared at once
		}
		select {
		case <-snapshots:
		case <-terminated:
			return
		case <-limit.C:
			return
		}
	}
}

// screenBy returns how the settings have the screen, whatever deck it shows.
func screenBy(start cli.Start) ui.Options {
	o := attached.Screen(start.Config)
	o.Terminal = tty.NewLocal(os.Stdin, os.Stdout).Terminal(start.Environ)
	return o
}

func (s *session) options() ui.Options {
	o := screenBy(s.start)
	o.Own = s.own
	o.Deck, o.Space, o.Profile, o.Demo, o.Actor = s.deck, s.space, s.start.Config.Profile, s.start.Demo != nil, s.who
	o.Notices = s.notices
	o.Open, o.LeftBehind, o.History = s.lookBack, s.leftBehind(), s.history()
	if s.shared != nil {
		o.WatchLeft = s.onItsOwn().WatchLeft
	}
	return o
}

// recoverLimit is for how long the start waits for an error of recovering.
const recoverLimit = time.Second

// lookBack returns what is wrong with the record. The result of updates that a
// crash has left open is found out in the background: that may take half a
// minute, or for as long as another process holds its lock.
func (s *session) lookBack() error {
	err := s.record.Trouble()
	recovered := make(chan error, 1)
	if !s.parts.Go(func(ctx context.Context) error {
		_, err := s.deck.Recover(ctx)
		recovered <- err
		return nil // it is said on the screen
	}) {
		return err // the session ends
	}
	select {
	case later := <-recovered:
		err = cmp.Or(err, later)
	case <-time.After(recoverLimit):
	}
	return err
}

// leftBehind returns what tells the screen the pauses whose session has ended:
// those of the demo's scenario, or, whenever they change, those that are on
// record.
func (s *session) leftBehind() func(context.Context) ([]ui.LeftBehind, bool) {
	version := 0
	return func(ctx context.Context) (left []ui.LeftBehind, ok bool) {
		if s.follower != nil {
			list, next, err := s.follower.LeftBehind(ctx, version)
			for _, l := range list {
				left = append(left, attached.LeftHere(l))
			}
			version = next
			return left, err == nil
		}
		if version++; s.start.Demo == nil || version > 1 {
			return nil, false
		}
		for _, l := range s.start.Demo.LeftBehind() {
			left = append(left, ui.LeftBehind{SID: text.New(l.SID), Actor: l.Actor, PausedAt: l.Paused, EndedAt: l.Lost})
		}
		return left, true
	}
}

// onItsOwn returns the session as one that tells other hosts what it leaves behind.
func (s *session) onItsOwn() attached.Own {
	return attached.Own{Deck: s.deck, Follower: s.follower, Who: s.who}
}

// writeLimit is how long a message may take to be written.
const writeLimit = 500 * time.Millisecond

// sayUnderWay says which updates are waited for: their screen is gone.
func sayUnderWay(d *deck.Deck) {
	for _, p := range d.UnderWay() {
		fmt.Fprintf(tty.TimeoutWriter{W: os.Stderr, Limit: writeLimit}, "tapedeck: %s %s is %s; waiting for its answer\n", p.Request.Verb(), p.Request.SID, p.Outcome)
	}
}

// firstLook is how long the history waits for the journal to be read for the
// first time.
const firstLook = 5 * time.Second

// whoPaused returns what answers the deck who paused a recording; nil where no
// journal is kept.
func (s *session) whoPaused() func(sid text.Text) (journal.Paused, bool) {
	if s.follower == nil {
		return nil
	}
	return s.follower.Paused
}

// past returns what answers the deck what a recording did, by the journal; nil
// where none is kept.
func (s *session) past() func(sid text.Text) ([]journal.Part, bool) {
	if s.follower == nil {
		return nil
	}
	return s.follower.Past
}

// history returns what answers the screen what was done last, by the journal;
// nil where none is kept.
func (s *session) history() func(n int) ([]ui.Action, error) {
	if s.follower == nil {
		return nil
	}
	return func(n int) ([]ui.Action, error) {
		select {
		case <-s.follower.Ready():
		case <-time.After(firstLook):
		}
		list, err := s.follower.Actions(n)
		out := make([]ui.Action, 0, len(list))
		for _, a := range list {
			out = append(out, actionOf(a))
		}
		return out, err
	}
}

// actionOf returns an action of the journal as the screen shows it.
func actionOf(a journal.Action) ui.Action {
	out := ui.Action{
		Time: a.Time, Actor: a.Name(), Recording: a.Subject(), Behavior: a.PauseBehavior,
		Outcome: a.Outcome, Reason: a.Reason, Given: a.Given, Until: a.Until, ByTimer: a.ByTimer,
	}
	if out.What = deck.WordOf(a.Event, api.Status(a.StatusAsked)); out.What == deck.SeenWord {
		out.Actor, out.Outcome = "", "" // the actor is who had asked for what others have ended
	}
	return out
}

// notices are what the status line is to say beside what a session does.
type notices chan ui.Notice

// newNotices returns notices, of which some wait for the screen at most.
func newNotices() notices { return make(notices, 8) }

// say has a notice said. It never waits.
func (n notices) say(words, hint string) {
	select {
	case n <- ui.Notice{Words: words, Hint: hint}:
	default: // the screen is gone, or has said enough
	}
}

// alarmCommand returns what runs the alarm_command of a dashboard's settings; nil
// where there is none.
func alarmCommand(start cli.Start, n notices) *cli.AlarmCommand {
	o := cli.AlarmOptions{Environ: start.Environ, Say: func(words string) { n.say(words, "tapedeck doctor looks at the command") }}
	if start.Demo != nil {
		o.Tokens = []secret.Token{secret.New(start.Demo.Token())}
	}
	return cli.NewAlarmCommand(start.Config, o)
}

// runAlarms has the alarm_command run for what alarms in a deck, as parts of a
// group.
func runAlarms(parts *background.Group, start cli.Start, n notices, from interface {
	Subscribe() (<-chan *deck.Snapshot, func())
}) {
	a := alarmCommand(start, n)
	if a == nil {
		return
	}
	parts.Go(a.Run)
	parts.Go(func(ctx context.Context) error { return a.Follow(ctx, start.Config, from) })
}

// onService shows the dashboard on the deck of the service. The alarm_command of
// this user runs, unless the service runs it.
func onService(ctx context.Context, start cli.Start) error {
	var parts background.Group
	n := newNotices()
	if cli.OwnAlarmCommand(start.Service.WhoAmI()) {
		runAlarms(&parts, start, n, start.Service)
	}
	o := screenBy(start)
	o.Notices = n
	err := show(func() error { return attached.Run(ctx, start.Service, o) })
	return joined(err, parts.Stop())
}

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
