package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// chained is an error as the client gives it, with all that Go puts around.
func chained(err error) error {
	shown := &url.Error{Op: "Get", URL: "https://acme.invalid/x", Err: err}
	return fmt.Errorf("list recordings: %w", &connError{err: shown.Err, shown: shown.Error()})
}

func certError(reason x509.InvalidReason, notBefore time.Time) error {
	return &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: reason, Cert: &x509.Certificate{NotBefore: notBefore}}}
}

// Every cause has words for a person and a next step, and neither has anything
// of Go's own errors.
func TestReasonsAreForPeople(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	var past time.Time
	tests := []struct {
		err          error
		reason, hint string
	}{
		{&net.DNSError{Err: "no such host", IsNotFound: true}, "host name not found", "name server"},
		{&net.DNSError{Err: "server misbehaving"}, "name server failed", "name server"},
		{dial(syscall.ECONNREFUSED), "connection refused", "firewall"},
		{dial(syscall.ENETUNREACH), "network unreachable", "network"},
		{dial(syscall.EHOSTUNREACH), "host unreachable", "network"},
		{dial(syscall.ETIMEDOUT), "timeout", "network"},
		{context.DeadlineExceeded, "timeout", "network"},
		{os.ErrDeadlineExceeded, "timeout", "network"},
		{syscall.ECONNRESET, "connection dropped", "network"},
		{syscall.EPIPE, "connection dropped", "network"},
		{errors.New("http2: server sent GOAWAY and closed the connection"), "connection dropped", "network"},
		{certError(x509.Expired, past), "TLS: certificate expired", "clock"},
		{certError(x509.Expired, time.Now().Add(time.Hour)), "TLS: certificate not valid yet", "clock"},
		{certError(x509.NotAuthorizedToSign, past), "TLS: certificate not valid", "certificates"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}, "TLS: certificate of another host", "proxy"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "TLS: unknown authority", "certificates"},
		{&tls.CertificateVerificationError{Err: x509.SystemRootsError{}}, "TLS: no certificates here", "certificates"},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "TLS: no TLS there", "HTTPS"},
		{http.ErrSchemeMismatch, "TLS: no TLS there", "HTTPS"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, "TLS: refused there", "certificates"},
		{errors.New("tls: server selected unsupported protocol version 301"), "TLS failed", "certificates"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: dial(syscall.ECONNREFUSED)}, "proxy: connection refused", "HTTPS_PROXY"},
		{&net.OpError{Op: "socks connect", Net: "tcp", Err: context.DeadlineExceeded}, "proxy: timeout", "HTTPS_PROXY"},
		{errors.New("malformed HTTP response \"SSH-2.0\""), "unreadable answer", "proxy"},
		{errors.New("something that nobody knows"), "no connection", "network"},
		{&Error{StatusCode: 407}, "HTTP 407", "HTTPS_PROXY"},
		{&Error{StatusCode: 503}, "HTTP 503", "try again"},
		{&Error{StatusCode: 422}, "HTTP 422", "support"},
		{ErrRows, "unreadable rows", "other rows"},
		{ErrPages, "too many pages", "lookback"},
		{ErrSID, "unusable SID", "dashboard"},
	}
	for _, tt := range tests {
		err := chained(tt.err)
		if Reason(err) != tt.reason || !strings.Contains(Hint(err), tt.hint) {
			t.Errorf("%v: reason %q, hint %q", tt.err, Reason(err), Hint(err))
		}
		for _, chain := range []string{"dial ", "x509", "tls:", "context", "deadline", "lookup", "EOF", "https://", "proxyconnect", "syscall"} {
			if strings.Contains(Reason(err)+Hint(err)+Words(err), chain) {
				t.Errorf("%v: %q is Go's word in %q, %q, %q", tt.err, chain, Reason(err), Words(err), Hint(err))
			}
		}
	}
}

// A page in place of an answer, such as a login form, is named.
func TestAWebPageIsNamed(t *testing.T) {
	client := through(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		resp := answer(r, 200, strings.NewReader("<html>Please log in</html>"))
		resp.Header.Set("Content-Type", "text/html; charset=utf-8")
		return resp, nil
	}))
	_, _, err := client.Recording(t.Context(), sid(testRec))
	if !errors.Is(err, ErrUnreadable) || Reason(err) != "a web page instead of data" || !strings.Contains(Hint(err), "login page") {
		t.Errorf("error %v, reason %q, hint %q", err, Reason(err), Hint(err))
	}
}
