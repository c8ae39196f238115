package attached

import (
	"context"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/ui"
)

const (
	askTime = 5 * time.Second // for an answer of the service
	// leftEvery is how often the service is asked what was left behind.
	leftEvery = 3 * time.Second
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

// left asks the service again and again what was left behind.
type left struct {
	from  func(context.Context) ([]local.LeftPause, error)
	last  []ui.LeftBehind
	asked bool // once at least
	told  bool // what it answered was returned
}

// next waits until the pauses left behind are others than it returned last; see
// [ui.Options]. While the service is gone they are those.
func (l *left) next(ctx context.Context) ([]ui.LeftBehind, bool) {
	for {
		if l.asked {
			select {
			case <-time.After(leftEvery):
			case <-ctx.Done():
				return nil, false
			}
		}
		l.asked = true
		if list, err := l.ask(ctx); err == nil && !(l.told && slices.Equal(list, l.last)) {
			l.last, l.told = list, true
			return slices.Clone(list), true
		}
		if ctx.Err() != nil {
			return nil, false
		}
	}
}

func (l *left) ask(ctx context.Context) (out []ui.LeftBehind, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	list, err := l.from(ctx)
	for _, p := range list {
		out = append(out, ui.LeftBehind{
			Profile: text.New(p.Profile).String(), SID: text.New(p.SID), Actor: text.New(p.Actor).String(), PausedAt: p.Paused, EndedAt: p.Ended, Why: text.New(p.Why).String(),
		})
	}
	return out, err
}
