package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Transport returns a transport whose requests the space answers in the
// process, whatever host they name: without a socket, and in the goroutine
// that asks.
//
// It honors the request's context. A dropped connection is an error that wraps
// [io.ErrUnexpectedEOF]. Bodies are compressed only for a request that says
// Accept-Encoding itself, and then are not decompressed.
func (s *Space) Transport() http.RoundTripper { return transport{s} }

type transport struct{ space *Space }

// RoundTrip answers one request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	rep, err := t.space.answer(r)
	if errors.Is(err, errDropped) {
		return nil, fmt.Errorf("%w: %w", err, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	size := int64(len(rep.body))
	if r.Method == http.MethodHead {
		rep.body = nil
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", rep.status, http.StatusText(rep.status)),
		StatusCode:    rep.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        rep.header,
		Body:          io.NopCloser(bytes.NewReader(rep.body)),
		ContentLength: size,
		Request:       r,
	}, nil
}
