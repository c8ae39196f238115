package ui

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/policy"
	"tapedeck/ui/prompt"
)

// Service is the service of this host that holds the deck of a screen.
type Service interface {
	// Role returns what the session may do, as the service said last. It may be
	// called by any goroutine.
	Role() Role
	// Show tells the service which question is open, the zero one for none, and
	// when a key was last pressed, the zero time for never. It never blocks.
	Show(q Question, key time.Time)
}

// Role is what a service allows a session.
type Role struct {
	Name string   // empty where the service has no roles
	May  []string // the words of what it may do, such as "pause" or "bulk"
}

// may reports whether the role has a word.
func (r Role) may(word string) bool { return slices.Contains(r.May, word) }

// servedMsg brings the next snapshot of the deck of a service.
type servedMsg struct {
	snapshot *deck.Snapshot
	role     Role // what the service allows by then
}

// Question is a question about an update that is open on a screen.
type Question struct {
	Key  deck.Key   // the recording
	More []deck.Key // the others, of a question about several
	Verb string     // pause, resume or stop
}

// same reports whether both are the same question about the same recordings.
func (q Question) same(as Question) bool {
	return q.Key == as.Key && q.Verb == as.Verb && slices.Equal(q.More, as.More)
}

// The words of what a role may do, beside the verbs of the keys that update.
const (
	mayStop        = "stop"
	mayResume      = "resume"
	mayAcknowledge = "acknowledge"
	mayTimer       = "timer"
	mayReveal      = "reveal"
	mayBulk        = "bulk"
	mayStopNamed   = policy.StopWord
)

// doing says what a word allows, in a sentence.
func doing(word string) string {
	switch word {
	case mayTimer:
		return "set an auto-resume"
	case mayReveal:
		return "reveal numbers"
	case mayBulk:
		return "change several at once"
	case mayStopNamed:
		return "stop where the policy is evidence"
	}
	return word
}

// serviced is what a session has to do with the service that holds its deck.
type serviced struct {
	role  *Role     // what it may do; nil for a deck of its own, where it may do all
	first servedMsg // which was there when the screen opened; the zero one for none

	told    Question  // the question that the service was told of last
	pressed time.Time // when a key was last pressed
	toldOf  time.Time // which key the service was told of last
	toldAt  time.Time // when it was
}

// mayNot returns why the role does not allow what these words stand for; empty
// where it does. The empty word is for nothing that needs one.
func (s *serviced) mayNot(words ...string) string {
	if s.role == nil {
		return ""
	}
	for _, word := range words {
		if word != "" && !s.role.may(word) {
			return "your role, " + s.role.Name + ", may not " + doing(word)
		}
	}
	return ""
}

// firstSnapshot brings the snapshot that was there when the screen opened, or
// waits for one.
func (m *Model) firstSnapshot() tea.Cmd {
	if msg := m.first; msg.snapshot != nil {
		m.first = servedMsg{}
		if !m.watched { // else it comes again
			return func() tea.Msg { return msg }
		}
	}
	return m.next()
}

// unwelcome refuses what the role does not allow, or what cannot reach the
// service, and reports whether it did.
func (m *Model) unwelcome(cannot string, now time.Time, words ...string) bool {
	if why := m.mayNot(words...); why != "" {
		m.refuse(why, now)
		return true
	}
	if m.away() {
		m.refuse(cannot+goneWords, now)
		return true
	}
	return false
}

// goneWords says why nothing can be asked of a service.
const goneWords = "the service is gone; this screen reconnects by itself"

// away reports whether the service is not to be reached.
func (m *Model) away() bool { return !m.live.Health.Away.IsZero() }

// returned takes back what was refused for the service was gone.
func (m *Model) returned(wasAway bool) {
	if said, _ := m.status.Info(); wasAway && !m.away() && strings.HasSuffix(said, goneWords) {
		m.status.Clear()
	}
}

// setRole takes what the service allows the session now.
func (m *Model) setRole(r Role, now time.Time) {
	if before := m.role; before != nil && before.Name == r.Name && slices.Equal(before.May, r.May) {
		return
	}
	m.role = &r
	o := m.o
	if o.AutoResume > 0 && !r.may(mayTimer) { // else the service would refuse each pause
		o.AutoResume = 0
		m.complain("pauses made here have no auto-resume: "+m.mayNot(mayTimer), "", now)
	}
	m.keys = newTable(o)
	m.header.SetRole(r.Name)
}

// needs returns the word that a role has to have for an action; empty for none.
func (a *action) needs() string {
	if a.verb != "" {
		return a.verb
	}
	return a.may
}

// does says in the help what a key does here: what its role may not, or what
// holds on the deck of a service.
func (m *Model) does(a *action) string {
	words := m.byPolicy(a)
	if m.mayNot(mayTimer) != "" {
		words = strings.TrimSuffix(words, timerOfChoice)
	}
	if m.o.Service != nil { // which has the auto-resumes
		words = strings.Replace(words, timerOfSuspend, "", 1)
	}
	return cmp.Or(m.mayNot(a.needs()), words)
}

// barred returns which keys of a question the role may not use; each key has its
// word.
func (m *Model) barred(words map[string]string) (keys string) {
	for _, key := range slices.Sorted(maps.Keys(words)) {
		if m.mayNot(words[key]) != "" {
			keys += key
		}
	}
	return keys
}

// idleStep is how seldom the service is told of a key, which only says how long
// nobody has pressed one.
const idleStep = 10 * time.Second

// tellService tells the service at once which question is open, and now and then
// that keys are pressed.
func (m *Model) tellService(now time.Time) {
	if m.o.Service == nil {
		return
	}
	q := m.openQuestion()
	if q.same(m.told) && (m.pressed.Equal(m.toldOf) || now.Sub(m.toldAt) < idleStep) {
		return
	}
	m.told, m.toldOf, m.toldAt = q, m.pressed, now
	m.o.Service.Show(q, m.pressed)
}

// openQuestion returns the question about an update that is open; the zero one
// for none.
func (m *Model) openQuestion() Question {
	if m.prompt == nil {
		return Question{}
	}
	p := m.prompt.Question()
	if p.Starts() { // a call has no row on other screens that could say so
		return Question{}
	}
	switch p.Kind {
	case prompt.Choose, prompt.Confirm, prompt.Typed:
	default:
		return Question{}
	}
	q := Question{Key: p.Request.Key(), Verb: p.Request.Verb()}
	if of := m.prompt.Asked(); len(of) > 0 {
		q.Key, q.More = of[0], of[1:]
	}
	return q
}

// closeGone closes the open question when the service is gone: its answer could
// not be sent.
func (m *Model) closeGone(now time.Time) {
	if m.away() && m.prompt != nil && !m.prompt.Question().Leaves() {
		m.closeUnasked(m.prompt.Canceled("the service is gone"), now)
	}
}
