// Package attached is the dashboard on the deck of the service of this host, over
// its socket or inside its process: what a screen has of its own deck and journal
// elsewhere, the service tells it here.
// The service keeps the journal, the auto-resumes and what ended sessions leave
// behind, so that a dashboard may end at any time.
package attached

import (
	"context"
	"errors"
	"net/url"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui"
)

// EndedError is that somebody, or the service, has ended the session.
type EndedError struct {
	Why  string // a sentence
	Next string // the next step; may be empty
}

// Error says so.
func (e *EndedError) Error() string { return "the dashboard ends: " + e.Why }

// Hint returns the next step.
func (e *EndedError) Hint() string { return e.Next }

// Deck is the deck of a service, as a [local.Client] is one: what is shown, who
// looks at it, and what the service knows beside it.
type Deck interface {
	ui.Deck
	ui.Watcher
	// WhoAmI returns what the service said last of who looks.
	WhoAmI() local.WhoAmI
	// Profiles returns the profiles whose recordings are shown.
	Profiles() []local.Profile
	// Actions returns the last n actions of everybody, the newest first.
	Actions(ctx context.Context, n int) ([]local.Action, error)
	// Left returns the pauses whose session has ended.
	Left(ctx context.Context) ([]local.LeftPause, error)
	// Show says what the screen has open, and when a key was last pressed on it.
	Show(prompt *local.Prompt, key time.Time)
}

// Run shows the screen on the deck of a service, as [ui.Run] does. Of the options
// it sets what the service tells: the deck, the place, the actor, the history and
// the pauses left behind. The error holds an [*EndedError] when the session was
// ended by another one.
func Run(ctx context.Context, client *local.Client, o ui.Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	over := make(chan struct{})
	go func() {
		defer crash.Guard()
		defer close(over)
		watch(ctx, client, cancel)
	}()
	err := ui.Run(ctx, Options(client, o))
	cancel(nil)
	<-over
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
		defer cancel()
		_ = client.Leave(ctx) // else the service finds out by itself
	}
	return err
}

// leaveTime is how long the service is told at most that the user quits.
const leaveTime = 300 * time.Millisecond

// Options returns the options of a screen on the deck of a service.
func Options(client Deck, o ui.Options) ui.Options {
	who := client.WhoAmI()
	o.Deck, o.Service = client, screen{client}
	o.Actor = deck.Actor{Actor: who.User, UID: who.UID}
	o.Space, o.Profile = place(client.Profiles())
	o.History = func(n int) ([]ui.Action, error) { return history(client, n) }
	o.WatchLeft = func(changed func([]ui.LeftBehind)) (stop func()) {
		return watchLeft(leftEvery, leftAt(client.Left), changed)
	}
	o.Open = nil // the service keeps the record
	return o
}

// Screen returns how the settings have a screen, whatever deck and terminal it is
// on.
func Screen(c config.Config) ui.Options {
	return ui.Options{
		PauseBehavior: api.PauseBehavior(c.PauseBehavior), PauseScope: c.PauseScope, AutoResume: c.AutoResume, Names: c.Names,
		Start:    api.StartOptions{Channels: c.StartChannels, Track: c.StartTrack},
		ReadOnly: c.ReadOnly, MaskNumbers: c.MaskNumbers, Theme: c.Theme, ASCII: c.ASCII, NoColor: c.NoColor,
		Interval: c.Interval, Tick: c.Tick, LowBandwidth: c.LowBandwidth,
	}
}

// place returns the space and the profile of what is shown; empty for several,
// which the snapshots name.
func place(list []local.Profile) (space, profile string) {
	if len(list) != 1 {
		return "", ""
	}
	space = list[0].Space
	if u, err := url.Parse(space); err == nil && u.Host != "" {
		space = u.Host
	}
	return space, list[0].Profile
}

// subscribed is what gives snapshots.
type subscribed interface {
	Subscribe() (<-chan *deck.Snapshot, func())
}

// watch ends the screen when the session was ended.
func watch(ctx context.Context, from subscribed, end func(error)) {
	snapshots, cancel := from.Subscribe()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-snapshots:
			if s.Health.Away.IsZero() {
				continue
			}
			if r, ok := errors.AsType[*local.RefusalError](s.Health.Err); ok && r.Code == local.CodeEnded {
				end(&EndedError{Why: r.Error(), Next: text.New(r.Hint).String()})
				return
			}
		}
	}
}

// screen is what a service is told of a screen, and allows it.
type screen struct{ client Deck }

// Role returns what the session may do.
func (s screen) Role() ui.Role {
	who := s.client.WhoAmI()
	r := ui.Role{Name: text.New(who.Role).String()}
	for _, word := range who.May {
		r.May = append(r.May, string(word))
	}
	return r
}

// Show tells the service what is open.
func (s screen) Show(q ui.Question, key time.Time) {
	var prompt *local.Prompt
	if !q.Key.IsZero() {
		prompt = &local.Prompt{SID: q.Key.SID.String(), Profile: q.Key.Profile, Verb: q.Verb}
		for _, of := range q.More {
			prompt.More = append(prompt.More, local.PromptOf{SID: of.SID.String(), Profile: of.Profile})
		}
	}
	s.client.Show(prompt, key)
}
