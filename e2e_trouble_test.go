//go:build unix

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"tapedeck/api/sim"
)

// testStale: polls fail, the list stays, and it recovers by itself.
func testStale(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	mine := space.begin(10)
	space.begin(20)
	s := p.start(t, launch{env: space.env()})
	s.see("REC 2", "live · ")
	s.selects(mine, "REC")
	space.fault("503")
	s.see("STALE 00:", "HTTP 503", "next try ", "REC 2", "a00a", "a014")
	s.gone("live · ")
	space.EndRecording(sidOf(20)) // not seen before it recovers
	s.selects(mine, "REC")
	space.fault()
	s.see("live · ", "REC 1", "COMPLETED")
	s.gone("STALE")

	space.fault("403")
	s.see("STALE 00:", "HTTP 403", "a00a")
	space.fault("html")
	s.see("STALE 00:", "HTTP 502", "a00a")
	space.fault()
	s.see("live · ")
	s.keys("q")
	s.exit(0, patience)
}

// testSpaceAway: the server dies, and another one listens later on its port.
func testSpaceAway(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	mine := space.begin(10)
	space.begin(20)
	s := p.start(t, launch{env: space.env()})
	s.see("REC 2", "live · ")
	s.selects(mine, "REC")
	space.down()
	s.see("STALE 00:", "connection refused", "next try ", "REC 2", "a00a", "a014")
	s.keys("p") // nothing is refused for what may be old; this one cannot be sent
	s.see("pause …a00a: failed: connection refused", "STALE")
	s.selects(mine, "REC")
	space.up()
	s.see("live · ", "REC 2")
	s.gone("STALE")
	space.wantUpdates()
	time.Sleep(time.Until(s.typed.Add(800 * time.Millisecond))) // it is not held down
	s.keys("p")
	s.see("paused …a00a with silence: verified")
	if n := len(space.updates()); n != 1 {
		t.Errorf("%d updates, want 1", n)
	}
}

// testToken: nothing that is written anywhere has the token.
func testToken(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{Token: "PT+s3cr3t/With&Signs=0123456789"})
	faults := []string{"403", "html", "503", "drop", "429=1"}
	for i := range faults {
		space.Begin(sim.Begin{SID: sidOf(20 + i), StartedAgo: time.Hour, DateUpdatedAgo: time.Hour - time.Duration(i)*time.Minute, Status: "paused"})
	}
	mine := space.begin(10)
	env := space.env("TAPEDECK_LOG=debug")
	s := p.start(t, launch{env: env})
	s.see("PAUSED 5", "live · ")
	s.keys("G")
	s.selects(mine, "REC")
	s.keys("J") // the raw JSON
	s.see(`"sid"`, `"account_sid"`)
	s.types("J?")
	s.see("Keys that change a recording")
	s.types("?p")
	s.see("verified")
	s.types("cCf")
	s.see("FROZEN")
	s.keys("f")
	s.see("PAUSED 6")
	for _, fault := range faults {
		space.fault(fault + "@update")
		s.types("gr")
		s.see("Resume …")
		guard()
		s.keys("y")
		settled := regexp.MustCompile(`resume: (failed|contradicted) in |resume verified `)
		short, _ := selected(s.wait("see the outcome", settled.MatchString))
		space.fault()
		for _, r := range space.Recordings() { // One after the other is done with.
			if strings.HasSuffix(r.SID, short) {
				space.EndRecording(r.SID)
			}
		}
		s.see("…" + short + "  COMPLETED")
	}
	space.fault("403")
	s.see("STALE 00:", "HTTP 403")
	s.signal(syscall.SIGTERM)
	s.exit(143, patience)
	s.restored()

	logged := files(t, s.home)
	debug := logged["state/tapedeck/debug.log"]
	if !bytes.Contains(debug, []byte("POST")) || !bytes.Contains(debug, []byte("GET")) {
		t.Errorf("the debug log has no requests:\n%s", debug)
	}
	for name, data := range logged {
		for _, secret := range secrets(env) {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s has the token, as %s", name, secret)
			}
		}
		if bytes.Contains(data, []byte("Authorization")) || bytes.Contains(data, []byte("Basic ")) {
			t.Errorf("%s has a header", name)
		}
	}
}

