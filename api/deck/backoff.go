package deck

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"tapedeck/api"
)

const (
	maxBackoff    = 30 * time.Second
	maxRetryAfter = 60 * time.Second
)

// waitAsked returns how long the API asks to wait: HTTP 429 and 503 with a
// Retry-After, at most 60 s.
func waitAsked(err error) (time.Duration, bool) {
	e, ok := errors.AsType[*api.Error](err)
	if !ok || !e.HasRetryAfter ||
		(e.StatusCode != http.StatusTooManyRequests && e.StatusCode != http.StatusServiceUnavailable) {
		return 0, false
	}
	return min(max(e.RetryAfter, time.Second), maxRetryAfter), true
}

// backoff returns how long to wait after a number of polls in a row that
// failed, the last with err: what the API asks for, else twice as long each
// time, up to 30 s, less up to a quarter so that many decks do not come at once.
func backoff(err error, failures int, interval time.Duration) time.Duration {
	if wait, ok := waitAsked(err); ok {
		return wait
	}
	wait := min(max(interval, time.Second)<<min(failures-1, 6), maxBackoff)
	return wait - rand.N(wait/4)
}
