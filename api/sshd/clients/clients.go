// Package clients has the SSH clients that are installed on this system, for the
// tests: OpenSSH's ssh, dropbear's dbclient, PuTTY's plink and Python's paramiko.
// Each is asked for the same in words of its own.
package clients

import (
	"cmp"
	"crypto/ed25519"
	_ "embed"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/ssh"
)

// Client is one of them, with a key. It has a folder of its own, from which its
// settings and known hosts come: none of the user's are read.
type Client struct {
	Name string // as on the command line; "paramiko" for the library
	dir  string
	path string
	key  string // file of the private key, in the form that it reads
}

// Names are those of all clients.
var Names = []string{"ssh", "dbclient", "plink", "paramiko"}

// Login is what a client is to do.
type Login struct {
	Address  string        // host:port
	HostKey  ssh.PublicKey // that the server must have; dbclient does not look
	User     string
	Command  string   // empty for a plain login
	Terminal bool     // asks for one on the other side; needs one on this side, too
	Method   string   // by which to log in; empty for the key. See Methods
	Options  []string // more options, in the client's own words; paramiko has none
}

// Methods are those of logging in without a key, with which every client is tried.
var Methods = []string{"password", "keyboard-interactive", "none"}

// Password is what a client that has no key shows.
const Password = "correct horse"

//go:embed paramiko.py
var paramiko []byte

// pythons are where paramiko may be.
var pythons = []string{"python3", "/usr/bin/python3"}

// New prepares a client with a key, in a folder of its own. The error says by name
// what is not installed.
func New(name, dir string, key ed25519.PrivateKey) (*Client, error) {
	c := &Client{Name: name, dir: dir, key: filepath.Join(dir, "id_ed25519")}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(c.key, pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, err
	}
	switch name {
	case "ssh":
		err = os.WriteFile(filepath.Join(dir, "askpass"), []byte("#!/bin/sh\necho asked >>$HOME/asked\necho '"+Password+"'\n"), 0o700)
	case "paramiko":
		script := filepath.Join(dir, "paramiko_client.py")
		if err := os.WriteFile(script, paramiko, 0o600); err != nil {
			return nil, err
		}
		for _, python := range pythons {
			if c.path, err = exec.LookPath(python); err == nil && exec.Command(c.path, "-c", "import paramiko").Run() == nil {
				return c, nil
			}
		}
		return nil, fmt.Errorf("paramiko is not installed")
	case "dbclient":
		err = c.convert("dropbearconvert", "openssh", "dropbear", c.key, c.key+".converted")
	case "plink":
		err = c.convert("puttygen", c.key, "-O", "private", "-o", c.key+".converted")
	}
	if err == nil {
		c.path, err = exec.LookPath(name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not installed: %w", name, err)
	}
	return c, nil
}

// convert writes the key in the form that the client reads.
func (c *Client) convert(program string, args ...string) error {
	c.key += ".converted"
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return nil
}

// Environ returns what the client needs of the environment, beside what it has of
// a terminal.
func (c *Client) Environ() []string {
	return []string{
		"HOME=" + c.dir, "PATH=" + os.Getenv("PATH"), "DROPBEAR_PASSWORD=" + Password,
		"SSH_ASKPASS=" + filepath.Join(c.dir, "askpass"), "SSH_ASKPASS_REQUIRE=force",
	}
}

// Dir returns the folder of the client.
func (c *Client) Dir() string { return c.dir }

// Path returns the program to run.
func (c *Client) Path() string { return c.path }

// Args returns its arguments.
func (c *Client) Args(l Login) ([]string, error) {
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil {
		return nil, err
	}
	terminal := "-T"
	if l.Terminal {
		terminal = "-t"
	}
	own, err := c.own(l, host, port)
	if err != nil {
		return nil, err
	}
	args := slices.Concat(l.Options, own, []string{terminal}, []string{l.User + "@" + host})
	if l.Command != "" {
		args = append(args, l.Command)
	}
	return args, nil
}

// own returns the options that say the same in each client's own words.
func (c *Client) own(l Login, host, port string) ([]string, error) {
	switch c.Name {
	case "ssh":
		known := filepath.Join(c.dir, "known_hosts")
		line := fmt.Sprintf("[%s]:%s %s", host, port, ssh.MarshalAuthorizedKey(l.HostKey))
		if err := os.WriteFile(known, []byte(line), 0o600); err != nil {
			return nil, err
		}
		args := []string{
			"-F", "none", "-i", c.key, "-o", "IdentitiesOnly=yes", "-o", "UserKnownHostsFile=" + known, "-o", "GlobalKnownHostsFile=none",
			"-o", "StrictHostKeyChecking=yes", "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1", "-p", port,
		}
		if l.Method != "" {
			args = append(args, "-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications="+l.Method)
		}
		return args, nil
	case "dbclient":
		args := []string{"-y", "-y", "-p", port}
		if l.Method == "" {
			args = append(args, "-i", c.key)
		}
		return args, nil
	case "plink":
		args := []string{"-ssh", "-batch", "-noagent", "-hostkey", ssh.FingerprintSHA256(l.HostKey), "-P", port}
		switch l.Method {
		case "":
			args = append(args, "-i", c.key)
		case "none":
		default:
			args = append(args, "-pw", Password)
		}
		return args, nil
	}
	return []string{filepath.Join(c.dir, "paramiko_client.py"), c.key, string(ssh.MarshalAuthorizedKey(l.HostKey)), port, cmp.Or(l.Method, "publickey")}, nil
}