// files returns every file below a directory that a program has written, and
// checks that only its owner can read them.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if d.IsDir() {
			if name == "state/tapedeck" && info.Mode().Perm() != 0o700 {
				t.Errorf("%s has mode %v", name, info.Mode())
			}
			return nil
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		out[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// testBurst: 200 keys that come at once all count.
func testBurst(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	for m := range 250 {
		space.begin(m + 1)
	}
	s := p.start(t, launch{env: space.env("TAPEDECK_INTERVAL=2s")})
	s.see("REC 250", "live · ")
	s.selects(sidOf(1), "REC")
	began := time.Now()
	s.keys(strings.Repeat("j", 200))
	s.selects(sidOf(201), "REC")
	t.Logf("200 keys took %v", time.Since(began))
	s.keys(strings.Repeat("\x1b[A", 100) + strings.Repeat("j", 20))
	s.selects(sidOf(121), "REC")
	space.wantUpdates()
}

// testKeyRepeat: a key that is held down does once what it does, and no key
// answers the prompt that it has opened.
func testKeyRepeat(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	mine := space.begin(10)
	path := "Calls/" + space.find(mine).CallSID + "/Recordings/" + mine
	s := p.start(t, launch{env: space.env()})
	s.selects(mine, "REC")
	s.keys(strings.Repeat("p", 20)) // nobody presses that fast: it asks
	s.see("Pause …a00a with silence?", "arrived in a burst")
	guard()
	s.keys("n")
	s.see("canceled, nothing was sent")
	space.wantUpdates()
	s.types(strings.Repeat("p", 20)) // held down
	s.selects(mine, "PAUSED")
	s.barrier()
	space.wantUpdates(path + " PauseBehavior=silence&Status=paused")

	s.types(strings.Repeat("r", 20))
	s.see("Resume …a00a?")
	s.keys(strings.Repeat("r", 20))
	s.keys("n")
	s.see("canceled, nothing was sent")
	s.keys("ry") // faster than anybody reads
	s.see("y ignored: it arrived in a burst", "Resume …a00a?")
	s.keys("n")
	s.gone("Resume …a00a?")
	s.types("ry") // on a slow machine, both at once
	s.wait("see that y does not count", func(screen string) bool {
		return strings.Contains(screen, "Resume …a00a?") &&
			(strings.Contains(screen, "too soon") || strings.Contains(screen, "y ignored"))
	})
	s.keys("n")
	s.gone("Resume …a00a?")
	s.keys("Xa00a\r")
	s.see("Stop …a00a", "enter ignored: it arrived in a burst", "then Enter:   ")
	s.keys(strings.Repeat("X", 20))
	s.barrierPaste("Stop …a00a", "pasted text answers nothing")
	s.keys("\x1b")
	s.see("stop …a00a: canceled, nothing was sent")
	s.keys("sxDKS\x1b[3~") // reserved
	s.see("stop is X, it asks first")
	s.barrier()
	space.wantUpdates(path + " PauseBehavior=silence&Status=paused")
	if got := space.find(mine).Status; got != "paused" {
		t.Errorf("the recording is %s", got)
	}
}

// testPaste: what is pasted does and answers nothing, whatever it says.
func testPaste(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	mine, paused := space.begin(10), space.Begin(sim.Begin{
		SID: sidOf(20), StartedAgo: 20 * time.Minute, Status: "paused",
	})
	paste := func(s string) string { return "\x1b[200~" + s + "\x1b[201~" }
	s := p.start(t, launch{env: space.env()})
	s.selects(paused, "PAUSED")
	s.keys("j")
	s.selects(mine, "REC")
	s.keys(paste("ppprrryyyXa00a\r"))
	s.see("pasted text does nothing here")
	s.keys("k")
	s.selects(paused, "PAUSED")
	s.keys(paste("ry\rXa014\rq"))
	s.barrier()

	s.keys("X")
	s.see("Stop …a014")
	guard()
	s.keys(paste("a014\r"))
	s.see("pasted text answers nothing", "Stop …a014")
	s.keys("\r")
	s.see(`nothing was stopped: "" is not a014`)
	s.keys("\x1b")
	s.see("canceled")
	s.keys("r")
	s.see("Resume …a014?")
	guard()
	s.keys(paste("y"))
	s.see("pasted text answers nothing", "Resume …a014?")
	s.keys("n")
	s.gone("Resume …a014?")
	s.keys("/")
	s.see("Enter keep")
	s.keys(paste("a00a\rp"))
	s.see("/ a00a p")
	s.keys("\x1b")
	s.gone("/ a00a p")
	s.barrier()
	space.wantUpdates()
}

// hostile are texts that would take over a terminal, and what of them must
// never be written to it.
var hostile = []struct{ text, never string }{
	{"\x1b]0;owned\a", "\x1b]0;owned"},
	{"\x1b]2;owned\x1b\\", "\x1b]2;owned"},
	{"\x1b[2Jcleared", "\x1b[2Jcleared"},
	{"\x1b]52;c;b3duZWQ=\a", "\x1b]52;c;b3duZWQ="},
	{"\u009b31mred", "\u009b31m"},
	{"\x1b[31mred", "\x1b[31mred"},
	{"\x1b]8;;http://evil.example\aclick", "\x1b]8;;http"},
	{"over\rwritten", "over\rwritten"},
	{"\u202egnitirw", "\u202e"},
	{"a\x00b\x08\x08c\x7f", "b\x08\x08c"},
	{"two\nlines", "two\n"},
}

// testHostileText: what callers and the API say is shown, and does nothing.
func testHostileText(t *testing.T, p program) {
	space := serveSpace(t, sim.Options{})
	for i, h := range hostile {
		space.Begin(sim.Begin{
			SID: sidOf(i + 1), StartedAgo: time.Duration(i+1) * time.Minute,
			Conference: i%2 == 0, FriendlyName: h.text + " room", From: h.text, To: h.text,
			Source: map[bool]string{true: h.text}[i%3 == 0],
		})
	}
	space.rewrite = func(path string, body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(`"caller_name":null`), []byte(`"caller_name":"\u001b]0;owned\u0007\u001b[2J\u001b]52;c;b3duZWQ=\u0007"`))
	}
	s := p.start(t, launch{env: space.env()})
	s.see("REC 11", "live · ", "room", "cleared")
	for i := range hostile {
		s.selects(sidOf(i+1), "")
		s.see("owned") // everywhere: in the list
		for _, key := range []string{"\r", "y", "y", "\r"} {
			s.keys(key)
		}
		s.barrier()
		s.keys("j")
	}
	s.keys("g")
	s.selects(sidOf(1), "")
	s.keys("r")
	s.keys("P")
	s.see("Pause …a001", "room (conference)")
	s.keys("n")
	s.keys("C")
	s.see("sent to the terminal's clipboard: ")
	s.refusedWithHostileWords(space)

	for i, line := range strings.Split(s.text(), "\n")[1:36] { // the message has three lines
		if before, _, ok := strings.Cut(line, "│"); !ok || utf8.RuneCountInString(before) != 70 {
			t.Errorf("line %d is not straight: %q", i+2, line)
		}
	}
	s.keys("q")
	s.exit(0, patience)
	s.restored()
	out := s.output()
	for _, h := range hostile {
		if strings.Contains(out, h.never) {
			t.Errorf("the terminal got %q", h.never)
		}
	}
	checkTitles(t, out)
}

