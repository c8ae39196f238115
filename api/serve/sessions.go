package serve

import (
	"cmp"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

const (
	// sessionGrace is for how long a session lasts without a connection: its
	// client may be connecting again.
	sessionGrace = 3 * time.Second
	// endedFor is for how long a session that somebody has ended is turned away,
	// should its client try again.
	endedFor = 10 * time.Minute
)

// session is one screen or one command that is connected.
type session struct {
	id   string // short, for people
	key  string // by which its requests find it
	peer Peer
	// insider is who came in by SSH; nil for others.
	insider *Insider
	user    string
	permit  permit
	since   time.Time
	alone   bool // it is that of one connection

	// The mutex of [sessions] guards what follows.
	conns    map[*conn]bool
	watched  bool      // it has, or had, a watch and is no command: somebody was looking
	active   time.Time // when the last key was pressed, or something was asked
	screen   local.Screen
	ended    bool                 // by somebody, or because it is over
	cancel   map[int]func(string) // ends its watches, with the reason
	watches  int                  // that it has had
	leaving  *time.Timer          // ends it when it has been without a connection; nil while it has one
	endedAt  time.Time
	endedWhy string
}

// who returns who asks, as the journal has it: the name and number of the user
// are the kernel's, the rest is the client's word. Of one who came in by SSH all
// was proven but the name of the user, and there is no number.
func (s *session) who(screen local.Screen) deck.Actor {
	if s.insider != nil {
		who := s.insider.who()
		who.Session, who.Command = s.id, isCommand(screen)
		return who
	}
	claims := screen.Claims
	return deck.Actor{
		Actor: s.user, UID: strconv.Itoa(s.peer.UID),
		SudoUser: claims.SudoUser, SSHClient: claims.SSHClient, SSHKey: claims.SSHKey, TTY: claims.TTY,
		Inherited: claims.Inherited, Claimed: claims != local.Claims{}, Session: s.id,
		Command: isCommand(screen),
	}
}

// uid returns the number of the user; empty for one who came in by SSH.
func (s *session) uid() string {
	if s.insider != nil {
		return ""
	}
	return strconv.Itoa(s.peer.UID)
}

// person returns who has the session.
func (s *session) person() person {
	p := person{Name: s.who(s.screen).Name(), UID: s.uid(), Role: s.permit.role}
	if s.insider != nil {
		p.Key = s.insider.Fingerprint
	}
	return p
}

// isCommand reports whether a session is that of a command, which ends with what
// it was asked: it looks at nothing, and what it has paused is to outlive it.
func isCommand(screen local.Screen) bool {
	return screen.Command != "" && screen.Command != local.Dashboard
}

// sessions are those who are connected.
type sessions struct {
	names *names
	// over is called, without the mutex, when a session is over: with why, and
	// whether it is the last screen of its user.
	over func(s *session, who deck.Actor, role, why string, last bool)
	// asking is called, without the mutex, when prompts were opened or closed on
	// a recording.
	asking func(profile string, sid text.Text, list []local.Asking)
	// counted is called when there is another number of sessions; it must not wait. It
	// may be nil.
	counted func(n int)
	// order is held from the look at the prompts until asking has been told of them,
	// so that the last call has the prompts that are open now.
	order sync.Mutex

	mu    sync.Mutex
	of    map[string]*session // by key
	next  int                 // number of the next session
	ended map[string]time.Time
}

// maxEnded is how many sessions that somebody has ended are remembered.
const maxEnded = 1024

// sessionKey returns by what the requests of a session find it: what its client
// has chosen. A connection whose client has chosen nothing is a session of its
// own.
func sessionKey(c *conn, chosen string) (string, *local.Refusal) {
	if chosen == "" {
		return "connection " + strconv.FormatUint(c.number, 10), nil
	}
	if _, err := hex.DecodeString(chosen); err != nil || len(chosen) < 16 || len(chosen) > 64 {
		return "", refuse(local.CodeID, "the session is not 16 to 64 hexadecimal digits", "")
	}
	return chosen, nil
}

// enter returns the session of a request, and notes that it is connected by c.
func (l *sessions) enter(c *conn, chosen string, p permit) (*session, *local.Refusal) {
	key, refusal := sessionKey(c, chosen)
	if refusal != nil {
		return nil, refusal
	}
	user := c.name(l.names)
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.ended[key]; ok && time.Since(at) < endedFor {
		return nil, refuse(local.CodeEnded, "this session was ended", "start tapedeck again")
	}
	s := l.of[key]
	switch {
	case s == nil:
		if l.count(c.peer.UID) >= maxSessionsPerUser {
			return nil, refuse(local.CodeTooMany, "you have too many sessions: "+strconv.Itoa(maxSessionsPerUser)+" are allowed", "end some of them; tapedeck sessions lists them")
		}
		l.next++
		now := time.Now()
		s = &session{id: "s" + strconv.Itoa(l.next), key: key, peer: c.peer, insider: c.insider, user: user, alone: chosen == "", since: now, active: now, conns: map[*conn]bool{}, cancel: map[int]func(string){}}
	case s.peer.UID != c.peer.UID:
		return nil, refuse(local.CodeSession, "this session is another user's", "choose another number for "+local.HeaderSession)
	}
	if !s.conns[c] {
		if !c.whenGone(func() { l.leave(s, c) }) {
			return nil, refuse(local.CodeEnded, "this session was ended", "start tapedeck again")
		}
		s.conns[c] = true
	}
	fresh := l.of[key] == nil
	l.of[key], s.permit = s, p
	if fresh {
		l.changedNumber()
	}
	if s.leaving != nil {
		s.leaving.Stop()
		s.leaving = nil
	}
	return s, nil
}

// count returns how many sessions a user has. The mutex must be held.
func (l *sessions) count(uid int) (n int) {
	for _, s := range l.of {
		if s.peer.UID == uid {
			n++
		}
	}
	return n
}

// changedNumber tells how many sessions there are. The mutex must be held.
func (l *sessions) changedNumber() {
	if l.counted != nil {
		l.counted(len(l.of))
	}
}

// leave notes that a connection of a session is closed. One that has none for a
// while is over, and at once where its client could not come again.
func (l *sessions) leave(s *session, c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) > 0 || s.ended {
		return
	}
	grace := sessionGrace
	if s.alone {
		grace = 0
	}
	s.leaving = time.AfterFunc(grace, func() { defer crash.Guard(); l.end(s, "its session ended", false) })
}

