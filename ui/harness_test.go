package ui

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

var updateGolden = flag.Bool("update", false, "write the golden screens anew")

func TestMain(m *testing.M) {
	flag.Parse()
	time.Local = time.UTC
	os.Exit(m.Run())
}

// fakeDeck records what a screen asks of a deck.
type fakeDeck struct {
	mu        sync.Mutex // guards requests while several are made at once
	feed      chan *deck.Snapshot
	requests  []deck.Request
	insisted  int // how often it was told that a pause under way is asked for again
	batches   int
	intervals []time.Duration
	looked    []string
	refreshed int
	ended     bool // the subscription
	settle    func(deck.Request) (deck.Progress, error)
	notes     []string // what it was asked that sends no update
	refuse    error    // what it answers to that
	starting           // of recordings
}

func newFakeDeck() *fakeDeck { return &fakeDeck{feed: make(chan *deck.Snapshot, 1)} }

func (d *fakeDeck) Subscribe() (<-chan *deck.Snapshot, func()) {
	return d.feed, func() { d.ended = true }
}

func (d *fakeDeck) Do(ctx context.Context, req deck.Request) (deck.Progress, error) {
	d.mu.Lock()
	if req.Insist {
		d.insisted++
		d.mu.Unlock()
		return deck.Progress{}, &deck.BusyError{}
	}
	d.requests = append(d.requests, req)
	d.mu.Unlock()
	if d.settle != nil {
		return d.settle(req)
	}
	<-ctx.Done()
	return deck.Progress{}, ctx.Err()
}

// DoAll does each request by itself, all at once.
func (d *fakeDeck) DoAll(ctx context.Context, reqs []deck.Request, result func(int, deck.Progress, error)) {
	d.mu.Lock()
	d.batches++
	d.mu.Unlock()
	var wg sync.WaitGroup
	var one sync.Mutex
	for i, req := range reqs {
		wg.Go(func() {
			p, err := d.Do(ctx, req)
			one.Lock()
			defer one.Unlock()
			result(i, p, err)
		})
	}
	wg.Wait()
}

func (d *fakeDeck) Acknowledge(of deck.Key, actor deck.Actor, reason string, wait time.Duration) error {
	d.notes = append(d.notes, fmt.Sprintf("ack %s %s %q %s", tail(of), actor.Name(), reason, wait))
	return d.refuse
}

func (d *fakeDeck) SetTimer(of deck.Key, actor deck.Actor, after time.Duration, local bool) error {
	note := fmt.Sprintf("timer %s %s %s", tail(of), actor.Name(), after)
	if local {
		note += " local"
	}
	d.notes = append(d.notes, note)
	return d.refuse
}

func (d *fakeDeck) Reveal(of deck.Key, actor deck.Actor) {
	d.notes = append(d.notes, fmt.Sprintf("reveal %s %s", tail(of), actor.Name()))
}

// said returns what was said last of a key.
func (m *Model) said() string {
	words, _ := m.status.Info()
	return words
}

// tail is the end of a SID, after the profile where there are several.
func tail(of deck.Key) string {
	s := of.SID.String()
	if s = s[len(s)-4:]; of.Profile != "" {
		s = of.Profile + "/" + s
	}
	return s
}

func (d *fakeDeck) Refresh()                    { d.refreshed++ }
func (d *fakeDeck) SetInterval(v time.Duration) { d.intervals = append(d.intervals, v) }

// session drives a model as a program would, in the bubble of a synctest. A
// message's commands run to their end before the next one is sent.
type session struct {
	t      testing.TB
	m      *Model
	d      *fakeDeck
	msgs   chan tea.Msg
	quit   bool
	bells  int      // how often the bell has rung
	others []string // messages that are for the program: name and content
}

