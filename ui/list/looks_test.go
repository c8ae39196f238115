package list

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// cellsOf draws a view.
func cellsOf(view string, w, h int) uv.ScreenBuffer {
	b := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(view).Draw(b, b.Bounds())
	return b
}

// The whole selected row is tinted, or inverted, in every theme and state, and
// no other row is.
func TestSelectedRowIsTinted(t *testing.T) {
	for name, o := range map[string]theme.Options{
		"dark": {Mode: "dark"}, "light": {Mode: "light"}, "mono": {Mode: "mono"}, "no color": {NoColor: true}, "ASCII": {ASCII: true, Dark: true},
	} {
		for _, w := range []int{60, 80, 120, 250} {
			for state, do := range map[string]func(*Model){
				"": func(*Model) {}, "stale": func(m *Model) { m.SetStale(true) }, "unfocused": func(m *Model) { m.SetFocus(false) },
				"marked": func(m *Model) { m.SetMarks(map[deck.Key]bool{of("aaaa-07d1"): true}) },
				"kept":   func(m *Model) { m.SetSnapshot(snapshot(rec("aaaa-0001", api.InProgress, 0))) },
				"ended":  func(m *Model) { m.Select(of("aaaa-5b6d")) },
			} {
				m := sized(theme.New(o), w, 12, some())
				m.Select(of("aaaa-07d1"))
				do(&m)
				b := cellsOf(m.View(clock), w, 12)
				for y := range 12 {
					tinted := 0
					for x := range w {
						if c := b.CellAt(x, y); c.Style.Bg != nil || c.Style.Attrs&uv.AttrReverse != 0 {
							tinted++
						}
					}
					if want := map[bool]int{true: w, false: 0}[y == lineOf(m)+1]; tinted != want {
						t.Errorf("%s %d %s: %d cells of line %d are tinted, want %d", name, w, state, tinted, y, want)
					}
				}
			}
		}
	}
}

// What stands right of who is not far away, however wide the screen is.
func TestRowReadsAsOneLine(t *testing.T) {
	m := sized(theme.Theme{}, 250, 12, some())
	for _, line := range strings.Split(m.View(clock), "\n")[1:] {
		if !strings.Contains(line, "→") {
			continue
		}
		if gap := strings.Index(strings.TrimRight(line, " "), strings.Repeat(" ", 36)); gap >= 20 {
			t.Errorf("a gap of 36 cells and more at %d: %q", gap, line)
		}
	}
}

// Old data keeps the colors of what alarms, is not dim, and says that it is old.
func TestStaleKeepsAlarms(t *testing.T) {
	th := theme.New(theme.Options{Mode: "dark"})
	s := snapshot(
		pause(call(rec("aaaa-0001", api.Paused, time.Hour), "(310) 555-0142", "(310) 555-0199"), 10*time.Minute, false),
		call(rec("aaaa-0002", api.InProgress, time.Hour), "(310) 555-0142", "(310) 555-0199"),
		pause(call(rec("aaaa-0003", api.Paused, time.Hour), "(310) 555-0142", "(310) 555-0199"), time.Second, false),
		troubled(call(rec("aaaa-0004", api.InProgress, time.Hour), "(310) 555-0142", "(310) 555-0199"), deck.NotPaused),
	)
	s.PauseAlarm = 3 * time.Minute
	s.Offset = time.Until(clock)
	m := sized(th, 80, 8, s)
	m.SetStale(true)
	view := m.View(clock.Add(-s.Offset))
	for _, want := range []string{
		th.Selected().Paint(theme.Bad, "!REC"), th.Paint(theme.Paused, "PAUSED?"), th.Paint(theme.Bad, "!PAUSED"), th.Paint(theme.Stale, "STATUS"), "REC?",
	} {
		if !strings.Contains(view, want) {
			t.Errorf("%q is not in\n%s", want, view)
		}
	}
	if strings.Contains(view, th.Begin(theme.Ended)) {
		t.Errorf("old data looks as what has ended:\n%s", view)
	}
}

func troubled(r *deck.Recording, kind deck.TroubleKind) *deck.Recording {
	r.Trouble = deck.Trouble{Kind: kind, Actor: "ana"}
	return r
}

// Those that were to be paused and are not come first, in every order; the ended
// last.
func TestTroubleIsOnTop(t *testing.T) {
	s := some()
	s.Recordings = append(s.Recordings,
		troubled(rec("aaaa-2222", api.InProgress, time.Minute), deck.ResumedByOthers), troubled(rec("aaaa-1111", api.InProgress, time.Minute), deck.NotPaused))
	acked := troubled(rec("aaaa-3333", api.InProgress, time.Minute), deck.NotPaused)
	acked.Trouble.Acked = true
	s.Recordings = append(s.Recordings, acked)
	m := sized(theme.Theme{}, 80, 20, s)
	for _, by := range (Model{}).Sorts() {
		for _, rev := range []bool{false, true} {
			m.SetSort(by, rev)
			rows := strings.Fields(order(m))
			if rows[0] != "1111" || rows[1] != "2222" || strings.Join(rows[len(rows)-2:], "") != "5b6d9999" && strings.Join(rows[len(rows)-2:], "") != "99995b6d" {
				t.Errorf("%s, reversed %v: %v", by.Title(), rev, rows)
			}
		}
	}
	for _, tt := range []struct {
		w          int
		one, other string
	}{{60, "!REC ", "!REC "}, {72, "!REC not paused ", "!REC by others "}, {80, "!REC not paused ", "!REC resumed by others "}, {120, "!REC not paused ", "!REC resumed by others "}} {
		m.SetSize(tt.w, 20)
		lines := strings.Split(m.View(clock), "\n")
		if !strings.Contains(lines[1], tt.one) || !strings.Contains(lines[2], tt.other) {
			t.Errorf("%d columns:\n%s\n%s", tt.w, lines[1], lines[2])
		}
	}
}

