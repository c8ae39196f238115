package cli

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"tapedeck/api/journal"
	"tapedeck/config"
	"tapedeck/ui/times"
)

const aboutJournal = `journal lists what tapedeck was asked to do and the result, one line an update,
the oldest first. With --call it begins with the times between which each
recording of that call or conference was paused: by this machine's clock, when
the API's answer came. It knows of updates made with tapedeck, and of no others.
On a terminal the list goes through $PAGER.

With --all-hosts it is what all hosts that share (setting share) have sent of their
journals, each time by the clock of its host.

Exits 1 when there is no journal, or nothing in it matches the flags.

The journal says what tapedeck wrote. It names who asked by the environment of
the session, which that person can set, and whoever may write its files can rewrite all of
them. verify finds every change that is less thorough.`

// journalFlags are the settings that say where the journal is.
var journalFlags = []string{"config", "profile", "state-dir"}

// journalsFlags say also by which way those of all hosts are read.
var journalsFlags = slices.Concat(journalFlags, shareFlags)

// journal returns the command that lists the journal.
func (r *runner) journal() *cobra.Command {
	var q journalQuery
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "List the updates that were made, by whom, and their results",
		Long:  aboutJournal,
		Example: `  tapedeck journal --since 12h
  tapedeck journal --call 3f1c9d5e-0b7a-4c61-9f0e-8d2a64b7c901
  tapedeck journal --since 2026-03-01 --csv > march.csv
  tapedeck journal --all-hosts --since 12h
  tapedeck journal verify`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.listJournal(cmd, q) },
	}
	for _, f := range config.Flags() {
		if slices.Contains(journalsFlags, f.Name) {
			cmd.PersistentFlags().VarPF(&textValue{kind: f.Hint}, f.Name, "", f.Usage)
		}
	}
	cmd.Flags().StringVar(&q.since, "since", "", "only what happened since a time, or for a time (12h, 7d)")
	cmd.Flags().StringVar(&q.filter.Recording, "recording", "", "only this recording: its SID, or at least its last 4 characters")
	cmd.Flags().StringVar(&q.filter.Call, "call", "", "only this call or conference, with the times of its pauses")
	cmd.Flags().StringVar(&q.filter.Actor, "actor", "", "only what this person asked for")
	cmd.Flags().BoolVar(&q.long, "long", false, "a line for each entry, with whole SIDs and all that is known")
	cmd.Flags().BoolVar(&q.json, "json", false, "one JSON object a line, as in the file")
	cmd.Flags().BoolVar(&q.csv, "csv", false, "comma-separated values, safe to open in a spreadsheet")
	cmd.Flags().BoolVar(&q.allHosts, "all-hosts", false, "what all hosts that share have sent of their journals")
	cmd.AddCommand(r.verifyJournal())
	return cmd
}

// journalQuery is what a listing is asked for.
type journalQuery struct {
	since     string
	filter    journal.Filter
	long      bool
	json, csv bool
	allHosts  bool
}

// stateDir returns where the journal is. Space, project and token need not be
// set to read it.
func (r *runner) stateDir(cmd *cobra.Command) (string, error) {
	c, err := r.journalSettings(cmd, journalFlags)
	if err != nil {
		return "", err
	}
	return c.StateDir, nil
}

// check refuses what would list something else than was meant.
func (q *journalQuery) check(changed func(flag string) bool) error {
	if q.json && q.csv || q.long && (q.json || q.csv) {
		return usage("cannot use two of --json, --csv and --long: the list has one form", "leave out all but one of them")
	}
	for _, f := range []struct{ name, value string }{
		{"since", q.since}, {"recording", q.filter.Recording}, {"call", q.filter.Call}, {"actor", q.filter.Actor},
	} {
		if changed(f.name) && f.value == "" {
			return usage("cannot use --"+f.name+": its value is empty", "give --"+f.name+" a value, or leave it out")
		}
		if sid := f.name == "recording" || f.name == "call"; sid && f.value != "" && utf8.RuneCountInString(f.value) < leastSID {
			return usage("cannot use "+strconv.Quote(f.value)+" for --"+f.name+": it is too short", "give the SID, or at least its last 4 characters")
		}
	}
	var err error
	q.filter.Since, err = parseSince(q.since, time.Now())
	return err
}

