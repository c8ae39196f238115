package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/text"
)

const (
	maxSID     = 256 // bytes of a SID that a client sends
	writeTime  = local.LetGoAfter
	shownBytes = 64 // of what a client sent, in a refusal
)

// call is one request of a client that has come through the gate.
type call struct {
	server  *Server
	w       http.ResponseWriter
	r       *http.Request
	session *session
	permit  permit
	id      string // the last part of a path such as /v1/requests/{id}; else empty

	// inside is whether it is of a session in this process, for which no answer is
	// written. Then asks are the requests as its screen has them, by their ID, and
	// taken are those that were carried out, or are known.
	inside bool
	asks   map[string]deck.Request
	taken  []*asked
}

// route is what is done for one method and path. A path that ends with / takes
// one more part, the call's id.
type route struct {
	method, path string
	// words are what the role has to have, by what was asked; nil for view.
	words func(body any) []local.Word
	body  func() any                           // a pointer for what the client sends; nil for nothing
	quick func(raw []byte) (body any, ok bool) // see [quick]; nil for none
	// handle answers. It returns the body of the answer, nil where it has
	// written one, or why there is none.
	handle func(c *call, body any) (any, *local.Refusal)
}

// needs returns what needs one word, whatever is asked.
func needs(word local.Word) func(any) []local.Word {
	return func(any) []local.Word { return []local.Word{word} }
}

// nothing is for a route that takes no word beside being somebody with a role.
func nothing(any) []local.Word { return nil }

// get is a route that takes nothing.
func get(path string, words func(any) []local.Word, handle func(*call) (any, *local.Refusal)) route {
	return route{method: http.MethodGet, path: path, words: words, handle: func(c *call, _ any) (any, *local.Refusal) { return handle(c) }}
}

// post is a route that takes a T.
func post[T any](path string, words func(any) []local.Word, handle func(*call, *T) (any, *local.Refusal)) route {
	return route{
		method: http.MethodPost, path: path, words: words, body: func() any { return new(T) },
		handle: func(c *call, body any) (any, *local.Refusal) { return handle(c, body.(*T)) },
	}
}

// quick is a route whose body is read without a decoder where it is as a client of
// ours writes it. What read takes has to be what the decoder would make of it.
func quick[T any](r route, read func(raw []byte) (T, bool)) route {
	r.quick = func(raw []byte) (any, bool) {
		body, ok := read(raw)
		return &body, ok
	}
	return r
}

// ServeHTTP is the gate: the only way to a handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(local.HeaderVersion, s.o.Version)
	w.Header().Set(local.HeaderInstance, s.instance)
	w.Header().Set("Cache-Control", "no-store")
	c := &call{server: s, w: w, r: r}
	defer func() {
		if broken := recover(); broken != nil {
			if broken == http.ErrAbortHandler {
				panic(broken)
			}
			c.answer(nil, c.fault(broken))
		}
	}()
	answer, refusal := c.pass()
	c.answer(answer, refusal)
}

// fault says that a handler has panicked, and returns what its client is told.
func (c *call) fault(broken any) *local.Refusal {
	c.server.o.Say("a fault in %s %s: %v\n%s", c.r.Method, quoted(c.r.URL.Path), broken, debug.Stack())
	return refuse(local.CodeInternal, "the service has a fault; its log says more", "")
}

// pass takes a request through the gate, and has it handled.
func (c *call) pass() (any, *local.Refusal) {
	route, refusal := c.route()
	if refusal != nil {
		return nil, refusal
	}
	if refusal := c.admit(connOf(c.r.Context()), c.r.Header.Get(local.HeaderSession)); refusal != nil {
		return nil, refusal
	}
	body, refusal := c.read(route)
	if refusal != nil {
		return nil, refusal
	}
	return c.handle(route, body)
}

// admit lets in who asks by a connection, nil for one that nobody knows, in the
// session that they have chosen: by who they are, how much they ask for, and
// whether the service and the session last.
func (c *call) admit(conn *conn, session string) (refusal *local.Refusal) {
	s := c.server
	if conn == nil {
		return refuse(local.CodeUser, "the system does not tell who you are", "")
	}
	permit, ok := s.permitOf(conn)
	if !ok {
		return refuse(local.CodeUser, "no role has you, "+conn.name(s.permits.names), "ask for a role in the settings of tapedeck serve")
	}
	c.permit = permit
	if wait := s.rates.take(conn.peer.UID, time.Now()); wait > 0 {
		refusal := refuse(local.CodeTooMany, "you ask for too much: "+strconv.Itoa(maxRate)+" requests a second are allowed", "")
		refusal.After = local.Seconds(wait.Seconds())
		return refusal
	}
	if s.endingNow() {
		return refuse(local.CodeEnding, "the service is ending", "try again in a moment")
	}
	c.session, refusal = s.sessions.enter(conn, session, permit)
	return refusal
}

// handle has a request handled of somebody who was let in, where the role has the
// words for it.
func (c *call) handle(route route, body any) (any, *local.Refusal) {
	for _, word := range route.words(body) {
		if refusal := c.may(word); refusal != nil {
			return nil, refusal
		}
	}
	return route.handle(c, body)
}

// may refuses what the role may not do.
func (c *call) may(word local.Word) *local.Refusal {
	if c.permit.can(word) {
		return nil
	}
	doing := map[local.Word]string{
		local.WordTimer: "set an auto-resume", local.WordReveal: "reveal numbers", local.WordBulk: "change several at once",
		local.WordSessions: "end or list the sessions of others", local.WordView: "look",
		local.WordStopEvidence: "stop where the policy is evidence",
	}[word]
	if doing == "" {
		doing = string(word)
	}
	return refuse(local.CodeRole, "your role, "+c.permit.role+", may not "+doing, "ask somebody whose role may "+doing)
}

