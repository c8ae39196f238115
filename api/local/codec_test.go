package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

// shown compares what a screen can show of two values: text as it is made safe,
// errors by what is asked of them, and what the deck keeps for itself not at all.
var shown = cmp.Options{
	cmp.Comparer(func(a, b text.Text) bool { return a.String() == b.String() }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Round(0).Equal(b.Round(0)) }),
	cmp.Comparer(sameError),
	cmp.Comparer(func(a, b api.Call) bool { return cmp.Equal(callShown(a), callShown(b)) }),
	cmp.Comparer(func(a, b api.Conference) bool {
		return fmt.Sprint(a.SID, a.FriendlyName, a.Status, a.Region, a.Created, a.Doubtful) ==
			fmt.Sprint(b.SID, b.FriendlyName, b.Status, b.Region, b.Created, b.Doubtful)
	}),
	cmp.Comparer(sameResource),
	cmpopts.IgnoreUnexported(deck.Pause{}),
	cmpopts.EquateEmpty(),
}

func callShown(c api.Call) string {
	return fmt.Sprint(c.SID, c.ParentCallSID, c.From, c.To, c.FromFormatted, c.ToFormatted, c.Status, c.Direction,
		c.CallerName, c.Start, c.Created, c.Doubtful)
}

// sameResource compares every field and the resource as it came, but for line
// ends between values.
func sameResource(a, b api.Recording) bool {
	fields := func(r api.Recording) string {
		return fmt.Sprint(r.SID, r.AccountSID, r.CallSID, r.ConferenceSID, r.Channels, r.Created, r.Updated, r.Start, r.End,
			r.Duration, r.HasDuration, r.Source, r.Status, r.URI)
	}
	raw := func(r api.Recording) string {
		s := strings.NewReplacer("\n", " ", "\r", " ").Replace(string(r.AppendJSON(nil)))
		if len(s) < 4 { // an empty object
			return "{}"
		}
		return s
	}
	return fields(a) == fields(b) && raw(a) == raw(b)
}

func sameError(a, b error) bool {
	if (a == nil) != (b == nil) || a == nil {
		return a == b || a == nil && b == nil
	}
	for _, k := range kinds {
		if errors.Is(a, k.err) != errors.Is(b, k.err) {
			return false
		}
	}
	x, isX := errors.AsType[*api.Error](a)
	y, isY := errors.AsType[*api.Error](b)
	return a.Error() == b.Error() && api.Reason(a) == api.Reason(b) && api.Hint(a) == api.Hint(b) &&
		api.Words(a) == api.Words(b) && deck.Reason(a) == deck.Reason(b) && isX == isY &&
		(!isX || x.Error() == y.Error() && x.RetryAfter == y.RetryAfter && x.HasRetryAfter == y.HasRetryAfter)
}

var words = rapid.OneOf(
	rapid.StringMatching(`[a-zA-Z0-9 .,:+()-]{0,20}`),
	rapid.SampledFrom([]string{"", `a "quoted" \ word`, "Jörg Öfel", "日本語", "<b>&amp;</b>", "\u202eevil", "x\x1b[2Jy", "tab\there", "\xff\xfe"}),
)

var safeWords = rapid.Map(words, clean)

// times are around now, as a deck has them: some with a monotonic reading.
func times(t *rapid.T, name string) time.Time {
	switch rapid.IntRange(0, 3).Draw(t, name) {
	case 0:
		return time.Time{}
	case 1:
		return time.Now().Add(-time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, name)))
	}
	return time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, name)))
}

func mayHave(t *rapid.T, name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }

