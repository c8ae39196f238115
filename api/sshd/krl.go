package sshd

import (
	"crypto/sha1" // #nosec G505 -- a KRL may name keys by it; nothing is proven with it
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strconv"

	gossh "golang.org/x/crypto/ssh"
)

// The form is in the file PROTOCOL.krl of OpenSSH.
const (
	krlMagic  = "SSHKRL\n\x00"
	maxKRL    = 1 << 22 // bytes
	maxBitmap = 1 << 20 // bits in one bitmap of serials
)

// Sections of a KRL, and those of its certificates.
const (
	krlCertificates = 1
	krlKeys         = 2
	krlSHA1         = 3
	krlSignature    = 4
	krlSHA256       = 5

	krlSerials = 0x20
	krlRange   = 0x21
	krlBitmap  = 0x22
	krlIDs     = 0x23
)

// cursor reads the parts of a KRL one after the other. After the first that is
// not there it returns nothing, and err says why.
type cursor struct {
	b   []byte
	err error
}

func (c *cursor) take(n uint64) []byte {
	if c.err != nil || n > uint64(len(c.b)) {
		c.fail("it ends in the middle of something")
		return nil
	}
	got := c.b[:n]
	c.b = c.b[n:]
	return got
}

func (c *cursor) fail(why string) {
	if c.err == nil {
		c.err = errors.New(why)
	}
	c.b = nil
}

func (c *cursor) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint64() uint64 {
	if b := c.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// bytes reads a string of the wire.
func (c *cursor) bytes() []byte {
	if b := c.take(4); b != nil {
		return c.take(uint64(binary.BigEndian.Uint32(b)))
	}
	return nil
}

func (c *cursor) more() bool { return c.err == nil && len(c.b) > 0 }

// parseKRL reads a key revocation list. A section or an extension that it does
// not know makes all of it an error: what it says may revoke something.
func parseKRL(file []byte) (*Revocations, error) {
	if len(file) > maxKRL {
		return nil, fmt.Errorf("the revocation list is larger than %d bytes", maxKRL)
	}
	c := &cursor{b: file[len(krlMagic):]}
	if v := c.take(4); v != nil && binary.BigEndian.Uint32(v) != 1 {
		return nil, fmt.Errorf("the revocation list is of version %d, which is not known here", binary.BigEndian.Uint32(v))
	}
	c.take(3 * 8) // number, date and flags
	c.bytes()     // reserved
	c.bytes()     // comment
	r := &Revocations{ids: map[revokedID]bool{}, keys: map[string]bool{}, sha1: map[string]bool{}, sha256: map[string]bool{}}
	for c.more() {
		kind := c.byte()
		if kind == krlSignature {
			c.fail("it is signed, which is not checked here")
			break
		}
		section := &cursor{b: c.bytes()}
		if c.err == nil {
			r.section(kind, section)
			c.err = section.err
		}
	}
	if c.err != nil {
		return nil, fmt.Errorf("the revocation list cannot be read: %w", c.err)
	}
	return r, nil
}

// section takes one section.
func (r *Revocations) section(kind byte, c *cursor) {
	switch kind {
	case krlCertificates:
		r.certificates(c)
	case krlKeys:
		for c.more() {
			key, err := gossh.ParsePublicKey(c.bytes())
			if err != nil {
				c.fail("one of its keys cannot be read")
				return
			}
			r.keys[string(plain(key).Marshal())] = true
		}
	case krlSHA1, krlSHA256:
		to, size := r.sha1, sha1.Size
		if kind == krlSHA256 {
			to, size = r.sha256, sha256.Size
		}
		for c.more() {
			sum := c.bytes()
			if len(sum) != size {
				c.fail("a hash is not of its length")
				return
			}
			to[string(sum)] = true
		}
	default:
		c.fail(fmt.Sprintf("it has a section of kind %d, which is not known here", kind))
	}
}

// certificates takes the section of one authority, or of all.
func (r *Revocations) certificates(c *cursor) {
	authority := ""
	if b := c.bytes(); len(b) > 0 {
		key, err := gossh.ParsePublicKey(b)
		if err != nil {
			c.fail("the key of an authority cannot be read")
			return
		}
		authority = string(key.Marshal())
	}
	c.bytes() // reserved
	for c.more() {
		kind := c.byte()
		part := &cursor{b: c.bytes()}
		if c.err != nil {
			return
		}
		r.revoke(kind, authority, part)
		if part.err != nil {
			c.fail(part.err.Error())
		}
	}
}

// revoke takes what is revoked of one authority in one form.
func (r *Revocations) revoke(kind byte, authority string, c *cursor) {
	add := func(first, last uint64) { r.serials = append(r.serials, serials{authority, first, last}) }
	switch kind {
	case krlSerials:
		for c.more() {
			n := c.uint64()
			if c.err == nil {
				add(n, n)
			}
		}
	case krlRange:
		first, last := c.uint64(), c.uint64()
		if c.err == nil && (last < first || c.more()) {
			c.fail("a range of serials cannot be read")
		}
		if c.err == nil {
			add(first, last)
		}
	case krlBitmap:
		offset, bits := c.uint64(), new(big.Int).SetBytes(c.bytes())
		if bits.BitLen() > maxBitmap || c.more() {
			c.fail("a bitmap of serials is too large")
		}
		for i := 0; c.err == nil && i < bits.BitLen(); i++ {
			if n := offset + uint64(i); bits.Bit(i) == 1 && n >= offset { // #nosec G115 -- not negative
				add(n, n)
			}
		}
	case krlIDs:
		for c.more() {
			id := string(c.bytes())
			if c.err == nil {
				r.ids[revokedID{authority, id}] = true
			}
		}
	default:
		c.fail(fmt.Sprintf("it revokes certificates by form %#x, which is not known here", kind))
	}
}

// hasKey reports whether a key was revoked, by itself or by a hash.
func (r *Revocations) hasKey(key gossh.PublicKey) bool {
	wire := plain(key).Marshal()
	one, two := sha1.Sum(wire), sha256.Sum256(wire) // #nosec G401 -- see the import
	return r.keys[string(wire)] || r.sha1[string(one[:])] || r.sha256[string(two[:])]
}

// plain returns the key of a certificate, and any other key as it is.
func plain(key gossh.PublicKey) gossh.PublicKey {
	if cert, ok := key.(*gossh.Certificate); ok {
		return cert.Key
	}
	return key
}

// parseSerial reads a serial in decimal.
func parseSerial(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errors.New("it is no number from 0 to 2^64-1")
	}
	return n, nil
}
