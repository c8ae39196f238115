package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/text"
)

// Pages walks along one list, a request a page, newest rows first. It follows
// the address that each page gives for the next, and never makes one up. It is
// not safe for concurrent use.
type Pages[T any] struct {
	client  *Client
	what    string // for errors: "list recordings"
	key     string // the envelope's array
	next    string // the address of the next page; empty at the end
	visited map[string]bool
	decode  func(value) (row T, sid text.Text) // no SID: it was of no use
	err     error                              // why nothing can be asked for; nil if it can
	last    ends                               // of the last page that was read
	alike   int                                // pages before it with the same rows
}

// yieldRows is how many rows are decoded before a goroutine that waits for the
// processor has it: a tenth of a millisecond, for a key waits too.
const yieldRows = 32

// maxAlike is how often a page may have the same rows as the one before: that
// many new rows may have come on top in between, but not again and again.
const maxAlike = 2

// ends are the first and the last row of a page, and how many it has.
type ends struct {
	first, last text.Text
	rows        int
}

// PageInfo is what is known of a page beside its rows.
type PageInfo struct {
	Rows       int       // rows given, also those that were of no use
	Unreadable int       // rows that were no objects or had no SID
	Bytes      int64     // of the body, before compression
	Began      time.Time // when the request was sent
	Took       time.Duration
}

func newPages[T any](c *Client, what, key, path string, query url.Values, decode func(value) (T, text.Text)) *Pages[T] {
	first := c.url(path, query)
	return &Pages[T]{client: c, what: what, key: key, next: first,
		visited: map[string]bool{first: true}, decode: decode}
}

// More reports whether there is a next page.
func (p *Pages[T]) More() bool { return p.next != "" }

// Next reads the next page and calls each for every row as it is decoded. Rows
// may come twice in a walk, when new ones move them to the next page or a
// connection was dropped in the middle of a page.
//
// The error wraps [ErrPage] when the page was read and its address of the next
// was refused, or leads to the same rows for ever; the rows are good then, and the
// walk is over. After any other
// error Next may be called again and asks for the same page.
func (p *Pages[T]) Next(ctx context.Context, each func(T)) (PageInfo, error) {
	if p.err != nil {
		p.next = ""
		return PageInfo{}, fmt.Errorf("%s: %w", p.what, p.err)
	}
	if p.next == "" {
		return PageInfo{}, nil
	}
	var info PageInfo
	var next value
	var page ends
	x, err := p.client.get(ctx, p.next, maxPageBytes, func(r io.Reader) error {
		info, page = PageInfo{}, ends{}
		var err error
		next, err = p.read(r, &info, func(row T, sid text.Text) {
			if page.rows++; page.rows == 1 {
				page.first = sid
			}
			page.last = sid
			each(row)
		})
		return err
	})
	info.Bytes, info.Began, info.Took = x.Bytes, x.Began, x.Ended.Sub(x.Began)
	if err != nil {
		return info, fmt.Errorf("%s: %w", p.what, err)
	}
	if p.next, err = p.resolve(next); err != nil {
		return info, fmt.Errorf("%s: %w", p.what, err)
	}
	if p.alike++; page.rows == 0 || page != p.last {
		p.alike = 0
	}
	if p.last = page; p.alike == maxAlike && p.next != "" {
		p.next = ""
		return info, fmt.Errorf("%s: %w: %d pages have the same rows", p.what, ErrPage, maxAlike+1)
	}
	return info, nil
}

