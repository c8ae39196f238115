package cli

import (
	"errors"
	"slices"
	"strings"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// item is what belongs together in the journal: a request with all that is known
// of it, or one other entry.
type item struct {
	journal.Entry                 // the request, or the first that is known of it
	entries       []journal.Entry // all of them, in the order of the journal
	update        bool            // it is about a request
	// undone: it says that others ended what an update did, which has it too.
	undone bool
	// setBack is by how much the clock of its machine was set back before it.
	setBack time.Duration
}

// readItems returns what the journal in dir has, in its order. bad is told of
// each line that cannot be read.
func readItems(dir string, bad func(*journal.LineError)) (items []*item, err error) {
	byID := map[string]*item{}
	for e, err := range journal.Read(dir, journal.Filter{}) {
		if line, ok := errors.AsType[*journal.LineError](err); ok {
			bad(line)
			continue
		}
		if err != nil {
			return nil, err
		}
		update := e.ID != "" && (e.Event == journal.Request || e.Event == journal.Outcome || e.Event == journal.Again || e.Event == journal.Seen)
		it := byID[e.ID]
		if !update || it == nil {
			it = &item{Entry: e, update: update}
			items = append(items, it)
		}
		if update {
			byID[e.ID] = it
		}
		it.entries = append(it.entries, e)
		if e.Event == journal.Seen && e.Outcome == "" && len(it.entries) > 1 {
			it.entries = it.entries[:len(it.entries)-1] // it stands where it was seen
			items = append(items, &item{Entry: e, entries: []journal.Entry{e}, undone: true})
		}
	}
	findSteps(items)
	return items, nil
}

// leastStep is what a clock may be behind without having been set back: entries
// of several processes are not written in the order of their times.
const leastStep = 2 * time.Second

// findSteps finds where a machine's clock was set back.
func findSteps(items []*item) {
	latest := map[string]time.Time{}
	for _, it := range items {
		if it.Late || it.update && it.Event != journal.Request {
			continue
		}
		if step := latest[it.Host].Sub(it.Time); step > leastStep && !latest[it.Host].IsZero() {
			it.setBack = step
		}
		latest[it.Host] = it.Time
	}
}

// known returns the entries that count: when there is an outcome by the session
// that asked, those that others have found out do not.
func (it *item) known() []journal.Entry {
	guess := func(e journal.Entry) bool { return e.Event == journal.Outcome && e.GuessOf(it.Entry) }
	own := func(e journal.Entry) bool { return e.Event == journal.Outcome && !guess(e) }
	if it.Event != journal.Request || !slices.ContainsFunc(it.entries, own) {
		return it.entries
	}
	return slices.DeleteFunc(slices.Clone(it.entries), guess)
}

// outcome returns what became of a request, by the last word on it, and how
// that is to be read. A later word replaces an earlier one.
func (it *item) outcome() (outcome, why string, of journal.Entry) {
	outcome = "no outcome on record"
	for _, e := range it.known() {
		switch {
		case e.Event == journal.Outcome:
			outcome, why, of = e.Outcome, e.Reason, e
		case e.Event == journal.Seen && e.Outcome != "":
			outcome, why = e.Outcome, e.Reason
			if outcome == "verified" {
				outcome, why = "verified late", ""
			}
		}
	}
	return outcome, why, of
}

// done reports whether the update was carried out.
func (it *item) done() bool {
	o, _, _ := it.outcome()
	return o == "accepted" || strings.HasPrefix(o, "verified")
}

// answered returns when the answer came; zero without one.
func (it *item) answered() time.Time {
	for _, e := range it.known() {
		switch {
		case e.Event == journal.Request:
		case e.Latency > 0 && it.Event == journal.Request:
			return it.Time.Add(e.Latency)
		case e.Event == journal.Outcome:
			return e.Time
		}
	}
	return time.Time{}
}

// again counts how often a person had the update sent once more.
func (it *item) again() (n int) {
	for _, e := range it.entries {
		if e.Event == journal.Again {
			n++
		}
	}
	return n
}

// last returns the time of the latest word on it.
func (it *item) last() (t time.Time) {
	for _, e := range it.entries {
		if e.Time.After(t) {
			t = e.Time
		}
	}
	return t
}

// chosen reports whether a filter chooses the item: as a whole, so that no
// request loses its outcome.
func (it *item) chosen(f journal.Filter) bool {
	return !it.last().Before(f.Since) && it.isOf(f) && (f.Actor == "" || it.Actor == f.Actor || it.SudoUser == f.Actor)
}

// isOf reports whether the item is about the recording and the call of a filter.
func (it *item) isOf(f journal.Filter) bool {
	return (f.Recording == "" || isSID(it.Recording, f.Recording)) &&
		(f.Call == "" || isSID(it.Call, f.Call) || isSID(it.Conference, f.Call))
}

// leastSID is how many characters of a SID a person has to type.
const leastSID = 4

// isSID reports whether want is the SID, or its end, in upper or lower case.
func isSID(sid text.Text, want string) bool {
	return strings.HasSuffix(strings.ToLower(sid.String()), strings.ToLower(want))
}

// shortSIDs returns the ends of the SIDs of recordings, as short as they can be
// told apart by.
func shortSIDs(items []*item) map[text.Text]string {
	seen := map[text.Text]bool{}
	for _, it := range items {
		if !it.Recording.IsZero() {
			seen[it.Recording] = true
		}
	}
	short := map[text.Text]string{}
	for n := leastSID; len(short) < len(seen); n++ {
		count := map[string]int{}
		for sid := range seen {
			count[ending(sid, n)]++
		}
		for sid := range seen {
			if _, done := short[sid]; !done && (count[ending(sid, n)] == 1 || n >= sid.Len()) {
				short[sid] = ending(sid, n)
			}
		}
	}
	return short
}

// ending returns the last n characters of a SID in lower case.
func ending(sid text.Text, n int) string {
	r := []rune(strings.ToLower(sid.String()))
	return string(r[max(0, len(r)-n):])
}
