package paper

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tapedeck/api/report"
	"tapedeck/ui/times"
)

// findingsShown is how many things are named above the tables.
const findingsShown = 20

func (m *maker) heading() string {
	switch r := m.r; {
	case r.Sampled > 0:
		return "A sample of paused calls"
	case r.Call != "" && len(r.Calls) == 1 && r.Calls[0].Conference:
		return "Pauses of one conference"
	case r.Call != "":
		return "Pauses of one call"
	}
	return "Pauses of recordings"
}

// period says from when to when.
func (m *maker) period() string {
	r := m.r
	if r.From.IsZero() || r.To.IsZero() {
		return "nothing on record"
	}
	from, to := m.day(r.From), m.day(r.To)
	if from[:len(from)-len("15:04:05")] == to[:len(to)-len("15:04:05")] {
		to = to[len(to)-len("15:04:05"):]
	}
	return from + " to " + to + " " + r.To.Time().In(m.zone).Format("MST")
}

func (m *maker) facts() (list []fact) {
	r := m.r
	var spaces, projects []string
	for _, w := range r.Watches {
		spaces, projects = append(spaces, clean(w.Space)), append(projects, clean(w.Project))
	}
	for _, c := range r.Calls {
		spaces, projects = append(spaces, clean(c.Space)), append(projects, clean(c.Project))
	}
	add := func(name, value string) {
		if value != "" {
			list = append(list, fact{Name: name, Value: value})
		}
	}
	add("Space", several(spaces))
	add("Project", several(projects))
	add("Profile", clean(r.Profile))
	add("Call", clean(r.Call))
	if r.Sampled > 0 {
		add("Sample", fmt.Sprintf("%d of %s with a pause, seed %d", len(r.Calls), count(r.Totals.Calls, "call"), r.Seed))
	}
	add("Limit of a pause", limit(r.Limit))
	add("Made", r.Made.In(m.zone).Format("2 Jan 2006 15:04:05 MST"))
	return list
}

// several names different things, three at most.
func several(names []string) string {
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(s string) bool { return s == "" })
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + " and " + number(len(names)-3) + " more"
	}
	return strings.Join(names, ", ")
}

func limit(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	return times.Hours(d)
}

// totals are the totals of the report, of a sample those of its calls.
func (m *maker) totals() (t report.Totals) {
	r := m.r
	t = r.Totals
	if r.Sampled > 0 {
		t.Calls, t.Pauses, t.Open, t.Paused, t.OverLimit, t.Failed, t.Contradicted, t.Unknown = len(r.Calls), 0, 0, 0, len(r.OverLimit), 0, 0, 0
		m.eachPause(func(p *report.Pause) {
			t.Pauses++
			if d, ok := p.For(); ok {
				t.Paused += d
			}
			if p.End == report.Open {
				t.Open++
			}
		})
		for _, u := range r.Updates {
			switch u.Outcome {
			case report.OutcomeFailed:
				t.Failed++
			case report.OutcomeContradicted:
				t.Contradicted++
			case report.OutcomeUnknown, report.NoOutcome:
				t.Unknown++
			}
		}
	}
	return t
}

// pausers is how many persons the pauses of the report are of.
func (m *maker) pausers() int {
	of := map[*report.Person]bool{}
	m.eachPause(func(p *report.Pause) { of[p.By] = of[p.By] || p.By != nil })
	delete(of, nil)
	return len(of)
}

// shortGap is from which length on a gap needs a look: a session that has just
// begun has no data for a moment.
const shortGap = 1000

// matter returns the gaps that need a look: of one call those between its first
// entry and its last.
func (m *maker) matter(w *report.Watch) (gaps []report.Gap) {
	add := func(g report.Gap, from, to report.Moment) {
		if g.From, g.To = max(g.From, from), min(g.To, to); g.To-g.From >= shortGap {
			gaps = append(gaps, g)
		}
	}
	for _, g := range w.Gaps {
		if m.r.Call == "" {
			add(g, g.From, g.To)
			continue
		}
		for _, c := range m.r.Calls {
			if c.Space == w.Space && c.Project == w.Project {
				add(g, c.First, c.Last)
			}
		}
	}
	return gaps
}

