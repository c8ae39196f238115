package local

import (
	"encoding/json"
	"strconv"
)

// encodeBody returns a body as it is sent; nil for none. What a key asks for is
// written without reflection, whose types are cold when a key comes after a rest.
func encodeBody(body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		return nil, nil
	case Requests:
		return appendRequests(nil, body), nil
	}
	return json.Marshal(body)
}

// appendRequests appends requests as JSON.
func appendRequests(b []byte, list Requests) []byte {
	if list.Requests == nil {
		return append(b, `{"requests":null}`...)
	}
	b = append(b, `{"requests":[`...)
	for i, r := range list.Requests {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.append(b)
	}
	return append(b, "]}"...)
}

// append appends a request as JSON.
func (r Request) append(b []byte) []byte {
	o := object{b: append(b, '{')}
	o.must("id", r.ID)
	o.must("sid", r.SID)
	o.string("profile", r.Profile)
	o.must("update", r.Update)
	o.string("behavior", r.Behavior)
	o.string("seen", r.Seen)
	if r.ResumeAfter != 0 {
		o.key("resume_after")
		after, _ := json.Marshal(r.ResumeAfter) // of a duration, which is finite
		o.b = append(o.b, after...)
	}
	o.bool("resume_local", r.ResumeLocal)
	o.uint("group", r.Group)
	o.string("reason", r.Reason)
	o.bool("again", r.Again)
	o.bool("insist", r.Insist)
	o.uint("seq", r.Seq)
	return append(o.b, '}')
}

// uint writes a member unless it is 0.
func (o *object) uint(name string, n uint64) {
	if n != 0 {
		o.key(name)
		o.b = strconv.AppendUint(o.b, n, 10)
	}
}

// ParseRequests reads requests in the form in which a client of this package
// writes them. ok is false for everything else, whether it is JSON or not: a
// decoder then says what it is. A service reads with it what a key asks for,
// without reflection.
func ParseRequests(raw []byte) (list Requests, ok bool) {
	p := plain{raw}
	if !p.skip(`{"requests":[`) {
		return Requests{}, false
	}
	for {
		var r Request
		if !p.request(&r) {
			return Requests{}, false
		}
		list.Requests = append(list.Requests, r)
		switch {
		case p.skip(","):
		case p.skip("]}"):
			return list, len(p.rest) == 0
		default:
			return Requests{}, false
		}
	}
}

// plain is JSON without spaces and escapes that is being read. What it reads is
// false where the rest is anything else.
type plain struct{ rest []byte }

// skip passes over what has to come next.
func (p *plain) skip(s string) bool {
	if len(p.rest) < len(s) || string(p.rest[:len(s)]) != s {
		return false
	}
	p.rest = p.rest[len(s):]
	return true
}

// request reads a request. No name stands twice in it.
func (p *plain) request(r *Request) bool {
	if !p.skip("{") {
		return false
	}
	for had := 0; ; {
		var name string
		if !p.string(&name) || !p.skip(":") {
			return false
		}
		nth, ok := p.member(r, name)
		if !ok || had&nth != 0 {
			return false
		}
		had |= nth
		if p.skip("}") {
			return true
		}
		if !p.skip(",") {
			return false
		}
	}
}

// member reads the value of a member of a request, and returns a bit that is its
// own.
func (p *plain) member(r *Request, name string) (nth int, ok bool) {
	switch name {
	case "id":
		return 1 << 0, p.string(&r.ID)
	case "sid":
		return 1 << 1, p.string(&r.SID)
	case "profile":
		return 1 << 2, p.string(&r.Profile)
	case "update":
		return 1 << 3, p.string(&r.Update)
	case "behavior":
		return 1 << 4, p.string(&r.Behavior)
	case "seen":
		return 1 << 5, p.string(&r.Seen)
	case "resume_after":
		return 1 << 6, p.seconds(&r.ResumeAfter)
	case "group":
		return 1 << 7, p.uint(&r.Group)
	case "reason":
		return 1 << 8, p.string(&r.Reason)
	case "again":
		return 1 << 9, p.bool(&r.Again)
	case "insist":
		return 1 << 10, p.bool(&r.Insist)
	case "seq":
		return 1 << 11, p.uint(&r.Seq)
	case "resume_local":
		return 1 << 12, p.bool(&r.ResumeLocal)
	}
	return 0, false
}

// string reads a string of printable ASCII.
func (p *plain) string(s *string) bool {
	if !p.skip(`"`) {
		return false
	}
	for i, c := range p.rest {
		switch {
		case c == '"':
			*s, p.rest = string(p.rest[:i]), p.rest[i+1:]
			return true
		case c < ' ' || c > '~' || c == '\\':
			return false
		}
	}
	return false
}

func (p *plain) bool(is *bool) bool {
	*is = p.skip("true")
	return *is || p.skip("false")
}

// uint reads a whole number.
func (p *plain) uint(n *uint64) bool {
	digits := p.digits()
	if len(digits) == 0 || len(digits) > 1 && digits[0] == '0' {
		return false
	}
	var err error
	*n, err = strconv.ParseUint(string(digits), 10, 64)
	return err == nil
}

// seconds reads a number with or without a fraction.
func (p *plain) seconds(s *Seconds) bool {
	before := p.rest
	whole := p.digits()
	if len(whole) == 0 || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	if p.skip(".") && len(p.digits()) == 0 {
		return false
	}
	f, err := strconv.ParseFloat(string(before[:len(before)-len(p.rest)]), 64)
	*s = Seconds(f)
	return err == nil
}

func (p *plain) digits() []byte {
	i := 0
	for i < len(p.rest) && '0' <= p.rest[i] && p.rest[i] <= '9' {
		i++
	}
	digits := p.rest[:i]
	p.rest = p.rest[i:]
	return digits
}
