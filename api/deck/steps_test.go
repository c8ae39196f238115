package deck

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/text"
)

// brief returns steps in a few words each, without the polls that went well.
func brief(list []Step) (out []string) {
	for _, s := range list {
		switch {
		case s.Progress != nil:
			p := s.Progress
			line := fmt.Sprintf("%s %s of %s", p.Request.Verb(), p.Outcome, p.Request.Actor.Name())
			if p.Request.Ref != "" {
				line += " (" + p.Request.Ref + ")"
			}
			if p.Settled {
				line += ", settled"
			}
			out = append(out, line)
		case s.Refused != nil:
			out = append(out, "refused "+s.Refused.Request.Verb()+" of "+s.Refused.Request.Actor.Name()+": "+errors.Unwrap(s.Refused.Err).Error())
		case s.Timer != nil:
			out = append(out, fmt.Sprintf("timer %s by %s%s", s.Timer.What, s.Timer.Actor.Name(), s.Timer.Why))
		case s.Poll != nil && (s.Poll.Err != nil || s.Poll.Took <= 0):
			out = append(out, fmt.Sprintf("poll: %s, partial %v", api.Reason(s.Poll.Err), s.Poll.Partial))
		case s.Poll == nil:
			out = append(out, "nothing")
		}
	}
	return out
}

// TestSteps: a listener is told of every step of every request, whoever made
// it, of refusals, auto-resumes and polls, in order; one that takes nothing
// delays nobody, and has all of it when it does.
func TestSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{})
		steps, cancel := tb.deck.Steps()
		slow, end := tb.deck.Steps()
		defer end()
		var got []Step
		done := make(chan struct{})
		stop := make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case list := <-steps:
					got = append(got, list...)
				case <-stop:
					return
				}
			}
		}()
		req := pauseOf(sid).by(ana)
		req.ResumeAfter, req.Ref = time.Minute, "r-1"
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		_ = tb.deck.SetTimer(Key{SID: text.New(sid)}, bob, 0, false)
		_ = tb.deck.SetTimer(Key{SID: text.New(sid)}, bob, 5*time.Second, false)
		after(10 * time.Second)
		tb.deck.DoAll(t.Context(), []Request{stopOf(sid).by(bob), stopOf("nobody's").by(ana)}, func(int, Progress, error) {})
		tb.space.SetFaults(fault(t, "503")...)
		tb.deck.Refresh()
		after(time.Second)
		close(stop)
		<-done
		cancel()
		want := []string{
			"pause requested of ana as root (r-1)", "timer set by ana as root", "pause accepted of ana as root (r-1)",
			"pause verified of ana as root (r-1), settled",
			"timer canceled by bob", "timer set by bob", "timer fired by bob",
			"resume requested of bob", "resume accepted of bob", "resume verified of bob, settled",
			"stop requested of bob", "refused stop of ana as root: the deck has no such recording",
			"stop accepted of bob", "stop verified of bob, settled", "poll: HTTP 503, partial false",
		}
		if diff := cmp.Diff(want, brief(got)); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
		if all := <-slow; len(all) != len(got) || all[0].Progress != got[0].Progress || all[len(all)-1].Poll != got[len(got)-1].Poll {
			t.Errorf("a slow listener has %d steps, another %d", len(all), len(got))
		}
	})
}

// TestStepsOfAFailedTimer: why an auto-resume was not done is told.
func TestStepsOfAFailedTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{})
		steps, cancel := tb.deck.Steps()
		defer cancel()
		req := pauseOf(sid).by(bob)
		req.ResumeAfter = 5 * time.Second
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		tb.space.SetFaults(fault(t, "503")...)
		after(10 * time.Second)
		var failed *TimerStep
		for _, s := range <-steps {
			if s.Timer != nil && s.Timer.What == TimerFailed {
				failed = s.Timer
			}
		}
		if failed == nil || failed.Actor != bob || failed.Recording.String() != sid || failed.Why != tb.find(sid).Timer.Err {
			t.Errorf("%+v", failed)
		}
	})
}

// TestStepsMissed: what waits for a listener has a limit, the newest stay, and
// it is counted how many do not.
func TestStepsMissed(t *testing.T) {
	d := newDeck(Config{})
	steps, cancel := d.Steps()
	defer cancel()
	const n = 4*maxSteps + 123
	for i := range n {
		d.mu.Lock()
		d.tell(Step{Poll: &Polled{Took: time.Duration(i)}})
		d.mu.Unlock()
	}
	list := <-steps
	if got := list[0].Missed + len(list); len(list) > maxSteps || got != n || list[len(list)-1].Poll.Took != n-1 {
		t.Errorf("%d steps, %d missed, the last is %v", len(list), list[0].Missed, list[len(list)-1].Poll.Took)
	}
	for i, s := range list[1:] {
		if s.Poll.Took != list[i].Poll.Took+1 || s.Missed != 0 {
			t.Fatalf("step %d follows %v", s.Poll.Took, list[i].Poll.Took)
		}
	}
}

// TestTakenIsToldLater: neither a listener nor a screen is woken while the POST
// goes out; a moment later both know of the request, once.
func TestTakenIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{})
		tb.wire.set(onPost(func(*http.Request) (*http.Response, error) { time.Sleep(time.Second); return nil, nil }))
		time.Sleep(tb.deck.Snapshot().Interval / 4) // between two polls
		steps, cancel := tb.deck.Steps()
		defer cancel()
		asked := time.Now()
		var all sync.WaitGroup
		all.Go(func() { _, _ = tb.deck.Do(t.Context(), pauseOf(sid)) })
		time.Sleep(appearAfter - time.Millisecond)
		synctest.Wait()
		if u := tb.find(sid).Update; len(steps) != 0 || u != nil {
			t.Errorf("it is told at once: %d, and shown as %+v", len(steps), u)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if u := tb.find(sid).Update; u == nil || u.Outcome != Requested {
			t.Errorf("the snapshot has %+v", u)
		}
		list := <-steps
		if got := brief(list); len(got) != 1 || !strings.HasPrefix(got[0], "pause requested") || !list[0].At.Equal(asked) {
			t.Errorf("%v at %v", got, list[0].At.Sub(asked))
		}
		all.Wait()
	})
}
