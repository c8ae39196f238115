package cli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/background"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
)

// Service is what the commands work through: tapedeck serve, or a deck of the
// command's own. A [deck.Deck] is one.
type Service interface {
	// Snapshot returns the current snapshot.
	Snapshot() *deck.Snapshot
	// Subscribe returns a channel of capacity 1 that holds the latest snapshot.
	Subscribe() (snapshots <-chan *deck.Snapshot, cancel func())
	// Do carries a request out and returns when its outcome is settled, or ctx
	// ends. The error is why nothing was sent.
	Do(ctx context.Context, req deck.Request) (deck.Progress, error)
	// DoAll carries several requests out, and calls result for each that is
	// settled or refused.
	DoAll(ctx context.Context, reqs []deck.Request, result func(i int, p deck.Progress, err error))
	// Acknowledge silences the alarm of a pause for a time.
	Acknowledge(of deck.Key, actor deck.Actor, reason string, wait time.Duration) error
}

// Attached is a [Service] of another process, which goes on when the command
// ends. One that can start recordings has a method Start as [deck.Deck] does.
type Attached interface {
	Service
	Close() error
}

// Attach finds the service of the project that the settings name, and returns
// it with its first snapshot there. c may lack the space, the project and the
// token: a service needs none of them. It returns nil where none is to be used;
// the error is why one that is there, or has to be, cannot be. It does not wait
// for the network.
type Attach func(ctx context.Context, c config.Config, who Client) (Attached, error)

// AttachService is the [Attach] that finds tapedeck serve; see [FindService].
func AttachService(ctx context.Context, c config.Config, who Client) (Attached, error) {
	client, err := FindService(ctx, c, who)
	if client == nil {
		return nil, err
	}
	return serviceClient{client}, nil
}

// serviceClient is a client of tapedeck serve.
type serviceClient struct{ *local.Client }

// Close ends the connection. What is under way goes on in the service.
func (s serviceClient) Close() error { s.Client.Close(); return nil }

// loader reads recordings that are not in the snapshot.
type loader interface {
	Load(ctx context.Context, sid text.Text) (*deck.Recording, error)
}

// starter starts recordings of calls.
type starter interface {
	Start(ctx context.Context, callSID text.Text, o api.StartOptions, actor deck.Actor) (*deck.Recording, deck.Progress, error)
}

// link is what a command works through, and what it needs of its settings.
type link struct {
	Service
	config   config.Config
	attached Attached   // nil for a deck of the command's own
	own      *deck.Deck // nil through a service
	record   *Record    // of the own deck's updates; nil for a command that only reads
	actor    deck.Actor
	log      *Log
	view     names.View
	hook     *crash.Hook // of the session of a command over SSH; nil for the process
}

// linkFlags are the settings that matter to a command that only reads.
var linkFlags = []string{"config", "profile", "server", "socket", "lookback", "pause-warn", "pause-alarm", "state-dir", "mask-numbers", "names-file", "ascii", "log"}

// actFlags are those of a command that updates.
var actFlags = append([]string{"read-only", "policy", "journal-numbers", "journal-required", "journal-syslog"}, linkFlags...)

// link finds the service of the project, or makes a deck of the command's own
// with the settings. One that updates has a journal.
func (r *runner) link(cmd *cobra.Command, updates bool) (*link, error) {
	attached, c, err := r.attach(cmd.Context(), cmd, cmd.Name(), nil)
	if err != nil {
		return nil, err
	}
	if attached != nil {
		return r.attachedLink(attached, c), nil
	}
	if c, err = r.load(cmd.Context(), r.sources(cmd)); err != nil {
		return nil, err
	}
	return r.ownLink(c, updates)
}

// attachedLink returns what works through a service.
func (r *runner) attachedLink(service Attached, c config.Config) *link {
	l := r.newLink(c)
	l.Service, l.attached = service, service
	if s, ok := service.(serviceClient); ok && r.remote != nil {
		l.actor = deck.Actor{Actor: s.WhoAmI().User, Command: true} // who has logged in, and not the user of this process
	}
	return l
}

// load reads the settings: over SSH those that a session has.
func (r *runner) load(ctx context.Context, in config.Sources) (config.Config, error) {
	if r.remote != nil {
		return config.Remote(r.remote.settings, in)
	}
	return config.Load(ctx, in)
}

