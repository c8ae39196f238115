package peer

import (
	"errors"
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxGroups is how many supplementary groups a process may have.
const maxGroups = 65536

// Of returns who is at the other end of a Unix socket, as the kernel noted
// it when that end connected.
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
		var cred *unix.Ucred
		if cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err != nil {
			return
		}
		p = Peer{UID: int(cred.Uid), GID: int(cred.Gid), PID: int(cred.Pid)}
		p.Groups, err = peerGroups(fd)
	})
	return p, errors.Join(cerr, err)
}

// peerGroups returns the supplementary groups of the peer. Where the kernel is
// too old to tell there are none: its own group is what counts then.
func peerGroups(fd uintptr) ([]int, error) {
	gids := make([]uint32, 64)
	for {
		size := uint32(4 * len(gids))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_PEERGROUPS,
			uintptr(unsafe.Pointer(&gids[0])), uintptr(unsafe.Pointer(&size)), 0)
		switch {
		case errno == unix.ERANGE && len(gids) < maxGroups:
			gids = make([]uint32, min(maxGroups, max(2*len(gids), int(size)/4)))
			continue
		case errno == unix.ENOPROTOOPT:
			return nil, nil
		case errno != 0:
			return nil, errno
		}
		groups := make([]int, 0, size/4)
		for _, g := range gids[:size/4] {
			groups = append(groups, int(g))
		}
		return groups, nil
	}
}
