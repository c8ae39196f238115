package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/config"
)

// What a command that updates waits for.
const (
	waitVerified = "verified" // until the outcome is settled
	waitAccepted = "accepted" // until the API has answered
	waitNone     = "none"     // until the update is on its way
)

const (
	waitLimit = 30 * time.Second // for the outcome, by default
	maxWait   = 10 * time.Minute
)

// act is a command that updates recordings.
type act struct {
	verb     string // pause, resume or stop
	update   api.Update
	wait     string
	timeout  time.Duration
	ifStatus string
	yes      bool
	reason   string        // why, in the person's words
	yesStop  string        // the end of the SID that may be stopped without a question
	after    time.Duration // until the auto-resume; 0 for none
	afterSet bool          // it was asked for
	local    bool          // of this host alone, where the others cannot be told of it
	skipSet  bool          // skip was asked for by a flag of its own
	out      output
}

const aboutAct = `

A SID may be its end, 4 characters or more, where that is the end of one active
recording only; if it is not, nothing is sent, and the candidates are named. Of
several SIDs each has a line with its result, in the order in which they come.

The command ends when the outcome is settled; --wait accepted ends it when the API
has answered, --wait none when the update is on its way (without a running
service: also when the API has answered). Whatever --timeout is, what was sent is
answered or given up first, which takes 10 s at most, and put on record. tapedeck
help exit-codes has the codes.`

// add gives cmd the flags that all commands have that update.
func (a *act) add(cmd *cobra.Command) {
	addSettings(cmd, actFlags...)
	f := cmd.Flags()
	f.StringVar(&a.wait, "wait", waitVerified, "what to wait for: verified, accepted or none")
	f.DurationVar(&a.timeout, "timeout", waitLimit, "how long to wait for the outcome, at most 10m")
	keepTyped(f.Lookup("timeout"))
	f.StringVar(&a.ifStatus, "if-status", "", "update only a recording with this status, such as paused")
	a.out.fields = resultFields
	a.out.add(cmd, "a JSON array of the results")
}

// check refuses what the flags must not say.
func (a *act) check(cmd *cobra.Command, w io.Writer) (done bool, err error) {
	switch {
	case !slices.Contains([]string{waitVerified, waitAccepted, waitNone}, a.wait):
		return false, usage("cannot use " + strconv.Quote(a.wait) + " for --wait: allowed is verified, accepted, none")
	case a.timeout <= 0 || a.timeout > maxWait:
		return false, usage("cannot use " + strconv.Quote(typed(cmd.Flags().Lookup("timeout"))) + " for --timeout: allowed is a time up to 10m, such as 30s")
	case a.ifStatus != "" && !api.Status(a.ifStatus).Known():
		return false, usage("cannot use "+strconv.Quote(a.ifStatus)+" for --if-status: it is no status of a recording", "such as in-progress or paused")
	}
	return a.out.check(w)
}

// resultFields are the fields of a result.
var resultFields = []string{"sid", "verb", "outcome", "exit_code", "status", "reason", "asked", "answered", "took", "journal_id", "on_record", "recording"}

// result is what came of one request, or why there was none.
type result struct {
	target
	verb    string
	p       deck.Progress
	code    int
	outcome string // one of the six, "refused" or "nothing to do"
	reason  string
	final   row // the recording as it is known now; its Recording is nil for none
}

// The outcomes of what was not sent.
const (
	outcomeRefused = "refused"
	outcomeNothing = "nothing to do"
)

// run carries the command out.
func (r *runner) runAct(cmd *cobra.Command, a *act, args []string) (err error) {
	if done, err := a.check(cmd, r.Stdout); done || err != nil {
		return err
	}
	sids, err := cleanSIDs(args)
	if err != nil {
		return err
	}
	if err := r.mayAsk(a, sids); err != nil {
		return err
	}
	l, err := r.link(cmd, true)
	if err != nil {
		return err
	}
	until := func() time.Time { return time.Now().Add(finishLimit) }
	defer func() { err = joined(err, l.close(until())) }()
	if err := r.canKeep(l, a); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), a.timeout)
	defer cancel()
	targets, err := l.resolve(ctx, sids)
	if err != nil {
		return err
	}
	print := r.results(cmd.Context(), a, l)
	reqs := a.requests(targets, l, print)
	if len(reqs) > 0 {
		var answered []deck.Request
		if answered, err = r.confirm(cmd.Context(), a, l, reqs); err != nil {
			return errors.Join(err, print.end())
		}
		l.perform(ctx, a.wait, answered, func(req deck.Request, p deck.Progress, err error) { print.add(a.settled(l, req, p, err)) })
	}
	if err := print.end(); err != nil {
		return err
	}
	if print.worst != 0 {
		return exitCode(print.worst)
	}
	return nil
}

