package list

import (
	"fmt"
	"slices"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// NoRecording is the word for a call or a conference in progress without a
// recording.
const NoRecording = "NO REC"

// statusNone is the status of what stands for no recording. The API has none of
// that name, and nothing compares it with one of the API's.
const statusNone api.Status = "\x00none"

// lacking is what a list shows of calls and conferences without a recording. A
// copy of a list shares it with the original.
type lacking struct {
	shown bool
	of    map[*deck.Recording]*deck.Unrecorded // by what stands for each
}

// SetUnrecorded tells whether the calls and conferences in progress that have no
// recording are rows, too. Such a row has no recording: [Model.Selected] returns
// none for it.
func (m *Model) SetUnrecorded(on bool) {
	if m.lacking.shown == on {
		return
	}
	m.lacking.shown = on
	if !on && m.sel != nil && m.sel.lack != nil {
		m.sel = nil
	}
	if m.complete = false; m.snap != nil { // what comes now is no news
		m.SetSnapshot(m.snap)
	}
}

// ShowsUnrecorded reports whether they are rows.
func (m Model) ShowsUnrecorded() bool { return m.lacking.shown }

// Unrecorded returns what the selected row is about, as it was last known, where
// that has no recording; ok is false for any other row, and where there is none.
func (m Model) Unrecorded() (u *deck.Unrecorded, ok bool) {
	if m.sel == nil || m.sel.lack == nil {
		return nil, false
	}
	return m.sel.lack, true
}

// Place names the selected row among all: a recording, or what has none. It is no
// key of a recording in the latter case.
func (m Model) Place() deck.Key {
	if m.sel == nil {
		return deck.Key{}
	}
	return m.sel.rec.Key()
}

// withUnrecorded returns what the rows of a snapshot are made of: its recordings,
// and what stands for calls without one. Of what has not changed that is the same
// pointer.
func (m *Model) withUnrecorded(s *deck.Snapshot) []*deck.Recording {
	before := m.lacking.of
	if m.lacking.of = nil; !m.lacking.shown || len(s.Unrecorded) == 0 {
		return s.Recordings
	}
	m.lacking.of = make(map[*deck.Recording]*deck.Unrecorded, len(s.Unrecorded))
	all := slices.Grow(slices.Clip(s.Recordings), len(s.Unrecorded))
	for _, u := range s.Unrecorded {
		rec := standIn(u)
		if old := m.index[rec.Key()]; old != nil && before[old.rec] == u {
			rec = old.rec
		}
		m.lacking.of[rec] = u
		all = append(all, rec)
	}
	return all
}

// standIn returns what stands for a call or a conference without a recording in
// the rows.
func standIn(u *deck.Unrecorded) *deck.Recording {
	rec := &deck.Recording{Profile: u.Profile, Call: u.Call}
	rec.SID = placeOf(u.Profile, u.SID()).SID
	rec.Status, rec.Start, rec.Created = statusNone, u.Since, u.Since
	if u.Call != nil {
		rec.CallSID = u.Call.SID
	} else {
		rec.ConferenceSID, rec.Conference = u.SID(), u.Conference
	}
	return rec
}

// coverSelected has the selected row say that it is over, where it was about a call
// without a recording that is in the snapshot no longer.
func (m *Model) coverSelected() {
	r := m.sel
	if r == nil || r.lack == nil || m.index[r.rec.Key()] != nil || !r.rec.Active() {
		return
	}
	rec := *r.rec
	rec.Ended = m.asOf
	over := newRow(&rec)
	over.lack, over.short = r.lack, r.short
	m.sel = over
}

// eachTextOf calls put with what is known of a call without a recording, beside
// what its stand-in says.
func eachTextOf(u *deck.Unrecorded, put func(field, s string, number bool)) {
	put("status", NoRecording, false)
	if c := u.Call; c != nil {
		put("call_sid", c.SID.String(), false)
		if f := u.Conference; f != nil {
			put("conference", f.FriendlyName.String(), false)
			put("conference_sid", f.SID.String(), false)
		}
	} else {
		put("conference_sid", u.SID().String(), false)
	}
}

// noRecording is the status of a row without a recording.
func (c *context) noRecording(r *row) cell {
	out := cell{text: NoRecording, role: theme.Warn}
	if r.level == deck.Alarm && r.rec.Active() {
		out.text, out.role = "!"+out.text, theme.Bad
	}
	if c.stale && r.rec.Active() {
		out.text += "?"
	}
	if c.kept {
		out.text = "(" + out.text + ")"
	}
	if p := r.lack.Start; p != nil && r.rec.Active() {
		n := "starting"
		switch {
		case !p.Settled:
			n = c.sym.Busy + n
		case p.Outcome == deck.Unknown:
			n = "?" + n
		case p.Outcome == deck.Failed:
			n = "!failed"
		default:
			n = ""
		}
		if n != "" && c.th.Width(out.text)+1+c.th.Width(n) <= c.width {
			out.sign, out.signRole = n, theme.Warn
		}
	}
	return out
}

// unrecordedFor shows for how long there has been no recording; nothing once that
// is over.
func (c *context) unrecordedFor(r *row) cell {
	if !r.rec.Active() {
		return cell{text: "-"}
	}
	clock := c.clock(r.lack.For(c.server))
	if r.lack.AtLeast && c.th.Width(c.sym.AtLeast+clock) <= c.width {
		clock = c.sym.AtLeast + clock
	}
	if r.level == deck.Alarm && !c.minutes {
		return cell{text: clock, role: theme.Bad}
	}
	return cell{text: clock}
}

// aboutUnrecorded returns what is said beside who a row without a recording is
// about.
func (c *context) aboutUnrecorded(r *row) (out []badge) {
	u := r.lack
	switch {
	case !r.rec.Active():
		return nil
	case u.IsConference():
		out = append(out, badge{"the API cannot start one", "no start", theme.Dim, false})
	case u.Conference != nil:
		in := c.th.Truncate(c.th.Plain(u.Conference.FriendlyName.String()), 24)
		out = append(out, badge{"in " + in, "in " + c.th.Truncate(in, 10), theme.Dim, true})
	}
	if u.Legs > 0 {
		legs := fmt.Sprintf("+%d leg", u.Legs)
		if u.Legs > 1 {
			legs += "s"
		}
		out = append(out, badge{legs, legs, theme.Dim, true})
	}
	if u.Before {
		out = append(out, badge{"recorded before", "before", theme.Dim, true})
	}
	return out
}

// PlaceOf names the row of a call or a conference without a recording.
func (m Model) PlaceOf(profile string, sid text.Text) deck.Key { return placeOf(profile, sid) }

// placeOf is the key of a stand-in. Its SID is none that the API could be asked
// for.
func placeOf(profile string, sid text.Text) deck.Key {
	return deck.Key{Profile: profile, SID: text.New("no recording of " + sid.SID())}
}
