package cli

import (
	"fmt"
	"io"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// pauseStep is one update of the journal: a request with its outcome.
type pauseStep struct {
	journal.Entry           // the request, or the outcome when there is no request
	answered      time.Time // when the answer came; zero without one
	outcome       string
	why           string
	own           bool // the outcome is of the session that asked
}

// done reports whether the update was carried out.
func (s pauseStep) done() bool { return s.outcome == "accepted" || s.outcome == "verified" }

// by says who asked for it, and what became of it.
func (s pauseStep) by() string {
	out := "by " + who(s.Entry)
	if s.ByTimer {
		out += "'s timer"
	}
	return out + ", " + s.outcome
}

// pauseSteps puts requests and outcomes together, in the order of the requests.
// Each recording has its own list; order says which came first.
func pauseSteps(dir string, f journal.Filter) (steps map[text.Text][]*pauseStep, order []text.Text) {
	steps = map[text.Text][]*pauseStep{}
	byID := map[string]*pauseStep{}
	for e, err := range journal.Read(dir, f) {
		seen := e.Event == journal.Seen && e.Outcome != ""
		if err != nil || e.Event != journal.Request && e.Event != journal.Outcome && !seen {
			continue // a line that cannot be read is warned of in the list
		}
		s := byID[e.ID]
		if s == nil {
			s = &pauseStep{Entry: e, outcome: "no outcome on record"}
			byID[e.ID] = s
			if steps[e.Recording] == nil {
				order = append(order, e.Recording)
			}
			steps[e.Recording] = append(steps[e.Recording], s)
		}
		if e.Event != journal.Request {
			s.take(e)
		}
	}
	return steps, order
}

// take takes in an outcome. That of the session that asked replaces what another
// one has found out, and not the other way round.
func (s *pauseStep) take(e journal.Entry) {
	asked := s.Event == journal.Request
	own := asked && (e.Event == journal.Seen || !e.GuessOf(s.Entry))
	if s.own && !own {
		return
	}
	s.outcome, s.why = e.Outcome, e.Reason
	switch {
	case !s.answered.IsZero() && s.own == own:
	case e.Latency > 0 && asked:
		s.answered = s.Time.Add(e.Latency)
	default:
		s.answered = e.Time
	}
	s.own = own
}

// printPauses prints between which times each recording was paused.
func printPauses(w io.Writer, dir string, f journal.Filter) {
	steps, order := pauseSteps(dir, f)
	for _, sid := range order {
		_, _ = fmt.Fprintf(w, "recording %s\n", sid)
		var open *pauseStep // the pause that lasts
		for _, s := range steps[sid] {
			open = printStep(w, open, s)
		}
		if open != nil {
			_, _ = fmt.Fprintln(w, "    no end of it on record")
		}
	}
	_, _ = fmt.Fprint(w, "times: the API's answer, by this machine's clock; updates made without tapedeck are not on record\n\n")
}

// printStep prints a step, and returns the pause that lasts after it.
func printStep(w io.Writer, open, s *pauseStep) *pauseStep {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	name := verb(s.Entry)
	switch {
	case !s.done():
		why := s.outcome
		if s.why != "" {
			why += ": " + s.why
		}
		say("  %s asked at %s by %s: %s", name, shown(s.Time), who(s.Entry), why)
		return open
	case name == "pause":
		if open != nil {
			say("    paused again at %s %s", shown(s.answered), s.by())
			return open
		}
		say("  paused from %s (asked %s), %s, %s", shown(s.answered), s.Time.Local().Format("15:04:05.000"), s.PauseBehavior, s.by())
		return s
	case open == nil && name == "resume":
		say("  resumed at %s %s; no pause before it on record", shown(s.answered), s.by())
	case open == nil:
		say("  %s at %s %s", past(name), shown(s.answered), s.by())
	default:
		say("    %s     %s (asked %s), after %s, %s", past(name), shown(s.answered), s.Time.Local().Format("15:04:05.000"),
			s.answered.Sub(open.answered).Round(time.Millisecond), s.by())
	}
	return nil
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
