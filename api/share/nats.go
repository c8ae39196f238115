package share

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"tapedeck/api/crash"
)

// NATS is the Store of hosts that share a NATS server with JetStream.
//
// One goroutine, [NATS.Run]'s, keeps in touch: it reads the stream anew after
// each connection, sends what is to be said, and gives the signs of life. What
// is new is sent by the server to everybody, with its place in the stream; where
// a place is missing the stream is read from there.
type NATS struct {
	o       Options
	access  *access
	self    mover // without a time
	watches *watchers
	local   *localTimers
	copying *copying
	wake    chan struct{} // of capacity one: there is something to do

	mu      sync.Mutex
	nc      *nats.Conn // nil before Run
	js      jetStream
	state   State
	changed chan struct{} // closed when state changes
	// What the stream has of facts that are not over, by subject.
	subjects map[string]known
	counts   map[string]int  // of subjects, by host
	facts    map[string]Told // that are not over, by subject
	timers   map[Key]Timer   // that the stream has; those that are over for some time
	hosts    map[string]*hostState
	last     uint64 // the sequence up to which everything is known
	// While the stream is read, what comes meanwhile waits here.
	waiting  []stored
	reading  bool
	unread   bool // the stream has to be read anew
	gap      bool // it has to be read from last on
	mine     map[string]*ownFact
	order    []string          // of mine: subjects that are to be sent, the oldest first
	follows  map[string]uint64 // what the next message of a subject follows on, where that is over
	disowned map[string]bool   // writes of timers that their caller was told are not known to be done
	undo     []Timer           // of these, those that have turned up
	said     map[string]bool   // what was said of what is odd
	sessions int
	why      string // the last trouble of the connection

	beat      beat          // Run's alone
	every     time.Duration // from one sign of life to the next
	goneAfter time.Duration
}

// known is what is known of a subject.
type known struct {
	seq     uint64
	foreign bool // it was written by a newer tapedeck
}

// ownFact is what this process says.
type ownFact struct {
	subject string
	data    []byte
	over    bool
	sent    []byte // as it was stored; nil before
	queued  bool
}

// NewNATS returns the Store of a host that shares by servers. The error says
// what of the options cannot be used; nothing is asked of a server yet.
func NewNATS(o Options) (*NATS, error) {
	a, err := o.access()
	if err != nil {
		return nil, err
	}
	n := &NATS{
		o: o, access: a, self: mover{host: o.Host, instance: newInstance(o.Machine)}, watches: newWatchers(),
		wake: make(chan struct{}, 1), changed: make(chan struct{}),
		state:    State{Shared: true, Since: time.Now(), Why: "it is not connected yet"},
		subjects: map[string]known{}, counts: map[string]int{}, follows: map[string]uint64{}, facts: map[string]Told{}, timers: map[Key]Timer{}, hosts: map[string]*hostState{},
		mine: map[string]*ownFact{}, disowned: map[string]bool{}, said: map[string]bool{}, unread: true,
		every: Beat, goneAfter: GoneAfter,
	}
	n.local = newLocal(o.Host, n.self.instance, func(t Timer) { n.watches.tell(Event{Timer: &t}) })
	n.copying = newCopying()
	return n, nil
}

// Host returns the name of this host.
func (n *NATS) Host() string { return n.o.Host }

// State returns whether the others can be heard.
func (n *NATS) State() State {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.state
}

// Wait waits until it is connected.
func (n *NATS) Wait(ctx context.Context) error {
	for {
		n.mu.Lock()
		state, changed := n.state, n.changed
		n.mu.Unlock()
		if state.Connected {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%w: %s: %w", ErrAway, state.Why, ctx.Err())
		}
	}
}

// Watch calls f with what is known and what changes.
func (n *NATS) Watch(f func(Event)) (cancel func()) {
	n.local.mu.Lock()
	defer n.local.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []Event
	for _, name := range slices.Sorted(maps.Keys(n.hosts)) {
		list = append(list, n.hostEvent(name))
	}
	told := slices.SortedFunc(maps.Values(n.facts), func(a, b Told) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, t := range told {
		list = append(list, Event{Told: &t})
	}
	for _, t := range n.timers {
		if !t.State.Over() || t.State == TimerFailed || t.Foreign {
			list = append(list, Event{Timer: &t})
		}
	}
	for _, t := range n.local.of {
		list = append(list, Event{Timer: &t})
	}
	s := n.state
	return n.watches.add(f, append(list, Event{State: &s}))
}

// Run keeps in touch.
func (n *NATS) Run(ctx context.Context) error {
	var group sync.WaitGroup
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer group.Wait()
	defer stop()
	group.Go(func() { n.watches.run(background) })
	defer n.disconnect()
	group.Go(func() { n.copyJournal(ctx) })
	n.keep(ctx)
	return nil
}

// keep does what is to be done, once a second in the least and whenever it is woken.
func (n *NATS) keep(ctx context.Context) {
	defer crash.Guard()
	tick := time.NewTicker(min(time.Second, n.every/4))
	defer tick.Stop()
	for {
		if err := n.step(ctx); err != nil && ctx.Err() == nil {
			n.away(n.access.clean(err.Error()))
		}
		select {
		case <-ctx.Done():
			n.leave()
			return
		case <-tick.C:
		case <-n.wake:
		}
	}
}

// nudge has Run look what is to be done.
func (n *NATS) nudge() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// step does what is to be done. The error says why the others cannot be heard.
func (n *NATS) step(ctx context.Context) error {
	if err := n.connect(ctx); err != nil {
		return err
	}
	if err := n.readAnew(ctx); err != nil {
		return fmt.Errorf("read what is shared: %w", err)
	}
	if err := n.sign(ctx); err != nil {
		return fmt.Errorf("give a sign of life: %w", err)
	}
	if err := n.send(ctx); err != nil {
		return fmt.Errorf("send what is to be shared: %w", err)
	}
	n.undoDisowned(ctx)
	n.together()
	n.missing()
	return nil
}

// together says that the others are heard, if nothing speaks against it.
func (n *NATS) together() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.state.Connected || n.unread || n.gap || n.nc == nil || !n.nc.IsConnected() {
		return
	}
	n.forgive()
	n.setState(State{Shared: true, Connected: true, Since: time.Now()})
}

// away says why the others are not heard.
func (n *NATS) away(why string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.awayLocked(why)
}

func (n *NATS) awayLocked(why string) {
	n.unread = true
	switch {
	case n.state.Connected:
		n.setState(State{Shared: true, Since: time.Now(), Why: why})
	case n.state.Why != why:
		n.setState(State{Shared: true, Since: n.state.Since, Why: why})
	}
}

// setState changes the state. The mutex must be held.
func (n *NATS) setState(s State) {
	n.state = s
	close(n.changed)
	n.changed = make(chan struct{})
	n.watches.tell(Event{State: &s})
}

// odd says once what cannot be understood. The mutex must be held.
func (n *NATS) odd(format string, args ...any) {
	const most = 1000
	s := short(fmt.Sprintf(format, args...))
	if !n.said[s] && len(n.said) < most {
		n.said[s] = true
		n.watches.tell(Event{Odd: s})
	}
}
