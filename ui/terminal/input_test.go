package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/google/go-cmp/cmp"

	"tapedeck/api/crash"
)

// byLibrary returns what the library's own reader, with its tables of keys, makes
// of what a terminal sends.
func byLibrary(t *testing.T, sent string) (msgs []tea.Msg) {
	t.Helper()
	events := make(chan uv.Event)
	go func() {
		defer close(events)
		if err := uv.NewTerminalReader(strings.NewReader(sent), "xterm").StreamEvents(t.Context(), events); err != nil {
			t.Error(err)
		}
	}()
	for event := range events {
		list, is := event.(uv.MultiEvent)
		if !is {
			list = uv.MultiEvent{event}
		}
		for _, e := range list {
			if msg := message(e); msg != nil {
				msgs = append(msgs, msg)
			}
		}
	}
	return msgs
}

// sequences are keys and answers in all forms that terminals are known to use.
func sequences() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for c := range 0x80 {
		add("%c", c)
		add("\x1b%c", c)
	}
	for c := '@'; c <= '~'; c++ {
		add("\x1b[%c", c)
		add("\x1b\x1b[%c", c)
		add("\x1bO%c", c)
		add("\x1b\x1bO%c", c)
		for mod := 2; mod <= 9; mod++ {
			add("\x1b[1;%d%c", mod, c)
			add("\x1bO%d%c", mod, c)
		}
	}
	for _, end := range []string{"~", "^", "$", "@", "u"} {
		for n := range 40 {
			add("\x1b[%d%s", n, end)
			add("\x1b\x1b[%d%s", n, end)
			for mod := 2; mod <= 9 && (end == "~" || end == "u"); mod++ {
				add("\x1b[%d;%d%s", n, mod, end)
				add("\x1b[27;%d;%d~", mod, n)
			}
		}
	}
	for _, s := range []string{"é", "会", "👍🏽", "e\u0301", "ｐ", "jkl", "a\x1b[Ab"} {
		add("%s", s)
	}
	return append(list, wholeAnswers...)
}

// A whole sequence is the key that the library's own reader takes it for, which
// has a table for each terminal.
func TestAsLibrary(t *testing.T) {
	for _, sent := range sequences() {
		if sent == "\x1b\x1b[_" {
			continue // there the library takes the end for a key
		}
		var msgs []tea.Msg
		for d := (decoder{rest: []byte(sent)}); ; {
			msg, ok := d.next(true)
			if !ok {
				break
			}
			if _, is := msg.(tea.CursorPositionMsg); msg != nil && !(is && len(msgs) > 0) { // F3 may be that, too
				msgs = append(msgs, msg)
			}
		}
		if diff := cmp.Diff(fmt.Sprintf("%#v", byLibrary(t, sent)), fmt.Sprintf("%#v", msgs)); diff != "" {
			t.Errorf("%q (-library +ours)\n%s", sent, diff)
		}
	}
}

// typist types at an input, and keeps what it makes of that.
type typist struct {
	keys  io.WriteCloser
	reads Reads
	in    *Input
	stop  func()

	mu   sync.Mutex
	msgs []tea.Msg
	over bool              // the input has said that nothing more comes
	take func(msg tea.Msg) // before a message is taken; nil for at once
}

// sitDown starts an input in the bubble of a synctest.
func sitDown(t *testing.T) *typist {
	t.Helper()
	r, w := io.Pipe()
	p := &typist{keys: w}
	var err error
	if p.in, err = NewInput(r, &p.reads, nil); err != nil {
		t.Fatal(err)
	}
	p.stop = p.in.Start(func(msg tea.Msg) {
		if p.take != nil {
			p.take(msg)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.msgs = append(p.msgs, msg)
	}, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.over = true
	})
	t.Cleanup(func() { p.stop(); _ = w.Close() })
	return p
}

// types types some bytes in one read, and rests.
func (p *typist) types(s string, rest time.Duration) {
	_, _ = io.WriteString(p.keys, s)
	time.Sleep(rest)
	synctest.Wait()
}

