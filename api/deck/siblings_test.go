package deck

import (
	"fmt"
	"runtime"
	"testing"

	"tapedeck/api"
	"tapedeck/api/text"
)

// deckOf returns a deck with recordings, the newest first.
func deckOf(recs ...api.Recording) *Deck {
	d := newDeck(Config{})
	for _, r := range recs {
		d.order = append(d.order, &entry{view: &Recording{Recording: r}})
	}
	d.last = nil
	return d
}

func recordingsOf(n int, call, conf string) (recs []api.Recording) {
	for i := range n {
		status := api.InProgress
		if i%4 == 0 {
			status = api.Paused
		}
		recs = append(recs, api.Recording{
			SID: text.New(fmt.Sprintf("%s%s-%05d", call, conf, i)), CallSID: text.New(call), ConferenceSID: text.New(conf), Status: status,
		})
	}
	return recs
}

// TestManySiblings: 4,000 recordings of one call took 20 s and 504 MB.
func TestManySiblings(t *testing.T) {
	const n = 4000
	d := deckOf(recordingsOf(n, "c", "")...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d.relate()
	runtime.ReadMemStats(&after)
	if per := (after.TotalAlloc - before.TotalAlloc) / n; per > 4000 {
		t.Errorf("%d bytes for each of %d recordings", per, n)
	}
	of := map[text.Text]api.Status{}
	for _, e := range d.order {
		of[e.view.SID] = e.view.Status
	}
	for i, e := range d.order {
		s := e.view.Siblings
		if s.Of() != n || len(s.List) != maxSiblings || s.Recording != 3000 || s.Paused != 1000 {
			t.Fatalf("row %d: %d of %d record, %d paused, %d listed", i, s.Recording, s.Of(), s.Paused, len(s.List))
		}
		for _, o := range s.List {
			if o.SID == e.view.SID {
				t.Fatalf("row %d is its own sibling", i)
			}
			if o.Recording != of[o.SID].Running() {
				t.Fatalf("row %d: sibling %s records: %t, but is %s", i, o.SID.SID(), o.Recording, of[o.SID])
			}
		}
	}
}

// TestSiblingsOfManyParticipants: a participant who is named twice counts once,
// and the counts are exact where not all are listed.
func TestSiblingsOfManyParticipants(t *testing.T) {
	recs := recordingsOf(3, "", "room")
	var people []Participant
	for i := range 40 {
		call := fmt.Sprintf("leg%02d", i)
		recs = append(recs, recordingsOf(2, call, "")...)
		for range 3 {
			people = append(people, Participant{Participant: api.Participant{CallSID: text.New(call)}})
		}
	}
	recs = append(recs, recordingsOf(1, "alone", "")...)
	d := deckOf(recs...)
	d.directory.people[text.New("room")] = people
	d.relate()
	room, leg, alone := d.order[0].view.Siblings, d.order[3].view.Siblings, d.order[len(d.order)-1].view.Siblings
	if room.Of() != 83 || len(room.List) != maxSiblings || room.More != 32 || room.Paused != 41 || room.Recording != 42 {
		t.Errorf("the conference: %d of %d record, %d paused, %d listed", room.Recording, room.Of(), room.Paused, len(room.List))
	}
	if leg.Of() != 5 || len(leg.List) != 4 || leg.List[0].Why != "the same call" || leg.List[3].Why != "the conference that the call is in" {
		t.Errorf("a participant: %+v", leg)
	}
	if !alone.equal(Siblings{}) {
		t.Errorf("one alone: %+v", alone)
	}
}
