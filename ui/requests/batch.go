package requests

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// batch is several updates that one answer asked for.
type batch struct {
	did    string // paused, resumed
	total  int
	over   int
	bad    []string // the result of those that did not go well
	off    []string // those that are not on record
	marked bool     // they are those that were marked
}

// SendAll sends several requests, some at a time, of what a snapshot showed;
// marked is that they are of what was marked. Those that something is under way
// of are left out, and count as not done. The command brings the end of each.
func (m *Model) SendAll(all []Named, marked bool, s *deck.Snapshot, now time.Time) (news []News, cmd tea.Cmd) {
	b := &batch{did: Did(all[0].Request), total: len(all), marked: marked}
	var send []deck.Request
	for _, n := range all {
		if busy := m.UnderWay(s, n.Request.Key()); busy != "" {
			news = append(news, b.end("…"+n.Short+": "+busy)...)
			continue
		}
		send = append(send, m.register(n, s, b, now).Request)
	}
	if b.over < b.total {
		news = append(news, News{Words: fmt.Sprintf("%s %d recordings", Doing(all[0].Request), b.total-b.over)})
	}
	return news, m.send(send)
}

// send sends several requests, which the deck then owns, and brings the end of
// each.
func (m *Model) send(reqs []deck.Request) tea.Cmd {
	ctx, d := m.ctx, m.deck
	ends := make([]chan DoneMsg, len(reqs))
	cmds := []tea.Cmd{func() tea.Msg {
		d.DoAll(ctx, reqs, func(i int, p deck.Progress, err error) {
			ends[i] <- DoneMsg{req: reqs[i], progress: p, err: err}
		})
		return nil
	}}
	for i := range reqs {
		ends[i] = make(chan DoneMsg, 1)
		cmds = append(cmds, func() tea.Msg {
			select {
			case end := <-ends[i]:
				return end
			case <-ctx.Done():
				return nil
			}
		})
	}
	return tea.Batch(cmds...)
}

// end notes that one of the batch has ended, bad being what went wrong with it,
// and says what became of all with the last one.
func (b *batch) end(bad string) []News {
	b.over++
	if bad != "" {
		b.bad = append(b.bad, bad)
	}
	if b.over < b.total {
		return nil
	}
	n := News{Words: fmt.Sprintf("%s %d of %d", b.did, b.total-len(b.bad), b.total), Bad: true}
	switch {
	case len(b.bad) > 0:
		n.Words += "; not " + strings.Join(b.bad, ", not ")
		if b.marked {
			n.Hint = "those that failed are still marked"
		}
	case len(b.off) == 0:
		return []News{{Words: n.Words + ": done"}}
	}
	if len(b.off) > 0 {
		n.Words += "; not on record: " + strings.Join(b.off, ", ")
	}
	return []News{n}
}

// ended takes the end of an update of a batch. Well is its recording where it
// went well.
func (u *update) ended(err error) (news []News, well deck.Key) {
	p, name := u.progress, "…"+u.Short
	bad := ""
	switch {
	case err != nil:
		bad = name + " (" + WhyNot(err) + ")"
	case p.Outcome == deck.Failed:
		bad = name + " (" + Cause(p.Err) + ")"
	case p.Outcome == deck.Verified || p.Outcome == deck.Accepted:
		well = u.Request.Key()
	default:
		bad = name + " (" + string(p.Outcome) + ")"
		if p.Note != "" {
			bad = name + " (" + string(p.Outcome) + ": " + text.New(p.Note).String() + ")"
		}
	}
	if p.OffRecord != nil && p.Outcome != deck.Failed {
		u.batch.off = append(u.batch.off, name)
	}
	return u.batch.end(bad), well
}
