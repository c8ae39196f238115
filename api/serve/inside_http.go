package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"tapedeck/api/local"
)

// Transport carries requests of the session to the service without a socket, as
// [local.Options] take it: a command of the session uses the service by the client
// that it uses elsewhere. Each answer is streamed as it is written. A request ends
// with its context, or with the session.
func (i *Inside) Transport() http.RoundTripper { return carried{i} }

// carried is the transport of a session.
type carried struct{ inside *Inside }

// RoundTrip has the service handle a request.
func (t carried) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.Context().Err() != nil {
		_ = r.Body.Close()
		return nil, context.Cause(r.Context())
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	stop := func() bool { return true }
	if t.inside.ctx.Err() == nil { // else the gate says so
		stop = context.AfterFunc(t.inside.ctx, func() { cancel(errSessionOver) })
	}
	in := r.WithContext(context.WithValue(ctx, connKey{}, t.inside.conn))
	in.Header = r.Header.Clone()
	in.Header.Set(local.HeaderSession, t.inside.key) // whatever its client has chosen
	client, server := net.Pipe()
	w := &answering{header: http.Header{}, pipe: server, begun: make(chan *http.Response, 1), request: r, body: answered{Conn: client, ctx: ctx, cancel: cancel}}
	cut := context.AfterFunc(ctx, func() { w.body.cut.Store(true); _ = server.Close() })
	go func() {
		defer cancel(nil)
		defer cut()
		defer stop()
		defer func() { _ = r.Body.Close() }()
		defer w.end()
		t.inside.server.ServeHTTP(w, in)
	}()
	select {
	case resp := <-w.begun:
		if resp == nil {
			return nil, errNoAnswer
		}
		return resp, nil
	case <-ctx.Done():
		_ = client.Close()
		return nil, context.Cause(ctx)
	}
}

var (
	errSessionOver = errors.New("the session is over")
	errNoAnswer    = errors.New("the service gave no answer")
)

// answering is where the answer to one request is written.
type answering struct {
	header  http.Header
	pipe    net.Conn
	begun   chan *http.Response // gets the answer once its headers are there; nil for none
	request *http.Request
	body    answered
	once    sync.Once
}

// Header is of [http.ResponseWriter].
func (w *answering) Header() http.Header { return w.header }

// WriteHeader is of [http.ResponseWriter].
func (w *answering) WriteHeader(status int) {
	w.once.Do(func() {
		w.begun <- &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: w.header.Clone(), ContentLength: -1, Body: &w.body, Request: w.request,
		}
	})
}

// Write waits until the client has taken what is written, or until its deadline.
func (w *answering) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(b)
}

// Flush is of [http.Flusher]: nothing is kept.
func (w *answering) Flush() { w.WriteHeader(http.StatusOK) }

// SetWriteDeadline is for [http.ResponseController].
func (w *answering) SetWriteDeadline(t time.Time) error { return w.pipe.SetWriteDeadline(t) }

// SetReadDeadline is for [http.ResponseController]. What a client sends is there.
func (w *answering) SetReadDeadline(time.Time) error { return nil }

// end ends the answer, also after a panic: then it is cut.
func (w *answering) end() {
	if recover() != nil {
		w.body.cut.Store(true)
	}
	w.once.Do(func() { w.begun <- nil })
	_ = w.pipe.Close()
}

// answered is the body of an answer.
type answered struct {
	net.Conn
	ctx    context.Context
	cancel context.CancelCauseFunc
	cut    atomic.Bool // it has no end
}

// Read reads the body.
func (b *answered) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if err != io.EOF || !b.cut.Load() {
		return n, err
	}
	if cause := context.Cause(b.ctx); cause != nil {
		return n, cause
	}
	return n, io.ErrUnexpectedEOF
}

// Close ends the request, if it has not ended. It never fails.
func (b *answered) Close() error {
	b.cancel(io.ErrClosedPipe)
	_ = b.Conn.Close()
	return nil
}
