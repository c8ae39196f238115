package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/prompt"
	"tapedeck/ui/requests"
	"tapedeck/ui/times"
)

// mayStart is the word of what a role may do that starts a recording.
const mayStart = "start"

// lookAgain is how often the deck is asked to go on looking for calls without a
// recording, while they are shown.
const lookAgain = 10 * time.Second

// unrecorded is what a session has to do with calls without a recording.
type unrecorded struct {
	chosen   bool                  // the user has said whether they are shown
	lookedAt time.Time             // when the deck was last asked to look for them
	starting map[deck.Key]bool     // by the place in the list: starts of this session that are under way
	await    map[deck.Key]deck.Key // by the place that was selected: the recording that is selected once it is there
}

// startedMsg brings the end of a start that this session made.
type startedMsg struct {
	of    deck.Key // the place in the list
	short string
	rec   *deck.Recording
	p     deck.Progress
	err   error // why nothing was sent
}

// toggleUnrecorded shows the calls and conferences without a recording, or hides
// them again.
func (m *Model) toggleUnrecorded(now time.Time) tea.Cmd {
	show := !m.list.ShowsUnrecorded()
	m.unrecorded.chosen = true
	if show {
		m.lookForUnrecorded(now)
	}
	m.list.SetUnrecorded(show)
	switch n := len(m.shown.Unrecorded) + m.shown.UnrecordedMore; {
	case !show:
		m.say("calls without a recording are hidden; u shows them", now)
	case !m.shown.InProgress.Wanted || m.shown.InProgress.Listed.IsZero():
		m.say("looking for calls without a recording", now)
	case n == 0:
		m.say("no call without a recording", now)
	default:
		m.say(calls(n)+" without a recording; n starts one, u hides them", now)
	}
	return nil
}

// calls counts calls.
func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

// lookForUnrecorded has the deck look for them, now and then.
func (m *Model) lookForUnrecorded(now time.Time) {
	if at := m.unrecorded.lookedAt; at.IsZero() || now.Sub(at).Abs() >= lookAgain {
		m.unrecorded.lookedAt = now
		m.deck.LookForUnrecorded()
	}
}

// showWanted shows them where they alarm, unless the user has chosen.
func (m *Model) showWanted(s *deck.Snapshot) {
	if s.UnrecordedWanted() && !m.unrecorded.chosen && !m.list.ShowsUnrecorded() {
		m.list.SetUnrecorded(true)
	}
}

// followUnrecorded has the deck go on looking while they are shown, and selects the
// recording of a start, where its call is selected still.
func (m *Model) followUnrecorded(now time.Time) {
	if m.list.ShowsUnrecorded() {
		m.lookForUnrecorded(now)
	}
	for place, rec := range m.unrecorded.await {
		switch {
		case m.list.Place() != place:
			delete(m.unrecorded.await, place)
		case m.shown.Lookup(rec) != nil:
			m.list.Select(rec)
			delete(m.unrecorded.await, place)
		}
	}
}

// unrecordedWords says why a key can do nothing with a row without a recording;
// empty where another one is selected.
func (m *Model) unrecordedWords() string {
	u, ok := m.list.Unrecorded()
	switch {
	case !ok:
		return ""
	case u.IsConference():
		return "the conference …" + m.called(m.list.Place()) + " has no recording"
	}
	return "the call …" + m.called(m.list.Place()) + " has no recording; n starts one"
}

// startRecording asks whether a recording of the selected call is started.
func (m *Model) startRecording(now time.Time) tea.Cmd {
	const cannot = "cannot start: "
	u, ok := m.list.Unrecorded()
	if m.readOnly() {
		m.refuse("cannot start: tapedeck is read-only here", now)
		return nil
	}
	if m.unwelcome(cannot, now, mayStart) {
		return nil
	}
	if !ok {
		m.refuse(m.whyNotStart(), now)
		return nil
	}
	at := m.list.Place()
	short := m.called(at)
	if why := m.unfit(u, at); why != "" {
		m.refuse("cannot start a recording of …"+short+": "+why, now)
		return nil
	}
	m.open(prompt.Question{
		Kind: prompt.Confirm, Opener: "n", Short: m.list.ShortSID(at), Who: m.whoIs(u), Profile: m.placeOf(u.Profile), Project: m.project(at),
		Request: deck.Request{SID: u.SID(), Profile: u.Profile, Actor: m.o.Actor, Seen: deck.NoRecording, Update: api.Update{Status: deck.AskedStart}},
		Effect:  m.startEffect(), Why: m.startedBefore(u),
	}, now)
	return nil
}

