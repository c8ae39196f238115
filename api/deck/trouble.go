package deck

import "time"

// AgainAfter is how long an update has to be without an answer before a person
// may have it sent once more; see [Request.Again].
const AgainAfter = 1500 * time.Millisecond

// TroubleKind is what is wrong with a recording that was to be paused.
type TroubleKind string

// The kinds. The empty one is that nothing is wrong.
const (
	// NotPaused: a pause failed, was contradicted, or nobody knows after 3 s
	// whether it was done.
	NotPaused TroubleKind = "not paused"
	// ResumedByOthers: a pause that this deck had made was ended, and not by it.
	ResumedByOthers TroubleKind = "resumed by others"
)

// Trouble is that a recording still records, or again, though somebody here had
// it paused. It alarms until a later read shows it paused, a pause of it is
// accepted, somebody acknowledges it, or the recording ends. The zero value is
// none.
type Trouble struct {
	Kind  TroubleKind
	Since time.Time // local time when it began
	Actor string    // who had asked for the pause
	// Why is the reason in a few words, as an operator says it; it may be empty.
	Why string
	// Acked: somebody has acknowledged it, so that it alarms no more.
	Acked bool
}

// Standing reports whether the trouble alarms.
func (t Trouble) Standing() bool { return t.Kind != "" && !t.Acked }
