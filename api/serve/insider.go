package serve

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

// Insider is somebody who came in by the SSH of the service: no process of this
// host stands for them, and the key that was proven is who they are.
type Insider struct {
	User        string   // as the client gave it; it proves nothing
	Fingerprint string   // of the key that was proven
	Comment     string   // of the key in the key file; empty for none
	Certificate string   // its key ID; empty for a key without a certificate
	Authority   string   // the fingerprint of the key that signed the certificate; empty for a key without one
	Principals  []string // of the certificate
	Address     string   // of the client, with its port where that is known
}

// Name is what they are called: what whoever made the certificate, or the key
// file, calls them, else the fingerprint. They did not say any of it themselves.
func (i *Insider) Name() string {
	name := i.Fingerprint
	switch {
	case isName(i.Certificate):
		name = i.Certificate
	case i.named():
		name = i.Comment
	}
	if len(name) > maxClaim {
		name = strings.ToValidUTF8(name[:maxClaim], "") + "…"
	}
	return text.New(name).String()
}

// uid returns the number by which the service tells an insider from everybody
// else: that of the key, always the same, and below 0, where no user of the host
// is.
func (i *Insider) uid() int {
	sum := sha256.Sum256([]byte(i.Fingerprint))
	return -1 - int(binary.BigEndian.Uint64(sum[:8])&math.MaxInt) // #nosec G115 -- it fits
}

// has reports whether a role has them: by a principal of the certificate, or, for
// a key without one, by its fingerprint or comment.
func (i *Insider) has(r Role) bool {
	if i.Authority == "" {
		return i.Fingerprint != "" && slices.Contains(r.Keys, i.Fingerprint) || i.named() && slices.Contains(r.Keys, i.Comment)
	}
	return slices.ContainsFunc(i.Principals, func(p string) bool { return p != "" && slices.Contains(r.Principals, p) })
}

// named reports whether the key has a comment that may stand for it.
func (i *Insider) named() bool { return isName(i.Comment) }

// isName reports whether a comment, or the key ID of a certificate, may stand for a
// key: it can be seen, and what looks like a fingerprint is that of a key.
func isName(s string) bool {
	s = strings.TrimSpace(text.New(s).String())
	return s != "" && !strings.HasPrefix(s, "SHA256:")
}

// who returns who they are, as the journal has it.
func (i *Insider) who() deck.Actor {
	return deck.Actor{
		Actor: i.Name(), SSHUser: i.User, SSHClient: i.Address, SSHKey: i.Fingerprint, SSHCertificate: i.Certificate, SSHAuthority: i.Authority,
	}
}

// wire returns who they are, as a list of sessions has it.
func (i *Insider) wire() *local.SSH {
	if i == nil {
		return nil
	}
	return &local.SSH{User: i.User, Client: i.Address, Key: i.Fingerprint, Certificate: i.Certificate, Authority: i.Authority}
}

// Admission is what somebody who proves a key is let in to.
type Admission struct {
	Role string // its name; of several, the first
	// Looks: they may look, and nothing that they may do changes anything.
	Looks bool
}

// Admits returns what somebody who proves this key is let in to; ok is false where
// no role has them.
func (s *Server) Admits(who Insider) (a Admission, ok bool) {
	p, ok := s.permitOf(&conn{insider: &who})
	changes := func(w local.Word) bool { return w != local.WordView && w != local.WordReveal }
	return Admission{Role: p.role, Looks: p.can(local.WordView) && !slices.ContainsFunc(p.may, changes)}, ok
}

// ofInsider returns what an insider may do; ok is false for one whom no role has.
// Nothing else lets them in: neither their name, nor that there are no roles.
func (p permits) ofInsider(i *Insider) (out permit, ok bool) {
	for _, r := range p.roles {
		if !i.has(r) {
			continue
		}
		if !ok {
			out.role, ok = r.Name, true
		}
		out.add(r.May)
	}
	return out, ok
}

// SetRoles replaces the roles while the service runs. Each counts from the next
// request on. Sessions by SSH that may no longer look are ended.
func (s *Server) SetRoles(list []Role) {
	s.roles.Store(&list)
	for _, of := range s.sessions.sorted() {
		if of.insider == nil {
			continue
		}
		if p, ok := s.permitOf(&conn{peer: of.peer, insider: of.insider}); !ok || !p.can(local.WordView) {
			s.sessions.end(of, "ended: no role lets you look any more", true)
		}
	}
}

// permitOf returns what the one at the other end of a connection may do now; ok is
// false for one whom no role has.
func (s *Server) permitOf(c *conn) (permit, bool) {
	if c.insider != nil {
		k := s.known(c)
		return k.permit, k.ok
	}
	p := s.permits
	p.roles = *s.roles.Load()
	return p.of(c.peer)
}

// knownPermit is what an insider may do by some roles. It never changes.
type knownPermit struct {
	roles *[]Role
	permit
	ok    bool
	words []string // of the permit
}

// known returns what the insider of a connection may do now. It is found out anew
// when the roles are others.
func (s *Server) known(c *conn) *knownPermit {
	roles := s.roles.Load()
	if k := c.known.Load(); k != nil && k.roles == roles {
		return k
	}
	k := &knownPermit{roles: roles}
	p := s.permits
	p.roles = *roles
	k.permit, k.ok = p.ofInsider(c.insider)
	for _, w := range k.may {
		k.words = append(k.words, string(w))
	}
	c.known.Store(k)
	return k
}
