package line

import "tapedeck/ui/theme"

// Open is a line that is made before it is known how much room there is for it:
// it is not filled up. The zero value is empty.
type Open struct {
	text  string // styled
	Cells int    // that it takes
}

// Add adds s in the style of a role.
func (o *Open) Add(t theme.Theme, role theme.Role, s string) {
	o.text += t.Paint(role, s)
	o.Cells += t.Width(s)
}

// Join adds another open line.
func (o *Open) Join(p Open) {
	o.text += p.text
	o.Cells += p.Cells
}

// AddOpen adds an open line, cut to at most n cells.
func (l *Builder) AddOpen(o Open, n int) {
	n = min(n, l.room-l.w)
	if o.Cells > n {
		o.text = l.th.Truncate(o.text, n)
		o.Cells = l.th.Width(o.text)
	}
	l.b.WriteString(o.text)
	l.w += o.Cells
}
