package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
	"tapedeck/ui/times"
)

// continuedMsg comes when the process goes on after it was stopped.
type continuedMsg struct{}

// leaving is how far the session is on its way to end, or to be suspended.
type leaving struct {
	interrupt time.Time // of the last ctrl+c
	suspended bool      // ctrl+z has stopped the process, and it has not gone on yet
}

// quit ends the session, or asks when it has left recordings paused.
func (m *Model) quit(now time.Time) tea.Cmd {
	left := m.pausedHere()
	if len(left) == 0 {
		return tea.Quit
	}
	m.open(prompt.Question{Kind: prompt.Quit, Opener: "q", Profile: m.place(), Left: left}, now)
	return nil
}

// interrupted takes ctrl+c: it cancels what is open, else it quits when it
// comes twice in 2 s.
func (m *Model) interrupted(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	switch {
	case m.prompt != nil:
		return m.answer(k, now)
	case m.mode == filters:
		m.clearFilter()
		return nil
	case m.mode != normal:
		m.mode = normal
		return nil
	case !m.interrupt.IsZero() && now.Sub(m.interrupt) < 2*time.Second:
		return tea.Quit
	}
	m.interrupt = now
	words := "ctrl+c again within 2 s quits"
	if n := len(m.pausedHere()); n > 0 {
		words += fmt.Sprintf("; %d that you paused would stay paused", n)
	}
	m.say(words, now)
	return nil
}

// suspend stops the process, where a shell can continue it and nothing waits
// for it, and asks first as q does.
func (m *Model) suspend(now time.Time) tea.Cmd {
	if why := m.whyNotSuspend(); why != "" {
		m.refuse("cannot suspend: "+why, now)
		return nil
	}
	if left := m.pausedHere(); len(left) > 0 {
		m.open(prompt.Question{Kind: prompt.Suspend, Opener: "ctrl+z", Profile: m.place(), Left: left}, now)
		return nil
	}
	return m.stopProcess()
}

// whyNotSuspend says what would be lost while the process is stopped; empty for
// nothing.
func (m *Model) whyNotSuspend() string {
	if why := m.o.Terminal.WhyNotSuspend(); why != "" {
		return why
	}
	if m.prompt != nil {
		return "answer the question first"
	}
	if first := m.requests.First(); first != "" {
		return first
	}
	return m.timerWords()
}

// timerWords names an auto-resume that this process is to do; empty for none.
func (m *Model) timerWords() string {
	if m.o.Service != nil || m.live.OthersThere() {
		return "" // the service does it, or another host
	}
	var first *deck.Recording
	for _, r := range m.live.Recordings {
		if !r.Timer.At.IsZero() && (first == nil || r.Timer.At.Before(first.Timer.At)) {
			first = r
		}
	}
	if first == nil {
		return ""
	}
	return "the auto-resume of …" + m.called(first.Key()) + " at " + times.Minute(first.Timer.At, m.inZone(m.now)) + " would not be done"
}

// stopProcess gives the terminal back and stops.
func (m *Model) stopProcess() tea.Cmd {
	m.suspended = true
	return tea.Suspend
}

// goOn takes the terminal anew after the process was stopped by a signal. After
// ctrl+z Bubble Tea says so by itself.
func (m *Model) goOn() tea.Cmd {
	if m.suspended {
		m.suspended = false
		return nil
	}
	return func() tea.Msg { return tea.ResumeMsg{} }
}
