package prompt

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
	"tapedeck/ui/theme"
)

// night returns a question of the kinds that are about pauses.
func night(k Kind) Question {
	q := question(k)
	switch k {
	case Ack:
		q.Opener = "a"
	case Timer:
		q.Opener, q.Why = "t", "It is set for 03:04:05 UTC, by alice."
	case Behind:
		q.Opener, q.Title, q.Left = "", "alice paused …8142 at 03:02 and quit; still paused", []string{"its auto-resume at 03:04 was not done"}
	case Suspend:
		q.Opener, q.Request, q.Left = "ctrl+z", deck.Request{}, []string{"…8142  somebody", "…91be  somebody else"}
	}
	return q
}

// typing types keys into a prompt, one after the other, from a second after it
// was opened; a word in brackets is typed letter by letter.
func typing(m Model, keys string, after time.Duration) (Model, Answer) {
	var a Answer
	for _, k := range strings.Fields(keys) {
		if word, ok := strings.CutPrefix(k, "["); ok {
			for _, r := range strings.ReplaceAll(strings.TrimSuffix(word, "]"), "_", " ") {
				m, a = m.Update(tea.KeyPressMsg{Code: r, Text: string(r)}, opened.Add(after))
			}
			continue
		}
		m, a = m.Update(press(k), opened.Add(after))
	}
	return m, a
}

// TestLines: the kinds that are answered by a line of text, each with Enter.
func TestLines(t *testing.T) {
	const soon, later = 200 * time.Millisecond, time.Second
	tests := []struct {
		kind    Kind
		trouble deck.TroubleKind
		keys    string
		after   time.Duration
		want    Answer
	}{
		{kind: Ack, keys: "[the_card_is_looked_for] enter [2m] enter", want: Answer{Closed: true, Go: true, Reason: "the card is looked for", Wait: 2 * time.Minute}},
		{kind: Ack, keys: "[card] enter enter", want: Answer{Closed: true, Go: true, Reason: "card", Wait: DefaultWait}},
		{kind: Ack, keys: "[card] enter [2h] enter", want: Answer{Say: "2h is too long: at most 1h"}},
		{kind: Ack, keys: "[card] enter [0] enter", want: Answer{Say: "0 is too short: at least 1s"}},
		{kind: Ack, keys: "enter", want: Answer{Say: "type why it is still paused, in a line; Esc cancels"}},
		{kind: Ack, keys: "[__] enter", want: Answer{Say: "type why it is still paused, in a line; Esc cancels"}},
		{kind: Ack, keys: "[card] esc", want: Answer{Closed: true, Say: "acknowledge …8142: canceled, nothing was changed"}},
		{kind: Ack, keys: "[a]", after: soon},
		{kind: Ack, keys: "enter", after: soon, want: tooSoon("enter")},
		{kind: Ack, keys: "[a_card] enter enter", want: Answer{Closed: true, Go: true, Reason: "a card", Wait: DefaultWait}},
		{kind: Ack, trouble: deck.NotPaused, keys: "[agreed] enter", want: Answer{Closed: true, Go: true, Reason: "agreed"}},
		{kind: Ack, trouble: deck.ResumedByOthers, keys: "enter", want: Answer{Say: "type why it is still recording, in a line; Esc cancels"}},
		{kind: Timer, keys: "[60] enter", want: Answer{Closed: true, Go: true, Wait: time.Minute}},
		{kind: Timer, keys: "[1m30s] enter", want: Answer{Closed: true, Go: true, Wait: 90 * time.Second}},
		{kind: Timer, keys: "[0] enter", want: Answer{Closed: true, Go: true}},
		{kind: Timer, keys: "[00] enter", want: Answer{Closed: true, Go: true}},
		{kind: Timer, keys: "enter", want: Answer{Say: "type a time, such as 60, 90s or 2m; Esc cancels"}},
		{kind: Timer, keys: "[16m] enter", want: Answer{Say: "16m is too long: at most 15m"}},
		{kind: Timer, keys: "[soon] enter", want: Answer{Say: `"soon" is not a time: type 60, 90s or 2m`}},
		{kind: Timer, keys: "[-60] enter", want: Answer{Say: `"-60" is not a time: type 60, 90s or 2m`}},
		{kind: Timer, keys: "[5] esc", want: Answer{Closed: true, Say: "change the auto-resume of …8142: canceled, nothing was changed"}},
		{kind: Choose, keys: "t [90] enter 1", want: Answer{Closed: true, Go: true}},
		{kind: Choose, keys: "t [0] enter 2", want: Answer{Closed: true, Go: true}},
		{kind: Choose, keys: "t [1]"}, // which is text now, and no choice
		{kind: Choose, keys: "t esc", want: Answer{Closed: true, Say: "pause …8142: canceled, nothing was sent"}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.kind, tt.trouble, tt.keys, tt.after), func(t *testing.T) {
			q := night(tt.kind)
			q.Trouble = tt.trouble
			if tt.after == 0 {
				tt.after = later
			}
			m, a := typing(New(theme.Theme{}, q, opened), tt.keys, tt.after)
			if tt.want.Go {
				tt.want.Request = q.Request
			}
			if tt.kind == Choose && a.Go {
				want := map[string]deck.Request{
					"1": {ResumeAfter: 90 * time.Second, Update: api.Update{Status: api.Paused, PauseBehavior: api.Silence}},
					"2": {Update: api.Update{Status: api.Paused, PauseBehavior: api.Skip}},
				}[tt.keys[len(tt.keys)-1:]]
				tt.want.Request.ResumeAfter, tt.want.Request.Update = want.ResumeAfter, want.Update
			}
			if diff := cmp.Diff(tt.want, a, cmp.Comparer(func(x, y text.Text) bool { return x == y })); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if !a.Closed && (tt.kind == Ack || tt.kind == Timer) && !m.Typing() {
				t.Error("keys are no text any more")
			}
		})
	}
}

