package ui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"

	"tapedeck/api/journal"
)

// noRecord is a journal that cannot be written, or not an entry of one event.
type noRecord struct{ only journal.Event }

func (j noRecord) Enqueue(e journal.Entry) *journal.Pending {
	if j.only != "" && e.Event != j.only {
		return journal.Done(nil)
	}
	return journal.Done(&journal.Error{Op: "write", Path: "journal.jsonl", Err: errors.New("no space left on device"), Kept: true})
}

func (noRecord) NewID() string { return "id" }

func (noRecord) Settle(context.Context, func(journal.Entry) (journal.Entry, bool)) (int, error) {
	return 0, nil
}

// oneNamed returns the one of a list that has a name.
func oneNamed[T any](t *testing.T, list []T, name string, of func(T) string) T {
	i := slices.IndexFunc(list, func(v T) bool { return of(v) == name })
	if i < 0 {
		t.Fatalf("nothing is named %q", name)
	}
	return list[i]
}

func operationNamed(t *testing.T, name string) operation {
	return oneNamed(t, operations, name, func(op operation) string { return op.name })
}

func faultNamed(t *testing.T, name string) fault {
	return oneNamed(t, faults, name, func(f fault) string { return f.name })
}

// TestFaultsOffRecord has updates meet every fault while the journal cannot be
// written: they are sent as often as ever, and the screen says beside what
// became of them that they are not on record. Each fault meets another update,
// and another part of the journal that fails.
func TestFaultsOffRecord(t *testing.T) {
	t.Parallel()
	var updates []operation
	for _, op := range operations {
		if op.keys != "" && op.name != "retrieve" {
			updates = append(updates, op)
		}
	}
	journals := []noRecord{{}, {journal.Request}, {journal.Outcome}}
	for i, f := range faults {
		if f.heavy || raceEnabled && i%32 != 0 {
			continue
		}
		op, j := updates[i%len(updates)], journals[i%len(journals)]
		op.record = j
		name := f.name + ", " + op.name + " " + string(j.only)
		t.Run(name, func(t *testing.T) { meet(t, op, f) })
		if op.behind = behindToo(i); op.behind {
			t.Run(name+", behind a socket", func(t *testing.T) { meet(t, op, f) })
		}
	}
}

// TestTwoFaults has an update meet one fault while something else meets
// another.
func TestTwoFaults(t *testing.T) {
	t.Parallel()
	const tooMany = "again 2, refused: Too many requests (HTTP 429, code 20429), sent 3 times after HTTP 429"
	tests := []struct {
		name, polls, beside string // the operation that meets the fault beside the update's, and which
		op, update          string // the update, and its fault
		read, post          string // as in a fault
	}{
		{"blind, and the answer is late", "poll", "503", "pause a call", "answered after 9 s", "STALE HTTP 503", "requested, verified"},
		{"blind, and a stop's answer is late", "poll", "503", "stop", "answered after 9 s", "STALE HTTP 503", "requested, verified"},
		{"blind, and no answer", "poll", "503", "pause a call", "reset before the answer", "STALE HTTP 503", "unknown connection dropped, contradicted"},
		{"blind, and the answer is lost", "poll", "connection refused", "pause a call", "cut after it was taken", "STALE connection refused", "unknown connection dropped, verified"},
		{"blind for a while, and a resume's answer is lost", "poll", "429 for 3 s", "resume", "cut after it was taken", "STALE HTTP 429", "unknown connection dropped, verified"},
		{"hanging, and too many requests", "poll", "headers that never come", "pause a call", "429", "STALE poll overdue", tooMany},
		{"unreadable, and refused", "poll", "truncated JSON", "pause a call", "422, strings", "STALE unreadable answer", "refused: Status is not included in the list; Sid is wrong (HTTP 422)"},
		{"cannot be verified, and the answer is lost", "retrieve", "503", "pause a call", "cut after it was taken", "STALE HTTP 503", "unknown connection dropped, verified"},
		{"cannot be verified, and done in spite of 503", "retrieve", "HTML with 200", "pause and skip", "503, though it was done", "STALE a web page instead of data", "unknown HTTP 503, verified"},
		{"cannot be looked at again, and too many requests", "retrieve", "connection refused", "resume", "429 for 3 s", "STALE connection refused", "requested, refused: Too many requests (HTTP 429, code 20429)"},
		{"nobody is named, and a lie", "read a call", "500", "pause a call", "200 with the old status", "live", "contradicted"},
		{"nobody is named, and a stop hangs", "list calls", "404", "stop", "headers that never come", "live", "requested, unknown timeout, contradicted"},
		{"rows shift, and a stop's answer is lost", "poll", "rows shifting down", "stop", "cut after it was taken", "live", "unknown connection dropped, verified"},
		{"no participants, and a pause is refused", "list participants", "403", "pause a conference", "422, strings", "live", "refused: Status is not included in the list; Sid is wrong (HTTP 422)"},
		{"a day ahead, and too many requests", "", "clock a day ahead", "pause a call", "429 for 3 s", "live", tooMany},
		{"a day behind, and too many requests", "", "clock a day behind", "stop", "429", "live", tooMany},
		{"a day ahead, and no answer", "", "clock a day ahead", "resume", "reset before the answer", "live", "unknown connection dropped, contradicted"},
		{"a day behind, and the answer is late", "", "clock a day behind", "pause a call", "answered after 9 s", "live", "requested, verified"},
		{"a day behind, and a lie", "", "clock a day behind", "resume", "200 with the old status", "live", "contradicted"},
	}
	for i, tt := range tests {
		if raceEnabled && i%8 != 0 {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			op := operationNamed(t, tt.op)
			outer, f := faultNamed(t, tt.update), faultNamed(t, tt.beside)
			inner := &faultWire{hits: operationNamed(t, cmp.Or(tt.polls, tt.op)).hits, fault: f}
			if tt.polls == "" { // what meets everything changes also what the other says
				inner.fault, outer = outer, f
			}
			outer.lasts = max(inner.fault.lasts, outer.lasts)
			outer.read, outer.post = tt.read, tt.post
			op.name, op.beside = "pair", inner
			meet(t, op, outer)
			if op.behind = behindToo(i); op.behind {
				op.beside = &faultWire{hits: inner.hits, fault: inner.fault}
				meet(t, op, outer)
			}
		})
	}
}
