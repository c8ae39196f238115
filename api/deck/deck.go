// Package deck keeps the live state of one SignalWire project: it polls the
// API, publishes a [Snapshot] after each step, and carries out requests.
//
// What is known of the recordings belongs to [Deck] and is guarded by its mutex,
// which is never held during I/O. Its poller reads the list, its directory who
// is on the line; each has a state of its own. Snapshots are shared between
// sessions: read them, clone before sorting. [Deck.Do] is the only way a
// recording is changed.
//
// Three rules decide what a read may say of a recording. A read that began
// before another that was already applied, or before an update was answered,
// says nothing; one that was repeated began when it was repeated. One that
// disagrees within 3 s of an accepted update is taken as lag. Whatever else the
// API says is the truth, and nothing else is.
package deck

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/journal"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// The limits of what may be asked for.
const (
	MinInterval     = 500 * time.Millisecond
	MaxInterval     = 5 * time.Minute
	DefaultInterval = 2 * time.Second
	DefaultLookback = 24 * time.Hour
)

// CloseLimit is how long an update that is under way keeps [Deck.Run], when it is
// to end: as long as its answer may take.
const CloseLimit = updateLimit + 500*time.Millisecond

const (
	keepEnded   = 60 * time.Second // how long an ended recording stays in the snapshot
	lagWindow   = 3 * time.Second  // a read that disagrees with an accepted update is lag for so long
	fullEvery   = 5 * time.Minute  // between two full scans
	maxInFlight = 8                // requests of a poll at one time
)

// Config says how a deck works. The zero value has the defaults.
type Config struct {
	Interval time.Duration // from the end of a poll to the next; DefaultInterval when 0
	Lookback time.Duration // how far back a full scan reads; DefaultLookback when 0
	ReadOnly bool          // refuse every update
	// Policy is what the project's recordings are for: it refuses what does not fit
	// that. The zero value is [Privacy].
	Policy Policy
	// UnrecordedAlarm is how long a call in progress may be without a recording
	// before it alarms; 0 for ever.
	UnrecordedAlarm time.Duration
	// FullEvery is the time between two full scans; 5 minutes when 0.
	FullEvery time.Duration
	// PauseWarn and PauseAlarm are the ages at which a pause warns and alarms;
	// DefaultPauseWarn and DefaultPauseAlarm when 0.
	PauseWarn, PauseAlarm time.Duration

	// Unrecorded has the deck look for calls without a recording all the time,
	// and not only while somebody asks; see [Deck.LookForUnrecorded].
	Unrecorded bool

	// Journal is where updates are put on record; nil for nowhere.
	Journal         Journal
	JournalRequired bool   // refuse an update that cannot be put on record
	Watched         bool   // screens show it: when its data goes stale, and is live again, goes on record
	Space, Project  string // as the journal names them; see [Deck.Recover]
	// WhoPaused, if set, answers from memory who paused a recording last, by
	// the journal. It must not wait: it is asked under the deck's mutex.
	WhoPaused func(sid text.Text) (journal.Paused, bool)
	// Past, if set, answers from memory what a recording did, by the journal, and
	// whether that has been read. It is asked under the deck's mutex too.
	Past func(sid text.Text) (parts []journal.Part, read bool)
	// Kept is what the last run knew; see [Deck.Kept]. It is applied to each
	// recording as the API first shows it, if it is as it was.
	Kept Kept
	// Share is what this host tells the others and hears of them; nil for a host
	// alone. Whoever gives it has it run.
	Share share.Store
	// Timelines are those that the last run has drawn; see [Deck.Timelines].
	Timelines map[string]string
}

