package prompt

import (
	"strconv"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// InLine returns the question in one line of w cells; ok is false for one that
// cannot be said so whole, or that asks for more than a pause, or than a resume
// that the policy makes one key. Who returns in which
// ways it can be said who is on the line of a recording, the longest first; none
// where that recording is not there.
func (m Model) InLine(w int, who func(of deck.Key) []string) (words string, ok bool) {
	switch q := m.q; {
	case q.Kind == Quit:
		return "quit? " + strconv.Itoa(len(q.Left)) + " stay paused: y", true
	case q.Kind != Confirm || len(q.Many) > 1 || q.Request.Update.Status != api.Paused && q.Policy.Defaults().ResumeAsks:
		return "", false
	}
	req, short, project := m.q.Request, m.q.Short, m.q.Project
	if len(m.q.Many) == 1 {
		req, short, project = m.q.Many[0].Request, m.q.Many[0].Short, m.q.Many[0].Project
	}
	if project != "" {
		short += " " + project
	}
	for _, form := range who(req.Key()) {
		words = m.th.Plain(req.Verb()+" …"+short) + " (" + form + ")? y"
		if m.th.Width(words) <= w {
			return words, true
		}
	}
	return "", false
}
