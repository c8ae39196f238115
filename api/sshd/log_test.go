package sshd

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// TestLogged: at most ten lines a second say who was refused, and one more, when the
// second is over, how many were left out, though nobody comes after them.
func TestLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var lines []string
		s := sayer{say: func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, fmt.Sprintf(format, args...))
		}}
		said := func() []string {
			mu.Lock()
			defer mu.Unlock()
			defer func() { lines = nil }()
			return lines
		}
		for _, tt := range []struct {
			n    int
			left string
		}{{25, "ssh: 15 more refused logins were not logged"}, {3, ""}, {10, ""}, {11, "ssh: 1 more refused logins were not logged"}} {
			for i := range tt.n {
				s.refused("refused %d", i)
			}
			if got, want := said(), min(tt.n, 10); len(got) != want || got[want-1] != fmt.Sprintf("ssh: refused %d", want-1) {
				t.Errorf("%d within a second: %q", tt.n, got)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if got := strings.Join(said(), "\n"); got != tt.left {
				t.Errorf("%d: after the second it says %q, want %q", tt.n, got, tt.left)
			}
		}
	})
}

// TestQuoted: what a client or a file has is within its quotes in the log, on one
// line, and short, whatever it is.
func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{
		"ana":                              `"ana"`,
		`x" from 192.0.2.1: unknown key`:   `"x\" from 192.0.2.1: unknown key"`,
		`x\`:                               `"x\\"`,
		"a\x1b[2J\r\ntapedeck: \u202efake": `"a` + "\ufffd" + `[2J  tapedeck: fake"`,
		strings.Repeat("é", 40):            `"` + strings.Repeat("é", 32) + `…"`,
		"x" + strings.Repeat("é", 40):      `"x` + strings.Repeat("é", 31) + `…"`,
		"":                                 `""`,
	} {
		if got := quoted(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// TestClaimed: a user name and a key ID are safe to show, and short, however long
// they came.
func TestClaimed(t *testing.T) {
	ca := newKey(t, 8)
	authorities, _ := ParseAuthorities([]byte(line(ca)))
	g := &Gate{Authorities: authorities}
	for in, want := range map[string]string{
		"ana":                       "ana",
		"a\x1b]0;x\a\u202eb":        "a\ufffd]0;x\ufffdb",
		"":                          "",
		strings.Repeat("é", 50_000): strings.Repeat("é", 128) + "…",
	} {
		id, why := g.Check(in, certify(t, ca, func(c *gossh.Certificate) { c.KeyId = in }), addressOf(addr("192.0.2.7:1")), now)
		if why != nil || id.User != want || id.CertificateID != want {
			t.Errorf("%.20q: user %.20q, key ID %.20q, %v", in, id.User, id.CertificateID, why)
		}
	}
}
