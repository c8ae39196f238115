package header

import (
	"fmt"
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

const (
	// leastAlone is how long the other hosts are not heard until it is said: a
	// connection that is being made is no news.
	leastAlone = time.Second
	// goneFor is for how long a host is said to be gone that has nothing going on.
	goneFor = 10 * time.Minute
	// longestHost is how many cells the name of a host takes at most.
	longestHost = 20
)

// alone returns for how long the hosts that share have not been heard; ok is false
// while they are, where nothing is shared, and while a service says it that is gone
// itself.
func alone(s State) (d time.Duration, ok bool) {
	state := s.Live.Share
	if !state.Shared || state.Connected || !s.Live.Health.Away.IsZero() {
		return 0, false
	}
	d = s.Now.Sub(state.Since)
	return d, d >= leastAlone
}

// local says since when the other hosts are not heard: what this one knows and
// does is its own alone.
func (m Model) local(s State) []segment {
	d, ok := alone(s)
	if !ok {
		return nil
	}
	return []segment{m.segment(0, line.Of(theme.Warn, "LOCAL ONLY "+m.age(d)))}
}

// localShort are the forms in which that is said where there is little room, the
// longest first.
func (m Model) localShort(s State) []segment {
	d, ok := alone(s)
	if !ok {
		return nil
	}
	return append(m.local(s), m.segment(0, line.Of(theme.Warn, "LOCAL "+m.age(d))), m.segment(0, line.Of(theme.Warn, "LOCAL")))
}

// gone says which hosts are gone, and what their users have going on, in forms from
// the longest to the shortest; none while the others are not heard, for then nobody
// knows.
func (m Model) gone(s State) []segment {
	if !s.Live.Share.Shared || !s.Live.Share.Connected || !s.Live.Health.Away.IsZero() {
		return nil
	}
	var list []deck.HostInfo
	pauses, timers := 0, 0
	var longest time.Duration
	for _, h := range s.Live.Hosts {
		d := s.Now.Sub(h.Heard)
		if !h.Gone || h.Self || h.Pauses+h.Timers == 0 && (h.Left || d > goneFor) {
			continue
		}
		list = append(list, h)
		pauses, timers, longest = pauses+h.Pauses, timers+h.Timers, max(longest, d)
	}
	if len(list) == 0 {
		return nil
	}
	name := fmt.Sprintf("%d hosts", len(list))
	long, short := name+" are gone ", name+" gone "
	if len(list) == 1 {
		name = m.th.Truncate(m.th.Plain(text.New(list[0].Name).String()), longestHost)
		long, short = "host "+name+" is gone ", name+" gone "
	}
	age := m.age(longest)
	var has []string
	add := func(n int, what string) {
		switch {
		case n == 1:
			has = append(has, "1 "+what)
		case n > 1:
			has = append(has, fmt.Sprintf("%d %ss", n, what))
		}
	}
	add(pauses, "pause")
	add(timers, "auto-resume")
	of := ""
	if len(has) > 0 {
		of = ": " + strings.Join(has, ", ")
	}
	form := func(words string) segment { return m.segment(1, line.Of(theme.Warn, words)) }
	return []segment{form(long + age + of), form(short + age + of), form(short + age)}
}

// withGone adds the longest form of which hosts are gone that leaves what has a
// lower rank on a line of w cells.
func (m Model) withGone(w int, left, right []segment, last segment, s State) []segment {
	forms := m.gone(s)
	for i, f := range forms {
		more := append(right[:len(right):len(right)], f)
		if keep, ok := fit(w, left, more, last, 4); i == len(forms)-1 || ok && keep >= 3 {
			return more
		}
	}
	return right
}
