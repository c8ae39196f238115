package deck

import "tapedeck/api/text"

// Timelines returns the timelines of what has not ended, by SID and as text, for
// the next run of the deck: each ends with the last look, for nobody knows what a
// recording does while no deck runs. What the last run knew of a recording that
// has not been seen yet is among them until the first scan has ended. A service
// writes them down, and gives them to its next run by [Config.Timelines].
func (d *Deck) Timelines() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[string]string, len(d.order))
	if d.health.Complete.IsZero() {
		for sid, line := range d.config.Timelines {
			out[sid] = line
		}
	}
	for _, e := range d.order {
		if line := e.view.Timeline; line != "" && e.view.Active() {
			out[e.view.SID.String()] = line.unknownFrom(e.looked).String()
		}
	}
	return out
}

// keptLine returns what the last run has drawn of a recording; empty for
// nothing.
func (d *Deck) keptLine(sid text.Text) Timeline {
	line := ParseTimeline(d.config.Timelines[sid.String()])
	if line == "" {
		return ""
	}
	return line.unknownFrom(line.last().at)
}
