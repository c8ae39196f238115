package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tapedeck/ui/cli"
)

const packaging = ".github/packaging"

// exposure matches what systemd-analyze says of a unit's hardening.
var exposure = regexp.MustCompile(`Overall exposure level for tapedeck\.service: ([0-9.]+)`)

// TestPackaging: systemd takes the units, the service is hardened, and what it
// starts is a command of tapedeck with these flags.
func TestPackaging(t *testing.T) {
	unit, err := os.ReadFile(filepath.Join(packaging, "tapedeck.service"))
	if err != nil {
		t.Fatal(err)
	}
	_, command, ok := strings.Cut(string(unit), "\nExecStart=/usr/bin/tapedeck ")
	command, _, _ = strings.Cut(command, "\n")
	if !ok {
		t.Fatal("the unit starts something else")
	}
	var out bytes.Buffer
	args := append(strings.Fields(command), "--help")
	if code := cli.Execute(t.Context(), cli.App{Args: args, Stdout: &out, Stderr: &out}); code != 0 {
		t.Errorf("tapedeck %s --help: %d %s", command, code, out.String())
	}
	for _, line := range []string{"NoNewPrivileges=yes", "ProtectSystem=strict", "LoadCredential=token:/etc/tapedeck/token", "Type=notify", "SuccessExitStatus=143"} {
		if !strings.Contains(string(unit), "\n"+line+"\n") {
			t.Errorf("the unit has no %s", line)
		}
	}
	if strings.Contains(string(unit), "\nPrivateUsers=") { // in a user namespace every peer is nobody
		t.Error("the unit has PrivateUsers=, with which the kernel does not tell who a client is")
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze")
	}
	dir := t.TempDir()
	self, err := os.Executable() // that what is started exists
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tapedeck.service", "tapedeck.socket"} {
		b, err := os.ReadFile(filepath.Join(packaging, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), bytes.ReplaceAll(b, []byte("/usr/bin/tapedeck"), []byte(self)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	said, err := exec.Command(analyze, "verify", filepath.Join(dir, "tapedeck.service"), filepath.Join(dir, "tapedeck.socket")).CombinedOutput()
	if err != nil || bytes.Contains(said, []byte("tapedeck.s")) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, said)
	}
	said, _ = exec.Command(analyze, "security", "--offline=true", filepath.Join(dir, "tapedeck.service")).CombinedOutput()
	found := exposure.FindSubmatch(said)
	if found == nil {
		t.Skipf("this systemd-analyze has no offline mode: %s", said)
	}
	if level, err := strconv.ParseFloat(string(found[1]), 64); err != nil || level >= 2 {
		t.Errorf("the exposure is %s, want less than 2.0", found[1])
	}
	t.Logf("exposure %s", found[1])
}
