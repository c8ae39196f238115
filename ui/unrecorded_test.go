package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/text"
)

const (
	sidBare   = "3c1d90aa-2b3c-4d5e-9f60-5e2f61b00201"
	sidInRoom = "3c1d90aa-2b3c-4d5e-9f60-5e2f61b00202"
	sidRoom   = "3c1d90aa-2b3c-4d5e-9f60-5e2f61b00301"
	sidNew    = "9a1d90aa-2b3c-4d5e-9f60-5e2f61b0beef"
)

// starting is what a screen asks of a deck about calls without a recording.
type starting struct {
	lacking int // how often it was asked to look for them
	starts  []string
	started func(deck.Request) (*deck.Recording, deck.Progress, error) // nil for one whose answer takes for ever
}

func (d *fakeDeck) Look(of deck.Key) { d.looked = append(d.looked, of.SID.String()) }

func (d *fakeDeck) LookForUnrecorded() { d.lacking++ }

func (d *fakeDeck) StartFor(ctx context.Context, callSID text.Text, o api.StartOptions, req deck.Request) (*deck.Recording, deck.Progress, error) {
	d.mu.Lock()
	d.starts = append(d.starts, fmt.Sprintf("start %s %s %s %s %s", tail(deck.Key{Profile: req.Profile, SID: callSID}), req.Actor.Name(), o.Channels, o.Track, req.Seen))
	d.mu.Unlock()
	if d.started == nil {
		time.Sleep(time.Hour)
		return nil, deck.Progress{}, ctx.Err()
	}
	return d.started(req)
}

// bare makes a call without a recording for so long.
func bare(sid, from string, ago time.Duration) *deck.Unrecorded {
	began := time.Now().Add(-ago).UTC()
	return &deck.Unrecorded{Since: began, Call: &api.Call{SID: text.New(sid), From: text.New(from), To: text.New("(310) 555-0199"),
		Direction: text.New("inbound"), Status: api.InProgress, Start: began}}
}

// uncovered is the office with three that have no recording: a call that was dialed
// on, a participant's, and the conference.
func uncovered() *deck.Snapshot {
	s := office()
	room := &api.Conference{SID: text.New(sidRoom), FriendlyName: text.New("Fraud review"), Status: api.InProgress}
	first, second := bare(sidBare, "(702) 555-0113", 95*time.Second), bare(sidInRoom, "(503) 555-0177", 64*time.Second)
	first.Legs, second.Conference, second.Before = 1, room, true
	s.Unrecorded = []*deck.Unrecorded{first, second, {Conference: room, Since: time.Now().Add(-61 * time.Second).UTC(), People: 3}}
	s.InProgress = deck.InProgress{Wanted: true, Listed: time.Now(), Limit: 30 * time.Second}
	return s
}

// covering takes a call out of those without a recording.
func covering(s *deck.Snapshot, sid string) *deck.Snapshot {
	s.Unrecorded = slices.DeleteFunc(s.Unrecorded, func(u *deck.Unrecorded) bool { return u.SID() == text.New(sid) })
	return s
}

// choose selects a row of those without a recording.
func (s *session) choose(sid string) *session {
	s.t.Helper()
	s.press("g")
	for range 20 {
		if u, ok := s.m.list.Unrecorded(); ok && u.SID() == text.New(sid) {
			return s
		}
		s.press("j")
	}
	s.t.Fatalf("%s is no row:\n%s", sid, s.text())
	return s
}

func (s *session) wantStarts(want ...string) {
	s.t.Helper()
	if !slices.Equal(s.d.starts, want) {
		s.t.Errorf("started %q, want %q\n%s", s.d.starts, want, s.text())
	}
	s.wantVerbs("")
}

// startsAs has the deck start recordings with such an end.
func (s *session) startsAs(p deck.Progress, err error) {
	s.d.started = func(req deck.Request) (*deck.Recording, deck.Progress, error) {
		p.Request, p.Settled, p.Asked, p.Done = req, true, time.Now(), time.Now().Add(400*time.Millisecond)
		if p.Outcome == deck.Verified || p.Outcome == deck.Accepted {
			p.Request.SID = text.New(sidNew)
		}
		return nil, p, err
	}
}

