package deck

import "tapedeck/api/text"

// Key names a recording where several profiles are shown: two of them may have
// a recording with the same SID. A deck of its own knows one project only, and
// goes by the SID.
type Key struct {
	Profile string // empty where there is one
	SID     text.Text
}

// IsZero reports whether it names nothing.
func (k Key) IsZero() bool { return k == Key{} }

// Key names the recording.
func (r *Recording) Key() Key { return Key{r.Profile, r.SID} }

// Key names the recording that something is asked for of.
func (r Request) Key() Key { return Key{r.Profile, r.SID} }

// Lookup returns the recording that a key names; nil when the snapshot has none.
func (s *Snapshot) Lookup(k Key) *Recording {
	for _, r := range s.Recordings {
		if r.SID == k.SID && r.Profile == k.Profile {
			return r
		}
	}
	return nil
}
