package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// fault is what goes wrong with every request of an operation, and what the
// operator sees of it.
type fault struct {
	name string
	do   func(*hit) (*http.Response, error)

	// heavy faults are met one at a time, so that the memory is theirs.
	heavy bool
	// everywhere: it meets every request, from the first one on, and does not end.
	everywhere bool
	// lasts is how long it is on; 8 s when 0.
	lasts time.Duration

	// read is what the header says while the poll's list meets it, and post is
	// how an update goes that meets it, step by step; see [faultCell.steps].
	read, post string
	// one is like read, for a recording that is read alone; the same when empty.
	one string
	// names is whether those on the line are named while a list of calls, or
	// one alone, meets it: "yes", "no" or "some". Where empty, that is as for read.
	names string
	// asks is how long it asks to wait, at most; names have no word for it.
	asks time.Duration
	// verify is how an update goes whose verification meets it, where that is
	// not as for one.
	verify string
}

func fails(err error) func(*hit) (*http.Response, error) {
	return func(*hit) (*http.Response, error) { return nil, err }
}

func says(status int, body string, header ...string) func(*hit) (*http.Response, error) {
	return func(h *hit) (*http.Response, error) { return say(h.req, status, body, header...), nil }
}

// body has the space answer, and changes what it said.
func body(change func(h *hit, b []byte) io.Reader) func(*hit) (*http.Response, error) {
	return func(h *hit) (*http.Response, error) {
		resp, b, err := readAll(h)
		if err != nil {
			return nil, err
		}
		return withBody(resp, change(h, b)), nil
	}
}

var (
	errReset = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	errDial  = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	errDNS   = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: wireHost, IsNotFound: true}}
	errTLS   = &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}

	errRoute      = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}
	errSlowDial   = &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
	errNameServer = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "server misbehaving", Name: wireHost, IsTemporary: true}}
	errAlert      = &net.OpError{Op: "remote error", Err: tls.AlertError(40)} // handshake failure
	errNoTLS      = tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}
)

// errHeaders is what net/http makes of headers that do not come.
type errHeaders struct{}

func (errHeaders) Error() string   { return "net/http: timeout awaiting response headers" }
func (errHeaders) Timeout() bool   { return true }
func (errHeaders) Temporary() bool { return true }

const aMegabyte = 1 << 20

var dates = regexp.MustCompile(`[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+]0000`)

// shifted is a space whose clock is off, or the machine's clock is.
func shifted(by time.Duration) func(*hit) (*http.Response, error) {
	move := func(s string, by time.Duration) string {
		return dates.ReplaceAllStringFunc(s, func(s string) string {
			t, err := time.Parse(time.RFC1123Z, s)
			if err != nil {
				return s
			}
			return t.Add(by).Format(time.RFC1123Z)
		})
	}
	return func(h *hit) (*http.Response, error) {
		r := h.req.Clone(h.req.Context())
		q := r.URL.Query()
		if q.Get("Page") == "" { // else the space itself has written the address
			for _, values := range q {
				for i := range values {
					values[i] = move(values[i], -by)
				}
			}
		}
		r.URL.RawQuery = q.Encode()
		resp, err := h.send(r)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(resp.Body)
		resp.Header.Set("Date", time.Now().Add(by).UTC().Format(http.TimeFormat))
		return withBody(resp, strings.NewReader(move(string(b), by))), err
	}
}

// wrong gives a value of another type.
func wrong(i int, v any) any {
	if _, ok := v.(string); ok {
		return []any{7, true, []any{v}, map[string]any{"is": v}}[i%4]
	}
	return []any{"seven", map[string]any{}, false}[i%3]
}

func led(location func(h *hit) string, status int) func(*hit) (*http.Response, error) {
	return func(h *hit) (*http.Response, error) {
		if h.req.URL.Query().Has("led") {
			return h.pass()
		}
		return say(h.req, status, "", "Location", location(h)), nil
	}
}

func sameHost(h *hit) string {
	q := h.req.URL.Query()
	q.Set("led", "1")
	return h.req.URL.Path + "?" + q.Encode()
}

// old answers an update with the recording as it is, and does not carry it out.
func old() func(*hit) (*http.Response, error) {
	return func(h *hit) (*http.Response, error) {
		if h.req.Method != http.MethodPost {
			return h.pass()
		}
		r := h.req.Clone(h.req.Context())
		r.Method, r.Body = http.MethodGet, nil
		return h.send(r)
	}
}

