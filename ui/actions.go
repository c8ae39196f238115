package ui

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/ui/prompt"
	"tapedeck/ui/requests"
	"tapedeck/ui/small"
)

// An action is what a key does. What happens, the refusals, the hints and the
// help all come from the table of actions.
type action struct {
	// key is the keys, and the help: their names, and what they do.
	key  key.Binding
	hint string // in the key hints; empty for none
	rank int    // hints with a high rank drop first

	// For an update of the selected recording, the verb, what is asked of the
	// API, the statuses it makes sense in, and the prompt before it.
	verb   string
	update api.Update
	when   []api.Status
	ask    bool
	prompt prompt.Kind

	// mandated is what the help says of an update where the policy is evidence, and
	// hinted the hint; empty for what is the same there.
	mandated, hinted string

	// may is the word that the role of a session needs for it, beside the verb of
	// an update; empty for none.
	may string

	// For everything else, what it does. With neither, the key is for the list
	// or the detail pane.
	run func(m *Model, now time.Time) tea.Cmd
}

// bind makes a binding whose help names the keys and says what they do.
func bind(names, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(names, does))
}

// active are the statuses of what has not ended.
var active = []api.Status{api.InProgress, api.Resumed, api.Queued, api.Paused}

// actions returns the table, in the order of the help.
func actions(behavior api.PauseBehavior) []action {
	return slices.Concat(updateActions(behavior), nightActions(), viewActions(), sessionActions())
}

// What the help says of auto-resumes, where the session sets them, and where
// they are its own; see [Model.does].
const (
	timerOfChoice  = "; t first sets an auto-resume"
	timerOfSuspend = "an auto-resume or "
)

// updateActions are the keys that change a recording. There is no toggle.
func updateActions(behavior api.PauseBehavior) []action {
	return []action{
		{
			key:  bind("p", "pause now, with "+string(behavior), "p"),
			hint: "pause·" + string(behavior), rank: 1,
			verb: "pause", when: requests.Pausable,
			update:   api.Update{Status: api.Paused, PauseBehavior: behavior},
			mandated: "pause, with silence; asks for y, any other key cancels", hinted: "pause·silence, asks",
		},
		{
			key:  bind("P", "pause: choose 1 silence (the gap stays in the file) or 2 skip (the time is cut out)"+timerOfChoice, "P"),
			hint: "choose", rank: 5,
			verb: "pause", when: requests.Pausable,
			update: api.Update{Status: api.Paused},
			ask:    true, prompt: prompt.Choose,
			mandated: "pause with silence, which 1 does; skip is refused" + timerOfChoice,
		},
		{
			key:  bind("r", "resume; asks for y, any other key cancels", "r"),
			hint: "resume", rank: 2,
			verb: "resume", when: []api.Status{api.Paused},
			update: api.Update{Status: api.InProgress},
			ask:    true, prompt: prompt.Confirm,
			mandated: "resume now", hinted: "resume now",
		},
		{
			key:  bind("X", "stop, which cannot be undone; asks for the end of the SID and Enter", "X"),
			hint: "stop", rank: 3,
			verb: "stop", when: active,
			update: api.Update{Status: api.Stopped},
			ask:    true, prompt: prompt.Typed,
			mandated: "stop, which cannot be undone; asks for a reason and Enter, then for the end of the SID and Enter",
		},
		{key: bind("n", "start a recording of a call without one (NO REC); asks for y, any other key cancels", "n"), may: mayStart, run: (*Model).startRecording},
	}
}

// nightActions are the keys about pauses that last, and about hidden numbers.
func nightActions() []action {
	return []action{
		{key: bind("Space", "mark or unmark; with marks p P r act on every marked one, and ask first", "space"), hint: "mark", rank: 14, may: mayBulk, run: (*Model).mark},
		{key: bind("a", "acknowledge a pause or NO REC: a reason, and for how long its alarm is silent", "a"), may: mayAcknowledge, run: (*Model).acknowledge},
		{key: bind("t", "set, change or cancel the auto-resume of a pause: how long until tapedeck resumes it", "t"), may: mayTimer, run: (*Model).autoResume},
		{key: bind("h", "history: the last 20 actions of everybody, with their outcomes", "h"), run: (*Model).openHistory},
		{key: bind("L", "ask again about the pauses that were left behind", "L"), run: (*Model).askLeft},
		{key: bind("v", "show masked numbers of the recording for 10 s; it is journaled", "v"), may: mayReveal, run: (*Model).reveal},
	}
}

