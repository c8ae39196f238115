package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api/report"
)

// writePage returns what write says, and the files that are then in the folder.
func writePage(t *testing.T, f pageFlags, dir string, environ ...string) (said string, files []string, err error) {
	t.Helper()
	var out bytes.Buffer
	r := &runner{App: App{Stdout: &out, Stderr: &out, Environ: append(os.Environ(), environ...)}}
	s, err := f.signer(r)
	if err == nil {
		err = f.write(t.Context(), r, &report.Report{Made: time.Now()}, s)
	}
	list, rerr := os.ReadDir(dir)
	if rerr != nil {
		t.Fatal(rerr)
	}
	for _, e := range list {
		files = append(files, e.Name())
	}
	return out.String(), files, err
}

// TestReportPage: a page is written as a whole, for its owner alone, in place of
// an older one and of nothing else.
func TestReportPage(t *testing.T) {
	dir := t.TempDir()
	f := pageFlags{html: filepath.Join(dir, "shift.html")}
	for range 2 {
		said, files, err := writePage(t, f, dir)
		if err != nil || said != "wrote "+f.html+"\n" || !slices.Equal(files, []string{"shift.html"}) {
			t.Fatalf("%v, said %q, there is %q", err, said, files)
		}
		st, err := os.Stat(f.html)
		if err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
			t.Errorf("%v, mode %v", err, st.Mode())
		}
		if b, err := os.ReadFile(f.html); err != nil || !isPage(b) || isPage(b[1:]) {
			t.Errorf("%v, it is no page: %.80q", err, b)
		}
	}
	tests := []struct {
		name string
		make func(path string) error
		path string
		err  string
	}{
		{"something else", func(path string) error { return os.WriteFile(path, []byte("<!DOCTYPE html><p>mine"), 0o600) }, "other.html", "there is a file of that name that is no report"},
		{"a folder", func(path string) error { return os.Mkdir(path, 0o700) }, "folder.html", "is a directory"},
		{"no folder", func(string) error { return nil }, filepath.Join("none", "x.html"), "there is no such folder"},
	}
	for _, tt := range tests {
		path := filepath.Join(dir, tt.path)
		if err := tt.make(path); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		_, _, err := writePage(t, pageFlags{html: path}, dir)
		if err == nil || !strings.Contains(err.Error(), tt.err) && runtime.GOOS != "windows" || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
			t.Errorf("%s: it was replaced", tt.name)
		}
	}
	empty := filepath.Join(dir, "empty.html")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := writePage(t, pageFlags{html: empty}, dir); err != nil {
		t.Errorf("an empty file is not replaced: %v", err)
	}
}

// TestReportPageUsage: what cannot be meant is refused before anything is read.
func TestReportPageUsage(t *testing.T) {
	tests := []struct {
		f       pageFlags
		changed string
		want    string
	}{
		{pageFlags{html: "x.html"}, "html", ""},
		{pageFlags{html: "x.html", sign: "key"}, "html sign", ""},
		{pageFlags{}, "html", "cannot use --html: its value is empty"},
		{pageFlags{html: "x.html"}, "html sign", "cannot use --sign: its value is empty"},
		{pageFlags{sign: "key"}, "sign", "cannot use --sign without --html: a signature is of a file"},
		{pageFlags{html: "-"}, "html", "cannot use - for --html: the page is written into a file"},
		{pageFlags{html: "x.json"}, "html", `cannot use "x.json" for --html: files of that name are written beside the page`},
		{pageFlags{html: "x.sig"}, "html", `cannot use "x.sig" for --html: files of that name are written beside the page`},
	}
	for _, tt := range tests {
		err := tt.f.check(func(flag string) bool { return slices.Contains(strings.Fields(tt.changed), flag) })
		if e, ok := errors.AsType[*Error](err); tt.want == "" && err != nil || tt.want != "" && (!ok || e.What != tt.want || e.Code != codeUsage || len(e.Hints) == 0) {
			t.Errorf("%+v: %v, want %q", tt.f, err, tt.want)
		}
	}
}

// sshKey makes a key with a passphrase, empty for none, and returns its file.
func sshKey(t *testing.T, passphrase string) string {
	t.Helper()
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	key := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v, %s", err, out)
	}
	return key
}

