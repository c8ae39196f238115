package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// target is a recording that a command was given, by its SID or the end of it.
type target struct {
	typed string
	rec   *deck.Recording // nil where there is none
	err   error           // why it is not known; nil with rec
}

// sid returns the SID that the target has, or what was typed for it.
func (t target) sid() text.Text {
	if t.rec != nil {
		return t.rec.SID
	}
	return text.New(t.typed)
}

// cleanSIDs returns the arguments without what the screen writes before a short
// SID, each once. It refuses what is no SID and no end of one.
func cleanSIDs(args []string) (sids []string, err error) {
	for _, arg := range args {
		sid := strings.TrimLeft(strings.TrimSpace(arg), "….")
		_, ok := text.New(sid).PathSegment()
		switch {
		case !ok:
			return nil, usage(strconv.Quote(text.New(arg).String())+" is no SID", "a SID has letters, digits and dashes; tapedeck list has them")
		case len(sid) < leastSID:
			return nil, usage(fmt.Sprintf("%q is too short for the end of a SID: it takes %d characters or more", sid, leastSID), "tapedeck list has the SIDs")
		}
		if !slices.ContainsFunc(sids, func(s string) bool { return strings.EqualFold(s, sid) }) {
			sids = append(sids, sid)
		}
	}
	return sids, nil
}

// isWhole reports whether s has the length of a whole SID: a UUID, or two
// letters and 32 digits.
func isWhole(s string) bool {
	return len(s) == 36 && strings.Count(s, "-") == 4 || len(s) == 34 && !strings.Contains(s, "-")
}

// resolve finds the recordings that were typed. An end that is not that of one
// recording only is an error of usage that has the candidates: nothing is to be
// sent then.
func (l *link) resolve(ctx context.Context, sids []string) ([]target, error) {
	var targets []target
	var err error
	if l.own != nil {
		targets, err = l.resolveByAPI(ctx, sids)
	} else if s, serr := l.synced(ctx); serr != nil {
		return nil, serr
	} else if targets, err = choose(sids, s.Recordings, l); err == nil {
		l.load(ctx, targets)
	}
	met := map[deck.Key]bool{}
	return slices.DeleteFunc(targets, func(t target) bool { // one may be named in two ways
		if t.rec == nil {
			return false
		}
		again := met[t.rec.Key()]
		met[t.rec.Key()] = true
		return again
	}), err
}

// load asks the service for the recordings that it does not show, where their
// SIDs are whole: such as one that has ended long ago.
func (l *link) load(ctx context.Context, targets []target) {
	from, ok := l.Service.(loader)
	if !ok {
		return
	}
	each(l.hook, len(targets), func(i int) {
		t := &targets[i]
		if t.rec != nil || !isWhole(t.typed) {
			return
		}
		rec, err := from.Load(ctx, text.New(t.typed))
		switch {
		case err == nil && rec.Active():
			t.rec, t.err = l.await(ctx, rec, func(*deck.Recording) bool { return true }), nil
		case err == nil:
			t.rec, t.err = rec, nil
		case codeFor(err) != codeNotFound:
			t.err = err
		}
	})
}

// shownTime is how long it may take until the service shows what it has said in
// an answer: that comes on another connection.
const shownTime = 2 * time.Second

// await waits until a recording is in the snapshot and is as wanted, and returns
// it; after a time, as it is known by then.
func (l *link) await(ctx context.Context, rec *deck.Recording, want func(*deck.Recording) bool) *deck.Recording {
	ctx, cancel := context.WithTimeout(ctx, shownTime)
	defer cancel()
	snapshots, stop := l.Subscribe()
	defer stop()
	for {
		select {
		case s := <-snapshots:
			if r := s.Lookup(rec.Key()); r != nil {
				if rec = r; want(r) {
					return r
				}
			}
		case <-ctx.Done():
			return rec
		}
	}
}

// synced returns the first snapshot that has all recordings.
func (l *link) synced(ctx context.Context) (*deck.Snapshot, error) {
	snapshots, cancel := l.Subscribe()
	defer cancel()
	for {
		select {
		case s := <-snapshots:
			switch s.Health.Phase(time.Now()) {
			case deck.Loading:
			case deck.Stale:
				if !s.Known() {
					return nil, unreachable(s)
				}
				return s, nil
			default:
				return s, nil
			}
		case <-ctx.Done():
			return nil, &Error{Code: codeUnreachable, What: "cannot see the recordings: the service has not read them yet"}
		}
	}
}

// unreachable returns the error for a snapshot that is old.
func unreachable(s *deck.Snapshot) *Error {
	e := &Error{Code: codeUnreachable, What: "cannot see the recordings: what is known is " + times.Clock(s.Health.Age(time.Now())) + " old"}
	if err := s.Health.Err; err != nil {
		e.What += ": " + api.Reason(err)
		e.Hints = hints(err)
		if code := codeFor(err); code == codeUnauthorized {
			e.Code = code
		}
	}
	return e
}

