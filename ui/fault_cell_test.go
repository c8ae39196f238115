package ui

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/sim"
)

// faultHeap is the most that a fault may make the memory grow.
const faultHeap = 200 << 20

// heavyFaults has a fault that takes memory run alone, so that nobody's memory
// but its own is measured: the others hold it for reading.
var heavyFaults sync.RWMutex

// TestFaultMatrix has every operation meet every fault: what the operator
// sees of it, how often an update is sent, and how soon the truth is on the
// screen once the fault is over. The race detector, which is slow, sees
// every operation meet some of them, and none of the heavy ones.
func TestFaultMatrix(t *testing.T) {
	for i, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			for j, f := range faults {
				if raceEnabled && (f.heavy || (i+j)%24 != 0) {
					continue
				}
				t.Run(f.name, func(t *testing.T) { meet(t, op, f) })
			}
		})
	}
}

// meet has one operation meet one fault, within its bounds.
func meet(t *testing.T, op operation, f fault) {
	if f.heavy {
		heavyFaults.Lock()
		defer heavyFaults.Unlock()
		runtime.GC() // what others have left is not its own
	} else {
		heavyFaults.RLock()
		defer heavyFaults.RUnlock()
	}
	var heap gauge
	heap.look()
	before := heap.most.Load()
	heap.limit = before + faultHeap
	var last *deck.Snapshot
	synctest.Test(t, func(t *testing.T) {
		c := openCell(t, op, f, &heap)
		c.play()
		last = c.m.live
	})
	if grown := heap.most.Load() - before; grown > faultHeap {
		t.Errorf("the memory grew by %d MB", grown>>20)
	}
	checkFrameTime(t, last)
}

// play lets the world change while the fault is on, looks at what the screen
// makes of it, and waits for the truth after it.
func (c *faultCell) play() {
	if !c.op.start && !c.fault.everywhere {
		c.pass(3 * time.Second)
		if list := c.untrue(); len(list) > 0 || !strings.HasPrefix(c.worth(), "live") {
			c.t.Fatalf("before the fault: %q, untrue %q", c.worth(), list)
		}
		c.begin()
	}
	c.began = time.Now()
	c.space.SetStatus(faultOther, "paused")
	c.space.Begin(sim.Begin{SID: faultNew, From: "sip:new", To: "sip:desk"})
	c.space.Begin(sim.Begin{SID: faultNewest, Conference: true, FriendlyName: "Room two"})
	if c.op.name == "list participants" {
		c.m.list.Select(c.key(faultRoom))
		for _, k := range []string{"j", "k"} { // so that the deck is told what is looked at
			c.takeQuietly(keyPress(k))
		}
		c.pass(time.Second)
	}
	if c.op.keys != "" {
		c.update()
	}
	c.watchHeader()
	c.checkNames()
	c.checkUpdate()
	c.checkSent()
	if !c.op.start {
		for _, sid := range []string{faultRoom, faultPaused, faultOld} {
			if c.row(sid) == "" {
				c.t.Errorf("%s is not on the screen any more", sid)
			}
		}
	}
	checkFrame(c.t, c.m)
	c.recover()
	most := faultGoroutines
	if c.host != nil {
		most += socketGoroutines
	}
	if n := c.goroutines(); n > most {
		c.t.Errorf("%d goroutines after the fault, want %d at most", n, most)
	}
	c.t.Logf("%d frames, the slowest took %s", c.frames, c.slowest)
}

// header returns what the header is to say while the fault is on.
func (c *faultCell) header() string {
	switch c.op.name {
	case "first poll":
		if c.fault.read == "STALE poll overdue" {
			return "LOADING" // nothing was there that could have grown old
		}
		return c.fault.read
	case "poll", "pair":
		return c.fault.read
	case "retrieve":
		return cmp.Or(c.fault.one, c.fault.read)
	}
	return "live"
}

// rowTimes are the times of a row: how long it is paused, and how long it runs.
var rowTimes = regexp.MustCompile(`(?:\d+:)?\d+:\d\d`)

