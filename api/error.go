package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tapedeck/api/text"
)

// What an error of the client is about; test with errors.Is.
var (
	// ErrUnauthorized: HTTP 401 or 403. The token, or its Voice scope.
	ErrUnauthorized = errors.New("not authorized")
	// ErrNotFound: HTTP 404. The resource, or what it belongs to, is gone.
	ErrNotFound = errors.New("not found")
	// ErrRateLimited: HTTP 429. The request was not processed.
	ErrRateLimited = errors.New("too many requests")
	// ErrPage: the address of the next page was refused: another host, a
	// page already read, or no address at all. No request was sent to it.
	ErrPage = errors.New("page refused")
	// ErrUnreadable: the answer was 2xx and could not be understood.
	ErrUnreadable = errors.New("unreadable answer")
	// ErrRows: rows of a list that could not be understood. The others are good.
	ErrRows = errors.New("unreadable rows")
	// ErrPages: a list that has more pages than are read.
	ErrPages = errors.New("too many pages")
	// ErrSID: a SID that cannot stand in a path. No request was sent.
	ErrSID = errors.New("not a usable SID")
	// ErrRedirect: the answer led elsewhere, and was not followed.
	ErrRedirect = errors.New("redirect refused")
)

// Error is an answer of the API that is not 2xx, in whichever of its forms
// the body came (api/CONTRACT.md section 8), or none.
type Error struct {
	StatusCode int       // HTTP status
	Code       int       // the API's code; 0 where the body had none
	Message    text.Text // the API's words, several joined; zero where it had none
	// RetryAfter is what the Retry-After header asks to wait, 0 for "now";
	// HasRetryAfter tells whether there was one that could be read.
	RetryAfter    time.Duration
	HasRetryAfter bool
}

// Error says the API's message, HTTP status and code.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("signalwire: ")
	if msg := e.Message.String(); msg != "" {
		fmt.Fprintf(&b, "%s (HTTP %d", shorten(msg, 300), e.StatusCode)
	} else if word := http.StatusText(e.StatusCode); word != "" {
		fmt.Fprintf(&b, "%s (HTTP %d", strings.ToLower(word), e.StatusCode)
	} else {
		fmt.Fprintf(&b, "no reason given (HTTP %d", e.StatusCode)
	}
	if e.Code != 0 {
		fmt.Fprintf(&b, ", code %d", e.Code)
	}
	b.WriteString(")")
	return b.String()
}

// Is reports whether the answer is what target is about.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	}
	return false
}

// newError makes an error of an answer that is not 2xx. A body that is not one
// of the API's, such as a proxy's page, adds nothing to the HTTP status. clean
// makes words fit to keep.
func newError(resp *http.Response, body []byte, now time.Time, clean func(string) string) *Error {
	e := &Error{StatusCode: resp.StatusCode}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now = date // what the server means, whatever this machine's clock says
	}
	e.RetryAfter, e.HasRetryAfter = retryAfter(resp.Header.Get("Retry-After"), now)
	if !json.Valid(body) {
		return e
	}
	var messages []string
	e.read(body, &messages, 0)
	e.Message = text.New(clean(strings.Join(messages, "; ")))
	return e
}

// maxMessages is how many messages of one answer are kept.
const maxMessages = 8

// read adds what an error body says: one error, or a list of them, each a
// string or an error body. A list may be by field: {"status": ["is invalid"]}.
func (e *Error) read(body value, messages *[]string, depth int) {
	body = bytes.TrimSpace(body)
	if body.isNull() || len(*messages) == maxMessages || depth > 3 {
		return
	}
	switch body[0] {
	case '"':
		if s := strings.TrimSpace(body.start()); s != "" {
			*messages = append(*messages, s)
		}
	case '[':
		for inner := range body.elements() {
			e.read(inner, messages, depth+1)
		}
	case '{':
		e.readOne(body, messages, depth)
	}
}

// readOne adds what one error says: the code, the first field that holds words,
// the errors inside, and if that is nothing, whatever words there are.
func (e *Error) readOne(body value, messages *[]string, depth int) {
	var words [4]value
	var inner, others []value
	for name, v := range body.members() {
		switch key := string(name.key()); key {
		case "message", "detail", "title", "error":
			words[slices.Index(wordFields, key)] = v
		case "errors":
			inner = append(inner, v)
		case "code":
			if n, ok := v.integer(); ok && e.Code == 0 && n > 0 && n < 1<<31 {
				e.Code = int(n)
			}
		default:
			others = append(others, v)
		}
	}
	before := len(*messages)
	for _, w := range words {
		if e.read(w, messages, depth+1); len(*messages) > before {
			break
		}
	}
	for _, v := range inner {
		e.read(v, messages, depth+1)
	}
	if depth == 0 || len(*messages) > before {
		return
	}
	for _, v := range others {
		e.read(v, messages, depth+1)
	}
}

// wordFields are the fields of an error that hold words, the best first.
var wordFields = []string{"message", "detail", "title", "error"}

// retryAfter reads the header's two forms: seconds, and an HTTP date.
func retryAfter(s string, now time.Time) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, false
	}
	const most = 1 << 31 // seconds
	if f, err := strconv.ParseFloat(s, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		if !(f >= 0) {
			return 0, false
		}
		return time.Duration(min(f, most) * float64(time.Second)), true
	}
	t, err := http.ParseTime(s)
	if err != nil {
		return 0, false
	}
	return max(0, t.Sub(now)), true
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// isTLS reports whether err is about TLS. An alert of the other side has no
// type of its own, only the words of crypto/tls.
func isTLS(err error) bool {
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	return err != nil && !isTimeout(err) && (cert || record || errors.Is(err, http.ErrSchemeMismatch) ||
		hasWords(err, "tls: ", "x509: "))
}

// isDrop reports whether the connection went away under a request. HTTP/2 has
// no types for it that can be seen from here.
func isDrop(err error) bool {
	if errors.Is(err, ErrUnreadable) {
		return false
	}
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE} {
		if errors.Is(err, e) {
			return true
		}
	}
	// A header that is cut off is malformed to net/http.
	return hasWords(err, "malformed MIME header", "http: server closed idle connection", "http2: client connection lost",
		"http2: server sent GOAWAY", "stream error: ")
}

// hasWords reports whether err, as the connection gave it, has one of some
// words. What a server sent does not count.
func hasWords(err error, words ...string) bool {
	ce, ok := errors.AsType[*connError](err)
	return ok && slices.ContainsFunc(words, func(w string) bool { return strings.Contains(ce.err.Error(), w) })
}

// connError is an error of the connection, with words that are fit to show:
// net/http quotes pieces of what the server sent as they came.
type connError struct {
	err    error
	shown  string
	again  bool // the request was sent a second time already
	unsent bool // there was no connection to send it on
}

func (e *connError) Error() string { return e.shown }
func (e *connError) Unwrap() error { return e.err }

// shorten cuts s to at most n runes.
func shorten(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i] + "…"
		}
	}
	return s
}
