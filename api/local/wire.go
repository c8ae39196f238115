package local

import (
	"encoding/json"
	"time"

	"tapedeck/api/policy"
)

// The version of the wire. A service refuses a path of another major version
// with [CodeVersion]; a client does not use what a lower minor version has not.
const (
	Major = 1
	Minor = 1
)

// The headers of a request.
const (
	// HeaderVersion has the build of tapedeck that the client is, such as
	// "1.4.0", and, in the answer, that of the service.
	HeaderVersion = "Tapedeck-Version"
	// HeaderInstance has, in an answer, which run of the service it is of; see
	// [WhoAmI].
	HeaderInstance = "Tapedeck-Instance"
	// HeaderSession has a number that the client has chosen for its screen, 16
	// to 64 hexadecimal digits, so that its connections belong together. A
	// connection without one is a session of its own. One that another user has
	// is refused with [CodeSession].
	HeaderSession = "Tapedeck-Session"
)

// The paths of the routes.
const (
	Prefix          = "/v1"
	PathWhoAmI      = Prefix + "/whoami"
	PathRecordings  = Prefix + "/recordings" // also with "/" and a SID
	PathWatch       = Prefix + "/watch"
	PathRequests    = Prefix + "/requests" // also with "/" and an ID
	PathStart       = Prefix + "/start"
	PathAcknowledge = Prefix + "/acknowledge"
	PathTimer       = Prefix + "/timer"
	PathReveal      = Prefix + "/reveal"
	PathRefresh     = Prefix + "/refresh"
	PathInterval    = Prefix + "/interval"
	PathLook        = Prefix + "/look"
	PathUnrecorded  = Prefix + "/unrecorded"
	PathSession     = Prefix + "/session"
	PathStatus      = Prefix + "/status"
	PathSessions    = Prefix + "/sessions" // also with "/" and an ID
	PathActions     = Prefix + "/actions"
	PathLeft        = Prefix + "/left"
)

// The limits of what a client may send. The service refuses what is over them
// with [CodeTooLarge] or [CodeTooMany].
const (
	MaxBody     = 64 << 10 // bytes of a body
	MaxRequests = 100      // requests of one body
	MaxPrompt   = 200      // recordings of a prompt, beside the first
	MaxID       = 64       // bytes of an ID that a client has chosen
)

// How long the two ends wait for each other in a watch.
const (
	BeatEvery  = 5 * time.Second  // the longest silence of the service
	SilentFor  = 15 * time.Second // after such a silence a client takes the service for gone
	LetGoAfter = 30 * time.Second // the service lets a client go that takes nothing for so long
)

// Word is something that a role may do.
type Word string

// The words of a role's "may". WordAll stands for all others but one.
const (
	WordView   Word = "view"
	WordPause  Word = "pause"
	WordResume Word = "resume"
	WordStop   Word = "stop"
	// WordStopEvidence is what a stop needs beside WordStop where the policy is
	// evidence. WordAll does not stand for it.
	WordStopEvidence Word = policy.StopWord
	WordStart        Word = "start"
	WordAcknowledge  Word = "acknowledge"
	WordTimer        Word = "timer"
	WordReveal       Word = "reveal"
	WordBulk         Word = "bulk"
	WordSessions     Word = "sessions"
	WordAll          Word = "all"
)

// Code says for a program why something was refused.
type Code string

