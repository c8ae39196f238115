package report

// String returns silence, skip, or nothing where it is not on record.
func (b Behavior) String() string { return word(b, "", "silence", "skip") }

// String returns how it is known, in words.
func (h How) String() string {
	return word(h, "not known", "accepted", "verified", "verified late", "seen by a read")
}

// String returns how a pause ended, in words.
func (e End) String() string {
	return word(e, "no end on record", "resumed", "auto-resumed", "stopped", "resumed by others")
}

// String returns what is asked for.
func (v Verb) String() string { return word(v, "update", "pause", "resume", "stop", "start") }

// String returns the journal's word for the result.
func (o Outcome) String() string {
	return word(o, "no outcome on record", "accepted", "verified", "contradicted", "failed", "unknown")
}

// String returns what became of an auto-resume, in words.
func (f Fate) String() string {
	return word(f, "nothing on record", "done", "not done", "canceled", "replaced", "the pause ended before")
}

// String returns the reason for an alarm, in words.
func (k AlarmKind) String() string {
	return word(k, "paused too long", "auto-resume not done", "not paused", "resumed by others", "no recording")
}

// String returns why nobody watched, in words.
func (k GapKind) String() string {
	return word(k, "no session", "stale data", "the end of a session is not on record", "sessions not on record")
}

// String returns what is not on record, in words.
func (k OffRecordKind) String() string {
	return word(k, "outcome without a request", "entries lost", "line not readable", "lines missing")
}

// String returns what a recording did, in words.
func (k SpanKind) String() string {
	return word(k, "unknown", "recorded", "paused with silence", "paused with skip", "paused")
}

// word returns the word of a value; empty for one that has none.
func word[T ~uint8](v T, words ...string) string {
	if int(v) < len(words) {
		return words[v]
	}
	return ""
}
