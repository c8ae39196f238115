// Package local is how a screen or a command and the service on the same host
// talk: the wire, called /v1, and the client of it.
//
// The wire is HTTP and JSON over a Unix socket. The service is
// `tapedeck serve`; anything that speaks HTTP may be the client:
//
//	curl --unix-socket /run/tapedeck/tapedeck.sock http://tapedeck/v1/whoami
//	curl --unix-socket /run/tapedeck/tapedeck.sock http://tapedeck/v1/recordings
//	curl --unix-socket /run/tapedeck/tapedeck.sock -N http://tapedeck/v1/watch
//	curl --unix-socket /run/tapedeck/tapedeck.sock -N http://tapedeck/v1/requests -d '
//	  {"requests":[{"id":"4f1c2b77","sid":"0f6c…","update":"pause","behavior":"skip"}]}'
//	curl --unix-socket /run/tapedeck/tapedeck.sock -N http://tapedeck/v1/start -d '
//	  {"id":"90ab77d1","call_sid":"5e29…","channels":"dual"}'
//
// Who asks is what the kernel says of the other end of the socket. A role says
// what that person may do; see [Word].
//
// # Routes
//
//	GET    /v1/whoami            view         WhoAmI
//	GET    /v1/recordings        view         an array of the API's resources, each with a key "tapedeck"
//	GET    /v1/recordings/{sid}  view         one of them
//	GET    /v1/watch             view         lines, without an end: see below
//	POST   /v1/requests          by the verb  Requests; lines, each a RequestState, until all are settled
//	GET    /v1/requests/{id}     view         RequestState
//	POST   /v1/start             start        Start; lines, each a RequestState, until it is settled
//	POST   /v1/acknowledge       acknowledge  Acknowledge; Done
//	POST   /v1/timer             timer        Timer; Done
//	POST   /v1/reveal            reveal       Reveal; Done
//	POST   /v1/refresh           view         Refresh; Done
//	POST   /v1/interval          view         Interval; Done: the shortest that a session asks for, never over the service's own
//	POST   /v1/look              view         Look; Done
//	POST   /v1/unrecorded        view         LookForUnrecorded; Done: for half a minute, a watch tells which calls have no recording
//	POST   /v1/session           view         Screen; Done
//	GET    /v1/status            view         Status
//	GET    /v1/sessions          sessions     Sessions; without the word, only one's own
//	DELETE /v1/sessions/{id}     sessions     Done; one's own without the word
//	GET    /v1/actions?n=50      view         Actions
//	GET    /v1/left              view         Left
//
// Several requests in one body also need the word bulk. A profile in the query
// (?profile=NAME, more than once for several) narrows recordings, watch, status,
// actions and left to those; without one they are about every profile.
//
// A body of a client is strict JSON: a field that is not known is refused, and so
// is one that stands twice, and a second value. What the service sends may get more fields: a client passes
// over those it does not know. Times are RFC 3339 in UTC, to the nanosecond;
// durations are seconds, as numbers. A zero value may be left out.
//
// # Refusals
//
// Every answer that is not 2xx has a [Refusal] as its body: a code for programs,
// a sentence and the next step for people.
//
// # Watch
//
// The stream is one JSON object a line, with one key that says what it is:
//
//	{"hello":{…}}     once, first: the versions, the session, the decks and their numbers
//	{"snapshot":{…}}  rows of one deck, the most urgent first; one line or several
//	{"synced":{…}}    the deck is complete
//	{"changed":{…}}   what is different since the line before it: rows, SIDs that left, the state
//	{"poll":0,…}      a poll of deck 0 has ended in which nothing changed; at most 100 bytes: see [Poll]
//	{"unrecorded":{}} who has no recording, while somebody wants to know: see [Unrecorded]
//	{"beat":"…"}      nothing happened for 5 s
//	{"bye":{…}}       the service lets go of the client: a Refusal that says why
//
// A client that is slow gets one change that holds the latest of everything, and
// never what it has missed. One that takes nothing for 30 s is let go.
//
// The first line of a snapshot, and a change in which it differs, has the whole
// state of the deck. Rows are complete too: each is the API's resource as it
// came, with what tapedeck knows beside it as its first key, "tapedeck".
//
// # Requests
//
// A client gives each request an ID of its own, 8 to 64 letters, digits, dashes.
// A request whose ID is known is not carried out a second time, whatever else it
// says: the answer is what became of the first one. So a client whose connection
// broke asks for the same ID, by GET, and never sends a request again by itself.
// After a restart the service knows those of the last 10 minutes by its journal.
// Where the service does not know the ID and is still the one that it was sent to
// (the same instance), nothing was sent to the API.
//
// A start is a request like these, with an ID among theirs. The SID of the new
// recording is that of the request in its progress, once the API has answered.
package local
