package ui

import (
	"fmt"
	"slices"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
	"tapedeck/ui/times"
)

// closedFor is how long after a question that closed by itself a key does
// nothing: it was meant for the question.
const closedFor = 1500 * time.Millisecond

// closed is the question that closed last by itself.
type closed struct {
	at  time.Time
	why string
}

// asked is the question that is open, and the one that was.
type asked struct {
	prompt  *prompt.Model // nil for none
	reasons []reason      // why it is open, where it is about siblings
	closed  closed        // the question that closed last by itself
}

// open opens a prompt. What the status line said was about something else.
func (m *Model) open(q prompt.Question, now time.Time) {
	q.Alone = m.live.Share.Shared && !m.live.Share.Connected
	p := prompt.New(m.th, q, now)
	m.prompt, m.reasons = &p, nil
	m.status.Clear()
}

// question is what a prompt asks about an update of a recording.
func (m *Model) question(a *action, req deck.Request, r *deck.Recording) prompt.Question {
	return prompt.Question{
		Barred: m.barred(map[string]string{"t": mayTimer}), Policy: m.live.PolicyOf(r),
		Kind: a.prompt, Opener: a.key.Keys()[0], Request: req, Short: m.list.ShortSID(r.Key()),
		Who: m.who(r), Profile: m.placeOf(r.Profile), Project: m.project(r.Key()), State: prompt.State(m.live.Lookup(r.Key())),
	}
}

// askAgain asks whether a pause that hangs is sent once more.
func (m *Model) askAgain(a *action, p *deck.Progress, r *deck.Recording, now time.Time) {
	req := p.Request
	req.Actor, req.Again = m.o.Actor, true
	q := m.question(a, req, r)
	q.Kind = prompt.Confirm
	q.Why = fmt.Sprintf("…%s has not been answered for %s. Send the pause once more?", q.Short, times.Seconds(now.Sub(p.Asked)))
	m.open(q, now)
}

// closePrompt takes what a prompt answered.
func (m *Model) closePrompt(a prompt.Answer, now time.Time) {
	if a.Say != "" {
		m.say(a.Say, now)
	}
	if a.Closed {
		m.prompt, m.reasons = nil, nil
	}
}

// closeUnasked takes what a prompt answered outside of a key.
func (m *Model) closeUnasked(a prompt.Answer, now time.Time) {
	if m.closePrompt(a, now); a.Closed {
		m.closed = closed{now, a.Say}
	}
}

// closedJustNow reports whether a key was meant for a question that has closed
// by itself, and says so.
func (m *Model) closedJustNow(key string, now time.Time) bool {
	c := m.closed
	if key == "ctrl+c" || m.prompt != nil || c.at.IsZero() || now.Sub(c.at) >= closedFor {
		return false
	}
	words := "nothing was sent: the question had closed"
	if c.why != "" {
		words += " (" + c.why + ")"
	}
	m.refuse(words, now)
	return true
}

// watchPrompt closes the open prompt where a snapshot has taken its reason, and
// leaves out what it asks about no more.
func (m *Model) watchPrompt(s *deck.Snapshot, now time.Time) {
	if m.prompt == nil || m.prompt.Question().Leaves() {
		return
	}
	if m.readOnly() && m.prompt.Updates() {
		m.closeUnasked(m.prompt.Canceled("tapedeck is read-only now"), now)
		return
	}
	if q := m.prompt.Question(); q.Starts() || q.Lacks {
		m.watchStart(s, now)
		return
	}
	open, a := m.prompt.WatchAll(s.Lookup)
	m.prompt = &open
	if m.closeUnasked(a, now); m.prompt != nil && len(m.reasons) > 0 {
		m.watchReasons(s, now)
	}
}

// reason is a recording whose update is why a question about its siblings is
// open.
type reason struct {
	req     deck.Request
	short   string
	reached bool // it has been seen as the update was to make it
}

// watchReasons closes the question about siblings when none of the recordings
// that it is open for is any more as the update has made it.
func (m *Model) watchReasons(s *deck.Snapshot, now time.Time) {
	var last string
	for i := 0; i < len(m.reasons); i++ {
		why := m.reasons[i].over(s)
		if why == "" {
			continue
		}
		last = "…" + m.reasons[i].short + " " + why
		m.reasons = slices.Delete(m.reasons, i, i+1)
		i--
	}
	if len(m.reasons) == 0 {
		m.closeUnasked(m.prompt.Canceled(last), now)
	}
}

// over says why a reason holds no more; empty while it does.
func (r *reason) over(s *deck.Snapshot) string {
	rec := s.Lookup(r.req.Key())
	if rec == nil || !rec.Active() {
		return prompt.Since(rec)
	}
	if r.req.Update.Reached(rec.Status) {
		r.reached = true
		return ""
	}
	if r.reached {
		return prompt.Since(rec)
	}
	return ""
}
