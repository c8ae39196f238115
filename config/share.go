package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"tapedeck/api/secret"
)

// Share is how this host tells others what it knows. The zero value, but for Host,
// is that it tells nobody.
type Share struct {
	// Servers are the URLs of the servers, with commas between. They may have
	// passwords, so that they cannot be printed; [Share.Shown] can.
	Servers secret.Token
	// Shown are the servers without users and passwords; empty for none.
	Shown string
	Creds string // file that says to the servers who this host is; empty for none
	CA    string // file of the certificates that theirs are checked by; empty for those of the system
	Host  string // the name of this host
}

// On reports whether anything is shared.
func (s Share) On() bool { return s.Shown != "" }

// maxHostName is the length of the longest name of a host that shares, in bytes.
const maxHostName = 64

// shareSetting returns the setting of the servers by which hosts share.
func shareSetting() setting {
	return setting{
		name: "share", usage: "NATS servers by which several hosts share what they know, with commas between, such as nats://nats.acme.example",
		hint: "URLS", kind: textKind, host: true, hidden: true,
		set: func(c *Config, text string, b base) error {
			c.Share.Servers, c.Share.Shown = secret.Token{}, ""
			if text == "" {
				if b.dir != "" {
					return errors.New("it is empty")
				}
				return nil
			}
			shown, err := serversOf(text)
			if err != nil {
				return err
			}
			c.Share.Servers, c.Share.Shown = secret.New(text), shown
			return nil
		},
		show: func(c Config) string { return orNone(c.Share.Shown) },
	}
}

// shareHostSetting returns the setting of what this host is called by the others.
func shareHostSetting() setting {
	host := hostText("share-host", "name of this host for the others that share", "NAME", checkHostName,
		func(c *Config) *string { return &c.Share.Host })
	host.auto = (*loader).hostName
	return host
}

// serversOf returns the servers as they may be shown. The error has nothing of
// what stands before the name of a server.
func serversOf(text string) (shown string, err error) {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			return "", errors.New("there is a comma without a server")
		}
		u, err := url.Parse(part)
		if err != nil {
			return "", errors.New("a server's URL cannot be read; it is like nats://nats.acme.example:4222")
		}
		plain := (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
		port, perr := strconv.Atoi(u.Port())
		switch {
		case u.Scheme != "nats" && u.Scheme != "tls" || u.Hostname() == "":
			return "", errors.New("a server is like nats://nats.acme.example:4222, or tls:// with the same")
		case u.Port() != "" && (perr != nil || port < 1 || port > 65535):
			return "", fmt.Errorf("%s has no port from 1 to 65535", quote(plain))
		case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
			return "", fmt.Errorf("%s has more behind the name than a server's URL has", quote(plain))
		}
		list = append(list, plain)
	}
	return strings.Join(list, ", "), nil
}

// hostName returns the name that this host has.
func (l *loader) hostName() (text, source string) {
	name, err := os.Hostname()
	if err != nil || l.demo || checkHostName(name) != nil {
		return "", "default"
	}
	return name, "default"
}

// checkHostName checks the name by which others know a host, which is a part of
// subjects and is shown.
func checkHostName(name string) error {
	if len(name) > maxHostName {
		return fmt.Errorf("a name of a host has at most %d bytes", maxHostName)
	}
	for _, r := range name {
		if !isWordRune(r) && r != '.' {
			return errors.New("a name of a host has only letters, digits, dots, - and _")
		}
	}
	return nil
}

// checkShare checks the settings of sharing against each other, and warns of a
// password that others may read.
func (l *loader) checkShare() {
	s := l.cfg.Share
	v := l.find(settingOf("share"))
	if !s.On() {
		if s.Creds != "" || s.CA != "" {
			l.warn("share_creds and share_ca are not used: share names no server")
		}
		return
	}
	users := false
	for part := range strings.SplitSeq(s.Servers.Reveal(), ",") {
		u, err := url.Parse(strings.TrimSpace(part))
		users = users || err == nil && u.User != nil
	}
	const file = "put it into a file that share_creds names, as one line USER:PASSWORD"
	switch {
	case users && s.Creds != "":
		l.fail(&Error{What: "cannot use share with share_creds: both say who this host is", Hints: []string{"leave user and password out of the URL"}})
	case users && v.source == "--share":
		l.fail(&Error{What: "cannot use --share with a password: what is on the command line is seen by everyone on the machine", Hints: []string{file}})
	case users && v.base.dir != "" && readable(l.file.mode):
		l.warn("%s holds the password of a NATS server and has mode %04o: others may read it; %s", l.file.path, l.file.mode.Perm(), file)
	}
	if s.Host == "" {
		l.fail(&Error{What: "cannot share: this host has no name that can be used", Hints: []string{"give it one with share_host"}})
	}
	l.checkCreds(s.Creds)
}

// checkCreds warns of a file of credentials that others may read. A client of a
// service does not use it. What else is wrong with it, who opens it says.
func (l *loader) checkCreds(path string) {
	if path == "" || l.in.Service {
		return
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && readable(info.Mode()) {
		l.warn("the file of share_creds, %s, has mode %04o: others may read it; run chmod 600 on it", path, info.Mode().Perm())
	}
}

// Plain returns the servers that are not on this host and to which the connection
// need not be encrypted.
func (s Share) Plain() (list []string) {
	if s.CA != "" || !s.On() {
		return nil
	}
	for part := range strings.SplitSeq(s.Shown, ", ") {
		u, err := url.Parse(part)
		if err != nil || u.Scheme == "tls" {
			continue
		}
		if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
			continue
		}
		list = append(list, part)
	}
	return list
}

// settingOf returns the entry of the table with a name.
func settingOf(name string) setting {
	for _, s := range settings {
		if s.name == name {
			return s
		}
	}
	return setting{name: name}
}
