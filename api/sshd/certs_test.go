//go:build unix

package sshd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// keygen is a folder in which ssh-keygen makes keys, certificates and lists.
type keygen struct {
	t    *testing.T
	path string
	dir  string
}

// newKeygen skips the test by its name where it is not installed.
func newKeygen(t *testing.T) *keygen {
	t.Helper()
	path, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	return &keygen{t, path, t.TempDir()}
}

// run runs ssh-keygen, and reports whether it did what it was to do.
func (k *keygen) run(args ...string) (out string, ok bool) {
	k.t.Helper()
	cmd := exec.Command(k.path, args...)
	cmd.Dir = k.dir
	b, err := cmd.CombinedOutput()
	return string(b), err == nil
}

func (k *keygen) must(args ...string) {
	k.t.Helper()
	if out, ok := k.run(args...); !ok {
		k.t.Fatalf("ssh-keygen %v: %s", args, out)
	}
}

// key makes a key; options say of which kind.
func (k *keygen) key(name string, options ...string) {
	k.t.Helper()
	k.must(append([]string{"-q", "-N", "", "-f", name}, options...)...)
}

func (k *keygen) file(name string) string { return filepath.Join(k.dir, name) }

func (k *keygen) read(name string) []byte {
	k.t.Helper()
	b, err := os.ReadFile(k.file(name))
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

func (k *keygen) write(name, content string) {
	k.t.Helper()
	if err := os.WriteFile(k.file(name), []byte(content), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// public reads a key, or a certificate.
func (k *keygen) public(name string) gossh.PublicKey {
	k.t.Helper()
	key, _, _, _, err := gossh.ParseAuthorizedKey(k.read(name))
	if err != nil {
		k.t.Fatal(err)
	}
	return key
}

// certificateTests are the certificates that ssh-keygen is asked for, and whether
// OpenSSH's client comes in by them.
var certificateTests = []struct {
	name    string
	ca, key string   // "" is ca, and key
	options []string // of ssh-keygen; "-I alice" is always there
	none    bool     // without "-n viewers"
	revoked string   // what the list of serials has
	want    Reason   // "" is that it comes in
	noPTY   bool
}{
	{name: "a good one", options: []string{"-V", "-1m:+1h"}},
	{name: "for ever", options: []string{"-V", "always:forever"}},
	{name: "of several principals", options: []string{"-n", "operators,alice"}},
	{name: "by ECDSA", ca: "ca-ecdsa"},
	{name: "by RSA with SHA-512", ca: "ca-rsa", options: []string{"-t", "rsa-sha2-512"}},
	{name: "by RSA with SHA-256", ca: "ca-rsa", options: []string{"-t", "rsa-sha2-256"}},
	{name: "by RSA with SHA-1", ca: "ca-rsa", options: []string{"-t", "ssh-rsa"}, want: Algorithm},
	{name: "of an ECDSA key", key: "key-ecdsa"},
	{name: "of an RSA key", key: "key-rsa"},
	{name: "of a small RSA key", key: "key-small", want: Algorithm},
	{name: "of a DSA key", key: "key-dsa", want: Algorithm},
	{name: "not yet", options: []string{"-V", "+1d:+2d"}, want: NotYetValid},
	{name: "not any more", options: []string{"-V", "-2d:-1d"}, want: ExpiredCert},
	{name: "of another authority", ca: "ca-other", want: UnknownCA},
	{name: "by its own key", ca: "key", want: UnknownCA},
	{name: "of a host", options: []string{"-h"}, want: NotForUsers},
	{name: "without a principal", none: true, want: NoPrincipal},
	{name: "from here", options: []string{"-O", "source-address=127.0.0.0/8,192.0.2.7"}},
	{name: "from elsewhere", options: []string{"-O", "source-address=192.0.2.0/24"}, want: WrongAddress},
	{name: "with a command", options: []string{"-O", "force-command=/bin/true"}, want: UnknownOption},
	{name: "with verification", options: []string{"-O", "verify-required"}, want: UnknownOption},
	{name: "with an unknown critical option", options: []string{"-O", "critical:x@example.com=1"}, want: UnknownOption},
	{name: "with an unknown extension", options: []string{"-O", "extension:x@example.com=1"}},
	{name: "without extensions", options: []string{"-O", "clear"}, noPTY: true},
	{name: "without a terminal", options: []string{"-O", "no-pty"}, noPTY: true},
	{name: "revoked by its serial", options: []string{"-z", "12"}, revoked: "3\n10-13 # lost\n", want: Revoked},
	{name: "others revoked", options: []string{"-z", "14"}, revoked: "3\n10-13\n15-18446744073709551615\n"},
	{name: "of the last serial", options: []string{"-z", "18446744073709551615"}, revoked: "18446744073709551615", want: Revoked},
}

// TestRealCertificates: certificates as ssh-keygen makes them let OpenSSH's client
// in, or are refused for the reason that they have.
func TestRealCertificates(t *testing.T) {
	t.Parallel()
	k := newKeygen(t)
	for name, options := range map[string][]string{
		"ca": {"-t", "ed25519"}, "ca-other": {"-t", "ed25519"}, "ca-ecdsa": {"-t", "ecdsa", "-b", "384"}, "ca-rsa": {"-t", "rsa", "-b", "2048"},
		"key": {"-t", "ed25519"}, "key-ecdsa": {"-t", "ecdsa"}, "key-rsa": {"-t", "rsa", "-b", "2048"}, "key-small": {"-t", "rsa", "-b", "1024"},
	} {
		k.key(name, options...)
	}
	_, hasDSA := k.run("-q", "-N", "", "-f", "key-dsa", "-t", "dsa")
	authorities, wrong := ParseAuthorities([]byte(string(k.read("ca.pub")) + string(k.read("ca-ecdsa.pub")) + string(k.read("ca-rsa.pub"))))
	if wrong != nil {
		t.Fatal(wrong)
	}
	for i, tt := range certificateTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.key == "key-dsa" && !hasDSA {
				t.Skip("ssh-keygen makes no DSA keys any more")
			}
			c := client(t, "ssh")
			d := newDesk(t, "")
			revoked, err := ParseRevocations([]byte(tt.revoked))
			if err != nil {
				t.Fatal(err)
			}
			d.gate = &Gate{Authorities: authorities, Revoked: revoked}
			private, certificate := k.certificate(t, i)
			cert := (&keygen{t: t}).public(certificate)
			id, why := d.gate.Check("alice", cert, addressOf(addr("127.0.0.1:1")), time.Now())
			if reasonOf(why) != tt.want || why == nil && (id.NoPTY != tt.noPTY || id.CertificateID != "alice" || len(id.Principals) == 0) {
				t.Errorf("%v, want %q; %+v", why, tt.want, id)
			}
			l := d.login("say hello", "-i", private, "-o", "CertificateFile="+certificate)
			if tt.key == "key-dsa" { // which OpenSSH does not offer by itself
				l.Options = append(l.Options, "-o", "PubkeyAcceptedAlgorithms=+ssh-dss,ssh-dss-cert-v01@openssh.com")
			}
			out, errs, code := d.run(t, c, l, "")
			if tt.want == "" && (out != "hello\n" || code != 0) || tt.want != "" && (code != 255 || out != "") {
				t.Errorf("OpenSSH: exit code %d, %q, %q, want %q", code, out, errs, tt.want)
			}
		})
	}
}