func rawRecording(t *rapid.T) []byte {
	m := map[string]any{}
	for _, k := range []string{"sid", "account_sid", "call_sid", "conference_sid", "source", "uri", "trim", "odd"} {
		if rapid.Bool().Draw(t, k) {
			m[k] = words.Draw(t, k)
		}
	}
	m["status"] = rapid.SampledFrom([]string{"in-progress", "paused", "stopped", "completed", "a-new-one"}).Draw(t, "status")
	m["date_created"] = "Sun, 22 Nov 2026 08:41:01 +0000"
	m["channels"] = rapid.IntRange(0, 3).Draw(t, "channels")
	m["duration"] = rapid.SampledFrom([]any{nil, "12", 12, "x"}).Draw(t, "duration")
	if mayHave(t, "nested") {
		m["subresource_uris"] = map[string]any{"tapedeck": []any{1, "}", `"`, map[string]any{}}}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		var b bytes.Buffer
		_ = json.Indent(&b, raw, "", "\t")
		return b.Bytes()
	case 1:
		return rapid.SampledFrom([][]byte{[]byte("{}"), []byte("{ }"), []byte("{\n}"), []byte(`{"tapedeck":{"gone":true},"sid":"x"}`)}).Draw(t, "raw")
	}
	return raw
}

func randomCall(t *rapid.T) *api.Call {
	m := map[string]any{"sid": words.Draw(t, "sid"), "from": words.Draw(t, "from"), "to": words.Draw(t, "to"),
		"from_formatted": words.Draw(t, "formatted"), "status": "in-progress", "direction": "inbound",
		"start_time": "2026-11-22T08:41:01Z", "caller_name": words.Draw(t, "name")}
	if mayHave(t, "doubtful") {
		m["from"] = 12
	}
	raw, _ := json.Marshal(m)
	c := api.DecodeCall(raw)
	return &c
}

func randomError(t *rapid.T) error {
	return rapid.SampledFrom([]error{
		nil,
		fmt.Errorf("pause x: %w", &api.Error{StatusCode: 404, Code: 20404, Message: text.New("no \x1b[2J such")}),
		fmt.Errorf("poll: %w", &api.Error{StatusCode: 429, HasRetryAfter: true, RetryAfter: 8 * time.Second}),
		fmt.Errorf("poll: %w", &api.Error{StatusCode: 503}),
		fmt.Errorf("poll: %w", context.DeadlineExceeded),
		fmt.Errorf("poll: %w", &net.DNSError{IsNotFound: true, Err: "no such host", Name: "x"}),
		fmt.Errorf("poll: %w", api.ErrRows),
		fmt.Errorf("poll: %w", api.ErrPages),
		fmt.Errorf("%w: disk full", deck.ErrNotOnRecord),
		deck.ErrNotSent,
		errors.New("something else"),
	}).Draw(t, "error")
}

func randomProgress(t *rapid.T) *deck.Progress {
	p := &deck.Progress{
		ID: rapid.Uint64().Draw(t, "id"), Outcome: deck.Unknown, Settled: rapid.Bool().Draw(t, "settled"),
		Asked: time.Now(), Answered: times(t, "answered"), Done: times(t, "done"), Err: randomError(t), OffRecord: randomError(t),
		Note: safeWords.Draw(t, "note"), Tries: 2, ByHand: 1, WasLate: true, HTTPStatus: 503, JournalID: "j1",
		Request: deck.Request{SID: text.New("9d8c"), Profile: "prod", ID: "mine-0001", Seen: api.Paused, Snapshot: 7, Group: 1 << 60,
			ResumeAfter: 90 * time.Second, ByTimer: rapid.Bool().Draw(t, "timer"), Again: true, Insist: true,
			Update: rapid.SampledFrom([]api.Update{{Status: api.Paused, PauseBehavior: api.Skip}, {Status: api.InProgress}, {Status: api.Stopped}}).Draw(t, "update")},
		Changed: []deck.Change{{Name: text.New("status"), Old: api.Field{Name: text.New("status"), Value: text.New(words.Draw(t, "old"))}},
			{Name: text.New("end_time"), Old: api.Field{Name: text.New("end_time"), Absent: true}}},
	}
	p.Request.Actor.Actor = safeWords.Draw(t, "actor")
	if rapid.Bool().Draw(t, "answer") {
		answer := api.DecodeRecording([]byte(`{"sid":"x","status":"paused","n":null}`))
		p.Answer = &answer
	}
	return p
}

