package detail

import (
	"fmt"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// summary adds what somebody on the phone needs, in as few lines as it takes:
// what of the call is recorded, who is on the line, what is the matter, who else is recorded, and the SIDs. A
// line about the recording as a whole goes before all of them.
func (b *builder) summary(marked bool) {
	b.timelineLine()
	who := b.who()
	if b.h < tallFrom {
		b.shorten(who)
	}
	b.facts(who...)
	b.facts(b.state()...)
	b.others()
	if marked && b.h < tallFrom {
		b.changes()
	}
	b.update()
	b.with()
	b.sids()
	for b.h >= roomyFrom && len(b.lines) < summaryLines {
		b.lines = append(b.lines, line.Open{})
	}
}

const (
	tallFrom     = 12 // lines of a pane that has room for more than a summary
	roomyFrom    = 30 // and of one where the fields keep their place, whoever is selected
	summaryLines = 6  // that the summary takes there at least
)

// fact is one thing that is said in a line of several.
type fact struct {
	role theme.Role
	text string
}

// facts adds facts, with a dot between two, in as many lines as it takes: a new
// one begins between two facts, and within one only where it is longer than a
// line.
func (b *builder) facts(list ...fact) {
	dot := " " + b.sym.Dot + " "
	var l line.Open
	add := func() {
		if l.Cells > edge {
			b.lines = append(b.lines, l)
		}
		l = line.Open{}
		l.Add(b.th, theme.Plain, b.th.Pad(edge))
	}
	add()
	for _, f := range list {
		s := b.th.Plain(f.text)
		if s == "" {
			continue
		}
		gap := 0
		if l.Cells > edge {
			gap = b.th.Width(dot)
		} else {
			s = theme.Lead(s)
		}
		if l.Cells+gap+b.th.Width(s) > b.w && gap > 0 {
			add()
			gap = 0
		}
		if gap > 0 {
			l.Add(b.th, theme.Dim, dot)
		}
		for i, part := range b.th.Wrap(s, b.w-edge) {
			if i > 0 {
				add()
			}
			l.Add(b.th, f.role, part)
		}
	}
	add()
}

// who returns who is on the line, since when and in which direction.
func (b *builder) who() (out []fact) {
	r := b.rec
	switch c := r.Conference; {
	case r.IsConference() && c != nil && !c.FriendlyName.IsZero():
		name := b.th.Truncate(b.th.Plain(b.masked(c.FriendlyName.String())), b.w-edge-14) + " (conference)"
		return append(out, fact{theme.Bold, name}, fact{theme.Plain, string(c.Status)}, b.since(c.Created))
	case r.IsConference():
		out = append(out, fact{theme.Bold, "a conference"})
	case r.Call != nil:
		out = append(out, fact{theme.Bold, b.people().Call(r.SID, r.Call)}, fact{theme.Plain, b.masked(r.Call.CallerName.String())},
			fact{theme.Plain, r.Call.Direction.String()}, fact{theme.Plain, string(r.Call.Status)}, b.since(r.Call.Began()))
		return out
	default:
		out = append(out, fact{theme.Bold, "a call"})
	}
	return append(out, fact{theme.Dim, "who is on the line is not known"}, b.since(r.Began()))
}

// shorten cuts long names, so that who is on the line takes two lines at most of
// a pane that has four: since when it is paused, and by whom, must not be hidden.
func (b *builder) shorten(who []fact) {
	who[0].text = b.th.Ends(b.th.Plain(who[0].text), b.w-edge)
	if len(who) < 3 {
		return
	}
	room := b.w - edge
	for _, f := range who[2:] {
		if n := b.th.Width(b.th.Plain(f.text)); n > 0 {
			room -= n + b.th.Width(" "+b.sym.Dot+" ")
		}
	}
	who[1].text = b.th.Truncate(b.th.Plain(who[1].text), max(12, room))
}

func (b *builder) since(t time.Time) fact {
	if t.IsZero() {
		return fact{}
	}
	return fact{theme.Plain, "since " + times.Time(t, b.zone)}
}

// state returns what is the matter with the recording, its trouble first.
func (b *builder) state() (out []fact) {
	r := b.rec
	if t := r.Trouble; r.Active() && t.Kind != "" {
		role, words := theme.Bad, "NOT PAUSED: still recording"
		if t.Kind == deck.ResumedByOthers {
			words = "RESUMED BY OTHERS: recording again"
		}
		if why := text.New(t.Why).String(); why != "" {
			words += " (" + why + ")"
		}
		if t.Acked {
			role, words = theme.Warn, words+", acknowledged"
		}
		out = append(out, fact{role, words}, fact{theme.Plain, "the pause was asked for " + b.by(or(text.New(t.Actor), "tapedeck"))})
	}
	if r.Paused() {
		out = append(out, b.pausedFacts()...)
	}
	if s := r.Siblings; len(s.List) > 0 {
		role, words := theme.Plain, fmt.Sprintf("%d recordings of this conversation", s.Of())
		if s.Paused > 0 && s.Recording > 0 {
			role, words = theme.Warn, fmt.Sprintf("%d of %d still recording", s.Recording, s.Of())
		}
		out = append(out, fact{role, words + b.siblingNames()})
	}
	return append(out, fact{theme.Ended, b.past})
}

// mostSiblings is how many siblings the summary names.
const mostSiblings = 3

// siblingNames names the recordings of the conversation, after a colon: those
// that still record, where some do and some do not.
func (b *builder) siblingNames() string {
	s := b.rec.Siblings
	mixed := s.Paused > 0 && s.Recording > 0
	var names []string
	of := s.Of()
	if mixed {
		of = s.Recording
	}
	if !mixed || b.rec.Status.Running() {
		names = append(names, "this one")
	}
	for _, o := range s.List {
		if len(names) < mostSiblings && (!mixed || o.Recording) {
			names = append(names, b.sym.Ellipsis+tail(o.SID))
		}
	}
	if len(names) == 0 {
		return ""
	}
	words := ": " + strings.Join(names, " ")
	if more := of - len(names); more > 0 {
		words += fmt.Sprintf(" and %d more", more)
	}
	return words
}

// tail returns the end of a SID.
func tail(sid text.Text) string { s := sid.String(); return s[max(0, len(s)-4):] }

// pausedFacts returns since when a recording is paused, how, by whom, and when
// that ends.
func (b *builder) pausedFacts() (out []fact) {
	p, t, ack := b.rec.Pause, b.rec.Timer, b.rec.Ack
	if !p.Since.IsZero() {
		since := "paused since " + times.Time(p.Since, b.zone)
		if p.AtLeast {
			since += " or longer"
		}
		out = append(out, fact{theme.Plain, since})
	}
	if p.Behavior != "" {
		out = append(out, fact{theme.Plain, string(p.Behavior)})
	} else {
		out = append(out, fact{theme.Dim, "silence or skip is not known"})
	}
	out = append(out, fact{theme.Plain, b.madeBy})
	switch {
	case t.Err != "":
		out = append(out, fact{theme.Bad, "auto-resume not done: " + text.New(t.Err).String()})
	case !t.At.IsZero():
		out = append(out, fact{theme.Plain, "auto-resume at " + times.Time(t.At, b.zone)})
	}
	if !ack.Until.IsZero() {
		out = append(out, fact{theme.Plain, "acknowledged " + b.by(ack.Actor) + ", silent until " + times.Time(ack.Until.Add(-b.offset), b.zone)})
	}
	return out
}

// changes adds the fields that an update changed, in one line: where the pane is
// low the fields are not in view.
func (b *builder) changes() {
	_, changed := b.split(b.rec.Fields())
	var out []fact
	for _, c := range changed {
		value, _ := shown(c.now)
		old, _ := shown(c.old)
		out = append(out, fact{theme.Changed, c.now.Name.String() + " " + value}, fact{theme.Dim, "was " + old})
		if c.now.Name.Is("status") {
			break
		}
	}
	b.facts(out...)
}

// with adds who is in the conference.
func (b *builder) with() {
	var out []fact
	for i, p := range b.rec.Participants {
		s := b.participant(p)
		if i == 0 {
			s = "with " + s
		}
		out = append(out, fact{theme.Plain, s})
	}
	b.facts(out...)
}

// sids adds the SIDs of the recording and of what is recorded, for a pane that
// does not have the fields in view.
func (b *builder) sids() {
	if b.h >= tallFrom {
		return
	}
	r := b.rec
	kind, parent := "call", r.CallSID
	if r.IsConference() {
		kind, parent = "conference", r.ConferenceSID
	}
	var l line.Open
	l.Add(b.th, theme.Plain, b.th.Pad(edge))
	l.Add(b.th, theme.Plain, b.cut(b.th.Plain(r.SID.String()), b.w-edge))
	if room := b.w - l.Cells - len(kind) - 2; !parent.IsZero() && room >= 8 {
		l.Add(b.th, theme.Dim, " "+kind+" ")
		l.Add(b.th, theme.Plain, b.cut(b.th.Plain(parent.String()), room))
	}
	b.lines = append(b.lines, l)
}

// holds reports whether what an update asked for is so now.
func holds(r *deck.Recording, p *deck.Progress) bool {
	switch p.Request.Update.Status {
	case api.Paused:
		return r.Paused()
	case api.InProgress:
		return r.Active() && r.Status.Running() && r.Trouble.Kind == ""
	}
	return !r.Active()
}

// ages are the words of the body that change with the time, but not each second.
type ages struct {
	past   string // how long ago the last update was verified; see pastWords
	madeBy string // who paused the recording, and how long ago; see [Model.pausedBy]
}

// ages returns the words as they are at the local time now.
func (m Model) ages(now time.Time) ages {
	if m.rec == nil {
		return ages{}
	}
	a := ages{past: m.pastWords(now)}
	if m.rec.Paused() && m.rec.Pause.Actor != "" {
		a.madeBy = m.pausedBy(now)
	}
	return a
}

// pastWords says how long ago the last update was verified, as long as it is
// still so; empty when it is not, or when the last update went otherwise. It
// changes in steps, and does not tick.
func (m Model) pastWords(now time.Time) string {
	if m.rec == nil || m.rec.Update == nil || m.raw {
		return ""
	}
	p := m.rec.Update
	if p.Outcome != deck.Verified && (p.Outcome != deck.Accepted || !p.Settled) || !holds(m.rec, p) {
		return ""
	}
	at := p.Done
	if at.IsZero() {
		at = p.Answered
	}
	return p.Request.Verb() + " " + string(p.Outcome) + " " + times.AgoInSteps(now.Sub(at)) + m.pastBy(p)
}

// pastBy says who asked for an update, where nothing else on the pane does.
func (m Model) pastBy(p *deck.Progress) string {
	if m.rec.Paused() && m.rec.Pause.Actor == p.Request.Actor.Name() || p.Request.Actor.Name() == "" {
		return ""
	}
	return ", " + m.by(p.Request.Actor.Name())
}
