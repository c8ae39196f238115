package sshd

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	gossh "golang.org/x/crypto/ssh"

	"tapedeck/api/state"
)

// HostKeyName is the file of the host key, in the state directory.
const HostKeyName = "ssh_host_ed25519_key"

const maxHostKey = 64 << 10 // bytes

// HostKey reads the host key of the service in its state directory, and makes one
// where there is none: ed25519, in a file that nobody else may read. One that
// others may read, or of another kind, is an error: it is never replaced, for then
// every client would be told that the host is another one.
func HostKey(dir state.Dir) (gossh.Signer, error) {
	b, err := readHostKey(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return makeHostKey(dir)
	}
	if err != nil {
		return nil, &Error{
			What: fmt.Sprintf("cannot use the host key %s: %v", dir.Path(HostKeyName), err), Err: err,
			Next: "have it owned by the user of the service, with mode 0600; if others may have read it, move it away, and a new one is made",
		}
	}
	key, err := gossh.ParsePrivateKey(b)
	if err == nil && key.PublicKey().Type() != gossh.KeyAlgoED25519 {
		err = errors.New("it is no ed25519 key")
	}
	if err != nil {
		return nil, &Error{
			What: fmt.Sprintf("cannot use the host key %s: %v", dir.Path(HostKeyName), err), Err: err,
			Next: "put the right one there, or move it away, and a new one is made",
		}
	}
	return key, nil
}

// readHostKey reads the file of the host key, unless others may read it, too.
func readHostKey(dir state.Dir) ([]byte, error) {
	f, err := dir.OpenOwn(HostKeyName, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if os.Geteuid() >= 0 && st.Mode().Perm()&0o077 != 0 { // Windows has no such modes
		return nil, fmt.Errorf("others may read it (mode %04o)", st.Mode().Perm())
	}
	return io.ReadAll(io.LimitReader(f, maxHostKey))
}

func makeHostKey(dir state.Dir) (gossh.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a host key: %w", err)
	}
	block, err := gossh.MarshalPrivateKey(key, "tapedeck")
	if err != nil {
		return nil, fmt.Errorf("make a host key: %w", err)
	}
	if err := dir.Replace(HostKeyName, pem.EncodeToMemory(block)); err != nil {
		return nil, &Error{What: fmt.Sprintf("cannot write the host key %s: %v", dir.Path(HostKeyName), err), Err: err, Next: "look at the mode and owner of the state directory"}
	}
	return gossh.NewSignerFromKey(key)
}

// Error is why the server cannot begin: what was tried, on what, why, and the next
// step.
type Error struct {
	What string
	Next string
	Err  error
}

// Error returns what went wrong, without the next step.
func (e *Error) Error() string { return e.What }

// Hint returns the next step.
func (e *Error) Hint() string { return e.Next }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
