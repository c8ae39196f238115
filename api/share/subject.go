package share

import (
	"strings"
)

// The subjects. Each has the host that writes it as its second token, so that
// the server lets a host write `tapedeck.HOST.>` and nothing else. See README,
// "Several hosts".
//
//	tapedeck.HOST.state.SPACE.PROJECT.SID.KIND   a fact
//	tapedeck.HOST.timer.SPACE.PROJECT.SID        an auto-resume, as HOST last moved it
//	tapedeck.HOST.host.INSTANCE                  a process of the host is there
//	tapedeck.HOST.journal.CHAIN                  the lines of a journal
const (
	subjectRoot = "tapedeck"
	// liveRoot stands before the subject of a message that was stored, in what
	// the server sends to all.
	liveRoot = "tapedeck-new"
	// apiRoot stands before what the server is asked, where the streams are in
	// another account than the hosts; directAPI, where they are not.
	apiRoot   = "tapedeck-api"
	directAPI = "$JS.API"

	stateStream   = "TAPEDECK"
	journalStream = "TAPEDECK_JOURNAL"
)

// The kinds of facts, in subjects.
const (
	kindPause = "pause"
	kindAck   = "ack"
	kindLeft  = "left"
)

// kind returns the kind of a fact; ok is false when it has none, or several.
func (f Fact) kind() (kind string, ok bool) {
	n := 0
	if f.Pause != nil {
		kind, n = kindPause, n+1
	}
	if f.Ack != nil {
		kind, n = kindAck, n+1
	}
	if f.Left != nil {
		kind, n = kindLeft, n+1
	}
	return kind, n == 1
}

// of returns a fact of a kind that says nothing but that it is over; ok is
// false for a kind that is not known.
func overFact(kind string) (f Fact, ok bool) {
	f.Over = true
	switch kind {
	case kindPause:
		f.Pause = &Pause{}
	case kindAck:
		f.Ack = &Ack{}
	case kindLeft:
		f.Left = &Left{}
	default:
		return f, false
	}
	return f, true
}

// maxToken is the length of the longest token of a subject, as it is written.
const maxToken = 200

// token returns s as one token of a subject: letters, digits, - and _ as they
// are, any other byte as = and two hex digits. An empty one is "=".
func token(s string) string {
	const hex = "0123456789ABCDEF"
	if s == "" {
		return "="
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; plainByte(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('=')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func plainByte(c byte) bool {
	return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// untoken returns what token was given. ok is false for what token does not
// write, so that each text has one token.
func untoken(t string) (s string, ok bool) {
	if t == "=" {
		return "", true
	}
	var b []byte
	for i := 0; i < len(t); i++ {
		if t[i] != '=' {
			b = append(b, t[i])
			continue
		}
		if i+2 >= len(t) {
			return "", false
		}
		b = append(b, unhex(t[i+1])<<4|unhex(t[i+2]))
		i += 2
	}
	s = string(b)
	return s, s != "" && len(t) <= maxToken && token(s) == t
}

func unhex(c byte) byte {
	if c >= 'A' {
		return (c - 'A' + 10) & 15
	}
	return (c - '0') & 15
}

// Normal returns the key with the space as it is in subjects: by the name of its
// host, so that https://EXAMPLE.signalwire.com:443/ and example.signalwire.com
// are one.
func (k Key) Normal() Key {
	s := strings.ToLower(strings.TrimRight(k.Space, "/"))
	if rest, ok := strings.CutPrefix(s, "https://"); ok {
		s = strings.TrimSuffix(rest, ":443")
	}
	k.Space = s
	return k
}

// fits reports whether a key can be part of a subject.
func (k Key) fits() bool {
	for _, s := range []string{k.Space, k.Project, k.SID} {
		if s == "" || len(token(s)) > maxToken {
			return false
		}
	}
	return true
}

func (k Key) tokens() string {
	return token(k.Space) + "." + token(k.Project) + "." + token(k.SID)
}

func factSubject(host string, k Key, kind string) string {
	return subjectRoot + "." + token(host) + ".state." + k.tokens() + "." + kind
}

// timerSubject returns the subject of an auto-resume; with "*" for the host it
// is the filter that has all of one recording.
func timerSubject(host string, k Key) string {
	if host != "*" {
		host = token(host)
	}
	return subjectRoot + "." + host + ".timer." + k.tokens()
}

func hostSubject(host, instance string) string {
	return subjectRoot + "." + token(host) + ".host." + token(instance)
}

func journalSubject(host, chain string) string {
	return subjectRoot + "." + token(host) + ".journal." + token(chain)
}

// address is what a subject says.
type address struct {
	host  string
	class string // state, timer, host or journal
	key   Key    // of state and timer
	last  string // the kind, the instance, or the chain
}

// parseSubject returns what a subject says; ok is false for one that is none of
// ours.
func parseSubject(subject string) (a address, ok bool) {
	parts := strings.Split(subject, ".")
	if len(parts) < 3 || parts[0] != subjectRoot {
		return a, false
	}
	for i, p := range parts[1:] {
		if parts[i+1], ok = untoken(p); !ok {
			return a, false
		}
	}
	a.host, a.class = parts[1], parts[2]
	rest := parts[3:]
	switch {
	case a.class == "state" && len(rest) == 4:
		a.key, a.last = Key{rest[0], rest[1], rest[2]}, rest[3]
		_, ok = overFact(a.last)
		return a, ok
	case a.class == "timer" && len(rest) == 3:
		a.key = Key{rest[0], rest[1], rest[2]}
		return a, true
	case (a.class == "host" || a.class == "journal") && len(rest) == 1:
		a.last = rest[0]
		return a, true
	}
	return a, false
}
