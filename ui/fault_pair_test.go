package ui

import (
	"context"
	"errors"
	"slices"
	"testing"

	"tapedeck/api/journal"
)

// noRecord is a journal that cannot be written.
type noRecord struct{}

func (noRecord) Append(journal.Entry) error {
	return &journal.Error{Op: "write", Path: "journal.jsonl", Err: errors.New("no space left on device"), Kept: true}
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

// TestFaultsOffRecord has a pause meet every fault while the journal cannot be
// written: it is sent as often as ever, and the screen says that it is not on
// record.
func TestFaultsOffRecord(t *testing.T) {
	op := operationNamed(t, "pause a call")
	op.record = noRecord{}
	for i, f := range faults {
		if f.heavy || raceEnabled && i%16 != 0 {
			continue
		}
		t.Run(f.name, func(t *testing.T) { meet(t, op, f) })
	}
}

// TestTwoFaults has a pause meet one fault while the polls meet another.
func TestTwoFaults(t *testing.T) {
	tests := []struct {
		name, polls, beside string // the operation that meets the fault beside the update's, and which
		update              string // the fault of the update
		read, post          string // as in a fault
	}{
		{"blind, and the answer is late", "poll", "503", "answered after 9 s", "STALE HTTP 503", "requested, verified"},
		{"blind, and no answer", "poll", "503", "reset before the answer", "STALE HTTP 503", "unknown connection dropped, contradicted"},
		{"blind, and the answer is lost", "poll", "connection refused", "cut after it was taken", "STALE connection refused", "unknown connection dropped, verified"},
		{"hanging, and too many requests", "poll", "headers that never come", "429", "STALE poll overdue", "again 2, refused: Too many requests (HTTP 429, code 20429), sent 3 times after HTTP 429"},
		{"unreadable, and refused", "poll", "truncated JSON", "422, strings", "STALE unreadable answer", "refused: Status is not included in the list; Sid is wrong (HTTP 422)"},
		{"cannot be verified, and the answer is lost", "retrieve", "503", "cut after it was taken", "STALE HTTP 503", "unknown connection dropped, verified"},
		{"cannot be verified, and done in spite of 503", "retrieve", "HTML with 200", "503, though it was done", "STALE unreadable answer", "unknown HTTP 503, verified"},
		{"nobody is named, and a lie", "read a call", "500", "200 with the old status", "live", "contradicted"},
	}
	for i, tt := range tests {
		if raceEnabled && i%4 != 0 {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			beside := faultNamed(t, tt.beside)
			f := faultNamed(t, tt.update)
			f.read, f.post, f.lasts = tt.read, tt.post, max(f.lasts, beside.lasts)
			op := operationNamed(t, "pause a call")
			op.name, op.beside = "pair", &faultWire{hits: operationNamed(t, tt.polls).hits, fault: beside}
			meet(t, op, f)
		})
	}
}
