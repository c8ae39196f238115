//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/sim"
)

// sshRows is how many recordings there are: as many as the stock program has
// lines for at 80x24.
const sshRows = 22

// sshSessions returns how many sessions there are at once: 1,000, or
// SSHBENCH_SESSIONS.
func sshSessions() int {
	if n, err := strconv.Atoi(os.Getenv("SSHBENCH_SESSIONS")); err == nil {
		return n
	}
	return 1000
}

// sshBench is a simulated space, a server of screens by SSH, and clients, each in a
// process of its own but for the space.
type sshBench struct {
	b      testing.TB
	dir    string
	space  *sim.Space
	api    *httptest.Server
	server *part
	load   *part
	addr   string
	keys   [][]byte

	mu     sync.Mutex
	polled []time.Time // when each list of recordings was answered
	asked  int
}

// part is a process of the benchmark.
type part struct {
	b   testing.TB
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

// newSSHBench makes the space, the keys and the clients.
func newSSHBench(b testing.TB, wide bool) *sshBench {
	b.Helper()
	s := &sshBench{b: b, dir: shortDir(b), space: sim.New(sim.Options{Seed: 3})}
	if err := os.Chmod(s.dir, 0o700); err != nil {
		b.Fatal(err)
	}
	var rows []stockRow
	for i := range sshRows {
		began := time.Duration(i*37+15) * time.Second
		begin := sim.Begin{StartedAgo: began, From: fmt.Sprintf("+1310555%04d", 100+i*7), To: "+13105550199"}
		who := fmt.Sprintf("(310) 555-%04d → (310) 555-0199", 100+i*7)
		if wide {
			who = strings.Repeat("客服中心", 2) + string([]rune("一二三四五六七八九十")[i%10]) + "号线路"
			begin = sim.Begin{StartedAgo: began, Conference: true, FriendlyName: who}
		}
		sid := s.space.Begin(begin)
		rows = append(rows, stockRow{Who: who, SID: sid[len(sid)-4:], Began: time.Now().Add(-began)})
	}
	text, _ := json.Marshal(rows)
	s.write("rows", text)
	s.makeKeys(20)
	s.api = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.space.ServeHTTP(w, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked++
		if strings.HasSuffix(r.URL.Path, "/Recordings") || strings.HasSuffix(r.URL.Path, "/Recordings.json") {
			s.polled = append(s.polled, time.Now())
		}
	}))
	b.Cleanup(s.api.Close)
	s.load = s.start("load")
	return s
}

// shortDir returns a folder whose name is short enough for a socket in it.
func shortDir(b testing.TB) string {
	b.Helper()
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (s *sshBench) write(name string, text []byte) {
	s.b.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o600); err != nil {
		s.b.Fatal(err)
	}
}

// makeKeys makes keys of the clients, the first of them in a file for OpenSSH.
func (s *sshBench) makeKeys(n int) {
	s.b.Helper()
	var lines bytes.Buffer
	for i := range n {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			s.b.Fatal(err)
		}
		pem, err := pemOf(private)
		if err != nil {
			s.b.Fatal(err)
		}
		key, err := gossh.NewPublicKey(public)
		if err != nil {
			s.b.Fatal(err)
		}
		s.keys = append(s.keys, pem)
		fmt.Fprintf(&lines, "%s bench%d\n", bytes.TrimSpace(gossh.MarshalAuthorizedKey(key)), i)
	}
	s.write("keys", lines.Bytes())
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("%q", fmt.Sprint("bench", i)))
	}
	s.write("config.toml", fmt.Appendf(nil, "interval = \"2s\"\nlookback = \"24h\"\ntheme = \"dark\"\nssh_listen = \"127.0.0.1:0\"\nssh_keys = %q\n[roles.bench]\nmay = [\"view\", \"pause\", \"resume\"]\nkeys = [%s]\n",
		filepath.Join(s.dir, "keys"), strings.Join(names, ", ")))
	s.write("id", s.keys[0])
}