// What is typed keeps a prompt open: it closes 15 s after the last key.
func TestTypingKeepsItOpen(t *testing.T) {
	m := New(theme.Theme{}, night(Ack), opened)
	for i := range 5 {
		now := opened.Add(time.Duration(i) * 10 * time.Second)
		if a := m.Expire(now); a.Closed {
			t.Fatalf("closed after %v: %s", now.Sub(opened), a.Say)
		}
		m, _ = m.Update(press("x"), now)
	}
	if a := m.Expire(opened.Add(40*time.Second + lifetime)); !a.Closed || a.Go || a.Say != "acknowledge …8142 canceled: no answer for 15 s" {
		t.Errorf("%+v", a)
	}
	if a := m.Expire(opened.Add(-time.Hour)); !a.Closed {
		t.Error("it is open for ever when the clock is set back")
	}
}

func TestParseWait(t *testing.T) {
	const longest = 15 * time.Minute
	tests := []struct {
		in   string
		want time.Duration
		err  string
	}{
		{"60", time.Minute, ""}, {" 90S ", 90 * time.Second, ""}, {"2m", 2 * time.Minute, ""}, {"1m30s", 90 * time.Second, ""},
		{"900", longest, ""}, {"15m", longest, ""}, {"0.25h", longest, ""}, {"1", time.Second, ""},
		{"901", 0, "901 is too long: at most 15m"}, {"2147483647", 0, "too long"}, {"2147483648", 0, "not a time"}, {"24h", 0, "too long"},
		{"0", 0, "too short"}, {"999ms", 0, "too short"}, {"-2m", 0, "too short"}, {"", 0, "type a time"}, {"   ", 0, "type a time"},
		{"two", 0, "not a time"}, {"2 m", 0, "not a time"}, {"1:30", 0, "not a time"}, {"٦٠", 0, "not a time"},
	}
	for _, tt := range tests {
		got, err := ParseWait(tt.in, longest)
		if got != tt.want || (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %v, %v, want %v, %s", tt.in, got, err, tt.want, tt.err)
		}
	}
}

