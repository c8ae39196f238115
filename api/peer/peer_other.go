//go:build !linux && !darwin

package peer

import "net"

// Of is refused here.
func Of(net.Conn) (Peer, error) { return Peer{}, ErrUnknown }
