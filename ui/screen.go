package ui

// mode is what the keys are for, beside the list and the detail pane.
type mode int

const (
	normal  mode = iota
	filters      // typing a filter
	sorting      // the sort menu
	helping      // the help
	telling      // the history
)

// screen is how the screen is divided, and what the keys are for.
type screen struct {
	w, h  int
	full  bool // the detail pane in full width
	right bool // the focus is on the detail pane
	mode  mode
}
