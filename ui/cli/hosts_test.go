package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/local"
	"tapedeck/api/share"
)

// TestStatusOfHosts: that the other hosts are not heard, and which one is gone with
// something of its users, is in the line; all of them are in the JSON.
func TestStatusOfHosts(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	host := func(name string, gone bool, pauses int) deck.HostInfo {
		return deck.HostInfo{Host: share.Host{Name: name, Gone: gone, Heard: now.Add(-20 * time.Second)}, Pauses: pauses}
	}
	for _, tt := range []struct {
		name  string
		state share.State
		hosts []deck.HostInfo
		line  string
	}{
		{"nothing is shared", share.State{}, nil, "REC 0 PAUSED 0"},
		{"all are heard", share.State{Shared: true, Connected: true}, []deck.HostInfo{host("b", false, 2)}, "REC 0 PAUSED 0"},
		{"not heard", share.State{Shared: true, Since: now.Add(-42 * time.Second)}, []deck.HostInfo{host("b", true, 2)}, "REC 0 PAUSED 0 LOCAL ONLY 00:42"},
		{"gone with pauses", share.State{Shared: true, Connected: true}, []deck.HostInfo{host("b\x1b[2J", true, 2), host("c", true, 0)}, "HOST b[2J GONE 00:20"},
	} {
		s := statusOf(&deck.Snapshot{Health: deck.Health{Complete: now, Limit: time.Minute}, Share: tt.state, Hosts: tt.hosts}, now)
		var out statusOutput
		out.fill(s, now)
		var line []string
		for _, span := range out.spans {
			line = append(line, span.text)
		}
		if got := strings.Join(line, " "); !strings.Contains(strings.ReplaceAll(got, "\uFFFD", ""), tt.line) || strings.Contains(got, "LOCAL") != strings.Contains(tt.line, "LOCAL") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.line)
		}
		b, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Since *time.Time   `json:"local_only_since"`
			Hosts []sharedHost `json:"hosts"`
		}
		if err := json.Unmarshal(b, &got); err != nil || len(got.Hosts) != len(tt.hosts) || (got.Since != nil) != strings.Contains(tt.line, "LOCAL") {
			t.Errorf("%s: %v: %s", tt.name, err, b)
		}
	}
}

// TestPrintHosts: sessions has a line for each host that shares.
func TestPrintHosts(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	var b bytes.Buffer
	s := &local.Sharing{Connected: true, Since: ago(time.Hour), Hosts: []local.Host{
		{Name: "a", Version: "v1", Sessions: 3, Self: true}, {Name: "b", Version: "v1", Sessions: 2, Gone: true, Heard: ago(20 * time.Second), Pauses: 2, Timers: 1},
		{Name: "c", Gone: true, Left: true, Heard: ago(time.Minute)}, {Name: "d\x1b[2J", Heard: ago(time.Second)},
	}}
	if err := printHostsOf(&b, s, now); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"HOST          VERSION  SESSIONS  HEARD            PAUSED  AUTO-RESUMES\n",
		"a (this one)  v1       3         -                0       0\n",
		"b             v1       2         gone, 00:20 ago  2       1\n",
		"c             -        0         left 01:00 ago   0       0\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "\x1b") || strings.Contains(b.String(), "LOCAL") {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	s.Connected, s.Since, s.Why = false, ago(42*time.Second), "no answer"
	if err := printHostsOf(&b, s, now); err != nil || !strings.Contains(b.String(), "LOCAL ONLY 00:42: the other hosts are not heard: no answer\n") {
		t.Errorf("%v, %q", err, b.String())
	}
	b.Reset()
	if err := printHostsOf(&b, nil, now); err != nil || b.Len() > 0 {
		t.Errorf("%v, %q", err, b.String())
	}
}
