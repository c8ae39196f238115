package deck

import (
	"context"
	"errors"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// look is that a recording is read by itself, for another host knows more of it.
type look struct {
	again bool // something more was said meanwhile
	tries int
}

// The reads that other hosts cause.
const (
	maxReads  = 100 // recordings at one time; what is beyond, the polls see
	lookTries = 4   // of one recording, while the API does not show what was said
	lookPause = 150 * time.Millisecond
)

// look has a recording read at once. The mutex must be held.
func (s *shared) look(sid text.Text) {
	if l := s.looks[sid]; l != nil {
		l.again = true
		return
	}
	if s.ctx == nil || s.ctx.Err() != nil || len(s.looks) >= maxReads {
		return
	}
	l := &look{}
	s.looks[sid] = l
	ctx := s.ctx
	s.group.Go(func() { defer crash.Guard(); s.readAtOnce(ctx, sid, l) })
}

// readAtOnce reads a recording until the API shows what was said of it, some times
// at most.
func (s *shared) readAtOnce(ctx context.Context, sid text.Text, l *look) {
	defer func() {
		s.deck.mu.Lock()
		defer s.deck.mu.Unlock()
		delete(s.looks, sid)
	}()
	for wait := lookPause; ctx.Err() == nil; wait *= 2 {
		err := s.deck.poller.readOne(ctx, sid)
		if _, asked := waitAsked(err); asked || errors.Is(err, api.ErrNotFound) || errors.Is(err, api.ErrSID) {
			return // the polls go on
		}
		s.deck.mu.Lock()
		s.deck.publish()
		l.tries++
		again := l.again || err != nil || s.unseen(sid)
		l.again = false
		s.deck.mu.Unlock()
		if !again || l.tries >= lookTries {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// unseen reports whether somebody says something of a recording that the API does
// not show yet. The mutex must be held.
func (s *shared) unseen(sid text.Text) bool {
	e := s.deck.find(sid)
	for who, t := range s.told[sid] {
		if who.kind == factPause && s.news(e, t) {
			return true
		}
	}
	st := s.timers[sid]
	return e != nil && st != nil && e.view.Paused() && st.State == share.TimerDone && s.fitsTimer(e, st)
}
