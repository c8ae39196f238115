package paper

import (
	"cmp"
	"strconv"
	"strings"

	"tapedeck/api/report"
	"tapedeck/ui/times"
)

// whole is where what a table leaves out is found.
const whole = "tapedeck report --json has all of them"

// heads makes the titles of columns. One that ends with | is of numbers, one with
// ! of times.
func heads(titles ...string) (list []cell) {
	for _, t := range titles {
		c := cell{Text: strings.TrimRight(t, "|!")}
		switch {
		case strings.HasSuffix(t, "|"):
			c.Class = "num"
		case strings.HasSuffix(t, "!"):
			c.Class = "time"
		}
		list = append(list, c)
	}
	return list
}

// texts makes cells of the classes of a head.
func texts(head []cell, texts ...string) (row []cell) {
	for i, t := range texts {
		row = append(row, cell{Text: t, Class: head[i].Class})
	}
	return row
}

// persons is the table of who asked for what.
func (m *maker) persons() *table {
	if len(m.r.Persons) == 0 {
		return nil
	}
	t := &table{ID: "people", Title: "Who paused, and for how long",
		Head: heads("Who", "Pauses|", "Paused in all|", "Longest|", "Over limit|", "Resumed by hand|", "Auto-resumed|", "Started|", "Stopped|", "Not done|", "Acknowledged|")}
	if m.r.Sampled > 0 {
		t.About = "In the whole period, and not only on the calls of the sample."
	}
	persons, left := cut(m.r.Persons, m.limits.Rows, "person", whole)
	t.Left = strings.ReplaceAll(left, "persons", "people")
	for _, p := range persons {
		row := texts(t.Head, by(p), number(p.Pauses), times.Hours(p.Paused), times.Hours(p.Longest), zero(p.OverLimit), zero(p.Resumes), zero(p.AutoResumes), zero(p.Starts), zero(p.Stops), zero(p.Trouble), zero(p.Acks))
		if p.OverLimit > 0 {
			row[4].Class += " bad"
		}
		if p.Trouble > 0 {
			row[9].Class += " bad"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// zero leaves a dash where there is nothing, so that the rest stands out.
func zero(n int) string {
	if n == 0 {
		return "–"
	}
	return number(n)
}

// pauseTable is the table of some pauses: of one call with their numbers, else
// with the call of each.
func (m *maker) pauseTable(list []*report.Pause, rows int, numbers map[*report.Pause]int) *table {
	t := &table{Class: "pauses", Head: heads("Call", "Paused from!", "Lasted|", "Behavior", "By", "Known by", "Until!", "Ended", "Known by")}
	if numbers != nil {
		t.Head[0].Text, t.Class = "No.", "pauses numbered"
	}
	if m.dates {
		t.Class += " dated"
	}
	list, t.Left = cut(list, rows, "pause", whole)
	for _, p := range list {
		c := p.Recording.Call
		row := texts(t.Head, capital(m.callName(c)), m.at(p.Began), lasted(p, exactly), cmp.Or(p.Behavior.String(), "not on record"), by(p.By), p.How.String(), m.at(p.Ended), "", "")
		row[0].Link, row[0].Sub = m.links[c], "rec. "+m.recording(p.Recording)
		if numbers != nil {
			row[0] = cell{Text: strconv.Itoa(numbers[p])}
			if len(c.Recordings) > 1 {
				row[0].Sub = m.recording(p.Recording)
			}
		}
		row[1].Sub = before("asked ", m.at(p.Asked))
		if !p.BeganExact() {
			row[1].Sub = strings.TrimPrefix(row[1].Sub+", it was before", ", ")
		}
		if p.Again > 0 {
			row[1].Sub += ", and " + strconv.Itoa(int(p.Again)) + " more"
		}
		if m.overs[p] {
			row[2].Class, row[2].Sub = row[2].Class+" bad", "over the limit"
		}
		if p.ClockSet {
			row[2].Sub = "a clock was set back"
		}
		if p.How != report.Verified && p.How != report.VerifiedLate {
			row[5].Class = "bad"
		}
		m.endCells(p, row)
		t.Rows = append(t.Rows, row)
	}
	return t
}

// endCells fills in how a pause ended.
func (m *maker) endCells(p *report.Pause, row []cell) {
	row[7].Text = p.End.String()
	switch p.End {
	case report.Open:
		row[6].Text, row[6].Sub = "–", before("known until ", m.at(p.Known))+before(", left behind at ", m.at(p.Left))
		row[7].Class = "bad"
		return
	case report.ByOthers:
		row[7].Class = "bad"
	case report.AutoResumed:
		row[7].Sub = before("set by ", by(p.EndedBy))
	default:
		row[7].Sub = "by " + by(p.EndedBy)
	}
	row[6].Sub = before("asked ", m.at(p.EndAsked))
	if !p.EndExact() {
		row[6].Sub = strings.TrimPrefix(row[6].Sub+", it was before", ", ")
	}
	if p.Left != 0 {
		row[6].Sub = strings.TrimPrefix(row[6].Sub+", left behind at "+m.at(p.Left), ", ")
	}
	row[8].Text = p.EndHow.String()
}

// tables are those beneath the calls; those with nothing in them are left out.
func (m *maker) tables() (list []*table) {
	r := m.r
	if len(r.Calls) > 1 {
		list = append(list, m.titled("over", "Over the limit", r.OverLimit), m.titled("longest", "The longest pauses", r.Longest))
	}
	var others []*report.Pause
	m.eachPause(func(p *report.Pause) {
		if m.links[p.Recording.Call] == "" {
			others = append(others, p)
		}
	})
	list = append(list, m.titled("others", "Other pauses", others), m.updates("updates", "Updates that need a look", r.Updates),
		m.updates("starts", "Recordings started", r.Starts), m.updates("stops", "Recordings stopped", r.Stops),
		m.autos(), m.alarms(), m.acks(), m.gapTable(), m.sessions(), m.offRecordTable(), m.reveals())
	shown := list[:0]
	for _, t := range list {
		if len(t.Rows) > 0 {
			shown = append(shown, t)
		}
	}
	return shown
}

func (m *maker) titled(id, title string, list []*report.Pause) *table {
	t := m.pauseTable(list, m.limits.Rows, nil)
	t.ID, t.Title = id, title
	return t
}

// on is the cell that names what something was about.
func (m *maker) on(c *report.Call, rec *report.Recording) cell {
	if c == nil {
		c = callOf(rec)
	}
	if c == nil {
		return cell{Text: "–"}
	}
	return cell{Text: capital(m.callName(c)), Link: m.links[c], Sub: before("recording ", recordingName(m, rec))}
}

func (m *maker) updates(id, title string, list []*report.Update) *table {
	t := &table{ID: id, Title: title, Head: heads("Asked!", "What", "On", "By", "Result", "Why", "HTTP|", "Remarks")}
	list, t.Left = cut(list, m.limits.Rows, "update", whole)
	for _, u := range list {
		var remarks []string
		for _, s := range []struct {
			is   bool
			what string
		}{{u.VerifiedLate, "verified late"}, {u.WrittenLate, "put on record late"}, {u.ByTimer, "by an auto-resume"}, {u.Again > 0, "sent again " + strconv.Itoa(int(u.Again)) + "×"}} {
			if s.is {
				remarks = append(remarks, s.what)
			}
		}
		what := u.Verb.String() + before(", ", u.Behavior.String())
		row := texts(t.Head, cmp.Or(m.at(u.Asked), "not on record"), what, "", by(u.By), u.Outcome.String(), clean(u.Reason), "", strings.Join(remarks, ", "))
		row[0].Sub = before("answered ", m.at(u.Answered))
		row[2] = m.on(u.Call, u.Recording)
		if !u.Done() {
			row[4].Class = "bad"
		}
		if u.HTTPStatus != 0 {
			row[6].Text = strconv.Itoa(int(u.HTTPStatus))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (m *maker) autos() *table {
	t := &table{ID: "autos", Title: "Auto-resumes", Head: heads("Set!", "On", "By", "Due!", "Result", "At!", "Why")}
	list, left := cut(m.r.Autos, m.limits.Rows, "auto-resume", whole)
	t.Left = left
	for _, a := range list {
		row := texts(t.Head, m.at(a.Set), "", by(a.By), m.at(a.Due), a.Fate.String(), m.at(a.At), clean(a.Why))
		row[1] = m.on(nil, a.Recording)
		if a.Fate == report.NotDone || a.Fate == report.NoFate {
			row[4].Class = "bad"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (m *maker) alarms() *table {
	t := &table{ID: "alarms", Title: "Alarms", Head: heads("From!", "Until!", "Why", "On", "Acknowledged"),
		About: "But for calls without a recording, the journal has the reasons for alarms, and not the alarms: this is when a screen had a reason to alarm."}
	list, left := cut(m.r.Alarms, m.limits.Rows, "alarm", whole)
	t.Left = left
	for _, a := range list {
		row := texts(t.Head, m.at(a.At), cmp.Or(m.at(a.Until), "no end on record"), a.Kind.String(), "", "by nobody")
		row[0].Sub = before("none since ", m.at(a.Since))
		row[2].Sub, row[3] = clean(a.Why), m.on(a.Call, a.Recording)
		if len(a.Acks) > 0 {
			first := a.Acks[0]
			row[4].Text = "by " + by(first.By) + " at " + m.when(first.At)
			row[4].Sub = clean(first.Reason)
			if more := len(a.Acks) - 1; more > 0 {
				row[4].Sub += ", and " + number(more) + " more"
			}
		} else {
			row[4].Class = "bad"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (m *maker) acks() *table {
	t := &table{ID: "acks", Title: "Acknowledgements", Head: heads("At!", "On", "By", "Silent until!", "Reason")}
	list, left := cut(m.r.Acks, m.limits.Rows, "acknowledgement", whole)
	t.Left = left
	for _, a := range list {
		row := texts(t.Head, m.at(a.At), "", by(a.By), m.at(a.Until), clean(a.Reason))
		row[1] = m.on(a.Call, a.Recording)
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (m *maker) gapTable() *table {
	t := &table{ID: "watch", Title: "When nobody watched", Head: heads("From!", "To!", "For|", "Why", "Project"),
		About: "No session was open, the data of all open sessions was stale, or it is not on record. Sessions write this themselves."}
	for _, w := range m.r.Watches {
		for _, g := range w.Gaps {
			t.Rows = append(t.Rows, texts(t.Head, m.at(g.From), m.at(g.To), exactly(g.To.Sub(g.From)), g.Why.String(), clean(w.Project)))
		}
	}
	t.Rows, t.Left = cut(t.Rows, m.limits.Rows, "gap", whole)
	return t
}

func (m *maker) sessions() *table {
	t := &table{ID: "sessions", Title: "Who watched", Head: heads("From!", "To!", "Who", "Where", "Ended")}
	for _, w := range m.r.Watches {
		for _, s := range w.Sessions {
			where := clean(s.Host)
			if s.PID != 0 {
				where += ", process " + strconv.Itoa(s.PID)
			}
			ended := cmp.Or(clean(s.Reason), "ended")
			if s.Ended.IsZero() {
				ended = "no end on record"
			}
			if s.Runs {
				ended = "still runs"
			}
			row := texts(t.Head, m.at(s.From), m.at(s.To), clean(s.By), where+before(", session ", clean(s.ID)), ended)
			if s.Began.IsZero() {
				row[0].Sub = "first known then"
			}
			if s.Ended.IsZero() && !s.Runs {
				row[1].Sub, row[4].Class = "last known then", "bad"
			}
			t.Rows = append(t.Rows, row)
		}
	}
	t.Rows, t.Left = cut(t.Rows, m.limits.Rows, "session", whole)
	return t
}

func (m *maker) offRecordTable() *table {
	t := &table{ID: "off-record", Title: "What is not on record", Head: heads("Noted!", "What", "On", "By", "More")}
	list, left := cut(m.r.OffRecord, m.limits.Rows, "thing", whole)
	t.Left = left
	for _, o := range list {
		row := texts(t.Head, cmp.Or(m.at(o.At), "–"), o.Kind.String(), "", "–", clean(o.What))
		row[1].Class, row[2] = "bad", m.on(nil, o.Recording)
		if o.By != nil {
			row[3].Text = by(o.By)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (m *maker) reveals() *table {
	t := &table{ID: "reveals", Title: "Masked numbers that were shown", Head: heads("At!", "On", "To")}
	list, left := cut(m.r.Reveals, m.limits.Rows, "time", whole)
	t.Left = left
	for _, v := range list {
		row := texts(t.Head, m.at(v.At), "", by(v.By))
		row[1] = m.on(nil, v.Recording)
		t.Rows = append(t.Rows, row)
	}
	return t
}

// entryTable is every entry about a call.
func (m *maker) entryTable(c *report.Call, rows int) *table {
	t := &table{Head: heads("Line|", "Time!", "Event", "Who", "Recording", "What it says")}
	list, left := cut(c.Entries, rows, "entry", "tapedeck journal --call has all of them")
	t.Left = strings.ReplaceAll(left, "entrys", "entries")
	for _, e := range list {
		t.Rows = append(t.Rows, texts(t.Head, strconv.FormatUint(e.Seq, 10), m.at(report.MomentOf(e.Time)), clean(string(e.Event)), clean(e.Name()), m.short(e.Recording), m.entryWords(e)))
	}
	return t
}