// start starts a process in a role.
func (s *sshBench) start(role string) *part {
	s.b.Helper()
	self, err := os.Executable()
	if err != nil {
		s.b.Fatal(err)
	}
	p := &part{b: s.b, cmd: exec.Command(self)}
	p.cmd.Env = clean(s.dir, sshRoleEnv+"="+role, sshDirEnv+"="+s.dir,
		"SIGNALWIRE_SPACE="+s.api.URL, "SIGNALWIRE_PROJECT_ID="+s.space.Project(), "SIGNALWIRE_API_TOKEN="+s.space.Token())
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		s.b.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		s.b.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		s.b.Fatal(err)
	}
	s.b.Cleanup(p.end)
	return p
}

// end ends a process.
func (p *part) end() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// tell sends a line of JSON, and reads the answer.
func (p *part) tell(order, answer any) {
	p.b.Helper()
	if err := json.NewEncoder(p.in).Encode(order); err != nil {
		p.b.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, answer)
	}
	if err != nil {
		p.b.Fatalf("%v: %s", err, line)
	}
}

// serve starts the server of a kind, and waits until it listens.
func (s *sshBench) serve(kind string) {
	s.b.Helper()
	s.server = s.start(kind)
	line, err := s.server.out.ReadString('\n')
	if err != nil {
		s.b.Fatal(err)
	}
	s.addr = strings.TrimSpace(line)
}

// state returns what the server's process holds.
func (s *sshBench) state() (p processState) {
	s.b.Helper()
	s.server.tell(os.Getenv("SSHBENCH_PROFILE"), &p)
	return p
}

// do has the clients do something.
func (s *sshBench) do(o loadOrder) (a loadAnswer) {
	s.b.Helper()
	o.Addr, o.Keys = s.addr, s.keys
	s.load.tell(o, &a)
	return a
}

// connect connects sessions, of which none may be refused, and returns how many
// seconds it takes.
func (s *sshBench) connect(n int) float64 {
	s.b.Helper()
	a := s.do(loadOrder{Do: "connect", N: n})
	if len(a.Errors) > 0 {
		s.b.Fatalf("%d of %d were refused: %s", len(a.Errors), n, a.Errors[0])
	}
	return a.Seconds
}

// cpu returns the seconds that the server's process has had of the processors.
func (s *sshBench) cpu() float64 {
	s.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.server.cmd.Process.Pid))
	if err != nil {
		s.b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return float64(user+system) / 100
}

// sshFigures is what sessions cost that only tick.
type sshFigures struct {
	connect    float64 // seconds until all have a screen
	heap       float64 // kB of a session
	stacks     float64 // kB of a session
	goroutines float64 // of a session
	cpu        float64 // of a core, of all
	bytes      float64 // a second and session
	wire       float64 // the same with all of SSH
	frames     float64 // a second and session: 1 where the server keeps up
}

// sshTime is for how long sessions are looked at that tick.
const sshTime = 20 * time.Second

// ticking measures sessions of a kind of server that only tick.
func (s *sshBench) ticking(kind string, n int) (f sshFigures) {
	s.b.Helper()
	s.serve(kind)
	s.connect(1)
	time.Sleep(3 * time.Second)
	before := s.state()
	f.connect = s.connect(n)
	time.Sleep(5 * time.Second)
	from, cpu, began := s.do(loadOrder{Do: "bytes"}), s.cpu(), time.Now()
	time.Sleep(sshTime)
	to, took := s.do(loadOrder{Do: "bytes"}), time.Since(began).Seconds()
	f.cpu = (s.cpu() - cpu) / took
	f.bytes = float64(to.Bytes-from.Bytes) / float64(n+1) / took
	f.wire = float64(to.Wire-from.Wire) / float64(n+1) / took
	f.frames = float64(to.Frames-from.Frames) / float64(n+1) / took
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1600 * time.Millisecond))) // between two ticks
	after := s.state()
	f.heap = float64(after.Heap-before.Heap) / float64(n) / 1000
	f.stacks = float64(after.Stacks-before.Stacks) / float64(n) / 1000
	f.goroutines = float64(after.Goroutines-before.Goroutines) / float64(n)
	s.do(loadOrder{Do: "leave"})
	s.server.end()
	return f
}

