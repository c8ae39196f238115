package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"time"

	"tapedeck/api/deck"
	"tapedeck/api/journal"
	"tapedeck/api/state"
	"tapedeck/api/text"
	"tapedeck/config"
	"tapedeck/ui/names"
	"tapedeck/ui/theme"
)

const (
	sidsEvery   = 5 * time.Second // between two writings of the SIDs
	maxSIDs     = 2000            // that a dashboard shares
	maxSIDsFile = 1 << 20         // bytes of such a file that are read

	sidsPrefix, sidsSuffix = "sids-", ".json" // of the names of these files
)

// sharedSIDs is what a dashboard tells the completion of a shell, in a file of its
// own in the folder of the user's session, which is in memory and nobody else's.
type sharedSIDs struct {
	PID        int         `json:"pid"`
	Host       string      `json:"host"`
	Started    string      `json:"started"` // when the process started; only fit to be compared
	Space      string      `json:"space"`
	Project    string      `json:"project"`
	Recordings []sharedSID `json:"recordings"` // the active ones
}

// sharedSID is a recording with what describes it.
type sharedSID struct {
	SID string `json:"sid"`
	Is  string `json:"is"` // who is on the line, masked where numbers are, and the word for its status
}

// ShareSIDs keeps a file from which a shell completes SIDs, until ctx ends; then
// it removes the file. It is best effort, and no error: without the file, or
// without a folder of the user's session, nothing is completed.
func ShareSIDs(ctx context.Context, c config.Config, d *deck.Deck) error {
	if _, err := os.Stat(filepath.Dir(c.RunDir)); c.RunDir == "" || err != nil {
		return nil // it is not ours to make
	}
	dir, err := state.Make(c.RunDir)
	if err != nil || dir.Shared() {
		return nil
	}
	readSIDs(c.RunDir) // which removes those of the dead
	self := journal.WhoFrom(nil)
	out := sharedSIDs{PID: self.PID, Host: self.Host, Started: self.Started, Space: c.Space, Project: c.Project}
	id := fnv.New32a()
	_, _ = id.Write([]byte(self.Host + self.Started))
	name := fmt.Sprintf("%s%d-%08x%s", sidsPrefix, self.PID, id.Sum32(), sidsSuffix)
	defer func() { _ = dir.Remove(name) }()
	view := names.View{Theme: theme.New(theme.Options{NoColor: true, ASCII: c.ASCII}), Names: names.New(c.Names), Mask: c.MaskNumbers}
	snapshots, cancel := d.Subscribe()
	defer cancel()
	var said []byte
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-snapshots:
			if !s.Known() {
				continue
			}
			out.Recordings = sidsOf(s, view)
			out.Recordings = out.Recordings[:min(len(out.Recordings), maxSIDs)]
		}
		if b, err := json.Marshal(out); err == nil && !bytes.Equal(b, said) && dir.Replace(name, b) == nil {
			said = b
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sidsEvery):
		}
	}
}

// sidsOf returns the active recordings of a snapshot, as they are described.
func sidsOf(s *deck.Snapshot, view names.View) (list []sharedSID) {
	for _, r := range s.Recordings {
		if r.Active() {
			list = append(list, sharedSID{r.SID.SID(), view.Who(r) + " · " + text.New(theme.Word(string(r.Status), r.Gone)).String()})
		}
	}
	return list
}

// readSIDs returns what the running dashboards of this user share. It removes the
// files of those that are gone.
func readSIDs(path string) []sharedSIDs {
	return readShared(path, sidsPrefix, sidsSuffix, maxSIDsFile, func(s sharedSIDs) journal.Who {
		return journal.Who{Host: s.Host, PID: s.PID, Started: s.Started}
	})
}

// sharedFor returns the recordings that running dashboards of the project of c
// show, each once; those of all dashboards where c has no project.
func sharedFor(c config.Config) (list []sharedSID) {
	met := map[string]bool{}
	for _, s := range readSIDs(c.RunDir) {
		if c.Project != "" && c.Project != s.Project || c.Space != "" && !journal.SameSpace(c.Space, s.Space) {
			continue
		}
		for _, r := range s.Recordings {
			if !met[r.SID] {
				met[r.SID] = true
				list = append(list, sharedSID{text.New(r.SID).SID(), text.New(r.Is).String()})
			}
		}
	}
	return list
}
