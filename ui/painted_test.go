package ui

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/deck"
	"tapedeck/ui/terminal"
)

// paper is a terminal that keeps what is written on it.
type paper struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

// told returns what was written since the last time.
func (p *paper) told() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.b.String()
	p.b.Reset()
	return s
}

// TestPainted: what is for the terminal goes to the terminal and not to the model,
// and everything else is shown.
func TestPainted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &paper{}
		screen, err := terminal.Open(terminal.Options{
			Terminal: terminal.Terminal{Out: out, Environ: []string{"TERM=xterm-256color"}, Raw: true, Width: 80, Height: 24}, Profile: colorprofile.ANSI256,
		})
		if err != nil {
			t.Fatal(err)
		}
		m := New(t.Context(), Options{Deck: newFakeDeck(), Space: "acme", Theme: "dark", Actor: deck.Actor{Actor: "ana"}})
		p := painted{Model: m, screen: screen}
		steps := []struct {
			name string
			msg  tea.Msg
			want string // is written
			not  string // is not
		}{
			{"the first frame", tea.WindowSizeMsg{Width: 80, Height: 24}, "acme", "\a\a"},
			{"the bell", terminalMsg("\a"), "\a", "acme"},
			{"a text for its clipboard", terminalMsg("\x1b]52;c;eA==\a"), "\x1b]52;c;eA==\a", "acme"},
			{"everything anew", redrawMsg{}, "acme", ansi.SetModeSynchronizedOutput},
			{"a mode that it has not", tea.ModeReportMsg{Mode: ansi.ModeSynchronizedOutput, Value: ansi.ModeNotRecognized}, "", "acme"},
			{"everything anew, still in pieces", redrawMsg{}, "acme", ansi.SetModeSynchronizedOutput},
			{"a mode that it has", tea.ModeReportMsg{Mode: ansi.ModeSynchronizedOutput, Value: ansi.ModeReset}, "", "acme"},
			{"everything anew, as one", redrawMsg{}, ansi.SetModeSynchronizedOutput, "\a\a"},
			{"where its cursor is", tea.CursorPositionMsg{X: 1, Y: 2}, "", "acme"},
			{"another size", tea.WindowSizeMsg{Width: 60, Height: 20}, "acme", "\a\a"},
		}
		for _, step := range steps {
			p.Update(step.msg)
			time.Sleep(time.Second)
			synctest.Wait()
			if got := out.told(); !strings.Contains(got, step.want) || strings.Contains(got, step.not) {
				t.Errorf("%s: %q is written, want %q and not %q", step.name, got, step.want, step.not)
			}
			if v := p.View(); v.Content != "" || v.AltScreen {
				t.Errorf("%s: the renderer is given %q", step.name, v.Content)
			}
		}
		if m.w != 60 || m.h != 20 {
			t.Errorf("the model is %dx%d", m.w, m.h)
		}
		m.Close()
		if err := screen.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second) // what the painter waits for is over
	})
}

// TestSupports: a mode counts where the terminal can turn it on, or has it on.
func TestSupports(t *testing.T) {
	for v, want := range map[ansi.ModeSetting]bool{
		ansi.ModeNotRecognized: false, ansi.ModeSet: true, ansi.ModeReset: true, ansi.ModePermanentlySet: true, ansi.ModePermanentlyReset: false, 9: false,
	} {
		if got := supports(v); got != want {
			t.Errorf("the answer %d: %t, want %t", v, got, want)
		}
	}
}
