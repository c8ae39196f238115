package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/config"
)

// graceTime is how long requests under way have when the simulator ends.
const graceTime = 2 * time.Second

// The largest simulated space: more than any project has, and still quick.
const (
	maxRecordings = 100_000
	maxChurn      = 6_000
)

// simulate returns the command that serves a simulated space.
func (r *runner) simulate() *cobra.Command {
	var listen string
	var space spaceFlags
	var secure tlsFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated space over HTTP on loopback",
		Long: `simulate serves a simulated SignalWire space over HTTP on loopback, for
training, scripts and tests. It prints three lines, the variables to reach it
by, and serves until SIGINT or SIGTERM.

Most SDKs insist on https. With --tls the simulator serves over HTTPS, and a
fourth line, SIGNALWIRE_CA_FILE, names the certificate of its CA, which the
client must trust: NODE_EXTRA_CA_CERTS for Node.js, SSL_CERT_FILE for Go, Ruby
and others. The CA is made anew at each start and is good for loopback only.

With --scenario it plays a situation to train on in a small and calm space, and
writes to standard error what happens in it and how well the operator did.`,
		Example: `  tapedeck simulate --listen 127.0.0.1:0 --recordings 100
  tapedeck simulate --tls
  tapedeck simulate --fault 503@update --fault lag=2s
  tapedeck simulate --scenario card`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if done, err := space.help(r.Stdout); done {
				return err
			}
			o, err := space.options()
			if err != nil {
				return err
			}
			l, err := listenLoopback(cmd.Context(), listen)
			if err != nil {
				return err
			}
			ca, err := secure.authority(l.Addr())
			if err != nil {
				_ = l.Close()
				return err
			}
			return r.serve(cmd.Context(), l, sim.New(o), ca)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8910", "loopback address and port to listen on; port 0 picks one")
	secure.add(cmd)
	space.add(cmd, "")
	return cmd
}

// serve prints how to reach space, and serves it on l until ctx ends, over
// HTTPS if there is a CA.
func (r *runner) serve(ctx context.Context, l net.Listener, space *sim.Space, ca *authority) error {
	narrated := &narrator{space: space, w: r.Stderr}
	server := &http.Server{Handler: narrated, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(r.Stderr, "tapedeck: ", 0)}
	listen, scheme, more := server.Serve, "http", ""
	if ca != nil {
		defer ca.remove()
		server.TLSConfig = ca.config
		listen = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
		scheme, more = "https", "SIGNALWIRE_CA_FILE="+shellQuoted(ca.file)+"\n"
	}
	_, err := fmt.Fprintf(r.Stdout, "SIGNALWIRE_SPACE=%s://%s\nSIGNALWIRE_PROJECT_ID=%s\nSIGNALWIRE_API_TOKEN=%s\n%s",
		scheme, l.Addr(), space.Project(), space.Token(), more)
	if err != nil {
		_ = l.Close()
		return fmt.Errorf("print how to reach the simulator: %w", err)
	}
	narrated.writeStory()
	defer narrated.writeStory()
	served := make(chan error, 1)
	go func() { served <- listen(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve the simulated space on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close()
	}
	<-served
	return context.Cause(ctx)
}

// narrator serves a space, and writes the story of its scenario as it goes on.
type narrator struct {
	space *sim.Space
	w     io.Writer

	mu      sync.Mutex // guards told, and orders what is written
	written int        // lines
}

// ServeHTTP answers one request, and writes what has happened since the last.
func (n *narrator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer n.writeStory()
	n.space.ServeHTTP(w, r)
}

// writeStory writes the lines of the story that are new.
func (n *narrator) writeStory() {
	n.mu.Lock()
	defer n.mu.Unlock()
	story := n.space.Story()
	for _, line := range story[n.written:] {
		_, _ = fmt.Fprintln(n.w, line)
	}
	n.written = len(story)
}

// listenLoopback listens on an address that only this machine can reach.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	const hint = "use an address such as 127.0.0.1:8910, or 127.0.0.1:0 for any free port"
	cannot := "cannot listen on " + strconv.Quote(address) + ": "
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usage(cannot+"it is not an address with a port", hint)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, usage(cannot+"its port is not a number from 0 to 65535", hint)
	}
	const elsewhere = "the simulator listens on loopback only"
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.Unmap().IsLoopback()) {
		return nil, usage(cannot+elsewhere, hint)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		if e, ok := errors.AsType[*net.OpError](err); ok {
			err = e.Err // without the address, which is said already
		}
		return nil, &Error{What: cannot + err.Error(), Hints: []string{"choose another port, such as --listen 127.0.0.1:0 for any free one"}}
	}
	// What localhost means is up to the machine.
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		_ = l.Close()
		return nil, usage(cannot+elsewhere, hint)
	}
	return l, nil
}

