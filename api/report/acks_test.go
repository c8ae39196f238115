package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// TestAckOfCall: the acknowledgement of a call or a conference without a recording
// is in the report as any other, also in one that lets go of what was before its
// period, and in a report of that call.
func TestAckOfCall(t *testing.T) {
	dir := t.TempDir()
	h := &hand{writer: newWriter(t, dir, 0)}
	ack := func(after string, call, conference string) {
		h.at(after, bob, journal.Ack, "", func(e *journal.Entry) {
			e.Call, e.Conference, e.Reason, e.Until = text.New(call), text.New(conference), "it is declined", began.Add(time.Hour)
		})
	}
	ack("1m", "call-before", "")
	ack("20m", "call-bare", "")
	ack("30m", "", "conf-bare")
	h.close()
	for call, want := range map[string]int{"": 2, "call-bare": 1, "conf-bare": 1, "call-before": 0} {
		o := nightOptions(dir)
		o.From, o.To, o.Call = began.Add(10*time.Minute), began.Add(time.Hour), call
		b := newBuilder(o)
		b.every = 1
		found, err := journal.Scan(dir, b.take)
		if err != nil {
			t.Fatal(err)
		}
		b.source(found)
		r := b.finish()
		if len(r.Acks) != want || r.Totals.Acks != want {
			t.Errorf("%q has %d acknowledgements, %d in all; want %d", call, len(r.Acks), r.Totals.Acks, want)
			continue
		}
		if want == 0 {
			continue
		}
		if a := r.Acks[0]; a.Recording != nil || a.Call == nil || a.By.Name != "bob as root" || a.Reason != "it is declined" || a.By.Acks != want {
			t.Errorf("%q: %+v", call, a)
		}
		var out bytes.Buffer
		if err := r.WriteJSON(&out); err != nil || !strings.Contains(out.String(), `{"call":"`+r.Acks[0].Call.SID.String()+`","by":"bob as root"`) {
			t.Errorf("%q: %v, %s", call, err, out.String())
		}
	}
}
