package ui

import (
	"strconv"
	"strings"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// isWas is the verb before a trouble: a resume by others has happened.
func isWas(kind deck.TroubleKind) string {
	if kind == deck.ResumedByOthers {
		return "was"
	}
	return "is"
}

// troubledOf returns the recordings of a snapshot whose trouble stands.
func troubledOf(s *deck.Snapshot) (out []*deck.Recording) {
	if s.NotPaused+s.ResumedByOthers == 0 {
		return nil
	}
	for _, r := range s.Recordings {
		if r.Active() && r.Trouble.Standing() {
			out = append(out, r)
		}
	}
	return out
}

// troubleKinds are the kinds of trouble, the worst first.
var troubleKinds = []deck.TroubleKind{deck.NotPaused, deck.ResumedByOthers}

// of returns the recordings whose trouble is of a kind.
func (a *alarms) of(kind deck.TroubleKind) (out []*deck.Recording) {
	for _, r := range a.troubled {
		if r.Trouble.Kind == kind {
			out = append(out, r)
		}
	}
	return out
}

// loud returns a kind as the header and the window title say it.
func loud(kind deck.TroubleKind) string { return strings.ToUpper(string(kind)) }

// troubleSpans are a badge for each kind of trouble that stands.
func (m *Model) troubleSpans() (out []line.Span) {
	for _, kind := range troubleKinds {
		if n := len(m.alarms.of(kind)); n > 0 {
			out = append(out, line.Of(theme.Alarm, " "+loud(kind)+" "+strconv.Itoa(n)+" "), line.Of(theme.Plain, " "))
		}
	}
	return out
}

// troubleTitle is what the window title begins with while a trouble stands: its
// kind, and the recording or how many there are.
func (m *Model) troubleTitle() (title string) {
	for _, kind := range troubleKinds {
		switch list := m.alarms.of(kind); len(list) {
		case 0:
		case 1:
			title += "!" + loud(kind) + " " + m.th.Symbols().Ellipsis + m.list.ShortSID(list[0].SID) + " "
		default:
			title += "!" + loud(kind) + " " + strconv.Itoa(len(list)) + " "
		}
	}
	return title
}

// troubleWords says which recordings have a trouble that stands, why, and what
// to do; empty for none. It is said as long as that lasts.
func (m *Model) troubleWords() string {
	var parts []string
	for _, kind := range troubleKinds {
		if list := m.alarms.of(kind); len(list) > 0 {
			parts = append(parts, loud(kind)+": "+m.troubleOf(kind, list))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + ". " + m.troubleKey()
}

// mostNamed is how many recordings the words about a trouble name.
const mostNamed = 3

// troubleOf says what is the matter with recordings that have a kind of trouble.
func (m *Model) troubleOf(kind deck.TroubleKind, list []*deck.Recording) string {
	var names []string
	for _, r := range list[:min(len(list), mostNamed)] {
		names = append(names, "…"+m.list.ShortSID(r.SID))
	}
	words := strings.Join(names, " ")
	if more := len(list) - mostNamed; more > 0 {
		words += " and " + strconv.Itoa(more) + " more"
	}
	is := " is"
	if len(list) > 1 {
		is = " are"
	}
	if words += is + " still recording"; kind == deck.ResumedByOthers {
		words = strings.TrimSuffix(words, "still recording") + "recording again"
	}
	if why := text.New(list[0].Trouble.Why).String(); why != "" && len(list) == 1 {
		words += " (" + why + ")"
	}
	return words
}

// troubleKey says which key helps. A key acts on the selected recording, so
// another one has to be selected first.
func (m *Model) troubleKey() string {
	r, ok := m.selected()
	troubled := ok && m.troubled(r)
	switch {
	case m.o.ReadOnly || m.live.ReadOnly:
		return "a acknowledges"
	case troubled:
		return "p " + m.againWords(r)
	}
	return "Select it (g), then p tries again"
}

// againWords says what p does to a recording whose trouble stands.
func (m *Model) againWords(r *deck.Recording) string {
	if l := m.live.Find(r.SID); l != nil && l.Trouble.Kind == deck.ResumedByOthers {
		return "pauses it again"
	}
	return "tries again"
}

// troubled reports whether a trouble of the recording stands now.
func (m *Model) troubled(r *deck.Recording) bool {
	for _, t := range m.alarms.troubled {
		if t.SID == r.SID {
			return true
		}
	}
	return false
}
