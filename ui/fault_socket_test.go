package ui

import (
	"os"
	"testing"

	"tapedeck/api/deck"
	"tapedeck/api/serve"
)

// socketGoroutines are those of the service and its client that wait: those that
// follow the deck, those of the server, of its notices and of its connections,
// and the client's, which reads a stream and keeps one connection beside it.
const socketGoroutines = 16

// behindSocket returns a client of a service that has the deck, for the screen,
// and what ends both.
func (c *faultCell) behindSocket(t *testing.T, d *deck.Deck) (Deck, func() (end func())) {
	c.host = newHost(t)
	c.startService(d)
	client := c.host.client(1001)
	return client, func() func() {
		return func() {
			client.Close()
			_ = c.host.end() // of a request that was not sent, the screen has said so
		}
	}
}

// startService starts the service with a deck.
func (c *faultCell) startService(d *deck.Deck) {
	p := &serve.Project{Profile: "support-eu", Space: "acme", ID: c.space.Project(), Deck: d}
	if j, ok := c.op.record.(memoryOf); ok {
		p.Recorded = j.recorded
	}
	c.host.start(serve.Options{Projects: []*serve.Project{p}}, c.die)
}

// TestFaultMatrixBehindSocket has the operations meet the faults with a deck that
// is behind the socket of a service: the screen says the same. Each operation
// meets every 24th fault, and with TAPEDECK_FAULTS=all every one.
//
// TestFaultsOffRecord and TestTwoFaults do the same.
func TestFaultMatrixBehindSocket(t *testing.T) {
	for i, op := range operations {
		op.behind = true
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			for j, f := range faults {
				if behindToo(i+j) && (!f.heavy || allFaults()) {
					t.Run(f.name, func(t *testing.T) { meet(t, op, f) })
				}
			}
		})
	}
}

func allFaults() bool { return os.Getenv("TAPEDECK_FAULTS") == "all" }

// behindToo reports whether a cell, by its number, is met behind a socket as
// well.
func behindToo(i int) bool { return allFaults() || i%24 == 12 }
