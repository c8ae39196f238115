package header

import "tapedeck/ui/theme"

// legend explains the header, and the window title.
var legend = []theme.Sign{
	{Sign: "REC 14", Means: "how many are recording now; STARTING 1 those that do not yet"},
	{Sign: "OTHER 2", Means: "how many have a status that tapedeck does not know, or none"},
	{Sign: "NO REC 3", Means: "calls and conferences in progress without a recording, while they are shown (u) or alarm (unrecorded_alarm); + for more, ? where not all is known"},
	{Sign: "PAUSED 2", Means: "how many are paused, whoever paused them, and the longest pause; PAUSED ? while nothing is known"},
	{Sign: "ALARM 1", Means: "pauses that have lasted longer than pause_alarm; a acknowledges"},
	{Sign: "NOT PAUSED 1", Means: "recordings that were to be paused and are still recording; p tries again"},
	{Sign: "RESUMED BY OTHERS 1", Means: "recordings that tapedeck had paused and somebody else resumed"},
	{Sign: "L 2 left behind", Means: "pauses whose session has ended, not taken over or resumed yet; L asks about them"},
	{Sign: "* 3 marked", Means: "marks: p P r act on all of them"},
	{Sign: "live", Means: "how long ago the last complete poll ended"},
	{Sign: "LOADING", Means: "not everything has been read once"},
	{Sign: "STALE", Means: "polls fail or take too long: what is shown is old"},
	{Sign: "service gone", Means: "tapedeck serve cannot be reached: what is shown is old, and nothing can be asked for"},
	{Sign: "LOCAL ONLY", Means: "the hosts that share are not heard: what others do shows at the next poll, auto-resumes are promised on this host only"},
	{Sign: "host b is gone", Means: "nothing is heard of a host that shares; its pauses last, and the others carry out its auto-resumes"},
	{Sign: "PARTIAL", Means: "the last poll could not read everything"},
	{Sign: "FROZEN", Means: "the display is frozen, f thaws it; data says how old it is"},
	{Sign: "EVIDENCE", Means: "recording is mandated here, or in the projects named: pausing asks, resuming is one key, skip is refused, a stop needs a reason"},
	{Sign: "READ-ONLY", Means: "no updates are sent from here"},
	{Sign: "as operator", Means: "your role in the service of this host, which says what you may do"},
	{Sign: "as of", Means: "when the counts were true, while the data is stale"},
	{Sign: "DEMO", Means: "the space is simulated"},
	{Sign: "DRILL", Means: "the space is simulated, and what you do is measured"},
}

// Legend returns every word of the header and the window title, with what it
// means.
func Legend() []theme.Sign { return legend }
