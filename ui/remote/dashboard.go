package remote

import (
	"context"
	"errors"
	"strings"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/local"
	"tapedeck/api/sshd"
	"tapedeck/config"
	"tapedeck/ui"
	"tapedeck/ui/attached"
	"tapedeck/ui/terminal"
)

// After how long without a key a dashboard ends, where ssh_idle is not set: of one
// who may only look, and of any other. It warns before, at the latest after half of
// the time.
const (
	idleLooks = 8 * time.Hour
	idleActs  = time.Hour
	idleWarns = time.Minute
)

// dashboard shows the dashboard until its person quits, or the session ends.
func (h *Handler) dashboard(ctx context.Context, se *sshd.Session) (exit int) {
	s := sessionOf(se)
	if what, hint := whyNoScreen(s); what != "" {
		return s.refuse(codeUsage, "cannot show the dashboard: "+what, hint)
	}
	settings, err := config.Remote(h.o.Settings, config.Sources{Environ: s.environ})
	if err != nil {
		return s.refuse(codeUsage, err.Error(), "")
	}
	inside, code := h.enter(s, local.Dashboard)
	if code != 0 {
		return code
	}
	why := "its screen failed"
	defer func() { inside.Leave(why) }()
	idle := h.idleOf(se.Identity)
	o := attached.Screen(settings)
	o.Terminal, o.Zone = terminalOf(s), zoneOf(s.environ)
	se.Pressed(time.Now())
	o.WatchNotices = func(say func(ui.Notice)) (stop func()) {
		return se.EndIdle(idle, min(idleWarns, idle/2), func(left time.Duration) {
			if left > 0 {
				say(endsSoon(idle-left, left))
			}
		})
	}
	err = ui.Run(ctx, attached.Options(watched{inside, se}, o))
	why = leaving(err)
	return h.parted(s, err, idle)
}

// whyNoScreen says why a session cannot show the dashboard, and the next step;
// empty where it can.
func whyNoScreen(s *session) (what, hint string) {
	commands := "name a command: " + strings.Join(Commands, ", ")
	switch {
	case s.PTY == nil && s.Identity.NoPTY:
		return "this key may have commands run, and no terminal", commands
	case s.PTY == nil:
		return "this session has no terminal", "log in with ssh -t, or " + commands
	case s.PTY.Term == "dumb":
		return "TERM is dumb, so this terminal cannot move the cursor", "set TERM to what the terminal is, such as xterm-256color"
	case s.PTY.Term == "":
		return "TERM is not set, so this terminal cannot move the cursor", "set TERM to what the terminal is, such as xterm-256color"
	}
	return "", ""
}

// terminalOf returns the terminal of a session: elsewhere, and raw.
func terminalOf(s *session) terminal.Terminal {
	return terminal.Terminal{
		In: s, Out: writer(s.Write), Raw: true, Environ: s.environ,
		Width: s.PTY.Width, Height: s.PTY.Height, Sizes: s.Resized,
	}
}

// idleOf returns after how long without a key the dashboard of somebody ends.
func (h *Handler) idleOf(id sshd.Identity) time.Duration {
	if set := h.o.Settings.SSH.Idle; set > 0 {
		return set
	}
	if looks, _ := h.o.Service.Admits(id); looks {
		return idleLooks
	}
	return idleActs
}

// endsSoon says that the dashboard ends soon.
func endsSoon(idle, left time.Duration) ui.Notice {
	return ui.Notice{Words: "no key for " + inWords(idle.Round(time.Second)) + ": this dashboard ends in " + inWords(left.Round(time.Second)), Hint: "press a key to stay"}
}

// watched is a deck that also tells the session when a key was pressed.
type watched struct {
	Inside
	session *sshd.Session
}

// Show says what the screen has open, and when a key was last pressed.
func (w watched) Show(prompt *local.Prompt, key time.Time) {
	if !key.IsZero() {
		w.session.Pressed(key)
	}
	w.Inside.Show(prompt, key)
}

// leaving says why a dashboard has ended, for the journal.
func leaving(err error) string {
	var broken *crash.Error
	switch {
	case err == nil:
		return ui.Quit
	case errors.Is(err, ui.ErrHangup), errors.Is(err, sshd.ErrClosed), errors.Is(err, sshd.ErrStuck):
		return "its terminal was lost"
	case errors.Is(err, sshd.ErrIdle):
		return "it was idle"
	case errors.Is(err, sshd.ErrEnding):
		return "the service ended"
	case errors.As(err, &broken):
		return "its screen failed"
	}
	return "its session ended"
}

// parted says why the dashboard has ended, where its person has not quit, and
// returns the exit code.
func (h *Handler) parted(s *session, err error, idle time.Duration) int {
	if err == nil {
		return 0
	}
	if h.broken(s, err) {
		return codeFailed
	}
	if errors.Is(err, ui.ErrHangup) {
		return codeFailed
	}
	if words, hint := partingWords(err, idle); words != "" {
		return s.refuse(codeFailed, words, hint)
	}
	return codeFailed
}
