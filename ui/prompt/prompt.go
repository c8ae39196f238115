// Package prompt asks before something is done that a slip must not do: a
// choice of how to pause, a resume, a stop, and leaving recordings paused.
//
// A [Model] holds its request from the moment it opens, so rows may move, end
// and come while it is open. Its rules: in the first 300 ms y and Enter are
// ignored, and every key where it opened by itself; the key that opened it does
// nothing in it at any time; pasted text never answers; it closes by itself
// after 15 s and when the status of its recording changes. Of several, those
// that change are left out, and it closes when none is left.
package prompt

import (
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

const (
	guard    = 300 * time.Millisecond // y and Enter do nothing for so long
	lifetime = 15 * time.Second       // after it the prompt closes by itself
)

// Kind is how a prompt is answered.
type Kind int

// The kinds of prompts.
const (
	Choose  Kind = iota // pause: 1 silence, 2 skip; the choice goes on at once
	Confirm             // resume: y goes on, any other key cancels
	Typed               // stop: the short SID and Enter go on
	Quit                // leaving recordings paused: y goes on, any other key cancels
	Ack                 // acknowledging a pause: a reason and a time, each with Enter
	Timer               // changing an auto-resume: a time and Enter; 0 takes it away
	Behind              // a pause that a lost session left: t takes it over, r goes on to a resume
	Suspend             // as Quit, for a process that is stopped and may be continued
)

// Question is what a prompt asks about. It does not change while it is open.
type Question struct {
	Kind    Kind
	Opener  string           // the key that opened it, as tea names it
	Request deck.Request     // what is asked for; zero for Quit and Suspend
	Short   string           // the short SID of the recording, as the list shows it
	Who     string           // who is on the line
	Profile string           // the space and profile
	Project string           // of which project it is, where several are shown; else empty
	State   string           // of the recording when the prompt opened; see [State]
	Left    []string         // for Quit and Suspend: the recordings that are left paused; for Behind: more about it
	Title   string           // for Behind: what happened
	Why     string           // why it asks; empty where nothing is to be said
	Effect  string           // of a Confirm about a start: what it does
	Trouble deck.TroubleKind // for Ack: what alarms, where it is not the pause; no time is asked for
	Many    []One            // several recordings, Request's first; none for one
	Unasked bool             // it opens by itself, so that in its first 300 ms no key counts
	Barred  string           // of a Choose or a Behind: keys that the role may not use, which are not listed
	// Lacks: it is about a call or a conference that has no recording.
	Lacks bool
	// Alone: the other hosts that share cannot be told of an auto-resume, which the
	// prompt says where one is typed.
	Alone bool
	// Policy is that of its project; of several recordings, the strictest.
	Policy deck.Policy
}

// Offers reports whether a key is listed among the answers.
func (q Question) Offers(key string) bool {
	return !strings.Contains(q.Barred, key) && !q.refusesSkip(key)
}

// Starts reports whether it asks about the start of a recording. Its Short and its
// Request's SID are those of a call then.
func (q Question) Starts() bool { return q.Request.Update.Status == deck.AskedStart }

// Leaves reports whether it asks about leaving the screen.
func (q Question) Leaves() bool { return q.Kind == Quit || q.Kind == Suspend }

// Answer is what a message did to a prompt.
type Answer struct {
	Closed  bool           // the prompt is over
	Go      bool           // carry the request out, or quit; only with Closed
	Request deck.Request   // what to carry out
	Many    []deck.Request // the same, where it was about several
	Reason  string         // of an Ack
	Wait    time.Duration  // of an Ack or a Timer
	Key     string         // of a Behind: t or r
	Say     string         // why it closed by itself, or why the key did nothing
}

// Model is an open prompt.
type Model struct {
	q      Question
	opened time.Time
	input  textinput.Model // for what is typed
	line   lined
	top    int // the first of several that is named
	room   int // how many of them there is room for, while they are rendered; 0 for all
	th     theme.Theme
}

// New returns a prompt that opens at the time now.
func New(t theme.Theme, q Question, now time.Time) Model {
	m := Model{q: q, opened: now, th: t}
	m.startLine()
	return m
}

// SetTheme sets how the prompt looks.
func (m *Model) SetTheme(t theme.Theme) { m.th = t }

// Question returns what the prompt asks.
func (m Model) Question() Question { return m.q }

// State returns what a prompt watches of a recording: its status, where
// in-progress and resumed are one, and whether it has ended or is gone. It is
// empty for a recording that is not there.
func State(r *deck.Recording) string {
	switch {
	case r == nil:
		return ""
	case r.Gone:
		return "GONE"
	case r.Status.Running():
		return fmt.Sprint(theme.Word(string(api.InProgress), false), r.Active())
	}
	return fmt.Sprint(theme.Word(string(r.Status), false), r.Active())
}

// Answers reports whether a key may have something done, and does not only
// cancel.
func (m Model) Answers(key string) bool {
	switch m.q.Kind {
	case Typed, Ack, Timer:
		return true
	case Choose:
		return key == "1" || key == "2" || key == "t" || m.Typing()
	case Behind:
		return key == "t" || key == "r"
	}
	return key == "y"
}

// Updates reports whether the prompt asks for an update, or for an auto-resume.
func (m Model) Updates() bool {
	switch m.q.Kind {
	case Choose, Confirm, Typed, Timer:
		return true
	}
	return false
}

// Canceled closes the prompt for a reason from outside of it.
func (m Model) Canceled(why string) Answer {
	return Answer{Closed: true, Say: m.name() + " canceled: " + why}
}

// Clear forgets what was typed of a short SID: a piece of it did not count, so
// the rest must not stay.
func (m *Model) Clear() {
	if m.q.Kind == Typed && !m.Typing() {
		m.input.Reset()
	}
}

// Watch compares the recording as it is now, nil when it is not there, with
// what it was when the prompt opened, and closes the prompt when its status
// has changed.
func (m Model) Watch(r *deck.Recording) Answer {
	if m.q.Leaves() || State(r) == m.q.State {
		return Answer{}
	}
	return Answer{Closed: true, Say: m.name() + " canceled: it " + Since(r)}
}

// Expire closes the prompt when its time is over.
func (m Model) Expire(now time.Time) Answer {
	since := m.opened
	if m.line.last.After(since) {
		since = m.line.last
	}
	if age := now.Sub(since); age < lifetime && age >= 0 {
		return Answer{}
	}
	return Answer{Closed: true, Say: m.name() + " canceled: no answer for 15 s"}
}

// name returns what is asked for, in words.
func (m Model) name() string {
	name := " …" + named(m.q.Short, m.q.Project)
	switch m.q.Kind {
	case Quit:
		return "quit"
	case Suspend:
		return "suspend"
	case Ack:
		return "acknowledge" + name
	case Timer:
		return "change the auto-resume of" + name
	case Behind:
		return "the question about" + name
	}
	return m.q.Request.Verb() + " " + m.subject()
}

// Update takes a key at the time now. Messages other than keys change nothing.
func (m Model) Update(msg tea.Msg, now time.Time) (Model, Answer) {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		if _, paste := msg.(tea.PasteMsg); paste {
			return m, Answer{Say: "pasted text answers nothing: type it"}
		}
		return m, Answer{}
	}
	if a := m.Expire(now); a.Closed {
		return m, a
	}
	switch s := k.String(); {
	case m.q.Unasked && s != "ctrl+c" && now.Sub(m.opened) < guard:
		return m, tooSoon(s)
	case s == "esc" || s == "ctrl+c":
		return m, m.canceled()
	case m.Typing():
		return m.typeLine(k, now)
	case s == m.q.Opener:
		return m, Answer{}
	case len(m.q.Many) > 1 && scrolls[s] != 0:
		m.top = min(max(0, m.top+scrolls[s]), len(m.q.Many)-1)
		m.line.last = now
		return m, Answer{}
	case m.q.Kind == Behind:
		return m, m.decided(s)
	case m.q.Kind == Choose && s == "t":
		m.line.last = now
		m.askWait()
		return m, Answer{}
	case (s == "1" || s == "2") && m.q.Kind == Choose && (len(m.q.Many) > 0 || m.q.Why != "") && now.Sub(m.opened) < guard:
		return m, tooSoon(s) // the names are to be read first
	case (s == "y" || isEnter(s)) && m.q.Kind != Typed && now.Sub(m.opened) < guard,
		isEnter(s) && now.Sub(m.opened) < guard:
		return m, tooSoon(s)
	case m.q.Kind == Typed:
		return m.typed(k)
	case m.q.refusesSkip(s):
		return m, Answer{Say: skipRefused}
	case m.q.Kind == Choose:
		return m, m.chosen(s)
	case s == "y":
		return m, m.requests(nil)
	}
	return m, m.canceled()
}

