package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/state"
	"tapedeck/config"
)

const (
	shareAtMost = time.Second     // between two writings of a status file
	maxStatus   = 64 << 10        // bytes of a status file that are read
	clockSlack  = 2 * time.Second // a status may be so far in the future
	sweepAfter  = 24 * time.Hour  // for a file of which nobody can tell whether its process runs

	statusPrefix, statusSuffix = "status-", ".json" // of the names of status files
)

// sharedStatus is what a session tells tapedeck status, in a file of
// its own in the state directory. Times are of the local clock.
type sharedStatus struct {
	PID     int    `json:"pid"`
	Host    string `json:"host"`    // of the process
	Started string `json:"started"` // when the process started; only fit to be compared
	Space   string `json:"space"`
	Project string `json:"project"`

	Complete time.Time `json:"complete"` // when the last complete poll ended
	Limit    int64     `json:"limit_ms"` // the age at which that is stale
	Failing  bool      `json:"failing"`
	Partial  bool      `json:"partial"` // not all was read

	Running int `json:"rec"`
	Paused  int `json:"paused"`
	Other   int `json:"other"` // active, with a status that is not known
	// NotPaused and ResumedByOthers count the recordings with that trouble;
	// Acked of all these are acknowledged and do not alarm.
	NotPaused       int `json:"not_paused"`
	ResumedByOthers int `json:"resumed_by_others"`
	Acked           int `json:"acked"`

	// Unrecorded counts the calls and conferences without a recording, where those
	// alarm: -1 for not known. The first of them alarms at UnrecordedAt.
	Unrecorded   int       `json:"unrecorded"`
	UnrecordedAt time.Time `json:"unrecorded_at"`

	Longest  time.Time `json:"longest"`  // since when the longest pause lasts; zero without one
	AlarmAt  time.Time `json:"alarm_at"` // when the first alarm stands, or stood; zero without a pause
	Timers   int       `json:"timers"`   // auto-resumes that run
	Resume   time.Time `json:"resume"`   // when the first of them is due
	NoScreen bool      `json:"no_screen"`
	Shared   int       `json:"shared"` // how many of the Timers all hosts know, and so every session

	Alone time.Time    `json:"alone"` // since when the other hosts are not heard; zero while they are, and where nothing is shared
	Hosts []sharedHost `json:"hosts"` // that share; nil where nothing is shared
}

// earliest sets at to t, if that is earlier or at is not set.
func earliest(at *time.Time, t time.Time) {
	if !t.IsZero() && (at.IsZero() || t.Before(*at)) {
		*at = t
	}
}

// statusOf puts a snapshot into a status.
func statusOf(s *deck.Snapshot, now time.Time) sharedStatus {
	out := sharedStatus{
		PID: os.Getpid(), Complete: s.Health.Complete, Limit: s.Health.Limit.Milliseconds(),
		Failing: !s.Health.Failing.IsZero(), Partial: s.Health.Partial, Paused: s.Paused,
		NotPaused: s.NotPaused, ResumedByOthers: s.ResumedByOthers,
	}
	out.addUnrecorded(s, now)
	out.addHosts(s)
	for _, r := range s.Recordings {
		switch {
		case !r.Active():
			continue
		case r.Status.Running():
			out.Running++
		case r.Status != api.Paused && r.Status != api.Queued:
			out.Other++
		}
		if r.Trouble.Kind != "" && r.Trouble.Acked {
			out.Acked++
		}
		if r.Paused() {
			out.addPause(s.Of(r), r, now)
		}
	}
	return out
}

// addUnrecorded adds what is to say of calls without a recording.
func (s *sharedStatus) addUnrecorded(snap *deck.Snapshot, now time.Time) {
	parts := snap.Parts
	if parts == nil {
		parts = []deck.Part{{Snapshot: snap}}
	}
	for _, p := range parts {
		switch {
		case !p.UnrecordedWanted():
		case !p.UnrecordedKnown("", now) || s.Unrecorded < 0:
			s.Unrecorded = -1
		default:
			s.Unrecorded += len(p.Unrecorded) + p.UnrecordedMore
		}
	}
	if alarms := snap.UnrecordedAlarms(now); len(alarms) > 0 {
		earliest(&s.UnrecordedAt, now)
	}
	for _, u := range snap.Unrecorded {
		earliest(&s.UnrecordedAt, snap.UnrecordedLevelChanges(u, now))
	}
}

// addPause adds what is to say of a paused recording.
func (s *sharedStatus) addPause(snap *deck.Snapshot, r *deck.Recording, now time.Time) {
	since := r.Pause.Since.Add(-snap.Offset)
	earliest(&s.Longest, since)
	switch {
	case snap.ServerTime(now).Before(r.Ack.Until):
		earliest(&s.AlarmAt, r.Ack.Until.Add(-snap.Offset))
	case r.Timer.Err != "":
		earliest(&s.AlarmAt, now)
	default:
		earliest(&s.AlarmAt, since.Add(snap.PauseAlarm))
	}
	if !r.Timer.At.IsZero() {
		s.Timers++
		if snap.Share.Shared && !r.Timer.Local {
			s.Shared++
		}
		earliest(&s.Resume, r.Timer.At)
	}
}

// stale reports whether the numbers say nothing about the time now. A time in
// the future is that of a clock that was put right since.
func (s sharedStatus) stale(now time.Time) bool {
	age := now.Round(0).Sub(s.Complete.Round(0))
	return s.Complete.IsZero() || s.Failing || age < -clockSlack || age > time.Duration(s.Limit)*time.Millisecond
}

