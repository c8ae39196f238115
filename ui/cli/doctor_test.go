package cli

import (
	"errors"
	"strings"
	"testing"

	"tapedeck/api/sim"
	"tapedeck/ui/doctor"
)

// TestDoctor: a line a check, in one of three forms, and 1 where something has to
// be mended.
func TestDoctor(t *testing.T) {
	space := sim.New(sim.Options{Recordings: 2, Token: token})
	well := append(served(t, space, space.Project(), token), "XDG_STATE_HOME="+t.TempDir(), "LANG=C.UTF-8", "TAPEDECK_SERVER=off")
	ill := append(well[:len(well):len(well)], "TAPEDECK_STATE_DIR=/dev/null")

	code, stdout, stderr := call(t, App{Environ: well}, "doctor")
	if lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n"); code != 0 || stderr != "" || len(lines) != len(doctor.Names()) {
		t.Errorf("exit code %d, %q, %d lines:\n%s", code, stderr, len(lines), stdout)
	}
	has(t, "a pipe", stdout, "ok\tsettings\tspace http://127.0.0.1:", "\nok\tcredentials\t", "\nskipped\tterminal\tnot checked: ")

	code, stdout, stderr = call(t, App{Environ: append(ill, "TERM=xterm"), Terminal: true}, "doctor")
	if code != 1 || stderr != "" {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	has(t, "a terminal", words(stdout), "ok listing the list of recordings can be read ", colorAlarm+"MEND"+colorEnd+" state-dir /dev/null: it is not a folder → make it yours",
		colorDim+"- "+colorEnd+" journal not checked: mend state-dir first ", " 1 to mend, 0 to note, ")
	_, stdout, _ = call(t, App{Environ: append(ill, "TERM=xterm", "NO_COLOR=1", "LANG=C"), Terminal: true}, "doctor")
	has(t, "a plain terminal", words(stdout), "MEND state-dir /dev/null: it is not a folder -> make it yours", "note locale LANG=C is not UTF-8")
	if strings.Contains(stdout, "\x1b") {
		t.Errorf("colors with NO_COLOR:\n%s", stdout)
	}

	code, stdout, _ = call(t, App{Environ: ill}, "doctor", "--json")
	valid(t, "doctor", []byte(stdout))
	all := decoded[[]doctor.Finding](t, stdout)
	if code != 1 || len(all) != len(doctor.Names()) || len(all[0].Settings) < 30 || all[0].Status != doctor.OK {
		t.Errorf("exit code %d, %d checks, first %+v", code, len(all), all[0])
	}
	for i, name := range doctor.Names() {
		if all[i].Check != name {
			t.Errorf("check %d is %s, want %s", i, all[i].Check, name)
		}
	}
	code, stdout, _ = call(t, App{Environ: ill}, "doctor", "--jq", `.[] | select(.status == "mend") | .check`)
	if code != 1 || stdout != "state-dir\n" {
		t.Errorf("--jq: %d, %q", code, stdout)
	}
	if _, stdout, _ := call(t, App{Environ: ill}, "doctor", "--json=check,found"); !strings.Contains(stdout, `{"check":"name","found":"127.0.0.1 is an address"}`) {
		t.Errorf("--json=check,found: %s", stdout)
	}
	if code, stdout, _ := call(t, App{Environ: []string{"HOME=/nonexistent"}}, "doctor"); code != 1 || !strings.HasPrefix(stdout, "mend\tsettings\tcannot reach a project: space, project and token are not set\ttapedeck login enters") {
		t.Errorf("without settings: %d, %s", code, stdout)
	}
}

// full is an output that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestDoctorNotPrinted: where nobody can read it, it ends.
func TestDoctorNotPrinted(t *testing.T) {
	var stderr notes
	if code := Execute(t.Context(), App{Args: []string{"doctor"}, Environ: []string{"HOME=/nonexistent"}, Stdout: full{}, Stderr: &stderr}); code != 1 || !strings.Contains(stderr.String(), "print what was found: no space left") {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}
