package share

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestWild has three hosts fire auto-resumes while their ways to the server are
// cut, stopped and given back, the server restarts, and hosts die between any two
// of their steps: each is fired once at most, and each is over in the end, or said
// to be unknown by the one who set it.
// TAPEDECK_SHARE_WILD=1m runs it for that long; it is not run without.
func TestWild(t *testing.T) {
	lasts, err := time.ParseDuration(os.Getenv("TAPEDECK_SHARE_WILD"))
	if err != nil {
		t.Skip("TAPEDECK_SHARE_WILD is not set")
	}
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	w := &wild{t: t, random: rand.New(rand.NewPCG(seed, 1)), posts: map[string]*atomic.Int64{}, end: make(chan struct{})}
	store, port := t.TempDir(), freePort(t)
	s := serverOf(t, plain, store, port)
	var ways []*relay
	var group sync.WaitGroup
	for i := range 3 {
		way := relayTo(t, addressOf(t, s))
		ways = append(ways, way)
		group.Go(func() { w.host(fmt.Sprint("host", i), way.url()) })
	}
	until := time.Now().Add(lasts)
	for n := 0; time.Now().Before(until); n++ {
		time.Sleep(w.some(100 * time.Millisecond))
		switch way := ways[w.n(3)]; w.n(12) {
		case 0:
			way.cut()
		case 1:
			way.close()
		case 2:
			way.stop()
		case 3:
			if w.n(10) == 0 {
				s.Shutdown()
				s.WaitForShutdown()
				time.Sleep(w.some(time.Second))
				s = serverOf(t, plain, store, port)
			}
		default:
			way.pass()
		}
	}
	w.calm.Store(true)
	for _, way := range ways {
		way.pass()
	}
	eventually(t, "each is over", func() bool { time.Sleep(200 * time.Millisecond); return w.over() })
	close(w.end)
	group.Wait()
	w.count()
}

// wild is what a TestWild knows: which were set, and the space's side.
type wild struct {
	t      *testing.T
	random *rand.Rand
	mu     sync.Mutex
	posts  map[string]*atomic.Int64 // by SID
	set    int
	doubt  int
	calm   atomic.Bool
	end    chan struct{}
	states sync.Map // by SID: the last that any host saw
}

func (w *wild) n(n int) int { w.mu.Lock(); defer w.mu.Unlock(); return w.random.IntN(n) }
func (w *wild) some(d time.Duration) time.Duration {
	return time.Duration(w.n(int(2*d))) + 1
}

