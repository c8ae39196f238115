package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// pauseReq is a pause of a recording, as a key asks for it.
var pauseReq = deck.Request{SID: text.New(sidRec), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}, Actor: deck.Actor{Actor: "ana"}}

// TestProgressWords has every outcome of an update, as the status line says it.
func TestProgressWords(t *testing.T) {
	resume := deck.Request{SID: text.New(sidRec), Update: api.Update{Status: api.InProgress}, Actor: deck.Actor{Actor: "ana"}}
	stop := deck.Request{SID: text.New(sidRec), Update: api.Update{Status: api.Stopped}}
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
		words, hint, bad := progressWords(tt.p, "8142")
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
		words, _, bad := progressWords(p, "8142")
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
	onNight(t, "words", Options{}, func(t *testing.T, s *session) {
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
			if got := s.m.whyNot(tt.err); got != tt.want {
				t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
			}
		}
	})
}

// TestRefusal: a key that cannot work says why, and a status that nobody knows is
// left to the API.
func TestRefusal(t *testing.T) {
	rec := func(status api.Status, ended, gone bool) *deck.Recording {
		r := &deck.Recording{Recording: api.Recording{Status: status}, Gone: gone}
		if ended || gone {
			r.Ended = time.Now()
		}
		return r
	}
	byKey := map[string]*action{}
	for _, a := range actions(api.Silence) {
		for _, k := range a.key.Keys() {
			byKey[k] = &a
		}
	}
	tests := []struct {
		key  string
		r    *deck.Recording
		want string
	}{
		{"p", rec(api.InProgress, false, false), ""},
		{"p", rec("resumed", false, false), ""},
		{"p", rec(api.Paused, false, false), "it is paused already; r resumes"},
		{"p", rec(api.Completed, true, false), "it is completed"},
		{"p", rec(api.InProgress, true, false), "it has ended"},
		{"p", rec(api.InProgress, false, true), "it is gone"},
		{"p", rec("transcribing", false, false), ""},
		{"r", rec(api.Paused, false, false), ""},
		{"r", rec(api.InProgress, false, false), "it is not paused"},
		{"r", rec("transcribing", false, false), ""},
		{"r", rec(api.Stopped, true, false), "it is stopped"},
		{"X", rec(api.Paused, false, false), ""},
		{"X", rec(api.InProgress, false, false), ""},
		{"X", rec(api.Completed, true, false), "it is completed"},
	}
	for _, tt := range tests {
		if got := byKey[tt.key].refusal(tt.r); got != tt.want {
			t.Errorf("%s of one that is %s: %q, want %q", tt.key, tt.r.Status, got, tt.want)
		}
	}
}

// TestKeyTable: each key stands once in the table of keys, with what it does.
func TestKeyTable(t *testing.T) {
	seen := map[string]bool{}
	for _, behavior := range []api.PauseBehavior{api.Silence, api.Skip} {
		for _, k := range Keys(behavior) {
			if k.Keys == "" || k.Does == "" {
				t.Errorf("%+v", k)
			}
			if seen[string(behavior)+k.Keys] {
				t.Errorf("%s is there twice", k.Keys)
			}
			seen[string(behavior)+k.Keys] = true
		}
	}
	if !seen["silencep"] || !seen["skipp"] || !seen["silenceX"] {
		t.Errorf("keys %v", seen)
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
