// Package small is the screen of a terminal that has no room for the list, such as
// a small pane of tmux: what is in trouble and the pauses, the selected recording,
// and the freshness or a message, a line each. Where there is not even room for
// that, it says how much is needed.
package small

import (
	"fmt"
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// The smallest screen that the list is shown on, and the smallest on which
// anything works, in cells and lines.
const (
	ListWidth, ListHeight = 60, 15
	Width, Height         = 30, 3
)

// wide is from which width on words that are not needed are said.
const wide = 44

// Fits reports whether a screen has room for one recording.
func Fits(w, h int) bool { return w >= Width && h >= Height }

// ForList is the size that the list needs, as it is said.
func ForList() string { return size(ListWidth, ListHeight) }

func size(w, h int) string { return fmt.Sprintf("%dx%d", w, h) }

// State is what is shown, on a screen that [Fits].
type State struct {
	Theme theme.Theme
	// Counts is the line of the header about trouble, pauses and counts.
	Counts string
	// Freshness is the line of the header that ends with the freshness, and begins
	// with a message, which is cut for it unless it is to be shown whole.
	Freshness func(said line.Span, whole bool) string
	Selected  Selected
	Question  Question
	Bad       string    // what must not be overlooked; empty for nothing
	Info      line.Span // what is said beside that
	Pause     string    // what p does
}

// Question is the question that is open.
type Question struct {
	Open  bool
	Words string // it, in one line; empty where it cannot be answered at this size
}

// View returns the screen: where there are more lines than [Height], a message has
// room for several, and the freshness a line of its own.
func (s State) View(w, h int) string {
	lines := []string{s.Counts, s.Selected.line(s.Theme, w)}
	said := s.said(w)
	if h == Height {
		if s.Question.Open { // it names the recording
			lines[1] = s.Freshness(s.info(), false)
		}
		return strings.Join(append(lines, s.Freshness(said, s.Question.Open)), "\n")
	}
	if said.Text == "" {
		said = line.Of(theme.Dim, "j k move, p "+s.Theme.Plain(s.Pause)+", q quit; "+ForList()+" shows the list")
	}
	message := s.wrapped(said, w)
	if s.Question.Open {
		message = append(message, s.wrapped(s.info(), w)...)
	}
	lines = append(lines, message[:min(len(message), h-Height)]...)
	return strings.Join(append(line.Pad(lines, h-1), s.Freshness(line.Span{}, false)), "\n")
}

// said is the question that is open, else the message there is.
func (s State) said(w int) line.Span {
	switch {
	case s.Question.Words != "":
		return line.Of(theme.Bold, s.Question.Words)
	case s.Question.Open && w < wide:
		return line.Of(theme.Warn, "the question needs "+ForList()+"; Esc")
	case s.Question.Open:
		return line.Of(theme.Warn, "the question needs "+ForList()+"; Esc cancels it")
	case s.Bad != "":
		return line.Of(theme.Bad, s.Theme.Plain(s.Bad))
	}
	return s.info()
}

func (s State) info() line.Span { return line.Of(s.Info.Role, s.Theme.Plain(s.Info.Text)) }

// wrapped is a message in as many lines as it takes, each as wide as the screen.
func (s State) wrapped(said line.Span, w int) (lines []string) {
	th := s.Theme
	for _, l := range line.Wrap(th, said.Text, w) {
		lines = append(lines, th.Fit(th.Paint(said.Role, th.Truncate(l, w)), w))
	}
	return lines
}

// Selected is the selected recording.
type Selected struct {
	Recording *deck.Recording // nil for none
	Lacks     string          // where there is no recording: what the row is about, in a line; empty for no row
	Short     string          // its short SID
	Who       string          // who is on the line, in few cells
	Troubled  bool            // a trouble of it stands
	Now       time.Time       // by the server's clock
	Clocks    times.Clocks
}

// line names the recording: its status, its short SID, who is on the line, and for
// how long it is as it is.
func (s Selected) line(th theme.Theme, w int) string {
	var l line.Builder
	l.Begin(th, w)
	r := s.Recording
	if r == nil && s.Lacks != "" {
		l.Add(theme.Warn, "NO REC")
		l.Add(theme.Plain, th.Plain(" "+s.Lacks))
		return l.End()
	}
	if r == nil {
		l.Add(theme.Dim, "no recording is selected")
		return l.End()
	}
	role, word := theme.StatusRole(string(r.Status), r.Gone), theme.Word(string(r.Status), r.Gone)
	if s.Troubled {
		role, word = theme.Bad, "!"+word
	}
	l.Add(role, th.Plain(word))
	l.Add(theme.Bold, th.Plain(" …"+s.Short))
	clock, who := s.clock(), " "+s.Who
	if clock != "" && theme.RightToLeft(who) { // it would move the digits
		clock = " for" + clock
	}
	fits := l.Width()+th.Width(who)+th.Width(clock) <= w
	if l.Add(theme.Plain, who); fits {
		l.Fill(w - th.Width(clock))
		l.Add(theme.Plain, clock)
	}
	return l.End()
}

// clock is for how long the recording is paused, or runs; empty where nobody knows,
// and for one that has ended.
func (s Selected) clock() string {
	switch r, began := s.Recording, s.Recording.Began(); {
	case r.Paused() && !r.Pause.Since.IsZero():
		return " " + s.Clocks.Clock(r.Pause.For(s.Now))
	case r.Active() && !began.IsZero():
		return " " + s.Clocks.Clock(max(0, s.Now.Sub(began)))
	}
	return ""
}

// NoRoom is what is said on a screen of a size that [Fits] refuses.
type NoRoom struct {
	Theme theme.Theme
	Open  bool // a question is open
	// Answered is that it can be answered at this size all the same; then Question
	// is as much of it as there is room for.
	Answered bool
	Question []string
	Status   string // the status line
	Header   string // the header in a line
}

// View returns the screen.
func (n NoRoom) View(w, h int) string {
	lines := []string{n.Theme.Fit("tapedeck needs "+size(Width, Height)+", this is "+size(w, h), w)}
	switch {
	case n.Open && n.Answered:
		lines = append(lines, n.Question...)
	case n.Open:
		lines = append(lines, n.Theme.Fit("a prompt is open; Esc cancels it", w))
	default:
		lines = append(lines, n.Theme.Fit("q quits", w))
	}
	if len(lines) < h {
		lines = append(lines, n.Status)
	}
	if len(lines) < h {
		lines = append(lines, n.Header)
	}
	return strings.Join(lines[:min(len(lines), h)], "\n")
}
