package api

import (
	"context"
	"net/http"
)

// freshKey is the key of a context from [FreshConnection].
type freshKey struct{}

// FreshConnection returns a context whose requests each get a connection of
// their own, so that none of them hangs on one that the network has forgotten.
func FreshConnection(ctx context.Context) context.Context {
	return context.WithValue(ctx, freshKey{}, true)
}

func isFresh(ctx context.Context) bool { return ctx.Value(freshKey{}) != nil }

// freshTransport returns a transport as t that keeps no connection. One that is
// not of net/http has none to keep.
func freshTransport(t http.RoundTripper) http.RoundTripper {
	h, ok := t.(*http.Transport)
	if !ok {
		return t
	}
	h = h.Clone()
	h.DisableKeepAlives = true
	return h
}
