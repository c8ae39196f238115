package serve

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/deck"
)

// statusEvery is how often systemd is told how the decks are, at most.
const statusEvery = 5 * time.Second

// Notifier tells systemd how the service is. A nil one tells nobody.
type Notifier struct {
	address  *net.UnixAddr
	watchdog time.Duration // within which systemd wants to hear; 0 for never
}

// NotifierFrom returns what tells systemd, by the environment that it has given
// this process; nil without systemd.
func NotifierFrom(environ []string) *Notifier {
	path := variable(environ, "NOTIFY_SOCKET")
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "@") {
		return nil
	}
	n := &Notifier{address: &net.UnixAddr{Name: path, Net: "unixgram"}}
	us, err := strconv.ParseInt(variable(environ, "WATCHDOG_USEC"), 10, 64)
	pid := variable(environ, "WATCHDOG_PID")
	if err == nil && us > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.watchdog = time.Duration(us) * time.Microsecond
	}
	return n
}

// Watchdog returns within which time systemd wants to hear; 0 for never.
func (n *Notifier) Watchdog() time.Duration {
	if n == nil {
		return 0
	}
	return n.watchdog
}

// Ready says that the service is there.
func (n *Notifier) Ready(status string) { n.tell("READY=1\nSTATUS=" + oneLine(status)) }

// Status says in a line how the service is.
func (n *Notifier) Status(status string) { n.tell("STATUS=" + oneLine(status)) }

// Alive says that the service goes on.
func (n *Notifier) Alive() { n.tell("WATCHDOG=1") }

// Stopping says that the service is ending.
func (n *Notifier) Stopping() {
	n.tell("STOPPING=1\nSTATUS=ending: updates under way are answered first")
}

// tell sends a message. Who does not take it is not waited for.
func (n *Notifier) tell(message string) {
	if n == nil {
		return
	}
	c, err := net.DialUnix("unixgram", nil, n.address)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = c.Write([]byte(message))
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// notify tells systemd that the service is there, how its decks are, and that it
// goes on: as long as every deck can still be asked.
func (s *Server) notify(ctx context.Context) {
	n := s.o.Notify
	if n == nil {
		return
	}
	said := s.statusLine()
	n.Ready(said)
	status := time.NewTicker(statusEvery)
	defer status.Stop()
	var alive <-chan time.Time
	if every := n.Watchdog() / 3; every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		alive = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-alive:
			s.statusLine() // which asks every deck: one that hangs hangs this, and the watchdog bites
			n.Alive()
		case <-status.C:
			if now := s.statusLine(); now != said {
				said = now
				n.Status(now)
			}
		}
	}
}

// statusLine says how the decks are, for systemctl status.
func (s *Server) statusLine() string {
	var parts []string
	now := time.Now()
	for _, p := range s.projects {
		snap := p.Deck.Snapshot()
		alarms := snap.Alarming(now)
		part := fmt.Sprintf("%s, REC %d, PAUSED %d", phaseName(snap.Health.Phase(now)), snap.Active-snap.Paused, snap.Paused)
		if phase := snap.Health.Phase(now); phase == deck.Stale || phase == deck.Partial {
			part = strings.ToUpper(phaseName(phase)) + strings.TrimPrefix(part, phaseName(phase))
		}
		if len(alarms) > 0 {
			part += fmt.Sprintf(", ALARM %d", len(alarms))
		}
		if p.Profile != "" {
			part = p.Profile + ": " + part
		}
		parts = append(parts, part)
	}
	sessions := len(s.sessions.sorted())
	return strings.Join(append(parts, strconv.Itoa(sessions)+" sessions"), "; ")
}
