package doctor

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"tapedeck/api"
	"tapedeck/api/text"
)

// The API's codes that say more than the HTTP status; api/CONTRACT.md section 8.
const (
	codeNotEnabled = 10001 // the operation is not enabled on the space
	codePermission = 10003 // what the token permits
	codeSubproject = 10004 // the project is not one of the token's
	codeDisabled   = 20010 // the operation is disabled for the account
)

// Fault is what a failure of the API is about.
type Fault int

// The faults of a login, from the space on.
const (
	Unreached Fault = iota // it could not be tried, or the space has a problem
	WrongSpace
	WrongLogin   // the project or the token
	WrongProject // the project alone
	WrongScope   // of the token
	NotPermitted // by the space
)

// Blame says which of space, project and token a failure is about, as far as the
// API tells: the fault, what to say of it, and the next step.
func Blame(err error, host, project string) (f Fault, what, hint string) {
	answer, answered := errors.AsType[*api.Error](err)
	var code, status int
	said := ""
	if answered {
		code, status = answer.Code, answer.StatusCode
		said = " (" + strings.TrimPrefix(answer.Error(), "signalwire: ") + ")"
	}
	switch {
	case code == codeNotEnabled, code == codeDisabled:
		return NotPermitted, host + " accepts the login, and does not permit this API" + said,
			"have the space's administrator, or SignalWire, enable the Compatibility API"
	case code == codeSubproject:
		return WrongLogin, fmt.Sprintf("the project is wrong: %s is not one that the token is for%s", text.New(project), said),
			"take project and token from the same line of the API page"
	case code == codePermission, status == http.StatusForbidden:
		return WrongScope, "the token lacks the Voice scope: " + host + " knows it, and does not let it list recordings" + said,
			"add Voice to the token's scopes on the API page, or make a token that has it"
	case status == http.StatusUnauthorized:
		return WrongLogin, "the project or the token is wrong: " + host + " refuses the two, and does not say which" + said,
			"copy both again from the API page; a token without the Voice scope may be refused like this too"
	case status == http.StatusNotFound && (code != 0 || answer.Message.String() != ""):
		return WrongProject, fmt.Sprintf("the project is wrong: %s has none with the ID %s%s", host, text.New(project), said),
			"copy its ID again from the API page; it is that of the project, not of the space"
	}
	const space = "it is the first part of the dashboard's address, such as acme of acme.signalwire.com"
	_, otherHost := errors.AsType[x509.HostnameError](err)
	dns, noName := errors.AsType[*net.DNSError](err)
	switch {
	case noName && dns.IsNotFound:
		return WrongSpace, "the space is wrong: there is no host " + host, space
	case status == http.StatusNotFound, errors.Is(err, api.ErrRedirect), errors.Is(err, api.ErrUnreadable), otherHost:
		return WrongSpace, "the space is wrong: what answers at " + host + " is not SignalWire's API (" + api.Reason(err) + ")", space
	}
	return Unreached, host + ": " + api.Words(err), api.Hint(err)
}