// tiles are the numbers that are seen first.
func (m *maker) tiles() []tile {
	r, t := m.r, m.totals()
	longest := tile{Name: "Longest pause", Value: "–", About: "none in this period"}
	if len(r.Longest) > 0 {
		p := r.Longest[0]
		longest = tile{Name: longest.Name, Value: lasted(p, times.Hours), About: m.callName(p.Recording.Call) + ", by " + by(p.By), Class: bad(slices.Contains(r.OverLimit, p))}
	}
	over := tile{Name: "Over the limit", Value: number(t.OverLimit), About: "limit " + limit(r.Limit), Class: bad(t.OverLimit > 0)}
	if n := r.MayBeOver(); n > 0 {
		over.About, over.Class = over.About+"; "+number(n)+" without an end may be", bad(true)
	}
	if r.Limit == 0 {
		over.About, over.Class = "no limit is set", ""
	}
	notDone := t.Failed + t.Contradicted + t.Unknown
	watched := m.watchedTile()
	return []tile{
		{Name: "Pauses", Value: number(t.Pauses), About: "on " + count(t.Calls, "call") + " by " + people(m.pausers()) + ", " + times.Hours(t.Paused) + " in all"},
		longest, over,
		{Name: "No end on record", Value: number(t.Open), About: "of " + count(t.Pauses, "pause"), Class: bad(t.Open > 0)},
		{Name: "Updates not done", Value: number(notDone), Class: bad(notDone > 0),
			About: results(t)},
		watched,
	}
}

// watchedTile says for how long nobody watched, and beside that for how long it
// is not on record.
func (m *maker) watchedTile() tile {
	var gaps, notKnown int
	var long, unknown time.Duration
	for _, w := range m.r.Watches {
		for _, g := range m.matter(w) {
			if g.Why == report.NotRecorded {
				notKnown, unknown = notKnown+1, unknown+g.To.Sub(g.From)
				continue
			}
			gaps, long = gaps+1, long+g.To.Sub(g.From)
		}
	}
	t := tile{Name: "Nobody watched", Value: times.Hours(long), About: count(gaps, "gap") + " of " + times.Hours(m.r.To.Sub(m.r.From)), Class: bad(gaps+notKnown > 0)}
	if m.r.Call != "" {
		t.About = count(gaps, "gap") + " during the call"
	}
	if notKnown > 0 {
		t.About += "; not on record for " + times.Hours(unknown)
	}
	return t
}

// results counts the updates that were not done by their results.
func results(t report.Totals) string {
	var parts []string
	for _, n := range []struct {
		n    int
		what string
	}{{t.Failed, "failed"}, {t.Contradicted, "contradicted"}, {t.Unknown, "unknown"}} {
		if n.n > 0 {
			parts = append(parts, number(n.n)+" "+n.what)
		}
	}
	if len(parts) == 0 {
		return "all were carried out"
	}
	return strings.Join(parts, ", ")
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return number(n) + " people"
}

func bad(is bool) string {
	if is {
		return "bad"
	}
	return "good"
}

// verdict says in a sentence how it was.
func (m *maker) verdict(findings int) string {
	r, t := m.r, m.totals()
	switch {
	case findings == 1:
		return "One thing needs a look."
	case findings > 1:
		return number(findings) + " things need a look."
	case r.Source.Lines == 0:
		return "There is nothing in the journal."
	case t.Pauses == 0:
		return "No pause is on record in this period, and somebody watched all the time."
	case r.Limit > 0:
		return "Nothing needs a look: each pause was verified, ended, and was no longer than " + limit(r.Limit) + "; somebody watched all the time."
	}
	return "Nothing needs a look: each pause was verified and ended; somebody watched all the time."
}

// findings are what needs a look, the kinds that matter most first.
func (m *maker) findings() (list []finding) {
	for _, of := range []func() []finding{m.brokenJournal, m.badUpdates, m.badPauses, m.noRecording, m.endedByOthers, m.lostResumes, m.unwatched, m.offRecord} {
		list = append(list, of()...)
	}
	return list
}

func (m *maker) brokenJournal() (list []finding) {
	s := m.r.Source
	if s.Lines > 0 && !s.Intact {
		why := "it does not verify"
		if len(s.Problems) > 0 {
			why = clean(s.Problems[0])
		}
		list = append(list, finding{What: "The journal is broken: " + why, Link: "proof"})
	}
	return list
}

// badUpdates are those that were not done, or of which nobody knows.
func (m *maker) badUpdates() (list []finding) {
	for _, u := range m.r.Updates {
		if u.Done() {
			continue
		}
		what := capital(u.Verb.String()) + " " + outcome(u) + ": " + m.callName(u.Call) + ", asked by " + by(u.By)
		list = append(list, finding{What: what + before(": ", clean(u.Reason)), When: m.when(cmp.Or(u.Asked, u.Answered)), Link: m.links[u.Call]})
	}
	return list
}

// badPauses are those over the limit, without an end, or not verified.
func (m *maker) badPauses() (list []finding) {
	over := map[*report.Pause]bool{}
	for _, p := range m.r.OverLimit {
		over[p] = true
		what := "Paused for " + strings.NewReplacer("≥", "at least ", "≤", "at most ", "~", "about ").Replace(lasted(p, times.Hours)) + ", the limit is " + limit(m.r.Limit)
		if p.End == report.Open {
			what += ", and no end is on record"
		}
		if p.Left != 0 {
			what += ", and left behind at " + m.when(p.Left)
		}
		list = append(list, m.ofPause(p, what))
	}
	m.eachPause(func(p *report.Pause) {
		switch {
		case over[p]:
		case p.Left != 0:
			list = append(list, m.ofPause(p, "A session ended and left a pause behind at "+m.when(p.Left)))
		case p.End == report.Open:
			list = append(list, m.ofPause(p, "No end on record of a pause, last known at "+m.when(p.Known)))
		case p.How == report.Accepted || p.How == report.NotKnown:
			list = append(list, m.ofPause(p, "A pause that no read has verified"))
		}
	})
	return list
}

