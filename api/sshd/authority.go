package sshd

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/text"
)

// Authorities are the keys that may sign certificates of users. They never
// change. The zero value trusts nobody.
type Authorities struct {
	by map[string]bool // by the key in the form of the wire
}

// ParseAuthorities reads a file of keys that may sign certificates of users, in
// the form of OpenSSH's TrustedUserCAKeys: a key in each line, without options.
// A line that it does not understand wholly is not trusted, and is among the
// errors.
func ParseAuthorities(file []byte) (*Authorities, []*LineError) {
	a := &Authorities{by: map[string]bool{}}
	keys, wrong := ParseKeys(file)
	for wire, lines := range keys.by {
		l := lines[0]
		if i := slices.IndexFunc(lines, func(l *keyLine) bool { return l.from != nil || !l.expiry.IsZero() || l.noPTY }); i >= 0 {
			wrong = append(wrong, &LineError{Line: lines[i].number, Why: "an authority has no options"})
			continue
		}
		if keys.refused[wire] == 0 {
			a.by[string(l.key.Marshal())] = true
		}
	}
	slices.SortFunc(wrong, func(x, y *LineError) int { return x.Line - y.Line })
	return a, wrong
}

// Len returns how many there are.
func (a *Authorities) Len() int {
	if a == nil {
		return 0
	}
	return len(a.by)
}

// sourceAddress is the one critical option that is honored.
const sourceAddress = "source-address"

// signatures are the algorithms by which a certificate may be signed: none with
// SHA-1.
var signatures = []string{
	gossh.KeyAlgoED25519, gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521,
	gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSASHA512, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256,
}

// check says why a certificate lets nobody in from an address now; nil when it
// does. noPTY is that it does not permit a terminal.
func (a *Authorities) check(cert *gossh.Certificate, revoked *Revocations, from netip.Addr, now time.Time) (noPTY bool, _ *Refused) {
	switch {
	case !allowedKey(cert.Key) || !allowedKey(cert.SignatureKey):
		return false, refused(Algorithm, kindOf(cert.Key)+", signed with "+kindOf(cert.SignatureKey))
	case a.Len() == 0 || !a.by[string(cert.SignatureKey.Marshal())]:
		return false, refused(UnknownCA, gossh.FingerprintSHA256(cert.SignatureKey))
	case cert.Signature == nil || !slices.Contains(signatures, cert.Signature.Format):
		return false, refused(Algorithm, "the certificate's signature")
	case cert.CertType != gossh.UserCert:
		return false, refused(NotForUsers, "")
	case len(cert.ValidPrincipals) == 0 || slices.Contains(cert.ValidPrincipals, ""):
		return false, refused(NoPrincipal, "")
	}
	if why := revoked.check(cert); why != nil {
		return false, why
	}
	if why := checkDates(cert, now); why != nil {
		return false, why
	}
	if why := checkOptions(cert, from); why != nil {
		return false, why
	}
	checker := gossh.CertChecker{SupportedCriticalOptions: []string{sourceAddress}, Clock: func() time.Time { return now }}
	if err := checker.CheckCert(cert.ValidPrincipals[0], cert); err != nil {
		return false, refused(BadCert, err.Error())
	}
	_, pty := cert.Extensions["permit-pty"]
	return !pty, nil
}

// checkDates says why a certificate is not valid now.
func checkDates(cert *gossh.Certificate, now time.Time) *Refused {
	unix := uint64(max(now.Unix(), 0)) // #nosec G115 -- not negative
	switch {
	case unix < cert.ValidAfter:
		return refused(NotYetValid, "")
	case cert.ValidBefore != gossh.CertTimeInfinity && unix >= cert.ValidBefore:
		return refused(ExpiredCert, "")
	}
	return nil
}

// checkOptions says which critical option refuses a certificate.
func checkOptions(cert *gossh.Certificate, from netip.Addr) *Refused {
	for name, value := range cert.CriticalOptions {
		if name != sourceAddress {
			return refused(UnknownOption, quoted(name))
		}
		sources, err := parseSources(value)
		if err != nil {
			return refused(WrongAddress, "source-address: "+err.Error())
		}
		if !sources.match(from) {
			return refused(WrongAddress, "")
		}
	}
	return nil
}

// Revocations are what was revoked: certificates by serial, key ID or authority,
// and keys. They never change. The zero value is nothing.
type Revocations struct {
	serials []serials
	ids     map[revokedID]bool
	keys    map[string]bool // in the form of the wire
	sha1    map[string]bool // of a key in the form of the wire
	sha256  map[string]bool
}

