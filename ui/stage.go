package ui

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/crash"
	"tapedeck/ui/terminal"
)

// Stage is one terminal on which several screens are shown, one after the other,
// without giving it back in between. Make it with [OpenStage]. It is used by one
// goroutine.
type Stage struct {
	o      Options // of the terminal
	screen *terminal.Screen
	hook   *crash.Hook
	ctx    context.Context
	cancel context.CancelCauseFunc
	ends   []func()
	told   []tea.Msg // the terminal's answers, for the next screen

	mu sync.Mutex
	to func(tea.Msg) // takes what the terminal sends; nil between two screens
}

// OpenStage takes the terminal of some options. [Stage.Close] gives it back, and
// has to be called where the error is nil. What is shown ends with ctx.
func OpenStage(ctx context.Context, o Options) (*Stage, error) {
	s := &Stage{o: o}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.hook = crash.New(s.cancel)
	s.o.reads = &terminal.Reads{}
	screen, err := terminal.Open(s.o.screen(s.hook))
	if err != nil {
		s.cancel(nil)
		return nil, fmt.Errorf("show the screen: make the terminal raw: %w", err)
	}
	s.screen = screen
	s.hook.Before(screen.Leave)
	s.ends = append(s.ends, func() { s.cancel(nil) }, func() { _ = screen.Close() }, crash.Before(screen.Leave))
	in, err := s.o.input(s.hook)
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("show the screen: %w", err)
	}
	if in != nil {
		s.ends = append(s.ends, in.Start(s.send, func() { s.cancel(ErrHangup) }))
	}
	return s, nil
}

// Close gives the terminal back.
func (s *Stage) Close() {
	for _, end := range slices.Backward(s.ends) {
		end()
	}
	s.ends = nil
}

// send gives a message of the terminal to the screen that is shown. What comes
// between two screens was meant for neither.
func (s *Stage) send(msg tea.Msg) {
	s.mu.Lock()
	to := s.to
	s.mu.Unlock()
	if to != nil {
		to(msg)
	}
}

// receive has a screen receive what the terminal sends until stop is called.
func (s *Stage) receive(to func(tea.Msg)) (stop func()) {
	set := func(to func(tea.Msg)) {
		s.mu.Lock()
		s.to = to
		s.mu.Unlock()
	}
	set(to)
	return func() { set(nil) }
}

// Dashboard shows the dashboard, as [Run] does, until it is quit or its drill is
// over. Options that say where and how it looks are those of the stage.
func (s *Stage) Dashboard(o Options) error {
	_, err := s.show(o, nil)
	return err
}

// Page shows a page, and returns the key that has left it.
func (s *Stage) Page(o Options, p Page) (key string, err error) {
	o.Deck = nowhere{}
	return s.show(o, &p)
}

func (s *Stage) show(o Options, p *Page) (key string, err error) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	o.Terminal, o.Theme, o.NoColor, o.ASCII, o.reads = s.o.Terminal, s.o.Theme, s.o.NoColor, s.o.ASCII, s.o.reads
	m := New(ctx, o)
	defer m.Close()
	if p != nil {
		m.openPage(*p, time.Now())
	}
	m.lookDrill(time.Now())
	screen := painted{Model: m, screen: s.screen, hook: s.hook}
	for _, msg := range s.told {
		screen.take(msg)
	}
	screen.told = &s.told
	s.screen.Resize(s.screen.Size())
	err = runOn(ctx, screen, func(send func(tea.Msg)) (stop func()) {
		stop = s.receive(send)
		m.slips.Begin(s.o.reads.Typed()) // what came before it was not for this screen
		return stop
	})
	if m.page != nil {
		key = m.page.left
	}
	return key, err
}

// openPage has the screen be a page.
func (m *Model) openPage(p Page, now time.Time) {
	m.page = &page{Page: p, opened: now}
	m.help.SetTitle(p.Title)
	m.help.Open(p.Sections)
}
