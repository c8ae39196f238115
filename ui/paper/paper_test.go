package paper

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tapedeck/api/report"
	"tapedeck/api/text"
	"tapedeck/ui/times"
)

func nothing() *report.Report { return &report.Report{Made: began} }

// TestFigures: the page has the report's figures, where a person looks first and
// in the tables.
func TestFigures(t *testing.T) {
	r := night()
	list := elements(t, pageOf(t, r, Options{Version: "v1.2.3"}))
	var tiles []string
	for i, e := range list {
		if e.attr("class") == "value" {
			tiles = append(tiles, list[i-1].text+" "+e.text)
		}
	}
	want := []string{"Pauses 10", "Longest pause ≥08:00", "Over the limit 3", "No end on record 1", "Updates not done 1", "Nobody watched 52:30"}
	if !slices.Equal(tiles, want) {
		t.Errorf("first are %q, want %q", tiles, want)
	}
	for _, want := range []string{
		"8 things need a look.", "Sun 29 Nov 2026 06:00:00 to 14:00:00 UTC", "3fa1c09d3fa1c09d", "intact",
		"Paused for at least 08:00, the limit is 03:00, and no end is on record: call …7e03, paused by alice",
		"Resumed by others: conference …aad3, paused by alice", "Pause failed: call …6f49, asked by bob: HTTP 503, service unavailable",
		"Nobody watched for 43:00: no session", "Not on record: entries lost: 2 entries could not be written: no space left on device",
		"06:14:03.112", "asked 06:14:02.930", "01:52.871", "verified late", "≤01:02.000", "known until 12:38:00.000", "caller is still reading out the card", "by nobody",
		"***-0142 → Claims intake", "carol as root", "2 · 01:52", "Made by tapedeck v1.2.3",
	} {
		if len(saying(list, want)) == 0 {
			t.Errorf("the page does not say %q", want)
		}
	}
	if bars := len(having(list, "svg", "")); bars == 0 {
		t.Error("no bars")
	}
}

// TestZone: times are in the zone that is asked for, with the day where they are
// of several.
func TestZone(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	list := elements(t, pageOf(t, night(), Options{Zone: tokyo}))
	for _, want := range []string{"Sun 29 Nov 2026 15:00:00 to 23:00:00 JST", "15:14:03.112", "Times are in JST (UTC+09:00)"} {
		if len(saying(list, want)) == 0 {
			t.Errorf("the page does not say %q", want)
		}
	}
	r := night()
	r.To = after("20h")
	if list := elements(t, pageOf(t, r, Options{})); len(saying(list, "29 Nov 06:14:03.112")) == 0 {
		t.Error("times of several days are without the day")
	}
}

// TestVerdict: what the first sentence says of a report.
func TestVerdict(t *testing.T) {
	quiet := func() *report.Report {
		s := newShift()
		c := s.call("5e2c", "10m", "55m", "8142")
		s.pause(c.Recordings[0], "alice", "14m", "41s", report.Silence)
		return s.done()
	}
	tests := []struct {
		name   string
		change func(*report.Report)
		want   string
	}{
		{"well", func(*report.Report) {}, "Nothing needs a look: each pause was verified, ended, and was no longer than 03:00; somebody watched all the time."},
		{"no limit", func(r *report.Report) { r.Limit = 0 }, "Nothing needs a look: each pause was verified and ended; somebody watched all the time."},
		{"not verified", func(r *report.Report) { r.Calls[0].Recordings[0].Pauses[0].How = report.Accepted }, "One thing needs a look."},
		{"a broken journal", func(r *report.Report) { r.Source.Intact = false }, "One thing needs a look."},
		{"no pause", func(r *report.Report) { r.Calls, r.Totals = nil, report.Totals{} }, "No pause is on record in this period, and somebody watched all the time."},
		{"nothing", func(r *report.Report) { *r = report.Report{} }, "There is nothing in the journal."},
		{"an auto-resume without a result", func(r *report.Report) {
			r.Autos = []*report.AutoResume{{Recording: r.Calls[0].Recordings[0], By: r.Persons[0]}}
		}, "One thing needs a look."},
	}
	for _, tt := range tests {
		r := quiet()
		tt.change(r)
		if list := elements(t, pageOf(t, r, Options{})); len(saying(list, tt.want)) != 1 {
			t.Errorf("%s: the page does not say %q", tt.name, tt.want)
		}
	}
}

