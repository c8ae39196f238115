//go:build unix

package journal

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const (
	syslogPriority = 10<<3 | 5   // authpriv, notice
	syslogWrite    = time.Second // for which a write waits for a socket that is full
)

// syslogSockets are where a syslog daemon of this machine listens.
var syslogSockets = []string{"/dev/log", "/var/run/syslog", "/var/run/log"}

// dialSyslog connects to the syslog of this machine.
func dialSyslog() (io.WriteCloser, error) {
	var failed error
	for _, path := range syslogSockets {
		for _, network := range []string{"unixgram", "unix"} {
			c, err := net.DialTimeout(network, path, syslogWrite)
			if err == nil {
				return &syslogConn{c, network == "unix"}, nil
			}
			if failed == nil || errors.Is(failed, os.ErrNotExist) {
				failed = err // one that is there says more than one that is not
			}
		}
	}
	return nil, failed
}

// syslogConn writes lines in the form that local daemons take.
type syslogConn struct {
	net.Conn
	stream bool // each line ends with a line feed
}

func (c *syslogConn) Write(line []byte) (int, error) {
	b := fmt.Appendf(nil, "<%d>%s tapedeck[%d]: %s", syslogPriority, time.Now().Format(time.Stamp), os.Getpid(), line)
	if c.stream {
		b = append(b, '\n')
	}
	if err := c.SetWriteDeadline(time.Now().Add(syslogWrite)); err != nil {
		return 0, err
	}
	if _, err := c.Conn.Write(b); err != nil {
		return 0, err
	}
	return len(line), nil
}