// untimely returns what is not true of how long a recording runs, and how long
// it is paused, by the screen.
func (c *faultCell) untimely(r sim.Recording) string {
	now := time.Now()
	want := []time.Duration{now.Sub(r.Start)}
	if r.Status == "paused" {
		want = []time.Duration{now.Sub(r.Updated), now.Sub(r.Start)}
	}
	got := rowTimes.FindAllString(c.row(r.SID), -1)
	for i, d := range want {
		if i >= len(got) || (timeOf(got[i])-d).Abs() > 2*time.Second {
			return fmt.Sprintf("the times of %s are %q, not %s", r.SID[32:], got, want)
		}
	}
	return ""
}

// timeOf reads a time as a row has it.
func timeOf(s string) (d time.Duration) {
	for part := range strings.SplitSeq(s, ":") {
		d = d*60 + number(part)
	}
	return d
}

var (
	staleAge = regexp.MustCompile(`^STALE (\d\d):(\d\d) · ([^·]*[^ ·])`)
	liveAge  = regexp.MustCompile(`^live · +(\d+)s old`)
	nextTry  = regexp.MustCompile(`next try (\d+)s`)
)

// watchHeader lets the fault go on for its time, and checks what the header
// says all the while: the word, the reason, and the age.
func (c *faultCell) watchHeader() {
	phase, why, _ := strings.Cut(c.header(), " ")
	began, seen := time.Now(), false
	complete := began // when the data was last complete, by the screen
	failing := time.Time{}
	for end := began.Add(cmp.Or(c.fault.lasts, 8*time.Second)); time.Now().Before(end); c.pass(200 * time.Millisecond) {
		w := c.worth()
		if a := liveAge.FindStringSubmatch(w); a != nil {
			complete, failing = time.Now().Add(-number(a[1])), time.Time{}
			if phase == "STALE" && why != "poll overdue" && complete.After(began.Add(time.Second)) {
				c.t.Fatalf("%s into the fault, the header says %q", time.Since(began), w)
			}
			if phase == "live" && number(a[1]) > faultInterval+time.Second {
				c.t.Fatalf("the header says %q, with nothing in the way of the polls", w)
			}
		}
		stale := staleAge.FindStringSubmatch(w)
		switch {
		case stale != nil && phase != "STALE", strings.HasPrefix(w, "PARTIAL") && phase != "PARTIAL":
			c.t.Fatalf("the header says %q, want %q", w, c.header())
		case stale != nil:
			if failing.IsZero() {
				failing = time.Now()
			}
			since := complete
			if c.op.start {
				since = failing // nothing was complete before
			}
			age := number(stale[1])*60 + number(stale[2])
			if off := (time.Since(since) - age).Abs(); off > 2*time.Second+100*time.Millisecond {
				c.t.Fatalf("the header says %q, but the data is %s old", w, time.Since(since))
			}
			seen = seen || stale[3] == why
		case phase == "PARTIAL":
			seen = seen || w == "PARTIAL · "+why
		case phase == "LOADING":
			seen = seen || strings.HasPrefix(w, phase)
		case phase == "live":
			seen = seen || liveAge.MatchString(w)
		}
	}
	if !seen {
		c.t.Errorf("the header never said %q; at last %q\n%s", c.header(), c.worth(), c.text())
	}
}

func number(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(n) * time.Second
}

// checkNames looks at who is on the line of what began during the fault.
func (c *faultCell) checkNames() {
	sid, unnamed := faultNew, "call …"
	if strings.HasSuffix(c.op.name, "a conference") || c.op.name == "list conferences" {
		sid, unnamed = faultNewest, "conference …"
	}
	want := c.fault.names
	switch c.op.name {
	case "list participants":
		sid, want = faultNewest, "yes"
	case "list calls", "read a call", "list conferences", "read a conference":
		if want == "" {
			want = map[bool]string{true: "yes", false: "no"}[c.fault.read == "live"]
		}
	default:
		return
	}
	row := c.row(sid)
	if !strings.Contains(row, " REC ") ||
		want == "yes" && !strings.Contains(row, onLine[sid]) || want == "no" && !strings.Contains(row, unnamed) {
		c.t.Errorf("named %s: %q", want, row)
	}
	unread := c.m.live.Calls
	if sid == faultNewest {
		unread = c.m.live.Conferences
	}
	phase, why, _ := strings.Cut(c.fault.read, " ")
	if want != "no" || phase != "STALE" || why == "poll overdue" || c.fault.one == "live" {
		return
	}
	if got := api.Reason(unread.Err); got != why {
		c.t.Errorf("nobody is named for %q, want %q", got, why)
	}
}

