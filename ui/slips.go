package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
	"tapedeck/ui/requests"
	"tapedeck/ui/slips"
	"tapedeck/ui/terminal"
)

// newGuard returns the guard against slips of a session with that input; nil
// for one that nobody watches.
func newGuard(in *terminal.Reads) slips.Guard {
	if in == nil {
		return slips.New(nil)
	}
	return slips.New(in)
}

// spot returns what an updating key would act on now.
func (m *Model) spot() slips.Spot {
	s := slips.Spot{Line: -1, ReadOnly: m.readOnly()}
	if s.Of = m.list.Place(); s.Of.IsZero() {
		return s
	}
	if a := m.arrange(); m.mode != helping && a.pane != paneFull && !m.small() {
		s.Line = a.header + m.list.Line()
	}
	return s
}

// readOnly reports whether updates are refused.
func (m *Model) readOnly() bool { return m.o.ReadOnly || m.live.ReadOnly }

// watchSpot takes note when a message has changed what an updating key acts
// on.
func (m *Model) watchSpot(msg tea.Msg, before slips.Spot) {
	by := slips.ByItself
	switch msg.(type) {
	case tea.KeyPressMsg:
		if by = slips.ByUser; m.moved {
			by = slips.ByMove
		}
	case tea.PasteMsg, tea.WindowSizeMsg:
		by = slips.ByUser
	}
	m.slips.Watch(before, m.spot(), by, time.Now())
}

// again reports whether a key would send the same again of a recording because
// it is held down, and says so beside what the first one has led to.
func (m *Model) again(key string, r *deck.Recording, cannot, why string, now time.Time) bool {
	asked, ok := m.slips.SentBefore(key, r.Key(), now)
	if !ok {
		return false
	}
	p := m.requests.Since(m.live, r.Key(), asked)
	switch good := p.Outcome == deck.Accepted || p.Outcome == deck.Verified; {
	case !p.Settled:
		return false // it is under way, which is said elsewhere
	case good && why != "":
		words, _, _ := requests.Words(p, m.called(r.Key()))
		m.refuse(cannot+why+" ("+words+")", now)
	default:
		m.refuse(key+" is being held down: release it, then press again", now)
	}
	return true
}

// ignored reports whether a key does not count in the open prompt, because of
// how it came, and says so. Esc and ctrl+c always cancel.
func (m *Model) ignored(k tea.KeyPressMsg, now time.Time) bool {
	s := k.String()
	switch {
	case m.slips.Doubt() == "" || s == "esc" || s == "ctrl+c":
		return false
	case s == m.prompt.Question().Opener:
		return false // it does nothing anyway
	case m.prompt.Typing() && k.Text != "":
		return false // a line of text updates nothing before its Enter
	case !m.prompt.Answers(s):
		return false // it cancels, which harms nobody
	}
	words := s + " ignored: it arrived " + m.slips.Doubt()
	if m.prompt.Question().Kind == prompt.Typed && k.Text != "" {
		words = "what arrived " + m.slips.Doubt() + " is ignored: type it again, key by key"
		m.prompt.Clear()
	}
	m.refuse(words, now)
	return true
}
