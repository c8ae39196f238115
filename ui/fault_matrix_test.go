package ui

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// The recordings of the space. The last four characters of each are its short
// SID on the screen.
const (
	faultCall   = "a0000000-0000-4000-8000-00000000a0a1" // a call, recorded
	faultRoom   = "a0000000-0000-4000-8000-00000000b0b2" // a conference, recorded
	faultPaused = "a0000000-0000-4000-8000-00000000c0c3" // a call, paused
	faultOld    = "a0000000-0000-4000-8000-00000000d0d4" // a call, so far down the list that it is read alone
	faultOther  = "a0000000-0000-4000-8000-00000000e0e5" // a call, paused by somebody during the fault
	faultNew    = "a0000000-0000-4000-8000-00000000f0f6" // a call that begins during the fault
	faultNewest = "a0000000-0000-4000-8000-000000001017" // a conference that begins during the fault
)

// operation is what meets a fault.
type operation struct {
	name             string
	hits             func(*http.Request) bool
	start            bool   // the fault is on from the first request on
	keys             string // the keys of an update, of the recording sid
	sid              string
	verb, doing, did string
	with             string // how it pauses
	record           deck.Journal
	beside           *faultWire // another fault, that others meet at the same time
	behind           bool       // the deck is behind the socket of a service
	kept             *memory    // its journal, of a service that is killed; nil for record
}

// asks returns what reports whether a request is one of a method, to a path
// below the project.
func asks(method, pattern string) func(*http.Request) bool {
	path := regexp.MustCompile("^/api/laml/2010-04-01/Accounts/[^/]+/" + pattern + "$")
	return func(r *http.Request) bool { return r.Method == method && path.MatchString(r.URL.Path) }
}

var operations = []operation{
	{name: "first poll", hits: asks("GET", `Recordings(\.json)?`), start: true},
	{name: "poll", hits: asks("GET", `Recordings(\.json)?`)},
	{name: "retrieve", hits: asks("GET", `Recordings/[^/]+\.json`), keys: "p", sid: faultCall, verb: "pause", doing: "pausing", did: "paused"},
	{name: "list calls", hits: asks("GET", `Calls(/[^/]+)?(\.json)?`), start: true},
	{name: "read a call", hits: asks("GET", `Calls(/[^/]+)?(\.json)?`)},
	{name: "list conferences", hits: asks("GET", `Conferences(/[^/]+)?(\.json)?`), start: true},
	{name: "read a conference", hits: asks("GET", `Conferences(/[^/]+)?(\.json)?`)},
	{name: "list participants", hits: asks("GET", `Conferences/[^/]+/Participants(\.json)?`), start: true},
	{name: "pause a call", hits: asks("POST", `Calls/[^/]+/Recordings/[^/]+\.json`), keys: "p", sid: faultCall, verb: "pause", doing: "pausing", did: "paused"},
	{name: "pause a conference", hits: asks("POST", `Conferences/[^/]+/Recordings/[^/]+\.json`), keys: "p", sid: faultRoom, verb: "pause", doing: "pausing", did: "paused"},
	{name: "pause and skip", hits: asks("POST", `Calls/[^/]+/Recordings/[^/]+\.json`), keys: "P ~ 2", sid: faultCall, verb: "pause", doing: "pausing", did: "paused", with: "skip"},
	{name: "resume", hits: asks("POST", `Calls/[^/]+/Recordings/[^/]+\.json`), keys: "r ~ y", sid: faultPaused, verb: "resume", doing: "resuming", did: "resumed"},
	{name: "stop", hits: asks("POST", `Calls/[^/]+/Recordings/[^/]+\.json`), keys: "X ~ a 0 a 1 enter", sid: faultCall, verb: "stop", doing: "stopping", did: "stopped"},
	{name: "stop a conference", hits: asks("POST", `Conferences/[^/]+/Recordings/[^/]+\.json`), keys: "X ~ b 0 b 2 enter", sid: faultRoom, verb: "stop", doing: "stopping", did: "stopped"},
}

// gauge keeps the most memory that was in use.
type gauge struct {
	most  atomic.Uint64
	limit uint64 // from which it looks again without what nobody uses any more; 0 for never
}

func (g *gauge) look() {
	v := heapObjects()
	if g.limit != 0 && v > g.limit {
		runtime.GC()
		v = heapObjects()
	}
	for {
		old := g.most.Load()
		if v <= old || g.most.CompareAndSwap(old, v) {
			return
		}
	}
}

