package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAlarmCommand: a program and its arguments, each a word of its own, from each
// source. What is shown of them has no argument.
func TestAlarmCommand(t *testing.T) {
	with := func(more ...string) []string { return append(more, complete...) }
	tests := []struct {
		name string
		setup
		want  []string
		shown string
		err   string
	}{
		{name: "none", setup: setup{env: complete}, shown: "(none)"},
		{name: "an empty array", setup: setup{env: complete, file: "alarm_command = []"}, shown: "(none)"},
		{name: "the file", setup: setup{env: complete, file: `alarm_command = ["/opt/page", "--key", "k; $(x)"]`},
			want: []string{"/opt/page", "--key", "k; $(x)"}, shown: "/opt/page with 2 arguments"},
		{name: "one argument", setup: setup{env: complete, file: `alarm_command = ["page", "a b"]`}, want: []string{"page", "a b"}, shown: "page with 1 argument"},
		{name: "in the home", setup: setup{env: with("HOME=/home/ana"), file: `alarm_command = ["~/page"]`}, want: []string{"/home/ana/page"}, shown: "/home/ana/page"},
		{name: "a variable", setup: setup{env: with("TAPEDECK_ALARM_COMMAND=/opt/two words"), file: `alarm_command = ["page"]`}, want: []string{"/opt/two words"}, shown: "/opt/two words"},
		{name: "an array in a variable", setup: setup{env: with(`TAPEDECK_ALARM_COMMAND=["/opt/page", "x"]`)}, want: []string{"/opt/page", "x"}, shown: "/opt/page with 1 argument"},
		{name: "none in a flag", setup: setup{env: complete, flags: map[string]string{"alarm-command": "[]"}, file: `alarm_command = ["page"]`}, shown: "(none)"},
		{name: "a text in the file", setup: setup{env: complete, file: `alarm_command = "page now"`}, err: "it must be an array of words, such as"},
		{name: "a number in the file", setup: setup{env: complete, file: `alarm_command = ["page", 1]`}, err: "it must be an array of words, such as"},
		{name: "no array", setup: setup{env: with(`TAPEDECK_ALARM_COMMAND=["page"`)}, err: "it must be a program, or an array of words, such as"},
		{name: "no name", setup: setup{env: complete, file: `alarm_command = ["", "x"]`}, err: "its program has no name"},
		{name: "NUL", setup: setup{env: complete, file: `alarm_command = ["page", "\u0000"]`}, err: "it holds a NUL character"},
		{name: "in a profile", setup: setup{env: complete, file: "[profile.eu]\nalarm_command = [\"page\"]"}, err: "it is not of a profile"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, tt.setup)
			checkError(t, err, tt.err)
			if tt.err != "" {
				return
			}
			if diff := cmp.Diff(tt.want, c.AlarmCommand); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, s := range c.Settings() {
				if s.Name == "alarm-command" && s.Value != tt.shown {
					t.Errorf("shown as %q, want %q", s.Value, tt.shown)
				}
			}
		})
	}
}

// TestDemoRunsTheCommandOfAFlag: the demo reads no file and no variable, and takes
// the command of a flag, to try it.
func TestDemoRunsTheCommandOfAFlag(t *testing.T) {
	c, err := Demo(Sources{Flags: map[string]string{"alarm-command": "/opt/page"}, Environ: []string{"TAPEDECK_ALARM_COMMAND=other"}})
	checkError(t, err, "")
	if diff := cmp.Diff([]string{"/opt/page"}, c.AlarmCommand); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
