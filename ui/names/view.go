package names

import (
	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// View is how who is on the line is shown: the names that there are, and which
// numbers are masked. A number that has a name is shown by it, masked or not.
type View struct {
	Theme    theme.Theme
	Names    Names
	Mask     bool      // only the last digits of numbers are shown, but for those of
	Revealed text.Text // this recording
}

// Masked returns a text about a recording with its numbers masked, where they
// are to be.
func (v View) Masked(sid text.Text, s string) string {
	if v.Hides(sid) {
		return theme.Mask(s)
	}
	return s
}

// Hides reports whether the numbers of a recording are masked.
func (v View) Hides(sid text.Text) bool { return v.Mask && sid != v.Revealed }

// Party returns one side of a call that a recording is about: its name, else
// the number as people write it, else the number as it came; ? for none.
func (v View) Party(sid, came, shown text.Text) string {
	if name := v.Names.Either(came, shown); name != "" {
		return v.Theme.Plain(name)
	}
	if shown.IsZero() {
		return "?"
	}
	return v.Theme.Plain(v.Masked(sid, shown.String()))
}

// Call returns From → To of a call that a recording is about. Names that are
// written from the right move nothing beside them.
func (v View) Call(sid text.Text, c *api.Call) string {
	from := v.Party(sid, c.From, c.FromShown())
	return from + v.Theme.To(from) + theme.Guard(v.Party(sid, c.To, c.ToShown()))
}

// Line returns From → To of the call that is recorded, or the conference's
// name. It is empty while neither is known.
func (v View) Line(r *deck.Recording) string {
	switch {
	case r.IsConference() && r.Conference != nil && !r.Conference.FriendlyName.IsZero():
		return v.Theme.Plain(v.Masked(r.SID, r.Conference.FriendlyName.String()))
	case !r.IsConference() && r.Call != nil && !(r.Call.FromShown().IsZero() && r.Call.ToShown().IsZero()):
		return v.Call(r.SID, r.Call)
	}
	return ""
}

// Who returns who is on the line as a sentence names it: From → To, the
// conference's name and that it is one, or the SID while nothing else is known.
func (v View) Who(r *deck.Recording) string {
	line := v.Line(r)
	switch {
	case line != "" && r.IsConference():
		return line + " (conference)"
	case line != "":
		return line
	case r.IsConference():
		return "conference " + v.Theme.Plain(r.ConferenceSID.String())
	case !r.CallSID.IsZero():
		return "call " + v.Theme.Plain(r.CallSID.String())
	}
	return "unknown call"
}
