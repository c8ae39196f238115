package cli

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
	from    string // the host that sent it; empty for this one, of which alone there is the journal
}

// items are what a journal has, in its order.
type items struct {
	list  []*item
	byID  map[string]*item
	sids  map[text.Text]bool // of all recordings
	lines int                // that are entries
}

func newItems() *items {
	return &items{byID: map[string]*item{}, sids: map[text.Text]bool{}}
}

// readItems returns what the journal in dir has, in its order. bad is told of
// each line that cannot be read.
func readItems(dir string, bad func(*journal.LineError)) (*items, error) {
	all := newItems()
	for e, err := range journal.Read(dir, journal.Filter{}) {
		if line, ok := errors.AsType[*journal.LineError](err); ok {
			bad(line)
			continue
		}
		if err != nil {
			return nil, err
		}
		all.lines++
		all.add(e)
	}
	findSteps(all.list)
	return all, nil
}

// aboutRequest reports whether an entry is about a request.
func aboutRequest(e *journal.Entry) bool {
	return e.ID != "" && (e.Event == journal.Request || e.Event == journal.Outcome || e.Event == journal.Again || e.Event == journal.Seen)
}

// add adds an entry to what it belongs to.
func (all *items) add(e journal.Entry) {
	if !e.Recording.IsZero() {
		all.sids[e.Recording] = true
	}
	update := aboutRequest(&e)
	it := all.byID[e.ID]
	if !update || it == nil {
		it = &item{Entry: e, update: update}
		all.list = append(all.list, it)
	}
	if update {
		all.byID[e.ID] = it
	}
	it.entries = append(it.entries, e)
	if e.Event == journal.Seen && e.Outcome == "" && len(it.entries) > 1 {
		it.entries = it.entries[:len(it.entries)-1] // it stands where it was seen
		all.list = append(all.list, &item{Entry: e, entries: []journal.Entry{e}, undone: true})
	}
}

// leastStep is what a clock may be behind without having been set back: entries
// of several processes are not written in the order of their times.
const leastStep = 2 * time.Second

// clocks are the times of the last entries of machines.
type clocks map[string]time.Time

// step returns by how much the clock of a machine was set back before an entry;
// 0 for not.
func (c clocks) step(host string, at time.Time) time.Duration {
	last, known := c[host]
	c[host] = at
	if step := last.Sub(at); known && step > leastStep {
		return step
	}
	return 0
}

// findSteps finds where a machine's clock was set back.
func findSteps(list []*item) {
	latest := clocks{}
	for _, it := range list {
		if it.Late || it.undone || it.update && it.Event != journal.Request {
			continue
		}
		it.setBack = latest.step(it.Host, it.Time)
	}
}

// readItemsOf returns what the journal in dir has about the recording and the
// call of a filter. Of the rest it has only where clocks were set back.
func readItemsOf(dir string, f journal.Filter, bad func(*journal.LineError)) (*items, error) {
	all, latest := newItems(), clocks{}
	recording, call := strings.ToLower(f.Recording), strings.ToLower(f.Call)
	var step time.Duration
	var last text.Text
	want := func(e *journal.Entry) bool {
		all.lines++
		if e.Recording != last {
			last = e.Recording
			all.sids[last] = true
		}
		step = 0
		if !e.Late && (!aboutRequest(e) || e.Event == journal.Request) {
			step = latest.step(e.Host, e.Time)
		}
		if (recording == "" || endsWith(e.Recording, recording)) && (call == "" || endsWith(e.Call, call) || endsWith(e.Conference, call)) {
			return true
		}
		if step > 0 {
			all.list = append(all.list, &item{Entry: journal.Entry{Event: journal.Note, Time: e.Time}, setBack: step})
		}
		return false
	}
	err := journal.Skim(dir, want, func(e *journal.Entry, broken *journal.LineError) {
		if broken != nil {
			bad(broken)
			return
		}
		n := len(all.list)
		all.add(*e)
		if len(all.list) > n {
			all.list[n].setBack = step
		}
	})
	return all, err
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
func isSID(sid text.Text, want string) bool { return endsWith(sid, strings.ToLower(want)) }

// endsWith reports whether a SID has an end that is in lower case.
func endsWith(sid text.Text, lower string) bool {
	return strings.HasSuffix(strings.ToLower(sid.String()), lower)
}

// shortSIDs returns the ends of the SIDs of the chosen recordings, as short as
// they can be told apart by from all of them.
func shortSIDs(chosen []*item, all map[text.Text]bool) map[text.Text]string {
	of := map[text.Text]bool{}
	for _, it := range chosen {
		if sid := it.subject(); !sid.IsZero() {
			of[sid] = true
		}
	}
	if len(of) > maxCompared {
		return shortest(all)
	}
	short := map[text.Text]string{}
	for sid := range of {
		n, own := leastSID, strings.ToLower(sid.String())
		for other := range all {
			if other != sid {
				n = max(n, sameEnd(own, strings.ToLower(other.String()))+1)
			}
		}
		short[sid] = ending(sid, n)
	}
	return short
}

// maxCompared is how many SIDs are compared with each other one by one.
const maxCompared = 16

// sameEnd returns how many characters at the end of two texts are the same.
func sameEnd(a, b string) (n int) {
	for a != "" && b != "" {
		x, w := utf8.DecodeLastRuneInString(a)
		y, v := utf8.DecodeLastRuneInString(b)
		if x != y {
			break
		}
		a, b, n = a[:len(a)-w], b[:len(b)-v], n+1
	}
	return n
}

// shortest returns the ends of SIDs, as short as they can be told apart by.
func shortest(seen map[text.Text]bool) map[text.Text]string {
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
