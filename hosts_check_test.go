//go:build linux || darwin

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/sim"
)

// why is what tells a refusal from others.
var why = regexp.MustCompile(`"code":"[^"]*"|^dial|EOF|deadline|reset`)

// done is what post returns where what was asked for is done.
const done = "done"

// post asks the service of a host for something, as its documentation says. It
// returns done, or why not, or what became of an update.
func (h *bastion) post(ctx context.Context, path, body string) string {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", h.socket)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tapedeck"+path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	resp, err := client.Do(req)
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return "dial: " + err.Error()
	} else if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Sprintf("%s %s", resp.Status, b)
	}
	if err != nil {
		return err.Error()
	}
	if path != local.PathRequests {
		return done
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	var state local.RequestState
	if err := json.Unmarshal(lines[len(lines)-1], &state); err != nil {
		return err.Error()
	}
	if p := state.Progress; p != nil && p.Settled && (p.Outcome == "verified" || p.Outcome == "accepted") {
		return done
	}
	return string(lines[len(lines)-1])
}

// journal returns the lines that the stream has of the journal of a host.
func (s *streams) journal(host string) (list [][]byte) {
	for subject, lines := range s.lines {
		if parts := strings.Split(subject, "."); len(parts) == 4 && parts[1] == host {
			list = append(list, lines...)
		}
	}
	return list
}

// differ says where two lists of lines differ first.
func differ(want, got [][]byte) string {
	for i := range min(len(want), len(got)) {
		if !bytes.Equal(want[i], got[i]) {
			return fmt.Sprintf("line %d is %q, and there %q", i+1, want[i], got[i])
		}
	}
	return fmt.Sprintf("%d lines, and there %d", len(want), len(got))
}

// record is what the journals of all hosts have.
type record struct {
	entries map[string][]onHost // by SID
	open    []string            // requests without an outcome
}

// onHost is an entry of a host's journal.
type onHost struct {
	journal.Entry
	*bastion
}

func (c *chaos) record() record {
	c.t.Helper()
	r := record{entries: map[string][]onHost{}}
	for _, h := range c.hosts {
		open := map[string]string{}
		for _, e := range h.entries() {
			sid := e.Recording.String()
			r.entries[sid] = append(r.entries[sid], onHost{e, h})
			switch e.Event {
			case journal.Request:
				open[e.ID] = h.name + ": " + sid + " " + e.StatusAsked
			case journal.Outcome:
				delete(open, e.ID)
			}
		}
		for _, what := range open {
			r.open = append(r.open, what)
		}
	}
	return r
}

// result is what the space, the streams and the journals have of one auto-resume.
type result struct {
	*order
	state    *timerState // nil where none was ever set
	pauses   []sim.UpdateRecord
	resumes  []sim.UpdateRecord
	requests []onHost // that are on record of a resume
	alarms   []onHost // that it was not done
	alarmed  bool     // a screen says so now
}

// check has the three agree on each auto-resume of the round.
func (c *chaos) check() {
	c.t.Helper()
	all := c.record()
	results := map[string]*result{}
	for _, o := range c.orders {
		r := &result{order: o, state: c.seen.timers[o.sid], alarmed: c.alarms(o)}
		for _, e := range all.entries[o.sid] {
			switch {
			case e.Event == journal.Request && e.StatusAsked == "in-progress":
				r.requests = append(r.requests, e)
			case isAlarm(e):
				r.alarms = append(r.alarms, e)
			}
		}
		results[o.sid] = r
	}
	for _, u := range c.space.Updates() {
		switch r := results[u.SID]; {
		case r == nil:
		case u.Status == "paused":
			r.pauses = append(r.pauses, u)
		case u.Status == "": // its host was killed before it had sent all of it
			c.count["half a request"]++
		default:
			r.resumes = append(r.resumes, u)
		}
	}
	for _, r := range results {
		kind, wrong := c.judge(r)
		c.count[kind]++
		if wrong != "" {
			c.t.Errorf("%s: %s\n%s", r.sid, wrong, c.story(r, all.entries[r.sid]))
		}
	}
	if len(all.open) > 0 {
		c.t.Errorf("requests without an outcome: %q", all.open)
	}
}