// canKeep refuses what ends with the command that asked for it, and warns of
// what nothing here would do. With a service, a pause has the auto-resume of the
// settings, unless another one was asked for.
func (r *runner) canKeep(l *link, a *act) error {
	if l.attached != nil {
		if a.verb == "pause" && !a.afterSet {
			a.after = min(l.config.AutoResume, deck.MaxResumeAfter)
		}
		return r.canPromise(l, a)
	}
	if a.after > 0 {
		return usage("cannot "+a.verb+" with --resume-after: nothing that this command uses here would resume it, and this command ends",
			"use tapedeck serve, which resumes it, or resume by tapedeck resume")
	}
	if a.verb == "pause" && l.config.AutoResume > 0 {
		r.warn(config.Config{Warnings: []string{"auto_resume is not used: nothing that this command uses here would resume it; it stays paused until somebody does"}})
	}
	return nil
}

// requests returns the requests for the targets that there is something to do
// with, and prints why there is none for the others.
func (a *act) requests(targets []target, l *link, print *results) (reqs []deck.Request) {
	for _, t := range targets {
		if t.err != nil {
			what, _ := errors.AsType[*Error](t.err)
			reason := api.Words(t.err)
			if what != nil {
				reason = what.What
			}
			print.add(result{target: t, verb: a.verb, code: codeFor(t.err), outcome: outcomeRefused, reason: reason})
			continue
		}
		if res, ok := a.refuses(l, t); ok {
			print.add(res)
			continue
		}
		reqs = append(reqs, deck.Request{SID: t.rec.SID, Profile: t.rec.Profile, Update: a.updateOf(l, t.rec), Actor: l.actor, Seen: t.rec.Status, ResumeAfter: a.after, ResumeLocal: a.local, Reason: a.reason})
	}
	return reqs
}

// refuses returns the result for a recording that is not as the caller believes,
// or has ended. ok is false for one that is to be updated.
func (a *act) refuses(l *link, t target) (res result, ok bool) {
	res = result{target: t, verb: a.verb, outcome: outcomeRefused, code: codeFailed, final: l.shown(t.rec)}
	is := "it is " + text.New(string(t.rec.Status)).String()
	want := api.Status(a.ifStatus)
	switch same := t.rec.Status == want || want.Running() && t.rec.Status.Running(); {
	case a.ifStatus != "" && (!same || t.rec.Gone):
		res.reason = is + ", not " + a.ifStatus
	case t.rec.Active():
		return res, false
	case a.update.Status == api.Stopped:
		res.outcome, res.code, res.reason = outcomeNothing, 0, is
	default:
		res.reason = is
	}
	return res, true
}

// settled returns the result of a request.
func (a *act) settled(l *link, req deck.Request, p deck.Progress, err error) result {
	res := result{target: target{typed: req.SID.String(), rec: l.Snapshot().Lookup(req.Key())}, verb: a.verb, p: p}
	if res.rec != nil {
		if l.attached != nil && err == nil && p.Settled {
			res.rec = l.await(context.Background(), res.rec, func(r *deck.Recording) bool { return l.told(r, p) })
		}
		res.final = l.shown(res.rec)
	}
	if err != nil {
		res.outcome, res.code, res.reason = outcomeRefused, codeFor(err), deckWords(err)
		return res
	}
	res.outcome, res.code, res.reason = string(p.Outcome), codeOfUpdate(p, a.wait), reasonFor(p)
	if p.Outcome == deck.Failed && res.code == codeFailed && res.rec != nil && req.Update.Reached(res.rec.Status) && req.Update.Reached(req.Seen) {
		res.code, res.outcome = 0, outcomeNothing // it was so before
	}
	if p.Outcome == deck.Accepted && !p.Settled && res.reason == "" && a.wait == waitVerified {
		res.reason = "not verified in time"
	}
	if a.afterSet && res.code == 0 && req.Update.Reached(req.Seen) && l.attached != nil {
		a.setTimer(l, req, &res)
	}
	return res
}

