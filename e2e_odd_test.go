//go:build unix

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"tapedeck/api/sim"
)

// oddSpace is a space that sends more after each body: a line feed, or what the
// request had for a token.
func oddSpace(space *sim.Space, echo bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		answer := httptest.NewRecorder()
		space.ServeHTTP(answer, r)
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(rw, "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", answer.Code, answer.Body.Len(), answer.Body)
		_ = rw.Flush()
		time.Sleep(20 * time.Millisecond) // the answer is read, and the connection idle
		more := "\n"
		if echo {
			more = "X-You-Sent: " + r.Header.Get("Authorization") + " \x1b[2J\r\n"
		}
		_, _ = rw.WriteString(more)
		_ = rw.Flush()
		time.Sleep(20 * time.Millisecond)
	})
}

// oddFrames is a space over HTTP/2 whose server sends more frames than the
// answers need, as conforming servers may: ORIGIN, ALTSVC, PRIORITY, and one of
// an unknown type with an escape sequence. It returns its address, and the file
// of its certificate.
func oddFrames(t *testing.T, space http.Handler) (address, certificate string) {
	t.Helper()
	behind, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain := &http.Server{Handler: space, Protocols: new(http.Protocols)}
	plain.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = plain.Serve(behind) }()
	certified := httptest.NewTLSServer(nil) // for its certificate
	certified.Close()
	front, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = front.Close(), plain.Close() })
	go func() {
		for {
			conn, err := front.Accept()
			if err != nil {
				return
			}
			go addFrames(conn, behind.Addr().String())
		}
	}()
	certificate = filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw}
	if err := os.WriteFile(certificate, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return "https://" + front.Addr().String(), certificate
}

// addFrames passes a connection on, and adds frames before each one of the
// server's after its first, which has its settings. A field block in several
// frames may not be parted, but none is as long.
func addFrames(client net.Conn, to string) {
	defer client.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { _, _ = io.Copy(server, client) }()
	frame := func(kind byte, stream uint32, payload string) []byte {
		head := []byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, 0}
		return append(binary.BigEndian.AppendUint32(head, stream), payload...)
	}
	head := make([]byte, 9)
	for first := true; ; first = false {
		if _, err := io.ReadFull(server, head); err != nil {
			return
		}
		var more []byte
		if !first {
			more = slices.Concat(frame(0xc, 0, "\x00\x13https://acme.example"), frame(0xa, 0, "\x00\x00h3=\":443\""),
				frame(0x2, 1, "\x00\x00\x00\x00\x10"), frame(0xee, 0, "\x1b[2Jhello"))
		}
		if _, err := client.Write(append(more, head...)); err != nil {
			return
		}
		if _, err := io.CopyN(client, server, int64(binary.BigEndian.Uint32(head)>>8)); err != nil {
			return
		}
	}
}

// testNothingElseWrites: whatever a server sends, nothing but the screen is
// written to the terminal, with a debug log or without.
func testNothingElseWrites(t *testing.T, p program) {
	for _, odd := range []string{"line feed", "echo", "frames"} {
		for _, log := range []string{"off", "debug"} {
			space := sim.New(sim.Options{Recordings: 3})
			env := []string{"SIGNALWIRE_PROJECT_ID=" + space.Project(), "SIGNALWIRE_API_TOKEN=" + space.Token(), "TAPEDECK_INTERVAL=500ms", "TAPEDECK_LOG=" + log}
			if odd == "frames" {
				address, certificate := oddFrames(t, space)
				env = append(env, "SIGNALWIRE_SPACE="+address, "SSL_CERT_FILE="+certificate)
			} else {
				server := httptest.NewServer(oddSpace(space, odd == "echo"))
				defer server.Close()
				env = append(env, "SIGNALWIRE_SPACE="+server.URL)
			}
			nothingElse(t, p, env, log == "debug")
		}
	}
}

// nothingElse runs the program, and checks that a library had something to say,
// where there is a log, and that it is nowhere else.
func nothingElse(t *testing.T, p program, env []string, logged bool) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	defer slave.Close()
	stderr := readAll(master)
	s := p.start(t, launch{shell: `exec "$@" 2>` + slave.Name(), env: env})
	s.see("live")
	said := func() bool {
		log, _ := os.ReadFile(filepath.Join(s.home, "state/tapedeck/debug.log"))
		return bytes.Contains(log, []byte("library"))
	}
	for n, end := 0, time.Now().Add(patience); n < 3 || logged && !said() && time.Now().Before(end); n++ { // polls
		s.keys("R")
		time.Sleep(200 * time.Millisecond)
	}
	s.keys("q")
	s.exit(0, patience)
	select {
	case got := <-stderr:
		t.Errorf("standard error got %q", got)
	case <-time.After(50 * time.Millisecond):
	}
	for _, word := range []string{"nsolicited", "X-You-Sent", "unhandled", "hello"} {
		if strings.Contains(s.output(), word) {
			t.Errorf("the screen has the words of a library:\n%s", s.text())
		}
	}
	if logged && !said() {
		t.Errorf("no library had anything to say; the log has:\n%s", files(t, s.home)["state/tapedeck/debug.log"])
	}
}

// readAll sends what comes from a terminal, piece by piece.
func readAll(master *os.File) <-chan string {
	out := make(chan string, 100)
	go func() {
		defer close(out)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			if err != nil {
				return
			}
			out <- string(b[:n])
		}
	}()
	return out
}
