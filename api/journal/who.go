package journal

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"os"
	"os/user"
	"strings"
)

// Who says who asked, as far as the environment of the process tells. A person
// can set that environment; it names, and does not prove.
type Who struct {
	Actor     string // login name of the process's user
	SudoUser  string // who ran sudo to become that user; empty without
	SSHClient string // address and port of the SSH client; empty without
	SSHKey    string // fingerprint of the SSH key, SHA256:…; empty unless sshd exposes it
	TTY       string // the terminal's device
	Host      string // name of this machine
	PID       int    // of the process that wrote the entry
	Started   string // when that process started; only fit to be compared
}

// WhoFrom returns who runs this process, by environ (as os.Environ returns it)
// and the user of the process. The key's fingerprint is in the file that
// SSH_USER_AUTH names, when sshd runs with ExposeAuthInfo yes.
func WhoFrom(environ []string) Who {
	env := map[string]string{}
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok {
			env[k] = v
		}
	}
	w := Who{SudoUser: env["SUDO_USER"], TTY: env["SSH_TTY"], SSHKey: fingerprint(env["SSH_USER_AUTH"])}
	if u, err := user.Current(); err == nil {
		w.Actor = u.Username
	} else {
		w.Actor = env["USER"]
	}
	if w.Actor == "" {
		w.Actor = "unknown"
	}
	client := env["SSH_CONNECTION"]
	if client == "" {
		client = env["SSH_CLIENT"]
	}
	if f := strings.Fields(client); len(f) >= 2 {
		w.SSHClient = net.JoinHostPort(f[0], f[1])
	}
	if w.TTY == "" {
		w.TTY = terminal()
	}
	return w.complete()
}

// complete fills in what is about the process.
func (w Who) complete() Who {
	w.Host, _ = os.Hostname()
	w.PID = os.Getpid()
	w.Started = ownStart()
	return w
}

// terminal returns the device of standard input, where the system tells.
func terminal() string {
	name, err := os.Readlink("/proc/self/fd/0")
	if err != nil || !strings.HasPrefix(name, "/dev/pts/") && !strings.HasPrefix(name, "/dev/tty") {
		return ""
	}
	return name
}

// fingerprint returns the fingerprint of the first public key in the file that
// sshd writes for a session, in ssh-keygen's form; empty if there is none.
func fingerprint(name string) string {
	if name == "" {
		return ""
	}
	st, err := os.Stat(name)
	if err != nil || !st.Mode().IsRegular() || st.Size() > 1<<20 {
		return ""
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	for in := bufio.NewScanner(f); in.Scan(); {
		words := strings.Fields(in.Text())
		if len(words) < 3 || words[0] != "publickey" {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(words[2])
		if err != nil {
			continue
		}
		sum := sha256.Sum256(key)
		return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
	}
	return ""
}
