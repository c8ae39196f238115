package ui

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/secret"
	"tapedeck/api/serve"
	"tapedeck/api/sim"
)

// soakActive is how many recordings are active, soakChurn how many begin in a
// minute, and end.
const (
	soakActive = 200
	soakChurn  = 3
)

// soakFaults are what goes wrong, one after the other, for a minute or two.
var soakFaults = []string{
	"503", "429=3", "429-bare@update", "503@update", "drop", "drop@update", "silent@update", "silent-lost@update", "lie@update",
	"html", "html@update", "403@update", "slow=2s", "slow=9s@update", "lag=2s", "resumed", "400", "sept", "duration-null", "429=1@update",
}

// TestSoak lets four screens work on one deck and journal, in simulated time:
// 200 active recordings that come and go, a poll every ten seconds, and faults.
// At the end the journal and the space agree on every update, and neither the
// heap nor the goroutines are more than after the first hour, or the first half
// of a short run.
//
// It takes the time that TAPEDECK_SOAK says, 24h say; or 40 minutes, and 10
// with the race detector.
func TestSoak(t *testing.T) {
	long := 40 * time.Minute
	if raceEnabled {
		long = 10 * time.Minute
	}
	soakFor(t, long, false)
}

// TestSoakBehindSocket is like TestSoak with the deck in a service, which also
// is cut off, silent and not to be reached for a while. Without TAPEDECK_SOAK it
// takes 10 minutes, and 4 with the race detector.
func TestSoakBehindSocket(t *testing.T) {
	long := 10 * time.Minute
	if raceEnabled {
		long = 4 * time.Minute
	}
	soakFor(t, long, true)
}

// soakFor soaks for a time, or as TAPEDECK_SOAK says.
func soakFor(t *testing.T, long time.Duration, behind bool) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	if v := os.Getenv("TAPEDECK_SOAK"); v != "" {
		var err error
		if long, err = time.ParseDuration(v); err != nil {
			t.Fatalf("TAPEDECK_SOAK: %v", err)
		}
	}
	began := time.Now()
	early := min(time.Hour, long/2)
	first := playSoak(t, early, early, behind)
	last := playSoak(t, early, long, behind)
	t.Logf("%v in %v: %d requests on record, %d updates, %d requests, %d frames; heap of the deck, the journal and the screens %d kB after %v, %d kB at the end; %d goroutines then, %d at the end",
		long, time.Since(began).Round(time.Second), last.onRecord, last.updates, last.requests, last.frames,
		first.heap>>10, early, last.heap>>10, last.goroutines[0], last.goroutines[1])
	kept := int64(2 << 20)
	if behind {
		kept = 6 << 20 // each of four screens remembers its last 1,024 requests
	}
	if last.heap > first.heap+kept {
		t.Errorf("the heap has grown by %d kB since %v", (last.heap-first.heap)>>10, early)
	}
	more := 4 // a read more or less is under way
	if behind {
		more = 60 // four screens have up to four connections that rest
	}
	if last.goroutines[1] > last.goroutines[0]+more {
		t.Errorf("%d goroutines, after %v there were %d", last.goroutines[1], early, last.goroutines[0])
	}
}

// soakResult is what a soak came to.
type soakResult struct {
	onRecord, updates, requests, frames int
	heap                                int64  // of all but the space
	goroutines                          [2]int // early, and at the end
}

// soak is a deck with its journal, and the screens on it.
type soak struct {
	t       *testing.T
	space   *sim.Space
	deck    *deck.Deck
	journal *journal.Journal
	screens []*soakScreen
	stop    context.CancelFunc
	done    sync.WaitGroup

	host    *host // of the deck; nil where the screens have it
	clients []*local.Client
}

// playSoak plays a soak, and takes a count early and at its end.
func playSoak(t *testing.T, early, long time.Duration, behind bool) (result soakResult) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newSoak(t, dir, behind)
		time.Sleep(early)
		result.goroutines[0] = quiet()
		time.Sleep(long - early)
		result.goroutines[1] = quiet()
		s.space.SetFaults()
		before := heapNow()
		result.frames = s.end()
		space := s.space
		s = nil
		result.heap = before - heapNow()
		result.requests = space.Stats().Requests()
		updates := space.Updates()
		result.updates = len(updates)
		result.onRecord = matchJournal(t, dir, updates, long)
	})
	return result
}

// quiet returns how many goroutines there are when the least is under way,
// within a minute.
func quiet() int {
	least := runtime.NumGoroutine()
	for range 60 {
		time.Sleep(time.Second)
		synctest.Wait()
		least = min(least, runtime.NumGoroutine())
	}
	return least
}

func heapNow() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// distant carries requests to a space that is some milliseconds away.
type distant struct{ next http.RoundTripper }

func (d distant) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(20 * time.Millisecond)
	return d.next.RoundTrip(r)
}