// scrolls are the keys that show others of several names, and how many lines
// they go.
var scrolls = map[string]int{"up": -1, "down": 1, "pgup": -4, "pgdown": 4}

func isEnter(s string) bool { return s == "enter" || s == "kpenter" }

func (m Model) canceled() Answer {
	switch m.q.Kind {
	case Quit, Suspend:
		return Answer{Closed: true, Say: "still running"}
	case Behind:
		return Answer{Closed: true, Say: "…" + m.q.Short + " is left as it is"}
	case Ack, Timer:
		return Answer{Closed: true, Say: m.name() + ": canceled, nothing was changed"}
	}
	return Answer{Closed: true, Say: m.name() + ": canceled, nothing was sent"}
}

// chosen returns the answer to a key in a choice.
func (m Model) chosen(s string) Answer {
	behavior := api.Silence
	switch s {
	case "1":
	case "2":
		behavior = api.Skip
	default:
		return m.canceled()
	}
	return m.requests(func(r *deck.Request) {
		r.Update.PauseBehavior, r.ResumeAfter, r.ResumeLocal = behavior, m.line.after, m.line.alone
	})
}

// typed takes a key of the short SID, or the Enter that ends it. The case of
// letters does not matter.
func (m Model) typed(k tea.KeyPressMsg) (Model, Answer) {
	if isEnter(k.String()) {
		if strings.EqualFold(m.input.Value(), m.q.Short) && m.q.Short != "" {
			a := Answer{Closed: true, Go: true, Request: m.q.Request}
			a.Request.Reason = m.line.reason
			return m, a
		}
		wrong := m.input.Value()
		m.input.Reset()
		return m, Answer{Say: fmt.Sprintf("nothing was stopped: %q is not %s; type it again", wrong, m.q.Short)}
	}
	m.input, _ = m.input.Update(k)
	return m, Answer{}
}
