package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Scenario is a situation to train on, by its name. Take it from [Scenarios] or
// [ParseScenario]; the zero value is none.
type Scenario string

// scenarioKind describes one scenario.
type scenarioKind struct {
	name  Scenario
	help  string
	fault string // that is set for good, as ParseFault reads it; "" for none
	// relents: in a drill the fault ends [relentsAfter] after the first update.
	relents bool
	whole   bool // all is to be kept: a pause must not cut the time out

	// Each of these may be nil. The mutex is held, or the space is not yet known
	// to anybody.
	open    func(s *Space)                                        // puts in what it is about
	request func(s *Space, now stamp)                             // before each request
	follow  func(s *Space, r *recording, status string, t stamp)  // before a recording of the cast gets a status
	asked   func(s *Space, r *recording, was string, x *exchange) // after an update, whatever became of it
	started func(s *Space, r *recording)                          // after somebody has started a recording of a call
}

// scenarioKinds are all scenarios, in the order of the help.
var scenarioKinds = []scenarioKind{
	{
		name: "card", help: "8 s after the first request, and then each minute, a call begins; 8 s later its caller reads out a card number, for 12 s",
		request: (*Space).cardRequest, follow: (*Space).cardFollow, asked: (*Space).cardAsked,
	},
	{
		name: "refused", help: "a recording's first pause, and any in the 20 s after it, is answered 503 and not done",
		open:  (*Space).openCaller,
		asked: (*Space).tellRefused,
	},
	{
		name: "lie", help: "updates are answered 200 with the status unchanged, and are not done",
		fault: "lie@update", relents: true, open: (*Space).openCaller, asked: (*Space).tellLie,
	},
	{
		name: "silent", help: "updates are done, and their answer never comes",
		fault: "silent@update", open: (*Space).openCaller, asked: (*Space).tellSilent,
	},
	{
		name: "left-behind", help: "a pause left by the last shift: one recording has been paused for 47 minutes",
		open: (*Space).openLeftBehind, follow: (*Space).followLeftBehind,
	},
	{
		name: "siblings", help: "a call with two recordings, and a conference that is recorded while a participant's call is, too",
		open: (*Space).openSiblings, follow: (*Space).followSiblings,
	},
	{
		name: "mandated", help: "recording is mandated (policy = evidence): one caller asks for a pause, and the call of another is not recorded at all",
		whole: true, open: (*Space).openMandated, follow: (*Space).followMandated, started: (*Space).tellStarted,
	},
	{
		name: "handover", help: "a shift ends: two recordings are paused, and the auto-resume of a third is to come",
		open: (*Space).openHandover, follow: (*Space).followLeftBehind,
	},
}

// Scenarios returns all scenarios, in the order of the help.
func Scenarios() []Scenario {
	names := make([]Scenario, len(scenarioKinds))
	for i, k := range scenarioKinds {
		names[i] = k.name
	}
	return names
}

// ParseScenario reads the name of a scenario. [ScenarioHelp] lists them.
func ParseScenario(name string) (Scenario, error) {
	if k := findScenario(Scenario(name)); k != nil {
		return k.name, nil
	}
	var names []string
	for _, k := range scenarioKinds {
		names = append(names, string(k.name))
	}
	return "", fmt.Errorf("unknown scenario %q: one of %s", name, strings.Join(names, ", "))
}

// ScenarioHelp lists every scenario with what happens in it, a line each.
func ScenarioHelp() string {
	var b strings.Builder
	b.WriteString("Scenarios, each in a small and calm space unless other flags say otherwise; faults apply beside them:\n\n")
	for _, k := range scenarioKinds {
		fmt.Fprintf(&b, "  %-11s  %s\n", k.name, k.help)
	}
	return b.String()
}

// Options returns the options of a space to train in: 8 recordings beside those
// that the scenario is about, 40 ended ones, seed 1, and no churn.
func (sc Scenario) Options() Options {
	return Options{Recordings: 8, History: 40, Seed: 1, Scenario: sc}
}

// Mandated reports whether recording is mandated in the scenario: the policy of
// its project is evidence.
func (sc Scenario) Mandated() bool {
	k := findScenario(sc)
	return k != nil && k.whole
}

