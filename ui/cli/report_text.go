package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/report"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// writeReport prints a report for people, in lines of a width.
func writeReport(w io.Writer, made *report.Report, width int) error {
	out := bufio.NewWriter(w)
	p := &reportText{w: out, r: made, width: width, digits: distinct(made)}
	p.head()
	p.totals()
	p.persons()
	p.calls()
	p.longest()
	p.updates("To look at", made.Updates)
	p.updates("Starts", made.Starts)
	p.updates("Stops", made.Stops)
	p.autos()
	p.alarms()
	p.acks()
	p.watches()
	p.offRecord()
	p.journal()
	return out.Flush()
}

// reportText prints the parts of a report, one below the other.
type reportText struct {
	w      *bufio.Writer
	r      *report.Report
	width  int
	digits int // of a SID that are shown
}

// distinct returns how many characters of the ends of SIDs tell the recordings
// of a report from each other.
func distinct(made *report.Report) int {
	seed := maphash.MakeSeed()
	var ends []uint64
	for n := leastSID; ; n++ {
		ends = ends[:0]
		longest := 0
		for _, c := range made.Calls {
			for _, rec := range c.Recordings {
				ends = append(ends, maphash.String(seed, ending(rec.SID, n)))
				longest = max(longest, rec.SID.Len())
			}
		}
		slices.Sort(ends)
		if before := len(ends); n >= longest || len(slices.Compact(ends)) == before {
			return n
		}
	}
}

// line prints a line. What has no room goes on in lines below it, indented.
func (p *reportText) line(indent int, format string, args ...any) {
	p.hang(indent, indent+2, fmt.Sprintf(format, args...))
}

// hang prints a text with the indent of its first line and that of the others.
func (p *reportText) hang(indent, others int, s string) {
	for room := p.width - indent; ; indent, room = others, p.width-others {
		room = max(room, leastWidth/3)
		line, rest := firstLine(s, room)
		_, _ = p.w.Write(spaces[:min(indent, len(spaces))]) // the writer keeps an error for the end
		_, _ = io.WriteString(p.w, line)
		_, _ = io.WriteString(p.w, "\n")
		if rest == "" {
			return
		}
		s = rest
	}
}

var spaces = bytes.Repeat([]byte(" "), 64)

// firstLine returns what of s has room in a line, up to the end of a word where
// there is one, and the rest.
func firstLine(s string, room int) (line, rest string) {
	if len(s) <= room || widthOf(s) <= room {
		return strings.TrimRight(s, " "), ""
	}
	if line = s[:min(len(s), room)]; !isASCII(line) {
		line = ansi.Truncate(s, room, "")
	}
	if end := strings.LastIndexByte(line, ' '); end > room/3 && s[len(line)] != ' ' {
		line = line[:end]
	}
	return strings.TrimRight(line, " "), strings.TrimLeft(s[len(line):], " ")
}

// widthOf returns how many cells a text takes. Most have nothing but ASCII and
// an ellipsis.
func widthOf(s string) (n int) {
	rest := strings.ReplaceAll(s, "…", ".")
	if isASCII(rest) {
		return len(rest)
	}
	return ansi.StringWidth(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// title begins a part that has n lines; it says so where there is none.
func (p *reportText) title(name string, n int) {
	if n == 0 {
		name += ": none"
	}
	_, _ = fmt.Fprintf(p.w, "\n%s\n", name)
}

// at returns a moment in the local zone, with its day.
func at(m report.Moment) string {
	if m.IsZero() {
		return "unknown"
	}
	return m.Time().Local().Format("2006-01-02 15:04:05.000")
}

// later returns a moment as at does, without the day where it is that of another.
func later(m, than report.Moment) string {
	if m.IsZero() {
		return at(m)
	}
	a, b := m.Time().Local(), than.Time().Local()
	if a.YearDay() != b.YearDay() || a.Year() != b.Year() {
		return at(m)
	}
	return a.Format("15:04:05.000")
}

// sid returns how a recording is named in a line.
func (p *reportText) sid(rec *report.Recording) string {
	if rec == nil {
		return "no recording"
	}
	return "…" + ending(rec.SID, p.digits)
}

func (p *reportText) head() {
	r := p.r
	from, to := r.From.Time().Local(), r.To.Time().Local()
	p.line(0, "Report from %s to %s (%s)", from.Format("2006-01-02 15:04:05 MST"), to.Format("2006-01-02 15:04:05 MST"), times.Clock(r.To.Sub(r.From)))
	limit := "none"
	if r.Limit > 0 {
		limit = times.Clock(r.Limit)
	}
	p.line(0, "made %s; limit of a pause: %s", r.Made.Local().Format("2006-01-02 15:04:05 MST"), limit)
	if r.Profile != "" {
		p.line(0, "profile %s only", r.Profile)
	}
	if r.Call != "" {
		p.line(0, "of the call %s only", r.Call)
	}
	if r.Sampled > 0 {
		p.line(0, "sample: %d of %s that were paused, drawn with the seed %d, which draws the same again; the numbers below are those of all",
			len(r.Calls), counted(r.Totals.Calls, "call"), r.Seed)
	}
}

// some returns what of a list of counts is not 0, each with its words.
func some(counts ...any) string {
	var parts []string
	for i := 0; i+1 < len(counts); i += 2 {
		if n := counts[i].(int); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, counts[i+1]))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "none")
}

