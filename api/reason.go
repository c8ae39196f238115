package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// errWebPage is an answer that is a web page, such as a proxy's login form.
var errWebPage = errors.New("a web page")

// cause is one way in which a request goes wrong: how it is recognized, and what
// a person is told of it. Neither text has anything of the error itself.
type cause struct {
	is   func(err error) bool
	word string // for the screen's header
	hint string // the next step; empty for none
}

// is returns a test for an error of this identity.
func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// of returns a test for an error of a type, of which ok holds.
func of[E error](ok func(E) bool) func(error) bool {
	return func(err error) bool {
		e, found := errors.AsType[E](err)
		return found && (ok == nil || ok(e))
	}
}

// answered returns a test for an answer with an HTTP status in a range. An
// answer keeps its number as its word.
func answered(from, to int) func(error) bool {
	return of(func(e *Error) bool { return e.StatusCode >= from && e.StatusCode <= to })
}

const between = "check that the space is right, and that nothing stands between (a proxy, a login page)"

// causes are all causes that have words, the nearest to the API first.
var causes = []cause{
	{is(ErrRedirect), "redirect refused", between},
	{is(ErrPage), "page refused", between},
	{is(errWebPage), "a web page instead of data", between},
	{is(ErrUnreadable), "unreadable answer", between},
	{is(ErrRows), "unreadable rows", "the other rows are right; report it, with what log = \"debug\" writes"},
	{is(ErrPages), "too many pages", "shorten the lookback"},
	{is(ErrTooLate), "too late", "resume it yourself, if it is still paused"},
	{is(ErrSID), "unusable SID", "tapedeck cannot change it: use SignalWire's own dashboard"},
	{is(context.Canceled), "canceled", ""},

	{is(ErrUnauthorized), "", "check SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN, and that the token has the Voice scope " +
		"(tapedeck config shows which were read)"},
	{is(ErrRateLimited), "", "wait, or lengthen the poll interval"},
	{is(ErrNotFound), "", "check the space and the project (tapedeck config shows which were read)"},
	{answered(http.StatusProxyAuthRequired, http.StatusProxyAuthRequired), "", "the proxy asks for a name and a password: set them in HTTPS_PROXY"},
	{answered(500, 599), "", "the space, or a proxy on the way, has a problem: wait, and try again"},
	{answered(0, 999), "", "try again; if it stays, tell SignalWire's support the HTTP status and the code"},

	{of(func(e *net.DNSError) bool { return e.IsNotFound }), "host name not found", "check the space's name and this machine's name server"},
	{of[*net.DNSError](nil), "name server failed", "check the space's name and this machine's name server"},
	{is(syscall.ECONNREFUSED), "connection refused", "check the space's name, and this machine's proxy and firewall"},
	{is(syscall.ENETUNREACH), "network unreachable", "check this machine's network"},
	{is(syscall.EHOSTUNREACH), "host unreachable", "check this machine's network"},
	{isTimeout, "timeout", "check this machine's network; if it works, the space is slow"},

	{is(http.ErrSchemeMismatch), "TLS: no TLS there", noTLS},
	{of[tls.RecordHeaderError](nil), "TLS: no TLS there", noTLS},
	{of(tooEarly), "TLS: certificate not valid yet", "check this machine's clock"},
	{of(expired), "TLS: certificate expired", "check this machine's clock; if it is right, the space or a proxy has to renew its certificate"},
	{of[x509.CertificateInvalidError](nil), "TLS: certificate not valid", certificates},
	{of[x509.HostnameError](nil), "TLS: certificate of another host", between},
	{of[x509.UnknownAuthorityError](nil), "TLS: unknown authority", certificates + " (a proxy's authority may be missing)"},
	{of[x509.SystemRootsError](nil), "TLS: no certificates here", certificates},
	{of(func(e *net.OpError) bool { return e.Op == "remote error" }), "TLS: refused there", certificates},
	{isTLS, "TLS failed", "check the machine's clock and certificates, and the space's name"},

	{isDrop, "connection dropped", "check the network on the way: a proxy or a firewall may end connections"},
	{func(err error) bool { return hasWords(err, "malformed HTTP", "response headers exceeded") }, "unreadable answer", between},
}

const (
	noTLS        = "check the space's name and port: what answers there is not HTTPS"
	certificates = "check the certificates that this machine trusts"
)

func tooEarly(e x509.CertificateInvalidError) bool {
	return e.Reason == x509.Expired && e.Cert != nil && time.Now().Before(e.Cert.NotBefore)
}

func expired(e x509.CertificateInvalidError) bool { return e.Reason == x509.Expired }

// causeOf returns the first cause that err has.
func causeOf(err error) cause {
	for _, c := range causes {
		if c.is(err) {
			return c
		}
	}
	return cause{word: "no connection", hint: "check this machine's network and the space's name"}
}

// Reason returns the cause of err in a few words, for the screen's header:
// "HTTP 503", "timeout", "TLS: certificate expired". Nothing in them is of err
// but an HTTP status, so that they are fit to show to anybody.
func Reason(err error) string {
	if r := reported(err); r != nil {
		return r.Word
	}
	if word := proxyReason(err); word != "" {
		return word
	}
	c := causeOf(err)
	if e, ok := errors.AsType[*Error](err); ok && c.word == "" {
		return fmt.Sprintf("HTTP %d", e.StatusCode)
	}
	return c.word
}

// Words returns why err happened for a person who has a line for it: what the
// API said where it answered, else the reason.
func Words(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Error()
	}
	return Reason(err)
}

// Hint returns the next step for a person who sees err; empty for none.
func Hint(err error) string {
	switch {
	case err == nil:
		return ""
	case reported(err) != nil:
		return reported(err).Step
	case proxyReason(err) != "":
		return "check the proxy in HTTPS_PROXY: whether it runs, its user and its password"
	}
	return causeOf(err).hint
}
