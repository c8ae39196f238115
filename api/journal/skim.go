package journal

import (
	"errors"
	"io"
	"io/fs"
)

// Skim reads the journal in dir for who wants few of many entries. It calls want
// for each, the oldest first, over all files, with an entry that has its Time,
// Event, ID, Host, Late, Recording, Call and Conference alone; those that it
// wants are given to take, whole. A line that is no entry is given to take as
// its error. An entry is good until the function returns; its texts stay as they
// are. A directory without a journal has none.
func Skim(dir string, want func(*Entry) bool, take func(e *Entry, broken *LineError)) error {
	parts, err := openParts(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer closeParts(parts)
	s := skimmer{want: want, take: take}
	for _, p := range parts {
		if err := s.part(p); err != nil {
			return err
		}
	}
	return nil
}

// skimmer reads lines twice that are wanted, and else only what tells that.
type skimmer struct {
	want    func(*Entry) bool
	take    func(*Entry, *LineError)
	decoder decoder
	entry   Entry
}

func (s *skimmer) part(p part) error {
	if p.bad != nil {
		s.take(&Entry{}, &LineError{p.name, 0, reason(p.bad)})
		return nil
	}
	in := p.lines(0)
	in.noHash = true
	for n := 1; ; n++ {
		l, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return problem("read", p.file.Name(), err)
		}
		s.decoder.skims = true
		err = l.entry(&s.decoder, &s.entry)
		if err == nil && s.want(&s.entry) {
			s.decoder.skims = false
			if err = l.entry(&s.decoder, &s.entry); err == nil {
				s.take(&s.entry, nil)
			}
		}
		if err != nil {
			s.take(&Entry{}, &LineError{p.name, n, err})
		}
	}
}

// skimmed reports whether a skimmed entry has the text of a name.
func skimmed(name []byte) bool {
	switch string(name) {
	case "time", "until", "since", "event", "id", "host", "recording", "call", "conference":
		return true
	}
	return false
}
