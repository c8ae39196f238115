package report

import (
	"errors"
	"time"

	"tapedeck/api/text"
)

// Options says what a report is about.
type Options struct {
	Dir string // the state directory
	// From and To are the period. A zero From is the first entry of the
	// journal, a zero To is Now.
	From, To time.Time
	Now      time.Time     // when the report is made; zero for the present
	Call     string        // the SID of a call or a conference, or at least its last 4 characters; empty for all
	Profile  string        // only entries of this profile; empty for all
	Limit    time.Duration // from which a pause is over the limit; 0 for none
	Sample   int           // how many paused calls to draw, with every entry of each; 0 for all calls and no sample
	Seed     uint64        // by which the sample is drawn: the same journal, period and seed give the same calls
	// Mask, if set, makes a number that is read fit to be shown.
	Mask func(number text.Text) text.Text
}

// Read makes the report of o. A directory without a journal gives a report
// without a line. A line that is no entry is in the report; the error is about
// reading.
func Read(o Options) (*Report, error) {
	return nil, errors.ErrUnsupported
}

// Spans returns the timeline of a recording, from its first entry in the
// journal to its last: without gaps, in order. It does not claim that a pause
// without an end on record went on, nor that a recording was recorded while
// nobody watched.
func (r *Report) Spans(rec *Recording) []Span { return nil }
