package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"tapedeck/api/background"
	"tapedeck/api/share"
	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui/times"
)

// shareFlags are the settings of what several hosts share.
var shareFlags = []string{"share", "share-creds", "share-ca", "share-host"}

// OpenShare returns what this host shares with others, by the settings; nil where
// it shares with nobody. It asks no server yet: one that is away is no error. Who
// opens it runs it.
func OpenShare(c config.Config, version string) (share.Store, error) {
	store, err := openNATS(c, version, false)
	if store == nil || err != nil {
		return nil, err
	}
	if c.StateDir != "" {
		store.Journal(c.StateDir)
	}
	return store, nil
}

// machine returns what tells this machine from others, also from one that was
// copied from it, or that has the same name.
func machine() string {
	name, _ := os.Hostname()
	id, _ := os.ReadFile("/etc/machine-id") // of Linux
	return name + " " + strings.TrimSpace(string(id))
}

// openNATS returns what a process shares that gives signs of life, or is silent;
// nil where the settings name no server.
func openNATS(c config.Config, version string, silent bool) (*share.NATS, error) {
	s := c.Share
	if !s.On() {
		return nil, nil
	}
	store, err := share.NewNATS(share.Options{
		Servers: s.Servers.Reveal(), Creds: s.Creds, CA: s.CA, Host: s.Host, Machine: machine(), Version: version, Silent: silent,
	})
	if err != nil {
		return nil, &Error{Code: codeUsage, What: "cannot share with other hosts: " + strings.TrimPrefix(err.Error(), "share: "),
			Hints: []string{"tapedeck doctor looks at it; tapedeck config shows where share and share_creds are from"}}
	}
	return store, nil
}

// leastAway is how long the other hosts are not heard until that is told.
const leastAway = 2 * time.Second

// TellShare calls odd with each thing that other hosts say and that cannot be
// understood here, and state whenever the others are not heard any more, and heard
// again, until ctx ends. Either may be nil.
func TellShare(ctx context.Context, store share.Store, odd, state func(words string)) error {
	events := make(chan share.Event, 64) // what does not fit is not told
	cancel := store.Watch(func(e share.Event) {
		if e.Odd == "" && e.State == nil {
			return
		}
		select {
		case events <- e:
		default:
		}
	})
	defer cancel()
	var now share.State
	var away <-chan time.Time
	heard, alone := false, false // once; and what was told last
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-away:
			away, alone = nil, true
			state("the hosts that share are not heard (LOCAL ONLY): " + now.Why)
		case e := <-events:
			if e.State == nil {
				if odd != nil {
					odd(e.Odd)
				}
				continue
			}
			now = *e.State
			switch {
			case state == nil:
			case now.Connected:
				if alone || !heard {
					state("the hosts that share are heard")
				}
				away, alone, heard = nil, false, true
			case away == nil && !alone:
				away = time.After(leastAway)
			}
		}
	}
}

// joinLimit is how long a command waits for the server that hosts share.
const joinLimit = 10 * time.Second

// join connects a command to what all hosts share. leave ends the connection.
func (r *runner) join(ctx context.Context, c config.Config, what string) (store *share.NATS, leave func(), err error) {
	store, err = openNATS(c, r.release(), true)
	if err != nil {
		return nil, nil, err
	}
	if store == nil {
		return nil, nil, usage("cannot "+what+": this host shares with no other", `set share to the server that they share; see README, "Several hosts"`)
	}
	var parts background.Group
	parts.Go(store.Run)
	leave = func() { _ = parts.Stop() }
	limited, cancel := context.WithTimeout(ctx, joinLimit)
	defer cancel()
	if err := store.Wait(limited); err != nil {
		why := store.State().Why
		leave()
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		return nil, nil, &Error{Code: codeUnreachable, What: "cannot " + what + ": " + text.New(why).String(), Hints: []string{"tapedeck doctor looks at the server"}}
	}
	return store, leave, nil
}

// notRead is the error for what all hosts share and could not be read.
func notRead(what string, err error) error {
	code := codeFailed
	if errors.Is(err, share.ErrAway) || errors.Is(err, context.DeadlineExceeded) {
		code = codeUnreachable
	}
	return &Error{Code: code, What: "cannot " + what + ": " + text.New(err.Error()).String(), Hints: []string{"tapedeck doctor looks at the server"}}
}

// canPromise refuses an auto-resume that the other hosts cannot be told of, unless
// it may be of this host alone. One that is due to the settings is left out, and
// the person is warned.
func (r *runner) canPromise(l *link, a *act) error {
	state := l.Snapshot().Share
	if a.after == 0 || a.local || !state.Shared || state.Connected {
		return nil
	}
	why := "the service does not hear the other hosts (LOCAL ONLY " + times.Clock(time.Since(state.Since)) + "), so that none of them would resume it if it stops"
	if a.afterSet {
		return &Error{Code: codeFailed, What: "cannot " + a.verb + " with --resume-after: " + why + "; nothing was sent",
			Hints: []string{"--local has this host alone resume it; without --resume-after it stays paused until somebody resumes it"}}
	}
	a.after = 0
	r.warn(config.Config{Warnings: []string{"auto_resume is not used: " + why + "; it stays paused until somebody resumes it (--local has this host alone resume it)"}})
	return nil
}
