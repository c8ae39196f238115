package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// catchUp takes in what others have appended since this writer did.
func (s *store) catchUp(size int64) error {
	p := part{name: FileName, number: s.tail.File, size: size, file: s.file}
	s.known = false
	end, err := s.walk([]part{p}, s.tail)
	if err != nil {
		return err
	}
	s.tail, s.known = end, true
	return nil
}

// recover finds the end of the journal from its files: from the head on, if
// the head is right, else from the beginning of the last file. What does not
// fit is noted and left as it is, so that Verify will always show it.
func (s *store) recover() error {
	parts, err := openParts(s.dir)
	if err != nil {
		return err
	}
	defer closeParts(parts)
	if len(parts) == 0 { // renamed by nobody who holds the lock
		return problem("open", s.path(FileName), os.ErrNotExist)
	}
	head, err := readHead(s.dir)
	if last := &parts[len(parts)-1]; last.name == FileName && last.number < head.File {
		last.number = head.File // a full file is missing; its number is not used again
	}
	from := head
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, errHead) {
			return err
		}
		if from, err = lastFile(parts); err != nil {
			return err
		}
		if from != start || parts[len(parts)-1].size > 0 {
			s.note(fmt.Sprintf("%s was missing or not readable: whether lines were cut off before line %d cannot be told",
				HeadName, from.Count+1))
		}
	} else if !head.fits(parts) {
		if from, err = lastFile(parts); err != nil {
			return err
		}
	}
	end, err := s.walk(parts, from)
	if err != nil {
		return err
	}
	if head.Count > end.Count {
		s.note(fmt.Sprintf("lines are missing: %s has %d, the last one found is %d", HeadName, head.Count, end.Count))
		end.Count = head.Count // so that their numbers stay free
	} else if from != head && head.Count > 0 {
		s.note(fmt.Sprintf("line %d is not the one that %s knows", head.Count, HeadName))
	}
	s.tail, s.known, s.headAt = end, true, 0
	return nil
}

// fits reports whether the line that m is the end of is there.
func (m mark) fits(parts []part) bool {
	last := parts[len(parts)-1].number
	for _, p := range parts {
		if p.number != m.File {
			continue
		}
		if m.Size == 0 {
			return m.Count == 0 && m.Hash == genesis || m.File > 1
		}
		l, ok := p.lineBefore(m.Size)
		return ok && l.hash == m.Hash
	}
	return m.Size == 0 && m.File == last+1
}

// lineBefore returns the line that ends at an offset.
func (p part) lineBefore(end int64) (line, bool) {
	if end > p.size || p.bad != nil {
		return line{}, false
	}
	from := max(0, end-2*maxLine)
	b := make([]byte, end-from)
	if _, err := p.file.ReadAt(b, from); err != nil || b[len(b)-1] != '\n' {
		return line{}, false
	}
	b = b[:len(b)-1]
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] == '\n' {
			b = b[i+1:]
			break
		}
	}
	return line{data: b, hash: hashOf(b), size: int64(len(b)) + 1, ended: true}, true
}

// lastFile returns the mark at the beginning of the last file that has lines,
// as its first line tells.
func lastFile(parts []part) (mark, error) {
	for i := len(parts) - 1; i >= 0; i-- {
		l, err := parts[i].lines(0).next()
		if errors.Is(err, io.EOF) {
			continue
		} else if err != nil {
			return mark{}, problem("read", parts[i].name, err)
		}
		m := mark{Hash: genesis, File: parts[i].number}
		if seq, prev, err := l.link(); err == nil && seq > 0 && len(prev) == len(genesis) {
			m.Count, m.Hash = seq-1, prev
		}
		return m, nil
	}
	return mark{Hash: genesis, File: parts[len(parts)-1].number}, nil
}

// maxSkip is how far the numbers of lines may jump and still be believed.
const maxSkip = 1 << 32

// walk reads the lines after a mark and returns the end of the last. Lines
// that do not continue the chain are noted, the remains of a torn last one
// removed and noted.
func (s *store) walk(parts []part, m mark) (mark, error) {
	odd, where := 0, ""
	for i, p := range parts {
		if p.number < m.File {
			continue
		}
		if p.bad != nil {
			s.note(fmt.Sprintf("%s is not used: %v", p.name, reason(p.bad)))
		}
		if p.number > m.File {
			m.File, m.Size = p.number, 0
		}
		in := p.lines(m.Size)
		for {
			l, err := in.next()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return m, problem("read", s.path(p.name), err)
			}
			if !l.ended && i == len(parts)-1 {
				if m, err = s.mend(l, m); err != nil {
					return m, err
				}
				break
			}
			next := mark{m.Count + 1, l.hash, m.File, m.Size + l.size}
			if !l.follows(m) {
				odd++
				where = fmt.Sprintf("line %d (%s)", m.Count, p.name)
				if seq, _, err := l.link(); err == nil && seq > m.Count && seq-m.Count < maxSkip {
					next.Count = seq
				}
			}
			m = next
		}
	}
	if odd > 0 {
		s.note(fmt.Sprintf("%d lines were found that do not continue the chain, the last after %s", odd, where))
	}
	return m, nil
}

// mend repairs the last line, which a crash has cut off: it gets its end when
// that is all it lacks, else what is left of it moves into a note.
func (s *store) mend(l line, m mark) (mark, error) {
	whole := l
	whole.ended = true
	if l.size < maxLine && whole.follows(m) {
		if _, err := s.write(s.file, []byte("\n")); err != nil {
			return m, problem("write", s.path(FileName), err)
		}
		s.note(fmt.Sprintf("line %d had lost its end, which was put back", m.Count+1))
		return mark{m.Count + 1, l.hash, m.File, m.Size + l.size + 1}, nil
	}
	if err := s.file.Truncate(m.Size); err != nil {
		return m, problem("write", s.path(FileName), err)
	}
	s.note(fmt.Sprintf("a line was cut off by a crash after line %d, %d bytes of it were left: %s", m.Count, l.size, l.data))
	return m, nil
}
