package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
	"tapedeck/config"
)

// loginLimit is how long trying a login may take.
const loginLimit = 15 * time.Second

// The API's codes that say more than the HTTP status; api/CONTRACT.md section 8.
const (
	apiNotEnabled  = 10001 // the operation is not enabled on the space
	apiPermission  = 10003 // what the token permits
	apiSubproject  = 10004 // the project is not one of the token's
	apiNotEnabled2 = 20010 // or is disabled for the account
)

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
	client, err := api.New(api.Config{Space: base, Project: l.project, Token: token, UserAgent: "tapedeck/" + l.version()})
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
	e = &Error{Code: codeUnauthorized}
	answer, answered := asAnswer(err)
	var code, status int
	said := ""
	if answered {
		code, status = answer.Code, answer.StatusCode
		said = " (" + strings.TrimPrefix(answer.Error(), "signalwire: ") + ")"
	}
	switch {
	case code == apiNotEnabled, code == apiNotEnabled2:
		e.What = host + " accepts the login, and does not permit this API" + said
		e.Hints = []string{"have the space's administrator, or SignalWire, enable the Compatibility API"}
		return nil, e
	case code == apiSubproject:
		e.What = fmt.Sprintf("the project is wrong: %s is not one that the token is for%s", text.New(project), said)
		e.Hints = []string{"take project and token from the same line of the API page"}
		return []string{"project", "token"}, e
	case code == apiPermission, status == http.StatusForbidden:
		e.What = "the token lacks the Voice scope: " + host + " knows it, and does not let it list recordings" + said
		e.Hints = []string{"add Voice to the token's scopes on the API page, or make a token that has it"}
		return []string{"token"}, e
	case status == http.StatusUnauthorized:
		e.What = "the project or the token is wrong: " + host + " refuses the two, and does not say which" + said
		e.Hints = []string{"copy both again from the API page; a token without the Voice scope may be refused like this too"}
		return []string{"project", "token"}, e
	case status == http.StatusNotFound && (code != 0 || answer.Message.String() != ""):
		e.What = fmt.Sprintf("the project is wrong: %s has none with the ID %s%s", host, text.New(project), said)
		e.Hints = []string{"copy its ID again from the API page; it is that of the project, not of the space"}
		return []string{"project"}, e
	}
	_, otherHost := errors.AsType[x509.HostnameError](err)
	notAPI := status == http.StatusNotFound || errors.Is(err, api.ErrRedirect) || errors.Is(err, api.ErrUnreadable) || otherHost
	if isHost(err) || notAPI {
		e.Code, e.What = codeUnreachable, "the space is wrong: there is no host "+host
		if notAPI {
			e.What = "the space is wrong: what answers at " + host + " is not SignalWire's API (" + api.Reason(err) + ")"
		}
		e.Hints = []string{"it is the first part of the dashboard's address, such as acme of acme.signalwire.com"}
		return []string{"space"}, e
	}
	e.Code, e.What = codeUnreachable, "cannot try the login at "+host+": "+api.Words(err)
	if status >= 400 && status < 500 && status != http.StatusTooManyRequests {
		e.Code = codeFailed
	}
	if hint := api.Hint(err); hint != "" {
		e.Hints = []string{hint}
	}
	return nil, e
}