// BenchmarkSSH measures what sessions by SSH cost that only tick, 80x24 with 22
// recordings, and by turns those of a stock program of wish and Bubble Tea that
// shows the same. The server is a process of its own, and so are the clients.
func BenchmarkSSH(b *testing.B) {
	for _, wide := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "chinese"}[wide], func(b *testing.B) {
			var stock, ours sshFigures
			for b.Loop() {
				s := newSSHBench(b, wide)
				stock = s.ticking("stock", sshSessions())
				ours = s.ticking("ours", sshSessions())
			}
			b.ReportMetric(0, "ns/op")
			pair(b, "s-connect", ours.connect, stock.connect)
			pair(b, "kB-heap", ours.heap, stock.heap)
			pair(b, "kB-stacks", ours.stacks, stock.stacks)
			pair(b, "goroutines", ours.goroutines, stock.goroutines)
			pair(b, "cores", ours.cpu, stock.cpu)
			pair(b, "B/s", ours.bytes, stock.bytes)
			pair(b, "wire-B/s", ours.wire, stock.wire)
			pair(b, "frames/s", ours.frames, stock.frames)
			pair(b, "B/frame", ours.bytes/ours.frames, stock.bytes/stock.frames)
			if stock.frames < 0.95 {
				b.Log("the stock program does not keep up with its clock: only what is counted for each session holds")
			}
		})
	}
}

