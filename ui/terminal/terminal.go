// Package terminal is what stands between a screen and its terminal: it paints
// frames with few bytes and at once. It knows no model and no message of ours.
//
// A [Painter] keeps what the terminal shows as cells, and writes what turns it
// into the next frame, in the cheapest of the ways it knows: row by row, column
// by column for clocks that tick, or after scrolling a part of the screen. It
// counts on a terminal that does not wrap lines (mode 7 off), and trusts no
// terminal to agree on how wide text beyond ASCII is: after each run of it the
// cursor is moved to a column. So no row can move another, and in a row nothing
// but the text that is disputed.
package terminal

import "errors"

// errSlow is why a painter was left before its terminal had taken all.
var errSlow = errors.New("the terminal takes no more bytes")