// TestLong: a page of many calls shows those that need a look, and says what it
// leaves out.
func TestLong(t *testing.T) {
	r := busy(100) // two of which were paused for too long
	list := elements(t, pageOf(t, r, Options{Limits: Limits{Bars: 15, Calls: 6, Rows: 30, Parts: 400}}))
	for _, want := range []string{
		"Not shown here: 85 more calls in which nothing needs a look", "Not shown here: 94 more calls in which nothing needs a look",
		"Not shown here: 158 more pauses; tapedeck report --json has all of them.",
	} {
		if len(saying(list, want)) == 0 {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := len(having(list, "section", "call")); n != 6 {
		t.Errorf("%d calls have a part of their own", n)
	}
	for _, p := range r.OverLimit {
		if len(saying(list, p.Recording.Call.SID.SID())) == 0 {
			t.Errorf("%s, which was paused for too long, is left out", p.Recording.Call.SID)
		}
	}
	if len(r.OverLimit) != 2 {
		t.Errorf("%d pauses were too long", len(r.OverLimit))
	}
}

// TestSize: a page has 4 MB at most, whether of many calls or of one with very
// much of everything.
func TestSize(t *testing.T) {
	if raceEnabled {
		t.Skip("has no goroutine, and takes ten times as long")
	}
	s := newShift()
	c := s.call("5e2c", "0", "8h")
	for i := range 50 {
		rec := &report.Recording{SID: text.New(fmt.Sprint("rec-", i)), Call: c, First: c.First, Last: c.Last}
		c.Recordings = append(c.Recordings, rec)
		for n := range 100 {
			s.pause(rec, "alice", fmt.Sprint(n*2, "m", i, "s"), "40s", report.Silence)
		}
		s.Updates = append(s.Updates, &report.Update{Recording: rec, Call: c, By: s.person("bob"), Outcome: report.OutcomeFailed, Asked: after("1h")})
		s.Acks = append(s.Acks, &report.Ack{Recording: rec, By: s.person(fmt.Sprint("person ", i)), At: after("1h")})
	}
	gaps := busy(1000)
	for i := range 5000 {
		at := report.Moment(i * 5000)
		gaps.Watches[0].Gaps = append(gaps.Watches[0].Gaps, report.Gap{From: gaps.From + at, To: gaps.From + at + 2000})
	}
	for name, r := range map[string]*report.Report{"one call": s.done(), "1,000 calls": busy(1000), "5,000 gaps": gaps} {
		if page := pageOf(t, r, Options{}); len(page) > 4<<20 || len(page) < 100<<10 {
			t.Errorf("%s have a page of %d bytes", name, len(page))
		}
	}
}

// TestGaps: what is not on record of who watched is told from what is, and a
// moment without data at the beginning of a session needs no look.
func TestGaps(t *testing.T) {
	r := night()
	r.Watches[0].Gaps = []report.Gap{
		{From: after("0"), To: after("1h"), Why: report.NotRecorded}, {From: after("1h"), To: after("1h") + 999, Why: report.StaleData},
		{From: after("2h"), To: after("2h4m"), Why: report.EndNotOnRecord},
	}
	list := elements(t, pageOf(t, r, Options{}))
	for want, n := range map[string]int{
		"It is not on record whether somebody watched for 1:00:00": 3, "Nobody watched for 04:00: the end of a session is not on record": 1,
		"1 gap of 8:00:00; not on record for 1:00:00": 1, "Nobody watched for 00:00": 2, "00:00.999": 2,
	} {
		if got := len(saying(list, want)); got != n {
			t.Errorf("the page says %q %d times, want %d", want, got, n)
		}
	}
}

// TestJoinedGaps: gaps that cannot be told apart are one, none is lost, and few
// are as they are.
func TestJoinedGaps(t *testing.T) {
	var gaps []report.Gap
	for i := range 1000 {
		gaps = append(gaps, report.Gap{From: report.Moment(1000 + i*10), To: report.Moment(1000 + i*10 + 4)})
	}
	a := axis{1000, 11_000}
	for _, most := range []int{1, 8, 100, 999} {
		list, n := a.joined(gaps, most), 0
		for i, g := range list {
			n += g.n
			if i > 0 && g.From < list[i-1].To {
				t.Errorf("at most %d: two are one over the other", most)
			}
		}
		if len(list) > most+1 || n != len(gaps) || list[0].From != 1000 || list[len(list)-1].To != gaps[999].To {
			t.Errorf("at most %d: %d, with %d gaps", most, len(list), n)
		}
	}
	if list := (axis{2000, 2100}).joined(gaps[:300], 300); len(list) != 10 || list[0].n != 1 {
		t.Errorf("of few there are %d", len(list))
	}
}

// TestTicks: an axis has round times, in its zone, also where the clock changes.
func TestTicks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	at := func(s string) report.Moment {
		m, err := time.ParseInLocation("2006-01-02 15:04:05", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return report.MomentOf(m)
	}
	tests := []struct{ name, from, to, want string }{
		{"a shift", "2026-11-29 06:00:00", "2026-11-29 14:00:00", "06:00 07:00 08:00 09:00 10:00 11:00 12:00 13:00 14:00"},
		{"a minute", "2026-11-29 06:00:07", "2026-11-29 06:01:03", "06:00:10 06:00:20 06:00:30 06:00:40 06:00:50 06:01:00"},
		{"over midnight", "2026-11-29 20:00:00", "2026-11-30 04:30:00", "20:00 21:00 22:00 23:00 30 Nov 01:00 02:00 03:00 04:00"},
		{"an hour less", "2026-03-29 00:00:00", "2026-03-29 06:00:00", "29 Mar 01:00 03:00 04:00 05:00 06:00"},
		{"a week", "2026-11-22 06:00:00", "2026-11-29 14:00:00", "23 Nov 24 Nov 25 Nov 26 Nov 27 Nov 28 Nov 29 Nov"},
		{"no time at all", "2026-11-29 06:00:00", "2026-11-29 06:00:00", "06:00:00"},
	}
	for _, tt := range tests {
		var labels []string
		for _, tick := range (axis{at(tt.from), at(tt.to)}).ticks(berlin) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	for years := range 60 {
		if n := len((axis{1, report.MomentOf(time.Date(1970+years, 12, 1, 0, 0, 0, 0, time.UTC))}).ticks(time.UTC)); n > 20 {
			t.Errorf("%d years have %d ticks", years, n)
		}
	}
}

// TestLasted: what is said of how long a pause lasted claims nothing that is not
// on record.
func TestLasted(t *testing.T) {
	tests := []struct {
		name  string
		pause report.Pause
		want  string
	}{
		{"ended", report.Pause{Began: 1000, Ended: 193_412, End: report.Resumed}, "03:12"},
		{"no end on record", report.Pause{Began: 1000, Known: 61_000}, "≥01:00"},
		{"others ended it", report.Pause{Began: 1000, Ended: 61_000, End: report.ByOthers}, "≤01:00"},
		{"a clock was set", report.Pause{Began: 1000, Ended: 61_000, End: report.Resumed, ClockSet: true}, "unknown"},
		{"it ended before it began", report.Pause{Began: 61_000, Ended: 1000, End: report.Resumed}, "unknown"},
	}
	for _, tt := range tests {
		if got := lasted(&tt.pause, times.Hours); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := exactly(3*time.Minute + 12*time.Second + 412*time.Millisecond); got != "03:12.412" {
		t.Errorf("to the millisecond it is %s", got)
	}
}

// TestWords: small words and numbers.
func TestWords(t *testing.T) {
	for n, want := range map[int]string{0: "0 lines", 1: "1 line", 999: "999 lines", 1000: "1,000 lines", 1234567: "1,234,567 lines"} {
		if got := count(n, "line"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := several([]string{"b", "a", "b", "", "c", "d", "e"}); got != "a, b, c and 2 more" {
		t.Errorf("several are %q", got)
	}
	s := newShift()
	s.call("0142", "0", "1m", "1142")
	s.call("2142", "0", "1m", "9")
	m := newMaker(s.done(), Options{})
	if got := m.short(sid("0142")) + " " + m.short(text.New("")) + " " + m.short(text.New("9")); got != "…b70142 without a SID 9" && got != "…0142 without a SID 9" {
		t.Errorf("short SIDs are %q", got)
	}
}

// TestPart: a page of one call, or of a sample, counts what is on it.
func TestPart(t *testing.T) {
	figures := func(r *report.Report) string {
		var said []string
		for i, list := 0, elements(t, pageOf(t, r, Options{})); i < len(list); i++ {
			if list[i].attr("class") == "value" {
				said = append(said, list[i].text)
			}
		}
		return strings.Join(said, " ")
	}
	tests := []struct{ name, call, first, last, want string }{
		{"before the gaps", "5e2c", "10m", "55m", "2 01:52 0 0 0 00:00"},
		{"during one gap", "aad3", "2h40m", "4h10m", "2 02:11 0 0 0 09:30"},
		{"over the end of a gap", "6f49", "5h50m", "6h2m", "1 01:31 0 0 0 03:00"},
	}
	for _, tt := range tests {
		all := night()
		r := &report.Report{Call: tt.call, From: all.From, To: all.To, Made: all.Made, Limit: all.Limit, Source: all.Source, Watches: all.Watches}
		for _, c := range all.Calls {
			if strings.HasSuffix(c.SID.String(), tt.call) {
				c.Space, c.Project = all.Watches[0].Space, all.Watches[0].Project
				c.First, c.Last = after(tt.first), after(tt.last)
				r.Calls = append(r.Calls, c)
				r.Totals.Calls, r.Totals.Pauses = 1, c.Paused()
				r.Longest = append(r.Longest, c.Recordings[0].Pauses...)
			}
		}
		slices.SortFunc(r.Longest, func(a, b *report.Pause) int { return int(b.Known - b.Began - a.Known + a.Began) })
		if got := figures(r); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	r := night()
	r.Sampled, r.Calls, r.Longest, r.OverLimit = 2, r.Calls[:2], r.Longest[1:3], r.OverLimit[:2]
	r.Updates = nil
	if got, want := figures(r), "5 06:14 2 0 0 52:30"; got != want {
		t.Errorf("of a sample: %s, want %s", got, want)
	}
}

// TestNoRecording: each alarm of a call without a recording needs a look, with who
// acknowledged it, and is marked on its call.
func TestNoRecording(t *testing.T) {
	s := newShift()
	a, b := s.call("beef", "1h", "2h"), s.call("cafe", "1h", "2h")
	b.Conference = true
	ack := &report.Ack{Call: a, By: s.person("dana"), At: after("1h3m"), Until: after("1h33m"), Reason: "it is <declined>"}
	s.Acks = append(s.Acks, ack)
	s.Alarms = append(s.Alarms,
		&report.Alarm{Kind: report.NoRecording, Call: a, At: after("1h2m"), Since: after("1h1m"), Until: after("1h9m"), Why: "it has ended", Acks: []*report.Ack{ack}},
		&report.Alarm{Kind: report.NoRecording, Call: b, At: after("1h4m"), Since: after("1h3m")})
	m := newMaker(s.done(), Options{})
	found := m.noRecording()
	if len(found) != 2 || !strings.HasSuffix(found[0].What, m.callName(a)+", acknowledged by dana: it is <declined>") || !strings.HasSuffix(found[1].What, m.callName(b)+", acknowledged by nobody") {
		t.Errorf("needs a look: %+v", found)
	}
	for _, f := range found {
		if !strings.HasPrefix(f.What, "No recording since ") || f.Link == "" || f.When == "" {
			t.Errorf("%+v", f)
		}
	}
	for _, c := range []*report.Call{a, b} {
		if !slices.Contains(m.badges(c), badge{"no recording", "bad"}) || !m.badCalls()[c] {
			t.Errorf("%s has %+v", m.callName(c), m.badges(c))
		}
	}
	page := pageOf(t, m.r, Options{})
	if !strings.Contains(page, "2 things need a look") || strings.Contains(page, "<declined>") || !strings.Contains(page, "it has ended") {
		t.Error("the page does not say so")
	}
}
