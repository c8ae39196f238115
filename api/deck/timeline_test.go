package deck

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/journal"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// drawn returns a timeline in words: what began, and how many seconds after the
// first edge; ~ where that is not exact.
func drawn(t Timeline) string {
	var out []string
	var first time.Time
	for e := range t.Edges() {
		if first.IsZero() {
			first = e.At
		}
		at := fmt.Sprintf("%.0f", e.At.Sub(first).Seconds())
		if !e.Exact {
			at = "~" + at
		}
		out = append(out, e.Kind.String()+" "+at)
	}
	return strings.Join(out, ", ")
}

// TestTimeline draws what one deck sees of one recording that has run for 100 s
// when it first looks.
func TestTimeline(t *testing.T) {
	const unseen = "unknown 0, recorded ~100"
	others := func(tb *table, sid, status string) { tb.space.SetStatus(sid, status); after(4 * time.Second) }
	own := func(tb *table, req Request) {
		if _, err := tb.deck.Do(tb.t.Context(), req); err != nil {
			tb.t.Error(err)
		}
		after(4 * time.Second)
	}
	outage := func(tb *table, d time.Duration) {
		tb.wire.set(always("GET", "", 503, ""))
		time.Sleep(d)
		tb.wire.set(nil)
		tb.deck.Refresh()
	}
	tests := []struct {
		name string
		play func(tb *table, sid string)
		want string
	}{
		{"nothing", func(*table, string) {}, unseen},
		{"others pause and resume", func(tb *table, sid string) {
			others(tb, sid, "paused")
			others(tb, sid, "in-progress")
		}, unseen + ", paused 110, recorded 114"},
		{"this deck does", func(tb *table, sid string) {
			own(tb, pauseOf(sid))
			own(tb, resumeOf(sid))
		}, unseen + ", skip 110, recorded 114"},
		{"with silence", func(tb *table, sid string) {
			req := pauseOf(sid)
			req.Update.PauseBehavior = api.Silence
			own(tb, req)
		}, unseen + ", silence 110"},
		{"paused for a moment that no poll saw", func(tb *table, sid string) {
			time.Sleep(500 * time.Millisecond)
			tb.space.SetStatus(sid, "paused")
			time.Sleep(700 * time.Millisecond)
			others(tb, sid, "in-progress")
		}, unseen + ", unknown ~110, recorded 111"},
		{"resumed for a moment that no poll saw", func(tb *table, sid string) {
			own(tb, pauseOf(sid))
			time.Sleep(500 * time.Millisecond)
			tb.space.SetStatus(sid, "in-progress")
			time.Sleep(700 * time.Millisecond)
			others(tb, sid, "paused")
		}, unseen + ", skip 110, unknown ~114, paused 115"},
		{"a poll fails", func(tb *table, sid string) {
			outage(tb, 2*time.Second)
			after(4 * time.Second)
		}, unseen},
		{"stale", func(tb *table, sid string) {
			outage(tb, 30*time.Second)
			after(40 * time.Second)
		}, unseen + ", unknown ~108, recorded ~140"},
		{"stale while paused", func(tb *table, sid string) {
			own(tb, pauseOf(sid))
			outage(tb, 30*time.Second)
			after(40 * time.Second)
		}, unseen + ", skip 110, unknown ~112, skip ~144"},
		{"paused while stale", func(tb *table, sid string) {
			tb.wire.set(always("GET", "", 503, ""))
			time.Sleep(10 * time.Second)
			tb.space.SetStatus(sid, "paused")
			outage(tb, 20*time.Second)
			after(40 * time.Second)
		}, unseen + ", unknown ~108, paused 120"},
		{"ended", func(tb *table, sid string) {
			tb.space.EndRecording(sid)
			after(10 * time.Second)
		}, unseen + ", ended 110"},
		{"stopped while paused", func(tb *table, sid string) {
			own(tb, pauseOf(sid))
			own(tb, stopOf(sid))
		}, unseen + ", skip 110, ended 114"},
		{"ended while stale", func(tb *table, sid string) {
			tb.wire.set(always("GET", "", 503, ""))
			time.Sleep(10 * time.Second)
			tb.space.EndRecording(sid)
			outage(tb, 20*time.Second)
			after(40 * time.Second)
		}, unseen + ", unknown ~108, ended 120"},
		{"gone", func(tb *table, sid string) {
			tb.space.Delete(sid)
			after(10 * time.Second)
		}, unseen + ", unknown ~108"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceOf(0, 0)
				sid := space.Begin(sim.Begin{StartedAgo: 100 * time.Second})
				tb := open(t, space, Config{})
				tb.run()
				after(10 * time.Second)
				tt.play(tb, sid)
				if got := drawn(tb.find(sid).Timeline); got != tt.want {
					t.Errorf("drawn as %s\nwant %s", got, tt.want)
				}
			})
		})
	}
}

