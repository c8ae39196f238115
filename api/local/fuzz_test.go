package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
)

// hostile has a client read a stream, as a service that is none of ours may
// write it.
func hostile(in io.Reader) (*Client, error) {
	c := &Client{o: Options{Path: "s", Version: "1"}, first: make(chan error, 1), subs: map[chan *deck.Snapshot]struct{}{},
		back: make(chan struct{}), unsure: map[recordingKey]*deck.Progress{}, own: map[string]deck.Request{}}
	s := &stream{c: c, ctx: context.Background(), in: bufio.NewReaderSize(in, 4096)}
	for {
		raw, err := s.line()
		if err == nil {
			err = s.take(raw)
		}
		if err != nil {
			return c, err
		}
	}
}

// written returns a good stream of a deck with anything on its rows.
func written() []byte {
	f := NewFeed(people)
	odd := rec("b", api.Paused, 2)
	req := pause("b")
	req.ID = "mine-1234"
	answer := rec("b", api.Paused, 2).Recording
	odd.Update = &deck.Progress{ID: 3, Request: req, Outcome: deck.Failed, Settled: true, Asked: time.Now(), Err: api.ErrNotFound, Answer: &answer}
	odd.Siblings = deck.Siblings{List: []deck.Sibling{{SID: sid("a"), Why: "the same call"}}}
	odd.Trouble = deck.Trouble{Kind: deck.NotPaused, Since: time.Now()}
	s := &sub{decks: []bool{true}}
	out := appendLine(nil, "hello", Hello{WhoAmI{Wire: "1.0", Instance: "one", Profiles: people}})
	for i, list := range [][]*deck.Recording{{rec("a", api.InProgress, 1), odd}, {odd, rec("c", api.InProgress, 3)}, {odd}} {
		f.Publish(0, &deck.Snapshot{Seq: uint64(i), Recordings: sorted(list), Health: deck.Health{Complete: time.Now()}, Heard: time.Now()})
		for line := f.news(s); line != nil; line = f.news(s) {
			out = append(out, line...)
		}
	}
	return append(out, "{\"beat\":\"2026-11-29T03:00:00Z\"}\n{\"later\":{}}\n"...)
}

// FuzzStream: whatever a service sends, a client neither panics nor shows what
// is not fit to be shown.
func FuzzStream(f *testing.F) {
	good := written()
	f.Add(good)
	for _, cut := range []int{1, 3, 7} {
		f.Add(good[:len(good)/cut])
		f.Add(bytes.ReplaceAll(good, []byte(`"deck":0`), []byte(fmt.Sprintf(`"deck":%d`, cut-2))))
	}
	f.Add(bytes.ReplaceAll(good, []byte(`operator`), []byte("\x1b[2J")))
	f.Add([]byte("{\"hello\":{\"wire\":\"1.0\",\"profiles\":[{\"deck\":0,\"profile\":\"\\u001b[2J\"}]}}\n{\"snapshot\":{\"deck\":0,\"recordings\":[{\"tapedeck\":{,\"sid\":1},{}]}}\n{\"synced\":{\"deck\":0}}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := hostile(bytes.NewReader(b))
		if err == nil {
			t.Fatal("it reads for ever")
		}
		s := c.last
		if s == nil {
			return
		}
		shown := []string{api.Reason(s.Health.Err)}
		for _, p := range s.Parts {
			shown = append(shown, p.Profile, p.Space, p.Project)
		}
		for i, r := range s.Recordings {
			if i > 0 && deck.NewestFirst(s.Recordings[i-1], r) > 0 {
				t.Errorf("recording %d is not in its place", i)
			}
			shown = append(shown, r.SID.String(), string(r.Status), r.Profile, r.Pause.Actor, string(r.Pause.Behavior), r.Ack.Reason, r.Ack.Actor,
				r.Timer.Err, r.Timer.Actor, r.Trouble.Why, string(r.Trouble.Kind), r.Trouble.Actor)
			if u := r.Update; u != nil {
				shown = append(shown, u.Note, string(u.Outcome), u.JournalID, u.Request.Actor.Name(), u.Request.Verb(), deck.Reason(u.Err))
				if u.Err != nil {
					shown = append(shown, u.Err.Error(), api.Hint(u.Err), api.Words(u.Err))
				}
			}
			for _, a := range r.Asking {
				shown = append(shown, a.Actor, a.Session, a.Verb)
			}
			_ = s.Level(r, time.Now())
		}
		for _, words := range shown {
			if words != clean(words) {
				t.Errorf("it shows %q", words)
			}
		}
	})
}

