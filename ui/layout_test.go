package ui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A question is drawn by the selected row: right below it or, where the list has
// no room there, right above; never on it. Nothing else moves.
func TestQuestionIsByTheRow(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}} {
		for _, n := range []int{6, 60} {
			for _, key := range []string{"X", "P", "r", "a"} {
				synctest.Test(t, func(t *testing.T) {
					s := newSession(t, size[0], size[1], Options{})
					s.show(full(n, 2))
					rows, asked := s.m.arrange().listH-1, 0
					for at := range min(rows, n) {
						s.press("esc").m.list.Select(s.m.shown.Recordings[0].Key())
						s.press("g")
						for range at {
							s.press("j")
						}
						s.wait(time.Second)
						before := strings.Split(s.text(), "\n")
						s.press(key)
						if s.m.prompt == nil {
							continue
						}
						asked++
						lines := strings.Split(s.text(), "\n")
						row, question := -1, -1
						for i, l := range lines {
							if strings.Contains(l, "▌ ") {
								row = i
							}
							if strings.HasPrefix(l, "─ ") && question < 0 {
								question = i
							}
						}
						end := question
						for end < len(lines) && (lines[end] != before[end] || end == question) {
							end++
						}
						if row < 0 || question != row+1 && !(question < row && end >= row) {
							t.Fatalf("%v, %d rows, %s on row %d: the question is on line %d, the row on %d:\n%s", size, n, key, at, question, row, s.text())
						}
						if size[0] >= beside && lines[20][strings.Index(lines[20], "│"):] != before[20][strings.Index(before[20], "│"):] {
							t.Fatalf("the pane has moved:\n%s", s.text())
						}
					}
					if asked < 3 && key != "P" {
						t.Errorf("%v, %d rows: %s asked %d times", size, n, key, asked)
					}
				})
			}
		}
	}
}

// The list has 13 rows at 80x24, and the pane below it five lines; every size
// gives each part what it needs.
func TestArrange(t *testing.T) {
	for _, tt := range []struct{ w, h, rows, pane, paneW int }{
		{60, 15, 10, 0, 0}, {60, 18, 7, 5, 60}, {80, 24, 13, 5, 80}, {80, 28, 14, 8, 80}, {80, 40, 18, 16, 80},
		{120, 40, 36, 37, 49}, {123, 40, 36, 37, 52}, {250, 60, 56, 57, 100},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, tt.w, tt.h, Options{})
			s.show(full(60, 2))
			a := s.m.arrange()
			if got := fmt.Sprint(a.listH-1, a.detailH, a.detailW); a.pane == paneNone && tt.pane > 0 || a.pane != paneNone && got != fmt.Sprint(tt.rows, tt.pane, tt.paneW) {
				t.Errorf("%dx%d: rows, lines and columns %s, want %d %d %d", tt.w, tt.h, got, tt.rows, tt.pane, tt.paneW)
			}
			if a.pane == paneNone && a.listH-1 != tt.rows {
				t.Errorf("%dx%d: %d rows, want %d", tt.w, tt.h, a.listH-1, tt.rows)
			}
		})
	}
}