// heapObjects returns how many bytes all objects take, with those that nobody
// uses and that are not collected yet.
func heapObjects() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// faultCell is one operation that meets one fault: a screen, its deck and the
// space.
type faultCell struct {
	*session
	op      operation
	fault   fault
	space   *sim.Space
	wire    *faultWire
	content string    // the last frame
	lines   []string  // its lines, with their styles
	said    []string  // the status lines so far
	headers []string  // what the header has said that the data is worth, without its age
	began   time.Time // when the fault began
	frames  int
	slowest time.Duration      // the frame that took longest
	pressed time.Time          // when the last key of the update was
	host    *host              // that has the deck; nil where the screen has it
	alive   context.Context    // until who has the deck is killed
	die     context.CancelFunc // kills it
}

const faultInterval = 2 * time.Second

// openCell starts a screen on a deck on a space.
func openCell(t *testing.T, op operation, f fault, peak *gauge) *faultCell {
	space := sim.New(sim.Options{History: 30, Seed: 3})
	begin := func(sid, from string, ago time.Duration, b sim.Begin) {
		b.SID, b.From, b.To, b.StartedAgo = sid, "sip:"+from, "sip:desk", ago
		space.Begin(b)
	}
	begin(faultOld, "old", 23*time.Hour+30*time.Minute, sim.Begin{})
	begin(faultPaused, "held", 10*time.Minute, sim.Begin{Status: "paused", DateUpdatedAgo: time.Minute})
	begin(faultOther, "other", 5*time.Minute, sim.Begin{})
	space.Begin(sim.Begin{SID: faultRoom, StartedAgo: 3 * time.Minute, Conference: true, FriendlyName: "Room one"})
	begin(faultCall, "caller", 2*time.Minute, sim.Begin{})

	w := &faultWire{t: t, space: space.Transport(), hits: op.hits, fault: f, peak: peak}
	if op.beside != nil {
		op.beside.t, op.beside.space, op.beside.peak = t, w.space, peak
		w.space = op.beside
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &faultCell{op: op, fault: f, space: space, wire: w, alive: context.Background(), die: func() {}}
	if op.kept != nil {
		c.bear()
	}
	d := c.openDeck(t)
	if op.start || f.everywhere {
		c.begin()
	}
	shown, run := c.ownDeck(ctx, d)
	if op.behind {
		shown, run = c.behindSocket(t, d)
	}
	c.session = &session{t: t, msgs: make(chan tea.Msg, 100),
		m: New(ctx, Options{Deck: shown, Space: "acme", Profile: "support-eu", Actor: deck.Actor{Actor: "ana"}, Theme: "dark"})}
	c.run(c.m.Init())
	c.send(tea.WindowSizeMsg{Width: 160, Height: 60})
	end := run()
	t.Cleanup(func() {
		end()
		cancel()
		c.m.Close()
		time.Sleep(3 * time.Second)
	})
	c.pass(time.Second)
	return c
}

// openDeck opens a deck on the space.
func (c *faultCell) openDeck(t *testing.T) *deck.Deck {
	config := deck.Config{Interval: faultInterval, Journal: c.op.record, Space: "acme", Project: c.space.Project()}
	if c.fault.read == "PARTIAL page refused" {
		config.FullEvery = 6 * time.Second // it is met by full scans only
	}
	d, err := deck.Open(api.Config{
		Space: "https://" + wireHost, Project: c.space.Project(), Token: secret.New(c.space.Token()), Transport: mortal{c.wire, c.alive},
	}, config)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ownDeck returns the deck for the screen, and what runs it and then ends it.
func (c *faultCell) ownDeck(ctx context.Context, d *deck.Deck) (Deck, func() (end func())) {
	return d, func() func() {
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); d.Run(ctx) }()
		return func() {
			_ = d.Close(context.Background())
			cancel()
			<-done
		}
	}
}

// begin begins the fault, and the one beside it.
func (c *faultCell) begin() {
	c.wire.begin()
	if c.op.beside != nil {
		c.op.beside.begin()
	}
}

// end ends them, but for one that stays.
func (c *faultCell) end() {
	if !c.fault.everywhere {
		c.wire.end()
	}
	if c.op.beside != nil {
		c.op.beside.end()
	}
}

// pass lets time pass.
func (c *faultCell) pass(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(min(200*time.Millisecond, time.Until(end)))
		c.settle()
		c.look()
		c.wire.peak.look()
	}
}

// until lets time pass until something holds, and returns how long it took; ok
// is false when it has not come within a time.
func (c *faultCell) until(most time.Duration, holds func() bool) (took time.Duration, ok bool) {
	began := time.Now()
	for !holds() {
		if time.Since(began) >= most {
			return time.Since(began), false
		}
		c.pass(100 * time.Millisecond)
	}
	return time.Since(began), true
}