// whyNotStart says why nothing can be started where no call without a recording is
// selected.
func (m *Model) whyNotStart() string {
	if !m.list.ShowsUnrecorded() {
		return "cannot start: n is for a call without a recording; u shows them"
	}
	return "cannot start: no call without a recording is selected"
}

// unfit says why no recording of a call can be started; empty where it can.
func (m *Model) unfit(u *deck.Unrecorded, at deck.Key) string {
	switch {
	case u.IsConference():
		return "the API has no start for a conference; start one of its participants' calls"
	case m.live.PartOf(u.Profile).ReadOnly:
		return "its project is read-only here"
	case m.unrecorded.starting[at] || u.Start != nil && !u.Start.Settled:
		return deck.ErrStarting.Error()
	case m.live.FindUnrecorded(u) == nil:
		return "it has ended, or has a recording by now"
	}
	return ""
}

// whoIs says who is on the line of a call without a recording.
func (m *Model) whoIs(u *deck.Unrecorded) string {
	stand := deck.Recording{Profile: u.Profile, Call: u.Call}
	if u.Call == nil {
		stand.Conference, stand.ConferenceSID = u.Conference, u.SID()
	} else {
		stand.CallSID = u.Call.SID
	}
	return m.who(&stand)
}

// startEffect says what a start does, as the settings have it.
func (m *Model) startEffect() string {
	channels, track := "mono", "both sides"
	if m.o.Start.Channels == "dual" {
		channels = "dual channels"
	}
	if t := m.o.Start.Track; t == "inbound" || t == "outbound" {
		track = "the " + t + " side only"
	}
	return "From then on the line is recorded: " + channels + ", " + track + "."
}

// startedBefore says what is to be known of the last start of a call before
// another one; empty for nothing.
func (m *Model) startedBefore(u *deck.Unrecorded) string {
	if p := u.Start; p != nil && p.Outcome == deck.Unknown {
		return "The result of the last start is unknown: " + text.New(p.Note).String() + "."
	}
	return ""
}

// asksStartOfSelected reports whether the open question is about the start of a
// recording of the selected call.
func (m *Model) asksStartOfSelected() bool {
	q := m.prompt.Question()
	return q.Starts() && m.list.Place() == m.list.PlaceOf(q.Request.Profile, q.Request.SID)
}

// unrecordedInLine is the selected row in few cells where it has no recording; empty
// for any other.
func (m *Model) unrecordedInLine() string {
	u, ok := m.list.Unrecorded()
	if !ok {
		return ""
	}
	at := m.list.Place()
	return "…" + m.calledShort(at) + " " + m.clocks.Clock(u.For(m.shown.PartOf(u.Profile).ServerSecond(m.at()))) + " " + m.whoIs(u)
}

// detailUnrecorded gives the detail pane the selected call where it has no
// recording.
func (m *Model) detailUnrecorded() {
	u, ok := m.list.Unrecorded()
	if !ok {
		m.detail.SetUnrecorded(nil, 0, "", "", false)
		return
	}
	start := ""
	switch {
	case m.readOnly(), m.mayNot(mayStart) != "":
	default:
		start = "n starts one. " + m.startEffect()
	}
	m.detail.SetUnrecorded(u, m.shown.PartOf(u.Profile).OffsetAt(m.at()), m.list.ShortSID(m.list.Place()), start, m.shown.FindUnrecorded(u) == nil)
}

