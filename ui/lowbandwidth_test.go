//go:build linux || darwin

package ui

import (
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
)

// writes returns how often the program has written.
func (w *wire) writes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

// slowScreens are what a minute is counted of in which nothing happens but
// polls, every 2 s; most is the bytes that it took when this was written.
var slowScreens = []struct {
	name string
	make func() *deck.Snapshot
	do   func(p *program)
	most int
	bell int // an alarm rings once a minute, by a write of its own
}{
	{name: "a full list, one in eight paused", make: func() *deck.Snapshot { return full(60, 8) }, most: 700},
	{name: "all paused", make: func() *deck.Snapshot { return full(60, 1) }, most: 700},
	{name: "a pause in its first minute, an auto-resume, an alarm", make: func() *deck.Snapshot {
		s := nightOffice()
		change(s, sidPaused2, func(r *deck.Recording) {
			r.Pause.Since, r.Timer.At = time.Now(), time.Now().Add(10*time.Minute)
		})
		change(s, sidOld, func(r *deck.Recording) { r.Ack.Until = time.Now().Add(time.Hour) })
		return s
	}, most: 820, bell: 1},
	{name: "frozen", make: office, do: func(p *program) { p.typeKeys("f") }, most: 250},
	{name: "a row further down", make: func() *deck.Snapshot { return full(60, 8) }, do: func(p *program) { p.typeKeys("j") }, most: 700},
	{name: "stale", make: func() *deck.Snapshot {
		s := failed(office(), httpError(503, ""), 40*time.Second)
		s.Health.Next = time.Now().Add(time.Hour)
		return s
	}, most: 820},
	{name: "the help", make: office, do: func(p *program) { p.typeKeys("?") }, most: 200},
	{name: "the history", make: office, do: func(p *program) { p.typeKeys("h") }, most: 200},
}

// TestLowBandwidthWrites counts writes and bytes of a minute.
func TestLowBandwidthWrites(t *testing.T) {
	for _, tt := range slowScreens {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := startProgramWith(t, 120, 40, tt.make(), Options{LowBandwidth: true})
				p.rest(300 * time.Millisecond)
				if tt.do != nil {
					tt.do(p)
				}
				stale := !p.m.live.Health.Failing.IsZero()
				polls := func(n int) {
					for range n {
						p.poll(func(s *deck.Snapshot) {
							if stale {
								s.Health.Complete = p.m.live.Health.Complete
							}
						})
						p.rest(1900 * time.Millisecond)
					}
				}
				polls(7) // what was typed has been said by then
				p.out.taken()
				before := p.out.writes()
				polls(30)
				n, out := p.out.writes()-before, p.out.taken()
				t.Logf("%d writes, %d bytes", n, len(out))
				if n > 6+tt.bell || len(out) > tt.most {
					t.Errorf("%d writes and %d bytes in a minute in which nothing happens, want at most %d and %d: %q", n, len(out), 6+tt.bell, tt.most, out[:min(len(out), 1500)])
				}
			})
		})
	}
}

// TestLowBandwidthIsPrompt has what happens drawn at once, however seldom the
// clocks move.
func TestLowBandwidthIsPrompt(t *testing.T) {
	o := Options{LowBandwidth: true}
	onNight(t, "keys, changes, alarms and stale data", o, func(t *testing.T, s *session) {
		s.show(limited(office())).wait(11 * time.Second)
		at := time.Now().Truncate(10 * time.Second).Add(13 * time.Second)
		s.wait(time.Until(at)).look(sidRec)
		s.press("?")
		s.want("Help")
		s.press("esc").wait(time.Second)
		snap := limited(office())
		snap.Health.Limit = time.Minute
		s.show(change(snap, sidRec, func(r *deck.Recording) {
			r.Status = "paused"
			paused(r, 0, deck.Pause{Actor: "ana"})
			r.Timer = deck.Timer{Actor: "ana", At: time.Now().Add(3 * time.Minute)}
		}))
		s.want("00:00", "resumes in 03:00", "PAUSED")
		s.wait(time.Second)
		s.want("resumes in 03:00")
		s.wait(9 * time.Second)
		s.want("resumes in 02:50", "live · <10s old")
	})
	onNight(t, "an alarm", o, func(t *testing.T, s *session) {
		at := time.Now().Truncate(10 * time.Second).Add(14 * time.Second)
		s.wait(time.Until(at) - 2*time.Second)
		s.show(pausedFor(180*time.Second-2*time.Second, time.Second))
		s.wantNot("ALARM")
		s.wait(3 * time.Second)
		s.want("ALARM 1", "!PAUSED")
		if s.bells != 1 {
			t.Errorf("%d bells", s.bells)
		}
	})
	onNight(t, "data that grows old, and the next try", o, func(t *testing.T, s *session) {
		s.wait(time.Until(time.Now().Truncate(10 * time.Second).Add(14 * time.Second)))
		s.show(office()).wait(8 * time.Second)
		s.want("STALE")
		s.show(failed(office(), httpError(503, ""), time.Second))
		s.want("next try <10s")
	})
}