// newSession starts a screen of a size. It ends with the test.
func newSession(t testing.TB, w, h int, o Options) *session {
	d := newFakeDeck()
	ctx, cancel := context.WithCancel(context.Background())
	o.Deck = d
	if o.Space == "" {
		o.Space, o.Profile = "acme", "support-eu"
	}
	if o.Actor.Actor == "" {
		o.Actor.Actor = "ana"
	}
	s := &session{t: t, m: New(ctx, o), d: d, msgs: make(chan tea.Msg, 100)}
	s.run(s.m.Init())
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	t.Cleanup(func() {
		cancel()
		time.Sleep(3 * time.Second)
	})
	return s
}

func (s *session) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() { s.msgs <- cmd() }()
}

// send sends a message, and all that follows from it without time passing.
func (s *session) send(msg tea.Msg) {
	s.t.Helper()
	s.take(msg)
	s.settle()
}

func (s *session) settle() {
	s.t.Helper()
	for {
		synctest.Wait()
		select {
		case msg := <-s.msgs:
			s.take(msg)
		default:
			return
		}
	}
}

func (s *session) take(msg tea.Msg) {
	s.t.Helper()
	switch msg := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, cmd := range msg {
			s.run(cmd)
		}
	case tea.QuitMsg:
		s.quit = true
	case terminalMsg:
		s.toTerminal(string(msg))
	case redrawMsg:
		s.others = append(s.others, "redraw")
	default:
		if name := fmt.Sprintf("%T", msg); strings.HasPrefix(name, "tea.") && name[4] >= 'a' {
			s.others = append(s.others, strings.TrimSuffix(name[4:], "Msg")+" "+fmt.Sprint(msg))
		}
		_, cmd := s.m.Update(msg)
		s.run(cmd)
		checkFrame(s.t, s.m)
	}
}

// toTerminal takes what is for the terminal: bells, and texts for its clipboard.
func (s *session) toTerminal(seq string) {
	if seq == "\a" {
		s.bells++
		return
	}
	_, coded, _ := strings.Cut(seq, "52;c;")
	copied, err := base64.StdEncoding.DecodeString(strings.TrimRight(coded, "\a\x1b\\"))
	if err != nil || len(copied) == 0 || !strings.HasPrefix(seq, "\x1b]52") {
		s.others = append(s.others, "raw")
		return
	}
	s.others = append(s.others, "setClipboard "+string(copied))
}

// press presses keys, as tea names them, one after the other as a person does.
func (s *session) press(keys ...string) *session {
	s.t.Helper()
	for _, k := range keys {
		s.hit(k)
		time.Sleep(20 * time.Millisecond)
		s.settle()
	}
	return s
}

// hit presses keys without any time between them.
func (s *session) hit(keys ...string) *session {
	s.t.Helper()
	for _, k := range keys {
		s.send(keyPress(k))
		for s.m.late {
			time.Sleep(burst)
			s.settle()
		}
	}
	return s
}

// wait lets time pass, with all that happens in it.
func (s *session) wait(d time.Duration) *session {
	s.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(min(50*time.Millisecond, time.Until(end)))
		s.settle()
	}
	return s
}

// show sends a snapshot.
func (s *session) show(snap *deck.Snapshot) *session {
	s.t.Helper()
	snap.Seq = s.m.live.Seq + 1
	s.d.feed <- snap
	s.settle()
	return s
}

func (s *session) text() string { return screenText(s.m.View(), s.m.w, s.m.h+s.m.bar) }

// flat is what is on the screen left of the detail pane, without line breaks.
func (s *session) flat() string {
	var out []string
	for line := range strings.SplitSeq(s.text(), "\n") {
		line, _, _ = strings.Cut(line, "│")
		out = append(out, strings.Trim(line, " ─"))
	}
	return strings.Join(out, " ")
}

func (s *session) want(parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if !strings.Contains(s.text(), p) && !strings.Contains(s.flat(), p) {
			s.t.Errorf("%q is not on the screen:\n%s", p, s.text())
		}
	}
}

func (s *session) wantNot(parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if strings.Contains(s.text(), p) {
			s.t.Errorf("%q is on the screen:\n%s", p, s.text())
		}
	}
}

