//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/creack/pty"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/ui"
	screen "tapedeck/ui/terminal"
)

// The benchmarks of the screen. Each measures tapedeck and, in the same run, a
// Bubble Tea program that shows the same lines and does nothing else: what
// counts is how many times longer tapedeck takes.

// stillDeck has one snapshot and does nothing.
type stillDeck struct {
	ui.Deck
	feed chan *deck.Snapshot
}

func newStillDeck(n int) stillDeck {
	d := stillDeck{feed: make(chan *deck.Snapshot, 1)}
	s := &deck.Snapshot{Seq: 1, Active: n, Interval: 2 * time.Second}
	s.Health = deck.Health{Complete: time.Now(), Limit: time.Hour}
	for i := range n {
		began := time.Now().Add(-time.Duration(i) * time.Second).UTC().Format(time.RFC1123Z)
		raw := fmt.Sprintf(`{"sid":"%08x-0000-4000-8000-%012x","call_sid":"%012x","channels":1,"source":"RecordVerb",`+
			`"status":"in-progress","date_created":%q,"start_time":%q,"duration":null}`, i, i*7919, i, began, began)
		r := &deck.Recording{Recording: api.DecodeRecording([]byte(raw))}
		r.Call = &api.Call{SID: r.CallSID, From: text.New(fmt.Sprintf("(310) 555-01%02d", i%100)), To: text.New("sip:agent7@acme")}
		s.Recordings = append(s.Recordings, r)
	}
	d.feed <- s
	return d
}

func (d stillDeck) Subscribe() (<-chan *deck.Snapshot, func()) { return d.feed, func() {} }
func (d stillDeck) Look(deck.Key)                              {}

// plain is a program that shows frames that somebody else has made: the next
// one at each key, or at each tick.
type plain struct {
	frames []string
	at     int
	ticks  bool
}

func (m *plain) Init() tea.Cmd {
	if !m.ticks {
		return nil
	}
	return m.tick()
}

type plainTick struct{}

func (m *plain) tick() tea.Cmd {
	return tea.Every(time.Second, func(time.Time) tea.Msg { return plainTick{} })
}

func (m *plain) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tea.KeyPressMsg:
		m.at++
	case plainTick:
		m.at++
		return m, m.tick()
	}
	return m, nil
}

func (m *plain) View() tea.View {
	v := tea.NewView(m.frames[m.at%len(m.frames)])
	v.AltScreen = true
	return v
}

// screenOf returns a screen of n recordings that are all running.
func screenOf(ctx context.Context, n int, tick time.Duration) *ui.Model {
	return ui.New(ctx, ui.Options{
		Deck: newStillDeck(n), Space: "acme", Profile: "support-eu", Theme: "dark", Actor: deck.Actor{Actor: "bench"}, Tick: tick,
	})
}

// framesOf returns the frames of a screen: the first, and one after each
// message.
func framesOf(n int, msgs ...tea.Msg) []string {
	m := screenOf(context.Background(), n, time.Second)
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	for _, cmd := range m.Init()().(tea.BatchMsg) {
		if msg := cmd(); msg != nil { // a tick, or the snapshot
			m.Update(msg)
		}
	}
	frames := []string{m.View().Content}
	for _, msg := range msgs {
		m.Update(msg)
		time.Sleep(5 * time.Millisecond) // else it is taken for a burst
		frames = append(frames, m.View().Content)
	}
	return frames
}

// drawn is a terminal that remembers when it was last written to.
type drawn struct {
	mu    sync.Mutex
	at    time.Time
	bytes int
	wake  chan struct{}
}

func (d *drawn) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at, d.bytes = time.Now(), d.bytes+len(b)
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (d *drawn) written() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes
}

// running is a program that is running, and its terminal.
type running struct {
	out  *drawn
	keys io.WriteCloser
	end  func()
}

// runScreen runs a screen of n recordings as tapedeck does.
func runScreen(b *testing.B, n int, tick time.Duration) *running {
	b.Helper()
	in, keys, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{out: &drawn{wake: make(chan struct{}, 1)}, keys: keys}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = ui.Run(ctx, ui.Options{
			Deck: newStillDeck(n), Space: "acme", Profile: "support-eu", Theme: "dark", Actor: deck.Actor{Actor: "bench"}, Tick: tick,
			Terminal: screen.Terminal{In: in, Out: r.out, Environ: []string{"TERM=xterm-256color", "COLUMNS=120", "LINES=40"}},
		})
	}()
	r.end = func() { cancel(); _ = keys.Close(); <-ended; _ = in.Close() }
	return r
}

