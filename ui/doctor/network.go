package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"tapedeck/api"
	"tapedeck/config"
)

// target is where the first connection goes: to the space, or to a proxy.
type target struct {
	host, port string
	proxy      bool
	space      url.URL
}

// targetOf returns where a connection to the space of the settings goes.
func targetOf(c config.Config) (t target) {
	u, err := url.Parse(c.Space)
	if err != nil || u.Host == "" {
		return t
	}
	t.space = *u
	t.host, t.port = u.Hostname(), cmp.Or(u.Port(), map[string]string{"http": "80"}[u.Scheme], "443")
	for _, s := range c.Settings() {
		if s.Name != "proxy" || s.Value == "(none)" || s.Value == "not usable" {
			continue
		}
		t.proxy = true
		if host, port, err := net.SplitHostPort(s.Value); err == nil {
			t.host, t.port = host, port
		} else {
			t.host, t.port = s.Value, "80"
		}
	}
	return t
}

// name says which host it is, for a finding.
func (t target) name() string {
	if t.proxy {
		return "proxy " + t.host
	}
	return t.host
}

func (t target) hint(err error) string {
	if t.proxy {
		return "check the proxy in HTTPS_PROXY: whether it runs, its user and its password"
	}
	return cmp.Or(api.Hint(err), "check this machine's network and the space's name")
}

// noWay is what is found where the service goes the way to the space.
var noWay = skipped("not checked: it is the service that asks the API")

// resolves finds the addresses of the host.
func resolves(ctx context.Context, o Options, k known) (Finding, known) {
	if k.byService() {
		return noWay, k
	}
	t := k.target
	if a, err := netip.ParseAddr(t.host); err == nil {
		k.addrs = []netip.Addr{a}
		return ok("%s is an address", t.name()), k
	}
	resolve := o.Resolve
	if resolve == nil {
		resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	began := time.Now()
	addrs, err := resolve(ctx, t.host)
	if err == nil && len(addrs) == 0 {
		err = errors.New("it has no address")
	}
	if err != nil {
		return mend(t.hint(err), "%s: %s", t.name(), reason(err)), k
	}
	k.addrs = addrs
	return ok("%s is %s, in %s", t.name(), joinAddrs(addrs), took(began)), k
}

// reason says why a connection failed.
func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if word := api.Reason(err); word != "no connection" {
		return word
	}
	return err.Error()
}

func took(since time.Time) string { return fmt.Sprintf("%d ms", time.Since(since).Milliseconds()) }

// mostAddrs is how many addresses of a host are named and tried.
const mostAddrs = 4

func joinAddrs(addrs []netip.Addr) string {
	var names []string
	for i, a := range addrs {
		if i == mostAddrs {
			names = append(names, "…")
			break
		}
		names = append(names, a.Unmap().String())
	}
	return strings.Join(names, ", ")
}

// connects opens a connection to each address, and closes it.
func connects(ctx context.Context, _ Options, k known) (Finding, known) {
	if k.byService() {
		return noWay, k
	}
	var reached, failed []string
	var good []netip.Addr
	var why error
	for _, a := range k.addrs[:min(len(k.addrs), mostAddrs)] {
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, 4*time.Second)
		c, err := new(net.Dialer).DialContext(limited, "tcp", net.JoinHostPort(a.Unmap().String(), k.target.port))
		cancel()
		if err != nil {
			failed = append(failed, a.Unmap().String()+": "+reason(err))
			why = err
			continue
		}
		_ = c.Close()
		good = append(good, a)
		reached = append(reached, a.Unmap().String()+" in "+took(began))
	}
	port := "port " + k.target.port
	switch {
	case len(good) == 0:
		return mend(k.target.hint(why), "%s, %s: %s", k.target.name(), port, strings.Join(failed, "; ")), k
	case len(failed) > 0:
		k.addrs = good
		return note("connections begin late: check the network of the others (IPv6?)", "%s: %s; but %s", port, strings.Join(reached, ", "), strings.Join(failed, "; ")), k
	}
	k.addrs = good
	return ok("%s: %s", port, strings.Join(reached, ", ")), k
}

// certificateSoon is how long before its end a certificate is spoken of.
const certificateSoon = 7 * 24 * time.Hour

