package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"tapedeck/api/report"
	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
)

const aboutReport = `report tells from the journal what happened in a period: pauses by person and by
call with their exact times and how each was verified, the longest, those over
pause_alarm, updates that went wrong, auto-resumes, alarms and acknowledgements,
starts and stops, when nobody watched, and what is not on record. Without --since
or --from it is about the last 24 hours, with --call about all time.

It says what tapedeck wrote, and no more: a pause without an end on record has
none, and time in which no session ran is not known. The report ends with the hash
of the journal's last line, by which the same journal is known again.

With --html it writes one page for a browser or for paper, with a bar for each call;
the page has no script and requests nothing. With --sign it writes the JSON beside
that (report.html, report.json) and a signature of each (.sig), made by ssh-keygen:
ssh-keygen -Y verify -n tapedeck-report verifies them. None replaces another file.

With --sample it draws some of the calls that were paused, and has everything
about each; the same seed draws the same calls.

Exits 1 when there is no journal, when it is not intact (the report is printed
all the same), or when nothing is on record of the call.`

// reportFlags are the settings that a report is made by.
var reportFlags = append(slices.Clone(journalFlags), "pause-alarm", "mask-numbers")

// day is the period of a report without one.
const day = 24 * time.Hour

// reportQuery is what a report is asked for.
type reportQuery struct {
	since, from, to string
	call            string
	json, csv       bool
	sample          int
	seed            uint64
	page            pageFlags
}

