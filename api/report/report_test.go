package report

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// nightOptions are those of a report of the hand-made night, two hours from its
// beginning on.
func nightOptions(dir string) Options {
	return Options{
		Dir: dir, From: began, To: began.Add(2 * time.Hour), Now: began.Add(3 * time.Hour), Limit: 3 * time.Minute,
		Runs: func(journal.Who) (bool, bool) { return false, true },
		Mask: func(n text.Text) text.Text {
			if n.Len() < 4 {
				return n
			}
			return text.New("…" + n.String()[n.Len()-4:])
		},
	}
}

// nightReport writes the hand-made journal and reads it.
func nightReport(t *testing.T, max int64) *Report {
	t.Helper()
	dir := t.TempDir()
	writeNight(t, dir, max)
	r, err := Read(nightOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// after returns a moment as the time since the night began.
func after(m Moment) string {
	if m == 0 {
		return "–"
	}
	return m.Time().Sub(began).String()
}

// dump returns a report in words, for a reader to check against the hand-made
// journal.
func dump(r *Report) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	name := func(who *Person) string {
		if who == nil {
			return "others"
		}
		return who.Name
	}
	sid := func(rec *Recording) string {
		if rec == nil {
			return "–"
		}
		return rec.SID.String()
	}
	p("from %s to %s, limit %s", after(r.From), after(r.To), r.Limit)
	p("lines %d, last %d, intact %v, problems %v", r.Source.Lines, r.Source.LastSeq, r.Source.Intact, r.Source.Problems)
	p("totals %+v", r.Totals)
	for _, who := range r.Persons {
		p("person %+v", *who)
	}
	for _, c := range r.Calls {
		p("call %s conference %v %s→%s, from %s to %s", c.SID, c.Conference, c.Numbers.From, c.Numbers.To, after(c.First), after(c.Last))
		for _, rec := range c.Recordings {
			p("  recording %s", rec.SID)
			for _, q := range rec.Pauses {
				d, ok := q.For()
				p("    pause by %s asked %s began %s %s %s again %d; %s by %s asked %s at %s %s; for %s %v, exact %v, clock set %v, known %s, left %s, auto %v",
					name(q.By), after(q.Asked), after(q.Began), q.Behavior, q.How, q.Again, q.End, name(q.EndedBy), after(q.EndAsked), after(q.Ended), q.EndHow,
					d, ok, q.Exact(), q.ClockSet, after(q.Known), after(q.Left), q.Auto != nil)
			}
			for _, s := range r.Spans(rec) {
				p("    span %s to %s %s, exact %v %v", after(s.From), after(s.To), s.Kind, s.FromExact, s.ToExact)
			}
		}
	}
	for _, q := range r.Longest {
		p("long %s %s", sid(q.Recording), q.lasted())
	}
	for _, q := range r.OverLimit {
		p("over the limit %s", sid(q.Recording))
	}
	for i, list := range [][]*Update{r.Updates, r.Starts, r.Stops} {
		for _, u := range list {
			p("%s: %s %s of %s (%s) by %s asked %s answered %s %q late %v written late %v again %d, HTTP %d", []string{"update", "start", "stop"}[i],
				u.Verb, u.Outcome, sid(u.Recording), u.Call.SID, name(u.By), after(u.Asked), after(u.Answered), u.Reason, u.VerifiedLate, u.WrittenLate, u.Again, u.HTTPStatus)
		}
	}
	for _, a := range r.Autos {
		p("auto-resume of %s by %s set %s due %s: %s at %s %q", sid(a.Recording), name(a.By), after(a.Set), after(a.Due), a.Fate, after(a.At), a.Why)
	}
	for _, a := range r.Alarms {
		p("alarm %s %s of %s since %s at %s until %s %q", a.Kind, sid(a.Recording), a.Call.SID, after(a.Since), after(a.At), after(a.Until), a.Why)
		for _, k := range a.Acks {
			p("  acknowledged at %s by %s", after(k.At), name(k.By))
		}
	}
	for _, a := range r.Acks {
		p("ack of %s of %s by %s at %s until %s %q", sid(a.Recording), a.Call.SID, name(a.By), after(a.At), after(a.Until), a.Reason)
	}
	for _, v := range r.Reveals {
		p("reveal of %s by %s at %s", sid(v.Recording), name(v.By), after(v.At))
	}
	for _, w := range r.Watches {
		p("watch %s %s known %s", w.Space, w.Project, after(w.Known))
		for _, s := range w.Sessions {
			p("  session of %s on %s %q began %s ended %s, from %s to %s %q runs %v", s.By, s.Host, s.ID, after(s.Began), after(s.Ended), after(s.From), after(s.To), s.Reason, s.Runs)
		}
		for _, g := range w.Gaps {
			p("  gap from %s to %s: %s", after(g.From), after(g.To), g.Why)
		}
	}
	for _, o := range r.OffRecord {
		p("off record %s at %s of %s by %s: %s", o.Kind, after(o.At), sid(o.Recording), name(o.By), o.What)
	}
	return b.String()
}

// TestNight: the hand-made journal, which has one of each case, gives the
// numbers that are known of it.
func TestNight(t *testing.T) { golden(t, "night.txt", dump(nightReport(t, 0))) }

// TestFiles: the same night in many files is the same report, and each file is
// named.
func TestFiles(t *testing.T) {
	one, many := nightReport(t, 0), nightReport(t, 3000)
	if diff := cmp.Diff(dump(one), dump(many)); diff != "" {
		t.Errorf("(-one file +many):\n%s", diff)
	}
	lines := 0
	for _, f := range many.Source.Files {
		lines += f.Lines
	}
	if n := len(many.Source.Files); n < 5 || lines != many.Source.Lines || many.Source.Files[0].Name != "journal-000001.jsonl" || len(many.Source.LastHash) != 64 {
		t.Errorf("%d files with %d lines: %+v", n, lines, many.Source)
	}
}

// TestPurge: what is let go before the period is of no report of it.
func TestPurge(t *testing.T) {
	dir := t.TempDir()
	writeNight(t, dir, 0)
	o := nightOptions(dir)
	o.From, o.Call = began.Add(38*time.Minute), ""
	want, err := Read(o)
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder(o)
	b.every = 1
	found, err := journal.Scan(dir, b.take)
	if err != nil {
		t.Fatal(err)
	}
	kept := b.recs.len()
	b.source(found)
	if diff := cmp.Diff(dump(want), dump(b.finish())); diff != "" {
		t.Errorf("(-kept +purged):\n%s", diff)
	}
	if whole := newBuilder(nightOptions(dir)); true {
		if _, err := journal.Scan(dir, whole.take); err != nil || kept >= whole.recs.len() {
			t.Errorf("%d recordings were kept of %d, %v", kept, whole.recs.len(), err)
		}
	}
}

// TestDamage: lines that were changed, broken or taken out are in the report, which
// has all the rest.
func TestDamage(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(lines []string) []string
		kind   OffRecordKind
		what   string
		intact bool
	}{
		"nothing": {func(l []string) []string { return l }, NoRequest, "stop, verified", true},
		"a line is broken": {func(l []string) []string { l[20] = l[20][:30]; return l },
			BrokenLine, "journal.jsonl:21: it is not JSON", false},
		"a line is missing": {func(l []string) []string { return append(l[:20], l[21:]...) },
			MissingLines, "journal.jsonl:21: line 21 is missing before it", false},
		"a line was changed": {func(l []string) []string { l[20] = strings.Replace(l[20], "alice", "carol", 1); return l },
			NoRequest, "stop, verified", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeNight(t, dir, 0)
			file := filepath.Join(dir, journal.FileName)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines := tt.change(strings.Split(strings.TrimSuffix(string(b), "\n"), "\n"))
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Read(nightOptions(dir))
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, o := range r.OffRecord {
				found = found || o.Kind == tt.kind && strings.Contains(o.What, tt.what)
			}
			if !found || r.Source.Intact != tt.intact || len(r.Source.Problems) > 0 == tt.intact {
				t.Errorf("intact %v, problems %q, off record %+v", r.Source.Intact, r.Source.Problems, r.OffRecord)
			}
		})
	}
}

