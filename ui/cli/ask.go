package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

const (
	askGuard  = 300 * time.Millisecond // an answer that comes sooner was typed before the question
	askExpire = 15 * time.Second       // a question waits for so long
)

// mayAsk refuses an update that is to be asked about where nobody can answer and
// the flags do not. The end of the SID that may be stopped is compared when the
// SID is known.
func (r *runner) mayAsk(a *act, sids []string) error {
	switch {
	case a.yesStop != "" && len([]rune(a.yesStop)) < leastSID:
		return usage(fmt.Sprintf("cannot use %q for --yes-stop: it is the last 4 characters of the SID", a.yesStop))
	case a.yesStop != "" && !isSID(text.New(sids[0]), a.yesStop) && !isSID(text.New(a.yesStop), sids[0]):
		return usage(fmt.Sprintf("--yes-stop %s is not the end of %s; nothing was sent", a.yesStop, sids[0]))
	case a.verb != "stop", r.answers(): // whether the others are asked about is said by the policy
		return nil
	case !a.yes:
		return a.cannotAsk()
	case a.yesStop == "":
		return usage("cannot ask for the end of the SID: standard input is no terminal; nothing was sent",
			"add --yes-stop with the last 4 characters of the SID: a stop cannot be undone")
	}
	return nil
}

// cannotAsk says that a question has nobody to answer it.
func (a *act) cannotAsk() error {
	return usage("cannot ask whether to "+a.verb+": standard input is no terminal; nothing was sent", "add --yes to "+a.verb+" without a question")
}

// answers reports whether somebody can answer a question.
func (r *runner) answers() bool { return r.Keyboard && r.Stdin != nil }

// confirm asks about what cannot be taken back, where the flags have not said
// yes, and returns the requests that are to be sent. The error is why there are
// none.
func (r *runner) confirm(ctx context.Context, a *act, l *link, reqs []deck.Request) ([]deck.Request, error) {
	if a.yesStop != "" && !isSID(reqs[0].SID, a.yesStop) {
		return nil, usage(fmt.Sprintf("--yes-stop %s is not the end of %s; nothing was sent", a.yesStop, reqs[0].SID))
	}
	unsaid := a.reasonMissing(l, reqs)
	switch {
	case unsaid && (!r.answers() || a.yes && a.yesStop != ""):
		return nil, usage("cannot stop …"+ending(reqs[0].SID, leastSID)+": "+deck.ErrNoReason.Error()+"; nothing was sent", `add --reason, such as --reason "the caller withdrew consent"`)
	case !a.asks(l, reqs), a.yes && (a.verb != "stop" || a.yesStop != ""):
		return reqs, nil
	case !r.answers():
		return nil, a.cannotAsk()
	}
	l.ask(ctx, r, a, reqs)
	k, done := r.asker(a)
	defer done()
	if unsaid {
		_, _ = fmt.Fprintln(r.Stderr, "The policy is evidence: a stop needs a reason.")
		reason, err := k.reason(ctx, ending(reqs[0].SID, leastSID))
		if err != nil {
			return nil, err
		}
		for i := range reqs {
			reqs[i].Reason = reason
		}
	}
	words, want := a.lastQuestion(reqs)
	if err := k.answer(ctx, words, want); err != nil {
		return nil, err
	}
	return reqs, l.unchanged(ctx, a, reqs)
}

// ask writes the question: what is asked, who is on each line, and where.
func (l *link) ask(ctx context.Context, r *runner, a *act, reqs []deck.Request) {
	where := strings.TrimPrefix(l.config.Space, "https://")
	for _, req := range reqs {
		rec := l.Snapshot().Lookup(req.Key())
		if rec == nil {
			continue
		}
		if l.own != nil {
			if named, err := l.own.Describe(ctx, rec); err == nil {
				rec = named
			}
		}
		s := l.shown(rec)
		_, _ = fmt.Fprintf(r.Stderr, "%s …%s  %s  %s · %s\n", text.New(a.verb), s.short(), s.word(), s.who(), text.New(cmp.Or(s.profile, where)))
	}
	if a.verb == "stop" {
		_, _ = fmt.Fprintln(r.Stderr, "It cannot be undone, and the call goes on unrecorded.")
	}
}

