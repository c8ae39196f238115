package list

import (
	"slices"
	"strconv"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/timeline"
)

// parts are the profiles that a list shows, where there are several; else none.
// A copy of a list shares them with the original.
type parts struct {
	list   []deck.Part
	labels map[string]string // what the column shows of each, by profile
	stale  []string          // see SetStaleProfiles
}

// several reports whether it has to be said which one a recording is of.
func (p parts) several() bool { return len(p.list) > 1 }

// part is one of several profiles, in a frame.
type part struct {
	label  string
	stale  bool
	server time.Time
	moment timeline.Moment
}

// projectWidth leaves room for the name of a profile, and for the title with the
// sign of an order. It is never nothing: which project a call is of has to be
// seen.
func projectWidth(_ theme.Theme, s size) int {
	most := 8
	switch {
	case s.w >= 110:
		most = 16
	case s.w >= roomyFrom:
		most = 12
	}
	return min(max(s.project, 8), most)
}

// setParts takes the profiles of a snapshot.
func (m *Model) setParts(list []deck.Part) {
	if len(list) < 2 {
		list = nil
	}
	same := slices.EqualFunc(m.parts.list, list, func(a, b deck.Part) bool { return a.Profile == b.Profile && a.Space == b.Space })
	if m.parts.list = list; !same {
		if m.sort == ByProject && !m.parts.several() {
			m.sort = ByPause
		}
		m.arrange()
	}
}

// SetStaleProfiles tells of several profiles whose data is old: nothing stands
// out in their rows.
func (m *Model) SetStaleProfiles(names []string) {
	if !slices.Equal(m.parts.stale, names) {
		m.parts.stale = names
		m.touch()
	}
}

// widest is how many cells the widest name takes; 0 without several profiles.
func (p parts) widest(t theme.Theme) (cells int) {
	for _, d := range p.list {
		cells = max(cells, 1, t.Width(t.Plain(d.Label())))
	}
	return cells
}

// fit works out what the column shows of each profile.
func (p *parts) fit(t theme.Theme, s size) {
	if !p.several() {
		p.labels = nil
		return
	}
	names := make([]string, len(p.list))
	for i, d := range p.list {
		names[i] = t.Plain(d.Label())
	}
	fitted := Apart(t, names, projectWidth(t, s))
	p.labels = make(map[string]string, len(names))
	for i, d := range p.list {
		p.labels[d.Profile] = fitted[i]
	}
}

// Apart cuts names to w cells so that no two of them look alike: at their ends,
// else at their beginnings, else with their number before them.
func Apart(t theme.Theme, names []string, w int) []string {
	dots := t.Symbols().Ellipsis
	cuts := []func(i int, s string) string{
		func(_ int, s string) string { return t.Truncate(s, w) },
		func(_ int, s string) string { return lastCells(t, s, w, dots) },
		func(i int, s string) string { return t.Truncate(strconv.Itoa(i+1)+" "+s, w) },
	}
	var out []string
	for _, cut := range cuts {
		out = out[:0]
		seen := map[string]bool{}
		for i, s := range names {
			out = append(out, cut(i, s))
			seen[out[i]] = true
		}
		if len(seen) == len(names) {
			break
		}
	}
	return out
}

// lastCells returns the last w cells of a name that has no room.
func lastCells(t theme.Theme, s string, w int, dots string) string {
	if t.Width(s) <= w {
		return s
	}
	for s != "" && t.Width(dots+s) > w {
		s = lastRunes(s, len([]rune(s))-1)
	}
	return dots + s
}

// labeled returns what a frame has to know of each profile; nil without several.
func (m Model) labeled(now time.Time) map[string]part {
	if !m.parts.several() {
		return nil
	}
	out := make(map[string]part, len(m.parts.list))
	for _, d := range m.parts.list {
		out[d.Profile] = part{
			label: m.parts.labels[d.Profile], stale: slices.Contains(m.parts.stale, d.Profile), server: d.ServerSecond(now), moment: timeline.At(d.Snapshot, now),
		}
	}
	return out
}

// enter sets what holds for a row.
func (f *frame) enter(m Model, r *row) {
	f.people = m.people(r)
	if f.parts == nil {
		return
	}
	if p, ok := f.parts[r.rec.Profile]; ok {
		f.part, f.server, f.moment, f.stale = p, p.server, p.moment, f.allStale || p.stale
		return
	}
	// a selected row of a profile that is no longer shown
	f.part, f.stale = part{label: f.th.Truncate(f.th.Plain(text.New(r.rec.Profile).String()), 8), stale: true}, true
}

// project shows which profile a recording is of.
func (c *context) project(*row) cell { return cell{text: c.part.label, role: c.projectRole()} }

func (c *context) projectRole() theme.Role {
	if c.part.stale {
		return theme.Warn
	}
	return theme.Plain
}

// twin reports whether another row of the same SID was there already, and notes
// the first one of each.
func (m *Model) twin(seen *map[string]*row, r *row) bool {
	if *seen == nil {
		*seen = map[string]*row{}
	}
	first := (*seen)[r.sid()]
	if first == nil {
		(*seen)[r.sid()] = r
	}
	return first != nil
}

// Project names the profile of a recording where several are shown; empty where
// it is clear.
func (m Model) Project(of deck.Key) string {
	for _, d := range m.parts.list {
		if d.Profile == of.Profile {
			return m.th.Plain(d.Label())
		}
	}
	return ""
}

// ProjectIn does the same in w cells, so that no two look alike.
func (m Model) ProjectIn(of deck.Key, w int) string {
	names := make([]string, len(m.parts.list))
	for i, d := range m.parts.list {
		names[i] = m.th.Plain(d.Label())
	}
	for i, s := range Apart(m.th, names, w) {
		if m.parts.list[i].Profile == of.Profile {
			return s
		}
	}
	return ""
}
