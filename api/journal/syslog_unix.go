//go:build unix

package journal

import (
	"io"
	"log/syslog"
)

// dialSyslog connects to the syslog of this machine.
func dialSyslog() (io.WriteCloser, error) {
	w, err := syslog.New(syslog.LOG_AUTHPRIV|syslog.LOG_NOTICE, "tapedeck")
	if err != nil {
		return nil, err
	}
	return w, nil
}