func (m *maker) ofPause(p *report.Pause, what string) finding {
	c := p.Recording.Call
	return finding{What: what + ": " + m.callName(c) + ", paused by " + by(p.By), When: m.when(p.Began), Link: m.links[c]}
}

// eachPause calls f for every pause of the report.
func (m *maker) eachPause(f func(*report.Pause)) {
	for _, c := range m.r.Calls {
		for _, rec := range c.Recordings {
			for _, p := range rec.Pauses {
				f(p)
			}
		}
	}
}

// noRecording are the calls and conferences that alarmed for having none.
func (m *maker) noRecording() (list []finding) {
	for _, a := range m.r.Alarms {
		if a.Kind != report.NoRecording {
			continue
		}
		what := "No recording since " + m.when(a.Since) + ": " + m.callName(a.Call)
		if len(a.Acks) == 0 {
			what += ", acknowledged by nobody"
		} else {
			what += ", acknowledged by " + by(a.Acks[0].By) + before(": ", clean(a.Acks[0].Reason))
		}
		list = append(list, finding{What: what, When: m.when(a.At), Link: m.links[a.Call]})
	}
	return list
}

func (m *maker) endedByOthers() (list []finding) {
	m.eachPause(func(p *report.Pause) {
		if p.End == report.ByOthers {
			list = append(list, finding{What: "Resumed by others: " + m.callName(p.Recording.Call) + ", paused by " + by(p.By), When: m.when(p.Ended), Link: m.links[p.Recording.Call]})
		}
	})
	return list
}

func (m *maker) lostResumes() (list []finding) {
	for _, a := range m.r.Autos {
		if a.Fate == report.NotDone || a.Fate == report.NoFate {
			what := "Auto-resume " + fate(a) + ": " + m.callName(callOf(a.Recording)) + ", set by " + by(a.By)
			list = append(list, finding{What: what + before(": ", clean(a.Why)), When: m.when(cmp.Or(a.Due, a.Set)), Link: m.links[callOf(a.Recording)]})
		}
	}
	return list
}

func (m *maker) unwatched() (list []finding) {
	for _, w := range m.r.Watches {
		for _, g := range m.matter(w) {
			one := gap{Gap: g, n: 1}
			what := one.what() + one.long() + one.because()
			if len(m.r.Watches) > 1 {
				what += ", project " + clean(w.Project)
			}
			list = append(list, finding{What: what, When: m.when(g.From), Link: "watch"})
		}
	}
	return list
}

func (m *maker) offRecord() (list []finding) {
	for _, o := range m.r.OffRecord {
		list = append(list, finding{What: "Not on record: " + o.Kind.String() + before(": ", clean(o.What)), When: m.when(o.At), Link: "off-record"})
	}
	return list
}

// badCalls are the calls that a finding is about.
func (m *maker) badCalls() map[*report.Call]bool {
	is := map[*report.Call]bool{}
	for _, u := range m.r.Updates {
		is[u.Call] = is[u.Call] || !u.Done()
	}
	for _, p := range m.r.OverLimit {
		is[p.Recording.Call] = true
	}
	m.eachPause(func(p *report.Pause) {
		if p.Left != 0 || p.End == report.Open || p.End == report.ByOthers || p.How == report.Accepted || p.How == report.NotKnown {
			is[p.Recording.Call] = true
		}
	})
	for _, a := range m.r.Alarms {
		if a.Kind == report.NoRecording {
			is[a.Call] = true
		}
	}
	for _, a := range m.r.Autos {
		if a.Fate == report.NotDone || a.Fate == report.NoFate {
			is[callOf(a.Recording)] = true
		}
	}
	return is
}

func callOf(rec *report.Recording) *report.Call {
	if rec == nil {
		return nil
	}
	return rec.Call
}

// outcome says the result of an update that was not done.
func outcome(u *report.Update) string {
	switch u.Outcome {
	case report.NoOutcome:
		return "has no outcome on record"
	case report.OutcomeUnknown:
		return "has an unknown result"
	case report.OutcomeContradicted:
		return "was contradicted"
	}
	return u.Outcome.String()
}

// fate says what became of an auto-resume.
func fate(a *report.AutoResume) string {
	if a.Fate == report.NoFate {
		return "whose result is not on record"
	}
	return a.Fate.String()
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
