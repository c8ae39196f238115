package ui

import (
	"context"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// many returns a snapshot of n active recordings, one in ten paused.
func many(n int) *deck.Snapshot {
	recs := make([]*deck.Recording, n)
	for i := range recs {
		status, ago := api.InProgress, time.Duration(i)*time.Second
		if i%10 == 0 {
			status = api.Paused
		}
		r := call(recording(fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i*7919), status, ago), fmt.Sprintf("(310) 555-01%02d", i%100), "sip:agent7@acme")
		if status == api.Paused {
			paused(r, ago/2, deck.Pause{})
		}
		recs[i] = r
	}
	return snapshotOf(recs...)
}

func benchModel(b testing.TB, n int) *Model {
	m := New(context.Background(), Options{Deck: newFakeDeck(), Space: "acme", Profile: "support-eu", Theme: "dark"})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	snap := many(n)
	snap.Seq = 1
	snap.Health.Limit = time.Hour
	m.Update(snapshotMsg{snap})
	return m
}

var sizes = []int{10, 1000, 10000}

// BenchmarkKey is what a key costs until its frame is composed.
func BenchmarkKey(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := benchModel(b, n)
			keys := []tea.Msg{keyPress("j"), keyPress("k")}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Update(keys[i/5%2])
				m.Update(drawMsg{})
				_ = m.View()
			}
		})
	}
}

// BenchmarkTick is what a second costs until its frame is composed.
func BenchmarkTick(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := benchModel(b, n)
			now := time.Now()
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Second)
				m.Update(tickMsg(now))
				_ = m.View()
			}
		})
	}
}

// BenchmarkSnapshot is what a poll costs that changed one recording.
func BenchmarkSnapshot(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := benchModel(b, n)
			two := [2]*deck.Snapshot{}
			for i := range two {
				c := *m.live
				c.Recordings = append([]*deck.Recording(nil), m.live.Recordings...)
				r := *c.Recordings[5]
				c.Recordings[5] = &r
				two[i] = &c
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s := *two[i%2]
				s.Seq = m.live.Seq + 1
				m.Update(snapshotMsg{&s})
			}
		})
	}
}

// BenchmarkBurst is 200 presses of j at once.
func BenchmarkBurst(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := benchModel(b, n)
			key := keyPress("j")
			for b.Loop() {
				m.Update(keyPress("g"))
				for range 200 {
					m.Update(key)
					_ = m.View()
				}
				m.Update(drawMsg{})
			}
		})
	}
}
