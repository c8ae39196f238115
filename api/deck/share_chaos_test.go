package deck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/share"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// chaos is hosts that share auto-resumes while everything fails.
type chaos struct {
	t     *testing.T
	rng   *rand.Rand // the test's goroutine alone
	space *sim.Space
	m     *share.Memory
	list  []*sharing
	calm  bool // nothing fails any more

	mu     sync.Mutex
	dice   *rand.Rand
	byHand map[string]int // resumes that persons asked for
	sent   map[string]int // resumes that have reached the space
}

// roll returns a number below n, for what fails in the background.
func (c *chaos) roll(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calm {
		return n - 1
	}
	return c.dice.IntN(n)
}

// fails is what becomes of a call of the store.
func (c *chaos) fails(string) (f share.Fault) {
	switch c.roll(12) {
	case 0:
		f.Wait = time.Duration(c.roll(4000)) * time.Millisecond
	case 1:
		f.Lost = true
	case 2:
		f.Lost, f.Written = true, time.Duration(c.roll(12_000))*time.Millisecond
	case 3:
		f.Lost, f.Written = true, -1
	}
	return f
}

// join has a host take part.
func (c *chaos) join(name string) *sharing {
	h := join(c.t, c.space, c.m, name, c.fails)
	h.wire.set(func(r *http.Request) (*http.Response, error) {
		lost := c.roll(25) == 0
		switch c.roll(25) {
		case 0:
			return nil, errors.New("the connection was refused")
		case 1:
			return answer(r, 503, `{}`), nil
		case 2:
			time.Sleep(time.Duration(c.roll(4000)) * time.Millisecond)
		}
		if r.Method == http.MethodPost {
			if err := c.posted(name, r); err != nil {
				return nil, err
			}
			if lost {
				resp, err := h.wire.next.RoundTrip(r)
				if err == nil {
					_ = resp.Body.Close()
				}
				return nil, errors.New("the connection was reset")
			}
		}
		return nil, nil
	})
	return h
}

// posted checks a resume that is about to reach the space: one that no person asked
// for is that of an auto-resume that this host fires, in time. The error says that it is not
// to be sent any more.
func (c *chaos) posted(host string, r *http.Request) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(strings.NewReader(string(b)))
	if !strings.Contains(string(b), "in-progress") {
		return nil
	}
	path := strings.Split(strings.TrimSuffix(r.URL.Path, ".json"), "/")
	sid := path[len(path)-1]
	c.mu.Lock()
	c.sent[sid]++
	sent, byHand := c.sent[sid], c.byHand[sid]
	c.mu.Unlock()
	if sent > 1+byHand {
		c.t.Errorf("%s: %d resumes of %s, of which persons asked for %d", host, sent, sid, byHand)
	}
	for key, timer := range c.m.Timers() {
		if key.SID != sid || byHand > 0 {
			continue
		}
		if timer.State != share.TimerFiring || timer.Host != host {
			c.t.Errorf("%s resumes %s, whose auto-resume is %s by %s", host, sid, timer.State, timer.Host)
		}
		if late := time.Since(timer.Due); late < -time.Second || late > share.MaxLate+maxDrift {
			c.t.Errorf("%s resumes %s %v after its time", host, sid, late)
		}
	}
	return nil
}

// TestSharedTimersInChaos has hosts die, stop, start again and be cut off, calls of
// the store and of the API be slow, fail and lose their answers, and persons cancel
// and resume. Of each auto-resume at most one resume is ever sent, and only by the
// host that has said that it fires it; none is lost without a word: in the end the
// recording is resumed, or it was canceled, or it alarms on every host.
func TestSharedTimersInChaos(t *testing.T) {
	first, n := uint64(1), 12
	if raceEnabled {
		n = 4
	}
	if s, err := strconv.ParseUint(os.Getenv("TAPEDECK_SHARE_SEED"), 10, 64); err == nil {
		first, n = s, 1
	}
	if many, err := strconv.Atoi(os.Getenv("TAPEDECK_SHARE_CHAOS")); err == nil {
		n = many
	}
	for seed := first; seed < first+uint64(n); seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runChaos(t, seed) })
		})
	}
}

func runChaos(t *testing.T, seed uint64) {
	c := &chaos{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), dice: rand.New(rand.NewPCG(seed, 2)), space: spaceOf(0, 0), m: share.NewMemory(),
		calm: true, byHand: map[string]int{}, sent: map[string]int{},
	}
	var sids []string
	for range 10 {
		sids = append(sids, c.space.Begin(sim.Begin{Status: "in-progress"}))
	}
	for i := range 3 {
		c.list = append(c.list, c.join(fmt.Sprintf("host-%d", i)))
	}
	after(3 * time.Second)
	open := map[string]bool{} // an auto-resume was promised, and not taken back by a person
	for _, sid := range sids {
		h := c.list[c.rng.IntN(3)]
		h.pause(sid, time.Duration(5+c.rng.IntN(40))*time.Second)
		open[sid] = true
	}
	after(100 * time.Millisecond)
	c.set(false)
	for range 25 {
		c.happen(sids, open)
		after(time.Duration(c.rng.IntN(4000)) * time.Millisecond)
	}
	c.set(true)
	for _, h := range c.list {
		h.host.Cut(false)
	}
	after(2 * time.Minute)
	for _, sid := range sids {
		if !open[sid] {
			continue
		}
		for _, h := range c.list {
			if r := h.deck.Snapshot().Find(text.New(sid)); r != nil && r.Paused() && r.Timer.Err == "" {
				t.Errorf("%s: the auto-resume of %s was lost: %+v, %v", h.host.Host(), sid, r.Timer, c.m.Timers()[h.deck.sh.key(r.SID)])
			}
		}
	}
}

func (c *chaos) set(calm bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calm = calm
}

// happen has one thing happen.
func (c *chaos) happen(sids []string, open map[string]bool) {
	i := c.rng.IntN(len(c.list))
	h, sid := c.list[i], sids[c.rng.IntN(len(sids))]
	switch c.rng.IntN(9) {
	case 0, 1:
		h.host.Cut(true)
	case 2, 3, 4:
		h.host.Cut(false)
	case 5: // it stops, and starts again
		h.stop()
		c.list[i] = c.join(h.host.Host())
	case 6: // it dies: what is under way ends, and is not said any more
		h.host.Cut(true)
		go h.stop()
		c.list[i] = c.join(h.host.Host())
	case 7:
		if err := h.deck.SetTimer(Key{SID: text.New(sid)}, Actor{Actor: "bob"}, 0, false); err == nil || errors.Is(err, share.ErrUnknown) {
			if r := h.deck.Snapshot().Find(text.New(sid)); r != nil && r.Paused() {
				open[sid] = false
			}
		}
	case 8:
		c.mu.Lock()
		c.byHand[sid]++
		c.mu.Unlock()
		if _, err := h.deck.Do(context.Background(), resumeOf(sid)); err != nil {
			c.mu.Lock()
			c.byHand[sid]--
			c.mu.Unlock()
		}
	}
}
