package requests

import (
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// autoStep is how far an auto-resume has come.
type autoStep struct {
	id      uint64 // of the update
	outcome deck.Outcome
	settled bool
	err     string // why it was not done
}

// FollowTimers takes a snapshot: what the auto-resumes of the deck have done
// since the last one, whoever set them. Short returns the end of a SID that tells
// it apart.
func (m *Model) FollowTimers(s *deck.Snapshot, short func(of deck.Key) string) (news []News) {
	first := m.timers == nil
	next := map[deck.Key]autoStep{}
	for _, r := range s.Recordings {
		p := r.Update
		byTimer := p != nil && p.Request.ByTimer
		if !byTimer && r.Timer.Err == "" {
			continue
		}
		step := autoStep{err: r.Timer.Err}
		if byTimer {
			step.id, step.outcome, step.settled = p.ID, p.Outcome, p.Settled
		}
		next[r.Key()] = step
		old := m.timers[r.Key()]
		switch name := short(r.Key()); {
		case first || step == old:
		case step.err != "" && step.err != old.err:
			words := "auto-resume of …" + name + ", set by " + text.New(r.Timer.Actor).String() + ", not done: " + text.New(step.err).String()
			news = append(news, News{Words: words, Bad: true})
		case byTimer:
			u := update{Named: Named{p.Request, name}, progress: *p}
			news = append(news, u.announce())
		}
	}
	m.timers = next
	return news
}
