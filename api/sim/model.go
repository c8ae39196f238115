package sim

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Statuses, as the API writes them. A recording's can be any string, since
// [Space.SetStatus] takes any.
const (
	queued     = "queued"
	inProgress = "in-progress"
	resumed    = "resumed"
	paused     = "paused"
	stopped    = "stopped"
	completed  = "completed"
	absent     = "absent"
)

// Pause behaviors, as the API writes them.
const (
	silence = "silence"
	skip    = "skip"
)

// ended reports whether a recording of that status can no longer change, other
// than from stopped to completed.
func ended(status string) bool {
	switch status {
	case stopped, completed, absent, "failed", "processing", "deleted":
		return true
	}
	return false
}

// running reports whether a recording of that status is being recorded.
func running(status string) bool { return status == inProgress || status == resumed }

// stamp is a moment, in nanoseconds since 1970 in UTC; 0 is none.
type stamp int64

func stampOf(t time.Time) stamp { return stamp(t.UnixNano()) }

func (t stamp) add(d time.Duration) stamp { return t + stamp(d) }

func (t stamp) sub(u stamp) time.Duration { return time.Duration(t - u) }

// second returns the moment as the API can express it.
func (t stamp) second() int64 { return int64(t) / int64(time.Second) }

// time returns the moment in UTC, the zero time for none.
func (t stamp) time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(t)).UTC()
}

// uuid is a SID; the zero value is none.
type uuid [16]byte

func newUUID(rng *rand.Rand) uuid {
	var u uuid
	binary.BigEndian.PutUint64(u[:8], rng.Uint64())
	binary.BigEndian.PutUint64(u[8:], rng.Uint64())
	u[6] = u[6]&0x0f | 0x40 // version 4
	u[8] = u[8]&0x3f | 0x80 // the usual variant
	return u
}

// parseUUID reads the 36 characters of a UUID; ok is false for anything else.
func parseUUID(s string) (u uuid, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return uuid{}, false
	}
	digits := strings.ReplaceAll(s, "-", "")
	if len(digits) != 32 {
		return uuid{}, false
	}
	_, err := hex.Decode(u[:], []byte(digits))
	return u, err == nil
}

func (u uuid) String() string { return string(u.append(nil)) }

// append appends the UUID's 36 characters to b.
func (u uuid) append(b []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}

// entry is what every listed row has: its SID and its place. The place is by
// the time of creation, then by sequence, and never changes.
type entry struct {
	sid     uuid
	created stamp
	seq     uint32
}

func (e *entry) at() *entry { return e }

// compare says whether e comes before (-1) or after (1) o, older ones first.
func (e *entry) compare(o *entry) int {
	return cmp.Or(cmp.Compare(e.created, o.created), cmp.Compare(e.seq, o.seq))
}

// row is a pointer to something listed.
type row interface {
	comparable
	at() *entry
}

// recording is a recording of a call or of a conference.
type recording struct {
	entry
	call *call       // nil for a conference's
	conf *conference // nil for a call's

	source   string
	status   string
	channels int8
	trim     bool // leading and trailing silence is left out
	skip     bool // the pause that it is in is left out of the file
	deleted  bool
	cast     bool  // a scenario is about it
	slot     int32 // place in Space.active; -1 when not active
	seconds  int32 // final duration; 0 until completed

	updated  stamp
	start    stamp // none while queued
	end      stamp // none while active
	pausedAt stamp // none unless paused
	skipped  time.Duration

	was     *recording // before the last change, kept while a lag fault is set
	changed stamp      // when it was that no longer
}

// ownerOpen reports whether the call or conference of r still goes on.
func (r *recording) ownerOpen() bool {
	if r.conf != nil {
		return r.conf.status == inProgress
	}
	return r.call.status == inProgress
}

// siblings returns all recordings of the call or conference of r, oldest first.
func (r *recording) siblings() []*recording {
	if r.conf != nil {
		return r.conf.recs
	}
	return r.call.recs
}

// asOf returns the recording as it was at t, as far back as is known.
func (r *recording) asOf(t stamp) *recording {
	for r.was != nil && r.changed > t {
		r = r.was
	}
	return r
}

// call is one leg of a call.
type call struct {
	entry
	from, to  string
	caller    string // caller_name, "" for null
	direction string
	status    string
	start     stamp // when it was answered
	end       stamp // none while in progress
	updated   stamp
	parent    *call        // nil unless this is a child leg
	leg       *call        // the child leg, if there is one
	recs      []*recording // oldest first
}

// conference is a room.
type conference struct {
	entry
	name    string
	status  string
	updated stamp
	members []*member
	recs    []*recording // oldest first
}

// member is a participant of a conference. The SID of its entry is the call's.
type member struct {
	entry
	conf *conference
	call *call

	muted, hold bool
}

// present reports whether m is still connected.
func (m *member) present() bool {
	return m.conf.status == inProgress && m.call.status == inProgress
}

// table holds all rows of one kind.
type table[T row] struct {
	rows  []T // oldest first
	bySID map[uuid]T
}

// add puts a row into its place.
func (t *table[T]) add(r T) {
	t.rows = insert(t.rows, r)
	t.index(r)
}

// load adds a row without sorting; [table.sort] must follow.
func (t *table[T]) load(r T) {
	t.rows = append(t.rows, r)
	t.index(r)
}

func (t *table[T]) index(r T) {
	if t.bySID == nil {
		t.bySID = make(map[uuid]T)
	}
	t.bySID[r.at().sid] = r
}

func (t *table[T]) sort() {
	slices.SortFunc(t.rows, func(a, b T) int { return a.at().compare(b.at()) })
}

// find returns the row with that SID; ok is false if sid is none or no SID.
func (t *table[T]) find(sid string) (r T, ok bool) {
	u, ok := parseUUID(sid)
	if !ok {
		return r, false
	}
	r, ok = t.bySID[u]
	return r, ok
}

// insert puts a row into its place in rows, which are oldest first. New rows
// are nearly always the newest.
func insert[T row](rows []T, r T) []T {
	n := len(rows)
	if n == 0 || rows[n-1].at().compare(r.at()) < 0 {
		return append(rows, r)
	}
	return slices.Insert(rows, place(rows, r.at()), r)
}

// place returns the index of the first row that is not older than e.
func place[T row](rows []T, e *entry) int {
	i, _ := slices.BinarySearchFunc(rows, e, func(r T, e *entry) int { return r.at().compare(e) })
	return i
}
