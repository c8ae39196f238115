package ui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/ui/line"
	"tapedeck/ui/names"
	"tapedeck/ui/prompt"
	"tapedeck/ui/theme"
)

// The smallest screen on which anything works, such as a small pane of tmux:
// see [Model.oneLine].
const (
	leastWidth  = 30
	leastHeight = 3
)

// oneLine reports whether the screen has room for one recording only: the
// counts, the selected recording, and the freshness or a message, a line each.
// There p pauses the selected recording, and no other key updates anything.
func (s *screen) oneLine() bool { return s.small() && s.w >= leastWidth && s.h >= leastHeight }

// oneLineMoves are the keys that move there.
var oneLineMoves = map[string]bool{
	"j": true, "k": true, "up": true, "down": true, "g": true, "G": true, "home": true, "end": true, "pgup": true, "pgdown": true,
}

// oneLineKey takes a key where no prompt is open.
func (m *Model) oneLineKey(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	switch s := k.String(); {
	case s == "q":
		return m.quit(now)
	case s == "p":
		return m.request(m.keys.find("p"), now)
	case s == "esc":
		m.full, m.right, m.mode = false, false, normal
		return m.escape(now)
	case oneLineMoves[s]:
		m.moved = true
		m.list.SetFocus(true)
		var cmd tea.Cmd
		m.list, cmd = m.list.Update(k)
		return cmd
	default:
		m.refuse(s+" needs "+sizeWords(minWidth, minHeight), now)
		return nil
	}
}

func sizeWords(w, h int) string { return strconv.Itoa(w) + "x" + strconv.Itoa(h) }

// answerable reports whether the open prompt can be answered at this size:
// anywhere the question before quitting, and in one line a pause whose question
// fits into it whole.
func (m *Model) answerable() bool {
	switch q := m.prompt.Question(); {
	case !m.small() || q.Kind == prompt.Quit:
		return true
	case !m.oneLine() || q.Kind != prompt.Confirm || q.Request.Update.Status != api.Paused:
		return false
	default:
		words, ok := m.questionLine()
		return ok && m.th.Width(words) <= m.w
	}
}

// questionLine is the open question in one line; ok is false for one that
// cannot be said so.
func (m *Model) questionLine() (words string, ok bool) {
	q := m.prompt.Question()
	switch {
	case q.Kind == prompt.Quit:
		return "quit? " + strconv.Itoa(len(q.Left)) + " stay paused: y", true
	case q.Kind != prompt.Confirm || len(q.Many) > 1:
		return "", false
	}
	req, short := q.Request, q.Short
	if len(q.Many) == 1 {
		req, short = q.Many[0].Request, q.Many[0].Short
	}
	r := m.live.Find(req.SID)
	if r == nil {
		return "", false
	}
	for _, form := range []struct {
		gap   string
		party int
	}{{" ", names.PartyWidth}, {"", names.PartyWidth}, {"", names.PartyWidth - 2}} {
		words = m.th.Plain(req.Verb()+" …"+short) + " (" + m.people().Short(r, form.gap, form.party) + ")? y"
		if m.th.Width(words) <= m.w {
			break
		}
	}
	return words, true
}

// oneLineScreen is the screen: the counts, the selected recording, and what is
// to be said. Where there are more lines, the message has room, and the
// freshness a line of its own.
func (m *Model) oneLineScreen() string {
	lines := []string{m.header.Counts(m.w, m.headerState()), m.selectedLine()}
	if m.h == leastHeight {
		words, role := m.oneLineWords()
		if m.prompt != nil { // the question names the recording
			lines[1] = m.lastLine("", theme.Plain, false)
			if said, role := m.status.Info(); said != "" {
				lines[1] = m.lastLine(m.th.Plain(said), role, false)
			}
		}
		return strings.Join(append(lines, m.lastLine(words, role, m.prompt != nil)), "\n")
	}
	words, role := m.oneLineWords()
	if words == "" {
		words, role = "j k move, p "+m.th.Plain(m.keys.find("p").hint)+", q quit; "+sizeWords(minWidth, minHeight)+" shows the list", theme.Dim
	}
	said := m.wrapped(words, role)
	if m.prompt != nil {
		words, role := m.status.Info()
		said = append(said, m.wrapped(m.th.Plain(words), role)...)
	}
	lines = append(lines, said[:min(len(said), m.h-leastHeight)]...)
	return strings.Join(append(line.Pad(lines, m.h-1), m.lastLine("", theme.Plain, false)), "\n")
}

// wrapped is a message in as many lines as it takes, each as wide as the screen.
func (m *Model) wrapped(words string, role theme.Role) (lines []string) {
	for _, l := range line.Wrap(m.th, words, m.w) {
		lines = append(lines, m.th.Fit(m.th.Paint(role, m.th.Truncate(l, m.w)), m.w))
	}
	return lines
}

// oneLineWords is the question that is open, else the message there is; empty for
// none.
func (m *Model) oneLineWords() (string, theme.Role) {
	switch {
	case m.prompt != nil:
		if words, _ := m.questionLine(); m.answerable() {
			return words, theme.Bold
		}
		words := "the question needs " + sizeWords(minWidth, minHeight) + "; Esc"
		if m.w >= 44 {
			words += " cancels it"
		}
		return words, theme.Warn
	case m.status.Bad() != "":
		return m.th.Plain(m.status.Bad()), theme.Bad
	}
	words, role := m.status.Info()
	return m.th.Plain(words), role
}

// lastLine is the freshness, with a message before it, which is cut for it
// unless it is to be shown whole.
func (m *Model) lastLine(words string, role theme.Role, whole bool) string {
	return m.header.Freshness(m.w, m.headerState(), line.Of(role, words), whole)
}

// selectedLine names the selected recording: its status, its short SID, who is
// on the line, and for how long it is as it is.
func (m *Model) selectedLine() string {
	var l line.Builder
	l.Begin(m.th, m.w)
	r, ok := m.selected()
	if !ok {
		l.Add(theme.Dim, "no recording is selected")
		return l.End()
	}
	role, word := theme.StatusRole(string(r.Status), r.Gone), theme.Word(string(r.Status), r.Gone)
	if l := m.live.Find(r.SID); l != nil && l.Active() && l.Trouble.Standing() {
		role, word = theme.Bad, "!"+word
	}
	l.Add(role, m.th.Plain(word))
	l.Add(theme.Bold, m.th.Plain(" …"+m.list.ShortSID(r.SID)))
	clock := ""
	server := m.shown.ServerSecond(m.at())
	switch began := r.Began(); {
	case r.Paused() && !r.Pause.Since.IsZero():
		clock = " " + m.clocks().Clock(r.Pause.For(server))
	case r.Active() && !began.IsZero():
		clock = " " + m.clocks().Clock(max(0, server.Sub(began)))
	}
	who := " " + m.people().Short(r, " ", names.PartyWidth)
	if n := m.th.Width(who); l.Width()+n+m.th.Width(clock) <= m.w {
		l.Add(theme.Plain, who)
		l.Fill(m.w - m.th.Width(clock))
		l.Add(theme.Plain, clock)
	} else {
		l.Add(theme.Plain, who)
	}
	return l.End()
}