const (
	oneError  = `{"code":10000,"message":"Argument invalid","more_info":"https://signalwire.example/errors","status":422}`
	htmlError = "<!DOCTYPE html><html><title>Sign in</title><h1>Sign in to the network</h1></html>"
)

func apiError(status, code int, message string) string {
	return fmt.Sprintf(`{"code":%d,"message":%q,"more_info":"https://signalwire.example/errors","status":%d}`, code, message, status)
}

var faults = slices.Concat(connectionFaults, bodyFaults, statusFaults, pageFaults, updateFaults)

var connectionFaults = []fault{
	{name: "connection refused", read: "STALE connection refused", post: "failed: connection refused",
		do: fails(errDial)},
	{name: "no such host", read: "STALE host name not found", post: "failed: host name not found",
		do: fails(errDNS)},
	{name: "TLS failure", read: "STALE TLS: unknown authority", post: "failed: TLS: unknown authority",
		do: fails(errTLS)},
	{name: "no way to the host", read: "STALE host unreachable", post: "failed: host unreachable",
		do: fails(errRoute)},
	{name: "no connection in time", read: "STALE timeout", post: "failed: timeout",
		do: fails(errSlowDial)},
	{name: "name server failure", read: "STALE name server failed", post: "failed: name server failed",
		do: fails(errNameServer)},
	{name: "TLS alert", read: "STALE TLS: refused there", post: "unknown TLS: refused there, contradicted",
		do: fails(errAlert)},
	{name: "no TLS there", read: "STALE TLS: no TLS there", post: "unknown TLS: no TLS there, contradicted",
		do: fails(errNoTLS)},
	{name: "closed before the answer", read: "STALE connection dropped", post: "unknown connection dropped, contradicted",
		do: fails(io.EOF)},
	{name: "reset before the answer", read: "STALE connection dropped", post: "unknown connection dropped, contradicted",
		do: fails(errReset)},
	{name: "reset during the body", read: "STALE connection dropped", post: "unknown connection dropped, verified", names: "some",
		do: body(func(_ *hit, b []byte) io.Reader {
			return failing{bytes.NewReader(b[:len(b)/2]), errReset}
		})},
	{name: "reset after the body", read: "live", post: "verified",
		do: body(func(_ *hit, b []byte) io.Reader {
			return failing{bytes.NewReader(b), errReset}
		})},
	{name: "headers that never come", read: "STALE timeout", post: "requested, unknown timeout, contradicted",
		lasts: 26 * time.Second, do: func(h *hit) (*http.Response, error) {
			if err := pause(h.req.Context(), 10*time.Second, h.over); err != nil {
				return nil, err
			}
			select {
			case <-h.over:
				return h.pass()
			default:
				return nil, errHeaders{}
			}
		}},
	{name: "a byte a second", read: "STALE timeout", post: "requested, unknown timeout, verified",
		lasts: 26 * time.Second, do: body(func(h *hit, b []byte) io.Reader {
			return dripping{bytes.NewReader(b), h}
		})},
	{name: "answered after 9 s", read: "STALE poll overdue", post: "requested, verified", names: "some",
		lasts: 20 * time.Second, do: func(h *hit) (*http.Response, error) {
			resp, err := h.pass()
			if err == nil {
				err = pause(h.req.Context(), 9*time.Second, h.over)
			}
			if err != nil {
				return nil, err
			}
			return resp, nil
		}},
	{name: "cut after it was taken", read: "STALE connection dropped", post: "unknown connection dropped, verified",
		do: func(h *hit) (*http.Response, error) {
			_, err := h.pass()
			return nil, errors.Join(err, errReset)
		}},
}

