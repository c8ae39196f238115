package serve

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

// returnGrace is for how long the sessions that the last run of the service had
// may take to come back, before their pauses count as left behind.
const returnGrace = time.Minute

// maxLeft is how many pauses left behind are remembered.
const maxLeft = 10_000

// leftPause is a pause whose person's last session has ended.
type leftPause struct {
	Profile string    `json:"profile,omitempty"`
	Project string    `json:"project"`
	SID     string    `json:"sid"`
	Actor   string    `json:"actor"`
	Role    string    `json:"role,omitempty"`
	Paused  time.Time `json:"paused"` // by the server's clock
	Ended   time.Time `json:"ended"`
	Why     string    `json:"why,omitempty"`
}

// person is somebody whose session looked at the recordings.
type person struct {
	Name string `json:"name"` // as it is shown
	UID  string `json:"uid"`
	// Key is the fingerprint of the key of somebody who came in by SSH; empty for
	// others.
	Key  string `json:"key,omitempty"`
	Role string `json:"role,omitempty"`
}

// left knows the pauses left behind.
type left struct {
	server *Server

	mu     sync.Mutex
	list   []leftPause
	coming []person // who had a screen in the last run of the service, and may come back
}

func newLeft(s *Server) *left { return &left{server: s} }

// sessionOver puts on record which pauses of a person last beyond the last of
// that person's screens. Those with an auto-resume are looked after: it goes on,
// for it is the service's.
func (s *Server) sessionOver(over *session, who deck.Actor, role, why string, last bool) {
	s.intervals.over(over)
	s.onRecord.ended(over, why)
	if last {
		s.left.leave(who, role, why)
	}
	s.saveKept()
}

// leave notes that somebody no longer looks. What a command of theirs has paused is
// to outlive it, whoever looks.
func (l *left) leave(who deck.Actor, role, why string) {
	now := time.Now()
	for _, p := range l.server.projects {
		for _, r := range p.Deck.Snapshot().Recordings {
			if !r.Paused() || !r.Timer.At.IsZero() {
				continue
			}
			theirs := func(a deck.Actor) bool { return samePerson(a, who) && !a.Command }
			if paused, acked := p.Deck.Whose(r.Key()); !(theirs(paused) && !r.Pause.Recorded) && !theirs(acked) {
				continue
			}
			if !l.add(leftPause{
				Profile: p.Profile, Project: p.ID, SID: r.SID.String(), Actor: who.Name(), Role: role,
				Paused: r.Pause.Since.UTC(), Ended: now.UTC(), Why: why,
			}) {
				continue
			}
			p.Deck.SayLeft(r.Key(), who, role, why, r.Pause.Since, now)
			if p.Journal != nil {
				p.Journal.Enqueue(journal.Entry{
					Event: journal.Behind, Who: who, Recording: r.SID, Call: r.CallSID, Conference: r.ConferenceSID, Reason: why,
				})
			}
		}
	}
}

// samePerson reports whether two are the same one: by the number of the user, or
// both without one, by the key that was proven.
func samePerson(a, b deck.Actor) bool {
	if a.UID != "" || b.UID != "" {
		return a.UID == b.UID
	}
	return a.SSHKey != "" && !a.Claimed && !b.Claimed && a.SSHKey == b.SSHKey
}

// add remembers a pause left behind; false where it is known.
func (l *left) add(e leftPause) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) >= maxLeft || slices.ContainsFunc(l.list, func(o leftPause) bool { return o.Project == e.Project && o.SID == e.SID }) {
		return false
	}
	l.list = append(l.list, e)
	return true
}

// taken notes that somebody looks after a pause again.
func (l *left) taken(p *project, sid text.Text) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(e leftPause) bool { return e.Project == p.ID && e.SID == sid.String() })
	p.Deck.SayTaken(deck.Key{SID: sid})
}

// prune lets go of the pauses of a project that are over. While not all of it is
// known, none is.
func (l *left) prune(p *project, snap *deck.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == 0 || snap.Health.Complete.IsZero() {
		return
	}
	l.list = slices.DeleteFunc(l.list, func(e leftPause) bool {
		if e.Project != p.ID {
			return false
		}
		r := snap.Find(text.New(e.SID))
		over := r == nil || !r.Paused()
		if over {
			p.Deck.SayTaken(deck.Key{SID: text.New(e.SID)})
		}
		return over
	})
}

// offered returns the pauses of these projects that are offered to somebody: to
// those of the role of who has left them, and to those who may do all.
func (l *left) offered(list []*project, p permit) []local.LeftPause {
	out := []local.LeftPause{}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.list {
		i := slices.IndexFunc(list, func(q *project) bool { return q.ID == e.Project && q.Profile == e.Profile })
		if i < 0 || e.Role != p.role && len(p.may) < len(Words) {
			continue
		}
		r := list[i].Deck.Snapshot().Find(text.New(e.SID))
		if r == nil || !r.Paused() || list[i].Deck.AckedElsewhere(r.Key(), e.Ended) {
			continue
		}
		out = append(out, local.LeftPause{
			Profile: e.Profile, SID: e.SID, Actor: e.Actor, Paused: e.Paused, Ended: e.Ended, Why: e.Why, Until: r.Timer.At.UTC(),
		})
	}
	out = append(out, leftElsewhere(list, p, out)...)
	slices.SortFunc(out, func(a, b local.LeftPause) int {
		return cmp.Or(a.Paused.Compare(b.Paused), cmp.Compare(a.SID, b.SID))
	})
	return out
}

// leftElsewhere returns the pauses of these projects that were left behind on other
// hosts and are offered to somebody, but for those that are offered already.
func leftElsewhere(list []*project, p permit, offered []local.LeftPause) (out []local.LeftPause) {
	for _, q := range list {
		for _, e := range q.Deck.LeftElsewhere() {
			sid := e.Recording.SID.String()
			known := slices.ContainsFunc(offered, func(o local.LeftPause) bool { return o.Profile == q.Profile && o.SID == sid })
			if known || e.Role != p.role && len(p.may) < len(Words) {
				continue
			}
			out = append(out, local.LeftPause{
				Profile: q.Profile, SID: sid, Actor: e.Actor, Paused: e.Paused, Ended: e.Ended.UTC(), Why: e.Why,
			})
		}
	}
	return out
}

// await notes who had a screen in the last run of the service.
func (l *left) await(list []person) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.coming = list
}

// awaited returns who had a screen in the last run of the service, while they
// may come back.
func (l *left) awaited() []person {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.coming)
}

// all returns what is remembered.
func (l *left) all() []leftPause {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}