// A badge leaves at least the last 8 digits of both ends of a call.
func TestBadgeLeavesTheCaller(t *testing.T) {
	ends := [][2]string{{"(310) 555-0142", "(646) 555-0199"}, {"+44 20 7946 0018", "+1 (310) 555-0199"}, {"+13105550142", "sip:+13105550199@acme.example"}}
	badges := map[string]func(*deck.Recording){
		"sibling": func(r *deck.Recording) {
			r.Siblings = deck.Siblings{Recording: 1, Paused: 1, List: []deck.Sibling{{SID: text.New("x")}}}
		},
		"timer":     func(r *deck.Recording) { r.Timer = deck.Timer{At: clock.Add(time.Minute)} },
		"timer err": func(r *deck.Recording) { r.Timer = deck.Timer{Err: "lost"} },
		"ack":       func(r *deck.Recording) { r.Ack = deck.Ack{Actor: "bo", Until: clock.Add(time.Minute)} },
	}
	badges["all"] = func(r *deck.Recording) {
		for _, name := range []string{"sibling", "timer", "ack"} {
			badges[name](r)
		}
	}
	for w := 60; w <= 140; w += 2 {
		for _, e := range ends {
			for name, add := range badges {
				for _, ascii := range []bool{false, true} {
					r := pause(call(rec("aaaa-0001", api.Paused, time.Hour), e[0], e[1]), time.Second, false)
					add(r)
					s := snapshot(r)
					s.Offset = time.Until(clock)
					line := strings.Split(sized(theme.New(theme.Options{NoColor: true, ASCII: ascii}), w, 3, s).View(clock.Add(-s.Offset)), "\n")[1]
					line = ansi.Strip(line)
					who := digits(line)
					for _, n := range e {
						d := digits(n)
						if last := d[max(0, len(d)-8):]; !strings.Contains(who, last) {
							t.Errorf("%d columns, %s: the last digits of %s are not in %q", w, name, n, line)
						}
					}
					if name == "sibling" && !strings.Contains(line, "1/2 rec") && !strings.Contains(line, "1 of 2 still recording") {
						t.Errorf("%d columns: no badge in %q", w, line)
					}
				}
			}
		}
	}
}

// A row that is new, and one that has changed, are marked for some seconds; not
// while the first scan goes on.
func TestNewAndChangedRowsAreMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := func(recs ...*deck.Recording) *deck.Snapshot {
			s := snapshot(recs...)
			s.Health.Complete = time.Now()
			return s
		}
		one, two := rec("aaaa-0001", api.InProgress, time.Hour), rec("aaaa-0002", api.InProgress, time.Minute)
		m := sized(theme.Theme{}, 80, 5, snapshot(one))
		m.SetSnapshot(live(one, rec("aaaa-0003", api.InProgress, 2*time.Hour)))
		edges := func() string {
			var out []string
			for _, l := range strings.Split(m.View(time.Now()), "\n")[1:] {
				out = append(out, strings.TrimSpace(string([]rune(l)[:1])))
			}
			return fmt.Sprint(out)
		}
		if got := edges(); got != "[   ]" {
			t.Errorf("edges %s after the first scan", got)
		}
		paused := pause(rec("aaaa-0001", api.Paused, time.Hour), time.Second, false)
		m.SetSnapshot(live(paused, two, rec("aaaa-0003", api.InProgress, 2*time.Hour)))
		if got := edges(); got != "[~ +  ]" {
			t.Errorf("edges %s, want the paused one changed and the second new", got)
		}
		time.Sleep(4 * time.Second)
		m.SetSnapshot(live(paused, two, rec("aaaa-0003", api.InProgress, 2*time.Hour)))
		if got := edges(); got != "[~ +  ]" {
			t.Errorf("edges %s after 4 s", got)
		}
		time.Sleep(time.Second)
		if got := edges(); got != "[   ]" {
			t.Errorf("edges %s after 5 s", got)
		}
	})
}

// Ended rows can be hidden; how many is said, and the selected one stays until
// the user moves.
func TestHideEnded(t *testing.T) {
	for _, w := range []int{60, 80, 120} {
		m := sized(theme.Theme{}, w, 12, some())
		m.Select(of("aaaa-5b6d"))
		m.SetHideEnded(true)
		if got := order(m); got != "8142 c07a e3f0 91be 0d0d 07d1 nodt 5b6d" || m.Hidden() != 1 {
			t.Errorf("%s, %d hidden", got, m.Hidden())
		}
		m = keys(m, "k")
		if got := order(m); got != "8142 c07a e3f0 91be 0d0d 07d1 nodt" || m.Hidden() != 2 || selected(m) != "aaaa-nodt" {
			t.Errorf("%s, %d hidden, %s selected", got, m.Hidden(), selected(m))
		}
		if v := m.View(clock); !strings.Contains(v, "2 ended hidden (e)") {
			t.Errorf("the count of the hidden is not said:\n%s", v)
		}
		m.SetFilter(parse(t, "0199"))
		m.SetHideEnded(false)
		if got := order(m); !strings.Contains(got, "5b6d 9999") || m.Hidden() != 0 {
			t.Errorf("%s when they are shown again", got)
		}
	}
}
