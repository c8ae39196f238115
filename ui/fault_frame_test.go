package ui

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
)

// faultFrame is the most that a frame may take: an update, and the view after
// it.
const faultFrame = 50 * time.Millisecond

// computing returns how long f keeps its thread computing.
func computing(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := threadTime()
	f()
	return threadTime() - began
}

// frame has the screen take a message, and looks at what it shows then. When
// that takes too long, the garbage of the requests may have been in the way:
// then the same is drawn again, and the least counts.
func (c *faultCell) frame(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	content := ""
	took := computing(func() {
		if msg != nil {
			_, cmd = c.m.Update(msg)
		}
		content = c.m.View().Content
	})
	for try := 0; try < 5 && took > faultFrame; try++ {
		took = min(took, computing(func() {
			for _, w := range []int{c.m.w - 1, c.m.w} {
				c.m.Update(tea.WindowSizeMsg{Width: w, Height: c.m.h})
			}
			content = c.m.View().Content
		}))
	}
	if c.frames++; took > c.slowest {
		c.slowest = took
	}
	if took > faultFrame && !raceEnabled {
		c.t.Errorf("a frame takes %s after a %T, want %s at most", took, msg, faultFrame)
	}
	c.show(content)
	return cmd
}

// checkFrameTime has a new screen take a snapshot, which it has seen nothing of
// yet.
func checkFrameTime(t *testing.T, s *deck.Snapshot) {
	least := time.Hour
	for try := 0; try < 5 && least > faultFrame; try++ {
		m := New(context.Background(), Options{Deck: newFakeDeck(), Theme: "dark"})
		m.Update(tea.WindowSizeMsg{Width: 160, Height: 60})
		least = min(least, computing(func() {
			m.Update(snapshotMsg{s})
			_ = m.View()
		}))
		m.Close()
	}
	if least > faultFrame && !raceEnabled {
		t.Errorf("a frame takes %s, want %s at most", least, faultFrame)
	}
}

// faultGoroutines are those of a deck and a screen that wait: the test's own,
// the deck's and its polls, what is read beside them, the alarms' clock, and the
// screen's snapshots and ticks.
const faultGoroutines = 8

// goroutines returns how many goroutines the bubble has when the least is
// under way, within some intervals.
func (c *faultCell) goroutines() int {
	least := bubbled()
	for range 10 {
		c.pass(faultInterval / 4)
		least = min(least, bubbled())
	}
	return least
}

// bubbled returns how many goroutines are in the bubble of this one.
func bubbled() int {
	synctest.Wait()
	b := make([]byte, 64<<10)
	for {
		n := runtime.Stack(b, true)
		if n < len(b) {
			b = b[:n]
			break
		}
		b = make([]byte, 2*len(b))
	}
	first, _, _ := strings.Cut(string(b), "\n") // this one comes first
	_, bubble, ok := strings.Cut(first, "synctest bubble ")
	if !ok {
		panic(fmt.Sprintf("not in a bubble: %s", first))
	}
	return strings.Count(string(b), "synctest bubble "+bubble)
}
