package api

import "bytes"

// AppendJSON appends the resource as it came, which is one JSON object, and
// which [DecodeRecording] reads. It is not made safe to show.
func (r Recording) AppendJSON(b []byte) []byte {
	if len(r.raw) == 0 {
		return append(b, "{}"...)
	}
	return append(b, r.raw...)
}

// Amended reports whether the SIDs of the recording are not those that the
// resource has: it was asked for by them, and the answer did not say.
func (r Recording) Amended() bool {
	var as Recording
	for name, v := range r.raw.members() {
		if v.isNull() {
			continue
		}
		switch string(name.key()) {
		case "sid":
			as.SID = v.text()
		case "call_sid":
			as.CallSID = v.sid()
		case "conference_sid":
			as.ConferenceSID = v.sid()
		}
	}
	return as.SID != r.SID || as.CallSID != r.CallSID || as.ConferenceSID != r.ConferenceSID
}

// DecodeCall reads a call that was kept as JSON, with the API's names. It never
// fails: what cannot be understood is left zero.
func DecodeCall(raw []byte) Call { return decodeCall(value(raw)) }

// DecodeConference reads a conference that was kept as JSON, as [DecodeCall]
// does.
func DecodeConference(raw []byte) Conference { return decodeConference(value(raw)) }

// Members calls each for the names, without quotes, and the values of a JSON
// object, in their order, until it returns false. It builds nothing, and yields
// something or nothing of what is not valid.
func Members(raw []byte, each func(name, val []byte) bool) {
	for name, v := range value(raw).members() {
		if !each(name.key(), v) {
			return
		}
	}
}

// Elements calls each for the values of a JSON array, as [Members] does.
func Elements(raw []byte, each func(val []byte) bool) {
	for v := range value(raw).elements() {
		if !each(v) {
			return
		}
	}
}

// EndOfValue returns the index after the JSON value that begins at i.
func EndOfValue(raw []byte, i int) int { return skipValue(value(raw), i) }

// String returns the string that a JSON value holds; of a value of another type
// its JSON, and nothing of null.
func String(raw []byte) string { return value(bytes.TrimSpace(raw)).str() }
