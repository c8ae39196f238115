package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"tapedeck/api/journal"
	"tapedeck/api/local"
	"tapedeck/api/state"
	"tapedeck/config"
)

const (
	stateHow  = "make it yours and writable, or name another one with state_dir"
	leastFree = 16 << 20 // bytes, below which a disk counts as full
)

// stateDir looks whether the state directory can be used. It does not make it.
func stateDir(_ context.Context, _ Options, k known) (Finding, known) {
	path := k.config.StateDir
	if path == "" {
		return skipped("not checked: no state directory is known"), k
	}
	d, err := state.At(path)
	if errors.Is(err, fs.ErrNotExist) {
		above := existing(path)
		if err := writable(above); err != nil {
			return mend(stateHow, "%s does not exist, and cannot be made in %s: %v", path, above, err), k
		}
		return ok("%s does not exist yet; it is made when it is needed", path), k
	} else if err != nil {
		return mend(stateHow, "%s: %v", path, causeOf(err)), k
	}
	st, err := os.Stat(path)
	if err == nil {
		err = writable(path)
	}
	if err != nil {
		return mend(stateHow, "%s: %v", path, causeOf(err)), k
	}
	uid, free := ownerOf(st), freeBytes(path)
	who := "for you alone"
	switch {
	case st.Mode().Perm()&0o002 != 0 && uid >= 0:
		return mend("chmod o-w "+path, "%s: everybody may write it (mode %04o)", path, st.Mode().Perm()), k
	case free >= 0 && free < leastFree:
		return mend("make room", "%s: the disk is full (%d MB are free)", path, free>>20), k
	case d.Shared():
		who = "shared with its group"
	case uid >= 0 && uid != os.Geteuid() && os.Geteuid() == 0:
		return note("run tapedeck as that user", "%s belongs to another user (uid %d); what root writes there is given to them", path, uid), k
	case uid >= 0 && uid != os.Geteuid():
		return mend(stateHow, "%s belongs to another user (uid %d)", path, uid), k
	case st.Mode().Perm()&0o077 != 0 && uid >= 0:
		return note("chmod 700 "+path, "%s: others may look into it (mode %04o)", path, st.Mode().Perm()), k
	}
	return ok("%s, %s", path, who), k
}

// existing returns the first folder above a path that exists.
func existing(path string) string {
	for {
		above := filepath.Dir(path)
		if _, err := os.Stat(above); err == nil || above == path {
			return above
		}
		path = above
	}
}

