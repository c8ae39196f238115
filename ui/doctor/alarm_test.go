package doctor

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tapedeck/api/local"
)

// TestAlarmCommand: a program that is not there, or that this user may not run, is
// named, and none is run.
func TestAlarmCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its programs have other names")
	}
	dir := t.TempDir()
	program := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\ntouch '"+dir+"/ran'\n"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, plain := program("good", 0o700), program("plain", 0o600)
	for _, tt := range []struct {
		command string
		status  Status
		found   string
	}{
		{"[]", OK, "none is set"},
		{good, OK, good},
		{`["` + good + `", "secret argument"]`, OK, good},
		{plain, Mend, plain + " cannot be run: permission denied"},
		{dir + "/none", Mend, dir + "/none cannot be run: no such file or directory"},
		{dir, Mend, "is a directory"},
		{"tapedeck-test-no", Mend, "executable file not found in $PATH"},
	} {
		found, well := examined(t, func(p *patient) { p.env = append(p.env, "TAPEDECK_ALARM_COMMAND="+tt.command) })
		f := found["alarm"]
		if f.Status != tt.status || !strings.Contains(f.Found, tt.found) || (f.Mend != "") != (tt.status == Mend) || well != (tt.status != Mend) || strings.Contains(f.Found, "secret") {
			t.Errorf("%s: %+v, well %t", tt.command, f, well)
		}
	}
	found, _ := examined(t, func(p *patient) {
		who := p.who("lead", local.WordPause)
		who.AlarmUID = who.UID
		p.served(200, who)
		p.env = append(p.env, "TAPEDECK_ALARM_COMMAND="+good)
	})
	if f := found["alarm"]; f.Status != OK || !strings.Contains(f.Found, "the service runs its own for all") {
		t.Errorf("with a service: %+v", f)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("a command was run")
	}
}
