package sshd

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// certify returns a certificate of the key 9, signed by ca, after change.
func certify(t testing.TB, ca gossh.Signer, change func(*gossh.Certificate)) *gossh.Certificate {
	t.Helper()
	cert := &gossh.Certificate{
		Key: newKey(t, 9).PublicKey(), CertType: gossh.UserCert, KeyId: "alice", Serial: 7, ValidPrincipals: []string{"viewers"},
		ValidAfter: uint64(now.Unix()) - 60, ValidBefore: uint64(now.Unix()) + 60,
		Permissions: gossh.Permissions{Extensions: map[string]string{"permit-pty": ""}},
	}
	if change != nil {
		change(cert)
	}
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	return cert
}

// sha1Signer signs as nobody should any more.
type sha1Signer struct{ gossh.MultiAlgorithmSigner }

func (s sha1Signer) Algorithms() []string { return []string{gossh.KeyAlgoRSA} }

// TestCertificates: each thing that a certificate must be, one at a time.
func TestCertificates(t *testing.T) {
	ca, rsaCA := newKey(t, 8), newRSA(t, 2048)
	small := newRSA(t, 1024)
	authorities, wrong := ParseAuthorities([]byte(line(ca) + " the authority\n" + line(rsaCA)))
	if wrong != nil || authorities.Len() != 2 {
		t.Fatalf("%d authorities, %v", authorities.Len(), wrong)
	}
	unix := uint64(now.Unix())
	type c = gossh.Certificate
	tests := []struct {
		name    string
		ca      gossh.Signer // nil is ca
		change  func(*c)
		after   func(*c) // the signature
		revoked string
		want    Reason
	}{
		{name: "a good one"},
		{name: "of RSA", ca: rsaCA},
		{name: "for ever", change: func(x *c) { x.ValidAfter, x.ValidBefore = 0, gossh.CertTimeInfinity }},
		{name: "from this second", change: func(x *c) { x.ValidAfter = unix }},
		{name: "not yet", change: func(x *c) { x.ValidAfter = unix + 1 }, want: NotYetValid},
		{name: "not for very long", change: func(x *c) { x.ValidAfter = 1 << 63 }, want: NotYetValid},
		{name: "until this second", change: func(x *c) { x.ValidBefore = unix }, want: ExpiredCert},
		{name: "until the beginning", change: func(x *c) { x.ValidBefore = 0 }, want: ExpiredCert},
		{name: "of another authority", ca: newKey(t, 7), want: UnknownCA},
		{name: "of its own key", ca: newKey(t, 9), want: UnknownCA},
		{name: "of a host", change: func(x *c) { x.CertType = gossh.HostCert }, want: NotForUsers},
		{name: "of another kind", change: func(x *c) { x.CertType = 3 }, want: NotForUsers},
		{name: "without principals", change: func(x *c) { x.ValidPrincipals = nil }, want: NoPrincipal},
		{name: "with an empty principal", change: func(x *c) { x.ValidPrincipals = []string{"viewers", ""} }, want: NoPrincipal},
		{name: "with an address", change: critical("source-address", "192.0.2.0/24,2001:db8::/32")},
		{name: "with another address", change: critical("source-address", "198.51.100.7"), want: WrongAddress},
		{name: "with no address", change: critical("source-address", ""), want: WrongAddress},
		{name: "with a form of an address", change: critical("source-address", "192.0.2.*"), want: WrongAddress},
		{name: "with a command", change: critical("force-command", "/bin/true"), want: UnknownOption},
		{name: "with verification", change: critical("verify-required", ""), want: UnknownOption},
		{name: "with an unknown extension", change: func(x *c) { x.Extensions["x@example.com"] = "y" }},
		{name: "changed", after: func(x *c) { x.ValidPrincipals = []string{"operators"} }, want: BadCert},
		{name: "of a later date", after: func(x *c) { x.ValidBefore++ }, want: BadCert},
		{name: "with SHA-1", ca: sha1Signer{rsaCA.(gossh.MultiAlgorithmSigner)}, want: Algorithm},
		{name: "without signature", after: func(x *c) { x.Signature = nil }, want: Algorithm},
		{name: "of a small key", change: func(x *c) { x.Key = small.PublicKey() }, want: Algorithm},
		{name: "revoked by serial", revoked: "3\n5-7 # gone", want: Revoked},
		{name: "others revoked", revoked: "0-6\n8-18446744073709551615"},
	}
	for _, tt := range tests {
		signer := tt.ca
		if signer == nil {
			signer = ca
		}
		cert := certify(t, signer, tt.change)
		if tt.after != nil {
			tt.after(cert)
		}
		revoked, err := ParseRevocations([]byte(tt.revoked))
		if err != nil {
			t.Fatal(err)
		}
		gate := Gate{Authorities: authorities, Revoked: revoked}
		id, why := gate.Check("root\x1b", cert, netip.MustParseAddr("::ffff:192.0.2.7"), now)
		if reasonOf(why) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, why, tt.want)
		}
		if why == nil && (!id.Certified() || id.CertificateID != "alice" || id.Serial != 7 || id.Authority != gossh.FingerprintSHA256(signer.PublicKey()) || id.User != "root\ufffd" || id.NoPTY) {
			t.Errorf("%s: %+v", tt.name, id)
		}
	}
	if _, why := (&Gate{}).Check("x", certify(t, ca, nil), netip.MustParseAddr("192.0.2.7"), now); reasonOf(why) != UnknownCA {
		t.Errorf("without authorities: %v", why)
	}
	gate := Gate{Authorities: authorities}
	if id, _ := gate.Check("x", certify(t, ca, func(x *c) { x.Extensions = nil }), netip.MustParseAddr("192.0.2.7"), now); !id.NoPTY {
		t.Error("a certificate that permits no terminal gets one")
	}
	if _, why := gate.Check("x", newKey(t, 8).PublicKey(), netip.MustParseAddr("192.0.2.7"), now); reasonOf(why) != UnknownKey {
		t.Errorf("the key of an authority: %v", why)
	}
}