// viewActions are the keys that change what is on the screen.
func viewActions() []action {
	return []action{
		{key: bind("j k ↑ ↓", "move; also g G Home End PgUp PgDn ctrl+d ctrl+u")},
		{key: bind("Enter", "toggle the detail pane in full width", "enter"), hint: "detail", rank: 6, run: (*Model).toggleFull},
		{key: bind("Esc", "closes, cancels, clears the filter, then the marks; never quits, never confirms", "esc"), run: (*Model).escape},
		{key: bind("Tab", "focus the list or the detail pane, to scroll it", "tab", "shift+tab"), hint: "focus", rank: 12, run: (*Model).toggleFocus},
		{key: bind("/", "filter: words, by:me, status:paused, paused>1m, !word; the help has all terms", "/"), hint: "filter", rank: 4, run: (*Model).openFilter},
		{key: bind("o", "sort by another column; t in its menu shows the timelines as a column", "o"), hint: "sort", rank: 8, run: (*Model).openSort},
		{key: bind("O", "reverse the order", "O"), run: (*Model).reverse},
		{key: bind("R F5", "refresh now", "R", "f5"), hint: "refresh", rank: 10, run: (*Model).refresh},
		{key: bind("e", "hide ended recordings, or show them", "e"), hint: "hide ended", rank: 15, run: (*Model).hideEnded},
		{key: bind("u", "show calls and conferences in progress without a recording (NO REC), or hide them", "u"), hint: "no rec", rank: 16, run: (*Model).toggleUnrecorded},
		{key: bind("f", "freeze or thaw the display; an update thaws it too", "f"), hint: "freeze", rank: 9, run: (*Model).freeze},
		{key: bind("+", "poll less often", "+"), run: (*Model).slower},
		{key: bind("-", "poll more often", "-"), run: (*Model).faster},
		{key: bind("c", "send the recording's SID to the terminal's clipboard", "c"), hint: "copy SID", rank: 11, run: (*Model).copySID},
		{key: bind("C", "send the call's or the conference's SID to it", "C"), run: (*Model).copyParent},
		{key: bind("J", "toggle the last answer as JSON in the detail pane", "J"), hint: "json", rank: 13, run: (*Model).toggleRaw},
	}
}

// sessionActions are the keys about the session.
func sessionActions() []action {
	stop := func(m *Model, now time.Time) tea.Cmd {
		if why := m.mayNot(mayStop); why != "" {
			m.refuse(why, now)
			return nil
		}
		m.say("stop is X, it asks first", now)
		return nil
	}
	return []action{
		{key: bind("? F1", "this help", "?", "f1"), hint: "help", run: (*Model).openHelp},
		{key: bind("ctrl+l", "redraw the screen", "ctrl+l")},
		{key: bind("ctrl+z", "suspend tapedeck; asks as q does, refuses with "+timerOfSuspend+"an update under way", "ctrl+z")},
		{key: bind("q", "quit; asks while recordings are paused here", "q"), hint: "quit", rank: 7, run: (*Model).quit},
		{key: bind("ctrl+c", "cancels what is open; twice in 2 s quits", "ctrl+c")},
		{key: bind("s x Delete", "do nothing: stop is X", "s", "x", "delete"), may: mayStop, run: stop},
		{key: bind("S D K", "do nothing", "S", "D", "K"), run: func(*Model, time.Time) tea.Cmd { return nil }},
	}
}

// table is the table of actions of a session, and where in it each key is.
type table struct {
	list []action
	by   map[string]int
}

// newTable returns the table of a session.
func newTable(o Options) table {
	t := table{list: withAutoResume(actions(o.PauseBehavior), o.AutoResume), by: map[string]int{}}
	for i, a := range t.list {
		for _, k := range a.key.Keys() {
			t.by[k] = i
		}
	}
	return t
}

// find returns what a key does; nil for a key that is not in the table.
func (t table) find(key string) *action {
	if i, ok := t.by[key]; ok {
		return &t.list[i]
	}
	return nil
}

// KeyHelp is one line of the help: the keys, and what they do.
type KeyHelp struct{ Keys, Does string }

// Keys returns the help of every key, for documentation.
func Keys(behavior api.PauseBehavior) []KeyHelp {
	var out []KeyHelp
	for _, a := range actions(behavior) {
		h := a.key.Help()
		out = append(out, KeyHelp{h.Key, h.Desc})
	}
	return out
}

// refusal returns why an update makes no sense for a recording in the status
// that it is known to have; empty when it does, and when nobody knows.
func (a *action) refusal(r *deck.Recording) string {
	switch {
	case r.Gone:
		return "it is gone"
	case !r.Status.Known():
		return ""
	case !r.Status.Active():
		return "it is " + string(r.Status)
	case !r.Active():
		return "it has ended"
	case slices.Contains(a.when, r.Status):
		return ""
	case a.update.Status == api.Paused:
		return "it is paused already; r resumes"
	}
	return "it is not paused"
}

