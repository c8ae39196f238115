package ui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
)

// fuzzKeys are the keys a fuzzed person presses.
var fuzzKeys = []string{
	"p", "P", "r", "y", "J", "X", "1", "2", "enter", "esc", "8", "1", "4", "2", "9", "b", "e", "c", "0", "7", "a", "d", "backspace",
	"j", "k", "g", "G", "up", "down", "pgup", "pgdown", "home", "end", "ctrl+d", "ctrl+u", "tab", "/", "o", "O", "R", "f", "+", "-",
	"C", "?", "f1", "q", "ctrl+c", "s", "x", "delete", "S", "D", "K", "[", "]", ":", ">", "!", "t", "u", "m", "h", "ctrl+l", "left", "right",
}

// FuzzScreen feeds keys, sizes, snapshots and time. Nothing panics, no line is
// wider than the screen, nothing is resumed without its y or stopped without
// its typed SID, and nothing but keys updates anything. Where the policy is
// evidence nothing is paused without its y, nor with skip, and nothing is stopped
// without a reason.
func FuzzScreen(f *testing.F) {
	f.Add([]byte("\x00\x02\x00\x03\x05\x00\x04"))
	f.Add([]byte{1, 4, 5, 0, 2, 3, 9, 0, 3})
	f.Add([]byte{1, 1, 2, 30, 14, 0, 4, 0, 9, 0, 10, 0, 11, 0, 12, 5, 9, 0, 7})
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) > 400 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			s := newSession(t, 120, 40, Options{})
			s.show(office())
			z := fuzzer{s: s}
			for i := 0; i+1 < len(ops); i += 2 {
				z.op(ops[i], ops[i+1])
			}
		})
	})
}

// fuzzer is a session and what its fuzzed person has done.
type fuzzer struct {
	s      *session
	opened time.Time // when the prompt that is open was opened
	typed  string    // in it, since
}

func (z *fuzzer) op(kind, arg byte) {
	s := z.s
	n := len(s.d.requests)
	switch kind % 8 {
	case 1:
		s.show(fuzzSnapshot(arg))
	case 2:
		s.send(tea.WindowSizeMsg{Width: int(arg), Height: int(arg/4) + int(kind/8)})
	case 3:
		s.send(tea.PasteMsg{Content: "y8142\npX"})
	case 4:
		s.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	case 5:
		s.wait(time.Duration(arg) * 40 * time.Millisecond)
	default:
		z.press(fuzzKeys[int(arg)%len(fuzzKeys)])
		return
	}
	if len(s.d.requests) != n {
		s.t.Fatalf("op %d sent %s", kind%8, s.verbs())
	}
}

func (z *fuzzer) press(k string) {
	s := z.s
	n, small, before := len(s.d.requests), s.m.small() && !s.m.oneLine(), s.m.prompt
	var q prompt.Question
	if before != nil {
		q = before.Question()
	}
	evidence := s.m.live.Policy == deck.Evidence
	if before != nil && q.Kind == prompt.Typed && !small {
		switch {
		case before.Typing(): // the reason
			z.typed = ""
		case k == "backspace" && z.typed != "":
			z.typed = z.typed[:len(z.typed)-1]
		case len(k) == 1 && k != "X":
			z.typed += k
		}
	}
	now := time.Now()
	s.press(k)
	for _, r := range s.d.requests[n:] {
		ok := false
		switch r.Verb() {
		case "pause":
			ok = k == "p" && before == nil && !evidence || (k == "1" || k == "2") && before != nil && q.Kind == prompt.Choose ||
				k == "y" && before != nil && q.Kind == prompt.Confirm && now.Sub(z.opened) >= 300*time.Millisecond
			ok = ok && (r.Update.PauseBehavior == api.Silence || q.Policy != deck.Evidence && (before != nil || !evidence))
		case "resume":
			ok = evidence && k == "r" && before == nil || k == "y" && before != nil && q.Kind == prompt.Confirm && now.Sub(z.opened) >= 300*time.Millisecond
		case "stop":
			ok = k == "enter" && before != nil && q.Kind == prompt.Typed && strings.EqualFold(z.typed, q.Short) && (r.Reason != "") == (q.Policy == deck.Evidence)
		}
		if !ok || small || s.m.oneLine() && r.Verb() != "pause" && !(r.Verb() == "resume" && evidence) || before != nil && r.SID != q.Request.SID {
			s.t.Fatalf("%q sent %s %s (small %v, typed %q, prompt %+v)", k, r.Verb(), r.SID, small, z.typed, q)
		}
	}
	if s.m.prompt != nil && before == nil {
		z.opened, z.typed = now, ""
	}
}

// fuzzSnapshot makes a snapshot of a few recordings in any status, with names
// that are hard to draw.
func fuzzSnapshot(seed byte) *deck.Snapshot {
	statuses := []api.Status{api.InProgress, api.Paused, api.Queued, api.Resumed, api.Stopped, api.Completed, "odd\x1b[31m", ""}
	names := []string{
		"(310) 555-0142", "日本語の名前がここにある", "👩‍👩‍👧‍👦 family", strings.Repeat("long ", 60), "עברית", "\x1b]0;title\a", "e\u0301", "",
	}
	var recs []*deck.Recording
	for i, sid := range []string{sidPaused, sidPaused2, sidRec, sidOld, sidQueued, sidEnded} {
		if (seed>>i)&1 == 0 && seed != 0 {
			continue
		}
		status := statuses[(int(seed)+i*3)%len(statuses)]
		r := call(recording(sid, "x", time.Duration(int(seed)*i)*time.Minute, fmt.Sprintf("status=%q", string(status))), names[(int(seed)+i)%len(names)], names[i])
		r.Status, r.Ended = status, time.Time{}
		if !status.Active() {
			r.Ended = time.Now()
		}
		r.Gone = status.Active() && seed%11 == 3
		if r.Status == api.Paused {
			paused(r, time.Duration(seed)*time.Hour, deck.Pause{AtLeast: seed%2 == 0})
		}
		if seed%5 == 1 {
			outcomes := []deck.Outcome{deck.Requested, deck.Accepted, deck.Unknown, deck.Failed}
			r = with(r, deck.Progress{
				ID: uint64(seed), Outcome: outcomes[i%len(outcomes)], Settled: i%2 == 0, Note: names[i], Asked: time.Now(),
				Request: deck.Request{SID: text.New(sid), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}, Actor: deck.Actor{Actor: "ana"}, Seen: status},
			})
		}
		recs = append(recs, r)
	}
	s := snapshotOf(recs...)
	if seed%3 == 1 {
		s.Policy = deck.Evidence
	}
	switch seed % 6 {
	case 1:
		return failed(s, httpError(503, names[seed%8]), time.Minute)
	case 2:
		return nothing(httpError(401, "no"))
	case 3:
		s.Health.Partial, s.Health.Err = true, api.ErrPage
	}
	return s
}
