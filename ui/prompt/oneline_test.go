package prompt

import (
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// TestInLine: in one line quitting and a pause are asked about, the pause only
// where it names the recording whole.
func TestInLine(t *testing.T) {
	of := func(status api.Status) deck.Request {
		return deck.Request{SID: text.New("sid"), Update: api.Update{Status: status}}
	}
	tests := []struct {
		name  string
		q     Question
		w     int
		gone  bool
		want  string
		fails bool
	}{
		{name: "quit", q: Question{Kind: Quit, Left: []string{"a", "b"}}, w: 30, want: "quit? 2 stay paused: y"},
		{name: "a pause", q: Question{Kind: Confirm, Request: of(api.Paused), Short: "8142"}, w: 30, want: "pause …8142 (long → name)? y"},
		{name: "in less", q: Question{Kind: Confirm, Request: of(api.Paused), Short: "8142"}, w: 24, want: "pause …8142 (l→n)? y"},
		{name: "no room", q: Question{Kind: Confirm, Request: of(api.Paused), Short: "8142"}, w: 19, fails: true},
		{name: "not there", q: Question{Kind: Confirm, Request: of(api.Paused), Short: "8142"}, w: 30, gone: true, fails: true},
		{name: "the only one of several", q: Question{Kind: Confirm, Request: of(api.Paused), Many: []One{{Request: of(api.Paused), Short: "91be"}}}, w: 30,
			want: "pause …91be (long → name)? y"},
		{name: "of a project", q: Question{Kind: Confirm, Request: of(api.Paused), Short: "8142", Project: "sales"}, w: 36, want: "pause …8142 sales (long → name)? y"},
		{name: "no room for the project", q: Question{Kind: Confirm, Request: of(api.Paused), Short: "8142", Project: "sales"}, w: 24, fails: true},
		{name: "several", q: Question{Kind: Confirm, Request: of(api.Paused), Many: make([]One, 2)}, w: 99, fails: true},
		{name: "a resume", q: Question{Kind: Confirm, Request: of(api.InProgress), Short: "8142"}, w: 99, fails: true},
		{name: "a choice", q: Question{Kind: Choose, Request: of(api.Paused), Short: "8142"}, w: 99, fails: true},
		{name: "a stop", q: Question{Kind: Typed, Request: of(api.Stopped), Short: "8142"}, w: 99, fails: true},
		{name: "suspending", q: Question{Kind: Suspend}, w: 99, fails: true},
		{name: "a pause that was left behind", q: Question{Kind: Behind}, w: 99, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			who := func(deck.Key) []string {
				if tt.gone {
					return nil
				}
				return []string{"long → name", "l→n"}
			}
			got, ok := New(theme.New(theme.Options{}), tt.q, time.Now()).InLine(tt.w, who)
			if got != tt.want || ok == tt.fails {
				t.Errorf("%q, %v; want %q, %v", got, ok, tt.want, !tt.fails)
			}
		})
	}
}
