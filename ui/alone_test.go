package ui

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/share"
)

// alone is a snapshot while the other hosts are not heard.
func alone(s *deck.Snapshot) *deck.Snapshot {
	s.Share = share.State{Shared: true, Since: s.Health.Complete.Add(-42 * time.Second)}
	return s
}

// TestAutoResumeAlone: while the other hosts are not heard, who types an auto-resume
// reads that it is of this host alone, and only such a one is.
func TestAutoResumeAlone(t *testing.T) {
	const words = "LOCAL ONLY: this host alone will resume it; if it stops, nobody does."
	onNight(t, "t", Options{}, func(t *testing.T, s *session) {
		s.show(alone(nightOffice()))
		s.want("LOCAL ONLY 00:42")
		s.pick(sidPaused).press("t").wait(time.Second)
		s.want("Change the auto-resume of …8142", words)
		s.press("9", "0", "enter")
		s.want("auto-resume of …8142 set on this host only: resumes in 01:30")
		s.wantNotes("timer 8142 ana 1m30s local")
	})
	onNight(t, "P and t", Options{AutoResume: time.Minute}, func(t *testing.T, s *session) {
		s.show(alone(office())).pick(sidRec).press("P")
		s.want("LOCAL ONLY: without auto-resume, unless t sets one")
		s.press("t").wait(time.Second)
		s.want(words)
		s.press("9", "0", "enter")
		s.want("Pause …91be, resume it after 1m30s")
		s.press("1").pick(sidOld).press("P").wait(time.Second).press("1").pick(sidQueued).press("p")
		s.wantAfter(90*time.Second, time.Minute, time.Minute)
		for i, want := range []bool{true, false, false} {
			if got := s.d.requests[i].ResumeLocal; got != want {
				t.Errorf("request %d: local %v", i, got)
			}
		}
	})
	onNight(t, "while the others are heard", Options{}, func(t *testing.T, s *session) {
		snap := nightOffice()
		snap.Share = share.State{Shared: true, Connected: true}
		s.show(snap).pick(sidPaused).press("t").wait(time.Second)
		s.wantNot("LOCAL ONLY")
		s.press("9", "0", "enter")
		s.wantNotes("timer 8142 ana 1m30s")
	})
	onNight(t, "a cancel that came too late", Options{}, func(t *testing.T, s *session) {
		s.d.refuse = share.ErrFired
		s.show(nightOffice()).pick(sidPaused2).press("t").wait(time.Second).press("0", "enter")
		s.want("cannot cancel the auto-resume of …c07a: it has fired")
	})
}

// TestTimersOfHosts: leaving says that an auto-resume goes on where another host is
// there, and that it does not where none is.
func TestTimersOfHosts(t *testing.T) {
	other := deck.HostInfo{Host: share.Host{Name: "b"}}
	gone := deck.HostInfo{Host: share.Host{Name: "b", Gone: true}}
	self := deck.HostInfo{Host: share.Host{Name: "a", Self: true}}
	for _, tt := range []struct {
		name  string
		state share.State
		hosts []deck.HostInfo
		want  string
	}{
		{"another host is there", share.State{Shared: true, Connected: true}, []deck.HostInfo{self, other}, "it is resumed at"},
		{"it is gone", share.State{Shared: true, Connected: true}, []deck.HostInfo{self, gone}, "its auto-resume will not be done"},
		{"it is not heard", share.State{Shared: true}, []deck.HostInfo{self, other}, "its auto-resume will not be done"},
		{"nothing is shared", share.State{}, nil, "its auto-resume will not be done"},
	} {
		onNight(t, tt.name, Options{}, func(t *testing.T, s *session) {
			s.d.settle = func(req deck.Request) (deck.Progress, error) {
				return deck.Progress{Request: req, Outcome: deck.Verified, Settled: true}, nil
			}
			s.show(office()).pick(sidRec).press("p")
			snap := change(office(), sidRec, func(r *deck.Recording) {
				r.Status, r.Pause = api.Paused, deck.Pause{Since: time.Now(), Actor: "ana"}
				r.Timer = deck.Timer{At: time.Now().Add(time.Minute), Actor: "ana"}
			})
			snap.Share, snap.Hosts = tt.state, tt.hosts
			s.show(snap).press("q").wait(time.Second)
			s.want(tt.want)
			s.press("esc")
			if why := s.m.timerWords(); (why == "") != strings.Contains(tt.want, "is resumed") {
				t.Errorf("cannot suspend: %q", why)
			}
		})
	}
}
