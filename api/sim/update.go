package sim

import (
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"
)

// UpdateRecord is an update of a recording that reached a space.
type UpdateRecord struct {
	Time          time.Time // UTC
	SID           string    // of the recording, as in the path
	Parent        string    // SID of the call or conference, as in the path
	Conference    bool      // whether Parent is a conference
	Status        string    // as sent, "" for none
	PauseBehavior string    // as sent, "" for none
	HTTPStatus    int       // of the answer; 0 if none was sent
	Applied       bool      // whether the recording now is as asked, also if it was before
}

// Updates returns every update that reached the space, in order, also those
// that it refused.
func (s *Space) Updates() []UpdateRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.updates)
}

// record remembers an update.
func (s *Space) record(x *exchange, rep reply) {
	u := UpdateRecord{
		Time:          x.now.time(),
		Parent:        x.args[0],
		SID:           x.args[1],
		Conference:    strings.HasPrefix(x.route.path, "Conferences/"),
		Status:        x.form.Get("Status"),
		PauseBehavior: x.form.Get("PauseBehavior"),
		HTTPStatus:    rep.status,
		Applied:       x.applied,
	}
	if x.enc.fx.drop || x.enc.fx.silent {
		u.HTTPStatus = 0
	}
	s.updates = append(s.updates, u)
}

func (x *exchange) updateCallRecording() reply {
	r, ok := x.ofCall()
	if !ok {
		return x.notFound("Recording")
	}
	return x.update(r, func(msg string) reply { return x.refuse(codeArgument, msg) })
}

func (x *exchange) updateConferenceRecording() reply {
	r, ok := x.ofConference()
	if !ok {
		return x.notFound("Recording")
	}
	return x.update(r, func(msg string) reply {
		if x.enc.fx.badRequest {
			return x.refuse(codeArgument, msg)
		}
		body := append([]byte(`{"errors":[`), appendString(nil, msg)...)
		return x.json(http.StatusUnprocessableEntity, append(body, `]}`...))
	})
}

// update changes r as the form says, or refuses with a message.
func (x *exchange) update(r *recording, refuse func(msg string) reply) reply {
	if x.formErr != nil {
		return x.fail(http.StatusBadRequest, codeArgument, "The body cannot be read")
	}
	status := x.form.Get("Status")
	behavior := silence
	if x.form.Has("PauseBehavior") {
		behavior = x.form.Get("PauseBehavior")
	}
	switch {
	case status != paused && status != inProgress && status != stopped:
		return refuse("Status must be one of paused, in-progress, stopped")
	case behavior != skip && behavior != silence:
		return refuse("PauseBehavior must be one of skip, silence")
	case ended(r.status):
		return refuse("Recording is " + r.status + " and cannot be changed")
	}
	was, scene := r.status, x.space.scene.kind
	rep := x.apply(r, status, behavior)
	if scene != nil && scene.asked != nil {
		scene.asked(x.space, r, was, x)
	}
	if x.space.drill.on {
		x.space.drill.asked(r, was, x)
	}
	return rep
}

// apply changes r, unless it is as asked for already or something goes wrong
// that was asked for, too.
func (x *exchange) apply(r *recording, status, behavior string) reply {
	same := status == r.status || status == inProgress && running(r.status)
	switch {
	case !same && x.refusing(r, status):
		return x.faulty(Fault{name: "503"})
	case !same && x.enc.fx.lie:
		return x.json(http.StatusOK, x.enc.recording(nil, r))
	}
	x.applied = true
	if !same {
		if status == inProgress && r.status == paused && x.enc.fx.resumed {
			status = resumed
		}
		x.space.change(r, status, x.now)
		r.skip = status == paused && behavior == skip
	}
	return x.json(http.StatusOK, x.enc.recording(nil, r))
}

// startField is a field of the request that starts a recording. All are
// optional; one that is empty is as one that is not there.
type startField struct {
	name    string
	list    bool // whether it may have several values, separated by spaces
	code    int  // of the error for another value
	allowed []string
}

func (f startField) values(s string) iter.Seq[string] {
	if f.list {
		return strings.FieldsSeq(s)
	}
	return func(yield func(string) bool) {
		if s != "" {
			yield(s)
		}
	}
}

var startFields = []startField{
	{name: "Trim", code: codeTrim, allowed: []string{trimName(true), trimName(false)}},
	{name: "RecordingChannels", code: codeArgument, allowed: []string{"mono", "dual"}},
	{name: "RecordingTrack", code: codeArgument, allowed: []string{"inbound", "outbound", "both"}},
	{name: "RecordingStatusCallbackEvent", list: true, code: codeCallbackEvent, allowed: []string{"in-progress", "completed", "absent"}},
	{name: "RecordingStatusCallbackMethod", code: codeArgument, allowed: []string{"GET", "POST"}},
}

// startRecording starts a recording of a call.
func (x *exchange) startRecording() reply {
	c, ok := x.space.calls.find(x.args[0])
	if !ok {
		return x.notFound("Call")
	}
	if x.formErr != nil {
		return x.fail(http.StatusBadRequest, codeArgument, "The body cannot be read")
	}
	if c.status != inProgress {
		return x.refuse(codeCallState, "Call is not in progress")
	}
	for _, f := range startFields {
		for value := range f.values(x.form.Get(f.name)) {
			if !slices.Contains(f.allowed, value) {
				return x.refuse(f.code, f.name+" must be one of "+strings.Join(f.allowed, ", "))
			}
		}
	}
	s := x.space
	r := s.draw(s.others, false)
	r.source, r.channels, r.trim = "StartCallRecordingApi", 1, x.form.Get("Trim") == trimName(true)
	if x.form.Get("RecordingChannels") == "dual" {
		r.channels = 2
	}
	r.created, r.start, r.updated, r.status = x.now, x.now, x.now, inProgress
	s.joinCall(r, c)
	s.recordings.add(r)
	s.activate(r)
	s.drill.started(r, x.now)
	if kind := s.scene.kind; kind != nil && kind.started != nil {
		kind.started(s, r)
	}
	return x.json(http.StatusOK, x.enc.recording(nil, r))
}
