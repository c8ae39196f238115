package ui

import "github.com/charmbracelet/x/ansi"

// wideCell is a cell as it was written.
type wideCell struct {
	text  string
	width int
	style string
}

// wideLine is a row that is being written from its first cell on.
type wideLine struct {
	raw   []byte
	cells []wideCell
	at    int // the next cell's column
	most  int // the same, where a terminal takes what is odd for as wide as it could be
	style string
	odd   bool // there is something in it of which the width or the style is not sure
}

// odd reports whether terminals do not agree about how wide a character is,
// more than they do about any wide one.
func odd(seq []byte, width int) bool {
	return len(seq) > 1 && ansi.StringWidthWc(string(seq)) != width
}

// cellRun is a run of cells of one style, from one up to another.
type cellRun struct{ from, to int }

// changedCells returns the cells that are not as they were. It is not ok where
// that is not known, or where one is right of a wide character.
func changedCells(old, now []wideCell) (runs []cellRun, ok bool) {
	if old == nil || len(old) != len(now) {
		return nil, false
	}
	wide := false
	for i, c := range now {
		wide = wide || c.width != 1 || old[i].width != 1
		if c == old[i] {
			continue
		}
		if wide {
			return nil, false
		}
		if n := len(runs); n > 0 && i-runs[n-1].to <= maxGap && oneStyle(now[runs[n-1].from:i+1]) {
			runs[n-1].to = i + 1
		} else {
			runs = append(runs, cellRun{i, i + 1})
		}
	}
	return runs, true
}

// maxGap is how many cells that have not changed are written rather than passed.
const maxGap = 3

func oneStyle(cells []wideCell) bool {
	for _, c := range cells {
		if c.style != cells[0].style {
			return false
		}
	}
	return true
}