func (p *reportText) totals() {
	t := p.r.Totals
	p.title("In short", 1)
	row := func(name, format string, args ...any) {
		p.hang(2, 19, column(name, 16)+" "+fmt.Sprintf(format, args...))
	}
	row("pauses", "%d in %s, %s in all", t.Pauses, counted(t.Calls, "call"), times.Hours(t.Paused))
	if t.Pauses > 0 {
		row("", "%s", some(t.Silence, "with silence", t.Skip, "with skip", t.Others, "by others"))
		row("", "%s", some(t.OverLimit, "over the limit", t.Open, "without an end on record", t.Left, "left behind"))
		if n := t.MayBeOver; n > 0 {
			row("", "%d without an end may be over the limit", n)
		}
	}
	row("resumes", "%s", some(t.Resumes, "by hand", t.AutoResumes, "by an auto-resume"))
	fates := map[report.Fate]int{}
	for _, a := range p.r.Autos {
		fates[a.Fate]++
	}
	if p.r.Sampled == 0 { // of a sample only those of its calls are there
		row("auto-resumes", "%s", some(fates[report.Done], "done", fates[report.EndedBefore], "not needed: the pause ended before", fates[report.NotDone], "NOT DONE",
			fates[report.Canceled], "canceled", fates[report.Replaced], "replaced", fates[report.NoFate], "without a result on record"))
	}
	row("starts, stops", "%s", some(t.Starts, "started", t.Stops, "stopped"))
	row("trouble", "%s", some(t.Failed, "failed", t.Contradicted, "contradicted", t.Unknown, "without a known result",
		t.VerifiedLate, "verified late", t.WrittenLate, "written late"))
	row("alarms", "%d, %s", t.Alarms, counted(t.Acks, "acknowledgement"))
	row("nobody watched", "%s", times.Hours(t.Unwatched))
	row("not on record", "%d", t.OffRecord)
}

func (p *reportText) persons() {
	p.title("By person", len(p.r.Persons))
	if len(p.r.Persons) == 0 {
		return
	}
	p.line(2, "%s pauses   paused  longest  over  resumed  auto  stopped  trouble", column("", 14))
	for _, who := range p.r.Persons {
		p.line(2, "%s %6d %8s %8s %5d %8d %5d %8d %8d", column(who.Name, 14), who.Pauses, times.Clock(who.Paused), times.Clock(who.Longest),
			who.OverLimit, who.Resumes, who.AutoResumes, who.Stops, who.Trouble)
	}
}

func (p *reportText) calls() {
	n := slices.IndexFunc(p.r.Calls, func(c *report.Call) bool { return c.Paused() > 0 || len(c.Entries) > 0 })
	p.title("By call", n+1)
	for _, c := range p.r.Calls {
		if c.Paused() == 0 && len(c.Entries) == 0 {
			continue
		}
		what := "call"
		if c.Conference {
			what = "conference"
		}
		if c.SID.IsZero() {
			what = "without a call on record"
		}
		numbers := ""
		if !c.Numbers.From.IsZero() || !c.Numbers.To.IsZero() {
			numbers = fmt.Sprintf(", %s → %s", c.Numbers.From, c.Numbers.To)
		}
		p.line(2, "%s %s%s", what, c.SID, numbers)
		for _, rec := range c.Recordings {
			for _, pause := range rec.Pauses {
				p.pause(pause)
			}
		}
		for _, e := range c.Entries {
			p.line(4, "%d  %s  %s %s %s %s", e.Seq, shown(e.Time), e.Event, e.Name(), e.Recording, story(e))
		}
	}
}