// TestReportSigned: ssh-keygen verifies what was signed, and nothing else; the
// line that README has for it is this one.
func TestReportSigned(t *testing.T) {
	key := sshKey(t, "")
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	signers := filepath.Join(t.TempDir(), "allowed_signers")
	if err := os.WriteFile(signers, append([]byte(`alice@acme.example namespaces="tapedeck-report" `), public...), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(space, file string, text []byte) error {
		cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", signers, "-I", "alice@acme.example", "-n", space, "-s", file+".sig")
		cmd.Stdin = bytes.NewReader(text)
		return cmd.Run()
	}
	f := pageFlags{html: filepath.Join(dir, "shift.html"), sign: key}
	for range 2 { // the second time there are files already
		said, files, err := writePage(t, f, dir)
		if err != nil || !slices.Equal(files, []string{"shift.html", "shift.html.sig", "shift.json", "shift.json.sig"}) {
			t.Fatalf("%v, there is %q", err, files)
		}
		if strings.Count(said, ", signed with ED25519 key SHA256:") != 2 {
			t.Errorf("it says %q", said)
		}
	}
	for _, name := range []string{"shift.html", "shift.json"} {
		file := filepath.Join(dir, name)
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(signSpace, file, b); err != nil {
			t.Errorf("%s does not verify: %v", name, err)
		}
		if verify("file", file, b) == nil || verify(signSpace, file, append(b, ' ')) == nil {
			t.Errorf("%s verifies for another use, or when it was changed", name)
		}
		if st, err := os.Stat(file + ".sig"); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
			t.Errorf("%v, the signature has mode %v", err, st.Mode())
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "shift.json")); err != nil || !json.Valid(b) || !isReportJSON(b) {
		t.Errorf("%v, the JSON is %q", err, b)
	}
	other := filepath.Join(dir, "other.json")
	if err := os.WriteFile(other, []byte(`{"mine":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f.html = filepath.Join(dir, "other.html")
	if _, files, err := writePage(t, f, dir); err == nil || slices.Contains(files, "other.html") || !strings.Contains(err.Error(), other) {
		t.Errorf("JSON of another kind is replaced: %v, there is %q", err, files)
	}
}

// TestReportNotSigned: what keeps a report from being signed is said with the next
// step, and then nothing is written.
func TestReportNotSigned(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs programs made of a line of shell")
	}
	key := sshKey(t, "")
	alone := filepath.Join(t.TempDir(), "alone.pub") // without the private half beside it
	open := filepath.Join(t.TempDir(), "open")
	for from, to := range map[string]string{key + ".pub": alone, key: open} {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	fake := func(script string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "ssh-keygen"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return dir + ":" + path
	}
	tests := []struct{ name, key, path, err, hint string }{
		{"no key", key + ".none", path, "no such file or directory", "name the file of a private key"},
		{"a folder", filepath.Dir(key), path, "it is a folder", "name the file of a key in it"},
		{"no ssh-keygen", key, t.TempDir(), "cannot run ssh-keygen: executable file not found in $PATH", "openssh-client"},
		{"a passphrase, and no terminal", sshKey(t, "secret words"), path, "incorrect passphrase", "on a terminal only"},
		{"a public key that no agent holds", alone, path, "No private key found for public key", "ssh-add -l lists what it holds"},
		{"others can read the key", open, path, "Permissions 0644", "chmod 600 " + open},
		{"no key at all", "/dev/null", path, "/dev/null", "ssh-keygen -y -f /dev/null"},
		{"an old ssh-keygen", key, fake("echo 'unknown option -- Y' >&2; echo 'usage: ssh-keygen' >&2; exit 1"), "unknown option -- Y", "OpenSSH 8.1"},
		{"one that says nothing", key, fake("exit 3"), "exit status 3", "ssh-keygen -y -f"},
		{"one that writes something else", key, fake("for f; do :; done; echo fine > $f.sig"), "has written no signature", "OpenSSH 8.1"},
		{"one whose signature does not hold", key, fake("case $* in *check*) echo 'incorrect signature' >&2; exit 255;; esac; for f; do case $f in /*) echo '" + signatureHead + "' > $f.sig;; esac; done"), "does not hold: incorrect signature", "check-novalidate"},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		t.Setenv("PATH", tt.path)
		_, files, err := writePage(t, pageFlags{html: filepath.Join(dir, "shift.html"), sign: tt.key}, dir,
			"SSH_AUTH_SOCK=", "SSH_ASKPASS=/bin/false", "SSH_ASKPASS_REQUIRE=force", "PATH="+path)
		e, ok := errors.AsType[*Error](err)
		if !ok || !strings.Contains(e.What, tt.err) || !strings.HasPrefix(e.What, "sign the report with ") || strings.Contains(e.What, "\n") {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
			continue
		}
		if !strings.Contains(strings.Join(e.Hints, "\n"), tt.hint) {
			t.Errorf("%s: the hints are %q, want %q", tt.name, e.Hints, tt.hint)
		}
		if len(files) > 0 {
			t.Errorf("%s: there is %q", tt.name, files)
		}
	}
}

// TestReportCommand: the command writes the page of the journal's report, with
// numbers as the settings say, and says what is wrong before it reads that.
func TestReportCommand(t *testing.T) {
	state, dir := journalOf(t), t.TempDir()
	file := filepath.Join(dir, "shift.html")
	settings := filepath.Join(dir, "config.toml")
	report := func(config string, args ...string) (code int, said, page string) {
		if err := os.WriteFile(settings, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"report", "--config", settings, "--state-dir", state, "--from", "2026-03-01"}, args...)
		code, stdout, stderr := call(t, App{Environ: []string{"HOME=/nonexistent"}}, args...)
		b, _ := os.ReadFile(file)
		return code, stdout + stderr, html.UnescapeString(string(b))
	}
	for config, want := range map[string]string{
		"": "+13105550142 → ?", "mask_numbers = true": "***-0142 → ?", "mask_numbers = true\n[names]\n\"+13105550142\" = \"Front <desk>\"": "Front <desk> → ?",
	} {
		code, said, page := report(config, "--html", file)
		if code != 0 || said != "wrote "+file+"\n" || !strings.Contains(page, want) || config != "" && strings.Contains(page, "3105550142") {
			t.Errorf("with %q: %d %s, and the page has no %q", config, code, said, want)
		}
		for _, want := range []string{"Pause failed: call …l-0001, asked by alice: =HTTP(503)", "bob as root", "auto-resumed", "No end on record", "1 Mar 2026 00:00:00"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page has no %q", want)
			}
		}
	}
	for _, args := range [][]string{{"--sign", "key"}, {"--html", file, "--json"}, {"--html", file, "--csv"}, {"--html="}} {
		if code, said, _ := report("", args...); code != codeUsage || !strings.Contains(said, "hint: ") {
			t.Errorf("%q: %d %s", args, code, said)
		}
	}
	state = filepath.Join(dir, "none")
	if code, said, _ := report("", "--html", file, "--sign", filepath.Join(dir, "no-key")); code != codeFailed || !strings.Contains(said, "no-key: no such file") {
		t.Errorf("without a journal and a key: %d %s", code, said)
	}
}