// got returns what was made of it since it was last called, in words.
func (p *typist) got() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var words []string
	for _, msg := range p.msgs {
		switch msg := msg.(type) {
		case tea.KeyPressMsg:
			words = append(words, msg.String())
		case tea.PasteMsg:
			words = append(words, fmt.Sprintf("%q", msg.Content))
		default:
			words = append(words, strings.TrimPrefix(fmt.Sprintf("%T", msg), "tea."))
		}
	}
	p.msgs = nil
	return strings.Join(words, " ")
}

// What comes in pieces is what it is whole, and a key waits for nothing but an
// escape, which may be more.
func TestInPieces(t *testing.T) {
	const late = escapeWait - time.Millisecond
	for _, tt := range []struct {
		pieces []string
		gap    time.Duration
		want   string
	}{
		{[]string{"p"}, 0, "p"},
		{[]string{"jkp"}, 0, "j k p"},
		{[]string{"\x1bp"}, 0, "alt+p"},
		{[]string{"\x1b[A"}, 0, "up"},
		{[]string{"\x1b"}, late, ""},
		{[]string{"\x1b"}, escapeWait, "esc"},
		{[]string{"\x1b", "p"}, late, "alt+p"},
		{[]string{"\x1b", "p"}, escapeWait, "esc p"},
		{[]string{"\x1b", "[A"}, late, "up"},
		{[]string{"\x1b", "[", "A"}, late, "up"},
		{[]string{"\x1b[", "A"}, time.Second, "up"},
		{[]string{"\x1b", "[A"}, time.Second, "esc up"},
		{[]string{"\x1b", "OA"}, late, "up"},
		{[]string{"\x1b\x1b"}, escapeWait, "alt+esc"},
		{[]string{"\x1b\x1b", "[A"}, late, "alt+up"},
		{[]string{"\x1b", "\x1b[A"}, late, "alt+up"},
		{[]string{"j\x1b", "k"}, late, "j alt+k"},
		{[]string{"\xe4", "\xbc", "\x9a"}, late, "会"},
		{[]string{"\xe4\xbc", "\x9aj"}, late, "会 j"},
		{[]string{"\xe4"}, escapeWait, ""},
		{[]string{"\xffj"}, escapeWait, "j"},
		{[]string{"\x1b[?2026;", "2$yj"}, late, "ModeReportMsg j"},
		{[]string{"\x1b]11;rgb:ffff/ffff/ffff\x1b", "\\j"}, late, "BackgroundColorMsg j"},
		{[]string{"\x1b[I\x1b[O\x1b[3;2R"}, 0, "FocusMsg CursorPositionMsg"},
		{[]string{"\x1b[<0;3;4M\x1b[M !!\x1b[99z\x1bP>|x(1)\x1b\\j"}, 0, "j"}, // none of it was asked for
		{[]string{"\x1b[200~a", "b\x1b[20", "1~j"}, late, `"ab" j`},
		{[]string{"\x1b[200~a\rb\tc\x1b[Ad\xff\x1b[201~"}, 0, `"a\rb\tc\x1b[Ad"`},
		{[]string{"\x1b[200~\x1b[201~"}, 0, `""`},
		{[]string{"\x1b[201~j"}, 0, "j"},
	} {
		t.Run(fmt.Sprintf("%q each %s", tt.pieces, tt.gap), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := sitDown(t)
				for _, piece := range tt.pieces {
					p.types(piece, tt.gap)
				}
				if got := p.got(); got != tt.want {
					t.Errorf("%s, want %s", got, tt.want)
				}
				time.Sleep(time.Second)
			})
		})
	}
}

// A paste is cut where it is longer than anything that it is of use for, and
// keeps no more than that meanwhile.
func TestLongPaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sitDown(t)
		p.types("\x1b[200~"+strings.Repeat("é", 100_000), 0)
		if n := cap(p.in.keys.paste) + cap(p.in.keys.rest); n > 4*maxPaste {
			t.Errorf("%d bytes are kept", n)
		}
		p.types("x\x1b[201~j", 0)
		if got, want := p.got(), fmt.Sprintf("%q j", strings.Repeat("é", maxPaste/2)); got != want {
			t.Errorf("%.40s… of %d bytes, want %d", got, len(got), len(want))
		}
		p.types("\x1b[200~"+strings.Repeat("é", 100_000), pasteLimit+time.Second)
		p.types("j", 0)
		if got := p.got(); !strings.HasSuffix(got, " j") || len(got) > maxPaste+10 {
			t.Errorf("one without an end: %.40s… of %d bytes", got, len(got))
		}
	})
}

