package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/secret"
	"tapedeck/api/sim"
	"tapedeck/api/text"
	"tapedeck/config"
)

const token = "PT0123456789abcdef0123456789abcdef0123456789abcdef"

// patient is what a test makes ill before it is examined.
type patient struct {
	t       *testing.T
	space   *sim.Space
	url     string // of the space
	project string
	handler http.Handler // answers instead of the space
	env     []string     // beside the login, over the rest
	login   bool
	state   string // the state directory
	o       Options
}

// examined returns the findings of a patient by check, and whether all is well.
func examined(t *testing.T, ill func(p *patient)) (map[string]Finding, bool) {
	t.Helper()
	p := &patient{t: t, space: sim.New(sim.Options{Recordings: 12, Token: token}), login: true}
	p.project = p.space.Project()
	home := t.TempDir()
	p.state = filepath.Join(home, "state")
	p.handler = p.space
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s was sent", r.Method, r.URL.Path)
		}
		p.handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	p.env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=xterm-256color", "TAPEDECK_STATE_DIR=" + p.state}
	if ill != nil {
		ill(p)
	}
	if p.login {
		p.env = append([]string{"SIGNALWIRE_SPACE=" + p.url, "SIGNALWIRE_PROJECT_ID=" + p.project, "SIGNALWIRE_API_TOKEN=" + token}, p.env...)
	}
	p.o.Sources.Environ = p.env
	before := tree(t, home)
	found := map[string]Finding{}
	well := Run(t.Context(), p.o, func(f Finding) {
		found[f.Check] = f
		b, err := json.Marshal(f)
		if err != nil || strings.Contains(string(b), token) || f.Found == "" || (f.Status == Mend) && f.Mend == "" {
			t.Errorf("%s, %v", b, err)
		}
	})
	if after := tree(t, home); after != before {
		t.Errorf("the home was\n%sand is\n%s", before, after)
	}
	return found, well
}

// tree lists what is in a folder, with sizes.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := e.Info()
		if err == nil {
			fmt.Fprintln(&b, path, st.Mode(), st.Size(), st.ModTime())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (p *patient) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// fault makes the space do something other than documented.
func (p *patient) fault(spec string) {
	f, err := sim.ParseFault(spec)
	p.check(err)
	p.space.SetFaults(f)
}

// answer has every request answered like this.
func (p *patient) answer(status int, header, value, body string) {
	p.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header()[header] = []string{value}
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// shifted has the server's clock differ.
func (p *patient) shifted(by time.Duration) {
	p.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.space.ServeHTTP(dated{w, by}, r)
	})
}

// dated answers with another date.
type dated struct {
	http.ResponseWriter
	by time.Duration
}

func (d dated) WriteHeader(code int) {
	d.Header().Set("Date", time.Now().Add(d.by).UTC().Format(http.TimeFormat))
	d.ResponseWriter.WriteHeader(code)
}

// certified has a server with a certificate of its own in place of the space.
func (p *patient) certified(change func(*x509.Certificate), trusted bool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.check(err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(0, 0, -30), NotAfter: time.Now().AddDate(0, 0, 30),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	change(c)
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	p.check(err)
	s := httptest.NewUnstartedServer(p.space)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	p.t.Cleanup(s.Close)
	p.url = s.URL
	if trusted {
		parsed, err := x509.ParseCertificate(der)
		p.check(err)
		p.o.Roots = x509.NewCertPool()
		p.o.Roots.AddCert(parsed)
		own := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.o.Roots}}
		p.t.Cleanup(own.CloseIdleConnections)
		p.o.Transport = own
	}
}