// coveredNow is the office with the recording that was started.
func coveredNow() *deck.Snapshot {
	s := covering(uncovered(), sidBare)
	s.Recordings = slices.Insert(s.Recordings, 0, call(recording(sidNew, api.InProgress, time.Second, `call_sid="`+sidBare+`"`), "(702) 555-0113", "(310) 555-0199"))
	s.Count()
	return s
}

func TestUnrecordedScreens(t *testing.T) { // golden: testdata/TestUnrecordedScreens/<case>.txt
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}} {
		at := fmt.Sprintf(" %dx%d", size[0], size[1])
		screen := func(name string, play func(s *session)) {
			screenCase(t, name+at, size[0], size[1], Options{}, play)
		}
		screen("shown", func(s *session) { s.show(uncovered()).press("u").choose(sidBare) })
		screen("a conference", func(s *session) { s.show(uncovered()).press("u").choose(sidRoom).press("n") })
		screen("start asks", func(s *session) { s.show(uncovered()).press("u").choose(sidInRoom).press("n") })
		screen("stale", func(s *session) {
			s.show(uncovered()).press("u").show(failed(uncovered(), httpError(503, ""), 40*time.Second))
		})
	}
	screenCase(t, "in a line", 40, 3, Options{}, func(s *session) {
		s.m.list.SetUnrecorded(true)
		s.show(uncovered()).choose(sidBare)
	})
	screenCase(t, "under way 120x40", 120, 40, Options{}, func(s *session) {
		snap := uncovered()
		snap.Unrecorded[0].Start = &deck.Progress{Outcome: deck.Requested}
		snap.Unrecorded[1].Start = &deck.Progress{Outcome: deck.Unknown, Settled: true, Note: "no recording of the call has begun since"}
		s.show(snap).press("u").choose(sidInRoom)
	})
}

// TestUnrecordedShown: u shows and hides them, has the deck look while they are
// shown, and the header counts them.
func TestUnrecordedShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, 100, 30, Options{})
		s.show(uncovered())
		s.wantNot("NO REC")
		if s.d.lacking != 0 {
			t.Errorf("nobody wants to know, and the deck was asked %d times", s.d.lacking)
		}
		s.press("u")
		s.want("NO REC 3", "3 calls without a recording; n starts one, u hides them", "(702) 555-0113", "01:35")
		for range 30 {
			s.wait(2 * time.Second).show(uncovered())
		}
		if s.d.lacking < 5 || s.d.lacking > 8 {
			t.Errorf("in a minute the deck was asked %d times, want every ten seconds", s.d.lacking)
		}
		more := uncovered()
		more.UnrecordedMore = 12
		s.show(more)
		s.want("NO REC 3+")
		old := uncovered()
		old.InProgress.Listed = time.Now().Add(-time.Minute)
		s.show(old)
		s.want("NO REC 3?")
		unread := uncovered()
		unread.InProgress.Pending = 4 // of these it is to be read yet
		s.show(unread)
		s.want("NO REC 3?")
		unread.Unrecorded = nil
		s.show(unread)
		s.want("NO REC ?")
		old = office()
		s.show(old)
		s.want("NO REC ?")
		s.show(uncovered()).press("u")
		s.wantNot("NO REC")
		s.want("calls without a recording are hidden; u shows them")
		n := s.d.lacking
		for range 30 {
			s.wait(2 * time.Second).show(uncovered())
		}
		if s.d.lacking != n {
			t.Errorf("they are hidden, and the deck was asked %d times more", s.d.lacking-n)
		}
	})
}