// sendStart has a recording started, once. The session may end meanwhile: the deck
// finishes it.
func (m *Model) sendStart(req deck.Request, now time.Time) tea.Cmd {
	place := m.list.PlaceOf(req.Profile, req.SID)
	short := m.called(place)
	if m.unrecorded.starting == nil {
		m.unrecorded.starting, m.unrecorded.await = map[deck.Key]bool{}, map[deck.Key]deck.Key{}
	}
	if m.unrecorded.starting[place] {
		m.refuse("cannot start a recording of …"+short+": "+deck.ErrStarting.Error(), now)
		return nil
	}
	m.unrecorded.starting[place] = true
	m.thaw()
	m.say("starting a recording of the call …"+short, now)
	ctx, d, o := context.WithoutCancel(m.ctx), m.deck.Deck, m.o.Start
	return func() tea.Msg {
		rec, p, err := d.StartFor(ctx, req.SID, o, req)
		return startedMsg{of: place, short: short, rec: rec, p: p, err: err}
	}
}

// startDone takes the end of a start, and says it.
func (m *Model) startDone(msg startedMsg, now time.Time) {
	delete(m.unrecorded.starting, msg.of)
	words, hint, bad := startWords(msg)
	if bad {
		m.complain(words, hint, now)
		return
	}
	if rec := msg.p.Request.SID; !rec.IsZero() && m.list.Place() == msg.of {
		m.unrecorded.await[msg.of] = deck.Key{Profile: msg.of.Profile, SID: rec}
		m.followUnrecorded(now)
	}
	m.say(words, now)
}

// startWords says what became of a start, with the next step, and whether it must
// not be overlooked.
func startWords(msg startedMsg) (words, hint string, bad bool) {
	p, of := msg.p, " of the call …"+msg.short
	if msg.err != nil {
		switch {
		case errors.Is(msg.err, deck.ErrRecorded):
			return "nothing was sent: the call …" + msg.short + " has a recording by now", "", false
		case errors.Is(msg.err, deck.ErrStarting):
			return "nothing was sent: a recording" + of + " is being started already", "", false
		}
		return "cannot start a recording" + of + ": " + requests.WhyNot(msg.err), requests.NextStep(msg.err), true
	}
	switch p.Outcome {
	case deck.Verified:
		words = "started recording …" + lastOf(p.Request.SID) + of + ": verified in " + times.Seconds(p.Done.Sub(p.Asked))
	case deck.Accepted:
		words = "started recording …" + lastOf(p.Request.SID) + of + ": accepted"
	case deck.Failed:
		words, hint, bad = "start a recording"+of+": failed: "+requests.Cause(p.Err), requests.NextStep(p.Err), true
	default:
		words, bad = "start a recording"+of+": unknown", true
		if p.Err != nil {
			words += " (" + api.Reason(p.Err) + ")"
		}
		hint = "look at the list before you start another"
	}
	if note := strings.TrimSpace(text.New(p.Note).String()); note != "" {
		words += ": " + note
	}
	if p.OffRecord != nil && !errors.Is(p.Err, deck.ErrNotOnRecord) {
		words, bad = words+"; not on record: "+text.New(p.OffRecord.Error()).String(), true
	}
	return words, hint, bad
}

// lastOf is the end of a SID that is in no list yet.
func lastOf(sid text.Text) string {
	s := sid.SID()
	return s[max(0, len(s)-4):]
}

// watchStart closes the question about a start where a snapshot shows that there is
// nothing to start any more.
func (m *Model) watchStart(s *deck.Snapshot, now time.Time) {
	req := m.prompt.Question().Request
	for _, u := range s.Unrecorded {
		if u.SID() == req.SID && u.Profile == req.Profile {
			return
		}
	}
	why := "it has ended, or has a recording by now"
	for _, r := range s.Recordings {
		if r.Active() && r.CallSID == req.SID && r.Profile == req.Profile {
			why = "it has a recording by now"
		}
	}
	m.closeUnasked(m.prompt.Canceled(why), now)
}
