package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/text"
	"tapedeck/config"
)

// serviceTime is how long a service may take to say what it is and to send its
// recordings. One that is starting or ending is asked again until then.
const serviceTime = 5 * time.Second

// Client is what a client of the service says of itself.
type Client struct {
	Version string   // this build of tapedeck
	Command string   // "dashboard", or the name of a command
	Environ []string // as os.Environ returns it
	// Unused is told, before FindService returns nil, why a service that is set up
	// on this host is not used; nil tells nobody.
	Unused func(why string)
}

// errNotServed is that a service does not serve the project of the settings.
var errNotServed = errors.New("it does not serve the project of these settings")

// errSilentService is that a service takes too long.
var errSilentService = fmt.Errorf("it did not answer within %s", serviceTime)

// FindService connects to the service of this host that the setting server
// chooses, and returns when its recordings are there: those of the profile that
// the settings name, by its project or else by its name, or all that it serves
// where they name none. Load the settings with [config.Sources.Service].
//
// With "auto" it returns nil where no service listens, where the one that does
// serves something else, and where it does not let this user in while the
// settings have a project of their own. With the path of a socket there has to be
// a service. The error says why one that is there, or has to be, cannot be used.
func FindService(ctx context.Context, c config.Config, who Client) (*local.Client, error) {
	sockets, must := c.Sockets, false
	switch c.Server {
	case config.ServerOff:
		return nil, nil
	case config.ServerAuto, "":
	default:
		sockets, must = []string{c.Server}, true
	}
	ctx, cancel := context.WithTimeoutCause(ctx, serviceTime, errSilentService)
	defer cancel()
	var refused error
	unused := ""
	for _, socket := range sockets {
		client, err := dialService(ctx, socket, c, who)
		switch {
		case err == nil:
			return client, nil
		case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded): // the caller's own limit
			return nil, serviceError(c, socket, context.DeadlineExceeded)
		case ctx.Err() != nil && context.Cause(ctx) != errSilentService:
			return nil, context.Cause(ctx)
		case must:
			return nil, serviceError(c, socket, err)
		case errors.Is(err, errNotServed):
		case isNoService(err):
			if isSetUp(c, socket, err, "/") {
				unused = "no service runs at " + socket
			}
		case isNotLetIn(err):
			unused = "you may not use the service at " + socket
			if refused == nil {
				refused = serviceError(c, socket, err)
			}
		default:
			return nil, serviceError(c, socket, err)
		}
	}
	if c.Project == "" || c.Space == "" {
		return nil, refused
	}
	if unused != "" && who.Unused != nil {
		who.Unused(unused)
	}
	return nil, nil
}

// units are the links by which systemd starts the service, beneath the root of the
// host's files.
var units = []string{"etc/systemd/system/sockets.target.wants/tapedeck.socket", "etc/systemd/system/multi-user.target.wants/tapedeck.service"}

// isSetUp reports whether a service was to run where none does, for this reason: its
// socket is there or was set, or systemd starts it on this host.
func isSetUp(c config.Config, socket string, why error, root string) bool {
	if errors.Is(why, syscall.ECONNREFUSED) {
		return true
	}
	for _, s := range c.Settings() {
		if s.Name == "socket" && s.Source != "default" {
			return true
		}
	}
	return config.IsHostSocket(socket) && slices.ContainsFunc(units, func(link string) bool {
		_, err := os.Lstat(filepath.Join(root, link))
		return err == nil
	})
}

// dialService connects to the service on a socket. One that starts or ends is
// asked again until ctx ends.
func dialService(ctx context.Context, socket string, c config.Config, who Client) (*local.Client, error) {
	o := local.Options{Path: socket, Version: who.Version, Command: who.Command, Claims: claimsFrom(who.Environ),
		Choose: func(s local.WhoAmI) ([]string, error) { return servedProfiles(s, c) }}
	for {
		client, err := local.Dial(ctx, o)
		r, ok := errors.AsType[*local.RefusalError](err)
		if !ok || r.Code != local.CodeEnding && r.Code != local.CodeNotStarted {
			return client, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// claimsFrom returns what a client says of its person.
func claimsFrom(environ []string) local.Claims {
	w := journal.WhoFrom(environ)
	return local.Claims{SudoUser: w.SudoUser, SSHClient: w.SSHClient, SSHKey: w.SSHKey, TTY: w.TTY, Inherited: w.Inherited}
}

// servedProfiles returns the profiles of a service that the settings are about;
// none for all of them. The error is that there is none.
func servedProfiles(s local.WhoAmI, c config.Config) (names []string, err error) {
	if c.Profile == "" && c.Project == "" && c.Space == "" {
		return nil, nil
	}
	for _, p := range s.Profiles {
		if c.Space != "" && !journal.SameSpace(p.Space, c.Space) {
			continue
		}
		if c.Project != "" && p.Project == c.Project || c.Project == "" && (c.Profile == "" || c.Profile == p.Profile) {
			names = append(names, p.Profile)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: it has %s", errNotServed, profilesOf(s))
	}
	return names, nil
}

// profilesOf names what a service serves.
func profilesOf(s local.WhoAmI) string {
	var names []string
	for _, p := range s.Profiles {
		name := p.Profile
		if name == "" {
			name = p.Space
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// isNoService reports whether nothing listens where a service was looked for.
func isNoService(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOTDIR)
}

// isNotLetIn reports whether a service is not for this user.
func isNotLetIn(err error) bool {
	r, refused := errors.AsType[*local.RefusalError](err)
	return errors.Is(err, fs.ErrPermission) || refused && (r.Code == local.CodeUser || r.Code == local.CodeRole)
}

// serviceError says why a service cannot be used, and what to do.
func serviceError(c config.Config, socket string, err error) error {
	e := &Error{Code: codeUnreachable, What: "cannot use the service at " + socket + ": " + text.New(whyNot(err)).String()}
	r, refused := errors.AsType[*local.RefusalError](err)
	switch {
	case isNoService(err):
		e.What = "cannot use the service at " + socket + ": none runs there"
		e.Hints = []string{"start it (systemctl status tapedeck), or look where its socket is: tapedeck serve says it"}
	case errors.Is(err, errNotServed):
		e.Code, e.Hints = codeUsage, []string{"name one of these with --profile NAME"}
	case errors.Is(err, fs.ErrPermission):
		e.Code, e.Hints = codeUnauthorized, []string{"ask to be made a member of the socket's group; a new group counts from the next login on"}
	case refused:
		if isNotLetIn(err) {
			e.Code = codeUnauthorized
		}
		if r.Hint != "" {
			e.Hints = []string{text.New(r.Hint).String()}
		}
	default:
		e.Hints = []string{"look whether it is well: systemctl status tapedeck"}
	}
	if c.Project != "" {
		e.Hints = append(e.Hints, "or use your own settings and token with --server off")
	}
	return e
}

// whyNot returns why a service cannot be used, without what was tried.
func whyNot(err error) string {
	if gone, ok := errors.AsType[*local.GoneError](err); ok && gone.Err != nil {
		if r, refused := errors.AsType[*local.RefusalError](gone.Err); refused {
			return r.Error()
		}
		err = gone.Err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "it did not answer in time"
	}
	return err.Error()
}
