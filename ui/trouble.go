package ui

import (
	"tapedeck/api/deck"
)

// isWas is the verb before a trouble: a resume by others has happened.
func isWas(kind deck.TroubleKind) string {
	if kind == deck.ResumedByOthers {
		return "was"
	}
	return "is"
}

// troubleWords says which recordings have a trouble that stands, why, and what
// to do; empty for none. It is said as long as that lasts.
func (m *Model) troubleWords() string {
	words := m.alarms.Words(func(of deck.Key) string { return "…" + m.called(of) })
	if words == "" {
		return ""
	}
	return words + ". " + m.troubleKey()
}

// troubleKey says which key helps. A key acts on the selected recording, so
// another one has to be selected first.
func (m *Model) troubleKey() string {
	r, ok := m.selected()
	troubled := ok && m.troubled(r)
	switch {
	case m.readOnly():
		return "a acknowledges"
	case troubled:
		return "p " + m.againWords(r)
	}
	return "Select it (g), then p tries again"
}

// againWords says what p does to a recording whose trouble stands.
func (m *Model) againWords(r *deck.Recording) string {
	if l := m.live.Lookup(r.Key()); l != nil && l.Trouble.Kind == deck.ResumedByOthers {
		return "pauses it again"
	}
	return "tries again"
}

// troubled reports whether a trouble of the recording stands now.
func (m *Model) troubled(r *deck.Recording) bool { return m.alarms.Troubled(r.Key()) }
