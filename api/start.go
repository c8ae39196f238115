package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"tapedeck/api/text"
)

// StartOptions say how a recording is made. The zero value has the API's
// defaults: mono, both sides.
type StartOptions struct {
	Channels string // mono or dual; empty for mono
	Track    string // inbound, outbound or both; empty for both
}

// StartRecording begins one more recording of a call, and returns it as the API
// reports it.
//
// It sends one request and never repeats it: each one that is accepted begins a
// recording. After a timeout (10 s), a broken connection, HTTP 5xx or an
// unreadable answer the outcome is unknown, and the caller should list the
// recordings of the call.
//
// The error wraps [ErrNotFound] when there is no such call, [ErrSID] when
// nothing was sent, and holds an [*Error] whenever the API answered with one.
//
// POST /Accounts/{AccountSid}/Calls/{CallSid}/Recordings; SignalWire docs,
// "Create a Recording".
func (c *Client) StartRecording(ctx context.Context, callSID text.Text, o StartOptions) (Recording, Exchange, error) {
	at, err := path("Calls", callSID, "Recordings")
	if err != nil {
		return Recording{}, Exchange{}, fmt.Errorf("start a recording: %w", err)
	}
	form := url.Values{}
	setString(form, "RecordingChannels", o.Channels)
	setString(form, "RecordingTrack", o.Track)
	ctx, cancel := context.WithTimeout(ctx, updateTimeout)
	defer cancel()
	var raw value
	x, err := c.send(ctx, http.MethodPost, c.url(at, nil), form, maxOneBytes, func(r io.Reader) error {
		return c.readObject(r, &raw)
	})
	if err != nil {
		return Recording{}, x, fmt.Errorf("start a recording of call %s: %w", callSID.SID(), err)
	}
	got := decodeRecording(raw)
	if got.SID.IsZero() || got.CallSID != callSID && !got.CallSID.IsZero() {
		err = fmt.Errorf("%w: it does not name the new recording", ErrUnreadable)
		return Recording{}, x, fmt.Errorf("start a recording of call %s: %w", callSID.SID(), err)
	}
	return got, x, nil
}
