package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tapedeck/api/state"
)

// mark is a place in the journal: the end of a line. The head is a mark, that
// of the last line that is known to be on disk.
type mark struct {
	Count uint64 `json:"count"` // number of the line, 0 before the first
	Hash  string `json:"hash"`  // of the line
	File  int    `json:"file"`  // number of the file, from 1
	Size  int64  `json:"size"`  // of the file up to the end of the line
}

// start is the mark before the first line.
var start = mark{Hash: genesis, File: 1}

// headSize is the size of the head, which is filled up with spaces: it is
// written over in place with one write, and never has an end of an older one.
const headSize = 192

var errHead = errors.New("it is not readable")

// readHead returns the head of the journal in dir. The error is os.ErrNotExist
// when there is none, or an empty one, and errHead when it says nothing.
func readHead(dir string) (mark, error) {
	path := filepath.Join(dir, HeadName)
	files, err := state.At(dir)
	if err != nil {
		return mark{}, problem("open", path, err)
	}
	f, err := files.Open(HeadName, os.O_RDONLY)
	if _, unsafe := errors.AsType[*state.UnsafeError](err); unsafe {
		return mark{}, problem("read", path, errHead)
	} else if err != nil {
		return mark{}, problem("open", path, err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, 4*headSize))
	if err != nil {
		return mark{}, problem("read", path, err)
	}
	if len(b) == 0 { // made, and its first write failed: the disk was full, say
		return mark{}, problem("read", path, os.ErrNotExist)
	}
	var m mark
	err = json.Unmarshal(b, &m)
	// One before the first line that has the hash of a line, or lines before it,
	// would make the next line the first one once more.
	begun := m.Count == 0 && (m.Hash != genesis || m.Size != 0)
	if err != nil || len(m.Hash) != len(genesis) || m.File < 1 || m.Size < 0 || begun {
		return mark{}, problem("read", path, errHead)
	}
	return m, nil
}

// line returns the head as it is on disk.
func (m mark) line() ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%-*s\n", headSize-1, b), nil
}

// advanceHead writes m as the head, unless the head is as far or further. The
// lock must be held.
func (s *store) advanceHead(m mark) error {
	if s.headAt == m.Count {
		return nil
	}
	old, err := readHead(s.dir)
	if err == nil && old.Count >= m.Count && old.File >= m.File {
		s.headAt = m.Count
		return nil
	}
	return s.writeHead(m)
}

// firstHead writes a head where there is none. The lock must be held.
func (s *store) firstHead() error {
	if _, err := readHead(s.dir); err == nil {
		return nil
	}
	return s.writeHead(s.tail)
}

func (s *store) writeHead(m mark) error {
	b, err := m.line()
	if err != nil {
		return err
	}
	f, err := s.open(HeadName, os.O_RDWR)
	if _, unsafe := errors.AsType[*state.UnsafeError](err); unsafe {
		// A pipe or a link in its place must not stop the journal.
		if err = s.files.ReplaceShared(HeadName, b); err == nil {
			s.headAt = m.Count
		}
		return problem("write", s.path(HeadName), err)
	} else if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = f.WriteAt(b, 0)
	if st, statErr := f.Stat(); err == nil && statErr == nil && st.Size() > headSize {
		err = f.Truncate(headSize)
	}
	if err != nil {
		return problem("write", f.Name(), err)
	}
	s.headAt = m.Count
	return nil
}
