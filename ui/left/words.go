package left

import (
	"cmp"
	"strings"
	"time"

	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// Quit is why a session ended whose user quit it.
const Quit = "quit"

// Words says what happened to a pause, whose recording has that short SID.
func (p Pause) Words(short string, now time.Time) string {
	s := p.by() + " paused …" + short
	if !p.PausedAt.IsZero() {
		s += " at " + times.Minute(p.PausedAt, now)
	}
	if strings.HasPrefix(p.Why, Quit) {
		s += " and quit"
	} else {
		s += " and lost the session"
	}
	if !p.EndedAt.IsZero() {
		s += " at " + times.Minute(p.EndedAt, now)
	}
	return s + "; still paused"
}

// by names who left it behind.
func (p Pause) by() string { return cmp.Or(text.New(p.Actor).String(), "somebody") }

// More says what else is known of it, in lines: how the session ended, and what
// is with its auto-resume.
func (p Pause) More(now time.Time) (lines []string) {
	if why := strings.TrimPrefix(strings.TrimPrefix(p.Why, Quit), "; "); why != "" {
		lines = append(lines, text.New(why).String())
	}
	if !p.Until.IsZero() && !strings.Contains(p.Why, "auto-resume") {
		done := " was not done"
		if p.Until.After(now) {
			done = " will not be done"
		}
		lines = append(lines, "its auto-resume at "+times.Minute(p.Until, now)+done)
	}
	return lines
}

// Reason is why who takes over what was asked about last answers for it from now
// on, for the journal.
func (m *Model) Reason() string { return "taken over from " + m.asked.by() }
