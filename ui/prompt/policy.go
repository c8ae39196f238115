package prompt

import (
	"strings"

	"tapedeck/api"
	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// skipRefused is said of the key that would skip where that is refused.
const skipRefused = "skip is refused: the policy is evidence, and silence keeps the timeline"

// refusesSkip reports whether a key is the one that skips, and the policy refuses
// that.
func (q Question) refusesSkip(key string) bool {
	return q.Kind == Choose && key == "2" && !q.Policy.Defaults().Skip
}

// skip is the line of the choice that cuts the time out.
func (q Question) skip() []line.Span {
	if q.refusesSkip("2") {
		return []line.Span{line.Of(theme.Dim, "    skip is refused: the policy is evidence")}
	}
	return []line.Span{line.Of(theme.Key, "  2"), line.Of(theme.Plain, " skip: the time is cut out")}
}

// gap says what a pause does where the policy has it ask; else empty.
func (q Question) gap() string {
	if !q.Policy.Defaults().PauseAsks {
		return ""
	}
	return "  The policy is evidence: until it is resumed, nothing is recorded."
}

// behavior returns the pause behavior of what is asked about; empty for several
// that have not the same.
func (m Model) behavior() api.PauseBehavior {
	b := m.q.Request.Update.PauseBehavior
	for _, o := range m.asked() {
		if o.Request.Update.PauseBehavior != b {
			return ""
		}
	}
	return b
}

// stop is the title and the lines of the question whether to stop, without the
// line that is typed.
func (m Model) stop() [][]line.Span {
	effect := "  The call continues unrecorded. Esc cancels."
	switch {
	case m.line.why:
		effect = "  The policy is evidence: a stop needs a reason. " + strings.TrimSpace(effect)
	case m.line.reason != "":
		effect = "  Reason: " + m.line.reason
	}
	return [][]line.Span{
		{line.Of(theme.Bad, "Stop …"+named(m.q.Short, m.q.Project)+": this cannot be undone")},
		m.about(),
		{line.Of(theme.Plain, effect)},
	}
}

// reasoned takes the reason of a stop, after which the SID is typed. The SID is no
// reason: whoever types it at once has not read the question.
func (m Model) reasoned(typed string) (Model, Answer) {
	switch {
	case typed == "":
		return m, Answer{Say: "type why it is stopped, in a line; Esc cancels"}
	case strings.EqualFold(typed, m.q.Short):
		m.input.Reset()
		return m, Answer{Say: "nothing was stopped: type why first, then the end of the SID"}
	}
	m.line.why, m.line.reason, m.input = false, typed, newInput(maxSID)
	return m, Answer{}
}
