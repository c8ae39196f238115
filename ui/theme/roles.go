package theme

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Role is what a piece of the screen means; a theme gives it its style.
type Role int

// The roles.
const (
	Plain     Role = iota
	Dim            // a label, or a word beside what counts
	Title          // the titles of columns and panes
	Bold           // of more weight
	Recording      // status: recording now
	Paused         // status: paused
	Starting       // status: not running yet
	Ended          // what is over: a status, whole rows, an update that is past
	Gone           // status: no longer to be found
	Unknown        // status: a value nobody knows
	Good           // as it should be
	Warn           // look at this
	Bad            // something failed
	Badge          // READ-ONLY, FROZEN
	Alarm          // ALARM: a pause that lasts too long
	Demo           // DEMO, unmistakable
	Drill          // DRILL, and the line of what it asks for
	Selected       // what stands still in the selected row
	Pointer        // the sign before the selected row
	Key            // a key in a hint
	Changed        // a value that an update changed
	Border         // between panes
	Stale          // the titles over old data
	roles
)

// palette makes the styles of one theme. Colors are of the 256, and lesser
// terminals get the nearest that they have; without color, weight and reverse
// stay, and the words carry the rest.
type palette struct {
	pick  func(light, dark string) string
	color bool
}

// fg returns a style in one of two colors, for light and for dark backgrounds.
func (p palette) fg(light, dark string) lipgloss.Style {
	s := lipgloss.NewStyle()
	if p.color {
		s = s.Foreground(lipgloss.Color(p.pick(light, dark)))
	}
	return s
}

// faint returns a style of less weight: a gray, or without color what the
// terminal calls faint.
func (p palette) faint(light, dark string) lipgloss.Style {
	if !p.color {
		return lipgloss.NewStyle().Faint(true)
	}
	return p.fg(light, dark)
}

// badge returns a style that stands out from everything else.
func (p palette) badge(light, dark string) lipgloss.Style {
	if !p.color {
		return lipgloss.NewStyle().Bold(true).Reverse(true)
	}
	return p.fg("231", "16").Bold(true).Background(lipgloss.Color(p.pick(light, dark)))
}

// drill returns the style of a drill, which no badge has. It is dark on a light
// color, and not bold, for bold black is gray on some terminals.
func (p palette) drill() lipgloss.Style {
	if !p.color {
		return lipgloss.NewStyle().Bold(true).Reverse(true)
	}
	return p.fg("17", "17").Background(lipgloss.Color(p.pick("80", "80")))
}

// label returns a style for words that are not the data: a muted color of its
// own, so that gray means ended and nothing else.
func (p palette) label() lipgloss.Style { return p.fg("60", "103") }

// styles returns the style of every role.
func (p palette) styles() [roles]lipgloss.Style {
	plain := lipgloss.NewStyle()
	bold := plain.Bold(true)
	return [roles]lipgloss.Style{
		Plain: plain, Dim: p.label(), Title: p.label().Underline(!p.color), Bold: bold,
		Recording: plain, Paused: p.fg("130", "214").Bold(true), Starting: p.fg("25", "110"),
		Ended: p.faint("242", "245"), Gone: p.faint("131", "209"), Unknown: p.fg("90", "176").Bold(!p.color),
		Good: p.fg("28", "114"), Warn: p.fg("130", "214").Bold(!p.color), Bad: p.fg("160", "203").Bold(true).Underline(!p.color),
		Badge: p.badge("130", "214"), Alarm: p.badge("160", "203"), Demo: p.badge("90", "176"),
		Drill:    p.drill(),
		Selected: bold, Pointer: p.fg("25", "117").Bold(true), Key: bold,
		Changed: p.fg("25", "117").Bold(true), Border: p.faint("244", "242"),
		Stale: p.fg("160", "203").Bold(!p.color).Underline(!p.color),
	}
}

// selected returns the styles in the selected row: on a tint, and where that is
// too near to a color, in a stronger one. Without color the row is inverted.
func (p palette) selected() [roles]lipgloss.Style {
	all := p.styles()
	if p.color {
		all[Dim], all[Title], all[Ended] = p.fg("60", "146"), p.fg("60", "146"), p.fg("240", "248")
		all[Border] = all[Ended]
		// Not the terminal's own color, for the tint may be a guess at its background.
		for _, r := range []Role{Plain, Recording} {
			all[r] = p.fg("235", "255")
		}
		for _, r := range []Role{Bold, Selected, Key} {
			all[r] = p.fg("235", "255").Bold(true)
		}
	}
	for i := range all {
		switch Role(i) {
		case Badge, Alarm, Demo, Drill:
		default:
			if p.color {
				all[i] = all[i].Background(lipgloss.Color(p.pick("253", "238")))
			} else {
				all[i] = all[i].Reverse(true)
			}
		}
	}
	return all
}

// prefixes returns the sequences that begin each role's style, elsewhere and in
// the selected row. They are made once, for rows are written by hand.
func prefixes(o Options) *[2][roles]string {
	p := palette{pick: chosen(o), color: !o.NoColor && o.Mode != "mono"}
	plain, selected := p.styles(), p.selected()
	if o.unknown() {
		p.pick = func(_, dark string) string { return onTint[dark] }
		badges := selected
		selected = p.selected()
		for _, r := range []Role{Badge, Alarm, Demo, Drill} {
			selected[r] = badges[r]
		}
	}
	var out [2][roles]string
	for row, styles := range [][roles]lipgloss.Style{plain, selected} {
		for i, style := range styles {
			out[row][i], _, _ = strings.Cut(style.Render("x"), "x")
		}
	}
	return &out
}
