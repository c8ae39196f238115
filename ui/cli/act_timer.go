package cli

import (
	"time"

	"tapedeck/api/deck"
)

// timerSetter sets auto-resumes of recordings that are paused.
type timerSetter interface {
	SetTimer(of deck.Key, actor deck.Actor, after time.Duration, local bool) error
}

// setTimer sets the auto-resume that was asked for with the pause of a recording
// that was paused before, or takes the one away that it has: the pause itself
// changes nothing then, and has none set.
func (a *act) setTimer(l *link, req deck.Request, res *result) {
	if res.rec == nil || a.after == 0 && res.rec.Timer.IsZero() {
		return
	}
	service, ok := l.attached.(timerSetter)
	if !ok {
		res.code, res.reason = codeFailed, "it was paused before; this service cannot set its auto-resume"
		return
	}
	if err := service.SetTimer(req.Key(), req.Actor, a.after, a.local); err != nil {
		res.code, res.reason = codeFor(err), "it was paused before; "+deckWords(err)
		return
	}
	res.rec = l.Snapshot().Lookup(req.Key())
	if res.rec != nil {
		res.final = l.shown(res.rec)
	}
}