// Deck is the live state of one project. Make one with [Open], and let it poll
// and end with [Deck.Run].
type Deck struct {
	client *api.Client
	config Config
	places places // for the POSTs of batches that have no answer

	poller    *poller    // reads the recordings
	directory *directory // reads who is on the line

	mu        sync.Mutex
	entries   map[text.Text]*entry
	order     []*entry // the entries, newest first
	health    Health
	clock     serverClock
	interval  time.Duration
	seq       uint64
	last      *Snapshot
	subs      map[chan *Snapshot]struct{}
	watchers  map[*Latest]struct{}     // see [Deck.Watch]
	listeners map[chan []Step]struct{} // see [Deck.Steps]
	taken     []*Progress              // requests that the listeners are to be told of
	ids       uint64                   // of requests
	freshness journal.Event            // the last that went on record; empty before
	closed    bool
	kept      map[text.Text]*leftover // of the last run, not seen yet
	unsent    []Progress              // requests of batches that were not sent, for the deck was closed
	coverage  coverage                // which calls in progress have no recording
	sh        *shared                 // what other hosts are told and tell; nil for a host alone

	updates sync.WaitGroup
	closing context.Context // ends when updates should no longer wait for their verification
	cut     context.CancelFunc
}

// New returns a deck of the client's project. It sends nothing before
// [Deck.Run]. The client's Observe must be the deck's: make both by [Open].
func newDeck(c Config) *Deck {
	if c.Interval == 0 {
		c.Interval = DefaultInterval
	}
	if c.Lookback == 0 {
		c.Lookback = DefaultLookback
	}
	if c.FullEvery == 0 {
		c.FullEvery = fullEvery
	}
	c.Unrecorded = c.Unrecorded || c.UnrecordedAlarm > 0
	if c.PauseWarn == 0 {
		c.PauseWarn = DefaultPauseWarn
	}
	if c.PauseAlarm == 0 {
		c.PauseAlarm = DefaultPauseAlarm
	}
	d := &Deck{
		config:    c,
		places:    make(chan struct{}, maxUnanswered),
		entries:   map[text.Text]*entry{},
		kept:      leftovers(c.Kept),
		interval:  min(max(c.Interval, MinInterval), MaxInterval),
		subs:      map[chan *Snapshot]struct{}{},
		watchers:  map[*Latest]struct{}{},
		listeners: map[chan []Step]struct{}{},
	}
	inFlight := make(places, maxInFlight)
	d.directory = newDirectory(inFlight, d.Snapshot)
	d.poller = newPoller(d, inFlight)
	d.closing, d.cut = context.WithCancel(context.Background())
	d.health = Health{Page: 1, Limit: staleAfter(d.interval)}
	d.sh = newShared(d)
	d.publish()
	return d
}

// Open returns a deck of the project that client names, with a client of its
// own; client.Observe is called too. It sends nothing before [Deck.Run].
func Open(client api.Config, c Config) (*Deck, error) {
	d := newDeck(c)
	observe := client.Observe
	client.Observe = func(x api.Exchange) {
		d.observe(x)
		if observe != nil {
			observe(x)
		}
	}
	var err error
	d.client, err = api.New(client)
	d.poller.client, d.directory.client = d.client, d.client
	return d, err
}

// Run polls until ctx ends. Then it closes the deck, as [Deck.Close] does for
// [CloseLimit] at most, polls on meanwhile, and returns when nothing of the deck
// is under way any more. The error is that of Close.
func (d *Deck) Run(ctx context.Context) error {
	polls, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { defer crash.Guard(); d.runAside(polls) })
	wg.Go(func() { defer crash.Guard(); d.poller.run(polls) })
	if d.sh != nil {
		wg.Go(func() { defer crash.Guard(); d.sh.run(polls) })
	}
	<-ctx.Done()
	limit, cancel := context.WithTimeout(polls, CloseLimit)
	err := d.Close(limit)
	cancel()
	stop()
	wg.Wait()
	d.client.Close()
	return err
}

// Poll looks at the project once, for a caller that does not [Deck.Run].
func (d *Deck) Poll(ctx context.Context) error {
	return d.poller.once(ctx)
}

// Refresh asks for a poll now, or as soon as the one under way has ended.
func (d *Deck) Refresh() { d.poller.want() }

