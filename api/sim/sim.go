// Package sim is a simulated SignalWire space: it answers the Compatibility
// API's requests about recordings, calls and conferences as the documentation
// says the real API does. The demo, the tests and people's own scripts run on it.
//
// A [Space] is an [http.Handler]. Everything in it happens by the clock, but
// nothing runs in the background: each request, and each method that looks at
// the space, first carries out what has become due since the last one. So a
// space leaves nothing behind, and it works in a testing/synctest bubble.
//
// With a [Scenario] it plays a situation to train on, and tells its [Space.Story].
//
// Where the documentation is silent, a space does the following; faults
// ([ParseFault]) switch some of it:
//
//   - A resumed recording is in-progress again, not resumed.
//   - Updating a recording to the status it has is answered 200 and changes
//     nothing, also when it names another pause behavior.
//   - Updating an ended recording, or with a bad argument, is answered 422.
//   - Duration is 0, and the end time and price are null, until a recording is
//     completed; the start time is null while it is queued.
//   - Date filters include the moment or day they name. A full time is compared
//     by the second, a date by the day in UTC.
package sim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options say what a space holds. The zero value is an empty space without churn.
type Options struct {
	Recordings int      // active at the start
	History    int      // ended ones, over the last 24 hours
	Unrecorded int      // calls and conferences in progress without a recording; with churn, about as many stay
	Seed       uint64   // the same seed gives the same space, apart from the clock
	Churn      float64  // recordings that begin, and that end, per minute, at most 6000; 0 none
	Faults     []Fault  // what goes wrong from the start; see [Space.SetFaults]
	Scenario   Scenario // what there is to train on; "" for nothing in particular
	Drill      bool     // with a scenario: it asks for something that can be done; see [Space.Drill]
	Project    string   // "": a UUID derived from the seed
	Token      string   // "": derived from the seed, begins with PT
}

// DefaultOptions returns the space of the demo: 24 active recordings, 200 ended
// ones, 3 calls and conferences without a recording, seed 1, and 6 recordings a
// minute that begin and that end.
func DefaultOptions() Options {
	return Options{Recordings: 24, History: 200, Unrecorded: 3, Seed: 1, Churn: 6}
}

// Space is a simulated SignalWire space with one project. Make it with [New].
// It is safe for concurrent use.
type Space struct {
	project string
	token   string
	numbers []string // telephone numbers that nobody has

	// What the space itself begins, and what others begin, draw from separate
	// generators, so that requests do not change what churn will bring.
	own, others *rand.Rand
	unrecorded  *rand.Rand // for what has no recording
	zippers     sync.Pool  // of *gzip.Writer

	mu          sync.Mutex // guards all below
	now         stamp      // the latest moment seen; it never goes back
	seq         uint32     // of the newest row
	recordings  table[*recording]
	calls       table[*call]
	conferences table[*conference]
	active      []*recording // in no particular, but a reproducible order
	due         []dueEvent   // soonest first
	churn       churn
	released    []*recording // ended while their call or conference went on, oldest first
	faults      []Fault
	scene       scene
	drill       drilled
	updates     []UpdateRecord
	stats       Stats
	inFlight    int
}

// Streams of the seeded generators.
const (
	streamOwn = iota + 1
	streamOthers
	streamNames
	streamScene
	streamUnrecorded
)

// New makes a space and fills it. Negative counts are taken as 0. With a
// scenario none of the recordings is paused, or odd otherwise, but those that it
// is about, which come on top. It panics if there is no such scenario.
func New(o Options) *Space {
	names := rand.New(rand.NewPCG(o.Seed, streamNames))
	s := &Space{
		project: newUUID(names).String(),
		token:   newToken(names),
		numbers: fictionalNumbers(),
		own:     rand.New(rand.NewPCG(o.Seed, streamOwn)),
		others:  rand.New(rand.NewPCG(o.Seed, streamOthers)),
		now:     stampOf(time.Now().Truncate(time.Second)),
		scene:   newScene(o.Scenario, o.Seed),
		drill:   drilled{on: o.Drill && o.Scenario != ""},

		unrecorded: rand.New(rand.NewPCG(o.Seed, streamUnrecorded)),
	}
	if o.Project != "" {
		s.project = o.Project
	}
	if o.Token != "" {
		s.token = o.Token
	}
	s.SetFaults(o.Faults...)
	s.populate(max(o.Recordings, 0), max(o.History, 0))
	s.populateUnrecorded(max(o.Unrecorded, 0), o.Churn > 0)
	s.openScene()
	s.churn = newChurn(s.own, o.Churn, stampOf(time.Now()))
	if s.churn.mean > 0 {
		s.startQueued()
	}
	return s
}

// newToken makes an API token as SignalWire's look.
func newToken(rng *rand.Rand) string {
	var b strings.Builder
	b.WriteString("PT")
	for range 5 {
		fmt.Fprintf(&b, "%08x", rng.Uint32())
	}
	return b.String()
}

// Project returns the project's ID, which is the API's AccountSid and the user
// name of its Basic authentication.
func (s *Space) Project() string { return s.project }

// Token returns the API token, the password of the Basic authentication.
func (s *Space) Token() string { return s.token }

// ServeHTTP answers one request. It panics with [http.ErrAbortHandler], which
// makes the server close the connection, when the fault drop is set or the
// client is gone.
func (s *Space) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rep, err := s.answer(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	for name, values := range rep.header {
		w.Header()[name] = values
	}
	w.WriteHeader(rep.status)
	if r.Method != http.MethodHead {
		// A client that has gone away is no concern of the space.
		_, _ = w.Write(rep.body)
	}
}

// Stats count requests since the start or the last [Space.ResetStats], by what
// was asked for, whatever the answer was. The zero value is none.
type Stats struct {
	RecordingLists int   // lists of recordings, of the project or of one call or conference
	Recordings     int   // reads of one recording
	Calls          int   // lists of calls and reads of one
	Conferences    int   // lists of conferences and reads of one
	Participants   int   // lists of participants and reads of one
	Updates        int   // updates of a recording
	Other          int   // all else, also unknown paths
	Bytes          int64 // of all bodies answered, before compression
	MaxInFlight    int   // the most requests under way at one time
}

// Requests returns the number of requests of all kinds.
func (s Stats) Requests() int {
	return s.RecordingLists + s.Recordings + s.Calls + s.Conferences + s.Participants + s.Updates + s.Other
}

// Stats returns the counts of the requests so far.
func (s *Space) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// ResetStats sets all counts to 0. A request that is under way counts in the
// next MaxInFlight only.
func (s *Space) ResetStats() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats = Stats{MaxInFlight: s.inFlight}
}
