package deck

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// event is one thing that happens in a random history.
type event struct {
	What  string
	Which int           // of the recordings so far
	After time.Duration // since the event before
}

var eventKinds = []string{
	"begin", "begin", "begin conference", "begin old", "begin paused", "begin queued",
	"pause", "resume", "end call", "end recording", "stop", "delete",
	"our pause", "our resume", "our stop", "refresh",
}

// history is a run of the property: a deck on a space in which things happen,
// over a network that loses and delays answers.
type history struct {
	tb   *table
	sids []string

	mu     sync.Mutex
	rng    *rand.Rand
	lossy  bool
	truth  map[string][]string // the statuses that each recording had, in order
	shown  map[string]int      // how far along the truth the snapshots are
	broken []string

	updates map[text.Text]Progress // as last shown
}

// network delays every answer, loses some, and lets recordings begin while a
// poll is under way.
func (h *history) network(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	lossy := h.lossy
	delay := time.Duration(h.rng.IntN(400)) * time.Millisecond
	if h.rng.IntN(8) == 0 {
		delay *= 20 // longer than lag is an excuse
	}
	lost := h.rng.IntN(12)
	h.mu.Unlock()
	if !lossy {
		return nil, nil
	}
	if lost == 0 {
		return nil, io.ErrUnexpectedEOF // before it reached the space
	}
	resp, err := h.tb.wire.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	h.note()
	time.Sleep(delay) // a late answer: what it says was so before
	if lost == 1 {
		resp.Body.Close()
		return nil, io.ErrUnexpectedEOF // the answer is lost, an update was done
	}
	return resp, nil
}

// note records what is true now, after something happened.
func (h *history) note() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.tb.space.Recordings() {
		past := h.truth[r.SID]
		if len(past) == 0 || past[len(past)-1] != r.Status {
			h.truth[r.SID] = append(past, r.Status)
		}
	}
}

// watch checks every snapshot: what a recording is shown as must follow the
// truth in order, and never fall back.
func (h *history) watch(ctx context.Context) {
	ch, cancel := h.tb.deck.Subscribe()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-ch:
			h.note()
			h.check(s)
		}
	}
}

func (h *history) check(s *Snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range s.Recordings {
		sid := r.SID.String()
		past, at := h.truth[sid], h.shown[sid]
		for at < len(past) && past[at] != string(r.Status) {
			at++
		}
		if at == len(past) {
			h.broken = append(h.broken, fmt.Sprintf("%s flickers to %s: the truth was %q, shown up to %d", sid, r.Status, past, h.shown[sid]))
			continue
		}
		h.shown[sid] = at
		h.checkUpdate(r)
	}
}

// checkUpdate checks that what is shown of updates goes forward: no older one
// comes back, what is verified stays so, and only what records is in trouble.
func (h *history) checkUpdate(r *Recording) {
	if r.Trouble.Kind != "" && (!r.Active() || r.Paused()) {
		h.broken = append(h.broken, fmt.Sprintf("%s is %s, and %s", r.SID, r.Status, r.Trouble.Kind))
	}
	if r.Update == nil {
		return
	}
	last := h.updates[r.SID]
	h.updates[r.SID] = *r.Update
	if r.Update.ID < last.ID || r.Update.ID == last.ID && last.Outcome == Verified && r.Update.Outcome != Verified {
		h.broken = append(h.broken, fmt.Sprintf("%s goes back from %d %s to %d %s", r.SID, last.ID, last.Outcome, r.Update.ID, r.Update.Outcome))
	}
}

// happen makes an event come true.
func (h *history) happen(e event) {
	s := h.tb.space
	pick := func() string { return h.sids[e.Which%len(h.sids)] }
	begin := func(b sim.Begin) { h.sids = append(h.sids, s.Begin(b)) }
	switch e.What {
	case "begin":
		begin(sim.Begin{})
	case "begin conference":
		begin(sim.Begin{Conference: true})
	case "begin old":
		begin(sim.Begin{StartedAgo: time.Duration(e.Which%40) * time.Hour})
	case "begin paused":
		begin(sim.Begin{Status: "paused", StartedAgo: time.Minute})
	case "begin queued":
		begin(sim.Begin{Status: "queued"})
	case "delete":
		s.Delete(pick())
	case "end recording":
		s.EndRecording(pick())
	case "end call":
		if r := h.recording(pick()); r.CallSID != "" {
			s.EndCall(r.CallSID)
		}
	case "pause", "resume", "stop":
		h.change(pick(), map[string]string{"pause": "paused", "resume": "in-progress", "stop": "stopped"}[e.What])
	case "our pause":
		h.do(pauseOf(pick()))
	case "our resume":
		h.do(resumeOf(pick()))
	case "our stop":
		h.do(stopOf(pick()))
	case "refresh":
		h.tb.deck.Refresh()
	}
	h.note()
}

func (h *history) recording(sid string) sim.Recording {
	for _, r := range h.tb.space.Recordings() {
		if r.SID == sid {
			return r
		}
	}
	return sim.Recording{}
}