// causeOf returns an error of a file without the path.
func causeOf(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// journalIntact verifies the journal, and looks whether it can be written.
func journalIntact(_ context.Context, _ Options, k known) (Finding, known) {
	path := k.config.StateDir
	d, err := state.At(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ok("there is none yet"), k
	} else if path == "" || err != nil {
		return skipped("not checked: no state directory is known"), k
	}
	f, err := d.Open(journal.FileName, os.O_WRONLY|os.O_APPEND)
	if errors.Is(err, fs.ErrNotExist) {
		return ok("there is none yet"), k
	} else if err != nil {
		return mend("make it writable, as the others of the folder", "%s cannot be written: %v", d.Path(journal.FileName), causeOf(err)), k
	}
	_ = f.Close()
	r, err := journal.Verify(path)
	switch {
	case err != nil:
		return mend("tapedeck journal verify", "it cannot be read: %v", err), k
	case !r.Intact():
		more := ""
		if n := len(r.Problems) - 1; n > 0 {
			more = fmt.Sprintf(", and %d more", n)
		}
		return mend("keep a copy, find out who did it, and start a new one; tapedeck journal verify has everything",
			"it is not intact: %s%s", r.Problems[0], more), k
	}
	words := fmt.Sprintf("%d lines, intact and writable", r.Lines)
	if len(r.Remarks) > 0 {
		words += " (" + r.Remarks[0] + ")"
	}
	return ok("%s", words), k
}

// socketsOf returns where the settings have a service looked for.
func socketsOf(c config.Config) []string {
	switch c.Server {
	case config.ServerOff:
		return nil
	case config.ServerAuto, "":
		return c.Sockets
	}
	return []string{c.Server}
}

// service looks whether a service runs on this host, and whether it is that of
// the project.
func service(ctx context.Context, _ Options, k known) (Finding, known) {
	c := k.config
	must := c.Server != config.ServerAuto && c.Server != "" && c.Server != config.ServerOff
	if c.Server == config.ServerOff {
		return ok("server is off: this tapedeck asks the API by itself"), k
	}
	for _, socket := range socketsOf(c) {
		who, err := whoAmI(ctx, socket)
		switch {
		case errors.Is(err, fs.ErrNotExist) && !must:
			continue
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
			return mend("start it: systemctl start tapedeck, or tapedeck serve", "the service on %s is gone: nobody answers there", socket), k
		case errors.Is(err, fs.ErrPermission):
			return mend("ask to be made a member of the socket's group; a new group counts from the next login on", "you may not connect to the service on %s", socket), k
		case err != nil:
			return mend("look at it: systemctl status tapedeck, and update the older one of the two", "the service on %s: %v", socket, err), k
		}
		k.who = &who
		words := fmt.Sprintf("tapedeck %s on %s, process %d, serves %s", who.Version, socket, who.PID, profilesOf(who))
		if c.Project != "" && !slices.ContainsFunc(who.Profiles, func(p local.Profile) bool {
			return p.Project == c.Project && journal.SameSpace(p.Space, c.Space)
		}) {
			return note("add the profile to serve_profiles, if it is meant to", "%s, and not this project", words), k
		}
		return ok("%s", words), k
	}
	return ok("none runs on this host, and none is needed: this tapedeck asks the API by itself"), k
}

func profilesOf(w local.WhoAmI) string {
	var names []string
	for _, p := range w.Profiles {
		name := p.Profile
		if name == "" {
			name = p.Space
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// role says what the service lets this user do.
func role(_ context.Context, _ Options, k known) (Finding, known) {
	if k.who == nil {
		return skipped("not checked: there is no service"), k
	}
	w := k.who
	name := "no role"
	if w.Role != "" {
		name = "role " + w.Role
	}
	var may []string
	for _, word := range w.May {
		may = append(may, string(word))
	}
	words := fmt.Sprintf("%s (uid %s), %s: may %s", w.User, w.UID, name, strings.Join(may, ", "))
	switch {
	case len(may) == 0:
		return mend("ask for a role in the service's settings", "%s (uid %s), %s: may do nothing", w.User, w.UID, name), k
	case !slices.Contains(w.May, local.WordPause):
		return note("ask for another role in the service's settings, if you are to pause", "%s", words), k
	}
	return ok("%s", words), k
}

// maxWho is how long the answer of a service may be, in bytes.
const maxWho = 1 << 20

// whoAmI asks the service on a socket who asks, and what it is.
func whoAmI(ctx context.Context, socket string) (who local.WhoAmI, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return who, err
	}
	defer func() { _ = conn.Close() }()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://tapedeck"+local.PathWhoAmI, nil)
	if err != nil {
		return who, err
	}
	resp, err := client.Do(req)
	if errors.Is(err, context.DeadlineExceeded) {
		return who, errors.New("it does not answer")
	} else if err != nil {
		return who, errors.New("it ended the connection")
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxWho))
	if err != nil {
		return who, errors.New("its answer was cut off")
	}
	if resp.StatusCode != http.StatusOK {
		var no local.Refusal
		if json.Unmarshal(body, &no) != nil || no.Error == "" {
			no.Error = fmt.Sprintf("HTTP %d", resp.StatusCode)
		}
		return who, errors.New("it refuses: " + no.Error)
	}
	if err := json.Unmarshal(body, &who); err != nil {
		return who, errors.New("what answers there is no tapedeck")
	}
	if major, _, _ := strings.Cut(who.Wire, "."); major != fmt.Sprint(local.Major) {
		return who, fmt.Errorf("it is tapedeck %s and speaks version %q of the wire, this one %d.%d", who.Version, who.Wire, local.Major, local.Minor)
	}
	return who, nil
}
