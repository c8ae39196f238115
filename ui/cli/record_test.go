package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/config"
)

// recorded returns a deck on a space with one paused recording, and its SID.
func recorded(t *testing.T, r *Record, c config.Config) (*deck.Deck, text.Text) {
	t.Helper()
	space := sim.New(sim.Options{})
	sid := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Minute})
	d, err := deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()),
		Transport: space.Transport()}, deck.Config{Journal: r.Journal(), JournalRequired: c.JournalRequired, Actor: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, text.New(sid)
}

func events(t *testing.T, dir string) (list []string) {
	t.Helper()
	for e, err := range journal.Read(dir, journal.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.TrimSpace(string(e.Event)+" "+e.Reason))
	}
	return list
}

// Somebody who has taken over a pause and quits leaves it knowingly: the next
// session is not told that it was lost.
func TestTakenOverAndLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config.Config{StateDir: t.TempDir(), Space: "s", Project: "p"}
		r := OpenJournal(c, journal.Who{Actor: "bob"})
		d, sid := recorded(t, r, c)
		if err := d.Acknowledge(sid, "bob", "taken over from alice", time.Minute); err != nil {
			t.Fatal(err)
		}
		r.RecordLeftBehind(d.Snapshot(), "bob", "quit", nil, false)
		r.RecordLeftBehind(d.Snapshot(), "bob", "quit", nil, false)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Join(events(t, c.StateDir), "; "); got != "ack taken over from alice; left-behind quit" {
			t.Errorf("the journal has %q", got)
		}
	})
}

// A journal that cannot be opened at the start is tried again: with
// journal_required, p is refused until it is mended, and not any longer.
func TestJournalMendedLater(t *testing.T) {
	for _, required := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c := config.Config{StateDir: filepath.Join(t.TempDir(), "state"), JournalRequired: required}
			if err := os.WriteFile(c.StateDir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			r := OpenJournal(c, journal.Who{Actor: "bob"})
			if err := r.Trouble(); err == nil || !strings.Contains(err.Error(), "open the journal: open "+c.StateDir+": ") {
				t.Errorf("Trouble: %v", err)
			}
			d, sid := recorded(t, r, c)
			resume := deck.Request{SID: sid, Actor: "bob", Seen: api.Paused, Update: api.Update{Status: api.InProgress}}
			p, err := d.Do(t.Context(), resume)
			if err != nil || p.OffRecord == nil || (p.Outcome == deck.Failed) != required {
				t.Errorf("required %v: %s, %v, off record: %v", required, p.Outcome, err, p.OffRecord)
			}
			if err := os.Remove(c.StateDir); err != nil {
				t.Fatal(err)
			}
			if required {
				if !strings.HasPrefix(p.Err.Error(), "not sent: it cannot be put on record: ") {
					t.Errorf("refused: %v", p.Err)
				}
				if p, err = d.Do(t.Context(), resume); err != nil || p.Outcome != deck.Verified || p.OffRecord != nil {
					t.Errorf("after it was mended: %s, %v, off record: %v", p.Outcome, err, p.OffRecord)
				}
			}
			time.Sleep(time.Minute)
			if err := r.Trouble(); err != nil {
				t.Errorf("Trouble after it was mended: %v", err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			got := strings.Join(events(t, c.StateDir), "; ")
			if !strings.HasPrefix(got, "request; outcome") || required && !strings.Contains(got, "outcome not sent: it cannot be put on record") {
				t.Errorf("the journal has %q", got)
			}
		})
	}
}
