package sim

import (
	"encoding/json"
	"strconv"
	"time"
)

// apiVersion is the version of the API, in bodies and in paths.
const apiVersion = "2010-04-01"

// encoder writes resources as JSON.
type encoder struct {
	base    string // path of the account's resources, under the request's prefix
	project string
	now     stamp
	fx      effects
	shown   func(r *recording, status string) // is told what is written of each recording; nil for nobody
}

// object is a JSON object that is being written.
type object struct {
	b    []byte
	sept bool
}

// name begins a field.
func (o *object) name(name string) {
	if last := o.b[len(o.b)-1]; last != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

// raw writes a field whose value is JSON already.
func (o *object) raw(name, value string) {
	o.name(name)
	o.b = append(o.b, value...)
}

// null writes fields without a value.
func (o *object) null(names ...string) {
	for _, name := range names {
		o.raw(name, "null")
	}
}

// str writes a field that is any string.
func (o *object) str(name, value string) {
	o.name(name)
	o.b = appendString(o.b, value)
}

// uri writes a field with a path, given in parts that need no escaping.
func (o *object) uri(name string, parts ...string) {
	o.name(name)
	o.b = append(o.b, '"')
	for _, p := range parts {
		o.b = append(o.b, p...)
	}
	o.b = append(o.b, '"')
}

// nest begins an object as the value of a field; unnest ends it.
func (o *object) nest(name string) {
	o.name(name)
	o.b = append(o.b, '{')
}

func (o *object) unnest() { o.b = append(o.b, '}') }

func (o *object) int(name string, value int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, value, 10)
}

func (o *object) bool(name string, value bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, value)
}

// sid writes a field with a SID, null for none.
func (o *object) sid(name string, value uuid) {
	if value == (uuid{}) {
		o.null(name)
		return
	}
	o.name(name)
	o.b = append(o.b, '"')
	o.b = value.append(o.b)
	o.b = append(o.b, '"')
}

// date writes a field with a time, null for none.
func (o *object) date(name string, value stamp) {
	if value == 0 {
		o.null(name)
		return
	}
	o.name(name)
	o.b = append(o.b, '"')
	start := len(o.b)
	o.b = value.time().AppendFormat(o.b, time.RFC1123Z)
	if month := start + len("Tue, 01 "); o.sept && string(o.b[month:month+4]) == "Sep " {
		o.b = append(o.b[:month+3], append([]byte{'t'}, o.b[month+3:]...)...)
	}
	o.b = append(o.b, '"')
}

// appendString appends s as JSON, & < and > escaped, as the API does.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '&' || c == '<' || c == '>' {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(err) // A string is always encodable.
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// begin starts an object with the fields that nearly every resource has.
func (e *encoder) begin(b []byte) object {
	return object{b: append(b, '{'), sept: e.fx.sept}
}

func (o *object) end() []byte { return append(o.b, '}') }

// recording appends r to b.
func (e *encoder) recording(b []byte, r *recording) []byte {
	of := r
	if e.fx.lag > 0 {
		r = r.asOf(e.now.add(-e.fx.lag))
	}
	if e.shown != nil {
		e.shown(of, r.status)
	}
	sid := r.sid.String()
	var callSID, confSID uuid
	if r.conf != nil {
		confSID = r.conf.sid
	} else {
		callSID = r.call.sid
	}
	end := r.end
	if r.status == stopped {
		end = 0 // The file is not ready.
	}
	o := e.begin(b)
	o.str("sid", sid)
	o.str("account_sid", e.project)
	o.str("api_version", apiVersion)
	o.sid("call_sid", callSID)
	o.sid("conference_sid", confSID)
	e.channels(&o, r)
	o.date("date_created", r.created)
	o.date("date_updated", r.updated)
	o.date("start_time", r.start)
	o.date("end_time", end)
	e.duration(&o, r)
	e.price(&o, r)
	o.str("price_unit", "USD")
	o.str("source", r.source)
	o.str("status", r.status)
	o.null("error_code")
	if r.conf != nil {
		o.uri("uri", e.base, "/Conferences/", confSID.String(), "/Recordings/", sid, ".json")
	} else {
		o.uri("uri", e.base, "/Recordings/", sid, ".json")
	}
	o.nest("subresource_uris")
	o.uri("transcriptions", e.base, "/Recordings/", sid, "/Transcriptions.json")
	o.unnest()
	o.null("encryption_details")
	o.str("trim", trimName(r.trim))
	return o.end()
}

func trimName(trim bool) string {
	if trim {
		return "trim-silence"
	}
	return "do-not-trim"
}

