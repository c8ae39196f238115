package report

import (
	"cmp"
	"slices"

	"tapedeck/api/journal"
)

// unrecorded takes in that a call without a recording alarms. Each process that
// looks for such calls says so, also when it starts: that is the same alarm unless
// the call was recorded in between.
func (b *builder) unrecorded(call *Call, e *journal.Entry, at Moment) {
	if at >= b.to {
		return
	}
	since := cmp.Or(MomentOf(e.Since), at)
	if last := b.bare[call.SID]; last != nil && since <= max(last.At, last.Until) {
		if last.At > at { // its line was written first
			last.At = at
		}
		last.Since = min(last.Since, since)
		return
	}
	a := &Alarm{Kind: NoRecording, Call: call, At: at, Since: since}
	b.bare[call.SID] = a
	b.bares = append(b.bares, a)
}

// alarmOver takes in that such an alarm is over: the first process that says so
// counts.
func (b *builder) alarmOver(call *Call, e *journal.Entry, at Moment) {
	if a := b.bare[call.SID]; a != nil && a.Until == 0 {
		a.Until, a.Why = at, e.Reason
	}
}

// purgeBare lets go of the alarms of calls without a recording that are over, or as
// good as over, before the period.
func (b *builder) purgeBare() {
	b.bares = slices.DeleteFunc(b.bares, func(a *Alarm) bool {
		old := a.At < b.from-keepBefore || a.Until != 0 && a.Until < b.from
		if old && b.bare[a.Call.SID] == a {
			delete(b.bare, a.Call.SID)
		}
		return old
	})
}