// TestChosen: the report of a call, a profile, another period and of nothing.
func TestChosen(t *testing.T) {
	dir := t.TempDir()
	writeNight(t, dir, 0)
	calls := func(r *Report) (list []string) {
		for _, c := range r.Calls {
			list = append(list, c.SID.String())
		}
		return list
	}
	for name, tt := range map[string]struct {
		change func(*Options)
		calls  string
		pauses int
		lines  int
	}{
		"a call":               {func(o *Options) { o.Call = "call-long" }, "[call-long]", 1, 101},
		"by its end":           {func(o *Options) { o.Call = "LL-long" }, "[call-long]", 1, 101},
		"a conference":         {func(o *Options) { o.Call = "conf-1" }, "[conf-1]", 1, 101},
		"no such call":         {func(o *Options) { o.Call = "none" }, "[]", 0, 101},
		"its profile":          {func(o *Options) { o.Call, o.Profile = "call-long", "night" }, "[call-long]", 1, 101},
		"another profile":      {func(o *Options) { o.Profile = "day" }, "[]", 0, 101},
		"some minutes":         {func(o *Options) { o.From, o.To = began.Add(11*time.Minute), began.Add(13*time.Minute) }, "[call-plain call-auto]", 2, 101},
		"all":                  {func(o *Options) { o.From, o.Call = time.Time{}, "before" }, "[call-before]", 1, 101},
		"nothing is there":     {func(o *Options) { o.Dir = t.TempDir() }, "[]", 0, 0},
		"no such folder":       {func(o *Options) { o.Dir = filepath.Join(dir, "none") }, "[]", 0, 0},
		"a time in the future": {func(o *Options) { o.From, o.To = began.Add(72*time.Hour), time.Time{} }, "[]", 0, 101},
	} {
		t.Run(name, func(t *testing.T) {
			o := nightOptions(dir)
			tt.change(&o)
			r, err := Read(o)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(calls(r)); got != tt.calls || r.Totals.Pauses != tt.pauses || r.Source.Lines != tt.lines {
				t.Errorf("calls %s, %d pauses, %d lines", got, r.Totals.Pauses, r.Source.Lines)
			}
			for _, c := range r.Calls {
				if (len(c.Entries) > 0) != (o.Call != "") {
					t.Errorf("%s has %d entries", c.SID, len(c.Entries))
				}
			}
		})
	}
}

