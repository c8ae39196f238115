package terminal

import (
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/crash"
)

// Frame is what the terminal is to show.
type Frame struct {
	// Content is the lines of the screen: text, and SGR sequences for its
	// styles. Everything else in it is left out.
	Content string
	// Cursor is where the cursor is shown, from 0; it is hidden without one.
	Cursor *Position
	Title  string // of the window; sent when it changes
	// Status is what the terminal is told that the program is doing; sent when it
	// changes. ID and App are set here. The zero value tells nothing.
	Status ansi.ProgramStatus
}

// Position is a cell of the screen, from 0.
type Position struct{ X, Y int }

// The largest screen that is painted.
const (
	MaxWidth  = 500
	MaxHeight = 300
)

// frameGap is the time from the beginning of a frame to that of the next: the
// first one after a rest is painted at once.
const frameGap = 8 * time.Millisecond

// maxPending is how many bytes of [Painter.Send] wait at most.
const maxPending = 1 << 16

// PainterOptions say how a terminal is painted.
type PainterOptions struct {
	W io.Writer
	// Raw: a line feed keeps the column, for the terminal's driver makes nothing
	// of it.
	Raw bool
	// NoStatus: the status of a frame is not sent.
	NoStatus bool
	// Convert makes an SGR sequence one of the colors that the terminal has; nil
	// leaves it as it is.
	Convert func(sgr string) string
	// Hook is what is done with a panic of the painter; nil leaves it to the
	// process.
	Hook *crash.Hook
}

// Painter shows frames on a terminal with few bytes: it knows what is there, and
// writes what changes. Nothing that it is told waits for the terminal: on one
// that takes its bytes slowly frames are left out, and the newest one is shown.
type Painter struct {
	o      PainterOptions
	wake   chan struct{} // there is something to do
	done   chan struct{} // closed when the writer has ended for good
	closed chan struct{} // closed by Close
	end    sync.Once
	gone   atomic.Bool // nothing is written any more; see stop

	mu      sync.Mutex
	working bool // the writer runs: it does while there is something to do
	w, h    int
	next    Frame
	pending []byte // of Send
	dirty   bool   // there is a frame to paint
	any     bool   // one has been painted
	clear   bool   // everything is to be painted anew
	again   bool   // what is beside the cells is to be sent anew; see Resume
	off     bool   // nothing is painted; see Pause
	sync    bool
	agreed  bool
	method  ansi.Method
	last    []byte          // of Close
	left    []chan struct{} // closed when what Pause has to write is written
	err     error

	// The writer's own.
	canvas  canvas
	pen     pen
	shown   Frame
	painted time.Time // when the last frame was written
	hidden  bool      // the cursor is
	lines   []string
	out     []byte
}

// NewPainter returns a painter of a terminal whose size is not known yet:
// nothing is painted before [Painter.Resize]. [Painter.Close] ends it.
func NewPainter(o PainterOptions) *Painter {
	p := &Painter{
		o: o, wake: make(chan struct{}, 1), done: make(chan struct{}), closed: make(chan struct{}),
		method: ansi.WcWidth,
	}
	p.canvas.t = newTables(o.Convert)
	return p
}

// Resize sets the size in cells, at most [MaxWidth] by [MaxHeight], and has
// everything painted anew.
func (p *Painter) Resize(w, h int) {
	p.change(func() {
		p.w, p.h = min(max(w, 0), MaxWidth), min(max(h, 0), MaxHeight)
		p.clear = true
	})
}

// Show paints a frame: at once after a rest, else together with what comes
// within [frameGap].
func (p *Painter) Show(f Frame) {
	p.change(func() { p.next, p.dirty = f, true })
}

// Redraw clears the terminal and paints everything anew.
func (p *Painter) Redraw() { p.change(func() { p.clear = true }) }

// Send writes a sequence that changes no cell, before the next frame. It is
// dropped where the terminal has taken nothing for long.
func (p *Painter) Send(s string) {
	p.change(func() {
		if len(p.pending)+len(s) <= maxPending {
			p.pending = append(p.pending, s...)
		}
	})
}