// verbs are the requests so far, as "pause 8142 silence".
func (s *session) verbs() string {
	var out []string
	for _, r := range s.d.requests {
		sid := r.SID.String()
		out = append(out, strings.TrimSpace(r.Verb()+" "+sid[len(sid)-4:]+" "+string(r.Update.PauseBehavior)))
	}
	return strings.Join(out, ", ")
}

func (s *session) wantVerbs(want string) {
	s.t.Helper()
	if got := s.verbs(); got != want {
		s.t.Errorf("requests %q, want %q\n%s", got, want, s.text())
	}
}

var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
	"up": tea.KeyUp, "down": tea.KeyDown, "home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	"f1": tea.KeyF1, "f5": tea.KeyF5, "left": tea.KeyLeft, "right": tea.KeyRight,
}

func keyPress(k string) tea.KeyPressMsg {
	if code, ok := named[k]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	if k == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	if c, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: []rune(c)[0], Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(strings.ToLower(k))[0], Text: k}
}

// checkFrame fails when a frame is larger than the screen.
func checkFrame(t testing.TB, m *Model) {
	t.Helper()
	content := m.View().Content
	if content == "" {
		return
	}
	lines := strings.Split(content, "\n")
	if len(lines) > m.h+m.bar {
		t.Fatalf("%d lines on a screen of %dx%d", len(lines), m.w, m.h)
	}
	for i, l := range lines {
		if w := ansi.StringWidthWc(l); w > m.w {
			t.Fatalf("line %d is %d wide on a screen of %dx%d: %q", i, w, m.w, m.h, l)
		}
	}
	if c := m.View().Cursor; c != nil && (c.X < 0 || c.Y < 0 || c.X >= m.w || c.Y >= m.h+m.bar) {
		t.Fatalf("cursor at %d,%d on a screen of %dx%d", c.X, c.Y, m.w, m.h)
	}
}

// screenText draws a view and returns what a person sees, without styles.
func screenText(v tea.View, w, h int) string {
	b := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(v.Content).Draw(b, b.Bounds())
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return strings.Join(lines, "\n")
}

// golden compares a screen with the file of the test's name.
func golden(t *testing.T, got string) {
	t.Helper()
	name := filepath.Join("testdata", filepath.FromSlash(t.Name())+".txt")
	got = strings.TrimRight(got, "\n") + "\n"
	if *updateGolden {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s\nscreen:\n%s", name, diff, got)
	}
}

// recording makes a recording that began so long ago, by the fields that
// differ.
func recording(sid string, status api.Status, ago time.Duration, fields ...string) *deck.Recording {
	began := time.Now().Add(-ago).UTC()
	all := map[string]string{
		"sid": `"` + sid + `"`, "account_sid": `"b08dacad-3d86-4d43-80a9-1d8d0a9e5cfa"`, "api_version": `"2010-04-01"`,
		"call_sid": `"call-` + sid + `"`, "channels": "1", "source": `"RecordVerb"`, "status": `"` + string(status) + `"`,
		"date_created": `"` + began.Format(time.RFC1123Z) + `"`, "start_time": `"` + began.Format(time.RFC1123Z) + `"`,
		"date_updated": `"` + began.Format(time.RFC1123Z) + `"`, "price": "null", "duration": "null",
	}
	for _, f := range fields {
		k, v, _ := strings.Cut(f, "=")
		all[k] = v
	}
	var members []string
	for _, k := range []string{
		"sid", "account_sid", "api_version", "call_sid", "conference_sid", "channels", "date_created", "date_updated",
		"start_time", "duration", "price", "source", "status",
	} {
		if v, ok := all[k]; ok {
			members = append(members, `"`+k+`":`+v)
		}
	}
	r := &deck.Recording{Recording: api.DecodeRecording([]byte("{" + strings.Join(members, ",") + "}"))}
	r.Timeline = deck.ParseTimeline(fmt.Sprint("r", began.UnixMilli()))
	if !status.Active() {
		r.Ended = time.Now().Add(-5 * time.Second)
	}
	return r
}

// call adds who is on the line.
func call(r *deck.Recording, from, to string) *deck.Recording {
	r.Call = &api.Call{SID: r.CallSID, From: text.New(from), To: text.New(to), Direction: text.New("inbound"), Status: "in-progress"}
	return r
}

