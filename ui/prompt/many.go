package prompt

import (
	"fmt"
	"slices"
	"strings"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// One is one of several recordings that a prompt asks about.
type One struct {
	Request deck.Request
	Short   string // its short SID, as the list shows it
	Project string // of which project it is, where several are shown; else empty
	Who     string // who is on the line
	State   string // when the prompt opened; see [State]
	Note    string // what is to be known of it beside that; may be empty
	// Out is why it is left out since the prompt opened, as "has ended"; empty
	// for one that is still asked about.
	Out string
}

// asked returns those of several that are still asked about.
func (m Model) asked() []One {
	return slices.DeleteFunc(slices.Clone(m.q.Many), func(o One) bool { return o.Out != "" })
}

// Asked returns the recordings that a question about several still asks about;
// none for one about a single recording.
func (m Model) Asked() (list []deck.Key) {
	for _, o := range m.q.Many {
		if o.Out == "" {
			list = append(list, o.Request.Key())
		}
	}
	return list
}

// requests returns what is asked for, of one recording or several.
func (m Model) requests(change func(*deck.Request)) Answer {
	a := Answer{Closed: true, Go: true, Request: m.q.Request}
	if change != nil {
		change(&a.Request)
	}
	for _, o := range m.asked() {
		if change != nil {
			change(&o.Request)
		}
		a.Many = append(a.Many, o.Request)
	}
	return a
}

// WatchAll compares all that the prompt asks about with what they were when it
// opened. One recording that has changed closes it; of several, those that
// have changed are left out, and it closes when none is left.
func (m Model) WatchAll(find func(of deck.Key) *deck.Recording) (Model, Answer) {
	if len(m.q.Many) == 0 {
		return m, m.Watch(find(m.q.Request.Key()))
	}
	name, before := m.name(), len(m.asked())
	m.q.Many = slices.Clone(m.q.Many)
	for i := range m.q.Many {
		o := &m.q.Many[i]
		if r := find(o.Request.Key()); o.Out == "" && State(r) != o.State {
			o.Out = Since(r)
		}
	}
	if before > 0 && len(m.asked()) == 0 {
		return m, Answer{Closed: true, Say: "nothing was sent: " + name + " canceled: all of them have changed"}
	}
	return m, Answer{}
}

// Since says what has become of a recording, as "has ended" or "is now PAUSED".
func Since(r *deck.Recording) string {
	switch {
	case r == nil:
		return "is no longer there"
	case !r.Active() && !r.Gone:
		return "has ended"
	}
	return "is now " + theme.Word(string(r.Status), r.Gone)
}

// named is a short SID, and the project where several are shown.
func named(short, project string) string {
	if project == "" {
		return short
	}
	return short + " (" + project + ")"
}

// subject names what the prompt is about: …8142, or 3 recordings.
func (m Model) subject() string {
	if len(m.q.Many) == 0 {
		return "…" + named(m.q.Short, m.q.Project)
	}
	switch asked := m.asked(); len(asked) {
	case 1:
		return "…" + named(asked[0].Short, asked[0].Project)
	default:
		return fmt.Sprintf("%d recordings", len(asked))
	}
}

// confirm is the title and the lines of a question that y answers.
func (m Model) confirm() [][]line.Span {
	verb := m.q.Request.Verb()
	title, effect := "Resume "+m.subject()+"?", "  From then on the line is recorded again."
	if m.q.Starts() {
		title, effect = "Start a recording of the call "+m.subject()+"?", "  "+m.q.Effect
	}
	if m.q.Request.Update.Status == api.Paused {
		title, effect = "Pause "+m.subject()+"?", m.q.gap()
		if b := m.behavior(); b != "" {
			title = "Pause " + m.subject() + " with " + string(b) + "?"
		}
	}
	out := append([][]line.Span{{line.Of(theme.Bold, title)}}, m.abouts()...)
	if effect != "" {
		out = append(out, []line.Span{line.Of(theme.Plain, effect)})
	}
	return append(m.because(out), []line.Span{line.Of(theme.Key, "  y"), line.Of(theme.Plain, " "+verb), line.Of(theme.Dim, "   any other key cancels")})
}

// because adds why the prompt asks, where that needs saying.
func (m Model) because(out [][]line.Span) [][]line.Span {
	if m.q.Why == "" {
		return out
	}
	return append(out, []line.Span{line.Of(theme.Warn, "  "+m.q.Why)})
}

// abouts are the lines that say who is on the line, of one recording or
// several.
func (m Model) abouts() [][]line.Span {
	if len(m.q.Many) == 0 {
		return [][]line.Span{m.about()}
	}
	var out [][]line.Span
	n, first, end := len(m.q.Many), 0, len(m.q.Many)
	if m.room > 0 && m.room < n {
		first = min(m.top, n-m.room)
		end = first + m.room
	}
	for _, o := range m.q.Many[first:end] {
		out = append(out, o.line())
	}
	last := []line.Span{line.Of(theme.Dim, "  "+strings.TrimSpace(m.q.Profile))}
	if end-first < n {
		sym := m.th.Symbols()
		last = append([]line.Span{line.Of(theme.Warn, fmt.Sprintf("  %d to %d of %d; %s %s show the others ", first+1, end, n, sym.Up, sym.Down))}, last...)
	}
	return append(out, last)
}

// line names one of several, or says why it is left out.
func (o One) line() []line.Span {
	if o.Out != "" {
		return []line.Span{line.Of(theme.Dim, strings.TrimRight("  …"+o.Short+"  "+o.Project, " ")+"  "), line.Of(theme.Warn, o.Out+": left out"), line.Of(theme.Dim, "  "+theme.Lead(o.Who))}
	}
	out := []line.Span{line.Of(theme.Bold, "  …"+o.Short)}
	if o.Project != "" {
		out = append(out, line.Of(theme.Bold, "  "+o.Project))
	}
	if o.Note != "" {
		out = append(out, line.Of(theme.Warn, "  "+o.Note))
	}
	return append(out, line.Of(theme.Plain, "  "+theme.Lead(o.Who)))
}

// fitted is m with as many names as fit into h lines of w cells.
func (m Model) fitted(w, h int) Model {
	if n := len(m.q.Many); n > 0 {
		if over := len(m.lines(w)) - h; over > 0 {
			m.room = max(1, n-over)
		}
	}
	return m
}

// choose is the title and the lines of the choice of how to pause.
func (m Model) choose() [][]line.Span {
	title := "Pause " + m.subject()
	switch {
	case m.line.after > 0 && m.q.Alone && !m.line.alone:
		title += ", LOCAL ONLY: without auto-resume, unless t sets one"
	case m.line.after > 0:
		title += ", resume it after " + times.Short(m.line.after)
	}
	out := [][]line.Span{{line.Of(theme.Bold, title+": what becomes of the paused time?")}}
	out = m.because(append(out, m.abouts()...))
	out = append(out,
		[]line.Span{line.Of(theme.Key, "  1"), line.Of(theme.Plain, " silence: the gap stays in the file")},
		m.q.skip(),
	)
	if m.q.Offers("t") {
		out = append(out, []line.Span{line.Of(theme.Key, "  t"), line.Of(theme.Plain, " auto-resume: asks for the time first")})
	}
	keys := "  1 or 2 pauses"
	if m.q.refusesSkip("2") {
		keys = "  1 pauses"
	}
	return append(out, []line.Span{line.Of(theme.Dim, keys+" at once; any other key cancels")})
}
