package share

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// serverVar names the configuration of the server that this program is, instead
// of tests.
const serverVar = "TAPEDECK_TEST_NATS_SERVER"

func TestMain(m *testing.M) {
	if file := os.Getenv(serverVar); file != "" {
		serve(file)
		return
	}
	os.Exit(m.Run())
}

// serve is a server until its input ends.
func serve(file string) {
	o, err := server.ProcessConfigFile(file)
	if err != nil {
		panic(err)
	}
	o.NoSigs, o.NoLog = true, true
	s, err := server.NewServer(o)
	if err != nil {
		panic(err)
	}
	s.Start()
	if !s.ReadyForConnections(limit) {
		panic("the server does not start")
	}
	fmt.Println(s.ClientURL())
	_, _ = bufio.NewReader(os.Stdin).ReadString(0)
	s.Shutdown()
}

// serverProcess starts a server as a process of its own, and returns its URL.
func serverProcess(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "nats.conf")
	config := fmt.Sprintf("listen: \"127.0.0.1:-1\"\njetstream { store_dir: %q }\n", dir)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverVar+"="+file)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(url)
}

// inUse returns the memory in use: heap and stacks.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// hundred has a host say a hundred pauses, with what people wrote.
func hundred(p *peer) {
	for i := range 100 {
		f := pauseOf("operator " + sid(i))
		f.Pause.Request = "12345-67890-" + sid(i)
		f.Pause.Actor.SSHClient, f.Pause.Actor.SSHKey = "192.0.2.17:51234", "SHA256:"+strings.Repeat("a", 43)
		f.Pause.Actor.Host, f.Pause.Actor.TTY = "bastion.example.com", "/dev/pts/17"
		p.Put(keyOf(sid(i)), f)
	}
}

// TestBudgets holds what sharing costs a host at rest with another one and a
// hundred pauses: memory, and bytes a second. 2,000 active recordings that are
// not paused cost nothing, as nothing is said of them.
func TestBudgets(t *testing.T) {
	url := serverProcess(t)
	// The other host is in this process too, so that both are counted.
	memory, rate := measure(t, url, 1)
	t.Logf("%.2f MB a host, %.0f B/s", float64(memory)/1e6, rate)
	if memory > 2<<20 {
		t.Errorf("a host takes %d bytes more", memory)
	}
	if rate > 1000 {
		t.Errorf("%.0f bytes a second at rest", rate)
	}
}

// measure returns what a host takes, of memory and of bytes a second, with others
// and a hundred pauses.
func measure(t testing.TB, url string, others int) (memory int64, rate float64) {
	const faster = 20 // than signs of life are in truth
	quick := func(n *NATS) { n.every, n.goneAfter = Beat/faster, GoneAfter }
	way := relayTo(t, strings.TrimPrefix(url, "nats://"))
	before := inUse()
	var hosts []*peer
	for i := range others + 1 {
		at := url
		if i == others {
			at = way.url()
		}
		n, err := NewNATS(Options{Servers: at, Host: fmt.Sprint("host", i), Version: "v1.2.3"})
		if err != nil {
			t.Fatal(err)
		}
		quick(n)
		hosts = append(hosts, runs(t, n))
	}
	for _, h := range hosts {
		h.connected()
	}
	hundred(hosts[0])
	last := hosts[len(hosts)-1]
	eventually(t, "a hundred pauses", func() bool {
		last.NATS.mu.Lock()
		defer last.NATS.mu.Unlock()
		return len(last.facts) == 100
	})
	memory = (inUse() - before) / int64(len(hosts))
	const beats = 5
	start, began := way.through(), time.Now()
	time.Sleep(beats * Beat / faster)
	bytes, took := way.through()-start, time.Since(began)
	const pings = 12.0 // bytes a second, of which a short time has a small part
	return memory, float64(bytes)/took.Seconds()/faster + pings
}

// BenchmarkRest measures the same with 1, 2 and 9 other hosts.
func BenchmarkRest(b *testing.B) {
	for _, others := range []int{1, 2, 9} {
		b.Run(fmt.Sprintf("others=%d", others), func(b *testing.B) {
			for b.Loop() {
				memory, rate := measure(b, serverProcess(b), others)
				b.ReportMetric(float64(memory)/1e6, "MB")
				b.ReportMetric(rate, "B/s")
			}
		})
	}
}

