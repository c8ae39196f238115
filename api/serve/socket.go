package serve

import (
	"errors"
	"net"
	"strconv"
	"strings"
)

// Socket says where the service listens.
type Socket struct {
	// Paths are where the socket may be; the first whose folder can be written is
	// used.
	Paths []string
	// Group is the socket's group, by name or number: its members may connect.
	// Empty leaves that of the process.
	Group string
	// Environ is the environment: a socket that systemd has opened is taken in
	// place of all that.
	Environ []string
}

// Listener is the socket of the service. Close it to give it up: the path is
// removed, if it is still this one's.
type Listener struct {
	net.Listener
	path    string // for a reader
	release func() // lets go of what is beside the listener; nil for nothing
}

// Path returns where the socket is.
func (l *Listener) Path() string { return l.path }

// Addr returns the address of the socket.
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// Close stops listening.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	if l.release != nil {
		l.release()
		l.release = nil
	}
	return err
}

// firstFD is the number of the first file that systemd hands over.
const firstFD = 3

// activation returns how many sockets systemd has opened for this process, by
// its environment; 0 for none.
func activation(environ []string, pid int) (n int, err error) {
	forWhom, count := variable(environ, "LISTEN_PID"), variable(environ, "LISTEN_FDS")
	if forWhom == "" || count == "" || forWhom != strconv.Itoa(pid) {
		return 0, nil
	}
	n, err = strconv.Atoi(count)
	switch {
	case err != nil || n < 0:
		return 0, &Error{What: "cannot take the socket of systemd: LISTEN_FDS is no number"}
	case n > 1:
		return 0, &Error{What: "cannot take the sockets of systemd: there are " + count + ", and tapedeck serves one",
			Next: "leave one ListenStream= in the socket unit"}
	}
	return n, nil
}

// variable returns a variable of an environment; empty where it is not set.
func variable(environ []string, name string) (value string) {
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}

// errNoPath is why the service does not begin where no path is known.
var errNoPath = errors.New("no path is known")
