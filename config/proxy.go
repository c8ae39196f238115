package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// proxyVariables are those that net/http reads for a space over https.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy"}

// checkProxies refuses a proxy's address that cannot be read, which net/http
// passes over in silence to connect directly, and shows the proxy's host. It is
// the one place that does: the client of the API goes by the environment.
func (l *loader) checkProxies() {
	name, value := l.env.first(proxyVariables...)
	if value == "" {
		l.show("proxy", orNone(""), "default")
		return
	}
	host, ok := proxyHost(value)
	switch space := strings.TrimPrefix(l.cfg.Space, "https://"); {
	case !ok: // the value may hold a password
		l.fail(&Error{What: "cannot use the proxy (" + name + "): it is not an address such as http://proxy.example:3128",
			Hints: []string{"set " + name + " to the proxy's address, or unset it to connect directly"}})
		l.show("proxy", "not usable", name)
	case strings.HasPrefix(l.cfg.Space, "http://"):
		l.show("proxy", orNone(""), "loopback needs none")
	case l.cfg.Space != "" && l.exempt(space):
		l.show("proxy", orNone(""), "NO_PROXY has the space")
	default:
		l.show("proxy", host, name)
	}
}

// proxyHost returns the host and port of a proxy's address, which may lack its
// scheme; ok is false for what is none.
func proxyHost(address string) (host string, ok bool) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	known := slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme)
	return u.Host, known && u.Hostname() != "" && !strings.HasSuffix(u.Host, ":") && !strings.ContainsAny(u.Host, " \t")
}

// exempt reports whether NO_PROXY names a host, or a domain that it is in.
func (l *loader) exempt(host string) bool {
	_, list := l.env.first("NO_PROXY", "no_proxy")
	name, _, _ := strings.Cut(host, ":")
	for entry := range strings.SplitSeq(strings.ToLower(list), ",") {
		entry = strings.TrimSpace(entry)
		switch domain := strings.TrimPrefix(entry, "*"); {
		case entry == "":
		case entry == "*", entry == name, entry == host, inNetwork(entry, name):
			return true
		case strings.HasSuffix(name, "."+strings.TrimPrefix(domain, ".")):
			return true
		}
	}
	return false
}

// inNetwork reports whether entry is a network, as 10.0.0.0/8, that an address
// is in.
func inNetwork(entry, address string) bool {
	network, err := netip.ParsePrefix(entry)
	ip, ierr := netip.ParseAddr(address)
	return err == nil && ierr == nil && network.Contains(ip)
}
