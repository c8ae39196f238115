//go:build !unix

package serve

import "runtime"

// Listen is refused here: who a client is cannot be proved.
func Listen(Socket) (*Listener, error) {
	return nil, &Error{What: "cannot serve on " + runtime.GOOS + ": the system does not tell who a client of a socket is",
		Next: "run tapedeck serve on Linux or macOS"}
}
