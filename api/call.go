package api

import (
	"bytes"
	"time"

	"tapedeck/api/text"
)

// Call is a call of the project (api/CONTRACT.md section 7), as far as it says
// who is on the line. A field that was null or absent is zero.
type Call struct {
	SID           text.Text
	ParentCallSID text.Text // the leg that this one was dialed from
	From          text.Text // E.164, a SIP address or a client's name
	To            text.Text
	FromFormatted text.Text // From for people: (310) 555-0142
	ToFormatted   text.Text
	Status        Status
	Direction     text.Text // inbound, outbound, or another value
	CallerName    text.Text
	Start         time.Time // start_time, UTC
	Created       time.Time // date_created, UTC
	// Doubtful: a number or a name was no string, or over a kilobyte. It is as it
	// came, and worth asking for again.
	Doubtful bool

	raw value
}

var callFields = []field[Call]{
	{"sid", func(c *Call, v value) { c.SID = v.text() }},
	{"parent_call_sid", func(c *Call, v value) { c.ParentCallSID = v.sid() }},
	{"from", func(c *Call, v value) { c.From = name(v, &c.Doubtful) }},
	{"to", func(c *Call, v value) { c.To = name(v, &c.Doubtful) }},
	{"formatted_from", func(c *Call, v value) { c.FromFormatted = name(v, &c.Doubtful) }},
	{"from_formatted", func(c *Call, v value) { c.FromFormatted = name(v, &c.Doubtful) }},
	{"formatted_to", func(c *Call, v value) { c.ToFormatted = name(v, &c.Doubtful) }},
	{"to_formatted", func(c *Call, v value) { c.ToFormatted = name(v, &c.Doubtful) }},
	{"status", func(c *Call, v value) { c.Status = status(v) }},
	{"direction", func(c *Call, v value) { c.Direction = v.text() }},
	{"caller_name", func(c *Call, v value) { c.CallerName = name(v, &c.Doubtful) }},
	{"start_time", func(c *Call, v value) { c.Start = v.time() }},
	{"date_created", func(c *Call, v value) { c.Created = v.time() }},
}

var callIndex = indexFields(callFields)

func decodeCall(raw value) Call {
	c := Call{raw: callIndex.keep(raw)}
	callIndex.decode(&c, c.raw)
	return c
}

// FromShown returns From for people, formatted where the API formats it.
func (c Call) FromShown() text.Text { return firstText(c.FromFormatted, c.From) }

// ToShown returns To for people, formatted where the API formats it.
func (c Call) ToShown() text.Text { return firstText(c.ToFormatted, c.To) }

// Began returns when the call began; zero where the API did not say.
func (c Call) Began() time.Time {
	if !c.Start.IsZero() {
		return c.Start
	}
	return c.Created
}

// JSON returns the resource as it came, indented, one line an element.
func (c Call) JSON() []text.Text { return jsonLines(c.raw) }

// Same reports whether both hold the same resource, to the byte.
func (c Call) Same(other Call) bool { return bytes.Equal(c.raw, other.raw) }

// Conference is a conference of the project (api/CONTRACT.md section 7). A
// field that was null or absent is zero.
type Conference struct {
	SID          text.Text
	FriendlyName text.Text // the room's name
	Status       Status
	Region       text.Text
	Created      time.Time // date_created, UTC
	Doubtful     bool      // the name was no string, or over a kilobyte

	raw value
}

var conferenceIndex = indexFields([]field[Conference]{
	{"sid", func(c *Conference, v value) { c.SID = v.text() }},
	{"friendly_name", func(c *Conference, v value) { c.FriendlyName = name(v, &c.Doubtful) }},
	{"status", func(c *Conference, v value) { c.Status = status(v) }},
	{"region", func(c *Conference, v value) { c.Region = v.text() }},
	{"date_created", func(c *Conference, v value) { c.Created = v.time() }},
})

func decodeConference(raw value) Conference {
	c := Conference{raw: conferenceIndex.keep(raw)}
	conferenceIndex.decode(&c, c.raw)
	return c
}

// JSON returns the resource as it came, indented, one line an element.
func (c Conference) JSON() []text.Text { return jsonLines(c.raw) }

// Same reports whether both hold the same resource, to the byte.
func (c Conference) Same(other Conference) bool { return bytes.Equal(c.raw, other.raw) }

// Participant is one who is in a conference now. The API gives a call's SID
// and no number; the call says who it is.
type Participant struct {
	CallSID text.Text
	Label   text.Text // where the one who dialed it set one
	Muted   bool
	OnHold  bool
}

var participantIndex = indexFields([]field[Participant]{
	{"call_sid", func(p *Participant, v value) {
		if v.isString() {
			p.CallSID = v.text()
		}
	}},
	{"label", func(p *Participant, v value) { p.Label = v.text() }},
	{"muted", func(p *Participant, v value) { p.Muted = v.str() == "true" }},
	{"hold", func(p *Participant, v value) { p.OnHold = v.str() == "true" }},
})

func decodeParticipant(raw value) Participant {
	var p Participant
	participantIndex.decode(&p, raw)
	return p
}

// maxName is the longest name, as JSON, that nobody doubts.
const maxName = 1 << 10

// name returns the text of a name, and notes when it is none.
func name(v value, doubtful *bool) text.Text {
	if !v.isString() || len(v) > maxName {
		*doubtful = true
	}
	return v.text()
}

func firstText(texts ...text.Text) text.Text {
	for _, t := range texts {
		if !t.IsZero() {
			return t
		}
	}
	return text.Text{}
}
