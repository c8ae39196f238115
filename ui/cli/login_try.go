package cli

import (
	"context"
	"errors"
	"time"

	"tapedeck/api"
	"tapedeck/config"
	"tapedeck/ui/doctor"
)

// loginLimit is how long trying a login may take.
const loginLimit = 15 * time.Second

// try lists one recording. Where that fails, wrong has those of space, project
// and token that may be to blame; nil where it is none of them.
func (l *login) try(ctx context.Context) (wrong []string, err error) {
	base, err := config.CheckSpace(l.space)
	if err != nil {
		return []string{"space"}, err
	}
	token := l.token
	if l.command != nil {
		if token, err = config.CommandToken(ctx, l.Environ, l.book.Path(), l.command); err != nil {
			return nil, err
		}
	}
	client, err := api.New(api.Config{Space: base, Project: l.project, Token: token, UserAgent: "tapedeck/" + l.release()})
	if err != nil {
		return []string{"space", "project"}, usage("cannot use what was entered: " + err.Error())
	}
	defer client.Close()
	limited, cancel := context.WithTimeout(ctx, loginLimit)
	defer cancel()
	_, err = client.Recordings(api.RecordingQuery{PageSize: 1}).Next(limited, func(api.Row) {})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err == nil || errors.Is(err, api.ErrPage) || errors.Is(err, api.ErrRows) {
		return nil, nil // it was listed
	}
	wrong, e := blame(err, hostIn(base), l.project)
	if l.command != nil && len(wrong) > 0 && wrong[len(wrong)-1] == "token" {
		e.Hints = append(e.Hints, "the token is the one that --token-command prints: check that too")
		wrong = wrong[:len(wrong)-1]
	}
	e.Hints = append(e.Hints, "nothing was written")
	return wrong, e
}

// blame says which of space, project and token a failure is about, as far as the
// API tells.
func blame(err error, host, project string) (wrong []string, e *Error) {
	fault, what, hint := doctor.Blame(err, host, project)
	e = &Error{Code: codeUnauthorized, What: what}
	if hint != "" {
		e.Hints = []string{hint}
	}
	switch fault {
	case doctor.WrongSpace:
		wrong, e.Code = []string{"space"}, codeUnreachable
	case doctor.WrongLogin:
		wrong = []string{"project", "token"}
	case doctor.WrongProject:
		wrong = []string{"project"}
	case doctor.WrongScope:
		wrong = []string{"token"}
	case doctor.Unreached:
		e.What = "cannot try the login at " + what
		e.Code = codeUnreachable
		if answer, answered := asAnswer(err); answered && answer.StatusCode < 500 && !errors.Is(err, api.ErrRateLimited) {
			e.Code = codeFailed
		}
	}
	return wrong, e
}
