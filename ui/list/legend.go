package list

import (
	"tapedeck/ui/theme"
	"tapedeck/ui/timeline"
)

// Legend is part of what explains the list: signs of one kind.
type Legend struct {
	Title string
	Signs []theme.Sign
}

// Legends explain every word and sign that a row and the titles can show, in
// the symbols of a theme.
func Legends(sym theme.Symbols) []Legend {
	return []Legend{
		{"Status", statusLegend},
		{"Beside the status", besideStatus(sym)},
		{"Beside who", besideWho},
		{"Around the rows", aroundRows(sym)},
		{"Columns", columnLegend()},
		{"Timeline", timeline.Legend(sym)},
	}
}

// statusLegend has the words of the status column.
var statusLegend = []theme.Sign{
	{Sign: "REC", Means: "recording now"},
	{Sign: "PAUSED", Means: "paused"},
	{Sign: "STARTING", Means: "created, not recording yet"},
	{Sign: NoRecording, Means: "no recording, but a call or a conference in progress without one; u shows and hides these, n starts one of a call"},
	{Sign: "STOPPED", Means: "ended by a request; the file may not be ready"},
	{Sign: "COMPLETED", Means: "ended, the file is available"},
	{Sign: "PROCESSING", Means: "ended, the file is being made"},
	{Sign: "ABSENT", Means: "ended without a file: too short, or silent"},
	{Sign: "FAILED", Means: "ended by an error"},
	{Sign: "DELETED", Means: "ended, the file was deleted"},
	{Sign: "GONE", Means: "no longer found, and never reported as ended"},
	{Sign: "?", Means: "the API gave no status; any other word is the API's own"},
}

// besideStatus has the signs at the status.
func besideStatus(sym theme.Symbols) []theme.Sign {
	busy := sym.Busy
	return []theme.Sign{
		{Sign: "!REC", Means: "it was to be paused and is recording: not paused where the pause failed or nobody knows, " +
			"resumed by others (by others) where somebody else ended the pause"},
		{Sign: "!PAUSED", Means: "paused for longer than pause_alarm: too long where there is room"},
		{Sign: "no resume", Means: "its auto-resume was not done"},
		{Sign: "+", Means: "paused for longer than pause_warn: long where there is room"},
		{Sign: busy, Means: "an update is under way: " + busy + "pausing, " + busy + "resuming, " + busy + "stopping"},
		{Sign: "!", Means: "the last update went wrong, shown for a minute: !failed, !contradicted; " +
			"!pausing, !resuming, !stopping while it is checked again"},
		{Sign: "?", Means: "it may or may not have been done: ?unknown; ?pausing, ?resuming, ?stopping while it is checked"},
		{Sign: "(REC)", Means: "selected, and not one that the filter matches"},
		{Sign: "REC?", Means: "the data is stale: this is what it was last"},
		{Sign: sym.AtLeast + "00:41", Means: "at least so long: the pause is older than what tapedeck has seen"},
	}
}

// besideWho has what is said beside who is on the line, in words, and short
// where there is little room.
var besideWho = []theme.Sign{
	{Sign: "r 00:30", Means: "resumes in 00:30: its auto-resume"},
	{Sign: "!auto", Means: "auto-resume not done"},
	{Sign: "by alice", Means: "who paused it, where that was another session"},
	{Sign: "1/2 rec", Means: "1 of 2 still recording: others of the same call or conference are not paused"},
	{Sign: "ack", Means: "acknowledged by alice: its alarm is silent"},
	{Sign: "in call_sid", Means: "found in call_sid: the field, not shown here, that the filter's word is in"},
	{Sign: "(conf)", Means: "it is a conference's recording"},
	{Sign: "no start", Means: "at NO REC: a conference, of which the API cannot start a recording; start that of a participant's call"},
	{Sign: "in Sales", Means: "at NO REC: the conference that the call is in"},
	{Sign: "+1 leg", Means: "at NO REC: a call that was dialed from it has no recording either, and would be in this one"},
	{Sign: "before", Means: "at NO REC: recorded before; the time counts from the end of the last recording"},
}

// aroundRows has the signs before a row and in the line of titles.
func aroundRows(sym theme.Symbols) []theme.Sign {
	return []theme.Sign{
		{Sign: sym.Pointer, Means: "the selected row: keys act on its recording"},
		{Sign: mark, Means: "marked: p P r act on every marked one"},
		{Sign: isNew, Means: "a new row, for some seconds; " + isChanged + " one whose status has changed"},
		{Sign: "a gray row", Means: "it has ended"},
		{Sign: "3 ended hidden", Means: "how many ended recordings are hidden; e shows them"},
		{Sign: "7/40 " + sym.Up + sym.Down, Means: "the seventh of 40 rows is selected; more are above and below"},
		{Sign: sym.Up + "3 ALARM (g)", Means: "how many alarms are above; g goes there"},
		{Sign: sym.Down + " " + sym.Up, Means: "at a title: sorted by this column, or reversed"},
	}
}

// columnMeans says what each column shows, by title.
var columnMeans = map[string]string{
	"STATUS":   "the status that the API last reported",
	"PAUSED":   "for how long it has been paused",
	"RUNNING":  "for how long it has run; once it has ended, how long it was; at NO REC, for how long there has been no recording",
	"FOR":      "where there is little room: for how long it has been paused, or has run",
	"PROJECT":  "the profile that it is of",
	"WHO":      "from and to of the call, or the conference's name; names from the settings instead of numbers",
	"KIND":     "call or conference",
	"TIMELINE": "what of it was recorded; o and then t show or hide the column",
	"CH":       "channels: 1 mono, 2 stereo",
	"SOURCE":   "what started the recording",
	"SID":      "the end of the recording's SID, as much as tells it apart; at NO REC, of the call's",
}

func columnLegend() []theme.Sign {
	var out []theme.Sign
	for _, c := range columns {
		if !c.several {
			out = append(out, theme.Sign{Sign: c.title, Means: columnMeans[c.title]})
		}
	}
	return out
}

// Shared explains what a row can show of a service: who else is at work, and where
// it has several profiles, which one a recording is of.
func Shared(several bool) []theme.Sign {
	out := []theme.Sign{{Sign: "alice is pausing", Means: "a question about it is open on her screen, or her update is under way; +1 for one more person"}}
	if !several {
		return out
	}
	for _, c := range columns {
		if c.several {
			out = append(out, theme.Sign{Sign: c.title, Means: columnMeans[c.title]})
		}
	}
	return append(out,
		theme.Sign{Sign: "project:eu", Means: "in a filter: the name of the profile begins or ends with this, or the project's ID"},
		theme.Sign{Sign: "eu STALE 00:42", Means: "in the header: a profile whose data is not live; its rows are dim, with ? at the status"},
	)
}
