package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"tapedeck/api/text"
)

// Recording reads one recording's metadata, and tells when the request was
// sent: what the answer says was so then or later.
//
// The error wraps [ErrNotFound] when the recording is gone.
//
// GET /Accounts/{AccountSid}/Recordings/{Sid}.json; SignalWire docs, "Retrieve
// a Recording". Without the suffix the address is the audio, and public.
func (c *Client) Recording(ctx context.Context, sid text.Text) (Recording, Exchange, error) {
	at, err := path("Recordings", sid)
	if err != nil {
		return Recording{}, Exchange{}, fmt.Errorf("read recording: %w", err)
	}
	raw, x, err := c.getOne(ctx, at)
	if err != nil {
		return Recording{}, x, fmt.Errorf("read recording %s: %w", sid.SID(), err)
	}
	rec := decodeRecording(raw)
	if err := c.isAbout(&rec.SID, sid); err != nil {
		return Recording{}, x, fmt.Errorf("read recording %s: %w", sid.SID(), err)
	}
	return rec, x, nil
}

// isAbout returns an error unless an answer is about what was asked for. One
// that does not say what it is about is about that.
func (c *Client) isAbout(got *text.Text, asked text.Text) error {
	if got.IsZero() {
		*got = asked
	}
	if *got != asked {
		return fmt.Errorf("%w: it is about %q", ErrUnreadable, shorten(c.clean(got.String()), 40))
	}
	return nil
}

// UpdateRecording pauses, resumes or stops rec, and returns the recording as
// the API then reports it. rec says which path to use: its conference's, if it
// has one, else its call's; only its SIDs matter.
//
// It sends one request and never repeats it: after a timeout (10 s), a broken
// connection, HTTP 5xx or an unreadable answer the outcome is unknown, and the
// caller should read the recording again.
//
// The error wraps [ErrNotFound] when the recording or its call is gone,
// [ErrSID] when nothing was sent, and holds an [*Error] whenever the API
// answered with one.
//
// POST /Accounts/{AccountSid}/Calls/{CallSid}/Recordings/{Sid} (for a
// conference, Conferences/{ConferenceSid}); SignalWire docs, "Update a Recording".
func (c *Client) UpdateRecording(ctx context.Context, rec Recording, u Update) (Recording, Exchange, error) {
	at, err := updatePath(rec)
	if err != nil {
		return Recording{}, Exchange{}, fmt.Errorf("update recording %s to %s: %w", rec.SID.SID(), u.Status, err)
	}
	form := url.Values{"Status": {string(u.Status)}}
	if u.Status == Paused && u.PauseBehavior != "" {
		form.Set("PauseBehavior", string(u.PauseBehavior))
	}
	ctx, cancel := context.WithTimeout(ctx, updateTimeout)
	defer cancel()
	var raw value
	x, err := c.send(ctx, http.MethodPost, c.url(at, nil), form, maxOneBytes, func(r io.Reader) error {
		return c.readObject(r, &raw)
	})
	if err != nil {
		return Recording{}, x, fmt.Errorf("update recording %s to %s: %w", rec.SID.SID(), u.Status, err)
	}
	got := decodeRecording(raw)
	err = c.isAbout(&got.SID, rec.SID)
	if err == nil && got.Status == "" {
		err = fmt.Errorf("%w: it has no status", ErrUnreadable)
	}
	if err != nil {
		return Recording{}, x, fmt.Errorf("update recording %s to %s: %w", rec.SID.SID(), u.Status, err)
	}
	return got, x, nil
}

// updatePath chooses between the two paths of an update.
func updatePath(rec Recording) (string, error) {
	if rec.IsConference() {
		return path("Conferences", rec.ConferenceSID, "Recordings", rec.SID)
	}
	if rec.CallSID.IsZero() {
		return "", fmt.Errorf("%w: it names neither a call nor a conference", ErrSID)
	}
	return path("Calls", rec.CallSID, "Recordings", rec.SID)
}

// NotSent reports whether err says that no request went out: for its SID, for it
// was too late ([SentBefore]), or because there was no connection to send it on,
// whatever failed on the way to one: the name, the address, a proxy, TLS.
func NotSent(err error) bool {
	ce, ok := errors.AsType[*connError](err)
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	return ok && ce.unsent || cert || errors.Is(err, ErrSID) || errors.Is(err, ErrTooLate)
}

// Call reads one call. The error wraps [ErrNotFound] when there is none, and
// [ErrUnreadable] when the answer says neither who is on the line nor a status.
//
// GET /Accounts/{AccountSid}/Calls/{Sid}; SignalWire docs, "Retrieve a Call".
func (c *Client) Call(ctx context.Context, sid text.Text) (Call, error) {
	raw, err := c.named(ctx, "Calls", sid)
	if err != nil {
		return Call{}, fmt.Errorf("read call %s: %w", sid.SID(), err)
	}
	call := decodeCall(raw)
	if err := c.isAbout(&call.SID, sid); err != nil {
		return Call{}, fmt.Errorf("read call %s: %w", sid.SID(), err)
	}
	if call.Status == "" && call.From.IsZero() && call.To.IsZero() {
		return Call{}, fmt.Errorf("read call %s: %w: it says nothing", sid.SID(), ErrUnreadable)
	}
	return call, nil
}

// Conference reads one conference. The error wraps [ErrNotFound] when there is
// none, and [ErrUnreadable] when the answer has neither a name nor a status.
//
// GET /Accounts/{AccountSid}/Conferences/{Sid}; SignalWire docs, "Retrieve a
// Conference".
func (c *Client) Conference(ctx context.Context, sid text.Text) (Conference, error) {
	raw, err := c.named(ctx, "Conferences", sid)
	if err != nil {
		return Conference{}, fmt.Errorf("read conference %s: %w", sid.SID(), err)
	}
	conf := decodeConference(raw)
	if err := c.isAbout(&conf.SID, sid); err != nil {
		return Conference{}, fmt.Errorf("read conference %s: %w", sid.SID(), err)
	}
	if conf.Status == "" && conf.FriendlyName.IsZero() {
		return Conference{}, fmt.Errorf("read conference %s: %w: it says nothing", sid.SID(), ErrUnreadable)
	}
	return conf, nil
}

func (c *Client) named(ctx context.Context, list string, sid text.Text) (value, error) {
	at, err := path(list, sid)
	if err != nil {
		return nil, err
	}
	raw, _, err := c.getOne(ctx, at)
	return raw, err
}

// ConferenceRecordings lists one conference's recordings, newest first.
//
// GET /Accounts/{AccountSid}/Conferences/{ConferenceSid}/Recordings;
// SignalWire docs, "List All Conference Recordings".
func (c *Client) ConferenceRecordings(conferenceSID text.Text, pageSize int) (*Pages[Row], error) {
	at, err := path("Conferences", conferenceSID, "Recordings")
	if err != nil {
		return nil, fmt.Errorf("list recordings of conference: %w", err)
	}
	v := url.Values{}
	setSize(v, pageSize)
	return newPages(c, "list recordings of conference", "recordings", at, v, decodeRow), nil
}

// DecodeRecording reads a resource that was kept as JSON. It never fails: what
// cannot be understood is left zero.
func DecodeRecording(raw []byte) Recording { return decodeRecording(value(raw)) }

// ServerTime returns what the answer says of the server's clock: its Date lies
// somewhere in [earliest, latest] of local time; ok is false without a Date.
func (x Exchange) ServerTime() (date time.Time, earliest, latest time.Time, ok bool) {
	return x.Date, x.Began, x.Answered, !x.Date.IsZero() && !x.Answered.IsZero()
}
