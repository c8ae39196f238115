package sshd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// rereadEvery is how often the files are looked at while nobody logs in, so that
// a key that was taken away ends its connections.
const rereadEvery = 5 * time.Second

// Files are where it is written who may come in. Each is read again when it has
// changed. An empty path is that there is none.
type Files struct {
	Keys        string // in the form of authorized_keys
	Authorities string // in the form of TrustedUserCAKeys
	Revoked     string // a KRL, or a list of serials
	// Every is how often they are looked at while nobody logs in; 0 stands for 5 s.
	Every time.Duration
}

// Doors keeps what was read of the files. Make one with OpenDoors.
type Doors struct {
	files Files
	say   func(format string, args ...any)

	mu    sync.Mutex
	gate  *Gate
	seen  [3]stamp
	wrong [3]string // what was said last of each file
	next  [3]string // the next step for that
}

// stamp tells whether a file has changed.
type stamp struct {
	size    int64
	changed time.Time
	info    fs.FileInfo // nil where it is not there
}

// OpenDoors reads the files. The error is that nobody could come in by them: none
// was named, one cannot be read, or none has a key. Lines that are not understood
// are told by say, and let nobody in.
func OpenDoors(f Files, say func(format string, args ...any)) (*Doors, error) {
	if say == nil {
		say = func(string, ...any) {}
	}
	d := &Doors{files: f, say: say}
	if f.Keys == "" && f.Authorities == "" {
		return nil, &Error{What: "cannot listen for SSH: nobody could come in", Next: "name a key file in ssh_keys, or a file of authorities in ssh_user_cas"}
	}
	d.read()
	for i, why := range d.wrong {
		if why != "" {
			return nil, &Error{What: "cannot listen for SSH: " + why, Next: d.next[i]}
		}
	}
	if d.gate.Keys.Len() == 0 && d.gate.Authorities.Len() == 0 {
		in := slices.DeleteFunc([]string{f.Keys, f.Authorities}, func(path string) bool { return path == "" })
		return nil, &Error{What: "cannot listen for SSH: there is no key in " + strings.Join(in, " or ") + " that lets anybody in", Next: "add one: a line of id_ed25519.pub"}
	}
	return d, nil
}

// Gate returns who may come in now, by the files as they are.
func (d *Doors) Gate() *Gate {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readChanged()
	return d.gate
}

// Follow looks at the files until ctx ends, and calls changed after they were read
// again, and once a minute for what changes with time: a key or certificate expires.
func (d *Doors) Follow(ctx context.Context, changed func()) {
	tick := time.NewTicker(cmp.Or(d.files.Every, rereadEvery))
	defer tick.Stop()
	last, at := d.Gate(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := d.Gate(); now != last || time.Since(at) >= time.Minute {
			last, at = now, time.Now()
			changed()
		}
	}
}

// readChanged reads the files again where one has changed. The mutex must be held.
func (d *Doors) readChanged() {
	for i, path := range d.paths() {
		if path != "" && !d.seen[i].same(path) {
			d.read()
			return
		}
	}
}

func (d *Doors) paths() [3]string {
	return [3]string{d.files.Keys, d.files.Authorities, d.files.Revoked}
}

// same reports whether a file is as it was.
func (s stamp) same(path string) bool {
	st, err := os.Stat(path)
	if err != nil || s.info == nil {
		return err != nil && s.info == nil
	}
	return os.SameFile(st, s.info) && st.Size() == s.size && st.ModTime().Equal(s.changed)
}

// read reads all files. What cannot be read lets nobody in: a revocation list that
// is not known closes all doors. The mutex must be held, or nobody else know it.
func (d *Doors) read() {
	g := &Gate{Keys: &Keys{}, Authorities: &Authorities{}}
	for i, path := range d.paths() {
		if path == "" {
			continue
		}
		var st stamp
		b, info, err := readFile(path)
		if info != nil {
			st = stamp{info.Size(), info.ModTime(), info}
		}
		changed := st.size != d.seen[i].size || !st.changed.Equal(d.seen[i].changed)
		d.seen[i] = st
		if err == nil {
			err = g.take(i, b, func(e *LineError) {
				if changed {
					d.say("ssh: %s, %v: it lets nobody in", path, e)
				}
			})
		}
		why := ""
		if err != nil {
			why = fmt.Sprintf("%s cannot be used: %v", path, err)
			if why != d.wrong[i] && d.gate != nil { // else the error of OpenDoors says it
				d.say("ssh: %s", why)
			}
		}
		d.wrong[i], d.next[i] = why, nextFor(err)
	}
	if d.wrong[2] != "" {
		g.Keys, g.Authorities = &Keys{}, &Authorities{}
	}
	d.gate = g
}

// nextFor returns the next step for a file that cannot be used.
func nextFor(err error) string {
	_, line := errors.AsType[*LineError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "write it, or correct its path: one of the settings file is relative to that file's folder"
	case line:
		return "correct that line, or name another file"
	}
	return "look at the file, its owner and its mode: it is the service's user's, or root's, and nobody else may write it"
}

// take takes what one of the files says; it is the first, second or third of
// [Files].
func (g *Gate) take(file int, b []byte, wrong func(*LineError)) (err error) {
	var lines []*LineError
	switch file {
	case 0:
		g.Keys, lines = ParseKeys(b)
	case 1:
		g.Authorities, lines = ParseAuthorities(b)
	default:
		g.Revoked, err = ParseRevocations(b)
	}
	for _, e := range lines {
		wrong(e)
	}
	return err
}

// readFile reads a file that nobody but its owner may write, who is root or the
// service's user.
func readFile(path string) ([]byte, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err
		}
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case !st.Mode().IsRegular():
		return nil, st, errors.New("it is no regular file")
	case os.Geteuid() >= 0 && st.Mode().Perm()&0o022 != 0: // Windows has no such modes
		return nil, st, fmt.Errorf("others may write it (mode %04o)", st.Mode().Perm())
	}
	if uid := ownerOf(st); uid > 0 && uid != os.Geteuid() {
		return nil, st, fmt.Errorf("it belongs to another user (uid %d)", uid)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKRL+1))
	if err == nil && len(b) > maxKRL {
		err = fmt.Errorf("it is larger than %d bytes", maxKRL)
	}
	return b, st, err
}

// Fingerprint returns the fingerprint of a host key, as clients print it.
func Fingerprint(key gossh.Signer) string { return gossh.FingerprintSHA256(key.PublicKey()) }
