package list

import (
	"fmt"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tapedeck/ui/line"
	"tapedeck/ui/theme"
)

// FilterLine is the line below a list in which its filter is typed, and stands
// while there is one.
type FilterLine struct {
	th      theme.Theme
	input   textinput.Model
	invalid error // what is wrong with what is being typed
}

// NewFilterLine returns an empty line.
func NewFilterLine(t theme.Theme) FilterLine {
	in := textinput.New()
	in.SetVirtualCursor(false)
	// Ctrl+v would read the clipboard of the machine tapedeck runs on.
	in.KeyMap.Paste.SetEnabled(false)
	in.CharLimit = 200
	return FilterLine{th: t, input: in}
}

// SetTheme sets how the line looks.
func (f *FilterLine) SetTheme(t theme.Theme) { f.th = t }

// Open begins the typing of a list's filter. Prepare, which is nil for nothing,
// makes its rows ready for the first word, and is to be called beside everything
// else: see [Model.Prepare].
func (f *FilterLine) Open(m *Model) (prepare func()) {
	m.BeginFilter()
	f.input.SetValue(m.Filter().String())
	f.input.CursorEnd()
	f.input.Focus()
	return m.Prepare()
}

// Type takes a key or a paste, and has the list show what matches then. It
// reports whether what was typed makes sense: while it does not, the last filter
// that did stays.
func (f *FilterLine) Type(msg tea.Msg, m *Model) (ok bool) {
	f.input, _ = f.input.Update(msg)
	filter, err := ParseFilter(f.input.Value())
	if f.invalid = err; err == nil {
		m.SetFilter(filter)
	}
	return err == nil
}

// Typed returns what has been typed.
func (f FilterLine) Typed() string { return f.input.Value() }

// Invalid returns what is wrong with what is being typed; nil for nothing.
func (f FilterLine) Invalid() error { return f.invalid }

// Close ends the typing; the filter stays.
func (f *FilterLine) Close(m *Model) {
	f.invalid = nil
	m.EndFilter()
	f.input.Blur()
}

// Clear takes the filter away, and ends the typing. What was selected before it
// was typed is selected again, or, where it was kept, what is selected stays.
func (f *FilterLine) Clear(m *Model) {
	m.SetFilter(Filter{})
	f.Close(m)
}

// typedRoom is how many cells what is typed has in the line before what is said
// of it.
const typedRoom = 20

// View returns the line, of w cells, and the column of the cursor in it while the
// filter is typed; -1 for none.
func (f FilterLine) View(m Model, w int, typing bool) (out string, cursor int) {
	shown, total := m.Shown()
	count := f.found(m) + fmt.Sprintf("%d of %d", shown, total)
	role := theme.Dim
	if f.invalid != nil {
		count, role = f.th.Plain(f.invalid.Error()), theme.Bad
	}
	value, before := m.Filter().String(), ""
	cursor = -1
	if typing {
		value = f.input.Value()
		before = string([]rune(value)[:f.input.Position()])
	}
	title := " / "
	if theme.RightToLeft(value) { // it would move the digits of the count
		title, count = " / name: ", "matches "+count
	}
	room := max(8, min(typedRoom, f.th.Width(value)+1), w-len(title)-1-f.th.Width(count)-2)
	// What is typed is shown from its end when it does not fit.
	for typing && f.th.Width(before) >= room {
		r := []rune(before)
		before, value = string(r[1:]), string([]rune(value)[1:])
	}
	if typing {
		cursor = min(w-1, len(title)+f.th.Width(before))
	}
	var l line.Builder
	l.Begin(f.th, w)
	l.Add(theme.Key, title)
	l.Cut(theme.Bold, f.th.Plain(value), room)
	l.Fill(max(l.Width()+2, w-f.th.Width(count)-1))
	l.Cut(role, count, w-l.Width())
	return l.End(), cursor
}

// found says in which field the filter's word is found in the selected
// recording, where its row does not show that field.
func (f FilterLine) found(m Model) string {
	r, ok := m.Selected()
	if !ok {
		return ""
	}
	field, hidden := m.Found(r.Key())
	if !hidden {
		return ""
	}
	return "found in " + f.th.Plain(field) + "  " + f.th.Symbols().Dot + "  "
}
