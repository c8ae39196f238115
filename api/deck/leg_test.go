package deck

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tapedeck/api"
	"tapedeck/api/text"
)

// TestLeg: a call that a walk holds is the call that came, also where its texts
// are not safe to show, are long, or were in doubt.
func TestLeg(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC)
	plain := api.Call{
		SID: text.New("c-1"), ParentCallSID: text.New("c-0"), From: text.New("+13105550142"), To: text.New("sip:a@b"),
		FromFormatted: text.New("(310) 555-0142"), CallerName: text.New("Zoë 漢字"), Direction: text.New("inbound"), Status: api.InProgress,
		Start: at, Created: at.Add(-time.Second),
	}
	odd, long, doubtful := plain, plain, plain
	odd.CallerName = text.New("a\x1b[2Jb\xff")
	long.ToFormatted = text.New(strings.Repeat("x", 1<<16))
	doubtful.Doubtful = true
	for name, want := range map[string]api.Call{"plain": plain, "odd": odd, "long": long, "doubtful": doubtful, "empty": {}} {
		l := legOf(want)
		if diff := cmp.Diff(want, *l.call(), cmpopts.IgnoreUnexported(api.Call{}), cmp.Comparer(func(a, b text.Text) bool { return a == b })); diff != "" {
			t.Errorf("%s (-came +held):\n%s", name, diff)
		}
		if l.sid() != want.SID || l.parent() != want.ParentCallSID || (l.odd == nil) != (name == "plain" || name == "empty") {
			t.Errorf("%s: %+v", name, l)
		}
	}
}
