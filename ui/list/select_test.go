package list

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// many returns n recordings, each a second older than the one before.
func many(n int) []*deck.Recording {
	recs := make([]*deck.Recording, n)
	for i := range recs {
		recs[i] = call(rec(fmt.Sprintf("aaaa-%04d", i), api.InProgress, time.Duration(i)*time.Second), "(310) 555-0142", "(310) 555-0199")
	}
	return recs
}

// lineOf returns the line of the selected row on the screen.
func lineOf(m Model) int { return m.selAt - m.top }

func visible(t *testing.T, m Model) {
	t.Helper()
	if l := lineOf(m); m.sel != nil && m.h > 0 && (l < 0 || l >= m.window()) {
		t.Fatalf("the selected row is on line %d of %d", l, m.window())
	}
}

func TestSelectionStaysOnItsRecording(t *testing.T) {
	recs := many(50)
	m := sized(theme.Theme{}, 80, 11, snapshot(recs[10:]...))
	m.SetSnapshot(snapshot(recs[8:]...)) // more come in, as pages are read
	if selected(m) != "aaaa-0008" || m.selAt != 0 {
		t.Fatalf("selected %s at %d before the first key, want the top row", selected(m), m.selAt)
	}
	m.SetSnapshot(snapshot(recs[10:]...))
	m.Hold()
	m.SetSnapshot(snapshot(recs[5:]...))
	m.SetSnapshot(snapshot(recs...))
	if selected(m) != "aaaa-0010" {
		t.Errorf("selected %s after new rows came, want the same", selected(m))
	}
	visible(t, m)
	m = keys(m, "G", "k", "k")
	before, line := selected(m), lineOf(m)
	m.SetSnapshot(snapshot(append([]*deck.Recording{rec("bbbb-0000", api.InProgress, 0)}, recs...)...))
	if selected(m) != before || lineOf(m) != line {
		t.Errorf("selected %s on line %d, want %s on line %d", selected(m), lineOf(m), before, line)
	}
	recs[47] = pause(rec("aaaa-0047", api.Paused, 47*time.Second), time.Second, false)
	m.SetSnapshot(snapshot(recs...)) // it goes to the top, and the selection with it
	if selected(m) != before || m.selAt != 0 {
		t.Errorf("selected %s at %d, want %s at 0", selected(m), m.selAt, before)
	}
	visible(t, m)
}

func TestSelectedRowIsKept(t *testing.T) {
	recs := many(6)
	paused := snapshot(recs[0], recs[1], pause(rec("aaaa-0002", api.Paused, 2*time.Second), time.Second, false), recs[3], recs[4], recs[5])
	tests := []struct {
		name string
		do   func(m *Model)
		key  string
		want string // selected after the key
	}{
		{"left the snapshot, down", func(m *Model) { m.SetSnapshot(snapshot(recs[0], recs[1], recs[3], recs[4])) }, "j", "aaaa-0003"},
		{"left the snapshot, up", func(m *Model) { m.SetSnapshot(snapshot(recs[0], recs[1], recs[3], recs[4])) }, "k", "aaaa-0001"},
		{"left the snapshot at the end, down", func(m *Model) { m.SetSnapshot(snapshot(recs[0], recs[1])) }, "j", "aaaa-0001"},
		{"left the snapshot at the start, up", func(m *Model) { m.SetSnapshot(snapshot(recs[3], recs[4])) }, "k", "aaaa-0003"},
		{"left the snapshot, end", func(m *Model) { m.SetSnapshot(snapshot(recs[0], recs[3], recs[4])) }, "G", "aaaa-0004"},
		{"everything left", func(m *Model) { m.SetSnapshot(snapshot()) }, "j", "aaaa-0002"},
		{"no snapshot", func(m *Model) { m.SetSnapshot(nil) }, "j", "aaaa-0002"},
		{"stops matching", func(m *Model) {
			m.SetFilter(parse(t, "status:rec"))
			m.SetSnapshot(paused)
		}, "j", "aaaa-0000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sized(theme.New(theme.Options{Mode: "dark"}), 80, 11, snapshot(recs...))
			m = keys(m, "j", "j")
			tt.do(&m)
			if selected(m) != "aaaa-0002" || !m.kept {
				t.Fatalf("selected %s, kept %v", selected(m), m.kept)
			}
			if v := ansi.Strip(m.View(clock)); !strings.Contains(v, "(REC)") && !strings.Contains(v, "(PAUSED)") || !strings.Contains(v, " 0002") {
				t.Errorf("the kept row is not there, in parentheses:\n%s", v)
			}
			if shown, _ := m.Shown(); shown != len(m.rows)-1 {
				t.Errorf("%d of %d rows match, want the kept one not counted", shown, len(m.rows))
			}
			m = keys(m, tt.key)
			if selected(m) != tt.want {
				t.Errorf("%s selects %s, want %s", tt.key, selected(m), tt.want)
			}
			if tt.want != "aaaa-0002" && (m.kept || strings.Contains(m.View(clock), " 0002")) {
				t.Error("the row stayed after the user moved")
			}
		})
	}
}

