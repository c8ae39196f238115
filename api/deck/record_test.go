package deck

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// paper is a journal that a test reads, and can make fail.
type paper struct {
	mu         sync.Mutex
	entries    []journal.Entry
	fail       error
	ids        int
	unfinished []journal.Entry // what is to be settled
}

func (p *paper) Append(e journal.Entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return p.fail
	}
	p.entries = append(p.entries, e)
	return nil
}

func (p *paper) Enqueue(e journal.Entry) *journal.Pending { return journal.Done(p.Append(e)) }

func (p *paper) NewID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids++
	return strings.Repeat("i", p.ids)
}

func (p *paper) Settle(_ context.Context, settle func(journal.Entry) (journal.Entry, bool)) (n int, err error) {
	for _, w := range p.unfinished {
		if e, ok := settle(w); ok {
			if err := p.Append(e); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// lines returns each entry in a few words.
func (p *paper) lines() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		line := strings.Join(strings.Fields(strings.Join([]string{string(e.Event), e.ID, e.Actor,
			e.StatusBefore, e.StatusAsked, e.PauseBehavior, e.StatusAnswered, e.Outcome, e.Reason}, " ")), " ")
		if e.ByTimer {
			line += " (timer)"
		}
		out = append(out, line)
	}
	return out
}

func TestJournalHasEveryUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
		p := &paper{}
		tb := open(t, space, Config{Journal: p})
		tb.run()
		after(time.Second)
		req := pauseOf(sid)
		req.ResumeAfter = 30 * time.Second
		if _, err := tb.deck.Do(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if err := tb.deck.Acknowledge(Key{SID: text.New(sid)}, Actor{Actor: "bob"}, "waiting for the bank", time.Minute); err != nil {
			t.Fatal(err)
		}
		after(40 * time.Second)
		space.SetFaults(fault(t, "503@update")...)
		if _, err := tb.deck.Do(t.Context(), stopOf(sid)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := []string{
			"request i alice in-progress paused skip",
			"timer alice auto-resume set",
			"outcome i alice in-progress paused skip paused verified",
			"ack bob waiting for the bank",
			"request ii alice paused in-progress (timer)",
			"outcome ii alice paused in-progress in-progress verified (timer)",
			"request iii alice in-progress stopped",
			"outcome iii alice in-progress stopped contradicted HTTP 503; it is in-progress",
		}
		if diff := cmp.Diff(want, p.lines()); diff != "" {
			t.Errorf("journal (-want +got):\n%s", diff)
		}
		for _, e := range p.entries {
			if e.Recording.String() != sid || e.Call.IsZero() || e.Time.IsZero() {
				t.Errorf("%s: recording %s, call %s, at %v", e.Event, e.Recording, e.Call, e.Time)
			}
		}
	})
}

func TestJournalThatFails(t *testing.T) {
	for _, required := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			space := spaceOf(0, 0)
			sid := space.Begin(sim.Begin{StartedAgo: time.Minute})
			p := &paper{fail: errors.New("disk full")}
			tb := open(t, space, Config{Journal: p, JournalRequired: required})
			tb.run()
			after(time.Second)
			got, err := tb.deck.Do(t.Context(), pauseOf(sid))
			if err != nil || got.OffRecord == nil {
				t.Fatalf("%v, off record: %v", err, got.OffRecord)
			}
			posts := tb.wire.count("POST", "")
			if !required && (got.Outcome != Verified || posts != 1) {
				t.Errorf("outcome %s, %d POSTs, want it sent all the same", got.Outcome, posts)
			}
			if required && (got.Outcome != Failed || posts != 0 || !errors.Is(got.Err, ErrNotOnRecord)) {
				t.Errorf("outcome %s, %d POSTs, %v, want it refused", got.Outcome, posts, got.Err)
			}
		})
	}
}

func TestRecover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		done := space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Minute})
		not := space.Begin(sim.Begin{StartedAgo: time.Minute})
		request := func(id, sid, project string) journal.Entry {
			return journal.Entry{Event: journal.Request, ID: id, Who: Actor{Actor: "bo"}, Recording: text.New(sid), StatusAsked: "paused", Project: project}
		}
		p := &paper{unfinished: []journal.Entry{request("a", done, "p"), request("b", not, "p"), request("c", not, "other"),
			request("d", "5e4d3c2b-2222-4eee-8fff-000000000999", "p")}}
		tb := open(t, space, Config{Journal: p, Project: "p"})
		if n, err := tb.deck.Recover(context.Background()); n != 3 || err != nil {
			t.Errorf("%d recovered, %v", n, err)
		}
		want := []string{
			"outcome a bo paused paused verified tapedeck ended before the answer; read at the next start",
			"outcome b bo paused in-progress contradicted tapedeck ended before the answer; read at the next start",
			"outcome d bo paused unknown tapedeck ended before the answer; HTTP 404",
		}
		if diff := cmp.Diff(want, p.lines()); diff != "" {
			t.Errorf("journal (-want +got):\n%s", diff)
		}
	})
}
