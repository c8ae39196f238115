package requests

import (
	"errors"
	"fmt"
	"strings"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// outcomes explain the six outcomes of an update.
var outcomes = []theme.Sign{
	{Sign: string(deck.Requested), Means: "sent, no answer yet"},
	{Sign: string(deck.Accepted), Means: "the API answered with the status asked for"},
	{Sign: string(deck.Verified), Means: "a later, separate read agrees"},
	{Sign: string(deck.Contradicted), Means: "the answer or a later read says otherwise"},
	{Sign: string(deck.Failed), Means: "refused: not done"},
	{Sign: string(deck.Unknown), Means: "it may or may not have been done; it is checked until that is clear"},
}

// Legend returns the six outcomes, with what each means.
func Legend() []theme.Sign { return outcomes }

// offRecord says that an update is not in the journal, and why; empty when it
// is.
func offRecord(p deck.Progress) string {
	if p.OffRecord == nil || errors.Is(p.Err, deck.ErrNotOnRecord) { // which says it
		return ""
	}
	return "not on record: " + text.New(p.OffRecord.Error()).String()
}

// Words says how far a request has come, with the next step where
// there is one, and whether it must not be overlooked.
func Words(p deck.Progress, short string) (words, hint string, bad bool) {
	req, name := p.Request, " …"+short
	if req.ByTimer {
		name += " by the auto-resume of " + text.New(req.Actor.Name()).String()
	}
	with := ""
	if b := req.Update.PauseBehavior; b != "" {
		with = " with " + string(b)
	}
	switch p.Outcome {
	case deck.Verified:
		words = Did(req) + name + with + ": verified in " + times.Seconds(p.Done.Sub(p.Asked))
		if p.WasLate {
			words = Did(req) + name + with + ": verified late, after " + times.Seconds(p.Done.Sub(p.Asked))
		}
	case deck.Accepted:
		words = Doing(req) + name + with + ": accepted, checking"
		if p.Settled {
			words = Did(req) + name + with + ": accepted"
		}
	case deck.Contradicted:
		words, bad = req.Verb()+name+with+": contradicted", true
	case deck.Failed:
		words, bad = req.Verb()+name+": failed: "+Cause(p.Err), true
		hint = NextStep(p.Err)
	case deck.Unknown:
		words, bad = req.Verb()+name+": unknown: it may or may not have been done; checking", true
		if p.Settled {
			words = req.Verb() + name + ": unknown: it may or may not have been done; look at its status"
		}
		if p.Err != nil {
			words += " (" + api.Reason(p.Err) + ")"
		}
	default:
		words = Doing(req) + name + with + ": " + string(p.Outcome)
		if req.Again {
			words = req.Verb() + name + with + " sent once more: " + string(p.Outcome)
		}
	}
	if n := p.Tries - p.ByHand; n > 1 {
		words += fmt.Sprintf(", sent %d times after HTTP 429", n)
	}
	switch {
	case p.ByHand == 1:
		words += ", sent once more by hand"
	case p.ByHand > 1:
		words += fmt.Sprintf(", sent %d more times by hand", p.ByHand)
	}
	words += resumesIn(p)
	if p.Note != "" && (p.Outcome != deck.Unknown || p.Settled) {
		words += ": " + text.New(p.Note).String()
	}
	return words, hint, bad
}

// Cause says why a request failed: the API's words where it answered, else the
// reason in short.
func Cause(err error) string {
	if err == nil {
		return "no reason known"
	}
	if words, ok := notOnRecord(err); ok {
		return words
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.Error()
	}
	return deck.Reason(err)
}

// Doing and Did return the verb of a request as what goes on and what is done.
func Doing(req deck.Request) string { return inflect(req, "ing") }
func Did(req deck.Request) string   { return inflect(req, "ed") }

func inflect(req deck.Request, ending string) string {
	switch v := req.Verb(); v {
	case "stop":
		return "stopp" + ending
	case "pause", "resume":
		return strings.TrimSuffix(v, "e") + ending
	default:
		return "updat" + ending
	}
}

// WhyNot says why the deck sent nothing.
func WhyNot(err error) string {
	if busy, ok := errors.AsType[*deck.BusyError](err); ok {
		return underWay(busy.Progress)
	}
	switch {
	case errors.Is(err, deck.ErrReadOnly):
		return "tapedeck is read-only here"
	case errors.Is(err, deck.ErrSkip):
		return deck.ErrSkip.Error()
	case errors.Is(err, deck.ErrNoReason):
		return deck.ErrNoReason.Error()
	case errors.Is(err, deck.ErrNotFound):
		return "it is no longer known"
	case errors.Is(err, deck.ErrClosed):
		return "tapedeck is ending"
	}
	return text.New(err.Error()).String()
}

// notOnRecord says why nothing was sent for want of a journal; ok is false for
// any other error.
func notOnRecord(err error) (words string, ok bool) {
	if !errors.Is(err, deck.ErrNotOnRecord) {
		return "", false
	}
	why := strings.TrimPrefix(err.Error(), deck.ErrNotOnRecord.Error()+": ")
	return "not sent: it cannot be put on record: " + text.New(why).String(), true
}

// NextStep returns what a person can do about err; empty for nothing.
func NextStep(err error) string {
	switch {
	case errors.Is(err, deck.ErrNotOnRecord):
	case errors.Is(err, deck.ErrNotSent): // for want of time, which is nobody's fault
		return ""
	default:
		return api.Hint(err)
	}
	var file interface{ Hint() string } // an error of the journal
	if errors.As(err, &file) {
		return file.Hint()
	}
	return ""
}

// resumesIn says when a pause that was asked for ends by its auto-resume; empty
// where it has none, and where it was not done.
func resumesIn(p deck.Progress) string {
	after := p.Request.ResumeAfter
	if after <= 0 || p.Request.Update.Status != api.Paused || p.Settled && p.Outcome != deck.Verified && p.Outcome != deck.Accepted {
		return ""
	}
	return "; resumes in " + times.Clock(after)
}
