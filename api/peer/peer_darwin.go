package peer

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// Of returns who is at the other end of a Unix socket, as the kernel noted
// it when that end connected. It tells of sixteen groups at most.
func Of(c net.Conn) (p Peer, err error) {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return p, ErrUnknown
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return p, err
	}
	cerr := raw.Control(func(fd uintptr) {
		var cred *unix.Xucred
		if cred, err = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); err != nil {
			return
		}
		n := min(int(cred.Ngroups), len(cred.Groups))
		if n < 1 {
			err = ErrUnknown
			return
		}
		p = Peer{UID: int(cred.Uid), GID: int(cred.Groups[0])}
		for _, g := range cred.Groups[:n] {
			p.Groups = append(p.Groups, int(g))
		}
		if pid, perr := unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID); perr == nil {
			p.PID = pid
		}
	})
	return p, errors.Join(cerr, err)
}
