package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/local"
)

// The exit codes of the commands beside 0, 1, 2 and 3. They are the same in
// every command; aboutCodes says what they mean.
const (
	codeUnauthorized = 4  // HTTP 401 or 403: the token, its scope, or the role
	codeNotFound     = 5  // there is no such recording
	codeUnreachable  = 6  // the API, or the service, cannot be reached; what is shown is old
	codeUnverified   = 8  // accepted, and not verified in time
	codeUnknown      = 9  // it may or may not have been done
	codeContradicted = 10 // the API said that it was done, and then otherwise
)

// exitCodes returns the help topic of the exit codes.
func exitCodes() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes of the commands mean", Long: aboutCodes}
}

const aboutCodes = `tapedeck's commands end with these codes, the same in every command:

  0   done, and verified or as --wait asked; a list that is complete
  1   failed: refused, not done, or a list that is not complete
  2   usage or settings; a SID that is not the end of one recording only;
      nothing was sent
  3   an alarm stands (tapedeck status)
  4   not authorized: HTTP 401 or 403, the token's scope, or your role
  5   there is no such recording
  6   the API, or the service, cannot be reached; what is shown is old
  8   accepted, and not verified before --timeout
  9   unknown: it may or may not have been done
  10  contradicted: the API accepted it, and a read says otherwise
  129, 130, 143   after SIGHUP, SIGINT, SIGTERM

Of several recordings the worst counts. From the worst on: 10, 1, 4, 2, 6, 5, 9, 8.`

// worstFirst are the codes from the worst on: what was not done is worse than
// what may not have been.
var worstFirst = []int{codeContradicted, codeFailed, codeUnauthorized, codeUsage, codeUnreachable, codeNotFound, codeUnknown, codeUnverified, codeAlarm, 0}

// worse returns the worse one of two exit codes.
func worse(a, b int) int {
	return worstFirst[min(slices.Index(worstFirst, a), slices.Index(worstFirst, b))]
}

// codeFor returns the exit code for why something could not be read, or was not
// sent.
func codeFor(err error) int {
	var own *Error
	answer, answered := errors.AsType[*api.Error](err)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &own):
		return cmp.Or(own.Code, codeFailed)
	case asRefusal(err) != nil:
		return codeOfRefusal(asRefusal(err))
	case errors.Is(err, deck.ErrReadOnly), errors.Is(err, deck.ErrSkip), errors.Is(err, deck.ErrNoReason):
		return codeUsage
	case errors.Is(err, api.ErrUnauthorized):
		return codeUnauthorized
	case errors.Is(err, api.ErrNotFound), errors.Is(err, deck.ErrNotFound), errors.Is(err, api.ErrSID):
		return codeNotFound
	case errors.Is(err, api.ErrPage), errors.Is(err, api.ErrPages), errors.Is(err, api.ErrRows):
		return codeFailed // what could be read was
	case answered && answer.StatusCode < 500 && !errors.Is(err, api.ErrRateLimited):
		return codeFailed
	case errors.Is(err, deck.ErrNotOnRecord), errors.Is(err, deck.ErrClosed), errors.Is(err, context.Canceled):
		return codeFailed
	}
	if _, busy := errors.AsType[*deck.BusyError](err); busy {
		return codeFailed
	}
	return codeUnreachable
}

// asRefusal returns the refusal of the service that err holds; nil for none.
func asRefusal(err error) *local.RefusalError {
	r, _ := errors.AsType[*local.RefusalError](err)
	return r
}

// codeOfRefusal returns the exit code for what the service has refused.
func codeOfRefusal(r *local.RefusalError) int {
	switch r.Code {
	case local.CodeUser, local.CodeRole, local.CodeSession, local.CodeEnded:
		return codeUnauthorized
	case local.CodeReadOnly, local.CodeSkip, local.CodeNoReason, local.CodeProfile, local.CodeAmbiguous:
		return codeUsage
	case local.CodeRecording:
		return codeNotFound
	case local.CodeAPI:
		return codeFor(r.Fault.Err())
	case local.CodeEnding, local.CodeNotStarted, local.CodeTooMany, local.CodeSlow, local.CodeVersion:
		return codeUnreachable
	}
	return codeFailed
}

// codeForList returns the exit code for why a list could not be read, or not all
// of it. One that the API does not know is that of another project or space.
func codeForList(err error) int {
	if code := codeFor(err); code != codeNotFound {
		return code
	}
	return codeUnreachable
}

// codeOfUpdate returns the exit code of an update that has come so far, where
// the caller waits for wait.
func codeOfUpdate(p deck.Progress, wait string) int {
	switch p.Outcome {
	case deck.Verified:
		return 0
	case deck.Accepted:
		if wait == waitVerified {
			return codeUnverified
		}
		return 0
	case deck.Contradicted:
		return codeContradicted
	case deck.Failed:
		return codeOfFailure(p.Err)
	case deck.Requested:
		if wait == waitNone {
			return 0
		}
	}
	return codeUnknown
}

// codeOfFailure returns the exit code of an update that has failed.
func codeOfFailure(err error) int {
	_, answered := asAnswer(err)
	switch {
	case errors.Is(err, api.ErrUnauthorized):
		return codeUnauthorized
	case errors.Is(err, api.ErrNotFound):
		return codeNotFound
	case err != nil && !answered && api.NotSent(err) && !errors.Is(err, api.ErrSID):
		return codeUnreachable
	}
	return codeFailed
}
