package requests

import (
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/times"
)

// Own reports whether a pause is this session's to answer for.
func (m *Model) Own(of deck.Key) bool {
	_, own := m.own[of]
	return own
}

// TakeOver makes a pause this session's to answer for.
func (m *Model) TakeOver(of deck.Key) { m.own[of] = 0 }

// SetTimersLast says whether auto-resumes outlive the session, for they are those
// of a service.
func (m *Model) SetTimersLast(last bool) { m.timersLast = last }

// forget forgets this session's pauses that are over.
func (m *Model) forget(s *deck.Snapshot, now time.Time) {
	for of, id := range m.own {
		// A snapshot from before the pause says nothing about it.
		if r := s.Lookup(of); r == nil || !r.Paused() && r.Update != nil && r.Update.ID >= id && !pending(r.Update) && !r.Update.Late(now) {
			delete(m.own, of)
		}
	}
}

// pending reports whether nobody can tell yet what became of an update.
func pending(p *deck.Progress) bool {
	return p != nil && (!p.Settled || p.Outcome == deck.Unknown)
}

// Paused names the recordings that this session has paused and that are paused
// still, or may be, with times in a zone, nil for that of this host. Name returns the short SID of one, and who is on the line.
func (m *Model) Paused(s *deck.Snapshot, zone *time.Location, name func(*deck.Recording) (short, who string)) (out []string) {
	seen := map[deck.Key]bool{}
	for _, u := range m.updates {
		if u.Request.Update.Status == api.Paused && !u.progress.Settled && !seen[u.Request.Key()] {
			seen[u.Request.Key()] = true
			out = append(out, "…"+u.Short+"  the pause is under way")
		}
	}
	for _, r := range s.Recordings {
		if m.Own(r.Key()) && !seen[r.Key()] && (r.Paused() || r.Active() && pending(r.Update)) {
			timer := ""
			if !r.Timer.At.IsZero() {
				timer = "its auto-resume will not be done  "
				if m.timersLast || s.OthersThere() {
					timer = "it is resumed at " + times.Time(r.Timer.At, zone) + "  "
				}
			}
			short, who := name(r)
			out = append(out, "…"+short+"  "+timer+who)
		}
	}
	return out
}
