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
	"tapedeck/api/text"
	"tapedeck/ui/line"
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
	since time.Time    // zero for none
	about text.Text    // the recording that it names, where that was the selected one
	did   deck.Request // that it says was done; zero for none
	bads  []saidBad    // of updates that are over, in a bad notice
}

// saidBad is what a bad notice says of an update.
type saidBad struct {
	req          deck.Request
	short, words string
}

// say puts a message in the status line.
func (m *Model) say(s string, now time.Time) {
	m.info = notice{text: s, since: now, about: m.named(s)}
}

// refuse says why a key does nothing now.
func (m *Model) refuse(s string, now time.Time) {
	m.info = notice{text: s, role: theme.Warn, since: now, about: m.named(s)}
}

// named returns the selected recording where a message names it; else the zero
// text.
func (m *Model) named(s string) text.Text {
	if r, ok := m.selected(); ok && strings.Contains(s, "…"+m.list.ShortSID(r.SID)) {
		return r.SID
	}
	return text.Text{}
}

// outdated takes back what was said of a pause or resume that is over, and of an
// update that proved to be done after all.
func (m *Model) outdated(s *deck.Snapshot, now time.Time) {
	for _, b := range m.bad.bads {
		r := s.Find(b.req.SID)
		if r != nil && r.Update != nil && r.Update.Request == b.req && r.Update.Outcome == deck.Verified {
			m.withdraw(b.words)
			words, _, _ := progressWords(*r.Update, b.short)
			m.say(words, now)
			m.info.did = b.req
		}
	}
	did := m.info.did
	if did.SID.IsZero() {
		return
	}
	r := s.Find(did.SID)
	if r != nil && (r.Trouble.Standing() || did.Update.Status != api.Paused && r.Paused()) {
		m.info = notice{}
	}
}

// leave takes back what was said of the recording that the selection has left.
func (m *Model) leave() {
	var sid text.Text
	if r, ok := m.selected(); ok {
		sid = r.SID
	}
	if sid != m.atSID && m.info.about == m.atSID && !m.atSID.IsZero() {
		m.info = notice{}
	}
	m.atSID = sid
}

