package deck

import (
	"slices"
	"time"

	"tapedeck/api"
)

// Part is one profile of a snapshot of several: who it is, and its deck's own
// snapshot.
type Part struct {
	Profile string // its name in the settings
	Space   string
	Project string // the project's ID
	*Snapshot
}

// Asking is that somebody else has a question about a recording open.
type Asking struct {
	Session string // of the service that both use
	Actor   string // the name of who it is
	Verb    string // pause, resume or stop
}

// NewestFirst compares recordings in the order of a snapshot.
func NewestFirst(a, b *Recording) int {
	if c := b.Created.Compare(a.Created); c != 0 {
		return c
	}
	switch x, y := a.SID.String(), b.SID.String(); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// Merge returns one snapshot of several profiles. Its recordings are those of
// all parts, its health that of the part whose data is worth least at the local
// time now, and its server's clock that of the part which has heard it last.
// What differs between the parts is asked for by recording: see
// [Snapshot.Level] and [Snapshot.Of].
func Merge(seq uint64, parts []Part, now time.Time) *Snapshot {
	if len(parts) == 1 {
		s := *parts[0].Snapshot
		s.Seq, s.Parts = seq, parts
		return &s
	}
	s := &Snapshot{Seq: seq, Parts: parts, ReadOnly: len(parts) > 0}
	for i, p := range parts {
		if i == 0 || worth(p.Health, now) < worth(s.Health, now) || worth(p.Health, now) == worth(s.Health, now) &&
			p.Health.Complete.Before(s.Health.Complete) {
			s.Health = p.Health
		}
		if i == 0 || p.Heard.After(s.Heard) {
			s.Offset, s.Heard = p.Offset, p.Heard
		}
		if i == 0 {
			s.Interval, s.PauseWarn, s.PauseAlarm = p.Interval, p.PauseWarn, p.PauseAlarm
		}
		if s.Calls.Err == nil {
			s.Calls = p.Calls
		}
		if s.Conferences.Err == nil {
			s.Conferences = p.Conferences
		}
		s.ReadOnly = s.ReadOnly && p.ReadOnly
		s.mergePolicy(p.Snapshot)
		s.Recordings = mergeNewest(s.Recordings, p.Recordings)
		s.mergeUnrecorded(p.Snapshot)
		s.mergeHosts(p.Snapshot)
	}
	for _, r := range s.Recordings {
		s.count(r)
	}
	return s
}

// mergeUnrecorded takes in which calls of a part have no recording.
func (s *Snapshot) mergeUnrecorded(p *Snapshot) {
	rows := slices.Concat(s.Unrecorded, p.Unrecorded)
	slices.SortStableFunc(rows, longestUnrecorded)
	n := min(len(rows), maxUnrecorded)
	s.UnrecordedMore += p.UnrecordedMore + len(rows) - n
	s.Unrecorded = rows[:n:n]
	a, b := s.InProgress, p.InProgress
	switch {
	case !b.Wanted:
	case !a.Wanted, b.Err != nil && a.Err == nil, (b.Err == nil) == (a.Err == nil) && b.Listed.Before(a.Listed):
		s.InProgress = b
	}
	s.InProgress.Pending = a.Pending + b.Pending
}

// worth orders what data is worth: the least first.
func worth(h Health, now time.Time) int {
	switch h.Phase(now) {
	case Stale:
		return 0
	case Loading:
		return 1
	case Partial:
		return 2
	}
	return 3
}

// mergeNewest returns the recordings of two snapshots in one order.
func mergeNewest(a, b []*Recording) []*Recording {
	if len(a) == 0 || len(b) == 0 {
		return slices.Clip(append(a, b...))
	}
	out := make([]*Recording, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if NewestFirst(a[0], b[0]) <= 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// Of returns the snapshot of the profile that a recording is of: the snapshot
// itself unless it is one of several profiles.
func (s *Snapshot) Of(r *Recording) *Snapshot {
	for _, p := range s.Parts {
		if p.Profile == r.Profile {
			return p.Snapshot
		}
	}
	return s
}

// count counts a recording.
func (s *Snapshot) count(r *Recording) {
	if !r.Active() {
		return
	}
	s.Active++
	switch r.Trouble.Kind {
	case NotPaused:
		s.NotPaused++
	case ResumedByOthers:
		s.ResumedByOthers++
	}
	if r.Status == api.Paused {
		s.Paused++
		if s.Longest == nil || r.Pause.Since.Before(s.Longest.Pause.Since) {
			s.Longest = r
		}
	}
}

// Count sets the counters of a snapshot whose recordings were put together by
// somebody else than the deck.
func (s *Snapshot) Count() {
	s.Active, s.Paused, s.NotPaused, s.ResumedByOthers, s.Longest = 0, 0, 0, 0, nil
	for _, r := range s.Recordings {
		s.count(r)
	}
}

// Several reports whether the snapshot is of several profiles.
func (s *Snapshot) Several() bool { return len(s.Parts) > 1 }

// StaleProfiles returns those of several profiles whose data is stale at the
// local time now; all is that every one is. Of one profile all is that it is.
func (s *Snapshot) StaleProfiles(now time.Time) (names []string, all bool) {
	if !s.Several() {
		return nil, s.Health.Phase(now) == Stale
	}
	for _, p := range s.Parts {
		if p.Health.Phase(now) == Stale {
			names = append(names, p.Profile)
		}
	}
	return names, len(names) == len(s.Parts)
}
