package deck

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tapedeck/api"
)

// TestWaitAsked: only a 429 or 503 that names a time asks for one, and for at
// least a second and at most a minute.
func TestWaitAsked(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want time.Duration
		ok   bool
	}{
		{"nothing is wrong", nil, 0, false},
		{"no answer", errors.New("timeout"), 0, false},
		{"429", &api.Error{StatusCode: 429, HasRetryAfter: true, RetryAfter: 5 * time.Second}, 5 * time.Second, true},
		{"503", fmt.Errorf("list: %w", &api.Error{StatusCode: 503, HasRetryAfter: true, RetryAfter: 7 * time.Second}), 7 * time.Second, true},
		{"none is named", &api.Error{StatusCode: 429}, 0, false},
		{"0 s", &api.Error{StatusCode: 429, HasRetryAfter: true}, time.Second, true},
		{"in the past", &api.Error{StatusCode: 429, HasRetryAfter: true, RetryAfter: -time.Hour}, time.Second, true},
		{"an hour", &api.Error{StatusCode: 503, HasRetryAfter: true, RetryAfter: time.Hour}, time.Minute, true},
		{"500 with one", &api.Error{StatusCode: 500, HasRetryAfter: true, RetryAfter: 5 * time.Second}, 0, false},
		{"401 with one", &api.Error{StatusCode: 401, HasRetryAfter: true, RetryAfter: 5 * time.Second}, 0, false},
	}
	for _, tt := range tests {
		if got, ok := waitAsked(tt.err); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %v, %t; want %v, %t", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

// TestBackoff: each failure waits up to twice as long as the one before it, never
// longer than 30 s, nor so short that it costs more than a poll that works.
func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.Int64Range(int64(MinInterval), int64(MaxInterval)).Draw(t, "interval"))
		failures := rapid.IntRange(1, 1000).Draw(t, "failures")
		whole := min(maxBackoff, time.Duration(math.Min(float64(max(interval, time.Second))*math.Pow(2, float64(min(failures-1, 6))), float64(maxBackoff))))
		if got := backoff(errors.New("HTTP 500"), failures, interval); got > whole || got < whole-whole/4 {
			t.Errorf("after %d failures at %v: %v, want %v less up to a quarter", failures, interval, got, whole)
		}
		asked := &api.Error{StatusCode: 503, HasRetryAfter: true, RetryAfter: 42 * time.Second}
		if got := backoff(asked, failures, interval); got != asked.RetryAfter {
			t.Errorf("it waits %v where the API asks for %v", got, asked.RetryAfter)
		}
	})
	seen := map[time.Duration]bool{}
	for range 20 {
		seen[backoff(errors.New("HTTP 500"), 1, 4*time.Second)] = true
	}
	if len(seen) < 2 {
		t.Errorf("many decks come back at once, after %v", seen)
	}
}

// TestBorder: the newest are read with pages and the rest one by one, wherever
// that costs the fewest bytes, and no better border is passed over.
func TestBorder(t *testing.T) {
	ranks := func(n int, from, step int64) (list []int64) {
		for i := range n {
			list = append(list, from+int64(i)*step)
		}
		return list
	}
	tests := []struct {
		name   string
		costs  costs
		ranks  []int64
		newest int64
		want   int
	}{
		{"none", costs{}, nil, 20, 0},
		{"all are on the page that is read anyhow", costs{}, ranks(20, 1, 1), 20, 20},
		{"one, three hours down", costs{}, []int64{1, 2, 3, 5000}, 20, 3},
		{"dense", costs{overhead: 1000}, ranks(200, 1, 2), 20, 200},
		{"rare", costs{}, ranks(5, 1000, 1000), 20, 0},
		{"the place is not known", costs{}, []int64{1, -unplaced}, 20, 1},
		{"a single read is cheap", costs{row: 10_000, one: 100}, []int64{1, 25, 50}, 20, 1},
		{"a single read is dear", costs{row: 10, one: 100_000}, []int64{1, 25, 5000}, 20, 3},
		{"too many single reads", costs{row: 1000, one: 1}, ranks(2*maxSingles, 100, 10), 20, 2*maxSingles - maxSingles},
		{"single reads are slow", costs{latency: 10}, ranks(8, 40, 20), 20, 7},
	}
	for _, tt := range tests {
		if got := tt.costs.border(tt.ranks, tt.newest, 2*time.Second); got != tt.want {
			t.Errorf("%s: %d with pages, want %d", tt.name, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(1, 5000), 0, 40).Draw(t, "ranks")
		slices.Sort(list)
		c := costs{row: 900, one: 900, overhead: float64(rapid.IntRange(1, 1000).Draw(t, "overhead"))}
		k := c.border(list, 20, 2*time.Second)
		if k < 0 || k > len(list) {
			t.Fatalf("%d of %d", k, len(list))
		}
		if k < len(list) && list[k] <= 20 {
			t.Errorf("one that is read anyhow, at %d, is read by itself: %v, %d", list[k], list, k)
		}
	})
}

// TestLately: a measure begins with its first value, and then follows slowly.
func TestLately(t *testing.T) {
	v := 0.0
	for _, step := range []struct{ in, want float64 }{{100, 100}, {200, 125}, {125, 125}, {25, 100}} {
		if lately(&v, step.in); v != step.want {
			t.Errorf("after %v it is %v, want %v", step.in, v, step.want)
		}
	}
	var c costs
	c.page(api.PageInfo{Rows: minPage/2 - 1, Bytes: 1e6})
	c.observe(api.Exchange{})
	if c != (costs{}) {
		t.Errorf("what tells nothing is measured: %+v", c)
	}
	now := time.Now()
	c.page(api.PageInfo{Rows: 10, Bytes: 9000})
	c.observe(api.Exchange{HeaderBytes: 300})
	c.single(api.Exchange{Bytes: 800, Began: now, Ended: now.Add(250 * time.Millisecond)})
	if want := (costs{row: 900, one: 800, overhead: 300, latency: 0.25}); c != want {
		t.Errorf("measured %+v, want %+v", c, want)
	}
}
