//go:build unix

package main

import (
	"syscall"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// testLeftWhileRunning: a session that runs is offered what others leave behind
// meanwhile: one that is killed, and one that quits knowingly. What one of two
// takes over is not offered to the other any more.
func testLeftWhileRunning(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	first, second := space.begin(10), space.begin(11)
	env := shared(t, space)
	stays := p.start(t, launch{env: env})
	stays.selects(first, "REC")

	killed := p.start(t, launch{env: env})
	killed.selects(first, "REC")
	killed.keys("p")
	killed.see("paused …a00a with silence: verified")
	stays.see("PAUSED 1")
	killed.signal(syscall.SIGKILL)
	<-killed.ended
	began := time.Now()
	stays.see("paused …a00a at ", " and lost the session; still paused", "t take it over", "L 1 left behind")
	t.Logf("offered %v after the end of its session", time.Since(began))

	quits := p.start(t, launch{env: env})
	quits.see("paused …a00a at ", "t take it over")
	guard()
	quits.keys("t")
	quits.see("took over …a00a")
	stays.see("the question about …a00a canceled: another session has answered it")
	stays.gone("left behind")
	quits.keys("j")
	quits.selects(second, "REC")
	quits.keys("p")
	quits.see("paused …a00b with silence: verified")
	quits.keys("q")
	quits.see("Quit? 2 recordings that you paused are still paused")
	guard()
	quits.keys("y")
	quits.exit(0, patience)

	stays.see("paused …a00a at ", " and quit at ", "L 2 left behind")
	guard()
	stays.keys("t")
	stays.see("took over …a00a", "L 1 left behind")
	stays.see("paused …a00b at ", " and quit at ") // once the keyboard is quiet
	guard()
	stays.keys("r")
	stays.see("Resume …a00b?")
	guard()
	stays.keys("y")
	stays.see("resumed …a00b: verified", "PAUSED 1")
	stays.gone("left behind")
}
