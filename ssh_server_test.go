//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api"
	"tapedeck/api/deck"
	"tapedeck/api/secret"
	"tapedeck/api/sshd"
	"tapedeck/api/state"
	"tapedeck/ui"
	screen "tapedeck/ui/terminal"
)

const (
	// sshRoleEnv has the program of the tests be a part of the benchmarks of SSH in a
	// process of its own: load, stock or ours.
	sshRoleEnv = "TAPEDECK_TEST_SSH"
	sshDirEnv  = "TAPEDECK_TEST_SSH_DIR" // keys and rows
)

// runSSHRole is the program in a role.
func runSSHRole(role string) {
	var serve func(net.Listener) error
	switch role {
	case "load":
		runLoad()
		return
	case "stock":
		serve = func(l net.Listener) error {
			var rows []stockRow
			b, err := os.ReadFile(filepath.Join(os.Getenv(sshDirEnv), "rows"))
			if err == nil {
				err = json.Unmarshal(b, &rows)
			}
			if err != nil {
				return err
			}
			return serveStock(l, rows)
		}
	case "ours":
		serve = serveOurs
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Println(l.Addr())
		go tellOfProcess()
		err = serve(l)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// processState is what a server's process holds.
type processState struct {
	Heap       uint64 // bytes in use after a collection
	Stacks     uint64 // bytes of the stacks
	Goroutines int
}

// tellOfProcess answers each line of stdin with the state of the process. A line
// that names a file writes a profile of its heap, and one with "cpu" one of its
// processors for 10 s.
func tellOfProcess() {
	in := json.NewDecoder(os.Stdin)
	for {
		var file string
		if in.Decode(&file) != nil {
			os.Exit(0) // with the benchmark
		}
		for range 3 {
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_ = json.NewEncoder(os.Stdout).Encode(processState{m.HeapAlloc, m.StackInuse, runtime.NumGoroutine()})
		if file == "" {
			continue
		}
		var b bytes.Buffer
		_ = pprof.Lookup("heap").WriteTo(&b, 0)
		_ = os.WriteFile(file+".heap", b.Bytes(), 0o600)
		b.Reset()
		_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
		_ = os.WriteFile(file+".goroutines", b.Bytes(), 0o600)
		go func() {
			var b bytes.Buffer
			_ = pprof.StartCPUProfile(&b)
			time.Sleep(10 * time.Second)
			pprof.StopCPUProfile()
			_ = os.WriteFile(file+".cpu", b.Bytes(), 0o600)
		}()
	}
}

// ours serves the screen by api/sshd on a deck.
type ours struct{ deck *deck.Deck }

func (ours) Admit(sshd.Identity) *sshd.Refused { return nil }

func (o ours) Serve(ctx context.Context, s *sshd.Session) int {
	err := ui.Run(ctx, ui.Options{
		Deck: o.deck, Space: "bench", Theme: "dark", Actor: deck.Actor{Actor: s.Identity.Fingerprint},
		Terminal: screen.Terminal{In: s, Out: s, Raw: true, Environ: s.Environ, Width: s.PTY.Width, Height: s.PTY.Height, Sizes: s.Resized},
	})
	if err != nil {
		return 1
	}
	return 0
}

// serveOurs serves the screen on l until the process ends.
func serveOurs(l net.Listener) error {
	dir := os.Getenv(sshDirEnv)
	d, err := deck.Open(api.Config{
		Space: os.Getenv("SIGNALWIRE_SPACE"), Project: os.Getenv("SIGNALWIRE_PROJECT_ID"), Token: secret.New(os.Getenv("SIGNALWIRE_API_TOKEN")),
	}, deck.Config{Interval: 2 * time.Second})
	if err != nil {
		return err
	}
	go d.Run(context.Background())
	at, err := state.At(dir)
	if err != nil {
		return err
	}
	key, err := sshd.HostKey(at)
	if err != nil {
		return err
	}
	doors, err := sshd.OpenDoors(sshd.Files{Keys: filepath.Join(dir, "keys")}, nil)
	if err != nil {
		return err
	}
	srv, err := sshd.New(sshd.Options{HostKey: key, Gate: doors.Gate, Handler: ours{d}})
	if err != nil {
		return err
	}
	return srv.Run(context.Background(), l)
}

// pemOf returns a private key in OpenSSH's form.
func pemOf(key any) ([]byte, error) {
	block, err := gossh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}
