package paper

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/report"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// maker makes the page of one report.
type maker struct {
	r      *report.Report
	zone   *time.Location
	limits Limits
	about  string                  // the version of tapedeck
	dates  bool                    // times need the day
	ends   int                     // how many characters of a SID tell it from all others
	links  map[*report.Call]string // the IDs of the calls that have a part of their own
	bars   int                     // that have an ID
	also   map[*report.Call][]step
	undone map[*report.Call][]*report.Update
	gaps   map[project][]report.Gap
	overs  map[*report.Pause]bool // those over the limit
}

// project is a project of a space.
type project struct{ space, id string }

// step is something that happened to a call beside its pauses.
type step struct {
	at    report.Moment
	words string
}

func newMaker(r *report.Report, o Options) *maker {
	m := &maker{r: r, zone: cmp.Or(o.Zone, time.UTC), limits: o.Limits.orDefault(), about: o.Version,
		links: map[*report.Call]string{}, also: map[*report.Call][]step{}, undone: map[*report.Call][]*report.Update{}, gaps: map[project][]report.Gap{}, overs: map[*report.Pause]bool{}}
	from, to := r.From, r.To
	for _, c := range r.Calls {
		from, to = min(from, cmp.Or(c.First, from)), max(to, c.Last)
	}
	to = max(from, to-1) // the period ends before its last moment
	m.dates = from.Time().In(m.zone).Format(time.DateOnly) != to.Time().In(m.zone).Format(time.DateOnly)
	m.ends = tellingEnds(r)
	for _, p := range r.OverLimit {
		m.overs[p] = true
	}
	for _, u := range r.Updates {
		if !u.Done() {
			m.undone[u.Call] = append(m.undone[u.Call], u)
		}
	}
	for _, w := range r.Watches {
		m.gaps[project{w.Space, w.Project}] = w.Gaps
	}
	for i, c := range m.foremost(m.limits.Calls) {
		m.links[c] = "call-" + strconv.Itoa(i+1)
	}
	m.takeSteps()
	return m
}

// page makes the page.
func (m *maker) page() *page {
	r := m.r
	p := &page{Heading: m.heading(), Period: m.period(), Facts: m.facts(), Tiles: m.tiles()}
	p.Title = "tapedeck report: " + p.Period
	all := m.findings()
	p.Findings, p.FindingsLeft = cut(all, findingsShown, "thing", "the tables below have all of them")
	p.Verdict = m.verdict(len(all))
	if r.Call == "" && len(r.Calls)+len(r.Watches) > 0 {
		p.Shift = m.shift()
	}
	p.Persons = m.persons()
	p.CallsTitle, p.CallsAbout, p.Calls, p.CallsLeft = m.calls()
	p.Tables = m.tables()
	p.ProofAbout, p.Proof, p.Trust = m.proof()
	p.Foot = "Made by tapedeck" + before(" ", clean(m.about)) + ". Times are in " + m.zoneName(r.To) + ", by the clocks of the machines that wrote the journal. This page has no script and requests nothing."
	return p
}

// foremost returns so many calls, in the order of the report: those with
// something that needs a look go before others, then those with the most pauses.
func (m *maker) foremost(n int) []*report.Call {
	if len(m.r.Calls) <= n {
		return m.r.Calls
	}
	bad := m.badCalls()
	weight := func(i int) int {
		c := m.r.Calls[i]
		if bad[c] {
			return c.Paused() + 1<<20
		}
		return c.Paused()
	}
	places := make([]int, len(m.r.Calls))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return weight(b) - weight(a) })
	places = places[:n]
	slices.Sort(places)
	calls := make([]*report.Call, n)
	for i, at := range places {
		calls[i] = m.r.Calls[at]
	}
	return calls
}

