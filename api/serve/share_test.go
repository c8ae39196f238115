//go:build unix

package serve

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/share"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// two starts services of two hosts that share.
func two(t *testing.T) (a, b *world, hostA *share.MemoryHost) {
	m, space := share.NewMemory(), sim.New(sim.Options{Seed: 3})
	roles := []Role{{Name: "lead", May: Words, Keys: []string{"alice", "bob"}}, {Name: "view", May: Words[:1], Keys: []string{"eve"}}}
	begin := func(name string) (*world, *share.MemoryHost) {
		h := m.Join(name)
		done := make(chan struct{})
		go func() { defer close(done); _ = h.Run(t.Context()) }()
		t.Cleanup(func() { <-done })
		return start(t, setting{pipes: true, roles: roles, share: h, spaces: []*sim.Space{space}}), h
	}
	a, hostA = begin("host-a")
	b, _ = begin("host-b")
	synctest.Wait()
	return a, b, hostA
}

var (
	alice = Insider{Fingerprint: "SHA256:alice", Comment: "alice"}
	bob   = Insider{Fingerprint: "SHA256:bob", Comment: "bob"}
	eve   = Insider{Fingerprint: "SHA256:eve", Comment: "eve"}
)

// leftOf returns the pauses left behind that somebody is offered.
func leftOf(t *testing.T, i *Inside) (list []string) {
	t.Helper()
	all, err := i.Left(t.Context())
	check(t, err)
	for _, l := range all {
		list = append(list, l.Actor+" "+l.SID+" "+l.Why)
	}
	return list
}

func pauseAs(t *testing.T, i *Inside, sid string) {
	t.Helper()
	_, err := i.Do(t.Context(), deck.Request{SID: text.New(sid), Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}})
	check(t, err)
}

// TestLeftOnAnotherHost: a pause that was left behind on one host is offered on the
// others to those who may end it, until somebody on any of them looks after it.
func TestLeftOnAnotherHost(t *testing.T) { synctest.Test(t, testLeftOnAnotherHost) }

func testLeftOnAnotherHost(t *testing.T) {
	a, b, _ := two(t)
	sid := a.begin("in-progress")
	b.server.projects[0].Deck.Refresh()
	hers, his, other := a.enter(alice, nil), b.enter(bob, nil), b.enter(eve, nil)
	mine := a.enter(bob, nil)
	pauseAs(t, hers, sid)
	time.Sleep(5 * time.Second)
	hosts := b.server.projects[0].Deck.Snapshot().Hosts
	if len(hosts) != 2 || hosts[0].Sessions != 2 || hosts[0].Pauses != 1 || hosts[1].Sessions != 2 {
		t.Errorf("the hosts are %+v", hosts)
	}
	if got := leftOf(t, his); len(got) != 0 {
		t.Errorf("left are %q", got)
	}
	hers.Leave(quit)
	synctest.Wait()
	if got, want := leftOf(t, his), []string{"alice (host-a) " + sid + " " + quit}; !slices.Equal(got, want) {
		t.Errorf("on the other host, left are %q, want %q", got, want)
	}
	if got, want := leftOf(t, mine), []string{"alice " + sid + " " + quit}; !slices.Equal(got, want) {
		t.Errorf("on her host, left are %q, want %q", got, want)
	}
	if got := leftOf(t, other); len(got) != 0 {
		t.Errorf("one who may view is offered %q", got)
	}
	check(t, his.Acknowledge(key(sid), deck.Actor{}, "mine now", time.Minute))
	time.Sleep(time.Second)
	if got := append(leftOf(t, his), leftOf(t, mine)...); len(got) != 0 {
		t.Errorf("looked after, and left are %q", got)
	}
}

// TestGoneHost: a host that is gone is said to be on the others, with the pauses that
// its users had, which are offered there.
func TestGoneHost(t *testing.T) { synctest.Test(t, testGoneHost) }

func testGoneHost(t *testing.T) {
	a, b, hostA := two(t)
	first, second := a.begin("in-progress"), a.begin("in-progress")
	hers, his := a.enter(alice, nil), b.enter(bob, nil)
	pauseAs(t, hers, first)
	pauseAs(t, hers, second)
	check(t, hers.SetTimer(key(second), deck.Actor{}, 10*time.Minute, false))
	hostA.Die()
	time.Sleep(5 * time.Second)
	hosts := his.Snapshot().Hosts
	if len(hosts) != 2 || !hosts[0].Gone || hosts[0].Heard.IsZero() || hosts[0].Pauses != 2 || hosts[0].Timers != 1 {
		t.Errorf("the hosts are %+v", hosts)
	}
	if got, want := leftOf(t, his), []string{"alice (host-a) " + first + " host host-a is gone"}; !slices.Equal(got, want) {
		t.Errorf("left are %q, want %q", got, want)
	}
	if s := hers.Snapshot(); s.Share.Connected || s.Share.Why == "" {
		t.Errorf("host-a is %+v", s.Share)
	}
}