func (e *encoder) channels(o *object, r *recording) {
	n := strconv.Itoa(int(r.channels))
	for _, name := range []string{"channel", "channels"} {
		if e.fx.channelsNumber {
			o.raw(name, n)
		} else {
			o.str(name, n)
		}
	}
}

func (e *encoder) duration(o *object, r *recording) {
	switch {
	case e.fx.durationNull && (!ended(r.status) || r.status == stopped):
		o.null("duration")
	case e.fx.durationString:
		o.str("duration", strconv.Itoa(int(r.seconds)))
	default:
		o.int("duration", int64(r.seconds))
	}
}

func (e *encoder) price(o *object, r *recording) {
	price := r.price()
	switch {
	case e.fx.priceNumber && price == "":
		o.raw("price", "0.0")
	case e.fx.priceNumber:
		o.raw("price", price)
	case price == "":
		o.null("price")
	default:
		o.str("price", price)
	}
}

// price returns what a completed recording costs, "" before that.
func (r *recording) price() string {
	if r.status != completed {
		return ""
	}
	return cost(int64(r.seconds), 0.0025)
}

// cost returns the price of so many seconds, at a rate per minute begun.
func cost(seconds int64, rate float64) string {
	return strconv.FormatFloat(-rate*float64(max(1, (seconds+59)/60)), 'f', 4, 64)
}

// call appends c to b.
func (e *encoder) call(b []byte, c *call) []byte {
	o := e.begin(b)
	sid := c.sid.String()
	o.str("sid", sid)
	o.str("account_sid", e.project)
	o.str("api_version", apiVersion)
	o.date("date_created", c.created)
	o.date("date_updated", c.updated)
	var parent uuid
	if c.parent != nil {
		parent = c.parent.sid
	}
	o.sid("parent_call_sid", parent)
	o.str("to", c.to)
	o.str("formatted_to", formatted(c.to))
	o.str("to_formatted", formatted(c.to))
	o.str("from", c.from)
	o.str("formatted_from", formatted(c.from))
	o.str("from_formatted", formatted(c.from))
	o.null("phone_number_sid")
	o.str("status", c.status)
	o.date("start_time", c.start)
	o.date("end_time", c.end)
	var seconds int64
	if c.end != 0 {
		seconds = max(c.end.second()-c.start.second(), 0)
		o.raw("price", cost(seconds, 0.01))
	} else {
		o.null("price")
	}
	if e.fx.durationString {
		o.str("duration", strconv.FormatInt(seconds, 10))
	} else {
		o.int("duration", seconds)
	}
	o.str("price_unit", "USD")
	o.str("direction", c.direction)
	o.uri("uri", e.base, "/Calls/", sid, ".json")
	o.nest("subresource_uris")
	o.null("notifications")
	o.uri("recordings", e.base, "/Calls/", sid, "/Recordings.json")
	o.unnest()
	if c.caller != "" {
		o.str("caller_name", c.caller)
	} else {
		o.null("caller_name")
	}
	o.null("answered_by", "forwarded_from", "annotation", "group_sid", "audio_in_mos", "sip_result_code", "audio_rtt_avg", "audio_rtt_min", "audio_rtt_max", "audio_out_jitter_min",
		"audio_out_jitter_max", "audio_out_jitter_avg", "audio_out_lost")
	return o.end()
}

// conference appends c to b.
func (e *encoder) conference(b []byte, c *conference) []byte {
	o := e.begin(b)
	sid := c.sid.String()
	o.str("sid", sid)
	o.str("account_sid", e.project)
	o.date("date_created", c.created)
	o.date("date_updated", c.updated)
	o.str("friendly_name", c.name)
	o.str("status", c.status)
	o.str("api_version", apiVersion)
	o.str("region", "us1")
	o.uri("uri", e.base, "/Conferences/", sid, ".json")
	o.nest("subresource_uris")
	o.uri("participants", e.base, "/Conferences/", sid, "/Participants.json")
	o.uri("recordings", e.base, "/Conferences/", sid, "/Recordings.json")
	o.unnest()
	return o.end()
}

// member appends m to b.
func (e *encoder) member(b []byte, m *member) []byte {
	o := e.begin(b)
	o.str("account_sid", e.project)
	o.sid("call_sid", m.call.sid)
	o.null("call_sid_to_coach")
	o.bool("coaching", false)
	o.sid("conference_sid", m.conf.sid)
	o.date("date_created", m.created)
	o.date("date_updated", m.created)
	o.bool("end_conference_on_exit", false)
	o.bool("muted", m.muted)
	o.bool("hold", m.hold)
	o.bool("start_conference_on_enter", true)
	o.str("status", m.conf.status)
	o.uri("uri", e.base, "/Conferences/", m.conf.sid.String(), "/Participants/", m.sid.String(), ".json")
	return o.end()
}
