//go:build unix

package sshd

import (
	"strings"
	"testing"
)

// TestAlgorithms: of all that OpenSSH can do, nothing is agreed on that rests on
// SHA-1, on DSA, or on ciphers of another time; and with each of the others that
// both have a command works.
func TestAlgorithms(t *testing.T) {
	t.Parallel()
	o := newOpenSSH(t)
	k := &keygen{t, o.c.Path(), o.c.Dir()}
	rsa := newKeygen(t)
	rsa.key("rsa", "-t", "rsa", "-b", "2048")
	keys, _ := ParseKeys([]byte(line(newKey(t, 1)) + "\n" + string(rsa.read("rsa.pub"))))
	o.mu.Lock()
	o.gate = &Gate{Keys: keys}
	o.mu.Unlock()
	ask := func(options ...string) (ok bool, errs string) {
		out, errs, code := o.run(t, o.c, o.login("say hello", append(options, "-o", "LogLevel=INFO")...), "")
		return out == "hello\n" && code == 0, errs
	}
	agreed := 0
	for query, option := range map[string][]string{
		"kex": {"KexAlgorithms"}, "cipher": {"Ciphers"}, "mac": {"Ciphers=aes128-ctr", "MACs"}, "key-sig": {"HostKeyAlgorithms"},
	} {
		list, _ := k.run("-Q", query)
		for name := range strings.FieldsSeq(list) {
			// Every one that is old, and of each kind two that are not: the others are
			// the library's matter.
			old := strings.Contains(name, "sha1") || strings.Contains(name, "md5") || strings.Contains(name, "dss") || strings.Contains(name, "cbc") || name == "ssh-rsa"
			if !old && !strings.Contains(" curve25519-sha256 diffie-hellman-group14-sha256 chacha20-poly1305@openssh.com aes256-gcm@openssh.com hmac-sha2-256-etm@openssh.com hmac-sha2-512 ssh-ed25519 ", " "+name+" ") {
				continue
			}
			var options []string
			for _, one := range option[:len(option)-1] {
				options = append(options, "-o", one)
			}
			ok, errs := ask(append(options, "-o", option[len(option)-1]+"="+name)...)
			if ok == old || old && !strings.Contains(errs, "no matching") && !strings.Contains(errs, "Bad ") {
				t.Errorf("%s %s: it works %v, %q", query, name, ok, errs)
			}
			if ok {
				agreed++
			}
		}
	}
	if agreed != 7 {
		t.Errorf("with %d algorithms it works, want 7", agreed)
	}
	for _, tt := range []struct {
		algorithm string
		want      bool
	}{{"ssh-rsa", false}, {"rsa-sha2-256", true}, {"rsa-sha2-512", true}} {
		l := o.login("say hello", "-i", rsa.file("rsa"), "-o", "PubkeyAcceptedAlgorithms="+tt.algorithm)
		if out, errs, _ := o.run(t, o.c, l, ""); (out != "") != tt.want {
			t.Errorf("an RSA key by %s: %q, %q", tt.algorithm, out, errs)
		}
	}
	// New keys are agreed on in the middle of what is sent.
	much := strings.Repeat("line\n", 100_000)
	if out, errs, code := o.run(t, o.c, o.login("copy", "-o", "RekeyLimit=64K"), much); out != much || code != 0 {
		t.Errorf("with new keys: exit code %d, %d bytes, %q", code, len(out), errs)
	}
}
