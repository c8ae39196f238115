package ui

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// wireLatency is how long a request takes to reach the space.
const wireLatency = 5 * time.Millisecond

// wireHost is the host that every request must go to.
const wireHost = "acme.signalwire.example"

// faultWire carries requests to a simulated space, and while a fault is on
// gives it those of one operation.
type faultWire struct {
	t     testing.TB
	space http.RoundTripper
	hits  func(*http.Request) bool // the requests of the operation
	fault fault

	rows sync.Map // by list, the last row of the page before

	mu   sync.Mutex
	over chan struct{} // closed when the fault ends; nil while it has not begun
	met  int           // requests that met it
	sent []request
	peak *gauge
}

// hit is one request that meets a fault.
type hit struct {
	req  *http.Request
	n    int                                         // requests that met it before
	rows *sync.Map                                   // of the wire
	over <-chan struct{}                             // closed when the fault ends
	send func(*http.Request) (*http.Response, error) // to the space
}

// pass has the space answer.
func (h *hit) pass() (*http.Response, error) { return h.send(h.req) }

// RoundTrip answers a request. None may go to another host, nor be a POST to
// what is no recording.
func (w *faultWire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != wireHost {
		w.t.Errorf("%s %s went to a foreign host", r.Method, r.URL)
	}
	w.mu.Lock()
	over := w.over
	on := over != nil && (w.fault.everywhere || w.hits(r))
	select {
	case <-over:
		on = false
	default:
	}
	h := &hit{req: r, n: w.met, rows: &w.rows, over: over, send: w.space.RoundTrip}
	if on {
		w.met++
	}
	w.sent = append(w.sent, newRequest(r, on))
	at := len(w.sent) - 1
	w.mu.Unlock()
	resp, err := w.carry(h, on)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[at].answered(resp, err)
	if resp != nil && on {
		resp.Body = &measured{resp.Body, w, at}
	}
	return resp, err
}

// carry carries a request to the space, or to the fault.
func (w *faultWire) carry(h *hit, on bool) (*http.Response, error) {
	r := h.req
	if err := pause(r.Context(), wireLatency, nil); err != nil {
		return nil, err
	}
	q := r.URL.Query()
	if q.Has("PageSize") && q.Get("Page") == "" {
		// This space has small pages, so that a scan has several.
		r = r.Clone(r.Context())
		q.Set("PageSize", "20")
		r.URL.RawQuery = q.Encode()
		h.req = r
	}
	if !on {
		return w.space.RoundTrip(r)
	}
	return w.fault.do(h)
}

func (w *faultWire) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = make(chan struct{})
}

func (w *faultWire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.over)
}

// requests returns what was sent so far.
func (w *faultWire) requests() []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// measured is a body that looks at the memory while it is read, and at how it
// ends.
type measured struct {
	io.ReadCloser
	wire *faultWire
	at   int // in what was sent
}

func (m *measured) Read(b []byte) (int, error) {
	m.wire.peak.look()
	n, err := m.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		m.wire.mu.Lock()
		defer m.wire.mu.Unlock()
		m.wire.sent[m.at].dropped = true
	}
	return n, err
}

// pause waits until a time is over, until over is closed, or until the
// request's time is up, which is an error.
func pause(ctx context.Context, d time.Duration, over <-chan struct{}) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-over:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// say answers in the place of the space.
func say(r *http.Request, status int, body string, header ...string) *http.Response {
	resp := &http.Response{
		Status:     fmt.Sprintf("%d %s", status, http.StatusText(status)),
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
	for i := 0; i+1 < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp
}

// withBody gives a response another body, whose length is not said.
func withBody(resp *http.Response, body io.Reader) *http.Response {
	resp.Body, resp.ContentLength = io.NopCloser(body), -1
	resp.Header.Del("Content-Length")
	return resp
}

// failing ends with an error where its reader ends.
type failing struct {
	io.Reader
	err error
}

func (f failing) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

// dripping gives a byte a second, until the fault is over.
type dripping struct {
	r   io.Reader
	hit *hit
}

func (d dripping) Read(b []byte) (int, error) {
	if err := pause(d.hit.req.Context(), time.Second, d.hit.over); err != nil {
		return 0, err
	}
	select {
	case <-d.hit.over:
		return d.r.Read(b)
	default:
		return d.r.Read(b[:1])
	}
}

// endless repeats a piece of text for ever.
type endless struct {
	piece string
	at    int
}

func (e *endless) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		m := copy(b[n:], e.piece[e.at:])
		n, e.at = n+m, (e.at+m)%len(e.piece)
	}
	return n, nil
}

// bomb is a small body that unpacks to 64 MB, within one value.
var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, `{"sid":"`)
	_, _ = io.CopyN(z, &endless{piece: strings.Repeat("a", 64<<10)}, 64<<20)
	_, _ = io.WriteString(z, `"}`)
	_ = z.Close()
	return b.Bytes()
})

// lists are the arrays that an envelope may hold.
var lists = []string{"recordings", "calls", "conferences", "participants"}

// edit has the space answer and changes the JSON of its answer.
func edit(h *hit, change func(top map[string]any)) (*http.Response, error) {
	resp, err := h.pass()
	if err != nil {
		return nil, err
	}
	var top map[string]any
	d := json.NewDecoder(resp.Body)
	d.UseNumber()
	if err := d.Decode(&top); err != nil {
		return nil, err
	}
	change(top)
	b, err := json.Marshal(top)
	return withBody(resp, bytes.NewReader(b)), err
}

// editRows changes every row of a list, or the one resource.
func editRows(change func(i int, row map[string]any)) func(*hit) (*http.Response, error) {
	return func(h *hit) (*http.Response, error) {
		return edit(h, func(top map[string]any) {
			for _, name := range lists {
				rows, ok := top[name].([]any)
				if !ok {
					continue
				}
				for i, r := range rows {
					change(i, r.(map[string]any))
				}
				return
			}
			change(0, top)
		})
	}
}

// editPage changes the envelope of a list; a resource alone has none.
func editPage(change func(h *hit, top map[string]any)) func(*hit) (*http.Response, error) {
	return func(h *hit) (*http.Response, error) {
		return edit(h, func(top map[string]any) {
			if _, ok := top["next_page_uri"]; ok {
				change(h, top)
			}
		})
	}
}

// readAll reads what the space has answered.
func readAll(h *hit) (*http.Response, []byte, error) {
	resp, err := h.pass()
	if err != nil {
		return nil, nil, err
	}
	b, err := io.ReadAll(resp.Body)
	return resp, b, err
}
