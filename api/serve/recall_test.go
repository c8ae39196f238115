//go:build unix

package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

// crashed writes in the journal what a run of the service leaves that was killed:
// a request, and what became of it where outcome is not empty. Its process is
// gone.
func (w *world) crashed(t *testing.T, ref, sid, asked, outcome, why string, late bool) {
	t.Helper()
	j := journal.Begin(journal.Options{Dir: w.dir})
	e := journal.Entry{
		Event: journal.Request, ID: j.NewID(), Ref: ref, Who: deck.Actor{Actor: "alice", UID: "1001"},
		Space: "https://acme.example", Project: w.spaces[0].Project(), Recording: text.New(sid),
		StatusBefore: "in-progress", StatusAsked: asked,
	}
	out := e
	out.Event, out.Outcome, out.Reason = journal.Outcome, outcome, why
	list := []journal.Entry{e, out}
	if outcome == "" {
		list = list[:1]
	} else if late {
		list = []journal.Entry{out, e}
	}
	for _, e := range list {
		j.Enqueue(e)
	}
	check(t, j.Close())
}

// TestRecalled: what the last run of the service was asked for is known to the
// next one, by the journal: its result is told, and it is not sent again.
func TestRecalled(t *testing.T) {
	tests := []struct {
		name, asked   string
		outcome, why  string // in the journal
		late          bool   // the request stands after its outcome
		want, because string
	}{
		{name: "verified", asked: "paused", outcome: "verified", want: "verified"},
		{name: "its request was written late", asked: "paused", outcome: "verified", late: true, want: "verified"},
		{name: "accepted", asked: "stopped", outcome: "accepted", want: "accepted"},
		{name: "failed", asked: "paused", outcome: "failed", why: "HTTP 422", want: "failed", because: "HTTP 422"},
		{name: "unknown", asked: "paused", outcome: "unknown", why: "timeout", want: "unknown", because: "timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, setting{keep: true})
			sid := w.begin("in-progress")
			check(t, w.stop())
			w.crashed(t, "1001 request-1", sid, tt.asked, tt.outcome, tt.why, tt.late)
			w = w.again(t, setting{})
			alice := w.as("alice")
			again := alice.request(pause("request-1", sid))["request-1"]
			for _, got := range []local.RequestState{again, fetch[local.RequestState](alice, local.PathRequests+"/request-1")} {
				p := got.Progress
				if p == nil || p.Outcome != tt.want || !p.Settled || p.Request.SID != sid || p.Actor != "alice" {
					t.Fatalf("told is %+v", p)
				}
				reason := p.Note
				if p.Err != nil {
					reason = p.Err.Reason
				}
				if reason != tt.because {
					t.Errorf("the reason is %q, want %q", reason, tt.because)
				}
			}
			if n := w.spies[0].posts.Load(); n != 0 {
				t.Errorf("%d updates were sent, want none", n)
			}
			if g := w.as("bob").do("GET", local.PathRequests+"/request-1", nil); g.refusal().Code != local.CodeRequest {
				t.Errorf("another user is told %d %s", g.status, g.body)
			}
			if got := alice.request(local.Request{ID: "request-2", SID: sid, Update: "pause"})["request-2"]; got.Progress == nil || got.Progress.Outcome != "verified" {
				t.Errorf("a new request: %+v", got)
			}
		})
	}
}

// openJournal is a journal whose requests of the last run are found out about
// when release is closed, or never, for broken.
type openJournal struct {
	*journal.Journal
	release chan struct{}
	broken  error
	left    []journal.Entry
}

func (j *openJournal) Settle(ctx context.Context, settle func(journal.Entry) (journal.Entry, bool)) (n int, err error) {
	select {
	case <-j.release:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if j.broken != nil {
		return 0, j.broken
	}
	for _, e := range j.left {
		if out, ok := settle(e); ok {
			if err := j.Enqueue(out).Wait(); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// TestRecalledOpen: a request that a crash left open is not settled until the
// recording was read; then its result is what was found. Where nothing can be
// found, it is unknown, and its asker is told.
func TestRecalledOpen(t *testing.T) {
	for _, broken := range []error{nil, errors.New("the journal is locked")} {
		t.Run(fmt.Sprint(broken), func(t *testing.T) {
			w := start(t, setting{keep: true})
			sid := w.begin("in-progress")
			check(t, w.stop())
			w.crashed(t, "1001 request-1", sid, "paused", "", "", false)
			j := &openJournal{release: make(chan struct{}), broken: broken, left: w.entriesOf(t)}
			w = w.again(t, setting{journal: func(real *journal.Journal) deck.Journal { j.Journal = real; return j }})
			alice := w.as("alice")
			got := fetch[local.RequestState](alice, local.PathRequests+"/request-1")
			if got.Progress == nil || got.Progress.Outcome != "unknown" || got.Progress.Settled || !strings.Contains(got.Progress.Note, "finding out") {
				t.Fatalf("before it is known: %+v", got.Progress)
			}
			told := make(chan map[string]local.RequestState, 1)
			go func() { told <- alice.request(pause("request-1", sid)) }() // asked once more, it is told how it goes on
			time.Sleep(20 * time.Millisecond)
			close(j.release)
			last := (<-told)["request-1"].Progress
			want := "contradicted" // it is still in progress, whatever was sent
			if broken != nil {
				want = "unknown"
			}
			if last == nil || last.Outcome != want || !last.Settled {
				t.Errorf("at last: %+v, want %s", last, want)
			}
			if n := w.spies[0].posts.Load(); n != 0 {
				t.Errorf("%d updates were sent, want none", n)
			}
			if broken != nil && !strings.Contains(w.said.String(), broken.Error()) {
				t.Errorf("the administrator is told %q", w.said.String())
			}
		})
	}
}

// TestRecalledStart: a start that the last run has carried out is not carried out
// again.
func TestRecalledStart(t *testing.T) {
	w := start(t, setting{keep: true})
	call := w.callOf(w.begin("in-progress"))
	first := w.as("alice").start(local.Start{ID: "start-request-1", CallSID: call})
	check(t, w.stop())
	w = w.again(t, setting{})
	again := w.as("alice").start(local.Start{ID: "start-request-1", CallSID: call})
	if p := again.Progress; p == nil || p.Outcome != "verified" || p.Request.SID != first.Progress.Request.SID || p.JournalID != first.Progress.JournalID {
		t.Errorf("told is %+v, after %+v", p, first.Progress)
	}
	if n := w.spies[0].posts.Load(); n != 0 {
		t.Errorf("%d starts were sent, want none", n)
	}
}

// entriesOf returns the requests in the journal of a service that has ended.
func (w *world) entriesOf(t *testing.T) (list []journal.Entry) {
	t.Helper()
	for e, err := range journal.Read(w.dir, journal.Filter{}) {
		check(t, err)
		if e.Event == journal.Request {
			list = append(list, e)
		}
	}
	return list
}