// by returns who did something, for a sentence.
func by(who *report.Person) string {
	if who == nil {
		return "others"
	}
	return who.Name
}

// pause prints a pause in two lines: when and how it began, and how it ended.
func (p *reportText) pause(q *report.Pause) {
	how := "by " + by(q.By) + ", " + q.How.String()
	if q.Behavior != report.NoBehavior {
		how = q.Behavior.String() + ", " + how
	}
	if q.Found {
		how += "; found out at the next start, it was asked for at " + later(q.Asked, q.Began)
	}
	if q.Again > 0 {
		how += fmt.Sprintf("; paused again %d times", q.Again)
	}
	sid := p.sid(q.Recording)
	indent := 6 + ansi.StringWidth(sid)
	p.hang(4, indent+2, sid+"  "+at(q.Began)+"  paused, "+how)
	p.hang(indent, indent+2, p.end(q))
}

// end returns how a pause ended, and how long it was.
func (p *reportText) end(q *report.Pause) string {
	over := ""
	if q.Over(p.r.Limit) {
		over = ", OVER THE LIMIT"
	}
	if q.Left != 0 {
		over += ", left behind at " + later(q.Left, q.Began)
	}
	if q.End == report.Open {
		return fmt.Sprintf("no end on record; known to last until %s%s", later(q.Known, q.Began), over)
	}
	end := q.End.String()
	switch {
	case q.End == report.ByOthers:
		end += ", seen by a read"
	default:
		end += " by " + by(q.EndedBy) + ", " + q.EndHow.String()
	}
	long := "for an unknown time: the clock was set back in between"
	if d, ok := q.For(); ok {
		long = fmt.Sprintf("after %s", d)
		if !q.Exact() {
			long = fmt.Sprintf("after about %s", d)
		}
	}
	return fmt.Sprintf("%s  %s, %s%s", later(q.Ended, q.Began), end, long, over)
}

func (p *reportText) longest() {
	p.title("Longest", len(p.r.Longest))
	for _, q := range p.r.Longest {
		d, ok := q.For()
		long := times.Clock(d)
		if !ok {
			long = "≥" + times.Clock(q.Known.Sub(q.Began))
		}
		p.line(2, "%s  %s  %s  by %s", column(long, 8), p.sid(q.Recording), at(q.Began), by(q.By))
	}
}

func (p *reportText) updates(name string, list []*report.Update) {
	p.title(name, len(list))
	for _, u := range list {
		result := u.Outcome.String()
		if u.VerifiedLate {
			result = "verified late"
		}
		if u.Reason != "" {
			result += ": " + u.Reason
		}
		if u.WrittenLate {
			result += ", written late"
		}
		if u.Again > 0 {
			result += ", sent again by hand"
		}
		on := p.sid(u.Recording)
		if u.Recording == nil && u.Call != nil {
			on = "of call " + u.Call.SID.String()
		}
		when := u.Asked
		if when.IsZero() {
			when = u.Answered
		}
		p.line(2, "%s  %s %s by %s: %s", at(when), u.Verb, on, by(u.By), result)
	}
}

func (p *reportText) autos() {
	plain := func(a *report.AutoResume) bool { return a.Fate == report.Done || a.Fate == report.EndedBefore }
	n := slices.IndexFunc(p.r.Autos, func(a *report.AutoResume) bool { return !plain(a) })
	p.title("Auto-resumes that were not done", n+1)
	for _, a := range p.r.Autos {
		if plain(a) {
			continue // the end of its pause has it
		}
		fate := a.Fate.String()
		if !a.At.IsZero() {
			fate += " at " + later(a.At, a.Set)
		}
		if a.Why != "" {
			fate += ": " + a.Why
		}
		due := ""
		if !a.Due.IsZero() {
			due = ", due " + later(a.Due, a.Set)
		}
		p.line(2, "%s  %s set by %s%s: %s", at(a.Set), p.sid(a.Recording), by(a.By), due, fate)
	}
}

