package ui

import (
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// TestRefusal: a key that cannot work says why, and a status that nobody knows is
// left to the API.
func TestRefusal(t *testing.T) {
	rec := func(status api.Status, ended, gone bool) *deck.Recording {
		r := &deck.Recording{Recording: api.Recording{Status: status}, Gone: gone}
		if ended || gone {
			r.Ended = time.Now()
		}
		return r
	}
	byKey := map[string]*action{}
	for _, a := range actions(api.Silence) {
		for _, k := range a.key.Keys() {
			byKey[k] = &a
		}
	}
	tests := []struct {
		key  string
		r    *deck.Recording
		want string
	}{
		{"p", rec(api.InProgress, false, false), ""},
		{"p", rec("resumed", false, false), ""},
		{"p", rec(api.Paused, false, false), "it is paused already; r resumes"},
		{"p", rec(api.Completed, true, false), "it is completed"},
		{"p", rec(api.InProgress, true, false), "it has ended"},
		{"p", rec(api.InProgress, false, true), "it is gone"},
		{"p", rec("transcribing", false, false), ""},
		{"r", rec(api.Paused, false, false), ""},
		{"r", rec(api.InProgress, false, false), "it is not paused"},
		{"r", rec("transcribing", false, false), ""},
		{"r", rec(api.Stopped, true, false), "it is stopped"},
		{"X", rec(api.Paused, false, false), ""},
		{"X", rec(api.InProgress, false, false), ""},
		{"X", rec(api.Completed, true, false), "it is completed"},
	}
	for _, tt := range tests {
		if got := byKey[tt.key].refusal(tt.r); got != tt.want {
			t.Errorf("%s of one that is %s: %q, want %q", tt.key, tt.r.Status, got, tt.want)
		}
	}
}

// TestKeyTable: each key stands once in the table of keys, with what it does.
func TestKeyTable(t *testing.T) {
	seen := map[string]bool{}
	for _, behavior := range []api.PauseBehavior{api.Silence, api.Skip} {
		for _, k := range Keys(behavior) {
			if k.Keys == "" || k.Does == "" {
				t.Errorf("%+v", k)
			}
			if seen[string(behavior)+k.Keys] {
				t.Errorf("%s is there twice", k.Keys)
			}
			seen[string(behavior)+k.Keys] = true
		}
	}
	if !seen["silencep"] || !seen["skipp"] || !seen["silenceX"] {
		t.Errorf("keys %v", seen)
	}
}
