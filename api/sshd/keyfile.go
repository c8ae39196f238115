package sshd

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/text"
)

const (
	minRSA     = 2048     // bits
	maxKeyFile = 1 << 20  // bytes of a key file
	maxLine    = 16 << 10 // bytes of one of its lines
)

// Keys are those of a key file. They never change: read the file again for
// others. The zero value lets nobody in.
type Keys struct {
	by map[string][]*keyLine // by the key in the form of the wire
	// refused are the keys of lines that are not understood, so that the log can
	// say so.
	refused map[string]int // the number of such a line
}

// keyLine is one line that is understood.
type keyLine struct {
	number  int
	key     gossh.PublicKey
	comment string
	from    *patterns // nil for anywhere
	expiry  time.Time // zero for never
	noPTY   bool      // commands alone
}

// LineError says why a line lets nobody in.
type LineError struct {
	Line int // from 1
	Why  string
}

// Error returns the number of the line and why.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// ParseKeys reads a key file, in the form of OpenSSH's authorized_keys. A line
// that it does not understand wholly lets nobody in, and is among the errors; it
// never ends the reading. A key that any such line has lets nobody in by another
// line either: what was to restrict it may be on the one that is not understood.
//
// Of the options it honors from=, expiry-time=, restrict, pty and no-pty, and those
// that forbid what nobody is granted here, such as no-port-forwarding.
func ParseKeys(file []byte) (*Keys, []*LineError) {
	k := &Keys{by: map[string][]*keyLine{}, refused: map[string]int{}}
	var wrong []*LineError
	if len(file) > maxKeyFile {
		return k, []*LineError{{Line: 1, Why: fmt.Sprintf("the file is larger than %d bytes: none of it is used", maxKeyFile)}}
	}
	number := 0
	for line := range bytes.Lines(file) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		trimmed := strings.Trim(string(line), " \t")
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		got, err := parseKeyLine(trimmed)
		if err != nil {
			for _, wire := range keysOn(trimmed) {
				k.refused[wire] = number
			}
			wrong = append(wrong, &LineError{Line: number, Why: text.New(err.Error()).String()})
			continue
		}
		got.number = number
		wire := string(got.key.Marshal())
		k.by[wire] = append(k.by[wire], got)
	}
	return k, wrong
}

// keysOn returns the keys, in the form of the wire, that can be found on a line which
// is not understood, wherever they are on it.
func keysOn(line string) (wires []string) {
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"',", r) }) {
		raw, err := base64.StdEncoding.DecodeString(word)
		if err != nil {
			continue
		}
		if key, err := gossh.ParsePublicKey(raw); err == nil {
			wires = append(wires, string(plain(key).Marshal()))
		}
	}
	return wires
}

// parseKeyLine reads one line.
func parseKeyLine(line string) (*keyLine, error) {
	if len(line) > maxLine {
		return nil, fmt.Errorf("it is longer than %d bytes", maxLine)
	}
	if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return nil, errors.New("it has control characters, or is not UTF-8")
	}
	options, rest, err := cutOptions(line)
	if err != nil {
		return nil, err
	}
	kind, rest := cutField(rest)
	blob, comment := cutField(rest)
	key, err := parseKey(kind, blob)
	if err != nil {
		return nil, err
	}
	if !allowedKey(key) {
		return nil, fmt.Errorf("a key of this kind is not used: %s", kindOf(key))
	}
	l := &keyLine{key: key, comment: text.New(strings.Trim(comment, " \t")).String()}
	for _, o := range options {
		if err := l.apply(o); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// cutField returns what is before the first blank, and the rest.
func cutField(s string) (field, rest string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeft(s[i:], " \t")
}

// keyKinds are the words with which a key begins.
var keyKinds = []string{
	gossh.KeyAlgoED25519, gossh.KeyAlgoRSA, gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521,
	gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256, "ssh-dss",
}

// cutOptions returns the options with which a line begins, if it has any, and
// the rest. A line that begins with the name of a key has none.
func cutOptions(line string) (options []string, rest string, err error) {
	if kind, rest := cutField(line); slices.Contains(keyKinds, kind) {
		return nil, kind + " " + rest, nil
	}
	if kind, _ := cutField(line); strings.Contains(kind, "-cert-v01@") {
		return nil, "", errors.New("it is a certificate: name its authority in ssh_user_cas")
	}
	quoted, from := false, 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted && i+1 < len(line) && line[i+1] == '"':
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			options = append(options, line[from:i])
			from = i + 1
		case (c == ' ' || c == '\t') && !quoted:
			return append(options, line[from:i]), strings.TrimLeft(line[i:], " \t"), nil
		}
	}
	if quoted {
		return nil, "", errors.New("a quote is not closed")
	}
	return nil, "", errors.New("there is no key on it")
}

