package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"tapedeck/api/journal"
	"tapedeck/api/share"
	"tapedeck/api/text"
	"tapedeck/config"
)

// hostEntry is an entry of the journal of a host, which is the one that sent it.
type hostEntry struct {
	journal.Entry
	host, chain string
	item        *item
}

// hostsEntries reads what all hosts have sent of their journals: each in its own
// order, and together by the times of their entries, each by its own host's clock.
// bad is told of what cannot be read.
func hostsEntries(ctx context.Context, store share.Store, bad func(l share.JournalLine, err error)) (list []*hostEntry, err error) {
	type source struct{ host, chain string }
	of := map[source][]*hostEntry{}
	err = store.ReadJournals(ctx, func(l share.JournalLine) bool {
		e := &hostEntry{host: l.Host, chain: l.Chain}
		if err := e.UnmarshalJSON(l.Line); err != nil {
			bad(l, err)
			return true
		}
		from := source{l.Host, l.Chain}
		of[from] = append(of[from], e)
		return true
	})
	var queues [][]*hostEntry
	for _, q := range of {
		queues = append(queues, q)
	}
	// Of equal times that of the host comes first whose name does.
	slices.SortFunc(queues, func(a, b []*hostEntry) int {
		return cmp.Or(cmp.Compare(a[0].host, b[0].host), cmp.Compare(a[0].chain, b[0].chain))
	})
	for len(queues) > 0 {
		first := 0
		for i, q := range queues {
			if q[0].Time.Before(queues[first][0].Time) {
				first = i
			}
		}
		list = append(list, queues[first][0])
		if queues[first] = queues[first][1:]; len(queues[first]) == 0 {
			queues = slices.Delete(queues, first, first+1)
		}
	}
	return list, err
}

// joinJournals connects a command to the journals of all hosts, by the settings that
// it returns. leave ends the connection.
func (r *runner) joinJournals(cmd *cobra.Command, what string) (c config.Config, store *share.NATS, leave func(), err error) {
	if c, err = r.journalSettings(cmd, journalsFlags); err != nil {
		return c, nil, nil, err
	}
	store, leave, err = r.join(cmd.Context(), c, what)
	return c, store, leave, err
}

