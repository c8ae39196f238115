package deck

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapedeck/api"
	"tapedeck/api/sim"
	"tapedeck/api/text"
)

// onPost answers every POST with f.
func onPost(f func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodPost {
			return nil, nil
		}
		return f(r)
	}
}

// begun makes a deck on a space with one recording that runs.
func begun(t *testing.T, c Config) (tb *table, sid string) {
	t.Helper()
	space := spaceOf(0, 0)
	sid = space.Begin(sim.Begin{StartedAgo: time.Minute})
	tb = open(t, space, c)
	tb.run()
	after(time.Second)
	return tb, sid
}

// wantTrouble checks the trouble of a recording, what it counts for, and that
// it alarms.
func (tb *table) wantTrouble(sid string, kind TroubleKind, why string) {
	tb.t.Helper()
	tr, s := tb.find(sid).Trouble, tb.deck.Snapshot()
	if tr.Kind != kind || tr.Why != why {
		tb.t.Errorf("trouble %q (%s), want %q (%s)", tr.Kind, tr.Why, kind, why)
	}
	_, alarm := s.Alarms(time.Now())
	if kind == "" {
		if len(alarm) != 0 || s.NotPaused+s.ResumedByOthers != 0 || tr != (Trouble{}) {
			tb.t.Errorf("%d alarm, %d not paused, %d resumed; want none", len(alarm), s.NotPaused, s.ResumedByOthers)
		}
		return
	}
	if tr.Actor != "alice" || tr.Since.IsZero() {
		tb.t.Errorf("the trouble is %+v", tr)
	}
	if len(alarm) != 1 || tb.level(sid) != Alarm || s.NotPaused+s.ResumedByOthers != 1 {
		tb.t.Errorf("%d alarm, level %v, %d not paused, %d resumed", len(alarm), tb.level(sid), s.NotPaused, s.ResumedByOthers)
	}
}

// TestNotPausedAlarms has pauses end in every way that leaves the recording
// recording.
func TestNotPausedAlarms(t *testing.T) {
	status := func(code int) func(*http.Request) (*http.Response, error) {
		return onPost(func(r *http.Request) (*http.Response, error) { return answer(r, code, "{}"), nil })
	}
	failing := func(err error) func(*http.Request) (*http.Response, error) {
		return onPost(func(*http.Request) (*http.Response, error) { return nil, err })
	}
	tests := []struct {
		name    string
		before  func(*http.Request) (*http.Response, error)
		fault   string
		journal *paper
		why     string
	}{
		{name: "422", before: status(422), why: "HTTP 422"},
		{name: "401", before: status(401), why: "HTTP 401"},
		{name: "404", before: status(404), why: "HTTP 404"},
		{name: "409", before: status(409), why: "HTTP 409"},
		{name: "429 without an end", before: status(429), why: "HTTP 429"},
		{name: "500", before: status(500), why: "HTTP 500"},
		{name: "503", fault: "503@update", why: "HTTP 503"},
		{name: "answered as done, and not done", fault: "lag=40s", why: "the API says it still records"},
		{name: "no host", before: failing(&net.DNSError{IsNotFound: true}), why: "host name not found"},
		{name: "refused", before: failing(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), why: "connection refused"},
		{name: "dropped", before: failing(io.ErrUnexpectedEOF), why: "connection dropped"},
		{name: "led elsewhere", before: always("POST", "", 307, "", "Location", "/x"), why: "redirect refused"},
		{name: "a page in between", before: always("POST", "", 200, "<html>"), why: "unreadable answer"},
		{name: "not on record", journal: &paper{fail: errors.New("disk full")}, why: "it cannot be put on record: disk full"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := Config{}
				if tt.journal != nil {
					c.Journal, c.JournalRequired = tt.journal, true
				}
				tb, sid := begun(t, c)
				if tt.fault != "" {
					tb.space.SetFaults(fault(t, tt.fault)...)
				}
				tb.wire.set(tt.before)
				if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); err != nil {
					t.Fatal(err)
				}
				tb.wantTrouble(sid, NotPaused, tt.why)
				after(30 * time.Second)
				if tb.level(sid) != Alarm {
					t.Error("it no longer alarms after 30 s")
				}
				// The next one succeeds.
				tb.wire.set(nil)
				tb.space.SetFaults()
				if tt.journal != nil {
					tt.journal.fail = nil
				}
				if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); err != nil {
					t.Fatal(err)
				}
				tb.wantTrouble(sid, "", "")
			})
		})
	}
}

