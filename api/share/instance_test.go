package share

import (
	"strings"
	"testing"
	"time"
)

// TestSameNameOfTwoMachines: where two machines give the same name to their hosts,
// each says so, once; nothing is said of two processes of one machine, of one that
// is not known, and of one that has gone.
func TestSameNameOfTwoMachines(t *testing.T) {
	s := serverOf(t, plain, t.TempDir(), -1)
	at := func(host, machine string) *peer {
		return join(t, Options{Servers: s.ClientURL(), Host: host, Machine: machine}, func(n *NATS) { n.every = 20 * time.Millisecond })
	}
	odds := func(p *peer) []string { p.mu.Lock(); defer p.mu.Unlock(); return p.odds() }
	said := func(p *peer) (n int) {
		for _, odd := range p.odds() {
			if strings.Contains(odd, "another machine says too that it is host one: give each a share_host of its own") {
				n++
			}
		}
		return n
	}
	gone := at("one", "a machine before")
	gone.connected()
	gone.stop()
	first, same, unknown, two := at("one", "a"), at("one", "a"), at("one", ""), at("two", "b")
	for _, p := range []*peer{first, same, unknown, two} {
		p.connected()
		p.until("it hears all", func() bool { return len(p.hosts) == 2 })
	}
	beats := func(p *peer) {
		t.Helper()
		before := lastOf(p.NATS)
		p.until("signs of life", func() bool { return lastOf(p.NATS) > before+20 })
	}
	beats(first)
	for _, p := range []*peer{first, same, unknown, two} {
		if said := odds(p); len(said) > 0 {
			t.Errorf("said is %q", said)
		}
	}
	other := at("one", "b")
	first.until("it is said", func() bool { return said(first) == 1 })
	other.until("it is said there", func() bool { return said(other) == 1 })
	same.until("it is said in each process", func() bool { return said(same) == 1 })
	beats(first)
	for p, want := range map[*peer]int{first: 1, same: 1, other: 1, unknown: 0, two: 0} {
		p.mu.Lock()
		if said(p) != want {
			t.Errorf("said is %q", p.odds())
		}
		p.mu.Unlock()
	}
}

func lastOf(n *NATS) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last
}