// While a message is not taken nothing more is read, and what is typed meanwhile
// is known to have been typed at a screen that stood still.
func TestSlowTaker(t *testing.T) {
	for _, tt := range []struct {
		stood  time.Duration
		pause  time.Duration // between the end of that and the next key
		doubts bool
	}{
		{100 * time.Millisecond, -50 * time.Millisecond, false},
		{400 * time.Millisecond, -50 * time.Millisecond, true},
		{400 * time.Millisecond, -390 * time.Millisecond, true},
		{400 * time.Millisecond, 10 * time.Millisecond, true},
		{400 * time.Millisecond, 100 * time.Millisecond, false},
	} {
		t.Run(fmt.Sprint(tt.stood, tt.pause), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := sitDown(t)
				stands := true
				p.take = func(tea.Msg) {
					if stands {
						stands = false
						time.Sleep(tt.stood)
					}
				}
				_, _ = io.WriteString(p.keys, "j")
				time.Sleep(tt.stood + tt.pause)
				written := time.Now()
				_, _ = io.WriteString(p.keys, "p")
				if waited := time.Since(written); waited != max(0, -tt.pause) {
					t.Errorf("p was read after %v, while j was not taken", waited)
				}
				synctest.Wait()
				if got := p.got(); got != "j p" {
					t.Errorf("%s", got)
				}
				if _, doubts := p.reads.Burst(1, time.Now()); doubts != tt.doubts {
					t.Errorf("p in a burst: %t", doubts)
				}
			})
		})
	}
}

// The end of a terminal is told, and that of the session is none. A key that
// nobody takes any more keeps nothing from ending.
func TestInputEnds(t *testing.T) {
	t.Run("with the terminal", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := sitDown(t)
			_ = p.keys.Close()
			if synctest.Wait(); !p.over {
				t.Error("nobody is told")
			}
		})
	})
	t.Run("with the session", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := sitDown(t)
			ended := make(chan struct{})
			p.take = func(tea.Msg) { <-ended } // as a program's Send does
			_, _ = io.WriteString(p.keys, "\x1b[Ajjj\x1b")
			time.Sleep(time.Second)
			close(ended)
			p.stop()
			_ = p.keys.Close() // as a server closes a channel
			time.Sleep(time.Second)
			if synctest.Wait(); p.over {
				t.Error("the end of the session is told as that of the terminal")
			}
		})
	})
	t.Run("with a file", func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		in, err := NewInput(r, &Reads{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		in.limit = 5 * time.Minute // a machine may be busy
		came := make(chan tea.Msg, 8)
		stop := in.Start(func(msg tea.Msg) { came <- msg }, func() { t.Error("the terminal has ended") })
		_, _ = io.WriteString(w, "j")
		if k := (<-came).(tea.KeyPressMsg); k.String() != "j" {
			t.Errorf("%v", k)
		}
		began := time.Now()
		stop()
		if took := time.Since(began); took >= in.limit {
			t.Errorf("a read that waits is broken off after %v", took)
		}
		_, _ = io.WriteString(w, "k") // for the shell
		b := make([]byte, 8)
		if n, err := r.Read(b); string(b[:n]) != "k" || err != nil {
			t.Errorf("what is typed afterwards: %q, %v", b[:n], err)
		}
	})
}

// A panic in what takes a message is the session's, also where the message is one
// that was waited for.
func TestInputPanics(t *testing.T) {
	for _, sent := range []string{"j", "\x1b"} {
		synctest.Test(t, func(t *testing.T) {
			var why error
			r, w := io.Pipe()
			in, err := NewInput(r, &Reads{}, crash.New(func(err error) { why = err }))
			if err != nil {
				t.Fatal(err)
			}
			stop := in.Start(func(tea.Msg) { panic("broken") }, func() {})
			_, _ = io.WriteString(w, sent)
			time.Sleep(time.Second)
			if synctest.Wait(); why == nil {
				t.Errorf("%q: it goes on", sent)
			}
			_ = w.Close()
			stop()
		})
	}
}
