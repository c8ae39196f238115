package detail

import (
	"errors"
	"fmt"
	"strings"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// builder makes the lines of the body.
type builder struct {
	Model
	sym   theme.Symbols
	label int // cells of the column of labels, with the gap after it
	lines []line.Open
	bar   int // the line of the timeline; -1 for none
	ages
}

// edge is the empty column at the left, where the title has its pointer.
const edge = 1

// build makes the lines below the title, as far as they do not tick, and says
// which of them is the timeline's; -1 for none.
func (m Model) build(marked bool, at ages) (lines []line.Open, bar int) {
	if m.rec == nil {
		return m.buildUnrecorded(), -1
	}
	b := &builder{Model: m, sym: m.th.Symbols(), label: 16, ages: at, bar: -1}
	if m.w >= 60 {
		b.label = 20
	}
	if m.raw {
		for _, l := range m.rec.JSON() {
			b.raw(l.String())
		}
		return b.lines, b.bar
	}
	b.summary(marked)
	b.blank()
	b.fields(marked)
	b.blank()
	b.known()
	if m.rec.IsConference() {
		b.conference()
	} else {
		b.call()
	}
	return b.lines, b.bar
}

// blank adds an empty line, unless the pane is too low to waste one.
func (b *builder) blank() {
	if n := len(b.lines); b.h >= 12 && n > 0 && (b.lines[n-1].Cells > 0 || b.h >= roomyFrom) {
		b.lines = append(b.lines, line.Open{})
	}
}

// raw adds a line of JSON, broken where it is full.
func (b *builder) raw(s string) {
	for _, part := range b.th.Break(b.th.Plain(s), b.w-edge) {
		b.text(theme.Plain, part)
	}
}

// text adds a line of its own.
func (b *builder) text(role theme.Role, s string) {
	var l line.Open
	l.Add(b.th, theme.Plain, b.th.Pad(edge))
	l.Add(b.th, role, s)
	b.lines = append(b.lines, l)
}

// wrapped adds text in as many lines as it takes.
func (b *builder) wrapped(role theme.Role, s string) {
	for _, part := range b.th.Wrap(b.th.Plain(s), b.w-edge) {
		b.text(role, part)
	}
}

// labeled adds a value with its label, in as many lines as it takes; beside is
// said after it where there is room.
func (b *builder) labeled(label, value string, role theme.Role, beside string) {
	label, value, beside = b.th.Plain(label), b.th.Plain(value), b.th.Plain(beside)
	var l line.Open
	l.Add(b.th, theme.Plain, b.th.Pad(edge))
	l.Add(b.th, theme.Dim, b.th.Truncate(label, max(b.label-1, b.w/2)))
	gap := max(1, edge+b.label-l.Cells)
	if n := b.w - l.Cells - b.th.Width(value); n >= 1 && n < gap && !strings.Contains(value, " ") {
		gap = n // a SID is whole where it is a little left of its column
	}
	if n := b.th.Width(value); n == wholeFrom && n > b.w-l.Cells-gap && n <= b.w-l.Cells-1+fewMore && !strings.Contains(value, " ") {
		b.lines = append(b.lines, l) // a SID is whole below its name, at the right
		l, gap = line.Open{}, b.w-n
	}
	l.Add(b.th, theme.Plain, b.th.Pad(gap))
	for i, part := range b.parts(value, b.w-l.Cells) {
		if i > 0 {
			b.lines = append(b.lines, l)
			l = b.indented()
		}
		l.Add(b.th, role, part)
	}
	if beside != "" && l.Cells+2+b.th.Width(beside) <= b.w {
		l.Add(b.th, theme.Plain, "  ")
		l.Add(b.th, theme.Dim, beside)
	}
	b.lines = append(b.lines, l)
}

// was adds the old value of the field above, beside the new one or below it.
func (b *builder) was(value, old string) {
	value, old = b.th.Plain(value), b.th.Plain(old)
	l := &b.lines[len(b.lines)-1]
	if l.Cells+6+b.th.Width(old) <= b.w {
		l.Add(b.th, theme.Dim, "  was "+old)
		return
	}
	below := b.indented()
	below.Add(b.th, theme.Dim, "was ")
	if room := b.w - below.Cells; b.th.Width(old) > room {
		old = b.cut(differing(value, old), room)
	}
	below.Add(b.th, theme.Dim, old)
	b.lines = append(b.lines, below)
}

// differing returns the words of old from the first that differs from value's
// on: of a date, what has changed.
func differing(value, old string) string {
	for {
		word, rest, more := strings.Cut(old, " ")
		same, next, ok := strings.Cut(value, " ")
		if !more || !ok || word != same {
			return old
		}
		value, old = next, rest
	}
}

// indented returns a line that begins where values do.
func (b *builder) indented() line.Open {
	var l line.Open
	l.Add(b.th, theme.Plain, b.th.Pad(min(edge+b.label, b.w/2)))
	return l
}

// wholeFrom is how wide values must be for long ones to be shown whole, in
// several lines: that of a SID. In less, what has no spaces is cut.
const wholeFrom = 36

// fewMore is how many cells may be missing for a SID beside its name so that it
// is put below.
const fewMore = 3

// parts returns a value in lines for w cells.
func (b *builder) parts(value string, w int) []string {
	if w < 1 || b.th.Width(value) <= w {
		return []string{value}
	}
	room := b.w - edge - b.label
	if room < wholeFrom && !strings.Contains(value, " ") {
		return []string{b.cut(value, w)}
	}
	return b.th.Wrap(value, min(w, max(1, room)))
}

// cut cuts a value to w cells, in the middle when it is one word: a SID is
// known by its end.
func (b *builder) cut(s string, w int) string {
	n := b.th.Width(s)
	if n <= w || len(s) != n || strings.Contains(s, " ") || w < 8 {
		return b.th.Truncate(s, w)
	}
	head := (w - b.th.Width(b.sym.Ellipsis)) * 2 / 5
	tail := w - b.th.Width(b.sym.Ellipsis) - head
	return s[:head] + b.sym.Ellipsis + s[len(s)-tail:]
}

func or(t text.Text, none string) string {
	if t.IsZero() {
		return none
	}
	return t.String()
}

// outcomeRoles is how each outcome is shown. What went well is past, and has no
// color: the state above says it.
var outcomeRoles = map[deck.Outcome]theme.Role{
	deck.Requested: theme.Changed, deck.Accepted: theme.Changed, deck.Verified: theme.Ended,
	deck.Contradicted: theme.Bad, deck.Failed: theme.Bad, deck.Unknown: theme.Warn,
}

// update adds the last update, unless it went well, or what went wrong is right
// by now: what was asked, the result, how long that took, who asked, and why.
func (b *builder) update() {
	p := b.rec.Update
	if p == nil || p.Settled && (p.Outcome == deck.Verified || p.Outcome == deck.Accepted || holds(b.rec, p)) {
		return
	}
	what := p.Request.Verb()
	if p.Request.Update.PauseBehavior != "" {
		what += " with " + string(p.Request.Update.PauseBehavior)
	}
	outcome := string(p.Outcome)
	switch {
	case p.Settled && !p.Done.IsZero():
		outcome += " in " + times.Seconds(p.Done.Sub(p.Asked))
	case !p.Answered.IsZero():
		outcome += " in " + times.Seconds(p.Answered.Sub(p.Asked)) + ", not verified yet"
	case p.Outcome == deck.Requested:
		outcome += ", no answer yet"
	}
	if p.Tries > 1 {
		outcome += fmt.Sprintf(" (sent %d times)", p.Tries)
	}
	by := b.by(or(text.New(p.Request.Actor.Name()), "tapedeck")) + " at " + times.Time(p.Asked, b.zone)
	if b.wrapped(outcomeRoles[p.Outcome], what+": "+outcome); len(b.lines) == 0 {
		return // there is no room for anything
	}
	by, last := " "+b.sym.Dot+" "+b.th.Plain(by), &b.lines[len(b.lines)-1]
	if last.Cells+b.th.Width(by) <= b.w {
		last.Add(b.th, theme.Dim, by)
	} else {
		b.wrapped(theme.Dim, by[len(b.sym.Dot)+2:])
	}
	if p.Note != "" {
		b.wrapped(theme.Plain, text.New(p.Note).String())
	}
	if p.Err != nil {
		b.wrapped(theme.Bad, reason(p.Err))
		if hint := nextStep(p.Err); hint != "" && p.Outcome == deck.Failed {
			b.wrapped(theme.Plain, "hint: "+hint)
		}
	}
}

// reason returns what the API said, or what happened instead.
func reason(err error) string {
	if errors.Is(err, deck.ErrNotOnRecord) {
		return text.New(err.Error()).String()
	}
	return text.New(api.Words(err)).String()
}

// nextStep returns what a person can do about err; empty for nothing.
func nextStep(err error) string {
	if !errors.Is(err, deck.ErrNotOnRecord) {
		return api.Hint(err)
	}
	if e, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok { // of the journal
		return e.Hint()
	}
	return ""
}

// known adds what tapedeck knows beside the resource.
func (b *builder) known() {
	r := b.rec
	n := len(b.lines)
	if b.project != "" {
		b.labeled("project", b.project, theme.Plain, "")
	}
	if r.Paused() {
		b.night()
	}
	b.siblings()
	if r.Gone {
		b.labeled("gone", "since "+times.Time(r.Ended, b.zone)+": not found in two polls. The API no longer has it, "+
			"and never said that it ended; above is what it said last", theme.Plain, "")
	} else if !r.Active() {
		b.labeled("seen ended", times.Time(r.Ended, b.zone), theme.Plain, "")
	}
	if len(b.lines) > n {
		b.blank()
	}
}

// call adds the call that is recorded.
func (b *builder) call() {
	c := b.rec.Call
	if c == nil {
		b.unknown("call", b.calls)
		return
	}
	b.labeled("call", join(c.Direction.String(), string(c.Status)), theme.Plain, "")
	b.number("from", c.FromShown(), c.From)
	b.number("to", c.ToShown(), c.To)
	if !c.CallerName.IsZero() {
		b.labeled("caller_name", b.masked(c.CallerName.String()), theme.Plain, "")
	}
	if began := c.Began(); !began.IsZero() {
		b.labeled("began", times.Time(began, b.zone), theme.Plain, "")
	}
	if !c.ParentCallSID.IsZero() {
		b.labeled("parent_call_sid", c.ParentCallSID.String(), theme.Plain, "")
	}
}

// unknown adds that a call or a conference is not known, and why.
func (b *builder) unknown(label string, why deck.Unnamed) {
	s := "not known"
	if why.Err != nil {
		s += ": " + api.Reason(why.Err)
	}
	if !why.Next.IsZero() {
		s += ", asked again at " + times.Time(why.Next, b.zone)
	}
	b.labeled(label, s, theme.Dim, "")
}

// number adds a number as people write it, and beside it as it came; where it
// has a name, that, and beside it the number.
func (b *builder) number(label string, shown, came text.Text) {
	if name := b.names.Either(came, shown); name != "" {
		b.labeled(label, name, theme.Plain, b.masked(shown.String()))
		return
	}
	beside := ""
	if shown != came {
		beside = came.String()
	}
	if b.hides() {
		beside = "(v shows it)"
		if b.lack.Unrecorded != nil { // v is about recordings
			beside = ""
		}
	}
	b.labeled(label, b.masked(or(shown, "-")), theme.Plain, beside)
}

// conference adds the conference that is recorded, and who is in it.
func (b *builder) conference() {
	c := b.rec.Conference
	if c == nil {
		b.unknown("conference", b.conferences)
	} else {
		b.labeled("conference", join(b.masked(c.FriendlyName.String()), string(c.Status), c.Region.String()), theme.Plain, "")
		if !c.Created.IsZero() {
			b.labeled("began", times.Time(c.Created, b.zone), theme.Plain, "")
		}
	}
	for i, p := range b.rec.Participants {
		label := ""
		if i == 0 {
			label = "participants"
		}
		b.labeled(label, b.participant(p), theme.Plain, "")
	}
}

// participant says who a participant is: the call's numbers, or its SID.
func (b *builder) participant(p deck.Participant) string {
	who := "call " + or(p.CallSID, "-")
	if p.Call != nil {
		who = b.people().Call(b.rec.SID, p.Call)
	}
	var more []string
	if p.Muted {
		more = append(more, "muted")
	}
	if p.OnHold {
		more = append(more, "on hold")
	}
	return join(append([]string{who, b.masked(p.Label.String())}, more...)...)
}

// join puts a comma between what is not empty; a dash stands for nothing.
func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, ", ")
}
