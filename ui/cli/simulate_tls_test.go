package cli

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// simulated runs tapedeck simulate with args and returns the variables that it
// prints, which must be exactly these; stop ends it.
func simulated(t *testing.T, names []string, args ...string) (vars map[string]string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		Execute(ctx, App{Args: append([]string{"simulate", "--listen", "127.0.0.1:0"}, args...), Stdout: write, Stderr: io.Discard})
		_ = write.Close()
	}()
	vars = map[string]string{}
	lines := bufio.NewScanner(read)
	for _, name := range names {
		if !lines.Scan() {
			t.Fatalf("no line %s", name)
		}
		value, ok := strings.CutPrefix(lines.Text(), name+"=")
		if !ok {
			t.Fatalf("line %q, want %s", lines.Text(), name)
		}
		vars[name] = strings.Trim(value, "'")
	}
	stop = func() {
		cancel()
		for lines.Scan() {
			t.Errorf("one more line: %q", lines.Text())
		}
		<-done
	}
	t.Cleanup(stop)
	return vars, stop
}

var tlsVariables = []string{"SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN", "SIGNALWIRE_CA_FILE"}

func TestSimulateTLS(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder")
	tests := []struct {
		name  string
		args  []string
		stays bool // the certificate, when the simulator has ended
	}{
		{"a temporary folder", []string{"--tls"}, false},
		{"a folder of the user's", []string{"--tls", "--tls-dir", dir}, true},
		{"the same again", []string{"--tls-dir", dir}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vars, stop := simulated(t, tlsVariables, tt.args...)
			file := vars["SIGNALWIRE_CA_FILE"]
			pem, err := os.ReadFile(file)
			pool := x509.NewCertPool()
			if err != nil || !pool.AppendCertsFromPEM(pem) || !filepath.IsAbs(file) || strings.Contains(string(pem), "PRIVATE KEY") {
				t.Fatalf("%s: %v\n%s", file, err, pem)
			}
			_, port, _ := strings.Cut(strings.TrimPrefix(vars["SIGNALWIRE_SPACE"], "https://"), ":")
			for _, host := range []string{"127.0.0.1", "localhost"} {
				checkHTTPS(t, "https://"+host+":"+port, vars, pool)
			}
			if _, err := http.Get(vars["SIGNALWIRE_SPACE"]); !isUnknownAuthority(err) {
				t.Errorf("without the CA: %v", err)
			}
			stop()
			if _, err := os.Stat(file); (err == nil) != tt.stays {
				t.Errorf("%s after the end: %v", file, err)
			}
			if _, err := os.Stat(filepath.Dir(file)); (err == nil) != tt.stays {
				t.Errorf("the folder after the end: %v", err)
			}
		})
	}
}

// checkHTTPS lists recordings, over HTTP/1.1 and HTTP/2.
func checkHTTPS(t *testing.T, space string, vars map[string]string, pool *x509.CertPool) {
	t.Helper()
	for _, h2 := range []bool{false, true} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: h2}
		defer transport.CloseIdleConnections()
		req, _ := http.NewRequestWithContext(t.Context(), "GET", space+"/2010-04-01/Accounts/"+vars["SIGNALWIRE_PROJECT_ID"]+"/Recordings.json", nil)
		req.SetBasicAuth(vars["SIGNALWIRE_PROJECT_ID"], vars["SIGNALWIRE_API_TOKEN"])
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Errorf("%s: %v", space, err)
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || (resp.ProtoMajor == 2) != h2 {
			t.Errorf("%s: %s %s", space, resp.Proto, resp.Status)
		}
	}
}

func isUnknownAuthority(err error) bool {
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	return ok
}

// TestSimulateCA is that whoever trusts the CA trusts nobody but this machine.
func TestSimulateCA(t *testing.T) {
	vars, _ := simulated(t, tlsVariables, "--tls")
	roots := x509.NewCertPool()
	pem, _ := os.ReadFile(vars["SIGNALWIRE_CA_FILE"])
	roots.AppendCertsFromPEM(pem)
	conn, err := tls.Dial("tcp", strings.TrimPrefix(vars["SIGNALWIRE_SPACE"], "https://"), &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ca := conn.ConnectionState().VerifiedChains[0][1]
	if len(ca.PermittedDNSDomains) != 1 || len(ca.PermittedIPRanges) != 2 || !ca.PermittedDNSDomainsCritical {
		t.Errorf("names %v, addresses %v", ca.PermittedDNSDomains, ca.PermittedIPRanges)
	}
}

func TestSimulateTLSFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := call(t, App{}, "simulate", "--listen", "127.0.0.1:0", "--tls-dir", file)
	if code != 1 || stdout != "" || !strings.Contains(stderr, "cannot write the simulator's CA: ") || !strings.Contains(stderr, "hint: ") {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestShellQuoted(t *testing.T) {
	for in, want := range map[string]string{
		"/tmp/a-b_c.pem": "/tmp/a-b_c.pem", "/tmp/a b": "'/tmp/a b'", "/it's": `'/it'\''s'`, "/$x": "'/$x'", "/ü": "'/ü'",
	} {
		if got := shellQuoted(in); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}
