package deck

import (
	"cmp"
	"slices"

	"tapedeck/api/share"
)

// HostInfo is a host that shares, and what its users have going on.
type HostInfo struct {
	share.Host
	Pauses int // that last and that it has told of
	Timers int // auto-resumes to come that were set there
}

// mergeHosts takes in which hosts a part knows, and how well.
func (s *Snapshot) mergeHosts(p *Snapshot) {
	if p.Share.Shared && (!s.Share.Shared || s.Share.Connected && !p.Share.Connected) {
		s.Share = p.Share
	}
	for _, h := range p.Hosts {
		i, known := slices.BinarySearchFunc(s.Hosts, h, byName)
		if !known {
			s.Hosts = slices.Insert(s.Hosts, i, h)
			continue
		}
		s.Hosts[i].Pauses += h.Pauses
		s.Hosts[i].Timers += h.Timers
	}
}

func byName(a, b HostInfo) int { return cmp.Compare(a.Name, b.Name) }
