package api

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// proxyOf listens as a proxy that gives an answer to CONNECT, "" for closing the
// connection, and returns its address. What follows "then " is sent for the space.
func proxyOf(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil && answer != "" {
				head, alert, _ := strings.Cut(answer, "then ")
				_, _ = fmt.Fprint(c, head)
				if alert != "" {
					_, _ = c.Read(make([]byte, 4096)) // what the client begins TLS with
					_, _ = fmt.Fprint(c, alert)
				}
				_, _ = io.Copy(io.Discard, c) // until the client has had enough
			}
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// TestNotSentByProxy: what failed before there was a connection was unknown, and
// locked the key for 31 s.
func TestNotSentByProxy(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	const closed = "127.0.0.1:1" // a port that no other test is given
	const page = "Content-Type: text/html\r\nContent-Length: 20\r\n\r\n<h1>Blocked 42!</h1>"
	tests := []struct {
		name, proxy, space string
		err, reason        string
	}{
		{"407", proxyOf(t, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), "", "the proxy PROXY answered HTTP 407 (proxy authentication required)", "proxy: HTTP 407"},
		{"a page of its own", proxyOf(t, "HTTP/1.1 403 Forbidden\r\n"+page), "", "the proxy PROXY answered HTTP 403 (forbidden)", "proxy: HTTP 403"},
		{"a status of its own", proxyOf(t, "HTTP/1.1 599 \x1b[31mNo\r\n\r\n"), "", "the proxy PROXY answered HTTP 599", "proxy: HTTP 599"},
		{"it hangs up", proxyOf(t, ""), "", "through the proxy PROXY: ", "connection dropped"},
		{"nobody listens", closed, "", "cannot connect to the proxy PROXY: ", "proxy: connection refused"},
		{"no proxy, nobody listens", "", "https://" + closed, "connection refused", "connection refused"},
		{"no proxy, no TLS", "", strings.Replace(plain.URL, "http:", "https:", 1), "HTTP response to HTTPS client", "TLS: no TLS there"},
		{"TLS breaks behind the proxy", proxyOf(t, "HTTP/1.1 200 OK\r\n\r\nthen \x15\x03\x01\x00\x02\x02\x28"), "", "through the proxy PROXY: ", "TLS: refused there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			transport := newTransport()
			transport.Proxy = nil
			if tt.proxy != "" {
				transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: tt.proxy, User: url.UserPassword("me", "hunter2")})
			}
			if tt.space == "" {
				tt.space = "https://acme.example"
			}
			client := newClient(t, Config{Space: tt.space, Transport: transport})
			began := time.Now()
			_, _, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, paused)
			checkError(t, err, strings.ReplaceAll(tt.err, "PROXY", tt.proxy))
			if err == nil || !NotSent(err) || Reason(err) != tt.reason || time.Since(began) > connectTimeout {
				t.Errorf("not sent %t, reason %q, after %v: %v", NotSent(err), Reason(err), time.Since(began), err)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("error %q", err)
			}
		})
	}
}

// TestSentAllTheSame is that what fails on a connection may have been done.
func TestSentAllTheSame(t *testing.T) {
	client, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.Close()
	})
	_, _, err := client.UpdateRecording(t.Context(), Recording{SID: sid("s1"), CallSID: sid("c1")}, paused)
	if err == nil || NotSent(err) {
		t.Errorf("error %v", err)
	}
}