// TestLeftBehind: what a session left is decided by t or r, and anything else
// leaves it; a question that nobody has asked for takes no key at first.
func TestLeftBehind(t *testing.T) {
	for key, want := range map[string]Answer{
		"t": {Closed: true, Go: true, Key: "t"}, "r": {Closed: true, Go: true, Key: "r"},
		"y": {Closed: true, Say: "…8142 is left as it is"}, "p": {Closed: true, Say: "…8142 is left as it is"}, "esc": {Closed: true, Say: "…8142 is left as it is"},
	} {
		q := night(Behind)
		if want.Go {
			want.Request = q.Request
		}
		_, a := New(theme.Theme{}, q, opened).Update(press(key), opened.Add(time.Second))
		if diff := cmp.Diff(want, a, cmp.Comparer(func(x, y text.Text) bool { return x == y })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
		q.Unasked = true
		if _, a := New(theme.Theme{}, q, opened).Update(press(key), opened.Add(200*time.Millisecond)); a.Closed || !strings.HasPrefix(a.Say, "too soon: ") {
			t.Errorf("%s at once: %+v", key, a)
		}
	}
}

// What is said of each kind from outside: which keys have something done,
// whether it is about an update, and what it is called.
func TestKinds(t *testing.T) {
	tests := []struct {
		kind    Kind
		answers string // of the keys y t r 1 x
		updates bool
		leaves  bool
		name    string
	}{
		{Choose, "t 1", true, false, "pause …8142"},
		{Confirm, "y", true, false, "resume …8142"},
		{Typed, "y t r 1 x", true, false, "stop …8142"},
		{Quit, "y", false, true, "quit"},
		{Suspend, "y", false, true, "suspend"},
		{Ack, "y t r 1 x", false, false, "acknowledge …8142"},
		{Timer, "y t r 1 x", true, false, "change the auto-resume of …8142"},
		{Behind, "t r", false, false, "the question about …8142"},
	}
	for _, tt := range tests {
		m := New(theme.Theme{}, night(tt.kind), opened)
		var answers []string
		for _, k := range []string{"y", "t", "r", "1", "x"} {
			if m.Answers(k) {
				answers = append(answers, k)
			}
		}
		if got := strings.Join(answers, " "); got != tt.answers || m.Updates() != tt.updates || m.Question().Leaves() != tt.leaves {
			t.Errorf("kind %d: answered by %q, updates %v, leaves %v", tt.kind, got, m.Updates(), m.Question().Leaves())
		}
		if a := m.Canceled("the reason"); !a.Closed || a.Go || a.Say != tt.name+" canceled: the reason" {
			t.Errorf("kind %d: %+v", tt.kind, a)
		}
		if a := m.Watch(nil); a.Closed == tt.leaves {
			t.Errorf("kind %d: watching says %+v", tt.kind, a)
		}
	}
}

// TestSuspendAsksAsQuit, with what it means for the pauses.
func TestSuspendAsksAsQuit(t *testing.T) {
	m := New(theme.Theme{}, night(Suspend), opened)
	view := strings.Join(m.View(90, 9), "\n")
	for _, want := range []string{"Suspend? 2 recordings that you paused are still paused", "does not alarm while", "…91be  somebody else", "y suspend, they stay paused"} {
		if !strings.Contains(view, want) {
			t.Errorf("it does not say %q:\n%s", want, view)
		}
	}
	if _, a := m.Update(press("y"), opened.Add(time.Second)); !a.Go || !a.Closed {
		t.Errorf("y: %+v", a)
	}
	if _, a := m.Update(press("n"), opened.Add(time.Second)); a.Go || a.Say != "still running" {
		t.Errorf("n: %+v", a)
	}
	q := night(Suspend)
	for i := range 9 {
		q.Left = append(q.Left, fmt.Sprintf("…%04d  more", i))
	}
	if view := strings.Join(New(theme.Theme{}, q, opened).View(90, 20), "\n"); !strings.Contains(view, "and 6 more") || strings.Contains(view, "…0004") {
		t.Errorf("of eleven it names\n%s", view)
	}
}

// TestSeveral: of several those that change are left out, and the question is
// over when none is as it was.
func TestSeveral(t *testing.T) {
	recs := map[string]*deck.Recording{}
	q := question(Confirm)
	q.Request.Update.Status, q.Request.Update.PauseBehavior = api.Paused, api.Silence
	for _, sid := range []string{"a", "b", "c"} {
		recs[sid] = &deck.Recording{Recording: api.Recording{SID: text.New(sid), Status: api.InProgress}}
		req := q.Request
		req.SID = text.New(sid)
		q.Many = append(q.Many, One{Request: req, Short: sid, Who: "somebody", State: State(recs[sid])})
	}
	find := func(of deck.Key) *deck.Recording { return recs[of.SID.String()] }
	m, a := New(theme.Theme{}, q, opened).WatchAll(find)
	if a.Closed || !strings.Contains(strings.Join(m.View(80, 12), "\n"), "Pause 3 recordings with silence?") {
		t.Errorf("nothing has changed: %+v\n%s", a, strings.Join(m.View(80, 12), "\n"))
	}
	recs["b"] = &deck.Recording{Recording: api.Recording{SID: text.New("b"), Status: api.Completed}, Ended: opened}
	delete(recs, "c")
	m, a = m.WatchAll(find)
	view := strings.Join(m.View(80, 12), "\n")
	if a.Closed || !strings.Contains(view, "Pause …a with silence?") || !strings.Contains(view, "…b  has ended: left out") || !strings.Contains(view, "…c  is no longer there: left out") {
		t.Errorf("two have changed: %+v\n%s", a, view)
	}
	if _, go1 := m.Update(press("y"), opened.Add(time.Second)); !go1.Go || len(go1.Many) != 1 || go1.Many[0].SID != text.New("a") {
		t.Errorf("y: %+v", go1)
	}
	recs["a"] = &deck.Recording{Recording: api.Recording{SID: text.New("a"), Status: api.Paused}}
	if _, a = m.WatchAll(find); !a.Closed || a.Go || a.Say != "nothing was sent: pause …a canceled: all of them have changed" {
		t.Errorf("all have changed: %+v", a)
	}
	for r, want := range map[*deck.Recording]string{
		nil: "is no longer there", {Gone: true, Ended: opened}: "is now GONE", {Recording: api.Recording{Status: api.Stopped}, Ended: opened}: "has ended",
		{Recording: api.Recording{Status: api.Paused}}: "is now PAUSED",
	} {
		if got := Since(r); got != want {
			t.Errorf("%+v: it %s, want %s", r, got, want)
		}
	}
}

// TestTypedForgets: a piece of a SID that did not count does not stay.
func TestTypedForgets(t *testing.T) {
	m, _ := typing(New(theme.Theme{}, question(Typed), opened), "[81]", time.Second)
	m.Clear()
	if m, a := typing(m, "[42] enter", time.Second); a.Go || !strings.Contains(a.Say, `"42" is not 8142; type it again`) {
		t.Errorf("%+v", a)
	} else if _, a = typing(m, "[8142] enter", time.Second); !a.Go {
		t.Errorf("all of it: %+v", a)
	}
	ack, _ := typing(New(theme.Theme{}, night(Ack), opened), "[why]", time.Second)
	if ack.Clear(); !strings.Contains(strings.Join(ack.View(80, 9), "\n"), "? why") {
		t.Error("a reason is no SID, and was forgotten")
	}
}

// TestLineView: what is asked, who is on the line and what has been typed, at
// any size; a long text shows its end.
func TestLineView(t *testing.T) {
	tests := []struct {
		kind Kind
		keys string
		want []string
	}{
		{Ack, "[card]", []string{"Acknowledge the pause of …8142: its alarm is silent for a time", "(310) 555-0142", "Why is it still paused? card"}},
		{Ack, "[card] enter", []string{"Reason: card", "Silent for how long (5m), then Enter: "}},
		{Timer, "[90]", []string{"Change the auto-resume of …8142", "It is set for 03:04:05 UTC, by alice.", "0 cancels it), then Enter: 90"}},
		{Choose, "t [90]", []string{"Pause …8142 with an auto-resume", "at most 15m; 0 for never), then Enter: 90"}},
		{Choose, "t [90] enter", []string{"Pause …8142, resume it after 1m30s: what becomes of the paused time?"}},
		{Behind, "", []string{"alice paused …8142 at 03:02 and quit; still paused", "was not done", "t take it over", "r resume it, asks"}},
	}
	for _, tt := range tests {
		m, _ := typing(New(theme.Theme{}, night(tt.kind), opened), tt.keys, time.Second)
		view := strings.Join(m.View(100, 12), "\n")
		for _, want := range tt.want {
			if !strings.Contains(view, want) {
				t.Errorf("kind %d, %s: it does not say %q:\n%s", tt.kind, tt.keys, want, view)
			}
		}
		for w := range 110 {
			for h := range 9 {
				for _, l := range m.View(w, h) {
					if m.th.Width(l) != w {
						t.Fatalf("kind %d: %d cells in %d: %q", tt.kind, m.th.Width(l), w, l)
					}
				}
				if x, y, ok := m.Cursor(w, h); ok && (x < 0 || y < 0 || x >= w || y >= h) {
					t.Fatalf("cursor at %d,%d in %dx%d", x, y, w, h)
				}
			}
		}
	}
	long, _ := typing(New(theme.Theme{}, night(Ack), opened), "["+strings.Repeat("long_", 30)+"end]", time.Second)
	view := strings.Join(long.View(60, 9), "\n")
	if x, _, _ := long.Cursor(60, 9); !strings.Contains(view, "? ") || x != 59 || strings.Contains(view, strings.Repeat("long ", 15)) {
		t.Errorf("the cursor is at %d of\n%s", x, view)
	}
}
