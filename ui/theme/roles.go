package theme

import "strconv"

// Role is what a piece of the screen means; a theme gives it its style.
type Role int

// The roles.
const (
	Plain     Role = iota
	Dim            // of less weight: labels, old data
	Title          // the titles of columns and panes
	Bold           // of more weight
	Recording      // status: recording now
	Paused         // status: paused
	Starting       // status: not running yet
	Ended          // status: ended, whole rows too
	Gone           // status: no longer to be found
	Unknown        // status: a value nobody knows
	Good           // as it should be
	Warn           // look at this
	Bad            // something failed
	Badge          // READ-ONLY, FROZEN
	Demo           // DEMO, unmistakable
	Selected       // what stands still in the selected row
	Pointer        // the sign before the selected row
	Key            // a key in a hint
	Changed        // a value that an update changed
	Border         // between panes
	roles
)

// look is a role's style: a color of the 256, or -1 for the terminal's own,
// and attributes. Lesser terminals get the nearest color they have.
type look struct {
	fg, bg                 int
	bold, dim, rev, underl bool
}

const own = -1

func fg(color int) look      { return look{fg: color, bg: own} }
func (l look) strong() look  { l.bold = true; return l }
func (l look) faint() look   { l.dim = true; return l }
func (l look) reverse() look { l.rev = true; return l }
func (l look) on(color int) look {
	l.bg = color
	return l
}

var dark = [roles]look{
	Plain: fg(own), Dim: fg(245), Title: fg(245), Bold: fg(own).strong(),
	Recording: fg(own), Paused: fg(214).strong(), Starting: fg(110), Ended: fg(245), Gone: fg(209), Unknown: fg(176),
	Good: fg(114), Warn: fg(214), Bad: fg(203).strong(),
	Badge: fg(16).on(214).strong(), Demo: fg(16).on(176).strong(),
	Selected: fg(own).strong(), Pointer: fg(117).strong(), Key: fg(own).strong(), Changed: fg(117).strong(), Border: fg(240),
}

var light = [roles]look{
	Plain: fg(own), Dim: fg(242), Title: fg(242), Bold: fg(own).strong(),
	Recording: fg(own), Paused: fg(130).strong(), Starting: fg(25), Ended: fg(242), Gone: fg(131), Unknown: fg(90),
	Good: fg(28), Warn: fg(130), Bad: fg(160).strong(),
	Badge: fg(231).on(130).strong(), Demo: fg(231).on(90).strong(),
	Selected: fg(own).strong(), Pointer: fg(25).strong(), Key: fg(own).strong(), Changed: fg(25).strong(), Border: fg(250),
}

var mono = [roles]look{
	Plain: fg(own), Dim: fg(own).faint(), Title: fg(own).faint(), Bold: fg(own).strong(),
	Recording: fg(own), Paused: fg(own).strong(), Starting: fg(own), Ended: fg(own).faint(), Gone: fg(own).faint(), Unknown: fg(own).strong(),
	Good: fg(own), Warn: fg(own).strong(), Bad: fg(own).strong(),
	Badge: fg(own).strong().reverse(), Demo: fg(own).strong().reverse(),
	Selected: fg(own).strong(), Pointer: fg(own).strong(), Key: fg(own).strong(), Changed: fg(own).strong(), Border: fg(own).faint(),
}

func prefixes(o Options) *[roles]string {
	looks := &light
	switch {
	case o.NoColor || o.Mode == "mono":
		looks = &mono
	case o.Mode == "dark" || o.Mode != "light" && o.Dark:
		looks = &dark
	}
	var out [roles]string
	for i, l := range looks {
		out[i] = l.sgr()
	}
	return &out
}

// sgr returns the sequence that begins the style; empty for none.
func (l look) sgr() string {
	var codes string
	add := func(code string) {
		if codes != "" {
			codes += ";"
		}
		codes += code
	}
	for _, a := range []struct {
		on   bool
		code string
	}{{l.bold, "1"}, {l.dim, "2"}, {l.underl, "4"}, {l.rev, "7"}} {
		if a.on {
			add(a.code)
		}
	}
	if l.fg >= 0 {
		add("38;5;" + strconv.Itoa(l.fg))
	}
	if l.bg >= 0 {
		add("48;5;" + strconv.Itoa(l.bg))
	}
	if codes == "" {
		return ""
	}
	return "\x1b[" + codes + "m"
}
