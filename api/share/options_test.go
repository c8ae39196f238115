package share

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
)

func write(t testing.TB, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestOptions holds what cannot be used, and that no error has a password.
func TestOptions(t *testing.T) {
	const password = "hunter2-very-secret"
	tests := []struct {
		name string
		o    Options
		err  string
	}{
		{"several servers", Options{Servers: "nats://a:4222, tls://one:" + password + "@b"}, ""},
		{"no server", Options{Servers: " , "}, "no server is named"},
		{"another scheme", Options{Servers: "http://one:" + password + "@a"}, `"http://a" is not the URL of a server`},
		{"no scheme", Options{Servers: "one:" + password + "@a"}, "is not the URL of a server"},
		{"no host", Options{Servers: "nats://"}, "is not the URL of a server"},
		{"no URL", Options{Servers: "nats://one:" + password + "@a:port"}, "cannot be read"},
		{"a path", Options{Servers: "nats://one:" + password + "@a/b"}, `"nats://a" has more`},
		{"a long name", Options{Servers: "nats://a", Host: strings.Repeat("h", maxHost+1)}, "1 to 64 bytes (got 65)"},
		{"no file", Options{Servers: "nats://a", Creds: filepath.Join(t.TempDir(), "none")}, "read the credentials: open"},
		{"a folder", Options{Servers: "nats://a", Creds: t.TempDir()}, "read the credentials"},
		{"nothing in it", Options{Servers: "nats://a", Creds: write(t, "c", "\n")}, "has neither credentials"},
		{"one word", Options{Servers: "nats://a", Creds: write(t, "c", password)}, "has neither credentials"},
		{"two lines", Options{Servers: "nats://a", Creds: write(t, "c", "one:"+password+"\ntwo:x")}, "has neither credentials"},
		{"a seed that is none", Options{Servers: "nats://a", Creds: write(t, "c", "SU"+password)}, "is not the seed of a user"},
		{"no certificates", Options{Servers: "nats://a", CA: write(t, "ca", password)}, "has no certificate"},
		{"credentials", Options{Servers: "nats://a", Creds: write(t, "c", "-----BEGIN NATS USER JWT-----\neyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.x.y\n")}, ""},
		{"a password with a colon", Options{Servers: "nats://a", Creds: write(t, "c", "one:a:b:"+password)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.o.Host == "" {
				tt.o.Host = "one"
			}
			n, err := NewNATS(tt.o)
			if got := fmt.Sprint(err); tt.err == "" != (err == nil) || !strings.Contains(got, tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
			if s := fmt.Sprint(err, tt.o.Shown()); strings.Contains(s, password) {
				t.Errorf("the password is in %s", s)
			}
			if err == nil && strings.Contains(n.access.clean("x "+password+" nats://one:"+password+"@a"), password) && strings.Contains(tt.o.Servers, password) {
				t.Error("the password is not taken out of errors")
			}
		})
	}
	if got := tests[0].o.Shown(); got != "nats://a:4222,tls://b" {
		t.Errorf("the servers are shown as %s", got)
	}
}

// TestLetIn lets hosts in by each way to say who they are, over TLS, and keeps
// out who says it wrongly, until that is put right.
func TestLetIn(t *testing.T) {
	t.Parallel()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, _ := pair.PublicKey()
	seed, _ := pair.Seed()
	ca, key := certificate(t)
	config := fmt.Sprintf("jetstream { store_dir: \"STORE\" }\ntls { cert_file: %q, key_file: %q }\nauthorization { users: [ {nkey: %s}, {user: two, password: \"right and long\"} ] }", ca, key, public)
	s := serverOf(t, config, t.TempDir(), -1)
	url := "tls://" + addressOf(t, s)
	one := join(t, Options{Servers: url, Host: "one", CA: ca, Creds: write(t, "seed", string(seed)+"\n")})
	one.connected()
	if e, err := one.Engine(t.Context()); err != nil || !e.TLS {
		t.Errorf("the server says %+v, %v", e, err)
	}
	creds := write(t, "two", "two:wrong and long")
	two := join(t, Options{Servers: url, Host: "two", CA: ca, Creds: creds})
	eventually(t, "host two is kept out", func() bool { return strings.Contains(two.State().Why, "Authorization") })
	if why := two.State().Why; strings.Contains(why, "wrong and long") || !strings.Contains(why, "connect to tls://127.0.0.1") {
		t.Errorf("it says %q", why)
	}
	if err := os.WriteFile(creds, []byte("two:right and long"), 0o600); err != nil {
		t.Fatal(err)
	}
	two.connected()
	one.Put(keyOf("RE1"), pauseOf("ann"))
	two.until("a pause", func() bool { return two.told["one RE1 pause"].Pause != nil })

	three := join(t, Options{Servers: strings.Replace(url, "tls://", "tls://two:right%20and%20long@", 1), Host: "three"})
	eventually(t, "a certificate that nobody knows", func() bool { return strings.Contains(three.State().Why, "certificate") })
	if why := three.State().Why; strings.Contains(why, "right") {
		t.Errorf("it says %q", why)
	}
}

// certificate returns files with a certificate of 127.0.0.1 and its key.
func certificate(t testing.TB) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return write(t, "cert.pem", block("CERTIFICATE", der)), write(t, "key.pem", block("EC PRIVATE KEY", raw))
}
