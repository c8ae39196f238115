package list

import (
	"cmp"
	"strings"

	"tapedeck/api/deck"
	"tapedeck/ui/names"
)

// found is in which hidden field of a row a word of the filter is, for one
// filter in one layout.
type found struct {
	tries  uint64
	layout *layout
	field  string // empty where the row shows every word
}

// Found returns the name of the field in which the filter's words are found of
// a recording; of several the first one that the row does not show. hidden
// reports whether it does not. The field is empty without a word in the filter,
// for a recording that has not every word, and for one that is not in the list.
func (m Model) Found(of deck.Key) (field string, hidden bool) {
	r := m.index[of]
	if r == nil || m.layout == nil {
		return "", false
	}
	c := context{th: m.th, sym: m.th.Symbols(), layout: m.layout, people: m.people(r), words: m.filter.words()}
	return c.find(r)
}

// find does the work of [Model.Found].
func (c *context) find(r *row) (field string, hidden bool) {
	if len(c.words) == 0 {
		return "", false
	}
	shown := c.shownText(r)
	for _, w := range c.words {
		at := w.field(r.rec, r.lack, c.people.Names)
		if at == "" {
			return "", false
		}
		if w.in(shown) {
			field = cmp.Or(field, at)
		} else if !hidden {
			field, hidden = at, true
		}
	}
	return field, hidden
}

// words are the words that a row has to hold somewhere.
func (f Filter) words() []wanted {
	var out []wanted
	for _, t := range f.terms {
		if t.word != (wanted{}) && !t.not {
			out = append(out, t.word)
		}
	}
	return out
}

// foundIn returns the hidden field in which a word of the filter is found;
// empty where the row shows them all. It looks once for each filter and layout.
func (c *context) foundIn(r *row) string {
	if len(c.words) == 0 {
		return ""
	}
	if r.found != nil && r.found.tries == c.tries && r.found.layout == c.layout {
		return r.found.field
	}
	r.found = &found{tries: c.tries, layout: c.layout}
	if field, hidden := c.find(r); hidden {
		r.found.field = field
	}
	return r.found.field
}

// shownText is what a row shows in the columns there are, but for times and for
// what stands beside who.
func (c *context) shownText(r *row) string {
	var b strings.Builder
	width := c.width
	for _, col := range c.layout.cols {
		c.width = col.cells
		switch {
		case col.ticks:
			continue
		case col.sort == ByWho:
			b.WriteString(c.th.Truncate(c.whole(r), col.cells))
		default:
			b.WriteString(col.cell(c, r).text)
		}
		b.WriteByte('\n')
	}
	c.width = width
	return b.String()
}

// field returns the name of the first field of a recording that holds the word;
// empty for none.
func (w wanted) field(r *deck.Recording, lack *deck.Unrecorded, n names.Names) (field string) {
	for _, f := range r.Fields() {
		if !f.Null && w.in(f.Value.String()) {
			return f.Name.String()
		}
	}
	put := func(name, s string, _ bool) {
		if field == "" && w.in(s) {
			field = name
		}
	}
	if lack != nil {
		eachTextOf(lack, put)
	}
	eachText(r, n, put)
	return field
}

// SetNames has numbers shown by names, which the filter then finds too.
func (m *Model) SetNames(n names.Names) {
	m.names = n
	for _, r := range m.all {
		r.hay.Store(nil)
		r.who = ""
		m.name(r)
	}
	m.tries++
	m.arrange() // what was fitted into the old layout is not used again
	m.order()
	m.refilter()
	m.follow()
}

// SetActor sets whose pauses and requests by:me finds.
func (m *Model) SetActor(actor string) {
	if m.actor != actor {
		m.actor = actor
		m.tries++
		m.refilter()
		m.follow()
	}
}

// name gives a row the names that it is ordered by.
func (m *Model) name(r *row) {
	if c := r.rec.Call; c != nil && !m.names.IsZero() && !r.rec.IsConference() {
		v := m.people(r)
		r.who = strings.ToLower(v.Party(r.rec.SID, c.From, c.FromShown()) + " " + v.Party(r.rec.SID, c.To, c.ToShown()))
	}
}

// people is how who is on the line of a row is shown.
func (m Model) people(r *row) names.View {
	v := names.View{Theme: m.th, Names: m.names, Mask: m.mask}
	if r.rec.Profile == m.revealed.Profile {
		v.Revealed = m.revealed.SID
	}
	return v
}
