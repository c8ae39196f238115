// Package status is the status line of a session, and the key hints below it.
//
// It holds two notices: one that must not be overlooked, which stays until a key
// has been pressed some time after it came, and one of what a key has led to. It
// knows what they are about, so that none is shown that does not hold any more.
package status

import (
	"slices"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

const (
	badFor  = 15 * time.Second // a bad notice stays so long, or until a key
	infoFor = 10 * time.Second
	// seenAfter is how long a bad notice stays whatever is pressed: a key that
	// was on its way already has not answered it.
	seenAfter = time.Second
	// longest is from how many bytes on a bad notice is not kept behind the
	// next.
	longest = 400
)

// beforeThat stands between a bad notice and an older one.
const beforeThat = "; before that: "

// Said is what a notice says, and of which request.
type Said struct {
	Request deck.Request // zero for none
	Short   string       // of its recording's SID
	Words   string
}

// Model is the status line. The zero value says nothing, in the plain theme.
type Model struct {
	th       theme.Theme
	bad      bad
	info     info
	selected deck.Key // when the last frame was made
}

// bad is a notice that must not be overlooked.
type bad struct {
	said  []Said // the newest first; empty for none
	hint  string // the next step
	since time.Time
}

// info is a notice of what a key has led to.
type info struct {
	words string // empty for none
	hint  string
	role  theme.Role
	since time.Time
	about deck.Key     // the recording that it names, where that was the selected one
	done  deck.Request // that it says was done; zero for none
}

// New returns a status line that says nothing.
func New(t theme.Theme) Model { return Model{th: t} }

// SetTheme sets how the line looks.
func (m *Model) SetTheme(t theme.Theme) { m.th = t }

// Say says what a key has led to. About is the selected recording where the
// words name it, zero otherwise: they go when the selection leaves it.
func (m *Model) Say(words string, about deck.Key, now time.Time) {
	m.info = info{words: words, since: now, about: about}
}

// Refuse says why a key does nothing now.
func (m *Model) Refuse(words string, about deck.Key, now time.Time) {
	m.info = info{words: words, role: theme.Warn, since: now, about: about}
}

// Hint adds the next step to what was said last.
func (m *Model) Hint(step string) { m.info.hint = step }

// Done notes that what was said last says that a request was done. It goes when
// that holds no more.
func (m *Model) Done(req deck.Request) { m.info.done = req }

// Clear takes back what was said last of a key.
func (m *Model) Clear() { m.info = info{} }

// Complain says what must not be overlooked, with the next step; an empty hint is
// for none. What is still there of that is kept behind it.
func (m *Model) Complain(s Said, hint string, now time.Time) {
	said := []Said{s}
	if m.Bad() != "" && len(m.Bad()) < longest {
		said = append(said, m.bad.said...)
	}
	m.bad = bad{said: said, hint: hint, since: now}
	m.info = info{}
}

// Withdraw takes back what must not be overlooked and does not hold any more.
func (m *Model) Withdraw(words string) {
	if words == "" {
		return
	}
	m.bad.said = slices.DeleteFunc(slices.Clone(m.bad.said), func(s Said) bool { return s.Words == words })
	if len(m.bad.said) == 0 {
		m.bad = bad{}
	}
}

// WithdrawAll takes back all that must not be overlooked where the newest of it
// begins with these words: the next one says it again.
func (m *Model) WithdrawAll(words string) {
	if strings.HasPrefix(m.Bad(), words) {
		m.bad = bad{}
	}
}

// Dismiss takes a key as having read what must not be overlooked.
func (m *Model) Dismiss(now time.Time) {
	if now.Sub(m.bad.since) >= seenAfter {
		m.bad = bad{}
	}
}

// Expire forgets the notices whose time is over, and reports whether there
// were any.
func (m *Model) Expire(now time.Time) (changed bool) {
	if len(m.bad.said) > 0 && now.Sub(m.bad.since) >= badFor {
		m.bad, changed = bad{}, true
	}
	if !m.info.since.IsZero() && now.Sub(m.info.since) >= infoFor {
		m.info, changed = info{}, true
	}
	return changed
}

// Select takes back what was said of the recording that the selection has left.
func (m *Model) Select(of deck.Key) {
	if of != m.selected && m.info.about == m.selected && !m.selected.IsZero() {
		m.info = info{}
	}
	m.selected = of
}

// Follow takes back that a request was done whose recording a snapshot shows
// otherwise.
func (m *Model) Follow(s *deck.Snapshot) {
	done := m.info.done
	if done.SID.IsZero() {
		return
	}
	r := s.Lookup(done.Key())
	if r != nil && (r.Trouble.Standing() || done.Update.Status != api.Paused && r.Paused()) {
		m.info = info{}
	}
}

// Requests returns what the line says of requests that must not be overlooked,
// the oldest first.
func (m Model) Requests() (said []Said) {
	for _, s := range slices.Backward(m.bad.said) {
		if !s.Request.SID.IsZero() {
			said = append(said, s)
		}
	}
	return said
}

// Bad returns what must not be overlooked, the newest first; empty for nothing.
func (m Model) Bad() string {
	switch len(m.bad.said) {
	case 0:
		return ""
	case 1:
		return m.bad.said[0].Words
	}
	words := make([]string, len(m.bad.said))
	for i, s := range m.bad.said {
		words[i] = s.Words
	}
	return strings.Join(words, beforeThat)
}

// Info returns what was said last of a key, and its role; empty for nothing.
func (m Model) Info() (words string, role theme.Role) { return m.info.words, m.info.role }

// Says reports whether the line says these words and nothing else of that kind.
func (m Model) Says(words string) bool { return words == m.info.words || words == m.Bad() }
