package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
		Transport: space.Transport()}, deck.Config{Journal: r.Journal(), JournalRequired: c.JournalRequired})
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
		r := OpenJournal(c)
		d, sid := recorded(t, r, c)
		if err := d.Acknowledge(deck.Key{SID: sid}, deck.Actor{Actor: "bob"}, "taken over from alice", time.Minute); err != nil {
			t.Fatal(err)
		}
		r.RecordLeftBehind(d.Snapshot(), deck.Actor{Actor: "bob"}, "quit", nil, false)
		r.RecordLeftBehind(d.Snapshot(), deck.Actor{Actor: "bob"}, "quit", nil, false)
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
			r := OpenJournal(c)
			if err := r.Trouble(); err == nil || !strings.Contains(err.Error(), "open the journal: open "+c.StateDir+": ") {
				t.Errorf("Trouble: %v", err)
			}
			d, sid := recorded(t, r, c)
			resume := deck.Request{SID: sid, Actor: deck.Actor{Actor: "bob"}, Seen: api.Paused, Update: api.Update{Status: api.InProgress}}
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

// TestRecordLeftBehind: what is on record of the pauses that last beyond a
// session: its own, with what becomes of an auto-resume, each once.
func TestRecordLeftBehind(t *testing.T) {
	paused := func(sid string, edit func(r *deck.Recording)) *deck.Recording {
		r := &deck.Recording{Recording: api.Recording{SID: text.New(sid), Status: api.Paused}, Pause: deck.Pause{Actor: "bob"}}
		if edit != nil {
			edit(r)
		}
		return r
	}
	mine, timed := paused("mine", nil), paused("timed", func(r *deck.Recording) { r.Timer.At = time.Now().Add(time.Minute) })
	s := &deck.Snapshot{Recordings: []*deck.Recording{
		mine, timed,
		paused("alice's", func(r *deck.Recording) { r.Pause.Actor = "alice" }),
		paused("of another session of mine", func(r *deck.Recording) { r.Pause.Recorded = true }),
		paused("taken over", func(r *deck.Recording) { r.Pause.Actor, r.Ack.Actor = "alice", "bob" }),
		paused("ended", func(r *deck.Recording) { r.Ended = time.Now() }),
		paused("resumed", func(r *deck.Recording) { r.Status = api.InProgress }),
	}}
	tests := []struct {
		name   string
		goesOn bool
		want   []string
	}{
		{"it ends", false, []string{"mine: quit", "timed: quit; its auto-resume was dropped", "taken over: quit"}},
		{"it goes on without a screen, then ends", true, []string{"mine: its terminal was lost", "taken over: its terminal was lost", "timed: quit; its auto-resume was dropped"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := config.Config{StateDir: t.TempDir(), Space: "s", Project: "p"}
			r := OpenJournal(c)
			if tt.goesOn {
				r.RecordLeftBehind(s, deck.Actor{Actor: "bob"}, "its terminal was lost", []*deck.Recording{timed}, true)
			}
			for range 2 {
				r.RecordLeftBehind(s, deck.Actor{Actor: "bob"}, "quit", []*deck.Recording{timed}, false)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for e, err := range journal.Read(c.StateDir, journal.Filter{}) {
				if err != nil || e.Event != journal.Behind || e.Actor != "bob" {
					t.Fatalf("%+v, %v", e, err)
				}
				got = append(got, e.Recording.String()+": "+e.Reason)
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("on record are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// TestRecordOfTheDemo: the demo keeps no journal, and nothing of it fails for that.
func TestRecordOfTheDemo(t *testing.T) {
	r := OpenJournal(config.Config{})
	if r.Journal() != nil || r.Trouble() != nil {
		t.Errorf("journal %v, trouble %v", r.Journal(), r.Trouble())
	}
	r.RecordLeftBehind(&deck.Snapshot{Recordings: []*deck.Recording{{Recording: api.Recording{Status: api.Paused}, Pause: deck.Pause{Actor: "bob"}}}}, deck.Actor{Actor: "bob"}, "quit", nil, false)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestLeftBehindIsOfTheProject: pauses of another project or space are not offered.
func TestLeftBehindIsOfTheProject(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []config.Config{
		{StateDir: dir, Space: "https://acme.example", Project: "p"}, {StateDir: dir, Space: "https://acme.example", Project: "q"},
		{StateDir: dir, Space: "https://other.example", Project: "p"},
	} {
		r := OpenJournal(c)
		sid := text.New(c.Space + c.Project)
		for _, e := range []journal.Entry{
			{Event: journal.Request, ID: "1", Recording: sid, StatusAsked: "paused"},
			{Event: journal.Outcome, ID: "1", Recording: sid, StatusAsked: "paused", Outcome: "verified"},
			{Event: journal.Behind, Recording: sid, Reason: "quit"},
		} {
			r.journal.Enqueue(e)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := journal.Follow(dir, "https://ACME.example:443", "p")
	var ended sync.WaitGroup
	ended.Go(func() { f.Run(ctx) })
	left, _, err := f.LeftBehind(ctx, 0)
	cancel()
	ended.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || left[0].Recording != text.New("https://acme.examplep") || left[0].Why != "quit" || left[0].Ended.IsZero() {
		t.Errorf("left behind: %+v", left)
	}
}
