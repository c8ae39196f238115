package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// caFile is the name of the file with the simulator's CA certificate.
const caFile = "tapedeck-simulator-ca.pem"

// certificateDays is how long the simulator's certificates are valid.
const certificateDays = 90

// tlsFlags are the flags of a simulator that serves over HTTPS.
type tlsFlags struct {
	on  bool
	dir string
}

func (t *tlsFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&t.on, "tls", false, "serve over HTTPS, with a CA of its own whose certificate is on the fourth line")
	cmd.Flags().StringVar(&t.dir, "tls-dir", "", "with --tls, write the CA's certificate to this `FOLDER`; default a temporary one")
}

// authority is what a simulator over HTTPS needs: its certificate, and where
// the certificate of the CA that signed it is.
type authority struct {
	file   string // absolute
	config *tls.Config
	remove func() // takes away what was made for this run only
}

// authority makes a CA, signs a certificate for the address with it, and writes
// the CA's certificate. It returns nil if TLS was not asked for. Both private
// keys stay in the process, and the CA is good for loopback only: whoever
// trusts it trusts nobody else.
func (t *tlsFlags) authority(at net.Addr) (*authority, error) {
	if !t.on && t.dir == "" {
		return nil, nil
	}
	ca, leaf, err := newCertificates(at, time.Now())
	if err != nil {
		return nil, fmt.Errorf("make certificates for the simulator: %w", err)
	}
	a := &authority{config: &tls.Config{Certificates: []tls.Certificate{leaf}}, remove: func() {}}
	dir := t.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "tapedeck-simulate-"); err != nil {
			return nil, fmt.Errorf("make a folder for the simulator's CA: %w", err)
		}
		a.remove = func() { _ = os.RemoveAll(dir) }
	}
	if a.file, err = writeCA(dir, ca); err != nil {
		a.remove()
		return nil, &Error{What: "cannot write the simulator's CA: " + err.Error(), Hints: []string{"name a folder that can be written with --tls-dir"}}
	}
	return a, nil
}

// writeCA writes the certificate of the CA into dir, which is made if it is not
// there. It replaces one of an earlier run whole, and follows no link.
func writeCA(dir string, certificate []byte) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, caFile+".*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already if all went well
	err = pem.Encode(f, &pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, caFile)
	return name, os.Rename(f.Name(), name)
}

// newCertificates makes a CA, and a certificate that it signed for the
// addresses of this machine that the simulator may have.
func newCertificates(at net.Addr, now time.Time) (ca []byte, leaf tls.Certificate, err error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, leaf, err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, leaf, err
	}
	parent := certificate("tapedeck simulator CA", now)
	parent.IsCA, parent.BasicConstraintsValid, parent.MaxPathLenZero = true, true, true
	parent.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	parent.PermittedDNSDomainsCritical, parent.PermittedDNSDomains = true, []string{"localhost"}
	parent.PermittedIPRanges = []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
	if ca, err = x509.CreateCertificate(rand.Reader, parent, parent, caKey.Public(), caKey); err != nil {
		return nil, leaf, err
	}
	child := certificate("tapedeck simulator", now)
	child.KeyUsage, child.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	child.DNSNames = []string{"localhost"}
	child.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if tcp, ok := at.(*net.TCPAddr); ok {
		child.IPAddresses = append(child.IPAddresses, tcp.IP)
	}
	signed, err := x509.ParseCertificate(ca)
	if err != nil {
		return nil, leaf, err
	}
	der, err := x509.CreateCertificate(rand.Reader, child, signed, leafKey.Public(), caKey)
	return ca, tls.Certificate{Certificate: [][]byte{der, ca}, PrivateKey: leafKey}, err
}

// certificate begins a certificate. The day before now lets clocks differ.
func certificate(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.AddDate(0, 0, -1),
		NotAfter:     now.AddDate(0, 0, certificateDays),
	}
}

// shellQuoted returns s as a shell reads it back from the right side of an
// assignment.
func shellQuoted(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-+,:@%", r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
