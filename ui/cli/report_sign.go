package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"tapedeck/api/alarm"
	"tapedeck/api/text"
)

// signSpace is the namespace of signatures of reports: one that was made for
// something else does not pass for one of these.
const signSpace = "tapedeck-report"

// signer signs with an SSH key, by OpenSSH's own ssh-keygen.
type signer struct {
	path string // of ssh-keygen
	key  string // the file of the key
	env  []string
}

// newSigner returns what signs with the key in a file: a private key, or the
// public half of one that ssh-agent holds.
func (r *runner) newSigner(key string) (*signer, error) {
	s := &signer{key: key, env: alarm.Environ(r.Environ)}
	st, err := os.Stat(key)
	switch {
	case err != nil:
		return nil, s.failed(plainError(err), "name the file of a private key, or of the public half of a key that ssh-agent holds; ssh-keygen -t ed25519 makes one")
	case st.IsDir():
		return nil, s.failed(errors.New("it is a folder"), "name the file of a key in it")
	}
	if s.path, err = exec.LookPath("ssh-keygen"); err != nil {
		if e, ok := errors.AsType[*exec.Error](err); ok {
			err = e.Err
		}
		return nil, s.failed(fmt.Errorf("cannot run ssh-keygen: %w", err), "install OpenSSH, which has it: on Debian the package openssh-client")
	}
	return s, nil
}

// failed is the error of a signature.
func (s *signer) failed(why error, hints ...string) *Error {
	return &Error{What: fmt.Sprintf("sign the report with %s: %v", text.New(s.key), why), Hints: hints}
}

// plainError returns an error of a file without its operation and its path.
func plainError(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// sign returns the signature of each of some texts, as ssh-keygen writes it into
// a file, and the key that made them, by its fingerprint. It takes as long as a
// person takes for a passphrase, for which ssh-keygen asks once, on the terminal.
// What it has made is checked: an agent may answer anything.
func (s *signer) sign(ctx context.Context, list [][]byte) (sigs [][]byte, key string, err error) {
	dir, err := os.MkdirTemp("", "tapedeck-sign-")
	if err != nil {
		return nil, "", s.failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	args := []string{"-q", "-Y", "sign", "-f", s.key, "-n", signSpace}
	var files []string
	for i, b := range list {
		file := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(file, b, 0o600); err != nil {
			return nil, "", s.failed(err)
		}
		files = append(files, file)
	}
	switch _, said, err := s.run(ctx, nil, append(args, files...)...); {
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case err != nil:
		return nil, "", s.failed(fmt.Errorf("ssh-keygen: %s", said), s.hints(said)...)
	}
	for i, b := range list {
		sig, err := os.ReadFile(files[i] + ".sig")
		if err != nil || !isSignature(sig) {
			return nil, "", s.failed(errors.New("ssh-keygen has written no signature"), oldKeygen)
		}
		out, said, err := s.run(ctx, b, "-Y", "check-novalidate", "-n", signSpace, "-s", files[i]+".sig")
		if err != nil {
			return nil, "", s.failed(fmt.Errorf("ssh-keygen finds that its signature does not hold: %s", said), "try again; ssh-keygen -Y check-novalidate is what says so")
		}
		if key = string(keyPrint().Find(out)); key == "" {
			key = "an SSH key"
		}
		sigs = append(sigs, sig)
	}
	return sigs, key, nil
}

// oldKeygen is the hint where ssh-keygen does not know signatures.
const oldKeygen = "ssh-keygen -Y is of OpenSSH 8.1 or later; ssh -V says which this is"

// keyPrint matches a key in what ssh-keygen says of a signature.
var keyPrint = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Z0-9-]+ key SHA256:[A-Za-z0-9+/=]+`) })

// run runs ssh-keygen, without a shell, on what it reads from standard input.
func (s *signer) run(ctx context.Context, in []byte, args ...string) (out []byte, said string, err error) {
	cmd := exec.CommandContext(ctx, s.path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = bytes.NewReader(in), &stdout, &stderr, s.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it gives the terminal its echo back
	cmd.WaitDelay = 2 * time.Second
	if err = cmd.Run(); ctx.Err() != nil {
		return nil, "it was ended", ctx.Err()
	}
	if err != nil {
		var lines []string
		for line := range strings.Lines(stderr.String()) {
			if line = text.New(strings.TrimSpace(line)).String(); line != "" && line[0] != '@' { // a frame around a warning
				lines = append(lines, strings.TrimSuffix(line, "."))
			}
		}
		if said = strings.Join(lines, "; "); said == "" {
			said = err.Error()
		}
	}
	return stdout.Bytes(), said, err
}

// hints are the next steps after what ssh-keygen has said.
func (s *signer) hints(said string) []string {
	low := strings.ToLower(said)
	switch {
	case strings.Contains(low, "passphrase"):
		return []string{"ssh-keygen asks for the passphrase on a terminal only; or ssh-add the key, and name its .pub file here"}
	case strings.Contains(low, "permissions"):
		return []string{"chmod 600 " + text.New(s.key).String()}
	case strings.Contains(low, "agent") || strings.Contains(low, "private key for public key") || strings.Contains(low, "no private key"):
		return []string{"of a public key ssh-agent has to hold the private half: ssh-add -l lists what it holds", "or name the file of the private key"}
	case strings.Contains(low, "option") || strings.Contains(low, "usage"):
		return []string{oldKeygen}
	}
	return []string{"ssh-keygen -y -f " + text.New(s.key).String() + " says whether it can be read"}
}

// signatureHead is how the file of a signature begins.
const signatureHead = "-----BEGIN SSH SIGNATURE-----"

func isSignature(b []byte) bool { return bytes.HasPrefix(b, []byte(signatureHead)) }