// TestNotPausedAfterThreeSeconds has no result come: the alarm does not wait
// for one.
func TestNotPausedAfterThreeSeconds(t *testing.T) {
	tests := []struct {
		name   string
		before func(*http.Request) (*http.Response, error)
		why    string
		then   string // after the API has answered
	}{
		{"no answer to the update", onPost(func(r *http.Request) (*http.Response, error) {
			time.Sleep(6 * time.Second)
			return nil, nil
		}), "no answer yet", ""},
		{"no answer to anything", func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(8 * time.Second):
				return nil, nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}, "no answer yet", ""},
		{"refused at last", onPost(func(r *http.Request) (*http.Response, error) {
			time.Sleep(6 * time.Second)
			return answer(r, 422, "{}"), nil
		}), "no answer yet", "HTTP 422"},
		{"unknown, and it cannot be read", func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, "connection dropped", "connection dropped"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb, sid := begun(t, Config{})
				tb.wire.set(tt.before)
				go func() { _, _ = tb.deck.Do(context.Background(), pauseOf(sid)) }()
				after(2900 * time.Millisecond)
				tb.wantTrouble(sid, "", "")
				after(200 * time.Millisecond)
				tb.wantTrouble(sid, NotPaused, tt.why)
				after(9 * time.Second)
				if tt.then == "" {
					tb.wantTrouble(sid, "", "")
				} else {
					tb.wantTrouble(sid, NotPaused, tt.then)
				}
				tb.wire.set(nil)
				after(40 * time.Second)
			})
		})
	}
}

// TestResumedByOthers has every way in which a pause of this deck may end, and
// some that it has not made.
func TestResumedByOthers(t *testing.T) {
	set := func(status string) func(*table, string) {
		return func(tb *table, sid string) { tb.space.SetStatus(sid, status) }
	}
	ours := func(req func(string) Request) func(*table, string) {
		return func(tb *table, sid string) {
			if _, err := tb.deck.Do(context.Background(), req(sid)); err != nil {
				tb.t.Error(err)
			}
		}
	}
	tests := []struct {
		name    string
		foreign bool // the pause is not this deck's
		lost    bool // the pause's answer never came
		timer   time.Duration
		end     func(*table, string)
		want    TroubleKind
		seen    string
	}{
		{name: "others resume", end: set("in-progress"), want: ResumedByOthers, seen: "resumed by others"},
		{name: "others resume, and the API says resumed", end: set("resumed"), want: ResumedByOthers, seen: "resumed by others"},
		{name: "others resume one whose answer was lost", lost: true, end: set("in-progress"), want: ResumedByOthers, seen: "resumed by others"},
		{name: "by way of a status that nobody knows", want: ResumedByOthers, seen: "resumed by others",
			end: func(tb *table, sid string) {
				end := tb.garble("", `"paused"`, `"x-new"`)
				after(5 * time.Second)
				end()
				tb.space.SetStatus(sid, "in-progress")
			}},
		{name: "before our resume arrives", want: ResumedByOthers, seen: "resumed by others",
			end: func(tb *table, sid string) {
				tb.wire.set(always("POST", "", 422, "{}"))
				ours(resumeOf)(tb, sid)
				tb.wire.set(nil)
				after(time.Minute)
				tb.space.SetStatus(sid, "in-progress")
			}},
		{name: "others resume a pause of others", foreign: true, end: set("in-progress")},
		{name: "others stop", end: set("stopped")},
		{name: "it ends", end: func(tb *table, sid string) { tb.space.EndRecording(sid) }},
		{name: "it goes", end: func(tb *table, sid string) { tb.space.Delete(sid) }},
		{name: "we resume", end: ours(resumeOf)},
		{name: "we stop", end: ours(stopOf)},
		{name: "our auto-resume", timer: 20 * time.Second, end: func(*table, string) { after(20 * time.Second) }},
		{name: "our resume, whose answer is lost", end: func(tb *table, sid string) {
			tb.space.SetFaults(fault(tb.t, "drop@update")...)
			ours(resumeOf)(tb, sid)
		}},
		{name: "our resume, refused and carried out late", end: func(tb *table, sid string) {
			tb.wire.set(always("POST", "", 409, "{}"))
			ours(resumeOf)(tb, sid)
			tb.space.SetStatus(sid, "in-progress")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &paper{}
				tb, sid := begun(t, Config{Journal: p})
				switch {
				case tt.foreign:
					tb.space.SetStatus(sid, "paused")
				case tt.lost:
					tb.space.SetFaults(fault(t, "drop@update")...)
					fallthrough
				default:
					req := pauseOf(sid)
					req.ResumeAfter = tt.timer
					if got, err := tb.deck.Do(t.Context(), req); err != nil || got.Outcome != Verified {
						t.Fatalf("%s, %v", got.Outcome, err)
					}
				}
				tb.space.SetFaults()
				after(5 * time.Second)
				tt.end(tb, sid)
				after(5 * time.Second)
				tb.wantTrouble(sid, tt.want, "")
				seen := ""
				for _, l := range p.lines() {
					if strings.HasPrefix(l, "seen") && strings.Contains(l, "others") {
						seen += l + "\n"
					}
				}
				if (seen == "") != (tt.seen == "") || !strings.Contains(seen, tt.seen) || strings.Count(seen, "\n") > 1 {
					t.Errorf("the journal says %q, want %q", seen, tt.seen)
				}
			})
		})
	}
}

