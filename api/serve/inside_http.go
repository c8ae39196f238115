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
	w := &answering{header: http.Header{}, pipe: server, ctx: ctx, begun: make(chan struct{}), request: r, body: answered{Conn: client, cancel: cancel}}
	cut := context.AfterFunc(ctx, func() { w.cut(context.Cause(ctx)) })
	go func() {
		defer cancel(nil)
		defer cut()
		defer stop()
		defer func() { _ = r.Body.Close() }()
		defer w.end()
		t.inside.server.ServeHTTP(w, in)
	}()
	select {
	case <-w.begun:
	case <-ctx.Done():
		select {
		case <-w.begun: // and has ended, too
		default:
			_ = client.Close()
			return nil, context.Cause(ctx)
		}
	}
	if w.answer == nil {
		return nil, errNoAnswer
	}
	return w.answer, nil
}

var (
	errSessionOver = errors.New("the session is over")
	errNoAnswer    = errors.New("the service gave no answer")
)

// answering is where the answer to one request is written.
type answering struct {
	header  http.Header
	pipe    net.Conn
	ctx     context.Context
	begun   chan struct{}  // closed when there is an answer, or will be none
	answer  *http.Response // by then; nil for none
	request *http.Request
	body    answered
	once    sync.Once
}

// Header is of [http.ResponseWriter].
func (w *answering) Header() http.Header { return w.header }

// WriteHeader is of [http.ResponseWriter].
func (w *answering) WriteHeader(status int) {
	w.once.Do(func() {
		w.answer = &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: w.header.Clone(), ContentLength: -1, Body: &w.body, Request: w.request,
		}
		close(w.begun)
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
	why := context.Cause(w.ctx) // for which it may have ended
	if recover() != nil {
		why = io.ErrUnexpectedEOF
	}
	w.once.Do(func() { close(w.begun) })
	w.cut(why)
}

// cut ends what is read of the answer: because of an error, if not nil.
func (w *answering) cut(why error) {
	if why != nil {
		w.body.why.CompareAndSwap(nil, &why)
	}
	_ = w.pipe.Close()
}

// answered is the body of an answer.
type answered struct {
	net.Conn
	cancel context.CancelCauseFunc
	why    atomic.Pointer[error] // why it has no end; nil where it has one
}

// Read reads the body.
func (b *answered) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if why := b.why.Load(); err == io.EOF && why != nil {
		err = *why
	}
	return n, err
}

// Close ends the request, if it has not ended. It never fails.
func (b *answered) Close() error {
	b.cancel(io.ErrClosedPipe)
	_ = b.Conn.Close()
	return nil
}
