package serve

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

const (
	maxClaim   = 256 // bytes of one claim
	maxWait    = 24 * time.Hour
	maxActions = 200
	fewActions = 50 // where no number is asked for
	rowsAtOnce = 64 // rows that a client has to take within writeTime
)

// whoAmI answers who asks, and what the service is.
func whoAmI(c *call) (any, *local.Refusal) { return c.whoAmI(c.server.projects), nil }

func (c *call) whoAmI(list []*project) local.WhoAmI {
	s, alarm := c.server, ""
	if c.server.o.AlarmCommand {
		alarm = strconv.Itoa(s.own)
	}
	return local.WhoAmI{
		AlarmUID: alarm,
		Wire:     strconv.Itoa(local.Major) + "." + strconv.Itoa(local.Minor), Version: s.o.Version, Instance: s.instance, PID: os.Getpid(),
		Session: c.session.id, User: c.session.user, UID: c.session.uid(),
		Role: c.permit.role, May: append([]local.Word{}, c.permit.may...), Profiles: profilesOf(list),
	}
}

func profilesOf(list []*project) []local.Profile {
	out := []local.Profile{}
	for _, p := range list {
		out = append(out, p.wire())
	}
	return out
}

func (p *project) wire() local.Profile {
	return local.Profile{Deck: p.number, Profile: p.Profile, Space: p.Space, Project: p.ID, ReadOnly: p.ReadOnly, Policy: p.Deck.Snapshot().Policy.Name()}
}

// profileNames returns the names of the profiles for a sentence.
func (s *Server) profileNames() string {
	var names []string
	for _, p := range s.projects {
		if p.Profile != "" {
			names = append(names, p.Profile)
		}
	}
	if names == nil {
		return "one project without a profile"
	}
	return strings.Join(names, ", ")
}

// chosen returns the projects that the query of a request is about.
func (c *call) chosen() ([]*project, *local.Refusal) {
	return c.server.named(c.r.URL.Query()["profile"])
}

// chosenBy returns the projects that a body is about: all for an empty name.
func (c *call) chosenBy(profile string) ([]*project, *local.Refusal) {
	if profile == "" {
		return c.server.projects, nil
	}
	return c.server.named([]string{profile})
}

// recordings answers with all recordings.
func recordings(c *call) (any, *local.Refusal) {
	list, refusal := c.chosen()
	if refusal != nil {
		return nil, refusal
	}
	var rows [][]byte
	for _, p := range list {
		rows = append(rows, c.server.feed.Rows(p.number)...)
	}
	c.array(rows)
	return nil, nil
}

// array answers with a JSON array of what is encoded already. It makes no copy of
// that, which may be large: many clients that take nothing cost no memory each.
func (c *call) array(rows [][]byte) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusOK)
	rc := http.NewResponseController(c.w)
	before := []byte{'['}
	for i, row := range rows {
		if i%rowsAtOnce == 0 {
			_ = rc.SetWriteDeadline(time.Now().Add(writeTime))
		}
		if _, err := c.w.Write(before); err != nil {
			return
		}
		if _, err := c.w.Write(row); err != nil {
			return
		}
		before = []byte{','}
	}
	_ = rc.SetWriteDeadline(time.Now().Add(writeTime))
	if len(rows) == 0 {
		_, _ = c.w.Write(before)
	}
	_, _ = c.w.Write([]byte("]\n"))
}

// recording answers with one, which the API may be asked for.
func recording(c *call) (any, *local.Refusal) {
	profile, refusal := c.oneProfile()
	if refusal != nil {
		return nil, refusal
	}
	p, r, refusal := c.find(profile, c.id)
	if refusal != nil {
		return nil, refusal
	}
	if row := c.server.feed.Row(p.number, r.SID); row != nil {
		return encodedJSON(row), nil
	}
	as := *r
	as.Profile = p.Profile
	return encodedJSON(local.AppendRow(nil, &as)), nil
}

// oneProfile returns the profile that the query of a request names; empty for
// none.
func (c *call) oneProfile() (string, *local.Refusal) {
	switch names := c.r.URL.Query()["profile"]; len(names) {
	case 0:
		return "", nil
	case 1:
		return names[0], nil
	}
	return "", refuse(local.CodeBody, "one profile can be named here", "")
}

// who returns who asks, as the journal has it.
func (c *call) who() deck.Actor {
	c.server.sessions.touch(c.session)
	return c.server.sessions.who(c.session)
}