// complain puts a message in the status line that must not be overlooked. One
// that is still there is kept behind it.
func (m *Model) complain(s, hint string, now time.Time) {
	var before []saidBad
	if !m.bad.since.IsZero() && len(m.bad.text) < 400 {
		s += beforeThat + m.bad.text
		before = m.bad.bads
	}
	m.bad = notice{text: s, hint: hint, role: theme.Bad, since: now, bads: before}
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
		m.bad.bads = slices.DeleteFunc(slices.Clone(m.bad.bads), func(b saidBad) bool { return b.words == s })
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

// statusLines are the line above the hints, and more of them for what does not
// fit into it of a message, and for its next step.
func (m *Model) statusLines(w int) []string {
	busy, busyRole := m.underWayWords()
	room := w - 1
	if busy != "" {
		room -= m.th.Width(busy) + 2
	}
	first, second := m.message(room)
	var l line.Builder
	l.Begin(m.th, w)
	l.Add(theme.Plain, " ")
	for _, s := range first {
		l.Cut(s.Role, s.Text, room+1-l.Width())
	}
	if busy != "" {
		l.Fill(w - m.th.Width(busy) - 1)
		l.Add(busyRole, busy)
	}
	lines := []string{l.End()}
	for _, spans := range m.wrapSpans(second, w-2, m.moreLines()) {
		l.Begin(m.th, w)
		l.Add(theme.Plain, " ")
		for _, s := range spans {
			l.Add(s.Role, s.Text)
		}
		lines = append(lines, l.End())
	}
	return lines
}

// moreLines is how many lines a message may have below its first one: a low
// screen needs its rows for the list.
func (m *Model) moreLines() int {
	if m.h >= 20 {
		return 2
	}
	return 1
}

// wrapSpans breaks pieces of text, two cells apart, into lines of w cells, at
// most so many of them. The last line may be too long.
func (m *Model) wrapSpans(spans []line.Span, w, most int) (lines [][]line.Span) {
	var now []line.Span
	used := 0
	for i, s := range spans {
		text := s.Text
		if i > 0 {
			text = "  " + text
		}
		for text != "" {
			head, tail := text, ""
			if room := w - used; len(lines) < most-1 && m.th.Width(text) > room {
				if head, tail = m.splitAt(text, room); head == "" && used == 0 {
					head, tail = text, ""
				}
			}
			if head != "" {
				now, used = append(now, line.Of(s.Role, head)), used+m.th.Width(head)
			}
			if text = tail; text != "" {
				lines, now, used = append(lines, now), nil, 0
			}
		}
	}
	if len(now) > 0 {
		lines = append(lines, now)
	}
	return lines
}

// splitAt cuts a text at the last space at which its head fits into w cells; the
// head is empty where none does.
func (m *Model) splitAt(s string, w int) (head, tail string) {
	at := 0
	for i, r := range s {
		if m.th.Width(s[:i]) > w {
			break
		}
		if r == ' ' {
			at = i
		}
	}
	return strings.TrimRight(s[:at], " "), strings.TrimLeft(s[at:], " ")
}

// message is what there is to say, in a line of so many cells and, where that is
// not enough, in a second one. A trouble comes before everything else.
func (m *Model) message(room int) (first, second []line.Span) {
	trouble, bad := m.th.Plain(m.troubleWords()), m.th.Plain(m.bad.text)
	info := line.Of(m.info.role, m.th.Plain(m.info.text))
	role := theme.Bad
	add := func(role theme.Role, s string) {
		if s != "" {
			second = append(second, line.Of(role, s))
		}
	}
	head := trouble
	switch {
	case trouble != "":
	case !m.bad.since.IsZero():
		head, bad = bad, ""
	case info.Text != "":
		head, role, info.Text = info.Text, info.Role, ""
	default:
		words, role := m.healthNote()
		return []line.Span{line.Of(role, m.th.Plain(words))}, nil
	}
	head, tail := m.split(head, room)
	add(role, tail)
	add(theme.Bad, bad)
	for _, hint := range []string{m.bad.hint, m.info.hint} {
		if hint != "" {
			add(theme.Warn, "hint: "+m.th.Plain(hint))
		}
	}
	add(theme.Warn, m.th.Plain(m.info.hint))
	first = []line.Span{line.Of(role, head)}
	switch fits := m.th.Width(head)+2+m.th.Width(info.Text) <= room; {
	case info.Text == "":
	case fits && tail == "", tail == "" && trouble == "": // the end of what only adds to a bad notice may be cut
		first = append(first, line.Of(theme.Plain, "  "), info)
	case len(second) == 0 || trouble != "":
		second = append([]line.Span{info}, second...)
		if tail != "" {
			second[0], second[1] = second[1], second[0]
		}
	}
	return first, second
}

// split cuts a message at a space, so that its head fits into w cells.
func (m *Model) split(s string, w int) (head, tail string) {
	if m.th.Width(s) <= w {
		return s, ""
	}
	if head, tail = m.splitAt(s, w); head == "" {
		return m.th.Truncate(s, w), ""
	}
	return head, tail
}

// healthNote says what is wrong with the data and what to do, when nothing
// else is to be said.
func (m *Model) healthNote() (string, theme.Role) {
	h := m.live.Health
	if p := h.Phase(m.now); p == deck.Live || p == deck.Loading || h.Err == nil || !m.live.Known() {
		return "", theme.Plain
	}
	e, answered := errors.AsType[*api.Error](h.Err)
	words := "poll: " + api.Reason(h.Err)
	if answered && !e.Message.IsZero() {
		words += ": " + e.Message.String()
	}
	if !h.Complete.IsZero() {
		words += "; showing " + h.Complete.Local().Format("15:04:05 MST")
	}
	if hint := api.Hint(h.Err); hint != "" && !(answered && e.StatusCode >= 500) { // which ends by itself
		words += "; " + hint
	}
	return words, theme.Warn
}

// hintLine is the last line: the keys that are of use now. Those of high rank
// drop first.
func (m *Model) hintLine(w int) string {
	var l line.Builder
	l.Begin(m.th, w)
	l.Add(theme.Plain, " ")
	for i, h := range m.fitHints(m.hints(), w-1) {
		if i > 0 {
			l.Add(theme.Plain, "  ")
		}
		l.Add(theme.Key, h.key)
		l.Add(theme.Plain, " ")
		l.Add(theme.Dim, h.does)
	}
	return l.End()
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
	r, ok := m.selected()
	troubled := ok && m.troubled(r)
	if m.alarms.standing > 0 || troubled {
		out = append(out, hint{"a", "acknowledge", 1})
	}
	for _, a := range m.keys {
		if a.hint == "" || a.verb != "" && (m.o.ReadOnly || m.live.ReadOnly) || m.full && a.hint == "detail" {
			continue
		}
		k, _, _ := strings.Cut(a.key.Help().Key, " ")
		does, rank := a.hint, a.rank
		if troubled && k == "p" {
			does, rank = m.againWords(r), 0
		}
		out = append(out, hint{k, m.th.Plain(does), rank})
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
