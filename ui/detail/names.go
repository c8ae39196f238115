package detail

import "tapedeck/ui/names"

// SetNames has numbers shown by names, with the number beside where there is
// room.
func (m *Model) SetNames(n names.Names) {
	m.names = n
	m.touch()
}

// people is how who is on the line is shown.
func (m Model) people() names.View {
	v := names.View{Theme: m.th, Names: m.names, Mask: m.mask}
	if m.rec.Profile == m.revealed.Profile {
		v.Revealed = m.revealed.SID
	}
	return v
}