// TestSample: a seed always draws the same calls, of those that were paused, with
// every entry of each, and another seed others. The totals are those of all.
func TestSample(t *testing.T) {
	dir := t.TempDir()
	writeNight(t, dir, 3000)
	all, err := Read(nightOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for seed := range uint64(40) {
		o := nightOptions(dir)
		o.Sample, o.Seed = 3, seed
		one, err := Read(o)
		again, _ := Read(o)
		if err != nil || dump(one) != dump(again) {
			t.Fatalf("seed %d draws two samples, %v", seed, err)
		}
		if len(one.Calls) != 3 || one.Totals != all.Totals {
			t.Fatalf("seed %d: %d calls, %+v", seed, len(one.Calls), one.Totals)
		}
		for _, c := range one.Calls {
			drawn[c.SID.String()] = true
			if c.Paused() == 0 || len(c.Entries) < 2 {
				t.Errorf("%s was drawn with %d pauses and %d entries", c.SID, c.Paused(), len(c.Entries))
			}
		}
		for _, u := range one.Updates {
			if !drawn[u.Call.SID.String()] {
				t.Errorf("an update of %s is in the sample", u.Call.SID)
			}
		}
	}
	if len(drawn) != all.Totals.Calls {
		t.Errorf("40 seeds draw %d calls, of %d", len(drawn), all.Totals.Calls)
	}
	o := nightOptions(dir)
	o.Sample = 1000
	if r, err := Read(o); err != nil || len(r.Calls) != all.Totals.Calls {
		t.Errorf("a large sample has %d calls, %v", len(r.Calls), err)
	}
}

// TestOldJournal: one that an older tapedeck wrote does not know of sessions, and
// the report does not claim that nobody was there.
func TestOldJournal(t *testing.T) {
	dir := t.TempDir()
	h := &hand{writer: newWriter(t, dir, 0)}
	h.ask("10m", alice, "old", "paused", "verified", nil)
	h.ask("11m", alice, "old", "in-progress", "verified", nil)
	h.at("30m", bob, journal.SessionBegan, "", nil)
	h.at("30m", bob, journal.Live, "", nil)
	h.at("40m", bob, journal.SessionEnded, "", nil)
	h.close()
	o := nightOptions(dir)
	o.To = began.Add(time.Hour)
	r, err := Read(o)
	if err != nil {
		t.Fatal(err)
	}
	want := []Gap{{MomentOf(began), MomentOf(began.Add(30 * time.Minute)), NotRecorded}, {MomentOf(began.Add(40 * time.Minute)), MomentOf(o.To), NoSession}}
	if diff := cmp.Diff(want, r.Watches[0].Gaps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if spans := r.Spans(r.Calls[0].Recordings[0]); len(spans) != 3 || spans[2].Kind != SpanRecorded {
		t.Errorf("%+v", spans)
	}
}

// TestRuns: a session that still runs watches until the report is made; of one
// that is gone nobody can say when it ended, but for a day.
func TestRuns(t *testing.T) {
	dir := t.TempDir()
	h := &hand{writer: newWriter(t, dir, 0)}
	h.at("0m", alice, journal.SessionBegan, "", nil)
	h.at("0m", alice, journal.Live, "", nil)
	h.at("5m", alice, journal.Ack, "x", nil)
	h.close()
	for name, tt := range map[string]struct {
		runs, known bool
		want        string
	}{
		"runs":      {true, true, "[]"},
		"gone":      {false, true, "[5m0s 24h5m0s the end of a session is not on record; 24h5m0s 48h0m0s no session; ]"},
		"not known": {false, false, "[5m0s 24h5m0s the end of a session is not on record; 24h5m0s 48h0m0s no session; ]"},
	} {
		o := nightOptions(dir)
		o.To, o.Now = began.Add(48*time.Hour), began.Add(48*time.Hour)
		o.Runs = func(journal.Who) (bool, bool) { return tt.runs, tt.known }
		r, err := Read(o)
		if err != nil {
			t.Fatal(err)
		}
		got := "["
		for _, g := range r.Watches[0].Gaps {
			got += fmt.Sprintf("%s %s %s; ", after(g.From), after(g.To), g.Why)
		}
		if got += "]"; got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// TestNightFiles keeps the hand-made journal as files, for the tests of what
// prints it.
func TestNightFiles(t *testing.T) {
	dir := t.TempDir()
	writeNight(t, dir, 0)
	for _, name := range []string{journal.FileName, journal.HeadName} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("night", name), string(b))
	}
}