// FuzzRequest: whatever a client sends as a request, what the deck gets of it is
// one of the updates that there are.
func FuzzRequest(f *testing.F) {
	f.Add("aaaaaaaa", "a", "pause", "skip", 5.0)
	f.Add("", "", "stop", "silence", -1.0)
	f.Add("a b c d e f g", "\x1b", "resume", "", 1e300)
	f.Fuzz(func(t *testing.T, id, name, update, behavior string, after float64) {
		req, err := Request{ID: id, SID: name, Update: update, Behavior: behavior, ResumeAfter: Seconds(after)}.Deck()
		if err != nil {
			if RefusalOf(err).HTTPStatus() != 400 || err.Error() != clean(err.Error()) {
				t.Errorf("refused with %+v", RefusalOf(err))
			}
			return
		}
		again := RequestOf(req)
		if again.ID != id || again.Update != update || req.ResumeAfter < 0 || req.ResumeAfter > deck.MaxResumeAfter || req.SID.IsZero() {
			t.Errorf("%+v became %+v", req, again)
		}
	})
}

// TestBounds: a service that sends without an end fills no memory.
func TestBounds(t *testing.T) {
	hello := "{\"hello\":{\"wire\":\"1.0\",\"profiles\":[{\"deck\":0,\"profile\":\"p\"}]}}\n"
	begin := "{\"snapshot\":{\"deck\":0,\"seq\":1,\"of\":99999999,\"state\":{},\"recordings\":["
	tests := []struct {
		name string
		in   io.Reader
		err  error
	}{
		{"a line without an end", io.MultiReader(strings.NewReader(hello+begin), endless("x")), errLong},
		{"a string without an end", io.MultiReader(strings.NewReader(hello+`{"hello":"`), endless("A")), errLong},
		{"lists without an end", io.MultiReader(strings.NewReader(hello), endless("[")), errLong},
		{"decks without an end", strings.NewReader("{\"hello\":{\"wire\":\"1.0\",\"profiles\":[" +
			strings.Repeat("{\"deck\":0},", 10) + "{\"deck\":1}]}}\n"), errLine},
		{"rows without an end", io.MultiReader(strings.NewReader(hello), &manyRows{}), errTooMuch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runtime.GC()
			before := memory()
			_, err := hostile(tt.in)
			if !errors.Is(err, tt.err) {
				t.Errorf("%v, want %v", err, tt.err)
			}
			if grew := int64(memory()) - int64(before); grew > 700<<20 {
				t.Errorf("it took %d MB", grew>>20)
			}
		})
	}
}

type endless string

func (e endless) Read(b []byte) (n int, err error) {
	for n+len(e) <= len(b) {
		n += copy(b[n:], e)
	}
	return n, nil
}

// manyRows sends one row after another.
type manyRows struct {
	n    int
	rest []byte
}

func (m *manyRows) Read(b []byte) (int, error) {
	if len(m.rest) == 0 {
		var l strings.Builder
		l.WriteString(`{"snapshot":{"deck":0,"seq":1,"recordings":[`)
		for i := range 1000 {
			if i > 0 {
				l.WriteByte(',')
			}
			fmt.Fprintf(&l, `{"tapedeck":{},"sid":"r%d"}`, m.n)
			m.n++
		}
		l.WriteString("]}}\n")
		m.rest = []byte(l.String())
	}
	n := copy(b, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// memory returns what the program has of the system for its heap and stacks.
func memory() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