// read decodes an envelope as it arrives and returns its next_page_uri.
func (p *Pages[T]) read(r io.Reader, info *PageInfo, each func(T, text.Text)) (next value, err error) {
	s := newScanner(r, 32<<10)
	found := false
	err = s.object(func(name value) error {
		switch string(name) {
		case p.key:
			found = true
			return p.readRows(s, info, each)
		case "next_page_uri":
			v, err := s.value()
			next = bytes.Clone(v)
			return err
		}
		_, err := s.value()
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("it has no %q", p.key)
	}
	return next, err
}

// readRows decodes an array of rows, one at a time from the same buffer.
func (p *Pages[T]) readRows(s *scanner, info *PageInfo, each func(T, text.Text)) error {
	return s.array(func() error {
		if info.Rows++; info.Rows > maxRows {
			return fmt.Errorf("it has over %d rows", maxRows)
		}
		if info.Rows%yieldRows == 0 {
			runtime.Gosched()
		}
		raw, err := s.value()
		if err != nil {
			return err
		}
		p.client.mask(raw)
		row, sid := p.decode(raw)
		if sid.IsZero() {
			info.Unreadable++
			return nil
		}
		each(row, sid)
		return nil
	})
}

// resolve returns the address of the next page: host-relative, resolved
// against the host that was asked (contract section 4). Any other host would
// get the token, so it is refused; so is a page that was already read.
func (p *Pages[T]) resolve(next value) (string, error) {
	ref := next.str()
	if ref == "" {
		return "", nil
	}
	shown := shorten(p.client.clean(ref), 80)
	u, err := url.Parse(ref)
	if err != nil || !next.isString() || len(ref) > maxText || strings.ContainsRune(ref, '\\') {
		return "", fmt.Errorf("%w: %q is no address", ErrPage, shown)
	}
	if u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(ref, "/") || strings.HasPrefix(ref, "//") ||
		strings.HasPrefix(u.Path, "//") { // as "/%2f" is once it is written again
		return "", fmt.Errorf("%w: %q is not a path on this host", ErrPage, shown)
	}
	u.Scheme, u.Host, u.Fragment, u.RawFragment = p.client.base.Scheme, p.client.base.Host, "", ""
	address := u.String()
	if p.visited[address] {
		return "", fmt.Errorf("%w: %q was read already", ErrPage, shown)
	}
	p.visited[address] = true
	return address, nil
}

// Row is a recording in a list. It is valid only until the function that it
// was given to returns; [Row.Recording] makes one to keep.
type Row struct {
	SID     text.Text
	Status  Status
	Created time.Time // date_created, UTC; zero when it cannot be read
	raw     value
}

// Recording builds the whole resource.
func (r Row) Recording() Recording { return decodeRecording(r.raw) }

// Same reports whether the row is the resource that a recording was built
// from, to the byte. One with a value so long that it was cut is not.
func (r Row) Same(rec Recording) bool { return bytes.Equal(r.raw, rec.raw) }

func decodeRow(raw value) (Row, text.Text) {
	row := Row{raw: raw}
	for name, v := range raw.members() {
		if v.isNull() {
			continue
		}
		switch string(name.key()) {
		case "sid":
			row.SID = v.text()
		case "status":
			row.Status = status(v)
		case "date_created":
			row.Created = v.time()
		}
	}
	return row, row.SID
}

// RecordingQuery narrows a list of recordings; the zero value asks for all. A
// SID that cannot be sent gives an error that wraps [ErrSID], of the first page.
// There is no filter by status (contract section 4).
type RecordingQuery struct {
	CreatedAfter  time.Time // DateCreated>; whether inclusive is not known
	CreatedBefore time.Time // DateCreated<
	CreatedOn     time.Time // DateCreated
	CallSID       text.Text
	ConferenceSID text.Text
	PageSize      int // 1 to 1000; 0 for the API's default, 50
}

// Recordings lists the project's recordings, newest first.
//
// GET /Accounts/{AccountSid}/Recordings; SignalWire docs, "List All Recordings".
func (c *Client) Recordings(q RecordingQuery) *Pages[Row] {
	v := url.Values{}
	setTime(v, "DateCreated>", q.CreatedAfter)
	setTime(v, "DateCreated<", q.CreatedBefore)
	setTime(v, "DateCreated", q.CreatedOn)
	err := setSID(v, "CallSid", q.CallSID)
	err = errors.Join(err, setSID(v, "ConferenceSid", q.ConferenceSID))
	setSize(v, q.PageSize)
	pages := newPages(c, "list recordings", "recordings", "/Recordings.json", v, decodeRow)
	pages.err = err
	return pages
}

// CallQuery narrows a list of calls; the zero value asks for all. A SID that
// cannot be sent gives an error that wraps [ErrSID], of the first page.
type CallQuery struct {
	Status        Status // in-progress, ringing, completed, …
	From, To      string
	ParentCallSID text.Text
	StartedAfter  time.Time // StartTime>
	StartedBefore time.Time // StartTime<
	EndedAfter    time.Time // EndTime>
	EndedBefore   time.Time // EndTime<
	PageSize      int       // 1 to 1000; 0 for the API's default, 50
}

// Calls lists the project's calls, newest first.
//
// GET /Accounts/{AccountSid}/Calls; SignalWire docs, "List All Calls".
func (c *Client) Calls(q CallQuery) *Pages[Call] {
	v := url.Values{}
	setString(v, "Status", string(q.Status))
	setString(v, "From", q.From)
	setString(v, "To", q.To)
	err := setSID(v, "ParentCallSid", q.ParentCallSID)
	setTime(v, "StartTime>", q.StartedAfter)
	setTime(v, "StartTime<", q.StartedBefore)
	setTime(v, "EndTime>", q.EndedAfter)
	setTime(v, "EndTime<", q.EndedBefore)
	setSize(v, q.PageSize)
	pages := newPages(c, "list calls", "calls", "/Calls.json", v, func(raw value) (Call, text.Text) {
		call := decodeCall(raw)
		return call, call.SID
	})
	pages.err = err
	return pages
}

// ConferenceQuery narrows a list of conferences; the zero value asks for all.
type ConferenceQuery struct {
	Status        Status // init, in-progress or completed
	FriendlyName  string
	CreatedAfter  time.Time // DateCreated>, by day
	CreatedBefore time.Time // DateCreated<, by day
	UpdatedAfter  time.Time // DateUpdated>, by day
	UpdatedBefore time.Time // DateUpdated<, by day
	PageSize      int       // 1 to 1000; 0 for the API's default, 50
}

// Conferences lists the project's conferences, newest first.
//
// GET /Accounts/{AccountSid}/Conferences; SignalWire docs, "List All Conferences".
func (c *Client) Conferences(q ConferenceQuery) *Pages[Conference] {
	v := url.Values{}
	setString(v, "Status", string(q.Status))
	setString(v, "FriendlyName", q.FriendlyName)
	setDay(v, "DateCreated>", q.CreatedAfter)
	setDay(v, "DateCreated<", q.CreatedBefore)
	setDay(v, "DateUpdated>", q.UpdatedAfter)
	setDay(v, "DateUpdated<", q.UpdatedBefore)
	setSize(v, q.PageSize)
	return newPages(c, "list conferences", "conferences", "/Conferences.json", v, func(raw value) (Conference, text.Text) {
		conf := decodeConference(raw)
		return conf, conf.SID
	})
}

// Participants lists who is in a conference now. A SID that cannot stand in a
// path gives an error that wraps [ErrSID].
//
// GET /Accounts/{AccountSid}/Conferences/{ConferenceSid}/Participants;
// SignalWire docs, "List All Active Participants".
func (c *Client) Participants(conferenceSID text.Text, pageSize int) (*Pages[Participant], error) {
	at, err := path("Conferences", conferenceSID, "Participants")
	if err != nil {
		return nil, fmt.Errorf("list participants: %w", err)
	}
	v := url.Values{}
	setSize(v, pageSize)
	return newPages(c, "list participants", "participants", at, v, func(raw value) (Participant, text.Text) {
		p := decodeParticipant(raw)
		if _, ok := p.CallSID.PathSegment(); !ok {
			return p, text.Text{}
		}
		return p, p.CallSID
	}), nil
}

func setString(v url.Values, name, s string) {
	if s != "" {
		v.Set(name, s)
	}
}

// setSID narrows a list by a SID. One that cannot be sent must not widen the
// list to everything.
func setSID(v url.Values, name string, sid text.Text) error {
	if sid.IsZero() {
		return nil
	}
	seg, ok := sid.PathSegment()
	if !ok {
		return badSID(sid)
	}
	v.Set(name, seg)
	return nil
}

// setTime writes a date as every SDK does for recordings and calls: ISO 8601 in
// UTC, to the second.
func setTime(v url.Values, name string, t time.Time) {
	if !t.IsZero() {
		v.Set(name, t.UTC().Format("2006-01-02T15:04:05Z"))
	}
}

// setDay writes a date as the docs have it for conferences.
func setDay(v url.Values, name string, t time.Time) {
	if !t.IsZero() {
		v.Set(name, t.UTC().Format(time.DateOnly))
	}
}

func setSize(v url.Values, n int) {
	if n != 0 {
		v.Set("PageSize", strconv.Itoa(n))
	}
}
