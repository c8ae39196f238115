package sim

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Codes of errors, as the API documents them. 20004 alone is borrowed from
// Twilio: none is documented for a method that a path does not have.
const (
	codeArgument      = 10000
	codePermission    = 10003
	codeCallbackEvent = 13621
	codeTrim          = 13699
	codeUnauthorized  = 20003
	codeMethod        = 20004
	codeNotFound      = 20404
	codeTooMany       = 20429
	codeInternal      = 20504
	codeCallState     = 21220
	codePageToken     = 54453
	codePageSize      = 54454
	codeFormat        = 90000
	moreInfo          = "https://signalwire.example/errors"
	maxRequestBody    = 64 << 10
	minCompressedBody = 1 << 10
)

// errDropped says that the connection is to be closed without an answer.
var errDropped = errors.New("connection dropped")

// reply is the answer to a request.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// exchange is one request while it is answered.
type exchange struct {
	space *Space
	req   *http.Request
	path  string // as in the request, without .json
	enc   encoder
	now   stamp

	account  string
	route    *route   // nil for none
	args     []string // the SIDs in the path, in its order
	form     url.Values
	formErr  error
	suffixed bool // whether the path ends in .json
	applied  bool // whether an update was
}

// answer answers one request. The error is errDropped, or that of the
// request's context if it ends before the answer.
func (s *Space) answer(r *http.Request) (reply, error) {
	s.enter()
	defer s.leave()
	x := s.newExchange(r)
	rep := s.handle(x)
	if x.enc.fx.slow > 0 {
		if err := sleep(r.Context(), x.enc.fx.slow); err != nil {
			return reply{}, err
		}
	}
	if x.enc.fx.silent {
		<-r.Context().Done()
		return reply{}, r.Context().Err()
	}
	if x.enc.fx.drop {
		return reply{}, errDropped
	}
	return s.seal(r, rep)
}

// enter counts a request that comes in.
func (s *Space) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight++
	s.stats.MaxInFlight = max(s.stats.MaxInFlight, s.inFlight)
}

// leave counts a request that has been answered.
func (s *Space) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

// sleep waits, unless the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newExchange reads a request: its path and its body.
func (s *Space) newExchange(r *http.Request) *exchange {
	x := &exchange{space: s, req: r}
	x.path, x.suffixed = strings.CutSuffix(r.URL.EscapedPath(), ".json")
	prefix, rest := splitPrefix(x.path)
	if rest != "" {
		var segments []string
		x.account, segments = splitAccount(rest)
		x.route, x.args = findRoute(segments)
		x.enc = encoder{base: prefix + "/Accounts/" + x.account, project: s.project}
	}
	if r.Body != nil && r.Method == http.MethodPost {
		x.form, x.formErr = readForm(r)
	}
	return x
}

// splitPrefix parts a path into one of the two prefixes of the API and the
// rest, which is empty for another path.
func splitPrefix(path string) (prefix, rest string) {
	for _, prefix := range []string{"/api/laml/" + apiVersion, "/" + apiVersion} {
		if rest, ok := strings.CutPrefix(path, prefix+"/Accounts/"); ok {
			return prefix, rest
		}
	}
	return "", ""
}

// splitAccount parts what follows /Accounts/ into the AccountSid and the rest.
func splitAccount(rest string) (account string, segments []string) {
	parts := strings.Split(rest, "/")
	return parts[0], parts[1:]
}

// readForm reads the body of a POST: a form in either of HTML's encodings, or a
// JSON object of strings.
func readForm(r *http.Request) (url.Values, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxRequestBody {
		return nil, errors.New("body too large")
	}
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch media {
	case "multipart/form-data":
		return readMultipart(body, params["boundary"])
	case "application/json":
	default:
		return url.ParseQuery(string(body))
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, fmt.Sprint(value))
	}
	return form, nil
}

// readMultipart reads a form whose fields are parts. A file is no field: no
// request of the API takes one.
func readMultipart(body []byte, boundary string) (url.Values, error) {
	if boundary == "" {
		return nil, errors.New("multipart body without a boundary")
	}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	form := url.Values{}
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		if part.FileName() == "" {
			form.Add(part.FormName(), string(value))
		}
	}
}

// method returns the method that the request is answered by: a HEAD is a GET
// whose body is not sent.
func (x *exchange) method() string {
	if x.req.Method == http.MethodHead {
		return http.MethodGet
	}
	return x.req.Method
}

// isUpdate reports whether x is an update of a recording.
func (x *exchange) isUpdate() bool {
	return x.route != nil && x.route.updates && x.req.Method == http.MethodPost
}

// isStart reports whether x is to start a recording.
func (x *exchange) isStart() bool {
	return x.route != nil && x.route.kind == kindRecordingList && x.req.Method == http.MethodPost
}

// isAudio reports whether x asks for a recording's sound.
func (x *exchange) isAudio() bool {
	return x.route != nil && x.route.sound && !x.suffixed && x.method() == http.MethodGet
}

