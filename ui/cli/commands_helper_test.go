package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/config"
)

// The SIDs of recordings that tests begin. The first two end alike.
const (
	sidA = "7c1d90aa-4b1e-4c55-9f3e-5e2f61b08142"
	sidB = "0d9c8b7a-1111-4ccc-9ddd-000000008142"
	sidC = "5e4d3c2b-2222-4eee-8fff-00000000c07a"
)

// spaceWith returns a space with recordings of its own only.
func spaceWith(begin ...sim.Begin) *sim.Space {
	space := sim.New(sim.Options{Seed: 3})
	for _, b := range begin {
		space.Begin(b)
	}
	return space
}

// fault makes a space do something other than documented.
func fault(t *testing.T, space *sim.Space, specs ...string) {
	t.Helper()
	var faults []sim.Fault
	for _, s := range specs {
		f, err := sim.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	space.SetFaults(faults...)
}

// reachable returns the settings to reach a space over HTTP, with a state
// directory of its own.
func reachable(t *testing.T, h http.Handler, space *sim.Space) []string {
	t.Helper()
	return append(served(t, h, space.Project(), space.Token()), "XDG_STATE_HOME="+t.TempDir(), "LANG=C.UTF-8")
}

// offline returns an app that reaches a space without a network, with a state
// directory of its own, for tests in simulated time.
func offline(t *testing.T, space *sim.Space, environ ...string) App {
	t.Helper()
	return App{Transport: space.Transport(), Environ: append([]string{"HOME=" + t.TempDir(), "SIGNALWIRE_SPACE=http://127.0.0.1",
		"SIGNALWIRE_PROJECT_ID=" + space.Project(), "SIGNALWIRE_API_TOKEN=" + space.Token(), "XDG_STATE_HOME=" + t.TempDir(), "LANG=C.UTF-8"}, environ...)}
}

// roundTripper is a transport of one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// running is a service for the commands: a deck that polls in this process.
type running struct {
	*deck.Deck
	closed int
}

func (r *running) Close() error { r.closed++; return nil }

// attach has a deck poll a space until the test ends, and returns what finds it.
func attach(t *testing.T, space *sim.Space, c deck.Config) (*running, Attach) {
	t.Helper()
	d, err := deck.Open(api.Config{Space: "http://127.0.0.1", Project: space.Project(), Token: secret.New(space.Token()), Transport: space.Transport()}, c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
		cancel()
		<-done
	})
	service := &running{Deck: d}
	return service, func(context.Context, config.Config, Client) (Attached, error) { return service, nil }
}

// typist types lines, each some time after the one before.
type typist struct {
	lines []string
	wait  time.Duration
	over  chan struct{} // closed when nobody types any more
}

func (ty *typist) Read(b []byte) (int, error) {
	time.Sleep(ty.wait)
	if len(ty.lines) == 0 {
		<-ty.over
		return 0, io.EOF
	}
	n := copy(b, ty.lines[0]+"\n")
	ty.lines = ty.lines[1:]
	return n, nil
}

// notes is an output that several goroutines write to.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notes) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(b)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// inTime runs a command beside a test, in simulated time, until the test is
// over and stops it by SIGINT, and returns its outputs.
func inTime(t *testing.T, app App, args ...string) (stdout, stderr *notes, end func() int) {
	t.Helper()
	stdout, stderr = &notes{}, &notes{}
	app.Args, app.Stdout, app.Stderr = args, stdout, stderr
	ctx, cancel := context.WithCancelCause(context.Background())
	code := make(chan int, 1)
	go func() { code <- Execute(ctx, app) }()
	synctest.Wait()
	return stdout, stderr, func() int {
		cancel(&SignalError{Signal: syscall.SIGINT})
		return <-code
	}
}

// patience is how long a test waits for what must come, on a machine that is busy
// with other things.
const patience = 2 * time.Minute

// inPatience waits, in real time, until something is so, and reports whether it is.
func inPatience(is func() bool) bool {
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(2 * time.Millisecond) {
		if is() {
			return true
		}
	}
	return is()
}

// valid checks that JSON is as the schema of a command says.
func valid(t *testing.T, command string, doc []byte) {
	t.Helper()
	b, ok := schemaOf(command)
	if !ok {
		t.Fatalf("there is no schema for %s", command)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	is, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatalf("%v: %.200s", err, doc)
	}
	if err := compiled.Validate(is); err != nil {
		t.Errorf("not as tapedeck schema %s says: %v\n%.400s", command, err, doc)
	}
}

// decoded reads JSON.
func decoded[T any](t *testing.T, s string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v: %.300s", err, s)
	}
	return v
}

// has checks that a text has all of some.
func has(t *testing.T, what, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s has no %q:\n%s", what, w, text)
		}
	}
}

func textOf(s string) text.Text { return text.New(s) }
