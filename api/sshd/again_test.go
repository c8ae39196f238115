package sshd

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestAgain: who would not be let in now as who they were at the login begins no
// session over a connection that lasts, and those that run end when the files were
// read again. That holds for what changes in the files, with the roles, and with time.
func TestAgain(t *testing.T) {
	key := newKey(t, 1)
	bare := line(key)
	expiry := time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC) // a bubble begins at the start of that year
	keys := func(h *host, file string) {
		k, wrong := ParseKeys([]byte(file))
		if wrong != nil {
			t.Error(wrong)
		}
		h.gate = &Gate{Keys: k}
	}
	for name, tt := range map[string]struct {
		before string
		change func(h *host)
		want   string
	}{
		"nothing":              {bare + " op", func(h *host) { keys(h, "# new\n"+bare+" op") }, ""},
		"the key is gone":      {bare + " op", func(h *host) { keys(h, line(newKey(t, 2))) }, "unknown key"},
		"another comment":      {bare + " op", func(h *host) { keys(h, bare+" viewer") }, "its line in the key file is another one now"},
		"no comment":           {bare + " op", func(h *host) { keys(h, bare) }, "its line in the key file is another one now"},
		"a comment":            {bare, func(h *host) { keys(h, bare+" op") }, "its line in the key file is another one now"},
		"another line first":   {bare + " op", func(h *host) { keys(h, bare+" viewer\n"+bare+" op") }, "its line in the key file is another one now"},
		"no terminal any more": {bare + " op", func(h *host) { keys(h, "no-pty "+bare+" op") }, "its line in the key file is another one now"},
		"from somewhere else":  {bare + " op", func(h *host) { keys(h, `from="10.0.0.1" `+bare+" op") }, "wrong address"},
		"the key was revoked": {bare + " op", func(h *host) {
			h.gate = &Gate{Keys: h.gate.Keys, Revoked: &Revocations{keys: map[string]bool{string(key.PublicKey().Marshal()): true}}}
		}, "revoked"},
		"the role is gone":      {bare + " op", func(h *host) { h.admit = func(Identity) *Refused { return refused(NoRole, "") } }, "no role"},
		"a role by the comment": {bare + " op", func(h *host) { keys(h, bare+" x"); h.admit = byComment("op") }, "no role"},
		"it has expired":        {fmt.Sprintf("expiry-time=%q %s op", expiry.Format("200601021504Z"), bare), func(*host) {}, "key expired"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var why reason
				h := newHost(t, strings.TrimSpace(tt.before), until(&why))
				c := h.must()
				defer h.close()
				defer func() { _ = c.Close() }()
				se, err := c.NewSession()
				if err != nil {
					t.Fatal(err)
				}
				if err := se.Start("watch"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				h.mu.Lock()
				tt.change(h)
				h.mu.Unlock()
				time.Sleep(time.Until(expiry))
				another, err := c.NewSession()
				if (err != nil) != (tt.want != "") {
					t.Errorf("another session: %v", err)
				}
				if err == nil {
					_ = another.Close()
				}
				h.srv.Recheck()
				synctest.Wait()
				got, _ := why.v.Load().(string)
				if want := "your key does not let you in any more: " + tt.want; tt.want != "" && !strings.HasPrefix(got, want) || tt.want == "" && got != "" {
					t.Errorf("it has ended by %q, want %q", got, tt.want)
				}
				h.mu.Lock()
				defer h.mu.Unlock()
				if said := strings.Join(h.said, "\n"); tt.want != "" && strings.Count(said, `ended the connection of "alice" from 192.0.2.7: `+tt.want) != 1 {
					t.Errorf("said %q", said)
				}
			})
		})
	}
}

// byComment has a role for one comment alone.
func byComment(comment string) func(Identity) *Refused {
	return func(id Identity) *Refused {
		if id.Comment != comment {
			return refused(NoRole, "")
		}
		return nil
	}
}

// TestShownBefore: a key that was shown while it was good, and is proven when it is
// not any more, has no session, though nobody looks at the connections meanwhile.
func TestShownBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, line(newKey(t, 1)), func(context.Context, *Session) int { t.Error("it has a session"); return 0 })
		shown := false
		h.admit = func(Identity) *Refused { // called with the mutex of h
			if shown {
				return refused(NoRole, "")
			}
			shown = true
			return nil
		}
		c, err := h.login("192.0.2.7", newKey(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.NewSession(); err == nil { // with why, where that still comes through
			t.Error("it has a session")
		}
		_ = c.Wait() // it has lost its connection
		h.close()
		h.mu.Lock()
		defer h.mu.Unlock()
		if said := strings.Join(h.said, "\n"); !strings.Contains(said, "ended the connection of") {
			t.Errorf("said %q", said)
		}
	})
}
