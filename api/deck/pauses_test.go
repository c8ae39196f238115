package deck

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// TestFirstPause: a pause that is there at the first look is as old as its last
// change, where the API dates that, else at least as old as the look.
func TestFirstPause(t *testing.T) {
	created := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	seen := created.Add(time.Hour)
	tests := []struct {
		name    string
		status  api.Status
		created time.Time
		updated time.Duration // after created
		want    Pause
	}{
		{"it is not paused", api.InProgress, created, time.Minute, Pause{}},
		{"the change is dated", api.Paused, created, time.Minute, Pause{Since: created.Add(time.Minute), AtLeast: true}},
		{"never changed", api.Paused, created, 0, Pause{Since: seen, AtLeast: true, looked: true}},
		{"changed as it was made", api.Paused, created, time.Second, Pause{Since: seen, AtLeast: true, looked: true}},
		{"changed after this look", api.Paused, created, 2 * time.Hour, Pause{Since: seen, AtLeast: true, looked: true}},
		{"changed at this look", api.Paused, created, time.Hour, Pause{Since: seen, AtLeast: true, looked: true}},
		{"it has no date", api.Paused, time.Time{}, time.Minute, Pause{Since: seen, AtLeast: true, looked: true}},
	}
	for _, tt := range tests {
		rec := api.Recording{Status: tt.status, Created: tt.created, Updated: created.Add(tt.updated)}
		if got := firstPause(rec, seen); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestNextPause: a pause that lasts keeps its beginning, and one that began
// between two looks began when the API says, if that can be.
func TestNextPause(t *testing.T) {
	created := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	seen := created.Add(time.Hour)
	at := func(d time.Duration) time.Time { return created.Add(d) }
	tests := []struct {
		name       string
		old        api.Status
		pause      Pause
		oldUpdated time.Duration
		status     api.Status
		updated    time.Duration
		want       Pause
	}{
		{"it goes on recording", api.InProgress, Pause{}, 0, api.InProgress, 0, Pause{}},
		{"it is resumed", api.Paused, Pause{Since: at(time.Minute)}, time.Minute, api.InProgress, 2 * time.Minute, Pause{}},
		{"it is stopped", api.Paused, Pause{Since: at(time.Minute)}, time.Minute, api.Completed, 2 * time.Minute, Pause{}},
		{"the pause lasts", api.Paused, Pause{Since: at(time.Minute), Actor: "ana"}, time.Minute, api.Paused, 5 * time.Minute, Pause{Since: at(time.Minute), Actor: "ana"}},
		{"it lasts, and is dated only now", api.Paused, Pause{Since: at(50 * time.Minute), AtLeast: true, looked: true}, 0, api.Paused, 2 * time.Minute,
			Pause{Since: at(2 * time.Minute), AtLeast: true}},
		{"it lasts, and what is dated came after", api.Paused, Pause{Since: at(50 * time.Minute), AtLeast: true, looked: true}, 0, api.Paused, 55 * time.Minute,
			Pause{Since: at(50 * time.Minute), AtLeast: true, looked: true}},
		{"it has begun, and is dated", api.InProgress, Pause{}, time.Minute, api.Paused, 59 * time.Minute, Pause{Since: at(59 * time.Minute)}},
		{"it has begun, and is not dated", api.InProgress, Pause{}, time.Minute, api.Paused, time.Minute, Pause{Since: seen, looked: true}},
		{"it has begun, by a date in the future", api.InProgress, Pause{}, time.Minute, api.Paused, 2 * time.Hour, Pause{Since: seen, looked: true}},
		{"it has begun, by a date an hour ago", api.InProgress, Pause{}, -time.Hour, api.Paused, 0, Pause{Since: seen, looked: true}},
		{"it was queued", api.Queued, Pause{}, 0, api.Paused, 59 * time.Minute, Pause{Since: at(59 * time.Minute)}},
		{"nobody knows what it was", "transcribing", Pause{}, 0, api.Paused, 59 * time.Minute, Pause{Since: at(59 * time.Minute), AtLeast: true}},
		{"it had ended", api.Completed, Pause{}, 0, api.Paused, time.Minute, Pause{Since: at(time.Minute), AtLeast: true}},
	}
	for _, tt := range tests {
		old := &Recording{Recording: api.Recording{Status: tt.old, Created: created, Updated: at(tt.oldUpdated)}, Pause: tt.pause}
		rec := api.Recording{Status: tt.status, Created: created, Updated: at(tt.updated)}
		if got := nextPause(old, rec, seen, seen); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	if (Pause{}).For(seen) != 0 || (Pause{Since: seen}).For(seen.Add(-time.Hour)) != 0 || (Pause{Since: created}).For(seen) != time.Hour {
		t.Error("a pause lasts less than nothing, or another time than it does")
	}
}

// TestChanges names the fields that an answer changed, with what they were.
func TestChanges(t *testing.T) {
	decode := func(s string) api.Recording { return api.DecodeRecording([]byte(s)) }
	tests := []struct {
		old, now string
		want     string // names and old values
	}{
		{`{"sid":"a","status":"in-progress"}`, `{"sid":"a","status":"in-progress"}`, ""},
		{`{"sid":"a","status":"in-progress"}`, `{"sid":"a","status":"paused"}`, "status was in-progress"},
		{`{"sid":"a","price":null}`, `{"sid":"a","price":"-0.01"}`, "price was null"},
		{`{"sid":"a"}`, `{"sid":"a","more":1}`, "more was not there"},
		{`{"sid":"a","duration":null}`, `{"sid":"a","duration":12,"status":"paused"}`, "duration was null, status was not there"},
	}
	for _, tt := range tests {
		var got []string
		for _, c := range changes(decode(tt.old), decode(tt.now)) {
			s := c.Name.String() + " was " + c.Old.Value.String()
			switch {
			case c.Old.Absent:
				s = c.Name.String() + " was not there"
			case c.Old.Null:
				s = c.Name.String() + " was null"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s to %s: %s, want %s", tt.old, tt.now, s, tt.want)
		}
	}
}

// TestSetTimerIsRefused: what cannot be resumed later is refused with the reason,
// and nothing is noted.
func TestSetTimerIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		sid    string // of a recording; empty for the one that is paused
		after  time.Duration
		closed bool
		err    error
		says   string
	}{
		{name: "nobody's", sid: "none", after: time.Minute, err: ErrNotFound},
		{name: "one that records", sid: "recording", after: time.Minute, says: "it is not paused"},
		{name: "too long", after: MaxResumeAfter + 1, says: "it is between 0 and 15m0s"},
		{name: "in the past", after: -time.Second, says: "it is between 0 and 15m0s"},
		{name: "read-only", config: Config{ReadOnly: true}, after: time.Minute, err: ErrReadOnly},
		{name: "at the end", after: time.Minute, closed: true, err: ErrClosed},
		{name: "the longest", after: MaxResumeAfter},
		{name: "none", after: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				on := &paper{}
				tt.config.Journal = on
				tb, sid := begun(t, tt.config)
				switch tt.sid {
				case "recording":
				case "":
					tb.space.SetStatus(sid, "paused")
					after(5 * time.Second)
				default:
					sid = tt.sid
				}
				if tt.closed {
					if err := tb.deck.Close(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				err := tb.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "ana"}, tt.after, false)
				refused := tt.err != nil || tt.says != ""
				switch {
				case (err != nil) != refused, tt.err != nil && !errors.Is(err, tt.err):
					t.Errorf("%v, want %v %q", err, tt.err, tt.says)
				case refused && !strings.Contains(err.Error(), tt.says), refused && !strings.Contains(err.Error(), sid):
					t.Errorf("%v, want %q and the recording", err, tt.says)
				}
				var said []string
				for _, e := range on.entries {
					said = append(said, e.Reason)
				}
				want := map[bool]string{true: "", false: "auto-resume set"}[refused]
				if tt.name == "none" {
					want = "auto-resume canceled"
				}
				if got := strings.Join(said, "; "); got != want {
					t.Errorf("on record is %q, want %q", got, want)
				}
				if r := tb.deck.Snapshot().Find(text.New(sid)); r != nil && (r.Timer.At.IsZero() == (tt.name == "the longest") || r.Timer.Err != "") {
					t.Errorf("the timer is %+v", r.Timer)
				}
				if err == nil {
					_ = tb.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "ana"}, 0, false) // so that the test ends
				}
			})
		})
	}
}