// listJournals lists the journals of all hosts.
func (r *runner) listJournals(cmd *cobra.Command, q journalQuery) error {
	const what = "list the journals of all hosts"
	_, store, leave, err := r.joinJournals(cmd, what)
	if err != nil {
		return err
	}
	defer leave()
	bad := 0
	list, err := hostsEntries(cmd.Context(), store, func(l share.JournalLine, err error) {
		bad++
		_, _ = fmt.Fprintf(r.Stderr, "tapedeck: warning: host %s, line %d: %s\n", text.New(l.Host), l.Seq, text.New(err.Error()))
	})
	if err != nil {
		return notRead(what, err)
	}
	all := &hostItems{*newItems(), map[string]*items{}}
	for _, e := range list {
		all.add(e)
	}
	findSteps(all.list)
	chosen := slices.DeleteFunc(slices.Clone(all.list), func(it *item) bool { return !it.chosen(q.filter) })
	if len(chosen) > 0 {
		if err := r.printHosts(&all.items, list, chosen, q); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	switch {
	case bad > 0:
		return &Error{What: counted(bad, "line") + " of the journals of all hosts cannot be read", Hints: []string{"tapedeck journal verify --all-hosts says what is wrong with them"}}
	case len(list) == 0:
		return &Error{What: "no host has sent its journal yet", Hints: []string{"tapedeck journal lists that of this host"}}
	case len(chosen) == 0:
		return &Error{What: "nothing in the journals of all hosts matches the flags", Hints: []string{"tapedeck journal --all-hosts without other flags lists all of them"}}
	}
	return nil
}

// hostItems are the items of all hosts, in one order. What a host says of a request
// belongs to its own requests only.
type hostItems struct {
	items
	of map[string]*items // by host
}

// add adds an entry of a host, and notes the item that has it.
func (all *hostItems) add(e *hostEntry) {
	own := all.of[e.host]
	if own == nil {
		own = newItems()
		all.of[e.host] = own
	}
	n := len(own.list)
	own.add(e.Entry)
	if len(own.list) > n {
		e.item = own.list[n]
		e.item.from = e.host
		all.list = append(all.list, e.item)
	} else {
		e.item = own.byID[e.ID]
	}
	if !e.Recording.IsZero() {
		all.sids[e.Recording] = true
	}
}

// printHosts prints the chosen items in the form of q.
func (r *runner) printHosts(all *items, list []*hostEntry, chosen []*item, q journalQuery) error {
	page := r.page(!q.json && !q.csv)
	out := bufio.NewWriter(page)
	if !q.json && !q.csv && q.filter.Call != "" {
		printPauses(out, all.list, q.filter) // out keeps an error for the end
	}
	if !q.json && !q.csv && !q.long {
		listUpdates(out, chosen, shortSIDs(chosen, all.sids), r.width())
		return errors.Join(out.Flush(), page.Close())
	}
	is := map[*item]bool{}
	for _, it := range chosen {
		is[it] = true
	}
	write, end := hostLines(out, q)
	for _, e := range list {
		if !is[e.item] {
			continue
		}
		if err := write(e); err != nil {
			return errors.Join(err, page.Close())
		}
	}
	return errors.Join(end(), out.Flush(), page.Close())
}

// hostLines returns what writes entries in the form of q, each with the host that
// sent it.
func hostLines(w io.Writer, q journalQuery) (write func(*hostEntry) error, end func() error) {
	switch {
	case q.json:
		return func(e *hostEntry) error {
			var b bytes.Buffer
			one, _ := listJSON(&b)
			if err := one(e.Entry); err != nil {
				return err
			}
			_, err := fmt.Fprintf(w, `{"share_host":%s,%s`, marshal(text.New(e.host).String()), b.Bytes()[1:])
			return err
		}, func() error { return nil }
	case q.csv:
		out := csv.NewWriter(w)
		row := []string{"share_host"}
		for _, c := range journalColumns {
			row = append(row, c.name)
		}
		err := out.Write(row)
		write = func(e *hostEntry) error {
			row[0] = safeCell(text.New(e.host).String())
			for i, c := range journalColumns {
				row[i+1] = safeCell(c.cell(e.Entry))
			}
			return errors.Join(err, out.Write(row))
		}
		return write, func() error { out.Flush(); return out.Error() }
	}
	lines, end := listLines(w)
	return func(e *hostEntry) error {
		if _, err := fmt.Fprintf(w, "%-12s  ", text.New(e.host)); err != nil {
			return err
		}
		return lines(e.Entry)
	}, end
}

// chainOf is a journal of a host, as it has sent it, and what is wrong with it.
type chainOf struct {
	Host     string   `json:"host"`
	Self     bool     `json:"self"`    // it is the host that verifies
	Journal  string   `json:"journal"` // by which it is told from others of the host
	Lines    int      `json:"lines"`
	From     string   `json:"from,omitempty"`
	To       string   `json:"to,omitempty"`
	Intact   bool     `json:"intact"`
	Problems []string `json:"problems"`
	Remarks  []string `json:"remarks"`

	first, last uint64 // numbers of lines
	hash        string // of the last
	hashes      map[uint64]string
	from, to    journal.Entry
}

func (c *chainOf) problem(format string, args ...any) {
	if c.Intact = false; len(c.Problems) < 100 {
		c.Problems = append(c.Problems, text.New(fmt.Sprintf(format, args...)).String())
	}
}

func (c *chainOf) remark(format string, args ...any) {
	c.Remarks = append(c.Remarks, text.New(fmt.Sprintf(format, args...)).String())
}

// take takes the next line that was sent.
func (c *chainOf) take(l share.JournalLine) {
	c.Lines++
	var e journal.Entry
	if err := e.UnmarshalJSON(l.Line); err != nil {
		c.problem("line %d cannot be read: %v", l.Seq, err)
	}
	switch {
	case c.last == 0:
		if c.first = l.Seq; l.Seq > 1 {
			c.remark("it begins with line %d", l.Seq)
		}
	case l.Seq > c.last+1:
		c.problem("%s missing", linesOf(c.last+1, l.Seq-1))
	case l.Seq <= c.last:
		c.problem("line %d comes after line %d: lines were repeated or swapped", l.Seq, c.last)
	case e.Prev != c.hash:
		c.problem("line %d does not continue line %d: one of them was changed", l.Seq, c.last)
	}
	if c.hashes != nil {
		c.hashes[l.Seq] = l.Hash
	}
	if c.from.Time.IsZero() {
		c.from = e
	}
	c.last, c.hash, c.to = max(c.last, l.Seq), l.Hash, e
}

// linesOf names lines by their numbers, for a sentence.
func linesOf(from, to uint64) string {
	if from == to {
		return "line " + strconv.FormatUint(from, 10) + " is"
	}
	return fmt.Sprintf("lines %d to %d are", from, to)
}

// verifyJournals verifies the journal of this host and what all hosts have sent of
// theirs, and holds the one against the other.
func (r *runner) verifyJournals(cmd *cobra.Command, asJSON bool) error {
	const what = "verify the journals of all hosts"
	c, store, leave, err := r.joinJournals(cmd, what)
	if err != nil {
		return err
	}
	defer leave()
	sent, err := chainsOf(cmd.Context(), store, store.Host())
	if err != nil {
		return notRead(what, err)
	}
	// The file is read last: it has every line before it is sent.
	own, err := chainsOf(cmd.Context(), ownJournal(c.StateDir, store.Host()), store.Host())
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	list := compared(own, sent, c.StateDir)
	if c.StateDir != "" {
		report, err := journal.Verify(c.StateDir)
		if err != nil {
			return fmt.Errorf("verify the journal: %w", err)
		}
		list = withReport(list, report, store.Host())
	}
	return r.printChains(list, asJSON)
}

// ownJournal returns what reads the journal in the state directory.
func ownJournal(dir, host string) share.Store {
	f := share.NewFiles(host, "")
	f.Journal(dir)
	return f
}

// chainsOf returns the journals that a store has, in the order of their hosts.
func chainsOf(ctx context.Context, store share.Store, self string) (list []*chainOf, err error) {
	of := map[string]*chainOf{}
	err = store.ReadJournals(ctx, func(l share.JournalLine) bool {
		key := l.Host + " " + l.Chain
		c := of[key]
		if c == nil {
			c = &chainOf{Host: text.New(l.Host).String(), Self: l.Host == self, Journal: text.New(l.Chain).String(), Intact: true, Problems: []string{}, Remarks: []string{}}
			if c.Self {
				c.hashes = map[uint64]string{}
			}
			of[key] = c
			list = append(list, c)
		}
		c.take(l)
		return true
	})
	slices.SortStableFunc(list, func(a, b *chainOf) int { return cmp.Compare(a.Host, b.Host) })
	return list, err
}

// compared returns the journals that were sent, those of this host held against
// the file.
func compared(own, sent []*chainOf, dir string) []*chainOf {
	for _, file := range own {
		i := slices.IndexFunc(sent, func(c *chainOf) bool { return c.Self && c.Journal == file.Journal })
		if i < 0 {
			file.Problems, file.Intact = []string{}, true // [journal.Verify] says what is wrong with it
			file.remark("nothing of it was sent to the others yet: a running tapedeck that shares sends it")
			sent = append(sent, file)
			continue
		}
		sent[i].against(file)
	}
	for _, c := range sent {
		if c.Self && !slices.ContainsFunc(own, func(o *chainOf) bool { return o.Journal == c.Journal }) {
			c.remark("it is not the journal in %s", dir)
		}
	}
	return sent
}

// against holds what was sent against the file.
func (c *chainOf) against(file *chainOf) {
	numbers := func(of map[uint64]string, that func(seq uint64) bool) (list []uint64) {
		for seq := range of {
			if that(seq) {
				list = append(list, seq)
			}
		}
		slices.Sort(list)
		return list
	}
	for _, part := range runs(numbers(c.hashes, func(seq uint64) bool { return file.hashes[seq] == "" })) {
		c.problem("%s not in the file, and the others have it", linesOf(part[0], part[1]))
	}
	for _, part := range runs(numbers(file.hashes, func(seq uint64) bool { return c.hashes[seq] == "" })) {
		if part[0] > c.last {
			c.remark("%s not sent yet: a running tapedeck that shares sends them", linesOf(part[0], part[1]))
		} else {
			c.problem("%s in the file, and the others do not have it", linesOf(part[0], part[1]))
		}
	}
	for _, part := range runs(numbers(c.hashes, func(seq uint64) bool { return file.hashes[seq] != "" && file.hashes[seq] != c.hashes[seq] })) {
		c.problem("%s not as it was sent: the file was changed", linesOf(part[0], part[1]))
	}
}

// runs returns the first and the last of each row of numbers that follow on each
// other.
func runs(list []uint64) (parts [][2]uint64) {
	for _, n := range list {
		if last := len(parts) - 1; last >= 0 && parts[last][1]+1 == n {
			parts[last][1] = n
		} else {
			parts = append(parts, [2]uint64{n, n})
		}
	}
	return parts
}

// withReport adds what the check of the file has found.
func withReport(list []*chainOf, report journal.Report, host string) []*chainOf {
	if report.Intact() {
		return list
	}
	c := &chainOf{Host: host, Self: true, Lines: report.Lines, Problems: []string{}, Remarks: []string{}}
	for _, p := range report.Problems {
		c.problem("%s", p)
	}
	return append([]*chainOf{c}, list...)
}

// printChains prints what was found, a journal a line, and what is wrong before it.
func (r *runner) printChains(list []*chainOf, asJSON bool) error {
	var b bytes.Buffer
	broken := ""
	journals := map[string]int{} // of each host
	for _, c := range list {
		if c.Journal != "" { // else it is what the file alone has
			journals[c.Host]++
		}
	}
	for _, c := range list {
		name := "host " + c.Host
		if c.Self {
			name += " (this one)"
		}
		if journals[c.Host] > 1 && c.Journal != "" {
			name += " journal " + c.Journal
		}
		if c.Lines > 0 && !c.from.Time.IsZero() {
			c.From, c.To = c.from.Time.UTC().Format("2006-01-02T15:04:05.000Z"), c.to.Time.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		if !c.Intact && broken == "" {
			broken = name + ": " + c.Problems[0]
		}
		if asJSON {
			b.Write(append(marshal(c), '\n'))
			continue
		}
		for _, p := range c.Problems {
			fmt.Fprintf(&b, "%s: %s\n", name, p)
		}
		for _, p := range c.Remarks {
			fmt.Fprintf(&b, "(%s: %s)\n", name, p)
		}
		if c.Intact {
			fmt.Fprintf(&b, "intact: %s, %s from %s to %s\n", name, counted(c.Lines, "line"), shown(c.from.Time), shown(c.to.Time))
		}
	}
	if _, err := r.Stdout.Write(b.Bytes()); err != nil {
		return fmt.Errorf("print what was found: %w", err)
	}
	switch {
	case len(list) == 0:
		return &Error{What: "no host has sent its journal yet", Hints: []string{"tapedeck journal verify is for that of this host"}}
	case broken != "":
		return &Error{Code: codeFailed, What: "the journals of all hosts are broken: " + broken,
			Hints: []string{"keep the files and the streams as they are, and compare them"}}
	}
	return nil
}
