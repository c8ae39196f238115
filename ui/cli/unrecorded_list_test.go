package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/sim"
)

const (
	sidBareCall = "5e4d3c2b-2222-4eee-8fff-000000000201"
	sidBareRoom = "5e4d3c2b-2222-4eee-8fff-000000000301"
)

// spaceUnrecorded has a call and a conference without a recording, beside one with.
func spaceUnrecorded() *sim.Space {
	space := spaceWith(sim.Begin{SID: sidA, StartedAgo: time.Minute})
	space.Call(sim.Line{SID: sidBareCall, Ago: 2 * time.Minute, From: "+13105550142", To: "+13105550199"})
	space.Conference(sim.Line{SID: sidBareRoom, Ago: time.Minute, Name: "Fraud review", People: []string{sidBareCall}})
	return space
}

// TestListUnrecorded: the calls without a recording, in each form, by the command's own
// deck.
func TestListUnrecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := spaceUnrecorded()
		app := offline(t, space)
		code, stdout, stderr := call(t, app, "unrecorded")
		rows := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
		if code != 0 || stderr != "" || len(rows) != 2 || !strings.HasPrefix(rows[0], sidBareCall+"\tcall\t12") ||
			!strings.HasSuffix(rows[0], "\t(310) 555-0142 → (310) 555-0199\t"+sidBareRoom) || !strings.HasPrefix(rows[1], sidBareRoom+"\tconference\t") {
			t.Errorf("exit code %d, %s\n%s", code, stderr, stdout)
		}
		code, stdout, stderr = call(t, app, "unrecorded", "--json")
		valid(t, "unrecorded", []byte(stdout))
		var list []map[string]any
		if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != 0 || len(list) != 2 {
			t.Fatalf("exit code %d, %v, %s\n%s", code, err, stderr, stdout)
		}
		if u := list[0]; u["call_sid"] != sidBareCall || u["conference_sid"] != sidBareRoom || u["conference"] != "Fraud review" || u["from"] != "(310) 555-0142" {
			t.Errorf("the call is %v", u)
		}
		if u := list[1]; u["call_sid"] != nil || u["kind"] != "conference" || u["people"] != 1.0 || u["who"] != "Fraud review (conference)" {
			t.Errorf("the conference is %v", u)
		}
		app.Terminal = true
		if _, stdout, _ := call(t, app, "unrecorded"); !strings.Contains(stdout, "02:0") || !strings.Contains(stdout, sidBareCall) {
			t.Errorf("on a terminal:\n%s", stdout)
		}
	})
}

// TestListUnrecordedUnknown: what is not known is said, and not printed as none.
func TestListUnrecordedUnknown(t *testing.T) {
	for _, tt := range []struct {
		name, fault string
		code        int
		says        string
	}{
		{"nothing can be read", "503", 6, "cannot see"},
		{"not allowed", "403", 4, "cannot see"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := spaceUnrecorded()
				app := offline(t, space)
				fault(t, space, tt.fault)
				code, stdout, stderr := call(t, app, "unrecorded", "--timeout", "3s")
				if code != tt.code || stdout != "" || !strings.Contains(stderr, tt.says) {
					t.Errorf("exit code %d, %q, %s", code, stdout, stderr)
				}
			})
		})
	}
	if code, _, stderr := call(t, App{}, "unrecorded", "--timeout", "1h"); code != 2 || !strings.Contains(stderr, "allowed is a time up to 10m") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}