// SetInterval sets the time from the end of a poll to the next, between 500 ms
// and 5 minutes.
func (d *Deck) SetInterval(every time.Duration) {
	d.mu.Lock()
	d.interval = min(max(every, MinInterval), MaxInterval)
	d.health.Limit = staleAfter(d.interval)
	d.publish()
	d.mu.Unlock()
	d.Refresh()
}

func (d *Deck) pollInterval() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.interval
}

// staleAfter returns the age at which data is stale at a poll interval.
func staleAfter(interval time.Duration) time.Duration { return 2*interval + 3*time.Second }

// Subscribe returns a channel that has the current snapshot and then the
// latest, and what ends the subscription. A subscriber that is slow misses
// snapshots and never the newest one, and delays nobody.
func (d *Deck) Subscribe() (snapshots <-chan *Snapshot, cancel func()) {
	ch := make(chan *Snapshot, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	ch <- d.last
	d.subs[ch] = struct{}{}
	return ch, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.subs, ch)
	}
}

// Snapshot returns the current snapshot.
func (d *Deck) Snapshot() *Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

// Close refuses new updates and waits until those under way have been
// answered, or until ctx ends. What was answered and not yet verified is
// left as it is. The error names the requests that were not sent. [Deck.Run]
// does it at its end.
func (d *Deck) Close(ctx context.Context) error {
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		for _, e := range d.order {
			d.dropTimer(e)
		}
	}
	d.mu.Unlock()
	d.cut()
	done := make(chan struct{})
	go func() { d.updates.Wait(); close(done) }()
	select {
	case <-done:
		return d.notSent()
	case <-ctx.Done():
		return errors.New("close the deck: an update has not been answered; its outcome is unknown")
	}
}

// publish makes a snapshot of the state and gives it to every subscriber. The
// mutex must be held.
func (d *Deck) publish() {
	d.seq++
	d.relate()
	d.coverSoon(time.Now())
	s := &Snapshot{
		Seq: d.seq, Health: d.health, Offset: d.clock.offset, Heard: d.clock.at, Interval: d.interval,
		ReadOnly: d.config.ReadOnly, Recordings: make([]*Recording, len(d.order)),
		PauseWarn: d.config.PauseWarn, PauseAlarm: d.config.PauseAlarm,
		Policy: d.config.Policy, UnrecordedAlarm: d.config.UnrecordedAlarm,
	}
	s.Calls, s.Conferences = d.directory.why()
	s.Unrecorded, s.UnrecordedMore, s.InProgress = d.coverage.rows, d.coverage.more, d.coverage.state
	for i, e := range d.order {
		r := e.view
		s.Recordings[i] = r
		s.count(r)
	}
	if d.sh != nil {
		d.sh.sayAll()
		s.Share, s.Hosts = d.sh.state, d.sh.hostInfos()
	}
	d.last = s
	for ch := range d.subs {
		select {
		case <-ch: // the stale one, if it was not taken
		default:
		}
		ch <- s // this is the only sender, under the mutex: it has room
	}
	for l := range d.watchers {
		l.Offer(s)
	}
}

// nextPurge returns when the next ended recording is to be let go; zero for
// none.
func (d *Deck) nextPurge() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	var next time.Time
	for _, e := range d.order {
		if at := e.view.Ended; !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return next
	}
	return next.Add(keepEnded)
}

// purge lets go of what ended long enough ago, unless an update of it is under
// way. The mutex must be held.
func (d *Deck) purge(now time.Time) (changed bool) {
	d.order = slices.DeleteFunc(d.order, func(e *entry) bool {
		gone := !e.view.Ended.IsZero() && age(e.view.Ended, now) >= keepEnded && !e.busy()
		if gone {
			delete(d.entries, e.view.SID)
			changed = true
		}
		return gone
	})
	return changed
}

// observe learns the server's clock and what requests cost.
func (d *Deck) observe(x api.Exchange) {
	d.poller.spent(func(c *costs) { c.observe(x) })
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if mistaken := d.clock.observe(x, now); mistaken != 0 {
		d.correct(mistaken, now)
	}
}
