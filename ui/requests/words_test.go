package requests

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// pauseReq is a pause of a recording, as a key asks for it.
var pauseReq = deck.Request{SID: text.New("91be"), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}, Actor: deck.Actor{Actor: "ana"}}

// TestProgressWords has every outcome of an update, as the status line says it.
func TestProgressWords(t *testing.T) {
	resume := deck.Request{SID: text.New("91be"), Update: api.Update{Status: api.InProgress}, Actor: deck.Actor{Actor: "ana"}}
	stop := deck.Request{SID: text.New("91be"), Update: api.Update{Status: api.Stopped}}
	byTimer := resume
	byTimer.ByTimer = true
	once, timed := pauseReq, pauseReq
	once.Again, timed.ResumeAfter = true, 90*time.Second
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	done := func(r deck.Request, o deck.Outcome) deck.Progress {
		return deck.Progress{Request: r, Outcome: o, Settled: true, Asked: at, Done: at.Add(400 * time.Millisecond), Tries: 1}
	}
	going := func(r deck.Request, o deck.Outcome) deck.Progress {
		p := done(r, o)
		p.Settled = false
		return p
	}
	edit := func(p deck.Progress, f func(p *deck.Progress)) deck.Progress { f(&p); return p }
	denied := &api.Error{StatusCode: 401}
	tests := []struct {
		p    deck.Progress
		want string
		bad  bool
	}{
		{going(pauseReq, deck.Requested), "pausing …8142 with silence: requested", false},
		{going(resume, deck.Requested), "resuming …8142: requested", false},
		{going(stop, deck.Requested), "stopping …8142: requested", false},
		{going(deck.Request{}, deck.Requested), "updating …8142: requested", false},
		{going(once, deck.Requested), "pause …8142 with silence sent once more: requested", false},
		{going(timed, deck.Requested), "pausing …8142 with silence: requested; resumes in 01:30", false},
		{going(pauseReq, deck.Accepted), "pausing …8142 with silence: accepted, checking", false},
		{done(pauseReq, deck.Accepted), "paused …8142 with silence: accepted", false},
		{done(stop, deck.Accepted), "stopped …8142: accepted", false},
		{done(pauseReq, deck.Verified), "paused …8142 with silence: verified in 0.4 s", false},
		{done(timed, deck.Verified), "paused …8142 with silence: verified in 0.4 s; resumes in 01:30", false},
		{done(byTimer, deck.Verified), "resumed …8142 by the auto-resume of ana: verified in 0.4 s", false},
		{edit(done(resume, deck.Verified), func(p *deck.Progress) { p.WasLate, p.Done = true, at.Add(31*time.Second) }), "resumed …8142: verified late, after 31.0 s", false},
		{edit(done(resume, deck.Verified), func(p *deck.Progress) { p.Done = at.Add(-time.Second) }), "resumed …8142: verified in 0.0 s", false},
		{edit(done(pauseReq, deck.Verified), func(p *deck.Progress) { p.Tries = 3 }), "paused …8142 with silence: verified in 0.4 s, sent 3 times after HTTP 429", false},
		{edit(done(pauseReq, deck.Verified), func(p *deck.Progress) { p.Tries, p.ByHand = 2, 1 }), "paused …8142 with silence: verified in 0.4 s, sent once more by hand", false},
		{edit(done(pauseReq, deck.Verified), func(p *deck.Progress) { p.Tries, p.ByHand = 3, 2 }), "paused …8142 with silence: verified in 0.4 s, sent 2 more times by hand", false},
		{edit(done(pauseReq, deck.Verified), func(p *deck.Progress) { p.Tries, p.ByHand = 4, 1 }), "paused …8142 with silence: verified in 0.4 s, sent 3 times after HTTP 429, sent once more by hand", false},
		{edit(done(timed, deck.Contradicted), func(p *deck.Progress) { p.Note = "it is in-progress" }), "pause …8142 with silence: contradicted: it is in-progress", true},
		{edit(done(pauseReq, deck.Contradicted), func(p *deck.Progress) { p.Note = "a\x1b[2J" }), "pause …8142 with silence: contradicted: a\ufffd[2J", true},
		{done(pauseReq, deck.Failed), "pause …8142: failed: no reason known", true},
		{edit(done(timed, deck.Failed), func(p *deck.Progress) { p.Err = deck.ErrNotSent }), "pause …8142: failed: " + deck.Reason(deck.ErrNotSent), true},
		{edit(done(pauseReq, deck.Failed), func(p *deck.Progress) { p.Err = fmt.Errorf("update: %w", denied) }), "pause …8142: failed: " + denied.Error(), true},
		{going(pauseReq, deck.Unknown), "pause …8142: unknown: it may or may not have been done; checking", true},
		{edit(going(pauseReq, deck.Unknown), func(p *deck.Progress) { p.Note = "not yet read" }), "pause …8142: unknown: it may or may not have been done; checking", true},
		{done(stop, deck.Unknown), "stop …8142: unknown: it may or may not have been done; look at its status", true},
		{edit(done(stop, deck.Unknown), func(p *deck.Progress) { p.Err, p.Note = &api.Error{StatusCode: 500}, "no read has told" }),
			"stop …8142: unknown: it may or may not have been done; look at its status (HTTP 500): no read has told", true},
	}
	for _, tt := range tests {
		words, hint, bad := Words(tt.p, "8142")
		if words != tt.want || bad != tt.bad {
			t.Errorf("it says %q, bad %t\n want %q, %t", words, bad, tt.want, tt.bad)
		}
		if hint != "" != errors.Is(tt.p.Err, denied) {
			t.Errorf("%s: the next step is %q", words, hint)
		}
	}
}