// change is somebody else's update: only of what is active.
func (h *history) change(sid, status string) {
	if r := h.recording(sid); r.SID != "" && api.Status(r.Status).Active() {
		h.tb.space.SetStatus(sid, status)
	}
}

func (h *history) do(req Request) {
	go func() { _, _ = h.tb.deck.Do(context.Background(), req) }()
}

// runHistory plays events and returns what is wrong afterwards.
func runHistory(t *testing.T, events []event, seed uint64, start int) (wrong []string) {
	h := &history{
		rng: rand.New(rand.NewPCG(seed, 1)), lossy: true,
		truth: map[string][]string{}, shown: map[string]int{}, updates: map[text.Text]Progress{},
	}
	space := spaceOf(start, 300)
	h.tb = open(t, space, Config{FullEvery: 20 * time.Second})
	h.tb.wire.set(h.network)
	for _, r := range space.Recordings() {
		if api.Status(r.Status).Active() {
			h.sids = append(h.sids, r.SID)
		}
	}
	h.sids = append(h.sids, space.Begin(sim.Begin{}))
	h.note()
	ctx, cancel := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() { defer close(watched); h.watch(ctx) }()
	h.tb.run()
	for _, e := range events {
		time.Sleep(e.After)
		h.happen(e)
	}
	time.Sleep(15 * time.Second) // what is under way comes to its end
	h.mu.Lock()
	h.lossy = false
	h.mu.Unlock()
	after(60 * time.Second) // two quiet polls at least, the later ones full scans
	cancel()
	<-watched
	return append(h.broken, h.differences()...)
}

// differences compares the snapshot with the truth.
func (h *history) differences() (wrong []string) {
	want := map[string]string{}
	for _, r := range h.tb.space.Recordings() {
		if api.Status(r.Status).Active() {
			want[r.SID] = r.Status
		}
	}
	s := h.tb.deck.Snapshot()
	if p := s.Health.Phase(time.Now()); p != Live {
		wrong = append(wrong, fmt.Sprintf("phase %v: %v", p, s.Health.Err))
	}
	for _, r := range s.Recordings {
		if !r.Active() {
			continue
		}
		if sid := r.SID.String(); want[sid] != string(r.Status) {
			wrong = append(wrong, fmt.Sprintf("%s is shown as %s and is %q", sid, r.Status, want[sid]))
		}
		delete(want, r.SID.String())
	}
	for sid, status := range want {
		wrong = append(wrong, fmt.Sprintf("%s (%s) is not shown", sid, status))
	}
	for _, r := range s.Recordings {
		if u := r.Update; u != nil && !u.Settled {
			wrong = append(wrong, fmt.Sprintf("%s: its update is %s and never settled", r.SID, u.Outcome))
		}
	}
	return wrong
}

// TestMotion plays random histories against the simulator: recordings begin,
// are paused by others and by us, resume, end and are deleted, while answers
// are lost and late. Every snapshot follows the truth in order, and when it
// has been quiet the snapshot is the truth. More of it:
// go test ./api/deck -run TestMotion -rapid.checks=100000 -timeout 0
func TestMotion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) event {
			return event{
				What:  rapid.SampledFrom(eventKinds).Draw(rt, "what"),
				Which: rapid.IntRange(0, 60).Draw(rt, "which"),
				After: time.Duration(rapid.IntRange(0, 3000).Draw(rt, "after")) * time.Millisecond,
			}
		}), 0, 40).Draw(rt, "events")
		seed := rapid.Uint64().Draw(rt, "seed")
		start := rapid.IntRange(0, 30).Draw(rt, "start")
		var wrong []string
		synctest.Test(t, func(t *testing.T) { wrong = runHistory(t, events, seed, start) })
		for _, w := range wrong {
			rt.Error(w)
		}
	})
}

// FuzzPlan checks that a plan looks at every known active recording in exactly
// one way.
func FuzzPlan(f *testing.F) {
	f.Add(uint64(1), 40, 900.0, 850.0, 0.05)
	f.Fuzz(func(t *testing.T, seed uint64, n int, row, one, latency float64) {
		if n < 0 || n > 500 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 2))
		d := newDeck(Config{})
		d.poller.costs = costs{row: row, one: one, latency: latency}
		now := time.Now()
		for i := range n {
			rec := api.DecodeRecording(fmt.Appendf(nil, `{"sid":"r%d","status":"in-progress","date_created":%q}`,
				i, now.Add(-time.Duration(rng.IntN(1000000))*time.Millisecond).Format(time.RFC1123Z)))
			e := d.add(rec, now)
			if rng.IntN(4) > 0 {
				e.place = -int64(rng.IntN(100000))
			}
		}
		p := d.poller.plan()
		met := map[text.Text]int{}
		for _, sid := range append(append([]text.Text{}, p.covered...), p.singles...) {
			met[sid]++
		}
		if len(met) != n || len(p.covered)+len(p.singles) != n || p.size < 1 || p.size > 1000 {
			t.Fatalf("%d recordings: %d covered, %d single, page size %d", n, len(p.covered), len(p.singles), p.size)
		}
	})
}