// end ends a session; by somebody, if byOther, else because it is over.
func (l *sessions) end(s *session, why string, byOther bool) {
	l.mu.Lock()
	if s.ended || !byOther && len(s.conns) > 0 {
		l.mu.Unlock()
		return
	}
	s.ended, s.endedAt, s.endedWhy = true, time.Now(), why
	if s.leaving != nil {
		s.leaving.Stop()
	}
	delete(l.of, s.key)
	l.changedNumber()
	if byOther {
		l.remember(s.key)
	}
	cancel, who := slices.Collect(maps.Values(s.cancel)), s.who(s.screen)
	last, role := s.watched && !l.watchedBy(s.person()), s.permit.role
	prompt := s.screen.Prompt
	s.screen.Prompt = nil
	var open []*conn
	for c := range s.conns {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, f := range cancel {
		f(why)
	}
	l.changed(prompt, nil)
	l.over(s, who, role, why, last)
	if byOther {
		time.AfterFunc(time.Second, func() { // by then its watch has been told
			for _, c := range open {
				_ = c.Close()
			}
		})
	}
}

// quit ends a session whose user quits or is gone. Its watches are told why.
func (l *sessions) quit(s *session, why string) {
	l.mu.Lock()
	clear(s.conns)
	l.mu.Unlock()
	l.end(s, why, false)
}

// hasEnded reports whether a session is over.
func (l *sessions) hasEnded(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.ended
}

// remember has a session turned away that somebody has ended. The mutex must be
// held.
func (l *sessions) remember(key string) {
	if l.ended == nil {
		l.ended = map[string]time.Time{}
	}
	for k, at := range l.ended {
		if time.Since(at) >= endedFor || len(l.ended) >= maxEnded {
			delete(l.ended, k)
		}
	}
	l.ended[key] = time.Now()
}

// watchedBy reports whether somebody, in whatever role, has a session that has, or
// had, a watch. The mutex must be held.
func (l *sessions) watchedBy(who person) bool {
	for _, s := range l.of {
		if !s.watched {
			continue
		}
		if p := s.person(); p.Name == who.Name && p.UID == who.UID && p.Key == who.Key {
			return true
		}
	}
	return false
}

// looks reports whether somebody has a session that looks at the recordings.
func (l *sessions) looks(who person) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watchedBy(who)
}

