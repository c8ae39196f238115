// Package peer tells who is at the other end of a Unix socket, as the kernel
// noted it when that end connected: nothing that the other end says counts.
//
// It is the one package that may import unsafe: no other way leads to the
// supplementary groups of a peer that the kernel vouches for. It knows no other
// package of ours, and is given nothing but connections.
package peer

import "errors"

// Peer is who is at the other end of a connection.
type Peer struct {
	UID, GID int
	PID      int   // 0 where it is not known
	Groups   []int // the supplementary groups; GID may be among them or not
}

// ErrUnknown is that the system does not tell: on this system, or of what is no
// Unix socket.
var ErrUnknown = errors.New("the system does not tell who is at the other end")
