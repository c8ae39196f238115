package list

import (
	"strconv"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
	"tapedeck/ui/timeline"
	"tapedeck/ui/times"
)

// A column of the list.
type column struct {
	title string
	sort  Sort // the order that the column shows; noSort for none
	// width is in cells, for a list of such a size; 0 takes what is left.
	width func(t theme.Theme, s size) int
	right bool // right-aligned
	// ticks: the cell changes by itself, once a second. It then has a fixed
	// width and no style, so that a tick costs the digits that changed.
	ticks bool
	// rank says how much the column matters; 0: it never goes. A column of
	// rank n is there only when those of lower rank are.
	rank int
	// room is what who must have left for the column to be there.
	room int
	only only // in which lists the column is
	// several: it is there only where several profiles are shown.
	several bool
	// timeline: it is there only where timelines were asked for.
	timeline bool
	cell     func(c *context, r *row) cell
}

// only says in which lists a column is: where times are apart, or together.
type only int

const (
	anywhere only = iota
	wide          // only in a wide list
	narrow        // only in a narrow one
)

// size is what the widths of columns depend on, in cells.
type size struct {
	w       int // of the list
	sid     int // of the widest short SID
	project int // of the widest name of a profile; 0 where there is one

	timeline bool // timelines were asked for
}

// From these widths on paused and running have a column each, and columns
// stand two cells apart.
const (
	wideFrom  = 69
	roomyFrom = 74
)

const noSort Sort = -1

// cell is what a column shows of a row: text in a role, and after it a sign.
type cell struct {
	text     string
	cells    int // of text, when it is known to fit; 0 to measure it
	role     theme.Role
	sign     string
	signRole theme.Role
}

// columns are the columns of the list, from the left.
var columns = []column{
	{title: "STATUS", sort: ByStatus, width: statusWidth, cell: (*context).status},
	{title: "PAUSED", sort: ByPause, width: pausedWidth, right: true, ticks: true, only: wide, cell: (*context).pausedFor},
	{title: "RUNNING", sort: ByRunning, width: cells(8), right: true, ticks: true, only: wide, cell: (*context).runningFor},
	{title: "FOR", sort: noSort, width: pausedWidth, right: true, ticks: true, only: narrow, cell: (*context).eitherFor},
	{title: "PROJECT", sort: ByProject, width: projectWidth, rank: 1, room: 8, several: true, cell: (*context).project},
	{title: "WHO", sort: ByWho, width: cells(0), cell: (*context).who},
	{title: "TIMELINE", sort: noSort, width: timelineWidth, rank: 2, room: 16, timeline: true, cell: (*context).timelineOf},
	{title: "KIND", sort: ByKind, width: cells(10), rank: 5, room: 33, cell: (*context).kind},
	{title: "CH", sort: ByChannels, width: cells(2), right: true, rank: 4, room: 38, cell: (*context).channels},
	{title: "SOURCE", sort: BySource, width: sourceWidth, rank: 6, room: 33, cell: (*context).source},
	{title: "SID", sort: noSort, width: func(_ theme.Theme, s size) int { return s.sid }, rank: 3, room: 22, cell: (*context).sid},
}

func cells(n int) func(theme.Theme, size) int {
	return func(theme.Theme, size) int { return n }
}

// statusWidth leaves room for an update's sign, and for its word too where
// there is much.
func statusWidth(_ theme.Theme, s size) int {
	if s.w >= 110 {
		return 16
	}
	return 10
}

// pausedWidth fits ≥99:59:59.
func pausedWidth(t theme.Theme, _ size) int { return 8 + t.Width(t.Symbols().AtLeast) }

func sourceWidth(_ theme.Theme, s size) int {
	if s.w >= 140 {
		return 24
	}
	return 16
}

// context is what cells are made in: everything that holds for a whole frame.
type context struct {
	th     theme.Theme
	sym    theme.Symbols
	now    time.Time // local
	server time.Time
	moment timeline.Moment // of timelines
	bars   bars            // those that were drawn
	stale  bool            // the data is old
	part   part            // whose row it is, where there are several profiles
	said   bool            // who else is at work is said beside the status
	kept   bool            // the row is there only because it is selected
	layout *layout
	width  int // of the cell

	minutes bool   // clocks of old recordings show whole minutes
	actor   string // who "you" is

	people names.View // how who is on the line is shown
	words  []wanted   // the filter's
	tries  uint64     // which filter that is
}

// clock returns a duration as a cell shows it.
func (c *context) clock(d time.Duration) string { return times.Clocks{Slow: c.minutes}.Clock(d) }

