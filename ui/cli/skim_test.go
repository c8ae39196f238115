package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tapedeck/api/journal"
)

// TestItemsOfACall: the lines of one call, or one recording, are those that a
// reading of all of them gives, with the pauses, the clocks that were set back, and
// the lines that cannot be read.
func TestItemsOfACall(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		known := map[string]bool{}
		at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
		for i := range rapid.IntRange(1, 40).Draw(t, "lines") {
			if rapid.IntRange(0, 20).Draw(t, "broken") == 0 {
				b.WriteString("{\n")
				continue
			}
			at = at.Add(time.Duration(rapid.IntRange(-4, 20).Draw(t, "step")) * time.Second)
			call := rapid.IntRange(1, 3).Draw(t, "call")
			recording := call + 3*rapid.IntRange(0, 1).Draw(t, "recording")
			id := fmt.Sprint("r", recording, "-", rapid.IntRange(1, 4).Draw(t, "id"))
			event := rapid.SampledFrom([]string{"request", "outcome", "seen", "again", "ack", "timer", "session-began"}).Draw(t, "event")
			late := event == "request" && known[id] // a request that stands after its outcome was written late
			known[id] = true
			fmt.Fprintf(&b, `{"seq":%d,"prev":"","time":%q,"event":%q,"id":%q,"actor":"ana","host":"h%d","pid":%d,"recording":"rec-000%d","call":"call-000%d","status_asked":%q,"outcome":%q,"late":%v}`+"\n",
				i, at.Format("2006-01-02T15:04:05.000Z"), event, id, rapid.IntRange(1, 2).Draw(t, "host"), rapid.IntRange(1, 2).Draw(t, "pid"), recording, call,
				rapid.SampledFrom([]string{"paused", "in-progress", "stopped"}).Draw(t, "asked"), rapid.SampledFrom([]string{"", "verified", "failed"}).Draw(t, "outcome"), late)
		}
		if err := os.WriteFile(filepath.Join(dir, journal.FileName), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, f := range []journal.Filter{{Call: "CALL-0001"}, {Recording: "0002"}, {Call: "0001", Recording: "0004"}} {
			show := func(all *items, err error, bad int) string {
				if err != nil {
					t.Fatal(err)
				}
				var out strings.Builder
				printPauses(&out, all.list, f)
				var chosen []*item
				for _, it := range all.list {
					if it.chosen(f) {
						chosen = append(chosen, it)
						fmt.Fprintf(&out, "%+v\n", it.entries)
					}
				}
				listUpdates(&out, chosen, shortSIDs(chosen, all.sids), 200)
				fmt.Fprintln(&out, all.lines, bad)
				return out.String()
			}
			bad, badOf := 0, 0
			all, err := readItems(dir, func(*journal.LineError) { bad++ })
			of, errOf := readItemsOf(dir, f, func(*journal.LineError) { badOf++ })
			if want, got := show(all, err, bad), show(of, errOf, badOf); want != got {
				t.Fatalf("%+v: want\n%s\ngot\n%s\nof\n%s", f, want, got, b.String())
			}
		}
	})
}