// A filter shows what Enter selects: what was selected before where it matches,
// else the first match, else nothing. Esc restores what was selected.
func TestFilterSelects(t *testing.T) {
	tests := []struct {
		name string
		do   func(m *Model)
		want string // selected; empty for nothing
	}{
		{"it matches", func(m *Model) { m.BeginFilter(); m.SetFilter(parse(t, "aaaa")) }, "aaaa-0003"},
		{"it does not match", func(m *Model) { m.BeginFilter(); m.SetFilter(parse(t, "!0003")) }, "aaaa-0000"},
		{"nothing does", func(m *Model) { m.BeginFilter(); m.SetFilter(parse(t, "zebra")) }, ""},
		{"nothing does, then it does again", func(m *Model) {
			m.BeginFilter()
			m.SetFilter(parse(t, "zebra"))
			m.SetFilter(parse(t, "aaaa"))
		}, "aaaa-0003"},
		{"Enter, and cleared later", func(m *Model) {
			m.BeginFilter()
			m.SetFilter(parse(t, "0005"))
			m.EndFilter()
			m.SetFilter(Filter{})
		}, "aaaa-0005"},
		{"Esc", func(m *Model) {
			m.BeginFilter()
			m.SetFilter(parse(t, "0005"))
			m.SetFilter(Filter{})
			m.EndFilter()
		}, "aaaa-0003"},
		{"moved while it is typed, then Esc", func(m *Model) {
			m.BeginFilter()
			m.SetFilter(parse(t, "aaaa"))
			*m = keys(*m, "down")
			m.SetFilter(Filter{})
			m.EndFilter()
		}, "aaaa-0004"},
		{"no match, cleared later", func(m *Model) {
			m.BeginFilter()
			m.SetFilter(parse(t, "zebra"))
			m.EndFilter()
			m.SetFilter(Filter{})
		}, "aaaa-0000"},
		{"a match comes", func(m *Model) {
			m.BeginFilter()
			m.SetFilter(parse(t, "zebra"))
			m.EndFilter()
			m.SetSnapshot(snapshot(append(many(6), call(rec("zebra-0001", api.InProgress, time.Hour), "1", "2"))...))
		}, "zebra-0001"},
		{"the remembered one changes while it is typed", func(m *Model) {
			m.BeginFilter()
			m.SetFilter(parse(t, "0005"))
			m.SetSnapshot(snapshot(many(6)...))
			m.SetFilter(Filter{})
			m.EndFilter()
		}, "aaaa-0003"},
		{"what was kept is let go", func(m *Model) {
			m.SetFilter(parse(t, "status:rec"))
			recs := many(6)
			recs[3] = pause(rec("aaaa-0003", api.Paused, 3*time.Second), time.Second, false)
			m.SetSnapshot(snapshot(recs...))
			m.BeginFilter()
			m.SetFilter(parse(t, "status:rec 000"))
		}, "aaaa-0000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := keys(sized(theme.Theme{}, 80, 11, snapshot(many(6)...)), "j", "j", "j")
			tt.do(&m)
			got := ""
			if r, ok := m.Selected(); ok {
				got = r.SID.String()
			}
			if got != tt.want || m.kept {
				t.Errorf("selected %q, kept %v; want %q", got, m.kept, tt.want)
			}
			visible(t, m)
		})
	}
}

