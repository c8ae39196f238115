package journal

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// tooOld is the age from which a wish without an outcome will not get one from
// its writer, of which nobody can tell whether it lives: an update takes 10 s.
const tooOld = 15 * time.Minute

// Unfinished returns the wishes that have no outcome, and whose writer is
// gone: it crashed, was killed or lost its power. What became of them is for
// the caller to find out, and to append as an outcome with the wish's ID.
//
// A writer on another machine, or on a system that does not tell, counts as
// gone when the wish is 15 minutes old. The last two files are read.
func (j *Journal) Unfinished() ([]Entry, error) {
	return unfinished(j.o.Dir, time.Now())
}

func unfinished(dir string, now time.Time) (list []Entry, err error) {
	parts, err := openParts(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer closeParts(parts)
	host, _ := os.Hostname()
	open := map[string]int{} // index in list, from 1
	for _, p := range parts[max(0, len(parts)-2):] {
		p.entries(Filter{}, func(e Entry, broken error) bool {
			if _, bad := errors.AsType[*LineError](broken); broken != nil && !bad {
				err = broken
				return false
			}
			switch i := open[e.ID]; {
			case broken != nil || e.ID == "":
			case e.Event == Wish:
				list = append(list, e)
				open[e.ID] = len(list)
			case e.Event == Outcome && e.Outcome != "requested" && i > 0:
				list[i-1].ID = ""
			}
			return true
		})
	}
	kept := list[:0]
	for _, e := range list {
		if e.ID == "" {
			continue
		}
		if l := e.lives(host); l == gone || l == unknown && now.Sub(e.Time) > tooOld {
			kept = append(kept, e)
		}
	}
	return kept, err
}
