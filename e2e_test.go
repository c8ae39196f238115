//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// build builds a program of this module.
func build(tb testing.TB, args ...string) {
	tb.Helper()
	if out, err := exec.Command("go", append([]string{"build"}, args...)...).CombinedOutput(); err != nil {
		tb.Fatalf("build the program: %v\n%s", err, out)
	}
}

// TestE2E runs the program as people do: the built binary in a pseudo-terminal,
// against a simulated space on loopback.
func TestE2E(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	p := program{path: filepath.Join(t.TempDir(), "tapedeck")}
	build(t, "-o", p.path, ".")
	tests := []struct {
		name string
		test func(*testing.T, program)
	}{
		{"hosts", testHosts},
		{"hosts on a cluster", testHostsCluster},
		{"linked", testLinked},
		{"stuck server", testStuckServer},
		{"space away", testSpaceAway},
		{"updates", testUpdates},
		{"updates of a conference", testConferenceUpdates},
		{"two at once", testTwoAtOnce},
		{"resize", testResize},
		{"too small", testTooSmall},
		{"start", testStart},
		{"demo", testDemo},
		{"drill", testDrill},
		{"move", testMove},
		{"rows move", testRowsMove},
		{"filter", testFilter},
		{"quit", testQuit},
		{"quit asks", testQuitAsks},
		{"suspend", testSuspend},
		{"stopped", testStopped},
		{"fatal signals", testFatalSignals},
		{"title", testTitle},
		{"signals", testSignals},
		{"signals during an update", testSignalsDuringUpdate},
		{"second signal", testSecondSignal},
		{"terminal dropped", testTerminalDropped},
		{"terminal dropped during an update", testTerminalDroppedDuringUpdate},
		{"terminal stuck", testTerminalStuck},
		{"terminal stuck during an update", testTerminalStuckDuringUpdate},
		{"not a terminal", testNotATerminal},
		{"stale", testStale},
		{"token", testToken},
		{"burst", testBurst},
		{"key repeat", testKeyRepeat},
		{"paste", testPaste},
		{"hostile text", testHostileText},
		{"terminals", testTerminals},
		{"crash report", testCrashReport},
		{"crash", testCrash},
		{"panic", testPanic},
		{"timer outlives", testTimerOutlives},
		{"terminated", testTerminated},
		{"left beside a timer", testLeftBesideTimer},
		{"left while running", testLeftWhileRunning},
		{"attached", testAttached},
		{"attached role", testAttachedRole},
		{"no service", testNoService},
		{"status", testStatus},
		{"marks", testMarks},
		{"alarm command", testAlarmCommand},
		{"journal broken", testJournalBroken},
		{"nothing else writes", testNothingElseWrites},
		{"service", testService},
		{"ssh", testSSH},
		{"ssh master", testSSHMaster},
		{"ssh restart", testSSHRestart},
		{"ssh for long", testSSHLong},
		{"team", testTeam},
		{"team for long", testTeamLong},
		{"long", testLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, p)
		})
	}
}