func (p *reportText) alarms() {
	p.title("Alarms", len(p.r.Alarms))
	for _, a := range p.r.Alarms {
		until := "no end on record"
		if !a.Until.IsZero() {
			until = "until " + later(a.Until, a.At)
		}
		why := ""
		if a.Why != "" {
			why = ": " + a.Why
		}
		acked := ""
		for _, k := range a.Acks {
			acked += fmt.Sprintf("; acknowledged at %s by %s", later(k.At, a.At), by(k.By))
		}
		if a.Kind == report.NoRecording {
			p.line(2, "%s  %s: no recording since %s, %s%s%s", at(a.At), bare(a.Call), later(a.Since, a.At), until, why, acked)
			continue
		}
		p.line(2, "%s  %s %s%s, %s%s", at(a.At), p.sid(a.Recording), a.Kind, why, until, acked)
	}
}

func (p *reportText) acks() {
	p.title("Acknowledgements", len(p.r.Acks))
	for _, a := range p.r.Acks {
		until := "for good"
		if !a.Until.IsZero() {
			until = "until " + later(a.Until, a.At)
		}
		p.line(2, "%s  %s by %s %s: %s", at(a.At), p.acked(a), by(a.By), until, cmp.Or(a.Reason, "no reason"))
	}
	if len(p.r.Reveals) > 0 {
		p.title("Masked numbers that were shown", 1)
		for _, v := range p.r.Reveals {
			p.line(2, "%s  of %s to %s", at(v.At), p.sid(v.Recording), by(v.By))
		}
	}
}

func (p *reportText) watches() {
	if len(p.r.Watches) == 0 {
		p.title("When nobody watched", 1)
		p.line(2, "not known: no session is on record, of this tapedeck or an older one")
	}
	for _, w := range p.r.Watches {
		p.title("When nobody watched "+placeOf(w), len(w.Gaps))
		for _, g := range w.Gaps {
			p.line(2, "%s  to %s, %s: %s", at(g.From), later(g.To, g.From), times.Hours(g.To.Sub(g.From)), g.Why)
		}
		p.title("Sessions "+placeOf(w), len(w.Sessions))
		for _, s := range w.Sessions {
			end := "until " + later(s.Ended, s.From)
			switch {
			case s.Runs:
				end = "and still runs"
			case s.Ended.IsZero():
				end = "without an end on record, known until " + later(s.To, s.From)
			case s.Reason != "":
				end += ": " + s.Reason
			}
			p.line(2, "%s  %s, %s", at(s.From), s.By, end)
		}
	}
}

// placeOf returns the name of a project for a title.
func placeOf(w *report.Watch) string {
	space := strings.TrimPrefix(strings.TrimPrefix(w.Space, "https://"), "http://")
	return strings.TrimSpace(space + " …" + ending(text.New(w.Project), leastSID))
}

func (p *reportText) offRecord() {
	p.title("Not on record", len(p.r.OffRecord))
	for _, o := range p.r.OffRecord {
		where := ""
		if o.Recording != nil {
			where = " of " + p.sid(o.Recording)
		}
		if o.By != nil {
			where += " by " + o.By.Name
		}
		when := ""
		if !o.At.IsZero() {
			when = at(o.At) + "  "
		}
		p.line(2, "%s%s%s: %s", when, o.Kind, where, o.What)
	}
}

func (p *reportText) journal() {
	s := p.r.Source
	p.title("The journal", 1)
	state := "intact"
	if !s.Intact {
		state = "NOT INTACT: " + s.Problems[0]
	}
	p.line(2, "%s in %s of %s", counted(s.Lines, "line"), counted(len(s.Files), "file"), s.Dir)
	p.line(2, "%s", state)
	p.line(2, "line %d, the last, has the SHA-256", s.LastSeq)
	p.line(2, "%s", s.LastHash)
	p.line(2, "Times are those of the API's answers, by the clock of the machine that asked. Updates made without tapedeck are not on record.")
}
