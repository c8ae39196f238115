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

// released matches what .goreleaser.yaml takes from the repository.
var released = regexp.MustCompile(`(?:src|dockerfile|cmd): "?([^", }\n]+)`)

// TestReleaseFiles: what a release is made of is there, every unit is packaged, the
// scripts can be read and run, and the tools are the same ones in both places.
func TestReleaseFiles(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	config := read(".goreleaser.yaml")
	var taken []string
	for _, m := range released.FindAllStringSubmatch(config, -1) {
		if name := m[1]; name != "go" && !strings.HasPrefix(name, "build/") {
			taken = append(taken, name)
			if files, err := filepath.Glob(name); err != nil || len(files) == 0 {
				t.Errorf(".goreleaser.yaml takes %s, which is not there", name)
			}
		}
	}
	files, err := os.ReadDir(packaging)
	if err != nil || len(taken) < 8 {
		t.Fatalf("%v, and %q are taken", err, taken)
	}
	for _, f := range files {
		name := filepath.Join(packaging, f.Name())
		text := read(name)
		interpreter, is := strings.CutPrefix(text, "#!")
		switch {
		case is:
			interpreter, _, _ = strings.Cut(interpreter, "\n")
			info, err := f.Info()
			if err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s cannot be run: %v %v", name, info.Mode(), err)
			}
			shell := strings.Fields(strings.TrimPrefix(interpreter, "/usr/bin/env "))[0]
			if out, err := exec.Command(shell, "-n", name).CombinedOutput(); err != nil {
				t.Errorf("%s -n %s: %v\n%s", shell, name, err, out)
			}
		case !strings.Contains(config, name):
			t.Errorf("%s is in no package", name)
		}
	}
	check := read(filepath.Join(packaging, "check"))
	for _, tool := range regexp.MustCompile(`(?m)[=\s](github\.com/\S+@v\S+)`).FindAllStringSubmatch(check, -1) {
		if strings.Contains(tool[1], "cyclonedx") && !strings.Contains(config, tool[1]+"\n") {
			t.Errorf("check has %s, .goreleaser.yaml another one", tool[1])
		}
	}
	if !strings.Contains(read(filepath.Join(packaging, "sign")), `"$1" = true`) {
		t.Error("a snapshot would be signed")
	}
}
