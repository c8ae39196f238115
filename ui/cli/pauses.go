package cli

import (
	"fmt"
	"io"
	"slices"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// stretch is a pause with all that is on record until its end, or a step beside
// one.
type stretch struct {
	lines []string
	items []*item
}

// pauses is what is known of the pauses of one recording.
type pauses struct {
	list    []*stretch
	from    *item         // the pause that lasts; nil for none
	setBack time.Duration // by which the clock was set back since it began
}

// printPauses prints between which times each recording of a call was paused.
// All items are paired; those that the filter chooses are printed.
func printPauses(w io.Writer, items []*item, f journal.Filter) {
	of := map[text.Text]*pauses{}
	var order []text.Text
	for _, it := range items {
		for _, p := range of {
			p.setBack += it.setBack
		}
		if !it.update && !it.undone || !it.isOf(journal.Filter{Call: f.Call, Recording: f.Recording}) {
			continue
		}
		if of[it.Recording] == nil {
			of[it.Recording] = &pauses{}
			order = append(order, it.Recording)
		}
		of[it.Recording].add(it)
	}
	for _, sid := range order {
		p := of[sid]
		if p.from != nil {
			p.say("    no end of it on record")
		}
		titled := false
		for _, s := range p.list {
			if !slices.ContainsFunc(s.items, func(it *item) bool { return it.chosen(f) }) {
				continue
			}
			if !titled {
				_, _ = fmt.Fprintf(w, "recording %s\n", sid)
				titled = true
			}
			for _, line := range s.lines {
				_, _ = fmt.Fprintln(w, line)
			}
		}
	}
	_, _ = fmt.Fprint(w, "times: the API's answer, by this machine's clock; updates made without tapedeck are not on record\n\n")
}

// say adds a line to the last stretch.
func (p *pauses) say(format string, args ...any) {
	s := p.list[len(p.list)-1]
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

// by says who asked for an update, and the outcome.
func (it *item) by() string {
	outcome, _, _ := it.outcome()
	out := "by " + it.Name()
	if it.ByTimer {
		out += "'s auto-resume"
	}
	return out + ", " + outcome
}

// add adds a step. While a pause lasts it belongs to that.
func (p *pauses) add(it *item) {
	if p.from == nil || len(p.list) == 0 {
		p.list = append(p.list, &stretch{})
	}
	last := p.list[len(p.list)-1]
	last.items = append(last.items, it)
	name := verb(it.Entry)
	switch {
	case it.undone:
		p.addUndone(it)
	case !it.done():
		outcome, why, _ := it.outcome()
		if why != "" {
			outcome += ": " + why
		}
		p.say("  %s asked at %s by %s: %s", name, shown(it.Time), it.Name(), outcome)
	case name == "pause" && p.from != nil:
		p.say("    paused again at %s %s", shown(it.answered()), it.by())
	case name == "pause":
		p.say("  paused from %s (asked %s), %s, %s", shown(it.answered()), it.Time.Local().Format("15:04:05.000"), it.PauseBehavior, it.by())
		p.from, p.setBack = it, 0
	case p.from == nil && name == "resume":
		p.say("  resumed at %s %s; no pause before it on record", shown(it.answered()), it.by())
	case p.from == nil:
		p.say("  %s at %s %s", past(name), shown(it.answered()), it.by())
	default:
		p.say("    %s     %s (asked %s), %s, %s", past(name), shown(it.answered()), it.Time.Local().Format("15:04:05.000"),
			p.after(it.answered()), it.by())
		p.from = nil
	}
}

// addUndone adds that others ended what an update had done: they resumed, or,
// after a resume, paused.
func (p *pauses) addUndone(it *item) {
	if verb(it.Entry) != "pause" {
		p.say("  paused by others, seen at %s", shown(it.Time))
		return
	}
	if p.from != nil {
		p.say("    resumed by others, seen at %s, %s", shown(it.Time), p.after(it.Time))
		p.from = nil
		return
	}
	p.say("  resumed by others, seen at %s", shown(it.Time))
}

// after says how long the pause that lasts has lasted at a time. The clock does
// not tell when it was set back meanwhile.
func (p *pauses) after(end time.Time) string {
	long := end.Sub(p.from.answered()).Round(time.Millisecond)
	if p.setBack > 0 || long < 0 {
		return fmt.Sprintf("after an unknown time (the clock was set back by %s in between)", max(p.setBack, -long).Round(time.Second))
	}
	return "after " + long.String()
}

func past(verb string) string {
	switch verb {
	case "resume":
		return "resumed"
	case "stop":
		return "stopped"
	}
	return verb
}
