package share

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/journal"
)

// Memory is a server in this process, for the tests of who uses a [Store]. It
// moves auto-resumes by the same rules as [NATS] does, and can be made to fail.
type Memory struct {
	mu     sync.Mutex
	seq    uint64
	facts  map[factOf]Told
	timers map[Key]Timer
	hosts  map[string]*MemoryHost
}

type factOf struct {
	key        Key
	host, kind string
}

// NewMemory returns a server without hosts.
func NewMemory() *Memory {
	return &Memory{facts: map[factOf]Told{}, timers: map[Key]Timer{}, hosts: map[string]*MemoryHost{}}
}

// Timers returns the auto-resumes as the server has them.
func (m *Memory) Timers() map[Key]Timer {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.timers)
}

// Fault is what becomes of one call of a host.
type Fault struct {
	Wait    time.Duration // before anything else
	Lost    bool          // the answer is lost
	Written time.Duration // of one whose answer is lost: how much later it is written; below 0 for never
}

// MemoryHost is the Store of one host of a [Memory].
type MemoryHost struct {
	// Fails, if set, says what becomes of a call: set, claim, fire, finish, fail,
	// cancel or release. It is to be set before the first.
	Fails func(call string) Fault

	memory  *Memory
	self    mover
	watches *watchers

	// The mutex of the Memory guards what follows.
	state    State
	gone     bool
	left     bool
	sessions int
	seen     map[Key]Timer   // as this host has heard of them last
	told     map[factOf]Told // of the others, as this host has heard
	unsent   map[factOf]Fact
	disowned map[string]bool
}

// Join returns the Store of another host.
func (m *Memory) Join(name string) *MemoryHost {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := &MemoryHost{
		memory: m, self: mover{host: name, instance: newID()}, watches: newWatchers(),
		state: State{Shared: true, Connected: true, Since: time.Now()},
		seen:  map[Key]Timer{}, told: map[factOf]Told{}, unsent: map[factOf]Fact{}, disowned: map[string]bool{},
	}
	m.hosts[name] = h
	h.hearAll()
	m.tellHost(h)
	return h
}

// Cut cuts the host off, or has it back.
func (h *MemoryHost) Cut(cut bool) {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.state.Connected == !cut {
		return
	}
	h.state = State{Shared: true, Connected: !cut, Since: time.Now()}
	if cut {
		h.state.Why = "the connection was lost"
	} else {
		unsent := h.unsent
		h.unsent = map[factOf]Fact{}
		h.hearAll()
		for of, f := range unsent {
			m.put(h, of, f)
		}
	}
	s := h.state
	h.watches.tell(Event{State: &s})
}

// Die has the others hear that the host is gone, and cuts it off.
func (h *MemoryHost) Die() {
	h.Cut(true)
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	h.gone = true
	h.memory.tellHost(h)
}

// hearAll tells the host what it has not heard of. The mutex must be held.
func (h *MemoryHost) hearAll() {
	for of, t := range h.told {
		if _, there := h.memory.facts[of]; !there {
			t.Over = true
			delete(h.told, of)
			h.watches.tell(Event{Told: &t})
		}
	}
	for of, t := range h.memory.facts {
		h.hearFact(of, t)
	}
	for _, t := range h.memory.timers {
		h.hearTimer(t)
	}
}

func (h *MemoryHost) hearFact(of factOf, t Told) {
	if of.host == h.self.host || h.told[of].Seq >= t.Seq {
		return
	}
	h.told[of] = t
	if t.Over {
		delete(h.told, of)
	}
	h.watches.tell(Event{Told: &t})
}

func (h *MemoryHost) hearTimer(t Timer) {
	if h.seen[t.Key].Seq >= t.Seq {
		return
	}
	t.seen = time.Now()
	if !h.self.same(t) {
		t.began = time.Time{}
	}
	h.seen[t.Key] = t
	h.watches.tell(Event{Timer: &t})
	if h.disowned[t.write] {
		h.undo(t)
	}
}

// undo takes back what its caller does not know to be written.
func (h *MemoryHost) undo(t Timer) {
	now := h.self
	now.now = time.Now()
	next, err := t, ErrNoTimer
	switch t.State {
	case TimerSet:
		next, err = now.cancel(t, "tapedeck: it was not known whether it was set")
	case TimerClaimed:
		next, err = now.release(t)
	case TimerFiring:
		next, err = now.fail(t, t.Due, "its host did not know in time that it might fire")
	}
	if err == nil {
		h.memory.store(next)
	}
}

