package drill

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMandated: where recording is mandated the screen says so, a pause asks, a
// resume is one key, and the call that nobody records is recorded by n.
func TestMandated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, out, err := play(t, t.Context(), []string{"mandated"}, enter(), keys("j", "j", "p", "y", "r"), rest(5*time.Second, keys("g", "n", "y")), closing())
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"mandated passed (pause verified in 4.4 s of 60 s, all done in 13.8 s)"}, outcomes(r)); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s\n%s", diff, strings.Join(r.Scenarios[0].Story, "\n"))
		}
		for _, word := range []string{"EVIDENCE", "NO", "client:not-recorded"} {
			if !strings.Contains(out, word) {
				t.Errorf("%q was never on the screen", word)
			}
		}
	})
}
