package drill

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/background"
	"tapedeck/api/deck"
	"tapedeck/api/policy"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/ui"
	"tapedeck/ui/help"
	"tapedeck/ui/theme"
)

// lingers is how long the dashboard stays when a scenario is over, so that its end
// can be seen.
const lingers = 2 * time.Second

// Options say what is drilled, and on what screen.
type Options struct {
	Plan   Plan
	Screen ui.Options  // how the screen looks, and its terminal; the deck is the drill's
	Deck   deck.Config // how the deck of each scenario polls and alarms
	Agent  string      // what the client calls itself
}

// Policy returns the policy of the project that a scenario is about.
func Policy(sc sim.Scenario) policy.Policy {
	if sc.Mandated() {
		return policy.Evidence
	}
	return policy.Privacy
}

// Run drills, and returns how it went. It ends when the operator quits, which
// leaves a result of what was played, when the plan is done, or when ctx ends or
// the terminal is gone, which is the error; the result then is of what was played.
func Run(ctx context.Context, o Options) (Result, error) {
	d := &drill{o: o, result: Result{Began: time.Now().UTC(), Seed: o.Plan.Seed, Scenarios: []Score{}}}
	stage, err := ui.OpenStage(ctx, o.Screen)
	if err != nil {
		return d.result, err
	}
	d.stage = stage
	err = d.play()
	stage.Close()
	_ = d.decks.Stop() // what was under way is of no space that lasts
	d.result.finish(o.Plan, time.Now().UTC())
	return d.result, err
}

// drill is a drill that runs.
type drill struct {
	o      Options
	stage  *ui.Stage
	decks  background.Group
	result Result
}

// play shows a page before each scenario and after the last one, and plays what
// is not skipped.
func (d *drill) play() error {
	for i, l := range d.o.Plan.lessons {
		key, err := d.page(d.before(i))
		switch {
		case err != nil || key == "q":
			return err
		case key == "s":
			d.result.Scenarios = append(d.result.Scenarios, without(l, Skipped))
			continue
		}
		if err := d.scenario(i); err != nil {
			return err
		}
	}
	last := d.result
	last.finish(d.o.Plan, time.Now())
	_, err := d.page("result", resultPage(last))
	return err
}

// name names a scenario of the plan.
func (d *drill) name(i int) string {
	return fmt.Sprintf("%d of %d %s", i+1, len(d.o.Plan.lessons), d.o.Plan.lessons[i].scenario)
}

// page shows a page.
func (d *drill) page(name string, p ui.Page) (key string, err error) {
	o := d.o.Screen
	o.Drill = &ui.Drill{Look: func(time.Time) ui.DrillLine { return ui.DrillLine{Name: name} }}
	return d.stage.Page(o, p)
}

// before returns the page before a scenario: how the last one went, and what is
// to be done.
func (d *drill) before(i int) (name string, p ui.Page) {
	l := d.o.Plan.lessons[i]
	p.Title = "Scenario " + d.name(i)
	if n := len(d.result.Scenarios); n > 0 {
		p.Sections = append(p.Sections, help.Section{Title: "How it went", Signs: signs(d.result.Scenarios[n-1])})
	}
	p.Sections = append(p.Sections, help.Section{Title: "Next: " + string(l.scenario), Signs: []theme.Sign{
		{Sign: "what happens", Means: l.happens},
		{Sign: "what to do", Means: l.todo},
		{Sign: "limit", Means: fmt.Sprintf("%.0f s", l.limit.Seconds())},
	}})
	if i == 0 {
		p.Sections = append(p.Sections, help.Section{Title: "About the drill", Signs: aboutDrill})
	}
	p.Keys = []ui.PageKey{{Key: "enter", Does: "begin"}, {Key: "s", Does: "skip it"}, {Key: "q", Does: "quit the drill"}}
	return d.name(i), p
}

// aboutDrill is what is to be known before the first scenario.
var aboutDrill = []theme.Sign{
	{Sign: "the space", Means: "is simulated: no real call is touched, and nothing is journaled"},
	{Sign: "measured", Means: "time to a verified pause, forgotten resumes, wrong recordings and wrong updates, as the space saw them; and keys that were refused"},
	{Sign: "q", Means: "in a scenario: ends it, and counts what was done so far; on a page: ends the drill with what was played"},
}

// signs are how a scenario went.
func signs(s Score) []theme.Sign { return []theme.Sign{{Sign: s.Scenario, Means: s.Words()}} }

// resultPage is the page at the end.
func resultPage(r Result) ui.Page {
	var all []theme.Sign
	for _, s := range r.Scenarios {
		all = append(all, signs(s)...)
	}
	return ui.Page{
		Title: "Drill " + r.Words(), Sections: []help.Section{{Title: "Scenarios", Signs: all}},
		Keys: []ui.PageKey{{Key: "q", Does: "close"}, {Key: "enter", Does: "close"}},
	}
}