func critical(name, value string) func(*gossh.Certificate) {
	return func(x *gossh.Certificate) { x.CriticalOptions = map[string]string{name: value} }
}

// TestAuthorityFile: an authority has no options.
func TestAuthorityFile(t *testing.T) {
	a, wrong := ParseAuthorities([]byte("x\n" + `from="192.0.2.7" ` + line(newKey(t, 1)) + "\ncert-authority " + line(newKey(t, 2)) + "\n" + line(newKey(t, 3))))
	if a.Len() != 1 || len(wrong) != 3 || wrong[0].Line != 1 || wrong[1].Line != 2 || wrong[2].Line != 3 {
		t.Errorf("%d, %v", a.Len(), wrong)
	}
}

// TestRevocationText: what is no list of serials is an error.
func TestRevocationText(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"# x\n\n7\n8-9", ""},
		{"x", `line 1: "x" is no serial`}, {"1\n9-8", `line 2: "9-8" is no serial`}, {"-1", "line 1"}, {"18446744073709551616", "line 1"}, {"serial: 7", "line 1"},
	} {
		_, err := ParseRevocations([]byte(tt.in))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.in, err, tt.want)
		}
	}
}

// TestKRL: a list that the real ssh-keygen has made revokes what it says of each
// key and certificate.
func TestKRL(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not here: nobody makes a real revocation list")
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), keygen, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen %v: %v\n%s", args, err, out)
		}
	}
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ca, other := newKey(t, 8), newKey(t, 7)
	write("ca.pub", line(ca)+"\n")
	write("key.pub", line(newKey(t, 5))+"\n")
	write("hashed", "sha256: "+line(newKey(t, 6))+"\nsha1: "+line(newKey(t, 4))+"\n")
	write("spec", "serial: 10\nserial: 30-35\nserial: 101\nserial: 103\nserial: 105\nid: mallory\n")
	run("-q", "-k", "-f", "list", "-s", "ca.pub", "spec")
	run("-q", "-k", "-u", "-f", "list", "key.pub")
	run("-q", "-k", "-u", "-f", "list", "hashed")
	file, err := os.ReadFile(filepath.Join(dir, "list"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseRevocations(file)
	if err != nil {
		t.Fatal(err)
	}
	for serial, want := range map[uint64]bool{9: false, 10: true, 11: false, 29: false, 30: true, 35: true, 36: false, 101: true, 102: false, 103: true, 105: true, 106: false} {
		for signer, counts := range map[gossh.Signer]bool{ca: true, other: false} {
			cert := certify(t, signer, func(x *gossh.Certificate) { x.Serial = serial })
			if got := r.check(cert) != nil; got != (want && counts) {
				t.Errorf("serial %d, ours %v: revoked %v", serial, counts, got)
			}
		}
	}
	if r.check(certify(t, ca, func(x *gossh.Certificate) { x.KeyId = "mallory" })) == nil {
		t.Error("a key ID is not revoked")
	}
	if r.check(certify(t, ca, func(x *gossh.Certificate) { x.Key = newKey(t, 5).PublicKey() })) == nil {
		t.Error("a certificate of a revoked key is not revoked")
	}
	for n, want := range map[byte]bool{3: false, 4: true, 5: true, 6: true} {
		if got := r.checkKey(newKey(t, n).PublicKey()) != nil; got != want {
			t.Errorf("key %d: revoked %v", n, got)
		}
	}
}

// FuzzRevocations: no list makes the reader panic, or take more memory than it
// has bits.
func FuzzRevocations(f *testing.F) {
	f.Add([]byte("7\n8-9"))
	head := append([]byte(krlMagic), 0, 0, 0, 1)
	head = append(head, make([]byte, 24+8)...)
	section := append([]byte{0, 0, 0, 0, 0, 0, 0, 0, krlRange, 0, 0, 0, 16}, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, 3), 9)...)
	section = append(section, krlBitmap, 0, 0, 0, 14)
	section = append(section, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2, 1, 5)
	f.Add(append(append(append(head[:len(head):len(head)], krlCertificates), binary.BigEndian.AppendUint32(nil, uint32(len(section)))...), section...))
	cert := certify(f, newKey(f, 8), nil)
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := ParseRevocations(file)
		if err != nil {
			return
		}
		_ = r.check(cert)
		_ = r.checkKey(cert.Key)
	})
}
