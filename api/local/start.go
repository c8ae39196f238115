package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// The channels and tracks that a start may name; empty is the API's own.
var (
	startChannels = []string{"", "mono", "dual"}
	startTracks   = []string{"", "inbound", "outbound", "both"}
)

// Options returns how the recording is to be made. The error holds a
// [*RefusalError] and says what is wrong with the start.
func (s Start) Options() (api.StartOptions, error) {
	bad := func(code Code, format string, args ...any) (api.StartOptions, error) {
		return api.StartOptions{}, &RefusalError{Refusal: Refusal{Code: code, Error: fmt.Sprintf(format, args...)}}
	}
	_, usable := text.New(s.CallSID).PathSegment()
	switch {
	case !ValidID(s.ID):
		return bad(CodeID, "the ID of a start is 8 to %d letters, digits and dashes (got %q)", MaxID, clean(s.ID))
	case !usable:
		return bad(CodeBody, "start %s names no call", s.ID)
	case !slices.Contains(startChannels, s.Channels):
		return bad(CodeBody, "channels is mono or dual (got %q)", clean(s.Channels))
	case s.Seen != "" && s.Seen != string(deck.NoRecording):
		return bad(CodeBody, "what was seen is %s, or nothing (got %q)", deck.NoRecording, clean(s.Seen))
	case !slices.Contains(startTracks, s.Track):
		return bad(CodeBody, "track is inbound, outbound or both (got %q)", clean(s.Track))
	}
	return api.StartOptions{Channels: s.Channels, Track: s.Track}, nil
}

// Start begins one more recording of a call, and returns when its outcome is
// settled, or when ctx ends; see [deck.Deck.Start]. It is sent once. When the
// connection breaks before its result has come, the service is asked what became
// of it.
//
// The error is why nothing was sent, as that of [Client.Do].
func (c *Client) Start(ctx context.Context, callSID text.Text, o api.StartOptions, actor deck.Actor) (rec *deck.Recording, p deck.Progress, err error) {
	return c.StartFor(ctx, callSID, o, deck.Request{Actor: actor})
}

// StartFor is Start for a request, of which the Actor, the Profile and the Seen
// count; see [deck.Deck.StartFor].
func (c *Client) StartFor(ctx context.Context, callSID text.Text, o api.StartOptions, req deck.Request) (rec *deck.Recording, p deck.Progress, err error) {
	start := &Start{ID: newID(), CallSID: callSID.String(), Profile: req.Profile, Channels: o.Channels, Track: o.Track, Seen: string(req.Seen)}
	if start.Profile == "" && len(c.o.Profiles) == 1 {
		start.Profile = c.o.Profiles[0]
	}
	if _, err := start.Options(); err != nil {
		return nil, p, err
	}
	c.mu.Lock()
	l, why := c.link, c.why
	c.mu.Unlock()
	if l == nil {
		return nil, p, why
	}
	asked := deck.Request{Update: api.Update{Status: deck.AskedStart}, Actor: req.Actor, Seen: req.Seen, Profile: start.Profile}
	w := &wanted{id: start.ID, req: asked, start: start, key: recordingKey{profile: start.Profile}, at: time.Now()}
	w.last = &deck.Progress{Request: asked, Outcome: deck.Unknown, Asked: w.at, Tries: 1, Note: startLost}
	result := func(_ int, end deck.Progress, e error) { p, err = end, e }
	if lost := c.send(ctx, l, []*wanted{w}, result); len(lost) > 0 {
		c.askFor(ctx, l, lost, result)
	}
	if !w.over { // ctx ended
		p = *w.last
	}
	if p.Answer != nil {
		if rec = c.Snapshot().Lookup(p.Request.Key()); rec == nil {
			rec = &deck.Recording{Recording: *p.Answer, Profile: p.Request.Profile}
		}
	}
	return rec, p, err
}

// startLost is what is said of a start whose result is not known.
const startLost = "its result is not known: look at the recordings of the call before you start another"

// Load returns a recording that the client has, or asks the service for one that
// it has not, such as one that has ended long ago; see [deck.Deck.Load]. The
// error is a [*RefusalError], [deck.ErrNotFound] where there is none, or a
// [*GoneError].
func (c *Client) Load(ctx context.Context, sid text.Text) (*deck.Recording, error) {
	c.mu.Lock()
	_, r, err := c.find("", sid)
	l, why := c.link, c.why
	c.mu.Unlock()
	switch {
	case r != nil || err != nil && !errors.Is(err, deck.ErrNotFound):
		return r, err
	case l == nil:
		return nil, why
	}
	path, usable := sid.PathSegment()
	if !usable {
		return nil, api.ErrSID
	}
	ctx, done := l.with(ctx)
	defer done()
	at := PathRecordings + "/" + path
	if len(c.o.Profiles) == 1 {
		at += profileQuery(c.o.Profiles)
	}
	var raw json.RawMessage
	if err := c.into(ctx, http.MethodGet, at, nil, &raw); err != nil {
		if isLost(err) {
			err = &GoneError{Path: c.o.Path, Since: time.Now(), Err: becauseOf(ctx, err)}
		}
		return nil, err
	}
	return DecodeRow(raw, time.Now()), nil
}