// told reports whether a recording shows the end of an update, or a later one.
func (l *link) told(r *deck.Recording, p deck.Progress) bool {
	return r.Update != nil && (r.Update.ID > p.ID || r.Update.ID == p.ID && r.Update.Settled)
}

// deckWords says why the deck refused a request.
func deckWords(err error) string {
	for _, known := range []error{deck.ErrReadOnly, deck.ErrSkip, deck.ErrNoReason, deck.ErrClosed, deck.ErrNotFound} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if busy, ok := errors.AsType[*deck.BusyError](err); ok {
		return busy.Error()
	}
	if _, answered := asAnswer(err); answered && asRefusal(err) == nil {
		return api.Words(err)
	}
	return text.New(err.Error()).String()
}

func asAnswer(err error) (*api.Error, bool) { return errors.AsType[*api.Error](err) }

// perform carries requests out, and calls result, one call at a time, for each
// that has come as far as is waited for, or, when ctx ends, as far as it has.
func (l *link) perform(ctx context.Context, wait string, reqs []deck.Request, result func(deck.Request, deck.Progress, error)) {
	began := time.Now()
	snapshots, stop := l.Subscribe()
	defer stop()
	var mu sync.Mutex
	told := make([]bool, len(reqs))
	left := len(reqs)
	all := make(chan struct{})
	tell := func(i int, p deck.Progress, err error) {
		mu.Lock()
		defer mu.Unlock()
		if told[i] {
			return
		}
		told[i] = true
		result(reqs[i], p, err)
		if left--; left == 0 {
			close(all)
		}
	}
	look := func(s *deck.Snapshot, enough func(*deck.Progress) bool) {
		for i, req := range reqs {
			r := s.Lookup(req.Key())
			if r != nil && r.Update != nil && l.asked(r.Update, req) && !r.Update.Asked.Before(began) && enough(r.Update) {
				tell(i, *r.Update, nil)
			}
		}
	}
	if left == 0 {
		return
	}
	go func() { defer l.hook.Guard(); l.DoAll(ctx, reqs, tell) }()
	for {
		select {
		case s := <-snapshots:
			look(s, func(p *deck.Progress) bool { return l.enough(p, wait) }) // one that is settled, DoAll tells
			continue
		case <-all:
			return
		case <-ctx.Done():
		}
		break
	}
	if l.own != nil { // what was sent is answered first
		finish, cancel := context.WithTimeout(context.Background(), finishLimit)
		_ = l.own.Close(finish)
		cancel()
	}
	look(l.Snapshot(), func(*deck.Progress) bool { return true })
	for i := range reqs {
		tell(i, deck.Progress{Request: reqs[i], Outcome: deck.Unknown, Asked: began, Note: "nothing is known of it"}, nil)
	}
}

// asked reports whether an update is that of a request of this command. A deck
// of its own has no others.
func (l *link) asked(p *deck.Progress, req deck.Request) bool {
	if l.own != nil {
		return p.Request.Update.Status == req.Update.Status
	}
	return p.Request == req
}

// enough reports whether an update has come as far as is waited for.
func (l *link) enough(p *deck.Progress, wait string) bool {
	switch wait {
	case waitAccepted:
		return p.Outcome == deck.Accepted
	case waitNone:
		return l.attached != nil || p.Outcome == deck.Accepted
	}
	return false
}

// results prints results as they come, and remembers the worst.
type results struct {
	r       *runner
	a       *act
	objects *objects
	worst   int
	failed  error
}

func (r *runner) results(ctx context.Context, a *act, l *link) *results {
	return &results{r: r, a: a, objects: r.objects(ctx, &a.out, r.Stdout)}
}

