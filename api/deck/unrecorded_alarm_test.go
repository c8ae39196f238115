package deck

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// alarming returns the numbers of the calls without a recording that alarm.
func (tb *table) alarming() (list []int) {
	tb.t.Helper()
	s := tb.deck.Snapshot()
	lacks := tb.lacks()
	for _, u := range s.UnrecordedAlarms(time.Now()) {
		for _, n := range lacks {
			if u.SID() == text.New(callNo(n)) {
				list = append(list, n)
			}
		}
	}
	return list
}

// TestUnrecordedAlarms: a call alarms once it has been without a recording for as
// long as the setting says, until it has one, also where nobody shows such calls;
// not while nobody can be sure, and not without the setting.
func TestUnrecordedAlarms(t *testing.T) {
	const alarm = time.Minute
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		tb := open(t, space, Config{UnrecordedAlarm: alarm})
		tb.run()
		after(30 * time.Second)
		space.Call(sim.Line{SID: callNo(1)})
		began := time.Now()
		var stood time.Duration
		for time.Since(began) < 2*alarm && stood == 0 {
			after(time.Second)
			if len(tb.alarming()) > 0 {
				stood = time.Since(began)
			}
		}
		if stood < alarm || stood > alarm+2*time.Second {
			t.Errorf("it alarms after %v, want %v", stood, alarm)
		}
		space.SetFaults(fault(t, "503")...)
		after(20 * time.Second)
		if got := tb.alarming(); got != nil {
			t.Errorf("%d alarms on data that is stale", got)
		}
		space.SetFaults()
		after(40 * time.Second)
		if got := tb.alarming(); len(got) != 1 {
			t.Errorf("%d alarms once the data is live", got)
		}
		space.Begin(sim.Begin{CallSID: callNo(1)})
		after(10 * time.Second)
		if got := tb.alarming(); got != nil {
			t.Errorf("%d alarms with a recording", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Call(sim.Line{SID: callNo(1), Ago: time.Hour})
		tb := open(t, space, Config{Unrecorded: true})
		tb.run()
		after(30 * time.Second)
		if got := tb.alarming(); got != nil || len(tb.lacks()) != 1 {
			t.Errorf("without the setting %d alarms of %d", got, tb.lacks())
		}
	})
}

// TestUnrecordedLevelChanges: when a level changes by itself is told exactly, by the
// server's clock, and of each profile by its own setting.
func TestUnrecordedLevelChanges(t *testing.T) {
	now := time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
	at := func(offset time.Duration, alarm time.Duration) *Snapshot {
		return &Snapshot{
			Offset: offset, UnrecordedAlarm: alarm, Health: Health{Complete: now, Limit: time.Hour},
			InProgress: InProgress{Wanted: true, Listed: now, Limit: time.Hour},
		}
	}
	for _, tt := range []struct {
		name   string
		s      *Snapshot
		u      Unrecorded
		level  Level
		change time.Duration // from now; 0 for never
	}{
		{"not yet", at(0, time.Minute), Unrecorded{Since: now.Add(-50 * time.Second)}, Calm, 10 * time.Second},
		{"by the server's clock", at(30*time.Second, time.Minute), Unrecorded{Since: now}, Calm, 30 * time.Second},
		{"just now", at(0, time.Minute), Unrecorded{Since: now.Add(-time.Minute)}, Alarm, 0},
		{"acknowledged", at(0, time.Minute), Unrecorded{Since: now.Add(-time.Hour), Ack: Ack{Until: now.Add(5 * time.Minute)}}, Calm, 5 * time.Minute},
		{"acknowledged until then", at(0, time.Minute), Unrecorded{Since: now.Add(-time.Hour), Ack: Ack{Until: now}}, Alarm, 0},
		{"no setting", at(0, 0), Unrecorded{Since: now.Add(-time.Hour)}, Calm, 0},
		{"nobody knows since when", at(0, time.Minute), Unrecorded{}, Calm, 0},
		{"of another profile", Merge(1, []Part{{Profile: "eu", Snapshot: at(0, time.Minute)}, {Profile: "us", Snapshot: at(0, 0)}}, now),
			Unrecorded{Profile: "us", Since: now.Add(-time.Hour)}, Calm, 0},
		{"of its own", Merge(1, []Part{{Profile: "eu", Snapshot: at(0, time.Minute)}, {Profile: "us", Snapshot: at(0, 0)}}, now),
			Unrecorded{Profile: "eu", Since: now.Add(-time.Hour)}, Alarm, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.UnrecordedLevel(&tt.u, now); got != tt.level {
				t.Errorf("level %v, want %v", got, tt.level)
			}
			want := now.Add(tt.change)
			if tt.change == 0 {
				want = time.Time{}
			}
			if got := tt.s.UnrecordedLevelChanges(&tt.u, now); !got.Equal(want) {
				t.Errorf("it changes at %v, want %v", got, want)
			}
		})
	}
}