// people returns who has a session that looks at the recordings, sorted.
func (l *sessions) people() (list []person) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := map[person]bool{}
	for _, s := range l.of {
		if !s.watched {
			continue
		}
		if p := s.person(); !known[p] {
			known[p] = true
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b person) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Role, b.Role))
	})
	return list
}

// watch notes that a session watches. cancel ends the watch, with the reason.
// What it returns notes that the watch is over. ok is false where the session is
// over.
func (l *sessions) watch(s *session, cancel func(why string)) (done func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.ended {
		return nil, false
	}
	n := s.watches
	s.watches, s.watched = n+1, s.watched || !isCommand(s.screen)
	s.cancel[n] = cancel
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(s.cancel, n)
	}, true
}

// touch notes that a session has asked for something.
func (l *sessions) touch(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.active = time.Now()
}

// who returns who asks, as the journal has it.
func (l *sessions) who(s *session) deck.Actor {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.who(s.screen)
}

// say takes what a session says of itself.
func (l *sessions) say(s *session, screen local.Screen) {
	l.mu.Lock()
	before := s.screen.Prompt
	if s.insider != nil {
		screen.Claims = local.Claims{} // of this process they would be
	}
	s.screen = screen
	s.active = time.Now().Add(-screen.Idle.Duration())
	l.mu.Unlock()
	l.changed(before, screen.Prompt)
}

// changed tells that a session has another prompt open than before; nil is none.
func (l *sessions) changed(before, now *local.Prompt) {
	was, is := asks(before), asks(now)
	if maps.Equal(was, is) {
		return
	}
	l.order.Lock()
	defer l.order.Unlock()
	all := l.questions()
	tell := func(q question) { l.asking(q.profile, text.New(q.sid), all[q]) }
	for q, verb := range was {
		if is[q] != verb {
			tell(q)
		}
	}
	for q := range is {
		if was[q] == "" {
			tell(q)
		}
	}
}

// question is a recording that a prompt is about.
type question struct{ profile, sid string }

// asks returns what a prompt asks, by recording; none for no prompt.
func asks(p *local.Prompt) map[question]string {
	if p == nil {
		return nil
	}
	list := map[question]string{{p.Profile, p.SID}: p.Verb}
	for _, of := range p.More {
		list[question{of.Profile, of.SID}] = p.Verb
	}
	return list
}

// questions returns all prompts that are open, the oldest session first.
func (l *sessions) questions() map[question][]local.Asking {
	all := map[question][]local.Asking{}
	for _, s := range l.sorted() {
		l.mu.Lock()
		p := s.screen.Prompt
		l.mu.Unlock()
		for q, verb := range asks(p) {
			all[q] = append(all[q], local.Asking{Session: s.id, Actor: s.user, Verb: verb})
		}
	}
	return all
}

// sorted returns the sessions, the longest first.
func (l *sessions) sorted() (all []*session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.of {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *session) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	return all
}

// list returns the sessions as asker may see them: its own, or all.
func (l *sessions) list(asker *session, all bool) []local.Session {
	list := []local.Session{}
	for _, s := range l.sorted() {
		if all || s.peer.UID == asker.peer.UID {
			list = append(list, l.show(s, asker))
		}
	}
	return list
}

func (l *sessions) show(s, asker *session) local.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return local.Session{
		ID: s.id, User: s.user, UID: s.uid(), PID: s.peer.PID, Role: s.permit.role,
		Command: s.screen.Command, Since: s.since.UTC(), Idle: local.SecondsOf(time.Since(s.active)),
		Prompt: s.screen.Prompt, Claims: s.screen.Claims, SSH: s.insider.wire(), You: s == asker,
	}
}

// find returns the session with an ID; nil for none.
func (l *sessions) find(id string) *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.of {
		if s.id == id {
			return s
		}
	}
	return nil
}

// insiders returns how many sessions are over SSH.
func (l *sessions) insiders() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.of {
		if s.insider != nil {
			n++
		}
	}
	return n
}

// roles returns how many sessions each role has.
func (l *sessions) roles() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := map[string]int{}
	for _, s := range l.of {
		n[s.permit.role]++
	}
	return n
}
