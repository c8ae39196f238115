package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/config"
	uilist "tapedeck/ui/list"
	"tapedeck/ui/theme"
	"tapedeck/ui/times"
)

// listQuery is what tapedeck list is asked.
type listQuery struct {
	ended   bool
	filter  string
	sort    string
	reverse bool
	timeout time.Duration
	out     output

	match uilist.Filter
}

// sortNames are the words of --sort, in the order of the dashboard's menu.
var sortNames = []string{"pause", "running", "who", "status", "kind", "channels", "source", "updated"}

const aboutList = `list prints every active recording, the newest first: a table on a terminal, in a
pipe a line for each with tabs between the cells: sid, status, seconds paused,
seconds running, who is on the line, kind, channels, source, SID of the call or the
conference.

--json, --jq and --csv have all fields by the API's own names, as they came, and what
tapedeck knows beside them under "tapedeck": times in UTC by RFC 3339, durations in
seconds. tapedeck schema list prints the JSON Schema.

It takes what tapedeck serve knows where it runs, else it reads the API; then each
line is printed as it comes, unless --sort wants all of them first.

--filter takes the words and terms of the dashboard's filter, such as
'status:paused paused>1m !kind:conference'.`

// list returns the command that lists recordings.
func (r *runner) list() *cobra.Command {
	q := &listQuery{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the active recordings",
		Long:  aboutList,
		Example: `  tapedeck list
  tapedeck list --filter 'paused>1m' --sort pause
  tapedeck list --json=sid,status,tapedeck.who
  tapedeck list --jq '.[] | select(.status == "paused") | .sid'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.runList(cmd, q) },
	}
	addSettings(cmd, linkFlags...)
	f := cmd.Flags()
	f.BoolVar(&q.ended, "ended", false, "also those that have ended: within the lookback, through a service within the last minute")
	f.StringVar(&q.filter, "filter", "", "only those that the dashboard's filter would show")
	f.StringVar(&q.sort, "sort", "", "the order: "+strings.Join(sortNames, ", "))
	f.BoolVar(&q.reverse, "reverse", false, "turn the order round; with --sort")
	f.DurationVar(&q.timeout, "timeout", waitLimit, "how long to wait for the list, at most 10m")
	keepTyped(f.Lookup("timeout"))
	q.out.fields = recordingNames()
	q.out.add(cmd, "a JSON array")
	q.out.addCSV(cmd)
	return cmd
}

// recordingNames returns the names of the fields that JSON has of a recording.
func recordingNames() []string {
	names := append(api.FieldNames(), "tapedeck")
	for _, name := range besideNames {
		names = append(names, "tapedeck."+name)
	}
	return names
}

func (q *listQuery) check(cmd *cobra.Command, w io.Writer) (done bool, err error) {
	switch {
	case q.sort != "" && !slices.Contains(sortNames, q.sort):
		e := usage("cannot use " + strconv.Quote(q.sort) + " for --sort: allowed is " + strings.Join(sortNames, ", "))
		if near := config.Nearest(q.sort, sortNames); near != "" {
			e.Hints = append(e.Hints, "did you mean "+near+"?")
		}
		return false, e
	case q.reverse && q.sort == "":
		return false, usage("cannot use --reverse without --sort: lines are printed as they come, the newest first", "add --sort")
	case q.timeout <= 0 || q.timeout > maxWait:
		return false, usage("cannot use " + strconv.Quote(typed(cmd.Flags().Lookup("timeout"))) + " for --timeout: allowed is a time up to 10m, such as 30s")
	}
	if q.match, err = uilist.ParseFilter(q.filter); err != nil {
		return false, usage("cannot use --filter: "+err.Error(), "the filter is the dashboard's; its help has every term")
	}
	return q.out.check(w)
}

// names reports whether it matters who is on the line.
func (q *listQuery) names() bool {
	return !q.match.IsZero() || q.sort == "who" || q.out.csv || q.out.wants("tapedeck", "tapedeck.who", "tapedeck.from", "tapedeck.to", "tapedeck.conference")
}

// listMemory is what a list may take of the heap before it is swept, and given back,
// more often than that of other programs, in bytes.
const listMemory = 18 << 20

func (r *runner) runList(cmd *cobra.Command, q *listQuery) (err error) {
	if done, err := q.check(cmd, r.Stdout); done || err != nil {
		return err
	}
	if r.remote == nil { // else it would be the service's
		// Rows are made and thrown away: more collections cost less than the memory.
		defer debug.SetGCPercent(debug.SetGCPercent(10))
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(listMemory))
	}
	l, err := r.link(cmd, false)
	if err != nil {
		return err
	}
	defer func() { err = joined(err, l.close(time.Now())) }()
	ctx, cancel := context.WithTimeout(cmd.Context(), q.timeout)
	defer cancel()
	w := bufio.NewWriterSize(r.Stdout, 32<<10)
	out, err := r.lines(cmd.Context(), q, l, w)
	if err != nil {
		return err
	}
	if err := r.listInto(ctx, q, l, out); err != nil {
		return errors.Join(notPrinted("the list", out.end()), notPrinted("the list", w.Flush()), err)
	}
	return errors.Join(notPrinted("the list", out.end()), notPrinted("the list", w.Flush()))
}

// notPrinted returns the error for what could not be printed; nil where its
// reader has left.
func notPrinted(what string, err error) error {
	if err != nil && !isPipe(err) {
		return fmt.Errorf("print %s: %w", what, err)
	}
	return nil
}

// listInto gives out the recordings. The error is why there are none, or not
// all.
func (r *runner) listInto(ctx context.Context, q *listQuery, l *link, out *lines) error {
	if l.own == nil {
		s, err := l.synced(ctx)
		if err != nil {
			return err
		}
		recs := slices.DeleteFunc(slices.Clone(s.Recordings), func(rec *deck.Recording) bool { return !rec.Active() && !q.ended })
		if q.sort != "" {
			recs = q.ordered(recs, s)
		}
		for _, rec := range recs {
			if !out.put(s, rec) {
				break
			}
		}
		return whatIsWrong(s)
	}
	var all []*deck.Recording
	walk := deck.Walk{Ended: q.ended, Names: q.names()}
	unnamed, err := l.own.Each(ctx, walk, func(rec *deck.Recording) bool {
		if q.sort != "" {
			all = append(all, rec)
			return true
		}
		return out.put(l.own.Snapshot(), rec)
	})
	for _, rec := range q.ordered(all, l.own.Snapshot()) {
		if !out.put(l.own.Snapshot(), rec) {
			break
		}
	}
	if unnamed != nil && err == nil {
		r.warn(config.Config{Warnings: []string{"it is not known of all who is on the line: " + api.Reason(unnamed)}})
	}
	if err != nil {
		return cannotSee(err)
	}
	return nil
}

func (q *listQuery) ordered(recs []*deck.Recording, s *deck.Snapshot) []*deck.Recording {
	if len(recs) == 0 {
		return nil
	}
	return uilist.Order(recs, uilist.Sort(slices.Index(sortNames, q.sort)), q.reverse, s, time.Now())
}

// whatIsWrong returns the error for a snapshot that is old, or not complete.
func whatIsWrong(s *deck.Snapshot) error {
	switch s.Health.Phase(time.Now()) {
	case deck.Stale:
		return unreachable(s)
	case deck.Partial:
		return cannotSee(s.Health.Err)
	}
	return nil
}

// lines prints recordings in the form that was asked for, one after the other.
type lines struct {
	r       *runner
	q       *listQuery
	l       *link
	w       *bufio.Writer
	objects *objects
	csv     *csv.Writer
	table   table
	n       int
	said    time.Time // when what was printed was flushed last
	failed  error
}

// flushEvery is how long a line may wait for others, so that a reader sees the
// first at once.
const flushEvery = 50 * time.Millisecond

func (r *runner) lines(ctx context.Context, q *listQuery, l *link, w *bufio.Writer) (*lines, error) {
	out := &lines{r: r, q: q, l: l, w: w}
	switch {
	case q.out.json.on:
		out.objects = r.objects(ctx, &q.out, w)
	case q.out.csv:
		var err error
		out.csv, err = csvLines(w, recordingColumns())
		return out, err
	case r.Terminal:
		out.table = r.table(l.config)
	}
	return out, nil
}

// put prints a recording, if the filter shows it, and reports whether more are
// wanted.
func (out *lines) put(s *deck.Snapshot, rec *deck.Recording) bool {
	l := out.l
	if !out.q.match.IsZero() && !out.q.match.Matches(rec, uilist.Reader{Now: s.ServerTime(time.Now()), Actor: l.actor.Name(), Names: l.view.Names}) {
		return true
	}
	is := shownIn(l, s, rec)
	var err error
	switch {
	case out.objects != nil:
		err = out.objects.add(is.appendJSON(nil))
	case out.csv != nil:
		err = out.csv.Write(is.cells())
	case out.r.Terminal:
		_, err = out.w.WriteString(out.table.line(is, out.n == 0))
	default:
		_, err = out.w.WriteString(is.tabbed() + "\n")
	}
	out.n++
	if now := time.Now(); err == nil && now.Sub(out.said) > flushEvery {
		if out.csv != nil {
			out.csv.Flush()
		}
		out.said, err = now, out.w.Flush()
	}
	out.failed = err
	return err == nil
}

// end ends the output.
func (out *lines) end() error {
	switch {
	case out.failed != nil:
		return out.failed
	case out.objects != nil:
		return out.objects.end()
	case out.csv != nil:
		out.csv.Flush()
		return out.csv.Error()
	case out.r.Terminal && out.n == 0:
		_, err := fmt.Fprintln(out.r.Stderr, "no such recording now")
		return err
	}
	return nil
}

// tabbed returns the recording as a line of a pipe.
func (s row) tabbed() string {
	return tabbed(s.SID.String(), string(s.Status), secondsOf(s.pausedFor()), secondsOf(s.runningFor()),
		s.who(), s.kind(), number(s.Channels), s.Source.String(), s.ParentSID().String())
}

// secondsOf returns a duration in whole seconds; nothing where there is none.
func secondsOf(d time.Duration, ok bool) string {
	if !ok {
		return ""
	}
	return strconv.FormatInt(int64(d/time.Second), 10)
}

// recordingColumns are the titles of the CSV: the API's fields, then tapedeck's.
func recordingColumns() []string {
	columns := api.FieldNames()
	for _, c := range besideCells {
		columns = append(columns, "tapedeck."+c.name)
	}
	return columns
}

// besideCells are the columns of what tapedeck knows. Their names are those of
// the JSON, with a point where that is nested.
var besideCells = []struct {
	name string
	cell func(s row) string
}{
	{"who", row.who},
	{"kind", row.kind},
	{"active", func(s row) string { return strconv.FormatBool(s.Active()) }},
	{"level", row.level},
	{"running_for", func(s row) string { return secondsOf(s.runningFor()) }},
	{"pause.for", func(s row) string { return secondsOf(s.pausedFor()) }},
	{"pause.since", func(s row) string {
		if s.Pause.Since.IsZero() {
			return ""
		}
		return s.Pause.Since.UTC().Format(time.RFC3339)
	}},
	{"pause.actor", func(s row) string { return s.Pause.Actor }},
	{"trouble.kind", func(s row) string { return string(s.Trouble.Kind) }},
	{"timeline", row.timelineWords},
}

// cells returns the recording as a line of the CSV.
func (s row) cells() (cells []string) {
	for i, f := range s.Fields() {
		if i == len(api.FieldNames()) {
			break
		}
		cells = append(cells, f.Value.String())
	}
	for _, c := range besideCells {
		cells = append(cells, safeCell(text.New(c.cell(s)).String()))
	}
	return cells
}

// table is the form of the list on a terminal.
type table struct {
	width int
	color bool
	th    theme.Theme
}

// table returns the form for the terminal of standard output.
func (r *runner) table(c config.Config) table {
	return table{
		width: r.width(), th: theme.New(theme.Options{NoColor: true, ASCII: c.ASCII}),
		color: !c.NoColor && c.Theme != "mono" && r.variable("NO_COLOR") == "" && r.variable("TERM") != "dumb",
	}
}

// The widths of the columns of the table in cells; who has what they leave.
const (
	statusCells = 10
	clockCells  = 9
	sidCells    = 9
)

// The colors of a row: those of the terminal's own palette.
const (
	colorAlarm  = "\x1b[1;31m"
	colorPaused = "\x1b[33m"
	colorDim    = "\x1b[2m"
	colorEnd    = "\x1b[m"
)

// line returns a recording as a line of the table, the first below the titles.
func (t table) line(s row, first bool) string {
	var b strings.Builder
	if first {
		b.WriteString(t.paint(colorDim, t.row("STATUS", "PAUSED", "RUNNING", "WHO", "SID")))
	}
	paused, running := "", ""
	if d, ok := s.pausedFor(); ok {
		paused = times.Clock(d)
		if s.Pause.AtLeast {
			paused = t.th.Symbols().AtLeast + paused
		}
	}
	if d, ok := s.runningFor(); ok {
		running = times.Clock(d)
	}
	color := ""
	switch {
	case s.level() == "alarm":
		color = colorAlarm
	case s.Paused():
		color = colorPaused
	case !s.Active():
		color = colorDim
	}
	word := s.word()
	if s.level() == "alarm" {
		word = "!" + word
	}
	b.WriteString(t.paint(color, t.row(word, paused, running, s.who(), ending(text.New(s.SID.SID()), 8))))
	return b.String()
}

// row returns cells in their columns, never wider than the terminal.
func (t table) row(status, paused, running, who, sid string) string {
	left := max(8, t.width-statusCells-2*clockCells-sidCells-1)
	return strings.TrimRight(t.th.Fit(t.th.Plain(status), statusCells)+t.th.FitRight(paused, clockCells-1)+" "+
		t.th.FitRight(running, clockCells-1)+" "+t.th.Fit(who, left)+" "+ansi.Truncate(sid, sidCells, ""), " ") + "\n"
}

func (t table) paint(color, line string) string {
	if !t.color || color == "" {
		return line
	}
	return color + strings.TrimSuffix(line, "\n") + colorEnd + "\n"
}
