package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/share"
	"tapedeck/api/text"
)

// kinds are what an error of the wire can be about, by name.
var kinds = []struct {
	name string
	err  error
}{
	{"not-authorized", api.ErrUnauthorized},
	{"not-found", api.ErrNotFound},
	{"rate-limited", api.ErrRateLimited},
	{"page-refused", api.ErrPage},
	{"unreadable", api.ErrUnreadable},
	{"unreadable-rows", api.ErrRows},
	{"too-many-pages", api.ErrPages},
	{"unusable-sid", api.ErrSID},
	{"redirect", api.ErrRedirect},
	{"read-only", deck.ErrReadOnly},
	{"no-skip", deck.ErrSkip},
	{"no-reason", deck.ErrNoReason},
	{"no-recording", deck.ErrNotFound},
	{"closed", deck.ErrClosed},
	{"not-sent", deck.ErrNotSent},
	{"not-on-record", deck.ErrNotOnRecord},
	{"recorded-by-now", deck.ErrRecorded},
	{"started-already", deck.ErrStarting},
	{"canceled", context.Canceled},
	{"deadline", context.DeadlineExceeded},
}

// FaultOf returns an error as the wire has it; nil for none.
func FaultOf(err error) *Fault {
	if err == nil {
		return nil
	}
	f := &Fault{Error: err.Error(), Reason: api.Reason(err), Hint: api.Hint(err)}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			f.Kinds = append(f.Kinds, k.name)
		}
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		f.Answer = &APIError{Status: e.StatusCode, Code: e.Code, Message: e.Message.String()}
		if e.HasRetryAfter {
			after := SecondsOf(e.RetryAfter)
			f.Answer.RetryAfter = &after
		}
	}
	return f
}

// Err returns the error, an [*api.Reported]; nil for none.
func (f *Fault) Err() error {
	if f == nil {
		return nil
	}
	var causes []error
	if a := f.Answer; a != nil {
		e := &api.Error{StatusCode: a.Status, Code: a.Code, Message: text.New(a.Message)}
		if a.RetryAfter != nil {
			e.RetryAfter, e.HasRetryAfter = max(0, a.RetryAfter.Duration()), true
		}
		causes = append(causes, e)
	}
	for _, k := range kinds {
		for _, name := range f.Kinds {
			if name == k.name {
				causes = append(causes, k.err)
			}
		}
	}
	return &api.Reported{Text: clean(f.Error), Word: clean(f.Reason), Step: clean(f.Hint), Cause: errors.Join(causes...)}
}

// RefusalError is a refusal of the service as an error. It is, for
// [errors.Is], what the deck gives for the same, and may hold a
// [*deck.BusyError].
type RefusalError struct {
	Refusal
	instance string // of the service that has refused; empty where that is not known
}

// Error returns the sentence.
func (e *RefusalError) Error() string { return clean(e.Refusal.Error) }

// Is reports whether the refusal is what target is about.
func (e *RefusalError) Is(target error) bool {
	for _, c := range codes {
		if c.code == e.Code && c.err == target {
			return true
		}
	}
	return target == ErrMayNot && (e.Code == CodeRole || e.Code == CodeUser)
}

// Unwrap returns what is said of it, and the update that is under way, if that
// is the reason.
func (e *RefusalError) Unwrap() []error {
	out := []error{&api.Reported{Text: e.Error(), Word: "service refused", Step: clean(e.Hint)}}
	if e.Fault != nil {
		out = append(out, e.Fault.Err())
	}
	if e.Busy != nil {
		out = append(out, &deck.BusyError{Progress: e.Busy.Deck(time.Now())})
	}
	return out
}

// ErrMayNot is why a request is refused that the role may not make.
var ErrMayNot = errors.New("the role may not do it")

// codes are the deck's errors by the code that the wire has for them.
var codes = []struct {
	code Code
	err  error
	hint string // the next step; empty for none
}{
	{code: CodeReadOnly, err: deck.ErrReadOnly},
	{CodeSkip, deck.ErrSkip, "pause with silence"},
	{CodeNoReason, deck.ErrNoReason, "say why it is stopped"},
	{code: CodeRecording, err: deck.ErrNotFound},
	{code: CodeEnding, err: deck.ErrClosed},
	{code: CodeEnding, err: deck.ErrNotSent},
	{code: CodeOffRecord, err: deck.ErrNotOnRecord},
	{code: CodeRecorded, err: deck.ErrRecorded},
	{code: CodeStarting, err: deck.ErrStarting},
	{CodeFired, share.ErrFired, ""},
	{CodeFired, share.ErrFiring, "look whether it is resumed; pause it again if it is to stay paused"},
	{CodeAway, share.ErrAway, "try again when it is back; tapedeck doctor says why it is away"},
	{CodeAway, share.ErrUnknown, "look what the screen says of it, then try again"},
}

