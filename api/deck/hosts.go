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

// OthersThere reports whether other hosts are there, which carry out the auto-resumes
// that were set here when this one is not.
func (s *Snapshot) OthersThere() bool {
	return s.Share.Connected && slices.ContainsFunc(s.Hosts, func(h HostInfo) bool { return !h.Self && !h.Gone })
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

// hostInfos returns the hosts that share, with what their users have going on. The
// mutex must be held.
func (s *shared) hostInfos() []HostInfo {
	pauses, timers := map[string]int{}, map[string]int{}
	for sid, facts := range s.told {
		e := s.deck.find(sid)
		for who, t := range facts {
			if e != nil && t.Pause != nil && s.samePauseAs(e.view, t.Pause.Updated, t.Pause.Since) {
				pauses[who.host]++
			}
		}
	}
	own := s.store.Host()
	for _, facts := range s.said {
		if _, is := facts[factPause]; is {
			pauses[own]++
		}
	}
	for _, st := range s.timers {
		if !st.over() {
			timers[st.setBy]++
		}
	}
	list := make([]HostInfo, 0, len(s.hosts))
	for name, h := range s.hosts {
		list = append(list, HostInfo{h, pauses[name], timers[name]})
	}
	slices.SortFunc(list, byName)
	return list
}