// reportCommand returns the command that reports on the journal.
func (r *runner) reportCommand() *cobra.Command {
	var q reportQuery
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Report on a shift: pauses, alarms, trouble, and when nobody watched",
		Long:  aboutReport,
		Example: `  tapedeck report --since 12h
  tapedeck report --from "2026-03-01 22:00" --to "2026-03-02 06:00"
  tapedeck report --since 12h --html shift.html --sign ~/.ssh/id_ed25519
  tapedeck report --call 3f1c9d5e-0b7a-4c61-9f0e-8d2a64b7c901
  tapedeck report --since 30d --sample 20 --seed 7 --json > sample.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.runReport(cmd, q) },
	}
	addSettings(cmd, reportFlags...)
	f := cmd.Flags()
	f.StringVar(&q.since, "since", "", "from a time, or for a time (12h, 7d), until now")
	f.StringVar(&q.from, "from", "", "from this time on")
	f.StringVar(&q.to, "to", "", "until this time; now without it")
	f.StringVar(&q.call, "call", "", "only this call or conference, with every entry: its SID, or at least its last 4 characters")
	f.IntVar(&q.sample, "sample", 0, "draw this many of the calls that were paused, with every entry of each")
	f.Uint64Var(&q.seed, "seed", 0, "with --sample: what the draw begins with; a random one without it")
	f.BoolVar(&q.json, "json", false, "print one JSON object")
	f.BoolVar(&q.csv, "csv", false, "print the pauses as comma-separated values, safe to open in a spreadsheet")
	q.page.add(cmd)
	return cmd
}

// check refuses what would report on something else than was meant.
func (q *reportQuery) check(changed func(flag string) bool) error {
	switch {
	case q.json && q.csv:
		return usage("cannot use --json with --csv: there is one form", "leave out one of them")
	case q.page.html != "" && (q.json || q.csv):
		return usage("cannot use --html with --json or --csv: there is one form", "leave out one of them; --sign writes the JSON beside the page")
	case changed("since") && changed("from"):
		return usage("cannot use --since with --from: both say when the report begins", "leave out one of them")
	case changed("sample") && q.sample < 1:
		return usage("cannot use "+strconv.Itoa(q.sample)+" for --sample: it is less than 1", "give the number of calls to draw")
	case changed("seed") && !changed("sample"):
		return usage("cannot use --seed without --sample: it is what the draw begins with", "add --sample with the number of calls to draw")
	case changed("sample") && changed("call"):
		return usage("cannot use --sample with --call: one call is no sample", "leave out one of them")
	}
	for _, f := range []struct{ name, value string }{{"since", q.since}, {"from", q.from}, {"to", q.to}, {"call", q.call}} {
		if changed(f.name) && f.value == "" {
			return usage("cannot use --"+f.name+": its value is empty", "give --"+f.name+" a value, or leave it out")
		}
	}
	if err := q.page.check(changed); err != nil {
		return err
	}
	if q.call != "" && utf8.RuneCountInString(q.call) < leastSID {
		return usage("cannot use "+strconv.Quote(q.call)+" for --call: it is too short", "give the SID, or at least its last 4 characters")
	}
	if changed("sample") && !changed("seed") {
		q.seed = uint64(rand.Uint32()) // short enough to be typed again
	}
	return nil
}

// period returns the period that the flags name. A zero beginning is that of the
// journal.
func (q *reportQuery) period(now time.Time) (from, to time.Time, err error) {
	for _, f := range []struct {
		flag, value string
		at          *time.Time
	}{{"since", q.since, &from}, {"from", q.from, &from}, {"to", q.to, &to}} {
		if f.value == "" {
			continue
		}
		if *f.at, err = parseWhen(f.flag, f.value, now); err != nil {
			return from, to, err
		}
	}
	if to.IsZero() {
		to = now
	}
	switch {
	case from.IsZero() && q.call == "":
		from = to.Add(-day)
	case !from.IsZero() && !from.Before(to):
		return from, to, usage(fmt.Sprintf("cannot report from %s to %s: it ends before it begins", shown(from), shown(to)), "give --from an earlier time, or --to a later one")
	}
	return from, to, nil
}

func (r *runner) runReport(cmd *cobra.Command, q reportQuery) error {
	defer thrifty()()
	made, sign, err := r.makeReport(cmd, q)
	if err != nil {
		return err
	}
	switch {
	case q.page.html != "":
		if err := q.page.write(cmd.Context(), r, made, sign); err != nil {
			return err
		}
	case q.json:
		err = made.WriteJSON(r.Stdout)
	case q.csv:
		err = writePauses(r.Stdout, made)
	default:
		page := r.page(true)
		err = errors.Join(writeReport(page, made, r.width()), page.Close())
	}
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return sound(made)
}

// makeReport makes the report that the flags of a command ask for, and what signs
// it; nil where nothing does.
func (r *runner) makeReport(cmd *cobra.Command, q reportQuery) (*report.Report, *signer, error) {
	if err := q.check(cmd.Flags().Changed); err != nil {
		return nil, nil, err
	}
	sign, err := q.page.signer(r) // what it lacks is said before the journal is read
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	from, to, err := q.period(now)
	if err != nil {
		return nil, nil, err
	}
	c, err := r.journalSettings(cmd, reportFlags)
	if err != nil {
		return nil, nil, err
	}
	o := report.Options{Dir: c.StateDir, From: from, To: to, Now: now, Call: q.call, Limit: c.PauseAlarm, Sample: q.sample, Seed: q.seed}
	if cmd.Flags().Changed("profile") {
		o.Profile = c.Profile
	}
	o.Mask = maskOf(c)
	made, err := report.Read(o)
	switch {
	case err != nil:
		return nil, nil, err
	case made.Source.Lines == 0 && made.Source.Intact:
		return nil, nil, noJournal(c.StateDir)
	case q.call != "" && len(made.Calls) == 0:
		return nil, nil, &Error{What: "nothing in the journal in " + c.StateDir + " is about the call " + strconv.Quote(q.call) + " in that time",
			Hints: []string{"tapedeck journal --call has all that is on record of it"}}
	}
	return made, sign, nil
}

// maskOf returns how a number is shown by the settings: by its name, else masked
// where numbers are.
func maskOf(c config.Config) func(text.Text) text.Text {
	known := names.New(c.Names)
	return func(number text.Text) text.Text {
		if name := known.Lookup(number.String()); name != "" {
			return text.New(name)
		}
		if c.MaskNumbers {
			return text.New(theme.Mask(number.String()))
		}
		return number
	}
}

// sound returns an error for a report of a journal that is not intact.
func sound(made *report.Report) error {
	if made.Source.Intact {
		return nil
	}
	return &Error{Code: codeFailed, What: "the journal in " + made.Source.Dir + " is broken, so the report may lack something: " + made.Source.Problems[0],
		Hints: []string{"tapedeck journal verify names each line"}}
}

// journalSettings returns the settings without those of a project, which need
// not be set to read the journal. Those that are named must be usable.
func (r *runner) journalSettings(cmd *cobra.Command, names []string) (config.Config, error) {
	in := r.sources(cmd)
	in.NoCommand = true
	c, err := config.Load(cmd.Context(), in)
	if err == nil {
		return c, nil
	}
	for _, s := range c.Settings() {
		if slices.Contains(names, s.Name) && s.Value == "not usable" {
			return c, err
		}
	}
	if c.StateDir == "" {
		return c, err
	}
	return c, nil
}

// pauseColumns are the columns of the CSV of a report.
var pauseColumns = []struct {
	name string
	cell func(r *report.Report, c *report.Call, p *report.Pause) string
}{
	{"call", func(_ *report.Report, c *report.Call, _ *report.Pause) string { return c.SID.String() }},
	{"conference", func(_ *report.Report, c *report.Call, _ *report.Pause) string { return yes(c.Conference) }},
	{"recording", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return p.Recording.SID.String() }},
	{"space", func(_ *report.Report, c *report.Call, _ *report.Pause) string { return c.Space }},
	{"project", func(_ *report.Report, c *report.Call, _ *report.Pause) string { return c.Project }},
	{"profile", func(_ *report.Report, c *report.Call, _ *report.Pause) string { return c.Profile }},
	{"from", func(_ *report.Report, c *report.Call, _ *report.Pause) string { return c.Numbers.From.String() }},
	{"to", func(_ *report.Report, c *report.Call, _ *report.Pause) string { return c.Numbers.To.String() }},
	{"by", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return personName(p.By) }},
	{"asked", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return inUTC(p.Asked) }},
	{"began", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return inUTC(p.Began) }},
	{"behavior", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return p.Behavior.String() }},
	{"how", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return p.How.String() }},
	{"end", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return p.End.String() }},
	{"ended_by", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return personName(p.EndedBy) }},
	{"end_asked", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return inUTC(p.EndAsked) }},
	{"ended", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return inUTC(p.Ended) }},
	{"end_how", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return endHow(p) }},
	{"seconds", func(_ *report.Report, _ *report.Call, p *report.Pause) string {
		if d, ok := p.For(); ok {
			return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
		}
		return ""
	}},
	{"exact", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return yes(p.Exact()) }},
	{"over_limit", func(r *report.Report, _ *report.Call, p *report.Pause) string { return yes(p.Over(r.Limit)) }},
	{"auto_resume", func(_ *report.Report, _ *report.Call, p *report.Pause) string {
		if p.Auto == nil {
			return ""
		}
		return p.Auto.Fate.String()
	}},
	{"left_behind", func(_ *report.Report, _ *report.Call, p *report.Pause) string { return inUTC(p.Left) }},
}

// inUTC returns a moment in UTC for a program; empty for none.
func inUTC(m report.Moment) string {
	if m.IsZero() {
		return ""
	}
	return m.Time().Format("2006-01-02T15:04:05.000Z")
}

// personName returns the name of a person; empty for nobody.
func personName(p *report.Person) string {
	if p == nil {
		return ""
	}
	return p.Name
}

// endHow returns how the end of a pause is known; empty without an end.
func endHow(p *report.Pause) string {
	if p.End == report.Open {
		return ""
	}
	return p.EndHow.String()
}

// writePauses writes the pauses of a report for a spreadsheet.
func writePauses(w io.Writer, made *report.Report) error {
	out, row := csv.NewWriter(w), make([]string, len(pauseColumns))
	for i, c := range pauseColumns {
		row[i] = c.name
	}
	err := out.Write(row)
	for _, call := range made.Calls {
		for _, rec := range call.Recordings {
			for _, p := range rec.Pauses {
				for i, c := range pauseColumns {
					row[i] = safeCell(c.cell(made, call, p))
				}
				err = errors.Join(err, out.Write(row))
			}
		}
	}
	out.Flush()
	return errors.Join(err, out.Error())
}
