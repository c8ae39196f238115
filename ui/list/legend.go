package list

import "tapedeck/ui/theme"

// Sign is a word or a sign of the list, and what it means.
type Sign struct{ Sign, Means string }

// Legend is part of what explains the list: signs of one kind.
type Legend struct {
	Title string
	Signs []Sign
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
	}
}

// statusLegend has the words of the status column.
var statusLegend = []Sign{
	{"REC", "recording now"},
	{"PAUSED", "paused"},
	{"STARTING", "created, not recording yet"},
	{"STOPPED", "ended by a request; the file may not be ready"},
	{"COMPLETED", "ended, the file is available"},
	{"PROCESSING", "ended, the file is being made"},
	{"ABSENT", "ended without a file: too short, or silent"},
	{"FAILED", "ended by an error"},
	{"DELETED", "ended, the file was deleted"},
	{"GONE", "no longer found, and never reported as ended"},
	{"?", "the API gave no status; any other word is the API's own"},
}

// besideStatus has the signs at the status.
func besideStatus(sym theme.Symbols) []Sign {
	busy := sym.Busy
	return []Sign{
		{"!REC", "it was to be paused and is recording: not paused where the pause failed or nobody knows, " +
			"resumed by others (by others) where somebody else ended the pause"},
		{"!PAUSED", "paused for longer than pause_alarm: too long where there is room"},
		{"no resume", "its auto-resume was not done"},
		{"+", "paused for longer than pause_warn: long where there is room"},
		{busy, "an update is under way: " + busy + "pausing, " + busy + "resuming, " + busy + "stopping"},
		{"!", "the last update went wrong, shown for a minute: !failed, !contradicted; " +
			"!pausing, !resuming, !stopping while it is checked again"},
		{"?", "it may or may not have been done: ?unknown; ?pausing, ?resuming, ?stopping while it is checked"},
		{"(REC)", "selected, and not one that the filter matches"},
		{"REC?", "the data is stale: this is what it was last"},
		{sym.AtLeast + "00:41", "at least so long: the pause is older than what tapedeck has seen"},
	}
}

// besideWho has what is said beside who is on the line, in words, and short
// where there is little room.
var besideWho = []Sign{
	{"r 00:30", "resumes in 00:30: its auto-resume"},
	{"!auto", "auto-resume not done"},
	{"by alice", "who paused it, where that was another session"},
	{"1/2 rec", "1 of 2 still recording: others of the same call or conference are not paused"},
	{"ack", "acknowledged by alice: its alarm is silent"},
	{"in call_sid", "found in call_sid: the field, not shown here, that the filter's word is in"},
	{"(conf)", "it is a conference's recording"},
}

// aroundRows has the signs before a row and in the line of titles.
func aroundRows(sym theme.Symbols) []Sign {
	return []Sign{
		{sym.Pointer, "the selected row: keys act on its recording"},
		{mark, "marked: p P r act on every marked one"},
		{isNew, "a new row, for some seconds; " + isChanged + " one whose status has changed"},
		{"a gray row", "it has ended"},
		{"3 ended hidden", "how many ended recordings are hidden; e shows them"},
		{"7/40 " + sym.Up + sym.Down, "the seventh of 40 rows is selected; more are above and below"},
		{sym.Up + "3 ALARM (g)", "how many alarms are above; g goes there"},
		{sym.Down + " " + sym.Up, "at a title: sorted by this column, or reversed"},
	}
}

// columnMeans says what each column shows, by title.
var columnMeans = map[string]string{
	"STATUS":  "the status that the API last reported",
	"PAUSED":  "for how long it has been paused",
	"RUNNING": "for how long it has run; once it has ended, how long it was",
	"FOR":     "where there is little room: for how long it has been paused, or has run",
	"WHO":     "from and to of the call, or the conference's name; names from the settings instead of numbers",
	"KIND":    "call or conference",
	"CH":      "channels: 1 mono, 2 stereo",
	"SOURCE":  "what started the recording",
	"SID":     "the end of the recording's SID, as much as tells it apart",
}

func columnLegend() []Sign {
	var out []Sign
	for _, c := range columns {
		out = append(out, Sign{c.title, columnMeans[c.title]})
	}
	return out
}