// SetSync wraps each frame in mode 2026, for a terminal that has confirmed it.
func (p *Painter) SetSync(on bool) { p.change(func() { p.sync = on }) }

// SetAgreed trusts the terminal to count characters that terminals do not agree
// on, such as the lines of a frame, as they are counted here: it was asked.
func (p *Painter) SetAgreed(on bool) { p.change(func() { p.agreed = on }) }

// SetMethod sets how the cells of text are counted, and paints all anew where
// that is another way.
func (p *Painter) SetMethod(m ansi.Method) {
	p.mu.Lock()
	same := m == p.method
	p.mu.Unlock()
	if !same {
		p.change(func() { p.clear, p.method = true, m })
	}
}

// Pause stops painting, after leave was written, until [Painter.Resume]. It
// waits for that, for at most limit.
func (p *Painter) Pause(leave string, limit time.Duration) {
	left := make(chan struct{})
	p.change(func() { p.pending, p.off, p.left = append(p.pending, leave...), true, append(p.left, left) })
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-left:
	case <-late.C:
	case <-p.done:
	}
}

// Resume paints again, everything anew, title and status too, after enter was
// written.
func (p *Painter) Resume(enter string) {
	p.change(func() { p.pending, p.off, p.clear, p.again = append(p.pending, enter...), false, true, true })
}

// stop has nothing written any more. It takes no lock.
func (p *Painter) stop() { p.gone.Store(true) }

func (p *Painter) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	select {
	case p.wake <- struct{}{}:
	default:
	}
	p.work()
}

// work has the writer run. The mutex is held.
func (p *Painter) work() {
	if p.working {
		return
	}
	p.working = true
	go func() { defer p.o.Hook.Guard(); p.run() }()
}

// Close paints what is left, writes leave, and waits for the terminal to take
// it, for at most limit. It returns the first error of a write.
func (p *Painter) Close(leave string, limit time.Duration) error {
	p.mu.Lock()
	p.last = []byte(leave)
	p.end.Do(func() { close(p.closed) })
	p.work()
	p.mu.Unlock()
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-p.done:
	case <-late.C:
		return errSlow
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// run is the writer: the only one who writes to the terminal, and may wait for
// it. It ends when there is nothing to do, and for good when the painter is closed,
// or by a panic.
func (p *Painter) run() {
	idle := false
	defer func() {
		if !idle {
			close(p.done)
		}
	}()
	for {
		select {
		case <-p.wake:
			p.rest()
			if p.flush(true) {
				p.painted = time.Now()
			}
		case <-p.closed:
			p.finish()
			return
		default:
			if idle = p.idle(); idle {
				return
			}
		}
	}
}

// idle reports whether there is nothing to do, and ends the writer then.
func (p *Painter) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closed:
		return false
	default:
	}
	p.working = len(p.wake) > 0
	return !p.working
}

// finish paints what is left, and writes what gives the terminal back.
func (p *Painter) finish() {
	p.flush(true)
	p.mu.Lock()
	p.out = append(p.out[:0], p.last...)
	p.mu.Unlock()
	p.write()
}

// rest waits until the next frame may be painted, which is at once unless one was
// just painted. What is no frame is written meanwhile.
func (p *Painter) rest() {
	left := frameGap - time.Since(p.painted)
	if left <= 0 {
		return
	}
	gap := time.NewTimer(left)
	defer gap.Stop()
	for {
		p.flush(false)
		select {
		case <-p.wake:
		case <-gap.C:
			return
		case <-p.closed:
			return
		}
	}
}

// flush writes what is pending and, where frames says so, the newest frame. It
// reports whether there was one.
func (p *Painter) flush(frames bool) (painted bool) {
	t := p.take(frames)
	if t.paint {
		p.paint(t.frame, t.sync, t.method)
	}
	p.write()
	for _, c := range t.left {
		close(c)
	}
	return t.paint
}