// steps returns how the update is to go, in words of the status line.
func (c *faultCell) steps() (words []string) {
	how := c.fault.post
	if c.op.name == "retrieve" {
		how = cmp.Or(c.fault.verify, "verified") // by a poll's list, if not by a read of it alone
	}
	name := " …" + c.op.sid[32:]
	with := ""
	if c.op.verb == "pause" {
		with = " with " + cmp.Or(c.op.with, "silence")
	}
	for step := range strings.SplitSeq(how, ", ") {
		kind, why, _ := strings.Cut(step, " ")
		words = append(words, map[string]string{
			"requested":     c.op.doing + name + with + ": requested",
			"again":         c.op.doing + name + with + ": requested, sent " + why + " times after HTTP 429",
			"unknown":       c.op.verb + name + ": unknown: it may or may not have been done; checking (" + why + ")",
			"contradicted":  c.op.verb + name + with + ": contradicted",
			"contradicted:": c.op.verb + name + with + ": contradicted: " + why,
			"accepted:":     c.op.did + name + with + ": accepted: " + why,
			"verified":      c.op.did + name + with + ": verified in ",
			"failed:":       c.op.verb + name + ": failed: " + why,
			"refused:":      c.op.verb + name + ": failed: signalwire: " + why,
			"sent":          "sent " + why,
		}[kind])
	}
	return words
}

// offTheRecord is what the screen says of an update that the journal does not
// have.
const offTheRecord = "not on record: write journal.jsonl: no space left on device"

// says reports whether a status line says the words of a step. In the place of
// good news it says that they are not on record.
func (c *faultCell) says(line, words string) bool {
	// What alarms comes first, and what became of the update after it.
	if _, after, ok := strings.Cut(line, "p tries again "); ok && strings.HasPrefix(line, "NOT PAUSED: ") {
		line = after
	}
	if strings.HasPrefix(words, "sent ") {
		return strings.Contains(line, words)
	}
	if strings.HasPrefix(line, words) {
		return true
	}
	return c.op.record != nil && strings.HasPrefix(line, "…"+c.op.sid[32:]+" "+offTheRecord)
}

// checkUpdate looks at what the status line has said of the update.
func (c *faultCell) checkUpdate() {
	if c.op.keys == "" {
		return
	}
	at := 0
	for _, words := range c.steps() {
		for at < len(c.said) && !c.says(c.said[at], words) {
			at++
		}
		if at == len(c.said) {
			c.t.Errorf("the status line has not said %q in its place, but\n\t%s", words, strings.Join(c.said, "\n\t"))
			break
		}
	}
	last := ""
	for _, s := range c.said {
		if strings.Contains(s, "…"+c.op.sid[32:]) {
			last = s
		}
	}
	if c.op.record != nil && c.op.kept == nil && !strings.Contains(last, offTheRecord) {
		c.t.Errorf("the status line does not say that it is not on record, but\n\t%s", strings.Join(c.said, "\n\t"))
	}
	if strings.Contains(last, "it may or may not have been done; checking") {
		c.t.Errorf("the status line still says %q", last)
	}
}

// recover ends the fault, and waits for the truth: no longer than two
// intervals, or until the next try that the header announces.
func (c *faultCell) recover() {
	bound := 2*faultInterval + time.Second
	if a := nextTry.FindStringSubmatch(c.worth()); a != nil {
		bound = max(bound, number(a[1])+time.Second)
	}
	switch c.op.name {
	case "list calls", "read a call", "list conferences", "read a conference", "list participants":
		bound = max(bound, c.fault.asks+faultInterval)
	}
	announced := c.worth()
	c.end()
	took, ok := c.until(bound, func() bool { return strings.HasPrefix(c.worth(), "live") && len(c.untrue()) == 0 })
	if !ok {
		c.t.Errorf("%s after the fault (%q) the header says %q, untrue: %s\n%s",
			took, announced, c.worth(), strings.Join(c.untrue(), "; "), c.text())
	}
	c.t.Logf("%q, the truth after %s", announced, took)
}
