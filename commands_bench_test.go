//go:build unix

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"tapedeck/api/sim"
)

// BenchmarkCommands measures the commands of the built program, each beside its
// baseline in the same run, and reports medians: the processor time of --version
// beside an empty Go program; list through tapedeck serve beside gh --version,
// where gh is installed, else beside git --version; list without a service beside
// the two requests that it sends, by a client that is connected already.
func BenchmarkCommands(b *testing.B) {
	dir, err := os.MkdirTemp("", "td") // short, for the path of a socket
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tapedeck, empty := filepath.Join(dir, "tapedeck"), filepath.Join(dir, "empty")
	build(b, "-trimpath", "-ldflags", "-s -w", "-o", tapedeck, ".")
	source := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	build(b, "-trimpath", "-ldflags", "-s -w", "-o", empty, source)
	space := sim.New(sim.Options{History: 500, Seed: 5})
	for i := range 24 {
		space.Begin(sim.Begin{StartedAgo: time.Duration(i) * time.Minute})
	}
	server := httptest.NewServer(space)
	defer server.Close()
	alone := []string{"HOME=" + dir, "LANG=C.UTF-8", "SIGNALWIRE_SPACE=" + server.URL, "SIGNALWIRE_PROJECT_ID=" + space.Project(), "SIGNALWIRE_API_TOKEN=" + space.Token(), "TAPEDECK_SERVER=off"}
	served := []string{"HOME=" + dir, "LANG=C.UTF-8", "TAPEDECK_SERVER=" + filepath.Join(dir, "s")}
	defer serveFor(b, tapedeck, append(alone, "TAPEDECK_SOCKET="+filepath.Join(dir, "s")), served)()
	other := "gh"
	if _, err := exec.LookPath(other); err != nil {
		other = "git"
	}
	var m medians
	for b.Loop() {
		_, cpu := timed(b, nil, empty)
		m.add("empty-cpu-ms", cpu)
		_, cpu = timed(b, nil, tapedeck, "--version")
		m.add("version-cpu-ms", cpu)
		wall, _ := timed(b, os.Environ(), other, "--version")
		m.add(other+"-version-ms", wall)
		wall, _ = timed(b, served, tapedeck, "list")
		m.add("list-served-ms", wall)
		m.add("requests-ms", twoRequests(b, server, space))
		wall, _ = timed(b, alone, tapedeck, "list")
		m.add("list-alone-ms", wall)
	}
	m.report(b)
}

// serveFor starts tapedeck serve, and returns what ends it, once its recordings
// are there.
func serveFor(b *testing.B, tapedeck string, env, client []string) (end func()) {
	b.Helper()
	cmd := exec.Command(tapedeck, "serve")
	cmd.Env = env
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for range 200 {
		list := exec.Command(tapedeck, "list")
		list.Env = client
		if out, err := list.Output(); err == nil && bytes.Count(out, []byte("\n")) == 24 {
			return func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }
		}
		time.Sleep(20 * time.Millisecond)
	}
	_ = cmd.Process.Kill()
	b.Fatal("the service does not serve the recordings")
	return nil
}

// timed runs a program to its end, and returns the time by the clock and that of
// the processors, in ms.
func timed(b *testing.B, env []string, program string, args ...string) (wall, cpu float64) {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = env
	if env == nil {
		cmd.Env = []string{"HOME=/nonexistent"}
	}
	began := time.Now()
	out, err := cmd.Output()
	wall = ms(time.Since(began))
	if err != nil {
		b.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return wall, ms(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime())
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// twoRequests sends the two requests of list at one time, and returns how long
// it takes until both answers were read, in ms.
func twoRequests(b *testing.B, server *httptest.Server, space *sim.Space) float64 {
	b.Helper()
	began := time.Now()
	var both sync.WaitGroup
	for _, path := range []string{"Recordings.json?PageSize=1000", "Calls.json?Status=in-progress&PageSize=1000"} {
		both.Go(func() {
			req, err := http.NewRequest(http.MethodGet, server.URL+"/api/laml/2010-04-01/Accounts/"+space.Project()+"/"+path, nil)
			if err != nil {
				b.Error(err)
				return
			}
			req.SetBasicAuth(space.Project(), space.Token())
			resp, err := server.Client().Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			defer func() { _ = resp.Body.Close() }()
			if n, err := io.Copy(io.Discard, resp.Body); err != nil || n == 0 || resp.StatusCode != http.StatusOK {
				b.Errorf("%s: %s, %d bytes, %v", path, resp.Status, n, err)
			}
		})
	}
	both.Wait()
	return ms(time.Since(began))
}

// medians are figures by their names.
type medians struct {
	names []string
	of    map[string][]float64
}

func (m *medians) add(name string, v float64) {
	if m.of == nil {
		m.of = map[string][]float64{}
	}
	if !slices.Contains(m.names, name) {
		m.names = append(m.names, name)
	}
	m.of[name] = append(m.of[name], v)
}

func (m *medians) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	for _, name := range m.names {
		list := slices.Sorted(slices.Values(m.of[name]))
		b.ReportMetric(list[len(list)/2], name)
	}
}