// scenario plays a scenario, and notes how it went.
func (d *drill) scenario(i int) error {
	l := d.o.Plan.lessons[i]
	options := l.scenario.Options()
	options.Seed, options.Drill = d.o.Plan.Seed, true
	space := sim.New(options)
	w := &watcher{lesson: l, name: d.name(i), space: space}
	screen, config := d.o.Screen, d.o.Deck
	config.Kept, screen.Own = HandedOver(space, screen.Actor)
	config.Policy = Policy(l.scenario)
	config.UnrecordedAlarm = config.Policy.Defaults().UnrecordedAlarm
	config.Unrecorded = config.UnrecordedAlarm > 0
	if !config.Policy.Defaults().Skip {
		screen.PauseBehavior = api.Silence
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dk, err := deck.Open(api.Config{
		Space: "http://localhost", Project: space.Project(), Token: secret.New(space.Token()),
		Transport: cable{space.Transport(), ctx}, UserAgent: d.o.Agent,
	}, config)
	if err != nil {
		return fmt.Errorf("open the deck of scenario %s: %w", l.scenario, err)
	}
	d.decks.Go(func(stop context.Context) error {
		defer context.AfterFunc(stop, cancel)()
		return dk.Run(ctx)
	})
	screen.Deck, screen.Demo, screen.LeftBehind = dk, true, leftBehind(space)
	screen.Drill = &ui.Drill{Look: w.look, Refused: w.refused}
	err = d.stage.Dashboard(screen)
	d.result.Scenarios = append(d.result.Scenarios, w.score())
	return err
}

// leftBehind returns what tells a screen the pauses that a scenario says were left
// behind.
func leftBehind(space *sim.Space) func(context.Context) ([]ui.LeftBehind, bool) {
	told := false
	return func(context.Context) (left []ui.LeftBehind, ok bool) {
		if told {
			return nil, false
		}
		told = true
		for _, l := range space.LeftBehind() {
			left = append(left, ui.LeftBehind{SID: text.New(l.SID), Actor: l.Actor, PausedAt: l.Paused, EndedAt: l.Lost})
		}
		return left, true
	}
}

// HandedOver returns what the deck of a space has to know whose scenario is about
// the end of a shift: who paused, and which auto-resume is to come; and which pauses
// are that actor's. It is nothing in any other scenario.
func HandedOver(space *sim.Space, actor deck.Actor) (k deck.Kept, own []deck.Key) {
	for _, h := range space.HandedOver() {
		r := deck.KeptRecording{SID: h.SID, Updated: h.Paused, Pause: &deck.KeptPause{Since: h.Paused, Behavior: api.Silence, Actor: actor}}
		if !h.Resumes.IsZero() {
			r.Timer = &deck.KeptTimer{Actor: actor, At: h.Resumes}
		}
		k.Recordings = append(k.Recordings, r)
		own = append(own, deck.Key{SID: text.New(h.SID)})
	}
	return k, own
}

// watcher watches a scenario for its screen. It is safe for concurrent use.
type watcher struct {
	lesson lesson
	name   string
	space  *sim.Space

	mu        sync.Mutex // guards what follows
	wrongKeys int
	over      time.Time // since when; zero while it is not
	final     *sim.Drill
	keys      int // wrong ones, when it was over
}

// refused counts a key that the screen refused.
func (w *watcher) refused(string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrongKeys++
}

// look says how far the scenario has come.
func (w *watcher) look(now time.Time) ui.DrillLine {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := ui.DrillLine{Name: w.name, Asks: w.lesson.asks}
	d := w.space.Drill()
	if w.final != nil {
		d = *w.final
	}
	due, waits := began(d)
	if waits {
		if l.Asks = w.lesson.wait; l.Asks == "" {
			l.Asks = w.lesson.asks
		}
		return l
	}
	since := now.Sub(due)
	late := since >= w.lesson.limit+after
	if w.over.IsZero() && (d.Over || late) {
		w.over, w.final, w.keys = now, &d, w.wrongKeys
	}
	l.Clock = w.clock(d, since)
	if !w.over.IsZero() {
		if l.Asks = "done"; !d.Over {
			l.Asks = "the time is over"
		}
		l.Clock, l.Over = "", now.Sub(w.over) >= lingers
	}
	return l
}

// began returns when the first thing was asked for; waits is that nothing was yet.
func began(d sim.Drill) (at time.Time, waits bool) {
	for _, t := range d.Tasks {
		if !t.Due.IsZero() && (at.IsZero() || t.Due.Before(at)) {
			at = t.Due
		}
	}
	return at, at.IsZero()
}

// clock says how much of the limit is over, or that the pause was verified within
// it. The mutex must be held.
func (w *watcher) clock(d sim.Drill, since time.Duration) string {
	s := without(w.lesson, Passed)
	s.measure(d)
	switch {
	case s.Pause != nil:
		return fmt.Sprintf("verified %.1f s", *s.Pause)
	case since <= w.lesson.limit:
		return clock(since) + " of " + clock(w.lesson.limit)
	}
	return clock(since) + ", limit " + clock(w.lesson.limit)
}

// score judges the scenario as it is, or as it was when it was over.
func (w *watcher) score() Score {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.final == nil {
		d := w.space.Drill()
		w.final, w.keys = &d, w.wrongKeys
	}
	return judge(w.lesson, *w.final, w.keys, w.space.Story())
}

// clock writes a time in minutes and seconds.
func clock(d time.Duration) string {
	s := int(max(0, d) / time.Second)
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// cable is the way to a space until ended ends: from then on no answer is waited
// for, which may never come.
type cable struct {
	to    http.RoundTripper
	ended context.Context
}

// RoundTrip has a request answered.
func (c cable) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(c.ended, cancel)()
	if err := c.ended.Err(); err != nil {
		return nil, err
	}
	return c.to.RoundTrip(r.WithContext(ctx))
}