// closed returns the address of a port at which nobody listens.
func (p *patient) closed() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	p.check(err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// journaled has a journal with some lines, which edit may change.
func (p *patient) journaled(edit func(string) string) {
	j := journal.Begin(journal.Options{Dir: p.state})
	for i := range 5 {
		p.check(j.Append(journal.Entry{Event: journal.Ack, Recording: text.New(fmt.Sprint("r", i)), Reason: "a test"}))
	}
	p.check(j.Close())
	name := filepath.Join(p.state, journal.FileName)
	b, err := os.ReadFile(name)
	p.check(err)
	p.check(os.WriteFile(name, []byte(edit(string(b))), 0o600))
}

// served has a service that answers who asks.
func (p *patient) served(status int, body any) {
	dir, err := os.MkdirTemp("", "td")
	p.check(err)
	p.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	p.check(err)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		p.check(json.NewEncoder(w).Encode(body))
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	p.t.Cleanup(func() { _ = s.Close(); <-done })
	p.env = append(p.env, "TAPEDECK_SERVER="+filepath.Join(dir, "s"))
}

// who is what a good service says.
func (p *patient) who(role string, may ...local.Word) local.WhoAmI {
	return local.WhoAmI{Wire: "1.0", Version: "9.9", PID: 12, User: "ana", UID: "1000", Role: role, May: may, Profiles: []local.Profile{{Profile: "eu", Space: p.url, Project: p.project}}}
}

// TestWell: where nothing is wrong, nothing is found.
func TestWell(t *testing.T) {
	found, well := examined(t, func(p *patient) { p.journaled(func(s string) string { return s }) })
	if !well || len(found) != len(checks) {
		t.Errorf("well %v, %d findings", well, len(found))
	}
	for name, f := range found {
		want := OK
		switch name {
		case "role", "share-user", "share-clock", "share-disk", "terminal", "utf-8", "colors", "title", "clipboard":
			want = Skipped
		}
		if f.Status != want {
			t.Errorf("%s: %+v, want %s", name, f, want)
		}
	}
	s := found["settings"]
	if len(s.Settings) < 30 || !strings.Contains(s.Found, "token (SIGNALWIRE_API_TOKEN)") || !strings.Contains(s.Found, "(TAPEDECK_STATE_DIR)") {
		t.Errorf("settings: %+v", s)
	}
	if f := found["journal"]; f.Found != "5 lines, intact and writable" {
		t.Errorf("journal: %+v", f)
	}
}

// TestFaults makes one thing wrong after the other, which doctor names.
func TestFaults(t *testing.T) {
	notFound := func(context.Context, string) ([]netip.Addr, error) {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	tests := []struct {
		name   string
		ill    func(p *patient)
		check  string
		status Status
		found  string
		mend   string
		first  string // a check after it that was not made for it
	}{
		{"no login", func(p *patient) { p.login = false }, "settings", Mend, "space, project and token are not set", "tapedeck login", "latency"},
		{"a misspelled setting", func(p *patient) { p.env = append(p.env, "TAPEDECK_INTERVALL=1s") }, "settings", Mend, "TAPEDECK_INTERVALL", "did you mean TAPEDECK_INTERVAL?", "name"},
		{"half a login", func(p *patient) { p.login, p.env = false, append(p.env, "SIGNALWIRE_SPACE=acme") }, "settings", Mend, "but no project and no token", "SIGNALWIRE_PROJECT_ID", "name"},
		{"a wrong host", func(p *patient) { p.url, p.o.Resolve = "acne", notFound }, "name", Mend, "acne.signalwire.com: host name not found", "check the space's name", "tcp"},
		{"no name server", func(p *patient) {
			p.url, p.o.Resolve = "acme", func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsTimeout: true} }
		}, "name", Mend, "acme.signalwire.com: name server failed", "name server", "listing"},
		{"a closed port", func(p *patient) { p.url = "http://" + p.closed() }, "tcp", Mend, "connection refused", "firewall", "tls"},
		{"a proxy that does not run", func(p *patient) { p.url, p.env = "acme", append(p.env, "HTTPS_PROXY=http://user:secret@"+p.closed()) }, "tcp", Mend, "proxy 127.0.0.1, port ", "HTTPS_PROXY", "tls"},
		{"an expired certificate", func(p *patient) {
			p.certified(func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(0, 0, -1) }, true)
		}, "tls", Mend, "certificate expired (it is good from ", "check this machine's clock", "credentials"},
		{"a certificate of tomorrow", func(p *patient) {
			p.certified(func(c *x509.Certificate) { c.NotBefore = time.Now().AddDate(0, 0, 1) }, true)
		}, "tls", Mend, "certificate not valid yet", "check this machine's clock", "credentials"},
		{"a certificate of another host", func(p *patient) { p.certified(func(c *x509.Certificate) { c.IPAddresses = nil }, true) }, "tls", Mend, "certificate of another host", "the space is right", "clock"},
		{"a certificate nobody trusts", func(p *patient) { p.certified(func(*x509.Certificate) {}, false) }, "tls", Mend, "unknown authority", "certificates that this machine trusts", "clock"},
		{"a certificate that ends soon", func(p *patient) {
			p.certified(func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(0, 0, 2) }, true)
		}, "tls", Note, "certificate good until ", "renew", ""},
		{"no TLS there", func(p *patient) { p.url = strings.Replace(p.url, "http:", "https:", 1) }, "tls", Mend, "no TLS there", "not HTTPS", "clock"},
		{"a clock that is ahead", func(p *patient) { p.shifted(-time.Hour - 30*time.Second) }, "clock", Mend, "this machine is 1h0m", "NTP", ""},
		{"a clock that is behind", func(p *patient) { p.shifted(30 * time.Second) }, "clock", Mend, "s behind the server", "NTP", ""},
		{"a server without a clock", func(p *patient) { p.answer(200, "Date", "noon", `{"recordings":[]}`) }, "clock", Note, "does not tell its time", "NTP", ""},
		{"a wrong token", func(p *patient) { p.answer(401, "", "", `{"code":20003,"message":"no `+token+`"}`) }, "credentials", Mend, "the project or the token is wrong", "copy both again", "scope"},
		{"a wrong project", func(p *patient) { p.answer(404, "", "", `{"code":20404,"message":"gone"}`) }, "credentials", Mend, "the project is wrong", "copy its ID again", "latency"},
		{"a missing scope", func(p *patient) { p.fault("403") }, "scope", Mend, "the token lacks the Voice scope", "add Voice", "listing"},
		{"a feature that is off", func(p *patient) { p.answer(401, "", "", `{"code":20010,"message":"off"}`) }, "scope", Mend, "does not permit this API", "enable", "listing"},
		{"no list", func(p *patient) { p.fault("503") }, "listing", Mend, "Service unavailable (HTTP 503", "wait", "page-size"},
		{"a web page", func(p *patient) { p.answer(200, "", "", "<html>log in</html>") }, "listing", Mend, "is not SignalWire's API", "dashboard's address", "latency"},
		{"dropped connections", func(p *patient) { p.fault("drop") }, "listing", Mend, "connection dropped", "", "latency"},
		{"small pages", func(p *patient) {
			p.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "PageSize=1000", "PageSize=5", 1)
				p.space.ServeHTTP(w, r)
			})
		}, "page-size", Mend, "a page has 5 recordings, and 1000 were asked for: a look takes 200 times", "what limits it", ""},
		{"large pages that fail", func(p *patient) {
			p.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.RawQuery, "PageSize=1000") {
					w.WriteHeader(http.StatusGatewayTimeout)
					return
				}
				p.space.ServeHTTP(w, r)
			})
		}, "page-size", Mend, "a page of 1000 recordings cannot be read", "", ""},
		{"a line that was changed", func(p *patient) {
			p.journaled(func(s string) string { return strings.Replace(s, "a test", "a lie!", 1) })
		}, "journal", Mend, "it is not intact: journal.jsonl:1: it was changed", "tapedeck journal verify", ""},
		{"a line that is gone", func(p *patient) {
			p.journaled(func(s string) string {
				lines := strings.SplitAfter(s, "\n")
				return strings.Join(append(lines[:2:2], lines[3:]...), "")
			})
		}, "journal", Mend, "line 3 is missing", "tapedeck journal verify", ""},
		{"a journal that is none", func(p *patient) {
			p.check(os.MkdirAll(filepath.Join(p.state, journal.FileName), 0o700))
			p.check(os.Chmod(p.state, 0o700))
		}, "journal", Mend, "cannot be written", "writable", ""},
		{"a state directory that is a file", func(p *patient) { p.check(os.WriteFile(p.state, nil, 0o600)) }, "state-dir", Mend, "it is not a folder", "state_dir", "journal"},
		{"a state directory below a file", func(p *patient) {
			p.check(os.WriteFile(p.state, nil, 0o600))
			p.env = append(p.env, "TAPEDECK_STATE_DIR="+p.state+"/below")
		}, "state-dir", Mend, "not a directory", "state_dir", "journal"},
		{"a state directory of everybody", func(p *patient) { p.check(os.Mkdir(p.state, 0o700)); p.check(os.Chmod(p.state, 0o777)) }, "state-dir", Mend, "everybody may write it (mode 0777)", "chmod", "journal"},
		{"a state directory others see", func(p *patient) { p.check(os.Mkdir(p.state, 0o700)); p.check(os.Chmod(p.state, 0o755)) }, "state-dir", Note, "others may look into it (mode 0755)", "chmod 700", ""},
		{"a service that is gone", func(p *patient) {
			p.served(200, p.who("lead", local.WordPause))
			name := strings.TrimPrefix(p.env[len(p.env)-1], "TAPEDECK_SERVER=")
			p.env[len(p.env)-1] = "TAPEDECK_SERVER=" + name + ".none"
		}, "service", Mend, "is gone: nobody answers there", "systemctl start tapedeck", "role"},
		{"a service that refuses", func(p *patient) { p.served(403, local.Refusal{Code: local.CodeUser, Error: "you have no role"}) }, "service", Mend, "it refuses: you have no role", "systemctl status", "role"},
		{"a service of another age", func(p *patient) { w := p.who("lead"); w.Wire = "2.0"; p.served(200, w) }, "service", Mend, `speaks version "2.0" of the wire`, "update", "role"},
		{"no service at all", func(p *patient) { p.served(200, "x") }, "service", Mend, "what answers there is no tapedeck", "", "role"},
		{"a service of another project", func(p *patient) { w := p.who("lead", local.WordPause); w.Profiles[0].Project = "p-2"; p.served(200, w) }, "service", Note, "and not this project", "serve_profiles", ""},
		{"a role without pause", func(p *patient) { p.served(200, p.who("viewer", local.WordView)) }, "role", Note, "ana (uid 1000), role viewer: may view", "another role", ""},
		{"a role of nothing", func(p *patient) { p.served(200, p.who("")) }, "role", Mend, "no role: may do nothing", "ask for a role", ""},
		{"a locale without UTF-8", func(p *patient) { p.env = append(p.env, "LC_ALL=de_DE@euro") }, "locale", Note, "LC_ALL=de_DE@euro is not UTF-8", "export LC_ALL=C.UTF-8", ""},
		{"no locale", func(p *patient) { p.env = append(p.env, "LANG=") }, "locale", Note, "none is set", "export LANG=C.UTF-8", ""},
		{"in screen", func(p *patient) { p.env = append(p.env, "STY=1.pts") }, "tmux", Note, "in screen", "use tmux", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, well := examined(t, tt.ill)
			f := found[tt.check]
			if f.Status != tt.status || !strings.Contains(f.Found, tt.found) || !strings.Contains(f.Mend, tt.mend) || well != (tt.status != Mend) {
				t.Errorf("%s: %+v, want %s, %q, %q; well %v", tt.check, f, tt.status, tt.found, tt.mend, well)
			}
			for name, other := range found {
				if name != tt.check && other.Status == Mend {
					t.Errorf("%s has to be mended too: %+v", name, other)
				}
			}
			if tt.first != "" && (found[tt.first].Status != Skipped || found[tt.first].Found != "not checked: mend "+tt.check+" first") {
				t.Errorf("%s: %+v", tt.first, found[tt.first])
			}
		})
	}
}

