package sshd

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// newKey returns a key, by its number always the same.
func newKey(t testing.TB, n byte) gossh.Signer {
	t.Helper()
	s, err := gossh.NewSignerFromKey(newEd25519(n))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newRSA(t testing.TB, bits int) gossh.Signer {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0") // to make one that is refused
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	s, err := gossh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// line returns a key as it is in a key file.
func line(s gossh.Signer) string {
	return strings.TrimSpace(string(gossh.MarshalAuthorizedKey(s.PublicKey())))
}

// TestKeyFile: which lines let their key in, from where and when, and what is
// said of those that do not.
func TestKeyFile(t *testing.T) {
	key := line(newKey(t, 1))
	_, blob, _ := strings.Cut(key, " ")
	const home = "192.0.2.7"
	tests := []struct {
		name, file string
		from       string // where it comes from; empty is home
		want       Reason // empty is that it may come in
		wrong      string // of the errors, each in a line
	}{
		{"a key", key, "", "", ""},
		{"a key with a comment", key + " alice@example.com the first", "", "", ""},
		{"blanks", "\t " + key + "\t \r", "", "", ""},
		{"comments and empty lines", "# x\n\n   # y\n" + key + "\n", "", "", ""},
		{"no key", "", "", UnknownKey, ""},
		{"another key", line(newKey(t, 2)), "", UnknownKey, ""},

		{"from an address", `from="192.0.2.7" ` + key, "", "", ""},
		{"from a network", `from="10.0.0.0/8,192.0.2.0/24" ` + key, "", "", ""},
		{"from a form", `from="192.0.2.*" ` + key, "", "", ""},
		{"from elsewhere", `from="192.0.2.8,198.51.100.0/24" ` + key, "", WrongAddress, ""},
		{"not from it", `from="192.0.2.0/24,!192.0.2.7" ` + key, "", WrongAddress, ""},
		{"not from another one", `from="!192.0.2.8,192.0.2.0/24" ` + key, "", "", ""},
		{"only not from", `from="!192.0.2.8" ` + key, "", WrongAddress, ""},
		{"IPv4 in IPv6", `from="192.0.2.7" ` + key, "::ffff:192.0.2.7", "", ""},
		{"IPv6", `from="2001:db8::/32" ` + key, "2001:db8::1", "", ""},
		{"IPv6 by another form", `from="2001:db8:0:0::1" ` + key, "2001:db8::1", "", ""},
		{"an address that is not known", `from="0.0.0.0/0,::/0" ` + key, "none", WrongAddress, ""},
		{"from nothing", `from="" ` + key, "", RefusedLine, "line 1: from=: a part of it is empty"},
		{"from a host", `from="*.example.com" ` + key, "", RefusedLine, `line 1: from=: "*.example.com" is no address: names of hosts are not looked up`},
		{"from a network with bits beyond", `from="192.0.2.7/24" ` + key, "", RefusedLine, `line 1: from=: "192.0.2.7/24" has bits beyond the length of its network`},
		{"from twice", `from="192.0.2.7",from="*" ` + key, "", RefusedLine, "line 1: from= is there twice"},
		{"from without quotes", `from=192.0.2.7 ` + key, "", RefusedLine, `line 1: "from": its value is not in double quotes`},

		{"a day to come", `expiry-time="20261130Z" ` + key, "", "", ""},
		{"a day that has begun", `expiry-time="20261129Z" ` + key, "", ExpiredKey, ""},
		{"a minute", `expiry-time="202611291201Z" ` + key, "", "", ""},
		{"this second", `expiry-time="20261129120000Z" ` + key, "", ExpiredKey, ""},
		{"no time", `expiry-time="2026-11-30" ` + key, "", RefusedLine, `line 1: expiry-time="2026-11-30" is no time: YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, and Z for UTC`},
		{"no such day", `expiry-time="20261131Z" ` + key, "", RefusedLine, `line 1: expiry-time="20261131Z" is no time: YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, and Z for UTC`},

		{"what is never granted", "no-port-forwarding,no-agent-forwarding,no-X11-forwarding,No-User-RC " + key, "", "", ""},
		{"a command", `command="/bin/true" ` + key, "", RefusedLine, `line 1: the option "command" is not honored here`},
		{"an authority", "cert-authority " + key, "", RefusedLine, `line 1: the option "cert-authority" is not honored here`},
		{"a variable", `environment="A=b c\"d" ` + key, "", RefusedLine, `line 1: the option "environment" is not honored here`},
		{"verification", "verify-required " + key, "", RefusedLine, `line 1: the option "verify-required" is not honored here`},
		{"an option among others", `from="192.0.2.7",command="x y",restrict ` + key, "", RefusedLine, `line 1: the option "command" is not honored here`},
		{"an empty option", "restrict,," + "pty " + key, "", RefusedLine, `line 1: the option "" is not honored here`},
		{"an open quote", `from="192.0.2.7 ` + key, "", RefusedLine, "line 1: a quote is not closed"},

		{"a line that is refused refuses the others", key + "\n" + `command="x" ` + key, "", RefusedLine, `line 2: the option "command" is not honored here`},
		{"the second of two lines", `from="198.51.100.1" ` + key + "\n" + key, "", "", ""},
		{"an error does not end the reading", "rubbish\nssh-ed25519 AAAA\n" + key, "", "", "line 1: there is no key on it\nline 2: the key cannot be read"},
		{"another kind than it says", "ssh-rsa " + blob, "", RefusedLine, `line 1: it says ssh-rsa, and the key is "ssh-ed25519"`},
		{"an unknown kind", "ssh-foo " + blob, "", RefusedLine, `line 1: ` + quoted(blob) + ` is no kind of key`},
		{"a kind alone", "ssh-ed25519", "", UnknownKey, "line 1: there is no key on it"},
		{"not base64", "ssh-ed25519 !!!!", "", UnknownKey, "line 1: the key is not base64"},
		{"more than a key", "ssh-ed25519 " + longer(blob), "", UnknownKey, "line 1: the key cannot be read"},
		{"control characters", key + " a\x1b[2Jb", "", RefusedLine, "line 1: it has control characters, or is not UTF-8"},
		{"another encoding", key + " \xff", "", RefusedLine, "line 1: it has control characters, or is not UTF-8"},
		{"a line that is too long", key + " " + strings.Repeat("x", maxLine), "", RefusedLine, "line 1: it is longer than 16384 bytes"},
		{"within other words", `"x',` + blob + "'", "", RefusedLine, "line 1: a quote is not closed"},
		{"a certificate", "ssh-ed25519-cert-v01@openssh.com " + blob, "", RefusedLine, "line 1: it is a certificate: name its authority in ssh_user_cas"},
	}
	for _, tt := range tests {
		keys, wrong := ParseKeys([]byte(tt.file))
		var said []string
		for _, e := range wrong {
			said = append(said, e.Error())
		}
		if got := strings.Join(said, "\n"); got != tt.wrong {
			t.Errorf("%s: errors %q, want %q", tt.name, got, tt.wrong)
		}
		from := tt.from
		if from == "" {
			from = home
		}
		address, _ := netip.ParseAddr(from)
		if _, why := keys.find(newKey(t, 1).PublicKey(), address, now); reasonOf(why) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, why, tt.want)
		}
		if tt.want != RefusedLine {
			continue
		}
		for _, file := range []string{tt.file + "\n" + key, key + "\n" + tt.file} { // a good line does not help
			keys, _ := ParseKeys([]byte(file))
			if _, why := keys.find(newKey(t, 1).PublicKey(), address, now); reasonOf(why) != RefusedLine || keys.Len() != 0 {
				t.Errorf("%s, and a good line: %v", tt.name, why)
			}
		}
	}
}

