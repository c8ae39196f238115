package prompt

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// The deadlines of an acknowledged pause.
const (
	DefaultWait = 5 * time.Minute
	maxWait     = time.Hour
)

// maxReason is how long a reason is at most, in characters.
const maxReason = 120

// maxSID is how much may be typed of a SID, in characters.
const maxSID = 64

// lined is what a prompt has that is answered by lines of text.
type lined struct {
	wait   bool          // it is a time that is typed
	why    bool          // of a Typed: the reason is typed, before the SID
	reason string        // as typed, of an Ack or a Typed
	after  time.Duration // of a Choose: the auto-resume
	alone  bool          // it was typed where the prompt says that it is of this host alone
	last   time.Time     // of the last key
}

// newInput returns a line to type in.
func newInput(limit int) textinput.Model {
	in := textinput.New()
	in.SetVirtualCursor(false)
	in.KeyMap.Paste.SetEnabled(false)
	in.CharLimit = limit
	in.Focus()
	return in
}

// startLine opens the line of the kinds that begin with one.
func (m *Model) startLine() {
	switch m.q.Kind {
	case Ack:
		m.input = newInput(maxReason)
	case Typed:
		m.input = newInput(maxSID)
		if m.q.Policy.Defaults().StopReason {
			m.line.why, m.input = true, newInput(maxReason)
		}
	case Timer:
		m.askWait()
	case Choose:
		m.line.after = m.q.Request.ResumeAfter
	}
}

// askWait opens the line for a time.
func (m *Model) askWait() { m.line.wait, m.input = true, newInput(16) }

// Typing reports whether keys are text, other than a stop's SID.
func (m Model) Typing() bool { return m.line.wait || m.line.why || m.q.Kind == Ack }

// typeLine takes a key of a line, or the Enter that ends it. The key that
// opened the prompt is no text as long as it may still be held.
func (m Model) typeLine(k tea.KeyPressMsg, now time.Time) (Model, Answer) {
	soon := now.Sub(m.opened) < guard
	switch s := k.String(); {
	case s == m.q.Opener && soon:
		return m, Answer{}
	case isEnter(s) && soon:
		return m, tooSoon(s)
	case isEnter(s):
		m.line.last = now
		return m.entered()
	}
	m.line.last = now
	m.input, _ = m.input.Update(k)
	return m, Answer{}
}

func tooSoon(key string) Answer {
	return Answer{Say: "too soon: " + key + " is ignored for the first 0.3 s"}
}

// entered takes the line as it is.
func (m Model) entered() (Model, Answer) {
	typed := strings.TrimSpace(text.New(m.input.Value()).String())
	if m.q.Kind == Typed {
		return m.reasoned(typed)
	}
	if m.q.Kind == Ack && !m.line.wait {
		if typed == "" {
			return m, Answer{Say: "type why " + m.still("it is") + ", in a line; Esc cancels"}
		}
		if m.q.Trouble != "" {
			return m, Answer{Closed: true, Go: true, Request: m.q.Request, Reason: typed}
		}
		m.line.reason = typed
		m.askWait()
		return m, Answer{}
	}
	longest := deck.MaxResumeAfter
	if m.q.Kind == Ack {
		longest = maxWait
		if typed == "" {
			typed = DefaultWait.String()
		}
	}
	d, err := ParseWait(typed, longest)
	if m.q.Kind != Ack && strings.Trim(typed, "0") == "" && typed != "" {
		d, err = 0, nil
	}
	if err != nil {
		return m, Answer{Say: err.Error()}
	}
	if m.q.Kind == Choose {
		m.line.wait, m.line.after, m.line.alone = false, d, m.q.Alone
		return m, Answer{}
	}
	return m, Answer{Closed: true, Go: true, Request: m.promised(m.q.Request), Reason: m.line.reason, Wait: d}
}

// ParseWait reads a time as a person types it: 60 is seconds, beside 90s, 2m
// and 1m30s. It is at least a second, and at most longest.
func ParseWait(s string, longest time.Duration) (time.Duration, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return 0, errors.New("type a time, such as 60, 90s or 2m; Esc cancels")
	}
	d, ok := times.Parse(s)
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		d, ok = time.Duration(n)*time.Second, true
	}
	switch {
	case !ok:
		return 0, fmt.Errorf("%q is not a time: type 60, 90s or 2m", s)
	case d > longest:
		return 0, fmt.Errorf("%s is too long: at most %s", s, times.Short(longest))
	case d < time.Second:
		return 0, fmt.Errorf("%s is too short: at least 1s", s)
	}
	return d, nil
}

// still says what an acknowledgement gives a reason for; is is the verb, in a
// question or not.
func (m Model) still(is string) string {
	switch {
	case m.q.Lacks && is == "is it":
		return "has it no recording"
	case m.q.Lacks:
		return "it has no recording"
	case m.q.Trouble != "":
		return is + " still recording"
	}
	return is + " still paused"
}

// before is what stands before the text that is typed.
func (m Model) before() string {
	switch {
	case m.line.why:
		return "  Why is it stopped? "
	case m.q.Kind == Typed:
		return m.ask()
	case !m.line.wait:
		return "  Why " + m.still("is it") + "? "
	case m.q.Kind == Ack:
		return "  Silent for how long (" + times.Short(DefaultWait) + "), then Enter: "
	case m.q.Kind == Timer:
		return "  In how long (60, 90s, 2m; 0 cancels it), then Enter: "
	}
	return "  Resume after (60, 90s, 2m; at most " + times.Short(deck.MaxResumeAfter) + "; 0 for never), then Enter: "
}

// value returns the end of what is typed that fits into a line of w cells, and
// how many cells of it are before the cursor.
func (m Model) value(w int) (shown string, cursor int) {
	r := []rune(m.input.Value())
	at := m.input.Position()
	room := max(1, w-1-m.th.Width(m.before()))
	for at > 0 && m.th.Width(string(r[:at])) > room {
		r, at = r[1:], at-1
	}
	return string(r), m.th.Width(string(r[:at]))
}

// lineLines are the lines of the prompts that are answered by a line of text.
func (m Model) lineLines(w int) [][]line.Span {
	typed, _ := m.value(w)
	typing := []line.Span{line.Of(theme.Plain, m.before()), line.Of(theme.Bold, typed)}
	short := "…" + m.q.Short
	switch m.q.Kind {
	case Typed:
		return append(m.stop(), typing)
	case Ack:
		title := "Acknowledge the pause of " + short + ": its alarm is silent for a time"
		if m.q.Lacks {
			title = "Acknowledge that " + short + " has no recording: its alarm is silent for a time"
		}
		if m.q.Trouble != "" {
			title = "Acknowledge that " + short + " is " + string(m.q.Trouble) + ": its alarm ends"
		}
		out := [][]line.Span{{line.Of(theme.Bold, title)}, m.about()}
		if m.line.wait {
			out = append(out, []line.Span{line.Of(theme.Plain, "  Reason: "+m.line.reason)})
		}
		return append(out, typing)
	case Timer:
		return append(m.alone(m.because([][]line.Span{{line.Of(theme.Bold, "Change the auto-resume of "+short)}, m.about()})), typing)
	}
	title := []line.Span{line.Of(theme.Bold, "Pause "+m.subject()+" with an auto-resume")}
	return append(m.alone(append([][]line.Span{title}, m.abouts()...)), typing)
}
