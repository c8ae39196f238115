package ui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/header"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// beside is from which width on the detail pane is beside the list. In a
// narrower list who could not be read whole, so there the pane is below.
const beside = 119

const (
	leastList = 69 // columns of the list, for both ends of a call beside two clocks
	sidsWhole = 52 // columns of the detail pane, for each SID beside its name
	leastRows = 14 // of the list, before the pane below it has more lines than
	leastPane = 5  // these: the title, and the timeline, who, how and what in a line each
)

// pane is where the detail pane is.
type pane int

const (
	paneNone  pane = iota // not on the screen
	paneSide              // beside the list
	paneBelow             // below the list
	paneFull              // instead of the list
)

// arrangement is which part has how much of the screen.
type arrangement struct {
	pane             pane
	header           int      // lines
	body             int      // lines between the header and the status lines
	message          []string // the lines between the body and the hints
	status           int      // how many they are
	listW, listH     int
	detailW, detailH int
}

// arrange divides the screen.
func (m *Model) arrange() arrangement {
	a := arrangement{header: 2, listW: m.w, message: m.statusLines(m.w)}
	a.status = len(a.message)
	if m.w >= header.Wide {
		a.header = 1
	}
	a.body = max(0, m.h-a.header-a.status-1)
	a.listH = a.body
	switch {
	case m.full:
		a.pane, a.detailW, a.detailH = paneFull, m.w, a.body
	case m.w >= beside:
		a.pane = paneSide
		a.detailW, a.detailH = min(100, max(44, m.w*2/5, min(sidsWhole, m.w-2-leastList))), a.body
		a.listW = m.w - a.detailW - 2
	case m.h >= 18:
		a.pane = paneBelow
		a.detailW, a.detailH = m.w, max(leastPane, min(18, a.body*9/20, a.body-leastRows-2))
		a.listH = a.body - a.detailH - 1
	}
	if m.filterShown() {
		a.listH--
	}
	return a
}

// onDetail reports whether the keys that move are the detail pane's.
func (m *Model) onDetail() bool {
	return m.full || m.right && m.arrange().pane != paneNone
}

// compose makes the frame. Only what is visible is rendered.
func (m *Model) compose() {
	m.composeScreen()
	m.addDrill()
}

// composeScreen makes the frame without the line of a drill.
func (m *Model) composeScreen() {
	m.followStale()
	m.status.Select(m.selectedKey())
	m.frame = tea.View{WindowTitle: m.windowTitle(), ProgramStatus: m.programStatus()}
	if m.w <= 0 || m.h <= 0 {
		return
	}
	if m.page != nil {
		m.frame.SetContent(m.pageLines())
		return
	}
	if m.small() {
		m.frame.SetContent(m.smallScreen())
		return
	}
	a := m.arrange()
	m.list.SetSize(a.listW, max(0, a.listH))
	m.detail.SetSize(a.detailW, a.detailH)
	onDetail := m.onDetail()
	m.list.SetFocus(!onDetail)
	m.detail.SetFocus(onDetail)

	lines := m.header.View(m.w, m.headerState())
	lines, cursorX, cursorY, asked := m.body(lines, a)
	if !asked && (m.mode != filters || m.prompt != nil) {
		cursorX = -1
	}
	lines = append(append(lines, a.message...), m.status.HintLine(m.hints(), m.w))
	m.frame.SetContent(strings.Join(lines, "\n"))
	if cursorX >= 0 {
		m.frame.Cursor = tea.NewCursor(cursorX, cursorY)
	}
}

