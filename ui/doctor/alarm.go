package doctor

import (
	"context"

	"tapedeck/api/alarm"
)

// alarmCommand looks whether the program that an alarm runs is there and can be
// run. It does not run it.
func alarmCommand(_ context.Context, _ Options, k known) (Finding, known) {
	command := k.config.AlarmCommand
	if len(command) == 0 {
		return ok("none is set: an alarm is on the screen, in the title and the bell"), k
	}
	path, err := alarm.Find(command[0])
	switch {
	case err != nil:
		return mend("name a program that this user may run in alarm_command, with its whole path", "%s cannot be run: %v", command[0], err), k
	case k.who != nil && k.who.AlarmUID != "" && k.who.AlarmUID == k.who.UID:
		return ok("%s; a dashboard does not run it: the service runs its own for all", path), k
	}
	return ok("%s", path), k
}