// paused marks since when a recording is paused.
func paused(r *deck.Recording, ago time.Duration, p deck.Pause) *deck.Recording {
	p.Since = time.Now().Add(-ago).UTC()
	r.Pause = p
	began, kind := r.Began().UnixMilli(), "p"
	if p.Behavior != "" {
		kind = map[api.PauseBehavior]string{api.Silence: "s", api.Skip: "k"}[p.Behavior]
	}
	if since := p.Since.UnixMilli(); since > began {
		r.Timeline = deck.ParseTimeline(fmt.Sprint("r", began, kind, since-began))
	}
	return r
}

// with returns the recording with an update in some step.
func with(r *deck.Recording, p deck.Progress) *deck.Recording {
	c := *r
	c.Update = &p
	return &c
}

// snapshotOf returns a live snapshot of recordings.
func snapshotOf(recs ...*deck.Recording) *deck.Snapshot {
	s := &deck.Snapshot{Recordings: recs, Interval: 2 * time.Second}
	s.Health = deck.Health{Complete: time.Now(), Limit: 7 * time.Second}
	for _, r := range recs {
		if !r.Active() {
			continue
		}
		s.Active++
		if r.Paused() {
			s.Paused++
			if s.Longest == nil || r.Pause.Since.Before(s.Longest.Pause.Since) {
				s.Longest = r
			}
		}
	}
	return s
}

const (
	sidPaused  = "7c1d90aa-2b3c-4d5e-9f60-5e2f61b08142"
	sidPaused2 = "0b8a3a10-55aa-4c1e-8a1e-20a0e6c1c07a"
	sidRec     = "f2b7c511-9d0e-4a57-b6f3-3c9adba291be"
	sidOld     = "5a0cfe91-0c41-4c3e-8f4c-9f1d2e3c07d1"
	sidQueued  = "c1a2b3c4-d5e6-4789-a0b1-c2d3e4f5e3f0"
	sidEnded   = "d4c3b2a1-f6e5-4987-b1a0-d3c2f5e45b6d"
)

// office is the screen of ui/DESIGN.md: six recordings.
func office() *deck.Snapshot {
	room := recording(sidPaused2, api.Paused, 250*time.Second, `call_sid=null`, `conference_sid="conf-1"`)
	room.Conference = &api.Conference{SID: text.New("conf-1"), FriendlyName: text.New("Billing escalation")}
	return snapshotOf(
		call(recording(sidQueued, api.Queued, time.Second), "(212) 555-0144", "(310) 555-0199"),
		call(recording(sidRec, api.InProgress, 7*time.Second), "(415) 555-0123", "sip:agent7@acme"),
		call(recording(sidEnded, api.Stopped, 200*time.Second, "duration=200"), "(646) 555-0107", "(310) 555-0199"),
		paused(room, 41*time.Second, deck.Pause{AtLeast: true}),
		paused(call(recording(sidPaused, api.Paused, 751*time.Second), "(310) 555-0142", "(310) 555-0199"), 192*time.Second,
			deck.Pause{Behavior: api.Silence, Actor: "ana"}),
		call(recording(sidOld, api.InProgress, 9715*time.Second, "channels=2"), "+44 20 7946 0018", "(310) 555-0199"),
	)
}

// full returns a snapshot of n recordings that all tick, one in so many of
// them paused; 0 for none.
func full(n, onePaused int) *deck.Snapshot {
	recs := make([]*deck.Recording, n)
	for i := range recs {
		status, ago := api.InProgress, time.Duration(i*i*7)*time.Second
		isPaused := onePaused > 0 && i%onePaused == 0
		if isPaused {
			status = api.Paused
		}
		r := call(recording(fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i*7919), status, ago),
			fmt.Sprintf("(310) 555-01%02d", i%100), "sip:agent7@acme")
		if isPaused {
			paused(r, ago/2, deck.Pause{})
		}
		recs[i] = r
	}
	s := snapshotOf(recs...)
	s.Health.Limit = time.Hour
	return s
}