// TestByService: without a login of one's own the service goes the way to the
// space.
func TestByService(t *testing.T) {
	found, well := examined(t, func(p *patient) { p.login = false; p.served(200, p.who("lead", local.WordPause)) })
	if f := found["settings"]; !well || f.Status != OK || !strings.Contains(f.Found, "the service on ") || found["latency"].Found != noWay.Found || found["role"].Status != OK {
		t.Errorf("well %v, %+v, %+v", well, f, found["latency"])
	}
}

// TestSlow: a space that is slow is found to be.
func TestSlow(t *testing.T) {
	for spec, want := range map[string]Status{"slow=1500ms": Mend, "slow=500ms": Note, "slow=100ms": OK} {
		synctest.Test(t, func(t *testing.T) {
			space := sim.New(sim.Options{Recordings: 3, Token: token})
			f, err := sim.ParseFault(spec)
			if err != nil {
				t.Fatal(err)
			}
			space.SetFaults(f)
			o := Options{Transport: space.Transport()}
			k := known{config: config.Config{Space: "https://acme.signalwire.com", Project: space.Project(), Token: secret.New(token)}}
			_, k = credentials(t.Context(), o, k)
			got, _ := latency(t.Context(), o, k)
			ms := strings.TrimSuffix(strings.TrimPrefix(spec, "slow="), "ms")
			if got.Status != want || !strings.HasPrefix(got.Found, "median "+ms+" ms, worst of 5 "+ms+" ms") {
				t.Errorf("%s: %+v, want %s", spec, got, want)
			}
		})
	}
}

// TestLimit: a check that hangs is left to itself, one that is late has its own
// words, and a run that is stopped ends.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		hangs := check{"x", 5 * time.Second, "", func(_ context.Context, _ Options, k known) (Finding, known) { <-over; return ok("x"), k }}
		began := time.Now()
		f, _ := hangs.run(t.Context(), Options{}, known{})
		if took := time.Since(began); f.Status != Mend || !strings.Contains(f.Found, "no result after 5s") || took > 6*time.Second {
			t.Errorf("%+v after %v", f, took)
		}
		late := check{"x", 5 * time.Second, "", func(ctx context.Context, _ Options, k known) (Finding, known) {
			<-ctx.Done()
			return mend("y", "%v", ctx.Err()), k
		}}
		if f, _ := late.run(t.Context(), Options{}, known{}); !strings.Contains(f.Found, "deadline exceeded") {
			t.Errorf("%+v", f)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if Run(ctx, Options{}, func(f Finding) { t.Errorf("found %+v", f) }) {
			t.Error("a run that was stopped found all well")
		}
	})
}
