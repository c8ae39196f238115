package paper

import (
	"tapedeck/api/report"
	"tapedeck/ui/times"
)

// gap is a time in which nobody watched, or a time with several such times in
// which are too near to each other to be drawn one by one.
type gap struct {
	report.Gap
	n int // of times
}

// joined returns the gaps on an axis, so many at most: those with less between
// them than can be seen are one.
func (a axis) joined(gaps []report.Gap, most int) (list []gap) {
	near := (a.to - a.from) / report.Moment(max(1, most))
	for _, g := range gaps {
		switch last := len(list) - 1; {
		case !a.has(g.From, g.To):
		case last >= 0 && g.From-list[last].To < near && len(gaps) > most:
			list[last].To = max(list[last].To, g.To)
			list[last].n++
		default:
			list = append(list, gap{g, 1})
		}
	}
	return list
}

// what begins a sentence about it.
func (g gap) what() string {
	switch {
	case g.n > 1:
		return "Nobody watched " + number(g.n) + " times"
	case g.Why == report.NotRecorded:
		return "It is not on record whether somebody watched"
	}
	return "Nobody watched"
}

// long says for how long; nothing of several, between which somebody watched.
func (g gap) long() string {
	if g.n > 1 {
		return ""
	}
	return " for " + times.Hours(g.To.Sub(g.From))
}

// because says why, where there is more to say than that it was so.
func (g gap) because() string {
	if g.n > 1 || g.Why == report.NotRecorded {
		return ""
	}
	return ": " + g.Why.String()
}
