package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// ErrTooLate says that an update was not sent, for the time of [SentBefore] was
// over when its turn on the connection came.
var ErrTooLate = errors.New("not sent: its time was over")

type beforeKey struct{}

// SentBefore returns a context whose updates are sent before a local time, or not
// at all: the error is then one of [NotSent], and wraps [ErrTooLate]. It is looked
// at when the connection is there and nothing of the update has left this process,
// so that neither a slow connection nor a process that was stopped meanwhile makes
// it late.
func SentBefore(ctx context.Context, before time.Time) context.Context {
	return context.WithValue(ctx, beforeKey{}, before)
}

// guard puts the limit of [SentBefore] on a request with a body. The body, short
// as it is, is read after the headers were put in the buffer of the connection,
// and before that is written.
func guard(req *http.Request) {
	before, ok := req.Context().Value(beforeKey{}).(time.Time)
	if ok && req.Body != nil {
		req.Body = &guarded{req.Body, before}
	}
}

// guarded is a body that cannot be read when its time is over.
type guarded struct {
	io.ReadCloser
	before time.Time
}

func (g *guarded) Read(b []byte) (int, error) {
	if !time.Now().Before(g.before) {
		return 0, ErrTooLate
	}
	return g.ReadCloser.Read(b)
}
