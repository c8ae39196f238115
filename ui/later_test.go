package ui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/terminal"
)

// TestWatched: what calls back reaches the screen, and ends with it: snapshots,
// pauses that were left behind, and notices. A deck that only has a channel is
// listened to.
func TestWatched(t *testing.T) {
	for _, tt := range []struct {
		name string
		of   func(d *deck.Deck) Deck
	}{
		{"a deck that calls back", func(d *deck.Deck) Deck { return d }},
		{"one with a channel", func(d *deck.Deck) Deck { return struct{ Deck }{d} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, stop := deckOf(t, 10)
				changed, say, watching := func([]LeftBehind) {}, func(Notice) {}, 0
				s := sit(t, 80, 24, Options{
					Deck: tt.of(d), Space: "acme", Actor: deck.Actor{Actor: "ana"}, Theme: "dark",
					Terminal:     terminal.Terminal{Environ: []string{"TERM=xterm-256color"}},
					WatchLeft:    func(f func([]LeftBehind)) func() { changed, watching = f, watching+1; return func() { watching-- } },
					WatchNotices: func(f func(Notice)) func() { say, watching = f, watching+1; return func() { watching-- } },
				})
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if got := s.out.text(); watching != 2 || !strings.Contains(got, "REC") || strings.Contains(got, "left behind") {
					t.Errorf("%d are watched, and it shows\n%s", watching, got)
				}
				say(Notice{Words: "mind the gap"})
				time.Sleep(time.Second)
				synctest.Wait()
				if got := s.out.text(); !strings.Contains(got, "mind the gap") {
					t.Errorf("no notice:\n%s", got)
				}
				var all []LeftBehind
				for _, r := range d.Snapshot().Recordings {
					if r.Paused() {
						all = append(all, LeftBehind{SID: text.New(r.SID.String()), Actor: "alice", PausedAt: time.Now(), EndedAt: time.Now()})
					}
				}
				changed(all)
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if got := s.out.text(); len(all) == 0 || !strings.Contains(got, "alice") {
					t.Errorf("nothing is asked about %d pauses that were left behind:\n%s", len(all), got)
				}
				_ = s.leave()
				if watching != 0 {
					t.Errorf("%d are watched after the end", watching)
				}
				changed(nil) // what calls back late waits for nobody
				say(Notice{Words: "too late"})
				stop()
				time.Sleep(5 * time.Second)
			})
		})
	}
}