var bodyFaults = []fault{
	{name: "endless value", heavy: true, read: "STALE unreadable answer", post: "unknown unreadable answer, verified",
		do: body(func(*hit, []byte) io.Reader {
			return io.MultiReader(strings.NewReader(`{"sid":"`), &endless{piece: strings.Repeat("a", 64<<10)})
		})},
	{name: "endless rows", heavy: true, read: "STALE unreadable answer", post: "unknown unreadable answer, verified", names: "some",
		do: body(func(_ *hit, b []byte) io.Reader {
			row := `{"sid":"0d9c8b7a-1111-4ccc-9ddd-000000000101","status":"completed"},`
			return io.MultiReader(strings.NewReader(`{"calls":[],"conferences":[],"recordings":[`), &endless{piece: strings.Repeat(row, 100)})
		})},
	{name: "truncated JSON", read: "STALE unreadable answer", post: "unknown unreadable answer, verified", names: "some",
		do: body(func(_ *hit, b []byte) io.Reader { return bytes.NewReader(b[:len(b)/2]) })},
	{name: "HTML with 200", read: "STALE a web page instead of data", post: "unknown a web page instead of data, contradicted",
		do: says(200, htmlError, "Content-Type", "text/html")},
	{name: "empty 200", read: "STALE unreadable answer", post: "unknown unreadable answer, contradicted",
		do: says(200, "")},
	{name: "empty 204", read: "STALE unreadable answer", post: "unknown unreadable answer, contradicted",
		do: says(204, "")},
	{name: "empty object", read: "STALE unreadable answer", post: "unknown unreadable answer, contradicted", one: "live", verify: "contradicted: the API does not say what it is",
		do: says(200, "{}")},
	{name: "JSON array", read: "STALE unreadable answer", post: "unknown unreadable answer, contradicted",
		do: says(200, `[{"sid":"x","status":"paused"}]`)},
	{name: "JSON null", read: "STALE unreadable answer", post: "unknown unreadable answer, contradicted",
		do: says(200, "null")},
	{name: "wrong types", read: "live", post: "unknown unreadable answer, verified", one: "STALE unreadable answer", names: "no",
		do: editRows(func(_ int, row map[string]any) {
			for i, name := range slices.Sorted(maps.Keys(row)) {
				row[name] = wrong(i, row[name])
			}
		})},
	{name: "wrong types but for the SIDs", read: "live", post: "contradicted, verified", names: "some", verify: "contradicted",
		do: editRows(func(_ int, row map[string]any) {
			for i, name := range slices.Sorted(maps.Keys(row)) {
				if !strings.HasSuffix(name, "sid") {
					row[name] = wrong(i, row[name])
				}
			}
		})},
	{name: "nulls everywhere", read: "PARTIAL unreadable rows", post: "unknown unreadable answer, verified", one: "live", names: "no", verify: "contradicted: the API does not say what it is",
		do: editRows(func(_ int, row map[string]any) {
			for name := range row {
				row[name] = nil
			}
		})},
	{name: "missing and unknown fields", read: "live", post: "verified",
		do: editRows(func(_ int, row map[string]any) {
			for name := range row {
				if !strings.HasSuffix(name, "sid") && name != "status" && name != "friendly_name" && name != "from" && name != "to" {
					delete(row, name)
				}
			}
			row["x_unknown"], row["\x1b[2J"] = map[string]any{"a": []int{1}}, "\x1b]0;pwned\x07"
		})},
	{name: "no fields", read: "PARTIAL unreadable rows", post: "unknown unreadable answer, verified", one: "live", names: "no", verify: "contradicted: the API does not say what it is",
		do: editRows(func(_ int, row map[string]any) { clear(row) })},
	{name: "no status", read: "live", post: "unknown unreadable answer, verified", names: "yes", verify: "contradicted",
		do: editRows(func(_ int, row map[string]any) { delete(row, "status") })},
	{name: "unknown status", read: "live", post: "contradicted, verified", names: "yes", verify: "contradicted",
		do: editRows(func(_ int, row map[string]any) { row["status"] = "x-new" })},
	{name: "status of 1 MB", heavy: true, read: "live", post: "contradicted, verified", names: "yes", verify: "contradicted",
		do: editRows(func(i int, row map[string]any) {
			if i < 4 {
				row["status"] = strings.Repeat("x", aMegabyte)
			}
		})},
	{name: "names of 1 MB", heavy: true, read: "live", post: "verified", names: "some",
		do: editRows(func(i int, row map[string]any) {
			for name := range row {
				if i < 4 && slices.Contains([]string{"from", "to", "formatted_from", "formatted_to", "from_formatted", "to_formatted", "friendly_name", "label"}, name) {
					row[name] = strings.Repeat("x", aMegabyte)
				}
			}
		})},
	{name: "strings of 1 MB", heavy: true, read: "live", post: "verified",
		do: editRows(func(i int, row map[string]any) {
			for name := range row {
				if i < 4 && slices.Contains([]string{"source", "trim", "price_unit", "annotation", "region", "caller_name"}, name) {
					row[name] = strings.Repeat("x", aMegabyte)
				}
			}
		})},
	{name: "deep nesting", heavy: true, read: "live", post: "verified",
		do: editRows(func(i int, row map[string]any) {
			if i < 4 {
				row["deep"] = json.RawMessage(strings.Repeat("[", 9000) + strings.Repeat("]", 9000))
			}
		})},
	{name: "gzip bomb", heavy: true, read: "STALE unreadable answer", post: "unknown unreadable answer, verified",
		do: func(h *hit) (*http.Response, error) {
			resp, err := h.pass()
			if err != nil {
				return nil, err
			}
			z, err := gzip.NewReader(bytes.NewReader(bomb()))
			return withBody(resp, z), err
		}},
}

