package share

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// dialer dials until its context ends.
type dialer struct{ ctx context.Context }

// Dial connects to an address.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: answerTimeout}).DialContext(d.ctx, network, address)
}

// connect returns nil when there is a connection to a server that has the
// streams. The first time it makes the connection, which renews itself from then
// on.
func (n *NATS) connect(ctx context.Context) error {
	n.mu.Lock()
	nc, why := n.nc, n.why
	n.mu.Unlock()
	if nc == nil {
		options := append(n.access.connection(n), nats.SetCustomDialer(dialer{ctx}))
		var err error
		nc, err = nats.Connect(n.access.joined(), options...)
		if err != nil {
			return fmt.Errorf("connect to %s: %w", n.o.Shown(), err)
		}
		if _, err := nc.Subscribe(liveRoot+".>", n.heard); err != nil {
			nc.Close()
			return fmt.Errorf("listen to what is new: %w", err)
		}
		n.mu.Lock()
		n.nc = nc
		n.mu.Unlock()
	}
	if !nc.IsConnected() {
		return fmt.Errorf("connect to %s: %s", n.o.Shown(), orElse(why, "no answer yet"))
	}
	return nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// disconnect ends the connection.
func (n *NATS) disconnect() {
	n.mu.Lock()
	nc := n.nc
	n.mu.Unlock()
	if nc != nil {
		nc.Close()
	}
}

// What the connection says, by goroutines of its own.

func (n *NATS) disconnected(err error) {
	why := "the connection was lost"
	if err != nil {
		why += ": " + n.access.clean(err.Error())
	}
	n.mu.Lock()
	n.why = why
	n.awayLocked(why)
	n.mu.Unlock()
	n.nudge()
}

func (n *NATS) reconnected() {
	n.mu.Lock()
	n.unread, n.why = true, ""
	n.mu.Unlock()
	n.nudge()
}

func (n *NATS) unreachable(err error) {
	if err == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if why := n.access.clean(err.Error()); why != n.why {
		n.why = why
		n.nudge()
	}
}

func (n *NATS) trouble(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if errors.Is(err, nats.ErrSlowConsumer) {
		n.unread = true // something that was sent was dropped
	}
	if errors.Is(err, nats.ErrPermissionViolation) {
		n.odd("the shared server does not let host %s do something: %s", n.o.Host, n.access.clean(err.Error()))
	}
}

// stateConfig and journalConfig are the streams.
func stateConfig(replicas int) streamConfig {
	return streamConfig{
		Name: stateStream, Subjects: []string{subjectRoot + ".*.state.>", subjectRoot + ".*.timer.>", subjectRoot + ".*.host.*"},
		Retention: "limits", MaxMsgs: -1, MaxBytes: -1, MaxAge: int64(7 * 24 * time.Hour), PerSubject: 1, MaxSize: 2 * maxValue,
		Discard: "old", Storage: "file", Replicas: replicas, AllowDirect: true, AllowTTL: true,
		Republish: &republish{Source: ">", Dest: liveRoot + ".>"},
	}
}

func journalConfig(replicas int) streamConfig {
	return streamConfig{
		Name: journalStream, Subjects: []string{subjectRoot + ".*.journal.*"},
		Retention: "limits", MaxMsgs: -1, MaxBytes: -1, PerSubject: -1, MaxSize: 2 * maxJournalLine,
		Discard: "old", Storage: "file", Replicas: replicas, AllowDirect: true,
	}
}

// differs returns what of a stream is not as tapedeck makes it; empty when
// nothing that matters is.
func (c streamConfig) differs(want streamConfig) string {
	slices.Sort(c.Subjects)
	slices.Sort(want.Subjects)
	none := func(b []byte) bool { return len(b) == 0 || string(b) == "null" }
	switch {
	case !slices.Equal(c.Subjects, want.Subjects):
		return "its subjects"
	case !none(c.Mirror), !none(c.Sources), !none(c.Transform):
		return "where its messages come from"
	case c.PerSubject > 0 && c.PerSubject != want.PerSubject || want.PerSubject == 1 && c.PerSubject != 1:
		return "how many messages a subject has"
	case !c.AllowDirect:
		return "allow_direct"
	case want.AllowTTL && !c.AllowTTL:
		return "allow_msg_ttl"
	case want.Republish != nil && (c.Republish == nil || c.Republish.Dest != want.Republish.Dest):
		return "republish"
	}
	return ""
}

// findStreams makes sure that the streams are there, and finds out by which way
// the server is asked for them. It returns what the server says of the first.
func (n *NATS) findStreams(ctx context.Context) (info streamInfo, err error) {
	js := jetStream{nc: n.nc}
	for _, js.api = range []string{apiRoot, directAPI} {
		info, err = js.ensure(ctx, stateConfig)
		if !errors.Is(err, nats.ErrNoResponders) {
			break
		}
	}
	switch {
	case hasCode(err, codeNoAccount):
		return info, fmt.Errorf("JetStream is not enabled for the account of this host, and nothing is imported as %s: see README, \"Several hosts\"", apiRoot)
	case errors.Is(err, nats.ErrNoResponders):
		return info, errors.New("JetStream does not answer")
	case err != nil:
		return info, err
	}
	if _, err := js.ensure(ctx, journalConfig); err != nil {
		return info, err
	}
	n.mu.Lock()
	n.js = js
	n.mu.Unlock()
	return info, nil
}

// ensure returns a stream, and makes it first if it is not there.
func (j jetStream) ensure(ctx context.Context, config func(replicas int) streamConfig) (info streamInfo, err error) {
	replicas := 1
	if j.nc.ConnectedClusterName() != "" {
		replicas = 3
	}
	want := config(replicas)
	info, err = j.info(ctx, want.Name)
	if hasCode(err, codeNoStream) {
		info, err = j.create(ctx, want)
	}
	if replicas > 1 && hasCode(err, codeNoReplicas, codeNoPeers) {
		info, err = j.create(ctx, config(1))
	}
	if err != nil {
		return info, fmt.Errorf("stream %s: %w", want.Name, err)
	}
	if what := info.Config.differs(want); what != "" {
		return info, fmt.Errorf("stream %s is not as tapedeck makes it (%s): remove it, and tapedeck makes it anew", want.Name, what)
	}
	return info, nil
}