// resolveByAPI reads each recording whose SID is whole by itself, and the list
// for the ends of the others.
func (l *link) resolveByAPI(ctx context.Context, sids []string) ([]target, error) {
	var ends []string
	for _, sid := range sids {
		if !isWhole(sid) {
			ends = append(ends, sid)
		}
	}
	found := map[string]text.Text{} // what an end was the end of
	if len(ends) > 0 {
		var listed []*deck.Recording
		_, err := l.own.Each(ctx, deck.Walk{}, func(r *deck.Recording) bool {
			if slices.ContainsFunc(ends, func(end string) bool { return isSID(r.SID, end) }) {
				listed = append(listed, r)
			}
			return true
		})
		if err != nil {
			return nil, cannotSee(err)
		}
		chosen, err := choose(ends, listed, l)
		if err != nil {
			return nil, err
		}
		for _, t := range chosen {
			if t.rec != nil {
				found[t.typed] = t.rec.SID
			}
		}
	}
	targets := make([]target, len(sids))
	each(l.hook, len(sids), func(i int) {
		sid, ok := found[sids[i]]
		if !ok && isWhole(sids[i]) {
			sid, ok = text.New(sids[i]), true
		}
		targets[i] = target{typed: sids[i], err: noSuch(sids[i])}
		if ok {
			targets[i].rec, targets[i].err = l.own.Reload(ctx, sid)
		}
	})
	return targets, nil
}

// cannotSee returns the error for a list that could not be read, or not all of
// it.
func cannotSee(err error) *Error {
	what := "cannot see the recordings: "
	if codeForList(err) == codeFailed {
		what = "cannot see all recordings: "
	}
	return &Error{Code: codeForList(err), What: what + api.Words(err), Hints: hints(err)}
}

func noSuch(sid string) *Error {
	return &Error{Code: codeNotFound, What: "there is no recording " + sid + " that is active", Hints: []string{"tapedeck list has those that are"}}
}

// choose finds the one recording that each of some SIDs is or ends. Those that
// are active come before those that have ended.
func choose(sids []string, recs []*deck.Recording, l *link) (targets []target, err error) {
	for _, sid := range sids {
		var exact, active, ended []*deck.Recording
		for _, r := range recs {
			switch {
			case strings.EqualFold(r.SID.String(), sid):
				exact = append(exact, r)
			case !isSID(r.SID, sid):
			case r.Active():
				active = append(active, r)
			default:
				ended = append(ended, r)
			}
		}
		t := target{typed: sid, err: noSuch(sid)}
		for _, list := range [][]*deck.Recording{exact, active, ended} {
			if len(list) > 1 {
				return nil, l.ambiguous(sid, list)
			}
			if len(list) == 1 {
				t.rec, t.err = list[0], nil
				break
			}
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// maxCandidates is how many of several recordings are named.
const maxCandidates = 10

// ambiguous returns the error for the end of several SIDs: which they are, and
// who is on their lines.
func (l *link) ambiguous(sid string, recs []*deck.Recording) *Error {
	e := usage(fmt.Sprintf("%s is the end of %d SIDs; nothing was sent", sid, len(recs)), "give more of the SID")
	if same := func(r *deck.Recording) bool { return r.SID == recs[0].SID }; !slices.ContainsFunc(recs[1:], func(r *deck.Recording) bool { return !same(r) }) {
		e = usage(fmt.Sprintf("%d projects have a recording %s; nothing was sent", len(recs), recs[0].SID), "name one of them with --profile NAME")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	named := slices.Clone(recs[:min(len(recs), maxCandidates)])
	if l.own != nil {
		each(l.hook, len(named), func(i int) {
			if r, err := l.own.Describe(ctx, named[i]); err == nil {
				named[i] = r
			}
		})
	}
	for _, r := range named {
		s := l.shown(r)
		line := fmt.Sprintf("%s  %-9s  %s", r.SID, s.word(), s.who())
		if r.Profile != "" {
			line += " · " + text.New(r.Profile).String()
		}
		e.Lines = append(e.Lines, line)
	}
	if more := len(recs) - len(named); more > 0 {
		e.Lines = append(e.Lines, fmt.Sprintf("and %d more", more))
	}
	return e
}

// atOnce is how many recordings are read, or updated, at one time.
const atOnce = 8

// each calls f for each number below n, several at a time. A panic of one is the
// hook's.
func each(hook *crash.Hook, n int, f func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, atOnce) {
		workers.Go(func() {
			defer hook.Guard()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	workers.Wait()
}