// handle brings the space up to date and carries out the request.
func (s *Space) handle(x *exchange) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.now = s.advance()
	if kind := s.scene.kind; kind != nil && kind.request != nil {
		kind.request(s, x.now)
	}
	x.enc.now = x.now
	x.enc.fx = s.effects(x.isUpdate(), x.isStart())
	s.drillRequest(x)
	rep := x.respond()
	s.count(x)
	if x.isUpdate() {
		s.record(x, rep)
	}
	return rep
}

// count counts a request in the stats.
func (s *Space) count(x *exchange) {
	kind := kindOther
	if x.route != nil {
		kind = x.route.kind
	}
	switch {
	case x.isUpdate():
		s.stats.Updates++
	case x.method() != http.MethodGet || kind == kindOther || x.isAudio():
		s.stats.Other++
	case kind == kindRecordingList:
		s.stats.RecordingLists++
	case kind == kindRecording:
		s.stats.Recordings++
	case kind == kindCall:
		s.stats.Calls++
	case kind == kindConference:
		s.stats.Conferences++
	case kind == kindParticipant:
		s.stats.Participants++
	}
}

// respond answers a request: credentials first, then faults, then the path.
func (x *exchange) respond() reply {
	if !x.isAudio() && !x.authorized() {
		rep := x.fail(http.StatusUnauthorized, codeUnauthorized, "Authentication failed")
		rep.header.Set("WWW-Authenticate", `Basic realm="SignalWire"`)
		return rep
	}
	if x.enc.fx.refuse.name != "" {
		return x.faulty(x.enc.fx.refuse)
	}
	if x.enc.fx.lost {
		return reply{} // Nobody will see it.
	}
	if x.route == nil || x.account != x.space.project {
		return x.notFound("Resource")
	}
	do := x.route.methods[x.method()]
	if x.isAudio() {
		do = (*exchange).audio
	}
	if do == nil {
		rep := x.fail(http.StatusMethodNotAllowed, codeMethod, "Method not allowed")
		rep.header.Set("Allow", x.route.allow())
		return rep
	}
	return do(x)
}

func (x *exchange) authorized() bool {
	user, password, ok := x.req.BasicAuth()
	return ok && user == x.space.project && password == x.space.token
}

// faulty answers with the failure that a fault asks for.
func (x *exchange) faulty(f Fault) reply {
	switch f.name {
	case "429":
		rep := x.fail(http.StatusTooManyRequests, codeTooMany, "Too many requests")
		rep.header.Set("Retry-After", strconv.Itoa(int(f.value/time.Second)))
		return rep
	case "429-bare":
		return x.fail(http.StatusTooManyRequests, codeTooMany, "Too many requests")
	case "403":
		return x.fail(http.StatusForbidden, codePermission, "The token lacks the permission for this")
	case "503":
		return x.fail(http.StatusServiceUnavailable, codeInternal, "Service unavailable")
	default: // html
		return reply{
			status: http.StatusBadGateway,
			header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
			body:   []byte("<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"),
		}
	}
}

// json answers with a body of JSON.
func (x *exchange) json(status int, body []byte) reply {
	return reply{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// fail answers with an error of the shape that nearly all errors have.
func (x *exchange) fail(status, code int, msg string) reply {
	o := x.enc.begin(nil)
	o.int("code", int64(code))
	o.str("message", msg)
	o.str("more_info", moreInfo)
	o.int("status", int64(status))
	return x.json(status, o.end())
}

// refuse answers that the request cannot be carried out as it is: 422, or 400
// by a fault.
func (x *exchange) refuse(code int, msg string) reply {
	if x.enc.fx.badRequest {
		return x.fail(http.StatusBadRequest, code, msg)
	}
	return x.fail(http.StatusUnprocessableEntity, code, msg)
}

// notFound answers that there is no such thing.
func (x *exchange) notFound(what string) reply {
	return x.fail(http.StatusNotFound, codeNotFound, what+" not found")
}

// seal completes an answer: the headers that all answers have, compression.
func (s *Space) seal(r *http.Request, rep reply) (reply, error) {
	s.mu.Lock()
	s.stats.Bytes += int64(len(rep.body))
	s.mu.Unlock()
	rep.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if len(rep.body) > minCompressedBody {
		rep.header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header) {
			body, err := s.compress(rep.body)
			if err != nil {
				return reply{}, err
			}
			rep.body = body
			rep.header.Set("Content-Encoding", "gzip")
		}
	}
	if rep.status != http.StatusNoContent {
		rep.header.Set("Content-Length", strconv.Itoa(len(rep.body)))
	}
	return rep, nil
}

// acceptsGzip reports whether a client reads gzip.
func acceptsGzip(h http.Header) bool {
	for field := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, params, err := mime.ParseMediaType(strings.TrimSpace(field))
		if err != nil || coding != "gzip" && coding != "*" {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		return params["q"] == "" || err == nil && q > 0
	}
	return false
}

// compress returns body in gzip.
func (s *Space) compress(body []byte) ([]byte, error) {
	var b bytes.Buffer
	z, ok := s.zippers.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(&b, gzip.BestSpeed) // The level is valid.
	}
	z.Reset(&b)
	if _, err := z.Write(body); err != nil {
		return nil, fmt.Errorf("compress body: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress body: %w", err)
	}
	s.zippers.Put(z)
	return b.Bytes(), nil
}
