//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// testAlarmCommand: while an alarm stands the terminal is told so, and the command
// of the alarm runs beside the screen: without a token and a terminal, until the
// end.
func testAlarmCommand(t *testing.T, p program) {
	dir := t.TempDir()
	file := func(name string) string { b, _ := os.ReadFile(filepath.Join(dir, name)); return string(b) }
	command := filepath.Join(dir, "page")
	body := "#!/bin/sh\ncd '" + dir + "' || exit 9\ncat > input\nenv > environ\necho printed; echo complained >&2\n(echo written > /dev/tty) 2> /dev/null\necho $$ > pid\nsleep 600\n"
	if err := os.WriteFile(command, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	argv, _ := json.Marshal([]string{command, "--team", "recordings"})
	space := serveSpace(t, sim.Options{})
	space.Begin(sim.Begin{SID: sidOf(7), Status: "paused", StartedAgo: time.Hour, DateUpdatedAgo: 10 * time.Minute})
	s := p.start(t, launch{env: append(space.env(), "TAPEDECK_ALARM_COMMAND="+string(argv))})
	s.see("ALARM 1", "live")
	s.until("run the command", func() bool { return file("pid") != "" })
	s.until("tell the terminal", func() bool {
		return strings.Contains(string(s.raw), "\x1b]7501;state=blocked:id=tapedeck:app=tapedeck:msg=")
	})
	var e struct{ Event, SID string }
	if err := json.Unmarshal([]byte(file("input")), &e); err != nil || e.Event != "alarm" || e.SID != sidOf(7) {
		t.Errorf("its input is %s: %v", file("input"), err)
	}
	if env := file("environ"); strings.Contains(env, space.Token()) || !strings.Contains(env, "SIGNALWIRE_SPACE=") {
		t.Errorf("its environment is %s", env)
	}
	s.keys("q")
	s.exit(0, patience)
	s.restored()
	pid, err := strconv.Atoi(strings.TrimSpace(file("pid")))
	if err != nil || syscall.Kill(pid, 0) == nil {
		t.Errorf("process %d still runs, %v", pid, err)
	}
	for _, word := range []string{"printed", "complained", "written", space.Token()} {
		if strings.Contains(s.output(), word) {
			t.Errorf("%q came to the terminal", word)
		}
	}
}