// The codes of a [Refusal], each with its HTTP status.
const (
	CodeBody       Code = "bad-body"        // 400: not the JSON of this route, or a value out of its range
	CodeID         Code = "bad-id"          // 400: an ID or a session that is no such thing
	CodeAmbiguous  Code = "ambiguous"       // 400: several profiles have the recording, and none was named
	CodeUser       Code = "no-role"         // 403: no role has the user
	CodeRole       Code = "may-not"         // 403: the role may not do it
	CodeSession    Code = "not-yours"       // 403: the session is another user's
	CodeEnded      Code = "session-ended"   // 403: somebody has ended the session
	CodeReadOnly   Code = "read-only"       // 403: the deck refuses updates
	CodeSkip       Code = "no-skip"         // 403: the policy of the recording's project refuses skip
	CodeNoReason   Code = "no-reason"       // 403: its policy wants a reason for a stop
	CodeRoute      Code = "no-route"        // 404: there is no such route
	CodeVersion    Code = "version"         // 404: another major version; the sentence says which to update
	CodeProfile    Code = "no-profile"      // 404: the service does not serve the profile
	CodeRecording  Code = "no-recording"    // 404: the deck has no such recording
	CodeAPI        Code = "api"             // 502: the API could not be asked whether there is such a recording
	CodeRequest    Code = "no-request"      // 404: the service does not know the request
	CodeMethod     Code = "bad-method"      // 405
	CodeBusy       Code = "busy"            // 409: an update of the recording is under way
	CodeUnfit      Code = "unfit"           // 409: the recording is not in the status for it
	CodeRecorded   Code = "recorded"        // 409: the call has a recording by now, and was to have none
	CodeStarting   Code = "starting"        // 409: a recording of the call is being started already
	CodeFired      Code = "fired"           // 409: the auto-resume has been carried out, or may have been
	CodeTooLarge   Code = "too-large"       // 413
	CodeTooMany    Code = "too-many"        // 429: connections, requests a second, or requests in one body
	CodeSlow       Code = "slow"            // 408, or in a "bye": the client took nothing for 30 s
	CodeInternal   Code = "internal"        // 500: a fault of the service
	CodeEnding     Code = "ending"          // 503: the service is ending
	CodeOffRecord  Code = "not-on-record"   // 503: the journal cannot be written, and is required
	CodeNotStarted Code = "not-started-yet" // 503: the service is starting
	CodeAway       Code = "share-away"      // 503: the server that the hosts share is away
)

// Refusal is why something was not done, as the body of every answer that is not
// 2xx, and inside the lines of a stream.
type Refusal struct {
	Code  Code   `json:"code"`
	Error string `json:"error"`          // a sentence for a person
	Hint  string `json:"hint,omitempty"` // the next step; empty for none
	// Fault is what the API answered, with [CodeAPI].
	Fault *Fault `json:"fault,omitempty"`
	// Busy is the update that is under way, with [CodeBusy].
	Busy *Progress `json:"busy,omitempty"`
	// After is how long to wait before the next try, in seconds, with
	// [CodeTooMany]; 0 for not known.
	After Seconds `json:"after,omitempty"`
}

// Seconds is a duration as a number of seconds.
type Seconds float64

// Profile is one of the projects that a service serves.
type Profile struct {
	// Deck is its number in the lines of a watch, from 0. It holds for one
	// stream only.
	Deck     int    `json:"deck"`
	Profile  string `json:"profile"` // its name in the settings
	Space    string `json:"space"`
	Project  string `json:"project"` // the project's ID
	ReadOnly bool   `json:"read_only,omitempty"`
	Policy   string `json:"policy,omitempty"` // privacy or evidence
}

// WhoAmI says what the service knows of the one who asks, and what it is itself.
type WhoAmI struct {
	Wire     string    `json:"wire"`     // the version of the wire, "1.0"
	Version  string    `json:"version"`  // the service's build
	Instance string    `json:"instance"` // of this run of the service: another one after a restart
	PID      int       `json:"pid"`      // the service's process
	Session  string    `json:"session"`  // of the one who asks
	User     string    `json:"user"`     // login name, by the kernel
	UID      string    `json:"uid"`
	Role     string    `json:"role,omitempty"` // empty where the service has no roles
	May      []Word    `json:"may"`            // what the role may do; never WordAll, which is spelled out
	Profiles []Profile `json:"profiles"`
	// AlarmUID is the user whose command the service runs for each alarm; empty
	// where it runs none.
	AlarmUID string `json:"alarm_uid,omitempty"`
}

// Requests are requests that one key asked for. All are on record before the
// first is sent.
type Requests struct {
	Requests []Request `json:"requests"`
}

// Request is a request as a client sends it; see [deck.Request]. Who asks is not
// in it: the service knows.
type Request struct {
	ID      string `json:"id"` // the client's own; 8 to 64 letters, digits and dashes
	SID     string `json:"sid"`
	Profile string `json:"profile,omitempty"` // whose recording; may be empty where only one has it
	// Update is "pause", "resume" or "stop".
	Update      string  `json:"update"`
	Behavior    string  `json:"behavior,omitempty"`     // with a pause: silence or skip
	Seen        string  `json:"seen,omitempty"`         // the status that the person saw
	ResumeAfter Seconds `json:"resume_after,omitempty"` // with a pause
	// ResumeLocal has this host alone resume it, where the others cannot be told of it.
	ResumeLocal bool   `json:"resume_local,omitempty"`
	Group       uint64 `json:"group,omitempty"`
	// Reason is why, in the person's words; a stop needs one where the policy is
	// evidence.
	Reason string `json:"reason,omitempty"`
	Again  bool   `json:"again,omitempty"`
	Insist bool   `json:"insist,omitempty"`
	// Seq is that of the deck's lines which the person saw last; 0 for unknown.
	Seq uint64 `json:"seq,omitempty"`
}