// acknowledge silences an alarm.
func acknowledge(c *call, a *local.Acknowledge) (any, *local.Refusal) {
	wait := a.Wait.Duration()
	switch {
	case wait < 0 || wait > maxWait:
		return nil, refuse(local.CodeBody, "wait is between 0 and "+strconv.Itoa(int(maxWait.Seconds()))+" seconds", "")
	case len(a.Reason) > deck.MaxReason:
		return nil, refuse(local.CodeTooLarge, "the reason is longer than "+strconv.Itoa(deck.MaxReason)+" bytes", "")
	}
	if done, refusal := c.acknowledgeUnrecorded(a); done || refusal != nil {
		return local.Done{}, refusal
	}
	p, r, refusal := c.find(a.Profile, a.SID)
	if refusal != nil {
		return nil, refusal
	}
	who := c.who()
	if err := p.Deck.Acknowledge(r.Key(), who, a.Reason, wait); err != nil {
		return nil, refusalOf(err)
	}
	c.server.left.taken(p, r.SID)
	c.server.saveKept()
	return local.Done{}, nil
}

// setTimer sets an auto-resume.
func setTimer(c *call, t *local.Timer) (any, *local.Refusal) {
	after := t.After.Duration()
	if after < 0 || after > deck.MaxResumeAfter {
		return nil, refuse(local.CodeBody, "after is between 0 and "+strconv.Itoa(int(deck.MaxResumeAfter.Seconds()))+" seconds", "")
	}
	p, r, refusal := c.find(t.Profile, t.SID)
	if refusal != nil {
		return nil, refusal
	}
	if err := p.Deck.SetTimer(r.Key(), c.who(), after, t.Local); err != nil {
		return nil, refusalOf(err)
	}
	if after > 0 {
		c.server.left.taken(p, r.SID)
	}
	c.server.saveKept()
	return local.Done{}, nil
}

// reveal puts on record that numbers are shown.
func reveal(c *call, v *local.Reveal) (any, *local.Refusal) {
	p, r, refusal := c.shown(v.Profile, v.SID)
	if refusal != nil {
		return nil, refusal
	}
	p.Deck.Reveal(r.Key(), c.who())
	return local.Done{}, nil
}

// refresh asks for a poll now.
func refresh(c *call, v *local.Refresh) (any, *local.Refusal) {
	list, refusal := c.chosenBy(v.Profile)
	if refusal != nil {
		return nil, refusal
	}
	for _, p := range list {
		p.Deck.Refresh()
	}
	return local.Done{}, nil
}

// look says that a recording is on a screen.
func look(c *call, v *local.Look) (any, *local.Refusal) {
	p, r, refusal := c.shown(v.Profile, v.SID)
	if refusal != nil {
		return nil, refusal
	}
	p.Deck.Look(r.Key())
	return local.Done{}, nil
}

// lookForUnrecorded says that somebody wants to know which calls have no recording.
func lookForUnrecorded(c *call, v *local.LookForUnrecorded) (any, *local.Refusal) {
	list, refusal := c.chosenBy(v.Profile)
	if refusal != nil {
		return nil, refusal
	}
	for _, p := range list {
		p.Deck.LookForUnrecorded()
	}
	return local.Done{}, nil
}

// saySession takes what a screen says of itself.
func saySession(c *call, v *local.Screen) (any, *local.Refusal) {
	screen := *v
	for _, s := range []*string{&screen.Command, &screen.Claims.SudoUser, &screen.Claims.SSHClient, &screen.Claims.SSHKey, &screen.Claims.TTY} {
		if len(*s) > maxClaim {
			return nil, refuse(local.CodeTooLarge, "a text of it is longer than "+strconv.Itoa(maxClaim)+" bytes", "")
		}
		*s = text.New(*s).String()
	}
	if screen.Idle < 0 || screen.Idle.Duration() > maxWait {
		return nil, refuse(local.CodeBody, "idle is between 0 and "+strconv.Itoa(int(maxWait.Seconds()))+" seconds", "")
	}
	var refusal *local.Refusal
	if screen.Prompt, refusal = c.prompt(screen.Prompt); refusal != nil {
		return nil, refusal
	}
	c.server.sessions.say(c.session, screen)
	return local.Done{}, nil
}

// prompt returns a question that a screen has open, about recordings that there
// are. Of several those that there are no more are left out.
func (c *call) prompt(q *local.Prompt) (*local.Prompt, *local.Refusal) {
	switch {
	case q == nil:
		return nil, nil
	case !slices.Contains([]string{"pause", "resume", "stop"}, q.Verb):
		return nil, refuse(local.CodeBody, "the verb of a prompt is pause, resume or stop", "")
	case len(q.More) > local.MaxPrompt:
		return nil, refuse(local.CodeTooMany, "a prompt is about more than "+strconv.Itoa(local.MaxPrompt+1)+" recordings", "")
	}
	p, r, refusal := c.shown(q.Profile, q.SID)
	if refusal != nil {
		return nil, refusal
	}
	open := &local.Prompt{SID: r.SID.String(), Profile: p.Profile, Verb: q.Verb}
	for _, of := range q.More {
		if p, r, refusal := c.shown(of.Profile, of.SID); refusal == nil {
			open.More = append(open.More, local.PromptOf{SID: r.SID.String(), Profile: p.Profile})
		}
	}
	return open, nil
}

