package journal

import (
	"context"
	"strings"
	"testing"
	"time"

	"tapedeck/api/text"
)

// lineUp returns a journal with these entries of a project, by whoever they say.
func lineUp(t *testing.T, list ...Entry) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := newStore(Options{Dir: dir})
	_, err := s.tryLock()
	check(t, err)
	defer s.close()
	for i := range list {
		list[i].Time = time.Now().Add(time.Duration(i-len(list)) * time.Second)
		if list[i].Project == "" {
			list[i].Space, list[i].Project = "https://acme.example", "p"
		}
	}
	_, err = s.append(list)
	check(t, err)
	return dir
}

// by returns an entry of a process: of one that has ended, of this one, or of
// another machine's.
func (e Entry) by(w Who) Entry { e.Who = w; return e }

// leftBehind returns what a first look at the journal in dir finds.
func leftBehind(ctx context.Context, dir, space, project string) ([]LeftPause, error) {
	f := Follow(dir, space, project)
	err := f.look(ctx)
	return f.behind.list(), err
}

func TestLeftBehind(t *testing.T) {
	dead := Who{Actor: "alice", Host: mustHostname(t), PID: 1 << 22, Started: ownStart()}
	script := dead
	script.Command = true
	self := Who{Actor: "bob"}.writtenBy(thisProcess())
	far := Who{Actor: "carol", Host: "elsewhere", PID: 1, Started: "x"}
	with := func(e Entry, outcome string) Entry { e.Outcome = outcome; return e }
	resumed := outcome("r")
	resumed.StatusAsked, resumed.StatusAnswered = "in-progress", "in-progress"
	others := Entry{Event: Seen, ID: "w", Recording: rec1, StatusAsked: "paused", StatusAnswered: "in-progress", Reason: "resumed by others; by whom is not known"}
	anew := with(outcome("w2"), "verified")
	anew.ID = "w2"
	secondPause := request("w2")
	byOthers := Entry{Event: Seen, ID: "r", Recording: rec1, StatusAsked: "in-progress", StatusAnswered: "paused", Reason: "paused by others; by whom is not known"}
	portless := request("w").by(dead)
	portless.Space, portless.Project = "https://ACME.example:443/", "p"
	taken := Entry{Event: Ack, Recording: rec1, Reason: "taken over"}
	quit := Entry{Event: Behind, Recording: rec1, Reason: "quit"}
	tests := []struct {
		name string
		list []Entry
		want string // actor and why
	}{
		{"its session has died", []Entry{request("w").by(dead), outcome("w").by(dead)}, "alice"},
		{"its session lives", []Entry{request("w").by(self), outcome("w").by(self)}, ""},
		{"nobody knows of its session", []Entry{request("w").by(far), outcome("w").by(far)}, ""},
		{"it died before the answer", []Entry{request("w").by(dead)}, "alice"},
		{"it died before the answer, and that is not known", []Entry{request("w").by(dead), with(outcome("w").by(self), "unknown")}, "alice"},
		{"it was not done", []Entry{request("w").by(dead), with(outcome("w").by(dead), "failed")}, ""},
		{"it was seen later to be done", []Entry{request("w").by(dead), with(outcome("w").by(dead), "contradicted"),
			{Event: Seen, ID: "w", Recording: rec1, StatusAsked: "paused", Outcome: "verified"}}, "alice"},
		{"a wrong guess, then the truth", []Entry{request("w").by(dead), with(outcome("w").by(self), "contradicted"), outcome("w").by(dead)}, "alice"},
		{"the truth, then a wrong guess", []Entry{request("w").by(dead), outcome("w").by(dead), with(outcome("w").by(self), "contradicted")}, "alice"},
		{"resumed since", []Entry{request("w").by(dead), outcome("w").by(dead), resumed}, ""},
		{"resumed by others since", []Entry{request("w").by(dead), outcome("w").by(dead), others.by(dead)}, ""},
		{"resumed by others, then paused again", []Entry{request("w").by(dead), outcome("w").by(dead), others.by(dead), secondPause.by(dead), anew.by(dead)}, "alice"},
		{"resumed, paused by others", []Entry{request("w").by(dead), outcome("w").by(dead), resumed, byOthers.by(dead)}, ""},
		{"taken over", []Entry{request("w").by(dead), outcome("w").by(dead), taken.by(self)}, ""},
		{"taken over and left knowingly", []Entry{request("w").by(dead), outcome("w").by(dead), taken.by(self), quit.by(self)}, "bob quit"},
		{"taken over, then the one that made it quits", []Entry{request("w").by(dead), outcome("w").by(dead), taken.by(self), quit.by(dead)}, ""},
		{"taken over by another session of the same user, then the first one quits", []Entry{request("w").by(dead), outcome("w").by(dead),
			taken.by(Who{Actor: "alice"}.writtenBy(thisProcess())), quit.by(dead)}, ""},
		{"quit while it was somebody else's, who then dies", []Entry{request("w").by(self), outcome("w").by(self), taken.by(dead), quit.by(self)}, "alice"},
		{"a command's", []Entry{request("w").by(script), outcome("w").by(script)}, ""},
		{"a command's, with a result that was found later", []Entry{request("w").by(script), outcome("w").by(self)}, ""},
		{"a command that was killed before the answer", []Entry{request("w").by(script)}, "alice"},
		{"a command's whose result nobody knows", []Entry{request("w").by(script), with(outcome("w").by(script), "unknown")}, "alice"},
		{"a command's over that of a session that has died", []Entry{request("w").by(dead), outcome("w").by(dead), secondPause.by(script), anew.by(script)}, ""},
		{"a command's, taken over and left knowingly", []Entry{request("w").by(script), outcome("w").by(script), taken.by(self), quit.by(self)}, "bob quit"},
		{"the space with its port", []Entry{portless, outcome("w").by(dead)}, "alice"},
		{"an older file", []Entry{{Event: "wish", ID: "w", Recording: rec1, StatusAsked: "paused"}, outcome("w").by(self),
			{Event: "left", Recording: rec1, Reason: "quit"}}, " quit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, err := leftBehind(t.Context(), lineUp(t, tt.list...), "https://acme.example", "p")
			check(t, err)
			got := ""
			for _, a := range list {
				got += strings.TrimRight(a.Actor+" "+a.Why, " ")
			}
			if got != tt.want {
				t.Errorf("left behind: %q, want %q", got, tt.want)
			}
		})
	}
}

