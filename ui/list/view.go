package list

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/timeline"
)

// layout is where the columns of the list are.
type layout struct {
	cols  []placed
	edge  int  // cells before the first column, with the pointer in them
	gap   int  // cells between two columns
	kinds bool // there is a column for the kind
	apart bool // paused and running have a column each
	spare int  // cells more for the status of what is not paused: its paused column is empty
}

// placed is a column in its width.
type placed struct {
	*column
	cells int
}

// maxWho is how wide who gets at most: what stands right of it must not be too
// far away to be read as one line.
const maxWho = 56

// arrange chooses the columns that fit into w cells, and their widths.
func arrange(t theme.Theme, s size) *layout {
	l := &layout{edge: 2, gap: 1}
	shape, w := narrow, s.w
	if w >= wideFrom {
		shape, l.apart = wide, true
	}
	if w >= roomyFrom {
		l.edge, l.gap = 3, 2
	}
	left := w - l.edge
	var there []bool
	for rank, full := 0, false; rank <= len(columns) && !full; rank++ {
		there = append(there, false)
		for i := range columns {
			c := &columns[i]
			if c.rank != rank || !c.in(shape, s) {
				continue
			}
			takes := l.gap + c.width(t, s)
			if rank == 0 {
				left -= takes
			} else if left+l.gap-takes < c.room {
				full = true
				break
			} else {
				left -= takes
			}
			there[rank] = true
		}
	}
	left += l.gap // there is none after the last column
	for i := range columns {
		c := &columns[i]
		if c.rank >= len(there) || !there[c.rank] || !c.in(shape, s) {
			continue
		}
		p := placed{column: c, cells: c.width(t, s)}
		if p.cells == 0 {
			p.cells = min(max(0, left), maxWho)
		}
		l.kinds = l.kinds || c.sort == ByKind
		l.cols = append(l.cols, p)
		if c.sort == ByPause { // all but a space before the next column
			l.spare = p.cells + 2*l.gap - 1
		}
	}
	return l
}

// in reports whether a column is in lists of a shape and a size.
func (c *column) in(shape only, s size) bool {
	return (c.only == anywhere || c.only == shape) && (!c.several || s.project > 0) && (!c.timeline || s.timeline)
}

// SelectedLine returns on which line of the view the selected row is; ok is false
// without one.
func (m Model) SelectedLine() (y int, ok bool) {
	y = m.selAt - m.top
	if m.h > 1 {
		y++
	}
	return y, m.sel != nil && m.selAt < len(m.rows) && y < m.h
}

// View renders the list at the local time now: exactly the lines of the size
// set, each exactly as wide.
func (m Model) View(now time.Time) string {
	if m.memo != nil && m.memo.made && m.memo.now.Equal(now) {
		return m.memo.view
	}
	view := m.render(now)
	if m.memo != nil {
		*m.memo = memo{now: now, view: view, made: true}
	}
	return view
}

func (m Model) render(now time.Time) string {
	if m.w == 0 || m.h == 0 {
		return strings.Repeat("\n", max(0, m.h-1))
	}
	f := m.frame(now)
	lines := 0
	if m.h > 1 {
		f.titles(m)
		lines++
	}
	for i := m.top; i < len(m.rows) && lines < m.h; i++ {
		if lines > 0 {
			f.Next()
		}
		f.recording(m, m.rows[i])
		lines++
	}
	if m.shown == 0 && !m.filter.IsZero() && lines < m.h {
		if lines > 0 {
			f.Next()
		}
		f.Add(theme.Plain, f.th.Pad(m.layout.edge))
		f.Add(theme.Dim, "no recording matches /"+f.th.Plain(text.New(m.filter.String()).String())+"/ (Esc clears)")
		f.FillAll()
		lines++
	}
	for ; lines < m.h; lines++ {
		if lines > 0 {
			f.Next()
		}
		f.FillAll()
	}
	return f.End()
}

// frame writes the lines of one view.
type frame struct {
	context
	line.Builder
	parts    map[string]part // by profile; nil for one
	allStale bool
}

func (m Model) frame(now time.Time) *frame {
	f := &frame{}
	f.BeginLines(m.th, m.w, m.h)
	// Ticks come with each local second, give or take. Counting from that
	// second on, each clock moves exactly once in it.
	f.now = now
	f.server = now.Truncate(time.Second)
	if m.snap != nil {
		f.server, f.moment = m.snap.ServerSecond(now), timeline.At(m.snap, now)
	}
	f.th, f.sym, f.layout, f.minutes, f.actor = m.th, m.th.Symbols(), m.layout, m.minutes, m.actor
	f.words, f.tries = m.filter.words(), m.tries
	f.stale, f.bars = m.stale, m.bars
	f.parts, f.allStale = m.labeled(now), m.stale
	return f
}

