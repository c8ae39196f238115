package local

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

// Watching is what one client watches.
type Watching struct {
	Hello Hello
	// Decks are the numbers of those that are wanted; nil for all.
	Decks []int
	// End, if not nil, gives why the client is let go before the feed ends.
	End <-chan Refusal
}

// pieceOf is how much is written at once: a client that takes that much within
// [LetGoAfter] is not let go.
const pieceOf = 64 << 10

// Watch answers GET /v1/watch until the client goes away, takes nothing for
// [LetGoAfter], or is let go. The error says which; it is nil where the client
// was told.
func (f *Feed) Watch(w http.ResponseWriter, r *http.Request, what Watching) error {
	s := &sub{wake: make(chan struct{}, 1), decks: make([]bool, len(f.decks))}
	for i := range s.decks {
		s.decks[i] = what.Decks == nil || slices.Contains(what.Decks, i)
	}
	f.mu.Lock()
	f.subs[s] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.subs, s)
		f.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := &pieces{w: w, rc: http.NewResponseController(w)}
	if err := out.write(appendLine(nil, "hello", what.Hello)); err != nil {
		return err
	}
	beat := time.NewTimer(BeatEvery)
	defer beat.Stop()
	for {
		if told, err := f.tellAll(s, out); err != nil {
			return err
		} else if told {
			beat.Reset(BeatEvery)
		}
		if why := f.over(); why != nil {
			return out.bye(*why)
		}
		select {
		case <-s.wake:
		case now := <-beat.C:
			if err := out.write(append(appendTime([]byte(`{"beat":`), now.Truncate(time.Second)), "}\n"...)); err != nil {
				return err
			}
			beat.Reset(BeatEvery)
		case why := <-what.End:
			return out.bye(why)
		case <-r.Context().Done():
			return r.Context().Err()
		}
	}
}

// tellAll writes all that is new to one who watches, and reports whether that was
// anything.
func (f *Feed) tellAll(s *sub, out *pieces) (told bool, err error) {
	for line := f.news(s); line != nil; line = f.news(s) {
		if err := out.add(line); err != nil {
			return told, err
		}
		told = true
	}
	if !told {
		return false, nil
	}
	return true, out.rc.Flush()
}

// End lets go of all who watch, with the reason, and of those who come later.
func (f *Feed) End(why Refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = &why
	for s := range f.subs {
		s.poke()
	}
}

func (f *Feed) over() *Refusal {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// Watchers returns how many clients watch.
func (f *Feed) Watchers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subs)
}

// pieces writes to a client that may be slow.
type pieces struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// write writes lines, for the client to have at once.
func (p *pieces) write(lines []byte) error {
	if err := p.add(lines); err != nil {
		return err
	}
	return p.rc.Flush()
}

// add writes lines, and gives each piece of them its time. The end of them may
// wait for more.
func (p *pieces) add(lines []byte) error {
	for part := range slices.Chunk(lines, pieceOf) {
		if err := p.deadline(time.Now().Add(LetGoAfter)); err != nil {
			return err
		}
		if _, err := p.w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// deadline sets until when the client has to take what is written. A writer
// that knows no deadlines, as that of a test, has none.
func (p *pieces) deadline(t time.Time) error {
	if err := p.rc.SetWriteDeadline(t); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// bye lets the client go, with the reason.
func (p *pieces) bye(why Refusal) error {
	if err := p.write(appendLine(nil, "bye", why)); err != nil {
		return err
	}
	return p.deadline(time.Time{})
}
