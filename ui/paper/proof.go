package paper

import (
	"strconv"
	"strings"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/report"
)

// proof says what the page was made from, so that somebody else finds the same
// lines again.
func (m *maker) proof() (about string, list []fact, trust string) {
	s := m.r.Source
	add := func(f fact) {
		if f.Value != "" {
			list = append(list, f)
		}
	}
	add(fact{Name: "Journal", Value: clean(s.Dir), Code: true})
	var files []string
	for _, f := range s.Files {
		files = append(files, clean(f.Name)+" ("+count(f.Lines, "line")+")")
	}
	shown, left := cut(files, 12, "file", "the folder has them")
	add(fact{Name: "Files", Value: strings.TrimSpace(strings.Join(shown, ", ") + ". " + left)})
	add(fact{Name: "Lines", Value: number(s.Lines)})
	if s.Unreadable > 0 {
		add(fact{Name: "Not readable", Value: count(s.Unreadable, "line"), Bad: true})
	}
	if !s.First.IsZero() {
		add(fact{Name: "From, to", Value: m.day(s.First) + " to " + m.day(s.Last)})
	}
	if s.LastSeq > 0 {
		add(fact{Name: "Number of the last line", Value: strconv.FormatUint(s.LastSeq, 10), Code: true})
	}
	add(fact{Name: "SHA-256 of the last line", Value: clean(s.LastHash), Code: true})
	add(m.chain())
	for i, p := range s.Problems {
		if i > 0 { // the first one is in the chain's line
			add(fact{Name: "Broken as well", Value: clean(p), Bad: true})
		}
	}
	for _, p := range s.Remarks {
		add(fact{Name: "Remark", Value: clean(p)})
	}
	add(fact{Name: "Made", Value: m.r.Made.UTC().Format(time.RFC3339)})
	about = "Each line of the journal holds the hash of the line before it."
	if s.LastSeq > 0 {
		about += " A journal whose line " + strconv.FormatUint(s.LastSeq, 10) + " has the hash below holds every line that this page was made from."
	}
	return about, list, "The journal is evidence of what sessions of tapedeck wrote, and in which order. It does not prove who a person was, and it does not have what was done without tapedeck. Whoever may write its files can compute the whole chain again, unless the lines are sent elsewhere as they are written."
}

// chain says whether the journal verifies.
func (m *maker) chain() fact {
	s := m.r.Source
	switch {
	case s.Lines == 0:
		return fact{}
	case s.Intact:
		return fact{Name: "Chain of hashes", Value: "intact"}
	case len(s.Problems) > 0:
		return fact{Name: "Chain of hashes", Value: "broken: " + clean(s.Problems[0]), Bad: true}
	}
	return fact{Name: "Chain of hashes", Value: "broken", Bad: true}
}

// entryWords says what an entry holds beside its time, its event, who and on
// what.
func (m *maker) entryWords(e journal.Entry) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+clean(value))
		}
	}
	add("asked ", e.StatusAsked)
	add("with ", e.PauseBehavior)
	add("was ", e.StatusBefore)
	add("answered ", e.StatusAnswered)
	add("result ", e.Outcome)
	if e.HTTPStatus != 0 {
		add("HTTP ", strconv.Itoa(e.HTTPStatus))
	}
	add("code ", e.Code)
	if e.Latency != 0 {
		add("after ", e.Latency.String())
	}
	add("until ", m.at(report.MomentOf(e.Until)))
	add("", e.Reason)
	add("request ", e.ID)
	if e.ByTimer {
		add("", "by an auto-resume")
	}
	if e.Late {
		add("", "written late")
	}
	return strings.Join(parts, ", ")
}
