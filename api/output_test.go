package api

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"tapedeck/api/secret"
)

// captured returns what was written on standard output and standard error while
// f ran, by whatever uses Go's variables for them.
func captured(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		out <- string(b)
	}()
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = w, w
	func() {
		defer func() { os.Stdout, os.Stderr = stdout, stderr }()
		f()
	}()
	_ = w.Close()
	return <-out
}

// TestHTTP2Debug: with GODEBUG=http2debug=2 net/http writes what is sent on
// standard error, the credentials too.
func TestHTTP2Debug(t *testing.T) {
	if space := os.Getenv("TEST_HTTP2_SPACE"); space != "" {
		askOverTLS(t, space, os.Getenv("TEST_HTTP2_CA"))
		return
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"sid":"s1","status":"paused","source":%q}`, r.Proto)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	for _, debug := range []string{"", "http2debug=1", "http2debug=2", "x509negativeserial=1,http2debug=2"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHTTP2Debug$", "-test.count=1")
		cmd.Env = append(os.Environ(), "GODEBUG="+debug, "TEST_HTTP2_SPACE="+srv.URL, "TEST_HTTP2_CA="+ca)
		out, err := cmd.CombinedOutput()
		want := "asked over HTTP/1.1\nPASS\n"
		if debug == "" {
			want = "asked over HTTP/2.0\nPASS\n"
		}
		said, _, _ := strings.Cut(string(out), "coverage: ") // which go test -cover has it say
		if err != nil || said != want {
			t.Errorf("GODEBUG=%s: %v\n%.600s", debug, err, out)
		}
	}
}

func askOverTLS(t *testing.T, space, ca string) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca))
	transport := newTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	rec, _, err := newClient(t, Config{Space: space, Transport: transport}).Recording(t.Context(), sid("s1"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("asked over", rec.Source)
}

// TestStrayBytes: what net/http has to say of a server that sends one byte too
// many goes to the standard logger, which the program sends elsewhere, and
// nothing goes around it.
func TestStrayBytes(t *testing.T) {
	logged := make(chan string, 100)
	stdlog.SetOutput(writerFunc(func(b []byte) (int, error) { logged <- string(b); return len(b), nil }))
	defer stdlog.SetOutput(os.Stderr)
	out := captured(t, func() {
		for _, stray := range []string{"\n", "X-You-Sent: " + testToken + "\n"} {
			client, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
				conn, rw, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				const body = `{"sid":"s1","status":"paused"}`
				_, _ = rw.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n" + body + stray)
				_ = rw.Flush()
				_, _ = conn.Read(make([]byte, 1))
				_ = conn.Close()
			})
			var line string
			for range 3 {
				if rec, _, err := client.Recording(t.Context(), sid("s1")); err != nil || rec.Status != Paused {
					t.Errorf("%v, %v", rec.Status, err)
				}
				line = <-logged // before the next request may take the connection
			}
			checkNoToken(t, secret.New(testToken).Redactor().Clean(line))
			if !strings.Contains(line, "Unsolicited response") {
				t.Errorf("logged %q", line)
			}
			client.Close()
		}
	})
	if out != "" {
		t.Errorf("written on the terminal: %q", out)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