func TestSelectedIsTheLatest(t *testing.T) {
	first := rec("aaaa-0001", api.InProgress, time.Minute)
	m := sized(theme.Theme{}, 80, 5, snapshot(first))
	ended := rec("aaaa-0001", api.Completed, time.Minute)
	m.SetFilter(parse(t, "status:rec"))
	m.SetSnapshot(snapshot(ended))
	if r, ok := m.Selected(); !ok || r != ended {
		t.Errorf("selected is %v, %v; want the recording as it is now", r, ok)
	}
	m.SetSnapshot(snapshot())
	if r, ok := m.Selected(); !ok || r != ended {
		t.Errorf("selected is %v, %v; want the recording as it was last", r, ok)
	}
	again := rec("aaaa-0001", api.InProgress, time.Minute)
	m.SetSnapshot(snapshot(again))
	if r, ok := m.Selected(); !ok || r != again || m.kept {
		t.Errorf("selected is %v, %v, kept %v; want it back in its row", r, ok, m.kept)
	}
	if _, ok := sized(theme.Theme{}, 80, 5, snapshot()).Selected(); ok {
		t.Error("something is selected in an empty list")
	}
}

func TestSelect(t *testing.T) {
	m := sized(theme.Theme{}, 80, 11, snapshot(many(100)...))
	m.Select(of("aaaa-0077"))
	if selected(m) != "aaaa-0077" {
		t.Errorf("selected %s", selected(m))
	}
	visible(t, m)
	m.Select(of("nobody"))
	if selected(m) != "aaaa-0077" {
		t.Errorf("an unknown SID changed the selection to %s", selected(m))
	}
}

func TestMove(t *testing.T) {
	tests := []struct {
		keys string
		want string
	}{
		{"j", "aaaa-0001"}, {"k", "aaaa-0000"}, {"down down", "aaaa-0002"},
		{"G", "aaaa-0099"}, {"end k", "aaaa-0098"}, {"G g", "aaaa-0000"},
		{"pgdown", "aaaa-0009"}, {"ctrl+d", "aaaa-0004"}, {"pgdown pgdown", "aaaa-0018"}, {"x", "aaaa-0000"},
	}
	for _, tt := range tests {
		m := keys(sized(theme.Theme{}, 80, 11, snapshot(many(100)...)), strings.Fields(tt.keys)...)
		if selected(m) != tt.want {
			t.Errorf("%s selects %s, want %s", tt.keys, selected(m), tt.want)
		}
		visible(t, m)
	}
}

func TestResizeKeepsTheSelectionVisible(t *testing.T) {
	m := keys(sized(theme.Theme{}, 80, 40, snapshot(many(100)...)), "pgdown", "k")
	want := selected(m)
	for _, h := range []int{40, 3, 1, 0, 2, 60, 5} {
		m.SetSize(80, h)
		visible(t, m)
		if selected(m) != want {
			t.Fatalf("resizing selects %s", selected(m))
		}
	}
}

func TestSorts(t *testing.T) {
	want := map[Sort]string{
		ByPause:    "8142 c07a e3f0 91be 0d0d 07d1 nodt 5b6d 9999",
		ByRunning:  "07d1 8142 0d0d c07a 91be e3f0 nodt 5b6d 9999",
		ByWho:      "e3f0 8142 91be 07d1 c07a 0d0d nodt 9999 5b6d",
		ByStatus:   "8142 c07a 91be 07d1 nodt e3f0 0d0d 9999 5b6d",
		ByKind:     "8142 e3f0 91be 0d0d 07d1 c07a nodt 5b6d 9999",
		ByChannels: "c07a 8142 e3f0 91be 0d0d 07d1 nodt 5b6d 9999",
		BySource:   "8142 e3f0 91be 0d0d 07d1 c07a nodt 5b6d 9999",
		ByUpdated:  "8142 c07a e3f0 91be 0d0d 07d1 nodt 5b6d 9999",
	}
	now := func(s *deck.Snapshot) *deck.Snapshot { // as of the tests' clock
		s.Offset = time.Until(clock)
		return s
	}
	for _, s := range (Model{}).Sorts() {
		m := sized(theme.Theme{}, 80, 20, now(some()))
		m.SetSort(s, false)
		if got := order(m); got != want[s] {
			t.Errorf("%s: %s, want %s", s.Title(), got, want[s])
		}
		shuffled := now(some())
		rand.Shuffle(len(shuffled.Recordings), func(i, j int) {
			shuffled.Recordings[i], shuffled.Recordings[j] = shuffled.Recordings[j], shuffled.Recordings[i]
		})
		if m.SetSnapshot(shuffled); order(m) != want[s] {
			t.Errorf("%s: %s when the snapshot's order is another, want %s", s.Title(), order(m), want[s])
		}
	}
	m := sized(theme.Theme{}, 80, 20, some())
	m.SetSort(ByPause, true)
	if got, want := order(m), "c07a 8142 nodt 07d1 0d0d 91be e3f0 9999 5b6d"; got != want {
		t.Errorf("default reversed: %s, want %s", got, want)
	}
	m.SetSort(ByRunning, true)
	if got := order(m); !strings.HasSuffix(got, "nodt 5b6d 9999") {
		t.Errorf("longest running reversed: %s, want the unknown ones last still", got)
	}
}