// RefusalOf returns why the deck refused a request, as the wire has it.
func RefusalOf(err error) Refusal {
	if e, ok := errors.AsType[*RefusalError](err); ok {
		return e.Refusal
	}
	out := Refusal{Code: CodeUnfit, Error: err.Error()}
	if answer, ok := errors.AsType[*api.Error](err); ok { // of others no network is the reason: the deck refused by itself
		out.Hint = api.Hint(answer)
	}
	if busy, ok := errors.AsType[*deck.BusyError](err); ok {
		out.Code, out.Hint, out.Busy = CodeBusy, "wait for its result, which is on the screen", ProgressOf(busy.Progress)
		return out
	}
	for _, c := range codes {
		if errors.Is(err, c.err) {
			out.Code, out.Hint = c.code, c.hint
			return out
		}
	}
	return out
}

// statuses are the HTTP statuses of the codes; 400 for those that are not here.
var statuses = map[Code]int{
	CodeUser: 403, CodeRole: 403, CodeSession: 403, CodeEnded: 403, CodeReadOnly: 403,
	CodeSkip: 403, CodeNoReason: 403,
	CodeRoute: 404, CodeVersion: 404, CodeProfile: 404, CodeRecording: 404, CodeRequest: 404,
	CodeMethod: 405, CodeSlow: 408, CodeBusy: 409, CodeUnfit: 409, CodeRecorded: 409, CodeStarting: 409, CodeFired: 409, CodeTooLarge: 413, CodeTooMany: 429,
	CodeInternal: 500, CodeAPI: 502, CodeEnding: 503, CodeOffRecord: 503, CodeNotStarted: 503, CodeAway: 503,
}

// HTTPStatus returns the HTTP status of an answer with this refusal.
func (r Refusal) HTTPStatus() int {
	if s, ok := statuses[r.Code]; ok {
		return s
	}
	return http.StatusBadRequest
}

// verbs are the updates by the word that the wire has for them.
var verbs = map[string]api.Status{"pause": api.Paused, "resume": api.InProgress, "stop": api.Stopped}

// RequestOf returns a request of the deck as the wire has it.
func RequestOf(req deck.Request) Request {
	return Request{
		ID: req.ID, SID: req.SID.String(), Profile: req.Profile, Update: req.Verb(),
		Behavior: string(req.Update.PauseBehavior), Seen: string(req.Seen), ResumeAfter: SecondsOf(req.ResumeAfter), ResumeLocal: req.ResumeLocal,
		Group: req.Group, Reason: req.Reason, Again: req.Again, Insist: req.Insist, Seq: req.Snapshot,
	}
}

// Deck returns the request as the deck takes it, without an actor. The error
// holds a [*RefusalError] and says what is wrong with it.
func (r Request) Deck() (deck.Request, error) {
	req := deck.Request{
		SID: text.New(r.SID), Profile: r.Profile, ID: r.ID, Seen: api.Status(clean(r.Seen)), ResumeAfter: r.ResumeAfter.Duration(), ResumeLocal: r.ResumeLocal,
		Group: r.Group, Reason: deck.CleanReason(r.Reason), Again: r.Again, Insist: r.Insist, Snapshot: r.Seq,
		Update: api.Update{PauseBehavior: api.PauseBehavior(r.Behavior)},
	}
	bad := func(code Code, format string, args ...any) (deck.Request, error) {
		return deck.Request{}, &RefusalError{Refusal: Refusal{Code: code, Error: fmt.Sprintf(format, args...)}}
	}
	status, known := verbs[r.Update]
	req.Update.Status = status
	behavior := req.Update.PauseBehavior
	switch {
	case len(r.Reason) > deck.MaxReason:
		return bad(CodeTooLarge, "the reason of request %s is longer than %d bytes", clean(r.ID), deck.MaxReason)
	case !ValidID(r.ID):
		return bad(CodeID, "the ID of a request is 8 to %d letters, digits and dashes (got %q)", MaxID, clean(r.ID))
	case r.SID == "":
		return bad(CodeBody, "request %s names no recording", r.ID)
	case !known:
		return bad(CodeBody, "an update is pause, resume or stop (got %q)", clean(r.Update))
	case behavior != "" && (status != api.Paused || behavior != api.Silence && behavior != api.Skip):
		return bad(CodeBody, "the behavior of a pause is silence or skip (got %q with %s)", clean(r.Behavior), r.Update)
	case req.ResumeAfter < 0 || req.ResumeAfter > deck.MaxResumeAfter || req.ResumeAfter > 0 && status != api.Paused:
		return bad(CodeBody, "resume_after goes with a pause, up to %s (got %v s with %s)", deck.MaxResumeAfter, float64(r.ResumeAfter), r.Update)
	}
	return req, nil
}

// ValidID reports whether s may be the ID of a request.
func ValidID(s string) bool {
	if len(s) < 8 || len(s) > MaxID {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '-':
		default:
			return false
		}
	}
	return true
}
