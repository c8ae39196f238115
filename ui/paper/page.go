package paper

// page is what the template shows. Every text in it is as it is to be read, and
// not escaped.
type page struct {
	Title, Heading, Period string
	Facts                  []fact
	Verdict                string
	Tiles                  []tile
	Findings               []finding
	FindingsLeft           string
	Shift                  *timeline // nil for none
	Persons                *table    // nil for none
	CallsTitle, CallsAbout string
	Calls                  []call
	CallsLeft              string
	Tables                 []*table
	ProofAbout             string
	Proof                  []fact
	Trust, Foot            string
}

// fact is a name with its value.
type fact struct {
	Name, Value string
	Code        bool // it is to be compared letter by letter
	Bad         bool
}

// tile is a number that is seen first.
type tile struct {
	Name, Value, About string
	Class              string // good, bad or nothing
}

// finding is a thing that needs a look.
type finding struct {
	What, When string
	Link       string // the ID of what shows more; empty for none
}

// timeline is bars over one axis of time, one a row.
type timeline struct {
	About, Caption string
	What, Sum      string // titles of the columns beside the bars
	Axis           string // what the axis shows, in words
	Ticks          []tick
	Rows           []bar
	Left           string // what is left out; empty for nothing
}

// tick is a time on the axis.
type tick struct{ X, Label, Anchor string }

// bar is a row of a timeline.
type bar struct {
	ID, Name, Sub, Link string
	Title, Desc         string // for who does not see it
	Height              int    // in pixels
	Shapes              []shape
	Marks               []mark
	Labels              []label
	Sum, SumSub         string
	Bad                 bool
}

// shape is a part of a bar. X and W are shares of the width, in percent.
type shape struct {
	Class, X, W string
	Y, H        int
	Title       string
	Hatch       string // the ID of what is drawn over it; empty for nothing
}

// mark is a sign at a moment, of a size that does not change with the width.
type mark struct {
	Class, X string
	Y        int
	Path     string
	Title    string
}

// label is text at a moment.
type label struct {
	Class, X string
	Y        int
	Text     string
}

// call is a call with all that is known of it.
type call struct {
	ID, Name, SID, Line string
	Short               bool // it has room on one sheet
	Badges              []badge
	Timeline            *timeline
	Pauses, Entries     *table   // nil for none
	Also                []string // what happened beside the pauses
}

type badge struct{ Text, Class string }

// table is a table with a title. One of a call has none.
type table struct {
	ID, Title, About string
	Class            string // pauses, for the widths of its columns; or nothing
	Head             []cell
	Rows             [][]cell
	Left             string // what is left out; empty for nothing
}

// cell is a cell of a table, with a second line in small print.
type cell struct{ Text, Sub, Class, Link string }
