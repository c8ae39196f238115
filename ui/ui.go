// Package ui is the screen of one session: the root model, which routes messages,
// divides the screen and has the table of actions, and [Run], which shows it on a
// terminal.
//
// Each part of it is a package of its own beneath this one. A key comes in and a
// frame goes out in ui/terminal; ui/slips tells whether the key is meant; what
// the session asks, and the words of each outcome, are in ui/requests; what alarms
// is in ui/alarms, and what ended sessions left behind in ui/left. What is on the
// screen is in ui/header, ui/list, ui/detail, ui/prompt, ui/status, ui/help and
// ui/history, and in ui/small where there is no room for the list: the root gives
// them values and asks for lines.
//
// The screen shows only what the deck's snapshots say. Keys, snapshots, ticks
// and the terminal's answers come as messages to [Model.Update], which also
// composes the frame; [Model.View] only returns it. Nothing here blocks. A session
// that nothing happens to holds the goroutines of Bubble Tea and the one that reads
// keys, and no other: what it waits for is sent to its program, by a timer or by
// whoever calls back.
package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/left"
	"tapedeck/ui/terminal"
)

// ErrHangup is why [Run] ends when the terminal is gone.
var ErrHangup = errors.New("the terminal is gone")

// Deck is what the screen needs of a [deck.Deck].
type Deck interface {
	// Subscribe returns a channel of capacity 1 that holds the latest snapshot.
	Subscribe() (snapshots <-chan *deck.Snapshot, cancel func())
	// Do carries a request out and returns when its outcome is settled. The
	// error is why nothing was sent.
	Do(ctx context.Context, req deck.Request) (deck.Progress, error)
	// DoAll carries several requests out, and calls result for each that is
	// settled or refused.
	DoAll(ctx context.Context, reqs []deck.Request, result func(i int, p deck.Progress, err error))
	// Refresh polls now.
	Refresh()
	// SetInterval sets the time between two polls.
	SetInterval(every time.Duration)
	// Look says that a recording is on screen. It never blocks.
	Look(of deck.Key)
	// Acknowledge silences the alarm of a pause for a time, with the reason
	// why it goes on.
	Acknowledge(of deck.Key, actor deck.Actor, reason string, wait time.Duration) error
	// SetTimer sets when a paused recording is resumed by the deck; 0 takes
	// the timer away. With local it is of this host alone, where the others cannot
	// be told of it. It may wait for the others for some seconds.
	SetTimer(of deck.Key, actor deck.Actor, after time.Duration, local bool) error
	// Reveal puts on record that masked numbers of a recording are shown.
	Reveal(of deck.Key, actor deck.Actor)
	// LookForUnrecorded has the snapshots say, for the next half minute, which calls
	// in progress have no recording. It never blocks.
	LookForUnrecorded()
	// StartFor begins a recording of a call, and returns when its outcome is settled.
	// It is sent once. The error is why nothing was sent.
	StartFor(ctx context.Context, callSID text.Text, o api.StartOptions, req deck.Request) (*deck.Recording, deck.Progress, error)
}

// Options say what a screen shows and where.
type Options struct {
	Deck          Deck
	Space         string // the space's name, for the header
	Profile       string // the profile's name; empty for none
	Demo          bool   // the space is simulated
	Drill         *Drill // what is done here is a drill, in a simulated space; nil for none
	PauseBehavior api.PauseBehavior
	// PauseScope is what a pause is of: "recording", also when empty, or "call".
	PauseScope string
	AutoResume time.Duration // after which each pause made here ends by itself; 0 for never
	ReadOnly   bool
	Start      api.StartOptions // of the recordings that are started here
	// Names are names for phone numbers, by the number as it was written down.
	Names   map[string]string
	Theme   string // auto, dark, light or mono
	ASCII   bool
	NoColor bool
	Actor   deck.Actor // who asks for updates here
	Own     []deck.Key // pauses of before that are this session's to answer for

	MaskNumbers bool // only the last digits of numbers are shown
	// History returns the last n actions of everybody, the newest first, by the
	// journal. The error says why it cannot be read. Nil is that there is no
	// journal. It runs beside the event loop.
	History func(n int) ([]Action, error)
	// Open looks back when the screen opens: it returns what is wrong with the
	// record of updates. Nil is that there is nothing to look at. It runs in the
	// background.
	Open func() error
	// LeftBehind waits until the pauses whose session has ended are others than
	// it returned last, and returns all of them; ok is false when no more are to
	// come. Nil is that there are none. It runs in the background, one call after
	// the other.
	LeftBehind left.Wait
	// WatchLeft is LeftBehind for a screen that is to hold no goroutine for it: it
	// calls changed in the background with all of these pauses, at once and after
	// each change of them, until stop is called. A call may wait for the session. Nil
	// is that LeftBehind counts.
	WatchLeft func(changed func([]LeftBehind)) (stop func())

	// Notices are things to say in the status line; nil for none. They are taken in
	// the background.
	Notices <-chan Notice
	// WatchNotices is Notices without a goroutine that waits: say is called in the
	// background, until stop is called, and may wait for the session. Nil for none.
	WatchNotices func(say func(Notice)) (stop func())

	// Service is the service of this host that holds the deck; nil for a deck of
	// this process.
	Service Service

	Terminal terminal.Terminal // where the screen is shown
	// Zone is where its person is; nil for where this host is.
	Zone *time.Location
	// Interval is between two polls until a snapshot says it.
	Interval time.Duration
	// Tick is between two steps of the clocks; 0 means a second.
	Tick time.Duration
	// LowBandwidth has all clocks, ages and countdowns move together, every ten
	// seconds, and those of old recordings once a minute: while nothing happens
	// at most one write is made in ten seconds. What happens is drawn at once.
	// Nobody but the user turns it on.
	LowBandwidth bool

	reads *terminal.Reads // of the terminal's input; nil where nobody watches it
}