// body adds the lines between header and status line: the help, or the list
// and the detail pane, and over them what is open. It returns the place of the
// cursor, and whether that is the prompt's.
func (m *Model) body(lines []string, a arrangement) (out []string, x, y int, asked bool) {
	x = -1
	open := func(lines []string, w int) {
		if at, line, ok := m.overlay(lines[a.header:], w, a); ok {
			x, y, asked = at, line+a.header, true
		}
	}
	if m.mode == helping {
		m.help.SetSize(m.w, a.body)
		lines = append(lines, m.help.View()...)
		open(lines, m.w)
		return lines, x, y, asked
	}
	if m.mode == telling {
		m.history.Fit(m.w, a.body, m.aroundHistory())
		lines = append(lines, m.history.View()...)
		open(lines, m.w)
		return lines, x, y, asked
	}
	r, ok := m.selected()
	m.detail.SetRecording(r, m.snapshotOf(r).OffsetAt(m.at()), m.shortOf(r), m.placeOfSelected(r))
	m.detailUnrecorded()
	m.detail.SetProject(m.projectOf(r))
	m.detail.SetUnnamed(m.unnamed(r))
	m.detail.SetKnown(m.knownUntil(r))
	if a.pane == paneFull {
		lines = line.Pad(splitLines(lines, m.detail.View(m.at())), a.header+a.body)
		open(lines, m.w)
		return lines, x, y, asked
	}
	if _, total := m.list.Shown(); ok || total > 0 {
		lines = splitLines(lines, m.list.View(m.at()))
	} else {
		lines = append(lines, m.emptyLines(a.listW, a.listH)...)
	}
	if m.filterShown() { // below the list: above it, all rows would move
		lines = line.Pad(lines, a.header+max(0, a.listH))
		var line string
		line, x = m.filter.View(m.list, a.listW, m.mode == filters)
		y = len(lines)
		lines = append(lines, line)
	}
	switch a.pane {
	case paneSide:
		lines = line.Pad(lines, a.header+a.body)
		open(lines, a.listW)
		m.beside(lines[a.header:])
		return lines, x, y, asked
	case paneBelow:
		lines = line.Pad(lines, a.header+a.body-a.detailH-1)
		lines = append(lines, m.th.Paint(m.borderRole(), strings.Repeat(m.th.Symbols().Rule, m.w)))
		lines = splitLines(lines, m.detail.View(m.at()))
	}
	lines = line.Pad(lines, a.header+a.body)
	open(lines, m.w)
	return lines, x, y, asked
}

// beside puts the detail pane to the right of the lines.
func (m *Model) beside(lines []string) {
	bar := " " + m.th.Paint(m.borderRole(), m.th.Symbols().Bar)
	view := m.detail.View(m.at())
	for i := range lines {
		var line string
		line, view, _ = strings.Cut(view, "\n")
		lines[i] += bar + line
	}
}

// borderRole is the style of what parts list and detail pane: it shows which
// one has the focus.
func (m *Model) borderRole() theme.Role {
	if m.right {
		return theme.Pointer
	}
	return theme.Border
}

func splitLines(lines []string, view string) []string {
	for line := range strings.SplitSeq(view, "\n") {
		lines = append(lines, line)
	}
	return lines
}

// overlay puts the open prompt or menu over lines of the list, by the selected
// row. It returns the place of its cursor; ok is false when it has none.
func (m *Model) overlay(body []string, w int, a arrangement) (x, y int, ok bool) {
	if m.prompt == nil && m.mode != sorting {
		return 0, 0, false
	}
	row, sel := m.list.SelectedLine()
	if sel = sel && a.pane != paneFull && m.mode != helping && m.mode != telling; !sel {
		row = -1
	}
	room := max(row, len(body)-row-1)
	var over []string
	if m.prompt != nil {
		over = m.prompt.View(w, room)
		x, y, ok = m.prompt.Cursor(w, room)
	} else {
		over = m.list.SortMenu(w)
		over = over[:min(len(over), room)]
	}
	r, _ := m.selected()
	about := m.prompt != nil && (r != nil && m.prompt.Question().Request.Key() == r.Key() || m.asksStartOfSelected())
	if row >= 0 && about && len(over) < room { // where it ends and the list goes on
		over = append(over, m.th.Paint(theme.Border, strings.Repeat(m.th.Symbols().Rule, w)))
	}
	first := besideRow(row, len(over), len(body), a.listH, about)
	copy(body[first:], over)
	return x, y + first, ok
}

// besideRow returns the first of n lines that a question about the selected row,
// on a line of the body, is drawn on: right below it, above it where the list has
// no room there, and never on it. What is not about the row is at the end.
func besideRow(row, n, body, list int, about bool) int {
	last := max(0, body-n)
	switch {
	case row < 0, !about && row < last:
		return last
	case row+1+n <= list, row < n && row+1 <= last:
		return row + 1
	case row >= n:
		return row - n
	}
	return min(row+1, last)
}

// knownUntil returns the local time up to which it is known what a recording does;
// zero while that is now.
func (m *Model) knownUntil(r *deck.Recording) time.Time {
	if h := m.snapshotOf(r).Health; h.Phase(m.at()) == deck.Stale {
		return h.Complete
	}
	return time.Time{}
}

func (m *Model) shortOf(r *deck.Recording) string {
	if r == nil {
		return ""
	}
	return m.list.ShortSID(r.Key())
}
