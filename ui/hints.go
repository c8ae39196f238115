package ui

import (
	"strconv"
	"strings"

	"tapedeck/ui/prompt"
	"tapedeck/ui/status"
)

// hint returns a key hint.
func hint(key, does string, rank int) status.Hint {
	return status.Hint{Key: key, Does: does, Rank: rank}
}

// hints returns the hints for the present state.
func (m *Model) hints() []status.Hint {
	switch {
	case m.prompt != nil:
		return promptHints(m)
	case m.mode == filters:
		return []status.Hint{hint("Enter", "keep", 0), hint("Esc", "clear", 0), hint("status:paused", "", 1), hint("age>10m", "", 1), hint("!word", "", 1)}
	case m.mode == sorting:
		return []status.Hint{hint("1-"+strconv.Itoa(len(m.list.Sorts())), "sort", 0), hint("O", "reverse", 1), hint("t", "timelines", 2), hint("Esc", "close", 0)}
	case m.mode == helping, m.mode == telling:
		return []status.Hint{hint("Esc", "close", 0), hint("j k PgDn", "scroll", 1)}
	}
	var out []status.Hint
	if m.full {
		out = append(out, hint("Esc", "back", 0))
	}
	u, lack := m.list.Unrecorded()
	if lack && !u.IsConference() && !m.readOnly() && m.mayNot(mayStart) == "" {
		out = append(out, hint("n", "start recording", 0))
	}
	r, ok := m.selected()
	troubled := ok && m.troubled(r)
	if (m.alarms.Pauses() > 0 || troubled || lack && m.alarms.Unrecorded() > 0) && m.mayNot(mayAcknowledge) == "" {
		out = append(out, hint("a", "acknowledge", 1))
	}
	for _, a := range m.keys.list {
		if a.hint == "" || a.verb != "" && (m.readOnly() || lack) || m.roleRefuses(&a, r) != "" || m.mayNot(a.needs()) != "" || m.full && a.hint == "detail" {
			continue
		}
		k, _, _ := strings.Cut(a.key.Help().Key, " ")
		does, rank := m.hintOf(&a, r), a.rank
		if troubled && k == "p" {
			does, rank = m.againWords(r), 0
		}
		switch {
		case lack && k == "c": // there is no recording's
			k = "C"
		case lack && (k == "J" || k == "Space"):
			continue
		}
		out = append(out, hint(k, m.th.Plain(does), rank))
	}
	return out
}

var lineHints = []status.Hint{hint("Enter", "continues", 0), hint("Esc", "cancels", 0)}

// promptHints are the hints while a prompt is open.
func promptHints(m *Model) []status.Hint {
	switch m.prompt.Question().Kind {
	case prompt.Choose:
		if m.prompt.Typing() {
			return lineHints
		}
		hints := []status.Hint{hint("1", "silence", 0)}
		if m.prompt.Question().Offers("2") {
			hints = append(hints, hint("2", "skip", 0))
		}
		if m.prompt.Question().Offers("t") {
			hints = append(hints, hint("t", "auto-resume", 2))
		}
		return append(hints, hint("any other key", "cancels", 1))
	case prompt.Ack, prompt.Timer:
		return lineHints
	case prompt.Behind:
		var hints []status.Hint
		if m.prompt.Question().Offers("t") {
			hints = append(hints, hint("t", "take it over", 0))
		}
		if m.prompt.Question().Offers("r") {
			hints = append(hints, hint("r", "resume", 0))
		}
		return append(hints, hint("any other key", "leaves it", 1))
	case prompt.Confirm:
		return []status.Hint{hint("y", m.prompt.Question().Request.Verb(), 0), hint("any other key", "cancels", 1)}
	case prompt.Typed:
		if m.prompt.Typing() {
			return lineHints
		}
		return []status.Hint{hint("Enter", "stop", 0), hint("Esc", "cancel", 0)}
	case prompt.Suspend:
		return []status.Hint{hint("y", "suspend", 0), hint("any other key", "cancels", 1)}
	}
	return []status.Hint{hint("y", "quit", 0), hint("any other key", "cancels", 1)}
}
