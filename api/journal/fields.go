package journal

// Word is a word of the file and what it means, for the manual page.
type Word struct{ Name, Means string }

// Fields returns the fields of a line, in the order of the file. All but the
// first four are left out where they are empty.
func Fields() []Word {
	return []Word{
		{"seq", "number of the line, from 1, across all files"},
		{"prev", "SHA-256 of the line before it, in hexadecimal, across all files"},
		{"time", "when it happened: RFC 3339 in UTC, to the millisecond"},
		{"event", "what the line is about; see EVENTS"},
		{"id", "the request, the same in all lines about it"},
		{"ref", "the request as the client of the service called it, which may be asked again by it"},
		{"actor", "login name of who asked, by the process that wrote the line; of a client of the service, by the kernel; by the service's own SSH, the certificate's key ID, the key's comment or its fingerprint"},
		{"uid", "number of that user; a SID on Windows"},
		{"sudo_user", "who ran sudo to become that user"},
		{"ssh_client", "address of the SSH client, with its port where that is known"},
		{"ssh_key", "fingerprint of the SSH key: by the service's own SSH as it was proven, else where sshd runs with ExposeAuthInfo yes"},
		{"ssh_user", "name that a client of the service's own SSH gave, which proves nothing"},
		{"ssh_certificate", "key ID of the certificate by which it was let in"},
		{"ssh_ca", "fingerprint of the key that signed the certificate"},
		{"ssh_inherited", "true: what is said of SSH is of another connection, from which tmux or screen was started"},
		{"claimed", "true: what is said of SSH and the terminal is the word of the client that asked"},
		{"tty", "device of the terminal"},
		{"host", "machine of the process that wrote the line"},
		{"pid", "number of that process"},
		{"started", "when that process started; only fit to be compared"},
		{"command", "true: a command asked for it, such as tapedeck pause, whose pause is meant to outlive it"},
		{"session", "one session of those that a service has"},
		{"space", "the space, a URL"},
		{"project", "the project's ID"},
		{"profile", "the profile of the settings file"},
		{"recording", "SID of the recording"},
		{"call", "SID of its call"},
		{"conference", "SID of its conference"},
		{"status_before", "the status that the person saw"},
		{"status_asked", "the status that was asked for"},
		{"pause_behavior", "silence or skip, with a pause"},
		{"status_answered", "the status in the answer of the API"},
		{"http_status", "HTTP status of the answer; absent without one"},
		{"code", "the API's code of an error"},
		{"latency_ms", "milliseconds from the request to the answer"},
		{"outcome", "the result: requested, accepted, verified, contradicted, failed or unknown"},
		{"reason", "why it failed, or the reason that a person gave"},
		{"from", "the number that calls; only with journal_numbers"},
		{"to", "the number that is called; only with journal_numbers"},
		{"until", "a deadline: of an acknowledgement, of an auto-resume"},
		{"by_timer", "true: an auto-resume asked for it, which actor had set"},
		{"late", "true: the line was written after the update had gone out"},
		{"since", "stale: when the data was last whole; unrecorded: since when the call has had no recording; absent when that is not known"},
	}
}

// Events returns the events that tapedeck writes.
func Events() []Word {
	return []Word{
		{string(Request), "an update is about to be sent"},
		{string(Outcome), "the result of the request with the same id; one at most"},
		{string(Seen), "what a read showed later of the request with the same id: with outcome, that its result is another one; else that others have ended what it did"},
		{string(Note), "the journal on itself, such as a line that was repaired"},
		{string(Ack), "an alarm was acknowledged; reason and until"},
		{string(Timer), "an auto-resume was set, changed or canceled; until"},
		{string(Reveal), "a masked number was shown"},
		{string(Again), "a person had the update of the request with the same id sent once more"},
		{string(Behind), "a session ended and left its recording paused"},
		{string(Unrecorded), "a call or a conference without a recording began to alarm; since and reason. Each process that looks for such calls writes it"},
		{string(AlarmOver), "the alarm of such a call is over: it is recorded, or it has ended; reason"},
		{string(SessionBegan), "a dashboard began to show the recordings to actor"},
		{string(SessionEnded), "that dashboard is over; reason. Without this line it crashed, was killed, or could not write the journal"},
		{string(Stale), "the dashboards of this process show no current data; since and reason"},
		{string(Live), "the dashboards of this process show current data, for the first time or again"},
	}
}