// tellingEnds returns how many characters at the end of a SID tell it from every
// other of the report: 4, or as many as that takes.
func tellingEnds(r *report.Report) int {
	seen := map[string]bool{}
	for _, c := range r.Calls {
		seen[c.SID.SID()] = true
		for _, rec := range c.Recordings {
			seen[rec.SID.SID()] = true
		}
	}
	for n := 4; n < 36; n++ {
		ends, alike := make(map[string]bool, len(seen)), false
		for sid := range seen {
			end := sid[max(0, len(sid)-n):]
			if alike = ends[end]; alike {
				break
			}
			ends[end] = true
		}
		if !alike {
			return n
		}
	}
	return 36
}

// short returns a SID by its end.
func (m *maker) short(sid text.Text) string {
	s := sid.SID()
	switch {
	case s == "":
		return "without a SID"
	case len(s) <= m.ends:
		return s
	}
	return "…" + s[len(s)-m.ends:]
}

// callName names a call or a conference by the end of its SID.
func (m *maker) callName(c *report.Call) string {
	switch {
	case c == nil:
		return "unknown call"
	case c.Conference:
		return "conference " + m.short(c.SID)
	}
	return "call " + m.short(c.SID)
}

// recording names a recording by the end of its SID.
func (m *maker) recording(rec *report.Recording) string {
	if rec == nil {
		return "no known recording"
	}
	return m.short(rec.SID)
}

// at returns a moment to the millisecond, with the day where that is needed;
// empty for none.
func (m *maker) at(t report.Moment) string { return m.moment(t, "15:04:05.000") }

// when returns a moment to the second.
func (m *maker) when(t report.Moment) string { return m.moment(t, "15:04:05") }

func (m *maker) moment(t report.Moment, form string) string {
	if t.IsZero() {
		return ""
	}
	if m.dates {
		form = "2 Jan " + form
	}
	return t.Time().In(m.zone).Format(form)
}

// day returns a moment with its whole date.
func (m *maker) day(t report.Moment) string {
	return t.Time().In(m.zone).Format("Mon 2 Jan 2006 15:04:05")
}

func (m *maker) zoneName(t report.Moment) string {
	at := t.Time().In(m.zone)
	if name, _ := at.Zone(); strings.Trim(name, "+-0123456789") != "" {
		return name + " (UTC" + at.Format("-07:00") + ")"
	}
	return "UTC" + at.Format("-07:00")
}

// exactly returns a duration to the millisecond: 03:12.412.
func exactly(d time.Duration) string {
	d = d.Round(time.Millisecond)
	return times.Hours(d) + fmt.Sprintf(".%03d", d%time.Second/time.Millisecond)
}

// lasted says how long a pause lasted, to the second or to the millisecond: ≥
// and ≤ stand where its beginning or its end was before the time that is on
// record, ~ where both were.
func lasted(p *report.Pause, form func(time.Duration) string) string {
	d, ok := p.For()
	switch {
	case p.ClockSet:
		return "unknown"
	case p.End == report.Open:
		return "≥" + form(p.Known.Sub(p.Began))
	case !ok:
		return "unknown"
	case !p.BeganExact() && !p.EndExact():
		return "~" + form(d)
	case !p.BeganExact():
		return "≥" + form(d)
	case !p.EndExact():
		return "≤" + form(d)
	}
	return form(d)
}

// by names a person; nil stands for others, of whom nothing is on record.
func by(p *report.Person) string {
	switch {
	case p == nil:
		return "others"
	case p.Name == "":
		return "somebody unknown"
	}
	return clean(p.Name)
}

// clean makes a text of the journal safe to show, on one line.
func clean(s string) string { return text.New(s).String() }

// count returns a number with a thing, one or many: 1 pause, 1,200 pauses.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return number(n) + " " + thing
}

// number returns a number with commas between thousands.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// before returns s with something before it; nothing for an empty s.
func before(what, s string) string {
	if s == "" {
		return ""
	}
	return what + s
}

// cut returns the first of some things and what to say of those left out.
func cut[T any](all []T, shown int, thing, where string) ([]T, string) {
	if len(all) <= shown {
		return all, ""
	}
	return all[:shown], "Not shown here: " + count(len(all)-shown, "more "+thing) + "; " + where + "."
}
