package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tapedeck/api/alarm"
	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/secret"
	"tapedeck/api/text"
	"tapedeck/config"
)

const (
	alarmLimit = 30 * time.Second // for the alarm_command
	alarmEvery = time.Minute      // between two for one recording
)

// AlarmCommand runs the alarm_command of the settings for each alarm, with the
// event on its standard input as tapedeck watch --json prints it: one at a time,
// one a minute for each recording, for 30 s at most. What it prints goes nowhere.
// Nil runs nothing.
type AlarmCommand struct {
	runner *alarm.Runner
	path   string // of the program
	seq    atomic.Uint64
	say    func(words string)

	mu   sync.Mutex
	said string // why the last one failed; empty when it did not
}

// AlarmOptions are what an [AlarmCommand] runs with, beside the settings.
type AlarmOptions struct {
	Environ []string
	Tokens  []secret.Token // that the command must not see in its environment
	// Say is told what is wrong with the command, once until it works again. It must
	// not wait.
	Say func(words string)
}

// NewAlarmCommand returns what runs the alarm_command of the settings; nil where
// they have none.
func NewAlarmCommand(c config.Config, o AlarmOptions) *AlarmCommand {
	if len(c.AlarmCommand) == 0 {
		return nil
	}
	a := &AlarmCommand{path: c.AlarmCommand[0], say: o.Say}
	a.runner = alarm.NewRunner(alarm.Options{
		Path: c.AlarmCommand[0], Args: c.AlarmCommand[1:], Environ: alarm.Environ(o.Environ, append(slices.Clone(o.Tokens), c.Token)...),
		Limit: alarmLimit, Every: alarmEvery, Done: a.done,
	})
	return a
}

// OwnAlarmCommand reports whether a client of a service runs the alarm_command of
// its user: the service of the same user that has one runs it for all.
func OwnAlarmCommand(who local.WhoAmI) bool { return who.AlarmUID == "" || who.AlarmUID != who.UID }

// Run runs the commands until ctx ends, which ends those that run.
func (a *AlarmCommand) Run(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.check()
	return a.runner.Run(ctx)
}

// check says whether there is no such program.
func (a *AlarmCommand) check() {
	if _, err := alarm.Find(a.path); err != nil {
		a.failed("", err)
	}
}

// subscribed is what gives snapshots.
type subscribed interface {
	Subscribe() (<-chan *deck.Snapshot, func())
}

// Follow has the command run for what alarms in the snapshots, until ctx ends. The
// settings say how a recording is shown.
func (a *AlarmCommand) Follow(ctx context.Context, c config.Config, from subscribed) error {
	if a == nil {
		return nil
	}
	snapshots, stop := from.Subscribe()
	defer stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	l := &link{config: c, view: viewOf(c)}
	var standing alarm.Standing
	var last *deck.Snapshot
	for {
		select {
		case s, ok := <-snapshots:
			if !ok {
				return nil
			}
			last = s
		case <-look.C:
		case <-ctx.Done():
			return nil
		}
		if last != nil {
			a.look(l, last, &standing, time.Now())
		}
	}
}

// look has the command run for what alarms now and did not before.
func (a *AlarmCommand) look(l *link, s *deck.Snapshot, standing *alarm.Standing, now time.Time) {
	begun, over := standing.Look(s, now)
	for _, key := range over {
		a.runner.Over(key)
	}
	for _, what := range begun {
		e := alarmEvent(l, s, what, now)
		e.Seq = a.seq.Add(1)
		a.runner.Alarm(what.Key, append(e.json(), '\n'))
	}
}

// done takes the end of a command.
func (a *AlarmCommand) done(of deck.Key, err error) {
	if err == nil {
		a.mu.Lock()
		a.said = ""
		a.mu.Unlock()
		return
	}
	a.failed(" for …"+ending(text.New(of.SID.SID()), leastSID), err)
}

// failed says why a command failed, unless the one before failed for the same
// reason.
func (a *AlarmCommand) failed(of string, err error) {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	a.mu.Lock()
	same := a.said == err.Error()
	a.said = err.Error()
	a.mu.Unlock()
	if !same && a.say != nil {
		a.say(text.New(fmt.Sprintf("alarm_command %s failed%s: %v", a.path, of, err)).String())
	}
}
