package deck

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// alarms returns what the journal has of alarms of calls without a recording, and of
// what was acknowledged.
func (p *paper) alarms() (list []journal.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		if e.Event == journal.Unrecorded || e.Event == journal.AlarmOver || e.Event == journal.Ack {
			list = append(list, e)
		}
	}
	return list
}

// stories returns these entries in words.
func (p *paper) stories() (list []string) {
	for _, e := range p.alarms() {
		list = append(list, string(e.Event)+" "+e.Call.String()+e.Conference.String()+": "+e.Reason)
	}
	return list
}

// TestUnrecordedOnRecord: an alarm of a call without a recording is on record once
// when it begins, with since when it has had none, and once when it is over; again
// for another time without one.
func TestUnrecordedOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Call(sim.Line{SID: callNo(1), Ago: 30 * time.Second})
		space.Call(sim.Line{SID: callNo(3), Ago: time.Hour})
		space.Conference(sim.Line{SID: callNo(9), Ago: time.Hour, People: []string{callNo(3)}})
		p := &paper{}
		tb := open(t, space, Config{UnrecordedAlarm: time.Minute, Journal: p})
		began := time.Now()
		tb.run()
		after(20 * time.Second)
		for _, e := range p.alarms() {
			if e.Call == text.New(callNo(1)) {
				t.Errorf("on record before it alarms: %+v", e)
			}
		}
		after(3 * time.Minute)
		var first journal.Entry
		n := map[text.Text]int{}
		for _, e := range p.alarms() {
			n[e.Call]++
			if e.Call == text.New(callNo(1)) {
				first = e
			}
		}
		if n[text.New(callNo(1))] != 1 || n[text.New(callNo(3))] != 1 || n[text.Text{}] != 1 {
			t.Fatalf("on record: %q", p.stories())
		}
		if since := first.Since.Sub(began); first.Event != journal.Unrecorded || first.Actor != "" || since.Abs() > 31*time.Second || first.Time.Sub(first.Since) < time.Minute || !strings.Contains(first.Reason, "1m0s") {
			t.Errorf("on record: %+v, since %v", first, since)
		}
		p.entries = nil
		sid := space.Begin(sim.Begin{CallSID: callNo(1)})
		after(20 * time.Second)
		space.EndRecording(sid)
		after(90 * time.Second)
		want := []string{"alarm-over " + callNo(1) + ": it is recorded now", "unrecorded " + callNo(1) + ": no recording for over 1m0s"}
		if got := p.storiesOf(callNo(1)); strings.Join(got, ";") != strings.Join(want, ";") {
			t.Errorf("on record: %q, want %q", got, want)
		}
	})
}

// storiesOf returns the stories of one call.
func (p *paper) storiesOf(sid string) (list []string) {
	for _, s := range p.stories() {
		if strings.Contains(s, sid) {
			list = append(list, s)
		}
	}
	return list
}

// TestUnrecordedAlarmOver: the end of an alarming call ends its alarm on record; on
// data that is stale nothing begins, and nothing is over.
func TestUnrecordedAlarmOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Call(sim.Line{SID: callNo(1), Ago: time.Hour})
		space.Call(sim.Line{SID: callNo(2)})
		p := &paper{}
		tb := open(t, space, Config{UnrecordedAlarm: time.Minute, Journal: p})
		tb.run()
		after(40 * time.Second)
		space.SetFaults(fault(t, "503")...)
		after(50 * time.Second)
		if got := p.storiesOf(callNo(2)); got != nil {
			t.Errorf("on record on data that is stale: %q", got)
		}
		space.SetFaults()
		after(time.Minute)
		space.EndCall(callNo(1))
		after(time.Minute)
		want := []string{"unrecorded " + callNo(1) + ": no recording for over 1m0s", "alarm-over " + callNo(1) + ": it has ended"}
		if got := p.storiesOf(callNo(1)); strings.Join(got, ";") != strings.Join(want, ";") {
			t.Errorf("on record: %q, want %q", got, want)
		}
		if got := p.storiesOf(callNo(2)); len(got) != 1 {
			t.Errorf("on record: %q", got)
		}
	})
}

// TestUnrecordedOnRecordFirst: an alarm that is acknowledged at once is on record
// before its acknowledgement.
func TestUnrecordedOnRecordFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Call(sim.Line{SID: callNo(1)})
		p := &paper{}
		tb := open(t, space, Config{UnrecordedAlarm: time.Minute, Journal: p})
		tb.run()
		for range 2000 {
			after(50 * time.Millisecond)
			if len(tb.alarming()) > 0 {
				break
			}
		}
		if err := tb.deck.Acknowledge(Key{SID: text.New(callNo(1))}, Actor{Actor: "alice"}, "declined", 5*time.Minute); err != nil {
			t.Fatal(err)
		}
		after(10 * time.Minute)
		want := []string{"unrecorded " + callNo(1) + ": no recording for over 1m0s", "ack " + callNo(1) + ": declined"}
		if got := p.stories(); strings.Join(got, ";") != strings.Join(want, ";") {
			t.Errorf("on record: %q, want %q", got, want)
		}
	})
}

// TestUnrecordedNotOnRecord: without the setting, nothing of it is on record.
func TestUnrecordedNotOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		space.Call(sim.Line{SID: callNo(1), Ago: time.Hour})
		p := &paper{}
		tb := open(t, space, Config{Unrecorded: true, Journal: p})
		tb.run()
		after(time.Minute)
		if got := p.stories(); got != nil || len(tb.lacks()) != 1 {
			t.Errorf("on record: %q of %d calls", got, len(tb.lacks()))
		}
	})
}
