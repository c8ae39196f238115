package report

import (
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// began is when the night of the hand-made journal begins.
var began = time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)

// The people of the hand-made journal, each at a process.
var (
	alice = journal.Who{Actor: "alice", Host: "desk-1", PID: 101, Started: "a"}
	bob   = journal.Who{Actor: "root", SudoUser: "bob", Host: "desk-2", PID: 202, Started: "b"}
	carol = journal.Who{Actor: "carol", Host: "host", PID: 300, Started: "s", Session: "s1"} // of the service
	dave  = journal.Who{Actor: "dave", Host: "desk-3", PID: 404, Started: "d", Command: true}
	serve = journal.Who{Host: "host", PID: 300, Started: "s"}
)

// hand writes a journal by hand.
type hand struct {
	*writer
	ids int
}

// at is a place in the journal: an entry of somebody about a recording.
func (h *hand) at(after string, who journal.Who, event journal.Event, sid string, change func(*journal.Entry)) {
	h.t.Helper()
	d, err := time.ParseDuration(after)
	h.check(err)
	e := journal.Entry{
		Time: began.Add(d), Event: event, Who: who, Space: "https://acme.example", Project: "p1", Profile: "night",
	}
	if sid != "" {
		e.Recording, e.Call = text.New("rec-"+sid), text.New("call-"+sid)
	}
	if change != nil {
		change(&e)
	}
	h.add(e)
}

// ask is an update with its outcome after 200 ms; it returns its ID.
func (h *hand) ask(after string, who journal.Who, sid, asked, outcome string, change func(*journal.Entry)) (id string) {
	h.t.Helper()
	id = h.request(after, who, sid, asked, change)
	h.outcome(after, who, sid, asked, id, outcome, change)
	return id
}

// request is the request of an update alone.
func (h *hand) request(after string, who journal.Who, sid, asked string, change func(*journal.Entry)) (id string) {
	h.t.Helper()
	h.ids++
	id = "q" + string(rune('a'+h.ids/26)) + string(rune('a'+h.ids%26))
	h.at(after, who, journal.Request, sid, func(e *journal.Entry) {
		e.ID, e.StatusAsked = id, asked
		if asked == "paused" {
			e.PauseBehavior = "silence"
		}
		if change != nil {
			change(e)
		}
	})
	return id
}

// outcome is the outcome of an update alone, a second after it with an answer
// after 200 ms.
func (h *hand) outcome(after string, who journal.Who, sid, asked, id, outcome string, change func(*journal.Entry)) {
	h.t.Helper()
	h.at(after, who, journal.Outcome, sid, func(e *journal.Entry) {
		e.Time = e.Time.Add(time.Second)
		e.ID, e.StatusAsked, e.Outcome = id, asked, outcome
		if asked == "paused" {
			e.PauseBehavior = "silence"
		}
		if outcome == "verified" || outcome == "accepted" || outcome == "contradicted" {
			e.HTTPStatus, e.Latency = 200, 200*time.Millisecond
		}
		if change != nil {
			change(e)
		}
	})
}

func skip(e *journal.Entry)    { e.PauseBehavior = "skip" }
func byTimer(e *journal.Entry) { e.ByTimer = true }

// timer is what an auto-resume's entry says; due is after the beginning of the night.
func timer(reason, due string) func(*journal.Entry) {
	return func(e *journal.Entry) {
		e.Reason = reason
		if due != "" {
			d, _ := time.ParseDuration(due)
			e.Until = began.Add(d)
		}
	}
}

// seen is what a read showed of a request.
func seen(id, asked, status, outcome, reason string) func(*journal.Entry) {
	return func(e *journal.Entry) {
		e.ID, e.StatusAsked, e.StatusAnswered, e.Outcome, e.Reason = id, asked, status, outcome, reason
	}
}

func because(reason string) func(*journal.Entry) {
	return func(e *journal.Entry) { e.Reason = reason }
}

