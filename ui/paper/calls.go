package paper

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"tapedeck/api/report"
	"tapedeck/ui/times"
)

// minRows is how many rows a table of a call has at least, however many calls
// there are.
const minRows = 20

// calls makes the parts of the calls that have one.
func (m *maker) calls() (title, about string, list []call, left string) {
	shown := make([]*report.Call, 0, len(m.links))
	for _, c := range m.r.Calls {
		if m.links[c] != "" {
			shown = append(shown, c)
		}
	}
	rows := max(minRows, 10*m.limits.Rows/max(1, len(shown)))
	parts := max(8, m.limits.Parts/max(1, len(shown)))
	for _, c := range shown {
		list = append(list, m.call(c, rows, parts))
	}
	if more := len(m.r.Calls) - len(shown); more > 0 {
		left = "Not shown here: " + count(more, "more call") + " in which nothing needs a look, or less than in these. Their pauses are in the table of other pauses; tapedeck report --json has all of them."
	}
	title = "Each call"
	if m.r.Sampled > 0 {
		title = "Each call of the sample"
	}
	return title, "A pause lasts from the API's answer to the pause until its answer to the resume or the stop, in minutes and seconds. ≥, ≤ and ~ stand where an edge of it is not on record, or was only seen later.", list, left
}

// call makes the part of a call.
func (m *maker) call(c *report.Call, rows, parts int) call {
	v := call{ID: m.links[c], Name: capital(m.callName(c)), SID: c.SID.SID(), Line: who(c)}
	if v.Line != "" {
		v.Line += " · "
	}
	if len(m.r.Watches) > 1 {
		v.Line += "project " + clean(c.Project) + " · "
	}
	v.Badges = m.badges(c)
	numbers, pauses := numbered(c)
	v.Timeline = m.callTimeline(c, numbers, parts)
	if len(pauses) > 0 {
		v.Pauses = m.pauseTable(pauses, rows, numbers)
	}
	list := m.also[c]
	slices.SortStableFunc(list, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	for _, s := range list[:min(len(list), rows)] {
		v.Also = append(v.Also, m.at(s.at)+"  "+s.words)
	}
	if more := len(list) - len(v.Also); more > 0 {
		v.Also = append(v.Also, "and "+count(more, "more thing")+", which tapedeck report --json has")
	}
	if len(c.Entries) > 0 {
		v.Entries = m.entryTable(c, 10*rows)
	}
	v.Short = len(pauses)+len(v.Also)+len(c.Entries) <= 10
	return v
}

// numbered returns the pauses of a call in the order of their table, with the
// number of each.
func numbered(c *report.Call) (numbers map[*report.Pause]int, list []*report.Pause) {
	for _, rec := range c.Recordings {
		list = append(list, rec.Pauses...)
	}
	slices.SortStableFunc(list, func(a, b *report.Pause) int { return cmp.Compare(a.Began, b.Began) })
	numbers = make(map[*report.Pause]int, len(list))
	for i, p := range list {
		numbers[p] = i + 1
	}
	return numbers, list
}

// badges are the few words beside a call's name.
func (m *maker) badges(c *report.Call) (list []badge) {
	sum, over := m.paused(c)
	if c.Paused() == 0 {
		list = append(list, badge{Text: "no pause"})
	} else {
		list = append(list, badge{Text: count(c.Paused(), "pause")})
	}
	add := func(is bool, text string) {
		if is {
			list = append(list, badge{text, "bad"})
		}
	}
	var open, others, unverified, left bool
	for _, rec := range c.Recordings {
		for _, p := range rec.Pauses {
			open, others = open || p.End == report.Open, others || p.End == report.ByOthers
			left = left || p.Left != 0
			unverified = unverified || p.How == report.Accepted || p.How == report.NotKnown
		}
	}
	notDone := len(m.undone[c])
	if s := times.Hours(sum); open {
		list = append(list, badge{Text: "paused ≥" + s})
	} else if sum > 0 {
		list = append(list, badge{Text: "paused " + s})
	}
	add(slices.ContainsFunc(m.r.Alarms, func(a *report.Alarm) bool { return a.Kind == report.NoRecording && a.Call == c }), "no recording")
	add(over > 0, "over the limit")
	add(open, "no end on record")
	add(left, "left behind")
	add(others, "resumed by others")
	add(unverified, "not verified")
	add(notDone > 0, count(notDone, "update")+" not done")
	if sum > 0 && !slices.ContainsFunc(list, func(b badge) bool { return b.Class != "" }) {
		list = append(list, badge{"verified", "good"})
	}
	return list
}

// paused returns the sum of the pauses of a call, and how many were over the
// limit. One without an end counts for as long as it is known.
func (m *maker) paused(c *report.Call) (sum time.Duration, over int) {
	for _, rec := range c.Recordings {
		for _, p := range rec.Pauses {
			sum += known(p)
			if m.overs[p] {
				over++
			}
		}
	}
	return sum, over
}

// known returns how long a pause is known to have lasted.
func known(p *report.Pause) time.Duration {
	d, ok := p.For()
	if !ok && p.End == report.Open && !p.ClockSet {
		return p.Known.Sub(p.Began)
	}
	return d
}

// callTimeline returns the timeline of a call, a row for each recording, over
// the time from its first entry to its last.
func (m *maker) callTimeline(c *report.Call, numbers map[*report.Pause]int, parts int) *timeline {
	if len(c.Recordings) == 0 {
		return nil
	}
	a := axis{c.First, c.Last}
	if a.to <= a.from {
		a.to = a.from + 1
	}
	edge := max(1000, (a.to-a.from)/20) // so that what happens at an end is seen
	a.from, a.to = a.from-edge, a.to+edge
	t := &timeline{Caption: "Recordings of " + m.callName(c), What: "Recording", Sum: "Paused", Ticks: a.ticks(m.zone),
		Axis: "From " + m.when(a.from) + " to " + m.when(a.to)}
	recs, left := cut(c.Recordings, minRows, "recording", "tapedeck report --json has all of them")
	t.Left = left
	for _, rec := range recs {
		t.Rows = append(t.Rows, m.recordingBar(a, rec, numbers, parts/len(recs)))
	}
	return t
}

// recordingBar returns the row of a recording in the part of its call.
func (m *maker) recordingBar(a axis, rec *report.Recording, numbers map[*report.Pause]int, parts int) bar {
	const top = 22
	b := m.newBar(capital(m.recording(rec)), callHeight)
	m.gapsOf(&b, a, rec.Call, max(8, parts))
	m.spans(&b, a, rec, top, pauseHeight, max(8, parts), true)
	var said []string
	var open bool
	var sum time.Duration
	end := 0.0
	for _, p := range rec.Pauses {
		said = append(said, m.sayPause(p))
		open = open || p.End == report.Open
		sum += known(p)
		to := cmp.Or(p.Ended, p.Known)
		middle := (a.at(p.Began) + a.at(to)) / 2
		end = b.tell(p, middle, end, strconv.Itoa(numbers[p]), m.overs[p])
	}
	m.steps(&b, a, rec.Call, rec, top+pauseHeight/2)
	b.Sum = times.Hours(sum)
	if open {
		b.Sum = "≥" + b.Sum
	}
	b.SumSub = count(len(rec.Pauses), "pause")
	if len(rec.Pauses) == 0 {
		b.Sum, b.SumSub = "–", "no pause"
	}
	b.Title = "Recording " + m.recording(rec) + ": " + b.SumSub + ", " + b.Sum + " in all"
	b.Desc = sentence(said, "No pause of it is on record.")
	return b
}

// tell writes the number of a pause above it, and how long it lasted, as far as
// there is room after what is written already; it returns where that ends.
func (b *bar) tell(p *report.Pause, middle, end float64, number string, over bool) float64 {
	class := "label"
	if over {
		class += " over"
	}
	for _, try := range []struct {
		text  string
		width float64
	}{{number + " · " + lasted(p, times.Hours), labelWide}, {number, labelNarrow}} {
		x := min(max(middle, try.width/2), 100-try.width/2)
		if x-try.width/2 >= end {
			b.Labels = append(b.Labels, label{Class: class, X: percent(x), Y: 14, Text: try.text})
			return x + try.width/2
		}
	}
	return end
}

// steps marks what others did to a recording of a call, and updates that were
// not done; those of no known recording for nil.
func (m *maker) steps(b *bar, a axis, c *report.Call, rec *report.Recording, y int) {
	if rec != nil {
		for _, s := range rec.Seen {
			what := "Resumed by others, seen at "
			if s.Paused {
				what = "Paused by others, seen at "
			}
			m.sign(b, a, s.At, mark{Class: "others", Y: y, Path: othersPath, Title: what + m.when(s.At)})
		}
	}
	for _, u := range m.undone[c] {
		if u.Recording == rec {
			at := cmp.Or(u.Asked, u.Answered)
			m.sign(b, a, at, mark{Class: "fail", Y: y, Path: failPath, Title: capital(u.Verb.String()) + " " + outcome(u) + ", asked at " + m.when(at)})
		}
	}
}

// sign puts a mark at a moment, where that is on the axis.
func (m *maker) sign(b *bar, a axis, at report.Moment, v mark) {
	if len(b.Marks) < m.limits.Rows && at >= a.from && at <= a.to {
		v.X = percent(a.at(at))
		b.Marks = append(b.Marks, v)
	}
}

// takeSteps notes what happened to each call beside its pauses.
func (m *maker) takeSteps() {
	add := func(c *report.Call, at report.Moment, words string) {
		if c != nil {
			m.also[c] = append(m.also[c], step{at, words})
		}
	}
	seen := map[*report.Update]bool{} // a start that failed is in two lists
	for _, u := range slices.Concat(m.r.Updates, m.r.Starts, m.r.Stops) {
		if u.Done() && (u.Verb == report.DoPause || u.Verb == report.DoResume) {
			continue // its row has it
		}
		if !seen[u] {
			seen[u] = true
			add(u.Call, cmp.Or(u.Asked, u.Answered), m.sayUpdate(u))
		}
	}
	for _, x := range m.r.Autos {
		words := "auto-resume set by " + by(x.By) + before(", due at ", m.when(x.Due)) + ": " + x.Fate.String() + before(" at ", m.when(x.At)) + before(": ", clean(x.Why))
		add(callOf(x.Recording), x.Set, words)
	}
	for _, x := range m.r.Alarms {
		add(cmp.Or(x.Call, callOf(x.Recording)), x.At, "alarm: "+x.Kind.String()+before(", ", clean(x.Why))+before(", until ", m.when(x.Until)))
	}
	for _, x := range m.r.Acks {
		add(cmp.Or(x.Call, callOf(x.Recording)), x.At, "alarm acknowledged by "+by(x.By)+before(": ", clean(x.Reason)))
	}
	for _, x := range m.r.Reveals {
		add(callOf(x.Recording), x.At, "masked numbers shown to "+by(x.By))
	}
}

// sayUpdate says an update and its result.
func (m *maker) sayUpdate(u *report.Update) string {
	result := u.Outcome.String()
	if !u.Done() {
		result = outcome(u)
	}
	s := u.Verb.String() + before(" of ", recordingName(m, u.Recording)) + " by " + by(u.By)
	if u.ByTimer {
		s += "'s auto-resume"
	}
	return s + ": " + result + before(": ", clean(u.Reason))
}

func recordingName(m *maker, rec *report.Recording) string {
	if rec == nil {
		return ""
	}
	return m.recording(rec)
}
