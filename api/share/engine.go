package share

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// Engine is what can be found out about the shared server by asking it.
type Engine struct {
	Server  string // its name
	Version string
	URL     string // without user and password
	Cluster string // empty for a server that is alone
	TLS     bool
	// Answer is how long it took to answer a question.
	Answer time.Duration
	// Ahead is how far its clock is ahead of this machine's, as far as can be
	// told. Nothing depends on it.
	Ahead time.Duration
	// Replicas is on how many servers each write is before it counts, and
	// Missing are those of them that do not have everything, by name.
	Replicas int
	Missing  []string
	// Apart: the hosts are in accounts of their own, as README has it. Else who
	// may write at all may write as any host.
	Apart bool
	// Others: this host could write as another one. It is found out by a write
	// that the stream refuses.
	Others bool
	// Hears: what is stored comes back by itself.
	Hears bool
}

// Engine asks the server about itself. The error says what is wrong first: it
// cannot be reached, does not let this host in, has no JetStream, or streams that
// are not as tapedeck makes them. It does not need [NATS.Run].
func (n *NATS) Engine(ctx context.Context) (e Engine, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*Patience)
	defer cancel()
	probe, err := NewNATS(n.o)
	if err != nil {
		return e, err
	}
	options := append(probe.access.connection(probe), nats.SetCustomDialer(dialer{ctx}), nats.RetryOnFailedConnect(false), nats.NoReconnect())
	nc, err := nats.Connect(probe.access.joined(), options...)
	if err != nil {
		return e, fmt.Errorf("connect to %s: %s", n.o.Shown(), n.access.clean(err.Error()))
	}
	defer nc.Close()
	probe.nc = nc
	info, err := probe.findStreams(ctx)
	if err != nil {
		return e, errors.New(n.access.clean(err.Error()))
	}
	e.of(nc, info)
	began := time.Now()
	if info, err = probe.js.info(ctx, stateStream); err == nil {
		e.Answer = time.Since(began)
		e.Ahead = info.Now.Sub(began.Add(e.Answer / 2))
	}
	e.Apart = probe.js.api == apiRoot
	e.Others = probe.mayBe(ctx, n.o.Host+"=other")
	e.Hears, err = probe.hears(ctx)
	return e, err
}

// of takes what the server says of itself.
func (e *Engine) of(nc *nats.Conn, info streamInfo) {
	e.Server, e.Version, e.URL = short(nc.ConnectedServerName()), short(nc.ConnectedServerVersion()), short(nc.ConnectedUrlRedacted())
	e.URL = userInfo.ReplaceAllString(e.URL, "://")
	_, err := nc.TLSConnectionState()
	e.TLS = err == nil
	e.Replicas = max(1, info.Config.Replicas)
	if info.Cluster == nil {
		return
	}
	e.Cluster = short(info.Cluster.Name)
	for _, r := range info.Cluster.Replicas {
		if r.Offline || !r.Current {
			e.Missing = append(e.Missing, short(r.Name))
		}
	}
}

// mayBe reports whether this host may write as another one: the stream then
// refuses what follows on a sequence that does not exist.
func (n *NATS) mayBe(ctx context.Context, other string) bool {
	subject := hostSubject(other, "doctor")
	msg := expect(nats.NewMsg(subject), 1<<62, subject)
	_, err := n.js.publish(ctx, msg)
	return errors.Is(err, errConflict)
}

// hears reports whether a sign of life comes back.
func (n *NATS) hears(ctx context.Context) (bool, error) {
	heard := make(chan *nats.Msg, 64)
	sub, err := n.nc.ChanSubscribe(liveRoot+"."+hostSubject(n.o.Host, n.self.instance), heard)
	if err != nil {
		return false, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	if _, err := n.present(ctx, value{Presence: &presenceHere{Version: n.o.Version, Left: true}}); err != nil {
		return false, fmt.Errorf("write as host %s: %s", n.o.Host, n.access.clean(err.Error()))
	}
	select {
	case <-heard:
		return true, nil
	case <-time.After(answerTimeout):
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