// TestTimelineBegins: what begins while the deck looks is known from its
// beginning on, and a pause that it finds from when the API dates it.
func TestTimelineBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceOf(0, 0)
		found := space.Begin(sim.Begin{StartedAgo: 100 * time.Second, Status: "paused", DateUpdatedAgo: 40 * time.Second})
		tb := open(t, space, Config{})
		tb.run()
		after(10 * time.Second)
		fresh := space.Begin(sim.Begin{})
		after(10 * time.Second)
		for sid, want := range map[string]string{found: "unknown 0, paused ~60", fresh: "recorded 0"} {
			if got := drawn(tb.find(sid).Timeline); got != want {
				t.Errorf("drawn as %s, want %s", got, want)
			}
		}
	})
}

// TestTimelineKept: after a restart the last run's part is there, and what was
// between is not known.
func TestTimelineKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{})
		paused := tb.space.Begin(sim.Begin{})
		after(10 * time.Second)
		if _, err := tb.deck.Do(t.Context(), pauseOf(paused)); err != nil {
			t.Fatal(err)
		}
		after(10 * time.Second)
		k, lines := tb.stop(), tb.deck.Timelines()
		time.Sleep(20 * time.Second)
		next := tb.restart(k, Config{Timelines: lines})
		if diff := cmp.Diff(lines, next.deck.Timelines()); diff != "" {
			t.Errorf("before it has seen anything it keeps (-want +got):\n%s", diff)
		}
		next.run()
		after(10 * time.Second)
		for of, want := range map[string]string{
			sid:    "unknown 0, recorded ~60, unknown ~80, recorded ~101",
			paused: "recorded 0, skip 10, unknown ~19, skip ~40",
		} {
			if got := drawn(next.find(of).Timeline); got != want {
				t.Errorf("drawn as %s, want %s", got, want)
			}
		}
	})
}

// TestTimelineText: what is written is read again, and what is not a timeline is
// one that says no more than the text before the mistake.
func TestTimelineText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []edge
		at := int64(0)
		for range rapid.IntRange(0, 2*maxEdges).Draw(t, "n") {
			at += rapid.Int64Range(1, 1<<40).Draw(t, "later")
			e := edge{at, EdgeKind(rapid.IntRange(0, int(edgeKinds)-1).Draw(t, "kind")), marks(rapid.IntRange(0, int(allMarks)).Draw(t, "marks"))}
			list = append(list, e)
		}
		line := encode(list)
		if len(list) == 0 {
			line = ""
		}
		if got := ParseTimeline(line.String()); got != line {
			t.Errorf("%q is read as %q", line.String(), got.String())
		}
		if n := len(line.list()); n > maxEdges+1 {
			t.Errorf("%d edges", n)
		}
	})
	for _, tt := range []struct{ text, want string }{
		{"", ""}, {"x", ""}, {"r", ""}, {"r-5", ""}, {"r1000s", "r1000"}, {"r1000 s5", "r1000"}, {"r1000s99999999999999999999", "r1000"},
		{"r9223372036854775807", ""}, {"r1000s~.>5", "r1000s~.>5"}, {"r~~5", ""},
	} {
		if got := ParseTimeline(tt.text).String(); got != tt.want {
			t.Errorf("%q is read as %q, want %q", tt.text, got, tt.want)
		}
	}
}

// truth is what a recording did, and since when.
type truth struct {
	at   time.Time
	kind EdgeKind
}

// witness notes what is true of the recordings of a space.
type witness struct {
	space *sim.Space
	mu    sync.Mutex
	own   map[string]bool // which are paused by the deck, with skip
	// lost are those whose pause was asked for while the data was stale: the deck
	// may take another pause of it for that one.
	lost map[string]bool
	past map[string][]truth
}

// note takes in what is true now.
func (w *witness) note() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.space.Recordings() {
		kind := Over
		switch s := api.Status(r.Status); {
		case s.Running():
			kind = Recorded
		case s == api.Paused && w.own[r.SID]:
			kind = WithSkip
		case s == api.Paused:
			kind = PausedSomehow
		case s.Active():
			kind = NotKnown
		}
		past := w.past[r.SID]
		if len(past) == 0 || past[len(past)-1].kind != kind {
			w.past[r.SID] = append(past, truth{time.Now(), kind})
		}
	}
}