// TestProgressIsOneLine: whatever the API and other people say, the words are one
// line without control bytes, and name the recording.
func TestProgressIsOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		any := rapid.String()
		p := deck.Progress{Request: pauseReq, Settled: rapid.Bool().Draw(t, "settled"), Note: any.Draw(t, "note"), Tries: rapid.IntRange(0, 4).Draw(t, "tries")}
		p.Outcome = rapid.SampledFrom([]deck.Outcome{deck.Requested, deck.Accepted, deck.Verified, deck.Contradicted, deck.Failed, deck.Unknown, ""}).Draw(t, "outcome")
		p.Request.ByTimer, p.Request.Actor.Actor = rapid.Bool().Draw(t, "by timer"), any.Draw(t, "actor")
		if rapid.Bool().Draw(t, "an error") {
			p.Err = &api.Error{StatusCode: 422, Message: text.New(any.Draw(t, "message"))}
		}
		words, _, bad := Words(p, "8142")
		if strings.ContainsAny(words, "\n\r\x1b\x00\u202e") || !strings.Contains(words, "…8142") {
			t.Errorf("%q", words)
		}
		if good := p.Outcome == deck.Verified || p.Outcome == deck.Accepted || p.Outcome == deck.Requested || p.Outcome == ""; bad == good {
			t.Errorf("%q is bad: %t", words, bad)
		}
	})
}

// TestWhyNot: why the deck sent nothing, as an operator says it.
func TestWhyNot(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{&deck.BusyError{Progress: deck.Progress{Request: pauseReq, Outcome: deck.Requested}}, "pausing it is under way (requested); one update at a time"},
		{fmt.Errorf("pause: %w", deck.ErrReadOnly), "tapedeck is read-only here"},
		{fmt.Errorf("pause: %w", deck.ErrNotFound), "it is no longer known"},
		{fmt.Errorf("pause: %w", deck.ErrClosed), "tapedeck is ending"},
		{errors.New("odd\x1b[2J"), "odd\ufffd[2J"},
	}
	for _, tt := range tests {
		if got := WhyNot(tt.err); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}

// TestResumesIn: what is not done has no auto-resume, nor what is no pause.
func TestResumesIn(t *testing.T) {
	with := func(status api.Status, after time.Duration, o deck.Outcome, settled bool) deck.Progress {
		return deck.Progress{Request: deck.Request{Update: api.Update{Status: status}, ResumeAfter: after}, Outcome: o, Settled: settled}
	}
	for want, list := range map[string][]deck.Progress{
		"; resumes in 01:30": {
			with(api.Paused, 90*time.Second, deck.Requested, false), with(api.Paused, 90*time.Second, deck.Unknown, false),
			with(api.Paused, 90*time.Second, deck.Accepted, true), with(api.Paused, 90*time.Second, deck.Verified, true),
		},
		"": {
			with(api.Paused, 0, deck.Verified, true), with(api.InProgress, 90*time.Second, deck.Verified, true),
			with(api.Paused, 90*time.Second, deck.Failed, true), with(api.Paused, 90*time.Second, deck.Contradicted, true),
			with(api.Paused, 90*time.Second, deck.Unknown, true),
		},
	} {
		for _, p := range list {
			if got := resumesIn(p); got != want {
				t.Errorf("%+v: %q, want %q", p, got, want)
			}
		}
	}
}

// A full disk with journal_required is no trouble of the network: what was
// refused for the record's sake says so, once, and what to do.
func TestNotOnRecordIsSaid(t *testing.T) {
	full := &journal.Error{Op: "write", Path: "/state/journal.jsonl", Err: syscall.ENOSPC}
	p := deck.Progress{
		Request: deck.Request{SID: text.New("a"), Update: api.Update{Status: api.Paused}}, Outcome: deck.Failed, Settled: true,
		Err: fmt.Errorf("%w: %w", deck.ErrNotOnRecord, full), OffRecord: full,
	}
	words, hint, bad := Words(p, "8142")
	want := "pause …8142: failed: not sent: it cannot be put on record: write /state/journal.jsonl: no space left on device"
	if words != want || !bad || offRecord(p) != "" {
		t.Errorf("%q, %v, %q, want %q", words, bad, offRecord(p), want)
	}
	if !strings.Contains(hint, "make room on the disk") {
		t.Errorf("hint %q", hint)
	}
	if got := NextStep(&api.Error{StatusCode: 401}); !strings.Contains(got, "SIGNALWIRE_API_TOKEN") {
		t.Errorf("hint of HTTP 401: %q", got)
	}
}