// refusedWithHostileWords lets an update fail with a message that is hostile.
func (s *terminal) refusedWithHostileWords(space *space) {
	s.t.Helper()
	space.fault("403@update")
	space.mu.Lock()
	space.rewrite = func(_ string, body []byte) []byte {
		return regexp.MustCompile(`"message":"[^"]*"`).ReplaceAll(body,
			[]byte(`"message":"\u001b]0;owned\u0007\u001b[2J no \u001b]52;c;b3duZWQ=\u0007\r"`))
	}
	space.mu.Unlock()
	s.keys("p")
	s.see("pause …a001: ", "HTTP 403")
}

var (
	title     = regexp.MustCompile(`\x1b\][012];([^\x07\x1b]*)`)
	clipboard = regexp.MustCompile(`\x1b\]52;[^\x07\x1b]*`)
)

// checkTitles checks that only the program itself has set the title and the
// clipboard.
func checkTitles(t *testing.T, out string) {
	t.Helper()
	for _, m := range title.FindAllStringSubmatch(out, -1) {
		// The pause that failed alarms in the title too.
		if m[1] != "terminal" && !strings.HasPrefix(strings.TrimPrefix(m[1], "!NOT PAUSED …a001 "), "tapedeck ") {
			t.Errorf("the title was set to %q", m[1])
		}
	}
	if n := len(clipboard.FindAllString(out, -1)); n != 1 {
		t.Errorf("the clipboard was set %d times, want once, by C", n)
	}
}