// certificate makes the files of a test: the private key, and the certificate.
func (k *keygen) certificate(t *testing.T, i int) (private, certificate string) {
	t.Helper()
	tt := certificateTests[i]
	ca, key := tt.ca, tt.key
	if ca == "" {
		ca = "ca"
	}
	if key == "" {
		key = "key"
	}
	mine := &keygen{t, k.path, t.TempDir()}
	mine.write("id", string(k.read(key)))
	mine.write("id.pub", string(k.read(key+".pub")))
	args := []string{"-q", "-s", k.file(ca), "-I", "alice"}
	if !tt.none {
		args = append(args, "-n", "viewers")
	}
	mine.must(append(append(args, tt.options...), "id.pub")...)
	return mine.file("id"), mine.file("id-cert.pub")
}

// TestRealRevocations: what ssh-keygen says is revoked by a list that it has made,
// is revoked; and nothing else is.
func TestRealRevocations(t *testing.T) {
	t.Parallel()
	k := newKeygen(t)
	for _, name := range []string{"ca", "ca-other", "one", "two", "three"} {
		k.key(name, "-t", "ed25519")
	}
	files := []string{"one.pub", "two.pub", "three.pub"}
	for i, options := range [][]string{
		{"-z", "1"}, {"-z", "2", "-I", "mallory"}, {"-z", "64"}, {"-z", "65"}, {"-z", "1000000"}, {"-z", "18446744073709551615"}, {"-z", "0"},
	} {
		for _, ca := range []string{"ca", "ca-other"} {
			for _, key := range []string{"one", "two"} {
				name := strings.Join([]string{key, ca, string(rune('a' + i))}, "-")
				k.write(name+".pub", string(k.read(key+".pub")))
				k.must(append([]string{"-q", "-s", ca, "-n", "viewers", "-I", name}, append(options, name+".pub")...)...)
				files = append(files, name+"-cert.pub")
			}
		}
	}
	for _, tt := range []struct {
		name    string
		options []string // beside -k
		spec    string   // what ssh-keygen reads; "" is that options name the files
	}{
		{"nothing", nil, "# nobody\n"},
		{"a serial", []string{"-s", "ca.pub"}, "serial: 2\n"},
		{"a range", []string{"-s", "ca.pub"}, "serial: 2-65\n"},
		{"many serials", []string{"-s", "ca.pub"}, "serial: 1\nserial: 3\nserial: 5\nserial: 7\nserial: 9\nserial: 64\nserial: 66\n"},
		{"the last serial", []string{"-s", "ca.pub"}, "serial: 18446744073709551615\n"},
		{"a great range", []string{"-s", "ca.pub"}, "serial: 1000000-18446744073709551615\n"},
		{"serials of every authority", []string{"-s", "none"}, "serial: 1\nserial: 64-65\n"},
		{"a key ID", []string{"-s", "ca.pub"}, "id: mallory\n"},
		{"a key ID of every authority", []string{"-s", "none"}, "id: mallory\nid: one-ca-a\n"},
		{"a key", nil, "KEY"},
		{"a SHA-1 hash", nil, "sha1: KEY"},
		{"a SHA-256 hash", nil, "sha256: KEY"},
		{"a fingerprint", nil, "hash: FINGERPRINT\n"},
		{"the authority", []string{"ca.pub"}, ""},
		{"a key by its file", []string{"-z", "7", "two.pub"}, ""},
		{"a certificate", []string{"-s", "ca.pub", "one-ca-c-cert.pub"}, ""},
		{"of everything", []string{"-s", "ca.pub"}, "serial: 64\nid: mallory\nKEY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := strings.ReplaceAll(tt.spec, "KEY", string(k.read("one.pub")))
			spec = strings.ReplaceAll(spec, "FINGERPRINT", gossh.FingerprintSHA256(k.public("one.pub")))
			args := append([]string{"-q", "-k", "-f", "list"}, tt.options...)
			if tt.spec != "" {
				k.write("spec", spec)
				args = append(args, "spec")
			}
			k.must(args...)
			r, err := ParseRevocations(k.read("list"))
			if err != nil {
				t.Fatal(err)
			}
			all, _ := k.run(append([]string{"-Q", "-f", "list"}, files...)...)
			answers := strings.Split(strings.TrimSpace(all), "\n") // a line for each
			if len(answers) != len(files) {
				t.Fatalf("ssh-keygen -Q: %s", all)
			}
			revoked := 0
			for i, file := range files {
				said := answers[i]
				var why *Refused
				if key := k.public(file); strings.HasSuffix(file, "-cert.pub") {
					why = r.check(key.(*gossh.Certificate))
				} else {
					why = r.checkKey(key)
				}
				want := strings.Contains(said, "REVOKED")
				if !strings.HasPrefix(said, file+" ") || !want && !strings.HasSuffix(strings.TrimSpace(said), ": ok") {
					t.Fatalf("ssh-keygen -Q: %s", said)
				}
				if (why != nil) != want {
					t.Errorf("%s: %v; ssh-keygen says %s", file, why, said)
				}
				if want {
					revoked++
				}
			}
			if (revoked == 0) != (tt.name == "nothing") {
				t.Errorf("%d of %d are revoked", revoked, len(files))
			}
		})
	}
}