// judge returns what became of an auto-resume, and what is wrong with that.
func (c *chaos) judge(r *result) (kind, wrong string) {
	switch {
	case len(r.resumes) > 1:
		return "fired twice", "more than one resume was sent"
	case len(r.requests) > 1:
		return "on record twice", "more than one resume is on record"
	case len(r.resumes) == 1 && len(r.requests) == 0 && !c.dying(r.resumes[0].Time):
		return "not on record", "a resume that was sent is not on record"
	case len(r.resumes) == 1 && r.state == nil:
		return "fired out of nowhere", "a resume was sent, and the stream has no auto-resume"
	case r.state == nil && r.set_:
		return "lost", "it was said to be set, and the stream has none"
	case r.state == nil && r.pause && r.told == done && len(r.alarms) == 0 && !r.alarmed:
		return "lost", "it was to come after the pause, the stream has none, and nothing alarms"
	case r.state == nil:
		c.refusals[cmp.Or(why.FindString(r.told), r.told[:min(len(r.told), 200)], "not asked in time")]++
		return "never set", ""
	}
	if r.canceled == done && r.state.Timer.State != "canceled" && r.state.Timer.State != "failed" { // which has no more to cancel than its alarm
		return "canceled in vain", "it was said to be canceled, and is " + r.state.Timer.State
	}
	switch r.state.Timer.State {
	case "done":
		if len(r.resumes) != 1 {
			return "done for nothing", "it is done, and no resume was sent"
		}
		return "fired", c.inTime(r)
	case "canceled":
		if len(r.resumes) > 0 {
			return "canceled and fired", "it is canceled, and a resume was sent"
		}
		return "canceled", ""
	case "failed":
		kind = "alarmed"
		if len(r.resumes) > 0 {
			kind = "fired and alarmed"
		}
		if len(r.alarms) > 0 {
			return kind, ""
		}
		if c.count["not on record as failed"]++; c.count["not on record as failed"] > c.count["hosts killed"] || !r.alarmed && len(r.resumes) == 0 {
			wrong = "it has failed, and no journal says so"
		}
		return kind, wrong
	}
	return "open", "it is " + r.state.Timer.State
}

// inTime returns what is wrong with the time of a resume. The API tells the time of
// the space to the second, and a process that is stopped may send what it was
// about to send when it goes on.
func (c *chaos) inTime(r *result) string {
	const window, stopped = 3 * time.Second, 5 * time.Second
	late := r.resumes[0].Time.Sub(r.state.Timer.Due)
	switch {
	case late < -1500*time.Millisecond:
		return fmt.Sprintf("it was sent %s too early", -late)
	case late > 10*time.Second+window+stopped+5*time.Second:
		return fmt.Sprintf("it was sent %s late", late)
	case late > 3500*time.Millisecond:
		c.count["fired over 3.5 s late"]++
	}
	return ""
}

// dying reports whether a host was killed at about that time: an entry that is
// late is lost with it.
func (c *chaos) dying(at time.Time) bool {
	for _, list := range c.killed {
		if slices.ContainsFunc(list, func(k time.Time) bool { return k.Sub(at).Abs() < time.Second }) {
			return true
		}
	}
	return false
}

// story says all that is known of an auto-resume.
func (c *chaos) story(r *result, entries []onHost) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  asked %d times, with the pause: %v, due %s: %s; canceled: %q\n", r.tries, r.pause, r.due.UTC().Format(time.RFC3339Nano), r.told, r.canceled)
	if r.state != nil {
		fmt.Fprintf(&b, "  stream: %+v\n", *r.state)
	}
	for _, u := range append(r.pauses, r.resumes...) {
		fmt.Fprintf(&b, "  space: %s %s\n", u.Time.Format(time.RFC3339Nano), u.Status)
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "  journal of %s: %s %s %s %s %q\n", e.name, e.Time.Add(-e.shift).Format(time.RFC3339Nano), e.Event, e.StatusAsked, e.Outcome, e.Reason)
	}
	c.seen.mu.Lock()
	defer c.seen.mu.Unlock()
	for _, t := range c.seen.past[r.sid] {
		fmt.Fprintf(&b, "  heard %s\n", t)
	}
	return b.String()
}