// alarms reports whether a pause lasts too long, or one was to be that is not, or a
// call has had no recording for too long.
func (s sharedStatus) alarms(now time.Time) bool {
	return s.troubled() || s.lacks(now) || !s.AlarmAt.IsZero() && !now.Before(s.AlarmAt)
}

// lacks reports whether a call has been without a recording for too long.
func (s sharedStatus) lacks(now time.Time) bool {
	return !s.UnrecordedAt.IsZero() && !now.Before(s.UnrecordedAt)
}

func (s sharedStatus) troubled() bool { return s.NotPaused+s.ResumedByOthers > s.Acked }

// of reports whether the status is of the project of c.
func (s sharedStatus) of(c config.Config) bool {
	return s.Project == c.Project && journal.SameSpace(s.Space, c.Space)
}

// ShareStatus keeps a file in the state directory from which tapedeck status
// reads, until ctx ends; then it removes the file. It is best effort, and no
// error: without the file, tapedeck status asks the API.
func ShareStatus(ctx context.Context, c config.Config, d *deck.Deck, noScreen func() bool) error {
	if c.StateDir == "" {
		return nil
	}
	dir, err := state.Make(c.StateDir)
	if err != nil {
		return nil
	}
	dir.Sweep(statusPrefix, statusSuffix, sweepAfter)
	self := journal.WhoFrom(nil)
	id := fnv.New32a()
	_, _ = id.Write([]byte(self.Host + self.Started)) // in a shared directory another host may have the same number
	name := fmt.Sprintf("%s%d-%08x%s", statusPrefix, self.PID, id.Sum32(), statusSuffix)
	defer func() { _ = dir.Remove(name) }()
	readStatuses(c.StateDir, time.Now()) // which removes those of the dead
	snapshots, cancel := d.Subscribe()
	defer cancel()
	var said, latest sharedStatus
	var due <-chan time.Time // when the latest is written; nil while it is
	next := time.Now()       // before it, only what cannot wait is written
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-due:
		case s := <-snapshots:
			latest = statusOf(s, time.Now())
			latest.Host, latest.Started = self.Host, self.Started
			latest.Space, latest.Project, latest.NoScreen = c.Space, c.Project, noScreen()
			if wait := time.Until(next); wait > 0 && latest.worth() == said.worth() {
				if due == nil {
					due = time.After(wait)
				}
				continue
			}
		}
		due, said, next = nil, latest, time.Now().Add(shareAtMost)
		if b, err := json.Marshal(latest); err == nil {
			_ = dir.Replace(name, b) // a reader never sees half of it
		}
	}
}

// worth is what of a status cannot wait to be shared.
type worth struct {
	Failing, Partial, NoScreen                                    bool
	Paused, NotPaused, ResumedByOthers, Acked, Unrecorded, Timers int
	Alone                                                         time.Time
}

// worth returns what cannot wait: that the numbers are not to be believed, who is
// in trouble, and who does the auto-resumes.
func (s sharedStatus) worth() worth {
	return worth{Failing: s.Failing, Partial: s.Partial, Paused: s.Paused,
		NotPaused: s.NotPaused, ResumedByOthers: s.ResumedByOthers, Acked: s.Acked, Unrecorded: s.Unrecorded, Timers: s.Timers, NoScreen: s.NoScreen, Alone: s.Alone}
}

// readStatuses returns what the running sessions of this user share, stale or
// not, the freshest first. It removes the files of those that are gone.
func readStatuses(path string, now time.Time) (all []sharedStatus) {
	all = readShared(path, statusPrefix, statusSuffix, maxStatus, func(s sharedStatus) journal.Who {
		return journal.Who{Host: s.Host, PID: s.PID, Started: s.Started}
	})
	slices.SortFunc(all, func(a, b sharedStatus) int { return b.Complete.Compare(a.Complete) })
	return all
}

// readShared returns what the running sessions of this user share in files of a
// folder, which are at most so large. It removes the files of those that are gone.
func readShared[T any](path, prefix, suffix string, most int64, of func(T) journal.Who) (all []T) {
	dir, err := state.At(path)
	if path == "" || err != nil {
		return nil
	}
	names, _ := dir.Names(prefix, suffix)
	for _, name := range names {
		b, err := dir.ReadOwn(name, most)
		var v T
		if err != nil || json.Unmarshal(b, &v) != nil {
			continue
		}
		if runs, known := of(v).Runs(); known && !runs {
			_ = dir.Remove(name)
			continue
		}
		all = append(all, v)
	}
	return all
}

// merged returns what several sessions of one project say together: the
// numbers are those of best, while each knows of its own timers and troubles
// only, and all know the timers that are shared.
func merged(best sharedStatus, others []sharedStatus, now time.Time) sharedStatus {
	best.NoScreen = best.NoScreen && best.Timers > 0
	for _, o := range others {
		best.Timers += o.Timers - min(best.Shared, o.Shared)
		best.Shared = max(best.Shared, o.Shared)
		earliest(&best.Resume, o.Resume)
		if o.NoScreen && o.Timers > 0 {
			best.NoScreen, best.PID = true, o.PID
		}
		if o.stale(now) {
			continue
		}
		best.NotPaused += o.NotPaused
		best.ResumedByOthers += o.ResumedByOthers
		best.Acked += o.Acked
		if best.Paused > 0 {
			earliest(&best.AlarmAt, o.AlarmAt)
		}
	}
	return best
}
