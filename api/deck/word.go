package deck

import (
	"tapedeck/api"
	"tapedeck/api/journal"
)

// SeenWord is the word of what others have done: by whom is not known.
const SeenWord = "seen"

// AlarmWord is the word of an alarm of a call without a recording: nobody asked for
// it.
const AlarmWord = "alarm"

// WordOf returns the word of an entry of the journal for a list of what was done:
// acknowledge, auto-resume, the verb of an update that asked for a status, [AlarmWord]
// or [SeenWord].
func WordOf(event journal.Event, asked api.Status) string {
	switch event {
	case journal.Unrecorded:
		return AlarmWord
	case journal.Ack:
		return "acknowledge"
	case journal.Timer:
		return "auto-resume"
	case journal.Request, journal.Outcome:
		return Request{Update: api.Update{Status: asked}}.Verb()
	}
	return SeenWord
}
