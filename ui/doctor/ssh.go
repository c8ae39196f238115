package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"tapedeck/api/sshd"
	"tapedeck/api/state"
	"tapedeck/config"
)

// listensSSH looks whether somebody could log in to the service by SSH: by the files
// of keys, the roles that have them, and the host key. It makes none.
func listensSSH(_ context.Context, _ Options, k known) (Finding, known) {
	c := k.config.SSH
	if c.Listen == "" {
		return ok("tapedeck serve does not listen for it: ssh_listen is not set"), k
	}
	var wrong []string
	doors, err := sshd.OpenDoors(sshd.Files{Keys: c.Keys, Authorities: c.Authorities, Revoked: c.Revoked}, func(format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf(format, args...))
	})
	key, keyErr := hostKey(k.config.StateDir)
	switch e, _ := errors.AsType[*sshd.Error](err); {
	case err != nil && elsewhere(k.config.StateDir):
		return note("run tapedeck doctor as the user of the service", "as this user: %v", err), k
	case err != nil:
		return mend(e.Next, "%v", err), k
	case keyErr != nil:
		return mend("have it owned by the user of the service, with mode 0600; if others may have read it, move it away, and a new one is made", "%s: %v", key, keyErr), k
	case len(wrong) > 0:
		more := ""
		if n := len(wrong) - 1; n > 0 {
			more = fmt.Sprintf(", and %d more", n)
		}
		return mend("write the line as sshd(8) has it under AUTHORIZED_KEYS FILE FORMAT, without options that tapedeck does not know", "%s%s", strings.TrimPrefix(wrong[0], "ssh: "), more), k
	case !slices.ContainsFunc(k.config.Roles, func(r config.Role) bool { return len(r.Keys)+len(r.Principals) > 0 }):
		return mend(`add keys = ["SHA256:…"] or principals = ["…"] to a role`, "nobody can log in: no role has keys or principals"), k
	}
	gate := doors.Gate()
	return ok("on %s, %d keys and %d authorities; %s", c.Listen, gate.Keys.Len(), gate.Authorities.Len(), key), k
}

// elsewhere reports whether a state directory is another user's.
func elsewhere(dir string) bool {
	st, err := os.Stat(dir)
	return err == nil && ownerOf(st) >= 0 && ownerOf(st) != os.Geteuid()
}

// hostKey says where the host key is, and what is wrong with it.
func hostKey(dir string) (words string, err error) {
	d, err := state.At(dir)
	if err != nil {
		return "its host key is made at the start", nil
	}
	st, err := os.Stat(d.Path(sshd.HostKeyName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "its host key is made at the start", nil
	case err != nil:
		return d.Path(sshd.HostKeyName), causeOf(err)
	case ownerOf(st) >= 0 && st.Mode().Perm()&0o077 != 0:
		return d.Path(sshd.HostKeyName), fmt.Errorf("others may read it (mode %04o)", st.Mode().Perm())
	}
	return "its host key is " + d.Path(sshd.HostKeyName), nil
}