// encrypts shakes hands with the space as the client does.
func encrypts(ctx context.Context, o Options, k known) (Finding, known) {
	switch {
	case k.byService():
		return noWay, k
	case k.target.space.Scheme == "http":
		return ok("none: http to this machine needs none"), k
	}
	var state *tls.ConnectionState
	var err error
	if k.target.proxy {
		state, err = o.throughProxy(ctx, k.target)
	} else {
		state, err = handshake(ctx, net.JoinHostPort(k.addrs[0].Unmap().String(), k.target.port), &tls.Config{ServerName: k.target.space.Hostname(), RootCAs: o.Roots})
	}
	if err != nil {
		return mend(k.target.hint(err), "%s: %s", k.target.space.Hostname(), certificateReason(err)), k
	}
	until := state.PeerCertificates[0].NotAfter
	words := fmt.Sprintf("%s, certificate good until %s", tls.VersionName(state.Version), until.UTC().Format(time.DateOnly))
	if time.Until(until) < certificateSoon {
		return note("the space, or a proxy on the way, has to renew it", "%s", words), k
	}
	return ok("%s", words), k
}

// certificateReason says why there was no TLS, with the dates that matter.
func certificateReason(err error) string {
	invalid, is := errors.AsType[x509.CertificateInvalidError](err)
	if is && invalid.Reason == x509.Expired && invalid.Cert != nil {
		return fmt.Sprintf("%s (it is good from %s to %s)", reason(err), invalid.Cert.NotBefore.UTC().Format(time.DateOnly), invalid.Cert.NotAfter.UTC().Format(time.DateOnly))
	}
	return reason(err)
}

func handshake(ctx context.Context, address string, c *tls.Config) (*tls.ConnectionState, error) {
	conn, err := (&tls.Dialer{Config: c}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	state := conn.(*tls.Conn).ConnectionState()
	return &state, nil
}

// throughProxy asks the space for something through the proxy.
func (o Options) throughProxy(ctx context.Context, t target) (*tls.ConnectionState, error) {
	resp, err := o.plainly(ctx, t, "/")
	if err != nil {
		return nil, err
	}
	if resp.TLS == nil {
		return nil, errors.New("there is no TLS")
	}
	return resp.TLS, nil
}

// plainly asks the space for a path, without any credentials.
func (o Options) plainly(ctx context.Context, t target, path string) (*http.Response, error) {
	transport := o.Transport
	if transport == nil {
		own := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: o.Roots}, DisableKeepAlives: true}
		defer own.CloseIdleConnections()
		transport = own
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.space.Scheme+"://"+t.space.Host+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "tapedeck/"+o.Version)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}

// What a clock may be off: by the second is as exact as the header is.
const (
	clockNear = 2 * time.Second
	clockFar  = 5 * time.Second
)

// clock compares this machine's clock with the server's, by the header Date.
func clock(ctx context.Context, o Options, k known) (Finding, known) {
	if k.byService() {
		return noWay, k
	}
	began := time.Now()
	resp, err := o.plainly(ctx, k.target, "/api/laml/2010-04-01/Accounts/"+url.PathEscape(k.config.Project)+"/Recordings.json?PageSize=1")
	if err != nil {
		return skipped("the server's time is not known: %s", reason(err)), k // listing says more
	}
	ended := time.Now()
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return note("nothing has to be done, if this machine keeps its clock by NTP", "the server does not tell its time"), k
	}
	// The header has whole seconds, and was written between request and answer.
	off := time.Duration(0)
	if early := date.Add(time.Second).Sub(began); early < 0 {
		off = -early // this clock is ahead
	} else if late := date.Sub(ended); late > 0 {
		off = -late
	}
	way := "ahead of"
	if off < 0 {
		way = "behind"
	}
	const how = "have it set by NTP: timedatectl set-ntp true"
	switch n := off.Abs(); {
	case n > clockFar:
		return mend(how, "this machine is %s %s the server: the journal has wrong times, and TLS may fail", n.Round(time.Second), way), k
	case n > clockNear:
		return note(how, "this machine is %s %s the server", n.Round(time.Second), way), k
	}
	return ok("this machine and the server agree within a second"), k
}
