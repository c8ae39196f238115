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
		p("alarm %s %s at %s until %s %q", a.Kind, sid(a.Recording), after(a.At), after(a.Until), a.Why)
		for _, k := range a.Acks {
			p("  acknowledged at %s by %s", after(k.At), name(k.By))
		}
	}
	for _, a := range r.Acks {
		p("ack of %s by %s at %s until %s %q", sid(a.Recording), name(a.By), after(a.At), after(a.Until), a.Reason)
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
