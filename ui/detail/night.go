package detail

import (
	"fmt"
	"time"

	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// hides reports whether the numbers of the recording are masked.
func (m Model) hides() bool { return m.mask && m.rec.Key() != m.revealed }

// masked returns a text with its numbers hidden, where they are to be.
func (m Model) masked(s string) string {
	if m.hides() {
		return theme.Mask(s)
	}
	return s
}

// countdown returns how long it is until the recording is resumed by itself;
// empty when it is not.
func (m Model) countdown(now time.Time) string {
	if !m.rec.Paused() || m.rec.Timer.At.IsZero() {
		return ""
	}
	return times.Clocks{Slow: m.minutes}.Countdown(m.rec.Timer.At.Sub(now.Truncate(time.Second)))
}

// pausedBy says who paused the recording, and how long ago where another session
// did: by alice, 2 min ago.
func (m Model) pausedBy(now time.Time) string {
	p := m.rec.Pause
	if !p.Recorded || p.Since.IsZero() {
		return m.by(p.Actor)
	}
	return m.by(p.Actor) + ", " + times.Ago(p.For(now.Truncate(time.Second).Add(m.offset)))
}

// night adds what is known of a pause that lasts: its auto-resume, and that
// its alarm was acknowledged.
func (b *builder) night() {
	t, ack := b.rec.Timer, b.rec.Ack
	by := b.by(or(text.New(t.Actor), "tapedeck"))
	switch {
	case t.Err != "":
		b.labeled("auto-resume", "not done: "+text.New(t.Err).String()+"; asked for "+by, theme.Bad, "")
	case !t.At.IsZero():
		b.labeled("auto-resume", "at "+times.Time(t.At, b.zone)+", "+by+" (t changes it)", theme.Plain, "")
	}
	if !ack.Until.IsZero() {
		until := times.Time(ack.Until.Add(-b.offset), b.zone)
		b.labeled("acknowledged", b.by(ack.Actor)+", silent until "+until+": "+text.New(ack.Reason).String(), theme.Plain, "")
	}
}

// siblings adds the other active recordings of the same conversation, and why
// they are.
func (b *builder) siblings() {
	s := b.rec.Siblings
	if len(s.List) == 0 {
		return
	}
	words, role := fmt.Sprintf("%d active recordings of this conversation", s.Of()), theme.Plain
	if s.Paused > 0 && s.Recording > 0 {
		words, role = fmt.Sprintf("%d of %d still recording", s.Recording, s.Of()), theme.Warn
	}
	b.labeled("siblings", words, role, "")
	for _, o := range s.List {
		words := o.SID.SID() + " " + b.sym.Dot + " " + o.Why
		if s.Paused > 0 && o.Recording {
			words += ", still recording"
		}
		b.labeled("", words, theme.Plain, "")
	}
	if s.More > 0 {
		b.labeled("", fmt.Sprintf("and %d more", s.More), theme.Plain, "")
	}
}
