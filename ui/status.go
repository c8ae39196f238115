package ui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/list"
	"tapedeck/ui/theme"
)

const (
	badFor  = 15 * time.Second // a bad notice stays so long, or until a key
	infoFor = 10 * time.Second
	// seenAfter is how long a bad notice stays whatever is pressed: a key that
	// was on its way already has not answered it.
	seenAfter = time.Second
)

// notice is a message in the status line.
type notice struct {
	text  string
	hint  string // the next step
	role  theme.Role
	since time.Time // zero for none
}

// say puts a message in the status line.
func (m *Model) say(s string, now time.Time) {
	m.info = notice{text: s, since: now}
}

// refuse says why a key does nothing now.
func (m *Model) refuse(s string, now time.Time) {
	m.info = notice{text: s, role: theme.Warn, since: now}
}

// complain puts a message in the status line that must not be overlooked. One
// that is still there is kept behind it.
func (m *Model) complain(s, hint string, now time.Time) {
	if !m.bad.since.IsZero() && len(m.bad.text) < 400 {
		s += beforeThat + m.bad.text
	}
	m.bad = notice{text: s, hint: hint, role: theme.Bad, since: now}
	m.info = notice{}
}

// beforeThat stands between a bad notice and an older one.
const beforeThat = "; before that: "

// withdraw takes back what a bad notice says that does not hold any more.
func (m *Model) withdraw(s string) {
	if s == "" || m.bad.since.IsZero() {
		return
	}
	said := strings.Split(m.bad.text, beforeThat)
	left := slices.DeleteFunc(slices.Clone(said), func(one string) bool { return one == s })
	switch {
	case len(left) == len(said):
	case len(left) == 0:
		m.bad = notice{}
	default:
		m.bad.text = strings.Join(left, beforeThat)
	}
}

// dismiss takes a key as having read the bad notice.
func (m *Model) dismiss(now time.Time) {
	if !m.bad.since.IsZero() && now.Sub(m.bad.since) >= seenAfter {
		m.bad = notice{}
	}
}

// expire forgets the notices whose time is over, and reports whether there
// were any.
func (m *Model) expire(now time.Time) (any bool) {
	if !m.bad.since.IsZero() && now.Sub(m.bad.since) >= badFor {
		m.bad, any = notice{}, true
	}
	if !m.info.since.IsZero() && now.Sub(m.info.since) >= infoFor {
		m.info, any = notice{}, true
	}
	return any
}

// underWayWords says what this session has under way, for the right end of the
// status line; empty when there is nothing, or when the message says so.
func (m *Model) underWayWords() (words string, role theme.Role) {
	n, unknown := 0, 0
	var last update
	for _, u := range m.updates {
		if u.progress.Settled {
			continue
		}
		n, last = n+1, u
		if u.progress.Outcome == deck.Unknown {
			unknown++
		}
	}
	role = theme.Plain
	if unknown > 0 {
		role = theme.Bad
	}
	switch {
	case n == 0:
		return "", role
	case n == 1:
		if said, _, _ := progressWords(last.progress, last.short); said == m.info.text || said == m.bad.text {
			return "", role
		}
		return doing(last.req) + " …" + last.short + ": " + string(last.progress.Outcome), role
	case unknown > 0:
		return fmt.Sprintf("%d updates under way, %d unknown", n, unknown), role
	}
	return fmt.Sprintf("%d updates under way", n), role
}

// statusLine is the line above the hints. What does not fit of a bad notice is
// left for the line below, with its hint.
func (m *Model) statusLine(w int) (line, rest string) {
	busy, busyRole := m.underWayWords()
	room := w - 1
	if busy != "" {
		room -= m.th.Width(busy) + 2
	}
	var l liner
	l.begin(m.th, w)
	l.add(theme.Plain, " ")
	switch {
	case !m.bad.since.IsZero():
		head, tail := m.split(m.th.Plain(m.bad.text), room)
		rest = tail
		if m.bad.hint != "" {
			rest = strings.TrimPrefix(rest+"  hint: "+m.th.Plain(m.bad.hint), "  ")
		}
		l.add(theme.Bad, head)
		if m.info.text != "" && tail == "" {
			l.cut(theme.Plain, "  "+m.th.Plain(m.info.text), room-m.th.Width(head))
		}
	case m.info.text != "":
		l.cut(m.info.role, m.th.Plain(m.info.text), room)
	default:
		words, role := m.healthNote()
		l.cut(role, m.th.Plain(words), room)
	}
	if busy != "" {
		l.fill(w - m.th.Width(busy) - 1)
		l.add(busyRole, busy)
	}
	return l.end(), rest
}

