package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/text"
)

// execs runs a program for each alarm: one at a time for each recording, the
// latest alarm of a recording waits for the one before.
type execs struct {
	r     *runner
	path  string // empty for none
	args  []string
	limit time.Duration
	env   []string

	mu      sync.Mutex
	running map[string]*event // by SID: the alarm that waits; nil for none
	all     sync.WaitGroup
}

// newExecs returns what runs the program, which must be there.
func (r *runner) newExecs(q *watchQuery) (*execs, error) {
	x := &execs{r: r, args: q.args, limit: q.timeout, running: map[string]*event{}, env: withoutTokens(r.Environ)}
	if q.exec == "" {
		return x, nil
	}
	var err error
	if x.path, err = exec.LookPath(q.exec); err != nil {
		if e, ok := errors.AsType[*exec.Error](err); ok {
			err = e.Err
		}
		return nil, usage(fmt.Sprintf("cannot use %q for --exec: %v", q.exec, err),
			"name one program; it is run without a shell, and its arguments follow --")
	}
	return x, nil
}

// tokenNames are the variables that may hold a token, which no other program
// gets.
var tokenNames = []string{"SIGNALWIRE_API_TOKEN", "SIGNALWIRE_TOKEN", "REST_API_TOKEN"}

// withoutTokens returns an environment without the variables of tokens.
func withoutTokens(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(tokenNames, name)
	})
}

// alarm runs the program for an alarm, now or after the one that runs for the
// same recording.
func (x *execs) alarm(ctx context.Context, e *event) {
	if x.path == "" {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, busy := x.running[e.SID]; busy {
		x.running[e.SID] = e
		return
	}
	x.running[e.SID] = nil
	x.all.Go(func() {
		defer crash.Guard()
		for next := e; next != nil; next = x.next(e.SID) {
			x.run(ctx, next)
		}
	})
}

// next returns the alarm that waits for a recording; nil for none.
func (x *execs) next(sid string) *event {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.running[sid]
	if e == nil {
		delete(x.running, sid)
	} else {
		x.running[sid] = nil
	}
	return e
}

// run runs the program once. What goes wrong is said on standard error, where
// its own output goes, too.
func (x *execs) run(ctx context.Context, e *event) {
	ctx, cancel := context.WithTimeout(ctx, x.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, x.path, x.args...)
	cmd.Stdin = bytes.NewReader(append(e.json(), '\n'))
	cmd.Stdout, cmd.Stderr, cmd.Env = x.r.Stderr, x.r.Stderr, x.env
	cmd.WaitDelay = time.Second
	killGroup(cmd)
	err := cmd.Run()
	switch {
	case err == nil:
		return
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("it was ended after %s", x.limit)
	}
	_, _ = fmt.Fprintf(x.r.Stderr, "tapedeck: warning: %s for the alarm of %s failed: %v\n", text.New(x.path), text.New(e.SID), err)
}

// wait waits for the programs that run. Those end with the context of the
// watch.
func (x *execs) wait() { x.all.Wait() }