func newSoak(t *testing.T, dir string, behind bool) *soak {
	t.Helper()
	s := &soak{t: t, space: sim.New(sim.Options{Recordings: soakActive, History: 24 * 60 * soakChurn, Churn: soakChurn, Seed: 7})}
	var err error
	s.journal, err = journal.Open(journal.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s.deck, err = deck.Open(api.Config{
		Space: "http://127.0.0.1", Project: s.space.Project(), Token: secret.New(s.space.Token()), Transport: distant{s.space.Transport()},
	}, deck.Config{Interval: 10 * time.Second, Journal: s.journal})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	if behind {
		s.host = newHost(t)
		s.host.start(serve.Options{Projects: []*serve.Project{{Space: "acme", ID: s.space.Project(), Deck: s.deck, Journal: s.journal}}}, func() {})
		s.done.Go(func() { s.serviceTrouble(ctx) })
	} else {
		s.done.Go(func() { s.deck.Run(ctx) })
	}
	s.done.Go(func() { s.trouble(ctx) })
	for i, actor := range []string{"ana", "ben", "cem", "dia"} {
		screen := &soakScreen{
			m:    New(ctx, Options{Deck: s.shown(i), Space: "acme", Actor: deck.Actor{Actor: actor}, Interval: 10 * time.Second}),
			msgs: make(chan tea.Msg), hands: rand.New(rand.NewPCG(uint64(i), 5)),
		}
		s.screens = append(s.screens, screen)
		s.done.Go(func() { screen.loop(ctx) })
		s.done.Go(func() { screen.person(ctx) })
	}
	return s
}

// shown returns the deck for a screen.
func (s *soak) shown(screen int) Deck {
	if s.host == nil {
		return s.deck
	}
	c := s.host.client(1001 + screen)
	s.clients = append(s.clients, c)
	return c
}

// end ends the soak, and returns how many frames were drawn.
func (s *soak) end() (frames int) {
	s.stop()
	for _, c := range s.clients {
		c.Close()
	}
	if s.host != nil {
		if err := s.host.end(); err != nil {
			s.t.Error(err)
		}
	}
	if err := s.deck.Close(context.Background()); err != nil {
		s.t.Error(err)
	}
	s.done.Wait()
	if err := s.journal.Close(); err != nil {
		s.t.Error(err)
	}
	time.Sleep(10 * time.Minute) // the last timers run out
	for _, screen := range s.screens {
		frames += screen.frames
		screen.m.Close()
	}
	s.deck, s.journal, s.screens, s.host, s.clients = nil, nil, nil, nil, nil
	return frames
}

// sleep sleeps, and reports false when ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// trouble lets things go wrong, and recordings begin in place of those that
// were stopped.
func (s *soak) trouble(ctx context.Context) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := 0; sleep(ctx, time.Duration(1+rng.IntN(4))*time.Minute); i++ {
		f, err := sim.ParseFault(soakFaults[i%len(soakFaults)])
		if err != nil {
			s.t.Error(err)
			return
		}
		s.space.SetFaults(f)
		if !sleep(ctx, time.Duration(20+rng.IntN(100))*time.Second) {
			return
		}
		s.space.SetFaults()
		for n := s.deck.Snapshot().Active; n < soakActive; n++ {
			s.space.Begin(sim.Begin{Conference: n%5 == 0})
		}
	}
}

// serviceTrouble lets things go wrong between the service and its screens.
func (s *soak) serviceTrouble(ctx context.Context) {
	rng := rand.New(rand.NewPCG(11, 3))
	for i := 0; sleep(ctx, time.Duration(5+rng.IntN(50))*time.Second); i++ {
		some := time.Duration(100+rng.IntN(8000)) * time.Millisecond
		switch i % 3 {
		case 0:
			s.host.cut()
		case 1:
			s.host.refuse(true)
			s.host.cut()
			sleep(ctx, some)
			s.host.refuse(false)
		case 2:
			s.host.hush()
			sleep(ctx, 3*some)
			s.host.speak()
		}
	}
}

// soakScreen is a screen and who sits at it.
type soakScreen struct {
	m      *Model
	msgs   chan tea.Msg
	hands  *rand.Rand
	frames int
}

// handMsg is something a person does that depends on what the screen shows.
type handMsg func() []string

// loop is the event loop: as a program's, without a terminal.
func (s *soakScreen) loop(ctx context.Context) {
	s.run(ctx, s.m.Init())
	s.update(ctx, tea.WindowSizeMsg{Width: 120, Height: 40})
	for {
		select {
		case <-ctx.Done():
			return
		case msg := <-s.msgs:
			s.update(ctx, msg)
		}
	}
}

func (s *soakScreen) update(ctx context.Context, msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.BatchMsg:
		for _, cmd := range msg {
			s.run(ctx, cmd)
		}
	case handMsg:
		for _, k := range msg() {
			s.update(ctx, keyPress(k))
		}
	default:
		_, cmd := s.m.Update(msg)
		s.run(ctx, cmd)
		if s.m.View().Content != "" {
			s.frames++
		}
	}
}

func (s *soakScreen) run(ctx context.Context, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		select {
		case s.msgs <- msg:
		case <-ctx.Done():
		}
	}()
}