// writeNight writes the hand-made journal: a night with one of each case. The
// names of its calls say which.
func writeNight(t testing.TB, dir string, max int64) {
	h := &hand{writer: newWriter(t, dir, max)}
	// Long before: a pause that is over, and one without an end that nobody knows of any more.
	h.ask("-48h", alice, "before", "paused", "verified", nil)
	h.ask("-47h59m", alice, "before", "in-progress", "verified", nil)
	h.ask("-47h", alice, "forgotten", "paused", "verified", nil)

	h.at("-10m", alice, journal.SessionBegan, "", nil)
	h.at("-10m", alice, journal.Live, "", nil)
	// A pause that began before the night and is resumed in it.
	h.ask("-2m", alice, "across", "paused", "verified", nil)
	h.ask("3m", alice, "across", "in-progress", "verified", nil)

	h.at("5m", serve, journal.Live, "", nil)
	h.at("5m", carol, journal.SessionBegan, "", nil)
	// A plain one: 60 s, resumed by hand, by somebody else.
	h.ask("10m", alice, "plain", "paused", "verified", nil)
	h.ask("11m", carol, "plain", "in-progress", "accepted", nil)
	// With skip and an auto-resume that is done.
	id := h.request("12m", alice, "auto", "paused", skip)
	h.at("12m", alice, journal.Timer, "auto", timer("auto-resume set", "12m30s"))
	h.outcome("12m", alice, "auto", "paused", id, "verified", skip)
	h.ask("12m30s", alice, "auto", "in-progress", "verified", byTimer)
	// An auto-resume that was replaced, canceled, and set again; then resumed by hand.
	h.ask("14m", alice, "timers", "paused", "verified", nil)
	h.at("14m5s", alice, journal.Timer, "timers", timer("auto-resume set", "15m"))
	h.at("14m10s", carol, journal.Timer, "timers", timer("auto-resume set", "16m"))
	h.at("14m20s", alice, journal.Timer, "timers", timer("auto-resume canceled", ""))
	h.at("14m30s", carol, journal.Timer, "timers", timer("auto-resume set", "20m"))
	h.ask("14m40s", alice, "timers", "in-progress", "verified", nil)
	// Over the limit, acknowledged twice, its auto-resume not done, stopped in the end.
	h.ask("20m", alice, "long", "paused", "verified", func(e *journal.Entry) {
		e.From, e.To = text.New("+13105550142"), text.New("+12125550107")
	})
	h.at("20m1s", alice, journal.Timer, "long", timer("auto-resume set", "22m"))
	h.at("22m3s", alice, journal.Timer, "long", timer("auto-resume not done: it was changed since it was paused", ""))
	h.at("24m", carol, journal.Ack, "long", func(e *journal.Entry) { e.Reason, e.Until = "card number", began.Add(29*time.Minute) })
	h.at("29m30s", bob, journal.Ack, "long", func(e *journal.Entry) { e.Reason, e.Until = "still <b>reading</b>", began.Add(40*time.Minute) })
	h.ask("31m", bob, "long", "stopped", "verified", nil)
	// A pause that failed, one that was contradicted, one that is unknown, one that is verified late.
	id = h.request("35m", alice, "failed", "paused", nil)
	h.at("35m2s", alice, journal.Again, "failed", func(e *journal.Entry) { e.ID = id })
	h.outcome("35m", alice, "failed", "paused", id, "failed", because("HTTP 503"))
	h.ask("36m", alice, "contradicted", "paused", "contradicted", because("it is in-progress"))
	h.ask("37m", alice, "unknown", "paused", "unknown", because("timeout"))
	id = h.ask("38m", alice, "late", "paused", "unknown", because("timeout"))
	h.at("38m20s", alice, journal.Seen, "late", seen(id, "paused", "paused", "verified", "verified late"))
	h.ask("39m", alice, "late", "in-progress", "verified", func(e *journal.Entry) { e.Late = e.Event == journal.Request })
	// One that was accepted and turned out not to be done.
	id = h.ask("40m", alice, "undone", "paused", "accepted", nil)
	h.at("40m9s", alice, journal.Seen, "undone", seen(id, "paused", "in-progress", "contradicted", "it is in-progress"))
	// Others resume what carol has paused, and pause what bob has resumed.
	id = h.ask("42m", carol, "others", "paused", "verified", nil)
	h.at("42m30s", carol, journal.Seen, "others", seen(id, "paused", "in-progress", "", "resumed by others; by whom is not known"))
	id = h.ask("43m", carol, "others", "paused", "verified", nil)
	id2 := h.ask("44m", bob, "others", "in-progress", "verified", nil)
	h.at("44m30s", bob, journal.Seen, "others", seen(id2, "in-progress", "paused", "", "paused by others; by whom is not known"))
	h.ask("45m", bob, "others", "in-progress", "verified", nil)
	_ = id
	// Starts: one done, and one without a known result.
	id = h.request("50m", bob, "", "start", func(e *journal.Entry) { e.Call = text.New("call-started") })
	h.at("50m1s", bob, journal.Outcome, "started", func(e *journal.Entry) {
		e.ID, e.StatusAsked, e.Outcome, e.HTTPStatus, e.Latency = id, "start", "verified", 201, 300*time.Millisecond
	})
	h.ask("51m", bob, "", "start", "unknown", func(e *journal.Entry) {
		e.Call, e.Reason = text.New("call-unstarted"), "timeout; no recording of the call has begun since"
	})
	h.at("52m", bob, journal.Reveal, "long", because("a masked number was shown"))
	// A conference, paused by a command, left paused at the end.
	h.ask("55m", dave, "", "paused", "verified", func(e *journal.Entry) {
		e.Recording, e.Conference = text.New("rec-conf"), text.New("conf-1")
	})
	// The data of alice's dashboard goes stale, and comes back; the service's too, for longer.
	h.at("1h0m10s", alice, journal.Stale, "", func(e *journal.Entry) { e.Since, e.Reason = began.Add(time.Hour), "HTTP 503" })
	h.at("1h0m30s", serve, journal.Stale, "", func(e *journal.Entry) { e.Since, e.Reason = began.Add(time.Hour+20*time.Second), "HTTP 503" })
	h.at("1h2m", alice, journal.Live, "", nil)
	h.at("1h3m", serve, journal.Live, "", nil)
	// Not on record: an outcome without its request, and entries that were lost.
	h.outcome("1h5m", alice, "norequest", "stopped", "q-lost", "verified", nil)
	h.at("1h6m", alice, journal.Note, "", because("3 entries could not be kept while the journal could not be written"))
	// alice's session crashes after a pause; bob's dashboard finds out about it. Her last word is at 1h10m.
	id = h.request("1h10m", alice, "crashed", "paused", nil)
	h.at("1h20m", carol, journal.SessionEnded, "", because("quit"))
	h.at("1h40m", bob, journal.SessionBegan, "", nil)
	h.at("1h40m2s", bob, journal.Live, "", nil)
	h.at("1h40m3s", bob, journal.Outcome, "crashed", func(e *journal.Entry) {
		e.Actor, e.SudoUser = "alice", ""
		e.ID, e.StatusAsked, e.PauseBehavior, e.Outcome, e.StatusAnswered = id, "paused", "silence", "verified", "paused"
		e.Reason = "tapedeck ended before the answer; read at the next start"
	})
	// Calls without a recording alarm, as two processes say; one is acknowledged and ends, of the other no end is on record.
	bare := func(after, since string, who journal.Who, event journal.Event, call, conference, reason string) {
		h.at(after, who, event, "", func(e *journal.Entry) {
			e.Call, e.Conference, e.Reason = text.New(call), text.New(conference), reason
			if since != "" {
				d, err := time.ParseDuration(since)
				h.check(err)
				e.Since = began.Add(d)
			}
		})
	}
	bare("1h41m30s", "1h40m30s", serve, journal.Unrecorded, "call-bare", "", "no recording for over 1m0s")
	bare("1h41m32s", "1h40m30s", bob, journal.Unrecorded, "call-bare", "", "no recording for over 1m0s")
	h.at("1h42m", bob, journal.Ack, "", func(e *journal.Entry) {
		e.Call, e.Reason, e.Until = text.New("call-bare"), "it is declined", began.Add(2*time.Hour)
	})
	bare("1h43m", "1h42m", serve, journal.Unrecorded, "", "conf-bare", "no recording for over 1m0s")
	bare("1h44m", "", bob, journal.AlarmOver, "call-bare", "", "it is recorded now")
	bare("1h44m2s", "", serve, journal.AlarmOver, "call-bare", "", "it is recorded now")
	// A clock is set back while a pause lasts.
	h.ask("1h50m", bob, "clock", "paused", "verified", nil)
	h.ask("1h49m", bob, "clock", "in-progress", "verified", nil)
	// bob leaves with a pause open and its auto-resume dropped.
	h.ask("1h55m", bob, "left", "paused", "verified", nil)
	h.at("1h55m1s", bob, journal.Timer, "left", timer("auto-resume set", "1h58m"))
	h.at("1h56m", bob, journal.Behind, "left", because("quit; its auto-resume was dropped"))
	h.at("1h56m", bob, journal.SessionEnded, "", because("quit"))
	// After the night: what began in it ends, and what begins is of the next.
	h.ask("2h1m", dave, "after", "paused", "verified", nil)
	h.ask("2h2m", dave, "left", "in-progress", "verified", nil)
	h.close()
}