func reasonOf(why *Refused) Reason {
	if why == nil {
		return ""
	}
	return why.Reason
}

// longer returns a key in base64 with a byte after it.
func longer(blob string) string {
	raw, _ := base64.StdEncoding.DecodeString(blob)
	return base64.StdEncoding.EncodeToString(append(raw, 0))
}

// TestKeyKinds: small keys of RSA are refused, others are not.
func TestKeyKinds(t *testing.T) {
	for bits, want := range map[int]string{1024: "line 1: a key of this kind is not used: RSA of 1024 bits", 2048: ""} {
		key := newRSA(t, bits)
		keys, wrong := ParseKeys([]byte(line(key)))
		if got := strings.Trim(fmt.Sprint(wrong), "[]"); got != want || (keys.Len() == 1) != (want == "") {
			t.Errorf("%d bits: %q, want %q", bits, got, want)
		}
	}
}

// TestNoPTY: restrict and no-pty allow commands alone, until pty allows more.
func TestNoPTY(t *testing.T) {
	key := newKey(t, 1)
	for options, want := range map[string]bool{"": false, "restrict ": true, "no-pty ": true, "restrict,pty ": false, "pty,restrict ": true} {
		keys, _ := ParseKeys([]byte(options + line(key)))
		id, why := (&Gate{Keys: keys}).Check("x", key.PublicKey(), netip.MustParseAddr("192.0.2.7"), now)
		if why != nil || id.NoPTY != want {
			t.Errorf("%q: %+v, %v", options, id, why)
		}
	}
}

