//go:build linux || darwin

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tapedeck/api/journal"
	"tapedeck/api/text"
)

// streams is what the streams of a server have, read without tapedeck.
type streams struct {
	t      testing.TB
	js     jetstream.JetStream
	last   map[string]uint64      // of each stream, up to which it was read
	timers map[string]*timerState // by SID
	lines  map[string][][]byte    // of the journal of each host, by its subject

	mu   sync.Mutex
	past map[string][]string // what was heard of each auto-resume as it happened, by SID
}

// timerState is the last state of an auto-resume.
type timerState struct {
	Seq   uint64
	Host  string `json:"host"`
	Timer struct {
		State   string    `json:"state"`
		ID      string    `json:"id"`
		SetBy   string    `json:"set_by"`
		Due     time.Time `json:"due"`
		Outcome string    `json:"outcome"`
		Why     string    `json:"why"`
	} `json:"timer"`
}

func (s *timerState) over() bool {
	return slices.Contains([]string{"done", "failed", "canceled"}, s.Timer.State)
}

func newStreams(t testing.TB, e *engine) *streams {
	t.Helper()
	nc := e.connect()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s := &streams{t: t, js: js, last: map[string]uint64{}, timers: map[string]*timerState{}, lines: map[string][][]byte{}, past: map[string][]string{}}
	_, err = nc.Subscribe("tapedeck.*.timer.>", func(m *nats.Msg) {
		v := &timerState{}
		parts := strings.Split(m.Subject, ".")
		if len(parts) != 6 || json.Unmarshal(m.Data, v) != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.past[parts[5]] = append(s.past[parts[5]], fmt.Sprintf("%s host %s: %s, after %s %s%s", time.Now().UTC().Format(time.RFC3339Nano),
			v.Host, v.Timer.State, m.Header.Get("Nats-Expected-Last-Subject-Sequence"), v.Timer.Outcome, v.Timer.Why))
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read reads what is new.
func (s *streams) read() {
	s.t.Helper()
	s.new("TAPEDECK", func(subject string, seq uint64, data []byte) {
		parts := strings.Split(subject, ".")
		if len(parts) != 6 || parts[2] != "timer" {
			return
		}
		v := &timerState{Seq: seq}
		if err := json.Unmarshal(data, v); err != nil || v.Timer.State == "" || v.Host != parts[1] {
			s.t.Errorf("stream: %s has %s", subject, data)
			return
		}
		s.timers[parts[5]] = v
	})
	s.new("TAPEDECK_JOURNAL", func(subject string, _ uint64, data []byte) {
		s.lines[subject] = append(s.lines[subject], bytes.Clone(data))
	})
}

// new calls take with each message of a stream that was not read yet.
func (s *streams) new(name string, take func(subject string, seq uint64, data []byte)) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	consumer, err := s.js.OrderedConsumer(ctx, name, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: s.last[name] + 1})
	if err != nil {
		s.t.Fatalf("read the stream %s: %v", name, err)
	}
	for {
		batch, err := consumer.FetchNoWait(1000)
		if err != nil {
			s.t.Fatalf("read the stream %s: %v", name, err)
		}
		n := 0
		for m := range batch.Messages() {
			about, err := m.Metadata()
			if err != nil {
				s.t.Fatal(err)
			}
			take(m.Subject(), about.Sequence.Stream, m.Data())
			s.last[name] = about.Sequence.Stream
			n++
		}
		if n == 0 {
			return
		}
	}
}

// lines returns the lines of a host's journal, as they are in its files.
func (h *bastion) lines() (list [][]byte) {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.state(), "journal-*.jsonl"))
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Sort(files)
	for _, file := range append(files, filepath.Join(h.state(), journal.FileName)) {
		b, err := os.ReadFile(file)
		if err != nil {
			h.t.Fatal(err)
		}
		for line := range bytes.Lines(b) {
			list = append(list, bytes.TrimSuffix(line, []byte("\n")))
		}
	}
	return list
}

// settle waits until nothing more comes of the auto-resumes of a round, all journals
// are in the stream, and each that has failed is on record as such, which one is not
// whose host was killed in between.
func (c *chaos) settle() {
	c.t.Helper()
	var settled time.Time
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		c.seen.read()
		open := c.open()
		if len(open) > 0 {
			settled = time.Time{}
		} else if settled.IsZero() {
			settled = time.Now()
		}
		if len(open) == 0 && (c.onRecord() || time.Since(settled) > 10*time.Second) {
			return
		}
		if time.Since(began) > 2*patience {
			c.t.Fatalf("not settled: %s", strings.Join(open, "\n"))
		}
	}
}

// onRecord reports whether all that have failed are on record as such.
func (c *chaos) onRecord() bool {
	all := c.record()
	return !slices.ContainsFunc(c.orders, func(o *order) bool {
		s := c.seen.timers[o.sid]
		return s != nil && s.Timer.State == "failed" && !slices.ContainsFunc(all.entries[o.sid], isAlarm)
	})
}

// isAlarm reports whether an entry says that an auto-resume was not done.
func isAlarm(e onHost) bool {
	return e.Event == journal.Timer && strings.Contains(e.Reason, "not done")
}

// open returns what is not settled yet.
func (c *chaos) open() (open []string) {
	for _, o := range c.orders {
		if s := c.seen.timers[o.sid]; s != nil && !s.over() {
			open = append(open, o.sid+" is "+s.Timer.State+" by "+s.Host)
		} else if s != nil && s.Timer.State == "failed" && !c.alarms(o) && c.space.find(o.sid).Status == "paused" {
			open = append(open, o.sid+" has failed, and no screen alarms")
		} else if s == nil && o.pause && o.told == done && !c.alarms(o) {
			open = append(open, o.sid+" was to be resumed after its pause, which no host knows, and no screen alarms")
		}
	}
	if len(open) > 0 {
		return open
	}
	if open = c.record().open; len(open) > 0 {
		return open
	}
	for _, h := range c.hosts {
		if want, got := h.lines(), c.seen.journal(h.name); !slices.EqualFunc(want, got, bytes.Equal) {
			open = append(open, "the journal of host "+h.name+" is not what the stream has of it: "+differ(want, got))
		}
	}
	return open
}

// alarms reports whether a screen says now that an auto-resume was not done.
func (c *chaos) alarms(o *order) bool {
	return slices.ContainsFunc(c.hosts, func(h *bastion) bool {
		r := h.client.Snapshot().Find(text.New(o.sid))
		return r != nil && r.Timer.Err != ""
	})
}
