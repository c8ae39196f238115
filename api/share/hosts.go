package share

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// hostState is what is known of a host, by its processes.
type hostState struct {
	instances map[string]*presence
	gone      bool // as it was told
	left      bool
	version   string
	sessions  int
}

// presence is what a process said last.
type presence struct {
	presenceHere
	heard time.Time // local, monotonic
	since time.Time // from when its silence counts: when it was heard, or this host was back
}

// beat is Run's: when it gave signs of life.
type beat struct {
	next time.Time // when the next one is due
	seq  uint64    // of the last one
	deaf int       // how many in a row were not heard here
}

// expiry is how long what is over stays in the stream, in the server's words.
const expiry = "1h"

// sign gives a sign of life when it is time, and finds out by it whether the
// server stores what this host says, and sends what is new.
func (n *NATS) sign(ctx context.Context) error {
	if n.o.Silent || time.Now().Before(n.beat.next) && n.State().Connected {
		return nil
	}
	if err := n.listens(); err != nil {
		return err
	}
	n.mu.Lock()
	v := value{Presence: &presenceHere{Version: n.o.Version, Sessions: n.sessions}}
	before := n.last
	n.mu.Unlock()
	seq, err := n.present(ctx, v)
	if err != nil {
		return err
	}
	n.beat.next, n.beat.seq = time.Now().Add(n.every), seq
	if seq <= before { // it was made anew
		n.mu.Lock()
		n.unread = true
		n.mu.Unlock()
		n.nudge()
	}
	return nil
}

// listens has the stream read anew when the last sign of life did not come back:
// then what is new does not come by itself.
func (n *NATS) listens() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.beat.seq == 0 || n.last >= n.beat.seq || n.unread {
		n.beat.deaf = 0
		return nil
	}
	n.gap = true
	n.nudge()
	if n.beat.deaf++; n.beat.deaf >= 2 {
		n.odd("the shared server does not send what is new (%s.>): what other hosts do is seen up to %.0f s later here; see README, \"Several hosts\"", liveRoot, Beat.Seconds())
	}
	return nil
}

func (n *NATS) present(ctx context.Context, v value) (seq uint64, err error) {
	v.Host, v.Instance = n.o.Host, n.self.instance
	b, err := v.encode()
	if err != nil {
		return 0, err
	}
	msg := nats.NewMsg(hostSubject(n.o.Host, n.self.instance))
	msg.Data = b
	if v.Presence.Left {
		msg.Header.Set(ttlHeader, expiry)
	}
	return n.js.publish(ctx, msg)
}

// leave says that this process leaves.
func (n *NATS) leave() {
	n.mu.Lock()
	nc := n.nc
	n.mu.Unlock()
	if nc == nil || !nc.IsConnected() || n.js.nc == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	n.releaseAll(ctx)
	if n.o.Silent {
		return
	}
	_, _ = n.present(ctx, value{Presence: &presenceHere{Version: n.o.Version, Left: true}})
}

// takeHost takes a sign of life. The mutex must be held.
func (n *NATS) takeHost(m stored, at address, v value) {
	// Of more processes of a host the one that was not heard of for longest is
	// forgotten.
	const most, maxSessions = 64, 100_000
	h := n.hosts[at.host]
	if h == nil {
		h = &hostState{instances: map[string]*presence{}, gone: true}
		n.hosts[at.host] = h
	}
	if at.host == n.o.Host && n.state.Connected && m.age == 0 && !v.Presence.Left && otherMachine(at.last, n.self.instance) {
		n.odd("another machine says too that it is host %s: give each a share_host of its own, or nobody sees when one of them is gone", short(at.host))
	}
	heard := time.Now().Add(-m.age)
	v.Presence.Sessions = min(max(v.Presence.Sessions, 0), maxSessions)
	h.instances[at.last] = &presence{*v.Presence, heard, heard}
	for len(h.instances) > most {
		oldest := ""
		for name, p := range h.instances {
			if oldest == "" || p.heard.Before(h.instances[oldest].heard) {
				oldest = name
			}
		}
		delete(h.instances, oldest)
	}
	n.tellHost(at.host, h)
}

// tellHost tells who watches what has changed of a host. The mutex must be held.
func (n *NATS) tellHost(name string, h *hostState) {
	now := time.Now()
	gone, left, version, sessions := true, true, h.version, 0
	for instance, p := range h.instances {
		alive := !p.Left && (now.Sub(p.since) < n.goneAfter || !n.state.Connected && !h.gone)
		if alive {
			gone, version = false, p.Version
			sessions += p.Sessions
		} else if now.Sub(p.heard) > time.Hour {
			delete(h.instances, instance)
		}
		left = left && p.Left
	}
	if gone == h.gone && left == h.left && version == h.version && sessions == h.sessions {
		return
	}
	if gone {
		sessions = h.sessions // those that it had
	}
	change := gone != h.gone || left != h.left || version != h.version || sessions != h.sessions
	h.gone, h.left, h.version, h.sessions = gone, left, version, sessions
	if change {
		n.watches.tell(n.hostEvent(name))
	}
}

// forgive has the silence of the hosts count from now on, for this one was not
// there to hear them. The mutex must be held.
func (n *NATS) forgive() {
	for _, h := range n.hosts {
		for _, p := range h.instances {
			if !h.gone && !p.Left {
				p.since = time.Now()
			}
		}
	}
}

// missing finds the hosts that are not heard of any more.
func (n *NATS) missing() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.state.Connected {
		return
	}
	for name, h := range n.hosts {
		if len(h.instances) == 0 && n.counts[token(name)] == 0 {
			delete(n.hosts, name)
			continue
		}
		n.tellHost(name, h)
	}
	n.forgetOver()
}

// host returns what is known of a host. The mutex must be held.
func (n *NATS) host(name string) Host {
	h := n.hosts[name]
	out := Host{Name: name, Version: h.version, Sessions: h.sessions, Self: name == n.o.Host, Gone: h.gone, Left: h.gone && h.left}
	for _, p := range h.instances {
		if p.heard.After(out.Heard) {
			out.Heard = p.heard
		}
	}
	return out
}

func (n *NATS) hostEvent(name string) Event {
	h := n.host(name)
	return Event{Host: &h}
}

// Hosts returns the hosts that are known.
func (n *NATS) Hosts() (list []Host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(n.hosts)) {
		list = append(list, n.host(name))
	}
	if n.hosts[n.o.Host] == nil {
		list = append(list, Host{Name: n.o.Host, Version: n.o.Version, Sessions: n.sessions, Self: true, Heard: time.Now()})
	}
	return list
}

// SetSessions says how many sessions this host has.
func (n *NATS) SetSessions(sessions int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if sessions != n.sessions {
		n.sessions = sessions
	}
}
