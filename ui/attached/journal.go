package attached

import (
	"context"
	"slices"
	"sync"
	"time"

	"tapedeck/api"
	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/ui"
)

const (
	askTime = 5 * time.Second // for an answer of the service
	// leftEvery is how often the service is asked what was left behind, and
	// elsewhereEvery how often a deck that shares with other hosts is.
	leftEvery      = 3 * time.Second
	elsewhereEvery = 2 * time.Second
)

// history returns the last n actions of everybody, by the journal of the service.
func history(client Deck, n int) ([]ui.Action, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	list, err := client.Actions(ctx, n)
	out := make([]ui.Action, 0, len(list))
	for _, a := range list {
		out = append(out, actionOf(a))
	}
	return out, err
}

// actionOf returns an action of the service's journal as the screen shows it.
func actionOf(a local.Action) ui.Action {
	line := func(s string) string { return text.New(s).String() }
	out := ui.Action{
		Time: a.Time, Actor: line(a.Actor), Profile: line(a.Profile), Recording: text.New(a.SID), Behavior: line(a.Behavior), Outcome: line(a.Outcome), Reason: line(a.Reason), Given: line(a.Given),
		Until: a.Until, ByTimer: a.ByTimer,
	}
	if out.What = deck.WordOf(journal.Event(a.Event), api.Status(a.Asked)); out.What == deck.SeenWord {
		out.Actor, out.Outcome = "", "" // the actor is who had asked for what others have ended
	}
	return out
}

// left asks again and again what was left behind. Between two questions it holds no
// goroutine.
type left struct {
	every   time.Duration
	from    func(context.Context) ([]ui.LeftBehind, error)
	changed func([]ui.LeftBehind)
	last    []ui.LeftBehind
	told    bool // what was answered was told

	ctx   context.Context // ends with the screen
	mu    sync.Mutex      // guards the timer, which is set before its first question is over
	timer *time.Timer
}

// watchLeft calls changed with the pauses left behind, also with none, and again
// whenever they are others, until stop is called; see [ui.Options]. While they cannot
// be told they are those of before.
func watchLeft(every time.Duration, from func(context.Context) ([]ui.LeftBehind, error), changed func([]ui.LeftBehind)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &left{every: every, from: from, changed: changed, ctx: ctx}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(0, l.look)
	return func() {
		cancel()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.timer.Stop()
	}
}

// look asks once, and again after some time.
func (l *left) look() {
	defer crash.Guard()
	if list, err := l.from(l.ctx); err == nil && l.ctx.Err() == nil && !(l.told && slices.Equal(list, l.last)) {
		l.last, l.told = list, true
		l.changed(slices.Clone(list))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() == nil {
		l.timer.Reset(l.every)
	}
}

// leftAt returns what asks a service what was left behind.
func leftAt(service func(context.Context) ([]local.LeftPause, error)) func(context.Context) ([]ui.LeftBehind, error) {
	return func(ctx context.Context) (out []ui.LeftBehind, err error) {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		list, err := service(ctx)
		for _, p := range list {
			out = append(out, ui.LeftBehind{
				Profile: text.New(p.Profile).String(), SID: text.New(p.SID), Actor: text.New(p.Actor).String(), PausedAt: p.Paused, EndedAt: p.Ended, Why: text.New(p.Why).String(),
			})
		}
		return out, err
	}
}