// lastQuestion is the question that is answered by y, or by the end of the SID that
// is stopped, and that answer.
func (a *act) lastQuestion(reqs []deck.Request) (words, want string) {
	switch a.verb {
	case "stop":
		want = ending(reqs[0].SID, leastSID)
		return "Type " + want + " and Enter to stop it: ", want
	case "pause":
		return "The policy is evidence: until it is resumed, nothing is recorded. y and Enter pauses, anything else cancels: ", "y"
	}
	return "It records again at once. y and Enter resumes, anything else cancels: ", "y"
}

// asker asks questions of the person at the terminal, one after the other.
type asker struct {
	r     *runner
	a     *act
	lines chan string
}

// asker returns what asks, and what ends it.
func (r *runner) asker(a *act) (k *asker, end func()) {
	lines := make(chan string)
	done := make(chan struct{})
	go func() { // it may wait for a key for as long as the process lives
		defer r.hook().Guard()
		defer close(lines)
		in := bufio.NewScanner(r.Stdin)
		for in.Scan() {
			select {
			case lines <- in.Text():
			case <-done:
				return
			}
		}
	}()
	return &asker{r, a, lines}, func() { close(done) }
}

func (k *asker) canceled(why string) error {
	return &Error{What: k.a.verb + " canceled" + why + "; nothing was sent"}
}

// ask writes a question, and has take look at each line that is typed, until it
// says that it was the answer; next is what is asked then. The error is why there
// is none.
func (k *asker) ask(ctx context.Context, words string, take func(line string) (next string, over bool, err error)) error {
	_, _ = fmt.Fprint(k.r.Stderr, words)
	opened := time.Now()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(askExpire):
			return k.canceled(": no answer for 15 s")
		case line, more := <-k.lines:
			if !more {
				return k.canceled(": there is no answer")
			}
			if time.Since(opened) < askGuard {
				_, _ = fmt.Fprint(k.r.Stderr, "too soon: what was typed before the question is ignored. Again: ")
				continue
			}
			next, over, err := take(strings.TrimSpace(line))
			if over || err != nil {
				return err
			}
			_, _ = fmt.Fprint(k.r.Stderr, next)
		}
	}
}

// answer asks until the answer is the wanted one, or cancels.
func (k *asker) answer(ctx context.Context, words, want string) error {
	return k.ask(ctx, words, func(line string) (string, bool, error) {
		switch {
		case strings.EqualFold(line, want):
			return "", true, nil
		case k.a.verb == "stop" && line != "":
			return fmt.Sprintf("nothing was stopped: %q is not %s; type it again: ", text.New(line).String(), want), false, nil
		}
		return "", false, k.canceled("")
	})
}

// reason asks why. The end of the SID is no reason: whoever types it at once has
// not read the question.
func (k *asker) reason(ctx context.Context, sid string) (reason string, err error) {
	err = k.ask(ctx, "Why is it stopped? ", func(line string) (string, bool, error) {
		reason = deck.CleanReason(line)
		switch {
		case reason == "":
			return "", false, k.canceled("")
		case strings.EqualFold(reason, sid):
			return "Type why first, then the end of the SID. Why is it stopped? ", false, nil
		}
		return "", true, nil
	})
	return reason, err
}

// unchanged refuses what was answered when a recording has another status by
// then than in the question.
func (l *link) unchanged(ctx context.Context, a *act, reqs []deck.Request) error {
	for _, req := range reqs {
		rec := l.Snapshot().Lookup(req.Key())
		if l.own != nil {
			var err error
			if rec, err = l.own.Reload(ctx, req.SID); err != nil {
				return &Error{Code: codeFor(err), What: a.verb + " canceled: it could not be read again: " + api.Words(err) + "; nothing was sent"}
			}
		}
		if rec == nil || !rec.Active() || rec.Status != req.Seen && !(rec.Status.Running() && req.Seen.Running()) {
			is := "gone"
			if rec != nil {
				is = text.New(string(rec.Status)).String()
			}
			return &Error{What: fmt.Sprintf("%s …%s canceled: it is now %s; nothing was sent", a.verb, ending(req.SID, leastSID), is)}
		}
	}
	return nil
}
