package cli

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// TestJournalOfCalls: what has no recording is listed and reported with the call, or
// the conference, that it is about.
func TestJournalOfCalls(t *testing.T) {
	about := func(after time.Duration, event journal.Event, call, conference string) journal.Entry {
		e := entry(after, event, "", "", "", "", "it is declined")
		e.Recording, e.Call, e.Conference = text.Text{}, text.New(call), text.New(conference)
		return e
	}
	start := about(2*time.Minute, journal.Request, "call-beef", "")
	start.ID, start.StatusAsked, start.Reason = "1", "start", ""
	dir := written(t, about(0, journal.Ack, "call-8142", ""), about(time.Minute, journal.Ack, "", "conf-0415"), start,
		entry(3*time.Minute, journal.Request, "2", "rec-cafe", "paused", "", ""))
	out := list(t, dir)
	for i, want := range []string{" call …8142 ", " conference …0415 ", " call …beef ", " …cafe "} {
		if lines := strings.Split(out, "\n"); len(lines) < 5 || !strings.Contains(lines[i+1]+" ", want) {
			t.Fatalf("line %d has no %q:\n%s", i+1, want, out)
		}
	}
	_, out, _ = reported(t, dir, "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-02T00:00:00Z")
	for _, want := range []string{"call call-8142 without a recording by alice", "conference conf-0415 without a", "2 acknowledgements"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
}
