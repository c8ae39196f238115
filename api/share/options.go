package share

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"tapedeck/api/secret"
	"tapedeck/api/state"
)

// Options says how hosts that share are reached. What of it is secret is never
// in an error or a State.
type Options struct {
	// Servers are the URLs of the servers, with commas: nats:// or tls://, with
	// user and password or without.
	Servers string
	// Creds is a file that says who this host is: credentials of a user (.creds),
	// the seed of an nkey, or one line USER:PASSWORD. It is empty where the URL
	// says it.
	Creds string
	// CA is a file of certificates (PEM) that the server's is checked by; empty
	// for those of the system.
	CA string
	// Host is the name of this host; each has its own.
	Host string
	// Machine is what tells this machine from others, such as its ID; it is sent as
	// a hash of 15 bits. Where two machines give the same Host, an [Event] says so.
	// Empty is one that cannot be told from others.
	Machine string
	// Version is that of this tapedeck.
	Version string
	// Silent: this process reads, and gives no signs of life, as a command.
	Silent bool
}

// maxCreds is the size in bytes above which a file of credentials is not read.
const maxCreds = 64 << 10

// maxHost is the length of the longest name of a host, in bytes.
const maxHost = 64

// serverURL is the URL of a server, as it was given too.
type serverURL struct {
	*url.URL
	given string
}

// urls returns the URLs of the servers.
func (o Options) urls() (list []serverURL, err error) {
	for s := range strings.SplitSeq(o.Servers, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		u, err := url.Parse(s)
		if err != nil { // the error has the URL, with its password
			return nil, errors.New("share: a server's URL cannot be read; it is like nats://host:4222")
		}
		if u.Scheme != "nats" && u.Scheme != "tls" || u.Host == "" {
			return nil, fmt.Errorf("share: %q is not the URL of a server; it is like nats://host:4222", redactURL(u))
		}
		if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("share: %q has more than a server's URL has", redactURL(u))
		}
		list = append(list, serverURL{u, s})
	}
	if len(list) == 0 {
		return nil, errors.New("share: no server is named")
	}
	return list, nil
}

// redactURL returns a URL without user and password.
func redactURL(u *url.URL) string {
	c := url.URL{Scheme: u.Scheme, Host: u.Host}
	return c.String()
}

// Shown returns the servers as they may be shown: without users and passwords.
func (o Options) Shown() string {
	list, err := o.urls()
	if err != nil {
		return ""
	}
	var shown []string
	for _, u := range list {
		shown = append(shown, redactURL(u.URL))
	}
	return strings.Join(shown, ",")
}

// access is how the servers are reached, checked.
type access struct {
	urls    []string
	options []nats.Option
	secrets []secret.Redactor
}

// userInfo is what of a URL is before the host.
var userInfo = regexp.MustCompile(`://[^/\s"]*@`)

// clean takes what is secret out of a text.
func (a *access) clean(s string) string {
	for _, r := range a.secrets {
		s = r.Clean(s)
	}
	return short(userInfo.ReplaceAllString(s, "://"))
}

// joined returns the servers as a connection takes them.
func (a *access) joined() string { return strings.Join(a.urls, ",") }

func (a *access) hide(s string) {
	if s != "" {
		a.secrets = append(a.secrets, secret.New(s).Redactor())
	}
}

// access checks the options and returns what a connection is made with.
func (o Options) access() (*access, error) {
	if o.Host == "" || len(o.Host) > maxHost {
		return nil, fmt.Errorf("share: the name of a host has 1 to %d bytes (got %d)", maxHost, len(o.Host))
	}
	list, err := o.urls()
	if err != nil {
		return nil, err
	}
	a := &access{}
	for _, u := range list {
		a.urls = append(a.urls, u.given)
		if p, ok := u.User.Password(); ok {
			a.hide(p)
		} else if u.User != nil {
			a.hide(u.User.Username()) // a token
		}
	}
	if err := a.trust(o.CA); err != nil {
		return nil, err
	}
	if err := a.identify(o.Creds); err != nil {
		return nil, err
	}
	return a, nil
}

// trust has the server's certificate checked by the file.
func (a *access) trust(ca string) error {
	if ca == "" {
		return nil
	}
	b, _, err := state.ReadPlain(ca, 1<<20)
	if err != nil {
		return fmt.Errorf("share: read the certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return fmt.Errorf("share: %s has no certificate (PEM)", ca)
	}
	a.options = append(a.options, nats.Secure(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}))
	return nil
}

// identify has this host known to the server by the file. It is read again for
// each connection.
func (a *access) identify(path string) error {
	if path == "" {
		return nil
	}
	b, err := readCreds(path)
	if err != nil {
		return err
	}
	s := strings.TrimSpace(string(b))
	switch {
	case strings.Contains(s, "-----BEGIN NATS USER JWT-----"):
		a.options = append(a.options, nats.UserCredentials(path))
		for _, line := range strings.Fields(s) {
			if len(line) > 40 {
				a.hide(line)
			}
		}
		return nil
	case strings.HasPrefix(s, "SU"):
		pair, err := nkeys.FromSeed([]byte(s))
		if err != nil {
			return fmt.Errorf("share: %s is not the seed of a user", path)
		}
		public, err := pair.PublicKey()
		if err != nil {
			return fmt.Errorf("share: %s is not the seed of a user", path)
		}
		a.hide(s)
		a.options = append(a.options, nats.Nkey(public, pair.Sign))
		return nil
	}
	user, password, ok := strings.Cut(s, ":")
	if !ok || user == "" || password == "" || strings.ContainsAny(s, "\r\n") {
		return fmt.Errorf("share: %s has neither credentials (.creds), nor the seed of an nkey, nor one line USER:PASSWORD", path)
	}
	a.hide(password)
	a.options = append(a.options, nats.UserInfoHandler(func() (string, string) {
		if b, err := readCreds(path); err == nil {
			user, password, _ = strings.Cut(strings.TrimSpace(string(b)), ":")
		}
		return user, password
	}))
	return nil
}

func readCreds(path string) ([]byte, error) {
	b, _, err := state.ReadPlain(path, maxCreds)
	if err != nil {
		return nil, fmt.Errorf("share: read the credentials: %w", err)
	}
	return b, nil
}

// connection returns the options of a connection.
func (a *access) connection(n *NATS) []nats.Option {
	return append([]nats.Option{
		nats.Name("tapedeck " + n.o.Host),
		nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true),
		nats.IgnoreAuthErrorAbort(), // who is let in later comes in later
		nats.ReconnectBufSize(-1),   // what cannot be sent is an error at once, and not sent later
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 250*time.Millisecond),
		nats.Timeout(answerTimeout),
		nats.PingInterval(1500 * time.Millisecond),
		nats.MaxPingsOutstanding(2),
		nats.FlusherTimeout(answerTimeout),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { n.disconnected(err) }),
		nats.ReconnectHandler(func(*nats.Conn) { n.reconnected() }),
		nats.ConnectHandler(func(*nats.Conn) { n.reconnected() }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { n.unreachable(err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { n.trouble(err) }),
	}, a.options...)
}