// taken is what the writer is to do, as it was when it looked.
type taken struct {
	paint  bool
	frame  Frame
	sync   bool
	method ansi.Method
	left   []chan struct{}
}

// take takes what is pending, and where frames says so the newest frame.
func (p *Painter) take(frames bool) taken {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = append(p.out[:0], p.pending...)
	p.pending = p.pending[:0]
	t := taken{frame: p.next, sync: p.sync, method: p.method, left: p.left}
	p.left = nil
	if frames && !p.off && (p.dirty || p.clear && p.any) && p.w > 0 && p.h > 0 {
		p.prepare()
		if p.again {
			p.shown.Title, p.shown.Status, p.again = "", ansi.ProgramStatus{}, false
		}
		p.dirty, p.clear, p.any, t.paint = false, false, true, true
	}
	p.pen.agreed = p.agreed
	return t
}

// prepare makes the canvas fit. The mutex is held.
func (p *Painter) prepare() {
	if p.canvas.t.full() {
		p.canvas.t, p.clear = newTables(p.o.Convert), true
	}
	if p.canvas.w != p.w || p.canvas.h != p.h {
		p.canvas.resize(p.w, p.h)
		p.clear = true
	}
	if !p.clear {
		return
	}
	p.canvas.wipe()
	p.pen = pen{t: &p.canvas.t, w: p.w, x: -1, y: -1, feed: "\v"}
	if p.o.Raw {
		p.pen.feed = "\n"
	}
	p.out = append(p.out, "\x1b[m\x1b[H\x1b[2J"...)
	p.pen.x, p.pen.y = 0, 0
	p.shown.Cursor, p.hidden = nil, false
}

// paint appends what turns the terminal into a frame.
func (p *Painter) paint(f Frame, sync bool, method ansi.Method) {
	if f.Title != p.shown.Title {
		p.out = append(append(append(p.out, "\x1b]2;"...), titleText(f.Title)...), '\a')
	}
	if f.Status != p.shown.Status && !p.o.NoStatus {
		p.out = append(p.out, statusSequence(f.Status)...)
	}
	p.split(f.Content)
	p.canvas.take(p.lines, func(line string, row []cell) { p.canvas.t.parse(line, row, method) })
	p.pen.out = p.out
	at := len(p.out)
	p.canvas.paint(&p.pen)
	p.canvas.accept()
	p.cursor(f.Cursor, len(p.pen.out) > at)
	p.out = p.pen.out
	if sync && len(p.out) > at {
		p.out = append(p.out[:at:at], "\x1b[?2026h"+string(p.out[at:])+"\x1b[?2026l"...)
	}
	p.shown = f
}

// cursor shows the cursor where it is to be, or hides it.
func (p *Painter) cursor(at *Position, painted bool) {
	switch was := p.shown.Cursor; {
	case at == nil && !p.hidden:
		p.pen.out = append(p.pen.out, "\x1b[?25l"...)
		p.hidden = true
	case at != nil && (painted || p.hidden || was == nil || *was != *at):
		p.pen.move(min(max(at.X, 0), p.canvas.w-1), min(max(at.Y, 0), p.canvas.h-1))
		if p.hidden || was == nil {
			p.pen.out = append(p.pen.out, "\x1b[?25h"...)
			p.hidden = false
		}
	}
}

// split makes lines of a frame's content.
func (p *Painter) split(content string) {
	p.lines = p.lines[:0]
	for line := range strings.SplitSeq(content, "\n") {
		p.lines = append(p.lines, line)
	}
}

// write writes what is there. After an error nothing is written any more: the
// terminal is gone, which whoever reads from it finds out.
func (p *Painter) write() {
	if len(p.out) == 0 {
		return
	}
	p.mu.Lock()
	broken := p.err != nil || p.gone.Load()
	p.mu.Unlock()
	if broken {
		return
	}
	if _, err := p.o.W.Write(p.out); err != nil {
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
	}
}

// titleText returns a title without what would end its sequence.
func titleText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r <= 0x9f {
			return -1
		}
		return r
	}, s)
}
