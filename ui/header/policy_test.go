package header

import (
	"strings"
	"testing"
	"time"

	"tapedeck/api/deck"
	"tapedeck/ui/theme"
)

// TestEvidence: the header says where recording is mandated, of several projects
// with their names, or how many they are where those have no room.
func TestEvidence(t *testing.T) {
	of := func(policies ...string) *deck.Snapshot {
		var parts []deck.Part
		for _, p := range policies {
			name, policy, _ := strings.Cut(p, "=")
			parts = append(parts, deck.Part{Profile: name, Snapshot: &deck.Snapshot{Policy: deck.Policy(policy), Health: deck.Health{Complete: now, Limit: time.Minute}}})
		}
		return deck.Merge(1, parts, now)
	}
	for _, tt := range []struct {
		name string
		s    *deck.Snapshot
		want string // empty for not at all
	}{
		{"privacy", of("eu=privacy"), ""},
		{"one", of("eu=evidence"), " EVIDENCE "},
		{"all of two", of("eu=evidence", "us=evidence"), " EVIDENCE "},
		{"one of two", of("eu=evidence", "us="), " EVIDENCE eu "},
		{"names that are long", of("a-long-name=evidence", "another-long-name=evidence", "us="), " EVIDENCE 2 of 3 "},
		{"many", of("a=evidence", "b=evidence", "c=evidence", "d=evidence", "us="), " EVIDENCE 4 of 5 "},
		{"a policy of a later version", of("eu=new"), " EVIDENCE "},
	} {
		m := New(theme.New(theme.Options{NoColor: true}), Options{})
		m.SetSnapshot(tt.s)
		got := strings.Join(m.View(120, State{Live: tt.s, Now: now}), "\n")
		if !strings.Contains(got, tt.want) || tt.want == "" && strings.Contains(got, "EVIDENCE") {
			t.Errorf("%s: %q is not in %q", tt.name, tt.want, got)
		}
	}
}