// TestUnrecordedKeys: no key but n acts on a row that has no recording, and each
// says why not.
func TestUnrecordedKeys(t *testing.T) {
	const none = "the call …0201 has no recording; n starts one"
	for _, tt := range []struct{ key, says string }{
		{"p", "cannot pause: " + none}, {"P", "cannot pause: " + none}, {"r", "cannot resume: " + none}, {"X", "cannot stop: " + none},
		{"a", none}, {"t", none}, {"v", none}, {"space", none}, {"c", none}, {"J", none},
	} {
		t.Run(tt.key, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSession(t, 100, 30, Options{MaskNumbers: true})
				s.show(uncovered()).press("u").choose(sidBare).wait(time.Second).press(tt.key)
				if !strings.Contains(s.m.said(), tt.says) {
					t.Errorf("%s says %q, want %q", tt.key, s.m.said(), tt.says)
				}
				s.press("y", "1", "enter")
				s.wantStarts()
				if len(s.d.notes) > 0 || s.d.batches > 0 || len(s.m.list.Marks()) > 0 || len(s.others) > 0 {
					t.Errorf("it did %q, %d batches, %v, %q", s.d.notes, s.d.batches, s.m.list.Marks(), s.others)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, 100, 30, Options{})
		s.show(uncovered()).press("u").choose(sidBare).press("C")
		if !slices.Contains(s.others, "setClipboard "+sidBare) {
			t.Errorf("C copied %q, want the SID of the call", s.others)
		}
		s.choose(sidRoom).wait(time.Second).press("p")
		s.want("cannot pause: the conference …0301 has no recording")
		s.press("n")
		s.want("the API has no start for a conference; start one of its participants' calls")
		s.pick(sidRec).press("n")
		s.want("cannot start: no call without a recording is selected")
		s.press("u", "n")
		s.want("cannot start: n is for a call without a recording; u shows them")
		s.wantStarts()
	})
}

// TestStart: n asks, y starts once with the settings' channels and track, and the
// selection goes to the new recording where it is still on its call.
func TestStart(t *testing.T) {
	o := Options{Start: api.StartOptions{Channels: "dual", Track: "inbound"}}
	start := "start 0201 ana dual inbound no-recording"
	tests := []struct {
		name string
		play func(s *session)
		sent int
		says string
		on   string // the recording that is selected afterwards; empty for none
	}{
		{"y starts it", func(s *session) { s.press("y").show(coveredNow()) }, 1, "started recording …beef of the call …0201: verified in 0.4 s", sidNew},
		{"the snapshot comes first", func(s *session) {
			d := s.d.started
			s.d.started = func(r deck.Request) (*deck.Recording, deck.Progress, error) {
				time.Sleep(time.Second)
				return d(r)
			}
			s.press("y").show(coveredNow()).wait(2 * time.Second)
		}, 1, "verified", sidNew},
		{"moved on", func(s *session) { s.press("y", "G").show(coveredNow()) }, 1, "verified", sidEnded},
		{"another key cancels", func(s *session) { s.press("j", "y").show(uncovered()) }, 0, "start …0201: canceled, nothing was sent", ""},
		{"too soon", func(s *session) { s.press("esc").wait(time.Second).hit("n", "y") }, 0, "too soon: y is ignored for the first 0.3 s", ""},
		{"held", func(s *session) {
			s.press("n", "n", "n")
			for range 40 {
				s.hit("y")
				time.Sleep(25 * time.Millisecond)
			}
			s.settle()
		}, 1, "verified", ""},
		{"again while it is under way", func(s *session) {
			s.t.(*testing.T).Cleanup(func() { time.Sleep(time.Hour) })
			s.d.started = nil
			s.press("y").wait(time.Second).press("n", "y").wait(time.Second).press("y")
		}, 1, "cannot start a recording of …0201: a recording of the call is being started already", ""},
		{"recorded meanwhile", func(s *session) { s.show(coveredNow()).wait(2*time.Second).press("y", "n", "y") }, 0, "", ""},
		{"the deck refuses", func(s *session) { s.startsAs(deck.Progress{}, fmt.Errorf("start: %w", deck.ErrRecorded)); s.press("y") }, 1,
			"nothing was sent: the call …0201 has a recording by now", ""},
		{"failed", func(s *session) {
			s.startsAs(deck.Progress{Outcome: deck.Failed, Err: httpError(403, "no")}, nil)
			s.press("y")
		}, 1, "start a recording of the call …0201: failed: ", ""},
		{"lost", func(s *session) {
			s.startsAs(deck.Progress{Outcome: deck.Unknown, Err: errors.New("x"), Note: "no recording of the call has begun since"}, nil)
			s.press("y")
		}, 1, "start a recording of the call …0201: unknown (", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSession(t, 120, 30, o)
				s.startsAs(deck.Progress{Outcome: deck.Verified}, nil)
				s.show(uncovered()).press("u").choose(sidBare).wait(time.Second).press("n").wait(time.Second)
				s.want("Start a recording of the call …0201?", "(702) 555-0113", "From then on the line is recorded: dual channels, the inbound side only.")
				tt.play(s)
				want := make([]string, 0, tt.sent)
				for range tt.sent {
					want = append(want, start)
				}
				s.wantStarts(want...)
				if tt.says != "" {
					s.want(tt.says)
				}
				r, _ := s.m.selected()
				if got := ""; r != nil || tt.on != "" {
					if r != nil {
						got = r.SID.String()
					}
					if got != tt.on {
						t.Errorf("%q is selected, want %q", got, tt.on)
					}
				}
			})
		})
	}
}

