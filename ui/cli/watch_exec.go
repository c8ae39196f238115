package cli

import (
	"fmt"

	"tapedeck/api/alarm"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// newExecs returns what runs the program of --exec, which must be there, for each
// alarm of a watch; nil where there is none. What goes wrong is said on standard
// error, where its own output goes, too.
func (r *runner) newExecs(q *watchQuery) (*alarm.Runner, error) {
	if q.exec == "" {
		return nil, nil
	}
	path, err := alarm.Find(q.exec)
	if err != nil {
		return nil, usage(fmt.Sprintf("cannot use %q for --exec: %v", q.exec, err),
			"name one program; it is run without a shell, and its arguments follow --")
	}
	return alarm.NewRunner(alarm.Options{
		Path: path, Args: q.args, Environ: alarm.Environ(r.Environ), Limit: q.timeout, Together: true, Output: r.Stderr,
		Done: func(of deck.Key, err error) {
			if err != nil {
				_, _ = fmt.Fprintf(r.Stderr, "tapedeck: warning: %s for the alarm of %s failed: %v\n", text.New(path), of.SID, err)
			}
		},
	}), nil
}

// alarmCommand returns what runs the alarm_command for each alarm of a watch; nil
// where there is none, or the service that the watch is of runs it.
func (r *runner) alarmCommand(l *link) *alarm.Runner {
	if service, ok := l.attached.(serviceClient); ok && !OwnAlarmCommand(service.WhoAmI()) {
		return nil
	}
	a := NewAlarmCommand(l.config, AlarmOptions{Environ: r.Environ, Say: func(words string) {
		_, _ = fmt.Fprintf(r.Stderr, "tapedeck: warning: %s\n", words)
	}})
	if a == nil {
		return nil
	}
	a.check()
	return a.runner
}