// key returns the name of a recording: a service names its profile.
func (c *faultCell) key(sid string) deck.Key {
	if c.host != nil {
		return deck.Key{Profile: "support-eu", SID: text.New(sid)}
	}
	return deck.Key{SID: text.New(sid)}
}

// update presses the keys of the operation.
func (c *faultCell) update() {
	c.m.list.Select(c.key(c.op.sid))
	c.m.slips.Seen()
	for k := range strings.FieldsSeq(c.op.keys) {
		if k == "~" {
			c.pass(400 * time.Millisecond)
			continue
		}
		c.pressed = time.Now()
		c.takeQuietly(keyPress(k))
		c.settle()
		c.pass(50 * time.Millisecond)
	}
}

// settle takes all that follows without time passing, and notes what every
// frame says in its status line.
func (c *faultCell) settle() {
	for {
		synctest.Wait()
		select {
		case msg := <-c.msgs:
			c.takeQuietly(msg)
		default:
			return
		}
	}
}

// takeQuietly is like take, without a look at the size of every frame.
func (c *faultCell) takeQuietly(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.BatchMsg:
		for _, cmd := range msg {
			c.run(cmd)
		}
	case tea.QuitMsg, terminalMsg, redrawMsg, nil:
	default:
		c.run(c.frame(msg))
	}
}

// look takes in what is on the screen.
func (c *faultCell) look() { c.frame(nil) }

// show takes in a frame.
func (c *faultCell) show(content string) {
	if content == c.content {
		return
	}
	c.content, c.lines = content, strings.Split(content, "\n")
	if w := ages.ReplaceAllString(c.worth(), ""); len(c.headers) == 0 || c.headers[len(c.headers)-1] != w {
		c.headers = append(c.headers, w)
	}
	if n := len(c.lines); n > 2 && c.op.keys != "" {
		var said []string
		for _, l := range c.lines[n-1-c.m.arrange().status : n-1] {
			said = append(said, strings.TrimSpace(ansi.Strip(l)))
		}
		s := strings.Join(said, " ")
		if len(c.said) == 0 || c.said[len(c.said)-1] != s {
			c.said = append(c.said, s)
		}
	}
}

// ages are the times in what the header says of the data.
var ages = regexp.MustCompile(`[0-9:]+s?`)

var worth = regexp.MustCompile(`(LOADING|live|PARTIAL|STALE|service gone).*$`)

// worth returns what the header says that the data is worth.
func (c *faultCell) worth() string {
	return worth.FindString(strings.TrimSpace(ansi.Strip(c.lines[0])))
}

// row returns the line of the list that shows a recording.
func (c *faultCell) row(sid string) string {
	for _, l := range c.lines {
		if l, _, _ = strings.Cut(ansi.Strip(l), "│"); strings.HasSuffix(strings.TrimSpace(l), sid[32:]) {
			return l
		}
	}
	return ""
}

// onLine are those whom the screen names for each recording.
var onLine = map[string]string{
	faultCall: "sip:caller →", faultRoom: "Room one ", faultPaused: "sip:held →", faultOld: "sip:old →",
	faultOther: "sip:other →", faultNew: "sip:new →", faultNewest: "Room two ",
}

// participants is a line of the detail pane.
var participants = regexp.MustCompile(`participants +\S.* → `)

// untrue returns what of the space is not on the screen as it is.
func (c *faultCell) untrue() (list []string) {
	counts := map[string]int{}
	for _, r := range c.space.Recordings() {
		word := map[string]string{"in-progress": "REC", "paused": "PAUSED"}[r.Status]
		if word == "" {
			continue
		}
		counts[word]++
		l := c.row(r.SID)
		if r := c.m.live.Find(text.New(r.SID)); r != nil && r.Trouble.Standing() {
			l = strings.Replace(l, "!REC not paused ", "REC ", 1)
		}
		if !strings.Contains(l, " "+word+" ") || !strings.Contains(l, onLine[r.SID]) {
			list = append(list, word+" "+onLine[r.SID]+" "+r.SID[32:]+", not "+l)
		} else if off := c.untimely(r); off != "" {
			list = append(list, off)
		}
	}
	if c.op.name == "list participants" && !participants.MatchString(c.text()) {
		list = append(list, "participants")
	}
	for word, n := range counts {
		if want := fmt.Sprintf("%s %d", word, n); !regexp.MustCompile(want + `\b`).MatchString(ansi.Strip(c.lines[0])) {
			list = append(list, want)
		}
	}
	return list
}