// status shows the word for the status, and an update that is under way or
// went wrong beside it; it never shows a status that the API did not report.
func (c *context) status(r *row) cell {
	if r.lack != nil {
		return c.noRecording(r)
	}
	status := string(r.rec.Status)
	out := cell{
		text: c.th.Plain(theme.Word(status, r.rec.Gone)),
		role: theme.StatusRole(status, r.rec.Gone),
	}
	if c.stale && r.rec.Active() && r.urgency() == 0 {
		out.text += "?" // it was so when the data came
	}
	c.attention(r, &out)
	if c.kept {
		out.text = "(" + out.text + ")"
	}
	n := noteOf(r.rec.Update, c.now, c.sym)
	if c.said = false; n.sign == "" && out.sign == "" {
		c.othersBeside(r, &out)
		return out
	}
	if n.sign == "" || r.trouble != "" && n.role != theme.Changed { // the trouble says what went wrong
		return out
	}
	out.sign, out.signRole = n.sign, n.role
	if full := n.sign + n.word; c.th.Width(out.text)+1+c.th.Width(full) <= c.width {
		out.sign = full
	}
	return out
}

// pausedFor shows how long the pause lasts, with ≥ where it is older than
// anybody saw.
func (c *context) pausedFor(r *row) cell {
	if !r.paused || r.rec.Pause.Since.IsZero() {
		return cell{}
	}
	clock := c.clock(r.rec.Pause.For(c.server))
	if r.rec.Pause.AtLeast {
		clock = c.sym.AtLeast + clock
	}
	switch {
	case c.minutes: // each byte counts
		return cell{text: clock}
	case r.level == deck.Alarm:
		return cell{text: clock, role: theme.Bad}
	}
	return cell{text: clock, role: theme.Paused}
}

func (c *context) runningFor(r *row) cell {
	if r.lack != nil {
		return c.unrecordedFor(r)
	}
	switch d, ok := r.running(c.server); {
	case !ok:
		return cell{text: "-"}
	case r.rec.Active():
		return cell{text: c.clock(d)}
	default: // the length of what has ended stands still
		return cell{text: times.Clock(d)}
	}
}

// eitherFor shows how long the status beside it has held: the pause of a
// paused recording, the length of every other.
func (c *context) eitherFor(r *row) cell {
	if r.paused {
		return c.pausedFor(r)
	}
	return c.runningFor(r)
}

// who shows who is recorded. It stays the same as long as the recording and
// the layout do, so that measuring it, which costs the most, is done once.
func (c *context) who(r *row) cell {
	if r.fit.layout != c.layout {
		r.fit = fitted{layout: c.layout, room: -1, whole: c.th.Width(c.whole(r))}
	}
	room, sign, role := c.signBeside(r)
	if r.fit.room != int32(room) {
		c.width = room
		r.fit.room, r.fit.text = int32(room), c.fitted(r)
		r.fit.cells = int32(c.th.Width(r.fit.text))
	}
	return cell{text: r.fit.text, cells: int(r.fit.cells), sign: sign, signRole: role}
}

// whole returns From → To, the conference's name, or the SID of either while
// nothing more is known of it.
func (c *context) whole(r *row) string {
	line := c.people.Line(r.rec)
	switch {
	case line == "" && r.rec.IsConference():
		return c.parent("conference ", r.rec.ConferenceSID)
	case line == "":
		return c.parent("call ", r.rec.CallSID)
	case r.rec.IsConference():
		return c.conference(line)
	}
	return line
}

// parties returns who is on the line of a call; ok is false while nobody is
// known, and for a conference.
func (c *context) parties(r *row) (from, to string, ok bool) {
	call := r.rec.Call
	if r.rec.IsConference() || call == nil || call.FromShown().IsZero() && call.ToShown().IsZero() {
		return "", "", false
	}
	return c.people.Party(r.rec.SID, call.From, call.FromShown()), c.people.Party(r.rec.SID, call.To, call.ToShown()), true
}

// conference shows a conference's name, and that it is one where no column
// says so.
func (c *context) conference(name string) string {
	if c.layout.kinds {
		return theme.Guard(name)
	}
	for _, mark := range []string{" (conference)", " (conf)"} {
		if c.th.Width(name)+len(mark) <= c.width {
			return name + mark
		}
	}
	const mark = " (conf)"
	if c.width < 3*len(mark) {
		return name
	}
	return c.th.Truncate(name, c.width-len(mark)) + mark
}

// parent shows what is recorded by its SID.
func (c *context) parent(kind string, sid text.Text) string {
	if sid.IsZero() {
		return "-"
	}
	s, short := c.th.Plain(sid.String()), ""
	if short = lastRunes(s, 8); short != s {
		short = c.sym.Ellipsis + short
	}
	return kind + short
}

func (c *context) kind(r *row) cell {
	if r.rec.IsConference() {
		return cell{text: "conference"}
	}
	return cell{text: "call"}
}

func (c *context) channels(r *row) cell {
	if r.rec.Channels == 0 {
		return cell{text: "-"}
	}
	return cell{text: strconv.Itoa(r.rec.Channels)}
}

func (c *context) source(r *row) cell {
	if r.rec.Source.IsZero() {
		return cell{text: "-"}
	}
	return cell{text: c.th.Plain(r.rec.Source.String())}
}

func (c *context) sid(r *row) cell { return cell{text: c.th.Plain(r.shortSID())} }
