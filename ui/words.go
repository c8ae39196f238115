package ui

import (
	"errors"
	"strings"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// notOnRecord says why nothing was sent for want of a journal; ok is false for
// any other error.
func notOnRecord(err error) (words string, ok bool) {
	if !errors.Is(err, deck.ErrNotOnRecord) {
		return "", false
	}
	why := strings.TrimPrefix(err.Error(), deck.ErrNotOnRecord.Error()+": ")
	return "not sent: it cannot be put on record: " + text.New(why).String(), true
}

// nextStep returns what a person can do about err; empty for nothing.
func nextStep(err error) string {
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