// tellHost tells all of a host. The mutex must be held.
func (m *Memory) tellHost(of *MemoryHost) {
	for _, h := range m.hosts {
		if h.state.Connected {
			one := of.host(h)
			h.watches.tell(Event{Host: &one})
		}
	}
}

func (h *MemoryHost) host(asker *MemoryHost) Host {
	return Host{Name: h.self.host, Version: "v1.test", Sessions: h.sessions, Self: h == asker, Gone: h.gone, Left: h.left, Heard: time.Now()}
}

// put stores a fact. The mutex must be held.
func (m *Memory) put(by *MemoryHost, of factOf, f Fact) {
	m.seq++
	t := Told{Key: of.key, Fact: f, Host: of.host, Seq: m.seq}
	m.facts[of] = t
	if f.Over {
		delete(m.facts, of)
	}
	for _, h := range m.hosts {
		if h != by && h.state.Connected {
			h.hearFact(of, t)
		}
	}
}

// store stores a state of an auto-resume. The mutex must be held.
func (m *Memory) store(t Timer) Timer {
	m.seq++
	t.Seq, t.seen = m.seq, time.Now()
	t.write = newID()
	return m.written(t)
}

func (m *Memory) written(t Timer) Timer {
	m.timers[t.Key] = t
	for _, h := range m.hosts {
		if h.state.Connected {
			h.hearTimer(t)
		}
	}
	return t
}

// move moves an auto-resume from the state that the caller knows; with insist the
// caller knows none.
func (h *MemoryHost) move(ctx context.Context, call string, of Key, from Timer, insist bool, next step) (Timer, error) {
	var fault Fault
	if h.Fails != nil {
		fault = h.Fails(call)
	}
	select {
	case <-time.After(fault.Wait):
	case <-ctx.Done():
		return from, ErrUnknown
	}
	m := h.memory
	m.mu.Lock()
	if !h.state.Connected {
		m.mu.Unlock()
		return from, ErrAway
	}
	now, ok := m.timers[of]
	if !ok {
		now = Timer{Key: of}
	}
	if seen := h.seen[of]; seen.Seq == now.Seq {
		now.seen = seen.seen
	}
	if !insist && now.Seq != from.Seq {
		m.mu.Unlock()
		return now, &ConflictError{now}
	}
	as := h.self
	as.now = time.Now()
	t, err := next(as, now)
	if err != nil {
		m.mu.Unlock()
		return now, err
	}
	if !fault.Lost {
		defer m.mu.Unlock()
		return m.store(t), nil
	}
	t.write = newID()
	h.disowned[t.write] = !t.given
	later := t
	write := func() {
		if m.timers[of].Seq == now.Seq {
			m.seq++
			later.Seq, later.seen = m.seq, time.Now()
			m.written(later)
		}
	}
	switch {
	case fault.Written == 0:
		write()
	case fault.Written > 0:
		time.AfterFunc(fault.Written, func() {
			defer crash.Guard()
			m.mu.Lock()
			defer m.mu.Unlock()
			write()
		})
	}
	m.mu.Unlock()
	select {
	case <-time.After(Patience):
	case <-ctx.Done():
	}
	return t, ErrUnknown
}

// The methods of Store.

// Run calls who watches, until ctx ends; then it gives its claims back.
func (h *MemoryHost) Run(ctx context.Context) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go h.watches.run(background)
	<-ctx.Done()
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if !h.state.Connected {
		return nil
	}
	for _, t := range m.timers {
		if next, err := h.self.release(t); err == nil {
			m.store(next)
		}
	}
	h.gone, h.left = true, true
	h.state.Connected = false
	m.tellHost(h)
	return nil
}

// Host returns the name of this host.
func (h *MemoryHost) Host() string { return h.self.host }

// State returns whether the others can be heard.
func (h *MemoryHost) State() State {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	return h.state
}

// Wait returns at once.
func (h *MemoryHost) Wait(context.Context) error {
	if !h.State().Connected {
		return ErrAway
	}
	return nil
}

