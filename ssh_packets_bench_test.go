//go:build linux

package main

import (
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tapedeck/api/sim"
)

// relay passes connections on, and counts what goes over them.
type relay struct {
	net.Listener
	last atomic.Pointer[net.TCPConn] // to the client
}

// newRelay passes connections on to an address.
func newRelay(b *testing.B, to string) *relay {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	r := &relay{Listener: l}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			r.last.Store(near.(*net.TCPConn))
			pass := func(to, from net.Conn) { _, _ = io.Copy(to, from); _ = to.Close() }
			go pass(near, far)
			go pass(far, near)
		}
	}()
	return r
}

// traffic is what has gone over a connection, both ways, as the kernel counts it.
type traffic struct{ packets, bytes float64 }

func (r *relay) traffic(b *testing.B) traffic {
	b.Helper()
	raw, err := r.last.Load().SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	var info *unix.TCPInfo
	if ctlErr := raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }); ctlErr != nil || err != nil {
		b.Fatal(ctlErr, err)
	}
	return traffic{float64(info.Segs_in) + float64(info.Segs_out), float64(info.Bytes_received) + float64(info.Bytes_acked)}
}

// BenchmarkKeyPackets measures what one key costs on the wire in a dashboard over
// SSH, by OpenSSH's client with its padding of keystrokes and without: packets and
// bytes of TCP both ways, without those of a second in which nothing is typed.
func BenchmarkKeyPackets(b *testing.B) {
	ssh, err := exec.LookPath("ssh")
	if err != nil || exec.Command(ssh, "-F", "none", "-G", "-o", "ObscureKeystrokeTiming=no", "host").Run() != nil {
		b.Skip("OpenSSH 9.5 or later is not installed: older ones do not pad")
	}
	p := program{path: filepath.Join(b.TempDir(), "tapedeck")}
	build(b, "-trimpath", "-o", p.path, ".")
	for _, mode := range []struct{ name, option string }{{"padded", "ObscureKeystrokeTiming=yes"}, {"plain", "ObscureKeystrokeTiming=no"}} {
		b.Run(mode.name, func(b *testing.B) {
			space := serveSpace(b, sim.Options{Recordings: 30, Seed: 1})
			h := newKeyed(b, p, space, []string{"ana"}, nil, "")
			r := newRelay(b, h.address)
			h.address = r.Addr().String()
			s := h.login(b, h.client(b, "ssh", "ana"), "-o", mode.option, "-o", "SendEnv=LANG")
			s.see("live")
			const rest = 5 * time.Second
			time.Sleep(rest) // what is read at first is there
			measure := func(keys string) traffic {
				before := r.traffic(b)
				if keys != "" {
					s.keys(keys)
				}
				time.Sleep(rest)
				after := r.traffic(b)
				return traffic{after.packets - before.packets, after.bytes - before.bytes}
			}
			var idle, typed traffic
			n := 0
			for b.Loop() {
				one := measure("")
				idle.packets, idle.bytes = idle.packets+one.packets, idle.bytes+one.bytes
				one = measure(string("jk"[n%2]))
				typed.packets, typed.bytes = typed.packets+one.packets, typed.bytes+one.bytes
				n++
			}
			count := float64(n)
			b.ReportMetric((typed.packets-idle.packets)/count, "packets/key")
			b.ReportMetric((typed.bytes-idle.bytes)/count, "bytes/key")
			b.ReportMetric(idle.packets/count/rest.Seconds(), "packets/s-idle")
			b.ReportMetric(idle.bytes/count/rest.Seconds(), "bytes/s-idle")
			b.ReportMetric(0, "ns/op")
		})
	}
}
