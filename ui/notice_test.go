package ui

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestNotices: what is to be said beside what the session does is in the status
// line, one after the other, and stays until a key.
func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notices := make(chan Notice, 2)
		s := newSession(t, 120, 40, Options{Notices: notices})
		s.show(limited(office()))
		for _, n := range []Notice{{Words: "alarm_command /opt/page failed: exit status 3", Hint: "tapedeck doctor looks at the command"}, {Words: "the other one"}} {
			notices <- n
			s.settle()
			s.want(n.Words, n.Hint)
		}
		s.want("the other one; before that: alarm_command /opt/page failed")
		s.wait(2 * time.Second).press("j")
		s.wantNot("the other one", "alarm_command")
		close(notices) // nothing waits for more
		s.settle()
	})
}