// host is a host that dies and comes back.
func (w *wild) host(name, url string) {
	for life := 0; ; life++ {
		n, err := NewNATS(Options{Servers: url, Host: name})
		if err != nil {
			w.t.Error(err)
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		var alive atomic.Bool
		alive.Store(true)
		var group sync.WaitGroup
		n.Watch(func(e Event) {
			if e.Timer != nil && e.Timer.SID != "" {
				w.saw(*e.Timer)
				if e.Timer.State == TimerSet || e.Timer.State == TimerClaimed || e.Timer.State == TimerFiring {
					timer := *e.Timer
					group.Go(func() { w.look(ctx, n, timer, &alive) })
				}
			}
		})
		done := make(chan struct{})
		go func() { defer close(done); _ = n.Run(ctx) }()
		lives := time.After(w.some(5 * time.Second))
		if w.calm.Load() {
			lives = nil
		}
		for alive := true; alive; {
			select {
			case <-w.end:
				cancel()
				<-done
				group.Wait()
				return
			case <-lives:
				if w.calm.Load() {
					lives = nil
					break
				}
				alive = false
			case <-time.After(w.some(30 * time.Millisecond)):
				if !w.calm.Load() {
					w.setOne(ctx, n)
				}
			}
		}
		alive.Store(false)
		n.mu.Lock()
		nc := n.nc
		n.mu.Unlock()
		if nc != nil {
			nc.Close() // as if it were killed: nothing more is said
		}
		cancel()
		<-done
		group.Wait()
	}
}

// saw notes a state, if it is newer than what was seen.
func (w *wild) saw(t Timer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old, ok := w.states.Load(t.SID); ok && t.Seq != 0 && old.(Timer).Seq > t.Seq {
		return
	}
	w.states.Store(t.SID, t)
}

func (w *wild) setOne(ctx context.Context, n *NATS) {
	w.mu.Lock()
	w.set++
	id := sid(w.set)
	w.posts[id] = &atomic.Int64{}
	w.mu.Unlock()
	_, err := n.SetTimer(ctx, keyOf(id), Setting{Due: time.Now().Add(w.some(time.Second))})
	switch {
	case err == nil:
	case errors.Is(err, ErrUnknown):
		w.mu.Lock()
		w.doubt++
		w.mu.Unlock()
	default:
		w.mu.Lock()
		delete(w.posts, id)
		w.mu.Unlock()
	}
}

// look does what a deck does with an auto-resume.
func (w *wild) look(ctx context.Context, n *NATS, t Timer, alive *atomic.Bool) {
	wait := time.Until(t.Due)
	if t.State == TimerClaimed {
		wait = TakeOver
	} else if t.State == TimerFiring {
		wait = Settles
	} else if t.SetBy != n.Host() {
		wait += 100 * time.Millisecond
	}
	select {
	case <-ctx.Done():
		return
	case <-time.After(wait):
	}
	for try := 0; try < 60 && ctx.Err() == nil; try++ {
		now, err := n.Timer(ctx, t.Key)
		if err != nil {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		if now.State.Over() || now.Seq != t.Seq {
			return // the next state has a look of its own
		}
		if err := w.act(ctx, n, now, alive); err == nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (w *wild) act(ctx context.Context, n *NATS, t Timer, alive *atomic.Bool) error {
	var err error
	switch {
	case t.State == TimerFiring:
		if w.posted(t.SID) > 0 {
			_, err = n.Finish(ctx, t, "seen")
		} else {
			_, err = n.Fail(ctx, t, time.Now(), "in doubt")
		}
		return err
	case time.Since(t.Due) > MaxLate:
		_, err = n.Fail(ctx, t, time.Now(), "late")
		return err
	}
	if t, err = n.Claim(ctx, t, time.Now()); err != nil {
		return err
	}
	if w.posted(t.SID) > 0 {
		w.t.Errorf("%s can be claimed though it was fired", t.SID)
	}
	if t, err = n.Fire(ctx, t); err != nil {
		return nil // it goes on by its next state
	}
	if !alive.Load() || !time.Now().Before(t.FireBy()) {
		return nil
	}
	w.post(t.SID)
	if !alive.Load() {
		return nil
	}
	for range 20 {
		if _, err = n.Finish(ctx, t, "verified"); err == nil || errors.Is(err, ErrNoTimer) {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

func (w *wild) counter(sid string) *atomic.Int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.posts[sid] == nil {
		w.posts[sid] = &atomic.Int64{}
	}
	return w.posts[sid]
}

func (w *wild) posted(sid string) int64 { return w.counter(sid).Load() }

func (w *wild) post(sid string) {
	if n := w.counter(sid).Add(1); n > 1 {
		w.t.Errorf("%s was fired %d times", sid, n)
	}
}

// over reports whether all that were set are over.
func (w *wild) over() bool {
	open := 0
	w.states.Range(func(_, v any) bool {
		if t := v.(Timer); !t.State.Over() {
			open++
		}
		return true
	})
	return open == 0
}

func (w *wild) count() {
	n := map[TimerState]int{}
	wrong := 0
	w.states.Range(func(k, v any) bool {
		timer := v.(Timer)
		n[timer.State]++
		if posted := w.posted(k.(string)); timer.State == TimerDone && posted != 1 || timer.State == TimerCanceled && posted != 0 {
			wrong++
			w.t.Errorf("%s is %s, and was fired %d times", k, timer.State, posted)
		}
		return true
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t.Logf("%d were to be set, %d of them refused, %d unknown; in the end %v", w.set, w.set-len(w.posts), w.doubt, n)
	for sid := range w.posts {
		if _, ok := w.states.Load(sid); !ok && w.doubt == 0 {
			w.t.Errorf("%s was set, and nobody knows of it", sid)
		}
	}
}
