package main

import (
	"context"

	"tapedeck/api/background"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/ui"
	"tapedeck/ui/attached"
	"tapedeck/ui/cli"
)

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
