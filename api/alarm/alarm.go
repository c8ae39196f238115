// Package alarm does something outside of the program when something alarms:
// [Standing] knows which alarms are new, and [Runner] runs a program for each.
package alarm

import (
	"time"

	"tapedeck/api/deck"
)

// Standing is the alarms that stand. The zero value has none.
type Standing struct{ kinds map[deck.Key]string }

// Look takes what alarms in a snapshot at the local time now. It returns the
// alarms that have begun since the last look, or stand for another reason, and
// what alarms no more.
func (s *Standing) Look(snap *deck.Snapshot, now time.Time) (begun []deck.Alarming, over []deck.Key) {
	list := snap.Alarming(now)
	if len(list) == 0 && len(s.kinds) == 0 {
		return nil, nil
	}
	kinds := make(map[deck.Key]string, len(list))
	for _, a := range list {
		kinds[a.Key] = a.Kind
		if s.kinds[a.Key] != a.Kind {
			begun = append(begun, a)
		}
	}
	for key := range s.kinds {
		if kinds[key] == "" {
			over = append(over, key)
		}
	}
	s.kinds = kinds
	return begun, over
}