// request does what an updating key asks of the selected recording: it sends
// the update, opens its prompt, or says why not.
func (m *Model) request(a *action, now time.Time) tea.Cmd {
	r, ok := m.selected()
	switch {
	case m.readOnly():
		m.refuse("cannot "+a.verb+": tapedeck is read-only here", now)
		return nil
	case m.unwelcome("cannot "+a.verb+": ", now, a.verb):
		return nil
	case len(m.list.Marks()) > 0 && a.update.Status != api.Stopped: // a stop has no bulk
		m.requestMarked(a, now)
		return nil
	case !ok:
		m.refuse("cannot "+a.verb+": "+m.noneSelected(), now)
		return nil
	}
	cannot := "cannot " + a.verb + " …" + m.called(r.Key()) + ": "
	if m.readOnlyOf(r) {
		m.refuse(cannot+"its project is read-only here", now)
		return nil
	}
	if why := m.roleRefuses(a, r); why != "" {
		m.refuse(why, now)
		return nil
	}
	why := a.refusal(r)
	if m.again(a.key.Keys()[0], r, cannot, why, now) {
		return nil
	}
	pauses := a.update.Status == api.Paused && !a.ask
	if hung := m.requests.Hung(m.live, r.Key(), now); hung != nil && pauses {
		m.askAgain(a, hung, r, now)
		return nil
	}
	if busy := m.underWay(r.Key()); busy != "" {
		m.refuse(cannot+busy, now)
		if pauses {
			return m.requests.Insist(r.Key(), m.o.Actor)
		}
		return nil
	}
	if why != "" && a.offersAutoResume(r) && !m.doubtful(r, now) {
		m.askAutoResume(r, a.key.Keys()[0], now)
		return nil
	}
	req := deck.Request{SID: r.SID, Profile: r.Profile, Update: m.updateOf(a, r), Actor: m.o.Actor, Seen: r.Status, ResumeAfter: m.resumeAfter(a.update)}
	if why != "" && !m.doubtful(r, now) {
		if !pauses || !r.Paused() || !m.askSiblings([]deck.Request{req}, a.key.Keys()[0], now) {
			m.refuse(cannot+why, now)
		}
		return nil
	}
	return m.ask(a, req, r, now)
}

// ask opens the prompt of an update, or sends it where it needs none.
func (m *Model) ask(a *action, req deck.Request, r *deck.Recording, now time.Time) tea.Cmd {
	key, many, asks := a.key.Keys()[0], m.together(a, req, r), m.asks(a, r)
	if because := m.slips.Asks(key, m.late, now); asks || because != "" {
		q := m.question(a, req, r)
		q.Many = many
		if !a.ask {
			q.Kind = prompt.Confirm
		}
		if !asks {
			q.Kind, q.Unasked = prompt.Confirm, true // nobody expects it
		}
		if !asks || q.Kind == prompt.Choose { // the others never act at once
			q.Why = because
		}
		m.open(q, now)
		return nil
	}
	m.slips.Sent(key, r.Key(), now)
	if len(many) > 0 {
		return m.doMany(requestsOf(many), key, now)
	}
	return m.doOne(req, m.called(r.Key()), key, now)
}

// answer gives a key to the open prompt, and does what it then says.
func (m *Model) answer(k tea.KeyPressMsg, now time.Time) tea.Cmd {
	if m.ignored(k, now) {
		return nil
	}
	open := *m.prompt
	q := open.Question()
	if a := open.Expire(now); a.Closed {
		m.closeUnasked(a, now)
		return nil
	}
	if s := k.String(); !m.answerable() && s != "esc" && s != "ctrl+c" {
		m.refuse("not answered: that needs "+small.ForList(), now)
		return nil
	}
	if q.Kind == prompt.Choose && k.String() == "t" && !open.Typing() && m.unwelcome("", now, mayTimer) {
		return nil
	}
	open, a := open.Update(k, now)
	m.prompt = &open
	m.closePrompt(a, now)
	if !a.Go {
		return nil
	}
	switch q.Kind {
	case prompt.Quit:
		return tea.Quit
	case prompt.Suspend:
		if why := m.whyNotSuspend(); why != "" {
			m.refuse("cannot suspend: "+why, now)
			return nil
		}
		return m.stopProcess()
	}
	if cmd, ok := m.answeredNote(q, a, now); ok {
		return cmd
	}
	if len(a.Many) > 0 {
		return m.doMany(a.Many, k.String(), now)
	}
	if q.Starts() {
		return m.sendStart(a.Request, now)
	}
	busy := m.underWay(a.Request.Key())
	if a.Request.Again = a.Request.Again && busy != ""; busy != "" && !a.Request.Again {
		m.refuse("cannot "+a.Request.Verb()+" …"+q.Short+": "+busy, now)
		return nil
	}
	return m.doOne(a.Request, m.called(a.Request.Key()), k.String(), now)
}
