package main

import (
	"context"
	"slices"
	"time"

	"tapedeck/ui"
)

// leftEvery is how often it is looked whether pauses were left behind on other hosts.
const leftEvery = 2 * time.Second

// leftEverywhere returns what tells the screen the pauses that nobody looks after, on
// this host and on the others, whenever they change.
func (s *session) leftEverywhere() func(context.Context) ([]ui.LeftBehind, bool) {
	var last []ui.LeftBehind
	told := false
	return func(ctx context.Context) ([]ui.LeftBehind, bool) {
		tick := time.NewTicker(leftEvery)
		defer tick.Stop()
		for {
			if list := s.leftNow(ctx); !told || !slices.Equal(list, last) {
				told, last = true, list
				return slices.Clone(list), true
			}
			select {
			case <-ctx.Done():
				return nil, false
			case <-tick.C:
			}
		}
	}
}

// leftNow returns these pauses: of one that both know, what the journal of this host
// has.
func (s *session) leftNow(ctx context.Context) (left []ui.LeftBehind) {
	if s.follower != nil {
		list, _, _ := s.follower.LeftBehind(ctx, -1) // at once
		for _, l := range list {
			left = append(left, leftHere(l))
		}
	}
	for _, l := range s.deck.LeftElsewhere() {
		if !slices.ContainsFunc(left, func(o ui.LeftBehind) bool { return o.SID == l.Recording.SID }) {
			left = append(left, ui.LeftBehind{SID: l.Recording.SID, Actor: l.Actor, PausedAt: l.Paused, EndedAt: l.Ended, Why: l.Why})
		}
	}
	return left
}

// leaveBehind tells the other hosts which pauses of this session nobody here looks
// after any more.
func (s *session) leaveBehind() {
	for _, r := range s.deck.Snapshot().Recordings {
		own := r.Pause.Actor == s.who.Name() && !r.Pause.Recorded || r.Ack.Actor == s.who.Name()
		if own && r.Paused() && r.Timer.At.IsZero() {
			s.deck.SayLeft(r.Key(), s.who, "", s.why, r.Pause.Since, time.Now())
		}
	}
}
