package ui

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// A full disk with journal_required is no trouble of the network: what was
// refused for the record's sake says so, once, and what to do.
func TestNotOnRecordIsSaid(t *testing.T) {
	full := &journal.Error{Op: "write", Path: "/state/journal.jsonl", Err: syscall.ENOSPC}
	p := deck.Progress{
		Request: deck.Request{SID: text.New("a"), Update: api.Update{Status: api.Paused}}, Outcome: deck.Failed, Settled: true,
		Err: fmt.Errorf("%w: %w", deck.ErrNotOnRecord, full), OffRecord: full,
	}
	words, hint, bad := progressWords(p, "8142")
	want := "pause …8142: failed: not sent: it cannot be put on record: write /state/journal.jsonl: no space left on device"
	if words != want || !bad || offRecord(p) != "" {
		t.Errorf("%q, %v, %q, want %q", words, bad, offRecord(p), want)
	}
	if !strings.Contains(hint, "make room on the disk") {
		t.Errorf("hint %q", hint)
	}
	if got := nextStep(&api.Error{StatusCode: 401}); !strings.Contains(got, "SIGNALWIRE_API_TOKEN") {
		t.Errorf("hint of HTTP 401: %q", got)
	}
}