// FuzzKeyFile: whatever is in the file, nobody comes in by a line of which
// OpenSSH's form, read by another reader, says something else.
func FuzzKeyFile(f *testing.F) {
	key := line(newKey(f, 1))
	f.Add(key)
	f.Add(`from="192.0.2.0/24,!192.0.2.7",expiry-time="20300101Z",restrict,pty ` + key + " a comment")
	f.Add(`command="a \" b" ` + key + "\n# x\n\n" + line(newKey(f, 2)))
	for _, seed := range documentedLines(line(newRSA(f, 2048)), securityKey(newKey(f, 3))) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		keys, _ := ParseKeys([]byte(file))
		for wire, lines := range keys.by {
			for _, l := range lines {
				raw := strings.Split(file, "\n")[l.number-1]
				other, _, options, _, err := gossh.ParseAuthorizedKey([]byte(raw))
				if err != nil || string(other.Marshal()) != wire {
					t.Fatalf("line %d, %q: another reader has %v, %v", l.number, raw, other, err)
				}
				for _, o := range options {
					name, _, _ := strings.Cut(strings.ToLower(o), "=")
					if !strings.Contains(" from expiry-time restrict pty no-pty no-port-forwarding no-agent-forwarding no-x11-forwarding no-user-rc ", " "+name+" ") {
						t.Fatalf("line %d, %q: the option %q was passed over", l.number, raw, o)
					}
					if name == "from" && l.from == nil || name == "expiry-time" && l.expiry.IsZero() {
						t.Fatalf("line %d, %q: %s does not count", l.number, raw, name)
					}
				}
			}
		}
	})
}

// documentedLines are lines of the forms that the manual of OpenSSH's sshd has.
func documentedLines(key, sk string) []string {
	return []string{
		"# a comment\r\n\r\n  \t# another\r\n" + key + " ana@desk\r\n",
		"\t" + strings.ReplaceAll(key, " ", "\t ") + "\twith tabs\n",
		`restrict,command="backup /home, then \"say so\"" ` + key,
		`restrict,pty,command="play" ` + key,
		`permitopen="192.0.2.1:80",permitopen="192.0.2.2:25" ` + key,
		`permitlisten="localhost:8080",permitlisten="[::1]:22000" ` + key,
		`tunnel="0",command="sh up tun0" ` + key,
		`cert-authority,no-touch-required,principals="ana,ben" ` + key,
		`CERT-AUTHORITY ` + key,
		`environment="A=b,c d",agent-forwarding,port-forwarding,X11-forwarding,user-rc ` + key,
		`from="*.example.com,!10.0.0.1,192.0.2.0/24" ` + key,
		`from="192.0.2.?,2001:db8::/32,!2001:db8::1",expiry-time="202612312359" ` + key,
		`No-Pty,NO-X11-forwarding,no-agent-forwarding,no-port-forwarding,no-user-rc ` + key,
		`no-touch-required ` + sk,
		`verify-required,restrict ` + sk,
		`restrict ` + sk + " a key that is touched",
	}
}

// securityKey returns a key as one that is touched, as it is in a key file.
func securityKey(s gossh.Signer) string {
	public := s.PublicKey().(gossh.CryptoPublicKey).CryptoPublicKey().(ed25519.PublicKey)
	wire := gossh.Marshal(struct{ Kind, Key, Application string }{gossh.KeyAlgoSKED25519, string(public), "ssh:"})
	return gossh.KeyAlgoSKED25519 + " " + base64.StdEncoding.EncodeToString(wire)
}

// TestDocumentedLines: of the forms that the manual of OpenSSH's sshd has, those
// let their key in whose options are all honored.
func TestDocumentedLines(t *testing.T) {
	const want = "yy" + "nnnnnnnnn" + "yy" + "nn" + "y"
	got := ""
	for _, seed := range documentedLines(line(newRSA(t, 2048)), securityKey(newKey(t, 3))) {
		keys, wrong := ParseKeys([]byte(seed))
		switch {
		case keys.Len() == 1 && wrong == nil:
			got += "y"
		case keys.Len() == 0 && len(wrong) == 1:
			got += "n"
		default:
			t.Errorf("%q: %d keys, %v", seed, keys.Len(), wrong)
		}
	}
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// newEd25519 returns a private key, by its number always the same.
func newEd25519(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}
