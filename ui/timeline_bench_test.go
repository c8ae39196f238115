package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
)

// timelineModel is a screen of 1,000 recordings whose selected one was paused
// eight times; without a timeline it is one of which nobody knows when it began.
func timelineModel(tb testing.TB, drawn bool) *Model {
	m := New(context.Background(), Options{Deck: newFakeDeck(), Space: "acme", Profile: "support-eu", Theme: "dark"})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	snap := many(1000)
	r := snap.Recordings[0]
	r.Pause.Since = time.Now().Add(-time.Hour) // so that it is selected
	line := fmt.Sprint("r", time.Now().Add(-20*time.Minute).UnixMilli())
	for range 8 {
		line += "s60000r60000"
	}
	r.Timeline = deck.ParseTimeline(line + "p60000")
	if !drawn {
		r.Created, r.Start, r.Timeline = time.Time{}, time.Time{}, ""
	}
	snap.Seq, snap.Health.Limit = 1, time.Hour
	m.Update(snapshotMsg{snap})
	if strings.Contains(m.View().Content, "not recorded") != drawn {
		tb.Fatalf("the timeline is there: %v", !drawn)
	}
	return m
}

// BenchmarkTimeline is what a second costs until its frame is composed, with the
// timeline of the selected recording and without, and with the column of all and
// without, by turns: times is the median with it over that without.
func BenchmarkTimeline(b *testing.B) {
	b.Run("pane", func(b *testing.B) { byTurns(b, timelineModel(b, true), timelineModel(b, false)) })
	b.Run("column", func(b *testing.B) {
		with := timelineModel(b, true)
		with.list.ShowTimeline(true)
		byTurns(b, with, timelineModel(b, true))
	})
}

func byTurns(b *testing.B, models ...*Model) {
	took := [2][]time.Duration{}
	now := time.Now()
	for b.Loop() {
		now = now.Add(time.Second)
		for i, m := range models {
			began := time.Now()
			m.Update(tickMsg(now))
			_ = m.View()
			took[i] = append(took[i], time.Since(began))
		}
	}
	median := func(list []time.Duration) float64 {
		slices.Sort(list)
		return float64(list[len(list)/2].Nanoseconds())
	}
	with, without := median(took[0]), median(took[1])
	b.ReportMetric(with, "ns-with")
	b.ReportMetric(without, "ns-without")
	b.ReportMetric(with/without, "times")
}
