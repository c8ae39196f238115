//go:build linux

package main

import (
	"bufio"
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
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

const (
	// sshRoleEnv has the program of the tests be a part of the benchmarks of SSH in a
	// process of its own: load, stock or ours.
	sshRoleEnv = "SSHBENCH_ROLE"
	sshDirEnv  = "SSHBENCH_DIR" // keys and rows
)

func init() {
	instead = append(instead, func() bool {
		role := os.Getenv(sshRoleEnv)
		if role != "" {
			runSSHRole(role)
		}
		return role != ""
	})
}

// runSSHRole is the program in a role.
func runSSHRole(role string) {
	switch role {
	case "load":
		runLoad()
	case "stock":
		go tellOfProcess()
		fmt.Fprintln(os.Stderr, runStock())
		os.Exit(1)
	case "ours":
		go tellOfProcess()
		os.Exit(runOurs())
	}
}

// runStock serves the stock program until the process ends.
func runStock() error {
	var rows []stockRow
	b, err := os.ReadFile(filepath.Join(os.Getenv(sshDirEnv), "rows"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &rows); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return serveStock(l, rows)
}

// runOurs is tapedeck serve, which tells on stdout where it listens.
func runOurs() int {
	said, stderr, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	told := os.Stderr
	os.Stderr = stderr
	go func() {
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if _, at, ok := strings.Cut(lines.Text(), "listening for SSH on "); ok {
				at, _, _ = strings.Cut(at, ";")
				fmt.Println(at)
			} else if !strings.Contains(lines.Text(), ": serving ") {
				fmt.Fprintln(told, lines.Text())
			}
		}
	}()
	dir := os.Getenv(sshDirEnv)
	return run(context.Background(), []string{"serve", "--config", filepath.Join(dir, "config.toml"), "--socket", filepath.Join(dir, "s")}, os.Environ())
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
		state := processState{m.HeapAlloc, m.StackInuse, runtime.NumGoroutine()}
		if file != "" {
			profile(file)
		}
		_ = json.NewEncoder(os.Stdout).Encode(state)
	}
}

// profile writes profiles of the heap and the goroutines, and begins one of the
// processors.
func profile(file string) {
	for _, kind := range []string{"heap", "goroutine"} {
		var b bytes.Buffer
		_ = pprof.Lookup(kind).WriteTo(&b, len(kind)%2)
		_ = os.WriteFile(file+"."+kind, b.Bytes(), 0o600)
	}
	go func() {
		var b bytes.Buffer
		_ = pprof.StartCPUProfile(&b)
		time.Sleep(15 * time.Second)
		pprof.StopCPUProfile()
		_ = os.WriteFile(file+".cpu", b.Bytes(), 0o600)
	}()
}

// pemOf returns a private key in OpenSSH's form.
func pemOf(key any) ([]byte, error) {
	block, err := gossh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}
