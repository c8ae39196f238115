package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"tapedeck/api/text"
)

// ProxyError is that no connection to the space was had through a proxy. Nothing
// was sent to the space.
type ProxyError struct {
	Proxy      string // host and port
	StatusCode int    // HTTP status that the proxy answered with; 0 for none
	Err        error  // what failed; nil where the proxy answered
}

// Error says which proxy it was, and what it answered or what failed.
func (e *ProxyError) Error() string {
	op, ok := errors.AsType[*net.OpError](e.Err)
	switch {
	case e.StatusCode != 0:
		return fmt.Sprintf("the proxy %s answered %s", text.New(e.Proxy), e.status())
	case ok && op.Op == "proxyconnect":
		return fmt.Sprintf("cannot connect to the proxy %s: %v", text.New(e.Proxy), op.Err)
	}
	return fmt.Sprintf("through the proxy %s: %v", text.New(e.Proxy), e.Err)
}

func (e *ProxyError) Unwrap() error { return e.Err }

func (e *ProxyError) status() string {
	if word := http.StatusText(e.StatusCode); word != "" {
		return fmt.Sprintf("HTTP %d (%s)", e.StatusCode, strings.ToLower(word))
	}
	return fmt.Sprintf("HTTP %d", e.StatusCode)
}

// proxyReason returns the cause of err in a few words, where it is a proxy's;
// else nothing.
func proxyReason(err error) string {
	if e, ok := errors.AsType[*ProxyError](err); ok && e.StatusCode != 0 {
		return fmt.Sprintf("proxy: HTTP %d", e.StatusCode)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "proxyconnect" || op.Op == "socks connect") {
		return "proxy: " + causeOf(err).word
	}
	return "" // what stands behind the proxy, if there is one
}

// proxyAnswered is called with what a proxy answers to CONNECT.
func proxyAnswered(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Proxy: proxy.Host, StatusCode: resp.StatusCode}
}

// byProxy returns err, which came before there was a connection, with the proxy
// that the connection was to go through, if there is one.
func (c *Client) byProxy(err error, req *http.Request) error {
	if _, known := errors.AsType[*ProxyError](err); known || c.proxy == nil {
		return err
	}
	if proxy, _ := c.proxy(req); proxy != nil {
		return &ProxyError{Proxy: proxy.Host, Err: err}
	}
	return err
}
