package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// frames is what is drawn, and when.
type frames struct {
	frame tea.View  // as composed last
	drawn time.Time // when a key's frame was last composed
	late  bool      // a drawMsg is to come
	moved bool      // the key that is handled only moved something
}

// burst is how soon after a frame another one for a movement is put off. The
// terminal is drawn every 17 ms, so nobody waits for it, and keys that come in
// one burst do not each cost a frame that is never drawn.
const burst = 4 * time.Millisecond

// inBurst reports whether a frame that is due now can be put off.
func (f *frames) inBurst(now time.Time) bool {
	since := now.Sub(f.drawn)
	return f.late || since >= 0 && since < burst
}

// drawLater brings the frame that was put off.
func (f *frames) drawLater() tea.Cmd {
	if f.late {
		return nil
	}
	f.late = true
	return tea.Tick(burst, func(time.Time) tea.Msg { return drawMsg{} })
}