func (r *runner) listJournal(cmd *cobra.Command, q journalQuery) error {
	if err := q.check(cmd.Flags().Changed); err != nil {
		return err
	}
	if q.allHosts {
		return r.listJournals(cmd, q)
	}
	dir, err := r.stateDir(cmd)
	if err != nil {
		return err
	}
	bad := 0
	warn := func(line *journal.LineError) {
		bad++
		_, _ = fmt.Fprintf(r.Stderr, "tapedeck: warning: %v\n", line)
	}
	var all *items
	if q.filter.Call != "" || q.filter.Recording != "" {
		all, err = readItemsOf(dir, q.filter, warn)
	} else {
		all, err = readItems(dir, warn)
	}
	if err != nil {
		return fmt.Errorf("list the journal: %w", err)
	}
	chosen := slices.DeleteFunc(slices.Clone(all.list), func(it *item) bool { return !it.chosen(q.filter) })
	if len(chosen) > 0 {
		if err := r.printItems(all, chosen, q); err != nil {
			return fmt.Errorf("list the journal: %w", err)
		}
	}
	switch {
	case bad > 0:
		return &Error{What: fmt.Sprintf("%s of the journal in %s cannot be read", counted(bad, "line"), dir),
			Hints: []string{"tapedeck journal verify says what is wrong with it"}}
	case all.lines == 0:
		return noJournal(dir)
	case len(chosen) == 0:
		return &Error{What: "nothing in the journal in " + dir + " matches the flags",
			Hints: []string{"tapedeck journal without flags lists all of it"}}
	}
	return nil
}

// noJournal is the error for a directory without a journal.
func noJournal(dir string) error {
	return &Error{Code: codeFailed, What: "there is no journal in " + dir,
		Hints: []string{"tapedeck config shows the state-dir and where it came from"}}
}

// printItems prints the chosen ones of all items in the form of q.
func (r *runner) printItems(all *items, chosen []*item, q journalQuery) error {
	page := r.page(!q.json && !q.csv)
	out := bufio.NewWriter(page)
	write, end := listLines(out)
	switch {
	case q.json:
		write, end = listJSON(out)
	case q.csv:
		write, end = listCSV(out)
	case q.filter.Call != "":
		printPauses(out, all.list, q.filter) // out keeps an error for the end
	}
	if q.json || q.csv || q.long {
		for _, e := range entriesOf(chosen) {
			if err := write(e); err != nil {
				return errors.Join(err, page.Close())
			}
		}
		return errors.Join(end(), out.Flush(), page.Close())
	}
	listUpdates(out, chosen, shortSIDs(chosen, all.sids), r.width())
	return errors.Join(out.Flush(), page.Close())
}

// parseSince returns the time that --since names; zero for none.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return parseWhen("since", s, now)
}

// parseWhen returns the time that a flag names: a time, or how long before now.
func parseWhen(flag, s string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 15); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	}
	if d, ok := times.Parse(s); ok && d >= 0 {
		return now.Add(-d), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(form, s, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("cannot use "+strconv.Quote(s)+" for --"+flag+": it is neither a time nor a duration",
		`such as 12h, 7d, 2026-03-01, "2026-03-01 03:00" or 2026-03-01T03:00:00Z`)
}

// localTime is how times are shown: to the millisecond, in the local zone.
const localTime = "2006-01-02 15:04:05.000 MST"

func shown(t time.Time) string { return t.Local().Format(localTime) }

// verb returns what was asked for in one word.
func verb(e journal.Entry) string {
	switch e.StatusAsked {
	case "paused":
		return "pause"
	case "in-progress":
		return "resume"
	case "stopped":
		return "stop"
	}
	return e.StatusAsked
}

func listLines(w io.Writer) (write func(journal.Entry) error, end func() error) {
	return func(e journal.Entry) error {
		on := e.Call.String()
		if on == "" {
			on = e.Conference.String()
		}
		_, err := fmt.Fprintf(w, "%s  %-8s  %-12s  %-36s  %-36s  %s\n", shown(e.Time), e.Event, e.Name(), e.Recording, on, story(e))
		return err
	}, func() error { return nil }
}

// story tells what an entry says beside who, when and on what.
func story(e journal.Entry) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if e.StatusAsked != "" {
		s := verb(e)
		if e.PauseBehavior != "" {
			s += " with " + e.PauseBehavior
		}
		if e.Outcome != "" {
			s += ": " + e.Outcome
		}
		add("%s", s)
	}
	if e.StatusBefore != "" && e.Event == journal.Request {
		add("was %s", e.StatusBefore)
	}
	if e.StatusAnswered != "" {
		add("answered %s", e.StatusAnswered)
	}
	if e.HTTPStatus != 0 {
		add("HTTP %d", e.HTTPStatus)
	}
	if e.Code != "" {
		add("code %s", e.Code)
	}
	if e.Latency != 0 {
		add("%d ms", e.Latency.Milliseconds())
	}
	if !e.Since.IsZero() {
		add("since %s", shown(e.Since))
	}
	if !e.Until.IsZero() {
		add("until %s", shown(e.Until))
	}
	if e.Reason != "" {
		add("%s", e.Reason)
	}
	if e.ByTimer {
		add("by an auto-resume")
	}
	if e.Late {
		add("written late")
	}
	return strings.Join(parts, ", ")
}