// person looks around and updates a recording, every half a minute or so.
func (s *soakScreen) person(ctx context.Context) {
	press := func(keys ...string) bool {
		for _, k := range keys {
			if !s.hand(ctx, func() []string { return []string{k} }) {
				return false
			}
		}
		return true
	}
	for sleep(ctx, time.Duration(15+s.hands.IntN(30))*time.Second) {
		for range s.hands.IntN(8) {
			press([]string{"j", "k", "pgdown", "G", "pgup"}[s.hands.IntN(5)])
		}
		switch n := s.hands.IntN(20); {
		case n < 8:
			press("p")
		case n < 14:
			press("g", "j", "r")
			_ = sleep(ctx, time.Second) && press("y")
		case n < 16:
			press("X")
			_ = sleep(ctx, time.Second) && s.hand(ctx, s.typeSID) && press("enter")
		case n < 18:
			press("P")
			_ = sleep(ctx, time.Second) && press("2")
		default:
			press("/", "5", "enter")
			_ = sleep(ctx, 5*time.Second) && press("enter", "o", "esc", "f", "f", "esc", "esc")
		}
		_ = sleep(ctx, time.Second) && press("esc")
	}
}

// typeSID returns the keys that the prompt asks for, if one is open.
func (s *soakScreen) typeSID() []string {
	if s.m.prompt == nil {
		return nil
	}
	return strings.Split(s.m.prompt.Question().Short, "")
}

// hand does something, some time after what was done before.
func (s *soakScreen) hand(ctx context.Context, do handMsg) bool {
	select {
	case s.msgs <- do:
		return sleep(ctx, 100*time.Millisecond)
	case <-ctx.Done():
		return false
	}
}

// recorded is a request on record, its outcome, and the updates that it has sent.
type recorded struct {
	request, outcome journal.Entry
	sent             []sim.UpdateRecord
}

// matchJournal checks that the journal verifies and has, one to one, the
// updates that reached the space, and returns how many requests it has.
func matchJournal(t *testing.T, dir string, updates []sim.UpdateRecord, long time.Duration) int {
	t.Helper()
	if r, err := journal.Verify(dir); err != nil || !r.Intact() {
		t.Errorf("the journal is not intact: %v, %v", r.Problems, err)
	}
	byID, bySID, actors := map[string]*recorded{}, map[string][]*recorded{}, map[string]int{}
	for e, err := range journal.Read(dir, journal.Filter{}) {
		switch {
		case err != nil:
			t.Error(err)
		case e.Event == journal.Request:
			w := &recorded{request: e}
			byID[e.ID] = w
			bySID[e.Recording.String()] = append(bySID[e.Recording.String()], w)
			actors[e.Actor]++
		case e.Event == journal.Outcome && byID[e.ID] != nil:
			byID[e.ID].outcome = e
		case e.Event == journal.Outcome || e.Event == journal.Note:
			t.Errorf("odd entry: %+v", e)
		}
	}
	if len(actors) != 4 && long >= 10*time.Minute {
		t.Errorf("updates by %v, want four actors", actors)
	}
	for _, u := range updates {
		var of []*recorded
		for _, w := range bySID[u.SID] {
			if w.has(u) {
				of = append(of, w)
			}
		}
		if len(of) != 1 {
			t.Errorf("%d requests are on record for %+v", len(of), u)
			continue
		}
		of[0].sent = append(of[0].sent, u)
	}
	for _, w := range byID {
		if problem := w.check(); problem != "" {
			t.Errorf("%s: %+v, %+v, sent %+v", problem, w.request, w.outcome, w.sent)
		}
	}
	return len(byID)
}

// has reports whether an update may be that of the request: the same change of the
// same recording, between the request and its outcome.
func (w *recorded) has(u sim.UpdateRecord) bool {
	const rounded = time.Millisecond // as the journal has its times
	return w.request.StatusAsked == u.Status && w.request.PauseBehavior == u.PauseBehavior &&
		!u.Time.Before(w.request.Time.Add(-rounded)) && !u.Time.After(w.outcome.Time.Add(rounded))
}

// check returns what does not fit between a request, its outcome and what was sent.
func (w *recorded) check() string {
	if w.outcome.Event == "" {
		return "a request has no outcome"
	}
	if len(w.sent) == 0 {
		return "a request was never sent"
	}
	for _, u := range w.sent[:len(w.sent)-1] {
		if u.HTTPStatus != http.StatusTooManyRequests {
			return fmt.Sprintf("an update was sent again after HTTP %d", u.HTTPStatus)
		}
	}
	last := w.sent[len(w.sent)-1]
	switch outcome := deck.Outcome(w.outcome.Outcome); {
	case outcome == deck.Requested:
		return "a request is left requested"
	case outcome == deck.Failed && last.Applied:
		return "it has failed, and was applied"
	case (outcome == deck.Accepted || outcome == deck.Verified) && !last.Applied && last.Status == string(api.Paused) &&
		w.request.StatusBefore != last.Status: // else it was so before
		return "it is " + string(outcome) + ", and was not applied"
	}
	return ""
}
