package ui

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tapedeck/api/crash"
	"tapedeck/ui/terminal"
)

// terminalMsg is a sequence for the terminal that changes nothing on the screen:
// the bell, or a text for its clipboard.
type terminalMsg string

// redrawMsg has everything painted anew.
type redrawMsg struct{}

// toTerminal returns a command that writes a sequence to the terminal.
func toTerminal(seq string) tea.Cmd { return func() tea.Msg { return terminalMsg(seq) } }

// redraw paints everything anew.
func redraw() tea.Msg { return redrawMsg{} }

// painted is the model of a program whose frames are painted on a terminal.
type painted struct {
	*Model
	screen *terminal.Screen
	hook   *crash.Hook // of the session
	// release has the program let go of the terminal, which is ours, and with it of
	// the clock that it draws by; nil for a program that keeps it.
	release func() error
	// told keeps the terminal's answers, for a screen that comes after this one on
	// the same terminal; nil where none does.
	told *[]tea.Msg
}

// Init returns the model's, with the hook of the session.
func (p painted) Init() tea.Cmd {
	cmd := p.guard(p.Model.Init())
	if p.release == nil {
		return cmd
	}
	return tea.Batch(cmd, func() tea.Msg { _ = p.release(); return nil })
}

// guard returns a command whose panic ends the session and nothing else, and so
// with all that it may be a batch of.
func (p painted) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer p.hook.Guard()
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = p.guard(batch[i])
			}
		}
		return msg
	}
}

// Update takes what is about the terminal, gives the model its messages, and
// shows the frame that they have led to.
func (p painted) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return p, p.guard(p.take(msg))
}

// take takes a message, and returns what is to be done next.
func (p painted) take(msg tea.Msg) tea.Cmd {
	defer p.hook.Guard()
	p.remember(msg)
	switch msg := msg.(type) {
	case terminalMsg:
		p.screen.Send(string(msg))
		return nil
	case redrawMsg:
		p.screen.Redraw()
		return nil
	case tea.WindowSizeMsg:
		p.screen.Resize(msg.Width, msg.Height)
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeSynchronizedOutput && supports(msg.Value) {
			p.screen.SetSync(true)
		}
	case tea.CursorPositionMsg:
		narrow, ok := terminal.Agrees(msg.X, msg.Y)
		if !ok {
			return nil
		}
		_, cmd := p.Model.Update(widthMsg{wide: !narrow})
		p.screen.SetAgreed(narrow && !p.Model.themeOf.Wide)
		p.paint()
		return cmd
	case tea.ResumeMsg:
		if err := p.screen.Continue(); err != nil {
			return nil // the terminal is gone, which who reads from it finds out
		}
		p.Model.resize(p.screen.Size())
	}
	_, cmd := p.Model.Update(msg)
	p.paint()
	return cmd
}

// remember keeps an answer of the terminal.
func (p painted) remember(msg tea.Msg) {
	if p.told == nil {
		return
	}
	switch msg.(type) {
	case tea.BackgroundColorMsg, tea.ModeReportMsg, tea.CursorPositionMsg, unansweredMsg:
		*p.told = append(*p.told, msg)
	}
}

// View returns nothing: the painter shows the frame.
func (p painted) View() tea.View { return tea.View{} }

// paint paints the frame of the model, once there is one.
func (p painted) paint() {
	v := p.Model.frame
	if v.Content == "" {
		return
	}
	f := terminal.Frame{Content: v.Content, Title: v.WindowTitle}
	if v.ProgramStatus != nil {
		f.Status = *v.ProgramStatus
	}
	if c := v.Cursor; c != nil {
		f.Cursor = &terminal.Position{X: c.X, Y: c.Y}
	}
	p.screen.SetMethod(p.Model.th.Method())
	p.screen.Show(f)
}

// supports reports whether a terminal has a mode.
func supports(v ansi.ModeSetting) bool {
	return v == ansi.ModeReset || v == ansi.ModeSet || v == ansi.ModePermanentlySet
}