// Start begins one more recording of a call. Each one that is carried out begins
// a recording: it is sent once, and its ID is as that of a [Request], among the
// same ones.
type Start struct {
	ID      string `json:"id"` // the client's own; 8 to 64 letters, digits and dashes
	CallSID string `json:"call_sid"`
	// Profile is whose call it is. It may be empty where the service has one
	// profile, or a recording of the call is in one only.
	Profile  string `json:"profile,omitempty"`
	Channels string `json:"channels,omitempty"` // mono or dual; empty for the API's own
	Track    string `json:"track,omitempty"`    // inbound, outbound or both; empty for the API's own
	// Seen is "no-recording" where the person saw that the call has none. Then the
	// recordings of the call are read first, and nothing is sent where one is active.
	Seen string `json:"seen,omitempty"`
}

// RequestState is how far a request has come. Of Refused and Progress one is
// set.
type RequestState struct {
	ID       string    `json:"id"`
	Refused  *Refusal  `json:"refused,omitempty"`  // nothing was sent
	Progress *Progress `json:"progress,omitempty"` // the latest; final when it is settled
}

// Progress is how far an update has come; see [deck.Progress].
type Progress struct {
	ID      uint64  `json:"id"`      // the deck's number of it
	Request Request `json:"request"` // as it was asked
	// Actor is the name of who asked, as it is shown.
	Actor    string    `json:"actor,omitempty"`
	ByTimer  bool      `json:"by_timer,omitempty"`
	Outcome  string    `json:"outcome"` // requested, accepted, verified, contradicted, failed or unknown
	Settled  bool      `json:"settled,omitempty"`
	Asked    time.Time `json:"asked"`
	Answered time.Time `json:"answered,omitzero"`
	Done     time.Time `json:"done,omitzero"`
	Err      *Fault    `json:"err,omitempty"`
	Note     string    `json:"note,omitempty"`
	Tries    int       `json:"tries,omitempty"`
	ByHand   int       `json:"by_hand,omitempty"`
	WasLate  bool      `json:"was_late,omitempty"`
	Changed  []Change  `json:"changed,omitempty"`
	// Answer is the resource that the update returned, as it came.
	Answer     json.RawMessage `json:"answer,omitempty"`
	HTTPStatus int             `json:"http_status,omitempty"`
	JournalID  string          `json:"journal_id,omitempty"`
	OffRecord  *Fault          `json:"off_record,omitempty"`
}

