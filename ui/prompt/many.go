package prompt

import (
	"fmt"
	"strings"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// One is one of several recordings that a prompt asks about.
type One struct {
	Request deck.Request
	Short   string // its short SID, as the list shows it
	Who     string // who is on the line
	State   string // when the prompt opened; see [State]
}

// requests returns what is asked for, of one recording or several.
func (m Model) requests(change func(*deck.Request)) Answer {
	a := Answer{Closed: true, Go: true, Request: m.q.Request}
	if change != nil {
		change(&a.Request)
	}
	for _, o := range m.q.Many {
		if change != nil {
			change(&o.Request)
		}
		a.Many = append(a.Many, o.Request)
	}
	return a
}

// WatchAll does for several recordings what [Model.Watch] does for one: the
// prompt closes when the status of any has changed.
func (m Model) WatchAll(find func(sid text.Text) *deck.Recording) Answer {
	if len(m.q.Many) == 0 {
		return m.Watch(find(m.q.Request.SID))
	}
	for _, o := range m.q.Many {
		if r := find(o.Request.SID); State(r) != o.State {
			return m.changed(o.Short, r)
		}
	}
	return Answer{}
}

// changed closes the prompt because a recording is no longer as it was.
func (m Model) changed(short string, r *deck.Recording) Answer {
	now := "no longer there"
	if r != nil {
		now = theme.Word(string(r.Status), r.Gone)
	}
	it := "it"
	if len(m.q.Many) > 0 {
		it = "…" + short
	}
	return Answer{Closed: true, Say: fmt.Sprintf("%s not asked any more: %s is %s now", m.name(), it, now)}
}

// subject names what the prompt is about: …8142, or 3 recordings.
func (m Model) subject() string {
	switch n := len(m.q.Many); n {
	case 0:
		return "…" + m.q.Short
	case 1:
		return "…" + m.q.Many[0].Short
	default:
		return fmt.Sprintf("%d recordings", n)
	}
}

// confirm is the title and the lines of a question that y answers.
func (m Model) confirm() [][]part {
	verb := m.q.Request.Verb()
	title, effect := "Resume "+m.subject()+"?", "  From then on the line is recorded again."
	if m.q.Request.Update.Status == api.Paused {
		title, effect = "Pause "+m.subject()+"?", ""
		if b := m.q.Request.Update.PauseBehavior; b != "" {
			title = "Pause " + m.subject() + " with " + string(b) + "?"
		}
	}
	out := append([][]part{{{theme.Bold, title}}}, m.abouts()...)
	if effect != "" {
		out = append(out, []part{{theme.Plain, effect}})
	}
	return append(m.because(out), []part{{theme.Key, "  y"}, {theme.Plain, " " + verb}, {theme.Dim, "   any other key cancels"}})
}

// because adds why the prompt asks, where that needs saying.
func (m Model) because(out [][]part) [][]part {
	if m.q.Why == "" {
		return out
	}
	return append(out, []part{{theme.Warn, "  " + m.q.Why}})
}

// abouts are the lines that say who is on the line, of one recording or
// several.
func (m Model) abouts() [][]part {
	if len(m.q.Many) == 0 {
		return [][]part{m.about()}
	}
	var out [][]part
	n, first, end := len(m.q.Many), 0, len(m.q.Many)
	if m.room > 0 && m.room < n {
		first = min(m.top, n-m.room)
		end = first + m.room
	}
	for _, o := range m.q.Many[first:end] {
		out = append(out, []part{{theme.Bold, "  …" + o.Short}, {theme.Plain, "  " + o.Who}})
	}
	last := []part{{theme.Dim, "  " + strings.TrimSpace(m.q.Profile)}}
	if end-first < n {
		sym := m.th.Symbols()
		last = append([]part{{theme.Warn, fmt.Sprintf("  %d to %d of %d; %s %s show the others ", first+1, end, n, sym.Up, sym.Down)}}, last...)
	}
	return append(out, last)
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
func (m Model) choose() [][]part {
	title := "Pause " + m.subject()
	if m.line.after > 0 {
		title += ", resume it after " + words(m.line.after)
	}
	out := [][]part{{{theme.Bold, title + ": what becomes of the paused time?"}}}
	out = m.because(append(out, m.abouts()...))
	return append(out,
		[]part{{theme.Key, "  1"}, {theme.Plain, " silence: the gap stays in the file"}},
		[]part{{theme.Key, "  2"}, {theme.Plain, " skip: the time is cut out"}},
		[]part{{theme.Key, "  t"}, {theme.Plain, " auto-resume: asks for the time first"}},
		[]part{{theme.Dim, "  1 or 2 pauses at once; any other key cancels"}},
	)
}