// Run shows the screen of one session until the user quits, which returns nil, or
// ctx ends, which returns its cause. It returns [ErrHangup] when the terminal is
// gone, and an error that holds a [*crash.Error] when a part of the session has
// panicked. The terminal is restored when Run returns, also after a panic. Many
// sessions may run in one process.
//
// Updates that are under way when it returns are the deck's to finish.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hook := crash.New(cancel)
	o.reads = &terminal.Reads{}
	screen, err := terminal.Open(o.screen(hook))
	if err != nil {
		return fmt.Errorf("show the screen: make the terminal raw: %w", err)
	}
	defer screen.Close()
	hook.Before(screen.Leave)
	defer crash.Before(screen.Leave)()
	m := New(ctx, o)
	defer m.Close()
	in, err := o.input(hook)
	if err != nil {
		return fmt.Errorf("show the screen: %w", err)
	}
	return runOn(ctx, painted{Model: m, screen: screen, hook: hook}, func(send func(tea.Msg)) (stop func()) {
		if in == nil {
			return func() {}
		}
		return in.Start(send, func() { cancel(ErrHangup) })
	})
}

// input returns the input of the terminal; nil for one that sends nothing.
func (o Options) input(hook *crash.Hook) (*terminal.Input, error) {
	if o.Terminal.In == nil {
		return nil, nil
	}
	return terminal.NewInput(o.Terminal.In, o.reads, hook)
}

// screen returns how the terminal is taken.
func (o Options) screen(hook *crash.Hook) terminal.Options {
	return terminal.Options{
		Terminal: o.Terminal, NoColor: o.NoColor, AskBackground: o.asksBackground(), AskWidth: !o.ASCII, Hook: hook,
	}
}

// asksBackground reports whether the colors depend on the terminal's background.
func (o Options) asksBackground() bool { return !o.NoColor && (o.Theme == "" || o.Theme == "auto") }

// runOn runs the program of a model on its terminal. Receive has the program
// receive what the terminal sends, until stop is called.
func runOn(ctx context.Context, m painted, receive func(send func(tea.Msg)) (stop func())) error {
	w, h := m.screen.Size()
	var err error
	func() {
		defer m.hook.Guard()
		m.Model.Update(tea.WindowSizeMsg{Width: w, Height: h})
		m.paint() // before anything else, so that there is something to look at
		var p *tea.Program
		m.release = func() error { return p.ReleaseTerminal() }
		p = tea.NewProgram(m, programOptions(ctx, m)...)
		m.attach(p.Send)
		defer m.detach()
		defer m.screen.WatchSize(func(w, h int) { p.Send(tea.WindowSizeMsg{Width: w, Height: h}) })()
		defer m.screen.WatchProcess(func() { p.Send(continuedMsg{}) })()
		defer receive(p.Send)()
		_, err = p.Run()
	}()
	return result(ctx, err)
}

// programOptions returns what the program is made with, beside the model. It
// reads nothing and draws nothing: its clock, which is for that, moves as seldom
// as it can until it is stopped.
func programOptions(ctx context.Context, m painted) []tea.ProgramOption {
	w, h := m.screen.Size()
	environ := m.o.Terminal.Environ
	if environ == nil {
		environ = []string{} // nil would be the process's
	}
	return []tea.ProgramOption{
		tea.WithContext(ctx),
		tea.WithoutSignalHandler(),
		tea.WithoutRenderer(),
		tea.WithFPS(1),
		tea.WithColorProfile(colorprofile.ANSI256),
		tea.WithWindowSize(w, h),
		tea.WithOutput(io.Discard),
		tea.WithInput(nil),
		tea.WithEnvironment(environ),
		tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
			if _, ok := msg.(tea.SuspendMsg); ok { // the library would stop the process of whatever session
				m.screen.Suspend()
				return tea.ResumeMsg{}
			}
			return msg
		}),
	}
}

// result turns what the program returned into what Run returns.
func result(ctx context.Context, err error) error {
	broken, is := errors.AsType[*crash.Error](context.Cause(ctx))
	switch {
	case is:
		return fmt.Errorf("the screen failed; the terminal is restored: %w", broken)
	case err == nil:
		return nil
	case errors.Is(err, tea.ErrProgramPanic):
		return fmt.Errorf("the screen failed; the terminal is restored: %w", err)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("show the screen: %w", err)
}