var statusFaults = []fault{
	{name: "400", read: "STALE HTTP 400", post: "refused: Argument invalid (HTTP 400, code 10000)",
		do: says(400, apiError(400, 10000, "Argument invalid"))},
	{name: "401", read: "STALE HTTP 401", post: "refused: Authentication failed (HTTP 401, code 20003)",
		do: says(401, apiError(401, 20003, "Authentication failed"))},
	{name: "403", read: "STALE HTTP 403", post: "refused: No permission (HTTP 403, code 10003)",
		do: says(403, apiError(403, 10003, "No permission"))},
	{name: "404", read: "STALE HTTP 404", post: "refused: Recording not found (HTTP 404, code 20404)", one: "live",
		do: says(404, apiError(404, 20404, "Recording not found"))},
	{name: "409", read: "STALE HTTP 409", post: "refused: Conflict (HTTP 409)",
		do: says(409, apiError(409, 0, "Conflict"))},
	{name: "422", read: "STALE HTTP 422", post: "refused: Argument invalid (HTTP 422, code 10000)",
		do: says(422, oneError)},
	{name: "422, strings", read: "STALE HTTP 422", post: "refused: Status is not included in the list; Sid is wrong (HTTP 422)",
		do: says(422, `{"errors":["Status is not included in the list","Sid is wrong"]}`)},
	{name: "422, objects", read: "STALE HTTP 422", post: "refused: Argument invalid (HTTP 422, code 10000)",
		do: says(422, `{"errors":[{"code":"10000","message":"Argument invalid"}]}`)},
	{name: "422, by field", read: "STALE HTTP 422", post: "refused: is not included in the list (HTTP 422)",
		do: says(422, `{"errors":{"status":["is not included in the list"]}}`)},
	{name: "422, platform", read: "STALE HTTP 422", post: "refused: Status is wrong (HTTP 422)",
		do: says(422, `{"errors":[{"detail":"Status is wrong","status":"422","title":"Unprocessable","code":"x"}]}`)},
	{name: "422, a list of strings", read: "STALE HTTP 422", post: "refused: Status is wrong (HTTP 422)",
		do: says(422, `["Status is wrong"]`)},
	{name: "422, a code in letters", read: "STALE HTTP 422", post: "refused: Status is wrong (HTTP 422)",
		do: says(422, `{"errors":[{"type":"validation_error","code":"invalid_status","message":"Status is wrong","attribute":"status","url":"https://signalwire.example/errors"}]}`)},
	{name: "422, a code as a string", read: "STALE HTTP 422", post: "refused: Argument invalid (HTTP 422, code 10000)",
		do: says(422, `{"code":"10000","message":"Argument invalid","more_info":"https://signalwire.example/errors","status":"422"}`)},
	{name: "422, cut off", read: "STALE HTTP 422", post: "refused: unprocessable entity (HTTP 422)",
		do: says(422, oneError[:40])},
	{name: "422, endless", read: "STALE HTTP 422", post: "refused: unprocessable entity (HTTP 422)",
		do: func(h *hit) (*http.Response, error) {
			return withBody(say(h.req, 422, ""), &endless{piece: oneError}), nil
		}},
	{name: "422, a string", read: "STALE HTTP 422", post: "refused: no (HTTP 422)",
		do: says(422, `"no"`)},
	{name: "422, HTML", read: "STALE HTTP 422", post: "refused: unprocessable entity (HTTP 422)",
		do: says(422, htmlError, "Content-Type", "text/html")},
	{name: "422, empty", read: "STALE HTTP 422", post: "refused: unprocessable entity (HTTP 422)",
		do: says(422, "")},
	{name: "429", read: "STALE HTTP 429", post: "again 2, refused: Too many requests (HTTP 429, code 20429), sent 3 times after HTTP 429",
		do: says(429, apiError(429, 20429, "Too many requests"))},
	{name: "429 for 3 s", read: "STALE HTTP 429", post: "again 2, refused: Too many requests (HTTP 429, code 20429), sent 3 times after HTTP 429",
		do: says(429, apiError(429, 20429, "Too many requests"), "Retry-After", "3")},
	{name: "429 until a date", read: "STALE HTTP 429", post: "again 2, refused: Too many requests (HTTP 429, code 20429), sent 3 times after HTTP 429",
		do: func(h *hit) (*http.Response, error) {
			until := time.Now().Add(3 * time.Second).UTC().Format(http.TimeFormat)
			return say(h.req, 429, apiError(429, 20429, "Too many requests"), "Retry-After", until), nil
		}},
	{name: "429 for no time", read: "STALE HTTP 429", post: "again 2, refused: Too many requests (HTTP 429, code 20429), sent 3 times after HTTP 429",
		do: says(429, apiError(429, 20429, "Too many requests"), "Retry-After", "0")},
	{name: "429 until yesterday", read: "STALE HTTP 429", post: "again 2, refused: Too many requests (HTTP 429, code 20429), sent 3 times after HTTP 429",
		do: says(429, apiError(429, 20429, "Too many requests"), "Retry-After", "Fri, 31 Dec 1999 00:00:00 GMT")},
	{name: "429 until some time", read: "STALE HTTP 429", post: "again 2, refused: Too many requests (HTTP 429, code 20429), sent 3 times after HTTP 429",
		do: says(429, apiError(429, 20429, "Too many requests"), "Retry-After", "soon")},
	{name: "429 for an hour", read: "STALE HTTP 429", post: "refused: Too many requests (HTTP 429, code 20429)", asks: time.Minute,
		do: says(429, apiError(429, 20429, "Too many requests"), "Retry-After", "3600")},
	{name: "500", read: "STALE HTTP 500", post: "unknown HTTP 500, contradicted",
		do: says(500, apiError(500, 20504, "Internal error"))},
	{name: "502", read: "STALE HTTP 502", post: "unknown HTTP 502, contradicted",
		do: says(502, htmlError, "Content-Type", "text/html")},
	{name: "503", read: "STALE HTTP 503", post: "unknown HTTP 503, contradicted",
		do: says(503, apiError(503, 20001, "Service unavailable"))},
	{name: "503 for 5 s", read: "STALE HTTP 503", post: "unknown HTTP 503, contradicted",
		do: says(503, "", "Retry-After", "5")},
	{name: "503 until a date", read: "STALE HTTP 503", post: "unknown HTTP 503, contradicted",
		do: func(h *hit) (*http.Response, error) {
			until := time.Now().Add(5 * time.Second).UTC().Format(http.TimeFormat)
			return say(h.req, 503, "", "Retry-After", until), nil
		}},
	{name: "504", read: "STALE HTTP 504", post: "unknown HTTP 504, contradicted",
		do: says(504, htmlError, "Content-Type", "text/html")},
	{name: "redirect to the same host", read: "live", post: "unknown redirect refused, contradicted",
		do: led(sameHost, 307)},
	{name: "redirects without end", read: "STALE redirect refused", post: "unknown redirect refused, contradicted",
		do: func(h *hit) (*http.Response, error) {
			return say(h.req, 302, "", "Location", fmt.Sprintf("%s?led=%d", h.req.URL.Path, h.n)), nil
		}},
	{name: "redirect to another host", read: "STALE redirect refused", post: "unknown redirect refused, contradicted",
		do: led(func(*hit) string { return "https://evil.example/" }, 307)},
	{name: "redirect to plain HTTP", read: "STALE redirect refused", post: "unknown redirect refused, contradicted",
		do: led(func(h *hit) string { return "http://" + wireHost + h.req.URL.Path }, 301)},
	{name: "redirect to nowhere", read: "STALE redirect refused", post: "unknown redirect refused, contradicted",
		do: says(302, "")},
}