// posted notes whose a pause is.
func (w *witness) posted(r *http.Request, _ *http.Response) {
	if r.Method == http.MethodPost {
		w.mu.Lock()
		for _, rec := range w.space.Recordings() {
			if strings.Contains(r.URL.Path, rec.SID) {
				w.own[rec.SID] = true
			}
		}
		w.mu.Unlock()
	}
	w.note()
}

// blur is how far an edge may be from the truth: dates have whole seconds, and
// so has the server's clock.
const blur = 1200 * time.Millisecond

// check returns what a timeline claims up to the time until that was not so.
func (w *witness) check(sid string, line Timeline, until time.Time) (wrong []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list, i := []Edge{}, 0
	for e := range line.Edges() {
		list = append(list, e)
	}
	past := w.past[sid]
	for i = range list {
		from, to := list[i].At.Add(blur), until
		if i+1 < len(list) {
			to = list[i+1].At.Add(-blur)
		}
		for j, p := range past {
			ends := until
			if j+1 < len(past) {
				ends = past[j+1].at
			}
			if j == 0 {
				continue // when it began is not known to the witness
			}
			same := !from.Before(to) || p.kind == list[i].Kind || p.kind.Pauses() && (list[i].Kind == PausedSomehow || list[i].Kind == WithSkip && w.lost[sid])
			if p.at.Before(to) && ends.After(from) && !same && list[i].Kind != NotKnown {
				wrong = append(wrong, fmt.Sprintf("%s: %s from %v to %v, and it was %s from %v to %v; drawn as %s", sid[:8], list[i].Kind,
					from.Format("04:05.000"), to.Format("04:05.000"), p.kind, p.at.Format("04:05.000"), ends.Format("04:05.000"), drawn(line)))
			}
		}
	}
	return wrong
}

// night is a random history of decks, one after another, on one space.
type night struct {
	t     *testing.T
	tb    *table
	w     *witness
	sids  []string
	until atomic.Int64 // how long the network is down, in ns since 1970
	wrong []string
	runs  int
	p     *paper
}

// down reports whether the network is down.
func (n *night) down() bool { return time.Now().UnixNano() < n.until.Load() }

// run is the journal as one run of a deck writes it.
type run struct {
	*paper
	pid int
}

func (r run) Append(e journal.Entry) error {
	e.PID = r.pid
	return r.paper.Append(e)
}

func (r run) Enqueue(e journal.Entry) *journal.Pending { return journal.Done(r.Append(e)) }