// Change is a field of a recording that an update changed, as it was before.
type Change struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`
	Absent bool   `json:"absent,omitempty"`
	Null   bool   `json:"null,omitempty"`
}

// Fault is an error with what a person and a program are told of it.
type Fault struct {
	Error  string   `json:"error"`            // the whole of it, in words
	Reason string   `json:"reason,omitempty"` // see [api.Reason]
	Hint   string   `json:"hint,omitempty"`   // see [api.Hint]
	Kinds  []string `json:"kinds,omitempty"`  // what it is about: "not-found", "rate-limited", …
	// Answer is set where the API answered with an error.
	Answer *APIError `json:"answer,omitempty"`
}

// APIError is an answer of the API that is not 2xx; see [api.Error].
type APIError struct {
	Status  int    `json:"status"`
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// RetryAfter is what the API asks to wait; nil where it does not say.
	RetryAfter *Seconds `json:"retry_after,omitempty"`
}

// Acknowledge silences the alarm of a pause, of a trouble, or of a call or a
// conference without a recording.
type Acknowledge struct {
	SID     string  `json:"sid"`               // of the recording, else of the call or the conference
	Profile string  `json:"profile,omitempty"` // as in [Request]
	Reason  string  `json:"reason,omitempty"`
	Wait    Seconds `json:"wait"` // until the next alarm
}

// Timer sets the auto-resume of a paused recording; 0 seconds take it away.
type Timer struct {
	SID     string  `json:"sid"`
	Profile string  `json:"profile,omitempty"`
	After   Seconds `json:"after"`
	// Local has this host alone do it, where the others cannot be told of it.
	Local bool `json:"local,omitempty"`
}

// Reveal puts on record that masked numbers of a recording are shown.
type Reveal struct {
	SID     string `json:"sid"`
	Profile string `json:"profile,omitempty"`
}

// Look says that a recording is on screen, so that more is read of it.
type Look struct {
	SID     string `json:"sid"`
	Profile string `json:"profile,omitempty"`
}

// LookForUnrecorded says that somebody wants to know which calls in progress have
// no recording, for the next half minute: from then on a watch tells of them.
type LookForUnrecorded struct {
	Profile string `json:"profile,omitempty"` // empty for all
}

// Refresh asks for a poll now.
type Refresh struct {
	Profile string `json:"profile,omitempty"` // empty for all
}

// Interval asks for a time between two polls, for as long as the session lasts.
// The service polls at the shortest that a session asks for, and never less
// often than its settings say.
type Interval struct {
	Profile string  `json:"profile,omitempty"` // empty for all
	Every   Seconds `json:"every"`
}

// Done is the body of an answer that has nothing to say.
type Done struct{}

// Dashboard is the Command of a [Screen] that is a dashboard. What has none, or
// this one, is a screen that somebody looks at.
const Dashboard = "dashboard"

// Screen is what a screen says of itself: when it begins, when a prompt opens or
// closes, and at most once a second while keys are pressed. It is the whole of it
// each time.
type Screen struct {
	Claims Claims `json:"claims"`
	// Command is what it is: [Dashboard], or the name of a command, which ends with
	// what it was asked.
	Command string  `json:"command,omitempty"`
	Prompt  *Prompt `json:"prompt,omitempty"` // nil for none
	// Idle is how long ago the last key was pressed.
	Idle Seconds `json:"idle,omitempty"`
}

// Prompt is a question that is open on a screen.
type Prompt struct {
	SID     string `json:"sid"`
	Profile string `json:"profile,omitempty"`
	Verb    string `json:"verb"` // pause, resume or stop
	// More are the other recordings that it is about, at most [MaxPrompt]. A service
	// of version 1.0 does not take them.
	More []PromptOf `json:"more,omitempty"`
}

// PromptOf is one of several recordings that a question is about.
type PromptOf struct {
	SID     string `json:"sid"`
	Profile string `json:"profile,omitempty"`
}

// Claims is what a client says of its person beside what the kernel says. None
// of it proves anything, and the journal marks it as claimed.
type Claims struct {
	SudoUser  string `json:"sudo_user,omitempty"`
	SSHClient string `json:"ssh_client,omitempty"` // address and port
	SSHKey    string `json:"ssh_key,omitempty"`    // fingerprint, SHA256:…
	TTY       string `json:"tty,omitempty"`        // the terminal's device
	Inherited bool   `json:"inherited,omitempty"`  // see [journal.Who]
}

// Session is somebody who is connected.
type Session struct {
	ID      string    `json:"id"` // short, for people; not what the client has chosen
	User    string    `json:"user"`
	UID     string    `json:"uid"`
	PID     int       `json:"pid"`
	Role    string    `json:"role,omitempty"`
	Command string    `json:"command,omitempty"`
	Since   time.Time `json:"since"`
	Idle    Seconds   `json:"idle"` // since the last key, or the last thing that was asked
	Prompt  *Prompt   `json:"prompt,omitempty"`
	Claims  Claims    `json:"claims"`
	SSH     *SSH      `json:"ssh,omitempty"` // of somebody who came in by the service's own SSH; nil for others
	You     bool      `json:"you,omitempty"` // it is the one that asks
}

// SSH is how somebody came in by the service's own SSH. All but the user was proven.
type SSH struct {
	User        string `json:"user,omitempty"`        // as the client gave it
	Client      string `json:"client,omitempty"`      // its address, with its port where that is known
	Key         string `json:"key"`                   // fingerprint, SHA256:…
	Certificate string `json:"certificate,omitempty"` // its key ID; empty for a key without one
	Authority   string `json:"ca,omitempty"`          // fingerprint of the key that signed it
}

// Sessions are those who are connected, the longest first.
type Sessions struct {
	Sessions []Session `json:"sessions"`
}

// Status is the service and its decks at one moment.
type Status struct {
	Version  string          `json:"version"`
	Instance string          `json:"instance"`
	PID      int             `json:"pid"`
	Since    time.Time       `json:"since"` // when the service started
	Sessions int             `json:"sessions"`
	Profiles []ProfileStatus `json:"profiles"`
}

// ProfileStatus is one deck of a [Status].
type ProfileStatus struct {
	Profile
	Phase   string  `json:"phase"` // loading, live, stale or partial
	State   State   `json:"state"`
	Active  int     `json:"active"`
	Paused  int     `json:"paused"`
	Alarms  int     `json:"alarms"`
	Longest Seconds `json:"longest_pause,omitempty"`
}
