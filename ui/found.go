package ui

// foundWords says in which field the filter's word is found in the selected
// recording, where its row does not show that field.
func (m *Model) foundWords() string {
	r, ok := m.selected()
	if !ok {
		return ""
	}
	field, hidden := m.list.Found(r.SID)
	if !hidden {
		return ""
	}
	return "found in " + m.th.Plain(field) + "  " + m.th.Symbols().Dot + "  "
}
