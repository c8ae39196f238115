package names

import (
	"strings"
	"unicode"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// PartyWidth is how many cells of a name or an address stand for it in few
// cells.
const PartyWidth = 8

// Short names who is on the line in few cells: …0142 → …0199, or the
// conference's name. The gap is around the arrow; a name, or an address, takes at
// most so many cells.
func (v View) Short(r *deck.Recording, gap string, party int) string {
	switch {
	case r.IsConference() && r.Conference != nil && !r.Conference.FriendlyName.IsZero():
		return v.Theme.Truncate(v.Who(r), 2*party)
	case r.IsConference():
		return "conference"
	case r.Call == nil:
		return "call"
	}
	c := r.Call
	from, to := v.short(r.SID, c.From, c.FromShown(), party), v.short(r.SID, c.To, c.ToShown(), party)
	if theme.RightToLeft(from) {
		return from + v.Theme.To(from) + to
	}
	return from + gap + v.Theme.Symbols().Arrow + gap + to
}

// short is one end of a call: its name, its last four digits, or the user of
// its address, in at most w cells.
func (v View) short(sid, came, shown text.Text, w int) string {
	s := v.Party(sid, came, shown)
	for _, scheme := range []string{"sip:", "sips:", "client:", "tel:"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			s, _, _ = strings.Cut(rest, "@")
			break
		}
	}
	var digits []rune
	for _, r := range s {
		if unicode.IsLetter(r) {
			return v.Theme.Truncate(s, w)
		}
		if unicode.IsDigit(r) {
			digits = append(digits, r)
		}
	}
	if v.Theme.Width(s) <= 5 || len(digits) < 4 {
		return v.Theme.Truncate(s, w)
	}
	return v.Theme.Plain("…" + string(digits[len(digits)-4:]))
}
