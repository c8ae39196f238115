package list

import (
	"fmt"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// hostile are names that want to break a screen.
var hostile = []string{
	"会議室 東京", "👨‍👩‍👧‍👦 family", "🏳️‍🌈🇺🇸👍🏽", "e\u0301\u0302\u0303 marks", "\u0301leading mark",
	"مكالمة الدعم", "שיחת תמיכה", "a\u202eb\u2066c\u2069", "\x1b[31mred\x1b[0m", "\x1b]0;owned\x07", "\x1b]52;c;cHduZWQ=\x1b\\",
	"\u009b31m", "tab\tline\nend\rback\b", strings.Repeat("long ", 60), strings.Repeat("会", 300), strings.Repeat("e\u0301", 300),
	"a\xffb\xc3", "สวัสดี", "नमस्ते", "ｆｕｌｌ", "\u200b\u2060\u00ad", "", " ", "\U000e0041tag", "㊙️⚠️", strings.Repeat("\u0301", 300),
}

func hostileSnapshot() *deck.Snapshot {
	var recs []*deck.Recording
	for i, name := range hostile {
		r := conference(rec(fmt.Sprintf("aaaa-%04d", 2*i), api.InProgress, time.Minute, "conference_sid", inConference), name)
		r.Source = text.New(name)
		c := call(rec(fmt.Sprintf("aaaa-%04d", 2*i+1), api.Status(text.New(name).String()), time.Minute), name, name)
		recs = append(recs, r, c)
	}
	recs = append(recs, call(rec("\x1b[2J\u202e会会会", api.Paused, time.Minute), "a", "b"))
	return snapshot(recs...)
}

// The columns of every row begin where those of a plain one do, as the
// renderer counts.
func TestHostileNamesKeepColumnsStraight(t *testing.T) {
	for _, th := range []theme.Theme{
		theme.New(theme.Options{Mode: "dark"}), theme.New(theme.Options{Graphemes: true}),
		theme.New(theme.Options{ASCII: true}), {},
	} {
		for _, w := range []int{40, 60, 78, 120, 250} {
			m := sized(th, w, 60, hostileSnapshot())
			view := m.View(clock)
			checkBox(t, th, w, 60, view)
			x := m.layout.edge // of the column after who
			for _, c := range m.layout.cols {
				x += c.cells + m.layout.gap
				if c.sort == ByWho {
					break
				}
			}
			for line := range strings.SplitSeq(view, "\n") {
				if at := x - m.layout.gap; at < w && ansi.Strip(line) != "" {
					if gap := cut(th, line, at, m.layout.gap); strings.TrimSpace(gap) != "" {
						t.Errorf("at %d columns %q stands between who and the next column of %q", w, gap, line)
					}
				}
			}
		}
	}
}

// cut returns n cells of a line from the cell at, as the renderer draws them.
func cut(th theme.Theme, line string, at, n int) string {
	w := th.Width(line)
	b := uv.NewScreenBuffer(w, 1)
	if th == theme.New(theme.Options{Graphemes: true}) {
		b.Method = ansi.GraphemeWidth
	}
	uv.NewStyledString(line).Draw(b, b.Bounds())
	var s strings.Builder
	for i := range n {
		if c := b.CellAt(at+i, 0); c != nil {
			s.WriteString(c.Content)
		}
	}
	return s.String()
}

// FuzzList plays sizes, snapshots, filters, orders and keys, and checks that
// the screen holds, the selection only moves by keys and filters once it is
// held, and no filter selects what it excludes.
func FuzzList(f *testing.F) {
	f.Add([]byte{0, 80, 24, 1, 3, 2, 'j', 3, 2, 1, 9, 4, 5, 2, 'G', 1, 200})
	f.Add([]byte{0, 0, 0, 1, 255, 2, 'k', 5, 3, 0, 250, 60, 4, 0, 2, 'g'})
	filters := []string{"", "status:paused", "!0003", "zebra", "age>1m", "555"}
	moves := []string{"j", "k", "g", "G", "pgdown", "ctrl+d", "end", "down"}
	f.Fuzz(func(t *testing.T, ops []byte) {
		th := theme.New(theme.Options{Mode: "dark"})
		m := New(th)
		next := func() int {
			if len(ops) == 0 {
				return 0
			}
			b := ops[0]
			ops = ops[1:]
			return int(b)
		}
		for n := 0; len(ops) > 0 && n < 200; n++ {
			before, held := selected(m), m.choice.held
			op := next() % 6
			switch op {
			case 0:
				m.SetSize(next(), next()%70)
			case 1:
				m.SetSnapshot(fuzzSnapshot(next(), next()))
			case 2:
				m = keys(m, moves[next()%len(moves)])
			case 3:
				m.SetFilter(parse(t, filters[next()%len(filters)]))
			case 4:
				m.SetSort(Sort(next()%9), next()%2 == 0)
			case 5:
				m.SetStale(next()%2 == 0)
			}
			if op != 2 && op != 3 && held && before != "" && selected(m) != before {
				t.Fatalf("the selection moved from %s to %s by itself", before, selected(m))
			}
			if op == 3 && !m.filter.IsZero() && m.kept {
				t.Fatalf("the filter %q has selected %s, which it excludes", m.filter, selected(m))
			}
			if _, ok := m.Selected(); !ok && len(m.rows) > 0 {
				t.Fatalf("nothing is selected of %d rows", len(m.rows))
			}
			if _, ok := m.Selected(); ok && (m.selAt >= len(m.rows) || m.rows[m.selAt] != m.sel) {
				t.Fatalf("the selected row is not at %d of %d", m.selAt, len(m.rows))
			}
			visible(t, m)
			if view := m.View(clock); m.w > 0 || m.h > 0 {
				checkBox(t, th, m.w, m.h, view)
			}
		}
	})
}

// fuzzSnapshot has those of 40 recordings whose bit is in a pattern.
func fuzzSnapshot(pattern, paused int) *deck.Snapshot {
	var recs []*deck.Recording
	for i := range 40 {
		switch {
		case pattern>>(i%8)&1 == 0:
		case i%7 == paused%7:
			recs = append(recs, pause(rec(fmt.Sprintf("aaaa-%04d", i), api.Paused, time.Minute), time.Duration(i)*time.Second, i%2 == 0))
		case i%11 == paused%11:
			recs = append(recs, rec(fmt.Sprintf("aaaa-%04d", i), api.Completed, time.Hour))
		default:
			recs = append(recs, call(rec(fmt.Sprintf("aaaa-%04d", i), api.InProgress, time.Duration(i)*time.Second), "(310) 555-0142", hostile[i%len(hostile)]))
		}
	}
	return snapshot(recs...)
}