// TestReveal: whoever is shown a masked number is on record, and a recording
// that nobody knows has none.
func TestReveal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		on := &paper{}
		tb, sid := begun(t, Config{Journal: on})
		tb.deck.Reveal(Key{SID: text.New("nobody's")}, Actor{Actor: "ana"})
		tb.deck.Reveal(Key{SID: text.New(sid)}, Actor{Actor: "ana"})
		if len(on.entries) != 1 {
			t.Fatalf("%d entries", len(on.entries))
		}
		if e := on.entries[0]; e.Event != "reveal" || e.Actor != "ana" || e.Recording.String() != sid || e.Reason != "a masked number was shown" || e.ByTimer {
			t.Errorf("on record is %+v", e)
		}
	})
}

// TestRecoverWithoutAJournal: there is nothing to settle, and nothing to do.
func TestRecoverWithoutAJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, _ := begun(t, Config{})
		tb.wire.forget()
		if n, err := tb.deck.Recover(t.Context()); n != 0 || err != nil || tb.wire.count("GET", "") != 0 {
			t.Errorf("settled %d, %v, with %d requests", n, err, tb.wire.count("GET", ""))
		}
	})
}

// TestAlarmsAreOrdered: those that were to be paused come before long pauses, and
// what only warns is told apart.
func TestAlarmsAreOrdered(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	paused := func(sid string, ago time.Duration) *Recording {
		return &Recording{Recording: api.Recording{SID: text.New(sid), Status: api.Paused}, Pause: Pause{Since: now.Add(-ago)}}
	}
	troubled := func(sid string, ago time.Duration) *Recording {
		return &Recording{Recording: api.Recording{SID: text.New(sid), Status: api.InProgress}, Trouble: Trouble{Kind: NotPaused, Since: now.Add(-ago)}}
	}
	s := &Snapshot{PauseWarn: DefaultPauseWarn, PauseAlarm: DefaultPauseAlarm, Paused: 5, Recordings: []*Recording{
		paused("calm", time.Second), paused("long", 200*time.Second), troubled("later", time.Second), paused("warns", 100*time.Second),
		paused("longest", time.Hour), paused("warns longer", 110*time.Second), troubled("first", time.Minute),
	}}
	names := func(list []*Recording) (out string) {
		for _, r := range list {
			out += r.SID.String() + "; "
		}
		return out
	}
	warn, alarm := s.Alarms(now)
	if got := names(warn); got != "warns longer; warns; " {
		t.Errorf("it warns of %s", got)
	}
	if got := names(alarm); got != "first; later; longest; long; " {
		t.Errorf("it alarms of %s", got)
	}
	s.PauseWarn, s.PauseAlarm = 0, 0
	if warn, alarm := s.Alarms(now); len(warn) != 0 || names(alarm) != "first; later; " {
		t.Errorf("without limits it warns of %s, alarms of %s", names(warn), names(alarm))
	}
}
