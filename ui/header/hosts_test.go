package header

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/share"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// sharing is the office with a state of what is shared, and hosts.
func sharing(state share.State, hosts ...deck.HostInfo) *deck.Snapshot {
	s := office()
	s.Share, s.Hosts = state, hosts
	return s
}

func hostOf(name string, heard time.Duration, pauses, timers int) deck.HostInfo {
	return deck.HostInfo{Host: share.Host{Name: name, Gone: true, Heard: now.Add(-heard)}, Pauses: pauses, Timers: timers}
}

// TestLocalOnly: that the other hosts are not heard is in every form of the header,
// with for how long, and gone when they are.
func TestLocalOnly(t *testing.T) {
	m := New(theme.Theme{}, Options{Space: "acme", Profile: "night"})
	away := share.State{Shared: true, Since: now.Add(-42 * time.Second)}
	for _, tt := range []struct {
		name  string
		state share.State
		gone  time.Duration // the service
		want  string
	}{
		{"nothing is shared", share.State{}, 0, ""},
		{"connected", share.State{Shared: true, Connected: true, Since: now.Add(-time.Hour)}, 0, ""},
		{"being connected", share.State{Shared: true, Since: now.Add(-time.Second / 2)}, 0, ""},
		{"away", away, 0, "LOCAL ONLY 00:42"},
		{"a service that is gone", away, time.Minute, ""},
	} {
		s := sharing(tt.state)
		if tt.gone > 0 {
			s.Health.Away = now.Add(-tt.gone)
		}
		m.SetSnapshot(s)
		is := State{Live: s, Now: now, Left: 1, Marked: 1, Alarms: 1, ReadOnly: true}
		for _, w := range []int{60, 80, 99, 100, 120, 250} {
			view := lines(m.View(w, is))
			if got := strings.Contains(view, "LOCAL ONLY"); got != (tt.want != "") || !strings.Contains(view, tt.want) || !strings.Contains(view, "PAUSED 1") {
				t.Errorf("%s, %d cells:\n%s", tt.name, w, view)
			}
		}
		for _, w := range []int{30, 34, 44, 59} {
			want := tt.want
			if w < 34 {
				want = strings.Replace(want, "LOCAL ONLY", "LOCAL", 1)
			}
			if got := m.Counts(w, is); !strings.Contains(got, want) || strings.Contains(got, "LOCAL") != (want != "") || !strings.Contains(got, "PAUSED 1") {
				t.Errorf("%s, %d cells: %q, want %q", tt.name, w, got, want)
			}
		}
		if got := m.Least(60, is); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

// TestHostGone: which hosts are gone is said with what their users have going on, as
// far as there is room and while anybody can know it.
func TestHostGone(t *testing.T) {
	on := share.State{Shared: true, Connected: true, Since: now.Add(-time.Hour)}
	left := hostOf("b", 20*time.Second, 0, 0)
	left.Left = true
	there := hostOf("b", time.Second, 2, 0)
	there.Gone = false
	self := hostOf("a", time.Minute, 2, 0)
	self.Self = true
	for _, tt := range []struct {
		name string
		w    int
		s    *deck.Snapshot
		want string // empty for nothing
	}{
		{"with pauses", 160, sharing(on, hostOf("b", 20*time.Second, 2, 1)), "host b is gone 00:20: 2 pauses, 1 auto-resume"},
		{"in two lines", 80, sharing(on, hostOf("b", 20*time.Second, 1, 0)), "host b is gone 00:20: 1 pause"},
		{"with little room", 60, sharing(on, hostOf("b", 20*time.Second, 2, 1)), "b gone 00:20"},
		{"several", 160, sharing(on, hostOf("b", 20*time.Second, 2, 0), hostOf("c", time.Minute, 1, 0)), "2 hosts are gone 01:00: 3 pauses"},
		{"without anything", 160, sharing(on, hostOf("b", 20*time.Second, 0, 0)), "host b is gone 00:20"},
		{"long ago, without anything", 160, sharing(on, hostOf("b", 11*time.Minute, 0, 0)), ""},
		{"long ago, with a pause", 160, sharing(on, hostOf("b", time.Hour, 1, 0)), "host b is gone 1:00:00: 1 pause"},
		{"it left", 160, sharing(on, left), ""},
		{"it is there", 160, sharing(on, there), ""},
		{"this one", 160, sharing(on, self), ""},
		{"while nobody is heard", 160, sharing(share.State{Shared: true, Since: now.Add(-time.Minute)}, hostOf("b", 20*time.Second, 2, 1)), ""},
		{"a name that would write elsewhere", 200, sharing(on, hostOf("b\x1b[2J"+strings.Repeat("x", 70), 20*time.Second, 1, 0)), "is gone 00:20: 1 pause"},
	} {
		m := New(theme.Theme{}, Options{Space: "acme"})
		m.SetSnapshot(tt.s)
		view := lines(m.View(tt.w, State{Live: tt.s, Now: now}))
		if !strings.Contains(view, tt.want) || tt.want == "" && strings.Contains(view, "gone") || strings.Contains(view, "\x1b[2J") {
			t.Errorf("%s: no %q in\n%s", tt.name, tt.want, view)
		}
	}
}

// TestSharedEverySize: with all of it the lines are as wide as the screen.
func TestSharedEverySize(t *testing.T) {
	m := New(theme.Theme{}, Options{Space: "acme"})
	for _, s := range []*deck.Snapshot{
		sharing(share.State{Shared: true, Since: now.Add(-time.Hour)}),
		sharing(share.State{Shared: true, Connected: true}, hostOf("b", time.Hour, 12, 3), hostOf("c", time.Hour, 1, 0)),
	} {
		m.SetSnapshot(s)
		is := State{Live: s, Now: now, Alarms: 1, NotPaused: 1, Left: 1, Marked: 1, ReadOnly: true}
		for w := range 300 {
			for _, l := range append(m.View(w, is), m.Least(w, is), m.Counts(w, is), m.Freshness(w, is, line.Of(theme.Bad, "a message"), false)) {
				if n := (theme.Theme{}).Width(l); n != w {
					t.Fatalf("%d cells: %q has %d", w, l, n)
				}
			}
			if got := lines(m.View(w, is)); w >= 60 && !strings.Contains(got, "PAUSED") {
				t.Errorf("%d cells: %q", w, got)
			}
		}
	}
}
