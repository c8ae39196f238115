package list

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// lack makes a call without a recording.
func lack(sid, from string, ago time.Duration) *deck.Unrecorded {
	return &deck.Unrecorded{Since: clock.Add(-ago), Call: &api.Call{SID: text.New(sid), From: text.New(from), To: text.New("desk"), Status: api.InProgress}}
}

// lacks are three without a recording beside three recordings.
func lacks() *deck.Snapshot {
	room := &api.Conference{SID: text.New("room-0009"), FriendlyName: text.New("Sales floor"), Status: api.InProgress}
	first, second := lack("call-0001", "+13105550142", time.Minute), lack("call-0002", "+13105550143", 2*time.Minute)
	first.Conference = room
	s := &deck.Snapshot{Recordings: []*deck.Recording{
		call(rec("rec-0003", api.InProgress, 30*time.Second), "(310) 555-0100", "desk"),
		call(rec("rec-0002", api.InProgress, 5*time.Minute), "(310) 555-0101", "desk"),
		pause(call(rec("rec-0001", api.Paused, 9*time.Minute), "(310) 555-0102", "desk"), 20*time.Second, false),
	}, Unrecorded: []*deck.Unrecorded{second, first, {Conference: room, Since: clock.Add(-30 * time.Second), People: 1}}}
	s.Health.Complete = clock
	return s
}

// order is the ends of the SIDs of all rows, top to bottom.
func (m Model) order4() string {
	var out []string
	for _, r := range m.rows {
		out = append(out, r.shortSID())
	}
	return strings.Join(out, " ")
}

// TestUnrecordedOrder: where rows without a recording are, in each order, and which
// of them a filter shows.
func TestUnrecordedOrder(t *testing.T) {
	m := New(theme.New(theme.Options{NoColor: true}))
	m.SetSize(120, 20)
	m.SetSnapshot(lacks())
	if got := m.order4(); got != "0001 0003 0002" {
		t.Errorf("hidden: %s", got)
	}
	m.SetUnrecorded(true)
	m.Hold()
	for _, tt := range []struct {
		sort Sort
		rev  bool
		want string
	}{
		{ByPause, false, "-0001 -0002 -0001 -0009 -0003 -0002"},
		{ByPause, true, "-0001 -0009 -0001 -0002 -0002 -0003"},
		{ByStatus, false, "-0001 -0002 -0001 -0009 -0003 -0002"},
		{ByRunning, false, "-0001 -0002 -0002 -0001 -0009 -0003"},
		{ByKind, false, "-0001 -0002 -0001 -0003 -0002 -0009"},
	} {
		m.SetSort(tt.sort, tt.rev)
		var out []string
		for _, r := range m.rows {
			out = append(out, r.sid()[len(r.sid())-5:])
		}
		if got := strings.Join(out, " "); got != tt.want {
			t.Errorf("by %s, reversed %t: %s, want %s", tt.sort.Title(), tt.rev, got, tt.want)
		}
	}
	m.SetSort(ByPause, false)
	for filter, want := range map[string]int{
		`status:"no rec"`: 3, "status:norec": 3, "!status:norec": 3, "status:rec": 2, "status:paused": 1, "0142": 1, "sales": 2, "kind:conference": 1,
		"call-0001": 1, "sid:0002": 2, "norec": 0, `"no rec"`: 3, "paused>1s": 1, "from:0143": 1, "by:me": 0,
	} {
		f, err := ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		m.SetFilter(f)
		if shown, total := m.Shown(); shown != want || total != 6 {
			t.Errorf("%s shows %d of %d, want %d of 6", filter, shown, total, want)
		}
	}
}

// TestUnrecordedIsNoRecording: a row without a recording gives none away, under no
// name that the API could be asked for, whatever SID its call has.
func TestUnrecordedIsNoRecording(t *testing.T) {
	s := lacks()
	s.Unrecorded[0].Call.SID = text.New("rec-0003") // that of a recording
	m := New(theme.New(theme.Options{NoColor: true}))
	m.SetSize(120, 20)
	m.SetUnrecorded(true)
	m.SetSnapshot(s)
	m.Hold()
	lacking := 0
	for range m.rows {
		r, is := m.Selected()
		u, lacks := m.Unrecorded()
		if is == lacks || (r == nil) == is || (u == nil) == lacks {
			t.Errorf("the row is %+v and %+v", r, u)
		}
		if _, usable := m.Place().SID.PathSegment(); usable == lacks {
			t.Errorf("%q can be asked for: %t", m.Place().SID, usable)
		}
		if lacks {
			lacking++
		}
		m.move(1)
	}
	if lacking != 3 || len(m.rows) != 6 {
		t.Errorf("%d of %d rows have no recording", lacking, len(m.rows))
	}
	m.Select(deck.Key{SID: text.New("rec-0003")})
	if r, ok := m.Selected(); !ok || r.SID != text.New("rec-0003") {
		t.Errorf("the recording cannot be selected: %+v", r)
	}
	m.SetUnrecorded(false)
	if len(m.rows) != 3 {
		t.Errorf("%d rows are left", len(m.rows))
	}
}

// BenchmarkUnrecorded takes a snapshot with 1,000 rows without a recording in which
// nothing changed.
func BenchmarkUnrecorded(b *testing.B) {
	s := lacks()
	for i := range 1000 {
		s.Unrecorded = append(s.Unrecorded, lack(fmt.Sprintf("call-%06d", i), "+13105550144", time.Duration(i)*time.Second))
	}
	m := New(theme.New(theme.Options{NoColor: true}))
	m.SetSize(120, 40)
	m.SetUnrecorded(true)
	m.SetSnapshot(s)
	for b.Loop() {
		next := *s
		m.SetSnapshot(&next)
	}
}
