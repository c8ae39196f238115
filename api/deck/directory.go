package deck

import (
	"context"
	"slices"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

const (
	labelsEvery     = time.Minute      // between two listings of what is in progress
	labelsRetry     = 10 * time.Second // after a failure, or an interval if that is shorter
	labelsOne       = 8                // unknown ones up to this many are read one by one
	lookEvery       = time.Minute      // between two listings of the participants on screen
	maxFailedPeople = 30               // readings of participants, from then on they are no sooner than others
	peopleEvery     = 5 * time.Minute  // between two listings of other conferences' participants
	maxLooks        = 8                // conferences on screen, and conferences asked for in one round
)

// directory is who is on the line: calls, conferences and participants. It reads
// them beside the polls and never costs one; the deck takes from it what it
// shows.
type directory struct {
	client   *api.Client
	places   places           // shared with the polls
	snapshot func() *Snapshot // the recordings that it is about
	wake     chan struct{}    // a round is wanted

	mu          sync.Mutex // guards what follows; never held during I/O, and no other is taken under it
	calls       names[api.Call]
	conferences names[api.Conference]
	looks       []text.Text // conferences that are on somebody's screen, latest first
	people      map[text.Text][]Participant
	peopleRead  map[text.Text]time.Time // when a conference's participants were last asked for
	// peopleFailed is how many readings of participants in a row have failed:
	// they are repeated with a next round, not before peopleRetry, and not for ever.
	peopleFailed int
	peopleRetry  time.Time
	hold         time.Time // until then nothing is asked for: a poll was told to wait
	progress               // who has no recording, while somebody wants to know
}

func newDirectory(p places, snapshot func() *Snapshot) *directory {
	return &directory{
		places: p, snapshot: snapshot, wake: make(chan struct{}, 1),
		calls:       names[api.Call]{by: map[text.Text]name[api.Call]{}},
		conferences: names[api.Conference]{by: map[text.Text]name[api.Conference]{}},
		people:      map[text.Text][]Participant{},
		peopleRead:  map[text.Text]time.Time{},
		progress:    progress{present: map[text.Text]time.Time{}},
	}
}

// want asks for a round.
func (dir *directory) want() {
	select {
	case dir.wake <- struct{}{}:
	default:
	}
}

// wanted waits until a round is wanted, and reports false when ctx has ended.
func (dir *directory) wanted(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-dir.wake:
		return true
	}
}

// read reads what is not known and due.
func (dir *directory) read(ctx context.Context) {
	dir.readPeople(ctx)
	dir.readCalls(ctx)
	dir.readConferences(ctx)
}

// holdUntil keeps it from asking for anything until then: the API wants to be
// left alone.
func (dir *directory) holdUntil(t time.Time) {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	dir.hold = t
}

// held reports whether the API wants to be left alone still.
func (dir *directory) held() bool {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	return time.Now().Before(dir.hold)
}

// retryAt returns the time before which calls or conferences must not be asked
// for; zero for none.
func (dir *directory) retryAt() time.Time {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	if dir.conferences.retry.After(dir.calls.retry) {
		return dir.conferences.retry
	}
	return dir.calls.retry
}

// failed notes that the API wants calls and conferences to be left alone.
func (dir *directory) failed(err error, interval time.Duration) {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	dir.calls.noteRead(err, interval)
	dir.conferences.noteRead(err, interval)
}

// why returns why calls, and conferences, are not known that are not.
func (dir *directory) why() (calls, conferences Unnamed) {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	return dir.calls.why, dir.conferences.why
}

// of returns what is known of a recording's call or conference.
func (dir *directory) of(r *Recording) (*api.Call, *api.Conference, []Participant) {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	return dir.calls.by[r.CallSID].value, dir.conferences.by[r.ConferenceSID].value, dir.people[r.ConferenceSID]
}

// participants returns who is in a conference, as far as that is known.
func (dir *directory) participants(conf text.Text) []Participant {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	return dir.people[conf]
}

// hosts returns the conference of each call that is known to be in one of those
// that in reports.
func (dir *directory) hosts(in func(conf text.Text) bool) map[text.Text]text.Text {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	host := map[text.Text]text.Text{}
	for conf, people := range dir.people {
		if !in(conf) {
			continue
		}
		for _, p := range people {
			host[p.CallSID] = conf
		}
	}
	return host
}

// look notes that a conference is on screen.
func (dir *directory) look(conf text.Text) {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	looks := slices.DeleteFunc(dir.looks, func(sid text.Text) bool { return sid == conf })
	looks = slices.Insert(looks, 0, conf)
	dir.looks = looks[:min(len(looks), maxLooks)]
}

// Look tells that a recording is on screen, so that the participants of its
// conference are read beside the polls. It never blocks.
func (d *Deck) Look(of Key) {
	if r := d.Find(of.SID); r != nil && r.IsConference() {
		d.directory.look(r.ConferenceSID)
		d.directory.want()
	}
}

// runAside reads what the directory lacks, and looks again for old recordings,
// when that is wanted, until ctx ends.
func (d *Deck) runAside(ctx context.Context) {
	for d.directory.wanted(ctx) {
		if d.directory.held() {
			continue // the next poll that ends asks for them again
		}
		d.directory.read(ctx)
		d.readUncovered(ctx)
		if d.poller.oldDue(time.Now()) {
			d.poller.scanOld(ctx)
		}
		d.attachAll()
	}
}

// attachAll gives every recording what is known of its call or conference.
func (d *Deck) attachAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls, conferences := d.directory.why()
	changed := !calls.Same(d.last.Calls) || !conferences.Same(d.last.Conferences) || d.cover(time.Now())
	for _, e := range d.order {
		changed = d.attach(e) || changed
	}
	if changed {
		d.publish()
	}
}

// attach gives a recording what is known of its call or conference, and
// reports whether that is news. The mutex must be held.
func (d *Deck) attach(e *entry) bool {
	r := e.view
	call, conf, people := d.directory.of(r)
	if call == r.Call && conf == r.Conference && samePeople(people, r.Participants) {
		return false
	}
	e.change(func(r *Recording) { r.Call, r.Conference, r.Participants = call, conf, people })
	return true
}

func samePeople(a, b []Participant) bool { return slices.Equal(a, b) }
