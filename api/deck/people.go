package deck

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

// readPeople reads the participants of the conferences that are on screen, and
// now and then those of the others that are recorded: their calls' recordings
// are siblings. Some in each round, so that no poll waits for them.
func (dir *directory) readPeople(ctx context.Context) {
	due := dir.duePeople(time.Now())
	for i, conf := range due {
		people, all, err := dir.readParticipants(ctx, conf)
		if !dir.putPeople(conf, people, all, err) {
			dir.mu.Lock()
			for _, conf := range due[i:] { // one that fails is enough for this round
				delete(dir.peopleRead, conf)
			}
			dir.mu.Unlock()
			return
		}
	}
}

// putPeople takes in what came of reading a conference's participants, and
// reports whether others are worth reading now. All is whether these are all.
func (dir *directory) putPeople(conf text.Text, people []Participant, all bool, err error) bool {
	interval := dir.snapshot().Interval
	dir.mu.Lock()
	defer dir.mu.Unlock()
	switch {
	case err == nil:
		dir.people[conf], dir.peopleFailed = people, 0
		if dir.news++; all {
			dir.present[conf] = dir.peopleRead[conf]
		}
	case errors.Is(err, api.ErrSID):
		// nobody is told
	case dir.peopleFailed < maxFailedPeople:
		dir.peopleFailed++
		delete(dir.peopleRead, conf)
		dir.peopleRetry = time.Now().Add(retryIn(err, interval))
		return errors.Is(err, api.ErrNotFound) // it has ended, or the API is wrong
	}
	return true
}

// duePeople returns the conferences whose participants are to be read now, and
// forgets those that are over.
func (dir *directory) duePeople(now time.Time) (due []text.Text) {
	s := dir.snapshot()
	dir.mu.Lock()
	defer dir.mu.Unlock()
	live := map[text.Text]bool{}
	most := maxLooks
	if dir.covering {
		most = maxCoverLooks
	}
	want := func(conf text.Text, every time.Duration) {
		live[conf] = true
		if last, ok := dir.peopleRead[conf]; !now.Before(dir.peopleRetry) && len(due) < most && (!ok || age(last, now) >= every) {
			dir.peopleRead[conf] = now
			due = append(due, conf)
		}
	}
	known := map[text.Text]bool{}
	for _, r := range s.Recordings {
		known[r.ConferenceSID] = true
	}
	dir.looks = slices.DeleteFunc(dir.looks, func(conf text.Text) bool { return !known[conf] })
	for _, conf := range dir.looks {
		want(conf, lookEvery)
	}
	for _, r := range s.Recordings {
		if r.Active() && r.IsConference() {
			want(r.ConferenceSID, peopleEvery)
		}
	}
	for conf, every := range dir.covers {
		want(conf, every)
	}
	for conf := range dir.peopleRead {
		if !live[conf] {
			delete(dir.peopleRead, conf)
			delete(dir.people, conf)
			delete(dir.present, conf)
			dir.news++
		}
	}
	return due
}

// readParticipants reads the first page of a conference's participants. All is
// whether there are no others.
func (dir *directory) readParticipants(ctx context.Context, conf text.Text) (people []Participant, all bool, err error) {
	pages, err := dir.client.Participants(conf, pageSize)
	if err != nil {
		return nil, false, err
	}
	if err := dir.places.take(ctx); err != nil {
		return nil, false, err
	}
	defer dir.places.free()
	info, err := pages.Next(ctx, func(p api.Participant) { people = append(people, Participant{Participant: p}) })
	switch {
	case info.Unreadable > 0:
		err = cmp.Or(err, api.ErrUnreadable)
	case errors.Is(err, api.ErrPage):
		return people, false, nil // those of the first page are more than fit on any screen
	}
	return people, err == nil && !pages.More(), err
}
