package local

import (
	"slices"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/share"
)

// Sharing says whether the other hosts that share with the service can be heard;
// see [share.State].
type Sharing struct {
	Connected bool      `json:"connected,omitempty"`
	Since     time.Time `json:"since,omitzero"` // since when it is as it is
	Why       string    `json:"why,omitempty"`  // why it is not connected
	// Hosts are those that share, by name, the service's own among them.
	Hosts []Host `json:"hosts,omitempty"`
}

// Host is a host that shares; see [deck.HostInfo].
type Host struct {
	Name     string    `json:"name"`
	Version  string    `json:"version,omitempty"`
	Sessions int       `json:"sessions,omitempty"`
	Self     bool      `json:"self,omitempty"` // it is the service's
	Gone     bool      `json:"gone,omitempty"` // nothing is heard of it, or it has left
	Left     bool      `json:"left,omitempty"` // it said that it leaves
	Heard    time.Time `json:"heard,omitzero"` // when it was last heard of; of one that is there, some while ago
	Pauses   int       `json:"pauses,omitempty"`
	Timers   int       `json:"timers,omitempty"`
}

// maxHosts is how many hosts a client takes in.
const maxHosts = 1000

// sharingOf returns what a snapshot says of the other hosts; nil where nothing is
// shared.
func sharingOf(s *deck.Snapshot) *Sharing {
	if !s.Share.Shared {
		return nil
	}
	out := &Sharing{Connected: s.Share.Connected, Since: stamp(s.Share.Since), Why: s.Share.Why}
	for _, h := range s.Hosts {
		out.Hosts = append(out.Hosts, Host{h.Name, h.Version, h.Sessions, h.Self, h.Gone, h.Left, stamp(h.Heard), h.Pauses, h.Timers})
	}
	return out
}

// into sets what a snapshot says of the other hosts, at the local time now.
func (s *Sharing) into(out *deck.Snapshot, now time.Time) {
	out.Share, out.Hosts = share.State{}, nil
	if s == nil {
		return
	}
	out.Share = share.State{Shared: true, Connected: s.Connected, Since: moment(s.Since, now), Why: clean(s.Why)}
	for _, h := range s.Hosts[:min(len(s.Hosts), maxHosts)] {
		out.Hosts = append(out.Hosts, deck.HostInfo{
			Host: share.Host{Name: clean(h.Name), Version: clean(h.Version), Sessions: count(h.Sessions),
				Self: h.Self, Gone: h.Gone, Left: h.Left, Heard: moment(h.Heard, now)},
			Pauses: count(h.Pauses), Timers: count(h.Timers),
		})
	}
}

// sameSharing reports whether two snapshots say the same of the other hosts.
func sameSharing(a, b *deck.Snapshot) bool {
	x, y := a.Share, b.Share
	return x.Shared == y.Shared && x.Connected == y.Connected && x.Why == y.Why && sameMoment(x.Since, y.Since) &&
		slices.EqualFunc(a.Hosts, b.Hosts, func(h, g deck.HostInfo) bool {
			same := sameMoment(h.Heard, g.Heard) || !h.Gone
			h.Heard, g.Heard = time.Time{}, time.Time{}
			return same && h == g
		})
}