// serials are from first to last, both among them, of one authority.
type serials struct {
	authority   string // in the form of the wire; empty for every one
	first, last uint64
}

// revokedID is a key ID of one authority; an empty one is every one.
type revokedID struct{ authority, id string }

// ParseRevocations reads what was revoked: a KRL, as ssh-keygen -k makes it, or a
// text with a serial, or a range of them such as 10-20, in each line, for all
// authorities. What it does not understand wholly is an error: then nothing is
// known of what was revoked.
func ParseRevocations(file []byte) (*Revocations, error) {
	if bytes.HasPrefix(file, []byte(krlMagic)) {
		return parseKRL(file)
	}
	r := &Revocations{}
	number := 0
	for line := range strings.Lines(string(file)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		low, high, isRange := strings.Cut(line, "-")
		if !isRange {
			high = low
		}
		first, err := parseSerial(low)
		if err == nil {
			var last uint64
			if last, err = parseSerial(high); err == nil && last < first {
				err = errors.New("it ends before it begins")
			}
			r.serials = append(r.serials, serials{first: first, last: last})
		}
		if err != nil {
			return nil, &LineError{Line: number, Why: fmt.Sprintf("%s is no serial, and no range of them: %v", quoted(line), err)}
		}
	}
	return r, nil
}

// check says why a certificate was revoked; nil when it was not.
func (r *Revocations) check(cert *gossh.Certificate) *Refused {
	if r == nil {
		return nil
	}
	authority := string(cert.SignatureKey.Marshal())
	for _, s := range r.serials {
		if (s.authority == "" || s.authority == authority) && s.first <= cert.Serial && cert.Serial <= s.last {
			return refused(Revoked, fmt.Sprintf("serial %d", cert.Serial))
		}
	}
	if r.ids[revokedID{authority, cert.KeyId}] || r.ids[revokedID{"", cert.KeyId}] {
		return refused(Revoked, "key ID "+quoted(cert.KeyId))
	}
	if r.hasKey(cert.Key) || r.hasKey(cert.SignatureKey) {
		return refused(Revoked, "its key, or that of its authority")
	}
	return nil
}

// checkKey says why a key was revoked; nil when it was not.
func (r *Revocations) checkKey(key gossh.PublicKey) *Refused {
	if r != nil && r.hasKey(key) {
		return refused(Revoked, "the key")
	}
	return nil
}

// Gate is who may come in: what was read of the files. It never changes: make
// another one when they do. One of a KeyFile that could not be read lets nobody in.
type Gate struct {
	Keys        *Keys        // nil for none
	Authorities *Authorities // nil for none
	Revoked     *Revocations // nil for nothing
}

// maxClaimed is how many bytes of a name are kept: it is on record with each request.
const maxClaimed = 256

// claimed returns a name that came from outside, safe to show and no longer than it
// may be.
func claimed(s string) string {
	s = text.New(s).String()
	if len(s) > maxClaimed {
		s = strings.ToValidUTF8(s[:maxClaimed], "") + "…"
	}
	return s
}

// Check returns who it is that has proven a key, or shows it before proving it, or
// why it is refused. It does not ask for a role.
func (g *Gate) Check(user string, key gossh.PublicKey, from netip.Addr, now time.Time) (Identity, *Refused) {
	id := Identity{User: claimed(user), Fingerprint: gossh.FingerprintSHA256(key), Address: from.Unmap()}
	cert, ok := key.(*gossh.Certificate)
	if !ok {
		if !allowedKey(key) {
			return id, refused(Algorithm, kindOf(key))
		}
		if why := g.Revoked.checkKey(key); why != nil {
			return id, why
		}
		l, why := g.Keys.find(key, from, now)
		if why != nil {
			return id, why
		}
		id.Comment, id.NoPTY = l.comment, l.noPTY
		return id, nil
	}
	noPTY, why := g.Authorities.check(cert, g.Revoked, from, now)
	if why != nil {
		return id, why
	}
	id.Fingerprint = gossh.FingerprintSHA256(cert.Key)
	id.CertificateID = claimed(cert.KeyId)
	id.Authority = gossh.FingerprintSHA256(cert.SignatureKey)
	id.Serial, id.Principals, id.NoPTY = cert.Serial, slices.Clone(cert.ValidPrincipals), noPTY
	return id, nil
}