// listSessions answers who is connected.
func listSessions(c *call) (any, *local.Refusal) {
	return local.Sessions{Sessions: c.server.sessions.list(c.session, c.permit.can(local.WordSessions))}, nil
}

// endSession ends a session: one of the asker's own, or with the word anybody's.
func endSession(c *call) (any, *local.Refusal) {
	all := c.server.sessions
	s := all.find(c.id)
	if s == nil || s.peer.UID != c.session.peer.UID {
		if refusal := c.may(local.WordSessions); refusal != nil {
			return nil, refusal // also where there is none: who may not list them cannot find out
		}
	}
	if s == nil {
		return nil, refuse(local.CodeID, "there is no session "+quoted(c.id), "tapedeck sessions lists them")
	}
	who := c.who()
	if s == c.session {
		all.end(s, quit, true)
		return local.Done{}, nil
	}
	c.server.note(who, "ended the session "+s.id+" of "+s.user)
	all.end(s, "ended by "+who.Name(), true)
	return local.Done{}, nil
}

// quit is why a session is over that its own user has ended, for the journal.
const quit = "quit"

// note puts on record what somebody did that is about no recording.
func (s *Server) note(who deck.Actor, what string) {
	for _, p := range s.projects {
		if p.Journal != nil {
			p.Journal.Enqueue(journal.Entry{Event: journal.Note, Who: who, Reason: what})
			return
		}
	}
}

// actions answers what was done last, by the journal.
func actions(c *call) (any, *local.Refusal) {
	n := fewActions
	if v := c.r.URL.Query().Get("n"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil || n < 1 || n > maxActions {
			return nil, refuse(local.CodeBody, "n is a number from 1 to "+strconv.Itoa(maxActions), "")
		}
	}
	list, refusal := c.chosen()
	if refusal != nil {
		return nil, refusal
	}
	out := local.Actions{Actions: []local.Action{}}
	for _, p := range list {
		if p.Actions == nil {
			continue
		}
		found, err := p.Actions(n)
		if err != nil && len(found) == 0 && !errors.Is(err, os.ErrNotExist) {
			return nil, refuse(local.CodeInternal, "the journal cannot be read: "+text.New(err.Error()).String(), "")
		}
		for _, a := range found {
			out.Actions = append(out.Actions, actionOf(p.Profile, a))
		}
	}
	slices.SortStableFunc(out.Actions, func(a, b local.Action) int { return b.Time.Compare(a.Time) })
	out.Actions = out.Actions[:min(n, len(out.Actions))]
	return out, nil
}

func actionOf(profile string, a journal.Action) local.Action {
	return local.Action{
		Profile: profile, Time: a.Time, Event: string(a.Event), ID: a.ID, Actor: a.Name(), ByTimer: a.ByTimer,
		SID: a.Subject().String(), Asked: a.StatusAsked, Before: a.StatusBefore, Status: a.StatusAnswered, Behavior: a.PauseBehavior,
		Outcome: a.Outcome, Reason: a.Reason, Given: a.Given, HTTP: a.HTTPStatus, Code: a.Code, Latency: local.SecondsOf(a.Latency),
		Until: a.Until, From: a.From.String(), To: a.To.String(),
	}
}

// status answers how the service and its decks are.
func status(c *call) (any, *local.Refusal) {
	list, refusal := c.chosen()
	if refusal != nil {
		return nil, refusal
	}
	s := c.server
	out := local.Status{
		Version: s.o.Version, Instance: s.instance, PID: os.Getpid(), Since: s.since.UTC(),
		Sessions: len(s.sessions.sorted()), Profiles: []local.ProfileStatus{},
	}
	for _, p := range list {
		out.Profiles = append(out.Profiles, s.statusOf(p))
	}
	return out, nil
}

func (s *Server) statusOf(p *project) local.ProfileStatus {
	snap, now := p.Deck.Snapshot(), time.Now()
	alarms := snap.Alarming(now)
	out := local.ProfileStatus{
		Profile: p.wire(), Phase: phaseName(snap.Health.Phase(now)), State: *local.StateOf(snap),
		Active: snap.Active, Paused: snap.Paused, Alarms: len(alarms),
	}
	if snap.Longest != nil {
		out.Longest = local.SecondsOf(snap.Longest.Pause.For(snap.ServerTime(now)))
	}
	return out
}

func phaseName(p deck.Phase) string {
	return map[deck.Phase]string{deck.Loading: "loading", deck.Live: "live", deck.Stale: "stale", deck.Partial: "partial"}[p]
}

// leftBehind answers with the pauses left behind that are offered to the asker.
func leftBehind(c *call) (any, *local.Refusal) {
	list, refusal := c.chosen()
	if refusal != nil {
		return nil, refusal
	}
	return local.Left{Left: c.server.left.offered(list, c.permit)}, nil
}

// refusalOf returns why a deck has refused something.
func refusalOf(err error) *local.Refusal {
	r := local.RefusalOf(err)
	return &r
}
