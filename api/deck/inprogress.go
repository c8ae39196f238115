package deck

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

const (
	coverEvery    = 10 * time.Second // between two listings of all in progress, while somebody wants to know who has no recording
	coverPage     = 5 * time.Second  // at least, for each page of them
	maxCoverLooks = 40               // conferences asked for in one round, then
)

// listing is a walk along all calls, or conferences, in progress that came to its
// end. The zero value is none.
type listing struct {
	began      time.Time
	unreadable int // rows that say nothing
}

// progress is what the directory knows beside names, while somebody wants to know
// who has no recording: who is in progress, and where. The directory's mutex
// guards it.
type progress struct {
	covering bool                        // somebody wants to know
	covers   map[text.Text]time.Duration // conferences whose participants are read for it, and how often
	present  map[text.Text]time.Time     // when it was asked who is in a conference, and the answer was complete
	news     uint64                      // grows whenever anything was read
	last     *inProgress                 // as it was put together last; nil for never
}

// inProgress is who was in progress at one time. It never changes.
type inProgress struct {
	news        uint64
	listed      time.Time // when the older of the two listings began; zero for none
	failed      error     // why the last listing failed; nil when it did not
	odd         error     // rows of it that could not be read; nil for none
	calls       []*api.Call
	conferences []*api.Conference
	over        map[text.Text]bool          // conferences that are known not to be in progress
	people      map[text.Text][]Participant // of conferences
	present     map[text.Text]time.Time     // see [progress]
}

// listEvery returns the time between two listings of all in progress. The mutex
// must be held.
func (dir *directory) listEvery() time.Duration {
	if !dir.covering {
		return labelsEvery
	}
	pages := 1 + max(len(dir.calls.by), len(dir.conferences.by))/pageSize
	return min(max(coverEvery, time.Duration(pages)*coverPage), labelsEvery)
}

// cover has it read what is needed to know who has no recording, or no longer, and
// returns how often the list is read then.
func (dir *directory) cover(on bool, conferences map[text.Text]time.Duration) time.Duration {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	dir.covering, dir.covers = on, conferences
	if !on {
		dir.last = nil
	}
	return dir.listEvery()
}

// inProgress returns who is in progress by the last listings, and what was read
// since. It is the same value while nothing was read.
func (dir *directory) inProgress() *inProgress {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	if dir.last != nil && dir.last.news == dir.news {
		return dir.last
	}
	calls, conferences := dir.calls.full, dir.conferences.full
	p := &inProgress{news: dir.news, over: map[text.Text]bool{}, people: maps.Clone(dir.people), present: maps.Clone(dir.present)}
	p.listed = calls.began
	if conferences.began.Before(calls.began) {
		p.listed = conferences.began
	}
	if n := calls.unreadable + conferences.unreadable; n > 0 {
		p.odd = fmt.Errorf("%w: %d calls or conferences in progress could not be read", api.ErrRows, n)
	}
	p.failed = cmp.Or(dir.calls.failed, dir.conferences.failed)
	for _, n := range dir.calls.by {
		if n.value != nil && n.value.Status == api.InProgress && !n.read.Before(calls.began) {
			p.calls = append(p.calls, n.value)
		}
	}
	for sid, n := range dir.conferences.by {
		if n.value != nil && n.value.Status == api.InProgress && !n.read.Before(conferences.began) {
			p.conferences = append(p.conferences, n.value)
		} else {
			p.over[sid] = true
		}
	}
	dir.last = p
	return p
}
