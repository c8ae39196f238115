package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

const (
	leastWidth = 60 // columns of a list, however narrow the terminal is
	plainWidth = 80 // of one that goes elsewhere
)

// width returns how wide a line of a list may be.
func (r *runner) width() int {
	if r.Terminal && r.Width > 0 {
		return max(r.Width, leastWidth)
	}
	return plainWidth
}

// entriesOf returns the entries of items in the order of the journal.
func entriesOf(items []*item) (list []journal.Entry) {
	for _, it := range items {
		list = append(list, it.entries...)
	}
	slices.SortStableFunc(list, func(a, b journal.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}

// listUpdates prints items, one a line, below a line for each day.
func listUpdates(w io.Writer, items []*item, short map[text.Text]string, width int) {
	line := func(format string, args ...any) {
		_, _ = fmt.Fprintln(w, strings.TrimRight(ansi.Truncate(fmt.Sprintf(format, args...), width, "…"), " "))
	}
	widest, host := leastSID, 0
	for _, it := range items {
		widest = max(widest, ansi.StringWidth(it.sid(short))-1)
		host = min(max(host, ansi.StringWidth(text.New(it.from).String())), 12)
	}
	day := ""
	for _, it := range items {
		if d := it.Time.Local().Format("Mon 2006-01-02 MST"); d != day {
			day = d
			line("%s", day)
		}
		if it.setBack > 0 {
			line("  the clock was set back by %s here", it.setBack.Round(time.Second))
		}
		from := ""
		if host > 0 {
			from = column(text.New(it.from).String(), host) + " "
		}
		line("%s %s%s %s %s %s", it.Time.Local().Format(time.TimeOnly), from, column(it.Name(), 12), column(it.what(), 13), column(it.sid(short), widest+1), it.result())
	}
}

// column returns s in a column of w cells.
func column(s string, w int) string {
	s = ansi.Truncate(s, w, "…")
	return s + strings.Repeat(" ", max(0, w-ansi.StringWidth(s)))
}

// subject returns the SID of the recording that an item is about, else of the call,
// else of the conference; empty for none.
func (it *item) subject() text.Text {
	switch {
	case !it.Recording.IsZero():
		return it.Recording
	case !it.Call.IsZero():
		return it.Call
	}
	return it.Conference
}

// sid returns the end of the SID that an item is about: of a recording, else of the
// call or the conference, which it names; empty for none.
func (it *item) sid(short map[text.Text]string) string {
	of := it.subject()
	end := short[of]
	switch {
	case of.IsZero():
		return ""
	case end == "":
		end = ending(of, leastSID)
	}
	switch of {
	case it.Recording:
		return "…" + end
	case it.Call:
		return "call …" + end
	}
	return "conference …" + end
}

// what says in a word or two what an item is.
func (it *item) what() string {
	switch {
	case !it.update:
		return strings.Replace(string(it.Event), "session-", "session ", 1)
	case it.ByTimer && verb(it.Entry) == "resume":
		return "auto-resume"
	case it.PauseBehavior != "":
		return verb(it.Entry) + " " + it.PauseBehavior
	}
	return verb(it.Entry)
}

// result says what came of an item.
func (it *item) result() string {
	if !it.update {
		return it.note()
	}
	outcome, why, of := it.outcome()
	parts := []string{outcome}
	if why != "" {
		parts[0] += ": " + why
	}
	if of.Latency > 0 {
		parts = append(parts, fmt.Sprintf("%d ms", of.Latency.Milliseconds()))
	}
	if n := it.again(); n > 0 {
		parts = append(parts, "sent again by hand")
	}
	if given := it.given(); given != "" {
		parts = append(parts, "reason: "+given)
	}
	return strings.Join(parts, ", ")
}

// given returns why the person asked for it, as far as that is on record.
func (it *item) given() string {
	for _, e := range it.entries {
		if e.Event == journal.Request && e.Reason != "" {
			return e.Reason
		}
	}
	return ""
}

// note says what an entry that is about no update has to say.
func (it *item) note() string {
	var parts []string
	if it.StatusAnswered != "" {
		parts = append(parts, "it is "+it.StatusAnswered)
	}
	if !it.Since.IsZero() {
		parts = append(parts, "since "+it.Since.Local().Format(time.TimeOnly))
	}
	if !it.Until.IsZero() {
		parts = append(parts, "until "+it.Until.Local().Format(time.TimeOnly))
	}
	if it.Reason != "" {
		parts = append(parts, it.Reason)
	}
	return strings.Join(parts, ", ")
}