// route finds the route of a request.
func (c *call) route() (route, *local.Refusal) {
	path := c.r.URL.Path
	if version, ok := strings.CutPrefix(path, "/v"); ok && !strings.HasPrefix(path+"/", local.Prefix+"/") {
		version, _, _ = strings.Cut(version, "/")
		if n, err := strconv.Atoi(version); err == nil && n > 0 {
			which := "update the service"
			if n < local.Major {
				which = "update the client"
			}
			return route{}, refuse(local.CodeVersion, fmt.Sprintf("this service (%s) speaks version %d of the wire, and not %d", c.server.o.Version, local.Major, n), which)
		}
	}
	var methods []string
	for _, r := range routes {
		id, ok := "", path == r.path
		if !ok && strings.HasSuffix(r.path, "/") {
			id, ok = strings.CutPrefix(path, r.path)
			ok = ok && id != "" && !strings.Contains(id, "/")
		}
		if !ok || ok && id == "" && strings.HasSuffix(r.path, "/") {
			continue
		}
		if r.method == c.r.Method {
			c.id = id
			return r, nil
		}
		methods = append(methods, r.method)
	}
	if methods != nil {
		c.w.Header().Set("Allow", strings.Join(methods, ", "))
		return route{}, refuse(local.CodeMethod, quoted(c.r.Method)+" is not allowed here", "use "+strings.Join(methods, " or "))
	}
	return route{}, refuse(local.CodeRoute, "there is no route "+quoted(path), "the documentation of package api/local lists them")
}

// decode decodes a body, strictly: nothing in it is unknown, stands twice or is
// left over.
func (r route) decode(raw []byte) (any, error) {
	if r.quick != nil {
		if body, ok := r.quick(raw); ok {
			return body, nil
		}
	}
	body := r.body()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(body); err != nil {
		return nil, err
	}
	if len(bytes.TrimLeft(raw[d.InputOffset():], " \t\r\n")) > 0 {
		return nil, errors.New("something follows it")
	}
	if name := repeated(raw); name != "" {
		return nil, errors.New("it has " + quoted(name) + " twice")
	}
	return body, nil
}

// read reads the body of a request, which is strict JSON, or nothing.
func (c *call) read(r route) (any, *local.Refusal) {
	rc := http.NewResponseController(c.w)
	// The deadline goes only when all was read: what is left of a body that is
	// refused is still to be read before the answer's end.
	_ = rc.SetReadDeadline(time.Now().Add(bodyTime))
	limited := http.MaxBytesReader(c.w, c.r.Body, local.MaxBody)
	if r.body == nil {
		if n, _ := io.Copy(io.Discard, limited); n > 0 {
			return nil, refuse(local.CodeBody, "this route takes no body", "")
		}
		_ = rc.SetReadDeadline(time.Time{})
		return nil, nil
	}
	var raw bytes.Buffer
	raw.Grow(int(max(0, min(c.r.ContentLength, local.MaxBody))) + bytes.MinRead)
	_, err := raw.ReadFrom(limited)
	var body any
	if err == nil {
		body, err = r.decode(raw.Bytes())
	}
	if err == nil {
		_ = rc.SetReadDeadline(time.Time{})
		return body, nil
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, refuse(local.CodeTooLarge, "the body is larger than "+strconv.Itoa(local.MaxBody)+" bytes", "")
	}
	if e, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && e.Timeout() {
		return nil, refuse(local.CodeSlow, "the body did not come within "+bodyTime.String(), "")
	}
	return nil, refuse(local.CodeBody, "the body is not the JSON that this route takes: "+shortened(strings.TrimPrefix(err.Error(), "json: ")), "")
}

// answer writes the answer to a request.
func (c *call) answer(answer any, refusal *local.Refusal) {
	status := http.StatusOK
	if refusal != nil {
		answer, status = refusal, refusal.HTTPStatus()
		c.server.metrics.refused(refusal.Code)
		if refusal.After > 0 {
			c.w.Header().Set("Retry-After", strconv.Itoa(1+int(refusal.After)))
		}
		if status == http.StatusRequestEntityTooLarge || status == http.StatusRequestTimeout {
			c.w.Header().Set("Connection", "close")
		}
	}
	if answer == nil {
		return
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(writeTime))
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	body, encoded := answer.(encodedJSON)
	if !encoded {
		body = encodeJSON(answer)
	}
	_, _ = c.w.Write(body)
	_, _ = c.w.Write([]byte{'\n'})
}

// encodedJSON is an answer that is JSON already.
type encodedJSON []byte

// refuse returns a refusal.
func refuse(code local.Code, sentence, hint string) *local.Refusal {
	return &local.Refusal{Code: code, Error: sentence, Hint: hint}
}

// encodeJSON returns a value of ours as JSON.
func encodeJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a type of the wire that JSON does not have
	}
	return b
}

// quoted returns what a client sent for a sentence: short, on one line, without
// what a terminal would obey.
func quoted(s string) string { return strconv.Quote(shortened(s)) }

func shortened(s string) string {
	if len(s) > shownBytes {
		s = strings.ToValidUTF8(s[:shownBytes], "") + "…"
	}
	return text.New(s).String()
}
