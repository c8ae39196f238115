package cli

import (
	"context"
	"errors"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"

	"tapedeck/api/background"
	"tapedeck/api/local"
	"tapedeck/api/serve"
	"tapedeck/api/sshd"
	"tapedeck/api/state"
	"tapedeck/config"
	"tapedeck/ui/remote"
)

// door is where the service listens for SSH. A nil one is that it does not.
type door struct {
	listener net.Listener
	key      ssh.Signer // of the host
	doors    *sshd.Doors
	server   *sshd.Server // nil until it is prepared
}

// openSSH makes the host key where there is none, reads who may come in, and
// listens. It returns nil where the settings have no address.
func (r *runner) openSSH(ctx context.Context, c config.Config) (*door, error) {
	if c.SSH.Listen == "" {
		return nil, nil
	}
	doors, err := sshd.OpenDoors(sshd.Files{Keys: c.SSH.Keys, Authorities: c.SSH.Authorities, Revoked: c.SSH.Revoked}, r.tell)
	if err != nil {
		return nil, err
	}
	dir, err := state.Make(c.StateDir)
	if err != nil {
		return nil, &Error{What: "cannot keep a host key in " + c.StateDir + ": " + err.Error(), Hints: []string{"look at the mode and owner of the state directory"}}
	}
	key, err := sshd.HostKey(dir)
	if err != nil {
		return nil, err
	}
	l, err := listenSSH(ctx, c.SSH.Listen)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(c.Roles, func(r config.Role) bool { return len(r.Keys)+len(r.Principals) > 0 }) {
		r.tell("warning: nobody can log in by SSH: no role has keys or principals")
	}
	return &door{listener: l, key: key, doors: doors}, nil
}

// listenSSH listens on an address. One without a host would be every one of this
// machine, which nobody may have meant: it is refused.
func listenSSH(ctx context.Context, address string) (net.Listener, error) {
	cannot := "cannot listen for SSH on " + address + ": "
	host, port, err := net.SplitHostPort(address)
	if err == nil && host == "" {
		return nil, &Error{Code: codeUsage, What: cannot + "without a host it would be every address of this machine",
			Hints: []string{"write 127.0.0.1:" + port + ", the address by which others reach it, or 0.0.0.0:" + port + " for every one"}}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		if e, ok := errors.AsType[*net.OpError](err); ok {
			err = e.Err
		}
		return nil, &Error{What: cannot + err.Error(), Hints: []string{"choose another port; one below 1024 is for root"}}
	}
	return l, nil
}

// close closes the listener, where the service does not come to run.
func (d *door) close() {
	if d != nil {
		_ = d.listener.Close()
	}
}

// prepare makes the server, whose sessions are those of the service, and says where
// it listens, and by which key a client knows it.
func (d *door) prepare(r *runner, s *service, server *serve.Server) (err error) {
	settings := s.screens()
	handler := remote.New(remote.Options{
		Service: insiders{server}, Run: remoteCommand(settings, r.Version), Settings: settings, Say: r.tell,
	})
	d.server, err = sshd.New(sshd.Options{
		HostKey: d.key, Gate: d.doors.Gate, Handler: handler, Proxies: s.host.SSH.Proxies, Say: r.tell,
		Count: func(why sshd.Reason) { server.RefusedLogin(string(why)) },
	})
	if err == nil {
		r.tell("listening for SSH on %s; host key %s", d.listener.Addr(), sshd.Fingerprint(d.key))
	}
	return err
}

// run serves SSH as parts of a group, until ctx ends, when the sessions are told
// that the service is ending, or the group is stopped.
func (d *door) run(ctx context.Context, parts *background.Group) {
	if d == nil {
		return
	}
	parts.Go(func(stopped context.Context) error {
		running, end := context.WithCancelCause(stopped)
		defer end(nil)
		defer context.AfterFunc(ctx, func() { end(sshd.ErrEnding) })()
		return d.server.Run(running, d.listener)
	})
	parts.Go(func(ctx context.Context) error { d.doors.Follow(ctx, d.server.Recheck); return nil })
}

// insiders are the sessions over SSH of a service.
type insiders struct{ server *serve.Server }

// Admits returns whether somebody may come in, and whether that is only to look.
func (i insiders) Admits(id sshd.Identity) (looks, ok bool) {
	a, ok := i.server.Admits(insiderOf(id))
	return a.Looks, ok
}

// Enter begins a session of somebody.
func (i insiders) Enter(id sshd.Identity, screen local.Screen, end func(why string)) (remote.Inside, error) {
	inside, err := i.server.Enter(insiderOf(id), screen, end)
	if err != nil {
		return nil, err // and no nil that is one of an interface
	}
	return inside, nil
}

// insiderOf returns who has logged in, as the service has it.
func insiderOf(id sshd.Identity) serve.Insider {
	return serve.Insider{
		User: id.User, Fingerprint: id.Fingerprint, Comment: id.Comment, Certificate: id.CertificateID, Authority: id.Authority,
		Principals: id.Principals, Address: id.Address.String(),
	}
}

// screens returns the settings that the sessions over SSH have of the service: of
// the one project that is served, else of the host. Numbers that any of several
// masks are masked.
func (s *service) screens() config.Config {
	c := s.host
	if len(s.configs) == 1 {
		c = s.configs[0]
	}
	for _, of := range s.configs {
		c.MaskNumbers = c.MaskNumbers || of.MaskNumbers
	}
	c.SSH = s.host.SSH
	return c
}