// parseKey reads the name of a key's kind and the key, which must agree.
func parseKey(kind, blob string) (gossh.PublicKey, error) {
	switch {
	case !slices.Contains(keyKinds, kind):
		return nil, fmt.Errorf("%s is no kind of key", quoted(kind))
	case blob == "":
		return nil, errors.New("there is no key on it")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(blob)
	if err != nil {
		return nil, errors.New("the key is not base64")
	}
	key, err := gossh.ParsePublicKey(raw)
	if err != nil {
		return nil, errors.New("the key cannot be read")
	}
	if key.Type() != kind {
		return nil, fmt.Errorf("it says %s, and the key is %s", kind, quoted(key.Type()))
	}
	if !bytes.Equal(key.Marshal(), raw) {
		return nil, errors.New("something follows the key in its base64")
	}
	return key, nil
}

// forbidding are the options that forbid what nobody is granted here.
var forbidding = []string{"no-port-forwarding", "no-agent-forwarding", "no-x11-forwarding", "no-user-rc"}

// apply takes one option, or says why the line is refused for it.
func (l *keyLine) apply(option string) error {
	name, value, has := strings.Cut(option, "=")
	name = strings.ToLower(name)
	if !has {
		switch {
		case name == "restrict" || name == "no-pty":
			l.noPTY = true
			return nil
		case name == "pty":
			l.noPTY = false
			return nil
		case slices.Contains(forbidding, name):
			return nil
		}
		return fmt.Errorf("the option %s is not honored here", quoted(name))
	}
	value, err := unquote(value)
	if err != nil {
		return fmt.Errorf("%s: %w", quoted(name), err)
	}
	switch name {
	case "from":
		if l.from != nil {
			return errors.New("from= is there twice")
		}
		from, err := parsePatterns(value)
		l.from = &from
		return err
	case "expiry-time":
		if !l.expiry.IsZero() {
			return errors.New("expiry-time= is there twice")
		}
		l.expiry, err = parseExpiry(value)
		return err
	}
	return fmt.Errorf("the option %s is not honored here", quoted(name))
}

// unquote returns the value of an option, which is in double quotes.
func unquote(s string) (string, error) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", errors.New("its value is not in double quotes")
	}
	s = s[1 : len(s)-1]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '"':
			i++
			b.WriteByte('"')
		case s[i] == '"':
			return "", errors.New("it has a quote within")
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// parseExpiry reads YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with Z in UTC, else
// in the zone of this process.
func parseExpiry(s string) (time.Time, error) {
	digits, utc := strings.CutSuffix(s, "Z")
	zone := time.Local
	if utc {
		zone = time.UTC
	}
	for _, form := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(form) != len(digits) {
			continue
		}
		if t, err := time.ParseInLocation(form, digits, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("expiry-time=%s is no time: YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, and Z for UTC", quoted(s))
}

// find returns the line by which a key may come in from an address now, or why it
// may not.
func (k *Keys) find(key gossh.PublicKey, from netip.Addr, now time.Time) (*keyLine, *Refused) {
	if k == nil {
		return nil, refused(UnknownKey, "")
	}
	wire := key.Marshal()
	if n := k.refused[string(wire)]; n != 0 {
		return nil, refused(RefusedLine, fmt.Sprintf("line %d", n))
	}
	why := refused(UnknownKey, "")
	for _, l := range k.by[string(wire)] {
		switch {
		case !l.expiry.IsZero() && !now.Before(l.expiry):
			why = refused(ExpiredKey, fmt.Sprintf("line %d", l.number))
		case l.from != nil && !l.from.match(from):
			why = refused(WrongAddress, fmt.Sprintf("line %d", l.number))
		default:
			return l, nil
		}
	}
	return nil, why
}

// Len returns how many keys may come in.
func (k *Keys) Len() int {
	n := 0
	for wire := range k.by {
		if k.refused[wire] == 0 {
			n++
		}
	}
	return n
}

// rsaBits returns the size of an RSA key; 0 for any other.
func rsaBits(key gossh.PublicKey) int {
	if c, ok := key.(gossh.CryptoPublicKey); ok {
		if rsaKey, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			return rsaKey.N.BitLen()
		}
	}
	return 0
}

// kindOf names a key for people.
func kindOf(key gossh.PublicKey) string {
	if bits := rsaBits(key); bits != 0 {
		return fmt.Sprintf("RSA of %d bits", bits)
	}
	return key.Type()
}

const shownBytes = 64 // of what a file or a client has, in a message

// quoted returns the beginning of a text in quotes, safe to show. A quote within it
// has a backslash, so that nobody can end it and go on in the words of the log.
func quoted(s string) string {
	if len(s) > shownBytes {
		s = strings.ToValidUTF8(s[:shownBytes], "") + "…"
	}
	return strconv.Quote(text.New(s).String())
}