func mustHostname(t *testing.T) string {
	t.Helper()
	j, err := Open(Options{Dir: t.TempDir()})
	check(t, err)
	check(t, j.Close())
	return j.own.Host
}

func TestSameSpace(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"https://h.example", "https://h.example:443", true},
		{"https://h.example/", "https://H.example", true},
		{"http://127.0.0.1:80", "http://127.0.0.1", true},
		{"https://h.example:8443", "https://h.example", false},
		{"https://h.example:4430", "https://h.example", false},
		{"http://h.example:443", "http://h.example", false},
		{"https://h.example", "https://i.example", false},
		{"https://[::1]:443", "https://[::1]", true},
		{"", "https://h.example", false},
		{"", "", true},
	}
	for _, tt := range tests {
		if got := SameSpace(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q: %v", tt.a, tt.b, got)
		}
	}
}

// Older files have other names of two events; new lines do not.
func TestEventNames(t *testing.T) {
	for old, want := range map[string]Event{"wish": Request, "left": Behind, "request": "request", "left-behind": "left-behind", "more": "more"} {
		var e Entry
		check(t, e.UnmarshalJSON([]byte(`{"time":"2026-03-01T03:00:00Z","event":"`+old+`"}`)))
		if e.Event != want {
			t.Errorf("%s is read as %s", old, e.Event)
		}
	}
	b, err := Entry{Event: Request, Recording: text.New("r")}.MarshalJSON()
	if err != nil || !strings.Contains(string(b), `"event":"request"`) {
		t.Errorf("%s, %v", b, err)
	}
}

// Who follows the journal sees the outcome of the session that asked, whatever
// others have found out before or after it.
func TestFollowTheTruth(t *testing.T) {
	self, other := Who{Actor: "alice", PID: 1}, Who{Actor: "bob", PID: 2}
	guess := outcome("w").by(other)
	guess.Outcome = "contradicted"
	for name, list := range map[string][]Entry{
		"a guess before": {request("w").by(self), guess, outcome("w").by(self)},
		"a guess after":  {request("w").by(self), outcome("w").by(self), guess},
	} {
		f := Follow(lineUp(t, list...), "https://acme.example:443", "p")
		check(t, f.look(t.Context()))
		actions, err := f.Actions(9)
		check(t, err)
		p, ok := f.Paused(rec1)
		if len(actions) != 1 || actions[0].Outcome != "verified" || !ok || p.At.Sub(actions[0].Time) != 120*time.Millisecond {
			t.Errorf("%s: %+v; paused %+v", name, actions, p)
		}
	}
}
