//go:build unix

package serve

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/local"
)

// screens returns when screens began and ended, by the journal: who, with which
// session, of which profile, why.
func (w *world) screens() (list []string) {
	w.t.Helper()
	for _, e := range w.entries() {
		if e.Event == journal.SessionBegan || e.Event == journal.SessionEnded {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", e.Event, e.Actor, e.Session, e.Profile, e.Reason)))
		}
	}
	return list
}

// TestScreensAreOnRecord: a screen is on record when it begins to watch, once for
// each project that it shows, and when it is over, with the reason; a command and
// a client that only asks are not. The end of the service ends all.
func TestScreensAreOnRecord(t *testing.T) { synctest.Test(t, testScreensAreOnRecord) }

func testScreensAreOnRecord(t *testing.T) {
	w := start(t, setting{pipes: true})
	alice, bob, command := w.as("alice"), w.as("bob"), w.as("carol")
	fetch[local.WhoAmI](w.as("dave"), local.PathWhoAmI) // who only asks
	command.post(local.PathSession, local.Screen{Command: "watch"})
	command.watch("").until("synced")
	first := alice.watch("")
	first.until("synced")
	again := alice.watch("") // a second watch of the same session
	again.until("synced")
	first.cancel()
	bob.watch("").until("synced")
	again.cancel()
	alice.http.CloseIdleConnections()
	time.Sleep(2 * sessionGrace)
	w.server.onRecord.allEnded("the service ended")
	w.server.onRecord.allEnded("the service ended") // once is enough
	ids := map[string]string{}
	for _, e := range w.entries() {
		ids[e.Actor] = e.Session
	}
	want := []string{
		"session-began alice " + ids["alice"], "session-began bob " + ids["bob"],
		"session-ended alice " + ids["alice"] + "  its session ended", "session-ended bob " + ids["bob"] + "  the service ended",
	}
	if got := w.screens(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A service that ends says so of its screens, before its journal is closed.
func TestEndOfServiceEndsScreens(t *testing.T) {
	w := start(t, setting{})
	w.as("alice").watch("").until("synced")
	_ = w.stop()
	got := w.screens()
	if len(got) != 2 || !strings.HasPrefix(got[0], "session-began alice ") || !strings.HasSuffix(got[1], "the service ended") {
		t.Errorf("%q", got)
	}
}