// attach returns the running service, and the settings without what it has
// itself; nil where none is to be used, or where something is wrong with the
// settings, which whoever loads the rest of them says. as is what the service is
// told that asks, and unused is told why a service is not used; nil tells nobody.
func (r *runner) attach(ctx context.Context, cmd *cobra.Command, as string, unused func(why string)) (Attached, config.Config, error) {
	if r.Attach == nil {
		return nil, config.Config{}, nil
	}
	in := r.sources(cmd)
	in.Service = true
	c, err := r.load(ctx, in)
	if err != nil {
		return nil, c, nil
	}
	service, err := r.Attach(ctx, c, Client{Version: r.release(), Command: as, Environ: r.Environ, Unused: unused})
	return service, c, err
}

func (r *runner) newLink(c config.Config) *link {
	l := &link{config: c, hook: r.hook()}
	if r.remote == nil {
		l.actor = journal.WhoFrom(r.Environ)
	}
	l.actor.Command = true
	l.view = viewOf(c)
	return l
}

// viewOf returns how the settings have people named.
func viewOf(c config.Config) names.View {
	return names.View{Theme: theme.New(theme.Options{NoColor: true, ASCII: c.ASCII}), Names: names.New(c.Names), Mask: c.MaskNumbers}
}

// ownLink returns a deck of the command's own.
func (r *runner) ownLink(c config.Config, updates bool) (*link, error) {
	if r.remote != nil {
		return nil, errNoOwn
	}
	l := r.newLink(c)
	dc := deck.Config{
		Interval: c.Interval, Lookback: c.Lookback, ReadOnly: !updates || c.ReadOnly, PauseWarn: c.PauseWarn, PauseAlarm: c.PauseAlarm,
		Policy: c.Policy, UnrecordedAlarm: c.UnrecordedAlarm,
		JournalRequired: c.JournalRequired, Space: c.Space, Project: c.Project,
	}
	if updates {
		l.record = OpenJournal(c)
		dc.Journal = l.record.Journal()
	}
	var err error
	if l.log, err = OpenLog(c); err != nil {
		return nil, errors.Join(err, l.close(time.Now()))
	}
	l.own, err = deck.Open(api.Config{
		Space: c.Space, Project: c.Project, Token: c.Token, UserAgent: "tapedeck/" + r.release(), Observe: l.log.Exchange, Transport: r.Transport,
	}, dc)
	if err != nil {
		return nil, errors.Join(err, l.close(time.Now()))
	}
	l.Service = l.own
	return l, nil
}

// finishLimit is how long an update that is under way keeps a command that was
// stopped, or whose --timeout is over: as long as its answer may take.
const finishLimit = 10*time.Second + 500*time.Millisecond

// close ends what the command has opened: an update under way is answered
// first, until a time, and put on record.
func (l *link) close(until time.Time) error {
	var failed error
	if l.own != nil && l.record != nil { // else nothing was sent
		ctx, cancel := context.WithDeadline(context.Background(), until)
		defer cancel()
		failed = l.own.Close(ctx)
	}
	if l.attached != nil {
		failed = errors.Join(failed, l.attached.Close())
	}
	if l.record != nil {
		failed = errors.Join(failed, l.record.Close())
	}
	if l.log != nil {
		l.log.Close()
	}
	return failed
}

// run polls with the command's own deck until the function that it returns is
// called. A service polls by itself.
func (l *link) run() (stop func()) {
	var parts background.Group
	if l.own != nil {
		parts.Go(l.own.Run)
	}
	return func() { _ = parts.Stop() }
}

// shown returns a recording as it is shown now.
func (l *link) shown(rec *deck.Recording) row { return shownIn(l, l.Snapshot(), rec) }

func shownIn(l *link, s *deck.Snapshot, rec *deck.Recording) row {
	return row{Recording: rec, snapshot: s.Of(rec), now: time.Now(), view: l.view, profile: cmp.Or(rec.Profile, l.config.Profile)}
}

// joined returns both errors, and the first one as it is when it is the only
// one: what ended a command, a signal say, is told by its type.
func joined(err, more error) error {
	if more == nil {
		return err
	}
	return errors.Join(err, more)
}
