package config

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// domain is where spaces are, when a space is given by its bare name.
const domain = ".signalwire.com"

// parseSpace returns the base URL of a space that is given by name (acme),
// host (acme.signalwire.com, perhaps with a port) or URL.
//
// The scheme is https, unless http is written out and the host is loopback.
// A path is dropped. The errors never hold the value, which may hold a
// password.
func parseSpace(value string) (string, error) {
	if tokenLike().MatchString(value) {
		return "", errTokenLike
	}
	for _, r := range value {
		if r <= ' ' || r == 0x7f || r == '\\' {
			return "", errors.New("it holds a space, a backslash or a control character")
		}
	}
	scheme, rest, isURL := strings.Cut(value, "://")
	if !isURL {
		scheme, rest = "https", value
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if strings.Contains(rest, "@") {
		return "", errors.New("it holds a user name or password; project and token are settings of their own")
	}
	bare := !isURL && !strings.ContainsAny(rest, ".:")
	host, port, err := splitHost(rest)
	if err != nil {
		return "", err
	}
	if bare && host != "localhost" {
		host += domain
	}
	if host == "relay"+domain {
		return "", errors.New("relay.signalwire.com serves the RELAY SDKs over WebSocket and not the REST API; " +
			"the space is the first part of the dashboard's address, such as acme.signalwire.com")
	}
	switch scheme = strings.ToLower(scheme); {
	case scheme == "http" && !isLoopback(host):
		return "", errors.New("http sends the token unencrypted and is only for loopback; use https")
	case scheme != "http" && scheme != "https":
		return "", errors.New("its scheme must be https, or http for loopback")
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return scheme + "://" + host, nil
}

// splitHost splits an authority without user information into a host in lower
// case, without brackets and without a dot at the end, and a port that may be
// empty.
func splitHost(s string) (host, port string, err error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Is6() && a.Zone() == "" {
		return a.String(), "", nil
	}
	host, port, hasPort := strings.Cut(s, ":")
	if strings.HasPrefix(s, "[") {
		inside, after, closed := strings.Cut(s[1:], "]")
		a, err := netip.ParseAddr(inside)
		if !closed || err != nil || !a.Is6() || a.Zone() != "" || after != "" && after[0] != ':' {
			return "", "", errors.New("its address in brackets is not an IPv6 address")
		}
		host, hasPort, port = a.String(), after != "", strings.TrimPrefix(after, ":")
	} else if host, err = hostName(host); err != nil {
		return "", "", err
	}
	if !hasPort {
		return host, "", nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", "", errors.New("its port is not a number from 1 to 65535")
	}
	return host, strconv.FormatUint(n, 10), nil
}

// hostName returns a name in lower case without the dot at its end.
func hostName(s string) (string, error) {
	s = strings.TrimSuffix(strings.ToLower(s), ".")
	if s == "" {
		return "", errors.New("it has no host")
	}
	if len(s) > 253 {
		return "", errors.New("its host is longer than a host's name can be")
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", errors.New("its host is not a name; a space is written such as acme or acme.signalwire.com")
		}
		for _, r := range label {
			if !isWordRune(r) {
				return "", errors.New("its host has a character that host names cannot have")
			}
		}
	}
	return s, nil
}

// isLoopback reports whether a host is this machine, by name or address.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