// TestPauseOfOursOutlivesALie: a read that said otherwise for a moment makes
// nobody forget whose pause it is.
func TestPauseOfOursOutlivesALie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{})
		if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); err != nil {
			t.Fatal(err)
		}
		after(5 * time.Second)
		tb.deck.mu.Lock()
		e := tb.deck.find(text.New(sid))
		tb.deck.set(e, api.DecodeRecording([]byte(`{"sid":"`+sid+`","call_sid":"c","status":"in-progress"}`)), time.Now(), time.Now())
		tb.deck.publish()
		tb.deck.mu.Unlock()
		tb.wantTrouble(sid, ResumedByOthers, "")
		after(5 * time.Second)
		tb.wantTrouble(sid, "", "")
		tb.space.SetStatus(sid, "in-progress")
		after(5 * time.Second)
		tb.wantTrouble(sid, ResumedByOthers, "")
	})
}

// TestResumedInTheMoment has others resume while the pause is being verified:
// a later change is theirs, one of the same second contradicts.
func TestResumedInTheMoment(t *testing.T) {
	for name, tt := range map[string]struct {
		wait time.Duration
		want TroubleKind
		why  string
	}{
		"later":           {1500 * time.Millisecond, ResumedByOthers, ""},
		"the same second": {0, NotPaused, "the API says it still records"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb, sid := begun(t, Config{})
				tb.wire.after = func(r *http.Request, _ *http.Response) {
					if r.Method == http.MethodPost {
						time.Sleep(tt.wait)
						tb.space.SetStatus(sid, "in-progress")
					}
				}
				if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); err != nil {
					t.Fatal(err)
				}
				after(5 * time.Second)
				tb.wantTrouble(sid, tt.want, tt.why)
			})
		})
	}
}

// TestTroubleEnds has each thing that takes a trouble away.
func TestTroubleEnds(t *testing.T) {
	do := func(req func(string) Request) func(*table, string) {
		return func(tb *table, sid string) {
			go func() { _, _ = tb.deck.Do(context.Background(), req(sid)) }()
		}
	}
	tests := map[string]func(*table, string){
		"others pause":    func(tb *table, sid string) { tb.space.SetStatus(sid, "paused") },
		"it ends":         func(tb *table, sid string) { tb.space.EndRecording(sid) },
		"it goes":         func(tb *table, sid string) { tb.space.Delete(sid) },
		"a pause is done": do(pauseOf),
		"a resume is asked for": func(tb *table, sid string) {
			tb.space.SetFaults(fault(tb.t, "503@update")...)
			do(resumeOf)(tb, sid)
		},
		"a stop is asked for": func(tb *table, sid string) {
			tb.space.SetFaults(fault(tb.t, "403@update")...)
			do(stopOf)(tb, sid)
		},
	}
	for name, end := range tests {
		for _, kind := range []TroubleKind{NotPaused, ResumedByOthers} {
			t.Run(name+" when "+string(kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tb, sid := begun(t, Config{})
					why := ""
					if kind == NotPaused {
						why = "HTTP 403"
						tb.space.SetFaults(fault(t, "403@update")...)
					}
					_, _ = tb.deck.Do(t.Context(), pauseOf(sid))
					tb.space.SetFaults()
					after(10 * time.Second)
					if kind == ResumedByOthers {
						tb.space.SetStatus(sid, "in-progress")
						after(5 * time.Second)
					}
					tb.wantTrouble(sid, kind, why)
					end(tb, sid)
					after(6 * time.Second)
					tb.wantTrouble(sid, "", "")
				})
			})
		}
	}
}

func TestTroubleIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &paper{}
		tb, sid := begun(t, Config{Journal: p})
		tb.space.SetFaults(fault(t, "403@update")...)
		_, _ = tb.deck.Do(t.Context(), pauseOf(sid))
		if err := tb.deck.Acknowledge(Key{SID: text.New(sid)}, Actor{Actor: "bob"}, "told the\x1b[2J customer", time.Minute); err != nil {
			t.Fatal(err)
		}
		after(2 * time.Minute)
		s := tb.deck.Snapshot()
		if tr := tb.find(sid).Trouble; !tr.Acked || tr.Standing() || tb.level(sid) != Calm || s.NotPaused != 1 {
			t.Errorf("trouble %+v, level %v, %d not paused", tr, tb.level(sid), s.NotPaused)
		}
		lines := p.lines()
		if got := lines[len(lines)-1]; !strings.HasPrefix(got, "ack bob told the") || strings.Contains(got, "\x1b") || !p.entries[len(lines)-1].Until.IsZero() {
			t.Errorf("the journal says %q", got)
		}
		// Another one that fails alarms anew.
		_, _ = tb.deck.Do(t.Context(), pauseOf(sid))
		tb.wantTrouble(sid, NotPaused, "HTTP 403")
	})
}

// TestNoTroubleByLocalRules: what this deck refuses by its own rules does not
// alarm.
func TestNoTroubleByLocalRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, sid := begun(t, Config{ReadOnly: true})
		if _, err := tb.deck.Do(t.Context(), pauseOf(sid)); !errors.Is(err, ErrReadOnly) {
			t.Fatal(err)
		}
		after(5 * time.Second)
		tb.wantTrouble(sid, "", "")
	})
}

// TestTroublesComeFirst: those that were to be paused and are not stand before
// the longest pause.
func TestTroublesComeFirst(t *testing.T) {
	now := time.Now()
	rec := func(sid string, status api.Status) *Recording {
		return &Recording{Recording: api.DecodeRecording([]byte(`{"sid":"` + sid + `","status":"` + string(status) + `"}`))}
	}
	short, long, late, early := rec("short", api.Paused), rec("long", api.Paused), rec("late", api.InProgress), rec("early", api.InProgress)
	short.Pause.Since, long.Pause.Since = now.Add(-5*time.Minute), now.Add(-time.Hour)
	late.Trouble = Trouble{Kind: NotPaused, Since: now.Add(-time.Second)}
	early.Trouble = Trouble{Kind: ResumedByOthers, Since: now.Add(-time.Minute)}
	acked, ended := rec("acked", api.InProgress), rec("ended", api.Completed)
	acked.Trouble = Trouble{Kind: NotPaused, Since: now, Acked: true}
	ended.Trouble, ended.Ended = Trouble{Kind: NotPaused, Since: now}, now
	s := &Snapshot{
		Recordings: []*Recording{short, late, acked, long, ended, early}, Paused: 2, NotPaused: 2, ResumedByOthers: 1,
		PauseWarn: DefaultPauseWarn, PauseAlarm: DefaultPauseAlarm,
	}
	_, alarm := s.Alarms(now)
	var got []string
	for _, r := range alarm {
		got = append(got, r.SID.String())
	}
	if diff := cmp.Diff([]string{"early", "late", "long", "short"}, got); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	s.Recordings, s.Paused = []*Recording{late}, 0
	if _, alarm := s.Alarms(now); len(alarm) != 1 || !s.LevelChanges(late, now).IsZero() {
		t.Errorf("%d alarm without a pause", len(alarm))
	}
}
