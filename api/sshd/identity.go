package sshd

import (
	"net/netip"

	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/text"
)

// Identity is who was let in, by what was proven. It never changes.
type Identity struct {
	User        string     // as the client has given it, made safe to show; it proves nothing
	Fingerprint string     // of the key that was proven, SHA256 in base64, as ssh-keygen -l prints it
	Comment     string     // of the key in the key file, made safe to show; empty for a certificate
	Address     netip.Addr // of the client; that of a PROXY header where a proxy may say it
	NoPTY       bool       // it may have commands run, and no terminal

	// These are of a certificate, and empty for a key.
	CertificateID string   // its key ID, made safe to show
	Authority     string   // the fingerprint of the authority's key
	Serial        uint64   // of the certificate
	Principals    []string // that it is for, as they came: compare them, do not print them
}

// Certified reports whether a certificate was what let it in.
func (i Identity) Certified() bool { return i.Authority != "" }

// Reason is why a login was refused, or a connection was. Each is a word for the
// log and the metrics.
type Reason string

// The reasons.
const (
	UnknownKey    Reason = "unknown key"            // no line of the key file has it
	RefusedLine   Reason = "key line refused"       // a line has it that is not understood wholly
	ExpiredKey    Reason = "key expired"            // by expiry-time=
	WrongAddress  Reason = "wrong address"          // by from= or source-address
	Algorithm     Reason = "algorithm"              // a key or signature that is not allowed
	UnknownCA     Reason = "unknown authority"      // a certificate of an authority that is not ours
	NotForUsers   Reason = "not a user certificate" // such as a host's
	NotYetValid   Reason = "certificate not yet valid"
	ExpiredCert   Reason = "certificate expired"
	NoPrincipal   Reason = "certificate without principal"
	UnknownOption Reason = "unknown critical option"
	BadCert       Reason = "certificate not signed by its authority"
	Revoked       Reason = "revoked"
	NoRole        Reason = "no role" // the key is good, and no role has it

	TooManyFailures Reason = "too many failed logins" // of its address
	TooMany         Reason = "too many connections"
)

// Refused is why a key or a certificate lets nobody in.
type Refused struct {
	Reason Reason
	Detail string // beside the reason, for the log; made safe to show; may be empty
}

// Error returns the reason with its detail.
func (r *Refused) Error() string {
	if r.Detail == "" {
		return string(r.Reason)
	}
	return string(r.Reason) + ": " + r.Detail
}

func refused(reason Reason, detail string) *Refused {
	return &Refused{Reason: reason, Detail: text.New(detail).String()}
}

// allowedKey reports whether keys of this kind and size are used at all: no DSA,
// no RSA below 2,048 bits, no certificate in a certificate.
func allowedKey(key gossh.PublicKey) bool {
	switch key.Type() {
	case gossh.KeyAlgoED25519, gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256:
		return true
	case gossh.KeyAlgoRSA:
		return rsaBits(key) >= minRSA
	}
	return false
}
