package local

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Status returns the service and its decks.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.into(ctx, http.MethodGet, PathStatus+profileQuery(c.o.Profiles), nil, &s)
}

// Sessions returns those who are connected: all of them for a role that may see
// them, else one's own.
func (c *Client) Sessions(ctx context.Context) ([]Session, error) {
	var s Sessions
	err := c.into(ctx, http.MethodGet, PathSessions, nil, &s)
	return s.Sessions, err
}

// EndSession ends a session.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return c.into(ctx, http.MethodDelete, PathSessions+"/"+url.PathEscape(id), nil, nil)
}

// Leave ends the own session because its user quits: at once, where a connection
// that only breaks is waited for a while.
func (c *Client) Leave(ctx context.Context) error { return c.EndSession(ctx, c.WhoAmI().Session) }

// Actions returns the last n actions of everybody, the newest first.
func (c *Client) Actions(ctx context.Context, n int) ([]Action, error) {
	var a Actions
	query := url.Values{"n": {strconv.Itoa(n)}, "profile": c.o.Profiles}
	err := c.into(ctx, http.MethodGet, PathActions+"?"+query.Encode(), nil, &a)
	return a.Actions, err
}

// Left returns the pauses left behind that are offered to the one who asks.
func (c *Client) Left(ctx context.Context) ([]LeftPause, error) {
	var l Left
	err := c.into(ctx, http.MethodGet, PathLeft+profileQuery(c.o.Profiles), nil, &l)
	return l.Left, err
}
