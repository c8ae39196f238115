package attached

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/ui"
)

// TestActions: what the journal of the service says is said as that of an own
// journal is, and nothing of it can reach the terminal as it came.
func TestActions(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sid := text.New("0a1b-8142")
	tests := []struct {
		in   local.Action
		want ui.Action
	}{
		{local.Action{Profile: "eu", Time: at, Event: "outcome", Actor: "alice", SID: "0a1b-8142", Asked: "paused", Behavior: "skip", Outcome: "verified", Reason: "late"},
			ui.Action{Profile: "eu", Time: at, Actor: "alice", Recording: sid, What: "pause", Behavior: "skip", Outcome: "verified", Reason: "late"}},
		{local.Action{Event: "request", Actor: "bo", SID: "0a1b-8142", Asked: "stopped"}, ui.Action{Actor: "bo", Recording: sid, What: "stop"}},
		{local.Action{Event: "request", Actor: "bo", SID: "0a1b-8142", Asked: "in-progress", ByTimer: true}, ui.Action{Actor: "bo", Recording: sid, What: "resume", ByTimer: true}},
		{local.Action{Event: "ack", Actor: "a\x1b[2J", SID: "0a1b-8142", Reason: "card\n", Until: at}, ui.Action{Actor: "a\ufffd[2J", Recording: sid, What: "acknowledge", Reason: "card ", Until: at}},
		{local.Action{Event: "timer", Actor: "bo", SID: "0a1b-8142", Until: at}, ui.Action{Actor: "bo", Recording: sid, What: "auto-resume", Until: at}},
		{local.Action{Event: "seen", Actor: "bo", SID: "0a1b-8142", Outcome: "x", Reason: "resumed by others"}, ui.Action{Recording: sid, What: "seen", Reason: "resumed by others"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, actionOf(tt.in), cmp.Comparer(func(a, b text.Text) bool { return a == b })); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.in, diff)
		}
	}
}

// TestLeftBehind: the first answer is told at once, also one of nothing, and then
// what is another one, once. While the service does not answer nothing is, and
// after the end it is not asked.
func TestLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, asked := time.Now(), 0
		type told struct {
			list  []ui.LeftBehind
			after time.Duration
		}
		var got []told
		stop := watchLeft(leftEvery, leftAt(func(context.Context) ([]local.LeftPause, error) {
			switch asked++; {
			case time.Since(began) >= 2*time.Minute, asked == 1:
				return nil, nil
			case time.Since(began) >= time.Minute:
				return []local.LeftPause{{Profile: "eu", SID: "a", Actor: "alice\x1b", Paused: began, Ended: began, Why: "quit"}}, nil
			}
			return nil, errors.New("gone")
		}), func(list []ui.LeftBehind) { got = append(got, told{list, time.Since(began)}) })
		time.Sleep(150 * time.Second)
		synctest.Wait()
		stop()
		until := asked
		if len(got) != 3 || until > 60 {
			t.Fatalf("in %v it asked %d times, and told %+v", time.Since(began), until, got)
		}
		if first := got[0]; len(first.list) != 0 || first.after > 0 {
			t.Errorf("first: %+v", first)
		}
		want := ui.LeftBehind{Profile: "eu", SID: text.New("a"), Actor: "alice\ufffd", PausedAt: began, EndedAt: began, Why: ui.Quit}
		if one := got[1]; len(one.list) != 1 || one.list[0] != want || one.after > time.Minute+leftEvery {
			t.Errorf("then: %+v, want %+v", one, want)
		}
		if last := got[2]; len(last.list) != 0 || last.after > 2*time.Minute+leftEvery {
			t.Errorf("at last: %+v", last)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if asked != until {
			t.Errorf("after the end it asked %d times", asked-until)
		}
	})
}

// TestEnded: a session that somebody has ended ends its screen, with the reason;
// a service that is only gone does not.
func TestEnded(t *testing.T) {
	d := &feed{ch: make(chan *deck.Snapshot, 1)}
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go watch(ctx, d, func(err error) { ended <- err })
	send := func(err error) {
		d.ch <- &deck.Snapshot{Health: deck.Health{Away: time.Now(), Err: err}}
	}
	send(&local.GoneError{Err: errors.New("connection refused"), Since: time.Now()})
	send(&local.GoneError{Err: &local.RefusalError{Refusal: local.Refusal{Code: local.CodeVersion, Error: "another version"}}, Since: time.Now()})
	send(&local.GoneError{Err: &local.RefusalError{Refusal: local.Refusal{Code: local.CodeEnded, Error: "this session was ended by bob", Hint: "start tapedeck again"}}, Since: time.Now()})
	err := <-ended
	e, ok := errors.AsType[*EndedError](err)
	if !ok || e.Error() != "the dashboard ends: this session was ended by bob" || e.Hint() != "start tapedeck again" {
		t.Errorf("it ended with %v", err)
	}
}

// feed is a deck that is only listened to.
type feed struct{ ch chan *deck.Snapshot }

func (f *feed) Subscribe() (<-chan *deck.Snapshot, func()) { return f.ch, func() {} }

// TestPlace: the header names the space and the profile of one project.
func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		list                []local.Profile
		wantSpace, wantName string
	}{
		{[]local.Profile{{Profile: "eu", Space: "https://acme.signalwire.com"}}, "acme.signalwire.com", "eu"},
		{[]local.Profile{{Space: "http://127.0.0.1:8910"}}, "127.0.0.1:8910", ""},
		{[]local.Profile{{Profile: "eu", Space: "https://a"}, {Profile: "us", Space: "https://a"}}, "", ""},
	} {
		if space, name := place(tt.list); space != tt.wantSpace || name != tt.wantName {
			t.Errorf("%+v: %q, %q", tt.list, space, name)
		}
	}
}
