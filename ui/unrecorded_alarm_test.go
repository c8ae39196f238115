package ui

import (
	"fmt"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// alarming is the office whose calls without a recording alarm after a minute: of
// its three, all do.
func alarming() *deck.Snapshot {
	s := limited(uncovered())
	s.Policy, s.UnrecordedAlarm = deck.Evidence, time.Minute
	return s
}

// fresh is a snapshot as a poll that ends now would make it.
func fresh(old *deck.Snapshot) *deck.Snapshot {
	s := *old
	s.Health.Complete, s.InProgress.Listed = time.Now(), time.Now()
	return &s
}

// TestUnrecordedAlarm: a call that has had no recording for too long is shown
// without a key, on top, in the header, the title and by the bell.
func TestUnrecordedAlarm(t *testing.T) {
	onNight(t, "it alarms", Options{}, func(t *testing.T, s *session) {
		snap := alarming()
		snap.Unrecorded = append(snap.Unrecorded, bare(sidNew, "(646) 555-0100", 50*time.Second))
		s.show(snap).want("!NO REC", " NO REC 4 ", "EVIDENCE")
		if s.bells != 1 || s.m.alarms.Unrecorded() != 3 {
			t.Errorf("the bell rang %d times for %d", s.bells, s.m.alarms.Unrecorded())
		}
		if got, want := s.m.windowTitle(), "!NO REC 3 "; len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("the title is %q", got)
		}
		for range 11 {
			s.wait(time.Second).show(fresh(snap))
		}
		if s.m.alarms.Unrecorded() != 4 {
			t.Errorf("%d alarm when the last one is due", s.m.alarms.Unrecorded())
		}
		for range 50 {
			s.wait(time.Second).show(fresh(snap))
		}
		if s.bells != 2 {
			t.Errorf("the bell rang %d times in a minute and a second", s.bells)
		}
	})
	onNight(t, "not where nobody asked for it", Options{}, func(t *testing.T, s *session) {
		s.show(uncovered())
		s.wantNot("NO REC")
		s.press("u").want("NO REC")
		s.wantNot("!NO REC")
		if s.bells != 0 {
			t.Error("the bell rang")
		}
		s.choose(sidBare).press("a").want("cannot acknowledge: the call …0201 has no recording")
	})
	onNight(t, "u hides the rows, and not the alarm", Options{}, func(t *testing.T, s *session) {
		s.show(alarming()).press("u").show(alarming())
		s.want(" NO REC 3 ")
		s.wantNot("!NO REC")
	})
	onNight(t, "not on data that is stale", Options{}, func(t *testing.T, s *session) {
		s.show(alarming()).show(failed(alarming(), httpError(503, ""), 40*time.Second))
		s.wantNot("!NO REC")
		s.want("NO REC 3?")
		if s.m.alarms.Unrecorded() != 0 {
			t.Errorf("%d alarm", s.m.alarms.Unrecorded())
		}
	})
}

// TestUnrecordedAcknowledged: the alarm of a call without a recording is
// acknowledged with a reason and for a time; the question closes when the call has
// a recording.
func TestUnrecordedAcknowledged(t *testing.T) {
	onNight(t, "with a reason", Options{}, func(t *testing.T, s *session) {
		s.show(alarming()).choose(sidBare).press("a")
		s.want("Acknowledge that …0201 has no recording: its alarm is silent for a time", "Why has it no recording?")
		s.wait(400 * time.Millisecond).press("enter").want("type why it has no recording, in a line")
		s.press("n", "o", "enter", "2", "m", "enter")
		s.wantNotes(fmt.Sprintf("ack 0201 ana %q 2m0s", "no"))
		s.want("acknowledged that …0201 has no recording: silent until ")
		snap := alarming()
		snap.Unrecorded[0].Ack = deck.Ack{Actor: "ana", Reason: "no", Until: time.Now().Add(2 * time.Minute)}
		s.show(snap).want("+1 leg · ack")
		if s.m.alarms.Unrecorded() != 2 {
			t.Errorf("%d alarm, want 2", s.m.alarms.Unrecorded())
		}
	})
	onNight(t, "it has a recording by then", Options{}, func(t *testing.T, s *session) {
		s.show(alarming()).choose(sidBare).press("a")
		snap := covering(alarming(), sidBare)
		s.show(snap)
		if s.m.prompt != nil {
			t.Errorf("the question is still open:\n%s", s.text())
		}
		s.want("acknowledge …0201 canceled: it has ended, or has a recording by now")
	})
	onNight(t, "by a role that may not", Options{Service: lacking("acknowledge")}, func(t *testing.T, s *session) {
		s.show(alarming()).choose(sidBare).press("a")
		if s.m.prompt != nil || s.m.said() != "your role, operator, may not acknowledge" {
			t.Errorf("it says %q", s.m.said())
		}
	})
	onNight(t, "no other key acts on it", Options{}, func(t *testing.T, s *session) {
		s.show(alarming()).choose(sidBare)
		for _, k := range []string{"p", "P", "r", "X", "t", "space", "v"} {
			s.press(k)
		}
		s.wantVerbs("")
		s.wantNotes("")
	})
}

// TestUnrecordedAlarmOfOne: of several projects only that whose policy asks alarms.
func TestUnrecordedAlarmOfOne(t *testing.T) {
	onNight(t, "mixed", Options{}, func(t *testing.T, s *session) {
		one := func(profile string, alarm time.Duration) deck.Part {
			snap := uncovered()
			snap.UnrecordedAlarm = alarm
			if alarm > 0 {
				snap.Policy = deck.Evidence
			}
			for _, u := range snap.Unrecorded {
				u.Profile = profile
				u.Call, u.Conference = copyOf(u, profile)
			}
			return deck.Part{Profile: profile, Snapshot: snap}
		}
		s.show(ofProfiles(one("eu", 0), one("us", time.Minute)))
		s.want("EVIDENCE us")
		if s.m.alarms.Unrecorded() != 3 {
			t.Errorf("%d alarm, want those of us", s.m.alarms.Unrecorded())
		}
		for _, u := range s.m.live.UnrecordedAlarms(time.Now()) {
			if u.Profile != "us" {
				t.Errorf("one of %s alarms", u.Profile)
			}
		}
	})
}

// TestUnrecordedAlarmScreens are the screens while calls without a recording alarm.
func TestUnrecordedAlarmScreens(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 15}, {40, 3}} {
		at := fmt.Sprintf(" %dx%d", size[0], size[1])
		screenCase(t, "alarm"+at, size[0], size[1], Options{}, func(s *session) { s.show(alarming()) })
		if size[1] > 3 {
			screenCase(t, "acknowledge"+at, size[0], size[1], Options{}, func(s *session) { s.show(alarming()).choose(sidInRoom).press("a") })
		}
	}
	screenCase(t, "ascii 80x24", 80, 24, Options{ASCII: true}, func(s *session) { s.show(alarming()) })
}

// copyOf returns the call and the conference of one without a recording as those of
// another project.
func copyOf(u *deck.Unrecorded, profile string) (c *api.Call, f *api.Conference) {
	if u.Call != nil {
		one := *u.Call
		one.SID = text.New(one.SID.String() + profile)
		c = &one
	}
	if u.Conference != nil {
		one := *u.Conference
		one.SID = text.New(one.SID.String() + profile)
		f = &one
	}
	return c, f
}
