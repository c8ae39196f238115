package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// timelinesName is the file, in the state directory, of the timelines of what has
// not ended. It has them as [deck.Timeline.String] writes them, and is apart from
// the rest because all recordings have one.
const timelinesName = "timelines.json"

// timelinesEvery is the time between two writings of that file. A service that
// is killed loses so much of what it saw: the next one draws it as not known.
const timelinesEvery = time.Minute

// timelinesJSON is the file: the timelines of each project, by SID.
type timelinesJSON struct {
	Version  int                `json:"version"`
	Projects []projectLinesJSON `json:"projects"`
}

type projectLinesJSON struct {
	Space     string            `json:"space"`
	Project   string            `json:"project"`
	Timelines map[string]string `json:"timelines"`
}

// readTimelines reads the timelines of the last run.
func (k *Kept) readTimelines() error {
	b, err := k.dir.ReadOwn(timelinesName, maxKept)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var last timelinesJSON
	if err == nil {
		err = json.Unmarshal(b, &last)
	}
	if err == nil && last.Version != keptVersion {
		err = fmt.Errorf("it is of version %d, and this tapedeck reads %d", last.Version, keptVersion)
	}
	if err != nil {
		return &Error{What: fmt.Sprintf("cannot read %s: %v; the timelines of the last run are lost", k.dir.Path(timelinesName), err), Err: err}
	}
	k.timelines = last
	return nil
}

// Timelines returns those of a project that the last run has drawn, for
// [deck.Config].
func (k *Kept) Timelines(space, project string) map[string]string {
	for _, p := range k.timelines.Projects {
		if p.Space == space && p.Project == project {
			return p.Timelines
		}
	}
	return nil
}

// timelinesDue returns a channel that says when the timelines are to be written,
// to the one goroutine that does it: that which follows the first project. Others
// get nil.
func (s *Server) timelinesDue(p *project) (due <-chan time.Time, stop func()) {
	if s.o.Kept == nil || p != s.projects[0] {
		return nil, func() {}
	}
	every := time.NewTicker(timelinesEvery)
	return every.C, every.Stop
}

// saveTimelines writes the timelines, if there is something new.
func (s *Server) saveTimelines() {
	if s.o.Kept == nil {
		return
	}
	now := timelinesJSON{Version: keptVersion}
	for _, p := range s.projects {
		now.Projects = append(now.Projects, projectLinesJSON{p.Space, p.ID, p.Deck.Timelines()})
	}
	if err := s.o.Kept.saveTimelines(encodeJSON(now)); err != nil {
		s.o.Say("cannot keep timelines over a restart: %v", err)
	}
}

// saveTimelines writes the file, and returns why it cannot, once.
func (k *Kept) saveTimelines(b []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if bytes.Equal(b, k.savedLines) {
		return nil
	}
	err := k.dir.Replace(timelinesName, b)
	if err == nil {
		k.savedLines, k.saidLines = b, ""
		return nil
	}
	if why := err.Error(); why != k.saidLines {
		k.saidLines = why
		return err
	}
	return nil
}