// titles writes the line of column titles. Where there are more rows than
// lines, who's says which is selected, and where more are.
func (f *frame) titles(m Model) {
	x := m.layout.edge
	for _, c := range m.layout.cols {
		title, role := c.title, theme.Title
		if m.stale {
			role = theme.Stale
		}
		if c.sort == m.sort && (m.sort != ByPause || m.rev) {
			if m.rev {
				title += f.sym.Up
			} else {
				title += f.sym.Down
			}
		}
		title = f.th.Truncate(title, c.cells)
		n := f.th.Width(title)
		if c.right {
			f.Fill(x + c.cells - n)
		} else {
			f.Fill(x)
		}
		f.Add(role, title)
		if c.sort == ByWho {
			f.whereabouts(m, x+n+2, x+c.cells)
		}
		x += c.cells + m.layout.gap
	}
	f.FillAll()
}

// whereabouts writes what cannot be seen of the list, up to the cell end, as
// far as there is room from the cell x on: how many alarms are above, how many
// ended recordings are hidden, and the position. The last of them goes first.
func (f *frame) whereabouts(m Model, x, end int) {
	var parts []said
	for _, s := range []said{{theme.Bad, f.alarmsAbove(m)}, {theme.Dim, f.hidden(m, end-x)}, {theme.Dim, f.position(m)}} {
		if n := f.th.Width(s.text); n > 0 && n <= end-x {
			parts = append(parts, s)
			end -= n + 2
		}
	}
	at := end + 2
	for i := range parts {
		if i > 0 {
			at += 2
		}
		f.Fill(at)
		f.Add(parts[i].role, parts[i].text)
		at += f.th.Width(parts[i].text)
	}
}

// said is a text in a role.
type said struct {
	role theme.Role
	text string
}

// hidden says how many ended recordings are left out, in so many cells; nothing
// when there are none.
func (f *frame) hidden(m Model, room int) string {
	n := m.Hidden()
	if n == 0 {
		return ""
	}
	words := strconv.Itoa(n) + " ended hidden (e)"
	if f.th.Width(words) > room {
		words = strconv.Itoa(n) + " hidden (e)"
	}
	return words
}

// alarmsAbove says how many rows that alarm are above the first line, and
// the key that shows them; nothing when there are none.
func (f *frame) alarmsAbove(m Model) string {
	n := sort.Search(m.top, func(i int) bool { return m.rows[i].urgency() == 0 }) // they are on top
	if n == 0 {
		return ""
	}
	return f.sym.Up + strconv.Itoa(n) + " ALARM (g)"
}

// position says which row is selected, of how many, and where more are; it
// says nothing when all are visible.
func (f *frame) position(m Model) string {
	v := m.window()
	if len(m.rows) <= v {
		return ""
	}
	p := strconv.Itoa(m.selAt+1) + "/" + strconv.Itoa(len(m.rows))
	more := ""
	if m.top > 0 {
		more = f.sym.Up
	}
	if m.top+v < len(m.rows) {
		more += f.sym.Down
	}
	return p + " " + more
}

// recording writes the line of a row.
func (f *frame) recording(m Model, r *row) {
	f.enter(m, r)
	selected := r == m.sel
	still := theme.Plain // the role of what stands still, but for the status
	switch {
	case !r.rec.Active():
		still = theme.Ended
	case f.stale && !f.allStale: // others are live
		still = theme.Dim
	case selected:
		still = theme.Selected
	}
	if f.kept = selected && m.kept; selected {
		f.SetTheme(f.th.Selected())
		defer func() { f.FillAll(); f.SetTheme(f.th) }()
		role := theme.Pointer
		if !m.focused {
			role = theme.Dim
		}
		f.sign(r, m.layout.edge-2)
		f.Fill(m.layout.edge - 1 - f.th.Width(f.sym.Pointer))
		f.Add(role, f.sym.Pointer)
	}
	f.sign(r, 1)
	if m.marks[r.rec.Key()] {
		f.mark(m.layout.edge)
	}
	x := m.layout.edge
	for i, c := range m.layout.cols {
		if f.width = c.cells; i == 0 && !r.paused {
			f.width += m.layout.spare
		}
		f.cell(x, &c, c.cell(&f.context, r), still, c.ticks && r.rec.Active())
		x += c.cells + m.layout.gap
	}
	f.FillAll()
}

// cell writes a cell whose column begins at x.
func (f *frame) cell(x int, c *placed, v cell, still theme.Role, ticking bool) {
	room := max(c.cells, f.width)
	if v.sign != "" {
		room = max(0, room-1-f.th.Width(v.sign))
	}
	s, n := v.text, v.cells
	if n == 0 {
		s = f.th.Truncate(s, room)
		n = f.th.Width(s)
	}
	if c.right {
		x += room - n
	}
	f.Fill(x)
	role := still
	switch {
	case ticking, v.role != theme.Plain && still != theme.Ended:
		role = v.role
	}
	f.Write(role, s, n)
	if v.sign != "" {
		f.Add(theme.Plain, " ")
		f.Add(v.signRole, v.sign)
	}
}
