package alarms

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

// kinds are the kinds of trouble, the worst first.
var kinds = []deck.TroubleKind{deck.NotPaused, deck.ResumedByOthers}

// loud returns a kind as the window title and the status line say it.
func loud(kind deck.TroubleKind) string { return strings.ToUpper(string(kind)) }

// Title is what the window title begins with while anything alarms: each kind of
// trouble, with its recording or how many there are, the calls without a recording,
// and the pauses, with the
// longest of them, whose clock moves in such steps, for each title is sent whole.
// A recording is named by what name returns.
func (m Model) Title(name func(of deck.Key) string, now time.Time, step time.Duration) (title string) {
	for _, kind := range kinds {
		switch list := m.of(kind); len(list) {
		case 0:
		case 1:
			title += "!" + loud(kind) + " " + name(list[0].Key()) + " "
		default:
			title += "!" + loud(kind) + " " + strconv.Itoa(len(list)) + " "
		}
	}
	switch len(m.alarmed) {
	case 0:
	case 1:
		title += "!NO REC " + name(keyOf(m.alarmed[0])) + " "
	default:
		title += "!NO REC " + strconv.Itoa(len(m.alarmed)) + " "
	}
	if m.longest == nil {
		return title
	}
	long := m.longest.Pause.For(m.live.Of(m.longest).ServerTime(now)).Truncate(step)
	return title + fmt.Sprintf("!%d PAUSED %s ", m.live.Paused, times.Clock(long))
}

// Words says which recordings have a trouble that stands, and why; empty for
// none. It is said as long as that lasts. A recording is named by what name
// returns.
func (m Model) Words(name func(of deck.Key) string) string {
	var parts []string
	for _, kind := range kinds {
		if list := m.of(kind); len(list) > 0 {
			parts = append(parts, loud(kind)+": "+words(kind, list, name))
		}
	}
	return strings.Join(parts, "; ")
}

// Standing says all that alarms, without a time that moves; empty for nothing. A
// recording is named by what name returns.
func (m Model) Standing(name func(of deck.Key) string) string {
	var parts []string
	if words := m.Words(name); words != "" {
		parts = append(parts, words)
	}
	switch len(m.alarmed) {
	case 0:
	case 1:
		parts = append(parts, name(keyOf(m.alarmed[0]))+" has no recording")
	default:
		parts = append(parts, strconv.Itoa(len(m.alarmed))+" calls have no recording")
	}
	switch m.standing {
	case 0:
	case 1:
		parts = append(parts, name(m.longest.Key())+" is still paused")
	default:
		parts = append(parts, strconv.Itoa(m.standing)+" recordings are still paused")
	}
	return strings.Join(parts, "; ")
}

// keyOf names a call or a conference without a recording.
func keyOf(u *deck.Unrecorded) deck.Key { return deck.Key{Profile: u.Profile, SID: u.SID()} }

// MostNamed is how many recordings the words about a trouble name.
const MostNamed = 3

// words says what is the matter with recordings that have a kind of trouble.
func words(kind deck.TroubleKind, list []*deck.Recording, name func(of deck.Key) string) string {
	var names []string
	for _, r := range list[:min(len(list), MostNamed)] {
		names = append(names, name(r.Key()))
	}
	words := strings.Join(names, " ")
	if more := len(list) - MostNamed; more > 0 {
		words += " and " + strconv.Itoa(more) + " more"
	}
	is := " is"
	if len(list) > 1 {
		is = " are"
	}
	if words += is + " still recording"; kind == deck.ResumedByOthers {
		words = strings.TrimSuffix(words, "still recording") + "recording again"
	}
	if why := text.New(list[0].Trouble.Why).String(); why != "" && len(list) == 1 {
		words += " (" + why + ")"
	}
	return words
}
