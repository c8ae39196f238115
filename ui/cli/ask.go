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
	case a.verb == "pause", r.answers():
		return nil
	case !a.yes:
		return usage("cannot ask whether to "+a.verb+": standard input is no terminal; nothing was sent", "add --yes to "+a.verb+" without a question")
	case a.verb == "stop" && a.yesStop == "":
		return usage("cannot ask for the end of the SID: standard input is no terminal; nothing was sent",
			"add --yes-stop with the last 4 characters of the SID: a stop cannot be undone")
	}
	return nil
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
	if a.verb == "pause" || a.yes && (a.verb != "stop" || a.yesStop != "") {
		return reqs, nil
	}
	l.ask(ctx, r, a, reqs)
	want := "y"
	if a.verb == "stop" {
		want = ending(reqs[0].SID, leastSID)
	}
	if err := r.answer(ctx, a, want); err != nil {
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
		_, _ = fmt.Fprintf(r.Stderr, "It cannot be undone, and the call goes on unrecorded.\nType %s and Enter to stop it: ", ending(reqs[0].SID, leastSID))
		return
	}
	_, _ = fmt.Fprint(r.Stderr, "It records again at once. y and Enter resumes, anything else cancels: ")
}

// answer reads answers until one is the wanted one, or cancels.
func (r *runner) answer(ctx context.Context, a *act, want string) error {
	canceled := func(why string) error {
		return &Error{What: a.verb + " canceled" + why + "; nothing was sent"}
	}
	lines := make(chan string)
	done := make(chan struct{})
	defer close(done)
	go func() { // it may wait for a key for as long as the process lives
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
	opened := time.Now()
	for expire := time.After(askExpire); ; expire = time.After(askExpire) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-expire:
			return canceled(": no answer for 15 s")
		case line, more := <-lines:
			line = strings.TrimSpace(line)
			switch {
			case !more:
				return canceled(": there is no answer")
			case time.Since(opened) < askGuard:
				_, _ = fmt.Fprint(r.Stderr, "too soon: what was typed before the question is ignored. Again: ")
			case strings.EqualFold(line, want):
				return nil
			case a.verb == "stop" && line != "":
				_, _ = fmt.Fprintf(r.Stderr, "nothing was stopped: %q is not %s; type it again: ", text.New(line).String(), want)
			default:
				return canceled("")
			}
		}
	}
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