func listJSON(w io.Writer) (write func(journal.Entry) error, end func() error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e journal.Entry) error { return enc.Encode(e) }, func() error { return nil }
}

// journalColumns are the columns of the CSV form. Their names are those of the
// file.
var journalColumns = []struct {
	name string
	cell func(e journal.Entry) string
}{
	{"seq", func(e journal.Entry) string { return strconv.FormatUint(e.Seq, 10) }},
	{"time", func(e journal.Entry) string { return e.Time.Format("2006-01-02T15:04:05.000Z") }},
	{"event", func(e journal.Entry) string { return string(e.Event) }},
	{"id", func(e journal.Entry) string { return e.ID }},
	{"actor", func(e journal.Entry) string { return e.Actor }},
	{"uid", func(e journal.Entry) string { return e.UID }},
	{"sudo_user", func(e journal.Entry) string { return e.SudoUser }},
	{"ssh_client", func(e journal.Entry) string { return e.SSHClient }},
	{"ssh_key", func(e journal.Entry) string { return e.SSHKey }},
	{"ssh_user", func(e journal.Entry) string { return e.SSHUser }},
	{"ssh_certificate", func(e journal.Entry) string { return e.SSHCertificate }},
	{"ssh_ca", func(e journal.Entry) string { return e.SSHAuthority }},
	{"ssh_inherited", func(e journal.Entry) string { return yes(e.Inherited) }},
	{"claimed", func(e journal.Entry) string { return yes(e.Claimed) }},
	{"tty", func(e journal.Entry) string { return e.TTY }},
	{"host", func(e journal.Entry) string { return e.Host }},
	{"pid", func(e journal.Entry) string { return number(e.PID) }},
	{"command", func(e journal.Entry) string { return yes(e.Command) }},
	{"session", func(e journal.Entry) string { return e.Session }},
	{"space", func(e journal.Entry) string { return e.Space }},
	{"project", func(e journal.Entry) string { return e.Project }},
	{"profile", func(e journal.Entry) string { return e.Profile }},
	{"recording", func(e journal.Entry) string { return e.Recording.String() }},
	{"call", func(e journal.Entry) string { return e.Call.String() }},
	{"conference", func(e journal.Entry) string { return e.Conference.String() }},
	{"status_before", func(e journal.Entry) string { return e.StatusBefore }},
	{"status_asked", func(e journal.Entry) string { return e.StatusAsked }},
	{"pause_behavior", func(e journal.Entry) string { return e.PauseBehavior }},
	{"status_answered", func(e journal.Entry) string { return e.StatusAnswered }},
	{"http_status", func(e journal.Entry) string { return number(e.HTTPStatus) }},
	{"code", func(e journal.Entry) string { return e.Code }},
	{"latency_ms", func(e journal.Entry) string { return number(int(e.Latency.Milliseconds())) }},
	{"outcome", func(e journal.Entry) string { return e.Outcome }},
	{"reason", func(e journal.Entry) string { return e.Reason }},
	{"from", func(e journal.Entry) string { return e.From.String() }},
	{"to", func(e journal.Entry) string { return e.To.String() }},
	{"until", func(e journal.Entry) string {
		if e.Until.IsZero() {
			return ""
		}
		return e.Until.Format(time.RFC3339)
	}},
	{"by_timer", func(e journal.Entry) string { return yes(e.ByTimer) }},
	{"late", func(e journal.Entry) string { return yes(e.Late) }},
	{"since", func(e journal.Entry) string {
		if e.Since.IsZero() {
			return ""
		}
		return e.Since.Format(time.RFC3339)
	}},
}

