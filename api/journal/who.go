package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"

	"tapedeck/api/state"
)

// Who says who asked, and which process wrote it down. What [WhoFrom] says is
// as the environment of the process tells: a person can set that environment,
// so it names, and does not prove.
type Who struct {
	Actor     string `json:"actor,omitempty"`      // login name of the user; "uid 12345" for one without a name
	UID       string `json:"uid,omitempty"`        // number of that user, a SID on Windows
	SudoUser  string `json:"sudo_user,omitempty"`  // who ran sudo to become that user; empty without
	SSHClient string `json:"ssh_client,omitempty"` // address of the SSH client, with its port where that is known; empty without
	SSHKey    string `json:"ssh_key,omitempty"`    // fingerprint of the SSH key, SHA256:…; empty where it is not known, as where sshd does not expose it
	// Of somebody who came in by the SSH of a service, which has proven the key.
	SSHUser        string `json:"ssh_user,omitempty"`        // name that the SSH client gave, which proves nothing; empty for others
	SSHCertificate string `json:"ssh_certificate,omitempty"` // key ID of the certificate; empty for a key without one
	SSHAuthority   string `json:"ssh_ca,omitempty"`          // fingerprint of the key that signed it, SHA256:…
	TTY            string `json:"tty,omitempty"`             // the terminal's device
	// Inherited: what is said of SSH is of another connection, for the terminal
	// is not that of the connection: inside tmux or screen it is the one that
	// they were started from.
	Inherited bool `json:"ssh_inherited,omitempty"`
	// Claimed: what is said of SSH and of the terminal is the word of the client
	// that asked, and was not looked up by the process that wrote the entry.
	Claimed bool   `json:"claimed,omitempty"`
	Session string `json:"session,omitempty"` // one screen of those that a process serves; empty for the only one
	// Command: it was asked for by a command that ends with its request. What it
	// has paused is to outlive it, and is not left behind by its end.
	Command bool `json:"command,omitempty"`

	// The process that wrote the entry; set by the journal.
	Host    string `json:"host,omitempty"`    // name of its machine
	PID     int    `json:"pid,omitempty"`     // its number
	Started string `json:"started,omitempty"` // when it started; only fit to be compared
}

// WhoFrom returns who runs this process, by environ (as os.Environ returns it)
// and the user and the terminal of the process. The key's fingerprint is in the
// file that SSH_USER_AUTH names, when sshd runs with ExposeAuthInfo yes.
func WhoFrom(environ []string) Who { return whoFrom(environ, terminal()) }

// whoFrom does it for a process on the terminal with this device, empty where
// that is not known.
func whoFrom(environ []string, device string) Who {
	env := map[string]string{}
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok {
			env[k] = v
		}
	}
	w := Who{Actor: userName(), SudoUser: env["SUDO_USER"], TTY: device, SSHKey: fingerprint(env["SSH_USER_AUTH"])}
	client := env["SSH_CONNECTION"]
	if client == "" {
		client = env["SSH_CLIENT"]
	}
	if f := strings.Fields(client); len(f) >= 2 {
		w.SSHClient = net.JoinHostPort(f[0], f[1])
	}
	sshTTY := env["SSH_TTY"]
	if device == "" {
		w.TTY = sshTTY
	}
	elsewhere := env["TMUX"] != "" || env["STY"] != "" || sshTTY != "" && device != "" && sshTTY != device
	w.Inherited = elsewhere && (w.SSHClient != "" || w.SSHKey != "" || device == "" && sshTTY != "")
	w.UID, _ = processUser()
	return w.writtenBy(thisProcess())
}

// thisProcess returns what is said of this process in each entry.
func thisProcess() (p Who) {
	p.Host, _ = os.Hostname()
	p.PID, p.Started = os.Getpid(), ownStart()
	return p
}

// writtenBy returns w as the process that p names writes it down.
func (w Who) writtenBy(p Who) Who {
	w.Host, w.PID, w.Started = p.Host, p.PID, p.Started
	return w
}

// processUser returns the number of the process's user, and the name, which is
// empty where the system has none. The environment is not asked: it says what
// anybody wants.
func processUser() (uid, name string) {
	if n := os.Getuid(); n >= 0 {
		return userByUID(strconv.Itoa(n))
	}
	if u, err := user.Current(); err == nil {
		return u.Uid, u.Username
	}
	return "", ""
}

func userByUID(uid string) (string, string) {
	u, err := user.LookupId(uid)
	if err != nil {
		return uid, ""
	}
	return uid, u.Username
}

// userName returns the login name of the process's user.
func userName() string { return nameOf(processUser()) }

func nameOf(uid, name string) string {
	if name == "" {
		return "uid " + uid
	}
	return name
}

// fingerprint returns the fingerprint of the first public key in the file that
// sshd writes for a session, in ssh-keygen's form; empty if there is none.
func fingerprint(name string) string {
	if name == "" {
		return ""
	}
	b, _, err := state.ReadPlain(name, 1<<20)
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(b) {
		words := strings.Fields(string(line))
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
