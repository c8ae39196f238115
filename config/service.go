package config

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// The two values of the setting server that are no path.
const (
	ServerAuto = "auto" // a service of this host that is there and serves the profile
	ServerOff  = "off"  // none
)

// The socket of tapedeck serve is in one of these folders, the first that can be
// used: that of the host, or that of the user's session.
const (
	hostFolder = "/run/tapedeck"
	socketName = "tapedeck.sock"
)

// maxSocket is how long the path of a socket may be, in bytes: the least that
// the systems have room for.
const maxSocket = 103

// IsHostSocket reports whether a path is that of the host's own service.
func IsHostSocket(path string) bool { return path == hostFolder+"/"+socketName }

// serverSetting returns the setting that says whether a dashboard uses the
// service of this host.
func serverSetting() setting {
	return setting{
		name: "server", usage: "use the service of this host: auto (one that is there), off, or the path of its socket",
		hint: "WORD", def: ServerAuto, kind: textKind, host: true, values: []string{ServerAuto, ServerOff},
		set: func(c *Config, text string, b base) (err error) {
			if text != ServerAuto && text != ServerOff {
				if !strings.ContainsRune(text, filepath.Separator) {
					return errors.New("allowed is auto, off, or a path with a / in it")
				}
				if text, err = socketPath(text, b); err != nil {
					return err
				}
			}
			c.Server = text
			return nil
		},
		show: func(c Config) string { return c.Server },
	}
}

// socketSetting returns the setting of the path of the service's socket.
func socketSetting() setting {
	return setting{
		name: "socket", usage: "socket of tapedeck serve", hint: "PATH", kind: textKind, host: true,
		auto: func(l *loader) (string, string) {
			l.cfg.Sockets = l.usualSockets()
			return "", "default"
		},
		set: func(c *Config, text string, b base) error {
			if text == "" && b.dir != "" {
				return errors.New("it is empty")
			}
			if text == "" {
				return nil // the usual ones
			}
			path, err := socketPath(text, b)
			if err != nil {
				return err
			}
			c.Sockets = []string{path}
			return nil
		},
		show: func(c Config) string { return orNone(strings.Join(c.Sockets, " or ")) },
	}
}

// socketPath returns the path of a socket, absolute as far as it can be.
func socketPath(text string, b base) (string, error) {
	if strings.ContainsRune(text, 0) {
		return "", errors.New("it holds a NUL character")
	}
	path, err := b.path(text)
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	if len(path) > maxSocket {
		return "", fmt.Errorf("it is longer than %d bytes, which a socket's path cannot be", maxSocket)
	}
	return path, nil
}

// usualSockets returns where the socket may be when no path is set.
func (l *loader) usualSockets() (paths []string) {
	if l.demo || runtime.GOOS == "windows" {
		return nil
	}
	paths = []string{filepath.Join(hostFolder, socketName)}
	if dir := l.runFolder(); dir != "" {
		if path := filepath.Join(dir, socketName); len(path) <= maxSocket {
			paths = append(paths, path)
		}
	}
	return paths
}

// runFolder returns tapedeck's folder in that of the user's session; empty where
// there is none, and for the demo, which leaves nothing behind.
func (l *loader) runFolder() string {
	dir := l.env.value("XDG_RUNTIME_DIR")
	if l.demo || !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "tapedeck")
}

// profilesSetting returns the setting of the profiles that are served.
func profilesSetting() setting {
	return setting{
		name: "serve-profiles", usage: "profiles that tapedeck serve serves, with commas between (default: the profile in force)",
		hint: "NAMES", kind: listKind, host: true,
		set: func(c *Config, text string, _ base) error {
			c.ServeProfiles = nil
			if text == "" {
				return nil
			}
			for name := range strings.SplitSeq(text, ",") {
				name = strings.TrimSpace(name)
				switch {
				case !isName(name):
					return fmt.Errorf("%s is not the name of a profile", quote(name))
				case slices.Contains(c.ServeProfiles, name):
					return fmt.Errorf("%s is named twice", name)
				}
				c.ServeProfiles = append(c.ServeProfiles, name)
			}
			return nil
		},
		show: func(c Config) string { return orNone(strings.Join(c.ServeProfiles, ", ")) },
	}
}

// hostText returns a setting of the host that is a text, which check may refuse.
func hostText(name, usage, hint string, check func(string) error, at func(*Config) *string) setting {
	return setting{
		name: name, usage: usage, hint: hint, kind: textKind, host: true,
		set: func(c *Config, text string, _ base) error {
			if text != "" {
				if err := check(text); err != nil {
					return err
				}
			}
			*at(c) = text
			return nil
		},
		show: func(c Config) string { return orNone(*at(&c)) },
	}
}

// checkGroup refuses what cannot be the name or the number of a group.
func checkGroup(text string) error { return checkPerson(text, "a group") }

// checkPerson refuses what cannot be the name or the number of a user or group.
func checkPerson(text, what string) error {
	if text == "" || len(text) > 256 || strings.ContainsAny(text, ":\x00\r\n\t") || strings.TrimSpace(text) != text {
		return fmt.Errorf("%s is not the name or the number of %s", quote(text), what)
	}
	return nil
}

// checkAddress refuses what is no address with a port.
func checkAddress(text string) error {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return errors.New("it is not an address with a port, such as 127.0.0.1:9464")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("its port is not a number from 0 to 65535")
	}
	return nil
}