// runPlain runs a program by Bubble Tea alone.
func runPlain(m tea.Model) *running {
	ctx, cancel := context.WithCancel(context.Background())
	in, keys := io.Pipe()
	r := &running{out: &drawn{wake: make(chan struct{}, 1)}, keys: keys}
	p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(r.out), tea.WithoutSignalHandler(),
		tea.WithWindowSize(120, 40), tea.WithColorProfile(colorprofile.ANSI256),
		tea.WithEnvironment([]string{"TERM=xterm-256color", "SSH_TTY=/dev/pts/1"}))
	ended := make(chan struct{})
	go func() { _, _ = p.Run(); close(ended) }()
	r.end = func() { cancel(); _ = keys.Close(); <-ended }
	return r
}

// press types keys, and returns how long it takes until the last of their
// frames is written: until nothing comes for a while.
func (r *running) press(b *testing.B, keys string, quiet time.Duration) float64 {
	b.Helper()
	select {
	case <-r.out.wake:
	default:
	}
	began := time.Now()
	_, _ = io.WriteString(r.keys, keys)
	select {
	case <-r.out.wake:
	case <-time.After(10 * time.Second):
		b.Fatal("no frame comes of the key")
	}
	for more := quiet > 0; more; {
		select {
		case <-r.out.wake:
		case <-time.After(quiet):
			more = false
		}
	}
	r.out.mu.Lock()
	defer r.out.mu.Unlock()
	return float64(r.out.at.Sub(began)) / 1e6
}

// BenchmarkKeyToFrame measures the time from the byte of a key in the
// terminal's input to the bytes of its frame in the output; busy is while pages
// of 1,000 recordings are read and decoded all the time, burst is 200 presses of
// j at once, until the last frame.
func BenchmarkKeyToFrame(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) { keyToFrame(b, n, "j", "k", 0) })
	}
	b.Run("busy/rows=10000", func(b *testing.B) {
		space := sim.New(sim.Options{Recordings: 1000, Seed: 5})
		client := api.Config{Space: "http://localhost", Project: space.Project(), Token: secret.New(space.Token()), Transport: space.Transport()}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() { defer close(done); decodePages(ctx, b, client) }()
		defer func() { cancel(); <-done }()
		keyToFrame(b, 10000, "j", "k", 0)
	})
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("burst/rows=%d", n), func(b *testing.B) {
			keyToFrame(b, n, strings.Repeat("j", 200), strings.Repeat("k", 200), 60*time.Millisecond)
		})
	}
}

func keyToFrame(b *testing.B, n int, there, back string, quiet time.Duration) {
	ours := runScreen(b, n, time.Hour)
	defer ours.end()
	down := tea.KeyPressMsg{Code: 'j', Text: "j"}
	others := runPlain(&plain{frames: framesOf(n, slices.Repeat([]tea.Msg{down}, 6)...)}) // 7 frames: 200 keys end on another one
	defer others.end()
	time.Sleep(300 * time.Millisecond)
	var a, c []float64
	for i := 0; b.Loop(); i++ {
		keys := there
		if i%2 == 1 {
			keys = back
		}
		// The presses are spread over the step of the frame ticker, alike.
		a = append(a, ours.press(b, keys, quiet))
		time.Sleep(time.Duration(20000+i*6180%16667) * time.Microsecond)
		c = append(c, others.press(b, keys, quiet))
		time.Sleep(time.Duration(20000+i*10300%16667) * time.Microsecond)
	}
	report(b, a, c)
}

