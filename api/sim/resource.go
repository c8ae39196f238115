package sim

import (
	"net/http"
	"strings"
)

func (x *exchange) listRecordings() reply {
	q := x.req.URL.Query()
	rows := x.space.recordings.rows
	// A recording has one owner, whose recordings are few: no need to look
	// through all.
	if q.Has("CallSid") {
		c, _ := x.space.calls.find(q.Get("CallSid"))
		rows = callRecordings(c)
	} else if q.Has("ConferenceSid") {
		c, _ := x.space.conferences.find(q.Get("ConferenceSid"))
		rows = conferenceRecordings(c)
	}
	return x.serveRecordings(rows)
}

// serveRecordings lists those of rows that the request asks for.
func (x *exchange) serveRecordings(rows []*recording) reply {
	f := newFilter[*recording](x.req.URL.Query())
	f.conds = append(f.conds, func(r *recording) bool { return !r.deleted })
	f.text("CallSid", func(r *recording) string {
		if r.call == nil {
			return ""
		}
		return r.call.sid.String()
	})
	f.text("ConferenceSid", func(r *recording) string {
		if r.conf == nil {
			return ""
		}
		return r.conf.sid.String()
	})
	f.date("DateCreated", func(r *recording) stamp { return r.created })
	return serveList(x, listing[*recording]{
		name: "recordings", rows: rows, find: x.space.recordings.find, filter: f, encode: x.enc.recording,
	})
}

// callRecordings returns the recordings of c, which may be nil.
func callRecordings(c *call) []*recording {
	if c == nil {
		return nil
	}
	return c.recs
}

// conferenceRecordings returns the recordings of c, which may be nil.
func conferenceRecordings(c *conference) []*recording {
	if c == nil {
		return nil
	}
	return c.recs
}

func (x *exchange) listCallRecordings() reply {
	c, ok := x.space.calls.find(x.args[0])
	if !ok {
		return x.notFound("Call")
	}
	return x.serveRecordings(c.recs)
}

func (x *exchange) listConferenceRecordings() reply {
	c, ok := x.space.conferences.find(x.args[0])
	if !ok {
		return x.notFound("Conference")
	}
	return x.serveRecordings(c.recs)
}

// recording returns the recording with that SID, unless it was deleted.
func (s *Space) recording(sid string) (*recording, bool) {
	r, ok := s.recordings.find(sid)
	return r, ok && !r.deleted
}

func (x *exchange) oneRecording() reply {
	r, ok := x.space.recording(x.args[0])
	if !ok {
		return x.notFound("Recording")
	}
	return x.json(http.StatusOK, x.enc.recording(nil, r))
}

// ofCall returns the recording of the path, if it is one of the path's call.
func (x *exchange) ofCall() (*recording, bool) {
	c, _ := x.space.calls.find(x.args[0])
	r, ok := x.space.recording(x.args[1])
	return r, ok && c != nil && r.call == c
}

// ofConference returns the recording of the path, if it is one of the path's
// conference.
func (x *exchange) ofConference() (*recording, bool) {
	c, _ := x.space.conferences.find(x.args[0])
	r, ok := x.space.recording(x.args[1])
	return r, ok && c != nil && r.conf == c
}

func (x *exchange) oneCallRecording() reply {
	r, ok := x.ofCall()
	if !ok {
		return x.notFound("Recording")
	}
	return x.json(http.StatusOK, x.enc.recording(nil, r))
}

func (x *exchange) oneConferenceRecording() reply {
	r, ok := x.ofConference()
	if !ok {
		return x.notFound("Recording")
	}
	return x.json(http.StatusOK, x.enc.recording(nil, r))
}

func (x *exchange) deleteRecording() reply {
	r, ok := x.space.recording(x.args[0])
	if !ok {
		return x.notFound("Recording")
	}
	x.space.remove(r)
	return x.json(http.StatusNoContent, nil)
}

// remove deletes r. Its row stays, out of sight, as a page token may name it.
func (s *Space) remove(r *recording) {
	r.deleted = true
	if isActive(r) {
		s.deactivate(r)
		s.released = append(s.released, r)
	}
}

// listTranscriptions answers with an empty list: the space transcribes nothing.
func (x *exchange) listTranscriptions() reply {
	if _, ok := x.space.recording(x.args[0]); !ok {
		return x.notFound("Recording")
	}
	return serveList(x, listing[*recording]{
		name: "transcriptions", find: x.space.recordings.find,
		filter: newFilter[*recording](x.req.URL.Query()), encode: x.enc.recording,
	})
}

func (x *exchange) listCalls() reply {
	f := newFilter[*call](x.req.URL.Query())
	f.text("Status", func(c *call) string { return c.status })
	f.text("From", func(c *call) string { return c.from })
	f.text("To", func(c *call) string { return c.to })
	f.text("ParentCallSid", func(c *call) string {
		if c.parent == nil {
			return ""
		}
		return c.parent.sid.String()
	})
	f.date("StartTime", func(c *call) stamp { return c.start })
	f.date("EndTime", func(c *call) stamp { return c.end })
	return serveList(x, listing[*call]{
		name: "calls", rows: x.space.calls.rows, find: x.space.calls.find, filter: f, encode: x.enc.call,
	})
}

func (x *exchange) oneCall() reply {
	c, ok := x.space.calls.find(x.args[0])
	if !ok {
		return x.notFound("Call")
	}
	return x.json(http.StatusOK, x.enc.call(nil, c))
}

func (x *exchange) listConferences() reply {
	f := newFilter[*conference](x.req.URL.Query())
	f.text("Status", func(c *conference) string { return c.status })
	f.text("FriendlyName", func(c *conference) string { return c.name })
	f.date("DateCreated", func(c *conference) stamp { return c.created })
	f.date("DateUpdated", func(c *conference) stamp { return c.updated })
	return serveList(x, listing[*conference]{
		name: "conferences", rows: x.space.conferences.rows, find: x.space.conferences.find,
		filter: f, encode: x.enc.conference,
	})
}

func (x *exchange) oneConference() reply {
	c, ok := x.space.conferences.find(x.args[0])
	if !ok {
		return x.notFound("Conference")
	}
	return x.json(http.StatusOK, x.enc.conference(nil, c))
}

func (x *exchange) listParticipants() reply {
	c, ok := x.space.conferences.find(x.args[0])
	if !ok {
		return x.notFound("Conference")
	}
	f := newFilter[*member](x.req.URL.Query())
	f.conds = append(f.conds, (*member).present)
	f.bool("Muted", func(m *member) bool { return m.muted })
	f.bool("Hold", func(m *member) bool { return m.hold })
	return serveList(x, listing[*member]{
		name: "participants", rows: c.members, find: c.member, filter: f, encode: x.enc.member,
	})
}

// member returns the participant whose call has that SID, also one that left.
func (c *conference) member(callSID string) (*member, bool) {
	for _, m := range c.members {
		if strings.EqualFold(m.sid.String(), callSID) {
			return m, true
		}
	}
	return nil, false
}

func (x *exchange) oneParticipant() reply {
	c, ok := x.space.conferences.find(x.args[0])
	if !ok {
		return x.notFound("Conference")
	}
	m, ok := c.member(x.args[1])
	if !ok || !m.present() {
		return x.notFound("Participant")
	}
	return x.json(http.StatusOK, x.enc.member(nil, m))
}
