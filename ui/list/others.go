package list

import (
	"strconv"

	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// longestName is how many cells the name of a person takes at most beside who a
// row is about.
const longestName = 12

// others says who else is at work on a recording: has a question about it open,
// or an update of it under way. It is empty for nobody.
func (c *context) others(r *row) string {
	list := r.rec.Others(c.actor)
	if len(list) == 0 {
		return ""
	}
	who := list[0]
	if who.Actor == c.actor {
		return who.Doing() + " elsewhere" // on another screen of one's own
	}
	who.Actor = c.th.Truncate(c.th.Plain(text.New(who.Actor).String()), longestName)
	words := who.Words()
	if more := len(list) - 1; more > 0 {
		words += " +" + strconv.Itoa(more)
	}
	return words
}

// othersBeside says it beside the status, where there is room: what is not paused
// has the cells of the column beside it too. Else it is said beside who.
func (c *context) othersBeside(r *row, out *cell) {
	words := c.others(r)
	if c.said = words != "" && c.th.Width(out.text)+1+c.th.Width(words) <= c.width; c.said {
		out.sign, out.signRole = words, theme.Warn
	}
}