// number leaves out what is 0, for that means that there is none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// listCSV writes entries for a spreadsheet: no cell is taken for a formula.
func listCSV(w io.Writer) (write func(journal.Entry) error, end func() error) {
	out := csv.NewWriter(w)
	row := make([]string, len(journalColumns))
	for i, c := range journalColumns {
		row[i] = c.name
	}
	err := out.Write(row)
	write = func(e journal.Entry) error {
		for i, c := range journalColumns {
			row[i] = safeCell(c.cell(e))
		}
		return errors.Join(err, out.Write(row))
	}
	return write, func() error { out.Flush(); return out.Error() }
}

// safeCell returns s so that a spreadsheet takes it for text. Spreadsheets skip
// blanks and characters that cannot be seen before a formula, and take the
// full-width forms of its first character for the plain ones.
func safeCell(s string) string {
	shown := strings.TrimLeftFunc(s, func(r rune) bool {
		return r == unicode.ReplacementChar || unicode.IsSpace(r) || !unicode.IsGraphic(r)
	})
	first, _ := utf8.DecodeRuneInString(shown)
	if shown != "" && strings.ContainsRune("=+-@|%＝＋－＠｜％", first) || strings.ContainsAny(s[:min(1, len(s))], "\t\r\n") {
		return "'" + s
	}
	return s
}

// verifyJournal returns the command that checks the journal's chain.
func (r *runner) verifyJournal() *cobra.Command {
	var allHosts, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Find lines of the journal that were changed, taken out, swapped or cut off",
		Long: `verify checks each line of the journal against the next one, and the last one
against journal.head. It prints what it finds, with the file and the line.
Exits 0 when the journal is intact, and 1 when it is not or there is none.

Intact means that nobody changed a line without computing all later hashes and
the head anew, as an administrator of this machine can. Send the lines elsewhere
as well (journal_syslog = true) if that matters.

With --all-hosts it checks what all hosts that share have sent of their journals, a
line a journal, and holds the file of this host against what was sent of it: what is
missing in one of the two, or is not as it was sent. Whoever rewrites the file cannot
rewrite what the others have.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if allHosts {
				return r.verifyJournals(cmd, asJSON)
			}
			if asJSON {
				return usage("cannot use --json without --all-hosts", "add --all-hosts")
			}
			dir, err := r.stateDir(cmd)
			if err != nil {
				return err
			}
			report, err := journal.Verify(dir)
			if err != nil {
				return fmt.Errorf("verify the journal: %w", err)
			}
			if report.Files == 0 && report.Intact() {
				return noJournal(dir)
			}
			return r.printReport(dir, report)
		},
	}
	cmd.Flags().BoolVar(&allHosts, "all-hosts", false, "what all hosts that share have sent, and the file of this one against it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "with --all-hosts: one JSON object a journal, a line each")
	return cmd
}

// counted returns a number of things, one or many.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

func (r *runner) printReport(dir string, report journal.Report) error {
	var b strings.Builder
	for _, p := range report.Problems {
		fmt.Fprintf(&b, "%s\n", p)
	}
	for _, s := range report.Remarks {
		fmt.Fprintf(&b, "(%s)\n", s)
	}
	if report.Intact() && report.Lines > 0 {
		fmt.Fprintf(&b, "intact: %s in %s, from %s to %s\n", counted(report.Lines, "line"), counted(report.Files, "file"), shown(report.From), shown(report.To))
	}
	if _, err := io.WriteString(r.Stdout, b.String()); err != nil {
		return fmt.Errorf("print what was found: %w", err)
	}
	if report.Intact() {
		return nil
	}
	return &Error{Code: codeFailed, What: "the journal in " + dir + " is broken: " + report.Problems[0].String(),
		Hints: []string{"keep its files as they are, and compare them with what was sent to syslog or backed up"}}
}