// split cuts a message at a space, so that its head fits into w cells.
func (m *Model) split(s string, w int) (head, tail string) {
	if m.th.Width(s) <= w {
		return s, ""
	}
	at := 0
	for i, r := range s {
		if m.th.Width(s[:i]) > w {
			break
		}
		if r == ' ' {
			at = i
		}
	}
	if at == 0 {
		return m.th.Truncate(s, w), ""
	}
	return s[:at], s[at+1:]
}

// healthNote says what is wrong with the data and what to do, when nothing
// else is to be said.
func (m *Model) healthNote() (string, theme.Role) {
	h := m.live.Health
	if p := h.Phase(m.now); p == deck.Live || p == deck.Loading || h.Err == nil || !m.live.Known() {
		return "", theme.Plain
	}
	words := "poll: " + pollWords(h.Err)
	if !h.Complete.IsZero() {
		words += "; showing " + h.Complete.Local().Format("15:04:05 MST")
	}
	return words, theme.Warn
}

// pollWords says why a poll failed, and what to do about it or what the API
// said to it.
func pollWords(err error) string {
	words := api.Reason(err)
	if hint := api.Hint(err); hint != "" {
		return words + ": " + hint
	}
	if e, ok := errors.AsType[*api.Error](err); ok && !e.Message.IsZero() {
		return words + ": " + e.Message.String()
	}
	return words
}

// hintLine is the last line: the keys that are of use now. Those of high rank
// drop first.
func (m *Model) hintLine(w int, rest string) string {
	var l liner
	l.begin(m.th, w)
	l.add(theme.Plain, " ")
	if rest != "" {
		l.cut(theme.Warn, rest, w-1)
		return l.end()
	}
	for i, h := range m.fitHints(m.hints(), w-1) {
		if i > 0 {
			l.add(theme.Plain, "  ")
		}
		l.add(theme.Key, h.key)
		l.add(theme.Plain, " ")
		l.add(theme.Dim, h.does)
	}
	return l.end()
}

// hint is a key and what it does, in a word or two.
type hint struct {
	key, does string
	rank      int
}

// hints returns the hints for the present state.
func (m *Model) hints() []hint {
	switch {
	case m.prompt != nil:
		return promptHints(m)
	case m.mode == filters:
		return []hint{{"Enter", "keep", 0}, {"Esc", "clear", 0}, {"status:paused", "", 1}, {"age>10m", "", 1}, {"!word", "", 1}}
	case m.mode == sorting:
		return []hint{{"1-" + strconv.Itoa(len(list.Sorts())), "sort", 0}, {"O", "reverse", 1}, {"Esc", "close", 0}}
	case m.mode == helping, m.mode == telling:
		return []hint{{"Esc", "close", 0}, {"j k PgDn", "scroll", 1}}
	}
	var out []hint
	if m.full {
		out = append(out, hint{"Esc", "back", 0})
	}
	if m.alarms.standing > 0 {
		out = append(out, hint{"a", "acknowledge", 1})
	}
	for _, a := range m.keys {
		if a.hint == "" || a.verb != "" && (m.o.ReadOnly || m.live.ReadOnly) || m.full && a.hint == "detail" {
			continue
		}
		k, _, _ := strings.Cut(a.key.Help().Key, " ")
		out = append(out, hint{k, m.th.Plain(a.hint), a.rank})
	}
	return out
}

// fitHints drops the hints of the highest rank until the rest fits.
func (m *Model) fitHints(hints []hint, w int) []hint {
	for {
		total, worst := -2, 0
		for i, h := range hints {
			total += len(h.key) + m.th.Width(h.does) + 3
			if h.rank >= hints[worst].rank {
				worst = i
			}
		}
		if total <= w || len(hints) == 0 {
			return hints
		}
		hints = append(hints[:worst:worst], hints[worst+1:]...)
	}
}