// randomRecording returns one with anything that a deck can put on it.
func randomRecording(t *rapid.T) *deck.Recording {
	r := &deck.Recording{Recording: api.DecodeRecording(rawRecording(t)), Profile: safeWords.Draw(t, "profile")}
	if mayHave(t, "amended") {
		r.SID, r.CallSID = text.New("asked-for"), text.New("of-before")
	}
	if rapid.Bool().Draw(t, "call") {
		r.Call = randomCall(t)
	}
	if mayHave(t, "conference") {
		raw, _ := json.Marshal(map[string]any{"sid": "c", "friendly_name": words.Draw(t, "room"), "status": "in-progress", "region": "us"})
		c := api.DecodeConference(raw)
		r.Conference = &c
		r.Participants = []deck.Participant{{Participant: api.Participant{CallSID: text.New("p1"), Label: text.New(words.Draw(t, "label")), Muted: true}},
			{Participant: api.Participant{CallSID: text.New("p2"), OnHold: true}, Call: randomCall(t)}}
	}
	if mayHave(t, "pause") {
		r.Pause = deck.Pause{Since: times(t, "since").UTC().Round(0), AtLeast: true, Recorded: true, Behavior: api.Skip, Actor: safeWords.Draw(t, "by"), Group: 9}
		r.Ack = deck.Ack{Actor: "bob", Reason: safeWords.Draw(t, "reason"), Until: times(t, "until").Round(0)}
		r.Timer = deck.Timer{At: times(t, "at").Round(0), Actor: "ana", Err: safeWords.Draw(t, "err")}
	}
	if mayHave(t, "trouble") {
		r.Timeline = deck.ParseTimeline(rapid.SampledFrom([]string{"", "u1764405108123r~.41000k559000u~.9s>~.70e1", "p0"}).Draw(t, "timeline"))
		r.Trouble = deck.Trouble{Kind: deck.ResumedByOthers, Since: times(t, "since").Round(0), Actor: "ana", Why: safeWords.Draw(t, "why"), Acked: true}
	}
	if mayHave(t, "siblings") {
		r.Siblings = deck.Siblings{List: []deck.Sibling{{SID: text.New("s1"), Why: "the same call", Recording: true}, {SID: text.New("s2")}}, More: 3, Recording: 2, Paused: 1}
	}
	if mayHave(t, "progress") {
		r.Update = randomProgress(t)
	}
	if mayHave(t, "ended") {
		r.Ended, r.Gone = time.Now(), rapid.Bool().Draw(t, "gone")
	}
	if mayHave(t, "asking") {
		r.Asking = []deck.Asking{{Session: "a1", Actor: "bob", Verb: "stop"}}
	}
	return r
}

// TestRow: a recording is the same for a screen after it went over the wire, in
// one line that anybody can read.
func TestRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := randomRecording(t)
		row := AppendRow(nil, want)
		if bytes.ContainsAny(row, "\n\r") {
			t.Fatalf("a row of more than one line: %q", row)
		}
		var strict struct {
			Beside Beside `json:"-"`
		}
		if err := json.Unmarshal(row, &strict); err != nil {
			t.Fatalf("%v: %s", err, row)
		}
		dec := json.NewDecoder(bytes.NewReader(besideOf(row)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(new(Beside)); err != nil {
			t.Fatalf("a field that the wire does not know: %v: %s", err, row)
		}
		if diff := cmp.Diff(want, DecodeRow(row, time.Now()), shown); diff != "" {
			t.Fatalf("(-sent +came):\n%s\n%s", diff, row)
		}
	})
}

func besideOf(row []byte) []byte {
	beside, _ := splitRow(bytes.Clone(row))
	return beside
}

// TestMomentOfAnotherClock: what counts of a moment is how long ago it was, also
// when a clock was set in between.
func TestMomentOfAnotherClock(t *testing.T) {
	now := time.Now()
	if got := moment(stamp(now.Add(-time.Minute)), now); now.Sub(got).Round(time.Millisecond) != time.Minute {
		t.Errorf("a minute ago became %v ago", now.Sub(got))
	}
	for _, odd := range []time.Time{time.Unix(1<<40, 0), time.Unix(-1<<40, 0), time.Unix(1<<62, 0)} {
		if _, err := stamp(odd).MarshalJSON(); err != nil {
			t.Errorf("%v: %v", odd, err)
		}
	}
}