func TestEndedIsNeverAbovePaused(t *testing.T) {
	ended := pause(rec("aaaa-0001", api.Completed, 0), time.Hour, false) // whatever the deck left in it
	m := sized(theme.Theme{}, 80, 5, snapshot(ended, pause(rec("aaaa-0002", api.Paused, time.Hour), time.Second, false)))
	if order(m) != "0002 0001" {
		t.Errorf("order %s", order(m))
	}
}

func TestShortSID(t *testing.T) {
	tests := []struct {
		sids []string
		want []string
	}{
		{[]string{"aaaa-1111", "aaaa-2222"}, []string{"1111", "2222"}},
		{[]string{"a-b1111", "a-c1111", "a-2222"}, []string{"b1111", "c1111", "2222"}},
		{[]string{"xb1111", "yb1111", "c1111"}, []string{"xb1111", "yb1111", "c1111"}},
		{[]string{"1111", "x1111", "yx1111"}, []string{"1111", "x1111", "yx1111"}},
		{[]string{"ab", ""}, []string{"ab", ""}},
		{[]string{"äöüß1", "zöüß1"}, []string{"9e3f", "5c42"}}, // no SID can be such: they are shown by a number
	}
	for _, tt := range tests {
		var recs []*deck.Recording
		for _, sid := range tt.sids {
			recs = append(recs, rec(sid, api.InProgress, 0))
		}
		m := sized(theme.Theme{}, 80, 5, snapshot(recs...))
		for i, sid := range tt.sids {
			if got := m.ShortSID(of(sid)); got != tt.want[i] {
				t.Errorf("%q of %q is shown as %q, want %q", sid, tt.sids, got, tt.want[i])
			}
		}
	}
	if got := New(theme.Theme{}).ShortSID(of("aaaa-1234")); got != "1234" {
		t.Errorf("an unknown one is %q", got)
	}
}

func TestShortSIDsAreUnique(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var recs []*deck.Recording
	for range 10_000 {
		recs = append(recs, rec(fmt.Sprintf("%08x-%04x-%012x", rng.Uint32(), rng.Uint32N(1<<16), rng.Uint64N(1<<48)), api.InProgress, 0))
	}
	m := sized(theme.Theme{}, 120, 40, snapshot(recs...))
	seen := map[string]bool{}
	for _, r := range recs {
		s := m.ShortSID(r.Key())
		if seen[s] || !strings.HasSuffix(r.SID.String(), s) || len(s) < 4 {
			t.Fatalf("%s is shown as %s", r.SID, s)
		}
		seen[s] = true
	}
}

// What alarms is above the view: the titles say so, and how to get there.
func TestAlarmsAboveTheView(t *testing.T) {
	recs := many(50)
	for i := range 3 {
		r := rec("bbbb-000"+strconv.Itoa(i), api.Paused, time.Hour)
		r.Pause = deck.Pause{Since: clock.Add(-10 * time.Minute)}
		recs = append(recs, r)
	}
	s := snapshot(recs...)
	s.PauseWarn, s.PauseAlarm = 90*time.Second, 3*time.Minute
	for _, tt := range []struct {
		w                   int
		top, below, further string
	}{
		{40, "1/53 ↓", "↑1 ALARM (g)", "↑3 ALARM (g)"},
		{80, "1/53 ↓", "↑1 ALARM (g)  9/53 ↑↓", "↑3 ALARM (g)  16/53 ↑↓"},
	} {
		m := sized(theme.New(theme.Options{NoColor: true}), tt.w, 9, s)
		m.SetLevels(clock)
		m = keys(m, "g")
		for _, want := range []string{tt.top, tt.below, tt.further} {
			titles, _, _ := strings.Cut(ansi.Strip(m.View(clock)), "\n")
			if !strings.Contains(titles, want) || want == tt.top && strings.Contains(titles, "ALARM") {
				t.Errorf("at %d columns the titles are %q, want %q in them", tt.w, titles, want)
			}
			if m = keys(m, "pgdown"); want == tt.top {
				m = keys(m, "j")
			}
		}
	}
}