// BenchmarkSSHChange measures the time from the end of the poll that saw a change
// at the API until it is on each of the screens: a pause.
func BenchmarkSSHChange(b *testing.B) {
	s := newSSHBench(b, false)
	s.serve("ours")
	n := sshSessions()
	s.connect(n)
	time.Sleep(3 * time.Second)
	began, asked := time.Now(), s.requests()
	var took []float64
	for i := 0; b.Loop(); i++ {
		for range 10 {
			took = append(took, s.change(n)...)
		}
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(quantile(took, 50), "ms-median")
	b.ReportMetric(quantile(took, 99), "ms-p99")
	b.ReportMetric(took[len(took)-1], "ms-max")
	b.ReportMetric(float64(s.requests()-asked)/time.Since(began).Seconds(), "requests/s")
}

func (s *sshBench) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// change has a recording be paused, by somebody else, waits until that is on all
// screens, and has it be resumed. It returns the ms from the poll to each screen.
func (s *sshBench) change(n int) (ms []float64) {
	s.b.Helper()
	sid := s.space.Recordings()[0].SID
	polled, seen := s.set(sid, "paused", "PAUSED", n)
	for _, at := range seen {
		ms = append(ms, float64(at-polled.UnixNano())/1e6)
	}
	s.set(sid, "in-progress", "REC", n)
	time.Sleep(time.Duration(500+len(s.polled)*137%2000) * time.Millisecond) // at any point of the time between two polls
	return ms
}

// set gives a recording a status, and waits until its word is on all screens. It
// returns when the poll that saw it ended, and when each screen showed it, in ns of
// the epoch.
func (s *sshBench) set(sid, status, word string, n int) (polled time.Time, seen []int64) {
	s.b.Helper()
	s.do(loadOrder{Do: "arm", Text: word})
	changed := time.Now()
	s.space.SetStatus(sid, status)
	for limit := time.Now().Add(time.Minute); ; {
		time.Sleep(500 * time.Millisecond)
		seen = s.do(loadOrder{Do: "seen"}).Seen
		if left := n - len(slices.DeleteFunc(slices.Clone(seen), func(at int64) bool { return at == 0 })); left == 0 {
			break
		} else if time.Now().After(limit) {
			s.b.Fatalf("%d of %d screens do not show %s: %s", left, n, word, s.do(loadOrder{Do: "blind"}).Errors)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.polled[slices.IndexFunc(s.polled, func(at time.Time) bool { return at.After(changed) })], seen
}

// BenchmarkSSHKey measures the time from a key at OpenSSH's client, without its
// padding, to what it moves on the screen, beside 200 other sessions that tick.
func BenchmarkSSHKey(b *testing.B) {
	path, err := exec.LookPath("ssh")
	if err != nil {
		b.Skip("there is no ssh here")
	}
	s := newSSHBench(b, false)
	s.serve("ours")
	s.connect(200)
	host, port, _ := strings.Cut(s.addr, ":")
	cmd := exec.Command(path, "-F", "none", "-tt", "-i", filepath.Join(s.dir, "id"), "-p", port,
		"-o", "IgnoreUnknown=ObscureKeystrokeTiming", "-o", "ObscureKeystrokeTiming=no", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "IdentityAgent=none", "-o", "SendEnv=LANG", host)
	cmd.Env = clean(s.dir)
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); _ = master.Close() })
	p := &sshScreen{b: b, master: master, out: make(chan written, 10_000), screen: vt10x.New(vt10x.WithSize(80, 24))}
	go follow(master, p.out)
	p.rest(3 * time.Second)
	_, _ = master.WriteString("\x1b[3;2R")
	p.rest(2 * time.Second)
	_, _ = master.WriteString("g")
	p.rest(2 * time.Second)
	var took []float64
	for b.Loop() {
		for i := range 200 {
			took = append(took, p.press("jk"[i%2:i%2+1]))
			p.rest(time.Duration(100000+i*61800%200000) * time.Microsecond) // at any point of a second
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(quantile(took, 50), "ms-median")
	b.ReportMetric(quantile(took, 95), "ms-p95")
}

// sshScreen is a screen of OpenSSH's client in a terminal: what counts is which line is selected.
type sshScreen struct {
	b      *testing.B
	master *os.File
	out    chan written
	screen vt10x.Terminal
}

// line returns the line of the sign of the selected row; -1 for none.
func (p *sshScreen) line() int {
	return slices.IndexFunc(strings.Split(p.screen.String(), "\n"), func(line string) bool { return strings.Contains(line, "▌") })
}

// rest takes what comes within a time.
func (p *sshScreen) rest(d time.Duration) {
	for limit := time.After(d); ; {
		select {
		case w := <-p.out:
			_, _ = p.screen.Write(w.text)
		case <-limit:
			return
		}
	}
}

// press returns how many ms it takes from a key until another row is selected.
func (p *sshScreen) press(key string) float64 {
	p.b.Helper()
	before, pressed := p.line(), time.Now()
	_, _ = p.master.WriteString(key)
	for limit := time.After(10 * time.Second); ; {
		select {
		case w := <-p.out:
			_, _ = p.screen.Write(w.text)
			if at := p.line(); at >= 0 && at != before {
				return float64(w.at.Sub(pressed)) / 1e6
			}
		case <-limit:
			p.b.Fatalf("%s moves nothing:\n%s", key, p.screen)
		}
	}
}

// BenchmarkSSHComeAndGo measures what is left of the memory when sessions have come
// and gone three times, cut off with keys that nobody has read. The start is after
// as many have come and gone before: the runtime keeps what it knows of the most
// goroutines that there ever were, for the next ones.
func BenchmarkSSHComeAndGo(b *testing.B) {
	for b.Loop() {
		s := newSSHBench(b, false)
		s.serve("ours")
		s.connect(10)
		s.do(loadOrder{Do: "drop"})
		s.settle(math.MaxInt)
		first := s.state()
		var before, after processState
		for i := range 4 {
			s.connect(sshSessions())
			time.Sleep(2 * time.Second)
			s.do(loadOrder{Do: "drop"})
			s.settle(first.Goroutines)
			if after = s.state(); i == 0 {
				before = after
			}
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(first.Heap)/1000, "kB-with-none")
		b.ReportMetric(float64(before.Heap)/1000, "kB-before")
		b.ReportMetric(float64(after.Heap)/1000, "kB-after")
		b.ReportMetric(float64(after.Heap)/float64(before.Heap), "x-heap")
		b.ReportMetric(float64(after.Heap+after.Stacks)/float64(before.Heap+before.Stacks), "x-heap-stacks")
		b.ReportMetric(float64(after.Goroutines-first.Goroutines), "goroutines-more")
	}
}

// settle waits until the sessions of the server are over: until it has no more
// goroutines than that, and no longer fewer and fewer.
func (s *sshBench) settle(most int) {
	s.b.Helper()
	last := math.MaxInt
	for limit := time.Now().Add(2 * time.Minute); ; {
		time.Sleep(5 * time.Second)
		now := s.state().Goroutines
		if now <= most && now >= last || time.Now().After(limit) {
			return
		}
		last = now
	}
}
