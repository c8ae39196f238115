package alarm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"slices"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/deck"
)

// Options say which program is run, and how.
type Options struct {
	Path    string   // of the program; it is run without a shell
	Args    []string // of the program
	Environ []string // of the program; see [Environ]
	// Limit is how long the program may run. It ends with all that it has started
	// in its process group.
	Limit time.Duration
	// Every is the time between two runs for one recording; 0 for none. What alarms
	// before it is over waits, and is left out when it alarms no more.
	Every time.Duration
	// Together: programs for different recordings run at the same time. Otherwise
	// one runs at a time.
	Together bool
	// Output takes what the program prints; nil throws it away. It may be written to
	// by several programs at once.
	Output io.Writer
	// Done is told when the program for an alarm has ended, and why it could not be
	// run or has failed: nil when it went well. It is not told of an end by the end of
	// Run, and must not wait. Nil tells nobody.
	Done func(of deck.Key, err error)

	run func(ctx context.Context, input []byte) error // for tests
}

// Runner runs a program for each alarm, one at a time for each recording. Nobody
// who gives it an alarm waits for a program. It is safe for concurrent use.
type Runner struct {
	o    Options
	wake chan struct{}

	mu      sync.Mutex
	waiting []job // at most one for each recording, in the order in which they came
	running map[deck.Key]bool
	began   map[deck.Key]time.Time // when the last program was run; kept for Every
}

// job is an alarm that a program is to be run for.
type job struct {
	of    deck.Key
	input []byte // for standard input
}

// NewRunner returns a runner, which runs nothing before [Runner.Run].
func NewRunner(o Options) *Runner {
	r := &Runner{o: o, wake: make(chan struct{}, 1), running: map[deck.Key]bool{}, began: map[deck.Key]time.Time{}}
	if r.o.run == nil {
		r.o.run = o.program
	}
	return r
}

// Alarm has the program run for an alarm, with this on its standard input. An
// alarm of the same recording that waits is left out for it.
func (r *Runner) Alarm(of deck.Key, input []byte) {
	r.mu.Lock()
	if i := r.index(of); i >= 0 {
		r.waiting[i].input = input
	} else {
		r.waiting = append(r.waiting, job{of, input})
	}
	r.mu.Unlock()
	r.look()
}

// Over says that a recording alarms no more: what waits for it is left out.
func (r *Runner) Over(of deck.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.index(of); i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
	}
}

// index returns which of those that wait is of a recording; -1 for none.
func (r *Runner) index(of deck.Key) int {
	return slices.IndexFunc(r.waiting, func(j job) bool { return j.of == of })
}

// look has Run look again.
func (r *Runner) look() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run runs programs until ctx ends, which ends those that run. It returns nil
// when none is left.
func (r *Runner) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer crash.Before(func() { cancel(); r.rest() })()
	var all sync.WaitGroup
	defer all.Wait()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for ctx.Err() == nil {
		next, wait := r.next(time.Now())
		if next != nil {
			all.Go(func() {
				defer crash.Guard()
				r.do(ctx, *next)
			})
			continue
		}
		pause.Stop()
		if wait > 0 {
			pause.Reset(wait)
		}
		select {
		case <-r.wake:
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// rest waits until no program runs any more, for a moment at most. A process that
// has broken down may hold the lock.
func (r *Runner) rest() {
	for range 50 {
		if r.mu.TryLock() {
			none := len(r.running) == 0
			r.mu.Unlock()
			if none {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// next takes the first of those that wait which may be run at the time now. It
// returns nil for none, and after which time there may be one; 0 for none that
// comes with time alone.
func (r *Runner) next(now time.Time) (next *job, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for of, at := range r.began {
		if now.Sub(at) >= r.o.Every && !r.running[of] {
			delete(r.began, of)
		}
	}
	if len(r.running) > 0 && !r.o.Together {
		return nil, 0
	}
	for i, j := range r.waiting {
		if r.running[j.of] {
			continue
		}
		if at, ok := r.began[j.of]; ok {
			if left := r.o.Every - now.Sub(at); wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		r.waiting = slices.Delete(r.waiting, i, i+1)
		r.running[j.of], r.began[j.of] = true, now
		return &j, 0
	}
	return nil, wait
}

// do runs the program for an alarm.
func (r *Runner) do(ctx context.Context, j job) {
	timed, cancel := context.WithTimeout(ctx, r.o.Limit)
	defer cancel()
	err := r.o.run(timed, j.input)
	r.mu.Lock()
	delete(r.running, j.of)
	r.mu.Unlock()
	r.look()
	switch {
	case r.o.Done == nil, ctx.Err() != nil:
		return
	case err != nil && errors.Is(timed.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("it was ended after %s", r.o.Limit)
	}
	r.o.Done(j.of, err)
}

// Find returns the path of a program, as a shell would look for it. The error
// says why there is none that can be run.
func Find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if e, ok := errors.AsType[*exec.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return path, err
}