// BenchmarkTold has ten hosts say 1,000 things a minute, and measures how long
// after it was said each of the others is told.
func BenchmarkTold(b *testing.B) {
	url := serverProcess(b)
	const hosts, perMinute = 10, 1000
	var mu sync.Mutex
	var took []time.Duration
	said := map[string]time.Time{}
	all := make(chan struct{}, 1<<20)
	var list []*peer
	for i := range hosts {
		n, err := NewNATS(Options{Servers: url, Host: fmt.Sprint("host", i), Version: "v1"})
		if err != nil {
			b.Fatal(err)
		}
		n.Watch(func(e Event) {
			if e.Told != nil {
				mu.Lock()
				took = append(took, time.Since(said[e.Told.SID]))
				mu.Unlock()
				all <- struct{}{}
			}
		})
		list = append(list, runs(b, n))
	}
	for _, h := range list {
		h.connected()
	}
	b.ResetTimer()
	n := 0
	for b.Loop() {
		time.Sleep(time.Minute / perMinute)
		mu.Lock()
		said[sid(n)] = time.Now()
		mu.Unlock()
		list[n%hosts].Put(keyOf(sid(n)), pauseOf("ann"))
		n++
	}
	for range n * (hosts - 1) {
		<-all
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1e3, "ms-median")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "ms-p99")
	b.ReportMetric(took[len(took)-1].Seconds()*1e3, "ms-max")
}

// BenchmarkPut measures what a caller waits for when something is said.
func BenchmarkPut(b *testing.B) {
	url := serverProcess(b)
	n, err := NewNATS(Options{Servers: url, Host: "one"})
	if err != nil {
		b.Fatal(err)
	}
	p := runs(b, n)
	p.connected()
	i := 0
	for b.Loop() {
		p.Put(keyOf(sid(i%100)), pauseOf(sid(i)))
		i++
	}
}

// BenchmarkFire measures an auto-resume from its claim to the moment at which the
// resume may be sent.
func BenchmarkFire(b *testing.B) {
	url := serverProcess(b)
	n, err := NewNATS(Options{Servers: url, Host: "one"})
	if err != nil {
		b.Fatal(err)
	}
	p := runs(b, n)
	p.connected()
	now := time.Now()
	for b.Loop() {
		b.StopTimer()
		timer, err := p.SetTimer(b.Context(), keyOf("RE1"), Setting{Due: now})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if timer, err = p.Claim(b.Context(), timer, now); err == nil {
			timer, err = p.Fire(b.Context(), timer)
		}
		b.StopTimer()
		if err == nil {
			_, err = p.Finish(b.Context(), timer, "verified")
		}
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkBinary builds the program as it is, and without what sharing by a
// server needs, and compares their sizes.
func BenchmarkBinary(b *testing.B) {
	dir := b.TempDir()
	build := func(name string, args ...string) float64 {
		out := filepath.Join(dir, name)
		cmd := exec.Command("go", append(append([]string{"build", "-trimpath", "-ldflags=-s -w"}, args...), "-o", out, "tapedeck")...)
		if msg, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, msg)
		}
		st, err := os.Stat(out)
		if err != nil {
			b.Fatal(err)
		}
		return float64(st.Size()) / 1e6
	}
	for b.Loop() {
		with, without := build("with"), build("without", "-overlay", withoutNATS(b, dir))
		b.ReportMetric(with, "MB-with")
		b.ReportMetric(without, "MB-without")
		b.ReportMetric(with/without, "times")
	}
}

// withoutNATS returns an overlay in which a host is always alone.
func withoutNATS(b *testing.B, dir string) string {
	b.Helper()
	stub := filepath.Join(dir, "stub.go")
	err := os.WriteFile(stub, []byte(`package share

import (
	"context"
	"errors"
)

type Options struct {
	Servers, Creds, CA, Host, Version string
	Silent                            bool
}

func (o Options) Shown() string { return "" }

type NATS struct{ *Files }

func NewNATS(o Options) (*NATS, error) { return nil, errors.New("not here") }

func (n *NATS) Engine(ctx context.Context) (Engine, error) { return Engine{}, errors.New("not here") }
`), 0o600)
	if err != nil {
		b.Fatal(err)
	}
	engine, err := os.ReadFile("engine.go")
	if err != nil {
		b.Fatal(err)
	}
	_, kind, _ := strings.Cut(string(engine), "\ntype Engine struct {")
	kind, _, _ = strings.Cut(kind, "\n}\n")
	kindFile := filepath.Join(dir, "engine.go")
	if err := os.WriteFile(kindFile, []byte("package share\n\nimport \"time\"\n\ntype Engine struct {"+kind+"\n}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	replace := map[string]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range files {
		path, err := filepath.Abs(name)
		if err != nil {
			b.Fatal(err)
		}
		switch name {
		case "share.go", "timer.go", "local.go", "files.go", "watch.go", "subject.go":
		case "nats.go":
			replace[path] = stub
		case "engine.go":
			replace[path] = kindFile
		default:
			if !strings.HasSuffix(name, "_test.go") {
				replace[path] = ""
			}
		}
	}
	config, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}
