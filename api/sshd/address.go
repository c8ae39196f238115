package sshd

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"strings"
)

// patterns are addresses that a key may come from: those of from= in a key file,
// or of source-address in a certificate.
type patterns struct {
	list []pattern
}

// pattern is one of them: a network, or a form of an address with * and ?.
type pattern struct {
	not     bool
	network netip.Prefix
	form    string // where it is no network
}

// maxPatterns is how many one list has at most.
const maxPatterns = 256

// parsePatterns reads the list of from=: addresses, networks (10.0.0.0/8) and forms
// with * and ? (192.0.2.*), with ! before those that it is not to be. Names of
// hosts are refused: they would be as true as the answers of a name server.
func parsePatterns(s string) (patterns, error) {
	var p patterns
	for part := range strings.SplitSeq(s, ",") {
		one, err := parsePattern(strings.TrimSpace(part))
		if err != nil {
			return p, fmt.Errorf("from=: %w", err)
		}
		p.list = append(p.list, one)
	}
	if len(p.list) > maxPatterns {
		return p, fmt.Errorf("from= has more than %d parts", maxPatterns)
	}
	return p, nil
}

func parsePattern(s string) (p pattern, err error) {
	s, p.not = strings.CutPrefix(s, "!")
	if s == "" {
		return p, errors.New("a part of it is empty")
	}
	if p.network, err = parseNetwork(s); err == nil || strings.Contains(s, "/") {
		return p, err
	}
	if !strings.ContainsAny(s, "*?") || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF.:*?", r) }) {
		return p, fmt.Errorf("%s is no address: names of hosts are not looked up", quoted(s))
	}
	p.form = strings.ToLower(s)
	return p, nil
}

// parseNetwork reads an address or a network. One that has bits beyond its length
// is refused, as is a zone.
func parseNetwork(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		network, err := netip.ParsePrefix(s)
		switch {
		case err != nil:
			return network, fmt.Errorf("%s is no network", quoted(s))
		case network.Masked() != network:
			return network, fmt.Errorf("%s has bits beyond the length of its network", quoted(s))
		case network.Addr().Is4In6():
			return network, fmt.Errorf("%s: write it as a network of IPv4", quoted(s))
		}
		return network, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%s is no address", quoted(s))
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// match reports whether an address is one of them: one of the list, and none of
// those that it is not to be. An address that is not known is none.
func (p patterns) match(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	found := false
	for _, one := range p.list {
		if !a.IsValid() || !one.match(a) {
			continue
		}
		if one.not {
			return false
		}
		found = true
	}
	return found
}

func (p pattern) match(a netip.Addr) bool {
	if p.form == "" {
		return p.network.Contains(a)
	}
	ok, err := path.Match(p.form, a.String())
	return err == nil && ok
}

// parseSources reads the source-address of a certificate: addresses and networks
// alone.
func parseSources(s string) (patterns, error) {
	var p patterns
	for part := range strings.SplitSeq(s, ",") {
		network, err := parseNetwork(part)
		if err != nil {
			return p, err
		}
		p.list = append(p.list, pattern{network: network})
	}
	return p, nil
}