// TestUnrecordedAcknowledge: an alarm of a call without a recording is silent until
// the new deadline, is on record with its reason, and ends with the next recording.
func TestUnrecordedAcknowledge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Call(sim.Line{SID: callNo(1), Ago: time.Hour})
		space.Conference(sim.Line{SID: callNo(9), Ago: time.Hour, People: []string{callNo(1)}})
		p := &paper{}
		tb := open(t, space, Config{UnrecordedAlarm: time.Minute, Journal: p})
		tb.run()
		after(30 * time.Second)
		if got := tb.alarming(); len(got) != 2 {
			t.Fatalf("%d alarms", got)
		}
		old := tb.deck.Snapshot()
		for n, reason := range map[int]string{1: "no consent\x1b[2J", 9: "a drill"} {
			if err := tb.deck.Acknowledge(Key{SID: text.New(callNo(n))}, Actor{Actor: "alice"}, reason, 5*time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if err := tb.deck.Acknowledge(Key{SID: text.New(callNo(2))}, Actor{Actor: "alice"}, "x", time.Minute); !errors.Is(err, ErrNotFound) {
			t.Errorf("of a call that there is not: %v", err)
		}
		if got := tb.alarming(); got != nil {
			t.Errorf("%d alarms though it was acknowledged", got)
		}
		if got := len(old.UnrecordedAlarms(time.Now())); got != 2 {
			t.Errorf("an older snapshot has changed: %d alarms", got)
		}
		after(4 * time.Minute)
		if got, a := tb.alarming(), tb.line(1).Ack; got != nil || a.Actor != "alice" || strings.Contains(a.Reason, "\x1b") {
			t.Errorf("%d alarms, acknowledged as %+v", got, a)
		}
		after(70 * time.Second)
		if got := tb.alarming(); len(got) != 2 {
			t.Errorf("%d alarms after the deadline", got)
		}
		var found []string
		for _, e := range p.entries {
			if e.Event == journal.Ack {
				found = append(found, e.Actor+" "+e.Call.String()+e.Conference.String()+" "+e.Recording.String()+e.Until.Sub(e.Time).Round(time.Minute).String())
			}
		}
		if len(found) != 2 || !strings.Contains(strings.Join(found, ";"), "alice "+callNo(1)+" 5m0s") || !strings.Contains(strings.Join(found, ";"), "alice "+callNo(9)+" 5m0s") {
			t.Errorf("on record: %q", found)
		}
		sid := space.Begin(sim.Begin{CallSID: callNo(1)})
		after(20 * time.Second)
		space.EndRecording(sid)
		after(80 * time.Second)
		if got := tb.line(1); got.Ack != (Ack{}) {
			t.Errorf("the acknowledgement outlives a recording: %+v", got.Ack)
		}
		if n := tb.wire.count(http.MethodPost, ""); n != 0 {
			t.Errorf("%d updates were sent", n)
		}
	})
}
