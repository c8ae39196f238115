package deck

import (
	"cmp"
	"context"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// poller reads the recordings of the project and hands them to the deck, which
// decides what they say.
type poller struct {
	deck      *Deck
	client    *api.Client
	directory *directory
	places    places // shared with the directory
	lookback  time.Duration
	fullEvery time.Duration // between two full scans
	wake      chan struct{} // a poll is wanted now

	// Only the polling goroutine uses these.
	feed  feed
	began time.Time // when the poll under way, or the last one, began

	mu    sync.Mutex // guards what follows; no other is taken under it
	costs costs      // what requests have cost so far
	old   oldLook
}

// feed is what the polls know of the list of recordings, ended ones too.
type feed struct {
	arrivals   int64              // rows that came on top since the first look
	walk       uint               // the walk along the list under way, counted
	recent     map[text.Text]uint // the newest rows, and the walk that met them first
	older      map[text.Text]uint // what recent was before it was full
	watermark  time.Time          // the newest row's creation
	fresh      float64            // new rows per poll, lately
	scan       *scan              // the full scan under way; nil for none
	scanned    time.Time          // when the last full scan ended; zero before the first
	pages      int                // of the last full scan
	partial    error              // why the last full scan was partial; nil when it was not
	partials   int                // full scans in a row that met rows that could not be read
	unreadable error              // rows of the last poll that could not be read; nil for none
}

func newPoller(d *Deck, p places) *poller {
	return &poller{
		deck: d, directory: d.directory, places: p, wake: make(chan struct{}, 1),
		lookback: d.config.Lookback, fullEvery: d.config.FullEvery,
	}
}

// want asks for a poll now, or as soon as the one under way has ended.
func (p *poller) want() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// spent has f read or change what requests have cost.
func (p *poller) spent(f func(*costs)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.costs)
}

// run polls until ctx ends.
func (p *poller) run(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		err := p.poll(ctx)
		if ctx.Err() != nil {
			break
		}
		wait := p.deck.pollInterval()
		if err != nil {
			failures++
			wait = backoff(err, failures, wait)
		} else {
			failures = 0
		}
		p.end(err, time.Now().Add(wait))
		_, asked := waitAsked(err)
		if asked {
			p.directory.holdUntil(time.Now().Add(wait))
		}
		p.rest(ctx, wait, asked)
	}
}

// once polls once.
func (p *poller) once(ctx context.Context) error {
	err := p.poll(ctx)
	p.end(err, time.Now())
	return err
}

// end ends a poll; next is when the next one begins.
func (p *poller) end(err error, next time.Time) {
	p.deck.endPoll(time.Since(p.began), err, cmp.Or(p.feed.partial, p.feed.unreadable), next)
	p.directory.want()
}

// rest waits for the next poll, or until one is asked for; not earlier than
// the API wants, and never less than the floor. It lets ended recordings go meanwhile.
func (p *poller) rest(ctx context.Context, wait time.Duration, insist bool) {
	began := time.Now()
	next := time.NewTimer(wait)
	defer next.Stop()
	wake := p.wake
	if insist {
		wake = nil
	}
	var asked <-chan time.Time
	for {
		var purge <-chan time.Time
		if at := p.deck.nextPurge(); !at.IsZero() {
			t := time.NewTimer(max(time.Until(at), 10*time.Millisecond))
			defer t.Stop()
			purge = t.C
		}
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			return
		case <-wake:
			wake, asked = nil, time.After(pollFloor-time.Since(began))
		case <-asked:
			return
		case <-purge:
			p.deck.letGo()
		}
	}
}