// findScenario returns nil for none.
func findScenario(name Scenario) *scenarioKind {
	i := slices.IndexFunc(scenarioKinds, func(k scenarioKind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &scenarioKinds[i]
}

// scene is the scenario of a space as far as it has come.
type scene struct {
	kind   *scenarioKind // nil for none
	rng    *rand.Rand    // for what the scenario begins
	faults []Fault
	story  []string

	card    card
	refused map[*recording]*attempt // to pause it, in the scenario refused
	groups  [][]*recording          // that are siblings
}

// newScene makes the scene of a scenario. It panics if there is no such.
func newScene(name Scenario, seed uint64) scene {
	if name == "" {
		return scene{}
	}
	kind := findScenario(name)
	if kind == nil {
		panic(fmt.Sprintf("sim: there is no scenario %q", string(name)))
	}
	sc := scene{kind: kind, rng: rand.New(rand.NewPCG(seed, streamScene)), refused: map[*recording]*attempt{}}
	if kind.fault != "" {
		f, err := ParseFault(kind.fault)
		if err != nil {
			panic(err) // The table is wrong.
		}
		sc.faults = []Fault{f}
	}
	return sc
}

// openScene puts in what the scenario is about.
func (s *Space) openScene() {
	kind := s.scene.kind
	if kind == nil {
		return
	}
	s.tell("%s", kind.help)
	if kind.open != nil {
		kind.open(s)
	}
}

// Story returns what has happened so far that the scenario is about, and how
// well the operator did, a line each: first what the scenario is. It is empty
// without a scenario. Lines are only ever added.
func (s *Space) Story() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return slices.Clone(s.scene.story)
}

// tell adds a line to the story.
func (s *Space) tell(format string, args ...any) {
	s.scene.story = append(s.scene.story, string(s.scene.kind.name)+": "+fmt.Sprintf(format, args...))
}

// cast begins a recording that the scenario is about. Churn leaves it alone.
func (s *Space) cast(b Begin, now stamp) *recording {
	r := s.begin(s.scene.rng, b, now)
	r.cast = true
	return r
}

// label names a recording as the dashboard does, by the end of its SID.
func (r *recording) label() string {
	sid := r.sid.String()
	return "…" + sid[len(sid)-4:]
}

// follow tells the scenario that a recording of its cast is about to get a status.
func (s *Space) follow(r *recording, status string, t stamp) {
	if r.cast && s.scene.kind.follow != nil {
		s.scene.kind.follow(s, r, status, t)
	}
}

// refusal is how long a recording's pauses are refused, from the first one on.
const refusal = 20 * time.Second

// attempt is that of pausing a recording.
type attempt struct {
	first stamp
	done  bool // whether it was paused in the end
}

// refusing reports whether the scenario refuses this update with 503.
func (x *exchange) refusing(r *recording, status string) bool {
	s := x.space
	if s.scene.kind == nil || s.scene.kind.name != "refused" || status != paused {
		return false
	}
	if s.scene.refused[r] == nil {
		s.scene.refused[r] = &attempt{first: x.now}
	}
	return x.now.sub(s.scene.refused[r].first) < refusal
}

func (s *Space) tellRefused(r *recording, was string, x *exchange) {
	if x.form.Get("Status") != paused || was == paused {
		return
	}
	a := s.scene.refused[r]
	since := seconds(x.now.sub(a.first))
	switch {
	case !x.applied:
		s.tell("%s is not paused, answered 503, %s after the first attempt", r.label(), since)
	case !a.done:
		a.done = true
		s.tell("%s is paused, %s after the first attempt", r.label(), since)
	}
}

func (s *Space) tellLie(r *recording, was string, x *exchange) {
	if asked := x.form.Get("Status"); !x.applied {
		s.tell("%s is still %s, though %s was asked for and answered 200", r.label(), was, asked)
	}
}

func (s *Space) tellSilent(r *recording, was string, x *exchange) {
	if x.applied && r.status != was {
		s.tell("%s is %s, and nobody is told: the answer never comes", r.label(), r.status)
	}
}

// leftFor is how long the last shift's pause has lasted at the start.
const leftFor = 47 * time.Minute

func (s *Space) openLeftBehind() {
	r := s.cast(Begin{Status: paused, StartedAgo: leftFor + 11*time.Minute, DateUpdatedAgo: leftFor, Channels: 2}, s.now)
	s.ask(ResumeTask, r)
	s.tell("%s has been paused for %s", r.label(), clock(leftFor))
}

// Left is a pause that somebody made whose session is gone.
type Left struct {
	SID          string // of the recording
	Actor        string // who paused it
	Paused, Lost time.Time
}

// LeftBehind returns what the scenario left-behind is about, as a journal would
// have it, for a dashboard on a space that has none; nothing in any other.
func (s *Space) LeftBehind() (list []Left) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scene.kind == nil || s.scene.kind.name != "left-behind" {
		return nil
	}
	for _, r := range s.active {
		if r.cast && r.status == paused {
			since := r.pausedAt.time()
			list = append(list, Left{SID: r.sid.String(), Actor: "alice", Paused: since, Lost: since.Add(2 * time.Minute)})
		}
	}
	return list
}

func (s *Space) followLeftBehind(r *recording, status string, t stamp) {
	switch {
	case r.status != paused:
	case running(status):
		s.tell("%s is resumed, after %s", r.label(), clock(t.sub(r.pausedAt)))
	case ended(status):
		s.tell("%s is %s and was never resumed, after %s", r.label(), status, clock(t.sub(r.pausedAt)))
	}
}

func (s *Space) openSiblings() {
	first := s.cast(Begin{From: "client:twice", CallerName: "Recorded twice", StartedAgo: 6 * time.Minute, Channels: 2}, s.now)
	second := s.cast(Begin{CallSID: first.call.sid.String(), StartedAgo: 4 * time.Minute, Source: "StartCallRecordingApi"}, s.now)

	room := s.cast(Begin{Conference: true, FriendlyName: "Fraud review", StartedAgo: 5 * time.Minute}, s.now)
	person := room.conf.members[1].call
	person.from, person.caller = "client:in-review", "Recorded here and in Fraud review"
	own := s.cast(Begin{CallSID: person.sid.String(), StartedAgo: 3 * time.Minute, Source: "StartCallRecordingApi"}, s.now)

	for _, r := range []*recording{first, second, room, own} {
		s.ask(PauseTask, r)
	}
	s.scene.groups = [][]*recording{{first, second}, {room, own}}
	s.tell("%s and %s are of one call", first.label(), second.label())
	s.tell("%s is of a conference, %s of the call of a participant", room.label(), own.label())
}

func (s *Space) followSiblings(r *recording, status string, _ stamp) {
	if status == r.status || !isActive(r) {
		return
	}
	for _, group := range s.scene.groups {
		if !slices.Contains(group, r) {
			continue
		}
		n := 0
		for _, g := range group {
			if g == r && running(status) || g != r && running(g.status) {
				n++
			}
		}
		s.tell("%s is %s: %d of %d recording", r.label(), status, n, len(group))
	}
}

// seconds writes a duration as a judgement does.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// clock writes a long duration, in minutes and seconds.
func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d/time.Minute), int(d%time.Minute/time.Second))
}