// BenchmarkBytes counts the bytes of a j that changes the detail pane: those of
// the painter, and of Bubble Tea's renderer for the same frames.
func BenchmarkBytes(b *testing.B) {
	const keys = 20
	down := tea.KeyPressMsg{Code: 'j', Text: "j"}
	frames := framesOf(100, slices.Repeat([]tea.Msg{down}, keys)...)
	out := &drawn{wake: make(chan struct{}, 1)}
	ours := screen.NewPainter(screen.PainterOptions{W: out, Raw: true})
	defer func() { _ = ours.Close("", time.Second) }()
	ours.Resize(120, 40)
	others := runPlain(&plain{frames: frames})
	defer others.end()
	count := func(out *drawn, next func()) float64 {
		time.Sleep(50 * time.Millisecond)
		before := out.written()
		next()
		time.Sleep(50 * time.Millisecond)
		return float64(out.written() - before)
	}
	var a, c float64
	for b.Loop() {
		ours.Show(screen.Frame{Content: frames[0]})
		for _, f := range frames[1:] {
			a += count(out, func() { ours.Show(screen.Frame{Content: f}) })
			c += count(others.out, func() { _, _ = io.WriteString(others.keys, "j") })
		}
		_, _ = io.WriteString(others.keys, "j") // back to the first one
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(a/float64(b.N)/keys, "B/key")
	b.ReportMetric(c/float64(b.N)/keys, "plain-B/key")
	b.ReportMetric(a/c, "x-plain")
}

// BenchmarkIdle measures the processor time of a second in which a list full of
// rows ticks, and the bytes that it writes.
func BenchmarkIdle(b *testing.B) {
	frames := framesOf(1000)
	for i := range 60 {
		frames = append(frames, tickFrames(frames[0], i))
	}
	var ours, others, bytes, plainBytes float64
	for b.Loop() {
		cpu, n := idle(runScreen(b, 1000, time.Second))
		ours, bytes = ours+cpu, bytes+n
		cpu, n = idle(runPlain(&plain{frames: frames, ticks: true}))
		others, plainBytes = others+cpu, plainBytes+n
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours/float64(b.N), "cpu-ms/s")
	b.ReportMetric(others/float64(b.N), "plain-cpu-ms/s")
	b.ReportMetric(ours/others, "x-plain")
	b.ReportMetric(bytes/float64(b.N), "B/s")
	b.ReportMetric(plainBytes/float64(b.N), "plain-B/s")
}

// tickFrames returns a frame in which every clock has moved.
func tickFrames(frame string, n int) string {
	lines := strings.Split(frame, "\n")
	for i, l := range lines {
		if at := strings.LastIndex(l, ":"); i >= 2 && i < 38 && at > 0 && at+3 <= len(l) {
			lines[i] = fmt.Sprintf("%s:%02d%s", l[:at], (i+n)%60, l[at+3:])
		}
	}
	return strings.Join(lines, "\n")
}

// idle looks at a program for five seconds, and returns its processor time in ms
// a second, and the bytes that it writes in one.
func idle(r *running) (cpu, bytes float64) {
	defer r.end()
	time.Sleep(500 * time.Millisecond)
	const seconds = 5
	before, written := processor(), r.out.written()
	time.Sleep(seconds * time.Second)
	return float64(processor()-before) / 1e6 / seconds, float64(r.out.written()-written) / seconds
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFirstFrame measures the time from the start of the built program in
// a terminal that answers nothing to its first line, and the same of a program
// that shows one line. The difference may be 15 ms.
func BenchmarkFirstFrame(b *testing.B) {
	dir := b.TempDir()
	for _, pkg := range []string{".", "./testdata/oneline"} {
		build(b, "-o", filepath.Join(dir, filepath.Base(pkg)+"_"), pkg)
	}
	var ours, others []float64
	for b.Loop() {
		ours = append(ours, firstFrame(b, dir, filepath.Join(dir, "._"), "LOADING", "STALE"))
		others = append(others, firstFrame(b, dir, filepath.Join(dir, "oneline_"), "one line"))
	}
	report(b, ours, others)
	b.ReportMetric(ours[len(ours)/2]-others[len(others)/2], "ms-later")
}

// firstFrame starts a program, and returns how long it takes until one of the
// texts is on the screen.
func firstFrame(b *testing.B, home, path string, texts ...string) float64 {
	b.Helper()
	return frameIn(b, path, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TERM=xterm-256color", "LANG=C.UTF-8",
		"SIGNALWIRE_SPACE=http://127.0.0.1:9", "SIGNALWIRE_PROJECT_ID=p", "SIGNALWIRE_API_TOKEN=t",
	}, texts...)
}

// TestRunewidth holds go-runewidth at a version that does not cost 20 ms at
// every start, as the one does that Bubbles alone selects.
func TestRunewidth(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		var patch int
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "github.com/mattn/go-runewidth v0.0.%d", &patch); err == nil {
			if patch < 30 {
				t.Errorf("%s is older than v0.0.30", strings.TrimSpace(line))
			}
			return
		}
	}
	t.Error("go.mod does not name go-runewidth")
}

// frameIn starts a program in an environment, and returns how long it takes, in
// milliseconds, until one of the texts is on the screen.
func frameIn(b *testing.B, path string, env []string, texts ...string) float64 {
	b.Helper()
	cmd := exec.Command(path)
	cmd.Env = env
	began := time.Now()
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer func() { late.Stop(); _ = cmd.Process.Kill(); _ = cmd.Wait(); _ = master.Close() }()
	var seen []byte
	buf := make([]byte, 16<<10)
	for {
		n, err := master.Read(buf)
		if err != nil {
			b.Fatalf("%v: %q", err, seen)
		}
		seen = append(seen, buf[:n]...)
		for _, t := range texts {
			if bytes.Contains(seen, []byte(t)) {
				return float64(time.Since(began)) / 1e6
			}
		}
	}
}