// past returns what the journal has of the runs before.
func (n *night) past() func(text.Text) ([]journal.Part, bool) {
	n.p.mu.Lock()
	defer n.p.mu.Unlock()
	entries := slices.Clone(n.p.entries)
	of, err := journal.PastOf("", "", func(yield func(journal.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return func(sid text.Text) ([]journal.Part, bool) { return of(sid), true }
}

func (n *night) begin(c Config) {
	n.runs++
	c.Journal, c.Watched, c.Past = run{n.p, n.runs}, true, n.past()
	if n.tb == nil {
		n.tb = open(n.t, n.w.space, c)
	} else {
		n.tb = n.tb.restart(Kept{}, c)
	}
	n.tb.wire.after = n.w.posted
	n.tb.wire.set(func(*http.Request) (*http.Response, error) {
		if n.down() {
			return nil, io.ErrUnexpectedEOF
		}
		return nil, nil
	})
	n.tb.run()
}

// happen makes an event come true.
func (n *night) happen(e event, rng *rand.Rand) {
	sid := n.sids[e.Which%len(n.sids)]
	set := func(status string) {
		for _, r := range n.w.space.Recordings() {
			if r.SID == sid && api.Status(r.Status).Active() {
				n.w.mu.Lock()
				n.w.own[sid] = n.w.own[sid] && status == r.Status
				n.w.mu.Unlock()
				n.w.space.SetStatus(sid, status)
			}
		}
		n.w.note()
	}
	blink := func(a, b string) {
		set(a)
		time.Sleep(time.Duration(300+rng.IntN(1500)) * time.Millisecond)
		set(b)
	}
	switch e.What {
	case "begin":
		n.sids = append(n.sids, n.w.space.Begin(sim.Begin{}))
	case "pause":
		set("paused")
	case "resume":
		set("in-progress")
	case "paused for a moment":
		blink("paused", "in-progress")
	case "resumed for a moment":
		blink("in-progress", "paused")
	case "stop":
		set("stopped")
	case "end":
		n.w.space.EndRecording(sid)
	case "delete":
		n.w.space.Delete(sid)
	case "our pause", "our resume":
		req := pauseOf(sid)
		if e.What == "our resume" {
			req = resumeOf(sid)
		}
		tb := n.tb
		if r := tb.deck.Snapshot().Find(req.SID); r != nil {
			req.Seen = r.Status // as a screen has it
		}
		n.w.lost[sid] = n.w.lost[sid] || n.down() || tb.deck.Snapshot().Health.Phase(time.Now()) != Live
		go func() { _, _ = tb.deck.Do(context.Background(), req) }()
	case "network down":
		n.until.Store(time.Now().Add(time.Duration(rng.IntN(60)) * time.Second).UnixNano())
	case "restart", "restart with the journal alone":
		n.tb.stop()
		lines := n.tb.deck.Timelines()
		if e.What != "restart" {
			lines = nil
		}
		time.Sleep(time.Duration(rng.IntN(40)) * time.Second)
		n.begin(Config{Timelines: lines})
	}
	n.w.note()
}

var nightKinds = []string{"begin", "pause", "pause", "resume", "resume", "our pause", "our resume", "our pause", "our resume",
	"paused for a moment", "resumed for a moment", "stop", "end", "delete", "network down", "network down", "restart", "restart with the journal alone"}

// TestTimelineClaimsOnlyWhatWasSeen plays random histories in which recordings
// are paused, resumed and stopped by this deck and by others, also for less than
// a poll, while the network fails and the deck is restarted. After each event no
// timeline claims what was not so.
func TestTimelineClaimsOnlyWhatWasSeen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) event {
			return event{
				What:  rapid.SampledFrom(nightKinds).Draw(rt, "what"),
				Which: rapid.IntRange(0, 4).Draw(rt, "which"),
				// Farther apart than two looks: of three changes between two nobody sees more than the last.
				After: time.Duration(rapid.IntRange(8000, 20000).Draw(rt, "after")) * time.Millisecond,
			}
		}), 1, 30).Draw(rt, "events")
		seed := rapid.Uint64().Draw(rt, "seed")
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			space := spaceOf(0, 0)
			n := &night{t: t, p: &paper{}, w: &witness{space: space, own: map[string]bool{}, lost: map[string]bool{}, past: map[string][]truth{}}}
			n.sids = []string{space.Begin(sim.Begin{StartedAgo: time.Minute}), space.Begin(sim.Begin{}), space.Begin(sim.Begin{Status: "paused", StartedAgo: time.Minute})}
			n.w.note()
			n.begin(Config{})
			rng := rand.New(rand.NewPCG(seed, 1))
			for _, e := range events {
				after(e.After)
				n.happen(e, rng)
				after(0)
				n.look()
			}
			after(70 * time.Second)
			n.look()
			wrong = n.wrong
		})
		for _, w := range wrong {
			rt.Error(w)
		}
	})
}

// look checks every timeline up to the last look at its recording.
func (n *night) look() {
	n.tb.deck.mu.Lock()
	defer n.tb.deck.mu.Unlock()
	for _, e := range n.tb.deck.order {
		n.wrong = append(n.wrong, n.w.check(e.view.SID.String(), e.view.Timeline, time.UnixMilli(e.looked))...)
	}
}

// TestTimelineIsSmall measures what timelines take of a deck with 2,000
// recordings, each of which was paused and resumed eight times.
func TestTimelineIsSmall(t *testing.T) {
	if raceEnabled {
		t.Skip("memory with the race detector is another")
	}
	const n = 2000
	began := time.Now().UnixMilli()
	lines := make([]Timeline, n)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range lines {
		var line Timeline
		for j := range 16 {
			kind := Recorded
			if j%2 == 1 {
				kind = WithSkip
			}
			line = encode(then(line.list(), edge{began + int64(j)*47_000 + int64(i), kind, exact}))
		}
		lines[i] = line
	}
	runtime.GC()
	runtime.ReadMemStats(&now)
	each := float64(now.HeapAlloc-before.HeapAlloc)/n + 16 + 8 // the string's header, and when it was looked at
	t.Logf("%.0f bytes a recording with 16 edges", each)
	if each > 200 {
		t.Errorf("a timeline takes %.0f bytes, want 200 at most", each)
	}
	runtime.KeepAlive(lines)
}
