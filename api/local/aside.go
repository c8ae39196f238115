package local

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tapedeck/api/deck"
)

// maxAside is how many things of one kind wait to be sent.
const maxAside = 1000

// aside is what a client sends without anybody waiting for it. Of each kind the
// latest counts; what is to be on record waits until the service is there.
type aside struct {
	wake chan struct{}

	mu       sync.Mutex
	looks    []deck.Key
	reveals  []deck.Key
	refresh  bool
	lacks    bool          // somebody wants to know who has no recording
	interval time.Duration // 0 for none
	asked    time.Duration // that each run of the service is told; 0 for none
	screen   *Screen
	prompt   *Prompt   // that is open, which each run of the service is told; nil for none
	pressed  time.Time // when a key was last pressed, as the screen has said; zero for never
}

func (a *aside) init() { a.wake = make(chan struct{}, 1) }

// put changes what is to be sent, and has it sent.
func (a *aside) put(f func()) {
	a.mu.Lock()
	f()
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

func addTo(list []deck.Key, of deck.Key) []deck.Key {
	if slices.Contains(list, of) {
		return list
	}
	return append(list[max(0, len(list)+1-maxAside):], of)
}

// Refresh asks for a poll of every deck now. It returns at once, as do
// SetInterval, Look, Reveal and Show.
func (c *Client) Refresh() { c.aside.put(func() { c.aside.refresh = true }) }

// SetInterval asks for a time between two polls of every deck; see [Interval].
func (c *Client) SetInterval(every time.Duration) {
	c.aside.put(func() { c.aside.interval, c.aside.asked = every, every })
}

// Look says that a recording is on screen.
func (c *Client) Look(of deck.Key) {
	c.aside.put(func() { c.aside.looks = addTo(c.aside.looks[max(0, len(c.aside.looks)-7):], of) })
}

// LookForUnrecorded says that somebody wants to know which calls have no recording,
// for the next half minute.
func (c *Client) LookForUnrecorded() { c.aside.put(func() { c.aside.lacks = true }) }

// Reveal puts on record that masked numbers of a recording are shown: as soon
// as the service is there.
func (c *Client) Reveal(of deck.Key, _ deck.Actor) {
	c.aside.put(func() { c.aside.reveals = addTo(c.aside.reveals, of) })
}

// Show says what the screen has open, nil for no prompt, and when a key was last
// pressed on it.
func (c *Client) Show(prompt *Prompt, key time.Time) {
	c.aside.put(func() {
		c.aside.prompt, c.aside.pressed = prompt, key
		c.aside.screen = c.screenNow()
	})
}

// screenNow returns what there is to say of the screen. The mutex of what is sent
// aside must be held.
func (c *Client) screenNow() *Screen {
	s := &Screen{Claims: c.o.Claims, Command: c.o.Command, Prompt: c.aside.prompt}
	if key := c.aside.pressed; !key.IsZero() {
		s.Idle = SecondsOf(max(0, time.Since(key)))
	}
	return s
}

// by returns what a service is told of a screen: what it takes of that.
func (s *Screen) by(who WhoAmI) *Screen {
	if s.Prompt == nil || len(s.Prompt.More) == 0 {
		return s
	}
	first, prompt := *s, *s.Prompt
	if first.Prompt = &prompt; !who.takes(1) {
		prompt.More = nil
	}
	prompt.More = prompt.More[:min(len(prompt.More), MaxPrompt)]
	return &first
}

// takes reports whether a service knows what came with a minor version.
func (w WhoAmI) takes(minor int) bool {
	_, s, _ := strings.Cut(w.Wire, ".")
	n, err := strconv.Atoi(s)
	return err == nil && n >= minor
}

// runAside sends what nobody waits for, until the client is closed.
func (c *Client) runAside() {
	var told *link // the connection whose service knows the interval and the prompt
	for {
		l := c.reconnected(c.ctx)
		if l == nil {
			return
		}
		if told != l {
			told = l
			c.aside.put(func() {
				if c.aside.interval = c.aside.asked; c.aside.prompt != nil {
					c.aside.screen = c.screenNow()
				}
			})
		}
		select {
		case <-c.aside.wake:
			c.sendAside(l)
		case <-l.ctx.Done():
		case <-c.ctx.Done():
			return
		}
	}
}

// sendAside sends what waits. What is to be on record is kept when the
// connection breaks.
func (c *Client) sendAside(l *link) {
	a := &c.aside
	a.mu.Lock()
	looks, reveals, refresh, lacks, interval, screen := a.looks, a.reveals, a.refresh, a.lacks, a.interval, a.screen
	a.looks, a.reveals, a.refresh, a.lacks, a.interval, a.screen = nil, nil, false, false, 0, nil
	a.mu.Unlock()
	if screen != nil {
		_ = c.post(l, PathSession, screen.by(c.WhoAmI()))
	}
	for i, of := range reveals {
		if err := c.about(l, PathReveal, of, func(p string) any { return Reveal{SID: of.SID.String(), Profile: p} }); isLost(err) {
			a.mu.Lock()
			a.reveals = append(reveals[i:], a.reveals...)
			a.mu.Unlock()
			break
		}
	}
	for _, of := range looks {
		_ = c.about(l, PathLook, of, func(p string) any { return Look{SID: of.SID.String(), Profile: p} })
	}
	if interval != 0 {
		_ = c.post(l, PathInterval, Interval{Every: SecondsOf(interval)})
	}
	if lacks {
		_ = c.post(l, PathUnrecorded, LookForUnrecorded{})
	}
	if refresh {
		_ = c.post(l, PathRefresh, Refresh{})
	}
}

// isLost reports whether nothing is known of what was sent.
func isLost(err error) bool {
	_, refused := errors.AsType[*RefusalError](err)
	return err != nil && !refused && !errors.Is(err, deck.ErrNotFound)
}

func (c *Client) about(l *link, path string, of deck.Key, body func(profile string) any) error {
	c.mu.Lock()
	d, _, err := c.find(of.Profile, of.SID)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return c.post(l, path, body(d.Profile.Profile))
}

func (c *Client) post(l *link, path string, body any) error {
	ctx, done := l.with(c.ctx)
	defer done()
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return c.into(ctx, http.MethodPost, path, body, nil)
}