// TestStartNotAllowed: where nothing may be started nothing is asked.
func TestStartNotAllowed(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		o          Options
		snap       func(*deck.Snapshot) *deck.Snapshot
	}{
		{"read-only", "cannot start: tapedeck is read-only here", Options{ReadOnly: true}, nil},
		{"the role may not", "your role, operator, may not start", Options{Service: lacking("start")}, nil},
		{"the service is gone", "cannot start: the service is gone; this screen reconnects by itself", Options{Service: lacking()},
			func(s *deck.Snapshot) *deck.Snapshot { return gone(s, time.Now()) }},
		{"under way by another session", "cannot start a recording of …0201: a recording of the call is being started already", Options{},
			func(s *deck.Snapshot) *deck.Snapshot {
				s.Unrecorded[0].Start = &deck.Progress{Outcome: deck.Requested}
				return s
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSession(t, 100, 30, tt.o)
				snap := uncovered()
				if tt.snap != nil {
					snap = tt.snap(snap)
				}
				s.show(snap).press("u").choose(sidBare).wait(time.Second).press("n")
				if s.m.said() != tt.says || s.m.prompt != nil {
					t.Errorf("it says %q, want %q", s.m.said(), tt.says)
				}
				s.press("y")
				s.wantStarts()
			})
		})
	}
}

// TestUnrecordedOfProjects: of several projects, a row names its own, and a start is
// of that one.
func TestUnrecordedOfProjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		snap := func() *deck.Snapshot {
			eu, sales := uncovered(), uncovered()
			for _, u := range eu.Unrecorded {
				u.Profile = "support-eu"
			}
			for _, u := range sales.Unrecorded {
				u.Profile = "sales"
				u.Since = u.Since.Add(-time.Minute)
			}
			sales.InProgress.Listed = time.Now().Add(-time.Hour)
			return ofProfiles(deck.Part{Profile: "support-eu", Snapshot: eu}, deck.Part{Profile: "sales", Snapshot: sales})
		}
		s := newSession(t, 120, 40, Options{})
		s.startsAs(deck.Progress{Outcome: deck.Verified}, nil)
		s.show(snap()).press("u").choose(sidBare)
		s.want("NO REC 6?", "sales")
		s.wait(time.Second).press("n")
		s.want("Start a recording of the call …0201 (sales)?")
		s.wait(time.Second).press("y")
		s.wantStarts("start sales/0201 ana   no-recording")
	})
}

// TestUnrecordedOver: a selected row whose call has ended, or is recorded by now,
// stays and says so, and starts nothing.
func TestUnrecordedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t, 120, 30, Options{})
		s.show(uncovered()).press("u").choose(sidBare).show(covering(uncovered(), sidBare))
		s.want("(NO REC)", "ended, or recorded by now")
		s.wait(time.Second).press("n", "y")
		s.want("cannot start a recording of …0201: it has ended, or has a recording by now")
		s.wantStarts()
		s.press("k")
		s.wantNot("(NO REC)")
	})
}