// Put says something about a recording.
func (h *MemoryHost) Put(of Key, f Fact) {
	kind, ok := f.kind()
	if !ok {
		return
	}
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	name := factOf{of, h.self.host, kind}
	if !h.state.Connected {
		h.unsent[name] = f
		return
	}
	h.memory.put(h, name, f)
}

// Watch calls f with what is known and what changes.
func (h *MemoryHost) Watch(f func(Event)) (cancel func()) {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	var known []Event
	for _, other := range m.hosts {
		one := other.host(h)
		known = append(known, Event{Host: &one})
	}
	for _, t := range h.told {
		known = append(known, Event{Told: &t})
	}
	for _, t := range h.seen {
		if !t.State.Over() || t.State == TimerFailed {
			known = append(known, Event{Timer: &t})
		}
	}
	s := h.state
	return h.watches.add(f, append(known, Event{State: &s}))
}

// Hosts returns the hosts that are known.
func (h *MemoryHost) Hosts() (list []Host) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(h.memory.hosts)) {
		list = append(list, h.memory.hosts[name].host(h))
	}
	return list
}

// SetSessions says how many sessions this host has.
func (h *MemoryHost) SetSessions(n int) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	h.sessions = n
	h.memory.tellHost(h)
}

// Journal does nothing.
func (h *MemoryHost) Journal(string) {}

// JournalChanged does nothing.
func (h *MemoryHost) JournalChanged() {}

// ReadJournals reads nothing.
func (h *MemoryHost) ReadJournals(context.Context, func(JournalLine) bool) error { return nil }

// Timer reads the auto-resume of a recording.
func (h *MemoryHost) Timer(_ context.Context, of Key) (Timer, error) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	if !h.state.Connected {
		return Timer{Key: of}, ErrAway
	}
	if t, ok := h.memory.timers[of]; ok {
		return t, nil
	}
	return Timer{Key: of}, nil
}

// SetTimer sets the auto-resume of a recording.
func (h *MemoryHost) SetTimer(ctx context.Context, of Key, s Setting) (Timer, error) {
	id := newID()
	return h.move(ctx, "set", of, Timer{Key: of}, true, func(m mover, t Timer) (Timer, error) { return m.set(t, s, id) })
}

// Claim takes an auto-resume that is due.
func (h *MemoryHost) Claim(ctx context.Context, t Timer, now time.Time) (Timer, error) {
	return h.move(ctx, "claim", t.Key, t, false, func(m mover, t Timer) (Timer, error) { return m.claim(t, now) })
}

// Fire says that this host is about to resume the recording.
func (h *MemoryHost) Fire(ctx context.Context, t Timer) (Timer, error) {
	began := t.began
	ctx, cancel := context.WithDeadline(ctx, t.FireBy())
	defer cancel()
	fired, err := h.move(ctx, "fire", t.Key, t, false, func(m mover, t Timer) (Timer, error) {
		t.began = began
		return m.fire(t)
	})
	if err == nil && !time.Now().Before(fired.FireBy()) {
		h.memory.mu.Lock()
		defer h.memory.mu.Unlock()
		if now := h.memory.timers[t.Key]; now.Seq == fired.Seq {
			h.undo(now)
		}
		return fired, ErrWindow
	}
	return fired, err
}

// Finish says that the recording was resumed.
func (h *MemoryHost) Finish(ctx context.Context, t Timer, outcome string) (Timer, error) {
	return h.move(ctx, "finish", t.Key, t, false, func(m mover, t Timer) (Timer, error) { return m.finish(t, outcome) })
}

// Fail says that it was not done, or may not have been.
func (h *MemoryHost) Fail(ctx context.Context, t Timer, now time.Time, why string) (Timer, error) {
	return h.move(ctx, "fail", t.Key, t, false, func(m mover, t Timer) (Timer, error) { return m.fail(t, now, why) })
}

// CancelTimer cancels the auto-resume of a recording.
func (h *MemoryHost) CancelTimer(ctx context.Context, of Key, by journal.Who) (Timer, error) {
	return h.move(ctx, "cancel", of, Timer{Key: of}, true, func(m mover, t Timer) (Timer, error) { return m.cancel(t, by.Name()) })
}

// Release gives back a claim.
func (h *MemoryHost) Release(ctx context.Context, t Timer) (Timer, error) {
	return h.move(ctx, "release", t.Key, t, false, func(m mover, t Timer) (Timer, error) { return m.release(t) })
}
