package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// SSH is how tapedeck serve listens for SSH. The zero value is that it does not.
type SSH struct {
	Listen      string // address; empty for not at all
	Keys        string // file of keys, in the form of authorized_keys; empty for none
	Authorities string // file of the keys that may sign certificates; empty for none
	Revoked     string // a KRL, or a list of serials; empty for none
	// Idle is after how long without a key a session ends: 0 stands for 8 h of a
	// role that may only look, and 1 h of any other.
	Idle    time.Duration
	Proxies []netip.Prefix // whose PROXY header is believed
}

// hostFile is a setting of the host that names a file.
func hostFile(name, usage string, at func(*Config) *string) setting {
	s := folder(name, usage, "FILE", at, nil)
	s.host = true
	return s
}

// idleSetting returns the setting of how long a dashboard over SSH lasts without a key.
func idleSetting() setting {
	idle := duration("ssh-idle", "end a dashboard over SSH after this time without a key (default: 8h of who may only look, else 1h)", "", time.Minute, 7*day,
		func(c *Config) *time.Duration { return &c.SSH.Idle })
	idle.host = true
	set, show := idle.set, idle.show
	idle.set = func(c *Config, text string, b base) error {
		if text == "" && b.dir == "" {
			return nil
		}
		return set(c, text, b)
	}
	idle.show = func(c Config) string {
		if c.SSH.Idle == 0 {
			return "8h to look, else 1h"
		}
		return show(c)
	}
	return idle
}

// proxiesSetting returns the setting of who may say where a client is.
func proxiesSetting() setting {
	return setting{
		name: "ssh-proxies", usage: "addresses of proxies that send a PROXY header before SSH, with commas between",
		hint: "ADDRESSES", kind: listKind, host: true,
		set: func(c *Config, text string, _ base) error {
			c.SSH.Proxies = nil
			if text == "" {
				return nil
			}
			for part := range strings.SplitSeq(text, ",") {
				network, err := parseNetwork(strings.TrimSpace(part))
				if err != nil {
					return err
				}
				c.SSH.Proxies = append(c.SSH.Proxies, network)
			}
			return nil
		},
		show: func(c Config) string {
			var list []string
			for _, p := range c.SSH.Proxies {
				list = append(list, strings.TrimSuffix(strings.TrimSuffix(p.String(), "/32"), "/128"))
			}
			return orNone(strings.Join(list, ", "))
		},
	}
}

// parseNetwork reads an address or a network.
func parseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return p, fmt.Errorf("%s is neither an address nor a network such as 10.0.0.0/8", quote(text))
	case p.Masked() != p:
		return p, fmt.Errorf("%s has bits beyond the length of its network: %s is meant, perhaps", quote(text), p.Masked())
	case p.Bits() == 0:
		return p, errors.New("every address would be believed: name those of your proxies")
	}
	return p, nil
}
