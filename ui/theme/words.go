package theme

import (
	"strings"
)

// words is the operator's word and the role of each status of the API that is
// known (api/CONTRACT.md section 5).
var words = map[string]struct {
	word string
	role Role
}{
	"queued":      {"STARTING", Starting},
	"in-progress": {"REC", Recording},
	"resumed":     {"REC", Recording},
	"paused":      {"PAUSED", Paused},
	"stopped":     {"STOPPED", Ended},
	"completed":   {"COMPLETED", Ended},
	"absent":      {"ABSENT", Ended},
	"failed":      {"FAILED", Bad},
	"processing":  {"PROCESSING", Ended},
	"deleted":     {"DELETED", Ended},
}

// Word returns the operator's word for a status of the API: REC, PAUSED,
// STARTING, an ended status in capitals, GONE for a recording that is no longer
// to be found, any other value as it came, and ? for none.
func Word(status string, gone bool) string {
	if gone {
		return "GONE"
	}
	if w, ok := words[status]; ok {
		return w.word
	}
	if strings.TrimSpace(status) == "" {
		return "?"
	}
	return status
}

// StatusRole returns the role that a status is shown in.
func StatusRole(status string, gone bool) Role {
	if gone {
		return Gone
	}
	if w, ok := words[status]; ok {
		return w.role
	}
	return Unknown
}