func (p *results) add(res result) {
	p.worst = worse(p.worst, res.code)
	var err error
	switch {
	case p.a.out.json.on:
		err = p.objects.add(res.appendJSON(nil))
	case p.r.Terminal:
		_, err = fmt.Fprintln(p.r.Stdout, res.sentence())
	default:
		status := ""
		if res.final.Recording != nil {
			status = text.New(string(res.final.Status)).String()
		}
		_, err = fmt.Fprintln(p.r.Stdout, tabbed(res.sid().String(), res.verb, res.outcome, strconv.Itoa(res.code), status, res.reason))
	}
	if p.failed == nil {
		p.failed = err
	}
	if res.p.OffRecord != nil {
		_, _ = fmt.Fprintf(p.r.Stderr, "tapedeck: warning: %s %s is not on record: %v\n", res.verb, res.sid().SID(), res.p.OffRecord)
	}
}

// end ends the output, and returns what went wrong with it.
func (p *results) end() error {
	if p.a.out.json.on && p.failed == nil {
		p.failed = p.objects.end()
	}
	return notPrinted("the results", p.failed)
}

// tabbed returns cells with tabs between them. None of them has a tab.
func tabbed(cells ...string) string {
	for i, c := range cells {
		cells[i] = text.New(c).String()
	}
	return strings.Join(cells, "\t")
}

// sentence says the result to a person.
func (res result) sentence() string {
	name := "…" + ending(text.New(res.sid().SID()), leastSID)
	with := ""
	if b := res.p.Request.Update.PauseBehavior; b != "" {
		with = " with " + string(b)
	}
	why := ""
	if res.reason != "" {
		why = ": " + res.reason
	}
	switch deck.Outcome(res.outcome) {
	case outcomeRefused:
		return text.New("cannot " + res.verb + " " + name + why).String()
	case outcomeNothing:
		return text.New("nothing to do for " + name + why).String()
	case deck.Verified, deck.Accepted:
		took := ""
		if d := res.took(); d > 0 {
			took = fmt.Sprintf(" in %.1f s", d.Seconds())
		}
		return text.New(pastOf(res.verb) + " " + name + with + ": " + res.outcome + took + why).String()
	}
	return text.New(res.verb + " " + name + with + ": " + res.outcome + why).String()
}

// took returns how long it took to the outcome; 0 where there is none.
func (res result) took() time.Duration {
	switch end := res.p.Done; {
	case !end.IsZero():
		return max(0, end.Sub(res.p.Asked))
	case !res.p.Answered.IsZero():
		return max(0, res.p.Answered.Sub(res.p.Asked))
	}
	return 0
}

// appendJSON appends the result as one JSON object.
func (res result) appendJSON(dst []byte) []byte {
	out := struct {
		SID      string          `json:"sid"`
		Verb     string          `json:"verb"`
		Outcome  string          `json:"outcome"`
		Code     int             `json:"exit_code"`
		Status   *string         `json:"status"`
		Reason   string          `json:"reason"`
		Asked    *time.Time      `json:"asked"`
		Answered *time.Time      `json:"answered"`
		Took     *seconds        `json:"took"`
		ID       string          `json:"journal_id,omitempty"`
		OnRecord *bool           `json:"on_record"`
		Now      json.RawMessage `json:"recording"`
	}{
		SID: res.sid().String(), Verb: res.verb, Outcome: res.outcome, Code: res.code, Reason: res.reason,
		Asked: utc(res.p.Asked), Answered: utc(res.p.Answered), ID: res.p.JournalID, Now: json.RawMessage("null"),
	}
	if res.final.Recording != nil {
		status := string(res.final.Status)
		out.Status, out.Now = &status, res.final.appendJSON(nil)
	}
	if d := res.took(); d > 0 {
		out.Took = (*seconds)(&d)
	}
	if on := res.p.OffRecord == nil; res.p.JournalID != "" {
		out.OnRecord = &on
	}
	return append(dst, marshal(out)...)
}

// marshal returns v as JSON on one line, with <, > and & as they are. It is for
// values that can be written.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// pastOf returns what a verb has done.
func pastOf(verb string) string {
	switch verb {
	case "pause":
		return "paused"
	case "start":
		return "started"
	}
	return past(verb)
}
