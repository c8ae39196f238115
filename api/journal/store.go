package journal

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"time"

	"tapedeck/api/state"
)

// store is the files of a journal, for one writer. It is not safe for
// concurrent use, and all but the lock and close needs the lock.
type store struct {
	o     Options
	dir   string
	files state.Dir                           // the directory, once the lock is open
	write func(*os.File, []byte) (int, error) // a test's may fail

	lock *os.File // nil while not open
	file *os.File // the last file; nil while not open

	tail   mark // the end of the last line
	known  bool // tail is what is in the file that is open, or was
	headAt uint64
	notes  []Entry    // what was found wrong and has to be written down
	noted  string     // the last of noteOnce
	old    []*os.File // written to and replaced, to be fsynced and closed
	// renamed: files were made or renamed, and the directory was not synced
	// since; the head does not go on before.
	renamed bool
}

func newStore(o Options) *store {
	return &store{o: o, dir: o.Dir, write: (*os.File).Write}
}

// enter makes the state directory, for the owner alone, where there is none.
func (s *store) enter() (err error) {
	s.files, err = state.Make(s.dir)
	return problem("open", cmp.Or(s.dir, FileName), err)
}

// syncDir makes the names of the files in a directory last.
func syncDir(path string) error {
	dir, err := state.At(path)
	if err != nil {
		return err
	}
	return dir.Sync()
}

func (s *store) path(name string) string { return filepath.Join(s.dir, name) }

// open opens a file, with the mode that it should have; one that does not
// exist is made.
func (s *store) open(name string, flag int) (*os.File, error) {
	f, err := s.files.Open(name, flag|os.O_CREATE)
	return f, problem("open", s.path(name), err)
}

// current reports whether f is still the file of this name.
func (s *store) current(f *os.File, name string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Lstat(s.path(name))
	return err == nil && os.SameFile(a, b)
}

// tryLock locks the journal; false when another process has it locked.
func (s *store) tryLock() (bool, error) {
	for range 3 {
		if s.lock == nil {
			if err := s.enter(); err != nil {
				return false, err
			}
			f, err := s.open(LockName, os.O_RDWR)
			if err != nil {
				return false, err
			}
			s.lock = f
		}
		ok, err := state.TryLock(s.lock)
		if err != nil {
			return false, problem("lock", s.path(LockName), err)
		}
		if !ok {
			return false, nil
		}
		if s.current(s.lock, LockName) {
			return true, nil
		}
		_ = s.lock.Close() // it was deleted: others lock another one
		s.lock = nil
	}
	return false, nil
}

func (s *store) unlock() { state.Unlock(s.lock) }

// ready opens the file and finds its end, whatever others or a crash have done
// to it since. What it repairs is in notes.
func (s *store) ready() error {
	if s.file != nil && !s.current(s.file, FileName) {
		s.old = append(s.old, s.file)
		s.file, s.known = nil, false
	}
	if s.file == nil {
		f, err := s.open(FileName, os.O_RDWR|os.O_APPEND)
		if err != nil {
			return err
		}
		s.file, s.known, s.renamed = f, false, true
	}
	st, err := s.file.Stat()
	if err != nil {
		return problem("read", s.path(FileName), err)
	}
	switch {
	case s.known && st.Size() == s.tail.Size:
		return nil
	case s.known && st.Size() > s.tail.Size:
		return s.catchUp(st.Size())
	}
	return s.recover()
}

// append writes entries, after what there is to note. On an error nothing of
// them is in the file, or ready will find what is.
func (s *store) append(entries []Entry) (lines [][]byte, err error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	end := s.tail
	var buf []byte
	for _, list := range [][]Entry{s.notes, entries} {
		for _, e := range list {
			e.Seq, e.Prev = end.Count+1, end.Hash
			line, err := encode(e, s.o.Hide)
			if err != nil {
				return nil, err
			}
			end = mark{e.Seq, hashOf(line[:len(line)-1]), end.File, end.Size + int64(len(line))}
			buf = append(buf, line...)
			lines = append(lines, line)
		}
	}
	if _, err := s.write(s.file, buf); err != nil {
		s.undo()
		return nil, problem("write", s.path(FileName), err)
	}
	s.tail, s.notes = end, nil
	return lines, nil
}

// undo takes back a write that failed half way, and lets go of the file, which
// may be another one at the next try.
func (s *store) undo() {
	_ = s.file.Truncate(s.tail.Size)
	s.old = append(s.old, s.file)
	s.file, s.known = nil, false
}

// note puts down what was found wrong with the journal, once.
func (s *store) note(reason string) {
	for _, e := range s.notes {
		if e.Reason == reason {
			return
		}
	}
	s.notes = append(s.notes, Entry{
		Time: time.Now(), Event: Note, Who: thisProcess(), Space: s.o.Space, Project: s.o.Project, Profile: s.o.Profile,
		Reason: reason,
	})
}

// noteOnce puts down what goes on going wrong, when it begins.
func (s *store) noteOnce(reason string) {
	if reason != s.noted {
		s.noted = reason
		s.note(reason)
	}
}

// full reports whether the file has to be rotated.
func (s *store) full() bool { return s.known && s.file != nil && s.tail.Size >= s.o.MaxSize }

// rotate gives the full file its number, and begins the next one. The head
// follows with the next lines, when the new names are on disk. A name that is
// taken, or a file that others hold open on Windows, leaves things as they are:
// the file grows on.
func (s *store) rotate() error {
	if err := s.ready(); err != nil {
		return err
	}
	if s.tail.Size < s.o.MaxSize || len(s.notes) > 0 {
		return nil
	}
	to := s.path(rotatedName(s.tail.File))
	if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
		return problem("rename", to, errors.Join(os.ErrExist, err))
	}
	_ = s.file.Close() // Windows does not rename an open file
	s.file, s.known = nil, false
	if err := os.Rename(s.path(FileName), to); err != nil {
		return problem("rename", s.path(FileName), err)
	}
	s.renamed = true
	// What this process has written to it since the last fsync has to last too.
	full, err := s.open(rotatedName(s.tail.File), os.O_RDWR)
	if err != nil {
		return err
	}
	s.old = append(s.old, full)
	f, err := s.open(FileName, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return err
	}
	s.file, s.known = f, true
	s.tail.File, s.tail.Size = s.tail.File+1, 0
	return nil
}

// close closes all files.
func (s *store) close() {
	for _, f := range append(s.old, s.file, s.lock) {
		if f != nil {
			_ = f.Close()
		}
	}
	s.old, s.file, s.lock, s.known = nil, nil, nil, false
}

// follows reports whether l is the line that follows m.
func (l line) follows(m mark) bool {
	seq, prev, err := l.link()
	return err == nil && seq == m.Count+1 && prev == m.Hash
}
