package alarm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
)

func key(sid string) deck.Key { return deck.Key{SID: text.New(sid)} }

// runs notes when which program runs, in simulated time.
type runs struct {
	began time.Time
	takes time.Duration
	mu    sync.Mutex
	log   []string
	err   error
}

func (n *runs) note(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, fmt.Sprintf("%v ", time.Since(n.began))+fmt.Sprintf(format, args...))
}

func (n *runs) run(ctx context.Context, input []byte) error {
	n.note("runs %s", input)
	select {
	case <-time.After(n.takes):
	case <-ctx.Done():
		n.note("ends %s", input)
		return errors.New("killed")
	}
	return n.err
}

func (n *runs) want(t *testing.T, want ...string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if got := strings.Join(n.log, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("it was\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// runner starts a runner, whose programs take a time.
func runner(t *testing.T, takes time.Duration, o Options) (r *Runner, n *runs, stop func()) {
	n = &runs{began: time.Now(), takes: takes}
	o.run = n.run
	o.Done = func(of deck.Key, err error) {
		if err != nil {
			n.note("%s failed: %v", of.SID, err)
		}
	}
	r = NewRunner(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return r, n, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestRunner: one program at a time, one a minute for each recording, the latest
// of what waits, and nothing for what is over by then.
func TestRunner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, n, stop := runner(t, 10*time.Second, Options{Limit: time.Minute, Every: time.Minute})
		for i := range 3 {
			r.Alarm(key("1"), fmt.Appendf(nil, "1.%d", i))
			synctest.Wait()
		}
		r.Alarm(key("2"), []byte("2.0"))
		r.Alarm(key("3"), []byte("3.0"))
		r.Over(key("3"))
		time.Sleep(30 * time.Second)
		r.Alarm(key("2"), []byte("2.1"))
		time.Sleep(35 * time.Second) // 65 s
		r.Over(key("2"))
		time.Sleep(55 * time.Second) // 120 s
		r.Alarm(key("1"), []byte("1.3"))
		time.Sleep(5 * time.Second)
		stop()
		n.want(t, "0s runs 1.0", "10s runs 2.0", "1m0s runs 1.2", "2m0s runs 1.3", "2m5s ends 1.3")
		if len(r.began) != 1 || len(r.waiting) != 0 {
			t.Errorf("%d are kept, %d wait", len(r.began), len(r.waiting))
		}
	})
}

// TestTogether: programs for different recordings run at the same time where they
// may, and never two for one.
func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, n, stop := runner(t, 10*time.Second, Options{Limit: time.Minute, Together: true})
		r.Alarm(key("1"), []byte("1.0"))
		synctest.Wait()
		r.Alarm(key("1"), []byte("1.1"))
		synctest.Wait()
		r.Alarm(deck.Key{Profile: "eu", SID: text.New("1")}, []byte("eu"))
		time.Sleep(time.Minute)
		stop()
		n.want(t, "0s runs 1.0", "0s runs eu", "10s runs 1.1")
	})
}

// TestRunnerFails: what goes wrong is told, and an end that was meant is not.
func TestRunnerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, n, stop := runner(t, 10*time.Second, Options{Limit: 5 * time.Second})
		r.Alarm(key("1"), []byte("a"))
		time.Sleep(7 * time.Second)
		n.mu.Lock()
		n.takes, n.err = time.Second, errors.New("exit status 3")
		n.mu.Unlock()
		r.Alarm(key("2"), []byte("b"))
		time.Sleep(8 * time.Second)
		n.mu.Lock()
		n.takes = time.Minute
		n.mu.Unlock()
		r.Alarm(key("3"), []byte("c"))
		time.Sleep(time.Second)
		stop()
		n.want(t, "0s runs a", "5s ends a", "5s 1 failed: it was ended after 5s", "7s runs b", "8s 2 failed: exit status 3", "15s runs c", "16s ends c")
	})
}