// spaceFlags are the flags of a simulated space.
type spaceFlags struct {
	o        sim.Options
	faults   []string
	scenario string
	changed  func(flag string) bool
	typed    func(flag string) string // the value as it was typed
}

var spaceFlagNames = []string{"recordings", "history", "unrecorded", "seed", "churn", "fault", "scenario"}

// add gives cmd the flags. The prefix goes before what help says of each.
func (s *spaceFlags) add(cmd *cobra.Command, prefix string) {
	s.o = sim.DefaultOptions()
	f := cmd.Flags()
	s.changed = f.Changed
	f.IntVar(&s.o.Recordings, "recordings", s.o.Recordings, prefix+"active recordings at the start")
	f.IntVar(&s.o.History, "history", s.o.History, prefix+"ended recordings at the start")
	f.IntVar(&s.o.Unrecorded, "unrecorded", s.o.Unrecorded, prefix+"calls and conferences in progress without a recording")
	f.Uint64Var(&s.o.Seed, "seed", s.o.Seed, prefix+"the same seed gives the same space")
	f.Float64Var(&s.o.Churn, "churn", s.o.Churn, prefix+"recordings that begin and end per minute; 0 for none")
	f.StringArrayVar(&s.faults, "fault", nil, prefix+"what goes wrong, as `NAME[=VALUE][@update]`, repeatable; --fault help lists them")
	for _, name := range []string{"recordings", "history", "unrecorded", "seed", "churn"} {
		keepTyped(f.Lookup(name))
	}
	s.typed = func(flag string) string { return typed(f.Lookup(flag)) }
	f.StringVar(&s.scenario, "scenario", "", prefix+"a situation to train on, by `NAME`, in a small and calm space; --scenario help lists them")
}

// given returns the name of a flag that was given, or an empty string.
func (s *spaceFlags) given(cmd *cobra.Command) string {
	i := slices.IndexFunc(spaceFlagNames, cmd.Flags().Changed)
	if i < 0 {
		return ""
	}
	return spaceFlagNames[i]
}

// help lists the faults or the scenarios, if that was asked for.
func (s *spaceFlags) help(w io.Writer) (done bool, err error) {
	var lists []string
	if slices.Contains(s.faults, "help") {
		lists = append(lists, sim.FaultHelp())
	}
	if s.scenario == "help" {
		lists = append(lists, sim.ScenarioHelp())
	}
	if len(lists) == 0 {
		return false, nil
	}
	_, err = io.WriteString(w, strings.Join(lists, "\n"))
	return true, err
}

// options returns the options that the flags give.
func (s *spaceFlags) options() (sim.Options, error) {
	o, err := s.begin()
	if err != nil {
		return o, err
	}
	for _, n := range []struct {
		name  string
		value float64
		most  float64
	}{
		{"recordings", float64(o.Recordings), maxRecordings},
		{"history", float64(o.History), maxRecordings},
		{"unrecorded", float64(o.Unrecorded), maxRecordings},
		{"churn", o.Churn, maxChurn},
	} {
		// Written so that what is not a number is refused, too.
		if !(n.value >= 0 && n.value <= n.most) {
			return o, usage(fmt.Sprintf("cannot use %q for --%s: allowed is 0 to %d", s.typed(n.name), n.name, int(n.most)))
		}
	}
	for _, f := range s.faults {
		fault, err := sim.ParseFault(f)
		if err != nil {
			return o, usage("cannot use "+strconv.Quote(f)+" for --fault: "+text.New(err.Error()).String(), "--fault help lists them")
		}
		o.Faults = append(o.Faults, fault)
	}
	return o, nil
}

// begin returns what the flags give besides faults: of a scenario's own options
// those that were not given.
func (s *spaceFlags) begin() (sim.Options, error) {
	if !s.changed("scenario") {
		return s.o, nil
	}
	scenario, err := sim.ParseScenario(s.scenario)
	if err != nil {
		return s.o, unknownScenario(s.scenario, err)
	}
	o, given := scenario.Options(), s.o
	if s.changed("recordings") {
		o.Recordings = given.Recordings
	}
	if s.changed("history") {
		o.History = given.History
	}
	if s.changed("unrecorded") {
		o.Unrecorded = given.Unrecorded
	}
	if s.changed("seed") {
		o.Seed = given.Seed
	}
	if s.changed("churn") {
		o.Churn = given.Churn
	}
	return o, nil
}

func unknownScenario(name string, err error) error {
	e := usage("cannot use " + strconv.Quote(name) + " for --scenario: " + text.New(err.Error()).String())
	var names []string
	for _, sc := range sim.Scenarios() {
		names = append(names, string(sc))
	}
	if near := config.Nearest(name, names); near != "" {
		e.Hints = append(e.Hints, "did you mean --scenario "+near+"?")
	}
	e.Hints = append(e.Hints, "--scenario help lists them")
	return e
}
